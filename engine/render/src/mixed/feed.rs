//! The pictures of one source, decoded as far as they are wanted. Where they are drawn is decided in `stage`.

use std::collections::VecDeque;

use bytes::Bytes;
use media::{Position, VideoCodec};
use picture::{H264Decoder, Picture, PictureError, decode_still};
use timeline::{VideoFrame, VideoTrack};

use super::{joined::joined, work::Work};
use crate::{
    Damage, Payloads,
    cast::{Strip, frame_of},
};

const START_CODE: &[u8] = &[0, 0, 0, 1];
/// How many decoded pictures a stream may hold back (H.264 §A.4).
const MOST_HELD_BACK: usize = 16;

/// Decodes the pictures of one source in order, and shows the latest.
///
/// Whenever the stream is no longer the one that the decoder knows, or damaged, it is reset and waits for a key picture; meanwhile
/// the picture before stays.
#[derive(Default)]
pub(super) struct Feed {
    /// The next picture in the source's strand.
    next: usize,
    /// Only a source that sends H.264 needs one.
    decoder: Option<H264Decoder>,
    needs_key: bool,
    /// The parameter sets that the decoder was given since it was reset.
    sets: Option<u16>,
    /// The places of pictures that the decoder holds back.
    due: VecDeque<Position>,
    shown: Option<(Position, Picture)>,
}

/// Where the pictures of a source are, and what counts what becomes of them.
pub(super) struct Source<'a> {
    pub(super) track: &'a VideoTrack,
    pub(super) strand: &'a [Strip],
    pub(super) payloads: &'a mut dyn Payloads,
    pub(super) damage: &'a mut Damage,
    pub(super) work: &'a mut Work,
}

impl Feed {
    /// Goes to where decoding has to begin so that what lies before `before` can be shown: the last key picture, unless that was
    /// decoded already.
    pub(super) fn enter(&mut self, track: &VideoTrack, strand: &[Strip], before: Position) {
        let is_before = |strip: &Strip| frame_of(track, *strip).is_some_and(|frame| frame.at < before);
        let reached = strand.partition_point(is_before);
        let is_key = |strip: &Strip| frame_of(track, *strip).is_some_and(|frame| frame.key);
        let key = strand.iter().take(reached).rposition(is_key);
        if let Some(key) = key.filter(|key| *key > self.next) {
            self.next = key;
            self.reset();
        }
    }

    /// The latest picture that lies before `before`, with its place.
    pub(super) fn picture(
        &mut self,
        source: &mut Source<'_>,
        before: Position,
    ) -> Result<Option<&(Position, Picture)>, PictureError> {
        let track = source.track;
        while let Some(strip) = source.strand.get(self.next) {
            let Some(frame) = frame_of(track, *strip).filter(|frame| frame.at < before) else { break };
            self.next += 1;
            if strip.cut {
                self.reset();
            }
            if !strip.shows {
                continue;
            }
            if self.needs_key && !frame.key {
                source.damage.without_key += 1;
                continue;
            }
            match joined(track, frame, source.payloads) {
                Ok(payload) => self.decode(frame, &payload, source)?,
                Err(_) => {
                    source.damage.unreadable += 1;
                    self.reset();
                }
            }
        }
        Ok(self.shown.as_ref())
    }

    /// What it answered last.
    pub(super) fn shown(&self) -> Option<&(Position, Picture)> {
        self.shown.as_ref()
    }

    fn decode(&mut self, frame: &VideoFrame, payload: &Bytes, source: &mut Source<'_>) -> Result<(), PictureError> {
        source.work.decoded += 1;
        let decoded = match frame.codec {
            VideoCodec::H264 => {
                if self.due.len() == MOST_HELD_BACK {
                    self.due.pop_front();
                }
                self.due.push_back(frame.at);
                let whole = self.with_sets(source.track, frame, payload);
                let decoder = match &mut self.decoder {
                    Some(decoder) => decoder,
                    none => none.insert(H264Decoder::new()?),
                };
                decoder.decode(whole.as_deref().unwrap_or(payload))
            }
            still => {
                self.due.clear();
                self.due.push_back(frame.at);
                decode_still(still, payload).map(Some)
            }
        };
        match decoded {
            Ok(Some(picture)) => {
                self.needs_key = false;
                let at = self.due.pop_front().unwrap_or(frame.at);
                self.shown = Some((at, picture));
            }
            Ok(None) => self.needs_key = false,
            Err(_) => {
                source.damage.pictures += 1;
                self.reset();
            }
        }
        Ok(())
    }

    /// The access unit with its parameter sets before it, where the decoder may not have seen them.
    fn with_sets(&mut self, track: &VideoTrack, frame: &VideoFrame, payload: &Bytes) -> Option<Vec<u8>> {
        if self.sets == Some(frame.sets) {
            return None;
        }
        self.sets = Some(frame.sets);
        with_sets(track, frame, payload)
    }

    fn reset(&mut self) {
        if let Some(decoder) = &mut self.decoder {
            decoder.reset();
        }
        self.due.clear();
        self.sets = None;
        self.needs_key = true;
    }
}

/// An access unit with its parameter sets before it; `None` if none are known.
pub(crate) fn with_sets(track: &VideoTrack, frame: &VideoFrame, payload: &Bytes) -> Option<Vec<u8>> {
    let sets = &track.format_of(frame)?.sets;
    Some([START_CODE, &sets.sps, START_CODE, &sets.pps, payload.as_ref()].concat())
}
