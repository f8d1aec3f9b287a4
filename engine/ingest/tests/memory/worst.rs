//! The worst that a peer, a disk and a catalogue can do to a capture, all at once.

use std::{num::NonZeroU32, path::Path, sync::Arc, time::Duration};

use catalog::Catalog;
use dial::{Dialer, Policy};
use hub::Hub;
use ingest::{Apps, Ingest, RestSettings, Settings};
use journal::{DiskPool, LogSettings};
use model::{CaptureId, NewCapture, RecordingConfig, RecordingId, Secret, StreamRef};
use sqlx::Connection;
use tokio_util::sync::CancellationToken;

use crate::{
    disk::standstill,
    meter,
    zoom::{Peer, Talk},
};

/// The most that a capture may hold (fault matrix §1), in bytes.
const CAP_BYTES: usize = 64 << 20;
const MIB: usize = 1 << 20;
/// The largest message of a shared screen, in bytes.
const SHARE_BYTES: usize = 8 * MIB;

/// One start at a time: the meter counts the whole process.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

async fn start(catalog: &Catalog, url: &str) {
    let notice = format!(
        r#"{{"event":"meeting.rtms_started","event_ts":1,"payload":{{"meeting_uuid":"m==","rtms_stream_id":"s",
        "server_urls":"{url}"}}}}"#
    );
    let new = NewCapture {
        id: CaptureId::new(1, [1; 10]),
        recording_id: RecordingId::new(1, [1; 10]),
        project: model::Project::default(),
        stream: StreamRef { app: "default".to_owned(), meeting_uuid: "m==".to_owned(), stream_id: "s".to_owned() },
        server_urls: url.to_owned(),
        signature: Some(Secret::new("cafe".to_owned())),
        notice,
        notice_unix_ms: 1,
        operator: None,
        config: RecordingConfig::of_an_app(),
        metadata: Default::default(),
        now_unix_ms: 1,
    };
    catalog.start_capture(new).await.expect("admitted");
}

