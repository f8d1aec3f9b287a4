//! Draws the scenes: on the canvas is what the scene of the moment says, and only what changed is drawn again.
//!
//! Who is on is decided in `cast`, where in `layout`; pictures are decoded in `feed`, cards are drawn in `card`.

use std::{collections::BTreeMap, iter::Peekable};

use media::Position;
use model::{ParticipantId, platform::Leg};
use picture::{Canvas, Rect};
use schema::document::Attendance;
use timeline::Timeline;

use super::{
    card::Cards,
    feed::{Feed, Source},
    shown::Shown,
    work::Work,
};
use crate::{
    Damage, Payloads, RenderError, View,
    cast::{Scene, Scenes, Shows, Strand, Tile, begin_alike, scenes, strands, track},
    documents::proceedings,
    layout::places,
    stretch::LONGEST_PICTURE_MICROS,
};

/// How many sources that are not on the canvas keep their decoders, so that who comes back soon costs nothing twice.
const MOST_RESTING: usize = 4;

/// A source of pictures: a camera or a screen, and whose.
type Who = (Leg, i64);

/// Everything that is on the canvas, and whoever may come on.
pub(super) struct Stage {
    view: View,
    cameras: BTreeMap<i64, Strand>,
    screens: BTreeMap<i64, Strand>,
    /// What comes next, in the order of time.
    scenes: Peekable<Scenes>,
    /// From the lowest to the highest.
    items: Vec<Item>,
    feeds: BTreeMap<Who, Feed>,
    /// Sources that are not on the canvas and still have a feed; who left last comes last.
    resting: Vec<Who>,
    attendance: Attendance,
    cards: Cards,
    shown: Shown,
    /// How many pictures can never be shown.
    unseen: u64,
    work: Work,
    /// How far a picture was drawn from its place, at most.
    shift_micros: u64,
}

/// One thing on the canvas.
#[derive(Clone, Copy, Debug)]
struct Item {
    area: Rect,
    source: Who,
    /// Whether a picture is to be seen, and no card.
    pictures: bool,
    /// What is drawn there; `None` if that is nothing of this item.
    drawn: Option<Face>,
}

/// What an item looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Face {
    /// The picture that lies there.
    Picture(Position),
    /// A card with one of the names that were shown, or with none.
    Card(Option<usize>),
    Black,
}

/// A moment of the canvas: shown is what lies before `before`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) at: Position,
    pub(super) before: Position,
}

impl Stage {
    /// Reckons who is on when, and counts the pictures that can never be shown.
    pub(super) fn new(timeline: &Timeline, view: View, damage: &mut Damage) -> Self {
        let (cameras, screens) = (strands(timeline, Leg::Video), strands(timeline, Leg::Share));
        let unseen = unseen(&cameras, &screens);
        damage.without_key += unseen;
        Self {
            view,
            scenes: scenes(timeline, view, &cameras).peekable(),
            cameras,
            screens,
            items: Vec::new(),
            feeds: BTreeMap::new(),
            resting: Vec::new(),
            attendance: proceedings(timeline, None).attendance,
            cards: Cards::default(),
            shown: Shown::default(),
            unseen,
            work: Work::default(),
            shift_micros: 0,
        }
    }

    /// The same of a meeting of which more is known by now, if everything that was drawn up to a moment is what would be drawn of
    /// that; `drawn` is what that moment shows of, or `None` if nothing was drawn.
    pub(super) fn grown(
        self,
        old: &Timeline,
        new: &Timeline,
        drawn: Option<Position>,
        damage: &mut Damage,
    ) -> Option<Self> {
        let attendance = proceedings(new, None).attendance;
        let (cameras, screens) = (strands(new, Leg::Video), strands(new, Leg::Share));
        let mut scenes = scenes(new, self.view, &cameras).peekable();
        if let Some(before) = drawn {
            let is_same_track =
                |kind, olds, news| begin_alike(before, (track(old, kind), olds), (track(new, kind), news));
            let drawn = std::iter::from_fn(|| scenes.next_if(|next| next.start < before));
            let is_same = is_same_track(Leg::Video, &self.cameras, &cameras)
                && is_same_track(Leg::Share, &self.screens, &screens)
                && self.shown.are_scenes(drawn)
                && self.shown.are_names(&attendance);
            if !is_same {
                return None;
            }
        }
        let unseen = unseen(&cameras, &screens);
        damage.without_key = damage.without_key.saturating_sub(self.unseen).saturating_add(unseen);
        Some(Self { cameras, screens, scenes, attendance, unseen, ..self })
    }

