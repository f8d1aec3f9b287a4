//! One page of a list (recording-api §1.6).

use serde::Serialize;

use crate::json::text_of;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct List<T> {
    /// The absolute address of the page with older objects.
    pub next: Option<String>,
    /// The absolute address of the page with newer objects.
    pub previous: Option<String>,
    /// The objects, newest first.
    pub results: Vec<T>,
}

/// A page as JSON text.
pub fn list_json<T: Serialize>(list: &List<T>) -> String {
    text_of(list)
}
