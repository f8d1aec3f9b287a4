//! The power fails (fault matrix A3): everything that was acknowledged is there, what is lost is at most two seconds and
//! declared, and nothing that is half written is ever served. `HANSARD_SEED` asks for other moments.

use std::{
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use fixtures::Invitation;
use serde_json::{Value, json};

use super::{
    image::Image,
    judge,
    listener::{Events, Listener},
    preload::Faults,
    stage::{Scene, wait_for},
};
use crate::{
    dice::Dice,
    e2e::{cuts, holes, http, stage},
};

/// How much of what was received a power cut may cost, in milliseconds (fault matrix §1).
const LOSS_MS: i64 = 2_250;

/// How long it may take after a start until media flows again, in milliseconds (fault matrix §1).
const GAP_MS: i64 = 5_000;

/// A meeting onto a disk whose power fails.
struct Blackout {
    scene: Scene,
    image: Image,
    dice: Dice,
    capture: Value,
    listener: Option<Listener>,
    /// Captures that were asked for, and the answer said that they are kept.
    asked: Vec<String>,
    /// Events that were told.
    told: Events,
    /// When the power failed, in Unix milliseconds.
    cuts_ms: Vec<i64>,
    /// What was acknowledged and is not there, each a sentence.
    broken: Vec<String>,
}

impl Blackout {
    fn begin(seconds: u64) -> Self {
        let (faults, dir) = (Faults::new(), tempfile::tempdir().unwrap());
        let image = Image::of(dir.path());
        let scene = Scene::begin_in(stage::options("copyable", seconds, 1.0), "", (faults.keeping(&image), dir));
        let capture = scene.daemon.wait_for_recording();
        let mut blackout = Self {
            scene,
            image,
            dice: Dice::from_env(),
            capture,
            listener: None,
            asked: Vec::new(),
            told: Events::new(),
            cuts_ms: Vec::new(),
            broken: Vec::new(),
        };
        blackout.listen();
        blackout
    }

    fn listen(&mut self) {
        let id = self.capture["id"].as_str().unwrap();
        let url = format!("/api/v1/meeting_direct_connect/{id}/events/");
        self.listener = Some(Listener::to(self.scene.daemon.url(&url)));
    }

    /// Goes on for a while by chance; somebody asks for another capture just before the end of it.
    fn go_on(&mut self, least_ms: usize) {
        thread::sleep(Duration::from_millis((least_ms + self.dice.below(3_000)) as u64));
        let stream = format!("stream {}", self.asked.len());
        let options = fixtures::Options::default();
        // Nobody answers there.
        let invitation =
            Invitation { meeting_uuid: stream.clone(), rtms_stream_id: stream, ..self.scene.invitation.clone() };
        let answer = cuts::announce(&self.scene.daemon, &options, &invitation, "wss://127.0.0.1:1", &json!({}));
        self.asked.push(answer["id"].as_str().unwrap().to_owned());
    }

    /// Cuts the power, and starts the daemon again on what is left.
    fn cut(&mut self) {
        self.scene.daemon.kill();
        self.cuts_ms.push(unix_ms());
        if let Some(listener) = self.listener.take() {
            self.told.extend(listener.heard());
        }
        self.image.cut("data", &mut self.dice);
        self.scene.faults.clear();
        self.scene.daemon.launch();
        let list = http::get_json(&self.scene.daemon.url("/api/v1/meeting_direct_connect"));
        let known: Vec<&str> =
            list["results"].as_array().unwrap().iter().filter_map(|one| one["id"].as_str()).collect();
        let lost = self.asked.iter().filter(|id| !known.contains(&id.as_str()));
        self.broken.extend(lost.map(|id| format!("capture {id} was acknowledged")));
    }

    /// Waits until media flows again.
    fn resume(&mut self) {
        self.scene.daemon.wait_for_frames(1);
        self.listen();
    }

    /// Compares what is told now with what was told before.
    fn compare(&mut self, now: &Events) {
        let differs = self.told.iter().filter(|(id, event)| now.get(*id) != Some(event));
        self.broken.extend(differs.map(|(id, event)| format!("event {id} was told: {event}")));
    }

    fn wait_for_status(&self, any_of: &[&str]) {
        let status = || self.scene.capture_of(&self.capture)["status"]["code"].as_str().map(str::to_owned);
        wait_for("a status", || status().filter(|status| any_of.contains(&status.as_str())));
    }

    /// Waits for the end of the meeting; cuts the power once more while its artifacts are made, and as soon as they are
    /// listed, and judges. Answers everything that is wrong.
    fn judge(mut self) -> Vec<String> {
        self.wait_for_status(&["call_ended", "done"]);
        thread::sleep(Duration::from_millis(self.dice.below(1_500) as u64));
        self.cut();
        self.listen();
        self.wait_for_status(&["done"]);
        let now = self.listener.take().expect("somebody listens").heard();
        self.compare(&now);
        self.told.extend(now);
        self.cut();
        self.listen();
        let now = self.listener.take().expect("somebody listens").heard();
        self.compare(&now);
        let (told, cuts_ms, mut broken) = (self.told.len(), self.cuts_ms, self.broken);
        let seed = self.dice.seed();
        let (played, _faults) = self.scene.finish();
        let slack_ms = played.meeting().worst_lag_ms as i64;
        let mut worst_ms = 0;
        for hole in holes::assert_declared(&played) {
            let from_ms = hole.start_ms + played.meeting().first_packet_ms;
            // What was received before the cut and is not there; of sound, what came after it is delivered late.
            let lost_ms = cuts_ms.iter().map(|cut_ms| cut_ms - from_ms).filter(|lost_ms| *lost_ms > -GAP_MS).min();
            match lost_ms {
                Some(lost_ms) if lost_ms <= LOSS_MS + slack_ms => worst_ms = worst_ms.max(lost_ms),
                _ => broken.push(format!("{hole:?} begins at {from_ms}, cuts were at {cuts_ms:?}")),
            }
        }
        judge::assert_plays(&played);
        judge::tell(&format!(
            "seed {seed}: {} power cuts, {} captures and {told} events acknowledged, worst loss {worst_ms} ms, the simulator {slack_ms} ms late",
            cuts_ms.len(),
            self.asked.len(),
        ));
        broken
    }
}

fn unix_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

#[test]
fn what_was_acknowledged_outlives_power_cuts_at_any_moment() {
    let mut blackout = Blackout::begin(40);
    for _ in 0..3 {
        blackout.go_on(2_500);
        blackout.cut();
        blackout.resume();
    }
    assert_eq!(blackout.judge(), Vec::<String>::new());
}

/// The control: a disk that says that it synced, and did not.
#[test]
fn a_disk_that_lies_about_its_syncs_is_found_out_by_the_same_judge() {
    let mut blackout = Blackout::begin(22);
    thread::sleep(Duration::from_secs(1));
    blackout.scene.faults.set("* sync lie");
    blackout.go_on(5_000);
    blackout.cut();
    blackout.resume();
    let broken = blackout.judge();
    for lost in ["capture", "event", "Hole"] {
        assert!(broken.iter().any(|sentence| sentence.starts_with(lost)), "no {lost} is missed: {broken:#?}");
    }
}
