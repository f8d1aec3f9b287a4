//! Judges a finished recording by the file alone: each picture carries a number, so does each packet of sound, and a beep
//! sounds at each full second. What they tell is held against what was sent and what the quality report declares.
//!
//! Only for the plan `flash-beep`, and one camera and one voice that count. How sound is heard is in `packets`. The capture log
//! is judged in `e2e::holes` and `e2e::ledger`.

pub(crate) mod packets;

use fixtures::{
    VideoRun,
    counter::{self, Placement},
};

use crate::e2e::{media, stage::Played};

/// How far a picture or a beep may be from where it belongs (fault matrix I9 is 40 ms; the 99th in a hundred up to 80 ms).
const OFFSET_S: f64 = 0.04;
/// How near to a declared gap nothing is judged: a picture, and a packet of sound with the codec's memory.
const MARGIN_S: f64 = 0.12;
/// The step in which beeps are looked for, in samples: 5 ms.
const STEP: usize = 80;
/// What amplitude only a beep has: it has 0.49, the two tones of a number 0.12 together.
pub(crate) const BEEP: f32 = 0.25;

/// What was seen and heard.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Judged {
    /// How many pictures were read.
    pub(crate) pictures: usize,
    /// What was heard of the packets of sound.
    pub(crate) sound: packets::Heard,
    /// How many beeps were found where they belong.
    pub(crate) beeps: usize,
    /// The largest distance between a beep and the flash of its second, in milliseconds.
    pub(crate) worst_offset_ms: f64,
}

/// Asserts that the file shows and sounds what was sent wherever no gap is declared.
pub(crate) fn assert_whole_but_for_gaps(played: &Played) -> Judged {
    let file = played.file("video_mixed.mp4");
    media::assert_streams(&file, played.seconds());
    media::assert_decodes(&file);
    media::assert_symphonia_reads(&file);
    let pictures = pictures(played);
    let heard = media::heard(&file);
    let sound = sound(played, &heard);
    let (beeps, worst_offset_ms) = beeps(played, &heard);
    Judged { pictures, sound, beeps, worst_offset_ms }
}

/// Holds every packet of sound that is not near a declared gap against the one that was sent for its time.
fn sound(played: &Played, heard: &[f32]) -> packets::Heard {
    let mut gaps = gaps(played, "audio");
    // Where a microphone is opened or closed, codecs remember what was before.
    gaps.extend(sounded(played).into_iter().flat_map(|(from, to)| [(from, from), (to, to)]));
    let is_excused = |at_ms: i64| is_excused(&gaps, at_ms as f64 / 1000.0, played.seconds());
    let belonging = packets::belonging(played.meeting(), played.second_0_ms(), is_excused);
    packets::hold(heard, &belonging).unwrap_or_else(|fault| panic!("{fault}{gaps:?}"))
}

/// When sound was sent, in seconds from second 0.
fn sounded(played: &Played) -> Vec<(f64, f64)> {
    let second = |at_ms: i64| (at_ms - played.second_0_ms()) as f64 / 1000.0;
    played.meeting().sound_runs.iter().map(|run| (second(run.first_ms), second(run.end_ms))).collect()
}

/// The declared gaps of a track, in seconds.
fn gaps(played: &Played, track: &str) -> Vec<(f64, f64)> {
    let quality = played.json("quality.json");
    let of_track = quality["gaps"].as_array().unwrap().iter().filter(|gap| gap["track"] == track);
    of_track.map(|gap| (gap["start"].as_f64().unwrap(), gap["end"].as_f64().unwrap())).collect()
}

/// Whether a moment is near or in a gap, or so near to an end of the file that nothing can be said of it.
fn is_excused(gaps: &[(f64, f64)], at: f64, seconds: f64) -> bool {
    let is_in = |(from, to): &(f64, f64)| (from - MARGIN_S..to + MARGIN_S).contains(&at);
    at < MARGIN_S || at > seconds - 2.0 * MARGIN_S || gaps.iter().any(is_in)
}

