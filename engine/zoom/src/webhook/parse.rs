//! Reads a verified webhook with the tolerances of protocol §2.5 and §18: flat payload or `payload.object`, numbers as
//! strings, events told by their suffix. Whether the request is genuine is decided before, in `verify`.

use serde_json::{Map, Value, json};

use super::notice::{ConcurrencyNotice, InterruptNotice, Notice, Pressure, StartNotice, StopNotice};
use crate::{
    Product, WebhookError,
    wire::shape::{self, Excess},
};

/// The longest id that is taken, in bytes.
const ID_LIMIT_BYTES: usize = 512;
/// The longest `server_urls` that is taken, in bytes.
const URLS_LIMIT_BYTES: usize = 2_048;
/// How many values a body may have; Zoom's have a dozen.
const VALUES_LIMIT: u32 = 10_000;
/// The longest payload that is handed on as it is, in bytes.
const PAYLOAD_LIMIT_BYTES: usize = 4 << 10;
/// The longest event name that is repeated to anybody, in characters.
const EVENT_LIMIT_CHARS: usize = 64;

/// Reads the body of a webhook.
///
/// # Errors
/// [`WebhookError::Malformed`] if it is not JSON or nests too deep, [`WebhookError::MissingField`] if the event lacks what
/// it needs.
pub fn parse(body: &[u8]) -> Result<Notice, WebhookError> {
    let root = read(body)?;
    let event = root.get("event").and_then(Value::as_str).unwrap_or_default();
    if event == "endpoint.url_validation" {
        let payload = Payload::of(&root)?;
        let plain_token = payload.find("plainToken").and_then(Value::as_str);
        let plain_token = plain_token.ok_or_else(|| payload.missing("plainToken"))?.to_owned();
        return Ok(Notice::UrlValidation { plain_token });
    }
    match event {
        "rtms.concurrency_limited" => return Ok(Notice::Concurrency(concurrency(&root, Pressure::Refused))),
        "rtms.concurrency_near_limit" => return Ok(Notice::Concurrency(concurrency(&root, Pressure::NearLimit))),
        "rtms.request_status" => {
            let payload = root.get("payload").map(Value::to_string);
            return Ok(Notice::RequestStatus { payload: payload.filter(|json| json.len() <= PAYLOAD_LIMIT_BYTES) });
        }
        _ => {}
    }
    let Some(product) = Product::of_event(event) else { return Ok(other(event)) };
    if event.ends_with("rtms_started") {
        start(&root).map(Notice::Started)
    } else if event.ends_with("rtms_stopped") {
        let payload = Payload::of(&root)?;
        Ok(Notice::Stopped(StopNotice {
            product,
            meeting_uuid: payload.meeting_id(product).map(|(_, id)| id),
            stream_id: payload.required_id("rtms_stream_id")?,
            stop_reason: payload.whole("stop_reason").or_else(|| payload.whole("reason")),
            event_unix_ms: event_unix_ms(&root),
        }))
    } else if event.ends_with("rtms_interrupted") {
        let payload = Payload::of(&root)?;
        Ok(Notice::Interrupted(InterruptNotice {
            product,
            meeting_uuid: payload.meeting_id(product).map(|(_, id)| id),
            stream_id: payload.required_id("rtms_stream_id")?,
            server_urls: payload.text("server_urls", URLS_LIMIT_BYTES),
            event_unix_ms: event_unix_ms(&root),
        }))
    } else {
        Ok(other(event))
    }
}

/// Reads a notice from what [`StartNotice::json`] held.
///
/// # Errors
/// As [`parse`].
pub fn parse_notice_json(json: &str) -> Result<StartNotice, WebhookError> {
    start(&read(json.as_bytes())?)
}

impl StartNotice {
    /// The notice of a meeting whose three facts came over another road than Zoom's webhook.
    ///
    /// # Errors
    /// [`WebhookError::MissingField`] if one is empty, too long or contains control characters.
    pub fn direct(meeting_uuid: &str, stream_id: &str, server_urls: &str) -> Result<Self, WebhookError> {
        let notice = json!({
            "event": "meeting.rtms_started",
            "event_ts": 0,
            "payload": { "meeting_uuid": meeting_uuid, "rtms_stream_id": stream_id, "server_urls": server_urls },
        });
        start(&notice)
    }
}

/// Reads a notice about an account. It needs no field: that it came is what matters.
fn concurrency(root: &Value, pressure: Pressure) -> ConcurrencyNotice {
    let nothing = Map::new();
    let payload = Payload::of(root).unwrap_or(Payload { event: "", fields: &nothing, nested: None });
    // Since October 2025 the id lies in an object of its own.
    let id_field = payload.find("id_field").and_then(Value::as_object);
    let id = |field: &str| match id_field {
        Some(fields) => text(fields.get(field)?, ID_LIMIT_BYTES),
        None => payload.text(field, ID_LIMIT_BYTES),
    };
    ConcurrencyNotice {
        pressure,
        streams: payload.whole("concurrency_number"),
        limit: payload.whole("concurrency_limit"),
        percent: payload.whole("percentage"),
        account_id: payload.text("account_id", ID_LIMIT_BYTES),
        operator_id: payload.text("operator_id", ID_LIMIT_BYTES),
        meeting_uuid: Product::all_id_fields().iter().find_map(|field| id(field)),
        event_unix_ms: event_unix_ms(root),
    }
}

