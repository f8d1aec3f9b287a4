use std::sync::Arc;

use journal::{DiskPool, LocalDisk, LogSettings, LogWriter};
use model::{Control, Entry, Record, Secret};
use tokio::time::Instant;
use zoom::Wants;

use super::*;
use crate::App;

/// When the tests happen, long before anything that the file system dates.
const THEN_MS: i64 = 1_000;

fn id(n: u8) -> CaptureId {
    CaptureId::new(1, [n; 10])
}

fn left(n: u8) -> LeftBehind {
    LeftBehind {
        capture: id(n),
        app: "default".to_owned(),
        epoch: Epoch(1),
        stored: true,
        changed_at_unix_ms: THEN_MS,
        crashes: 0,
    }
}

async fn write(data: &Path, n: u8, epoch: Epoch, control: Control) {
    let disk = DiskPool::start(Arc::new(LocalDisk), 1).expect("a disk");
    let now = Instant::now().into_std();
    let mut log = LogWriter::open(LogDir::of(data, id(n)), disk, LogSettings::default(), epoch, now).expect("a log");
    log.append(&Record { arrived_unix_ns: 1, epoch, entry: Entry::Control(control) }, now).expect("appended");
    log.close().await.expect("closed");
}

fn started() -> Control {
    Control::Started { notice: "{}".to_owned() }
}

async fn verdicts(data: &Path, left: Vec<LeftBehind>) -> Vec<Verdict> {
    verdicts_until(data, left, Instant::now() + Duration::from_secs(600)).await
}

async fn verdicts_until(data: &Path, left: Vec<LeftBehind>, give_up: Instant) -> Vec<Verdict> {
    let app = App {
        client_id: "client".to_owned(),
        client_secret: Secret::new("secret".to_owned()),
        want: Wants::default(),
        keep_revoked: true,
        account_id: String::new(),
        restart: false,
    };
    look(left, Apps::from([("keeps".to_owned(), app)]), data, Witness::blind(), give_up).await
}

#[tokio::test]
async fn a_stream_was_alive_when_its_log_was_written_last() {
    let data = tempfile::tempdir().expect("a directory");
    write(data.path(), 1, Epoch(3), started()).await;
    let found = verdicts(data.path(), vec![left(1)]).await;
    let [Verdict::Rejoin(rejoin)] = found[..] else { panic!("{found:?}") };
    let file = std::fs::metadata(LogDir::of(data.path(), id(1)).segment(1)).expect("a segment");
    let written_ms = since_epoch_ms(file.modified().expect("a time"));
    assert_eq!(rejoin, Rejoin::new(id(1), written_ms, 0, Epoch(3)), "the log knows a later epoch than the catalogue");
}

#[tokio::test]
async fn without_a_log_the_catalogue_is_what_is_known() {
    let data = tempfile::tempdir().expect("a directory");
    let crashed = LeftBehind { crashes: 2, epoch: Epoch(5), ..left(1) };
    let found = verdicts(data.path(), vec![crashed]).await;
    let [Verdict::Rejoin(rejoin)] = found[..] else { panic!("{found:?}") };
    assert_eq!(rejoin, Rejoin::new(id(1), THEN_MS, 2, Epoch(5)));
}

#[tokio::test]
async fn what_is_over_is_not_joined_and_what_crashed_three_times_is_not_even_read() {
    let data = tempfile::tempdir().expect("a directory");
    let ended = Control::Ended { code: "over".to_owned(), cut_short: false, stop_reason: Some(8), at: None };
    write(data.path(), 1, Epoch(1), ended).await;
    let kept = LeftBehind { app: "keeps".to_owned(), ..left(1) };
    let crashed = LeftBehind { crashes: 3, ..left(1) };
    for one in [left(1), kept.clone(), crashed] {
        let keeps = one.app == "keeps";
        let found = verdicts(data.path(), vec![one.clone()]).await;
        match &found[..] {
            [Verdict::Over { outcome: Outcome::Revoked { .. }, keep_revoked: false, .. }] if one == left(1) => {}
            [Verdict::Over { outcome: Outcome::Ended { .. }, keep_revoked: true, .. }] if one == kept => {}
            [Verdict::Quarantine { written: Epoch(1), keep_revoked: false, .. }] if one.crashes == 3 => {}
            _ => panic!("{keeps} {found:?}"),
        }
    }
}

#[tokio::test]
async fn at_what_there_is_no_time_to_look_it_is_taken_up_by_what_the_catalogue_knows() {
    let data = tempfile::tempdir().expect("a directory");
    let ended = Control::Ended { code: "over".to_owned(), cut_short: false, stop_reason: Some(6), at: None };
    write(data.path(), 1, Epoch(1), ended).await;
    let found = verdicts_until(data.path(), vec![left(1)], Instant::now()).await;
    let [Verdict::Rejoin(rejoin)] = found[..] else { panic!("{found:?}") };
    assert_eq!(rejoin, Rejoin::new(id(1), THEN_MS, 0, Epoch(1)));
}

/// A pipe that nobody writes to stands for a disk that hangs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_hangs_holds_up_no_other_and_is_given_up_after_a_while() {
    let data = tempfile::tempdir().expect("a directory");
    let hanging = LogDir::of(data.path(), id(1));
    std::fs::create_dir_all(hanging.path()).expect("made");
    let pipe = hanging.segment(1);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).expect("a pipe");
    write(data.path(), 2, Epoch(1), started()).await;
    let found = verdicts(data.path(), vec![left(1), left(2)]).await;
    let order: Vec<CaptureId> = found
        .iter()
        .map(|verdict| match verdict {
            Verdict::Rejoin(rejoin) => rejoin.capture,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(order, [id(2), id(1)]);
    // Lets the look at it end, which this test must not outlive, however often it opens what is there.
    let partner = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).expect("opened");
    std::fs::remove_file(&pipe).expect("removed");
    drop(partner);
}

#[tokio::test]
async fn where_nothing_is_stored_no_log_is_looked_at() {
    let data = tempfile::tempdir().expect("a directory");
    let ended = Control::Ended { code: "over".to_owned(), cut_short: false, stop_reason: Some(6), at: None };
    write(data.path(), 1, Epoch(7), ended).await;
    let found = verdicts(data.path(), vec![LeftBehind { stored: false, ..left(1) }]).await;
    let [Verdict::Rejoin(rejoin)] = found[..] else { panic!("{found:?}") };
    assert_eq!(rejoin, Rejoin::new(id(1), THEN_MS, 0, Epoch(1)));
    let found = verdicts(data.path(), vec![left(1)]).await;
    assert!(matches!(found[..], [Verdict::Over { .. }]), "the control: {found:?}");
}
