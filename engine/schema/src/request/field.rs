//! Reads single fields of a JSON object and says what is wrong with them in the words customers know.

use model::Labels;
use serde_json::{Map, Value};

use crate::error::{FieldErrors, Problem, Rejection};

/// The longest metadata value, in characters (recording-api §10.3).
const METADATA_LIMIT: usize = 500;
/// The most metadata keys that one object may carry.
const METADATA_KEYS: usize = 100;

/// The object that a body is.
///
/// # Errors
/// [`Rejection::Malformed`] if it is not JSON, [`Rejection::Fields`] if it is something else than an object.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Rejection> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| Rejection::Malformed(Problem::new("parse_error", format!("JSON parse error: {error}"))))?;
    match body {
        Value::Object(body) => Ok(body),
        _ => Err(FieldErrors::one(&[], "Invalid data. Expected an object.").into()),
    }
}

/// A required string of 1 to `limit` characters without control characters; `None` after adding an error.
pub(super) fn required(
    object: &Map<String, Value>,
    path: &[&str],
    limit: usize,
    errors: &mut FieldErrors,
) -> Option<String> {
    let name = path.last().copied().unwrap_or_default();
    match object.get(name) {
        None => {
            errors.add(path, "This field is required.");
            None
        }
        Some(Value::Null) => {
            errors.add(path, "This field may not be null.");
            None
        }
        Some(value) => string(value, path, limit, errors),
    }
}

/// An optional string of 1 to `limit` characters without control characters; null counts as absent.
pub(super) fn optional(
    object: &Map<String, Value>,
    path: &[&str],
    limit: usize,
    errors: &mut FieldErrors,
) -> Option<String> {
    let name = path.last().copied().unwrap_or_default();
    match object.get(name) {
        None | Some(Value::Null) => None,
        Some(value) => string(value, path, limit, errors),
    }
}

fn string(value: &Value, path: &[&str], limit: usize, errors: &mut FieldErrors) -> Option<String> {
    let wrong = match value {
        Value::String(text) if text.trim().is_empty() => "This field may not be blank.".to_owned(),
        Value::String(text) if text.chars().count() > limit => {
            format!("Ensure this field has no more than {limit} characters.")
        }
        Value::String(text) if text.chars().any(char::is_control) => {
            "This field may not contain control characters.".to_owned()
        }
        Value::String(text) => return Some(text.trim().to_owned()),
        _ => "Not a valid string.".to_owned(),
    };
    errors.add(path, wrong);
    None
}

/// One of a closed set of words; absent and null mean the first.
pub(super) fn one_of<'a>(
    object: &Map<String, Value>,
    path: &[&str],
    choices: &[&'a str],
    errors: &mut FieldErrors,
) -> Option<&'a str> {
    let name = path.last().copied().unwrap_or_default();
    match object.get(name) {
        None | Some(Value::Null) => choices.first().copied(),
        Some(value) => {
            let choice = value.as_str().and_then(|text| choices.iter().find(|choice| **choice == text)).copied();
            if choice.is_none() {
                errors.add(path, format!("Not a valid choice; use one of: {}.", choices.join(", ")));
            }
            choice
        }
    }
}

/// A switch; absent and null mean `default`.
pub(super) fn switch(object: &Map<String, Value>, name: &str, default: bool, errors: &mut FieldErrors) -> bool {
    match object.get(name) {
        None | Some(Value::Null) => default,
        Some(Value::Bool(value)) => *value,
        Some(_) => {
            errors.add(&[name], "Must be a valid boolean.");
            default
        }
    }
}

/// A customer's own labels: string keys to string-or-null values of at most 500 characters; absent and null mean none.
pub(super) fn metadata(object: &Map<String, Value>, path: &[&str], errors: &mut FieldErrors) -> Labels {
    let name = path.last().copied().unwrap_or_default();
    let labels = match object.get(name) {
        None | Some(Value::Null) => return Labels::new(),
        Some(Value::Object(labels)) if labels.len() > METADATA_KEYS => {
            errors.add(path, format!("Ensure this object has no more than {METADATA_KEYS} keys."));
            return Labels::new();
        }
        Some(Value::Object(labels)) => labels,
        Some(_) => {
            errors.add(path, "Expected an object of strings.");
            return Labels::new();
        }
    };
    let mut metadata = Labels::new();
    for (key, value) in labels {
        let value = match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            _ => {
                errors.add(path, format!("The value of {:?} is not a string.", short(key)));
                continue;
            }
        };
        let longest = key.chars().count().max(value.as_ref().map_or(0, |value| value.chars().count()));
        if longest > METADATA_LIMIT {
            errors.add(path, format!("{:?} is longer than {METADATA_LIMIT} characters.", short(key)));
            continue;
        }
        metadata.insert(key.clone(), value);
    }
    metadata
}

/// The beginning of a caller's text, short enough to repeat in an answer.
pub(super) fn short(text: &str) -> String {
    text.chars().take(64).collect()
}
