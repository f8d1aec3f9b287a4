//! A capture in the shape of a bot (recording-api §12), for clients that fetch a bot when they are told of one.

use model::Capture;
use serde_json::{Map, Value};

use super::{artifact::Moment, capture::capture};

/// The keys that a bot shares with a Meeting Direct Connect object.
const SHARED: [&str; 6] = ["id", "recording_config", "status", "status_changes", "recordings", "metadata"];

/// The bot-shaped view of one capture; it has the capture's id. Nothing joins as a guest, so there is neither a name nor an
/// address.
pub fn bot(of: &Capture, moment: Moment<'_>) -> Value {
    let mut object = capture(of, moment);
    let mut bot: Map<String, Value> = SHARED.iter().map(|key| ((*key).to_owned(), object[*key].take())).collect();
    bot.insert("meeting_url".to_owned(), Value::Null);
    bot.insert("bot_name".to_owned(), Value::Null);
    bot.insert("join_at".to_owned(), object["created_at"].take());
    bot.insert("platform".to_owned(), Value::from("zoom_rtms"));
    Value::Object(bot)
}
