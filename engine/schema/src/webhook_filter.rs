//! Which events a receiver of status webhooks wants. Their text is in [`crate::webhook`].

use model::WebhookWish;

/// What the names of events begin with.
pub const FAMILIES: [&str; 11] = [
    "recording",
    "audio_mixed",
    "audio_separate",
    "video_mixed",
    "video_separate",
    "transcript",
    "participant_events",
    "meeting_metadata",
    "realtime_endpoint",
    "meeting_direct_connect",
    BOT,
];

/// The family of those that are told under an older name as well, to whoever asks for that.
const BOT: &str = "bot";

/// Whether `text` may stand in a list of wanted events: the name of one, such as `recording.done`, or of a family, such as
/// `recording.*`.
pub fn is_filter(text: &str) -> bool {
    let Some((family, code)) = text.split_once('.') else { return false };
    let is_word = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    FAMILIES.contains(&family) && (code == "*" || is_word)
}

/// Whether a receiver with that wish hears of an event of that name.
pub fn wants(wish: &WebhookWish, event: &str) -> bool {
    let family = event.split_once('.').map_or(event, |(family, _)| family);
    let is_meant =
        |listed: &String| listed == event || listed.strip_suffix(".*").is_some_and(|listed| listed == family);
    (family != BOT || wish.bot_events) && (wish.events.is_empty() || wish.events.iter().any(is_meant))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn wish(events: &[&str], bot_events: bool) -> WebhookWish {
        WebhookWish {
            url: "https://hooks.example".to_owned(),
            events: events.iter().map(|event| (*event).to_owned()).collect(),
            description: String::new(),
            metadata: BTreeMap::new(),
            ordered: true,
            svix_headers: false,
            bot_events,
        }
    }

    #[test]
    fn without_a_list_all_is_wanted_but_what_only_older_receivers_know() {
        let all = wish(&[], false);
        for event in ["recording.done", "transcript.failed", "meeting_direct_connect.call_ended"] {
            assert!(wants(&all, event), "{event}");
        }
        assert!(!wants(&all, "bot.call_ended"));
        assert!(wants(&wish(&[], true), "bot.call_ended"));
    }

    #[test]
    fn a_list_names_events_and_families() {
        let some = wish(&["recording.done", "transcript.*", "bot.*"], true);
        for event in ["recording.done", "transcript.processing", "bot.done"] {
            assert!(wants(&some, event), "{event}");
        }
        for event in ["recording.failed", "video_mixed.done", "meeting_direct_connect.done"] {
            assert!(!wants(&some, event), "{event}");
        }
        assert!(!wants(&wish(&["bot.done"], false), "bot.done"), "the switch is off");
    }

    #[test]
    fn what_names_no_event_is_no_filter() {
        for text in ["recording.done", "bot.*", "meeting_direct_connect.some_new_code"] {
            assert!(is_filter(text), "{text}");
        }
        for text in
            ["", "*", "recording", "recording.", "recordings.done", "recording.Done", "recording.done.x", "*.done"]
        {
            assert!(!is_filter(text), "{text}");
        }
    }
}
