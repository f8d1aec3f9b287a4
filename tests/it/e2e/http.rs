//! The customer's side of the API, over plain HTTP on loopback.

use serde_json::Value;
use ureq::{Agent, Body, http::Response};

use super::daemon::API_KEY;

/// A client that answers every status instead of turning some into errors.
pub(crate) fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).build().into()
}

/// A GET with the key.
pub(crate) fn get(url: &str) -> Response<Body> {
    agent().get(url).header("Authorization", format!("Token {API_KEY}")).call().unwrap()
}

/// A GET with the key that must answer JSON and 200.
pub(crate) fn get_json(url: &str) -> Value {
    let mut response = get(url);
    let text = response.body_mut().read_to_string().unwrap();
    assert_eq!(response.status(), 200, "{url}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// A GET without any key, as a player or a browser makes it.
pub(crate) fn anonymous(url: &str) -> Response<Body> {
    agent().get(url).call().unwrap()
}

/// A POST of JSON with the key.
pub(crate) fn post(url: &str, body: &Value) -> (u16, Value) {
    let mut response = agent()
        .post(url)
        .header("Authorization", format!("Token {API_KEY}"))
        .content_type("application/json")
        .send(body.to_string())
        .unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    (response.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
}
