//! A timeline that is written down directly: who comes, speaks, is seen and shares. All times are milliseconds.

use media::{Position, SourceTime, VideoCodec};
use model::{
    BesideShare, Event, EventBody, Layout, Locator, LossCause, Participant, ParticipantId, Turn, platform::Leg,
};
use timeline::{Builder, Gap, Timeline, VideoFrame};

use crate::{
    View,
    cast::{Shows, scenes, strands},
};

pub(super) struct Script {
    pub(super) timeline: Timeline,
}

/// What a scene shows: where it begins, whose screen, and whose tiles; a tile with a card is negative.
pub(super) type Shown = (i64, Option<i64>, Vec<i64>);

impl Script {
    pub(super) fn new(end: i64) -> Self {
        let mut timeline = Builder::new().build();
        timeline.origin = SourceTime::from_unix_ms(1_767_225_600_000);
        timeline.end = Position::from_ms(end);
        Self { timeline }
    }

    pub(super) fn event(mut self, at: i64, body: EventBody) -> Self {
        self.timeline.events.push(Event { at: self.timeline.origin.plus_ms(at), body });
        self.timeline.events.sort_by_key(|event| event.at);
        self
    }

    pub(super) fn joins(self, at: i64, who: i64) -> Self {
        let participant = Participant { id: ParticipantId(who), name: None };
        self.event(at, EventBody::Joined { participant })
    }

    pub(super) fn leaves(self, at: i64, who: i64) -> Self {
        self.event(at, EventBody::Left { id: ParticipantId(who) })
    }

    pub(super) fn camera(self, at: i64, who: i64, on: bool) -> Self {
        let id = ParticipantId(who);
        self.event(at, if on { EventBody::VideoOn { id } } else { EventBody::VideoOff { id } })
    }

    pub(super) fn named(self, at: i64, who: i64) -> Self {
        self.event(at, EventBody::ActiveSpeaker { id: ParticipantId(who) })
    }

    pub(super) fn speaks(mut self, who: i64, start: i64, end: i64) -> Self {
        let (start, end) = (Position::from_ms(start), Position::from_ms(end));
        self.timeline.speech.push(Turn { who: ParticipantId(who), start, end });
        self.timeline.speech.sort_by_key(|turn| turn.start);
        self
    }

    /// Pictures of 25 a second, the first of which is a key picture.
    pub(super) fn films(self, who: i64, from: i64, to: i64) -> Self {
        let at = (from..to).step_by(40);
        at.fold(self, |script, at| script.picture(Leg::Video, who, at, at == from))
    }

    pub(super) fn picture(mut self, kind: Leg, who: i64, at: i64, key: bool) -> Self {
        let track = if kind == Leg::Share { &mut self.timeline.share } else { &mut self.timeline.video };
        track.frames.push(VideoFrame {
            at: Position::from_ms(at),
            source: who,
            codec: VideoCodec::H264,
            key,
            idr: key,
            sets: 0,
            locator: Locator { segment: 1, offset: 0, len: 1 },
        });
        track.frames.sort_by_key(|frame| frame.at);
        self
    }

    /// A slide.
    pub(super) fn slide(self, who: i64, at: i64) -> Self {
        self.picture(Leg::Share, who, at, true)
    }

    pub(super) fn sharing(self, at: i64, who: i64, on: bool) -> Self {
        let id = ParticipantId(who);
        self.event(at, if on { EventBody::ShareOn { id } } else { EventBody::ShareOff { id: Some(id) } })
    }

    pub(super) fn gap(mut self, kind: Leg, start: i64, end: i64) -> Self {
        let (start, end) = (Position::from_ms(start), Position::from_ms(end));
        self.timeline.gaps.push(Gap { kind, start, end, cause: LossCause::Network });
        self
    }

    pub(super) fn shown(&self, layout: Layout, beside_share: BesideShare) -> Vec<Shown> {
        let cameras = strands(&self.timeline, Leg::Video);
        let scenes = scenes(&self.timeline, View { layout, beside_share }, &cameras);
        let tile = |tile: &crate::cast::Tile| if tile.shows == Shows::Card { -tile.who } else { tile.who };
        scenes.map(|scene| (scene.start.ms(), scene.screen, scene.tiles.iter().map(tile).collect())).collect()
    }

    /// The tiles of the speaker view, none of which is beside a screen.
    pub(super) fn speaker(&self) -> Vec<(i64, Vec<i64>)> {
        self.alone(Layout::SpeakerView)
    }

    pub(super) fn alone(&self, layout: Layout) -> Vec<(i64, Vec<i64>)> {
        let shown = self.shown(layout, BesideShare::Overlap).into_iter();
        shown.map(|(at, screen, tiles)| (at, screen.map_or(tiles, |screen| panic!("{screen} is shared")))).collect()
    }
}
