//! Looks at our own webhook from outside: plays Zoom's challenge to the public address of each app.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use dial::{HostPattern, HttpRequest};
use model::Secret;
use serde_json::{Value, json};
use zoom::{signature, webhook::answer_challenge};

use super::finding::{Finding, Grade};
use crate::{config::Config, failure::Failure, wiring};

/// How long Zoom waits for an answer (protocol §2.1).
const ZOOMS_PATIENCE: Duration = Duration::from_secs(3);
/// How long we wait, so that a slow answer can be told from none.
const DEADLINE: Duration = Duration::from_secs(10);
/// How much of an answer is read, in bytes.
const ANSWER_LIMIT_BYTES: usize = 64 << 10;

/// What a challenge got.
struct Answer {
    status: u16,
    body: Bytes,
    took: Duration,
}

/// The public address of each app's webhook.
pub(super) async fn knock(config: &Config) -> Result<Vec<Finding>, Failure> {
    let mut found = Vec::new();
    for app in &config.zoom.apps {
        let url = format!("{}/zoom-webhook/{}", config.server.public_url.trim_end_matches('/'), app.name);
        let secret = app.webhook_secret.resolve()?;
        let token: [u8; 12] = rand::random();
        let token: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
        let answered = if url.starts_with("https://") {
            over_tls(config, &url, &secret, &token).await
        } else {
            in_the_clear(url.clone(), &secret, &token).await
        };
        let what = format!("webhook of {}", app.name);
        found.push(match answered {
            Ok(answer) => judge(what, &url, &answer, &secret, &token),
            Err(reason) => Finding::new(what, Grade::Fail, format!("{url}: {reason}")),
        });
    }
    Ok(found)
}

fn judge(what: String, url: &str, answer: &Answer, secret: &Secret<String>, token: &str) -> Finding {
    let expected = answer_challenge(secret, token).ok().and_then(|json| serde_json::from_str::<Value>(&json).ok());
    let is_ours = expected.is_some() && serde_json::from_slice(&answer.body).ok() == expected;
    let took_ms = answer.took.as_millis();
    let (grade, text) = match (answer.status, is_ours) {
        (200, true) if answer.took > ZOOMS_PATIENCE => {
            (Grade::Fail, format!("right, but after {took_ms} ms; Zoom waits 3 s and counts it as missing"))
        }
        (200, true) if url.starts_with("http://") => (
            Grade::Warn,
            format!("answers in {took_ms} ms, without TLS; Zoom delivers to https only: put TLS in front"),
        ),
        (200, true) => (Grade::Ok, format!("answers in {took_ms} ms as Zoom expects")),
        (200, false) => (Grade::Fail, "another server, or one with another webhook secret, answers there".to_owned()),
        (401, _) => (Grade::Fail, "refuses our signature; its webhook secret is another, or its clock".to_owned()),
        (status, _) => {
            (Grade::Fail, format!("answers HTTP {status}; is this daemon behind it, and is the path right?"))
        }
    };
    Finding::new(what, grade, format!("{url} {text}"))
}

/// A challenge, and the headers that Zoom signs it with.
fn challenge(secret: &Secret<String>, token: &str) -> (Bytes, String, String) {
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let body = json!({
        "event": "endpoint.url_validation",
        "event_ts": now_s.saturating_mul(1000),
        "payload": { "plainToken": token },
    });
    let body = Bytes::from(body.to_string());
    let timestamp = now_s.to_string();
    let signed = signature::webhook(secret, &timestamp, &body);
    (body, timestamp, signed)
}

async fn over_tls(config: &Config, url: &str, secret: &Secret<String>, token: &str) -> Result<Answer, String> {
    let (body, timestamp, signed) = challenge(secret, token);
    let headers = [
        ("content-type", "application/json"),
        ("x-zm-request-timestamp", timestamp.as_str()),
        ("x-zm-signature", signed.as_str()),
    ];
    let dialer = wiring::dialer(config, None).map_err(|error| error.to_string())?;
    let dialer = dialer.with_http_hosts(HostPattern::of_url(url));
    let began = Instant::now();
    let request = HttpRequest { method: "POST", url, headers: &headers, body };
    let answer = dialer.http(request, ANSWER_LIMIT_BYTES, DEADLINE).await.map_err(|error| error.to_string())?;
    Ok(Answer { status: answer.status, body: answer.body, took: began.elapsed() })
}

/// As far as an address without TLS can be looked at: the daemon itself, before a proxy is put in front.
async fn in_the_clear(url: String, secret: &Secret<String>, token: &str) -> Result<Answer, String> {
    let (body, timestamp, signed) = challenge(secret, token);
    let asking = tokio::task::spawn_blocking(move || {
        let config = ureq::Agent::config_builder().timeout_global(Some(DEADLINE)).http_status_as_error(false);
        let agent: ureq::Agent = config.max_redirects(0).build().into();
        let began = Instant::now();
        let asked = agent
            .post(&url)
            .header("content-type", "application/json")
            .header("x-zm-request-timestamp", &timestamp)
            .header("x-zm-signature", &signed)
            .send(&body[..]);
        let mut answer = asked.map_err(|error| error.to_string())?;
        let limit = u64::try_from(ANSWER_LIMIT_BYTES).unwrap_or(u64::MAX);
        let body = answer.body_mut().with_config().limit(limit).read_to_vec().map_err(|error| error.to_string())?;
        Ok(Answer { status: answer.status().as_u16(), body: body.into(), took: began.elapsed() })
    });
    asking.await.map_err(|error| error.to_string())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grade(url: &str, status: u16, body: &str, took_ms: u64) -> Grade {
        let answer = Answer { status, body: Bytes::from(body.to_owned()), took: Duration::from_millis(took_ms) };
        judge("webhook".to_owned(), url, &answer, &Secret::new("secret".to_owned()), "token").grade
    }

    #[test]
    fn only_the_right_answer_in_time_over_tls_is_good() {
        let right = answer_challenge(&Secret::new("secret".to_owned()), "token").unwrap();
        let wrong = answer_challenge(&Secret::new("another".to_owned()), "token").unwrap();
        let url = "https://hansard.example.org/zoom-webhook/default";
        assert_eq!(grade(url, 200, &right, 20), Grade::Ok);
        assert_eq!(grade("http://127.0.0.1/zoom-webhook/default", 200, &right, 20), Grade::Warn);
        assert_eq!(grade(url, 200, &right, 3_100), Grade::Fail);
        for (status, body) in [(200, wrong.as_str()), (200, "<html>"), (401, "{}"), (404, ""), (301, ""), (502, "")] {
            assert_eq!(grade(url, status, body, 20), Grade::Fail, "{status}");
        }
    }
}
