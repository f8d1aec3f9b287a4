//! What comes back. What is sent is in `request`.

use std::time::Duration;

use model::{Blame, Fault, Secret};
use serde::Deserialize;

/// How long is waited where Zoom does not say how long.
const PAUSE: Duration = Duration::from_secs(5);
/// How long is waited at most, whatever Zoom says.
const PAUSE_LONGEST: Duration = Duration::from_secs(60);
/// How much of Zoom's words is shown, in characters.
const SHOWN_CHARS: usize = 200;

/// What lets an app speak for an account for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The bearer token.
    pub bearer: Secret<String>,
    /// For how long it is good, in seconds.
    pub expires_in_s: u64,
}

/// Whether asking again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same answer will come.
    Never,
    /// After this pause.
    After(Duration),
    /// With a new token.
    NewToken,
}

/// Why Zoom did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestError {
    /// The credentials get no token.
    #[error("Zoom gave no token (HTTP {status}{words}); compare client id, client secret and account id with the app")]
    Credentials {
        /// The HTTP status.
        status: u16,
        /// Zoom's words, with something in front.
        words: String,
    },
    /// The token is no longer good.
    #[error("Zoom does not take the token (HTTP {status}{words}); a new one is asked for")]
    Token {
        /// The HTTP status.
        status: u16,
        /// Zoom's words, with something in front.
        words: String,
    },
    /// The meeting is not in progress.
    #[error("the meeting is not in progress (code 3000); start it, or wait until it has begun")]
    NotInProgress,
    /// The caller may not do this.
    #[error(
        "the user is neither host nor alternative host of the meeting, or not in it (HTTP {status}{words}); name another user"
    )]
    NotAllowed {
        /// The HTTP status.
        status: u16,
        /// Zoom's words, with something in front.
        words: String,
    },
    /// Zoom could not do it.
    #[error(
        "Zoom could not do it (code 2310{words}); the account may lack the entitlement for RTMS, or the app is not installed by this user"
    )]
    Failed {
        /// Zoom's words, with something in front.
        words: String,
    },
    /// There is no such meeting.
    #[error(
        "Zoom knows no such meeting (HTTP 404{words}); use the meeting number, or the id exactly as the webhook has it"
    )]
    Unknown {
        /// Zoom's words, with something in front.
        words: String,
    },
    /// Zoom is too busy, or has a fault of its own.
    #[error("Zoom is too busy or has a fault (HTTP {status}{words}); try again later")]
    Busy {
        /// The HTTP status.
        status: u16,
        /// When to ask again.
        after: Duration,
        /// Zoom's words, with something in front.
        words: String,
    },
    /// Zoom refused for another reason.
    #[error(
        "Zoom refused (HTTP {status}{words}); what it says tells what to change, and asking again as it is helps nothing"
    )]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Zoom's words, with something in front.
        words: String,
    },
}

impl RestError {
    /// Whether asking again can help.
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Token { .. } => Retry::NewToken,
            Self::NotInProgress => Retry::After(PAUSE),
            Self::Busy { after, .. } => Retry::After(*after),
            Self::Credentials { .. }
            | Self::NotAllowed { .. }
            | Self::Failed { .. }
            | Self::Unknown { .. }
            | Self::Refused { .. } => Retry::Never,
        }
    }
}

impl Fault for RestError {
    fn blame(&self) -> Blame {
        match self {
            Self::Busy { .. } | Self::Token { .. } => Blame::Peer,
            _ => Blame::Caller,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Credentials { .. } => "zoom_rest_bad_credentials",
            Self::Token { .. } => "zoom_rest_token_refused",
            Self::NotInProgress => "zoom_rest_not_in_progress",
            Self::NotAllowed { .. } => "zoom_rest_not_allowed",
            Self::Failed { .. } => "zoom_rest_failed",
            Self::Unknown { .. } => "zoom_rest_unknown_meeting",
            Self::Busy { .. } => "zoom_rest_busy",
            Self::Refused { .. } => "zoom_rest_refused",
        }
    }
}

#[derive(Deserialize)]
struct TokenForm {
    access_token: String,
    expires_in: u64,
}

#[derive(Default, Deserialize)]
struct Complaint {
    #[serde(default)]
    code: Option<i64>,
    #[serde(default, alias = "reason")]
    message: Option<String>,
}

/// Reads the answer to [`super::token_request`].
///
/// # Errors
/// [`RestError::Credentials`] or [`RestError::Busy`].
pub fn read_token(status: u16, body: &[u8], retry_after: Option<&str>) -> Result<Token, RestError> {
    if is_success(status) {
        let form: Result<TokenForm, _> = serde_json::from_slice(body);
        // A token that could not be a header value must not become one.
        if let Ok(TokenForm { access_token, expires_in }) = form
            && !access_token.is_empty()
            && access_token.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Ok(Token { bearer: Secret::new(access_token), expires_in_s: expires_in });
        }
        return Err(RestError::Credentials { status, words: ", without a token in it".to_owned() });
    }
    let words = words(&complaint(body));
    Err(match busy(status, retry_after) {
        Some(after) => RestError::Busy { status, after, words },
        None => RestError::Credentials { status, words },
    })
}

