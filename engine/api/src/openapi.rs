//! `GET /api/v1/schema/`: the whole surface as an OpenAPI 3.1 document, for whoever makes a client of it. Objects are described
//! by the types that make them (`schema::object`), operations in [`operations`]; a test holds both against the routes.

mod lists;
mod live;
mod operation;
mod operations;
mod requests;

use std::sync::{Arc, OnceLock};

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use schema::object::{
    ArtifactObject, BotObject, CapacityObject, CaptureObject, EndpointObject, ReceiptObject, RecordingObject,
    WebhookDeliveryObject, WebhookEndpointObject,
};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::front::Front;

/// The schemas of the objects, each with those that it holds.
#[derive(OpenApi)]
#[openapi(components(schemas(
    CaptureObject,
    RecordingObject,
    ReceiptObject,
    ArtifactObject,
    EndpointObject,
    BotObject,
    CapacityObject,
    WebhookEndpointObject,
    WebhookDeliveryObject
)))]
struct Objects;

/// The document; anybody may read it.
pub(crate) async fn schema(State(front): State<Arc<Front>>) -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| document(&front.api.config.public_url).to_string());
    ([(header::CONTENT_TYPE, "application/json")], text.clone()).into_response()
}

/// The document of a server that customers reach at an address.
pub(crate) fn document(public_url: &str) -> Value {
    let mut document = serde_json::to_value(Objects::openapi()).expect("an OpenAPI document is JSON");
    document["openapi"] = json!("3.1.0");
    document["info"] = json!({
        "title": "Hansard",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Records meetings on your own machines. The shape is that of Recall.ai's Meeting Direct Connect.",
        "license": { "name": "MIT OR Apache-2.0" },
    });
    document["servers"] = json!([{ "url": public_url.trim_end_matches('/') }]);
    document["security"] = json!([{ "key": [] }]);
    document["components"]["securitySchemes"] = json!({ "key": {
        "type": "apiKey", "in": "header", "name": "Authorization",
        "description": "`Token <key>`; `Bearer <key>` and the bare key work as well.",
    } });
    let schemas = &mut document["components"]["schemas"];
    for (name, schema) in requests::schemas().into_iter().chain(lists::schemas()).chain(live::schemas()) {
        schemas[name] = schema;
    }
    let mut paths = Map::new();
    for operation in operations::all() {
        let path = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        let method = operation.method.as_str().to_ascii_lowercase();
        path[method] = operation.described();
    }
    document["paths"] = Value::Object(paths);
    document
}
