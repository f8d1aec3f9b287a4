//! Why a connection could not be made or was lost, or a kind of media is missing, and what that says about a new stream.
//! What is done about it is in `connect`, `handshake` and `repair`.

use model::{Control, platform::Leg};

use crate::codes::{self, Refusal};

/// The code of a connection that another receiver took over.
pub(super) const EVICTED: &str = "zoom_rtms_evicted";
/// The status of a stream that Zoom does not know, or knows no longer.
const UNKNOWN_STREAM: i64 = 2;

/// Why an attempt came to nothing, or a connection to its end.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// A stable code.
    pub(super) code: &'static str,
    /// The whole story, for the case that it never comes back.
    pub(super) message: String,
    /// The number with which Zoom refused the handshake, where it did.
    pub(super) status: Option<i64>,
    /// What that refusal calls for.
    refusal: Option<Refusal>,
}

impl Failure {
    /// A connection that failed without an answer of Zoom.
    pub(super) const fn new(code: &'static str, message: String) -> Self {
        Self { code, message, status: None, refusal: None }
    }

    /// A handshake that Zoom answered, without a number that says so, in a way that is of no use.
    pub(super) const fn useless(code: &'static str, message: String) -> Self {
        Self { code, message, status: None, refusal: Some(Refusal::Permanent) }
    }

    /// A handshake that Zoom refused with this number.
    pub(super) fn refused(status: i64, refusal: Refusal, message: String) -> Self {
        // Whatever its number, a connection that is in the way goes by one code.
        let code = codes::status(if refusal == Refusal::Duplicate { 8 } else { status }).code;
        Self { code, message, status: Some(status), refusal: Some(refusal) }
    }

    /// Whether Zoom answered, so that the message is about its words.
    pub(super) const fn is_answer(&self) -> bool {
        self.refusal.is_some()
    }

    /// Whether the same attempt will fail again.
    pub(super) const fn is_permanent(&self) -> bool {
        matches!(self.refusal, Some(Refusal::Permanent | Refusal::Parameters))
    }

    /// Whether Zoom does not know the stream, so that it gave it up if it ever did.
    pub(super) fn is_unknown_stream(&self) -> bool {
        self.is_permanent() && self.status == Some(UNKNOWN_STREAM)
    }

    /// Whether a new stream of the same meeting may do better: not where somebody else holds the stream, nor where we are
    /// not let in.
    pub(super) fn is_of_this_stream(&self) -> bool {
        match self.refusal {
            None => self.code != EVICTED,
            Some(Refusal::Temporary) => true,
            Some(Refusal::Duplicate) => false,
            Some(Refusal::Permanent | Refusal::Parameters) => self.is_unknown_stream(),
        }
    }
}

/// Why a kind of media is missing.
#[derive(Clone, Debug)]
pub(super) struct Absence {
    /// A stable code.
    code: &'static str,
    /// The number with which Zoom refused it, where it did.
    status: Option<i64>,
    /// In words.
    pub(super) reason: String,
}

impl Absence {
    /// Zoom never offered it.
    pub(super) const fn not_offered(reason: String) -> Self {
        Self::of("zoom_rtms_not_offered", reason)
    }

    /// For a reason of that code, without a number of Zoom's.
    pub(super) const fn of(code: &'static str, reason: String) -> Self {
        Self { code, status: None, reason }
    }

    /// Zoom refused it with this number.
    pub(super) fn refused(status: i64, reason: String) -> Self {
        Self { code: codes::status(status).code, status: Some(status), reason }
    }

    /// What the log says of it.
    pub(super) fn of_kind(&self, kind: Leg) -> Control {
        let (code, reason) = (Some(self.code.to_owned()), self.reason.clone());
        Control::LegRefused { leg: kind, status: self.status, code, reason }
    }
}
