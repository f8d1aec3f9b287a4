//! Copy or compose: how the picture of the mixed video is made, decided once for the whole file (architecture §1).

use media::{Position, VideoCodec};
use model::{VideoPlan, platform::Leg};
use timeline::{Timeline, VideoTrack};

/// How long the camera may be silent in a copied file, in microseconds.
pub(crate) const LONGEST_PICTURE_MICROS: i64 = 2_000_000;

/// Where the picture of the mixed video comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VideoChoice {
    /// The platform's own H.264, untouched.
    Copy,
    /// Decoded, placed on the canvas and encoded.
    Compose,
}

/// The decision and its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What was decided.
    pub video: VideoChoice,
    /// Why, as a sentence for the quality report.
    pub reason: String,
}

/// Decides how the picture is made.
///
/// `Auto` copies if one file can hold the pictures as they came and nobody has to look at a picture for more than 2 s that
/// no longer is one. `Copy` accepts such gaps, and composes only what no file can hold. Shared screens are not drawn yet
/// and do not count.
pub fn plan(timeline: &Timeline, asked: VideoPlan) -> Choice {
    let compose = |reason: String| Choice { video: VideoChoice::Compose, reason };
    let copy = |reason: &str| Choice { video: VideoChoice::Copy, reason: reason.to_owned() };
    match asked {
        VideoPlan::Compose => compose("composing was asked for".to_owned()),
        VideoPlan::Copy => match obstacle(&timeline.video) {
            Some(obstacle) => compose(format!("copying was asked for, but {obstacle}")),
            None => copy("copying was asked for; where the camera was silent the last picture stays"),
        },
        VideoPlan::Auto => match obstacle(&timeline.video).or_else(|| flaw(timeline)) {
            Some(reason) => compose(reason),
            None => copy("one camera stream of one size without a pause"),
        },
    }
}

/// Why no file can hold the pictures as they came.
pub(crate) fn obstacle(video: &VideoTrack) -> Option<String> {
    if video.frames.iter().any(|frame| frame.codec != VideoCodec::H264) {
        let all = video.frames.iter().all(|frame| frame.codec != VideoCodec::H264);
        return Some(if all { "the pictures are stills" } else { "some pictures are stills" }.to_owned());
    }
    let [format] = video.parameter_sets.as_slice() else {
        return Some(match video.parameter_sets.len() {
            0 => "no camera picture can be decoded".to_owned(),
            several => format!("the pictures have {several} different formats"),
        });
    };
    if video.more_sets {
        return Some("some pictures carry several parameter sets".to_owned());
    }
    if format.reorders {
        return Some("the pictures are not sent in the order in which they are shown".to_owned());
    }
    if !video.frames.iter().any(|frame| frame.idr) {
        return Some("no picture can be decoded by itself".to_owned());
    }
    // A file cannot hold what only prepares its first picture.
    if video.frames.first().is_some_and(|first| first.at < Position::ZERO) {
        return Some("the first picture cannot be decoded by itself".to_owned());
    }
    None
}

/// Why a copy of the pictures would not be a good picture.
fn flaw(timeline: &Timeline) -> Option<String> {
    let frames = &timeline.video.frames;
    if !frames.first().is_some_and(|first| first.idr) {
        return Some("the first picture cannot be decoded by itself".to_owned());
    }
    // A player decodes everything; only after an IDR picture does it need nothing of what is missing or somebody else's.
    let switched = frames.windows(2).find(|pair| matches!(pair, [a, b] if a.source != b.source && !b.idr));
    if let Some([_, blind]) = switched {
        return Some(format!(
            "at {:.1} s the speaker changes without a picture that can be decoded by itself",
            blind.at.seconds()
        ));
    }
    let cuts = timeline.gaps.iter().filter(|gap| gap.kind == Leg::Video);
    let mut after_cuts = cuts.filter_map(|gap| frames.get(frames.partition_point(|frame| frame.at < gap.end)));
    if let Some(blind) = after_cuts.find(|frame| !frame.idr) {
        return Some(format!("what follows the missing pictures at {:.1} s needs them", blind.at.seconds()));
    }
    let mut last = Position::ZERO;
    for at in frames.iter().map(|frame| frame.at).chain([timeline.end]) {
        let silent_micros = at.micros_since(last);
        if silent_micros > LONGEST_PICTURE_MICROS {
            let silent_s = silent_micros as f64 / 1e6;
            return Some(format!("no camera picture for {silent_s:.1} s at {:.1} s", last.seconds()));
        }
        last = at;
    }
    None
}
