//! Pictures that cannot be copied: every segment is decoded by itself, by a program that is not ours, and shows what was sent.

use std::{fs, path::Path, process::Command};

use bytes::Bytes;
use journal::LogDir;
use tokio::runtime::Runtime;

use super::{
    checked::{Checked, Told},
    judged::fetch,
    meeting::{Script, pictures, pictures_in_order, reel, reel_at},
};
use crate::{
    launch::Launch,
    stream::{printer::Bench, reel::Reel},
};

/// How much of a meeting, in seconds, and after how many pictures there is a key picture.
const SECONDS: i64 = 30;
const KEYS: u32 = 250;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// The log of a meeting with few key pictures, which is over.
fn meeting(data: &Path, runtime: &Runtime) -> LogDir {
    let all = pictures(320, 180, SECONDS as usize * 25, KEYS);
    let _inside = runtime.enter();
    let mut script = Script::begin(data, 1);
    let dir = script.dir.clone();
    script.connect(0);
    runtime.block_on(async {
        for second in 0..SECONDS {
            script.run(second * 1_000..(second + 1) * 1_000, |ms| all.get((ms / 40) as usize).cloned());
            script.sync().await;
        }
        script.end(SECONDS * 1_000).await;
    });
    dir
}

fn list(reel: &mut Reel) -> Checked {
    let text = String::from_utf8(reel.playlist(false).to_vec()).unwrap();
    Checked::read(&text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

/// What ffmpeg and ffprobe find in a segment that is all they have, and with which decoding can begin: the number of each picture, -1 for a
/// black one, and when each is shown, in seconds.
fn alone(reel: &mut Reel, told: &Told) -> (Vec<i64>, Vec<f64>) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("alone.mp4");
    let parts = [fetch(reel, &told.map).unwrap(), fetch(reel, &told.uri).unwrap()];
    fs::write(&file, parts.concat()).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let made = Command::new(program).args(["-v", "error"]).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success() && said.is_empty(), "{}: {said}", told.uri);
        made.stdout
    };
    let name = file.to_str().unwrap();
    let entries = "packet=pts_time,flags";
    let packets = run("ffprobe", &["-select_streams", "v", "-show_entries", entries, "-of", "csv=p=0", name]);
    let packets = String::from_utf8(packets).unwrap();
    assert!(packets.lines().next().unwrap().contains(",K"), "{} begins with what came before it", told.uri);
    let starts: Vec<f64> = packets.lines().map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    let output = ["-fps_mode", "passthrough", "-vf", "scale=8:8,format=yuv420p", "-f", "rawvideo", "-"];
    let grey = run("ffmpeg", &[&["-i", name, "-map", "0:v"][..], &output].concat());
    let numbers = grey.chunks(96).map(|picture| ((f64::from(picture[27]) - 30.0) / 10.0).round().max(-1.0) as i64);
    (numbers.collect(), starts)
}

/// The numbers of all pictures, of which none lasts longer than so many seconds.
fn of_all(reel: &mut Reel, list: &Checked, longest_s: f64) -> Vec<i64> {
    let (mut numbers, mut starts, mut at) = (Vec::new(), Vec::new(), 0.0);
    for told in &list.segments {
        let (own_numbers, own_starts) = alone(reel, told);
        assert!((own_starts[0] - at).abs() < 0.002, "{told:?} begins at {} and not at {at} s", own_starts[0]);
        at += told.seconds;
        numbers.extend(own_numbers);
        starts.extend(own_starts);
    }
    starts.push(at);
    for two in starts.windows(2) {
        assert!(two[1] > two[0] && two[1] - two[0] < longest_s + 0.002, "{two:?}");
    }
    numbers
}

#[test]
fn each_segment_of_a_stream_with_few_key_pictures_is_decoded_by_itself_and_shows_what_was_sent() {
    let (data, runtime) = (tempfile::tempdir().unwrap(), runtime());
    let mut reel = reel(&meeting(data.path(), &runtime));
    reel.advance(false).unwrap();
    let list = list(&mut reel);
    let made = list.segments.iter().filter(|told| told.map == "header-made-320x180.mp4").count();
    assert!(made >= 12 && list.segments.iter().filter(|told| told.is_break).count() == 1, "{list:?}");
    let expected: Vec<i64> = (0..SECONDS * 25).map(|n| n % 20).collect();
    assert_eq!(of_all(&mut reel, &list, 0.04), expected);
}

#[test]
fn what_is_made_of_a_segment_is_the_same_whoever_makes_it_and_whatever_was_made_before() {
    let (data, runtime) = (tempfile::tempdir().unwrap(), runtime());
    let dir = meeting(data.path(), &runtime);
    let (mut forth, mut back) = (reel(&dir), reel(&dir));
    forth.advance(false).unwrap();
    back.advance(false).unwrap();
    let count = list(&mut forth).segments.len() as u64;
    let all: Vec<Bytes> = (0..count).map(|number| forth.segment(number).unwrap().unwrap()).collect();
    for number in (0..count).rev() {
        assert_eq!(back.segment(number).unwrap().unwrap(), all[number as usize], "segment {number}");
    }
    // Somebody who goes on in the middle of a segment, in another process.
    let mut other = reel(&dir);
    other.advance(false).unwrap();
    let rest = other.part(5, 3).unwrap().unwrap();
    assert_eq!(forth.part(5, 3).unwrap().unwrap(), rest);
}

