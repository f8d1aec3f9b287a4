//! What reached the app, held against what the simulated Zoom sent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::sdk::Joined;

/// Frames, bytes and a hash over timestamps and payloads, by kind and sender.
type Sums = BTreeMap<(String, i64), (u64, u64, String)>;

/// The tracks of `kinds` that differ, each told as a sentence, and how many are equal.
pub(super) fn compare(joined: &Joined, kinds: &[&str]) -> (Vec<String>, usize) {
    let wanted = |kind: &str| kinds.contains(&kind);
    let sent: Sums = joined
        .meeting()
        .tracks
        .iter()
        .filter(|track| wanted(&track.kind))
        .map(|track| ((track.kind.clone(), track.user_id), (track.frames, track.bytes, track.sha256.clone())))
        .collect();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let got: Sums = joined.app["tracks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|track| wanted(track["kind"].as_str().unwrap()))
        .map(|track| {
            let key = (text(&track["kind"]), track["user_id"].as_i64().unwrap());
            (key, (track["frames"].as_u64().unwrap(), track["bytes"].as_u64().unwrap(), text(&track["sha256"])))
        })
        .collect();
    let keys: BTreeSet<_> = sent.keys().chain(got.keys()).collect();
    let differs = |key: &&(String, i64)| sent.get(*key) != got.get(*key);
    let tell = |key: &(String, i64)| format!("{}/{}: sent {:?}, got {:?}", key.0, key.1, sent.get(key), got.get(key));
    let different: Vec<String> = keys.iter().copied().filter(differs).map(tell).collect();
    let equal = keys.len() - different.len();
    (different, equal)
}

/// Asserts that every track of each of `kinds` reached the app, whole and in order, and answers how many there are.
pub(super) fn assert_equal(joined: &Joined, kinds: &[&str]) -> usize {
    let (different, equal) = compare(joined, kinds);
    assert!(different.is_empty(), "{}", different.join("\n"));
    for kind in kinds {
        assert!(joined.meeting().frames(kind) > 0, "nothing was sent of {kind}");
    }
    assert_eq!(joined.app["faults"].as_array().unwrap().len(), 0, "{}", joined.app["faults"]);
    equal
}

/// Asserts a join at the first attempt, an end by the state of the stream, and a client without fault.
pub(super) fn assert_joined_and_ended(joined: &Joined) {
    assert_eq!(joined.app["joins"], serde_json::json!([0]), "{}", joined.app);
    assert_eq!(joined.app["leave"], joined.meeting().stop_reason, "{}", joined.app);
    assert_eq!(joined.meeting().client_errors, Vec::<String>::new());
}
