//! The body of `POST /api/v1/recording/{id}/create_transcript/` (recording-api §5.3).

use model::{Labels, TranscriptOrder};
use serde_json::{Map, Value};

use super::field;
use crate::error::{FieldErrors, Rejection};

/// The longest name of a provider, in characters.
const PROVIDER_LIMIT: usize = 64;

/// Reads a request body: what is ordered, and its labels. Unknown keys are ignored.
///
/// # Errors
/// [`Rejection::Malformed`] if the body is not JSON, [`Rejection::Fields`] with everything that is wrong.
pub fn transcript(body: &[u8]) -> Result<(TranscriptOrder, Labels), Rejection> {
    let body = field::object(body)?;
    let mut errors = FieldErrors::new();
    let provider = provider(&body, &["provider"], &mut errors);
    if body.get("diarization").is_some_and(|value| !value.is_object() && !value.is_null()) {
        errors.add(&["diarization"], "Expected an object.");
    }
    let labels = field::metadata(&body, &["metadata"], &mut errors);
    let is_echoed = |key: &&str| body.get(*key).is_some_and(Value::is_object);
    let echoed: Map<String, Value> = ["provider", "diarization"]
        .iter()
        .filter(|key| is_echoed(key))
        .map(|key| ((*key).to_owned(), body[*key].clone()))
        .collect();
    let order =
        TranscriptOrder { provider: provider.unwrap_or_default(), requested: Value::Object(echoed).to_string() };
    errors.or((order, labels)).map_err(Rejection::from)
}

/// The one provider that an object names with its options; `None` after adding an error.
pub(super) fn provider(object: &Map<String, Value>, path: &[&str], errors: &mut FieldErrors) -> Option<String> {
    match object.get("provider") {
        None => errors.add(path, "This field is required."),
        Some(Value::Object(providers)) => {
            let mut wanted = providers.iter().filter(|(_, options)| !options.is_null());
            match (wanted.next(), wanted.next()) {
                (Some((name, Value::Object(_))), None) if name.chars().count() <= PROVIDER_LIMIT => {
                    return Some(name.clone());
                }
                (Some((name, _)), None) => {
                    errors.add(path, format!("The options of {:?} must be an object.", field::short(name)));
                }
                (None, _) => errors.add(path, "Name one provider, such as {\"meeting_captions\": {}}."),
                (Some(_), Some(_)) => errors.add(path, "Name exactly one provider."),
            }
        }
        Some(_) => errors.add(path, "Expected an object."),
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_provider_is_ordered_and_what_was_said_of_it_is_kept() {
        let (order, labels) = transcript(
            br#"{"provider": {"recallai_async": {"language_code": "en"}, "rev_async": null}, "diarization": {"x": true},
                 "metadata": {"a": "1"}, "nonsense": 1}"#,
        )
        .expect("a good request");
        assert_eq!((order.provider.as_str(), order.can_be_made()), ("recallai_async", false));
        let kept: Value = serde_json::from_str(&order.requested).expect("JSON");
        assert_eq!(kept["provider"]["recallai_async"], serde_json::json!({ "language_code": "en" }));
        assert_eq!((kept["diarization"]["x"].as_bool(), kept.get("nonsense")), (Some(true), None));
        assert_eq!(labels, Labels::from([("a".to_owned(), Some("1".to_owned()))]));
        for own in ["meeting_captions", "zoom_rtms"] {
            let body = format!("{{\"provider\": {{\"{own}\": {{}}}}}}");
            assert!(transcript(body.as_bytes()).expect("a good request").0.can_be_made(), "{own}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for wrong in [
            "{}",
            r#"{"provider": null}"#,
            r#"{"provider": {}}"#,
            r#"{"provider": {"a": 1}}"#,
            r#"{"provider": {"a": {}, "b": {}}}"#,
            r#"{"provider": {"a": {}}, "diarization": 1}"#,
            r#"{"provider": {"a": {}}, "metadata": {"a": 1}}"#,
        ] {
            assert!(matches!(transcript(wrong.as_bytes()), Err(Rejection::Fields(_))), "{wrong}");
        }
        assert!(matches!(transcript(b"{"), Err(Rejection::Malformed(_))));
    }
}
