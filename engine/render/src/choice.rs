//! Copy or compose: how the picture of the mixed video is made, decided once for the whole file (architecture §1).

use media::{Position, VideoCodec};
use model::{Layout, VideoPlan, platform::Leg};
use serde::{Deserialize, Serialize};
use timeline::{Timeline, VideoTrack};

use crate::{View, cast::screens, stretch::LONGEST_PICTURE_MICROS};

/// Where the picture of the mixed video comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VideoChoice {
    /// The platform's own H.264, untouched.
    Copy,
    /// Decoded, placed on the canvas and encoded.
    Compose,
}

/// The decision and its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What was decided.
    pub video: VideoChoice,
    /// What a composed picture shows.
    pub view: View,
    /// Why, as a sentence for the quality report.
    pub reason: String,
}

/// Decides how the picture is made.
///
/// `Auto` copies if the platform's pictures are the view that was asked for: the speaker's, with no screen to draw; if one file can
/// hold them as they came; and if nobody has to look at a picture for more than 2 s that no longer is one. `Copy` accepts all that
/// such a file lacks, says what it is, and composes only what no file can hold.
pub fn plan(timeline: &Timeline, asked: VideoPlan, view: View) -> Choice {
    let compose = |reason: String| Choice { video: VideoChoice::Compose, view, reason };
    let copy = |reason: String| Choice { video: VideoChoice::Copy, view, reason };
    match asked {
        VideoPlan::Compose => compose("composing was asked for".to_owned()),
        VideoPlan::Copy => match obstacle(&timeline.video) {
            Some(obstacle) => compose(format!("copying was asked for, but {obstacle}")),
            None => copy(format!(
                "copying was asked for; where the camera was silent the last picture stays{}",
                left_out(timeline, view)
            )),
        },
        VideoPlan::Auto => {
            let more_than_copied = other_layout(view).or_else(|| screen_to_draw(timeline));
            match more_than_copied.or_else(|| obstacle(&timeline.video)).or_else(|| flaw(timeline)) {
                Some(reason) => compose(reason),
                None => copy("one camera stream of one size without a pause".to_owned()),
            }
        }
    }
}

/// Why the platform's pictures are not what the layout shows.
fn other_layout(view: View) -> Option<String> {
    let shows = match view.layout {
        Layout::SpeakerView => return None,
        Layout::GalleryView => "everybody whose camera is on",
        Layout::GalleryViewV2 => "everybody",
        Layout::AudioOnly => "nobody",
    };
    Some(format!("the layout {} shows {shows}, and the platform sends the speaker", view.layout.name()))
}

/// That there is a screen, whose pictures are none of the cameras'.
fn screen_to_draw(timeline: &Timeline) -> Option<String> {
    let (from, _) = *screens(timeline).first()?;
    Some(format!("a screen is shared at {:.1} s", from.seconds()))
}

/// What a copy lacks of the view, to go on with a sentence.
fn left_out(timeline: &Timeline, view: View) -> String {
    let lacks = [other_layout(view), screen_to_draw(timeline).filter(|_| view.layout != Layout::AudioOnly)];
    lacks.into_iter().flatten().map(|reason| format!("; left out: {reason}")).collect()
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
