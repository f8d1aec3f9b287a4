//! The bodies of `POST` and `PATCH` at `/api/v1/webhook_endpoint/`, our own addition. Whether an address may be dialled is the
//! business of `dial`.

use model::WebhookWish;
use serde_json::{Map, Value};

use super::field;
use crate::{
    error::{FieldErrors, Rejection},
    webhook_filter::{FAMILIES, is_filter},
};

/// How long an address may be, in characters.
const URL_LIMIT: usize = 2_048;
/// How long a description may be, in characters.
const DESCRIPTION_LIMIT: usize = 500;
/// How many events a list may name.
const EVENTS: usize = 100;

/// A change to a receiver of status webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookChange {
    /// What is asked of it from then on.
    pub wish: WebhookWish,
    /// Whether it is to be disabled, or enabled; `None` leaves it.
    pub disabled: Option<bool>,
}

/// Reads the wish to register a receiver. Unknown keys are ignored.
///
/// # Errors
/// [`Rejection::Malformed`] if the body is not JSON, [`Rejection::Fields`] with everything that is wrong.
pub fn new_webhook(body: &[u8]) -> Result<WebhookWish, Rejection> {
    let body = field::object(body)?;
    let mut errors = FieldErrors::new();
    let url = field::required(&body, &["url"], URL_LIMIT, &mut errors).unwrap_or_default();
    let bare = WebhookWish {
        url,
        events: Vec::new(),
        description: String::new(),
        metadata: Default::default(),
        ordered: true,
        svix_headers: false,
        bot_events: false,
    };
    let wish = over(bare, &body, &mut errors);
    errors.or(wish).map_err(Rejection::from)
}

/// Reads the wish to change a receiver of which that is asked by now; what it does not name stays as it is.
///
/// # Errors
/// As [`new_webhook`].
pub fn webhook_change(body: &[u8], now: &WebhookWish) -> Result<WebhookChange, Rejection> {
    let body = field::object(body)?;
    let mut errors = FieldErrors::new();
    let mut wish = now.clone();
    if body.contains_key("url") {
        wish.url = field::required(&body, &["url"], URL_LIMIT, &mut errors).unwrap_or_default();
    }
    let wish = over(wish, &body, &mut errors);
    let disabled = match body.get("disabled") {
        None | Some(Value::Null) => None,
        Some(_) => Some(field::switch(&body, "disabled", false, &mut errors)),
    };
    errors.or(WebhookChange { wish, disabled }).map_err(Rejection::from)
}

/// What a body names, over what is known.
fn over(known: WebhookWish, body: &Map<String, Value>, errors: &mut FieldErrors) -> WebhookWish {
    let has = |name: &str| body.contains_key(name);
    WebhookWish {
        events: if has("events") { events(body.get("events"), errors) } else { known.events },
        description: if has("description") {
            field::optional(body, &["description"], DESCRIPTION_LIMIT, errors).unwrap_or_default()
        } else {
            known.description
        },
        metadata: if has("metadata") { field::metadata(body, &["metadata"], errors) } else { known.metadata },
        ordered: field::switch(body, "ordered", known.ordered, errors),
        svix_headers: field::switch(body, "svix_headers", known.svix_headers, errors),
        bot_events: field::switch(body, "bot_events", known.bot_events, errors),
        url: known.url,
    }
}

fn events(value: Option<&Value>, errors: &mut FieldErrors) -> Vec<String> {
    let listed = match value {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(listed)) if listed.len() <= EVENTS => listed,
        Some(Value::Array(_)) => {
            errors.add(&["events"], format!("Ensure this list has no more than {EVENTS} items."));
            return Vec::new();
        }
        Some(_) => {
            errors.add(&["events"], "Expected a list of strings.");
            return Vec::new();
        }
    };
    let known: Vec<String> =
        listed.iter().filter_map(Value::as_str).filter(|text| is_filter(text)).map(str::to_owned).collect();
    if known.len() < listed.len() {
        let families = FAMILIES.join(", ");
        errors.add(
            &["events"],
            format!("Each item must be an event, such as recording.done, or all of a family, such as recording.*; families are {families}."),
        );
    }
    known
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Result<WebhookWish, Rejection> {
        new_webhook(body.to_string().as_bytes())
    }

    #[test]
    fn a_receiver_needs_an_address_and_nothing_else() {
        let bare = read(&json!({"url": "https://hooks.example/", "later": 1})).expect("a receiver");
        assert_eq!((bare.url.as_str(), bare.events.len(), bare.ordered), ("https://hooks.example/", 0, true));
        assert!(!bare.svix_headers && !bare.bot_events);
        let all = json!({
            "url": "https://hooks.example/", "events": ["recording.done", "transcript.*"], "description": "notes",
            "metadata": {"tenant": "a"}, "ordered": false, "svix_headers": true, "bot_events": true,
        });
        let wish = read(&all).expect("a receiver");
        assert_eq!((wish.events.len(), wish.description.as_str(), wish.metadata.len()), (2, "notes", 1));
        assert!(!wish.ordered && wish.svix_headers && wish.bot_events);
    }

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let known = read(&json!({"url": "https://a.example/", "events": ["recording.*"], "svix_headers": true}));
        let known = known.expect("a receiver");
        let change = |body: Value| webhook_change(body.to_string().as_bytes(), &known).expect("a change");
        assert_eq!(change(json!({})), WebhookChange { wish: known.clone(), disabled: None });
        let other = change(json!({"url": "https://b.example/", "events": null, "disabled": true}));
        assert_eq!((other.wish.url.as_str(), other.wish.events.len()), ("https://b.example/", 0));
        assert_eq!((other.wish.svix_headers, other.disabled), (true, Some(true)));
        assert!(webhook_change(br#"{"url": null}"#, &known).is_err());
        assert!(webhook_change(br#"{"disabled": "yes"}"#, &known).is_err());
    }

    #[test]
    fn each_field_that_is_wrong_is_named() {
        for (field, value) in [
            ("url", json!("")),
            ("url", json!(1)),
            ("url", json!("x".repeat(2_049))),
            ("events", json!("recording.done")),
            ("events", json!(["recordings.done"])),
            ("events", json!([1])),
            ("events", json!(vec!["recording.done"; 101])),
            ("description", json!("x".repeat(501))),
            ("metadata", json!([])),
            ("ordered", json!("no")),
            ("svix_headers", json!(1)),
            ("bot_events", json!({})),
        ] {
            let mut body = json!({"url": "https://hooks.example/"});
            body[field] = value.clone();
            let Err(Rejection::Fields(errors)) = read(&body) else { panic!("{field} {value}") };
            let named = serde_json::to_value(&errors).expect("JSON");
            let named: Vec<String> = named.as_object().expect("an object").keys().cloned().collect();
            assert_eq!(named, [field], "{value}");
        }
        assert!(matches!(new_webhook(b"{"), Err(Rejection::Malformed(_))));
        assert!(matches!(new_webhook(b"[]"), Err(Rejection::Fields(_))));
    }
}
