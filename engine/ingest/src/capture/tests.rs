use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use dial::Policy;
use journal::{Disk, DiskFile, DiskPool, LocalDisk, LogDir, LogSettings};
use media::SourceTime;
use model::platform::Endpoint;

use super::*;

/// For how long inputs never end; a capture that is held up by them ends only afterwards.
const RESTLESS: Duration = Duration::from_secs(10);

/// A machine whose only connection is refused at once, and which at once asks for it again.
struct Restless {
    outputs: Vec<Output>,
    until: Instant,
    /// When it wants to end, if not by a command.
    due: Option<Instant>,
}

impl Restless {
    fn ending_after(limit: Option<Duration>) -> Self {
        let now = Instant::now();
        Self { outputs: vec![open()], until: now + RESTLESS, due: limit.map(|limit| now + limit) }
    }

    fn end(&mut self) {
        self.due = None;
        self.outputs = vec![Output::End(End { kind: EndKind::Suspended, code: "suspended", message: String::new() })];
    }
}

fn open() -> Output {
    Output::Open(Leg::Audio, Endpoint { url: "wss://nobody.example".to_owned(), message_limit_bytes: 1 })
}

impl Platform for Restless {
    fn handle_input(&mut self, input: Input, now: Instant) {
        match input {
            Input::Closed(..) if now >= self.until => {}
            Input::Closed(..) => {
                let at = SourceTime::from_unix_ms(0);
                self.outputs.push(Output::Record(Entry::Control(Control::FirstPacket { at })));
                self.outputs.push(open());
            }
            _ => self.end(),
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        (!self.outputs.is_empty()).then(|| self.outputs.remove(0))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    fn handle_timeout(&mut self, _: Instant) {
        self.end();
    }
}

/// The real disk, with its syncs counted.
struct Counting(Arc<AtomicUsize>);

struct CountingFile(Box<dyn DiskFile>, Arc<AtomicUsize>);

impl Disk for Counting {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        LocalDisk.create_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(CountingFile(LocalDisk.create(path)?, Arc::clone(&self.0))))
    }
}

impl DiskFile for CountingFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.sync()
    }
}

/// Runs a restless capture to its end; answers whether it came to one while inputs never ended, and how often its log was
/// synced.
async fn run(machine: Restless, stop: CancellationToken) -> (bool, usize) {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let syncs = Arc::new(AtomicUsize::new(0));
    let pool = DiskPool::start(Arc::new(Counting(Arc::clone(&syncs))), 1).unwrap();
    let settings = LogSettings { sync_every: Duration::from_millis(1), ..LogSettings::default() };
    let log = LogWriter::open(LogDir::at(dir.path().join("log")), pool, settings, Epoch(1), Instant::now()).unwrap();
    let around = Surroundings {
        catalog: catalog.clone(),
        hub: Hub::new(),
        dialer: Arc::new(Dialer::new(Policy::default(), None).unwrap()),
        counters: Counters::new(),
        stop,
    };
    let id = CaptureId::new(1, [1; 10]);
    let until = machine.until;
    CaptureTask::new(id, Epoch(1), machine, log, around).run("{}".to_owned(), []).await;
    let ended = Instant::now() < until;
    catalog.close().await;
    (ended, syncs.load(Ordering::Relaxed))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_never_pauses_holds_up_neither_the_log_nor_the_limits_of_the_machine() {
    let machine = Restless::ending_after(Some(Duration::from_millis(300)));
    let (ended, syncs) = run(machine, CancellationToken::new()).await;
    assert!(ended);
    // One is the end of the log.
    assert!(syncs > 2, "{syncs} syncs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_never_pauses_does_not_keep_the_daemon_from_stopping() {
    let stop = CancellationToken::new();
    stop.cancel();
    let (ended, _) = run(Restless::ending_after(None), stop).await;
    assert!(ended);
}
