//! How an endpoint ends.

use dial::DialError;
use model::EndpointState;

/// Why nothing more is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The capture is over, and everything was sent.
    Done,
    /// The receiver could not be reached as often as is tried.
    Exhausted,
    /// The operator's rules refuse the address, or what its name leads to as often as is tried.
    Refused,
    /// The capture is gone, or its content is.
    Gone,
}

impl Ending {
    /// After all attempts, the last of which failed like this.
    pub(super) const fn after(error: &DialError) -> Self {
        match error {
            DialError::Refused { .. } => Self::Refused,
            _ => Self::Exhausted,
        }
    }

    /// The state in which it leaves the endpoint.
    pub(super) const fn state(self) -> EndpointState {
        match self {
            Self::Done => EndpointState::Done,
            Self::Exhausted | Self::Refused => EndpointState::Failed,
            Self::Gone => EndpointState::Deleted,
        }
    }

    /// The stable code, where the state does not say everything.
    pub(super) const fn code(self) -> Option<&'static str> {
        match self {
            Self::Done => None,
            Self::Exhausted => Some("receiver_unreachable"),
            Self::Refused => Some("address_refused"),
            Self::Gone => Some("content_deleted"),
        }
    }
}
