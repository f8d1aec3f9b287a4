//! Whether a webhook is Zoom's: the HMAC over its time and body.

use std::hint::black_box;

use divan::Bencher;
use model::Secret;
use zoom::{
    signature,
    webhook::{SignedHeaders, verify as verified},
};

use crate::work::Work;

/// The announcement of a stream.
const BODY: &str = r#"{"event":"meeting.rtms_started","event_ts":1767225600000,"payload":{"meeting_uuid":"4444AAAiAAAAAiAiAiiAii==","meeting_id":90000000001,"operator_id":"xxxxxxxxxxxxxxxxxxxxxx","account_id":"xxxxxxxxxxxxxxxxxxxxxx","rtms_stream_id":"00000000000000000000000000000001","server_urls":"wss://0.0.0.0:443"}}"#;
/// When it was signed.
const SIGNED_AT_S: i64 = 1_767_225_600;

#[divan::bench]
fn verify(bencher: Bencher<'_, '_>) {
    webhook().time(bencher);
}

/// One webhook, signed with the second of two secrets, as after a change of them.
pub(crate) fn webhook() -> Work {
    let secrets = ["new-webhook-secret", "old-webhook-secret"].map(|secret| Secret::new(secret.to_owned()));
    let timestamp = SIGNED_AT_S.to_string();
    let signature = signature::webhook(&secrets[1], &timestamp, BODY.as_bytes());
    Work::new(1, BODY.len(), move || {
        let headers = SignedHeaders { signature: Some(&signature), timestamp: Some(&timestamp) };
        let outcome = verified(&secrets, &headers, black_box(BODY.as_bytes()), SIGNED_AT_S + 1);
        black_box(outcome.expect("the signature is right"));
    })
}
