//! What the simulator says it sent, and when: the file of `hansard simulate --ledger`, as far as events are concerned.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

use super::script::number_in;
use crate::failure::Failure;

/// When each line of a meeting was sent, in microseconds since the Unix epoch, by what it is known by.
pub(super) type Lines = BTreeMap<u64, i64>;

/// What was sent in one meeting.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    /// Utterances, by their place.
    pub(super) said: Lines,
    /// Messages of chat, by their number.
    pub(super) written: Lines,
}

#[derive(Deserialize)]
struct Report {
    meetings: Vec<Meeting>,
}

#[derive(Deserialize)]
struct Meeting {
    rtms_stream_id: String,
    transcript: Vec<Line>,
    chat: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    text: String,
    written_unix_us: i64,
}

/// Reads the file; answers what was sent in each meeting, by its stream.
///
/// # Errors
/// If it is missing or has another form.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Sent>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let report: Report = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(report.meetings.into_iter().map(|meeting| (meeting.rtms_stream_id.clone(), sent(&meeting))).collect())
}

fn sent(meeting: &Meeting) -> Sent {
    let said = (0..).zip(&meeting.transcript).map(|(place, line)| (place, line.written_unix_us)).collect();
    let written = meeting.chat.iter().filter_map(|line| Some((number_in(&line.text)?, line.written_unix_us))).collect();
    Sent { said, written }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utterances_are_known_by_their_place_and_messages_by_their_number() {
        let line = |text: &str, written_unix_us| Line { text: text.to_owned(), written_unix_us };
        let meeting = Meeting {
            rtms_stream_id: "s".to_owned(),
            transcript: vec![line("one", 5), line("two", 9)],
            chat: vec![line("n000007 x", 6), line("hello", 7)],
        };
        let sent = sent(&meeting);
        assert_eq!(sent.said, Lines::from([(0, 5), (1, 9)]));
        assert_eq!(sent.written, Lines::from([(7, 6)]));
    }
}
