//! The platform's pictures as they came: repackaged, never decoded. Where no picture came the last one stays.

use bytes::Bytes;
use media::Position;
use mp4::{VIDEO_TIMESCALE_HZ, VideoConfig};
use timeline::Timeline;
use video::h264::to_length_prefixed;

use super::{
    growing::{GrowingFile, SAMPLE_LIMIT_BYTES},
    joined::joined,
    lane::Lane,
};
use crate::{Damage, Payloads, RenderError, choice::obstacle, stretch::LONGEST_PICTURE_MICROS};

/// A first picture this close to second 0 is shown from second 0 on: players and tools that do not understand a track
/// that begins later then still show everything at its time, and both tracks are as long as the meeting.
const NEAR_START_MICROS: i64 = LONGEST_PICTURE_MICROS;

/// Copies pictures.
#[derive(Debug)]
pub(crate) struct Copying {
    next: usize,
    start: Position,
    begun: bool,
    config: VideoConfig,
    lane: Lane,
}

impl Copying {
    pub(crate) fn new(timeline: &Timeline, damage: &mut Damage) -> Result<Self, RenderError> {
        let video = &timeline.video;
        if let Some(reason) = obstacle(video) {
            return Err(RenderError::CannotCopy { reason });
        }
        let cannot = || RenderError::CannotCopy { reason: "no picture can be decoded by itself".to_owned() };
        let next = video.frames.iter().position(|frame| frame.idr).ok_or_else(cannot)?;
        let first = video.frames.get(next).ok_or_else(cannot)?;
        let format = video.format_of(first).ok_or_else(cannot)?;
        damage.without_key += next as u64;
        let start = if first.at.micros() <= NEAR_START_MICROS { Position::ZERO } else { first.at };
        let config = VideoConfig { width: format.width, height: format.height, avcc: format.sets.avcc() };
        Ok(Self { next, start, begun: false, config, lane: Lane::default() })
    }

    /// Whether what was copied of the pictures before `until` is what would be copied of them as they are known by now, and can be.
    pub(crate) fn agrees(&self, old: &Timeline, new: &Timeline, until: Position) -> bool {
        let (old, new) = (&old.video, &new.video);
        // Until it has begun the picture that it begins with counts as well.
        let known = self.next + usize::from(!self.begun);
        new.begins_like(old, known) && new.frames.get(known).is_none_or(|next| next.at >= until)
    }

    pub(crate) fn config(&self) -> VideoConfig {
        self.config.clone()
    }

    pub(crate) fn start(&self) -> Position {
        self.start
    }

    /// Adds the pictures before `until`.
    pub(crate) fn advance(
        &mut self,
        timeline: &Timeline,
        until: Position,
        payloads: &mut dyn Payloads,
        damage: &mut Damage,
        file: &mut GrowingFile,
    ) {
        while let Some(frame) = timeline.video.frames.get(self.next).filter(|frame| frame.at < until) {
            self.next += 1;
            let Ok(annexb) = joined(&timeline.video, frame, payloads) else {
                damage.unreadable += 1;
                continue;
            };
            let mut sample = Vec::new();
            if annexb.len() <= SAMPLE_LIMIT_BYTES {
                to_length_prefixed(&annexb, &mut sample);
            }
            if sample.is_empty() {
                damage.pictures += 1;
                continue;
            }
            // The track begins with its first sample, wherever that one lay.
            let at = if self.begun { frame.at.max(self.start) } else { self.start };
            self.begun = true;
            self.lane.put(file, Bytes::from(sample), at.ticks(VIDEO_TIMESCALE_HZ), frame.idr);
        }
    }

    /// Ends the track.
    pub(crate) fn finish(&mut self, end: Position, file: &mut GrowingFile) {
        self.lane.release(file, end.ticks(VIDEO_TIMESCALE_HZ));
    }
}
