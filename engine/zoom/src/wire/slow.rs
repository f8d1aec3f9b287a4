//! Media messages in every form that protocol §8 tolerates: the reference that `scan` must agree with.

use std::borrow::Cow;

use media::TrackKind;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    field::{Loose, Source, Text, Whole},
    media::{MediaMessage, TIME_LIMIT_MS, msg_type},
};
use crate::WireError;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

/// The fields of a message: in `content`, or beside it where that is a bare string.
#[derive(Deserialize)]
struct Content<'a> {
    #[serde(alias = "userId")]
    user_id: Option<Source>,
    #[serde(default, alias = "channelId")]
    channel_id: Loose<Source>,
    #[serde(borrow, default, alias = "userName")]
    user_name: Loose<Text<'a>>,
    timestamp: Option<Whole>,
    #[serde(borrow)]
    data: Option<Text<'a>>,
    #[serde(default)]
    length: Loose<Whole>,
}

/// Reads a media message that carries `kind`. The caller has checked how deep it nests.
pub(super) fn read(message: &[u8], kind: TrackKind) -> Result<MediaMessage<'_>, WireError> {
    let malformed = |error: serde_json::Error| WireError::malformed(message.len(), &error);
    let missing = |field| WireError::MissingField { msg_type: msg_type(kind), field };
    let raw = serde_json::from_slice::<Envelope<'_>>(message).map_err(malformed)?.content;
    let raw = raw.ok_or_else(|| missing("content"))?.get();
    let content: Content<'_> = if raw.starts_with('"') {
        let data = serde_json::from_str(raw).map_err(malformed)?;
        let beside = serde_json::from_slice(message).map_err(malformed)?;
        Content { data: Some(data), ..beside }
    } else {
        serde_json::from_str(raw).map_err(malformed)?
    };
    let timestamp_ms = content.timestamp.ok_or_else(|| missing("timestamp"))?.0;
    if !(0..=TIME_LIMIT_MS).contains(&timestamp_ms) {
        return Err(WireError::AbsurdTime { msg_type: msg_type(kind), timestamp_ms });
    }
    Ok(MediaMessage {
        kind,
        user_id: content.user_id.and_then(|id| id.0).or(content.channel_id.source()).unwrap_or(0),
        user_name: content.user_name.text(),
        timestamp_ms,
        data_base64: match content.data.ok_or_else(|| missing("data"))?.0 {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        },
        length: content.length.number().and_then(|length| u64::try_from(length).ok()),
    })
}
