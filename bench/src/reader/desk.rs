//! Takes webhooks, and starts a task for each meeting that they announce.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use model::Secret;
use tokio::net::TcpListener;
use zoom::webhook::{Notice, answer_challenge, parse};

use super::meeting::{self, Client};
use crate::failure::Failure;

/// The largest webhook.
const BODY_LIMIT_BYTES: usize = 256 << 10;

/// What answering a webhook needs.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) webhook_secret: Secret<String>,
    pub(super) client: Arc<Client>,
}

/// Serves webhooks for ever.
pub(super) async fn serve(listener: TcpListener, desk: Arc<Desk>) -> Result<(), Failure> {
    loop {
        let (stream, _) = listener.accept().await?;
        let desk = Arc::clone(&desk);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(Arc::clone(&desk), request));
            if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
                eprintln!("a webhook connection broke: {error}");
            }
        });
    }
}

async fn answer(desk: Arc<Desk>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, body) = if request.method() == Method::POST {
        match Limited::new(request.into_body(), BODY_LIMIT_BYTES).collect().await {
            Ok(body) => webhook(&desk, &body.to_bytes()),
            Err(error) => (StatusCode::BAD_REQUEST, error.to_string()),
        }
    } else {
        (StatusCode::OK, if request.uri().path() == "/metrics" { desk.client.counters.text() } else { String::new() })
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    Ok(response)
}

fn webhook(desk: &Arc<Desk>, body: &[u8]) -> (StatusCode, String) {
    match parse(body) {
        Ok(Notice::UrlValidation { plain_token }) => match answer_challenge(&desk.webhook_secret, &plain_token) {
            Ok(answer) => (StatusCode::OK, answer),
            Err(error) => (StatusCode::BAD_REQUEST, error.to_string()),
        },
        Ok(Notice::Started(notice)) => {
            let client = Arc::clone(&desk.client);
            tokio::spawn(async move {
                if let Err(error) = meeting::read(&client, &notice).await {
                    eprintln!("meeting {}: {error}", notice.meeting_uuid);
                }
            });
            (StatusCode::OK, String::new())
        }
        Ok(_) => (StatusCode::OK, String::new()),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()),
    }
}