fn pictures(played: &Played) -> usize {
    let file = played.file("video_mixed.mp4");
    let probed = media::probe(&file);
    let video = probed["streams"].as_array().unwrap().iter().find(|stream| stream["codec_type"] == "video").unwrap();
    let (width, height) = (video["width"].as_u64().unwrap() as u32, video["height"].as_u64().unwrap() as u32);
    let runs = &played.meeting().video_runs;
    let run = runs.first().expect("there is a camera");
    let camera = fixtures::pack().camera(&run.clip).unwrap();
    let placement = Placement::letterboxed(camera.width, camera.height, width, height);
    let start_of = |run: &VideoRun| (run.first_ms - played.second_0_ms()) as f64 / 1000.0;
    let gaps = gaps(played, "video");
    let (mut judged, mut wrong) = (0, Vec::new());
    media::each_viewed(&file, width as usize, height as usize, |at, picture| {
        if is_excused(&gaps, at, played.seconds()) {
            return;
        }
        judged += 1;
        // Outages part it into runs.
        let run = runs.iter().rev().find(|run| start_of(run) <= at).unwrap_or(run);
        let index = run.first_index as i64 + ((at - start_of(run)) / OFFSET_S).round() as i64;
        let allowed = [index - 1, index, index + 1].map(|index| index.rem_euclid(camera.frames.len() as i64) as u16);
        let shown = counter::read_placed(picture, width as usize, placement);
        if !shown.is_some_and(|shown| allowed.contains(&shown)) {
            wrong.push(format!("at {at:.2} s {shown:?} is shown, not one of {allowed:?}"));
        }
    });
    assert!(wrong.is_empty(), "lost and not declared: {wrong:#?}\n{gaps:?}");
    judged
}

/// Finds a beep at each full second that was sent and that no gap covers; how many there were, and how far they were from it at
/// most, in milliseconds. That the picture of that second is shown then is judged by its number.
fn beeps(played: &Played, heard: &[f32]) -> (usize, f64) {
    let (gaps, sounded) = (gaps(played, "audio"), sounded(played));
    // Right behind a gap a decoder that lacks what came before may be louder than what was sent.
    let is_judged = |from: usize| !is_excused(&gaps, from as f64 / f64::from(packets::RATE_HZ), played.seconds());
    let is_loud = |from: usize| heard[from..(from + STEP).min(heard.len())].iter().any(|sample| sample.abs() > BEEP);
    let loud = |from: usize| is_judged(from) && is_loud(from);
    let begins = |at: &usize| loud(*at) && !(at.saturating_sub(4_000)..*at).step_by(STEP).any(loud);
    let beeps: Vec<f64> = (STEP..heard.len().saturating_sub(STEP))
        .step_by(STEP)
        .filter(begins)
        .map(|at| at as f64 / f64::from(packets::RATE_HZ))
        .collect();
    let was_sent = |at: f64| sounded.iter().any(|(from, to)| (*from..*to).contains(&at));
    // Beeps sound at full seconds of the meeting.
    let ahead = (played.second_0_ms() - played.meeting().first_packet_ms) as f64 / 1000.0;
    let (mut found, mut worst) = (0, 0.0_f64);
    for second in 1..played.seconds() as usize {
        let second = second as f64 - ahead;
        if !was_sent(second) || !was_sent(second + MARGIN_S) {
            continue;
        }
        // The beep itself must lie outside of gaps.
        if is_excused(&gaps, second, played.seconds()) || is_excused(&gaps, second + MARGIN_S, played.seconds()) {
            continue;
        }
        let nearest = beeps.iter().map(|beep| (beep - second).abs()).fold(f64::INFINITY, f64::min);
        assert!(nearest <= OFFSET_S, "no beep at {second:.2} s: {beeps:?}\n{gaps:?}");
        worst = worst.max(nearest);
        found += 1;
    }
    (found, worst * 1000.0)
}
