//! A capture's world in a directory of its own: its disk, its catalogue, a machine that does as it is told.

use std::{
    io,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use catalog::Admission;
use dial::Policy;
use journal::{Disk, DiskFile, DiskPool, LocalDisk, LogDir, LogSettings, LogWriter};
use model::{NewCapture, RecordingConfig, RecordingId, Retention, StreamRef};

use super::super::*;
use crate::dating::Look;

/// The real disk, with its syncs counted, and each held up until it may go on if there is a gate.
pub(super) struct Watched {
    syncs: Arc<AtomicUsize>,
    gate: Option<Arc<Gate>>,
}

/// Tells that a sync waits, and lets it wait.
pub(super) struct Gate {
    pub(super) waits: tokio::sync::Notify,
    pub(super) opened: Mutex<mpsc::Receiver<()>>,
}

struct WatchedFile {
    file: Box<dyn DiskFile>,
    syncs: Arc<AtomicUsize>,
    gate: Option<Arc<Gate>>,
}

impl Disk for Watched {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        LocalDisk.create_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = LocalDisk.create(path)?;
        Ok(Box::new(WatchedFile { file, syncs: Arc::clone(&self.syncs), gate: self.gate.clone() }))
    }
}

impl DiskFile for WatchedFile {
    fn append(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        self.file.append(parts)
    }

    fn sync(&mut self) -> io::Result<()> {
        if let Some(gate) = &self.gate {
            gate.waits.notify_one();
            // Once the test is over, everything may go on.
            let _ = gate.opened.lock().unwrap().recv();
        }
        self.syncs.fetch_add(1, Ordering::Relaxed);
        self.file.sync()
    }
}

/// A capture's world in a directory of its own.
pub(super) struct World {
    pub(super) dir: tempfile::TempDir,
    pub(super) catalog: Catalog,
    pub(super) hub: Hub,
    pub(super) syncs: Arc<AtomicUsize>,
    pub(super) gate: Option<Arc<Gate>>,
    pub(super) sync_every: Duration,
    pub(super) look: fn() -> Look,
    pub(super) keep_revoked: bool,
    pub(super) close_limit: Duration,
    pub(super) retention: Retention,
}

pub(super) fn id() -> CaptureId {
    CaptureId::new(1, [1; 10])
}

impl World {
    pub(super) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(dir.path()).await.unwrap();
        Self {
            dir,
            catalog,
            hub: Hub::new(),
            syncs: Arc::default(),
            gate: None,
            sync_every: Duration::from_millis(1),
            look: Look::now,
            keep_revoked: false,
            close_limit: CLOSE_LIMIT,
            retention: Retention::Forever,
        }
    }

    /// Makes the capture known, so that it has a status.
    pub(super) async fn known(self) -> Self {
        let new = NewCapture {
            id: id(),
            recording_id: RecordingId::new(1, [1; 10]),
            project: model::Project::default(),
            stream: StreamRef {
                app: "default".to_owned(),
                meeting_uuid: "meeting".to_owned(),
                stream_id: "stream".to_owned(),
            },
            server_urls: "wss://nobody.example".to_owned(),
            signature: None,
            notice: "{}".to_owned(),
            notice_unix_ms: 1,
            operator: None,
            config: RecordingConfig { retention: self.retention, ..RecordingConfig::of_an_app() },
            metadata: Default::default(),
            now_unix_ms: 1,
        };
        assert!(matches!(self.catalog.start_capture(new).await, Ok(Admission::New(_))));
        self.catalog.claim_start(2).await.unwrap().expect("a start");
        self.hub.open(id());
        self
    }

    pub(super) fn task<M: Platform>(&self, machine: M, stop: CancellationToken) -> CaptureTask<M> {
        let disk = Watched { syncs: Arc::clone(&self.syncs), gate: self.gate.clone() };
        let pool = DiskPool::start(Arc::new(disk), 1).unwrap();
        let settings = LogSettings { sync_every: self.sync_every, ..LogSettings::default() };
        let dir = LogDir::at(self.dir.path().join("log"));
        let ledger = if self.retention.stores() {
            let log = LogWriter::open(dir, pool, settings, Epoch(1), Instant::now()).unwrap();
            Ledger::of_log(id(), Epoch(1), log, self.hub.clone(), self.look)
        } else {
            Ledger::Nothing
        };
        let around = Surroundings {
            catalog: self.catalog.clone(),
            hub: self.hub.clone(),
            dialer: Arc::new(Dialer::new(Policy::default(), None).unwrap()),
            counters: Counters::new(),
            began: Instant::now(),
            stop,
            keep_revoked: self.keep_revoked,
            close_limit: self.close_limit,
        };
        CaptureTask::new(id(), Epoch(1), machine, ledger, around)
    }

    pub(super) async fn status(&self) -> CaptureStatus {
        self.catalog.capture(id()).await.unwrap().expect("the capture").latest().status
    }
}

/// A machine that records something, and ends on a command.
pub(super) struct Patient {
    pub(super) outputs: Vec<Output>,
    pub(super) kind: EndKind,
}

impl Platform for Patient {
    fn handle_input(&mut self, input: Input, _: Instant) {
        if matches!(input, Input::Command(_)) {
            let over = Control::Ended { code: "over".to_owned(), cut_short: false, stop_reason: Some(8), at: None };
            self.outputs.push(Output::Record(Entry::Control(over)));
            self.outputs.push(Output::End(end(self.kind)));
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        (!self.outputs.is_empty()).then(|| self.outputs.remove(0))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    fn handle_timeout(&mut self, _: Instant) {}
}

pub(super) fn end(kind: EndKind) -> End {
    End { kind, code: "over", message: "It is over.".to_owned(), may_restart: false }
}
