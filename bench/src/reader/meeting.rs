//! Joins one meeting with the least that the protocol asks for (protocol §5, §6), and reads it to its end.

use std::sync::{Arc, atomic::Ordering};

use model::Secret;
use rustls::ClientConfig;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use zoom::{
    signature::handshake,
    webhook::StartNotice,
    wire::outgoing::{Identity, subscription},
};

use super::{counters::Counters, socket::Socket};
use crate::failure::Failure;

/// The events that the engine subscribes.
const EVENTS: [i64; 5] = [2, 3, 4, 5, 6];
/// The types of the answers to the two handshakes.
const SIGNALING_ANSWER: i64 = 2;
const MEDIA_ANSWER: i64 = 4;

/// Who we are to the simulated Zoom, how we reach it, and what we have read of it.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) client_id: String,
    pub(super) client_secret: Secret<String>,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) counters: Counters,
}

/// The kinds of media, their flags, and what the engine asks for first of each.
fn kinds() -> [(&'static str, u8, Value); 5] {
    [
        (
            "audio",
            1,
            json!({ "content_type": 2, "codec": 4, "sample_rate": 3, "channel": 1, "data_opt": 2, "send_rate": 20 }),
        ),
        ("video", 2, json!({ "content_type": 3, "codec": 7, "resolution": 2, "fps": 25, "data_opt": 3 })),
        ("deskshare", 4, json!({ "content_type": 3, "codec": 5, "resolution": 3, "fps": 1 })),
        ("transcript", 8, json!({ "content_type": 5, "src_language": 9, "enable_lid": true })),
        ("chat", 16, json!({ "content_type": 5 })),
    ]
}

/// Reads a meeting that was announced, to its end.
///
/// # Errors
/// If it cannot be joined.
pub(super) async fn read(client: &Arc<Client>, notice: &StartNotice) -> Result<(), Failure> {
    let identity = Identity {
        id_field: notice.id_field,
        meeting_uuid: notice.meeting_uuid.clone(),
        stream_id: notice.stream_id.clone(),
        signature: handshake(&client.client_id, &client.client_secret, &notice.meeting_uuid, &notice.stream_id),
    };
    let mut signaling = Socket::open(&notice.server_urls, &client.tls).await?;
    let answer = signaling.shake_hands(&identity.signaling_handshake(1), SIGNALING_ANSWER).await?;
    signaling.send(&subscription(&EVENTS)).await?;
    // Dropped with this future, so that no socket outlives its meeting.
    let mut media = JoinSet::new();
    for (kind, flag, params) in kinds() {
        let Some(url) = answer["media_server"]["server_urls"][kind].as_str() else { continue };
        let mut socket = Socket::open(url, &client.tls).await?;
        let request = identity.media_handshake(1, flag, &json!({ kind: params }));
        socket.shake_hands(&request, MEDIA_ANSWER).await?;
        let client = Arc::clone(client);
        media.spawn(async move { socket.read_to_end(Some(&client.counters)).await });
        signaling.send(&identity.client_ready()).await?;
    }
    let _active = Active::new(&client.counters);
    signaling.read_to_end(None).await?;
    while let Some(ended) = media.join_next().await {
        ended??;
    }
    Ok(())
}

/// Counts a meeting for as long as it lives.
struct Active<'a>(&'a Counters);

impl<'a> Active<'a> {
    fn new(counters: &'a Counters) -> Self {
        counters.active.fetch_add(1, Ordering::Relaxed);
        Self(counters)
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}
