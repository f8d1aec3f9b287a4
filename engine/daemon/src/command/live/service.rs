//! Looks at Zoom's REST: name, encryption, clock, and the credentials of each app.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use dial::{DialError, Dialer, HostPattern, HttpRequest};
use ingest::{Rest, RestFailure};
use jiff::fmt::rfc2822::DateTimeParser;

use super::finding::{Finding, Grade};
use crate::{config::Config, failure::Failure, wiring};

/// How long an answer may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// How much of an answer is read, in bytes.
const ANSWER_LIMIT_BYTES: usize = 256 << 10;
/// From which difference on the clock is worth a word, in seconds (fault matrix D12).
const SKEW_WARN_S: u64 = 30;
/// From which difference on webhooks will be refused soon, in seconds.
const SKEW_FAIL_S: u64 = 120;

/// The name, the encryption and the clock of Zoom's REST.
pub(super) async fn reach(config: &Config) -> Result<Vec<Finding>, Failure> {
    let url = config.zoom.api_url.as_str();
    let dialer: Dialer = wiring::dialer(config, None)?.with_http_hosts(HostPattern::of_url(url));
    let request = HttpRequest { method: "GET", url, headers: &[], body: Bytes::new() };
    let answer = match dialer.http(request, ANSWER_LIMIT_BYTES, DEADLINE).await {
        Ok(answer) => answer,
        Err(error) => return Ok(vec![Finding::new(stage(&error), Grade::Fail, error.to_string())]),
    };
    let host = url.trim_start_matches("https://").split('/').next().unwrap_or(url);
    Ok(vec![
        Finding::new("DNS and TLS", Grade::Ok, format!("{host} is reached and proves who it is")),
        clock(answer.date.as_deref(), SystemTime::now()),
    ])
}

/// What it was that did not work.
const fn stage(error: &DialError) -> &'static str {
    match error {
        DialError::Dns { .. } => "DNS",
        DialError::Certificate { .. }
        | DialError::Tls { .. }
        | DialError::TlsTooOld { .. }
        | DialError::Authorities { .. } => "TLS",
        _ => "connection",
    }
}

/// Our clock against that of an answer which came just now.
fn clock(date: Option<&str>, now: SystemTime) -> Finding {
    let what = "clock";
    let theirs = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
    let Some(theirs) = theirs else {
        return Finding::new(what, Grade::Warn, "the answer has no usable Date header; compare the clock by hand");
    };
    let ours = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let skew_s = i64::try_from(ours).unwrap_or(i64::MAX).abs_diff(theirs.as_second());
    let (grade, advice) = match skew_s {
        SKEW_FAIL_S.. => (Grade::Fail, "; signed webhooks are refused from 300 s on: run a time service"),
        SKEW_WARN_S.. => (Grade::Warn, "; run a time service"),
        _ => (Grade::Ok, ""),
    };
    Finding::new(what, grade, format!("{skew_s} s away from Zoom's{advice}"))
}

/// The credentials of each app.
pub(super) async fn credentials(config: &Config) -> Result<Vec<Finding>, Failure> {
    let rest = Rest::new(wiring::dialer(config, None)?, wiring::rest_settings(config)?);
    let mut found = Vec::new();
    for app in &config.zoom.apps {
        let what = format!("credentials of {}", app.name);
        found.push(match rest.token(&wiring::capture_app(app)?).await {
            Ok(_) => Finding::new(what, Grade::Ok, "Zoom gives out tokens for client id, client secret and account id"),
            Err(RestFailure::NoAccount) => {
                let text =
                    "not looked at: without an account in `rest` Zoom cannot be asked; the first meeting will tell";
                Finding::new(what, Grade::Warn, text)
            }
            Err(error) => Finding::new(what, Grade::Fail, error.to_string()),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_judged_by_its_distance_in_either_direction() {
        let now = UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let cases = [
            (Some("Thu, 01 Jan 2026 00:00:00 GMT"), Grade::Ok),
            (Some("Thu, 01 Jan 2026 00:00:29 GMT"), Grade::Ok),
            (Some("Wed, 31 Dec 2025 23:59:30 GMT"), Grade::Warn),
            (Some("Thu, 01 Jan 2026 00:01:59 GMT"), Grade::Warn),
            (Some("Thu, 01 Jan 2026 00:02:00 GMT"), Grade::Fail),
            (Some("Mon, 01 Jan 2024 00:00:00 GMT"), Grade::Fail),
            (Some("yesterday"), Grade::Warn),
            (None, Grade::Warn),
        ];
        for (date, grade) in cases {
            assert_eq!(clock(date, now).grade, grade, "{date:?}");
        }
    }
}
