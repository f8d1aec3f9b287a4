//! What is wrong with a request, in the two shapes that customers know (recording-api §1.4).
//!
//! Which HTTP status each gets is decided in `api`.

use std::fmt;

use model::{Blame, Fault};
use serde::Serialize;
use serde_json::{Map, Value};

/// Errors keyed by field: each value a list of sentences, nested like the request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FieldErrors(Map<String, Value>);

impl FieldErrors {
    /// No errors yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One error about one field.
    pub fn one(path: &[&str], message: impl Into<String>) -> Self {
        let mut errors = Self::new();
        errors.add(path, message);
        errors
    }

    /// Adds a sentence about the field at `path`; an empty path means the request as a whole. A sentence about a field
    /// that was found wrong at a shallower level is filed there.
    pub fn add(&mut self, path: &[&str], message: impl Into<String>) {
        let Some((last, parents)) = path.split_last() else { return self.add(&["non_field_errors"], message) };
        let message = Value::String(message.into());
        let mut level = &mut self.0;
        for parent in parents {
            let slot = level.entry(*parent).or_insert_with(|| Value::Object(Map::new()));
            match slot {
                Value::Object(deeper) => level = deeper,
                Value::Array(sentences) => return sentences.push(message),
                _ => unreachable!("this type stores only objects and arrays"),
            }
        }
        match level.entry(*last).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(sentences) => sentences.push(message),
            Value::Object(deeper) => {
                deeper.insert("non_field_errors".to_owned(), Value::Array(vec![message]));
            }
            _ => unreachable!("this type stores only objects and arrays"),
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `value` if nothing is wrong.
    ///
    /// # Errors
    /// These errors, if there are any.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::json::text_of(self))
    }
}

/// An error that is not about a field: a code for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A stable snake_case code.
    pub code: &'static str,
    /// What happened and what to do.
    pub detail: String,
}

impl Problem {
    /// Puts a code and a sentence together.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// Why a request was turned down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The body is not JSON.
    #[error("{}", .0.detail)]
    Malformed(Problem),
    /// Fields are missing or wrong.
    #[error("fields are missing or wrong: {0}")]
    Fields(FieldErrors),
}

impl Fault for Rejection {
    fn blame(&self) -> Blame {
        Blame::Caller
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Malformed(problem) => problem.code,
            Self::Fields(_) => "invalid",
        }
    }
}

impl From<FieldErrors> for Rejection {
    fn from(errors: FieldErrors) -> Self {
        Self::Fields(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_nest_like_the_request() {
        let mut errors = FieldErrors::one(&["zoom_rtms", "signature"], "This field is required.");
        errors.add(&["metadata"], "Expected an object.");
        errors.add(&[], "Nothing fits.");
        assert_eq!(
            errors.to_string(),
            r#"{"metadata":["Expected an object."],"non_field_errors":["Nothing fits."],"zoom_rtms":{"signature":["This field is required."]}}"#
        );
    }

    #[test]
    fn an_error_below_a_wrong_field_and_one_above_wrong_fields_are_both_kept() {
        let mut errors = FieldErrors::one(&["a"], "one");
        errors.add(&["a", "b"], "two");
        errors.add(&["c", "d"], "three");
        errors.add(&["c"], "four");
        assert_eq!(errors.to_string(), r#"{"a":["one","two"],"c":{"d":["three"],"non_field_errors":["four"]}}"#);
    }
}
