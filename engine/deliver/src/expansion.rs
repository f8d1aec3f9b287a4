//! Which receivers hear of a change of state, and in which words. Pure. What changed is told by `catalog`, the words are in
//! `schema`.

use model::{Notice, WebhookEndpoint, WebhookMessage};
use schema::webhook::{announcements, wants};

/// The messages of a notice in the order in which they are told, each with the receivers of its project that want it; none without
/// any.
pub(crate) fn messages(notice: &Notice, endpoints: &[WebhookEndpoint]) -> Vec<WebhookMessage> {
    let of_project: Vec<&WebhookEndpoint> =
        endpoints.iter().filter(|endpoint| endpoint.project == notice.capture.project).collect();
    if of_project.is_empty() {
        return Vec::new();
    }
    announcements(notice)
        .into_iter()
        .map(|told| {
            let wanting = of_project.iter().filter(|endpoint| wants(&endpoint.wish, &told.event));
            let endpoints = wanting.map(|endpoint| endpoint.id).collect();
            WebhookMessage { endpoints, event: told.event, body: told.body }
        })
        .filter(|message| !message.endpoints.is_empty())
        .collect()
}