    /// What was done so far.
    pub(super) fn work(&self) -> Work {
        self.work
    }

    /// How far a picture was drawn from its place so far, at most, in microseconds.
    pub(super) fn shift_micros(&self) -> u64 {
        self.shift_micros
    }

    /// Draws what is to be seen at a moment, which is not before the one before; answers whether anything changed.
    pub(super) fn draw(
        &mut self,
        timeline: &Timeline,
        moment: Moment,
        payloads: &mut dyn Payloads,
        damage: &mut Damage,
        canvas: &mut Canvas,
    ) -> Result<bool, RenderError> {
        let mut changed = self.follow(timeline, moment, canvas);
        let mut redrawn: Vec<Rect> = Vec::new();
        for index in 0..self.items.len() {
            let Some(item) = self.items.get(index).copied() else { continue };
            let face = self.face(timeline, &item, moment, payloads, damage)?;
            if item.drawn == Some(face) && !redrawn.iter().any(|area| area.overlaps(item.area)) {
                continue;
            }
            self.paint(&item, face, canvas, damage)?;
            if let (Some(Face::Picture(_)), Face::Picture(place)) = (item.drawn, face) {
                self.shift_micros = self.shift_micros.max(moment.at.micros().abs_diff(place.micros()));
            }
            redrawn.push(item.area);
            self.items[index].drawn = Some(face);
            changed = true;
        }
        Ok(changed)
    }

    /// Changes to the scene of the moment; answers whether the canvas was cleared.
    fn follow(&mut self, timeline: &Timeline, moment: Moment, canvas: &mut Canvas) -> bool {
        let mut on = None;
        while let Some(scene) = self.scenes.next_if(|next| next.start < moment.before) {
            self.shown.scene(&scene);
            on = Some(scene);
        }
        let Some(scene) = on else { return false };
        let items = items(&scene, self.view, (canvas.width(), canvas.height()));
        let is_same_place =
            self.items.len() == items.len() && self.items.iter().zip(&items).all(|(old, new)| old.area == new.area);
        let mut before = std::mem::replace(&mut self.items, items);
        if is_same_place {
            for (new, old) in self.items.iter_mut().zip(&before) {
                new.drawn = old.drawn.filter(|_| old.source == new.source);
            }
        } else {
            canvas.clear();
        }
        let is_on = |items: &[Item], source: Who| items.iter().any(|item| item.source == source && item.pictures);
        before.retain(|old| old.pictures && !is_on(&self.items, old.source));
        self.resting.extend(before.iter().map(|old| old.source));
        let coming: Vec<Who> = self.items.iter().filter(|item| item.pictures).map(|item| item.source).collect();
        for source in coming {
            self.resting.retain(|resting| *resting != source);
            if let Some(strand) = strand(&self.cameras, &self.screens, source) {
                self.feeds.entry(source).or_default().enter(track(timeline, source.0), strand, moment.before);
            }
        }
        let too_many = self.resting.len().saturating_sub(MOST_RESTING);
        for source in self.resting.drain(..too_many) {
            self.feeds.remove(&source);
        }
        self.work.most_feeds = self.work.most_feeds.max(self.feeds.len());
        !is_same_place
    }

