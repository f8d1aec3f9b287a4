//! Everything that can go wrong, mixed, in one meeting after the other (fault matrix §4.5): kills, planned restarts, cuts, outages,
//! a process that is held up, a disk that is slow or refuses. After each meeting its recording is held against its log and its
//! declared gaps, the data directory against its catalogue.
//!
//! In `scripts/test` it is one meeting; `scripts/soak` makes hours of it. `HANSARD_SEED` asks for other faults,
//! `HANSARD_SOAK_MINUTES` for more of them; the report is a line each, as JSON, in `HANSARD_SOAK_REPORT`.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use fixtures::Options;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    cable::{Cable, Loose},
    dice::Dice,
    disk::preload::Faults,
    e2e::{
        holes::{self, Hole},
        stage::{self, Daemon, Played},
    },
    judge::{self, Judged},
};

/// How long a meeting is, and how long things go wrong in it.
const MEETING: Duration = Duration::from_secs(64);
const TROUBLE: Duration = Duration::from_secs(48);
/// How long a second 0 that was lost with all that was received may be ago (fault matrix, loss budget).
const UNKNOWN_MS: i64 = 1_500;

/// What was done, how often.
#[derive(Debug, Default)]
struct Done {
    kills: u64,
    restarts: u64,
    cuts: u64,
    outages: u64,
    pauses: u64,
    slow_syncs: u64,
    refusals: u64,
}

/// Does one thing to a daemon, whichever falls.
fn disturb(dice: &mut Dice, daemon: &mut Daemon, cable: &Cable, faults: &Faults, done: &mut Done) {
    let moment = |dice: &mut Dice, most_ms: usize| Duration::from_millis(200 + dice.below(most_ms) as u64);
    match dice.below(9) {
        0 => {
            daemon.kill();
            daemon.launch();
            done.kills += 1;
        }
        1 => {
            daemon.stop_and_restart();
            done.restarts += 1;
        }
        2 => {
            cable.cut();
            done.cuts += 1;
        }
        3 | 4 => done.cuts += u64::from(cable.cut_one(dice.below(64))),
        5 => {
            cable.unplug();
            std::thread::sleep(moment(dice, 4_000));
            cable.plug();
            done.outages += 1;
        }
        6 => {
            daemon.pause();
            std::thread::sleep(moment(dice, 3_000));
            daemon.signal(Signal::CONT);
            done.pauses += 1;
        }
        7 => {
            faults.set(&format!("captures/ sync delay:{}", 200 + dice.below(1_300)));
            std::thread::sleep(moment(dice, 3_000));
            faults.clear();
            done.slow_syncs += 1;
        }
        _ => {
            let fault = ["EIO", "ENOSPC"][dice.below(2)];
            let call = ["write", "sync", "open"][dice.below(3)];
            faults.set(&format!("captures/ {call} {fault}"));
            std::thread::sleep(moment(dice, 2_000));
            faults.clear();
            done.refusals += 1;
        }
    }
}

/// The most memory that a process ever had, in KiB.
fn peak_kib(daemon: &Daemon) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

/// Plays one meeting in which things go wrong, judges it, and answers a line for the report.
fn meeting(dice: &mut Dice) -> Value {
    let network = stage::runtime();
    let loose = network.block_on(Loose::new());
    let seconds = MEETING.as_secs();
    let options = Options { advertised: Some(loose.address()), ..stage::options("flash-beep", seconds, 1.0) };
    let (faults, dir) = (Faults::new(), tempfile::tempdir().unwrap());
    let environment = faults.environment(dir.path());
    let (runtime, simulator, mut daemon) = stage::set_up_in(options, (dir, environment));
    let cable = network.block_on(async { loose.connect(simulator.addr()) });
    let playing = runtime.spawn(simulator.run());
    daemon.wait_for_frames(1);
    let (began, mut done) = (Instant::now(), Done::default());
    while began.elapsed() < TROUBLE {
        std::thread::sleep(Duration::from_millis(500 + dice.below(2_500) as u64));
        disturb(dice, &mut daemon, &cable, &faults, &mut done);
    }
    let peak = peak_kib(&daemon);
    let report = runtime.block_on(playing).unwrap();
    let mut played = stage::finish(daemon, report);
    let (gaps, judged) = assert_declared_and_shown(&played);
    let worst_ms = gaps.iter().map(Hole::ms).max().unwrap_or(0);
    let missing_ms: i64 = gaps.iter().map(Hole::ms).sum();
    played.daemon.stop();
    assert!(played.daemon.command(&["recover", "--check"]), "catalogue and files differ");
    json!({
        "seed": dice.seed(), "kills": done.kills, "restarts": done.restarts, "cuts": done.cuts, "outages": done.outages,
        "pauses": done.pauses, "slow_syncs": done.slow_syncs, "refusals": done.refusals, "gaps": gaps.len(),
        "worst_gap_ms": worst_ms, "missing_ms": missing_ms, "meeting_ms": seconds * 1_000,
        "worst_keep_alive_ms": played.meeting().keep_alive_worst_ms, "peak_kib": peak,
        "simulator_lag_ms": played.meeting().worst_lag_ms, "pictures": judged.pictures, "beeps": judged.beeps,
        "worst_offset_ms": judged.worst_offset_ms,
    })
}

/// Asserts that exactly what is missing is declared, and that the recording by itself shows and sounds everything else; answers
/// both.
fn assert_declared_and_shown(played: &Played) -> (Vec<Hole>, Judged) {
    let unknown_ms = played.second_0_ms() - played.meeting().first_packet_ms;
    assert!((0..=UNKNOWN_MS).contains(&unknown_ms), "the recording begins {unknown_ms} ms late");
    let gaps = holes::assert_declared_since_second_0(played);
    (gaps, judge::assert_whole_but_for_gaps(played))
}

#[test]
fn whatever_goes_wrong_together_is_declared_and_nothing_else_is_missing() {
    let minutes: u64 = std::env::var("HANSARD_SOAK_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut report = std::env::var_os("HANSARD_SOAK_REPORT").map(|path| open(Path::new(&path)));
    let mut dice = Dice::salted(5);
    let began = Instant::now();
    loop {
        let line = meeting(&mut dice);
        let _ = writeln!(std::io::stderr(), "{line}");
        if let Some(report) = &mut report {
            writeln!(report, "{line}").unwrap();
        }
        if began.elapsed() >= Duration::from_secs(60 * minutes) {
            return;
        }
    }
}

fn open(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).unwrap()
}
