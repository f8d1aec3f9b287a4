//! The pictures of a part of a stream: copied from the log, black, or made by `printer`. Which of them is decided in `live`; what is known
//! of the log, and what is heard, is the business of `reel`.

use std::collections::BTreeMap;

use bytes::Bytes;
use live::{Cutter, Look, Passage, Shot, VideoConfig};
use media::{Position, VideoCodec};
use model::CaptureId;
use render::{Black, Damage, Payloads};
use timeline::{VideoFrame, VideoTrack};

use super::printer::{Bench, Printer, Wanted, Way};
use crate::StudioError;

/// How far before a segment decoding may have to begin for it, in milliseconds; where the last key picture lies further back, it is black.
const RUN_UP_MS: i64 = 120_000;

/// A picture as it is packed: from when until when it is shown, and whether decoding can begin with it.
pub(super) type Shown = (Bytes, Position, Position, bool);

/// What pictures are made of.
pub(super) struct Material<'a> {
    pub(super) cutter: &'a Cutter,
    /// What was sent, since [`Pictures::since`] at least.
    pub(super) track: &'a VideoTrack,
    pub(super) payloads: &'a mut dyn Payloads,
    /// What could not be used.
    pub(super) damage: &'a mut Damage,
}

/// The pictures of one stream.
pub(super) struct Pictures {
    settings: render::Settings,
    printer: Printer,
    /// What is shown in the place of pictures, by their size; of no size where nobody is seen.
    blanks: BTreeMap<Option<(u32, u32)>, Black>,
}

impl Pictures {
    pub(super) fn new(capture: CaptureId, settings: render::Settings, bench: Bench) -> Self {
        Self { settings, printer: Printer::new(capture, bench), blanks: BTreeMap::new() }
    }

    /// Lets go of what nobody needs any more.
    pub(super) fn rest(&mut self) {
        self.printer.rest();
    }

    /// How pictures of a look are to be decoded.
    pub(super) fn config(&mut self, look: &Look) -> Result<VideoConfig, StudioError> {
        Ok(match *look {
            Look::Black => self.blank(None)?.config.clone(),
            Look::Made { width, height } => self.blank(Some((width, height)))?.config.clone(),
            Look::Copied { width, height, ref avcc } => VideoConfig { width, height, avcc: avcc.clone() },
        })
    }

    /// From where on it has to be known what was sent, for a passage of that segment, and where the last key picture before that lies.
    pub(super) fn since(&self, cutter: &Cutter, segment: u64, passage: &Passage<'_>) -> (Position, Position) {
        let at = |place: usize| cutter.shots().get(place).map_or(passage.start, |shot| shot.at.min(passage.start));
        let way = self.way_to(cutter, segment, passage);
        way.map_or((passage.start, passage.start), |way| (at(way.start), at(way.key())))
    }

    /// Decodes on towards a passage for a moment; whether it is as near as that.
    pub(super) fn approach(&mut self, material: Material<'_>, segment: u64, passage: &Passage<'_>) -> bool {
        let Some(way) = self.way_to(material.cutter, segment, passage) else { return true };
        self.printer.approach(way, &mut reading(material))
    }

    /// What is seen in a passage of that segment, the how many-eth part of it.
    pub(super) fn shown(
        &mut self,
        material: Material<'_>,
        (segment, part): (u64, u32),
        passage: &Passage<'_>,
    ) -> Result<Vec<Shown>, StudioError> {
        // Two that follow each other differ; a segment without copied pictures has seven parts.
        let turn = usize::from((segment * 7 + u64::from(part)) % 2 == 1);
        match *passage.look {
            Look::Black => {
                let black = self.blank(None)?.pictures.get(turn);
                Ok(black.map(|black| (black.clone(), passage.start, passage.end, true)).into_iter().collect())
            }
            Look::Copied { .. } => Ok(copied(material, &passage.shots)),
            Look::Made { width, height } => {
                let is_first = |n: usize| part == 0 && n == 0;
                if let Some(made) = self.made(material, segment, passage) {
                    let shown = (0..).zip(made).zip(&passage.shots);
                    return Ok(shown.map(|((n, made), (shot, until))| (made, shot.at, *until, is_first(n))).collect());
                }
                self.printer.spoil(segment);
                let black = self.blank(Some((width, height)))?.pictures.get(turn);
                let shots = passage.shots.first().zip(passage.shots.last());
                let shown = black.zip(shots).map(|(black, (first, last))| (black.clone(), first.0.at, last.1, true));
                Ok(shown.into_iter().collect())
            }
        }
    }

    /// The pictures of a passage, encoded anew; `None` if they cannot be had.
    fn made(&mut self, material: Material<'_>, segment: u64, passage: &Passage<'_>) -> Option<Vec<Bytes>> {
        if passage.shots.is_empty() {
            return Some(Vec::new());
        }
        let way = self.way_to(material.cutter, segment, passage)?;
        let made = self.printer.go(way, &mut reading(material))?;
        Some(made.iter().map(|picture| live::sample(picture)).collect())
    }

    /// How the pictures of a passage can be had; `None` if they are not to be made, or cannot be.
    fn way_to(&self, cutter: &Cutter, segment: u64, passage: &Passage<'_>) -> Option<Way> {
        let &Look::Made { width, height } = passage.look else { return None };
        let first = cutter.part(segment, 0)?.first_shot;
        let (from, until) = (passage.first_shot, passage.first_shot + passage.shots.len());
        let key = cutter.key_before(first)?;
        let way = self.printer.way_to(Wanted { segment, size: (width, height), key, first, from, until })?;
        let (start, first) = (cutter.shots().get(way.start)?.at, cutter.shots().get(first)?.at);
        (first.micros_since(start) <= RUN_UP_MS * 1_000).then_some(way)
    }

    fn blank(&mut self, size: Option<(u32, u32)>) -> Result<&Black, StudioError> {
        let blank = match (self.blanks.remove(&size), size) {
            (Some(blank), _) => blank,
            (None, None) => Black::new(self.settings)?,
            (None, Some((width, height))) => {
                let (pictures, config) = live::unexposed(width, height).map_err(render::RenderError::from)?;
                Black { pictures, config }
            }
        };
        Ok(self.blanks.entry(size).or_insert(blank))
    }
}

fn copied(material: Material<'_>, shots: &[(Shot, Position)]) -> Vec<Shown> {
    let Material { track, payloads, damage, .. } = material;
    let mut pictures = Vec::with_capacity(shots.len());
    for (shot, until) in shots {
        let payload = taken(track, shot).and_then(|frame| render::picture_as_it_came(track, frame, payloads, damage));
        pictures.extend(payload.map(|payload| (payload, shot.at, *until, shot.is_key)));
    }
    pictures
}

/// Reads what came at a place, for a decoder.
fn reading<'a>(material: Material<'a>) -> impl FnMut(usize) -> (VideoCodec, Bytes) + 'a {
    let Material { cutter, track, payloads, damage } = material;
    move |place| {
        let frame = cutter.shots().get(place).and_then(|shot| taken(track, shot));
        let payload = frame.and_then(|frame| render::picture_to_decode(track, frame, payloads, damage));
        (frame.map_or(VideoCodec::H264, |frame| frame.codec), payload.unwrap_or_default())
    }
}

/// What was taken for a picture that is shown.
fn taken<'a>(track: &'a VideoTrack, shot: &Shot) -> Option<&'a VideoFrame> {
    let near = track.frames.partition_point(|frame| frame.at < shot.at.plus_ms(-1));
    track.frames.iter().skip(near).find(|frame| frame.locator == shot.locator)
}
