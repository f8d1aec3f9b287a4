//! Hundreds of faults of the network at random times in one capture (fault matrix C1 to C3): nothing is lost that could be
//! delivered late, exactly what is missing is declared, and the recording plays. `HANSARD_SEED` asks for other times.

use std::{
    fmt::Write as _,
    io::Write as _,
    time::{Duration, Instant},
};

use fixtures::{Options, Script, Simulator};

use super::{
    accounts, faults,
    holes::{self, Hole},
    ledger, media,
    stage::{self, Played},
};
use crate::{cable::Loose, dice::Dice};

/// How many connections are cut in one capture.
const CUTS: usize = 200;

/// Prints what a run found, for reports.
fn tell(dice: &Dice, trials: usize, what: &str) {
    let _ = writeln!(std::io::stderr(), "seed {}: {trials} cuts, {what}", dice.seed());
}

fn assert_plays(played: &Played) {
    let file = played.file("video_mixed.mp4");
    media::assert_streams(&file, played.seconds());
    media::assert_decodes(&file);
}

/// Cut by Zoom's side, which waits until what it wrote was read: what is missing is known to the byte.
#[test]
fn two_hundred_cuts_at_random_times_cost_pictures_and_no_sound() {
    let mut dice = Dice::from_env();
    let ways = ["media rst", "media 1006", "all rst", "media 1006", "audio rst", "video 1006", "signaling 1006"];
    let seconds = 80;
    let mut text = format!("scenario copyable\nduration {seconds}s\n");
    let (mut at_ms, mut cuts) = (2_000, 0);
    // Some fall on a connection that is just being made anew.
    while cuts < CUTS * 6 / 5 {
        let way = ways[dice.below(ways.len())];
        // With signaling all kinds of media are made anew.
        cuts += if way.starts_with("media") || way.starts_with("all") || way.starts_with("signaling") { 4 } else { 1 };
        writeln!(text, "{at_ms}ms drop {way}").unwrap();
        at_ms += 600 + dice.below(500) as u64;
    }
    assert!(at_ms < (seconds - 3) * 1_000, "{at_ms}");
    let script = Script::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let options = Options { script: Some(script), ..Options::default() };
    let (runtime, simulator, daemon) = stage::set_up(options, &["127.0.0.1"]);
    let report = runtime.block_on(Simulator::run(simulator));
    faults::assert_polite(&report.meetings[0]);
    let played = stage::finish(daemon, report);
    ledger::assert_equal(&played.daemon.log_dir(&played.capture), played.meeting());
    accounts::assert_accounted(&played, &[]);
    let worst_ms = holes::declared(&played).iter().map(Hole::ms).max().unwrap_or(0);
    let lost = played.meeting().outages.len();
    tell(&dice, lost, &format!("the longest gap is {worst_ms} ms"));
    assert!(lost >= CUTS, "{lost}");
    assert!(played.meeting().unsent.iter().all(|unsent| unsent.kind != "audio"), "{:?}", played.meeting().unsent);
    assert_plays(&played);
}

/// Cut on the way, in the middle of messages: what was under way is gone, and only the holes in the log tell.
#[test]
fn two_hundred_cuts_on_the_way_leave_exactly_the_gaps_that_are_declared() {
    let mut dice = Dice::from_env();
    let network = stage::runtime();
    let loose = network.block_on(Loose::new());
    let options = Options { advertised: Some(loose.address()), ..stage::options("copyable", 100, 1.0) };
    let (runtime, simulator, daemon) = stage::set_up(options, &["127.0.0.1"]);
    let cable = network.block_on(async { loose.connect(simulator.addr()) });
    let playing = runtime.spawn(simulator.run());
    daemon.wait_for_frames(1);
    let (mut cuts, mut pinches) = (0, 0);
    let began = Instant::now();
    network.block_on(async {
        // One hangs, from early on, so that its silence is noticed while everything else goes wrong.
        cable.crush_one(dice.below(5));
        while cuts < CUTS {
            tokio::time::sleep(Duration::from_millis(100 + dice.below(400) as u64)).await;
            match dice.below(20) {
                0 => {
                    cable.pinch();
                    tokio::time::sleep(Duration::from_millis(1_000)).await;
                    cable.release();
                    pinches += 1;
                }
                1 => {
                    cable.cut();
                    cuts += 5;
                }
                _ => cuts += usize::from(cable.cut_one(dice.below(64))),
            }
        }
    });
    assert!(began.elapsed() < Duration::from_secs(95), "{:?}: the meeting was over before", began.elapsed());
    let report = runtime.block_on(playing).unwrap();
    let played = stage::finish(daemon, report);
    let found = holes::assert_declared(&played);
    let worst_ms = found.iter().map(Hole::ms).max().unwrap_or(0);
    let lost_ms: i64 = found.iter().map(Hole::ms).sum();
    tell(
        &dice,
        cuts,
        &format!("{pinches} pinches, {} gaps, {lost_ms} ms in all, the longest {worst_ms} ms", found.len()),
    );
    // The hanging one may be the one of pictures: 20 s until that is known, and the way back.
    assert!(worst_ms < 25_000, "{found:?}");
    assert_plays(&played);
}
