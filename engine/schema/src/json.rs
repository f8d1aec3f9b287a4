//! Values of this crate as JSON text.

use serde::Serialize;

/// Writes a value of this crate as JSON text.
pub(crate) fn text_of<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value)
        .expect("the values of this crate hold only strings, numbers, lists and string-keyed maps")
}
