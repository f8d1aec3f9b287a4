//! A webhook: one POST for each event, strictly one after the other (recording-api §4.5).
//!
//! What was delivered is written down before the next event is posted, so that whoever goes on after a crash posts at most one of
//! them again, the same byte by byte under the same id.

use bytes::Bytes;
use dial::{DialError, HttpRequest, Protocol};
use model::{Endpoint, EndpointPlace, Transport};
use schema::event::Letter;
use tokio::time::sleep;

use super::{
    desk::Desk,
    ending::Ending,
    mailbox::{Found, Item},
    measure,
    pace::Attempts,
};

/// How much of an answer is read, in bytes.
const ANSWER_LIMIT_BYTES: usize = 256 << 10;

/// Posts to one endpoint until it ends.
pub(super) async fn post(desk: &mut Desk) -> Ending {
    let Some(mut mailbox) = desk.mailbox().await else { return Ending::Gone };
    let mut place = desk.endpoint().place;
    loop {
        desk.refresh(&mut mailbox);
        match desk.next(&mut mailbox).await {
            Found::Letter(Item { letter, cursor, part }) => {
                place = EndpointPlace { cursor, part, seq: place.seq.saturating_add(1) };
                if let Err(ending) = deliver(desk, &letter, place.seq).await {
                    return ending;
                }
                fail::fail_point!("deliver::told");
                if !desk.came_to(place).await {
                    return Ending::Gone;
                }
            }
            Found::Forgotten => {
                // Nobody knows how many; one number that is missing tells of it.
                place.seq = place.seq.saturating_add(1);
                measure::dropped(model::TopicClass::Lasting, "forgotten", 1);
            }
            // No media goes this way.
            Found::Origin => {}
            Found::Over => return Ending::Done,
            Found::Gone => return Ending::Gone,
        }
    }
}

/// Posts one letter as often as it takes.
async fn deliver(desk: &Desk, letter: &Letter, seq: u64) -> Result<(), Ending> {
    let Endpoint { id, wish, .. } = desk.endpoint();
    let event_id = letter.event_id.clone().unwrap_or_else(|| format!("{id}-{seq}"));
    let body = Bytes::from(letter.numbered(seq, &event_id));
    let pace = desk.pace();
    let mut attempts = Attempts::of(pace.posts);
    loop {
        let signed = desk.signed(&event_id, &body).await;
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(signed.iter().map(|(name, value)| (*name, value.as_str())));
        let request = HttpRequest { method: "POST", url: wish.url.expose(), headers: &headers, body: body.clone() };
        let answer = desk.outward().http(request, ANSWER_LIMIT_BYTES, pace.deadline).await;
        let ending = match &answer {
            Ok(answer) if (200..300).contains(&answer.status) => {
                measure::sent(Transport::Webhook, letter.topic.class());
                return Ok(());
            }
            Ok(answer) => {
                tracing::debug!(endpoint = %id, status = answer.status, "a receiver did not take an event");
                Ending::Exhausted
            }
            Err(error @ DialError::Refused { .. }) if desk.is_refused(Protocol::Http) => {
                tracing::warn!(endpoint = %id, %error, "a real-time endpoint is given up");
                return Err(Ending::Refused);
            }
            Err(error) => {
                tracing::debug!(endpoint = %id, %error, "a receiver was not reached");
                Ending::after(error)
            }
        };
        if !attempts.failed() {
            tracing::warn!(endpoint = %id, attempts = pace.posts, "a real-time endpoint is given up: it took no event");
            return Err(ending);
        }
        measure::retried(Transport::Webhook);
        sleep(pace.post_pause).await;
    }
}
