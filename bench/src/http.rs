//! Asks a server on loopback over plain HTTP, with a connection for each request, as Zoom does.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::failure::Failure;

/// What a server said.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The body, which our own servers keep small.
    pub(crate) body: Bytes,
}

/// `GET`s a path.
///
/// # Errors
/// If nothing listens there, or the answer breaks off.
pub(crate) async fn get(addr: SocketAddr, path: &str) -> Result<Answer, Failure> {
    exchange(addr, Request::get(path).header(header::HOST, addr.to_string()).body(Full::default())?).await
}

/// `GET`s a path as whoever has an API key.
///
/// # Errors
/// If nothing listens there, or the answer breaks off.
pub(crate) async fn authorized(addr: SocketAddr, path: &str, key: &str) -> Result<Answer, Failure> {
    let request = Request::get(path).header(header::HOST, addr.to_string());
    exchange(addr, request.header(header::AUTHORIZATION, format!("Token {key}")).body(Full::default())?).await
}

/// Asks over a connection for the live events of a capture (Server-Sent Events), which then come on it until one of both ends it.
///
/// # Errors
/// If the connection breaks.
pub(crate) async fn ask_for_events(
    stream: &mut TcpStream,
    addr: SocketAddr,
    capture: &str,
    key: &str,
) -> Result<(), Failure> {
    let request = format!(
        "GET /api/v1/meeting_direct_connect/{capture}/events HTTP/1.1\r\nHost: {addr}\r\nAuthorization: Token {key}\r\n\
         Accept: text/event-stream\r\n\r\n"
    );
    Ok(stream.write_all(request.as_bytes()).await?)
}

/// `POST`s JSON with more headers.
///
/// # Errors
/// If nothing listens there, or the answer breaks off.
pub(crate) async fn post_json(
    addr: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> Result<Answer, Failure> {
    let request = Request::post(path)
        .header(header::HOST, addr.to_string())
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    exchange(addr, request.body(Full::new(body))?).await
}

async fn exchange(addr: SocketAddr, request: Request<Full<Bytes>>) -> Result<Answer, Failure> {
    let stream = TcpStream::connect(addr).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let conversation = async move {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        Ok::<Answer, hyper::Error>(Answer { status, body })
    };
    tokio::pin!(connection, conversation);
    tokio::select! {
        answer = &mut conversation => Ok(answer?),
        // The connection may be done with before the conversation has seen its end.
        _ = &mut connection => Ok(conversation.await?),
    }
}
