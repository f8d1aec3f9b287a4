//! The network between daemon and signaling fails while a meeting runs (fault matrix C1 to C3): what is missing is declared,
//! what is declared is missing, and sound is delivered late.

use std::time::Duration;

use fixtures::{Invitation, Options, Simulator};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{
    holes::{self, Hole},
    http, ledger, media,
    stage::{self, Played},
};
use crate::cable::{Cable, Loose};

/// What a reset may cost that is noticed at once, on a busy machine.
const MOMENT_MS: i64 = 3_000;
/// When the fault begins, after the recording did.
const BEFORE: Duration = Duration::from_secs(2);

/// Starts a capture as a customer does whose own webhook receiver got Zoom's notice; answers it.
pub(crate) fn announce(
    daemon: &stage::Daemon,
    options: &Options,
    invitation: &Invitation,
    server_urls: &str,
    recording_config: &Value,
) -> Value {
    let body = wish(options, invitation, server_urls, recording_config);
    let (status, answer) = http::post(&daemon.url("/api/v1/meeting_direct_connect"), &body);
    assert!((200..300).contains(&status), "{status}: {answer}");
    answer
}

/// What such a customer sends.
pub(crate) fn wish(options: &Options, invitation: &Invitation, server_urls: &str, recording_config: &Value) -> Value {
    let Invitation { meeting_uuid, rtms_stream_id, .. } = invitation;
    let mut mac = Hmac::<Sha256>::new_from_slice(options.client_secret.as_bytes()).unwrap();
    mac.update(format!("{},{meeting_uuid},{rtms_stream_id}", options.client_id).as_bytes());
    json!({ "zoom_rtms": {
        "meeting_uuid": meeting_uuid, "rtms_stream_id": rtms_stream_id, "server_urls": server_urls,
        "signature": hex::encode(mac.finalize().into_bytes()) },
        "recording_config": recording_config })
}

/// Plays a steady meeting whose signaling goes over a cable, and does `harm` to it while the meeting runs.
fn play(seconds: u64, harm: impl AsyncFnOnce(&Cable)) -> Played {
    let options = stage::options("copyable", seconds, 1.0);
    let runtime = stage::runtime();
    let loose = runtime.block_on(Loose::new());
    let url = format!("wss://{}", loose.address());
    let simulator = runtime.block_on(Simulator::start(options.clone())).unwrap();
    let daemon = stage::Daemon::start(&options, stage::own_address(), simulator.ca_pem(), stage::Setting::default());
    let invitation = simulator.invitations().remove(0);
    let report = runtime.block_on(async {
        let cable = loose.connect(simulator.addr());
        let playing = tokio::spawn(simulator.run());
        let words = json!({ "transcript": { "provider": { "meeting_captions": {} } } });
        announce(&daemon, &options, &invitation, &url, &words);
        daemon.wait_for_frames(1);
        tokio::time::sleep(BEFORE).await;
        harm(&cable).await;
        playing.await.unwrap()
    });
    stage::finish(daemon, report)
}

/// Asserts that the log is what was sent, that exactly what is missing is declared, and that the recording plays; answers
/// what is missing.
pub(crate) fn judge(played: &Played) -> Vec<Hole> {
    ledger::assert_equal(&played.daemon.log_dir(&played.capture), played.meeting());
    let holes = holes::assert_declared(played);
    let file = played.file("video_mixed.mp4");
    media::assert_streams(&file, played.seconds());
    media::assert_decodes(&file);
    let joins = played.json("participant_events.json");
    let joins = joins.as_array().unwrap().iter().filter(|event| event["action"] == "join").count();
    assert_eq!(joins, played.meeting().presence.len(), "everybody is announced once");
    holes
}

/// What is missing must be pictures only, in one hole of a length in `ms`.
pub(crate) fn assert_one_hole_of_pictures(holes: &[Hole], ms: std::ops::Range<i64>) {
    let [hole] = holes else { panic!("{holes:?}") };
    assert!(hole.track == "video" && ms.contains(&hole.ms()), "{hole:?}");
}

/// What is missing must be pictures only, in so many short holes at the most: it may be so quick that not even one is.
pub(crate) fn assert_few_pictures(holes: &[Hole], most: usize) {
    assert!(holes.len() <= most, "{holes:?}");
    assert!(holes.iter().all(|hole| hole.track == "video" && hole.ms() < MOMENT_MS), "{holes:?}");
}

/// How often the daemon joined.
fn joins(played: &Played) -> usize {
    let attempts = played.meeting().attempts.iter();
    attempts.filter(|attempt| attempt.connection == "signaling" && attempt.status == 0).count()
}

/// The negative control of every test here.
#[test]
fn a_cable_that_nobody_touches_costs_nothing_and_no_gap_is_declared() {
    let played = play(6, async |_| ());
    assert_eq!(judge(&played), []);
    assert_eq!(played.meeting().unsent, []);
}

#[test]
fn a_reset_of_signaling_costs_pictures_for_a_moment_and_no_sound() {
    let played = play(9, async |cable| cable.cut());
    assert_few_pictures(&judge(&played), 1);
    assert_eq!(joins(&played), 2);
}

#[test]
fn an_outage_of_seconds_costs_pictures_for_as_long_and_no_sound() {
    let outage = Duration::from_secs(4);
    let played = play(14, async |cable| {
        cable.unplug();
        tokio::time::sleep(outage).await;
        cable.plug();
    });
    // Attempts come every 3 s and a little.
    assert_one_hole_of_pictures(&judge(&played), 3_500..10_000);
}

#[test]
fn resets_one_after_the_other_are_a_gap_each_at_the_most() {
    let played = play(14, async |cable| {
        for _ in 0..3 {
            cable.cut();
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
    });
    assert_few_pictures(&judge(&played), 3);
    assert_eq!(joins(&played), 4);
}

/// The peer is there for nobody and says nothing: only silence tells, and the platform itself needs three unanswered
/// keep-alives before it lets anybody in again.
#[test]
fn a_signaling_connection_that_hangs_is_noticed_by_its_silence() {
    let played = play(48, async |cable| cable.crush());
    assert_one_hole_of_pictures(&judge(&played), 40..40_000);
}
