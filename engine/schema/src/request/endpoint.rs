//! The `realtime_endpoints` of a request (recording-api §4.1). Whether an address may be dialled is the business of `dial`.

use std::collections::BTreeMap;

use model::{EndpointWish, Secret, Topic, Transport};
use serde_json::{Map, Value};

use super::field;
use crate::error::FieldErrors;

/// The most endpoints that one request may name.
const LIMIT: usize = 32;
/// The longest address that is taken, in bytes.
const URL_LIMIT: usize = 2048;
/// How little and how much sound may be sent at once, in milliseconds.
const CHUNK_MS: std::ops::RangeInclusive<u64> = 20..=1000;

/// Reads every endpoint; absent and null mean none.
pub(super) fn parse(value: Option<&Value>, errors: &mut FieldErrors) -> Vec<EndpointWish> {
    let path = ["recording_config", "realtime_endpoints"];
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) if items.len() > LIMIT => {
            errors.add(&path, format!("Ensure this list has no more than {LIMIT} items."));
            Vec::new()
        }
        Some(Value::Array(items)) => {
            let mut wishes = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                match wish(item) {
                    Ok(wish) => wishes.push(wish),
                    Err(wrong) => errors.add(&path, format!("Item {index}: {wrong}")),
                }
            }
            wishes
        }
        Some(_) => {
            errors.add(&path, "Expected a list.");
            Vec::new()
        }
    }
}

/// One endpoint, or what is wrong with it.
fn wish(item: &Value) -> Result<EndpointWish, String> {
    let Value::Object(item) = item else { return Err("expected an object.".to_owned()) };
    let transport = match item.get("type").and_then(Value::as_str) {
        Some(name) => Transport::ALL
            .into_iter()
            .find(|transport| transport.name() == name)
            .ok_or_else(|| format!("type {:?} is not available for this product.", field::short(name)))?,
        None => return Err("type is required.".to_owned()),
    };
    let parts = Parts { item, nested: item.get("config").and_then(Value::as_object) };
    Ok(EndpointWish {
        transport,
        url: Secret::new(url(&parts, transport)?),
        topics: topics(&parts, transport)?,
        metadata: metadata(item)?,
        replay: match parts.of("replay") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(replay)) => *replay,
            Some(_) => return Err("replay must be true or false.".to_owned()),
        },
        chunk_ms: match parts.of("audio_chunk_ms") {
            None | Some(Value::Null) => EndpointWish::CHUNK_MS,
            Some(value) => value
                .as_u64()
                .filter(|chunk_ms| CHUNK_MS.contains(chunk_ms) && chunk_ms % 20 == 0)
                .and_then(|chunk_ms| u32::try_from(chunk_ms).ok())
                .ok_or("audio_chunk_ms must be a multiple of 20 from 20 to 1000.")?,
        },
    })
}

/// The keys of an endpoint, which older clients nest in `config`.
struct Parts<'a> {
    item: &'a Map<String, Value>,
    nested: Option<&'a Map<String, Value>>,
}

impl<'a> Parts<'a> {
    fn of(&self, key: &str) -> Option<&'a Value> {
        self.item.get(key).or_else(|| self.nested?.get(key))
    }
}

fn url(parts: &Parts<'_>, transport: Transport) -> Result<String, String> {
    let schemes = transport.schemes();
    let url = parts.of("url").and_then(Value::as_str).unwrap_or_default().trim();
    let begins = |scheme: &&&str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    match schemes.iter().find(begins).copied() {
        None => Err(format!("url must begin with {}.", schemes.join(" or "))),
        Some(_) if url.len() > URL_LIMIT => Err(format!("url is longer than {URL_LIMIT} bytes.")),
        Some(scheme)
            if url.len() == scheme.len() || url.chars().any(|char| char.is_control() || char.is_whitespace()) =>
        {
            Err("url is no valid address.".to_owned())
        }
        Some(_) => Ok(url.to_owned()),
    }
}

fn topics(parts: &Parts<'_>, transport: Transport) -> Result<Vec<Topic>, String> {
    let wrong = || "events must be a list of strings.".to_owned();
    let Some(Value::Array(names)) = parts.of("events") else { return Err(wrong()) };
    let mut topics = Vec::new();
    for name in names {
        let name = name.as_str().ok_or_else(wrong)?;
        let topic: Topic = name.parse().map_err(|_| format!("no event has the name {:?}.", field::short(name)))?;
        if !topic.travels_by(transport) {
            return Err(format!("a {} cannot be sent {topic}.", transport.name()));
        }
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    Ok(topics)
}

fn metadata(item: &Map<String, Value>) -> Result<BTreeMap<String, Option<String>>, String> {
    let mut errors = FieldErrors::new();
    let labels = field::metadata(item, &["metadata"], &mut errors);
    if errors.is_empty() {
        return Ok(labels);
    }
    Err("metadata must be an object of strings of at most 500 characters.".to_owned())
}

#[cfg(test)]
mod tests;
