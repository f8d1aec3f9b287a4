//! The body of `POST /api/v1/meeting_direct_connect/`.

use std::collections::BTreeMap;

use model::{RecordingConfig, Secret};
use serde_json::{Map, Value};

use super::{config, field};
use crate::error::{FieldErrors, Rejection};

/// The longest opaque id of a platform that is taken, in characters.
const ID_LIMIT: usize = 512;
/// The longest list of addresses that is taken, in bytes.
const URLS_LIMIT: usize = 2048;

/// A customer's wish to have a stream captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateMdc {
    /// The platform's opaque meeting id.
    pub meeting_uuid: String,
    /// The platform's opaque stream id.
    pub stream_id: String,
    /// The platform's addresses, comma separated; at least one is `wss`.
    pub server_urls: String,
    /// The signature for the handshakes, 64 hexadecimal digits in lower case, where the customer made it.
    pub signature: Option<Secret<String>>,
    /// The Zoom app that the stream belongs to, where the customer says so.
    pub client_id: Option<String>,
    /// The Zoom user who started the stream, where the customer says so.
    pub operator_id: Option<String>,
    /// What shall be made of it.
    pub config: RecordingConfig,
    /// The customer's own labels.
    pub metadata: BTreeMap<String, Option<String>>,
}

impl CreateMdc {
    /// Reads a request body. Unknown keys are ignored; a partial `recording_config` is merged over the defaults.
    ///
    /// # Errors
    /// [`Rejection::Malformed`] if the body is not JSON, [`Rejection::Fields`] with everything that is missing or wrong.
    pub fn parse(body: &[u8]) -> Result<Self, Rejection> {
        let body = field::object(body)?;
        let mut errors = FieldErrors::new();
        if body.get("google_meet_media_api").is_some_and(|value| !value.is_null()) {
            errors.add(&["google_meet_media_api"], "Google Meet is not supported; send zoom_rtms instead.");
        }
        let stream = match body.get("zoom_rtms") {
            Some(Value::Object(zoom_rtms)) => Stream::parse(zoom_rtms, &mut errors),
            None | Some(Value::Null) => {
                errors.add(&["zoom_rtms"], "This field is required.");
                None
            }
            Some(_) => {
                errors.add(&["zoom_rtms"], "Expected an object.");
                None
            }
        };
        let config = config::parse(body.get("recording_config"), &mut errors);
        let metadata = field::metadata(&body, &["metadata"], &mut errors);
        match stream {
            Some(stream) if errors.is_empty() => Ok(Self {
                meeting_uuid: stream.meeting_uuid,
                stream_id: stream.stream_id,
                server_urls: stream.server_urls,
                signature: stream.signature.map(Secret::new),
                client_id: stream.client_id,
                operator_id: stream.operator_id,
                config,
                metadata,
            }),
            _ => Err(errors.into()),
        }
    }
}

struct Stream {
    meeting_uuid: String,
    stream_id: String,
    server_urls: String,
    signature: Option<String>,
    client_id: Option<String>,
    operator_id: Option<String>,
}

impl Stream {
    /// `None` after adding at least one error.
    fn parse(object: &Map<String, Value>, errors: &mut FieldErrors) -> Option<Self> {
        let meeting_uuid = field::required(object, &["zoom_rtms", "meeting_uuid"], ID_LIMIT, errors);
        let stream_id = field::required(object, &["zoom_rtms", "rtms_stream_id"], ID_LIMIT, errors);
        let server_urls = server_urls(object.get("server_urls"), errors);
        let signature = field::optional(object, &["zoom_rtms", "signature"], ID_LIMIT, errors);
        if signature.as_ref().is_some_and(|text| text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()))
        {
            errors.add(
                &["zoom_rtms", "signature"],
                "Expected the 64 hexadecimal digits of HMAC-SHA256(client_secret, client_id + \",\" + meeting_uuid + \",\" \
                 + rtms_stream_id).",
            );
        }
        let client_id = field::optional(object, &["zoom_rtms", "client_id"], ID_LIMIT, errors);
        let operator_id = field::optional(object, &["zoom_rtms", "operator_id"], ID_LIMIT, errors);
        Some(Self {
            meeting_uuid: meeting_uuid?,
            stream_id: stream_id?,
            server_urls: server_urls?,
            signature: signature.map(|text| text.to_ascii_lowercase()),
            client_id,
            operator_id,
        })
    }
}

/// A string, a comma-separated list or an array; the answer is comma separated and has at least one `wss` address. Other
/// transports may stand beside it, as in Zoom's own notices.
fn server_urls(value: Option<&Value>, errors: &mut FieldErrors) -> Option<String> {
    let path = ["zoom_rtms", "server_urls"];
    let wrong = match value {
        None => "This field is required.",
        Some(Value::Null) => "This field may not be null.",
        Some(Value::String(list)) => match joined(list.split(',')) {
            Ok(urls) => return Some(urls),
            Err(wrong) => wrong,
        },
        Some(Value::Array(items)) => {
            let urls: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            match urls.map(|urls| joined(urls.into_iter().flat_map(|url| url.split(',')))) {
                Some(Ok(urls)) => return Some(urls),
                Some(Err(wrong)) => wrong,
                None => "Expected a list of strings.",
            }
        }
        Some(_) => "Expected a string or a list of strings.",
    };
    errors.add(&path, wrong);
    None
}

fn joined<'a>(urls: impl Iterator<Item = &'a str>) -> Result<String, &'static str> {
    let urls: Vec<&str> = urls.map(str::trim).filter(|url| !url.is_empty()).collect();
    if urls.is_empty() {
        return Err("This field may not be blank.");
    }
    if urls.iter().any(|url| url.chars().any(|char| char.is_control() || char.is_whitespace())) {
        return Err("Enter a valid URL.");
    }
    if !urls.iter().any(|url| is_wss(url)) {
        return Err("At least one address must begin with wss://; nothing else is dialled.");
    }
    let joined = urls.join(",");
    if joined.len() > URLS_LIMIT { Err("This list of addresses is too long.") } else { Ok(joined) }
}

fn is_wss(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, rest)| {
        scheme.eq_ignore_ascii_case("wss") && !rest.split(['/', '?', '#']).next().unwrap_or_default().is_empty()
    })
}
