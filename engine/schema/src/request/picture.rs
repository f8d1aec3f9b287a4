//! The keys that say how the picture of a mixed video is made, which a `recording_config` and an edition share.

use model::{BesideShare, Edition, Layout, VideoPlan};
use serde_json::{Map, Value};

use super::field;
use crate::error::FieldErrors;

/// Reads them from `object`, which lies at `path` of the request; whatever is absent is the default. The excerpt is the whole.
pub(super) fn parse(object: &Map<String, Value>, path: &[&str], errors: &mut FieldErrors) -> Edition {
    let mut word = |key: &str, words: &[&'static str]| {
        field::one_of(object, &[path, &[key]].concat(), words, errors).unwrap_or_default()
    };
    let plan = word("video_mixed_plan", &VideoPlan::ALL.map(VideoPlan::name));
    let layout = word("video_mixed_layout", &Layout::ALL.map(Layout::name));
    let beside_share = word("video_mixed_participant_video_when_screenshare", &BesideShare::ALL.map(BesideShare::name));
    Edition {
        plan: VideoPlan::ALL.into_iter().find(|known| known.name() == plan).unwrap_or_default(),
        layout: Layout::ALL.into_iter().find(|known| known.name() == layout).unwrap_or_default(),
        beside_share: BesideShare::ALL.into_iter().find(|known| known.name() == beside_share).unwrap_or_default(),
        ..Edition::default()
    }
}
