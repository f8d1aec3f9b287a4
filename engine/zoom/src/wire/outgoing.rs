//! The messages that we send, each one line of JSON (protocol §5, §6). When each is due is decided in `session`.

use bytes::Bytes;
use model::Secret;
use serde_json::{Value, json};

use super::KeepAlive;

/// Who we are to Zoom: the same in every handshake of a stream.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The key of the meeting's id.
    pub id_field: &'static str,
    /// The meeting's id.
    pub meeting_uuid: String,
    /// The stream's id.
    pub stream_id: String,
    /// The proof.
    pub signature: Secret<String>,
}

impl Identity {
    fn message(&self, msg_type: u8, sequence: u64) -> Value {
        json!({
            "msg_type": msg_type,
            "protocol_version": 1,
            "sequence": sequence,
            self.id_field: self.meeting_uuid,
            "rtms_stream_id": self.stream_id,
            "signature": self.signature.expose(),
        })
    }

    /// Type 1: the signaling handshake, which asks for the sound that was made before we came.
    pub fn signaling_handshake(&self, sequence: u64) -> Bytes {
        let mut message = self.message(1, sequence);
        message["buffer_data"] = json!(true);
        text(&message)
    }

    /// Type 3: a media handshake. `media_type` is a flag of protocol §14.7; `params` is `null`, and
    /// left out, for the server's defaults.
    pub fn media_handshake(&self, sequence: u64, media_type: u8, params: &Value) -> Bytes {
        let mut message = self.message(3, sequence);
        message["media_type"] = json!(media_type);
        message["payload_encryption"] = json!(false);
        if !params.is_null() {
            message["media_params"] = params.clone();
        }
        text(&message)
    }

    /// Type 7: let media flow on the connections whose handshake is done.
    pub fn client_ready(&self) -> Bytes {
        text(&json!({ "msg_type": 7, "rtms_stream_id": self.stream_id }))
    }

    /// Type 19: where does the stream stand.
    pub fn stream_state_request(&self) -> Bytes {
        text(&json!({ "msg_type": 19, "rtms_stream_id": self.stream_id }))
    }

    /// Type 21: end the stream.
    pub fn close_request(&self) -> Bytes {
        text(&json!({ "msg_type": 21, "rtms_stream_id": self.stream_id }))
    }
}

/// Type 5: subscribes to events by their numbers.
pub fn subscription(event_types: &[i64]) -> Bytes {
    let events: Vec<Value> =
        event_types.iter().map(|event_type| json!({ "event_type": event_type, "subscribe": true })).collect();
    text(&json!({ "msg_type": 5, "events": events }))
}

/// Type 28: take the video of this participant, or no longer. `timestamp_ms` is Zoom's clock, more or less.
pub fn video_subscription(user_id: i64, subscribe: bool, timestamp_ms: i64) -> Bytes {
    text(&json!({ "msg_type": 28, "user_id": user_id, "subscribe": subscribe, "timestamp": timestamp_ms }))
}

/// Type 13: we are there. Echoes what came, to the byte.
pub fn keep_alive_reply(request: &KeepAlive<'_>) -> Bytes {
    let mut reply = String::from(r#"{"msg_type":13"#);
    for (key, value) in [("sequence", request.sequence), ("timestamp", request.timestamp)] {
        if let Some(value) = value {
            reply.push_str(&format!(r#","{key}":{}"#, value.get()));
        }
    }
    reply.push('}');
    Bytes::from(reply)
}

fn text(message: &Value) -> Bytes {
    Bytes::from(message.to_string())
}
