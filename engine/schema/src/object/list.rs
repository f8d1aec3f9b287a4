//! One page of a list (recording-api §1.6).

use serde::Serialize;
use serde_json::Value;

use crate::json::text_of;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct List {
    /// The absolute address of the page with older objects.
    pub next: Option<String>,
    /// The absolute address of the page with newer objects.
    pub previous: Option<String>,
    /// The objects, newest first.
    pub results: Vec<Value>,
}

/// A page as JSON text.
pub fn list_json(list: &List) -> String {
    text_of(list)
}
