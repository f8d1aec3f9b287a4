//! The body of a PATCH: of every object only its labels can be changed (recording-api §5.3).

use model::Labels;

use super::field;
use crate::error::{FieldErrors, Rejection};

/// The labels that shall stand in place of the old ones; `None` if the request does not name them. Unknown keys are ignored.
///
/// # Errors
/// [`Rejection::Malformed`] if the body is not JSON, [`Rejection::Fields`] with everything that is wrong.
pub fn labels(body: &[u8]) -> Result<Option<Labels>, Rejection> {
    let body = field::object(body)?;
    if !body.contains_key("metadata") {
        return Ok(None);
    }
    let mut errors = FieldErrors::new();
    let labels = field::metadata(&body, &["metadata"], &mut errors);
    errors.or(Some(labels)).map_err(Rejection::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_replaced_as_a_whole_or_left_alone() {
        assert_eq!(labels(b"{}"), Ok(None));
        assert_eq!(labels(br#"{"bot_name": "x"}"#), Ok(None));
        assert_eq!(labels(br#"{"metadata": null}"#), Ok(Some(Labels::new())));
        let both = labels(br#"{"metadata": {"a": "1", "b": null}}"#).unwrap().unwrap();
        assert_eq!(both, Labels::from([("a".to_owned(), Some("1".to_owned())), ("b".to_owned(), None)]));
    }

    #[test]
    fn what_is_no_object_of_texts_is_refused() {
        for wrong in [&b"["[..], b"[]", b"", br#"{"metadata": []}"#, br#"{"metadata": {"a": 1}}"#] {
            assert!(labels(wrong).is_err(), "{:?}", String::from_utf8_lossy(wrong));
        }
    }
}
