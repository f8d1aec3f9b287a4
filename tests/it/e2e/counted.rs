//! Every packet of sound is where it belongs in the finished file, also where a microphone was closed for a while and where
//! connections were lost: what was kept for us is heard late by nobody.

use fixtures::{Options, Script};

use super::{
    holes,
    stage::{self, Played},
};
use crate::judge::{self, Judged};

/// One camera, and one voice that counts.
const COUNTING: &str = "scenario staged\nduration 16s\n0s join ada\n0s camera ada flash\n0s count ada\n";

/// Plays a meeting in which one voice counts, with more lines of script, and judges its file.
fn play(lines: &str) -> (Played, Judged) {
    let script = Script::parse(&format!("{COUNTING}{lines}")).unwrap();
    let options = Options { script: Some(script), ..Options::default() };
    let (runtime, simulator, daemon) = stage::set_up(options, &["127.0.0.1"]);
    let played = stage::finish(daemon, runtime.block_on(simulator.run()));
    let judged = judge::assert_whole_but_for_gaps(&played);
    (played, judged)
}

#[test]
fn sound_goes_on_at_its_time_behind_a_microphone_that_was_closed() {
    let (played, judged) = play("4s mute ada\n7s unmute ada\n10s mute ada\n10520ms unmute ada\n");
    let quality = played.json("quality.json");
    assert_eq!(quality["grade"], "complete");
    let muted = quality["gaps"].as_array().unwrap().iter().map(|gap| {
        assert_eq!(
            (&gap["cause"], gap["track"].as_str().unwrap().starts_with("audio/")),
            (&"muted".into(), true),
            "{gap}"
        );
        [&gap["start"], &gap["end"]].map(|second| (second.as_f64().unwrap() * 1000.0).round() as i64)
    });
    assert_eq!(muted.collect::<Vec<_>>(), [[4_000, 7_000], [10_000, 10_520]], "one gap each");
    // Three seconds and a half second are silent, up to the margins.
    assert!((130..=176).contains(&judged.sound.silent), "{judged:?}");
    assert!(judged.sound.packets >= 550, "{judged:?}");
}

#[test]
fn sound_that_was_kept_for_us_while_connections_were_lost_is_where_it_belongs() {
    let (played, judged) = play("5s drop audio 1006\n8s drop all rst\n11s drop signaling 1006\n");
    let lost = holes::declared(&played);
    assert!(lost.iter().all(|hole| hole.track == "video"), "{lost:?}");
    assert!(judged.sound.packets >= 740, "{judged:?}");
    assert_eq!(judged.sound.silent, 0, "{judged:?}");
}
