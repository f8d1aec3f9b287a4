//! One connection to a receiver: what is written to it, whether it lives, and what it says, which is ignored within limits. What is
//! sent, and what becomes of the endpoint when it breaks, is in `socket`.

use std::{
    future::poll_fn,
    task::Poll,
    time::{Duration, Instant},
};

use bytes::Bytes;
use dial::{Incoming, SocketError, WebSocket};
use tokio::time::timeout;

/// How many messages a receiver may send before it is disconnected, for each second that it was connected.
const MESSAGES_PER_SECOND: u64 = 100;
/// After how many pings without any sign of life a receiver counts as gone.
const UNANSWERED: u32 = 2;
/// How long a good-bye may take.
const GOOD_BYE_LIMIT: Duration = Duration::from_secs(2);

/// A connection with what is known of its peer.
pub(super) struct Line {
    socket: WebSocket,
    since: Instant,
    /// How many pings were sent since it last gave a sign of life.
    unanswered: u32,
    heard: u64,
    /// How many answers were asked for.
    asked: u64,
    /// How many letters the receiver has, as far as it answered.
    pub(super) confirmed: u64,
}

/// How a connection ended.
pub(super) enum Break {
    /// The receiver or the network.
    Lost(String),
    /// We did, for a reason.
    Refused(&'static str),
}

impl Line {
    pub(super) fn new(socket: WebSocket) -> Self {
        Self { socket, since: Instant::now(), unanswered: 0, heard: 0, asked: 0, confirmed: 0 }
    }

    /// Waits for the next that the receiver says, and takes note of it.
    pub(super) async fn heard(&mut self) -> Result<(), Break> {
        let said = self.socket.next().await;
        self.hear(said)
    }

    /// The same, but not for ever.
    pub(super) async fn listen(&mut self, stalled: Duration) -> Result<(), Break> {
        timeout(stalled, self.heard()).await.unwrap_or(Err(Break::Refused("it is too slow")))
    }

    /// Sends a message, and answers pings meanwhile; then asks whether it arrived, as the one of that number.
    pub(super) async fn send(&mut self, message: Bytes, asks: Option<u64>, stalled: Duration) -> Result<(), Break> {
        self.socket.queue(&message).map_err(|error| Break::Lost(error.to_string()))?;
        if let Some(number) = asks {
            let what = Bytes::from(number.to_string());
            self.asked += 1;
            self.socket.ask(&what).map_err(|error| Break::Lost(error.to_string()))?;
        }
        self.flush(stalled).await
    }

    /// Asks whether the receiver is there, unless it did not answer that twice.
    pub(super) async fn ping(&mut self, stalled: Duration) -> Result<(), Break> {
        if self.unanswered >= UNANSWERED {
            return Err(Break::Refused("it answers no pings"));
        }
        self.unanswered += 1;
        self.asked += 1;
        self.socket.ping().map_err(|error| Break::Lost(error.to_string()))?;
        self.flush(stalled).await
    }

    async fn flush(&mut self, stalled: Duration) -> Result<(), Break> {
        let flushed = poll_fn(|cx| {
            while let Poll::Ready(said) = self.socket.poll_next(cx) {
                self.hear(said)?;
            }
            self.socket.poll_flush(cx).map_err(|error| Break::Lost(error.to_string()))
        });
        timeout(stalled, flushed).await.unwrap_or(Err(Break::Refused("it is too slow")))
    }

    /// Ignores what the receiver says, unless that is too much or a good-bye.
    fn hear(&mut self, said: Option<Result<Incoming, SocketError>>) -> Result<(), Break> {
        self.unanswered = 0;
        match said {
            Some(Ok(Incoming::Closed(code))) => Err(Break::Lost(format!("it closed the connection ({code:?})"))),
            Some(Err(error)) => Err(Break::Lost(error.to_string())),
            None => Err(Break::Lost("it is gone".to_owned())),
            Some(Ok(Incoming::Answer(of))) => {
                let number = std::str::from_utf8(&of).ok().and_then(|text| text.parse().ok());
                self.confirmed = self.confirmed.max(number.unwrap_or_default());
                self.count()
            }
            Some(Ok(Incoming::Message(_) | Incoming::Sign)) => self.count(),
        }
    }

    /// Counts what the receiver says; beside what it was asked for it may say so much.
    fn count(&mut self) -> Result<(), Break> {
        self.heard += 1;
        let seconds = self.since.elapsed().as_secs() + 10;
        let may_say = self.asked.saturating_add(seconds.saturating_mul(MESSAGES_PER_SECOND));
        if self.heard > may_say { Err(Break::Refused("it says too much")) } else { Ok(()) }
    }

    /// Says why it ends, and reads until the receiver has ended it as well: a connection that is let go with something unread in it is
    /// reset, and what was on its way is lost.
    pub(super) async fn bid_good_bye(&mut self, code: u16) {
        self.socket.say_good_bye(code);
        let farewell = async {
            poll_fn(|cx| self.socket.poll_flush(cx)).await?;
            while let Some(said) = self.socket.next().await {
                if let Incoming::Closed(_) = said? {
                    break;
                }
            }
            Ok::<(), SocketError>(())
        };
        // Who reads nothing hears nothing.
        let _ = timeout(GOOD_BYE_LIMIT, farewell).await;
    }
}