    /// What an item looks like at a moment.
    fn face(
        &mut self,
        timeline: &Timeline,
        item: &Item,
        moment: Moment,
        payloads: &mut dyn Payloads,
        damage: &mut Damage,
    ) -> Result<Face, RenderError> {
        let (kind, who) = item.source;
        if item.pictures
            && let Some(from) = self.picture(timeline, item.source, moment, payloads, damage)?
        {
            return Ok(Face::Picture(from));
        }
        if kind != Leg::Video {
            return Ok(Face::Black);
        }
        // A number may be another person's after a while.
        let at = timeline.origin.plus_ms(moment.at.ms());
        let name = self.attendance.index(ParticipantId(who), at).and_then(|who| self.attendance.name(who));
        Ok(Face::Card(self.shown.card(who, at, name)))
    }

    /// Where the picture of a source lies that is to be seen at a moment, if there is one.
    fn picture(
        &mut self,
        timeline: &Timeline,
        source: Who,
        moment: Moment,
        payloads: &mut dyn Payloads,
        damage: &mut Damage,
    ) -> Result<Option<Position>, RenderError> {
        let strand = strand(&self.cameras, &self.screens, source);
        let (Some(feed), Some(strand)) = (self.feeds.get_mut(&source), strand) else { return Ok(None) };
        let track = track(timeline, source.0);
        let mut pictures = Source { track, strand, payloads, damage, work: &mut self.work };
        let shown = feed.picture(&mut pictures, moment.before)?.map(|(from, _)| *from);
        let is_fresh = |from: Position| moment.at.micros_since(from) <= LONGEST_PICTURE_MICROS;
        Ok(shown.filter(|from| source.0 != Leg::Video || is_fresh(*from)))
    }

    fn paint(&mut self, item: &Item, face: Face, canvas: &mut Canvas, damage: &mut Damage) -> Result<(), RenderError> {
        match face {
            Face::Black => canvas.clear_area(item.area),
            Face::Card(name) => {
                self.cards.draw(canvas, name.and_then(|name| self.shown.name(name)), item.area)?;
                self.work.cards += 1;
            }
            Face::Picture(_) => {
                let Some((_, picture)) = self.feeds.get(&item.source).and_then(Feed::shown) else { return Ok(()) };
                let drawn = match item.source.0 {
                    Leg::Share => canvas.draw_screen(picture, item.area),
                    _ => canvas.draw_fitted(picture, item.area),
                };
                // A picture of a shape that cannot be scaled is as good as damaged.
                if drawn.is_err() {
                    damage.pictures += 1;
                    canvas.clear_area(item.area);
                }
                self.work.drawn += 1;
            }
        }
        Ok(())
    }
}

/// How many pictures can never be shown.
fn unseen(cameras: &BTreeMap<i64, Strand>, screens: &BTreeMap<i64, Strand>) -> u64 {
    cameras.values().chain(screens.values()).flatten().filter(|strip| !strip.shows).count() as u64
}

fn strand<'a>(
    cameras: &'a BTreeMap<i64, Strand>,
    screens: &'a BTreeMap<i64, Strand>,
    (kind, source): Who,
) -> Option<&'a Strand> {
    if kind == Leg::Share { screens.get(&source) } else { cameras.get(&source) }
}

/// What a scene puts on a canvas, from the lowest to the highest.
fn items(scene: &Scene, view: View, canvas: (u32, u32)) -> Vec<Item> {
    let places = places(view, canvas, scene.screen.is_some(), scene.tiles.len());
    let screen = scene.screen.zip(places.screen).map(|(source, area)| Item {
        area,
        source: (Leg::Share, source),
        pictures: true,
        drawn: None,
    });
    let tile = |(tile, area): (&Tile, Rect)| Item {
        area,
        source: (Leg::Video, tile.who),
        pictures: tile.shows == Shows::Picture,
        drawn: None,
    };
    screen.into_iter().chain(scene.tiles.iter().zip(places.tiles).map(tile)).collect()
}
