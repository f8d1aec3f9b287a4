//! The `realtime_endpoints` of a request (recording-api §4.1): their shape only. Whether an address may be dialled is the
//! business of `dial`.

use serde_json::Value;

use super::field;
use crate::error::FieldErrors;

/// The most endpoints that one request may name.
const LIMIT: usize = 32;

/// Checks the shape of every endpoint; absent and null mean none.
pub(super) fn check(value: Option<&Value>, errors: &mut FieldErrors) {
    let path = ["recording_config", "realtime_endpoints"];
    match value {
        None | Some(Value::Null) => {}
        Some(Value::Array(items)) if items.len() > LIMIT => {
            errors.add(&path, format!("Ensure this list has no more than {LIMIT} items."));
        }
        Some(Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(wrong) = wrong_with(item) {
                    errors.add(&path, format!("Item {index}: {wrong}"));
                }
            }
        }
        Some(_) => errors.add(&path, "Expected a list."),
    }
}

fn wrong_with(item: &Value) -> Option<String> {
    let Value::Object(item) = item else { return Some("expected an object.".to_owned()) };
    let schemes: &[&str] = match item.get("type").and_then(Value::as_str) {
        Some("websocket") => &["ws://", "wss://"],
        Some("webhook") => &["http://", "https://"],
        Some("rtmp") => &["rtmp://", "rtmps://"],
        Some(other) => return Some(format!("type {:?} is not available for this product.", field::short(other))),
        None => return Some("type is required.".to_owned()),
    };
    let nested = item.get("config").and_then(Value::as_object);
    let part = |key: &str| item.get(key).or_else(|| nested.and_then(|config| config.get(key)));
    let url = part("url").and_then(Value::as_str).unwrap_or_default();
    if !schemes.iter().any(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))) {
        return Some(format!("url must begin with {}.", schemes.join(" or ")));
    }
    match part("events") {
        Some(Value::Array(events)) if events.iter().all(Value::is_string) => None,
        _ => Some("events must be a list of strings.".to_owned()),
    }
}
