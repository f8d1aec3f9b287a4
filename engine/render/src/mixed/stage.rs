//! Whose picture is on at a moment: decodes the camera stream as far as that moment needs.

use std::collections::VecDeque;

use bytes::Bytes;
use media::{Position, VideoCodec};
use model::platform::Leg;
use picture::{H264Decoder, Picture, decode_still};
use timeline::{Timeline, VideoFrame, VideoTrack};

use super::joined::joined;
use crate::{Damage, Payloads, RenderError, choice::LONGEST_PICTURE_MICROS};

const START_CODE: &[u8] = &[0, 0, 0, 1];
/// How many decoded pictures a stream may hold back (H.264 §A.4).
const MOST_HELD_BACK: usize = 16;

/// Decodes the camera stream in order.
///
/// Whenever the stream is no longer the one that the decoder knows (another speaker or codec, something missing, damage),
/// the decoder is reset and waits for a key picture; meanwhile the picture before stays, for at most 2 s.
pub(crate) struct Stage {
    next: usize,
    decoder: H264Decoder,
    /// Whose pictures the decoder knows, and how they are coded.
    source: Option<(i64, VideoCodec)>,
    /// Where the last picture lay that the decoder took.
    fed: Position,
    needs_key: bool,
    /// Whether the decoder was given the parameter sets since it was reset.
    sets: Option<u16>,
    /// The places of pictures that the decoder holds back.
    due: VecDeque<Position>,
    shown: Option<(Position, Picture)>,
}

impl Stage {
    pub(crate) fn new() -> Result<Self, RenderError> {
        Ok(Self {
            next: 0,
            decoder: H264Decoder::new()?,
            source: None,
            fed: Position::ZERO,
            needs_key: true,
            sets: None,
            due: VecDeque::new(),
            shown: None,
        })
    }

    /// The latest picture that lies before `before` and not more than 2 s before `at`, with its place.
    pub(crate) fn picture(
        &mut self,
        timeline: &Timeline,
        at: Position,
        before: Position,
        payloads: &mut dyn Payloads,
        damage: &mut Damage,
    ) -> Option<&(Position, Picture)> {
        while let Some(frame) = timeline.video.frames.get(self.next).filter(|frame| frame.at < before) {
            self.next += 1;
            let source = Some((frame.source, frame.codec));
            if self.source != source || is_cut(timeline, self.fed, frame.at) {
                self.reset();
                self.source = source;
            }
            self.fed = frame.at;
            if self.needs_key && !frame.key {
                damage.without_key += 1;
                continue;
            }
            match joined(&timeline.video, frame, payloads) {
                Ok(payload) => self.decode(&timeline.video, frame, &payload, damage),
                Err(_) => {
                    damage.unreadable += 1;
                    self.reset();
                }
            }
        }
        self.shown = self.shown.take().filter(|(from, _)| at.micros_since(*from) <= LONGEST_PICTURE_MICROS);
        self.shown.as_ref()
    }

    fn decode(&mut self, track: &VideoTrack, frame: &VideoFrame, payload: &Bytes, damage: &mut Damage) {
        let decoded = match frame.codec {
            VideoCodec::H264 => {
                if self.due.len() == MOST_HELD_BACK {
                    self.due.pop_front();
                }
                self.due.push_back(frame.at);
                match self.with_sets(track, frame, payload) {
                    Some(whole) => self.decoder.decode(&whole),
                    None => self.decoder.decode(payload),
                }
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
                damage.pictures += 1;
                self.reset();
            }
        }
    }

    /// The access unit with its parameter sets before it, where the decoder may not have seen them.
    fn with_sets(&mut self, track: &VideoTrack, frame: &VideoFrame, payload: &Bytes) -> Option<Vec<u8>> {
        if self.sets == Some(frame.sets) {
            return None;
        }
        self.sets = Some(frame.sets);
        let sets = &track.format_of(frame)?.sets;
        Some([START_CODE, &sets.sps, START_CODE, &sets.pps, payload.as_ref()].concat())
    }

    fn reset(&mut self) {
        self.decoder.reset();
        self.due.clear();
        self.sets = None;
        self.needs_key = true;
    }
}

/// Whether pictures are declared missing between two places.
fn is_cut(timeline: &Timeline, from: Position, to: Position) -> bool {
    let gaps = timeline.gaps.iter().take_while(|gap| gap.start < to);
    gaps.into_iter().any(|gap| gap.kind == Leg::Video && gap.end > from)
}
