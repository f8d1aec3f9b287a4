//! Where the platform did not do as it was asked: kinds that it refused, parameters that it replaced, pictures that are not
//! what it agreed to. How long something was missing because of that is in `outage`.

use std::ops::RangeInclusive;

use media::VideoCodec;
use model::{Control, platform::Leg};

use crate::place::Placed;

/// The codes of a refusal with which the platform says that it has nothing of the kind for the app
/// (`docs/reference/capture-log.md`). What we refuse ourselves, such as an address, is none of them.
const WITHHELD: [&str; 6] = [
    "zoom_rtms_not_offered",
    "zoom_rtms_audio_not_allowed",
    "zoom_rtms_video_not_allowed",
    "zoom_rtms_share_not_allowed",
    "zoom_rtms_transcript_not_allowed",
    "zoom_rtms_chat_not_allowed",
];
/// The same as the platform's status numbers, for logs that have no codes.
const WITHHELD_STATUS: RangeInclusive<i64> = 9..=13;
/// How the reason ends in such a log where the platform gave no number.
const WITHHELD_REASON: &str = "the app may lack the scope";

/// A kind of media or text that the platform refused, or that did not come back until it was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which, by the leg that carries it.
    pub kind: Leg,
    /// The platform's status number, where there was one.
    pub status: Option<i64>,
    /// Why, as a stable code, where the log has one.
    pub code: Option<String>,
    /// Why, in words.
    pub reason: String,
}

/// A parameter that the platform replaced; what came was taken as what was agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substitution {
    /// Of which kind, by the leg that carries it.
    pub kind: Leg,
    /// The platform's name for the parameter.
    pub parameter: String,
    /// The platform's number for what was asked.
    pub asked: i64,
    /// The platform's number for what was agreed.
    pub agreed: i64,
}

/// Pictures that were coded otherwise than agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// On which connection.
    pub leg: Leg,
    /// What was agreed.
    pub agreed: VideoCodec,
    /// What was found.
    pub found: VideoCodec,
}

/// Whether a kind was refused because the app has no right to it: then the platform offered none, and nothing of what it
/// offered is missing. Sound and pictures count as missing all the same, because whoever does not want them can say so.
pub(crate) fn is_withheld(kind: Leg, status: Option<i64>, code: Option<&str>, reason: &str) -> bool {
    let has_no_right = match (code, status) {
        (Some(code), _) => WITHHELD.contains(&code),
        (None, Some(status)) => WITHHELD_STATUS.contains(&status),
        (None, None) => reason.ends_with(WITHHELD_REASON),
    };
    has_no_right && !matches!(kind, Leg::Audio | Leg::Video)
}

/// Everything that was refused, in the order of the log, each once.
pub(crate) fn refusals(controls: &[Placed<Control>]) -> Vec<Refusal> {
    once(controls.iter().filter_map(|control| match &control.what {
        Control::LegRefused { leg, status, code, reason } => {
            Some(Refusal { kind: *leg, status: *status, code: code.clone(), reason: reason.clone() })
        }
        _ => None,
    }))
}

/// Everything that was replaced, in the order of the log, each once.
pub(crate) fn substitutions(controls: &[Placed<Control>]) -> Vec<Substitution> {
    once(controls.iter().filter_map(|control| match &control.what {
        Control::Substituted { leg, parameter, asked, agreed } => {
            Some(Substitution { kind: *leg, parameter: parameter.clone(), asked: *asked, agreed: *agreed })
        }
        _ => None,
    }))
}

/// What was coded otherwise than agreed, in the order of the log, each once.
pub(crate) fn contradictions(controls: &[Placed<Control>]) -> Vec<Contradiction> {
    once(controls.iter().filter_map(|control| match control.what {
        Control::Contradicted { leg, agreed, found } => Some(Contradiction { leg, agreed, found }),
        _ => None,
    }))
}

/// How many different disagreements of one sort are told.
const MOST_TOLD: usize = 64;

fn once<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut told = Vec::new();
    for one in all {
        if told.len() < MOST_TOLD && !told.contains(&one) {
            told.push(one);
        }
    }
    told
}
