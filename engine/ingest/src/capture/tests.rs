use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use journal::LogDir;
use model::platform::Endpoint;

use super::*;
use crate::dating::Look;

mod crowded;
mod shed;
mod stage;
mod streaming;
mod stuck;
mod withdrawn;
mod withheld;

use stage::{Patient, World, end, id};

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
        self.outputs = vec![Output::End(End {
            kind: EndKind::Suspended,
            code: "suspended",
            message: String::new(),
            may_restart: false,
        })];
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

/// Runs a restless capture to its end; answers whether it came to one while inputs never ended, and how often its log was
/// synced.
async fn run(machine: Restless, stop: CancellationToken, look: fn() -> Look) -> (bool, usize) {
    let world = World { look, ..World::new().await };
    let until = machine.until;
    world.task(machine, stop).run("{}".to_owned(), None, []).await;
    let ended = Instant::now() < until;
    world.catalog.close().await;
    (ended, world.syncs.load(Ordering::Relaxed))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_never_pauses_holds_up_neither_the_log_nor_the_limits_of_the_machine() {
    let machine = Restless::ending_after(Some(Duration::from_millis(1_500)));
    let (ended, syncs) = run(machine, CancellationToken::new(), Look::now).await;
    assert!(ended);
    // One is the end of the log.
    assert!(syncs > 2, "{syncs} syncs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_never_pauses_does_not_keep_the_daemon_from_stopping() {
    let stop = CancellationToken::new();
    stop.cancel();
    let (ended, _) = run(Restless::ending_after(None), stop, Look::now).await;
    assert!(ended);
}

/// A wall clock that is a day late, right, or a day early, in turn.
fn restless_look() -> Look {
    const DAY_NS: u64 = 86_400_000_000_000;
    static LOOKS: AtomicU64 = AtomicU64::new(0);
    let look = Look::now();
    let set_ns = LOOKS.fetch_add(1, Ordering::Relaxed) % 3 * DAY_NS;
    Look { wall_ns: look.wall_ns - DAY_NS + set_ns, ..look }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wall_clock_that_jumps_by_days_moves_no_limit_and_no_sync() {
    let machine = Restless::ending_after(Some(Duration::from_millis(1_500)));
    let (ended, syncs) = run(machine, CancellationToken::new(), restless_look).await;
    assert!(ended);
    assert!(syncs > 2, "{syncs} syncs");
}

/// A machine that notes in which order it hears of time and of a connection that is over, and ends when it has heard both.
struct Witness {
    outputs: Vec<Output>,
    due: Option<Instant>,
    heard: Arc<Mutex<Vec<&'static str>>>,
}

impl Witness {
    fn hear(&mut self, what: &'static str) {
        let mut heard = self.heard.lock().unwrap();
        heard.push(what);
        if heard.len() == 2 {
            self.outputs.push(Output::End(end(EndKind::Ended)));
        }
    }
}

impl Platform for Witness {
    fn handle_input(&mut self, input: Input, _: Instant) {
        assert!(matches!(input, Input::Closed(Leg::Audio, _)), "{input:?}");
        self.hear("socket");
    }

    fn poll_output(&mut self) -> Option<Output> {
        (!self.outputs.is_empty()).then(|| self.outputs.remove(0))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    fn handle_timeout(&mut self, _: Instant) {
        self.due = None;
        self.hear("time");
    }
}

/// In which order a machine hears of a limit that passed `late` ago and of a connection that is over.
async fn order_after(late: Duration) -> Vec<&'static str> {
    let world = World::new().await.known().await;
    let heard = Arc::default();
    let due = Instant::now().checked_sub(late).expect("this machine runs for some minutes");
    let machine = Witness { outputs: vec![open()], due: Some(due), heard: Arc::clone(&heard) };
    world.task(machine, CancellationToken::new()).run("{}".to_owned(), None, []).await;
    heard.lock().unwrap().clone()
}

#[tokio::test]
async fn after_minutes_asleep_the_machine_knows_the_time_before_it_hears_of_its_sockets() {
    assert_eq!(order_after(Duration::from_secs(300)).await, ["time", "socket"]);
}

#[tokio::test]
async fn after_seconds_asleep_what_waits_in_the_sockets_comes_before_the_silence_is_judged() {
    assert_eq!(order_after(Duration::from_secs(10)).await, ["socket", "time"]);
}

/// A clock that is set back by an hour at every third look.
fn set_back() -> Look {
    static LOOKS: AtomicU64 = AtomicU64::new(0);
    let hours = LOOKS.fetch_add(1, Ordering::Relaxed) / 3;
    let look = Look::now();
    Look { wall_ns: look.wall_ns - hours * 3_600_000_000_000, ..look }
}

/// A machine that has something to note at each of ten moments, then ends.
struct Steady {
    moments_left: i64,
    outputs: Vec<Output>,
    due: Instant,
}

fn first_packet(ms: i64) -> Output {
    Output::Record(Entry::Control(Control::FirstPacket { at: SourceTime::from_unix_ms(ms) }))
}

impl Platform for Steady {
    fn handle_input(&mut self, _: Input, _: Instant) {}

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Some(self.due)
    }

    fn handle_timeout(&mut self, _: Instant) {
        self.outputs.push(match self.moments_left {
            0 => Output::End(end(EndKind::Ended)),
            left => first_packet(left),
        });
        self.moments_left -= 1;
    }
}

/// The dates of what a log holds, and by how much the log says that the clock was set.
fn dates_and_steps(world: &World) -> (Vec<u64>, Vec<i64>) {
    let mut reader = journal::LogReader::open(LogDir::at(world.dir.path().join("log"))).unwrap();
    let (mut dates, mut steps) = (Vec::new(), Vec::new());
    while let Some(stored) = reader.next_record().unwrap() {
        dates.push(stored.record.arrived_unix_ns);
        if let Entry::Control(Control::ClockStepped { by_ms }) = stored.record.entry {
            steps.push(by_ms);
        }
    }
    (dates, steps)
}

#[tokio::test]
async fn a_clock_that_is_set_is_declared_in_the_log_and_moves_none_of_its_dates() {
    let world = World { look: set_back, ..World::new().await }.known().await;
    let before = Look::now().wall_ns;
    let machine = Steady { moments_left: 10, outputs: Vec::new(), due: Instant::now() };
    world.task(machine, CancellationToken::new()).run("{}".to_owned(), None, []).await;
    let (dates, steps) = dates_and_steps(&world);
    assert!(steps.len() >= 3 && steps.iter().all(|by_ms| (by_ms + 3_600_000).abs() < 500), "{steps:?}");
    assert!(dates.is_sorted() && dates[0] >= before && dates.iter().all(|date| *date < before + 60_000_000_000));
}

#[tokio::test]
async fn what_happens_at_one_moment_has_one_date_and_later_moments_have_later_ones() {
    let world = World::new().await.known().await;
    let outputs = (0..10).map(first_packet).chain([Output::End(end(EndKind::Ended))]).collect();
    let machine = Patient { outputs, kind: EndKind::Ended };
    world.task(machine, CancellationToken::new()).run("{}".to_owned(), None, []).await;
    let (dates, _) = dates_and_steps(&world);
    assert!(dates.len() > 10 && dates[..10].iter().all(|date| *date == dates[0]), "{dates:?}");

    let world = World::new().await.known().await;
    let machine = Steady { moments_left: 10, outputs: Vec::new(), due: Instant::now() };
    world.task(machine, CancellationToken::new()).run("{}".to_owned(), None, []).await;
    let (dates, _) = dates_and_steps(&world);
    assert!(dates.windows(2).filter(|pair| pair[0] < pair[1]).count() >= 10, "{dates:?}");
}

/// A machine that notes what is wanted of it, and ends when the stream is said to be over.
struct Obedient {
    asks: Arc<Mutex<Vec<Ask>>>,
    end: Option<End>,
}

impl Platform for Obedient {
    fn handle_input(&mut self, input: Input, _: Instant) {
        let Input::Command(ask) = input else { panic!("{input:?}") };
        if matches!(ask, Ask::Stopped { .. }) {
            self.end = Some(end(EndKind::Ended));
        }
        self.asks.lock().unwrap().push(ask);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.end.take().map(Output::End)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    fn handle_timeout(&mut self, _: Instant) {}
}

#[tokio::test]
async fn every_command_reaches_the_machine_in_order() {
    let world = World::new().await.known().await;
    let participant = Some(model::ParticipantId(7));
    let moved = "wss://b.zoom.us".to_owned();
    for command in [
        Command::Interrupted,
        Command::Moved { server_urls: moved.clone() },
        Command::Watch { participant },
        Command::Stop,
        Command::Stopped { reason: Some(6) },
    ] {
        assert!(world.catalog.enqueue(id(), command).await.unwrap());
    }
    let asks = Arc::default();
    let machine = Obedient { asks: Arc::clone(&asks), end: None };
    world.task(machine, CancellationToken::new()).run("{}".to_owned(), None, []).await;
    let expected = [
        Ask::Interrupted,
        Ask::Moved { url: moved },
        Ask::Watch { participant },
        Ask::Stop,
        Ask::Stopped { reason: Some(6) },
    ];
    assert_eq!(*asks.lock().unwrap(), expected);
}
