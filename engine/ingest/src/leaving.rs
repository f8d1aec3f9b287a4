//! Connections that we ended, read until the peer has ended them too: what was on its way is not lost. Connections that
//! hold are in `legs`.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use dial::{Incoming, WebSocket};
use model::platform::{Input, Leg};
use tokio::time::{Sleep, sleep};

/// How long a peer may take to end a connection that we ended.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many are read at the same time, each leg's twice; of more, the oldest is dropped.
const LIMIT: usize = 2 * Leg::ALL.len();

/// How we ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Farewell {
    /// With a good-bye, because the machine wanted that.
    Said,
    /// Without one, behind the machine's back: it takes what comes as it did before. Our half is still to be ended.
    Unsaid,
    /// The same, and our half is ended.
    Silent,
}

struct Old {
    leg: Leg,
    socket: Box<WebSocket>,
    farewell: Farewell,
    until: Pin<Box<Sleep>>,
}

/// The connections that we ended lately, oldest first.
#[derive(Default)]
pub(crate) struct Leaving(VecDeque<Old>);

impl Leaving {
    /// Ends a connection with a good-bye of this WebSocket code.
    pub(crate) fn say_good_bye(&mut self, leg: Leg, mut socket: Box<WebSocket>, code: u16) {
        socket.say_good_bye(code);
        self.add(leg, socket, Farewell::Said);
    }

    /// Ends a connection as if this process had ended: the peer shall not think that we want no more.
    pub(crate) fn hang_up(&mut self, leg: Leg, socket: Box<WebSocket>) {
        self.add(leg, socket, Farewell::Unsaid);
    }

    fn add(&mut self, leg: Leg, socket: Box<WebSocket>, farewell: Farewell) {
        if self.0.len() == LIMIT {
            self.0.pop_front();
        }
        self.0.push_back(Old { leg, socket, farewell, until: Box::pin(sleep(PATIENCE)) });
    }

    /// The next message on any of them; nothing once all have ended.
    pub(crate) fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Option<Input>> {
        let mut index = 0;
        while let Some(old) = self.0.get_mut(index) {
            match old.poll_input(cx) {
                Poll::Ready(Some(input)) => return Poll::Ready(Some(input)),
                Poll::Ready(None) => drop(self.0.remove(index)),
                Poll::Pending => index += 1,
            }
        }
        if self.0.is_empty() { Poll::Ready(None) } else { Poll::Pending }
    }
}

impl Old {
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Option<Input>> {
        let unsent = match self.farewell {
            Farewell::Said => self.socket.poll_flush(cx).is_pending(),
            Farewell::Unsaid => self.socket.poll_hang_up(cx).is_pending(),
            Farewell::Silent => false,
        };
        // However much it has to say.
        if self.until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        if !unsent && self.farewell == Farewell::Unsaid {
            self.farewell = Farewell::Silent;
        }
        loop {
            match self.socket.poll_next(cx) {
                Poll::Ready(Some(Ok(Incoming::Message(message)))) => {
                    let input = if self.farewell == Farewell::Said { Input::Late } else { Input::Message };
                    return Poll::Ready(Some(input(self.leg, message)));
                }
                Poll::Ready(Some(Ok(Incoming::Sign | Incoming::Answer(_)))) => {}
                // A good-bye that did not leave yet has until its time is over.
                Poll::Ready(_) if !unsent => return Poll::Ready(None),
                Poll::Ready(_) | Poll::Pending => return Poll::Pending,
            }
        }
    }
}
