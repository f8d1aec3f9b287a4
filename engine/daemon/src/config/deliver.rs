//! What may be written about receivers of customers. What it means is the business of `dial` and `deliver`.

use std::path::PathBuf;

use serde::Deserialize;

/// What may be delivered where.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Deliver {
    /// Hosts and networks of receivers that are not public and may be dialled all the same.
    pub(crate) private: Vec<String>,
    /// Whether plain `http` and `ws` are refused.
    pub(crate) require_tls: bool,
    /// A PEM file of a private authority that receivers may be certified by.
    pub(crate) extra_ca_file: PathBuf,
}
