//! Sends to all meetings from one thread, on time. Meetings form groups a millisecond apart, so that what is due every 20 ms is
//! not due for all of them at once. What is sent is in `reel`, who is connected is found out in `desk`.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::json;
use tokio_tungstenite::tungstenite::{
    Error as WsError, Message, WebSocket,
    protocol::{Role, WebSocketConfig},
};

use super::{
    meeting::Meeting,
    pipe::Pipe,
    reel::{Kind, Reel, text_frame},
};

/// How far apart the steps of a meeting are, in milliseconds, and how many groups there are.
const STEP_MS: u64 = 20;
/// How often each connection is asked whether anybody is there, in steps (protocol §5.8: every 10 s).
const KEEP_ALIVE_STEPS: u64 = 10_000 / STEP_MS;
/// How often a connection is read on which no answer is awaited, in steps.
const LOOK_STEPS: u64 = 1_000 / STEP_MS;
/// How long after its last connection a meeting begins, in steps: by then its client has said that it is ready.
const SETTLING_STEPS: u64 = 500 / STEP_MS;

/// A connection for the press.
pub(super) struct Joined {
    pub(super) meeting: Arc<Meeting>,
    pub(super) kind: Kind,
    pub(super) pipe: Pipe,
}

struct Line {
    socket: WebSocket<Pipe>,
    asked: Option<Instant>,
}

impl Line {
    fn new(pipe: Pipe) -> Self {
        let config = WebSocketConfig::default().read_buffer_size(4 << 10).write_buffer_size(0);
        Self { socket: WebSocket::from_raw_socket(pipe, Role::Server, Some(config)), asked: None }
    }

    /// Sends a whole frame; the socket's own are never cut, because a pipe takes everything.
    fn send(&mut self, frame: &[u8]) -> bool {
        self.socket.get_mut().send(frame).is_ok()
    }

    fn ask(&mut self, unix_ms: u64) -> bool {
        self.asked = Some(Instant::now());
        self.send(&text_frame(
            json!({"msg_type": 12, "sequence": unix_ms, "timestamp": unix_ms}).to_string().as_bytes(),
        ))
    }

    /// Reads what came; how long an answer took, or that the connection is over.
    fn look(&mut self) -> Result<Option<Duration>, ()> {
        let mut took = None;
        loop {
            match self.socket.read() {
                Ok(Message::Text(_) | Message::Binary(_)) => {
                    took = self.asked.take().map(|asked| asked.elapsed()).or(took)
                }
                Ok(_) => {}
                Err(WsError::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(took),
                Err(_) => return Err(()),
            }
        }
    }
}

/// A meeting while it is sent.
struct Sending {
    meeting: Arc<Meeting>,
    lines: [Option<Line>; Kind::ALL.len()],
    /// The step after which it begins.
    begins: u64,
    /// How many of its connections there have been.
    joined: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Joining,
    /// Since that step.
    Running(u64),
    Over,
}

/// Runs until every sender of `joined` is gone and every meeting that began is over.
pub(super) fn run(joined: &mpsc::Receiver<Joined>, mut reel: Reel, lasts: Duration) {
    let mut groups: Vec<Vec<Sending>> = (0..STEP_MS).map(|_| Vec::new()).collect();
    let (began, steps) = (Instant::now(), lasts.as_millis() as u64 / STEP_MS);
    let mut is_open = true;
    for tick in 0_u64.. {
        let due = began + Duration::from_millis(tick);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let (step, group) = (tick / STEP_MS, (tick % STEP_MS) as usize);
        loop {
            match joined.try_recv() {
                Ok(joined) => take(&mut groups, joined, step),
                Err(mpsc::TryRecvError::Empty) => break,
                Err(mpsc::TryRecvError::Disconnected) => {
                    is_open = false;
                    break;
                }
            }
        }
        let late = due.elapsed();
        let unix_ms = unix_ms();
        for sending in &mut groups[group] {
            sending.step(step, steps, unix_ms, late, &mut reel);
        }
        if !is_open && groups.iter().flatten().all(|sending| sending.state == State::Over) {
            return;
        }
    }
}

fn take(groups: &mut [Vec<Sending>], joined: Joined, step: u64) {
    let group = &mut groups[joined.meeting.number % STEP_MS as usize];
    let place = group.iter().position(|sending| sending.meeting.number == joined.meeting.number).unwrap_or_else(|| {
        let lines = std::array::from_fn(|_| None);
        group.push(Sending { meeting: joined.meeting, lines, begins: u64::MAX, joined: 0, state: State::Joining });
        group.len() - 1
    });
    let sending = &mut group[place];
    sending.lines[joined.kind as usize] = Some(Line::new(joined.pipe));
    sending.joined += 1;
    if sending.joined == Kind::ALL.len() {
        sending.begins = step + SETTLING_STEPS;
    }
}

impl Sending {
    fn step(&mut self, step: u64, steps: u64, unix_ms: u64, late: Duration, reel: &mut Reel) {
        match self.state {
            State::Joining if step >= self.begins && *self.meeting.is_ready.borrow() => {
                self.state = State::Running(step);
                self.meeting.entry().first_packet_ms = unix_ms;
            }
            State::Running(since) if step - since >= steps => {
                self.state = State::Over;
                self.meeting.entry().end_ms = unix_ms;
                self.meeting.is_over.send_replace(true);
            }
            _ => {}
        }
        if let State::Running(since) = self.state {
            self.send((step - since) * STEP_MS, unix_ms, late, reel);
        }
        self.look(step, unix_ms);
    }

    fn send(&mut self, at_ms: u64, unix_ms: u64, late: Duration, reel: &mut Reel) {
        let mut entry = self.meeting.entry();
        entry.worst_lag_ms = entry.worst_lag_ms.max(late.as_millis() as u64);
        for (kind, line) in Kind::ALL.into_iter().zip(&mut self.lines) {
            for message in reel.due(kind, at_ms) {
                let payload_bytes = message.payload_bytes;
                let is_sent = line.as_mut().is_some_and(|line| line.send(message.at(unix_ms)));
                entry.enter(kind, payload_bytes, is_sent);
                if !is_sent {
                    *line = None;
                }
            }
        }
    }

    /// Asks whether the client is there, and reads what it says.
    fn look(&mut self, step: u64, unix_ms: u64) {
        // Not all of them at once.
        let number = self.meeting.number as u64;
        for line in &mut self.lines {
            let Some(open) = line else { continue };
            if self.state != State::Over && (step + number).is_multiple_of(KEEP_ALIVE_STEPS) && !open.ask(unix_ms) {
                *line = None;
                continue;
            }
            // What the kernel did not take at once goes on its way.
            let is_pushed = open.socket.get_mut().push();
            if is_pushed.is_ok()
                && open.asked.is_none()
                && !(step + number).is_multiple_of(LOOK_STEPS)
                && self.state != State::Over
            {
                continue;
            }
            match open.look() {
                Ok(Some(took)) => {
                    let mut entry = self.meeting.entry();
                    entry.keep_alive_worst_ms = entry.keep_alive_worst_ms.max(took.as_millis() as u64);
                }
                Ok(None) => {}
                Err(()) => {
                    if self.state != State::Over {
                        self.meeting
                            .entry()
                            .client_errors
                            .push("a media connection ended before its meeting".to_owned());
                    }
                    *line = None;
                }
            }
        }
    }
}

/// Now, in milliseconds since the Unix epoch.
pub(super) fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}