#[test]
fn a_decoder_that_dies_costs_pictures_and_nothing_else() {
    let (data, runtime) = (tempfile::tempdir().unwrap(), runtime());
    let dir = meeting(data.path(), &runtime);
    let args = ["-c", "exit 3"].map(Into::into).to_vec();
    let launch = Launch { program: "/bin/sh".into(), args, environment: Vec::new };
    let mut reel = reel_at(&dir, Bench::Processes(launch, runtime.handle().clone()));
    reel.advance(false).unwrap();
    let list = list(&mut reel);
    let numbers = of_all(&mut reel, &list, 0.32);
    let copied = list.segments.iter().take_while(|told| !told.is_break).map(|told| told.seconds * 25.0).sum::<f64>();
    let expected: Vec<i64> = (0..copied.round() as i64).map(|n| n % 20).collect();
    assert_eq!(numbers[..expected.len()], expected, "what is copied is there");
    let rest = &numbers[expected.len()..];
    assert!(rest.iter().all(|number| *number == -1), "the rest is black: {rest:?}");
}

#[tokio::test]
async fn who_begins_late_sees_what_can_be_decoded_for_it_and_who_goes_on_sees_everything() {
    let data = tempfile::tempdir().unwrap();
    let all = pictures(320, 180, 140 * 25, 10_000);
    let mut script = Script::begin(data.path(), 1);
    script.connect(0);
    let dir = script.dir.clone();
    let (mut growing, mut late) = (reel(&dir), reel(&dir));
    let (mut begun, mut walked) = (0, 0);
    for second in 0..140 {
        script.run(second * 1_000..(second + 1) * 1_000, |ms| all.get((ms / 40) as usize).cloned());
        script.sync().await;
        growing.advance(false).unwrap();
        let cut = growing.cutter().segments().len() as u64;
        for number in begun..cut {
            while !growing.approach(number, 0).unwrap() {
                walked += 1;
            }
            growing.segment(number).unwrap().unwrap();
        }
        begun = cut;
        if second == 100 || second == 110 {
            late.advance(false).unwrap();
            let (last, mut steps) = (late.cutter().segments().len() as u64 - 1, 0);
            while !late.approach(last, 0).unwrap() {
                steps += 1;
            }
            assert_eq!(steps > 20, second == 100, "{steps}");
            assert_eq!(late.segment(last).unwrap(), growing.segment(last).unwrap());
        }
    }
    assert_eq!(walked, 1, "but for what was copied nothing is decoded that is not shown");
    let mut too_late = reel(&dir);
    too_late.advance(false).unwrap();
    let told = list(&mut too_late).segments.last().cloned().unwrap();
    let (black, starts) = alone(&mut too_late, &told);
    assert!(black.iter().all(|number| *number == -1), "{black:?}");
    let (shown, _) = alone(&mut growing, &told);
    let first = (starts[0] * 25.0).round() as i64;
    assert_eq!(shown, (first..first + 50).map(|n| n % 20).collect::<Vec<i64>>());
}

/// A stream of ten seconds in which nothing can be copied.
async fn of_ten_seconds(data: &Path, shown: impl Fn(i64) -> Option<Bytes>) -> Reel {
    let mut script = Script::begin(data, 1);
    let dir = script.dir.clone();
    script.connect(0);
    script.run(0..10_000, shown);
    script.end(10_000).await;
    let mut reel = reel(&dir);
    reel.advance(true).unwrap();
    reel
}

#[tokio::test]
async fn stills_of_a_camera_become_pictures_of_a_stream() {
    let slide = |n: i64| {
        let file = format!("{}/../../fixtures/pack/slide-{}.jpg", env!("CARGO_MANIFEST_DIR"), n % 4);
        Bytes::from(fs::read(file).unwrap())
    };
    let slides: Vec<Bytes> = (0..4).map(slide).collect();
    let data = tempfile::tempdir().unwrap();
    let shown = |ms: i64| (ms % 400 == 0).then(|| slides[(ms / 400) as usize % 4].clone());
    let mut reel = of_ten_seconds(data.path(), shown).await;
    let list = list(&mut reel);
    assert!(list.segments.iter().all(|told| told.map == "header-made-1280x720.mp4"), "{list:?}");
    let numbers = of_all(&mut reel, &list, 0.4);
    assert_eq!(numbers.len(), 25);
    assert!(numbers.iter().all(|number| *number >= 0), "{numbers:?}");
}

#[tokio::test]
async fn pictures_that_are_shown_in_another_order_than_they_come_are_shown_in_theirs() {
    let all = pictures_in_order(320, 180, 250, 50, 2);
    let data = tempfile::tempdir().unwrap();
    let mut reel = of_ten_seconds(data.path(), |ms| all.get((ms / 40) as usize).cloned()).await;
    let list = list(&mut reel);
    assert!(list.segments.iter().all(|told| told.map == "header-made-320x180.mp4"), "{list:?}");
    let numbers = of_all(&mut reel, &list, 0.04);
    assert_eq!(numbers.len(), 250);
    for (n, number) in (0..).zip(&numbers) {
        let late = (n - number).rem_euclid(20);
        assert!(late <= 4, "picture {n} shows {number}: {numbers:?}");
    }
}
