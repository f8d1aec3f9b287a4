//! Who is in the meeting. Which message tells it, and what is told to others, is in `meeting`.

use std::collections::{BTreeMap, BTreeSet};

/// How many people are kept; whoever comes beyond that is heard but not listed, and of those who left the latest are.
const LIMIT: usize = 10_000;
/// How much of a name is kept, in characters: several times what Zoom lets people enter.
const NAME_LIMIT: usize = 256;
/// How much the names of everybody take together, in bytes: 100 for each. Whoever comes beyond that has none.
const NAMES_LIMIT_BYTES: usize = 1 << 20;
/// How often one person is renamed by media, whose names can flap.
const RENAME_LIMIT: u8 = 32;

/// The people of a meeting, by Zoom's numbers.
#[derive(Debug, Default)]
pub(super) struct Roster {
    present: BTreeMap<i64, Entry>,
    names_bytes: usize,
    /// Left, so that their late sound does not bring them back.
    gone: BTreeSet<i64>,
    /// Left before them. Late sound comes within a minute, so there is nobody else to be remembered.
    gone_before: BTreeSet<i64>,
    /// Counts the signaling connections.
    generation: u32,
    /// Whether anybody was announced on this one.
    is_announced: bool,
}

#[derive(Debug)]
struct Entry {
    name: Option<String>,
    generation: u32,
    renames: u8,
}

/// What a message changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Somebody is here who was not.
    Joined,
    /// Somebody got a name, or another one.
    Renamed,
    /// Somebody is here for whom the roster has no room.
    Unlisted,
}

impl Roster {
    /// Whether nobody is here.
    pub(super) fn is_empty(&self) -> bool {
        self.present.is_empty()
    }

    /// The name of `id`, where it is known.
    pub(super) fn name(&self, id: i64) -> Option<&str> {
        self.present.get(&id)?.name.as_deref()
    }

    /// Zoom says that somebody is here.
    pub(super) fn announce(&mut self, id: i64, name: Option<&str>) -> Option<Change> {
        self.is_announced = true;
        self.gone.remove(&id);
        self.gone_before.remove(&id);
        self.meet(id, name, u8::MAX)
    }

    /// Somebody sends sound, speaks or shares, and so must be here.
    pub(super) fn hear(&mut self, id: i64, name: Option<&str>) -> Option<Change> {
        if id <= 0 || self.gone.contains(&id) || self.gone_before.contains(&id) {
            return None;
        }
        self.meet(id, name, RENAME_LIMIT)
    }

    fn meet(&mut self, id: i64, name: Option<&str>, rename_limit: u8) -> Option<Change> {
        let name = name.filter(|name| !name.is_empty()).map(shortened);
        if let Some(entry) = self.present.get_mut(&id) {
            entry.generation = self.generation;
            if name.is_none() || entry.name.as_deref() == name || entry.renames >= rename_limit {
                return None;
            }
            let others_bytes = self.names_bytes - entry.name.as_ref().map_or(0, String::len);
            let name = name.filter(|name| others_bytes + name.len() <= NAMES_LIMIT_BYTES)?;
            self.names_bytes = others_bytes + name.len();
            entry.name = Some(name.to_owned());
            entry.renames = entry.renames.saturating_add(1);
            return Some(Change::Renamed);
        }
        if self.present.len() >= LIMIT {
            return Some(Change::Unlisted);
        }
        let name = name.filter(|name| self.names_bytes + name.len() <= NAMES_LIMIT_BYTES);
        self.names_bytes += name.map_or(0, str::len);
        let entry = Entry { name: name.map(str::to_owned), generation: self.generation, renames: 0 };
        self.present.insert(id, entry);
        Some(Change::Joined)
    }

    /// Somebody left; whether that is news.
    pub(super) fn leave(&mut self, id: i64) -> bool {
        if self.gone.len() >= LIMIT {
            self.gone_before = std::mem::take(&mut self.gone);
        }
        self.gone.insert(id);
        let left = self.present.remove(&id);
        self.names_bytes -= left.as_ref().and_then(|entry| entry.name.as_ref()).map_or(0, String::len);
        left.is_some()
    }

    /// A new signaling connection will announce everybody again.
    pub(super) fn expect_all(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.is_announced = false;
    }

    /// Removes and answers those who were not heard of since [`Roster::expect_all`]; nobody, if nobody was announced.
    pub(super) fn settle(&mut self) -> Vec<i64> {
        if !self.is_announced {
            return Vec::new();
        }
        let generation = self.generation;
        let missing: Vec<i64> =
            self.present.iter().filter(|(_, entry)| entry.generation != generation).map(|(id, _)| *id).collect();
        missing.into_iter().filter(|id| self.leave(*id)).collect()
    }
}

