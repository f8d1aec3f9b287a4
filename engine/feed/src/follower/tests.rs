//! That nothing falls into the seam is held to the feeds of `api` as well, from every place.

use std::collections::BTreeMap;

use media::SourceTime;
use model::{
    Epoch, Event, EventBody, NewCapture, ParticipantId, Project, RecordingConfig, RecordingId, Retention, StreamRef,
};

use super::*;

const NOW_UNIX_MS: i64 = 1_767_225_600_000;

pub(crate) async fn running(catalog: &Catalog, retention: Retention) -> Capture {
    let id = CaptureId::new(1, [1; 10]);
    let new = NewCapture {
        id,
        recording_id: RecordingId::new(1, [1; 10]),
        stream: StreamRef { app: "main".to_owned(), meeting_uuid: "m".to_owned(), stream_id: "s".to_owned() },
        server_urls: "wss://one.zoom.us".to_owned(),
        signature: None,
        notice: "{}".to_owned(),
        notice_unix_ms: NOW_UNIX_MS,
        operator: None,
        project: Project::default(),
        config: RecordingConfig { retention, ..RecordingConfig::default() },
        metadata: BTreeMap::new(),
        now_unix_ms: NOW_UNIX_MS,
    };
    catalog.start_capture(new).await.expect("admitted");
    catalog.claim_start(NOW_UNIX_MS).await.expect("claimed").expect("a start waits").capture
}

fn left(seq: u64) -> SequencedEvent {
    let at = SourceTime::from_unix_ms(NOW_UNIX_MS);
    let body = EventBody::Left { id: ParticipantId(i64::try_from(seq).expect("small")) };
    SequencedEvent { cursor: Cursor { epoch: Epoch(1), seq }, event: Event { at, body } }
}

async fn seen(follower: &mut Follower, up_to: u64) -> Vec<u64> {
    let mut seen = Vec::new();
    while follower.last().seq < up_to {
        match follower.next(false).await.expect("read") {
            Step::Read(look) => seen.extend(look.events.iter().map(|event| event.cursor.seq)),
            Step::Heard(event) => seen.push(event.cursor.seq),
            other => panic!("{other:?}"),
        }
    }
    seen
}

#[tokio::test]
async fn what_was_stored_and_what_is_published_come_each_once_and_in_order() {
    let dir = tempfile::tempdir().expect("a directory");
    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    let (hub, capture) = (Hub::new(), running(&catalog, Retention::Forever).await);
    hub.open(capture.id);
    catalog.append_events(capture.id, (1..=700).map(left).collect()).await.expect("appended");
    let mut follower = Follower::new(catalog.clone(), hub.clone(), &capture, None).expect("nothing is lost");
    // The last of what is stored, said once more, then what follows, then a hole that the catalogue fills.
    catalog.append_events(capture.id, (701..=705).map(left).collect()).await.expect("appended");
    for seq in [700, 701, 702, 705] {
        hub.publish(capture.id, Arc::new(left(seq)));
    }
    assert_eq!(seen(&mut follower, 705).await, (1..=705).collect::<Vec<_>>());
    catalog.close().await;
}

#[tokio::test]
async fn who_is_curious_reads_what_others_hear() {
    let dir = tempfile::tempdir().expect("a directory");
    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    let (hub, capture) = (Hub::new(), running(&catalog, Retention::Forever).await);
    hub.open(capture.id);
    catalog.append_events(capture.id, vec![left(1)]).await.expect("appended");
    for is_curious in [false, true] {
        let mut follower = Follower::new(catalog.clone(), hub.clone(), &capture, None).expect("nothing is lost");
        assert!(matches!(follower.next(is_curious).await, Ok(Step::Read(look)) if look.is_level));
        let next = left(follower.last().seq + 1);
        catalog.append_events(capture.id, vec![next.clone()]).await.expect("appended");
        hub.publish(capture.id, Arc::new(next));
        let is_heard = matches!(follower.next(is_curious).await.expect("read"), Step::Heard(_));
        assert_eq!(is_heard, !is_curious);
    }
    catalog.close().await;
}

#[tokio::test]
async fn where_nothing_is_stored_what_was_forgotten_is_lost_and_said_to_be() {
    let dir = tempfile::tempdir().expect("a directory");
    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    let (hub, capture) = (Hub::new(), running(&catalog, Retention::Nothing).await);
    hub.open(capture.id);
    hub.remember(capture.id, Epoch(2));
    let gone = Cursor { epoch: Epoch(1), seq: 5 };
    assert!(Follower::new(catalog.clone(), hub.clone(), &capture, Some(gone)).is_none(), "of an owner before");
    assert!(Follower::new(catalog.clone(), hub.clone(), &capture, None).is_some());
    catalog.close().await;
}
