//! What was said lately, so that text which Zoom repeats after a reconnect is told once (protocol §8.4). What is read from
//! a message is in `meeting`.

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
    mem::discriminant,
};

use media::SourceTime;
use model::{ChatMessage, Event, EventBody, Participant, Utterance};

/// How much is remembered.
const LIMIT: usize = 256;

/// What the fingerprint shows of a person: names can flap.
fn number(person: Option<&Participant>) -> Option<i64> {
    person.map(|person| person.id.0)
}

/// Fingerprints of the latest pieces of text.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<u64>);

impl Recent {
    /// Remembers the text among `events`, oldest first.
    pub(super) fn of(events: &[Event]) -> Self {
        let mut recent = Self::default();
        for event in events {
            match &event.body {
                EventBody::Transcript(utterance) => recent.is_new_utterance(utterance),
                EventBody::Chat(message) => recent.is_new_message(message, Some(event.at)),
                _ => false,
            };
        }
        recent
    }

    /// Remembers what somebody said; whether it was not remembered before.
    pub(super) fn is_new_utterance(&mut self, utterance: &Utterance) -> bool {
        let Utterance { speaker, text, start, end, language: _ } = utterance;
        self.is_new(&(number(speaker.as_ref()), start.unix_ms(), end.unix_ms(), text.expose()))
    }

    /// Remembers what somebody wrote, at `at` if Zoom says when; whether it was not remembered before.
    pub(super) fn is_new_message(&mut self, message: &ChatMessage, at: Option<SourceTime>) -> bool {
        let ChatMessage { message_id, operation, sender, text, .. } = message;
        let at = at.map(SourceTime::unix_ms);
        self.is_new(&(message_id, discriminant(operation), at, number(sender.as_ref()), text.expose()))
    }

    /// Remembers `piece`; whether it was not remembered before.
    fn is_new(&mut self, piece: &impl Hash) -> bool {
        let mut hasher = DefaultHasher::new();
        piece.hash(&mut hasher);
        let print = hasher.finish();
        if self.0.contains(&print) {
            return false;
        }
        if self.0.len() == LIMIT {
            self.0.pop_front();
        }
        self.0.push_back(print);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_piece_is_old_until_it_is_forgotten() {
        let mut recent = Recent::default();
        assert!(recent.is_new(&"first"));
        assert!(!recent.is_new(&"first"));
        for number in 1..256 {
            assert!(recent.is_new(&number));
        }
        assert!(!recent.is_new(&"first"), "256 pieces are remembered");
        assert!(recent.is_new(&256));
        assert!(recent.is_new(&"first"));
    }
}
