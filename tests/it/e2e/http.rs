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

/// The JSON behind a signed link.
pub(crate) fn json_behind(link: &str) -> Value {
    let mut response = anonymous(link);
    assert_eq!(response.status(), 200, "{link}");
    serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap()
}

/// A POST of JSON with the key.
pub(crate) fn post(url: &str, body: &Value) -> (u16, Value) {
    try_post(url, body, &[]).unwrap()
}

/// The same with more headers; fails if there is no answer.
pub(crate) fn try_post(url: &str, body: &Value, headers: &[(&str, &str)]) -> Result<(u16, Value), ureq::Error> {
    let key = ("Authorization", &*format!("Token {API_KEY}"));
    let request = agent().post(url).content_type("application/json");
    let request = headers.iter().chain([&key]).fold(request, |request, (name, value)| request.header(*name, *value));
    let mut response = request.send(body.to_string())?;
    let text = response.body_mut().read_to_string()?;
    Ok((response.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null)))
}
