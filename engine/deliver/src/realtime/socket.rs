//! A WebSocket that we open: one text frame for each event, in order (recording-api §4.5).
//!
//! What happens while there is no connection is lost, unless the endpoint asked for replay; what happens before the first one is
//! not. Events that are stored wait where they are stored, so a receiver that reads slowly costs one message of memory; one that makes no
//! room for it is disconnected. What a receiver says is ignored, within limits.

use std::{
    collections::VecDeque,
    future::{pending, poll_fn},
    task::Poll,
    time::{Duration, Instant},
};

use bytes::Bytes;
use dial::{DialError, Incoming, SocketError, Stream, WebSocket};
use model::{Endpoint, EndpointPlace, TopicClass, Transport};
use tokio::time::{sleep, sleep_until, timeout};

use schema::event::Letter;

use super::{
    backlog::Piece,
    desk::Desk,
    ending::Ending,
    mailbox::{Found, Item, Mailbox},
    measure,
    numbers::Numbers,
    pace::Attempts,
    sampler::Sampler,
};

/// How large a message of a receiver may be, in bytes.
const MESSAGE_LIMIT_BYTES: usize = 64 << 10;
/// How many messages a receiver may send before it is disconnected, for each second that it was connected.
const MESSAGES_PER_SECOND: u64 = 100;
/// With which code a receiver is told that it made no room, or says too much.
const TOO_SLOW: u16 = 1008;
/// With which code it is told that everything was sent.
const GOOD_BYE: u16 = 1000;
/// How many letters may be sent and not confirmed, where the endpoint wants replay.
const UNCONFIRMED: usize = 64;
/// How long a good-bye may take.
const GOOD_BYE_LIMIT: Duration = Duration::from_secs(2);

/// A connection with what is known of its peer.
struct Line {
    socket: WebSocket<Stream>,
    since: Instant,
    heard: u64,
    /// How many answers were asked for.
    asked: u64,
    /// How many letters the receiver has, as far as it answered.
    confirmed: u64,
}

