//! How whole the result is: what the timeline declares, and what the render could not use.

use media::{Position, VideoCodec};
use model::LossCause;
use schema::document::{EndQuality, Gap, Grade, PictureOrigin, Quality, Refused, TrackQuality, VideoQuality};
use timeline::{Contradiction, Jump, Substitution, Timeline, VideoTrack};

use crate::{Choice, VideoChoice};

/// What a render could not use, in frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Payloads that could not be read from the log.
    pub unreadable: u64,
    /// Packets of sound that could not be decoded; silence takes their time.
    pub sound: u64,
    /// Pictures that could not be decoded; the picture before them stays.
    pub pictures: u64,
    /// Pictures that could not be shown because no key picture had come before them.
    pub without_key: u64,
}

impl Damage {
    /// All of what was received and is missing from the result.
    pub fn total(&self) -> u64 {
        let undecoded = self.sound.saturating_add(self.pictures).saturating_add(self.without_key);
        self.unreadable.saturating_add(undecoded)
    }
}

/// How the mixed video came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How its picture was made.
    pub choice: Choice,
    /// What could not be used.
    pub damage: Damage,
}

/// Makes the quality report; `mixed` is `None` if no mixed video was asked for.
///
/// A recording is complete if everything that the platform offered is in it: a pause that somebody asked for is declared
/// and takes nothing from that, nor does a kind that the app has no right to.
pub fn quality(timeline: &Timeline, mixed: Option<&Outcome>) -> Quality {
    let counts = timeline.counts;
    let damaged = mixed.map_or(0, |outcome| outcome.damage.total());
    let outside = counts.absurd.saturating_add(counts.early).saturating_add(counts.beyond);
    let dropped = counts.dropped.saturating_add(damaged).saturating_add(outside).saturating_add(counts.unreadable);
    let gaps = timeline.gaps.iter().any(|gap| gap.cause != LossCause::Pause);
    // A log without an end was cut off as surely as one whose end says so.
    let cut_short = timeline.ended.as_ref().is_none_or(|ended| ended.cut_short);
    let missing = gaps || cut_short || timeline.video.damaged > 0;
    let grade = match (timeline.has_media(), missing || dropped > 0) {
        (false, _) => Grade::Failed,
        (true, true) => Grade::Partial,
        (true, false) => Grade::Complete,
    };
    let gap = |gap: &timeline::Gap| Gap {
        track: gap.kind.name().to_owned(),
        start: gap.start,
        end: gap.end,
        cause: gap.cause,
    };
    Quality {
        grade,
        end: timeline.ended.as_ref().map(|ended| EndQuality { code: ended.code.clone(), cut_short: ended.cut_short }),
        video: mixed.map(|outcome| VideoQuality {
            plan: match outcome.choice.video {
                VideoChoice::Copy => PictureOrigin::Copy,
                VideoChoice::Compose => PictureOrigin::Compose,
            },
            reason: outcome.choice.reason.clone(),
        }),
        tracks: tracks(timeline),
        gaps: timeline.gaps.iter().map(gap).collect(),
        refused: timeline.refused.iter().map(refused).collect(),
        duplicates: counts.duplicates.saturating_add(counts.overlapping),
        dropped,
        skipped: counts.skipped.saturating_add(timeline.video.damaged),
        remarks: remarks(timeline),
    }
}

fn refused(refusal: &timeline::Refusal) -> Refused {
    let timeline::Refusal { kind, status, code, reason } = refusal;
    Refused { track: kind.name().to_owned(), status: *status, code: code.clone(), reason: reason.clone() }
}

/// Sentences about what was otherwise than was asked, agreed or to be expected: most of it took nothing from the recording,
/// and of the rest they say why.
fn remarks(timeline: &Timeline) -> Vec<String> {
    let substituted = timeline.substitutions.iter().map(substituted);
    let contradicted = timeline.contradictions.iter().map(contradicted);
    let no_room = Some(timeline.counts.no_room).filter(|frames| *frames > 0).map(not_kept);
    substituted.chain(contradicted).chain(timeline.jumps.iter().map(jumped)).chain(no_room).collect()
}

fn substituted(told: &Substitution) -> String {
    let Substitution { kind, parameter, asked, agreed } = told;
    format!("{kind}: {parameter} {asked} was asked for and the platform agreed to {agreed}, which was taken")
}

fn contradicted(told: &Contradiction) -> String {
    let name = |codec| match codec {
        VideoCodec::H264 => "H.264",
        VideoCodec::Jpeg => "JPEG",
        VideoCodec::Png => "PNG",
    };
    let Contradiction { leg, agreed, found } = *told;
    let (agreed, found) = (name(agreed), name(found));
    format!("{leg}: the platform agreed to {agreed} and sent {found}; the pictures were read as what they are")
}

fn jumped(jump: &Jump) -> String {
    let (by_s, at_s) = (jump.by_ms as f64 / 1000.0, jump.at.seconds());
    format!(
        "the platform's clock jumped by {by_s:+.1} s; what was stamped after that begins at {at_s:.1} s, by the time that \
         passed on this machine"
    )
}

fn not_kept(frames: u64) -> String {
    format!("{frames} pictures were not kept because the disk was nearly full")
}

fn tracks(timeline: &Timeline) -> Vec<TrackQuality> {
    let mut tracks: Vec<TrackQuality> = Vec::new();
    for track in &timeline.audio {
        let name = format!("audio/{}", track.source);
        let frames = track.frames.len() as u64;
        let media_ms = frames.saturating_mul(u64::from(track.format.packet_ms));
        match tracks.last_mut().filter(|last| last.track == name) {
            // A source whose format or clock changed has several tracks in a row.
            Some(last) => {
                last.frames = last.frames.saturating_add(frames);
                last.media_ms = last.media_ms.saturating_add(media_ms);
            }
            None => tracks.push(TrackQuality { track: name, media_ms, frames }),
        }
    }
    if !timeline.video.frames.is_empty() {
        let media_ms = shown_ms(&timeline.video, timeline.end);
        tracks.push(TrackQuality { track: "video".to_owned(), media_ms, frames: timeline.video.frames.len() as u64 });
    }
    if !timeline.share.is_empty() {
        let first = timeline.share.first().map_or(timeline.end, |frame| frame.at);
        let media_ms = u64::try_from(timeline.end.micros_since(first) / 1000).unwrap_or(0);
        tracks.push(TrackQuality { track: "share".to_owned(), media_ms, frames: timeline.share.len() as u64 });
    }
    tracks
}

/// For how long a camera was seen: each picture lasts until the next one, at most 2 s.
fn shown_ms(video: &VideoTrack, end: Position) -> u64 {
    let next = video.frames.iter().skip(1).map(|frame| frame.at).chain([end]);
    let lasting = video
        .frames
        .iter()
        .zip(next)
        .map(|(frame, next)| next.micros_since(frame.at).clamp(0, crate::choice::LONGEST_PICTURE_MICROS));
    u64::try_from(lasting.sum::<i64>() / 1000).unwrap_or(0)
}
