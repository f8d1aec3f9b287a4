//! Whether what is said is heard where the transcript says, by comparing the finished file with the known speech.

use std::path::Path;

use journal::LogDir;
use model::ArtifactKind;
use serde_json::Value;

use crate::log;

/// The rate of the known speech, in samples a millisecond.
const PER_MS: i64 = 16;
/// How far off words may be.
const OFFSET_MS: f64 = 40.0;
/// How far off they are looked for, and in which steps.
const REACH_MS: i64 = 150;
const STEP_SAMPLES: usize = 8;
/// How much of a sentence is compared.
const COMPARED_MS: i64 = 1_000;

/// The transcript that is made of a log.
pub(super) fn transcript(dir: &LogDir) -> Value {
    let timeline = log::read(vec![dir.clone()], log::PATIENT_READS, None, &mut |_| {}).unwrap();
    let meeting = render::Meeting {
        meeting_uuid: "m".to_owned(),
        title: None,
        mixed: None,
        sound: render::SoundOutcome::default(),
        unmade: Vec::new(),
    };
    let documents = render::documents(&timeline, &meeting, ArtifactKind::Transcript);
    let json = documents.iter().find(|document| document.name == "transcript.json").unwrap();
    serde_json::from_slice(&json.bytes).unwrap()
}

/// By how much the sentence that is furthest from where the transcript says is off, in milliseconds; an error if one is further off
/// than may be, or not heard.
pub(super) fn worst_lag_ms(file: &Path, transcript: &Value) -> Result<f64, String> {
    let said = transcript.as_array().unwrap();
    assert!(!said.is_empty(), "the control: somebody said something");
    let mut worst_ms: f64 = 0.0;
    for line in said {
        let word = &line["words"][0];
        let (text, at_ms) = (word["text"].as_str().unwrap(), 1_000.0 * start_s(word));
        let (lag_ms, likeness) = lag_ms(file, text, at_ms as i64);
        if likeness < 0.5 || lag_ms.abs() > OFFSET_MS {
            return Err(format!("{text:?} of {at_ms} ms is heard {lag_ms} ms off, with a likeness of {likeness:.2}"));
        }
        worst_ms = worst_ms.max(lag_ms.abs());
    }
    Ok(worst_ms)
}

/// The transcript with its first words so many seconds later.
pub(super) fn moved(transcript: &Value, by_s: f64) -> Value {
    let mut moved = transcript.clone();
    let word = &mut moved[0]["words"][0];
    word["start_timestamp"]["relative"] = (start_s(word) + by_s).into();
    moved
}

fn start_s(word: &Value) -> f64 {
    word["start_timestamp"]["relative"].as_f64().unwrap()
}

/// How much later than at `at_ms` a sentence is heard best, in milliseconds, and how like the known one that is, at most 1.
fn lag_ms(file: &Path, text: &str, at_ms: i64) -> (f64, f64) {
    let sentence = fixtures::pack().sentences.iter().find(|sentence| sentence.text == text).unwrap();
    let known: Vec<f64> = sentence.sound.samples().into_iter().map(f64::from).collect();
    let known = &known[..known.len().min((COMPARED_MS * PER_MS) as usize)];
    let heard = super::onsets::heard(file, at_ms - REACH_MS, COMPARED_MS + 2 * REACH_MS);
    let energy = |samples: &[f64]| samples.iter().map(|sample| sample * sample).sum::<f64>().sqrt();
    let known_energy = energy(known);
    let likeness = |start: usize| {
        let part = heard.get(start..start + known.len())?;
        let product: f64 = part.iter().zip(known).map(|(one, other)| one * other).sum();
        Some((start as f64 / PER_MS as f64 - REACH_MS as f64, product / (energy(part) * known_energy).max(1.0)))
    };
    let all = (0..heard.len()).step_by(STEP_SAMPLES).map_while(likeness);
    all.max_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or((f64::INFINITY, 0.0))
}
