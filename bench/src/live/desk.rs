//! The customer: takes Zoom's webhooks, and has each meeting captured by the compatible request, as it wants it.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use model::Secret;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};
use zoom::webhook::{Notice, StartNotice, answer_challenge, parse};

use crate::{failure::Failure, http::post_json};

/// The secret of its webhooks.
pub(super) const WEBHOOK_SECRET: &str = "bench-webhook-secret";
/// The customer's key.
pub(super) const API_KEY: &str = "bench";

/// The largest webhook.
const BODY_LIMIT_BYTES: usize = 256 << 10;

/// A capture that the engine began.
#[derive(Clone, Debug)]
pub(super) struct Ordered {
    /// The stream that it is of.
    pub(super) stream: String,
    /// Its id.
    pub(super) capture: String,
    /// Which of the meetings it is, in the order in which they were announced.
    pub(super) place: usize,
}

/// What answering a webhook needs.
pub(super) struct Desk {
    pub(super) engine: SocketAddr,
    /// What is wanted of each meeting, in the order in which they are announced; the last of every further one.
    pub(super) wishes: Vec<Value>,
    /// Where it is told which captures were begun, or why not.
    pub(super) begun: mpsc::UnboundedSender<Result<Ordered, String>>,
    /// How many meetings were announced.
    pub(super) announced: AtomicUsize,
}

/// Serves webhooks for ever.
pub(super) async fn serve(listener: TcpListener, desk: Arc<Desk>) {
    let mut connected = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let desk = Arc::clone(&desk);
        connected.spawn(async move {
            let service = service_fn(|request| answer(Arc::clone(&desk), request));
            // Zoom delivers again what broke off.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(desk: Arc<Desk>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, body) = match Limited::new(request.into_body(), BODY_LIMIT_BYTES).collect().await {
        Ok(body) => webhook(&desk, &body.to_bytes()),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    Ok(response)
}

fn webhook(desk: &Arc<Desk>, body: &[u8]) -> (StatusCode, String) {
    match parse(body) {
        Ok(Notice::UrlValidation { plain_token }) => {
            match answer_challenge(&Secret::new(WEBHOOK_SECRET.to_owned()), &plain_token) {
                Ok(answer) => (StatusCode::OK, answer),
                Err(error) => (StatusCode::BAD_REQUEST, error.to_string()),
            }
        }
        Ok(Notice::Started(notice)) => {
            let desk = Arc::clone(desk);
            tokio::spawn(async move {
                let ordered = order(&desk, &notice).await.map_err(|error| error.to_string());
                // Nobody waits for it any more once the measurement is over.
                let _ = desk.begun.send(ordered);
            });
            (StatusCode::OK, String::new())
        }
        Ok(_) => (StatusCode::OK, String::new()),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()),
    }
}

async fn order(desk: &Desk, notice: &StartNotice) -> Result<Ordered, Failure> {
    let place = desk.announced.fetch_add(1, Ordering::Relaxed);
    let wish = desk.wishes.get(place).or(desk.wishes.last()).ok_or("nothing is wanted")?;
    let body = wanted(&notice.meeting_uuid, &notice.stream_id, &notice.server_urls, wish);
    let key = format!("Token {API_KEY}");
    let headers = [("authorization", key.as_str())];
    let answer = post_json(desk.engine, "/api/v1/meeting_direct_connect", &headers, body).await?;
    let object: Value = serde_json::from_slice(&answer.body)?;
    match object["id"].as_str().filter(|_| answer.status.is_success()) {
        Some(id) => Ok(Ordered { stream: notice.stream_id.clone(), capture: id.to_owned(), place }),
        None => Err(format!("a capture was not begun: {} {object}", answer.status).into()),
    }
}

/// What a customer sends to have a stream captured.
pub(super) fn wanted(meeting_uuid: &str, stream_id: &str, server_urls: &str, recording_config: &Value) -> Bytes {
    let stream = json!({ "meeting_uuid": meeting_uuid, "rtms_stream_id": stream_id, "server_urls": server_urls });
    Bytes::from(json!({ "zoom_rtms": stream, "recording_config": recording_config }).to_string())
}