/// Reads the answer to [`super::status_request`]; what was asked for happens afterwards, and a webhook proves it.
///
/// # Errors
/// A [`RestError`]; [`RestError::retry`] tells whether to ask again.
pub fn read_outcome(status: u16, body: &[u8], retry_after: Option<&str>) -> Result<(), RestError> {
    if is_success(status) {
        return Ok(());
    }
    let complaint = complaint(body);
    let words = words(&complaint);
    Err(match (status, complaint.code) {
        (_, Some(3000)) => RestError::NotInProgress,
        (_, Some(2308)) => RestError::NotAllowed { status, words },
        (_, Some(2310)) => RestError::Failed { words },
        // 124 is Zoom's number for a token that is invalid or has expired.
        (401, _) | (_, Some(124)) => RestError::Token { status, words },
        (403, _) => RestError::NotAllowed { status, words },
        (404, _) => RestError::Unknown { words },
        _ => match busy(status, retry_after) {
            Some(after) => RestError::Busy { status, after, words },
            None => RestError::Refused { status, words },
        },
    })
}

const fn is_success(status: u16) -> bool {
    status >= 200 && status < 300
}

/// When to ask again, if the status says that later is better.
fn busy(status: u16, retry_after: Option<&str>) -> Option<Duration> {
    let asked = retry_after.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
    (status == 429 || status >= 500).then(|| asked.unwrap_or(PAUSE).clamp(Duration::from_secs(1), PAUSE_LONGEST))
}

fn complaint(body: &[u8]) -> Complaint {
    serde_json::from_slice(body).unwrap_or_default()
}

fn words(complaint: &Complaint) -> String {
    let code = complaint.code.map(|code| format!(", code {code}")).unwrap_or_default();
    let message = complaint.message.as_deref().unwrap_or_default();
    let message: String = message.chars().filter(|letter| !letter.is_control()).take(SHOWN_CHARS).collect();
    if message.is_empty() { code } else { format!("{code}, \"{message}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_and_not_printed() {
        let token = read_token(200, br#"{"access_token":"abc","token_type":"bearer","expires_in":3599}"#, None);
        let token = token.expect("a token");
        assert_eq!((token.bearer.expose().as_str(), token.expires_in_s), ("abc", 3599));
        assert!(!format!("{token:?}").contains("abc"));
    }

    #[test]
    fn an_answer_without_a_usable_token_is_a_fault_of_the_credentials() {
        for body in [
            &b""[..],
            b"{}",
            br#"{"access_token":"","expires_in":1}"#,
            b"{\"access_token\":\"a\\nb\",\"expires_in\":1}",
        ] {
            let error = read_token(200, body, None).expect_err("no token");
            assert_eq!(error.code(), "zoom_rest_bad_credentials");
        }
        let error =
            read_token(400, br#"{"reason":"Invalid client_id or client_secret","error":"invalid_client"}"#, None);
        let message = error.expect_err("refused").to_string();
        assert!(message.contains("HTTP 400, \"Invalid client_id or client_secret\""), "{message}");
    }

    #[test]
    fn of_zooms_words_200_letters_are_shown() {
        let body = format!(r#"{{"code":300,"message":"\t{}"}}"#, "ü".repeat(300)).replace('\t', "\\t");
        let told = read_outcome(400, body.as_bytes(), None).expect_err("refused").to_string();
        assert_eq!(told.matches('ü').count(), 200, "{told}");
        assert!(!told.contains('\t'), "and no control characters: {told}");
    }

    /// §18 row 32: 204 in the documentation, 202 in the field.
    #[test]
    fn row_32_every_success_counts() {
        for status in 200..300 {
            assert_eq!(read_outcome(status, b"", None), Ok(()));
        }
    }

    #[test]
    fn each_refusal_says_what_to_do_and_whether_to_ask_again() {
        let after = |seconds| Retry::After(Duration::from_secs(seconds));
        let cases: [(u16, &str, Option<&str>, &str, Retry); 12] = [
            (400, r#"{"code":3000,"message":"Not in progress"}"#, None, "zoom_rest_not_in_progress", after(5)),
            (400, r#"{"code":2310,"message":"Failed"}"#, None, "zoom_rest_failed", Retry::Never),
            (400, r#"{"code":2308,"message":"Not host"}"#, None, "zoom_rest_not_allowed", Retry::Never),
            (
                401,
                r#"{"code":124,"message":"Invalid access token."}"#,
                None,
                "zoom_rest_token_refused",
                Retry::NewToken,
            ),
            (400, r#"{"code":124}"#, None, "zoom_rest_token_refused", Retry::NewToken),
            (403, "", None, "zoom_rest_not_allowed", Retry::Never),
            (404, "<html>", None, "zoom_rest_unknown_meeting", Retry::Never),
            (429, "", Some("7"), "zoom_rest_busy", after(7)),
            (429, "", Some("86400"), "zoom_rest_busy", after(60)),
            (503, "", Some("soon"), "zoom_rest_busy", after(5)),
            (301, "", None, "zoom_rest_refused", Retry::Never),
            (400, r#"{"code":300}"#, None, "zoom_rest_refused", Retry::Never),
        ];
        for (status, body, retry_after, code, retry) in cases {
            let error = read_outcome(status, body.as_bytes(), retry_after).expect_err("refused");
            assert_eq!((error.code(), error.retry()), (code, retry), "{status} {body}");
        }
    }
}
