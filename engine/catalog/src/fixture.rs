//! Captures, events and catalogues for the tests of this crate.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use media::SourceTime;
use model::{
    CaptureId, Cursor, Epoch, Event, EventBody, NewCapture, Participant, ParticipantId, Pii, Project, RecordingConfig,
    RecordingId, Secret, SequencedEvent, StartJob, StreamRef, WebhookEndpointId, WebhookWish,
};
use tempfile::TempDir;

use crate::{Admission, Catalog, Delivery, Outcome, Registered};

/// When the tests happen, in milliseconds since the Unix epoch.
pub(crate) const NOW: i64 = 1_767_225_600_000;

/// A catalogue in a directory of its own.
pub(crate) async fn fresh() -> (TempDir, Catalog) {
    let dir = tempfile::tempdir().expect("a directory");
    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    (dir, catalog)
}

/// The start of stream number `n`, with ids that no other call makes for another `n`.
pub(crate) fn new_capture(n: u32) -> NewCapture {
    let mut random = [0; 10];
    random[..4].copy_from_slice(&n.to_be_bytes());
    let now_unix_ms = NOW + i64::from(n);
    NewCapture {
        id: CaptureId::new(now_unix_ms.unsigned_abs(), random),
        recording_id: RecordingId::new(now_unix_ms.unsigned_abs(), random),
        project: Project::default(),
        stream: StreamRef {
            app: "default".to_owned(),
            meeting_uuid: format!("meeting/{n}=="),
            stream_id: format!("stream{n}"),
        },
        server_urls: "wss://one.zoom.us".to_owned(),
        signature: Some(Secret::new(format!("signature{n}"))),
        notice: format!(r#"{{"n":{n}}}"#),
        notice_unix_ms: NOW,
        operator: None,
        config: RecordingConfig::of_an_app(),
        metadata: BTreeMap::from([("tenant".to_owned(), Some("a".to_owned()))]),
        now_unix_ms,
    }
}

/// What becomes of a start that the platform announces just now.
pub(crate) async fn announced(catalog: &Catalog, new: NewCapture) -> Admission {
    let key = format!("{} {} {}", new.stream.stream_id, new.server_urls, new.notice_unix_ms);
    let delivery = Delivery { key, ..delivered(new.notice_unix_ms) };
    catalog.announce_start(new, delivery, true).await.expect("announced").expect("it is fresh")
}

/// A capture that was started and claimed.
pub(crate) async fn claimed(catalog: &Catalog, n: u32) -> StartJob {
    catalog.start_capture(new_capture(n)).await.expect("admitted");
    catalog.claim_start(NOW + 1_000_000).await.expect("claimed").expect("a start waits")
}

/// A capture that had an owner, claimed once more.
pub(crate) async fn taken_up(catalog: &Catalog, id: CaptureId) -> StartJob {
    catalog.take_up(id, Epoch(0)).await.expect("claimed").expect("it has no owner")
}

/// A capture that recorded and ended, so that its render waits.
pub(crate) async fn recorded(catalog: &Catalog, n: u32) -> StartJob {
    let job = claimed(catalog, n).await;
    let id = job.capture.id;
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    catalog.capture_ended(id, Some(SourceTime::from_unix_ms(NOW + 60_000)), ended("over"), NOW).await.expect("ended");
    job
}

/// Whether any file of a catalogue holds a text.
pub(crate) fn is_in_a_file(dir: &Path, text: &str) -> bool {
    let files = fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").path());
    files.filter(|path| path.is_file()).any(|path| {
        let bytes = fs::read(path).expect("a file");
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

/// Runs `meanwhile` while the status of no capture can be read.
pub(crate) async fn damaged(catalog: &Catalog, meanwhile: impl AsyncFnOnce()) {
    let set = async |from: &'static str, to: &'static str| {
        let done = catalog.write(move |db| {
            Box::pin(async move {
                sqlx::query("UPDATE capture SET status = replace(status, ?, ?)")
                    .bind(from)
                    .bind(to)
                    .execute(db)
                    .await?;
                Ok(())
            })
        });
        done.await.expect("a change");
    };
    set("call", "damage").await;
    meanwhile().await;
    set("damage", "call").await;
}

/// The first delivery of a notice about a moment of the platform's clock.
pub(crate) fn delivered(told_unix_ms: i64) -> Delivery {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let key = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
    Delivery { key, told_unix_ms, now_unix_ms: NOW }
}

/// A bad end, before the stream is known to be over.
pub(crate) fn failed(code: &str) -> Outcome {
    Outcome::Failed { code: code.to_owned(), message: Some("It failed.".to_owned()) }
}

/// A good end.
pub(crate) fn ended(code: &str) -> Outcome {
    Outcome::Ended { code: code.to_owned(), message: Some("It ended.".to_owned()) }
}

/// Event `seq` of an epoch, in which somebody called `name` joins.
pub(crate) fn event(epoch: u32, seq: u64, name: &str) -> SequencedEvent {
    let participant = Participant { id: ParticipantId(7), name: Some(Pii::new(name.to_owned())) };
    SequencedEvent {
        cursor: Cursor { epoch: Epoch(epoch), seq },
        event: Event { at: SourceTime::from_unix_ms(NOW), body: EventBody::Joined { participant } },
    }
}

/// What is asked of a receiver that wants everything.
pub(crate) fn wish(url: &str) -> WebhookWish {
    WebhookWish {
        url: url.to_owned(),
        events: Vec::new(),
        description: String::new(),
        metadata: BTreeMap::new(),
        ordered: true,
        svix_headers: false,
        bot_events: false,
    }
}

/// Registers receiver number `n`.
pub(crate) async fn registered(catalog: &Catalog, n: u8) -> WebhookEndpointId {
    let id = WebhookEndpointId::new(NOW.unsigned_abs() + u64::from(n), [n; 10]);
    let secret = Secret::new(format!("whsec_{n}"));
    let url = format!("https://hooks{n}.example/");
    let became = catalog.register_webhook(id, &Project::default(), wish(&url), secret, NOW + i64::from(n)).await;
    assert_eq!(became.expect("registered"), Registered::New);
    id
}
