//! Scenes: what the canvas shows from one place on until the next scene begins.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter::Peekable,
    vec::IntoIter,
};

use media::Position;
use model::{BesideShare, Layout, ParticipantId};
use timeline::Timeline;

use super::{
    attendance::{Change, changes},
    floor::floor,
    grid::{Grid, Rank},
    screen::screens,
    strand::Strand,
};
use crate::{View, layout::most_tiles};

/// What is on the canvas from `start` on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Scene {
    pub(crate) start: Position,
    /// Whose screen is shown.
    pub(crate) screen: Option<i64>,
    /// Who has a tile, in the order of the tiles.
    pub(crate) tiles: Vec<Tile>,
}

/// What one tile shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tile {
    pub(crate) who: i64,
    pub(crate) shows: Shows,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shows {
    /// His camera's latest picture.
    Picture,
    /// A card with his name.
    Card,
}

/// Everything that is shown, in order; the first scene begins at second 0, and each differs from the one before.
pub(crate) fn scenes(timeline: &Timeline, view: View, cameras: &BTreeMap<i64, Strand>) -> Scenes {
    let mut scenes = Scenes {
        people: Vec::new().into_iter().peekable(),
        floor: Vec::new().into_iter().peekable(),
        screens: Vec::new().into_iter().peekable(),
        end: timeline.end,
        hall: Hall::new(view),
        last: None,
    };
    if view.layout != Layout::AudioOnly {
        scenes.people = changes(timeline, cameras).into_iter().peekable();
        scenes.floor = floor(timeline).into_iter().peekable();
        scenes.screens = screens(timeline).into_iter().peekable();
    }
    scenes
}

/// The scenes of a recording, one after the other.
pub(crate) struct Scenes {
    people: Peekable<IntoIter<(i64, Change, i64)>>,
    floor: Peekable<IntoIter<(i64, Option<ParticipantId>)>>,
    screens: Peekable<IntoIter<(Position, Option<i64>)>>,
    end: Position,
    hall: Hall,
    last: Option<Scene>,
}

impl Scenes {
    /// Where something changes next.
    fn next_change(&mut self) -> Option<i64> {
        let people = self.people.peek().map(|(at, ..)| *at);
        let floor = self.floor.peek().map(|(at, _)| *at);
        let screens = self.screens.peek().map(|(at, _)| at.micros());
        [people, floor, screens].into_iter().flatten().min().filter(|at| *at < self.end.micros())
    }

    /// Changes everything up to a place and that place included.
    fn change_until(&mut self, until: i64) {
        while let Some((at, change, who)) = self.people.next_if(|(at, ..)| *at <= until) {
            self.hall.take(at, change, who);
        }
        while let Some((_, holder)) = self.floor.next_if(|(at, _)| *at <= until) {
            self.hall.floor = holder.map(|who| who.0);
        }
        while let Some((_, screen)) = self.screens.next_if(|(at, _)| at.micros() <= until) {
            self.hall.screen = screen;
        }
    }
}

impl Iterator for Scenes {
    type Item = Scene;

    fn next(&mut self) -> Option<Scene> {
        loop {
            let at = if self.last.is_none() { 0 } else { self.next_change()? };
            self.change_until(at);
            let start = Position::from_micros(at);
            let scene = Scene { start, screen: self.hall.screen, tiles: self.hall.tiles() };
            let is_new =
                self.last.as_ref().is_none_or(|last| (last.screen, &last.tiles) != (scene.screen, &scene.tiles));
            if is_new {
                self.last = Some(scene.clone());
                return Some(scene);
            }
        }
    }
}

/// What comes of somebody's camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Seen {
    #[default]
    Nothing,
    /// Pictures, since that place.
    Now(i64),
    /// A picture that is not older than 2 s, and the last one for longer than that; since that place.
    Before(i64),
}

/// What is known of somebody.
#[derive(Clone, Debug, Default)]
struct Person {
    /// When he came, and as which of all; `None` while he is not there.
    there: Option<(i64, usize)>,
    /// Whether the camera is on, where that was told or seen.
    camera: Option<bool>,
    seen: Seen,
    speaks: bool,
    silent_since: i64,
    /// His place in the order of the grids.
    rank: Option<Rank>,
}

/// Everybody at one moment.
struct Hall {
    view: View,
    people: BTreeMap<i64, Person>,
    screen: Option<i64>,
    floor: Option<i64>,
    /// Whose pictures come, by the place where they began.
    live: BTreeSet<(i64, i64)>,
    /// Whose last picture is not old yet, by the place where it lies.
    fading: BTreeSet<(i64, i64)>,
    /// Who filled the canvas last.
    on: Option<i64>,
    /// Who has a tile while nobody shares, and beside a screen.
    grids: [Grid; 2],
}

impl Hall {
    fn new(view: View) -> Self {
        Self {
            view,
            people: BTreeMap::new(),
            screen: None,
            floor: None,
            live: BTreeSet::new(),
            fading: BTreeSet::new(),
            on: None,
            grids: [false, true].map(|screen| Grid::new(most_tiles(view, screen))),
        }
    }

