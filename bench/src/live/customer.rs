//! The customer: has each meeting that Zoom announces captured by the compatible request, as it wants it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use model::Secret;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use zoom::webhook::StartNotice;

use crate::{desk::Desk, failure::Failure, http::post_json};

/// The secret of its webhooks.
pub(super) const WEBHOOK_SECRET: &str = "bench-webhook-secret";
/// The customer's key.
pub(super) const API_KEY: &str = "bench";

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

/// What it wants.
pub(super) struct Customer {
    pub(super) engine: SocketAddr,
    /// Of each meeting, in the order in which they are announced; the last of every further one.
    pub(super) wishes: Vec<Value>,
    /// Where it is told which captures were begun, or why not.
    pub(super) begun: mpsc::UnboundedSender<Result<Ordered, String>>,
}

impl Customer {
    /// Where it takes Zoom's webhooks.
    pub(super) fn desk(self) -> Desk {
        let (customer, announced) = (Arc::new(self), AtomicUsize::new(0));
        let begun = move |notice: StartNotice| {
            let (customer, place) = (Arc::clone(&customer), announced.fetch_add(1, Ordering::Relaxed));
            tokio::spawn(async move {
                let ordered = customer.order(&notice, place).await.map_err(|error| error.to_string());
                // Nobody waits for it any more once the measurement is over.
                let _ = customer.begun.send(ordered);
            });
        };
        Desk {
            webhook_secret: Secret::new(WEBHOOK_SECRET.to_owned()),
            begun: Box::new(begun),
            metrics: Box::new(String::new),
        }
    }

    async fn order(&self, notice: &StartNotice, place: usize) -> Result<Ordered, Failure> {
        let wish = self.wishes.get(place).or(self.wishes.last()).ok_or("nothing is wanted")?;
        let body = wanted(&notice.meeting_uuid, &notice.stream_id, &notice.server_urls, wish);
        let key = format!("Token {API_KEY}");
        let headers = [("authorization", key.as_str())];
        let answer = post_json(self.engine, "/api/v1/meeting_direct_connect", &headers, body).await?;
        let object: Value = serde_json::from_slice(&answer.body)?;
        match object["id"].as_str().filter(|_| answer.status.is_success()) {
            Some(id) => Ok(Ordered { stream: notice.stream_id.clone(), capture: id.to_owned(), place }),
            None => Err(format!("a capture was not begun: {} {object}", answer.status).into()),
        }
    }
}

/// What a customer sends to have a stream captured.
pub(super) fn wanted(meeting_uuid: &str, stream_id: &str, server_urls: &str, recording_config: &Value) -> Bytes {
    let stream = json!({ "meeting_uuid": meeting_uuid, "rtms_stream_id": stream_id, "server_urls": server_urls });
    Bytes::from(json!({ "zoom_rtms": stream, "recording_config": recording_config }).to_string())
}
