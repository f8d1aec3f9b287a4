use catalog::Admission;
use dial::Policy;
use journal::LocalDisk;
use model::{
    NewCapture, RecordingConfig, RecordingId, Secret, StreamRef,
    platform::{EndKind, Input, Leg, Output, Platform},
};
use zoom::Wants;

use super::*;

mod inherited;

const NOTICE: &str = r#"{"event":"meeting.rtms_started","event_ts":1,"payload":{"meeting_uuid":"m==",
    "rtms_stream_id":"s","server_urls":"wss://a.zoom.us"}}"#;

fn new_capture(signature: &str) -> NewCapture {
    NewCapture {
        id: CaptureId::new(1, [1; 10]),
        recording_id: RecordingId::new(1, [1; 10]),
        stream: StreamRef { app: "default".to_owned(), meeting_uuid: "m==".to_owned(), stream_id: "s".to_owned() },
        server_urls: "wss://a.zoom.us".to_owned(),
        signature: Some(Secret::new(signature.to_owned())),
        notice: NOTICE.to_owned(),
        notice_unix_ms: 1,
        operator: None,
        config: RecordingConfig::of_an_app(),
        metadata: Default::default(),
        now_unix_ms: 1,
    }
}

/// The first message that the session of a job sends, once it is connected.
fn first_message(job: &StartJob) -> String {
    let now = std::time::Instant::now();
    let notice = notice(job).expect("a notice");
    let mut session = session(job, &notice, None, &Recall::default(), now).expect("a session");
    assert!(matches!(session.poll_output(), Some(Output::Open(Leg::Signaling, _))));
    session.handle_input(Input::Opened(Leg::Signaling), now);
    loop {
        if let Output::Send(Leg::Signaling, message) = session.poll_output().expect("a handshake") {
            return String::from_utf8(message.to_vec()).expect("JSON");
        }
    }
}

