//! Makes the file of a mixed video: grown in fragments, finished as a plain one, read back. Where it is published is the
//! business of `job`.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use journal::PayloadReader;
use model::Locator;
use render::{Choice, MixedVideo, Outcome, PayloadError, Payloads, Settings, Step};
use store::Store;
use timeline::Timeline;

use crate::{StudioError, file::Growing, verify_mp4};

/// Makes the file beside the store's objects, and answers where it is and how it came out.
pub(crate) fn make(
    timeline: &Arc<Timeline>,
    choice: &Choice,
    settings: Settings,
    log: PayloadReader,
    store: &Store,
) -> Result<(PathBuf, Outcome), StudioError> {
    let mut payloads = LogPayloads(log);
    let mut video = MixedVideo::new(Arc::clone(timeline), choice.clone(), settings)?;
    let mut growing = Growing::create(store.staging())?;
    let finish = loop {
        match video.step(&mut payloads)? {
            Step::Append(pieces) => growing.append(&pieces)?,
            Step::Done(finish) => break finish,
        }
    };
    let plain = store.staging();
    growing.finish(finish, &plain)?;
    verify_mp4(&plain, timeline.end)?;
    Ok((plain, video.outcome()))
}

/// Fetches a render's payloads from the capture log.
struct LogPayloads(PayloadReader);

impl Payloads for LogPayloads {
    fn read(&mut self, at: Locator) -> Result<Bytes, PayloadError> {
        self.0.read(at).map_err(|error| PayloadError { at, reason: error.to_string() })
    }
}
