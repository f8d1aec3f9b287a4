//! What Zoom's own SDK does not take: a simulated Zoom that is wrong is found out by it.

use serde_json::json;

use super::{
    plan::{self, Sound},
    sdk,
};

/// The status of a signature that is wrong (protocol §14.6).
const INVALID_SIGNATURE: i64 = 3;
/// What the SDK makes of an answer to a media handshake that lacks a key (official-sdk-wire-capture §4).
const KEY_IS_MISSING: i64 = 6;

#[test]
fn a_wrong_secret_is_refused_with_the_status_and_nothing_flows() {
    let options = sdk::options("copyable", 3);
    let asked = plan::without_share(&options, Sound::OPUS);
    let app = sdk::refused(options, &plan::with(asked, "secret", json!("another secret")));
    assert_eq!(app["joins"], json!([INVALID_SIGNATURE]), "{app}");
    assert_eq!(app["tracks"], json!([]));
}

#[test]
fn a_status_of_a_media_handshake_is_what_the_sdk_tells() {
    for status in [15, 33] {
        let options = sdk::scripted(&format!("scenario copyable\nduration 3s\nwith refuse video {status}"));
        let app = sdk::refused(options.clone(), &plan::without_share(&options, Sound::OPUS));
        assert_eq!(app["joins"], json!([status]), "{app}");
    }
}

#[test]
fn an_answer_to_a_media_handshake_without_its_key_is_not_taken() {
    let options = sdk::scripted("scenario copyable\nduration 3s\nwith payload-encryption");
    let app = sdk::refused(options.clone(), &plan::without_share(&options, Sound::OPUS));
    assert_eq!(app["joins"], json!([KEY_IS_MISSING]), "{app}");
}

#[test]
fn keep_alive_requests_without_a_sequence_are_not_answered_and_others_are() {
    let unanswered = |script: &str| {
        let options = sdk::scripted(&format!("scenario copyable\nduration 20s\n3s keepalive every 300ms\n{script}"));
        let joined = sdk::play(options.clone(), &plan::without_share(&options, Sound::OPUS));
        let errors = joined.meeting().client_errors.clone();
        // The SDK gives up on everything once one connection was dropped.
        let is_known = |error: &String| error.contains("keep-alive") || error.contains("closed by the client");
        assert!(errors.iter().all(is_known), "{errors:?}");
        errors.iter().any(|error| error.contains("unanswered"))
    };
    assert!(unanswered("with keepalive-without-sequence"));
    assert!(!unanswered(""));
}
