//! A catalogue with a capture that has one endpoint, and somebody who serves it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use catalog::{Catalog, Outcome};
use dial::{Outward, Receivers};
use hub::Hub;
use media::SourceTime;
use model::{
    CaptureId, Cursor, Endpoint, EndpointState, EndpointWish, Epoch, Event, EventBody, NewCapture, Participant,
    ParticipantId, Pii, Project, RecordingConfig, RecordingId, Retention, Secret, SequencedEvent, StreamRef, Topic,
    Transport, Utterance,
};
use schema::signature::SigningKey;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::super::{endpoints::Endpoints, pace::Pace};
use crate::Signing;

pub(super) const NOW_UNIX_MS: i64 = 1_767_225_600_000;
pub(super) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// As patient as the daemon and much faster.
pub(super) fn quick() -> Pace {
    Pace {
        post_pause: Duration::from_millis(2),
        connect_pause: Duration::from_millis(2),
        look: Duration::from_millis(5),
        trouble: Duration::from_millis(5),
        origin: Duration::ZERO,
        ..Pace::default()
    }
}

pub(super) struct Stage {
    _dir: TempDir,
    pub(super) catalog: Catalog,
    pub(super) hub: Hub,
    pub(super) capture: CaptureId,
    next: u64,
}

/// Who serves, until it is dropped or stopped.
pub(super) struct Server {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) async fn stop(self) {
        self.stop.cancel();
        self.task.await.expect("it stops");
    }
}

pub(super) fn wish(transport: Transport, url: &str) -> EndpointWish {
    EndpointWish {
        transport,
        url: Secret::new(url.to_owned()),
        topics: vec![Topic::Transcript, Topic::Join],
        metadata: BTreeMap::new(),
        replay: false,
        chunk_ms: 100,
    }
}

impl Stage {
    pub(super) async fn new(wishes: Vec<EndpointWish>, retention: Retention) -> Self {
        let stage = Self::before_second_0(wishes, retention).await;
        stage.begin().await;
        stage
    }

    /// The recording begins.
    pub(super) async fn begin(&self) {
        let (catalog, at) = (&self.catalog, SourceTime::from_unix_ms(NOW_UNIX_MS));
        catalog.recording_started(self.capture, at, NOW_UNIX_MS).await.expect("begun");
    }

    /// With a capture whose recording has not begun.
    pub(super) async fn before_second_0(wishes: Vec<EndpointWish>, retention: Retention) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
        let hub = Hub::new();
        let capture = CaptureId::new(1, [1; 10]);
        let new = NewCapture {
            id: capture,
            recording_id: RecordingId::new(1, [1; 10]),
            stream: StreamRef { app: "main".to_owned(), meeting_uuid: "m".to_owned(), stream_id: "s".to_owned() },
            server_urls: "wss://one.zoom.us".to_owned(),
            signature: None,
            notice: "{}".to_owned(),
            notice_unix_ms: NOW_UNIX_MS,
            operator: None,
            project: Project::default(),
            config: RecordingConfig { retention, endpoints: wishes, ..RecordingConfig::of_an_app() },
            metadata: BTreeMap::new(),
            now_unix_ms: NOW_UNIX_MS,
        };
        catalog.start_capture(new).await.expect("admitted");
        catalog.claim_start(NOW_UNIX_MS).await.expect("claimed").expect("a start waits");
        hub.open(capture);
        if !retention.stores() {
            hub.remember(capture, Epoch(1));
        }
        Self { _dir: dir, catalog, hub, capture, next: 1 }
    }

    /// With one endpoint.
    pub(super) async fn with(transport: Transport, url: &str) -> Self {
        Self::new(vec![wish(transport, url)], Retention::Forever).await
    }

    pub(super) fn serve(&self, pace: Pace) -> Server {
        let receivers = Receivers { private: vec!["127.0.0.1".parse().expect("a host")], require_tls: false };
        self.serve_by(pace, receivers)
    }

    pub(super) fn serve_by(&self, pace: Pace, receivers: Receivers) -> Server {
        self.serve_over(pace, Outward::new(receivers, None).expect("a way out"))
    }

    pub(super) fn serve_over(&self, pace: Pace, outward: Outward) -> Server {
        let signing = Signing { keys: vec![SigningKey::parse(SECRET).expect("a secret")], both_families: false };
        let endpoints = Endpoints::at(pace, self.catalog.clone(), self.hub.clone(), outward, signing);
        let stop = CancellationToken::new();
        let task = tokio::spawn(endpoints.run(stop.clone()));
        Server { stop, task }
    }

    /// Somebody says so many things, which are stored and published.
    pub(super) async fn say(&mut self, times: u64) {
        let events: Vec<SequencedEvent> = (self.next..self.next + times).map(said).collect();
        self.next += times;
        self.catalog.append_events(self.capture, events.clone()).await.expect("appended");
        for event in events {
            self.hub.publish(self.capture, Arc::new(event));
        }
    }

    pub(super) async fn end(&self) {
        let outcome = Outcome::Ended { code: "over".to_owned(), message: None };
        self.catalog.capture_ended(self.capture, None, outcome, NOW_UNIX_MS).await.expect("ended");
        self.hub.close(self.capture);
    }

    pub(super) async fn endpoint(&self) -> Endpoint {
        self.catalog.endpoints_of(self.capture).await.expect("read").remove(0)
    }

    /// The endpoint once it runs no more.
    pub(super) async fn ended(&self) -> Endpoint {
        loop {
            let endpoint = self.endpoint().await;
            if endpoint.state != EndpointState::Running {
                return endpoint;
            }
            tokio::task::yield_now().await;
        }
    }
}

pub(super) fn said(seq: u64) -> SequencedEvent {
    let at = SourceTime::from_unix_ms(NOW_UNIX_MS);
    let body = EventBody::Transcript(Utterance {
        speaker: Some(Participant { id: ParticipantId(1), name: Some(Pii::new("Ada".to_owned())) }),
        text: Pii::new(seq.to_string()),
        start: at,
        end: at.plus_ms(50),
        language: None,
    });
    SequencedEvent { cursor: Cursor { epoch: Epoch(1), seq }, event: Event { at, body } }
}
