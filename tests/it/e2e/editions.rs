//! Further editions of a recording, ordered over the API and made on the command line, judged by what is seen and heard in them.

use std::{fs, path::Path, process::Command, thread, time::Duration};

use fixtures::counter;
use serde_json::{Value, json};

use super::{http, media, stage};

/// Where the edition begins in the recording: between two key pictures and two packets of sound.
const FROM_S: f64 = 5.51;
const TO_S: f64 = 15.25;

#[test]
fn an_edition_shows_and_tells_its_stretch_without_whom_it_leaves_out() {
    let played = stage::play("copyable", 24, 4.0);
    let meeting = played.meeting();
    let silenced = meeting.transcript[0].user_id;
    let recording = &played.capture["recordings"][0];
    let editions = played.daemon.url(&format!("/api/v1/recording/{}/editions/", recording["id"].as_str().unwrap()));
    let wish = json!({ "from": FROM_S, "to": "00:00:15.25", "without": [silenced], "video_mixed_plan": "compose" });
    let (status, ordered) = http::post(&editions, &wish);
    assert_eq!(status, 201, "{ordered}");
    let made = wait_for(&played, &ordered["id"]);
    assert_eq!(made["status"]["code"], "done", "{made}");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("edition.mp4");
    let mut body = http::anonymous(made["data"]["download_url"].as_str().unwrap()).into_body();
    fs::write(&file, body.read_to_vec().unwrap()).unwrap();

    media::assert_streams(&file, TO_S - FROM_S);
    media::assert_decodes(&file);
    media::assert_index_first(&file);
    media::assert_symphonia_reads(&file);
    assert_sentences(&played, &file, silenced);

    // Whoever sits before the server makes the same.
    let by_hand = dir.path().join("by-hand.mp4");
    let args = ["--from", "5.51", "--to", "15.25", "--plan", "compose", "--without", &silenced.to_string()];
    let said = render(&played, &by_hand, &args);
    assert!(said.contains("9.7 s, composed: composing was asked for"), "{said}");
    let (width, height) = (1280, 720);
    assert!(media::seen(&file, width, height) == media::seen(&by_hand, width, height), "the pictures differ");
    assert!(media::heard(&file) == media::heard(&by_hand), "the sound differs");
    assert_refusals(&played, &by_hand, &args);
    assert_leaves_nothing_where_it_is_interrupted(&played);
}

#[test]
fn pictures_of_an_edition_are_those_of_its_stretch() {
    let played = stage::play("copyable", 16, 4.0);
    let meeting = played.meeting();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("edition.mp4");
    let said = render(&played, &file, &["--from", "5.51", "--to", "12"]);
    // It begins between two pictures that can be decoded by themselves.
    assert!(said.contains("composed: the first picture cannot be decoded by itself"), "{said}");
    let [run] = meeting.video_runs.as_slice() else { panic!("one run of one camera: {:?}", meeting.video_runs) };
    let camera = fixtures::pack().camera(&run.clip).unwrap();
    let (width, height) = (camera.width as usize, camera.height as usize);
    assert_eq!((width, height), (1280, 720), "the canvas is the picture");
    let pictures = media::viewed(&file, width, height);
    assert!((pictures.len() as f64 - (12.0 - FROM_S) * 25.0).abs() <= 1.0, "{} pictures", pictures.len());
    let first_s = (run.first_ms - meeting.first_packet_ms) as f64 / 1000.0;
    for (at, picture) in &pictures {
        let index = ((at + FROM_S - first_s) / 0.04).round() as i64 + run.first_index as i64;
        let near = [index - 1, index, index + 1].map(|index| index.rem_euclid(camera.frames.len() as i64) as u16);
        let shown = counter::read(picture, width, width, height);
        assert!(shown.is_some_and(|shown| near.contains(&shown)), "at {at} s {shown:?} is shown instead of {near:?}");
    }
}

/// Each sentence of the stretch is heard at its place, but for those of whoever is left out.
fn assert_sentences(played: &stage::Played, file: &Path, silenced: i64) {
    let meeting = played.meeting();
    let heard = media::heard(file);
    let spoken = played.json("transcript.json");
    let (mut kept, mut left_out) = (0, 0);
    for (said, line) in spoken.as_array().unwrap().iter().zip(&meeting.transcript) {
        let start = said["words"][0]["start_timestamp"]["relative"].as_f64().unwrap() - FROM_S;
        let known = fixtures::pack().sentence(&line.clip).unwrap().sound.samples();
        if start < 0.0 || start + known.len() as f64 / 16_000.0 + 0.2 > TO_S - FROM_S {
            continue;
        }
        let (lag, likeness) = media::lag_seconds(&heard, &known, start);
        if line.user_id == silenced {
            left_out += 1;
            assert!(likeness < 0.3, "{:?} is heard: likeness {likeness:.2}", line.text);
        } else {
            kept += 1;
            assert!(likeness > 0.5 && lag.abs() <= 0.04, "{:?}: likeness {likeness:.2}, {lag} s off", line.text);
        }
    }
    assert!(kept > 0 && left_out > 0, "{kept} sentences kept and {left_out} left out could be judged");
}

/// What the command line does not do.
fn assert_refusals(played: &stage::Played, existing: &Path, args: &[&str]) {
    let before = fs::read(existing).unwrap();
    let elsewhere = existing.with_file_name("none.mp4");
    let refused = |out: &Path, args: &[&str]| {
        let output = hansard(played, out, args);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(existing, args).contains("there is a file already"));
    assert_eq!(fs::read(existing).unwrap(), before);
    assert!(refused(&elsewhere, &["--without", "99"]).contains("there is no participant 99"));
    assert!(refused(&elsewhere, &["--from", "00:10:00"]).contains("the recording lasts"));
    assert!(!elsewhere.exists());
}

fn assert_leaves_nothing_where_it_is_interrupted(played: &stage::Played) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = command(played, &dir.path().join("never.mp4"), &["--plan", "compose"]);
    let rendering = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    while fs::read_dir(dir.path()).unwrap().count() == 0 {
        thread::sleep(Duration::from_millis(10));
    }
    rustix::process::kill_process(rustix::process::Pid::from_child(&rendering), rustix::process::Signal::INT).unwrap();
    let output = rendering.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("it was interrupted"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "something is left");
}

/// The edition once it is made, or cannot be.
fn wait_for(played: &stage::Played, id: &Value) -> Value {
    for _ in 0..600 {
        let capture = http::get_json(
            &played.daemon.url(&format!("/api/v1/meeting_direct_connect/{}/", played.capture["id"].as_str().unwrap())),
        );
        let artifacts = capture["recordings"][0]["artifacts"].as_array().unwrap();
        let edition = artifacts.iter().find(|edition| edition["id"] == *id).expect("it is listed");
        if edition["status"]["code"] != "processing" {
            return edition.clone();
        }
        thread::sleep(Duration::from_millis(200));
    }
    panic!("the edition is not made in time");
}

fn render(played: &stage::Played, out: &Path, args: &[&str]) -> String {
    let output = hansard(played, out, args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs `hansard render` on the played meeting, beside the daemon that runs.
fn hansard(played: &stage::Played, out: &Path, args: &[&str]) -> std::process::Output {
    command(played, out, args).output().unwrap()
}

fn command(played: &stage::Played, out: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(stage::binary());
    command.args(["render", played.capture["id"].as_str().unwrap(), "--out"]).arg(out).args(args);
    command.arg("--data").arg(played.daemon.data_dir());
    command
}
