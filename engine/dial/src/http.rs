//! One HTTP request over one connection (HTTP/1.1). Whether it may be sent is decided in
//! `dialer` and `outward`, what it says by whoever
//! sends it.

use std::{fmt, io};

use bytes::Bytes;
use http::{
    HeaderMap, Request, Response, Uri,
    header::{CONNECTION, CONTENT_TYPE, DATE, HOST, HeaderName, RETRY_AFTER, USER_AGENT},
};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    pin, select,
};

use crate::{DialError, Target, tls};

/// A request. Whoever prints it sees neither its headers nor its body, which may hold secrets.
#[derive(Clone)]
pub struct HttpRequest<'a> {
    /// `GET`, `POST`, `PUT`, `PATCH` ...
    pub method: &'a str,
    /// An `https` address; over [`crate::Outward`] also an `http` one.
    pub url: &'a str,
    /// Names and values; `Host`, `User-Agent` and what belongs to the connection are added.
    pub headers: &'a [(&'a str, &'a str)],
    /// What is sent; may be empty.
    pub body: Bytes,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// The HTTP status, redirects included.
    pub status: u16,
    /// The `Date` header: the peer's clock.
    pub date: Option<String>,
    /// The `Retry-After` header.
    pub retry_after: Option<String>,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// The body; empty where only the head was asked for.
    pub body: Bytes,
}

impl fmt::Debug for HttpRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// Sends the request over an open connection and reads the answer, without its body where there is no limit for that; the
/// connection is not used again.
pub(crate) async fn exchange(
    target: &Target,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: HttpRequest<'_>,
    limit_bytes: Option<usize>,
) -> Result<HttpResponse, DialError> {
    let host = target.authority();
    let request = assemble(target, request).map_err(|error| failed(&host, &error))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| of_hyper(&host, &error))?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(|error| of_hyper(&host, &error))?;
        read(&host, response, limit_bytes).await
    };
    pin!(answer, connection);
    select! {
        biased;
        answer = &mut answer => answer,
        // The answer may be there although the connection is not.
        ended = &mut connection => match ended {
            Ok(()) => answer.await,
            Err(error) => Err(of_hyper(&host, &error)),
        },
    }
}

fn assemble(target: &Target, request: HttpRequest<'_>) -> Result<Request<Full<Bytes>>, http::Error> {
    let uri: Uri = target.url.parse()?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let mut builder = Request::builder()
        .method(request.method)
        .uri(path)
        .header(HOST, authority)
        .header(USER_AGENT, concat!("hansard/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "close");
    for (name, value) in request.headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Full::new(request.body))
}

async fn read(host: &str, response: Response<Incoming>, limit_bytes: Option<usize>) -> Result<HttpResponse, DialError> {
    let (head, body) = response.into_parts();
    let body = match limit_bytes {
        None => Bytes::new(),
        Some(limit_bytes) => {
            let whole = Limited::new(body, limit_bytes).collect().await.map_err(|error| {
                if error.is::<LengthLimitError>() {
                    return DialError::AnswerTooLarge { host: host.to_owned(), limit_bytes };
                }
                failed(host, &error)
            })?;
            whole.to_bytes()
        }
    };
    Ok(HttpResponse {
        status: head.status.as_u16(),
        date: text(&head.headers, &DATE),
        retry_after: text(&head.headers, &RETRY_AFTER),
        content_type: text(&head.headers, &CONTENT_TYPE),
        body,
    })
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn failed(host: &str, error: &dyn fmt::Display) -> DialError {
    DialError::Http { host: host.to_owned(), reason: error.to_string() }
}

/// With TLS 1.3 the peer's alert about the handshake may come this late.
fn of_hyper(host: &str, error: &hyper::Error) -> DialError {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    match cause.map(|cause| tls::fault(host.to_owned(), cause)) {
        Some(DialError::Tls { host, reason }) => DialError::Http { host, reason },
        Some(other) => other,
        None => failed(host, error),
    }
}
