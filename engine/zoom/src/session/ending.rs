//! How a capture comes to its end: the phase it is in, and the verdict. What leads there is in `machine` and `signaling`.

use media::SourceTime;
use model::platform::{End, EndKind};

use crate::codes;

/// What is done about losses and the end.
#[derive(Debug)]
pub(super) enum Phase {
    /// Losses are repaired.
    Running,
    /// Signaling was given up: nothing is attempted unless Zoom says over the other road that the stream is still there.
    Grace,
    /// Zoom announced the end: nothing is repaired, everything is read.
    Terminating(Verdict),
    /// We asked for the end: likewise.
    Closing(Verdict),
    /// The stream is over; what was on its way is awaited.
    Draining(Verdict),
    /// Nothing happens any more.
    Over,
}

/// Zoom's number for consent that was withdrawn.
const REVOKED: i64 = 8;

/// How it ends, and why.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) end: End,
    /// Zoom's number, where there was one.
    pub(super) stop_reason: Option<i64>,
    /// When, on Zoom's clock, where it says so.
    pub(super) at: Option<SourceTime>,
    /// Whether Zoom ended it, so that its reason says what kind of end this is.
    is_told: bool,
}

/// How much a stop reason says: nothing, something that is not documented, or why it stopped.
fn weight(stop_reason: Option<i64>) -> u8 {
    match stop_reason {
        None | Some(0) => 0,
        Some(number) if codes::stop_reason(Some(number)) == codes::stop_reason(Some(-1)) => 1,
        Some(_) => 2,
    }
}

impl Verdict {
    /// Zoom ended the stream.
    pub(super) fn stopped(stop_reason: Option<i64>, at: Option<SourceTime>) -> Self {
        let meaning = codes::stop_reason(stop_reason);
        let kind = match stop_reason {
            Some(REVOKED) => EndKind::Revoked,
            _ if meaning.is_normal => EndKind::Ended,
            _ => EndKind::Failed,
        };
        let number = stop_reason.map(|number| format!(" (stop reason {number})")).unwrap_or_default();
        let message = format!("{}{number}.", capitalized(meaning.sentence));
        let may_restart = matches!(stop_reason, Some(10..=17 | 19 | 24));
        Self { end: End { kind, code: meaning.code, message, may_restart }, stop_reason, at, is_told: true }
    }

    /// We ended it.
    pub(super) fn on_request() -> Self {
        let Self { end, .. } = Self::stopped(Some(20), None);
        Self { end, stop_reason: None, at: None, is_told: false }
    }

    /// It cannot go on.
    pub(super) fn failed(code: &'static str, message: String) -> Self {
        let end = End { kind: EndKind::Failed, code, message, may_restart: false };
        Self { end, stop_reason: None, at: None, is_told: false }
    }

    /// A new stream of the same meeting may do better.
    pub(super) fn and_may_restart(mut self) -> Self {
        self.end.may_restart = true;
        self
    }

    /// Whether consent was withdrawn, so that nothing more may be received.
    pub(super) fn is_revocation(&self) -> bool {
        self.end.kind == EndKind::Revoked
    }

    /// Somebody else shall go on.
    pub(super) fn suspended() -> Self {
        let message = "The capture was let go so that it can be taken up again.".to_owned();
        Self {
            end: End { kind: EndKind::Suspended, code: "suspended", message, may_restart: false },
            stop_reason: None,
            at: None,
            is_told: false,
        }
    }

    /// Adds what Zoom says about an end that is known already: of two reasons the one that says more counts, and of two that
    /// say as much, the one that was known.
    pub(super) fn learn(&mut self, stop_reason: Option<i64>, at: Option<SourceTime>) {
        self.at = self.at.or(at);
        if weight(stop_reason) > weight(self.stop_reason) {
            self.stop_reason = stop_reason;
            if self.is_told {
                self.end = Self::stopped(stop_reason, None).end;
            }
        }
        self.stop_reason = self.stop_reason.or(stop_reason);
    }
}

/// `sentence` with its first letter in upper case.
pub(super) fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
