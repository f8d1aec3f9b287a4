//! Places for connections. When all are taken, whoever asks nothing makes room for whoever comes (fault-matrix A11): so a crowd
//! of idle clients keeps neither Zoom nor a probe out. How many one address may hold is in `crowd`.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use metrics::gauge;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::measure;

/// How long the one that was asked to leave may take before another is.
const LEAVING: Duration = Duration::from_millis(100);

/// All places; clones are the same ones.
#[derive(Clone, Debug)]
pub(super) struct Lobby {
    count: u32,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Idle>>,
}

/// Who asks nothing, in the order in which they began to.
#[derive(Debug, Default)]
struct Idle {
    next: u64,
    waiting: BTreeMap<u64, Arc<Notify>>,
}

/// What a connection does.
#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing, since its turn in the order.
    Idle(u64),
    /// It is being answered.
    Busy,
}

/// A connection's place; free again when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    lobby: Lobby,
    leave: Arc<Notify>,
    state: Mutex<State>,
    _place: OwnedSemaphorePermit,
}

/// A request that is being answered; its connection is idle again when it is dropped.
#[derive(Debug)]
pub(super) struct Busy(Arc<Seat>);

impl Lobby {
    /// A lobby with `places` places.
    pub(super) fn new(places: usize) -> Self {
        let count = u32::try_from(places).unwrap_or(u32::MAX);
        Self { count, places: Arc::new(Semaphore::new(places)), idle: Arc::default() }
    }

    /// Waits for a place, for which the connection that has been idle for the longest time makes room if need be. As long as
    /// every one of them is being answered, whoever comes waits.
    pub(super) async fn enter(&self) -> Arc<Seat> {
        let place = loop {
            if let Ok(place) = self.places.clone().try_acquire_owned() {
                break place;
            }
            if let Some((_, leave)) = self.idle().waiting.pop_first() {
                measure::connection_refused("idle");
                leave.notify_one();
            }
            if let Ok(Ok(place)) = timeout(LEAVING, self.places.clone().acquire_owned()).await {
                break place;
            }
        };
        gauge!(measure::CONNECTIONS).increment(1);
        let leave = Arc::new(Notify::new());
        let state = Mutex::new(State::Idle(self.idle().add(&leave)));
        Arc::new(Seat { lobby: self.clone(), leave, state, _place: place })
    }

    /// Waits until every place is free.
    pub(super) async fn emptied(&self) {
        // Refused only where the places are closed, which nobody does.
        let _ = self.places.acquire_many(self.count).await;
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        // Nothing panics while it holds the lock; the order is right after any step.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    fn add(&mut self, leave: &Arc<Notify>) -> u64 {
        let turn = self.next;
        self.next += 1;
        self.waiting.insert(turn, Arc::clone(leave));
        turn
    }
}

impl Seat {
    /// Takes note that a request is there.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        if let State::Idle(turn) = std::mem::replace(&mut *self.state(), State::Busy) {
            self.lobby.idle().waiting.remove(&turn);
        }
        Busy(Arc::clone(self))
    }

    /// Waits until the place is wanted by another, at a moment in which nothing is being answered.
    pub(super) async fn is_wanted(&self) {
        loop {
            self.leave.notified().await;
            if let State::Idle(_) = *self.state() {
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        // Held until both are told, so that nobody is asked to leave who looks busy.
        let mut state = self.0.state();
        *state = State::Idle(self.0.lobby.idle().add(&self.0.leave));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        gauge!(measure::CONNECTIONS).decrement(1);
        if let State::Idle(turn) = *self.state() {
            self.lobby.idle().waiting.remove(&turn);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::Future, pin::pin, task::Context};

    use super::*;

    fn is_ready(future: impl Future) -> bool {
        pin!(future).poll(&mut Context::from_waker(std::task::Waker::noop())).is_ready()
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_was_idle_for_the_longest_time_makes_room() {
        let lobby = Lobby::new(3);
        let [first, second, third] = [lobby.enter().await, lobby.enter().await, lobby.enter().await];
        drop(first.busy());
        let entering = tokio::spawn({
            let lobby = lobby.clone();
            async move { lobby.enter().await }
        });
        second.is_wanted().await;
        assert!(!is_ready(first.is_wanted()) && !is_ready(third.is_wanted()));
        drop(second);
        let fourth = entering.await.expect("no panic");
        drop((first, third, fourth));
        assert_eq!((lobby.places.available_permits(), lobby.idle().waiting.len()), (3, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_being_answered_keeps_the_place_and_another_is_asked() {
        let lobby = Lobby::new(2);
        let (first, second) = (lobby.enter().await, lobby.enter().await);
        let entering = tokio::spawn({
            let lobby = lobby.clone();
            async move { lobby.enter().await }
        });
        tokio::task::yield_now().await;
        // It was asked already when its request came.
        let answering = first.busy();
        assert!(!is_ready(first.is_wanted()));
        second.is_wanted().await;
        drop(second);
        entering.await.expect("no panic");
        drop(answering);
    }

    #[tokio::test(start_paused = true)]
    async fn while_all_are_being_answered_whoever_comes_waits() {
        let lobby = Lobby::new(1);
        let seat = lobby.enter().await;
        let answering = seat.busy();
        let mut entering = pin!(lobby.enter());
        assert!(timeout(Duration::from_secs(60), entering.as_mut()).await.is_err());
        drop(answering);
        assert!(timeout(LEAVING * 2, entering.as_mut()).await.is_err(), "the place is taken until it is left");
        assert!(is_ready(seat.is_wanted()));
        drop(seat);
        timeout(LEAVING * 2, entering).await.expect("a place");
    }
}
