//! Why content is deleted, in code and words. What is deleted then is in `purge`.

/// Why content is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Consent was withdrawn.
    Revoked,
    /// The time is over for which it is kept.
    Expired,
    /// The customer had it deleted.
    Asked,
}

impl Reason {
    /// The stable code.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Revoked => "zoom_rtms_stream_revoked",
            Self::Expired => "media_expired",
            Self::Asked => "media_deleted",
        }
    }

    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Revoked => "Consent was withdrawn; everything that was received was deleted.",
            Self::Expired => "The time for which it was to be kept is over; everything that was received was deleted.",
            Self::Asked => "The customer had it deleted, with everything that was received.",
        }
    }
}
