//! The customer's own labels on an object, called metadata where they see them.

use std::collections::BTreeMap;

/// Texts by their keys; a key may stand without one.
pub type Labels = BTreeMap<String, Option<String>>;