/// A message of media of `kind`, whose payload is a still picture or what may pass for sound, of about `bytes` in base64.
async fn media(talk: &mut Talk, kind: &str, source: usize, at_ms: usize, bytes: usize) {
    let msg_type = match kind {
        "audio" => 14,
        "video" => 15,
        _ => 16,
    };
    let before = format!(r#"{{"msg_type":{msg_type},"content":{{"user_id":{source},"timestamp":{at_ms},"data":"/9j/"#);
    let letters = bytes.saturating_sub(before.len() + 3) / 4 * 4;
    talk.say_long(kind, &before, letters, r#""}}"#).await;
}

/// Fills everything that waits: pictures, sound of many people, words, and the names of 10,000 people.
async fn flood(talk: &mut Talk, pictures: usize) {
    for hundred in 0..100 {
        let people = (0..100)
            .map(|one| format!(r#"{{"user_id":{},"user_name":"{}"}}"#, hundred * 100 + one + 1, "x".repeat(200)));
        let people: Vec<String> = people.collect();
        let event = format!(r#"{{"event_type":3,"timestamp":1767225600000,"participants":[{}]}}"#, people.join(","));
        talk.say("signaling", &format!(r#"{{"msg_type":6,"event":{event}}}"#)).await;
    }
    talk.is_heard("signaling").await;
    // A record nearly as large as any is among what is written down again. A larger message makes the buffer double that held it.
    media(talk, "deskshare", 7, 1_767_225_600_000, SHARE_BYTES - (64 << 10)).await;
    for number in 0..pictures {
        media(talk, "video", 7, 1_767_225_600_000 + number * 40, MIB / 4).await;
    }
    for number in 0..2_000_usize {
        let at_ms = 1_767_225_600_000 + number;
        let message =
            format!(r#"{{"msg_type":14,"content":{{"user_id":{},"timestamp":{at_ms},"data":"AAAA"}}}}"#, number + 1);
        talk.say("audio", &message).await;
    }
    for number in 0..80 {
        media(talk, "audio", 7, 1_767_225_602_000 + number * 20, MIB / 10).await;
    }
    for number in 0..70 {
        let before = format!(
            r#"{{"msg_type":17,"content":{{"user_id":7,"timestamp":{},"data":""#,
            1_767_225_600_000_usize + number
        );
        talk.say_long("transcript", &before, 60 << 10, r#""}}"#).await;
    }
}

/// The message of which most is made in proportion to its length, and the one that is the largest when it is decoded.
async fn costly(talk: &mut Talk) {
    let people = vec![r#"{"user_id":7}"#; 20_000].join(",");
    let event = format!(r#"{{"event_type":3,"timestamp":1767225700000,"participants":[{people}]}}"#);
    talk.say("signaling", &format!(r#"{{"msg_type":6,"event":{event}}}"#)).await;
    talk.is_heard("signaling").await;
    for second in 0..3 {
        media(talk, "deskshare", 7, 1_767_225_700_000 + second * 1_000, SHARE_BYTES).await;
    }
}

/// Plays the worst with room for so many bytes of pictures; the most that was held of it, in bytes.
async fn peak_bytes(buffer_bytes: usize, dir: &Path) -> usize {
    let peer = Peer::new().await;
    let policy = Policy { allowed_hosts: vec!["127.0.0.1".parse().expect("a pattern")] };
    let dialer = Dialer::new(policy, Some(peer.ca_pem.as_bytes())).expect("a dialer");
    let catalog = Catalog::open(dir).await.expect("a catalogue");
    let (disk, lever) = standstill();
    let log = LogSettings { buffer_bytes, retry_after: Duration::from_millis(10), ..LogSettings::default() };
    let settings = Settings {
        data_dir: dir.to_owned(),
        apps: Apps::default(),
        log,
        rest: RestSettings::default(),
        rejoins_per_second: NonZeroU32::MIN,
    };
    start(&catalog, &peer.url).await;
    let pool = DiskPool::start(Arc::new(disk), 1).expect("threads");
    let (stop, before) = (CancellationToken::new(), meter::begin());
    let running = tokio::spawn(Ingest::new(settings, catalog.clone(), Hub::new(), dialer, pool).run(stop.clone()));
    let mut talk = peer.join().await;

    // Nothing is durable any more, neither in the log nor in the catalogue.
    lever.stands_still().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.join("catalog.sqlite"));
    let mut holder = sqlx::SqliteConnection::connect_with(&options).await.expect("the catalogue's file");
    sqlx::query("BEGIN IMMEDIATE").execute(&mut holder).await.expect("its lock");
    flood(&mut talk, 6 * buffer_bytes / MIB).await;
    lever.refuse().await;
    costly(&mut talk).await;
    let words = 128 << 10;
    let limits =
        [("deskshare", SHARE_BYTES), ("video", 3 * MIB), ("audio", MIB), ("transcript", words), ("chat", words)];
    for (kind, bytes) in limits {
        talk.begin(kind, bytes - 16).await;
    }
    lever.refuse().await;
    talk.is_heard("signaling").await;
    let (held, peak) = (meter::held_bytes() - before, meter::peak_bytes() - before);
    println!("{} MiB of room for pictures: {held} bytes are held, {peak} at most", buffer_bytes / MIB);

    sqlx::query("ROLLBACK").execute(&mut holder).await.expect("its lock");
    drop((lever, talk));
    stop.cancel();
    running.await.expect("it ends");
    catalog.close().await;
    peak
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_holds_64_mib_at_most_while_everything_goes_wrong_at_once() {
    let _alone = ALONE.lock().await;
    let dir = tempfile::tempdir().expect("a directory");
    let peak = peak_bytes(LogSettings::default().buffer_bytes, dir.path()).await;
    assert!(peak <= CAP_BYTES, "{peak} bytes");
    // What is full is full: less would mean that the worst was not played.
    assert!(peak > 40 * MIB, "{peak} bytes");
}

/// The control of the test above.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_more_room_for_pictures_it_would_hold_more() {
    let _alone = ALONE.lock().await;
    let dir = tempfile::tempdir().expect("a directory");
    let peak = peak_bytes(2 * LogSettings::default().buffer_bytes, dir.path()).await;
    assert!(peak > CAP_BYTES, "{peak} bytes");
}