/// How a connection ended.
enum Break {
    /// The receiver or the network.
    Lost(String),
    /// We did, for a reason.
    Refused(&'static str),
}

/// Where the sending of an endpoint stands.
struct Sending {
    mailbox: Mailbox,
    place: EndpointPlace,
    numbers: Numbers,
    /// Letters that were taken and are to be sent before all others.
    pending: VecDeque<Item>,
    /// Letters that were sent and not confirmed, where the endpoint wants replay, each with how many were sent up to it. Of what was
    /// written to a connection that breaks nobody knows whether it arrived; a ping that was answered tells.
    unconfirmed: VecDeque<(u64, Item)>,
    /// How many letters were sent that are to be confirmed.
    sent: u64,
    /// How many letters were lost since the last that was sent.
    lost: u64,
    /// Up to which place was written down.
    kept: EndpointPlace,
}

/// Sends to one endpoint until it ends.
pub(super) async fn stream(desk: &mut Desk) -> Ending {
    let Some(mailbox) = desk.mailbox().await else { return Ending::Gone };
    let place = desk.endpoint().place;
    let mut sending = Sending {
        mailbox,
        place,
        numbers: Numbers::after(place.seq),
        pending: VecDeque::new(),
        unconfirmed: VecDeque::new(),
        sent: 0,
        lost: 0,
        kept: place,
    };
    // One that was served by a process before was disconnected with it.
    let mut is_first = place == EndpointPlace::START;
    loop {
        let opened = Instant::now();
        let loses = !is_first && !desk.endpoint().wish.replay;
        let mut line = match connect(desk, loses.then_some(&mut sending)).await {
            Ok(line) => line,
            Err(ending) => return ending,
        };
        is_first = false;
        match sending.send_all(desk, &mut line).await {
            Ok(ending) => {
                if sending.place != sending.kept && !sending.keep(desk).await {
                    return Ending::Gone;
                }
                line.bid_good_bye(GOOD_BYE).await;
                return ending;
            }
            Err(Break::Lost(reason)) => {
                tracing::debug!(endpoint = %desk.endpoint().id, reason, "a receiver is disconnected");
            }
            Err(Break::Refused(reason)) => {
                tracing::info!(endpoint = %desk.endpoint().id, reason, "a receiver was disconnected");
                line.bid_good_bye(TOO_SLOW).await;
            }
        }
        sending.take_back();
        measure::retried(Transport::Websocket);
        // A receiver that takes connections and drops them is not tried faster than one that takes none.
        sleep(desk.pace().connect_pause.saturating_sub(opened.elapsed())).await;
    }
}

/// Opens a connection, as often as it takes. What happened before the attempt that succeeds is lost to `losing`; what happens
/// meanwhile is not.
async fn connect(desk: &Desk, mut losing: Option<&mut Sending>) -> Result<Line, Ending> {
    let Endpoint { id, wish, .. } = desk.endpoint();
    let pace = desk.pace();
    let mut attempts = Attempts::of(pace.connects);
    loop {
        if let Some(sending) = &mut losing {
            sending.pass_over(desk).await;
        }
        let signed = desk.signed(&id.to_string(), b"").await;
        let headers: Vec<(&str, &str)> = signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let opened = desk.outward().websocket(wish.url.expose(), &headers, MESSAGE_LIMIT_BYTES, pace.deadline).await;
        match opened {
            Ok(socket) => return Ok(Line { socket, since: Instant::now(), heard: 0, asked: 0, confirmed: 0 }),
            Err(error @ DialError::Refused { .. }) => {
                tracing::warn!(endpoint = %id, %error, "a real-time endpoint is given up");
                return Err(Ending::Refused);
            }
            Err(error) => tracing::debug!(endpoint = %id, %error, "a receiver was not reached"),
        }
        if !attempts.failed() {
            tracing::warn!(endpoint = %id, attempts = pace.connects, "a real-time endpoint is given up: it was not reached");
            return Err(Ending::Exhausted);
        }
        measure::retried(Transport::Websocket);
        sleep(pace.connect_pause).await;
    }
}

impl Sending {
    /// Sends everything that there is, until the endpoint or the connection ends.
    async fn send_all(&mut self, desk: &mut Desk, line: &mut Line) -> Result<Ending, Break> {
        let mut ping = tokio::time::Instant::now() + desk.pace().ping;
        // Media is made for who is connected, and for as long.
        let mut sampler = desk.sampler();
        loop {
            if !self.heed_answers(desk, line).await? {
                return Ok(Ending::Gone);
            }
            if let Some(item) = self.pending.pop_front() {
                self.send(desk, line, item).await?;
                continue;
            }
            desk.refresh(&mut self.mailbox);
            tokio::select! {
                biased;
                said = line.socket.next() => line.hear(said)?,
                () = sleep_until(ping) => {
                    ping = tokio::time::Instant::now() + desk.pace().ping;
                    line.ping(desk.pace().stalled).await?;
                    if self.place != self.kept && !self.keep(desk).await {
                        return Ok(Ending::Gone);
                    }
                }
                found = desk.next(&mut self.mailbox) => match found {
                    Found::Letter(item) => self.pending.push_back(item),
                    Found::Forgotten => {
                        self.lost += 1;
                        measure::dropped(TopicClass::Lasting, "forgotten", 1);
                    }
                    Found::Over => {
                        self.send_rest(desk, line, sampler.take()).await?;
                        return Ok(Ending::Done);
                    }
                    Found::Gone => return Ok(Ending::Gone),
                },
                piece = next_piece(sampler.as_ref()) => self.send_media(desk, line, piece).await?,
            }
        }
    }

    /// Sends one letter. One that was not sent whole is sent again where the endpoint wants replay.
    async fn send(&mut self, desk: &Desk, line: &mut Line, item: Item) -> Result<(), Break> {
        let message = self.number(desk, &item.letter).await?;
        let class = item.letter.topic.class();
        let replay = desk.endpoint().wish.replay;
        let asks = replay.then(|| self.sent + 1);
        if let Err(lost) = line.send(message, asks, desk.pace().stalled).await {
            self.pending.push_front(item);
            return Err(lost);
        }
        measure::sent(Transport::Websocket, class);
        if replay {
            self.sent += 1;
            self.unconfirmed.push_back((self.sent, item));
        } else {
            self.come_to(&item);
        }
        Ok(())
    }

    /// Sends a piece of media. One that is not sent whole is lost.
    async fn send_media(&mut self, desk: &Desk, line: &mut Line, piece: Piece) -> Result<(), Break> {
        let letter = self.mailbox.tell(&piece);
        self.lost += piece.lost;
        let message = self.number(desk, &letter).await?;
        line.send(message, None, desk.pace().stalled).await?;
        measure::sent(Transport::Websocket, letter.topic.class());
        Ok(())
    }

