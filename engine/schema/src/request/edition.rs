//! The body of `POST /api/v1/recording/{id}/editions/`, our own addition.

use std::collections::BTreeSet;

use model::{Edition, Excerpt, ParticipantId};
use serde_json::{Map, Value};

use super::{field, picture};
use crate::{
    error::{FieldErrors, Rejection},
    time::ms_of_text,
};

/// The most people who can be left out.
const MOST_LEFT_OUT: usize = 1_000;
/// The longest place in a recording that is understood, in seconds: a year.
const LONGEST_S: f64 = 366.0 * 24.0 * 3_600.0;

/// Reads a request body. Unknown keys are ignored, and an empty object is the video once more as it was asked for by nobody:
/// speaker view of the whole.
///
/// # Errors
/// [`Rejection::Malformed`] if the body is not JSON, [`Rejection::Fields`] with everything that is wrong.
pub fn edition(body: &[u8]) -> Result<Edition, Rejection> {
    let body = field::object(body)?;
    let mut errors = FieldErrors::new();
    let picture = picture::parse(&body, &[], &mut errors);
    let from_ms = place(&body, "from", &mut errors).unwrap_or(0);
    let to_ms = place(&body, "to", &mut errors);
    if to_ms.is_some_and(|to_ms| to_ms <= from_ms) {
        errors.add(&["to"], "This must lie after `from`.");
    }
    let without = left_out(body.get("without"), &mut errors);
    let edition = Edition { excerpt: Excerpt { from_ms, to_ms, without }, ..picture };
    errors.or(edition).map_err(Rejection::from)
}

/// A place in the recording in milliseconds: a number of seconds, or a text such as `00:10:00`.
fn place(body: &Map<String, Value>, key: &str, errors: &mut FieldErrors) -> Option<u64> {
    let ms = match body.get(key) {
        None | Some(Value::Null) => return None,
        Some(Value::String(text)) => ms_of_text(text),
        Some(value) => {
            let seconds = value.as_f64().filter(|seconds| (0.0..=LONGEST_S).contains(seconds));
            seconds.map(|seconds| (seconds * 1_000.0).round() as u64)
        }
    };
    if ms.is_none() {
        errors.add(&[key], "This must be seconds from the beginning of the recording, or a text such as \"00:10:00\".");
    }
    ms
}

fn left_out(value: Option<&Value>, errors: &mut FieldErrors) -> BTreeSet<ParticipantId> {
    let people = match value {
        None | Some(Value::Null) => return BTreeSet::new(),
        Some(Value::Array(people)) if people.len() <= MOST_LEFT_OUT => people,
        Some(Value::Array(_)) => {
            errors.add(&["without"], format!("Ensure this list has no more than {MOST_LEFT_OUT} elements."));
            return BTreeSet::new();
        }
        Some(_) => {
            errors.add(&["without"], "Expected a list of participants' numbers.");
            return BTreeSet::new();
        }
    };
    let known: BTreeSet<ParticipantId> = people.iter().filter_map(Value::as_i64).map(ParticipantId).collect();
    if !people.iter().all(Value::is_i64) {
        errors.add(&["without"], "Each element must be a participant's number, as in participants.json.");
    }
    known
}

#[cfg(test)]
mod tests {
    use model::{BesideShare, Layout, VideoPlan};
    use serde_json::json;

    use super::*;

    fn parsed(body: &Value) -> Result<Edition, Rejection> {
        edition(body.to_string().as_bytes())
    }

    #[test]
    fn an_edition_says_what_differs() {
        let asked = json!({
            "video_mixed_layout": "gallery_view", "video_mixed_participant_video_when_screenshare": "beside",
            "video_mixed_plan": "compose", "from": "00:10:00", "to": 1200.5, "without": [16_778_240, 7, 7],
        });
        let excerpt = Excerpt {
            from_ms: 600_000,
            to_ms: Some(1_200_500),
            without: BTreeSet::from([ParticipantId(7), ParticipantId(16_778_240)]),
        };
        let edition = Edition {
            plan: VideoPlan::Compose,
            layout: Layout::GalleryView,
            beside_share: BesideShare::Beside,
            excerpt,
        };
        assert_eq!(parsed(&asked), Ok(edition));
        assert_eq!(parsed(&json!({})), Ok(Edition::default()));
        assert_eq!(parsed(&json!({"from": null, "without": null, "later": 1})), Ok(Edition::default()));
    }

    #[test]
    fn each_field_that_is_wrong_is_named() {
        for (field, value) in [
            ("video_mixed_layout", json!("mosaic")),
            ("video_mixed_plan", json!(1)),
            ("from", json!(-1)),
            ("from", json!("10:61")),
            ("from", json!(1e12)),
            ("to", json!(0)),
            ("to", json!(true)),
            ("without", json!("ada")),
            ("without", json!(["ada"])),
            ("without", json!(vec![1; 1_001])),
        ] {
            let Err(Rejection::Fields(errors)) = parsed(&json!({ field: value })) else { panic!("{field} {value}") };
            let named = serde_json::to_value(&errors).unwrap();
            assert_eq!(
                named.as_object().map(|of| of.keys().collect::<Vec<_>>()),
                Some(vec![&field.to_owned()]),
                "{value}"
            );
        }
        assert!(matches!(edition(b"{"), Err(Rejection::Malformed(_))));
        assert!(matches!(edition(b"[]"), Err(Rejection::Fields(_))));
    }

    #[test]
    fn places_are_read_as_people_write_them() {
        let read =
            [("90", 90_000), ("1:30", 90_000), ("00:10:00", 600_000), ("100:00:00.5", 360_000_500), ("0.25", 250)];
        for (text, ms) in read {
            assert_eq!(ms_of_text(text), Some(ms), "{text}");
        }
        for wrong in ["", ":", "1:", "-1", "1:60", "1:2:3:4", "1.2345", "1.", ".5", " 1", "9999999999", "99999:00:00"] {
            assert_eq!(ms_of_text(wrong), None, "{wrong}");
        }
    }
}