    fn take(&mut self, at: i64, change: Change, who: i64) {
        let person = self.people.entry(who).or_default();
        match change {
            Change::Leaves => {
                person.there = None;
                // What a camera did before is not known of whoever comes back.
                person.camera = None;
            }
            Change::Comes(order) => {
                person.there = Some((at, order));
                person.silent_since = at;
            }
            Change::CameraOff => person.camera = Some(false),
            Change::CameraOn => person.camera = Some(true),
            Change::PicturesCome => self.see(who, Seen::Now(at)),
            Change::PicturesEnd => self.see(who, Seen::Before(at)),
            Change::PictureIsOld => self.see(who, Seen::Nothing),
            Change::FallsSilent => {
                person.speaks = false;
                person.silent_since = at;
            }
            Change::Speaks => person.speaks = true,
        }
        self.seat(at, who);
        match change {
            Change::FallsSilent => self.offer_a_tile(who),
            _ if self.people.get(&who).is_some_and(|person| person.speaks) => self.ask_for_a_tile(who),
            _ => {}
        }
    }

    fn see(&mut self, who: i64, seen: Seen) {
        let person = self.people.entry(who).or_default();
        match person.seen {
            Seen::Nothing => {}
            Seen::Now(at) => {
                self.live.remove(&(at, who));
            }
            Seen::Before(at) => {
                self.fading.remove(&(at, who));
            }
        }
        match seen {
            Seen::Nothing => {}
            Seen::Now(at) => {
                // Pictures tell that a camera is on where no event does.
                person.camera = person.camera.or(Some(true));
                self.live.insert((at, who));
            }
            Seen::Before(at) => {
                self.fading.insert((at, who));
            }
        }
        person.seen = seen;
    }

    /// Lets somebody into the grids or out of them.
    fn seat(&mut self, at: i64, who: i64) {
        let Some(person) = self.people.get_mut(&who) else { return };
        let belongs = match self.view.layout {
            Layout::GalleryView => person.camera == Some(true) || matches!(person.seen, Seen::Now(_)),
            Layout::GalleryViewV2 => true,
            Layout::SpeakerView | Layout::AudioOnly => false,
        };
        match (person.there.filter(|_| belongs), person.rank) {
            (Some((came, order)), None) => {
                let rank = (at, came, order);
                person.rank = Some(rank);
                self.grids.iter_mut().for_each(|grid| grid.enter(rank, who));
            }
            (None, Some(rank)) => {
                person.rank = None;
                self.grids.iter_mut().for_each(|grid| grid.leave(rank, who));
            }
            _ => {}
        }
    }

    fn offer_a_tile(&mut self, silent: i64) {
        let speaks = |who: i64| self.people.get(&who).is_some_and(|person| person.speaks);
        self.grids.iter_mut().for_each(|grid| grid.fall_silent(silent, speaks));
    }

    fn ask_for_a_tile(&mut self, who: i64) {
        let Some(rank) = self.people.get(&who).and_then(|person| person.rank) else { return };
        let people = &self.people;
        let silent_since = |who| people.get(&who).filter(|person| !person.speaks).map(|person| person.silent_since);
        self.grids.iter_mut().for_each(|grid| grid.speak(rank, who, silent_since));
    }

    fn tiles(&mut self) -> Vec<Tile> {
        let [alone, beside] = &self.grids;
        let is_hidden = self.screen.is_some() && self.view.beside_share == BesideShare::Hide;
        match self.view.layout {
            Layout::SpeakerView => {
                let tile = self.speaker();
                self.on = tile.map(|tile| tile.who);
                tile.filter(|_| !is_hidden).into_iter().collect()
            }
            Layout::GalleryView | Layout::GalleryViewV2 if !is_hidden => {
                let grid = if self.screen.is_some() { beside } else { alone };
                grid.tiles().map(|who| Tile { who, shows: self.shown_of(who) }).collect()
            }
            Layout::GalleryView | Layout::GalleryViewV2 | Layout::AudioOnly => Vec::new(),
        }
    }

    /// What a tile of somebody shows.
    fn shown_of(&self, who: i64) -> Shows {
        let person = self.people.get(&who);
        let is_fresh = person.is_some_and(|person| match person.seen {
            Seen::Nothing => false,
            Seen::Now(_) => true,
            Seen::Before(_) => person.camera != Some(false),
        });
        if is_fresh { Shows::Picture } else { Shows::Card }
    }

    /// Whoever has the word while he is seen, or his card if his camera is off; else whoever the platform turned to, else a picture that
    /// is not old yet, else the card of whoever has the word.
    fn speaker(&self) -> Option<Tile> {
        let seen = |who: i64| self.people.get(&who).map_or(Seen::Nothing, |person| person.seen);
        let is_off = |who: i64| self.people.get(&who).is_some_and(|person| person.camera == Some(false));
        let is_live = |who: &i64| matches!(seen(*who), Seen::Now(_));
        let fades = |who: &i64| matches!(seen(*who), Seen::Before(_)) && !is_off(*who);
        let picture = |who: i64| Tile { who, shows: Shows::Picture };
        if let Some(holder) = self.floor {
            if is_live(&holder) {
                return Some(picture(holder));
            }
            if is_off(holder) {
                return Some(Tile { who: holder, shows: Shows::Card });
            }
            // As long as nobody came after his last picture, the platform did not turn to somebody else.
            let was_left = |last: i64| self.live.last().is_some_and(|(began, _)| *began > last);
            if matches!(seen(holder), Seen::Before(last) if !was_left(last)) {
                return Some(picture(holder));
            }
        }
        let newest = |of: &BTreeSet<(i64, i64)>| of.last().map(|(_, who)| *who);
        let received = self.on.filter(is_live).or_else(|| newest(&self.live));
        let fading = || self.floor.filter(fades).or_else(|| newest(&self.fading).filter(fades));
        let card = || self.floor.map(|who| Tile { who, shows: Shows::Card });
        received.or_else(fading).map(picture).or_else(card)
    }
}