/// Reads a start notice from its JSON.
fn start(root: &Value) -> Result<StartNotice, WebhookError> {
    let payload = Payload::of(root)?;
    let product = Product::of_event(payload.event).ok_or_else(|| payload.missing("event"))?;
    let (id_field, meeting_uuid) = payload.meeting_id(product).ok_or_else(|| payload.missing("meeting_uuid"))?;
    Ok(StartNotice {
        product,
        meeting_uuid,
        id_field,
        stream_id: payload.required_id("rtms_stream_id")?,
        server_urls: payload.text("server_urls", URLS_LIMIT_BYTES).ok_or_else(|| payload.missing("server_urls"))?,
        operator_id: payload.text("operator_id", ID_LIMIT_BYTES),
        account_id: payload.text("account_id", ID_LIMIT_BYTES),
        meeting_number: ["meeting_id", "webinar_id"].iter().find_map(|field| payload.text(field, ID_LIMIT_BYTES)),
        is_original_host: payload.find("is_original_host").and_then(truth),
        event_unix_ms: event_unix_ms(root),
        json: without_signature(root).to_string(),
    })
}

fn read(body: &[u8]) -> Result<Value, WebhookError> {
    shape::check(body, VALUES_LIMIT).map_err(|excess| WebhookError::Malformed {
        reason: match excess {
            Excess::Depth => format!("it nests deeper than {} levels", shape::DEPTH_LIMIT),
            Excess::Values => format!("it has more than {VALUES_LIMIT} values"),
            Excess::Escaped => {
                format!("it has a string with escapes of more than {} bytes", shape::ESCAPED_LIMIT_BYTES)
            }
        },
    })?;
    serde_json::from_slice(body).map_err(|error| WebhookError::Malformed { reason: error.to_string() })
}

fn other(event: &str) -> Notice {
    Notice::Other { event: event.chars().take(EVENT_LIMIT_CHARS).collect() }
}

fn without_signature(root: &Value) -> Value {
    let mut payload = root.get("payload").cloned().unwrap_or_default();
    if let Some(fields) = payload.as_object_mut() {
        fields.remove("signature");
        if let Some(nested) = fields.get_mut("object").and_then(Value::as_object_mut) {
            nested.remove("signature");
        }
    }
    json!({ "event": root.get("event"), "event_ts": event_unix_ms(root), "payload": payload })
}

fn event_unix_ms(root: &Value) -> i64 {
    match root.get("event_ts").and_then(whole).unwrap_or(0) {
        seconds @ 1_000_000_000..100_000_000_000 => seconds * 1000,
        ms if ms > 0 => ms,
        _ => 0,
    }
}

/// The facts of an event, wherever they lie.
struct Payload<'a> {
    event: &'a str,
    fields: &'a Map<String, Value>,
    nested: Option<&'a Map<String, Value>>,
}

impl<'a> Payload<'a> {
    fn of(root: &'a Value) -> Result<Self, WebhookError> {
        let event = root.get("event").and_then(Value::as_str).unwrap_or_default();
        let fields = root.get("payload").and_then(Value::as_object);
        let fields = fields.ok_or_else(|| missing(event, "payload"))?;
        Ok(Self { event, fields, nested: fields.get("object").and_then(Value::as_object) })
    }

    fn missing(&self, field: &'static str) -> WebhookError {
        missing(self.event, field)
    }

    /// A field that is missing or `null` may still lie one level deeper.
    fn find(&self, field: &str) -> Option<&'a Value> {
        let filled = |fields: &'a Map<String, Value>| fields.get(field).filter(|value| !value.is_null());
        filled(self.fields).or_else(|| filled(self.nested?))
    }

    fn text(&self, field: &str, limit_bytes: usize) -> Option<String> {
        text(self.find(field)?, limit_bytes)
    }

    fn required_id(&self, field: &'static str) -> Result<String, WebhookError> {
        self.text(field, ID_LIMIT_BYTES).ok_or_else(|| self.missing(field))
    }

    fn meeting_id(&self, product: Product) -> Option<(&'static str, String)> {
        product.id_fields().find_map(|field| Some((field, self.text(field, ID_LIMIT_BYTES)?)))
    }

    fn whole(&self, field: &str) -> Option<i64> {
        self.find(field).and_then(whole)
    }
}

/// The text of a string or a whole number, if it is not empty, not longer than `limit_bytes` and without control characters.
fn text(value: &Value, limit_bytes: usize) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_u64() {
            Some(number) => number.to_string(),
            None => whole(value)?.to_string(),
        },
        _ => return None,
    };
    let usable = !text.is_empty() && text.len() <= limit_bytes && !text.chars().any(char::is_control);
    usable.then_some(text)
}

/// `true` and `false`, also as strings.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn missing(event: &str, field: &'static str) -> WebhookError {
    WebhookError::MissingField { event: event.chars().take(EVENT_LIMIT_CHARS).collect(), field }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
