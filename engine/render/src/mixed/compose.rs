//! Pictures of our own: a canvas of fixed size, encoded whenever something on it changed. What is on it is drawn by `stage`.

use media::Position;
use mp4::{VIDEO_TIMESCALE_HZ, VideoConfig};
use picture::{Canvas, EncoderConfig, H264Encoder};
use timeline::Timeline;
use video::h264::{ParameterSets, to_length_prefixed};

use super::{
    Settings,
    growing::GrowingFile,
    lane::Lane,
    stage::{Moment, Stage},
    work::Work,
};
use crate::{Damage, Payloads, RenderError, View};

/// A key picture at least this often, in seconds, so that a viewer can jump.
const KEY_INTERVAL_S: u64 = 2;
/// A picture that does not change is encoded again only this often, in seconds.
const STILL_INTERVAL_S: u64 = 1;

/// Draws and encodes.
pub(crate) struct Composing {
    stage: Stage,
    canvas: Canvas,
    encoder: H264Encoder,
    settings: Settings,
    /// The next moment of the grid.
    tick: u64,
    encoded: u64,
    encoded_tick: Option<u64>,
    key_tick: Option<u64>,
    lane: Lane,
}

impl Composing {
    pub(crate) fn new(
        timeline: &Timeline,
        view: View,
        settings: Settings,
        damage: &mut Damage,
    ) -> Result<Self, RenderError> {
        let fps = settings.fps.clamp(1, 60);
        let encoder = H264Encoder::new(EncoderConfig {
            width: settings.canvas_width,
            height: settings.canvas_height,
            fps_num: fps,
            fps_den: 1,
            preset: settings.preset,
            crf: settings.crf,
            max_bitrate_bps: Some(settings.video_bitrate_bps),
            keyframe_interval_frames: fps * KEY_INTERVAL_S as u32,
            immediate: false,
        })?;
        Ok(Self {
            stage: Stage::new(timeline, view, damage),
            canvas: Canvas::new(settings.canvas_width, settings.canvas_height)?,
            encoder,
            settings: Settings { fps, ..settings },
            tick: 0,
            encoded: 0,
            encoded_tick: None,
            key_tick: None,
            lane: Lane::default(),
        })
    }

    /// The same as it is known by now, if what was drawn is what would be drawn of that.
    pub(crate) fn grown(self, old: &Timeline, new: &Timeline, damage: &mut Damage) -> Option<Self> {
        let drawn = self.tick.checked_sub(1).map(|last| self.moment_of(last).before);
        Some(Self { stage: self.stage.grown(old, new, drawn, damage)?, ..self })
    }

    pub(crate) fn config(&self) -> VideoConfig {
        let (sps, pps) = self.encoder.parameter_sets();
        VideoConfig {
            width: self.canvas.width(),
            height: self.canvas.height(),
            avcc: ParameterSets { sps, pps }.avcc(),
        }
    }

    /// Adds the pictures before `until`.
    pub(crate) fn advance(
        &mut self,
        timeline: &Timeline,
        until: Position,
        payloads: &mut dyn Payloads,
        damage: &mut Damage,
        file: &mut GrowingFile,
    ) -> Result<(), RenderError> {
        loop {
            let moment = self.moment_of(self.tick);
            if moment.at >= until {
                return self.drain(file);
            }
            let changed = self.stage.draw(timeline, moment, payloads, damage, &mut self.canvas)?;
            let fps = u64::from(self.settings.fps);
            let due = |since: Option<u64>, interval_s| since.is_none_or(|since| self.tick - since >= interval_s * fps);
            if changed || due(self.encoded_tick, STILL_INTERVAL_S) {
                let key = due(self.key_tick, KEY_INTERVAL_S);
                self.encoder.encode(&self.canvas, self.tick, key)?;
                self.encoded += 1;
                self.encoded_tick = Some(self.tick);
                if key {
                    self.key_tick = Some(self.tick);
                }
            }
            self.tick += 1;
        }
    }

    /// How far a picture was drawn from its place so far, at most, in microseconds.
    pub(crate) fn shift_micros(&self) -> u64 {
        self.stage.shift_micros()
    }

    /// What was done so far.
    pub(crate) fn work(&self) -> Work {
        Work { encoded: self.encoded, ..self.stage.work() }
    }

    /// Ends the track.
    pub(crate) fn finish(&mut self, end: Position, file: &mut GrowingFile) -> Result<(), RenderError> {
        self.encoder.finish()?;
        self.drain(file)?;
        self.lane.release(file, end.ticks(VIDEO_TIMESCALE_HZ));
        Ok(())
    }

    fn drain(&mut self, file: &mut GrowingFile) -> Result<(), RenderError> {
        while let Some(picture) = self.encoder.poll() {
            let mut sample = Vec::new();
            to_length_prefixed(&picture.payload, &mut sample);
            let at = self.place_of(picture.frame_index);
            self.lane.put(file, sample.into(), at.ticks(VIDEO_TIMESCALE_HZ), picture.key);
        }
        Ok(())
    }

    /// The moment of the grid that is nearest to a picture shows it, so that it is never late by a whole one.
    fn moment_of(&self, tick: u64) -> Moment {
        let at = self.place_of(tick);
        let half_micros = 500_000 / i64::from(self.settings.fps);
        Moment { at, before: Position::from_micros(at.micros().saturating_add(half_micros)) }
    }

    /// Where a moment of the grid lies.
    fn place_of(&self, tick: u64) -> Position {
        let micros = u128::from(tick) * 1_000_000 / u128::from(self.settings.fps);
        Position::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}