#[tokio::test]
async fn a_signature_that_the_customer_made_serves_every_epoch_of_the_capture() {
    let dir = tempfile::tempdir().expect("a directory");
    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    assert!(matches!(catalog.start_capture(new_capture("cafe01")).await, Ok(Admission::New(_))));
    for epoch in 1..=2 {
        let job = catalog.claim_start(2).await.expect("a catalogue").expect("a start");
        assert_eq!(job.epoch, Epoch(epoch));
        let handshake = first_message(&job);
        assert!(handshake.contains(r#""signature":"cafe01""#), "{handshake}");
        // The process dies, and another one opens the same catalogue.
        catalog.release_claims().await.expect("released");
    }
    catalog.close().await;
    drop(catalog);
    let reopened = Catalog::open(dir.path()).await.expect("a catalogue");
    let job = reopened.claim_start(2).await.expect("a catalogue").expect("a start");
    assert!(first_message(&job).contains("cafe01"));
}

fn ingest(catalog: &Catalog, dir: &std::path::Path) -> Ingest {
    let settings = Settings {
        data_dir: dir.to_owned(),
        apps: Apps::default(),
        log: LogSettings::default(),
        // Nobody is asked over the network: these are no addresses.
        rest: RestSettings { api_url: String::new(), oauth_url: String::new(), ..RestSettings::default() },
    };
    let dialer = Dialer::new(Policy::default(), None).expect("a dialer");
    let disk = DiskPool::start(Arc::new(LocalDisk), 1).expect("a disk");
    Ingest::new(settings, catalog.clone(), Hub::new(), dialer, disk)
}

#[tokio::test]
async fn a_capture_without_an_app_and_without_a_signature_is_told_to_be_impossible() {
    let dir = tempfile::tempdir().expect("a directory");
    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    let new = NewCapture { signature: None, ..new_capture("") };
    let id = new.id;
    catalog.start_capture(new).await.expect("admitted");
    let mut ingest = ingest(&catalog, dir.path());
    ingest.claim(&CancellationToken::new()).await;
    while ingest.tasks.join_next().await.is_some() {}
    let capture = catalog.capture(id).await.expect("a catalogue").expect("the capture");
    assert_eq!(capture.latest().sub_code.as_deref(), Some("zoom_sdk_credentials_missing"));
}

fn app(restart: bool) -> App {
    App {
        client_id: "client".to_owned(),
        client_secret: Secret::new("secret".to_owned()),
        want: Wants::default(),
        keep_revoked: false,
        account_id: "account".to_owned(),
        restart,
    }
}

/// How many more tasks there are after a capture has ended this way.
async fn tasks_after(ingest: &mut Ingest, may_restart: bool, restart: bool) -> usize {
    let app = app(restart);
    let notice = zoom::webhook::parse_notice_json(NOTICE).expect("a notice");
    let end = End { kind: EndKind::Failed, code: "over", message: String::new(), may_restart };
    let task = ingest.tasks.spawn(async move { Some(end) }).id();
    let id = CaptureId::new(1, [1; 10]);
    let running = Running { id, wish: Wish::of(Some(&app), &notice), keep_revoked: false };
    ingest.running.insert(task, running);
    let ended = ingest.tasks.join_next_with_id().await.expect("a task");
    ingest.bury(ended, &CancellationToken::new()).await;
    assert!(ingest.running.is_empty());
    let count = ingest.tasks.len();
    while ingest.tasks.join_next().await.is_some() {}
    count
}

#[tokio::test]
async fn a_stream_that_broke_off_is_asked_for_again_if_the_app_wants_it_and_not_in_a_loop() {
    let dir = tempfile::tempdir().expect("a directory");
    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    let mut ingest = ingest(&catalog, dir.path());
    assert_eq!(tasks_after(&mut ingest, false, true).await, 0, "it ended as it should");
    assert_eq!(tasks_after(&mut ingest, true, false).await, 0, "the app does not want it");
    for _ in 0..3 {
        assert_eq!(tasks_after(&mut ingest, true, true).await, 1);
    }
    assert_eq!(tasks_after(&mut ingest, true, true).await, 0, "the fourth within ten minutes");
}

/// The start of stream `n` of one meeting.
fn stream(n: u8) -> NewCapture {
    let now_unix_ms = unix_ms();
    NewCapture {
        id: CaptureId::new(1, [n; 10]),
        recording_id: RecordingId::new(1, [n; 10]),
        stream: StreamRef { stream_id: format!("s{n}"), ..new_capture("").stream },
        operator: Some("user".to_owned()),
        now_unix_ms,
        ..new_capture("cafe01")
    }
}

#[tokio::test]
async fn a_process_that_starts_again_does_not_begin_to_count_restarts_anew() {
    let dir = tempfile::tempdir().expect("a directory");
    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    for n in 1..=3 {
        catalog.start_capture(stream(n)).await.expect("admitted");
    }
    let mut ingest = ingest(&catalog, dir.path());
    assert_eq!(tasks_after(&mut ingest, true, true).await, 1, "two streams began anew");
    catalog.start_capture(stream(4)).await.expect("admitted");
    let mut next = self::ingest(&catalog, dir.path());
    assert_eq!(tasks_after(&mut next, true, true).await, 0, "three did, and this process knows of none");
}

/// Writes the log of a capture whose stream ended with this reason, after which its owner died.
async fn write_end(data: &std::path::Path, id: CaptureId, stop_reason: i64) {
    let disk = DiskPool::start(Arc::new(LocalDisk), 1).expect("a disk");
    let now = std::time::Instant::now();
    let mut log = LogWriter::open(LogDir::of(data, id), disk, LogSettings::default(), Epoch(1), now).expect("a log");
    let over =
        model::Control::Ended { code: "over".to_owned(), cut_short: false, stop_reason: Some(stop_reason), at: None };
    let record = model::Record { arrived_unix_ns: 1, epoch: Epoch(1), entry: model::Entry::Control(over) };
    log.append(&record, now).expect("appended");
    log.close().await.expect("closed");
}

#[tokio::test]
async fn a_stream_that_ended_before_its_owner_died_is_not_joined_again_and_a_withdrawal_is_carried_out() {
    for (stop_reason, keep_revoked) in [(6, false), (8, false), (8, true)] {
        let dir = tempfile::tempdir().expect("a directory");
        let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
        let new = new_capture("cafe01");
        let id = new.id;
        catalog.start_capture(new).await.expect("admitted");
        catalog.claim_start(2).await.expect("claimed").expect("a start waits");
        catalog.recording_started(id, media::SourceTime::from_unix_ms(1), 1).await.expect("a recording");
        write_end(dir.path(), id, stop_reason).await;
        catalog.release_claims().await.expect("released");

        let mut ingest = ingest(&catalog, dir.path());
        if keep_revoked {
            let app = App { keep_revoked, ..app(false) };
            ingest.settings.apps.insert("default".to_owned(), app);
        }
        ingest.claim(&CancellationToken::new()).await;
        while let Some(ended) = ingest.tasks.join_next().await {
            assert!(ended.expect("no panic").is_none(), "nothing is joined");
        }
        let capture = catalog.capture(id).await.expect("a catalogue").expect("the capture");
        assert_eq!(capture.latest().status, model::CaptureStatus::CallEnded);
        let purge = catalog.claim_purge(unix_ms()).await.expect("a catalogue");
        assert_eq!(purge.is_some(), stop_reason == 8 && !keep_revoked);
        let render = catalog.claim_render(unix_ms()).await.expect("a catalogue");
        assert_eq!(render.is_some(), purge.is_none());
    }
}

/// A file lies where the directory of captures should be.
fn block(data: &std::path::Path) -> std::path::PathBuf {
    let place = data.join("captures");
    std::fs::write(&place, "in the way").expect("written");
    place
}

#[tokio::test]
async fn a_log_that_cannot_be_opened_at_once_is_opened_when_it_can() {
    let dir = tempfile::tempdir().expect("a directory");
    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    let new = new_capture("cafe01");
    let id = new.id;
    catalog.start_capture(new).await.expect("admitted");
    let in_the_way = block(dir.path());
    let mut ingest = ingest(&catalog, dir.path());
    let stop = CancellationToken::new();
    ingest.claim(&stop).await;
    tokio::task::yield_now().await;
    std::fs::remove_file(in_the_way).expect("removed");
    while !LogDir::of(dir.path(), id).path().exists() {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    assert!(ingest.tasks.join_next().await.expect("a task").expect("no panic").is_some(), "the capture ran");
}

#[tokio::test]
async fn a_daemon_that_stops_while_a_log_cannot_be_opened_leaves_the_capture_to_the_next() {
    let dir = tempfile::tempdir().expect("a directory");
    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    let new = new_capture("cafe01");
    let id = new.id;
    catalog.start_capture(new).await.expect("admitted");
    block(dir.path());
    let mut ingest = ingest(&catalog, dir.path());
    let stop = CancellationToken::new();
    ingest.claim(&stop).await;
    stop.cancel();
    assert!(ingest.tasks.join_next().await.expect("a task").expect("no panic").is_none());
    let capture = catalog.capture(id).await.expect("a catalogue").expect("the capture");
    assert!(capture.latest().status < model::CaptureStatus::CallEnded, "{:?}", capture.latest());
}
