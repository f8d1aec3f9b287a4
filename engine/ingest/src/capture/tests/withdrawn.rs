//! Consent that is withdrawn: what is told, what is deleted, what is left.

use std::sync::{Arc, Mutex, atomic::Ordering, mpsc};

use catalog::Outcome;
use hub::Heard;
use journal::LogDir;
use media::SourceTime;
use tokio_util::sync::CancellationToken;

use super::{
    super::*,
    open,
    stage::{Gate, Patient, World, end, id},
};

impl World {
    /// Waits until the catalogue knows that consent was withdrawn. Commands can only be looked at by taking them, so those
    /// meant for the capture are given back.
    async fn hear_of_withdrawal(&self) {
        loop {
            for command in self.catalog.take_commands(id()).await.unwrap() {
                if command == (Command::Stopped { reason: Some(8) }) {
                    return;
                }
                assert!(self.catalog.enqueue(id(), command).await.unwrap());
                self.hub.wake(Wake::Commands(id()));
            }
            tokio::task::yield_now().await;
        }
    }
}

/// A machine that records something and then ends as soon as anything happens.
struct Brief {
    outputs: Vec<Output>,
    kind: EndKind,
}

impl Brief {
    fn ending(kind: EndKind) -> Self {
        let at = SourceTime::from_unix_ms(1);
        Self { outputs: vec![Output::Record(Entry::Control(Control::FirstPacket { at })), open()], kind }
    }
}

impl Platform for Brief {
    fn handle_input(&mut self, _: Input, _: Instant) {
        self.outputs.push(Output::End(end(self.kind)));
    }

    fn poll_output(&mut self) -> Option<Output> {
        (!self.outputs.is_empty()).then(|| self.outputs.remove(0))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    fn handle_timeout(&mut self, _: Instant) {}
}

/// A capture whose first batch waits for the disk when consent is withdrawn over its socket.
async fn withdrawn_while_the_disk_is_slow() -> (World, tokio::task::JoinHandle<End>, mpsc::Sender<()>) {
    let (open_gate, opened) = mpsc::channel();
    let gate = Arc::new(Gate { waits: tokio::sync::Notify::new(), opened: Mutex::new(opened) });
    let world = World { gate: Some(Arc::clone(&gate)), ..World::new().await }.known().await;
    let task = world.task(Patient { outputs: Vec::new(), kind: EndKind::Revoked }, CancellationToken::new());
    let running = tokio::spawn(task.run("{}".to_owned(), None, []));
    gate.waits.notified().await;
    assert!(world.catalog.enqueue(id(), Command::Stop).await.unwrap());
    world.hub.wake(Wake::Commands(id()));
    (world, running, open_gate)
}

#[tokio::test]
async fn nobody_writes_any_more_when_it_is_said_that_a_log_may_be_deleted() {
    let (world, running, open_gate) = withdrawn_while_the_disk_is_slow().await;
    // The batch on its way is waited for.
    world.hear_of_withdrawal().await;
    assert!(world.status().await < CaptureStatus::CallEnded);
    assert!(!running.is_finished());
    drop(open_gate);
    assert_eq!(running.await.unwrap().kind, EndKind::Revoked);
    assert!(world.status().await >= CaptureStatus::CallEnded);
    assert_eq!(world.syncs.load(Ordering::Relaxed), 1, "what is deleted is not written first");
}

#[tokio::test]
async fn consent_withdrawn_over_the_socket_alone_outlives_a_process_that_dies_at_once() {
    let (world, running, open_gate) = withdrawn_while_the_disk_is_slow().await;
    let told = Command::Stopped { reason: Some(8) };
    // As soon as the catalogue knows, the process may die: the next owner is told.
    world.hear_of_withdrawal().await;
    running.abort();
    drop(open_gate);
    world.catalog.close().await;
    let next = Catalog::open(world.dir.path()).await.unwrap();
    next.release_claims(1).await.unwrap();
    assert!(next.take_up(id(), Epoch(1)).await.unwrap().is_some());
    assert!(next.take_commands(id()).await.unwrap().contains(&told));
    // And if that one ends otherwise, it is deleted all the same.
    let over = Outcome::Failed { code: "unreachable".to_owned(), message: None };
    next.capture_ended(id(), None, over, 4).await.unwrap();
    assert!(next.claim_purge(5).await.unwrap().is_some());
}

#[tokio::test]
async fn consent_withdrawn_while_the_catalogue_does_not_listen_is_in_the_log() {
    let world = World::new().await.known().await;
    let stop = CancellationToken::new();
    let machine = Patient { outputs: Vec::new(), kind: EndKind::Revoked };
    let mut task = world.task(machine, stop.clone());
    world.catalog.close().await;
    stop.cancel();
    task.tell(Input::Command(Ask::Suspend));
    let ended = task.end.take().unwrap();
    task.finish(ended).await;
    let log = LogDir::at(world.dir.path().join("log"));
    let found = crate::ending::of(id(), &log, false);
    assert!(matches!(found, Some(Outcome::Revoked { .. })), "{found:?}");
}

/// Whether subscribers are sent away when a capture has ended this way.
async fn sends_subscribers_away(kind: EndKind, keep_revoked: bool) -> bool {
    let world = World { keep_revoked, ..World::new().await }.known().await;
    let mut subscription = world.hub.subscribe(id());
    world.task(Brief::ending(kind), CancellationToken::new()).run("{}".to_owned(), None, []).await;
    loop {
        let heard = tokio::select! {
            biased;
            heard = subscription.next() => heard,
            () = std::future::ready(()) => return false,
        };
        if matches!(heard, Heard::Closed) {
            return true;
        }
    }
}

#[tokio::test]
async fn subscribers_of_a_withdrawn_capture_are_sent_away_at_once() {
    assert!(sends_subscribers_away(EndKind::Revoked, false).await);
    assert!(!sends_subscribers_away(EndKind::Revoked, true).await, "the operator keeps it, so it is like any other");
    assert!(!sends_subscribers_away(EndKind::Ended, false).await, "its artifacts are still to be announced");
}

#[test]
fn what_was_withdrawn_is_deleted_unless_the_operator_keeps_it() {
    let told = |kind, keep| outcome(&end(kind), keep);
    assert!(matches!(told(EndKind::Revoked, false), Some(Outcome::Revoked { .. })));
    assert!(matches!(told(EndKind::Revoked, true), Some(Outcome::Ended { .. })));
    for keep in [false, true] {
        assert!(matches!(told(EndKind::Ended, keep), Some(Outcome::Ended { .. })));
        assert!(matches!(told(EndKind::Failed, keep), Some(Outcome::Failed { .. })));
        assert_eq!(told(EndKind::Suspended, keep), None);
    }
}
