//! What many narrators of one capture tell alike: made for the first who tells it, and shared with the others. Who waits for it, and the
//! forms in which it travels, are in `api`.

use std::{collections::VecDeque, sync::Arc};

use model::{Cursor, SequencedEvent};

use super::narrator::{Narrator, Told, Voice};

/// How many events are kept: whoever is further behind makes them anew.
const VERSES: usize = 64;
/// How many bytes of JSON they have together; the newest is kept whatever its size.
const VERSES_BYTES: usize = 128 << 10;

/// What was told lately of one capture, in a form `T`.
#[derive(Debug)]
pub struct Chorus<T> {
    /// In order, each event once.
    verses: VecDeque<Verse<T>>,
    bytes: usize,
}

/// What was told of one event.
#[derive(Debug)]
struct Verse<T> {
    cursor: Cursor,
    /// Of whoever told it.
    voice: Voice,
    told: Arc<[T]>,
    bytes: usize,
}

impl<T> Default for Chorus<T> {
    fn default() -> Self {
        Self { verses: VecDeque::new(), bytes: 0 }
    }
}

impl<T> Chorus<T> {
    /// As [`Narrator::tell`], each in the form that `make` gives it; what another one has told in the same words is not made again.
    pub fn tell(
        &mut self,
        narrator: &mut Narrator,
        sequenced: &SequencedEvent,
        make: impl FnMut(Told) -> T,
    ) -> Arc<[T]> {
        let cursor = sequenced.cursor;
        let place = self.verses.partition_point(|verse| verse.cursor < cursor);
        let known = self.verses.get(place).filter(|verse| verse.cursor == cursor);
        if let Some(verse) = known.filter(|verse| verse.voice == *narrator.voice()) {
            narrator.join(&verse.voice);
            narrator.hear(sequenced);
            return Arc::clone(&verse.told);
        }
        let (is_known, voice) = (known.is_some(), narrator.voice().clone());
        let told = narrator.tell(sequenced);
        let bytes = told.iter().map(|told| told.json.len()).sum();
        let told: Arc<[T]> = told.into_iter().map(make).collect();
        // What lies before all that is kept is of somebody who reads what happened long ago.
        let is_old = place == 0 && self.verses.len() == VERSES;
        if !is_known && !is_old {
            self.verses.insert(place, Verse { cursor, voice, told: Arc::clone(&told), bytes });
            self.bytes += bytes;
            self.forget();
        }
        told
    }

    /// Forgets the oldest beyond the bounds.
    fn forget(&mut self) {
        while self.verses.len() > VERSES || self.bytes > VERSES_BYTES && self.verses.len() > 1 {
            let Some(oldest) = self.verses.pop_front() else { return };
            self.bytes -= oldest.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{EventBody, Participant, ParticipantId, Pii};

    use super::*;
    use crate::event::tests::{capture, event};

    fn joined(seq: u64, name: &str) -> SequencedEvent {
        let participant = Participant { id: ParticipantId(7), name: Some(Pii::new(name.to_owned())) };
        event(seq, EventBody::Joined { participant })
    }

    fn speaks(seq: u64, id: i64) -> SequencedEvent {
        event(seq, EventBody::ActiveSpeaker { id: ParticipantId(id) })
    }

    /// What each narrator tells of each event in turn, and how often that was made.
    fn told(
        chorus: &mut Chorus<String>,
        narrators: &mut [Narrator],
        events: &[SequencedEvent],
    ) -> (Vec<Vec<String>>, usize) {
        let mut made = 0;
        let mut all = vec![Vec::new(); narrators.len()];
        for event in events {
            for (narrator, told) in narrators.iter_mut().zip(&mut all) {
                let make = |told: Told| {
                    made += 1;
                    told.json
                };
                told.extend(chorus.tell(narrator, event, make).iter().cloned());
            }
        }
        (all, made)
    }

    #[test]
    fn what_many_tell_alike_is_made_once_and_is_what_each_tells_alone() {
        let events = [joined(1, "Ada"), speaks(2, 7), speaks(3, 8), speaks(4, 7)];
        let mut alone = Narrator::new(&capture());
        let expected: Vec<String> = events.iter().flat_map(|event| alone.tell(event)).map(|told| told.json).collect();
        let mut narrators = vec![Narrator::new(&capture()); 5];
        let (all, made) = told(&mut Chorus::default(), &mut narrators, &events);
        assert_eq!(made, expected.len());
        assert!(all.iter().all(|told| *told == expected), "{all:?}");
    }

    #[test]
    fn whoever_knows_something_else_tells_it_in_words_of_their_own() {
        let mut labelled = capture();
        labelled.metadata.insert("tenant".to_owned(), Some("t2".to_owned()));
        let mut narrators = [Narrator::new(&capture()), Narrator::new(&labelled), Narrator::new(&capture())];
        // One of them came late and does not know who spoke before.
        narrators[2].hear(&speaks(1, 8));
        let mut chorus = Chorus::default();
        let (all, made) = told(&mut chorus, &mut narrators, &[speaks(2, 7)]);
        assert_eq!((made, all[0].len(), all[1].len(), all[2].len()), (4, 1, 1, 2), "{all:?}");
        assert!(all[0][0].contains("t1") && all[1][0].contains("t2"), "{all:?}");
        // Once it knows the same, they share again.
        narrators[1].refresh(&capture());
        let (all, made) = told(&mut chorus, &mut narrators[..2], &[speaks(3, 9)]);
        assert_eq!((made, &all[0]), (2, &all[1]));
    }

    #[test]
    fn little_is_kept_and_of_that_the_newest() {
        let mut chorus = Chorus::<String>::default();
        let mut narrator = Narrator::new(&capture());
        let events: Vec<_> = (1..=500).map(|seq| speaks(seq, i64::try_from(seq).expect("small"))).collect();
        told(&mut chorus, std::slice::from_mut(&mut narrator), &events);
        assert_eq!(chorus.verses.len(), VERSES);
        assert_eq!(chorus.verses.back().map(|verse| verse.cursor.seq), Some(500));
        // Whoever reads from the first event on takes no place of what is live.
        let mut late = Narrator::new(&capture());
        let first = chorus.verses.front().map(|verse| verse.cursor);
        let (_, made) = told(&mut chorus, std::slice::from_mut(&mut late), &events[..400]);
        assert!(made >= 400 && chorus.verses.front().map(|verse| verse.cursor) == first);
        let (_, made) = told(&mut chorus, std::slice::from_mut(&mut late), &events[400..]);
        assert!(made < 100, "what is kept is not made again: {made}");

        let large = joined(501, &"x".repeat(VERSES_BYTES));
        told(&mut chorus, std::slice::from_mut(&mut narrator), &[large]);
        assert_eq!(chorus.verses.len(), 1);
        told(&mut chorus, std::slice::from_mut(&mut narrator), &[speaks(502, 1)]);
        assert!(chorus.verses.len() == 1 && chorus.bytes < 10_000, "{} bytes", chorus.bytes);
    }
}
