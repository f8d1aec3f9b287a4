//! The configuration: one TOML file, every key also as an environment variable, secrets by reference.
//!
//! `file`, `keys`, `render` and `deliver` say what may be written, `source` reads it and names file, line and key of what is wrong,
//! `secret` resolves references. What the values mean to a crate is that crate's business; turning them into its settings is `wiring`'s.

mod deliver;
mod error;
mod file;
mod keys;
mod render;
mod secret;
mod source;

pub(crate) use deliver::{Deliver, Webhook};
pub(crate) use error::ConfigError;
pub(crate) use file::{
    App, AppRetention, Audio, Config, Limits, OnRevoked, Requests, RestApp, Share, Storage, Video, Zoom,
};
#[cfg(feature = "simulator")]
pub(crate) use file::{Server, Space};
#[cfg(feature = "simulator")]
pub(crate) use keys::ApiKey;
pub(crate) use keys::{ApiKeys, Scope};
#[cfg(feature = "ffmpeg")]
pub(crate) use render::{Preset, Render};
pub(crate) use secret::SecretRef;
#[cfg(test)]
pub(crate) use source::load;
pub(crate) use source::{config_file, find};

#[cfg(test)]
mod tests;
