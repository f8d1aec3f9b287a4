//! How a capture comes to its end: the phase it is in, and the verdict. What leads there is in `machine` and `signaling`.

use media::SourceTime;
use model::platform::{End, EndKind};

use crate::codes;

/// What is done about losses and the end.
#[derive(Debug)]
pub(super) enum Phase {
    /// Losses are repaired.
    Running,
    /// Zoom announced the end: nothing is repaired, everything is read.
    Terminating(Verdict),
    /// We asked for the end: likewise.
    Closing(Verdict),
    /// The stream is over; what was on its way is awaited.
    Draining(Verdict),
    /// Nothing happens any more.
    Over,
}

/// How it ends, and why.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) end: End,
    /// Zoom's number, where there was one.
    pub(super) stop_reason: Option<i64>,
    /// When, on Zoom's clock, where it says so.
    pub(super) at: Option<SourceTime>,
}

impl Verdict {
    /// Zoom ended the stream.
    pub(super) fn stopped(stop_reason: Option<i64>, at: Option<SourceTime>) -> Self {
        let meaning = codes::stop_reason(stop_reason);
        let kind = if meaning.is_normal { EndKind::Ended } else { EndKind::Failed };
        let number = stop_reason.map(|number| format!(" (stop reason {number})")).unwrap_or_default();
        let message = format!("{}{number}.", capitalized(meaning.sentence));
        Self { end: End { kind, code: meaning.code, message }, stop_reason, at }
    }

    /// We ended it.
    pub(super) fn on_request() -> Self {
        let Self { end, .. } = Self::stopped(Some(20), None);
        Self { end, stop_reason: None, at: None }
    }

    /// It cannot go on.
    pub(super) fn failed(code: &'static str, message: String) -> Self {
        Self { end: End { kind: EndKind::Failed, code, message }, stop_reason: None, at: None }
    }

    /// Somebody else shall go on.
    pub(super) fn suspended() -> Self {
        let message = "The capture was let go so that it can be taken up again.".to_owned();
        Self { end: End { kind: EndKind::Suspended, code: "suspended", message }, stop_reason: None, at: None }
    }

    /// Adds what Zoom says about an end that is known already.
    pub(super) fn learn(&mut self, stop_reason: Option<i64>, at: Option<SourceTime>) {
        self.stop_reason = self.stop_reason.or(stop_reason);
        self.at = self.at.or(at);
    }
}

/// `sentence` with its first letter in upper case.
pub(super) fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
