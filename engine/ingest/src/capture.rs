//! One capture: feeds the platform's machine, does what it says, and keeps what is received. Where that is kept, if
//! anywhere, is in `ledger`.
//!
//! Connections that carry media are read in rounds (`rounds`), all others as soon as anything comes.
//!
//! Priorities of the loop: the disk's answers and commands, which are rare, then sockets, then time; after each, everything
//! that the machine wants done. Time has its turn after every burst from the sockets too, so that a peer that never pauses
//! holds up neither the log nor the machine's limits. Only after so long a sleep that the sockets must be dead does time
//! come first, so that the machine knows which of its limits passed before it hears of them. The machine decides; this task
//! only moves bytes.

use std::{
    future::{Future, pending, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use catalog::{Catalog, CatalogError};
use dial::Dialer;
use hub::{Hub, Wake};
use journal::{JournalError, Synced};
use media::{SourceTime, TrackKind};
use model::{
    CaptureId, CaptureStatus, Command, Control, Entry, Epoch, Event, EventBody, Fault,
    platform::{Ask, End, EndKind, Input, Leg, Output, Platform},
};
use tokio::time::{sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    counters::Counters,
    farewell::{count_unread, is_closed, is_told, outcome},
    ledger::Ledger,
    legs::Legs,
    relay::Relay,
    rounds::Rounds,
    scribe::{Note, Scribe},
    settle::settle,
    withholding::Withholding,
};

/// How many messages are taken from the sockets before the other branches get their turn.
const INPUTS_PER_TURN: usize = 64;
/// How long the disk may take to make the end of a log durable: a capture comes to its end within 120 s after its stream
/// (fault matrix I7) even if the disk does not answer any more.
pub(crate) const CLOSE_LIMIT: Duration = Duration::from_secs(60);

/// How late the machine's timer must be noticed to mean that this task did not run for long: by then the peer has missed
/// three answers (protocol §1.3), so what waits in the sockets is their end.
const OVERSLEPT: Duration = Duration::from_secs(30);

/// Everything that one capture needs of the world.
pub(crate) struct Surroundings {
    pub(crate) catalog: Catalog,
    pub(crate) hub: Hub,
    pub(crate) dialer: Arc<Dialer>,
    pub(crate) counters: Counters,
    /// Where the grid of the looks begins that all captures of this process share.
    pub(crate) began: Instant,
    pub(crate) stop: CancellationToken,
    /// Whether what was received is kept although consent was withdrawn.
    pub(crate) keep_revoked: bool,
    /// How long the disk may take to make the end of the log durable.
    pub(crate) close_limit: Duration,
}

/// A capture while it runs.
pub(crate) struct CaptureTask<P> {
    id: CaptureId,
    machine: P,
    legs: Legs,
    rounds: Rounds,
    ledger: Ledger,
    relay: Relay,
    scribe: Scribe,
    around: Surroundings,
    summons: Summons,
    status: CaptureStatus,
    has_origin: bool,
    withholding: Withholding,
    end: Option<End>,
}

/// Waits until somebody wants something of the capture, and fetches what; kept across turns so that neither waiting nor
/// the catalogue costs the frame path anything.
type Summons = Pin<Box<dyn Future<Output = Happening> + Send>>;

/// Looks for commands as soon as somebody says that there are any, and `now` if nobody knows.
fn summons(id: CaptureId, around: &Surroundings, now: bool) -> Summons {
    let (catalog, hub, stop) = (around.catalog.clone(), around.hub.clone(), around.stop.clone());
    Box::pin(async move {
        let commands = async {
            if !now {
                hub.woken(Wake::Commands(id)).await;
            }
            catalog.take_commands(id).await
        };
        tokio::select! {
            biased;
            // Commands that are taken and not obeyed are offered again to the next owner.
            () = stop.cancelled() => Happening::Suspend,
            commands = commands => Happening::Commands(commands),
        }
    })
}

/// What woke the task.
enum Happening {
    Input(Input),
    Synced(Result<Synced, JournalError>),
    Commands(Result<Vec<Command>, CatalogError>),
    Suspend,
    Time,
}

impl<P: Platform> CaptureTask<P> {
    pub(crate) fn new(id: CaptureId, epoch: Epoch, machine: P, ledger: Ledger, around: Surroundings) -> Self {
        Self {
            id,
            machine,
            legs: Legs::new(Arc::clone(&around.dialer)),
            rounds: Rounds::new(id, around.began),
            scribe: Scribe::start(around.catalog.clone(), around.hub.clone(), id, epoch, ledger.stores()),
            ledger,
            relay: Relay::new(&around.hub.outlet(id)),
            summons: summons(id, &around, true),
            around,
            status: CaptureStatus::JoiningCall,
            has_origin: false,
            withholding: Withholding::default(),
            end: None,
        }
    }

    /// The same where something is withheld from the beginning.
    pub(crate) fn withholding(self, withholding: Withholding) -> Self {
        Self { withholding, ..self }
    }

    /// Runs the capture to its end; `notice` is the platform's start notice, for the log. So are second 0, if an owner before
    /// knew it, and `announced`, what owners before announced last: their log may lack both, and it is no harm if it has them.
    /// Answers with how it ended, once that is in the catalogue.
    pub(crate) async fn run(
        mut self,
        notice: String,
        origin: Option<SourceTime>,
        announced: impl IntoIterator<Item = Event>,
    ) -> End {
        let now = Instant::now();
        self.record(Entry::Control(Control::Started { notice }), now);
        if let Some(at) = origin {
            self.begin_recording(at);
            self.record(Entry::Control(Control::FirstPacket { at }), now);
        }
        announced.into_iter().for_each(|event| self.record(Entry::Event(event), now));
        self.drain(now);
        let end = loop {
            if let Some(end) = self.end.take() {
                break end;
            }
            let happening = self.next_happening().await;
            if self.overslept() {
                self.note_time();
                if self.end.is_some() {
                    continue;
                }
            }
            match happening {
                Happening::Input(input) => self.take_inputs(input).await,
                Happening::Synced(outcome) => self.note_synced(outcome),
                Happening::Commands(commands) => {
                    self.summons = summons(self.id, &self.around, false);
                    if !matches!(&commands, Ok(none) if none.is_empty()) {
                        self.legs.look();
                        self.take_waiting().await;
                    }
                    self.obey(commands);
                }
                Happening::Suspend => {
                    self.take_last().await;
                    self.tell(Input::Command(Ask::Suspend));
                }
                Happening::Time => self.take_round().await,
            }
        };
        self.finish(end).await
    }

    /// Whether this task did not run for so long that the sockets know less than the clock.
    fn overslept(&self) -> bool {
        self.machine.poll_timeout().is_some_and(|due| due + OVERSLEPT <= Instant::now())
    }

    async fn next_happening(&mut self) -> Happening {
        let due =
            [self.machine.poll_timeout(), self.ledger.next_tick(), self.rounds.next()].into_iter().flatten().min();
        tokio::select! {
            biased;
            outcome = poll_fn(|cx| self.ledger.poll_synced(cx, Instant::now())) => Happening::Synced(outcome),
            happening = &mut self.summons => happening,
            input = poll_fn(|cx| self.legs.poll_input(cx)) => Happening::Input(input),
            () = reached(due) => Happening::Time,
        }
    }

    /// Takes an input and those that are ready behind it, so that a burst costs one turn of the loop. Time comes after
    /// them: what waited in the sockets while this task could not run is no silence.
    async fn take_inputs(&mut self, first: Input) {
        if matches!(first, Input::Closed(..)) {
            self.legs.look();
            self.take_waiting().await;
        }
        self.tell(first);
        self.take_waiting().await;
        if self.end.is_none() {
            self.note_time();
        }
    }

    /// Takes what came since the last look on connections that rest, if it is time for that; then time comes.
    async fn take_round(&mut self) {
        if self.rounds.take(Instant::now(), self.relay.is_followed()) {
            self.legs.look();
            self.take_waiting().await;
        }
        if self.end.is_none() {
            self.note_time();
        }
    }

    /// Takes what waits in the sockets: whatever may close connections comes after it, so that nothing that was received is
    /// lost with them.
    async fn take_waiting(&mut self) {
        // They are there already, all of them.
        let now = Instant::now();
        for _ in 1..INPUTS_PER_TURN {
            if self.end.is_some() {
                return;
            }
            let ready = poll_fn(|cx| {
                Poll::Ready(match self.legs.poll_input(cx) {
                    Poll::Ready(input) => Some(input),
                    Poll::Pending => None,
                })
            });
            match ready.await {
                Some(input) => self.tell_at(input, now),
                None => break,
            }
        }
    }

    /// Hangs up, and takes everything that was on its way, for a second at most: whoever goes on with the stream must not miss
    /// it.
    async fn take_last(&mut self) {
        self.legs.look();
        self.take_waiting().await;
        self.legs.hang_up();
        while self.end.is_none()
            && let Some(input) = poll_fn(|cx| self.legs.poll_last(cx)).await
        {
            self.tell(input);
        }
    }

    /// One input, then everything that follows from it.
    fn tell(&mut self, input: Input) {
        self.tell_at(input, Instant::now());
    }

    fn tell_at(&mut self, input: Input, now: Instant) {
        self.machine.handle_input(input, now);
        self.drain(now);
    }

    fn note_time(&mut self) {
        let now = Instant::now();
        if self.machine.poll_timeout().is_some_and(|due| due <= now) {
            self.machine.handle_timeout(now);
            self.drain(now);
        }
        self.ledger.tick(now);
    }

    fn note_synced(&mut self, outcome: Result<Synced, JournalError>) {
        self.around.hub.note_refused(self.id, outcome.is_err());
        match outcome {
            Ok(synced) => self.around.counters.synced(synced.lag),
            Err(error) => {
                metrics::counter!("hansard_stage_errors_total", "stage" => "write").increment(1);
                tracing::error!(capture = %self.id, code = error.code(), %error, "capture log; trying the next segment");
            }
        }
    }

    fn obey(&mut self, commands: Result<Vec<Command>, CatalogError>) {
        let commands = match commands {
            Ok(commands) => commands,
            Err(error) => {
                tracing::warn!(capture = %self.id, %error, "commands cannot be read; trying again");
                return;
            }
        };
        for command in commands {
            self.tell(Input::Command(match command {
                Command::Pause => {
                    self.withhold(true);
                    continue;
                }
                Command::Resume => {
                    self.withhold(false);
                    continue;
                }
                Command::Stop => Ask::Stop,
                Command::Stopped { reason } => Ask::Stopped { reason },
                Command::Interrupted => Ask::Interrupted,
                Command::Watch { participant } => Ask::Watch { participant },
                Command::Moved { server_urls } => Ask::Moved { url: server_urls },
            }));
        }
    }

    /// Does everything that the machine wants done; all of it happens `now`.
    fn drain(&mut self, now: Instant) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Open(leg, endpoint) => self.legs.open(leg, endpoint),
                Output::Send(leg, message) => self.legs.send(leg, message),
                Output::Ping(leg) => self.legs.ping(leg),
                Output::Close(leg) => self.legs.close(leg),
                Output::Record(entry) => self.record(entry, now),
                Output::Event(event) => self.event(event, now),
                Output::End(end) => self.end = Some(end),
            }
        }
    }

    /// Does what the customer wants recorded. Before there is a second 0 there is nothing to pause, and what is withheld then is told
    /// to nobody.
    fn withhold(&mut self, is_withheld: bool) {
        let now = Instant::now();
        let told = self.withholding.ask(is_withheld, now);
        if let Some(event) = told.filter(|_| self.has_origin) {
            self.tell_on(event, now);
        }
    }

    fn event(&mut self, event: Event, now: Instant) {
        if self.withholding.tells(&event.body) {
            self.tell_on(event, now);
        }
    }

    fn tell_on(&mut self, event: Event, now: Instant) {
        match event.body {
            EventBody::Paused => self.change_status(CaptureStatus::InCallNotRecording),
            EventBody::Resumed => self.change_status(CaptureStatus::InCallRecording),
            _ => {}
        }
        self.scribe.note(Note::Event(event.clone()));
        self.record(Entry::Event(event), now);
    }

    fn record(&mut self, entry: Entry, now: Instant) {
        if let Entry::Media(frame) = &entry {
            fail::fail_point!("ingest::received");
            self.around.counters.received(frame);
            if self.legs.rest(carrier(frame.track.kind)) {
                self.rounds.begin(now);
            }
        }
        if !self.withholding.passes(&entry, self.has_origin, now) {
            return;
        }
        match &entry {
            Entry::Media(frame) if !self.has_origin => self.begin_recording(frame.at),
            Entry::Control(Control::LegRefused { leg, status, code, reason }) => {
                tracing::warn!(capture = %self.id, %leg, status, code, reason, "a kind of media is missing");
            }
            Entry::Control(Control::FirstPacket { at }) if !self.has_origin => self.begin_recording(*at),
            Entry::Control(Control::LegReady { leg: Leg::Signaling, .. })
                if self.status == CaptureStatus::JoiningCall && !self.has_origin =>
            {
                self.scribe.note(Note::Status {
                    status: CaptureStatus::InCallNotRecording,
                    sub_code: None,
                    message: None,
                });
            }
            _ => {}
        }
        self.relay.note(&entry);
        self.ledger.record(entry, now);
    }

    fn begin_recording(&mut self, origin: SourceTime) {
        self.has_origin = true;
        self.scribe.note(Note::Origin(origin));
        self.change_status(if self.withholding.is_on() {
            CaptureStatus::InCallNotRecording
        } else {
            CaptureStatus::InCallRecording
        });
    }

    fn change_status(&mut self, status: CaptureStatus) {
        if self.status != status {
            self.status = status;
            self.scribe.note(Note::Status { status, sub_code: None, message: None });
        }
    }

    /// Hangs up, makes everything durable, and only then tells the catalogue how it ended: whoever deletes what was
    /// received finds nobody who still writes. A disk that does not answer is waited for without limit only for what shall be
    /// deleted.
    ///
    /// What shall be deleted is not written first. That it shall must outlive this process from the first moment, so the
    /// catalogue hears of it before anything else; while it does not listen, the log holds it.
    async fn finish(self, end: End) -> End {
        fail::fail_point!("ingest::ending");
        drop(self.legs);
        tracing::info!(capture = %self.id, code = end.code, kind = ?end.kind, reason = end.message, "capture ended");
        count_unread(self.id, self.machine.counters());
        let is_withdrawn = end.kind == EndKind::Revoked && !self.around.keep_revoked;
        if is_withdrawn && is_told(&self.around.catalog, self.id).await {
            self.ledger.discard().await;
        } else if is_withdrawn {
            // The log must remember, and nobody may write it any more when it is deleted.
            is_closed(self.id, self.ledger.close().await);
        } else {
            match timeout(self.around.close_limit, self.ledger.close()).await {
                Ok(closed) => is_closed(self.id, closed),
                Err(_) => tracing::error!(
                    capture = %self.id,
                    "the disk does not answer; the capture ends without the end of its log, which the report will say"
                ),
            }
        }
        fail::fail_point!("ingest::closed");
        self.scribe.finish(&self.around.stop).await;
        match outcome(&end, self.around.keep_revoked) {
            Some(outcome) => {
                let Surroundings { catalog, hub, keep_revoked, stop, .. } = self.around;
                settle(catalog, hub, self.id, outcome, keep_revoked, stop).await;
            }
            None => self.around.hub.close(self.id),
        }
        end
    }
}

/// The connection that carries a kind of media where each kind has one of its own. One for every kind carries words as well,
/// which wait for nothing.
const fn carrier(kind: TrackKind) -> Leg {
    match kind {
        TrackKind::Audio => Leg::Audio,
        TrackKind::Video => Leg::Video,
        TrackKind::Share => Leg::Share,
    }
}

/// Waits for a moment; for ever if there is none.
async fn reached(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests;