    /// Sends what is left of media when the capture is over.
    async fn send_rest(&mut self, desk: &Desk, line: &mut Line, sampler: Option<Sampler>) -> Result<(), Break> {
        let Some(mut sampler) = sampler else { return Ok(()) };
        sampler.finish().await;
        while let Some(piece) = sampler.next_now() {
            self.send_media(desk, line, piece).await?;
        }
        Ok(())
    }

    /// A letter as it is sent, under its number, which is reserved before it is used.
    async fn number(&mut self, desk: &Desk, letter: &Letter) -> Result<Bytes, Break> {
        let seq = self.numbers.next(std::mem::take(&mut self.lost));
        if let Some(up_to) = self.numbers.wanting() {
            self.numbers.reserve(up_to);
            if !self.keep(desk).await {
                return Err(Break::Refused("the endpoint is running no more"));
            }
        }
        let event_id = letter.event_id.clone().unwrap_or_else(|| format!("{}-{seq}", desk.endpoint().id));
        Ok(Bytes::from(letter.numbered(seq, &event_id)))
    }

    /// Takes note of what the receiver confirmed, and waits for that if too much is not; false if the endpoint is running no more.
    async fn heed_answers(&mut self, desk: &Desk, line: &mut Line) -> Result<bool, Break> {
        while self.unconfirmed.len() >= UNCONFIRMED && !self.is_confirmed(line) {
            match timeout(desk.pace().stalled, line.socket.next()).await {
                Ok(said) => line.hear(said)?,
                Err(_) => return Err(Break::Refused("it is too slow")),
            }
        }
        let mut is_further = false;
        while self.is_confirmed(line)
            && let Some((_, item)) = self.unconfirmed.pop_front()
        {
            self.come_to(&item);
            is_further = true;
        }
        Ok(!is_further || self.keep(desk).await)
    }

    /// Whether the oldest letter that was not confirmed is by now.
    fn is_confirmed(&self, line: &Line) -> bool {
        self.unconfirmed.front().is_some_and(|(number, _)| *number <= line.confirmed)
    }

    fn come_to(&mut self, item: &Item) {
        self.place = EndpointPlace { cursor: item.cursor, part: item.part, seq: self.numbers.reserved() };
    }

    /// Takes back what was sent and not confirmed before the connection broke, to be sent once more under the same ids.
    fn take_back(&mut self) {
        while let Some((_, item)) = self.unconfirmed.pop_back() {
            self.pending.push_front(item);
        }
    }

    /// Passes over what happened while there was no connection.
    async fn pass_over(&mut self, desk: &Desk) {
        let taken = u64::try_from(self.pending.len()).unwrap_or(u64::MAX);
        self.pending.clear();
        let skipped = taken + desk.skip(&mut self.mailbox).await;
        self.lost += skipped;
        measure::dropped(TopicClass::Lasting, "absent", skipped);
    }

    /// Writes down how far the endpoint came; false if it is running no more.
    async fn keep(&mut self, desk: &Desk) -> bool {
        self.place.seq = self.numbers.reserved();
        self.kept = self.place;
        desk.came_to(self.place).await
    }
}

/// The next piece of media; for ever if none is wanted.
async fn next_piece(sampler: Option<&Sampler>) -> Piece {
    match sampler {
        Some(sampler) => sampler.next().await,
        None => pending().await,
    }
}

impl Line {
    /// Sends a message, and answers pings meanwhile; then asks whether it arrived, as the one of that number.
    async fn send(&mut self, message: Bytes, asks: Option<u64>, stalled: Duration) -> Result<(), Break> {
        self.socket.queue(message).map_err(|error| Break::Lost(error.to_string()))?;
        if let Some(number) = asks {
            let what = Bytes::from(number.to_string());
            self.asked += 1;
            self.socket.ask(what).map_err(|error| Break::Lost(error.to_string()))?;
        }
        self.flush(stalled).await
    }

    async fn ping(&mut self, stalled: Duration) -> Result<(), Break> {
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

    async fn bid_good_bye(&mut self, code: u16) {
        self.socket.say_good_bye(code);
        // Who reads nothing hears nothing.
        let _ = timeout(GOOD_BYE_LIMIT, poll_fn(|cx| self.socket.poll_flush(cx))).await;
    }
}
