//! A WebSocket that we open: one text frame for each event, in order (recording-api §4.5).
//!
//! What happens while there is no connection is lost, unless the endpoint asked for replay; what happens before the first one is
//! not. Events that are stored wait where they are stored, so a receiver that reads slowly costs one message of memory; one that makes no
//! room for it is disconnected. A single connection is in `line`.

use std::{collections::VecDeque, future::pending, time::Instant};

use bytes::Bytes;
use dial::{DialError, Protocol};
use model::{Endpoint, EndpointPlace, TopicClass, Transport};
use tokio::time::{sleep, sleep_until};

use schema::event::Letter;

use super::{
    backlog::Piece,
    desk::Desk,
    ending::Ending,
    line::{Break, Line},
    mailbox::{Found, Item, Mailbox},
    measure,
    numbers::Numbers,
    pace::Attempts,
    sampler::Sampler,
};

/// How large a message of a receiver may be, in bytes.
const MESSAGE_LIMIT_BYTES: usize = 64 << 10;
/// With which code a receiver is told that it made no room, or says too much.
const TOO_SLOW: u16 = 1008;
/// With which code it is told that everything was sent.
const GOOD_BYE: u16 = 1000;
/// How many letters may be sent and not confirmed, where the endpoint wants replay.
const UNCONFIRMED: usize = 64;

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
        let error = match opened {
            Ok(socket) => return Ok(Line::new(socket)),
            Err(error) => error,
        };
        if matches!(error, DialError::Refused { .. }) && desk.is_refused(Protocol::WebSocket) {
            tracing::warn!(endpoint = %id, %error, "a real-time endpoint is given up");
            return Err(Ending::Refused);
        }
        tracing::debug!(endpoint = %id, %error, "a receiver was not reached");
        if !attempts.failed() {
            tracing::warn!(endpoint = %id, attempts = pace.connects, "a real-time endpoint is given up: it was not reached");
            return Err(Ending::after(&error));
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
        let mut held = None;
        loop {
            if !self.heed_answers(desk, line).await? {
                return Ok(Ending::Gone);
            }
            if let Some(item) = self.pending.pop_front() {
                self.send(desk, line, item).await?;
                continue;
            }
            if held.is_some()
                && !self.mailbox.holds_media()
                && let Some(piece) = held.take()
            {
                self.send_media(desk, line, piece).await?;
                continue;
            }
            desk.refresh(&mut self.mailbox);
            tokio::select! {
                biased;
                heard = line.heard() => heard?,
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
                    Found::Origin => {}
                    Found::Over => {
                        if let Some(piece) = held.take() {
                            self.send_media(desk, line, piece).await?;
                        }
                        self.send_rest(desk, line, sampler.take()).await?;
                        return self.await_answers(desk, line).await;
                    }
                    Found::Gone => return Ok(Ending::Gone),
                },
                piece = next_piece(sampler.as_ref()), if held.is_none() => held = Some(piece),
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
            line.listen(desk.pace().stalled).await?;
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

    /// Waits, when the capture is over, until everything that was sent is confirmed; what is not is sent again over another connection.
    async fn await_answers(&mut self, desk: &Desk, line: &mut Line) -> Result<Ending, Break> {
        loop {
            if !self.heed_answers(desk, line).await? {
                return Ok(Ending::Gone);
            }
            if self.unconfirmed.is_empty() {
                return Ok(Ending::Done);
            }
            line.listen(desk.pace().stalled).await?;
        }
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
