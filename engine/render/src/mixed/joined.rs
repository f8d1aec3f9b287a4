//! A picture's bytes, whole: the log keeps messages as they came, and a picture may have come in several.

use bytes::{Bytes, BytesMut};
use timeline::{VideoFrame, VideoTrack};

use super::growing::SAMPLE_LIMIT_BYTES;
use crate::{PayloadError, Payloads};

/// Reads the messages of a picture and joins them; one message is not copied.
pub(crate) fn joined(
    track: &VideoTrack,
    frame: &VideoFrame,
    payloads: &mut dyn Payloads,
) -> Result<Bytes, PayloadError> {
    let mut messages = track.messages(frame);
    let (Some(first), Some(second)) = (messages.next(), messages.next()) else {
        return payloads.read(frame.locator);
    };
    let bytes: usize = track.messages(frame).map(|message| message.len as usize).fold(0, usize::saturating_add);
    if bytes > SAMPLE_LIMIT_BYTES {
        let reason = format!("its picture has {bytes} bytes, more than the {SAMPLE_LIMIT_BYTES} that one may have");
        return Err(PayloadError { at: frame.locator, reason });
    }
    let mut whole = BytesMut::with_capacity(bytes);
    for message in [first, second].into_iter().chain(messages) {
        whole.extend_from_slice(&payloads.read(message)?);
    }
    Ok(whole.freeze())
}