/// The beginning of a name that is too long to be one.
fn shortened(name: &str) -> &str {
    name.char_indices().nth(NAME_LIMIT).map_or(name, |(end, _)| name.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_once_and_by_their_latest_name() {
        let mut roster = Roster::default();
        assert_eq!(roster.announce(7, None), Some(Change::Joined));
        assert_eq!(roster.hear(7, Some("Ada")), Some(Change::Renamed));
        assert_eq!(roster.hear(7, Some("Ada")), None);
        assert_eq!(roster.name(7), Some("Ada"));
        assert_eq!(roster.hear(0, Some("mix")), None);
    }

    #[test]
    fn late_sound_does_not_bring_back_who_left() {
        let mut roster = Roster::default();
        roster.announce(7, Some("Ada"));
        assert!(roster.leave(7));
        assert_eq!(roster.hear(7, Some("Ada")), None);
        assert!(!roster.leave(7));
        assert_eq!(roster.announce(7, Some("Ada")), Some(Change::Joined));
    }

    #[test]
    fn whoever_comes_back_is_heard_again_however_many_left_meanwhile() {
        for others in [0, 10_000] {
            let mut roster = Roster::default();
            roster.announce(7, Some("A."));
            roster.leave(7);
            (8..8 + others).for_each(|id| assert!(!roster.leave(id)));
            assert_eq!(roster.hear(7, Some("A.")), None, "late sound");
            assert_eq!(roster.announce(7, Some("A.")), Some(Change::Joined));
            assert_eq!(roster.hear(7, Some("Ada")), Some(Change::Renamed), "after {others} others");
        }
    }

    #[test]
    fn whoever_is_not_announced_again_has_left() {
        let mut roster = Roster::default();
        roster.announce(7, Some("Ada"));
        roster.announce(8, Some("Grace"));
        roster.expect_all();
        assert_eq!(roster.settle(), Vec::<i64>::new(), "silence proves nothing");
        assert_eq!(roster.announce(8, Some("Grace")), None);
        assert_eq!(roster.settle(), [7]);
        assert_eq!(roster.settle(), Vec::<i64>::new());
    }

    #[test]
    fn names_that_flap_are_told_a_bounded_number_of_times() {
        let mut roster = Roster::default();
        roster.announce(7, Some("Ada"));
        let told = (0..1000).filter(|n| roster.hear(7, Some(if n % 2 == 0 { "A" } else { "B" })).is_some()).count();
        assert_eq!(told, 32);
        assert_eq!(roster.announce(7, Some("C")), Some(Change::Renamed), "what Zoom announces is no flapping");
    }

    #[test]
    fn ten_thousand_people_are_listed_and_nobody_beyond_them_until_somebody_leaves() {
        let mut roster = Roster::default();
        for id in 1..=10_000 {
            assert_eq!(roster.announce(id, None), Some(Change::Joined));
        }
        assert_eq!(roster.announce(10_001, Some("Ada")), Some(Change::Unlisted));
        assert_eq!(roster.hear(10_002, Some("Grace")), Some(Change::Unlisted));
        assert_eq!((roster.present.len(), roster.name(10_001)), (10_000, None));
        assert!(!roster.leave(10_001), "nobody who was told");
        assert!(roster.leave(1));
        assert_eq!(roster.announce(10_001, Some("Ada")), Some(Change::Joined));
    }

    #[test]
    fn names_take_1_mib_together_and_whoever_comes_beyond_has_none_until_somebody_leaves() {
        let mut roster = Roster::default();
        let name = |letter: char| String::from(letter).repeat(256);
        for id in 1..=10_000 {
            assert_eq!(roster.announce(id, Some(&name('\u{1F600}'))), Some(Change::Joined));
        }
        let named = (1..=10_000).filter(|id| roster.name(*id).is_some()).count();
        assert_eq!((named, roster.names_bytes), (1024, 1 << 20));
        assert_eq!((roster.hear(10_000, Some("Ada")), roster.name(10_000)), (None, None));
        assert_eq!(roster.announce(1, Some(&name('x'))), Some(Change::Renamed));
        assert_eq!(roster.hear(10_000, Some("Ada")), Some(Change::Renamed), "there is room again");
        (1..=10_000).for_each(|id| assert!(roster.leave(id)));
        assert_eq!(roster.names_bytes, 0);
    }

    #[test]
    fn of_those_who_left_the_latest_ten_thousand_stay_away_and_no_number_of_them_makes_it_grow() {
        let mut roster = Roster::default();
        for id in 1..=100_000 {
            roster.announce(id, Some("Ada"));
            roster.leave(id);
            assert!(roster.present.is_empty() && roster.gone.len() + roster.gone_before.len() <= 20_000);
        }
        assert!((90_001..=100_000).all(|id| roster.hear(id, Some("Ada")).is_none()));
        assert_eq!(roster.hear(1, Some("Ada")), Some(Change::Joined), "nothing of it can still be on its way");
    }
}
