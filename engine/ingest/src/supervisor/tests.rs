use catalog::Admission;
use dial::Policy;
use journal::{LocalDisk, LogWriter};
use model::{
    NewCapture, RecordingConfig, RecordingId, Secret, StreamRef,
    platform::{EndKind, Input, Leg, Output, Platform},
};
use zoom::Wants;

use super::*;

mod inherited;
mod streaming;

const NOTICE: &str = r#"{"event":"meeting.rtms_started","event_ts":1,"payload":{"meeting_uuid":"m==",
    "rtms_stream_id":"s","server_urls":"wss://a.zoom.us"}}"#;

fn new_capture(signature: &str) -> NewCapture {
    NewCapture {
        id: CaptureId::new(1, [1; 10]),
        recording_id: RecordingId::new(1, [1; 10]),
        project: model::Project::default(),
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
    let id = new_capture("cafe01").id;
    assert_eq!(catalog.start_capture(new_capture("cafe01")).await.expect("admitted"), Admission::New(id));
    for epoch in 1..=2 {
        let claimed = if epoch == 1 { catalog.claim_start(2).await } else { catalog.take_up(id, Epoch(1)).await };
        let job = claimed.expect("a catalogue").expect("a start");
        assert_eq!(job.epoch, Epoch(epoch));
        let handshake = first_message(&job);
        assert!(handshake.contains(r#""signature":"cafe01""#), "{handshake}");
        // The process dies, and another one opens the same catalogue.
        catalog.release_claims(1).await.expect("released");
    }
    catalog.close().await;
    drop(catalog);
    let reopened = Catalog::open(dir.path()).await.expect("a catalogue");
    let job = reopened.take_up(id, Epoch(2)).await.expect("a catalogue").expect("a start");
    assert!(first_message(&job).contains("cafe01"));
}

fn ingest(catalog: &Catalog, dir: &std::path::Path) -> Ingest {
    let settings = Settings {
        data_dir: dir.to_owned(),
        apps: Apps::default(),
        log: LogSettings::default(),
        // Nobody is asked over the network: these are no addresses.
        rest: RestSettings { api_url: String::new(), oauth_url: String::new(), ..RestSettings::default() },
        rejoins_per_second: NonZeroU32::MAX,
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
    let running = Running { id, epoch: Epoch(1), wish: Wish::of(Some(&app), &notice) };
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
        catalog.release_claims(1).await.expect("released");

        let mut ingest = ingest(&catalog, dir.path());
        if keep_revoked {
            let app = App { keep_revoked, ..app(false) };
            ingest.settings.apps.insert("default".to_owned(), app);
        }
        let stop = CancellationToken::new();
        ingest.look_around().await;
        let verdicts = ingest.looks.join_next().await.expect("a look").expect("no panic");
        ingest.decide(verdicts, &stop);
        assert!(ingest.rejoins.is_empty());
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

/// A catalogue with the starts of so many streams, each of which had an owner that died.
async fn left_behind(count: u32) -> (tempfile::TempDir, Catalog) {
    let dir = tempfile::tempdir().expect("a directory");
    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    let starts = (0..count).map(|n| {
        let mut random = [0; 10];
        random[..4].copy_from_slice(&n.to_be_bytes());
        let stream = StreamRef { stream_id: format!("s{n}"), ..new_capture("").stream };
        // Some of them began long ago.
        let now_unix_ms = unix_ms() - i64::from(n * 7_919 % 120) * 1_000;
        let (id, recording_id) = (CaptureId::new(1, random), RecordingId::new(1, random));
        NewCapture { id, recording_id, stream, now_unix_ms, ..new_capture("cafe01") }
    });
    let admissions = futures_util::future::join_all(starts.map(|new| catalog.start_capture(new)));
    assert!(admissions.await.iter().all(Result::is_ok));
    let claims = futures_util::future::join_all((0..count).map(|_| catalog.claim_start(i64::MAX)));
    assert!(claims.await.iter().all(|claim| matches!(claim, Ok(Some(_)))));
    assert_eq!(catalog.release_claims(1).await.expect("released"), u64::from(count));
    (dir, catalog)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_captures_are_decided_at_once_and_taken_up_at_the_pace() {
    let (dir, catalog) = left_behind(1_000).await;
    // Every tenth was over, and only the catalogue did not know.
    let left = catalog.left_behind(0).await.expect("read");
    for over in left.iter().step_by(10) {
        write_end(dir.path(), over.capture, 6).await;
    }
    let mut ingest = ingest(&catalog, dir.path());
    ingest.rejoins = Rejoins::new(NonZeroU32::new(50).expect("a pace"));
    let stop = CancellationToken::new();
    let begun = Instant::now();
    ingest.look_around().await;
    let verdicts = ingest.looks.join_next().await.expect("a look").expect("no panic");
    ingest.decide(verdicts, &stop);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!((ingest.rejoins.len(), ingest.concluding.len()), (900, 100));
    while ingest.tasks.join_next().await.is_some() {}
    assert_eq!(catalog.left_behind(0).await.expect("read").len(), 900, "a hundred were ended");
    ingest.look_around().await;
    assert!(ingest.looks.is_empty(), "whoever waits is not looked at again");

    // Time is an argument of taking up.
    let (start, mut now) = (begun.into_std(), begun.into_std());
    let commits = catalog.commits();
    for taken in 1..=900_u32 {
        now = ingest.rejoins.due(now).expect("one waits");
        ingest.take_up(now, &stop).await;
        assert_eq!(ingest.running.len(), taken as usize);
        ingest.take_up(now, &stop).await;
        assert_eq!(ingest.running.len(), taken as usize, "not before its turn");
    }
    assert_eq!(now - start, Duration::from_millis(899 * 20));
    let commits = catalog.commits() - commits;
    assert!(commits >= 900, "each was committed before the next was taken up, not {commits}");
    assert_eq!(catalog.left_behind(0).await.expect("read"), []);
    assert!(ingest.rejoins.is_empty());
    ingest.tasks.abort_all();
    while ingest.tasks.join_next().await.is_some() {}
}

/// Takes up whoever was left behind, as the loop does.
async fn recover(ingest: &mut Ingest, stop: &CancellationToken) {
    ingest.look_around().await;
    if let Some(verdicts) = ingest.looks.join_next().await {
        ingest.decide(verdicts.expect("no panic"), stop);
    }
    while let Some(due) = ingest.rejoins.due(Instant::now().into_std()) {
        ingest.take_up(due, stop).await;
    }
}

/// Ends the task of a capture by a panic.
async fn panic(ingest: &mut Ingest, id: CaptureId, stop: &CancellationToken) {
    let (task, _) = ingest.running.iter().find(|(_, running)| running.id == id).expect("it runs");
    let running = ingest.running.remove(&task.to_owned()).expect("it runs");
    let task = ingest.tasks.spawn(async { panic!("a defect") }).id();
    ingest.running.insert(task, running);
    loop {
        let ended = ingest.tasks.join_next_with_id().await.expect("a task");
        let has_panicked = ended.is_err();
        ingest.bury(ended, stop).await;
        if has_panicked {
            return;
        }
    }
}

async fn latest(catalog: &Catalog, id: CaptureId) -> model::StatusChange {
    catalog.capture(id).await.expect("a catalogue").expect("the capture").latest().clone()
}

#[tokio::test]
async fn the_third_panic_within_a_minute_ends_a_capture_in_whichever_processes_and_spares_the_others() {
    let (dir, catalog) = left_behind(3).await;
    let ids: Vec<CaptureId> = catalog.left_behind(0).await.expect("read").iter().map(|one| one.capture).collect();
    let poison = ids[1];
    catalog.recording_started(poison, media::SourceTime::from_unix_ms(1), 1).await.expect("a recording");
    let said = model::Event { at: media::SourceTime::from_unix_ms(5), body: model::EventBody::Paused };
    let cursor = model::Cursor { epoch: Epoch(1), seq: 1 };
    let event = model::SequencedEvent { cursor, event: said.clone() };
    catalog.append_events(poison, vec![event]).await.expect("appended");
    let stop = CancellationToken::new();
    for process in 1..=2 {
        // The process before this one died for reasons of its own; that counts for nobody.
        catalog.release_claims(1).await.expect("released");
        let mut ingest = ingest(&catalog, dir.path());
        recover(&mut ingest, &stop).await;
        assert_eq!(ingest.running.len(), 3, "process {process}");
        panic(&mut ingest, poison, &stop).await;
        recover(&mut ingest, &stop).await;
        assert!(ingest.running.values().any(|running| running.id == poison), "process {process}");
    }
    catalog.release_claims(1).await.expect("released");
    let mut ingest = ingest(&catalog, dir.path());
    recover(&mut ingest, &stop).await;
    panic(&mut ingest, poison, &stop).await;
    recover(&mut ingest, &stop).await;
    assert_eq!(ingest.running.len(), 2);
    while !ingest.concluding.is_empty() {
        let ended = ingest.tasks.join_next_with_id().await.expect("a task");
        ingest.bury(ended, &stop).await;
        ingest.look_around().await;
    }
    let ended = latest(&catalog, poison).await;
    assert_eq!(
        (ended.status, ended.sub_code.as_deref()),
        (model::CaptureStatus::CallEnded, Some("capture_quarantined"))
    );
    assert!(catalog.claim_render(i64::MAX).await.expect("claimed").is_some(), "what it received is kept");
    for other in [ids[0], ids[2]] {
        assert!(latest(&catalog, other).await.status < model::CaptureStatus::CallEnded);
    }
    // Its log has what was announced, and the end.
    let mut log = journal::LogReader::open(LogDir::of(dir.path(), poison)).expect("a log");
    let mut entries = Vec::new();
    while let Some(stored) = log.next_record().expect("read") {
        entries.push(stored.record.entry);
    }
    assert!(entries.contains(&model::Entry::Event(said)));
    assert!(matches!(entries.last(), Some(model::Entry::Control(model::Control::Ended { cut_short: true, .. }))));
}

#[tokio::test]
async fn whoever_was_at_work_when_three_processes_died_is_quarantined_and_whoever_only_ran_is_not() {
    let (dir, catalog) = left_behind(2).await;
    let ids: Vec<CaptureId> = catalog.left_behind(0).await.expect("read").iter().map(|one| one.capture).collect();
    let stop = CancellationToken::new();
    for process in 1..=4 {
        let mut ingest = ingest(&catalog, dir.path()).following_a_death();
        ingest.hear_witness();
        recover(&mut ingest, &stop).await;
        let running: Vec<CaptureId> = ingest.running.values().map(|running| running.id).collect();
        if process == 4 {
            assert_eq!(running, [ids[1]]);
            while ingest.concluding.contains(&ids[0]) {
                ingest.tasks.join_next_with_id().await.expect("a task").ok();
                ingest.look_around().await;
            }
            continue;
        }
        assert_eq!(running.len(), 2, "process {process}");
        assert!(ingest.rejoins.is_empty());
        // It dies while a thread works for the first of them, like the one before it.
        let epoch = ingest.running.values().find(|running| running.id == ids[0]).expect("it runs").epoch;
        drop(ingest);
        std::fs::write(dir.path().join("witness"), format!("{} {:>10}\n", ids[0], epoch.0)).expect("written");
        std::fs::write(dir.path().join("witness.abort"), "X").expect("written");
        catalog.release_claims(1).await.expect("released");
    }
    assert_eq!(latest(&catalog, ids[0]).await.sub_code.as_deref(), Some("capture_quarantined"));
    assert!(latest(&catalog, ids[1]).await.status < model::CaptureStatus::CallEnded);
}

#[tokio::test]
async fn a_process_that_is_killed_again_and_again_quarantines_nobody() {
    let (dir, catalog) = left_behind(5).await;
    let stop = CancellationToken::new();
    for _ in 0..20 {
        let mut ingest = ingest(&catalog, dir.path()).following_a_death();
        ingest.hear_witness();
        recover(&mut ingest, &stop).await;
        assert_eq!(ingest.running.len(), 5);
        drop(ingest);
        catalog.release_claims(1).await.expect("released");
    }
    let left = catalog.left_behind(0).await.expect("read");
    assert_eq!((left.len(), left.iter().map(|one| one.crashes).sum::<u32>()), (5, 0));
}
