//! What can be wrong with a webhook or a message. What Zoom itself reports as wrong is in `codes`.

use model::{Blame, Fault};

/// Why a webhook is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// A header that carries the proof is missing.
    #[error("the request has no usable `{header}` header; send it exactly as Zoom does")]
    MissingHeader {
        /// The header's name.
        header: &'static str,
    },
    /// The signature fits none of the secrets.
    #[error(
        "the signature fits none of the configured webhook secrets; compare the app's secret token with the configuration"
    )]
    BadSignature,
    /// The signature is right, its time is not.
    #[error("the request was signed {age_s} s ago, outside of what is accepted; check this machine's clock")]
    Stale {
        /// The age in seconds; negative for a time to come.
        age_s: i64,
    },
    /// The body is not the JSON that it should be.
    #[error("the body cannot be read: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// A field that the event needs is missing, empty, too long or of the wrong kind.
    #[error("the event `{event}` has no usable `{field}`")]
    MissingField {
        /// The event's name, at most 64 characters of it.
        event: String,
        /// The field's name.
        field: &'static str,
    },
    /// The challenge is not one that Zoom sends.
    #[error("the plainToken is not 1 to 128 letters, digits, `_` or `-`; it is not answered")]
    BadToken,
}

impl WebhookError {
    /// Whether the request is not proven to come from Zoom, which answers 401 rather than 400.
    pub const fn is_unauthorized(&self) -> bool {
        matches!(self, Self::MissingHeader { .. } | Self::BadSignature | Self::Stale { .. })
    }
}

impl Fault for WebhookError {
    fn blame(&self) -> Blame {
        if self.is_unauthorized() { Blame::Caller } else { Blame::Peer }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::MissingHeader { .. } => "zoom_webhook_header_missing",
            Self::BadSignature => "zoom_webhook_bad_signature",
            Self::Stale { .. } => "zoom_webhook_stale",
            Self::Malformed { .. } => "zoom_webhook_malformed",
            Self::MissingField { .. } => "zoom_webhook_field_missing",
            Self::BadToken => "zoom_webhook_bad_token",
        }
    }
}

/// Why a message of a stream is skipped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// It is not JSON, or a field is of the wrong kind.
    #[error("a message of {length_bytes} bytes cannot be read: {reason}")]
    Malformed {
        /// The message's length in bytes.
        length_bytes: usize,
        /// What is wrong, with line and column.
        reason: String,
    },
    /// It nests deeper than any real message.
    #[error("a message of {length_bytes} bytes nests deeper than {limit} levels")]
    TooDeep {
        /// The message's length in bytes.
        length_bytes: usize,
        /// The limit.
        limit: u32,
    },
    /// It has more values than any real message.
    #[error("a message of {length_bytes} bytes has more than {limit} values")]
    TooWide {
        /// The message's length in bytes.
        length_bytes: usize,
        /// The limit.
        limit: u32,
    },
    /// It is longer than any real message that carries what it does.
    #[error("a message of {length_bytes} bytes carries what fits in {limit_bytes} bytes in any real message")]
    TooLarge {
        /// The message's length in bytes.
        length_bytes: usize,
        /// The limit in bytes.
        limit_bytes: usize,
    },
    /// A field that the message needs is missing.
    #[error("a message of type {msg_type} has no `{field}`")]
    MissingField {
        /// The message's type number, -1 if that is what is missing.
        msg_type: i64,
        /// The field's name.
        field: &'static str,
    },
    /// A time that cannot be.
    #[error("a message of type {msg_type} has the impossible timestamp {timestamp_ms} ms")]
    AbsurdTime {
        /// The message's type number.
        msg_type: i64,
        /// The time it carries, in milliseconds.
        timestamp_ms: i64,
    },
    /// The payload is not base64.
    #[error("a payload of {length_bytes} base64 characters cannot be decoded")]
    BadBase64 {
        /// The payload's length in characters.
        length_bytes: usize,
    },
}

impl WireError {
    /// What a JSON parser said of a message of `length_bytes`.
    pub(crate) fn malformed(length_bytes: usize, error: &serde_json::Error) -> Self {
        Self::Malformed { length_bytes, reason: reason(error) }
    }
}

/// How much of a parser's words is shown, in characters.
const REASON_LIMIT_CHARS: usize = 120;

/// What a JSON parser said, without the string that it may repeat from the message: that may be long, and what people said.
fn reason(error: &serde_json::Error) -> String {
    let words = error.to_string();
    match (words.find('"'), words.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            let (before, behind) = (words.get(..first).unwrap_or_default(), words.get(last + 1..).unwrap_or_default());
            format!("{before}\"...\"{behind}").chars().take(REASON_LIMIT_CHARS).collect()
        }
        _ => words.chars().take(REASON_LIMIT_CHARS).collect(),
    }
}

impl Fault for WireError {
    fn blame(&self) -> Blame {
        Blame::Peer
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "zoom_rtms_malformed_message",
            Self::TooDeep { .. } => "zoom_rtms_message_too_deep",
            Self::TooWide { .. } => "zoom_rtms_message_too_wide",
            Self::TooLarge { .. } => "zoom_rtms_message_too_large",
            Self::MissingField { .. } => "zoom_rtms_field_missing",
            Self::AbsurdTime { .. } => "zoom_rtms_absurd_timestamp",
            Self::BadBase64 { .. } => "zoom_rtms_bad_base64",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_said_is_not_repeated_in_an_error() {
        let error = serde_json::from_str::<Vec<u8>>(r#""what \"Ada\" said""#).expect_err("no list");
        assert!(error.to_string().contains("Ada"), "the parser repeats it: {error}");
        let told = WireError::malformed(20, &error).to_string();
        assert!(!told.contains("Ada") && told.contains("invalid type: string"), "{told}");
        let long = serde_json::from_str::<Vec<u8>>(&format!("\"{}\"", "x".repeat(100_000))).expect_err("no list");
        assert!(WireError::malformed(100_002, &long).to_string().len() < 200);
        for words in ["x".repeat(1_000), format!("{}\"Ada\"{}", "x".repeat(500), "x".repeat(500))] {
            let WireError::Malformed { reason, .. } = WireError::malformed(1, &serde::de::Error::custom(words)) else {
                panic!("malformed")
            };
            assert_eq!(reason, "x".repeat(120), "so much of a parser's words is shown");
        }
    }
}
