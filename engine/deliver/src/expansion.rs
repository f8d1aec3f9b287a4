//! Which receivers hear of a change of state, and in which words. Pure. What changed is told by `catalog`, the words are in
//! `schema`.

use model::{Notice, WebhookEndpoint, WebhookMessage};
use schema::webhook::{announcements, wants};

/// The messages of a notice, for each receiver of its project that wants them in the order in which they are told.
pub(crate) fn messages(notice: &Notice, endpoints: &[WebhookEndpoint]) -> Vec<WebhookMessage> {
    let told = announcements(notice);
    let of_project = endpoints.iter().filter(|endpoint| endpoint.project == notice.capture.project);
    of_project
        .flat_map(|endpoint| {
            let wanted = told.iter().filter(|told| wants(&endpoint.wish, &told.event));
            wanted.map(|told| WebhookMessage {
                endpoint: endpoint.id,
                event: told.event.clone(),
                body: told.body.clone(),
            })
        })
        .collect()
}
