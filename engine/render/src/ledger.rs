//! The account of each track: what of the recording's time it fills, what is missing, and when there was nothing to send. The
//! three together are the whole, to the millisecond. What else the report says is in `quality`.

use media::Position;
use model::{LossCause, platform::Leg};
use schema::document::TrackQuality;
use timeline::{Gap, Timeline, VideoTrack};

use crate::{
    cast::screens,
    stretch::{LONGEST_PICTURE_MICROS, Stretch, joined, length, outside},
};

/// A source of sound: its number, when it was heard, and in how many packets.
pub(crate) type Source = (i64, Vec<Stretch>, u64);

/// Every source of sound, in the order of their numbers.
pub(crate) fn sources(timeline: &Timeline) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for track in &timeline.audio {
        let heard = track.spurts().map(|spurt| (spurt.start.micros(), spurt.end.micros()));
        // A source whose format or clock changed has several tracks in a row.
        if sources.last().is_none_or(|(source, ..)| *source != track.source) {
            sources.push((track.source, Vec::new(), 0));
        }
        if let Some((_, stretches, frames)) = sources.last_mut() {
            stretches.extend(heard);
            *frames = frames.saturating_add(track.frames.len() as u64);
        }
    }
    sources
}

/// The account of every track that has media; sources of sound in the order of their numbers.
pub(crate) fn tracks(timeline: &Timeline) -> Vec<TrackQuality> {
    let missing = missing_of_sound(timeline);
    let mut tracks: Vec<TrackQuality> = Vec::new();
    for (source, heard, frames) in sources(timeline) {
        // While one voice is lost another may be there.
        let heard = joined(heard, timeline.end);
        let lost = outside(&missing, &heard);
        tracks.push(account(format!("audio/{source}"), timeline.end, length(&heard), lost, frames));
    }
    let pictures = [
        ("video", Leg::Video, shown(&timeline.video, timeline.end), timeline.video.frames.len()),
        ("share", Leg::Share, shared(timeline), timeline.share.frames.len()),
    ];
    for (name, kind, shown, frames) in pictures {
        if frames > 0 {
            // The last picture before a gap may stay, and is not what was to be seen.
            let missing = missing_of(timeline, kind);
            let seen = outside(&joined(shown, timeline.end), &missing);
            tracks.push(account(name.to_owned(), timeline.end, seen, length(&missing), frames as u64));
        }
    }
    tracks
}

/// For how long something was missing of any kind, in milliseconds, for one cause.
pub(crate) fn gap_ms(gaps: &[Gap], cause: LossCause, end: Position) -> u64 {
    let of_cause = gaps.iter().filter(|gap| gap.cause == cause);
    millis(length(&joined(of_cause.map(|gap| (gap.start.micros(), gap.end.micros())).collect(), end)))
}

fn account(track: String, end: Position, media: i64, missing: i64, frames: u64) -> TrackQuality {
    let (media_ms, missing_ms) = (millis(media), millis(missing));
    let muted_ms = millis(end.micros()).saturating_sub(media_ms).saturating_sub(missing_ms);
    TrackQuality { track, media_ms, missing_ms, muted_ms, frames }
}

/// When sound could not be received.
pub(crate) fn missing_of_sound(timeline: &Timeline) -> Vec<Stretch> {
    missing_of(timeline, Leg::Audio)
}

fn missing_of(timeline: &Timeline, kind: Leg) -> Vec<Stretch> {
    let gaps = timeline.gaps.iter().filter(|gap| gap.kind == kind);
    joined(gaps.map(|gap| (gap.start.micros(), gap.end.micros())).collect(), timeline.end)
}

/// When a camera was seen: each picture lasts until the next one, at most 2 s.
fn shown(video: &VideoTrack, end: Position) -> Vec<Stretch> {
    let next = video.frames.iter().skip(1).map(|frame| frame.at).chain([end]);
    let lasts = |(from, to): (i64, i64)| (from, to.min(from.saturating_add(LONGEST_PICTURE_MICROS)));
    video.frames.iter().zip(next).map(|(frame, next)| lasts((frame.at.micros(), next.micros()))).collect()
}

/// When a screen was to be seen.
fn shared(timeline: &Timeline) -> Vec<Stretch> {
    let screens = screens(timeline);
    let until = screens.iter().skip(1).map(|(at, _)| *at).chain([timeline.end]);
    let each = screens.iter().zip(until).filter(|((_, on), _)| on.is_some());
    each.map(|((from, _), to)| (from.micros(), to.micros())).collect()
}

fn millis(micros: i64) -> u64 {
    u64::try_from(micros / 1_000).unwrap_or(0)
}
