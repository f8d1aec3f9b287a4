//! What was shown of the cast so far: enough of it to tell whether the same would be shown of a meeting that is known better by now.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

use media::SourceTime;
use model::ParticipantId;
use schema::document::Attendance;

use crate::cast::Scene;

/// The scenes and the names that were shown.
#[derive(Default)]
pub(super) struct Shown {
    scenes: DefaultHasher,
    /// Every name that was shown, and which of them a name is.
    names: Vec<String>,
    number_of: HashMap<String, usize>,
    cards: BTreeMap<i64, Vec<Stay>>,
}

/// A time in which somebody's card had one name, in which it need not have been on the canvas all the time.
struct Stay {
    from: SourceTime,
    last: SourceTime,
    name: Option<usize>,
}

impl Shown {
    /// Takes note of a scene, which follows those before.
    pub(super) fn scene(&mut self, scene: &Scene) {
        scene.hash(&mut self.scenes);
    }

    /// Whether these are the scenes that were shown.
    pub(super) fn are_scenes(&self, scenes: impl Iterator<Item = Scene>) -> bool {
        let mut others = DefaultHasher::new();
        scenes.for_each(|scene| scene.hash(&mut others));
        others.finish() == self.scenes.finish()
    }

    /// Takes note of the card of a number at a moment, which is not before those before; answers which of all names is on it.
    pub(super) fn card(&mut self, who: i64, at: SourceTime, name: Option<&str>) -> Option<usize> {
        let name = name.map(|name| match self.number_of.get(name) {
            Some(known) => *known,
            None => {
                let next = self.names.len();
                self.names.push(name.to_owned());
                self.number_of.insert(name.to_owned(), next);
                next
            }
        });
        let stays = self.cards.entry(who).or_default();
        match stays.last_mut().filter(|last| last.name == name) {
            Some(stay) => stay.last = at,
            None => stays.push(Stay { from: at, last: at, name }),
        }
        name
    }

    /// One of the names that were shown.
    pub(super) fn name(&self, number: usize) -> Option<&str> {
        self.names.get(number).map(String::as_str)
    }

    /// Whether every card would have the name that was on it.
    pub(super) fn are_names(&self, attendance: &Attendance) -> bool {
        let is_on_it = |name: Option<&str>, number: Option<usize>| name == number.and_then(|number| self.name(number));
        self.cards.iter().all(|(who, stays)| {
            stays.iter().all(|stay| {
                attendance.names(ParticipantId(*who), stay.from, stay.last).all(|name| is_on_it(name, stay.name))
            })
        })
    }
}
