//! Subscribers of the engine's live events (Server-Sent Events): those who read and note when, and those who take nothing.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::AsyncReadExt as _,
    net::{TcpSocket, TcpStream},
    task::JoinHandle,
    time::{Instant, sleep_until, timeout_at},
};

use super::{customer::API_KEY, ledger::Lines, script::number_in, wall::unix_us};
use crate::{failure::Failure, http::ask_for_events};

/// How little the kernel takes for somebody who reads nothing, in bytes; it takes a little more.
const STALLED_BYTES: u32 = 4 << 10;
/// After how long one who was cut off for taking nothing comes again, at the least.
const AGAIN: Duration = Duration::from_secs(45);
/// How much later each comes again than the one before it, so that they do not come all at once, over and over.
const APART: Duration = Duration::from_millis(90);

/// What one subscriber heard.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    /// From when on it is held against what was sent.
    pub(super) since_unix_us: i64,
    /// Utterances by their place, with when each was read.
    pub(super) said: Vec<(u64, i64)>,
    /// Messages of chat by their number, with when each was read.
    pub(super) written: Vec<(u64, i64)>,
    /// Events of every kind.
    pub(super) events: u64,
}

impl Heard {
    /// Takes note of an event that was read at a moment.
    pub(super) fn note(&mut self, name: &str, data: &str, at_unix_us: i64) {
        self.events += 1;
        match name {
            "transcript.data" => self.said.push((self.said.len() as u64, at_unix_us)),
            "participant_events.chat_message" => {
                self.written.extend(number_in(data).map(|number| (number, at_unix_us)));
            }
            _ => {}
        }
    }
}

/// How long each line took that was sent after a subscriber came, in milliseconds.
pub(super) fn delays_ms(heard: &[(u64, i64)], sent: &Lines, since_unix_us: i64) -> impl Iterator<Item = f64> {
    heard.iter().filter_map(move |(line, at_unix_us)| {
        let sent_unix_us = sent.get(line).filter(|sent| **sent >= since_unix_us)?;
        Some((at_unix_us - sent_unix_us) as f64 / 1_000.0)
    })
}

/// How many lines were not heard exactly once and in order.
pub(super) fn astray(heard: &[(u64, i64)], sent: &Lines) -> u64 {
    let expected: Vec<u64> = sent.keys().copied().collect();
    let found: Vec<u64> = heard.iter().map(|(line, _)| *line).collect();
    let wrong = expected.iter().zip(&found).filter(|(expected, found)| expected != found).count();
    (wrong + expected.len().abs_diff(found.len())) as u64
}

/// Reads the events of a capture from its first one on until `end`, or until the engine ends them.
pub(super) fn listen(addr: SocketAddr, capture: &str, end: Instant) -> JoinHandle<Result<Heard, Failure>> {
    let capture = capture.to_owned();
    tokio::spawn(async move {
        let mut stream = TcpStream::connect(addr).await?;
        ask_for_events(&mut stream, addr, &capture, API_KEY).await?;
        let mut heard = Heard { since_unix_us: i64::MAX, ..Heard::default() };
        let (mut lines, mut piece) = (Lined::default(), vec![0; 16 << 10]);
        while let Ok(read) = timeout_at(end, stream.read(&mut piece)).await {
            let (bytes, at_unix_us) = (read?, unix_us());
            if bytes == 0 {
                break;
            }
            if heard.since_unix_us == i64::MAX {
                heard.since_unix_us = at_unix_us;
            }
            lines.take(&piece[..bytes], |name, data| heard.note(name, data, at_unix_us));
        }
        Ok(heard)
    })
}

/// After how long each of so many who take nothing has come a second time.
pub(super) fn all_came_again(stalled: u32) -> Duration {
    AGAIN + APART * stalled
}

/// Asks for the events of a capture and takes none of them, over and over until `end`, as one of many.
pub(super) fn stall(addr: SocketAddr, capture: &str, place: u32, end: Instant) -> JoinHandle<Result<u64, Failure>> {
    let (capture, again) = (capture.to_owned(), AGAIN + APART * place);
    tokio::spawn(async move {
        let mut times = 0;
        while Instant::now() < end {
            let socket = TcpSocket::new_v4()?;
            socket.set_recv_buffer_size(STALLED_BYTES)?;
            let mut stream = socket.connect(addr).await?;
            ask_for_events(&mut stream, addr, &capture, API_KEY).await?;
            times += 1;
            sleep_until((Instant::now() + again).min(end)).await;
        }
        Ok(times)
    })
}

/// Finds events in what comes, in whatever pieces. The engine sends each in a chunk of its own, so that what HTTP adds stands on lines
/// of its own, which no field has.
#[derive(Debug, Default)]
struct Lined {
    rest: Vec<u8>,
    name: String,
}

impl Lined {
    fn take(&mut self, bytes: &[u8], mut tell: impl FnMut(&str, &str)) {
        self.rest.extend_from_slice(bytes);
        let whole = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let lines: Vec<u8> = self.rest.drain(..whole).collect();
        for line in String::from_utf8_lossy(&lines).lines() {
            if let Some(name) = line.strip_prefix("event: ") {
                self.name = name.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                tell(&self.name, data);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_found_however_they_are_cut() {
        let text = "HTTP/1.1 200 OK\r\n\r\n2a\r\nevent: transcript.data\ndata: {\"a\":1}\nid: 1-1\n\n\r\n5\r\n: hi\n\r\n\
                    2b\r\nevent: participant_events.chat_message\ndata: {\"text\":\"n000004 x\"}\n\n\r\n";
        for piece in [1, 2, 7, 4_096] {
            let (mut lines, mut heard) = (Lined::default(), Heard::default());
            for bytes in text.as_bytes().chunks(piece) {
                lines.take(bytes, |name, data| heard.note(name, data, 9));
            }
            assert_eq!((heard.events, heard.said, heard.written), (2, vec![(0, 9)], vec![(4, 9)]), "{piece}");
        }
    }

    #[test]
    fn what_is_missing_comes_twice_or_out_of_order_has_gone_astray() {
        let sent = Lines::from([(0, 10), (1, 20), (2, 30)]);
        assert_eq!(astray(&[(0, 0), (1, 0), (2, 0)], &sent), 0);
        assert_eq!(astray(&[(0, 0), (2, 0)], &sent), 2);
        assert_eq!(astray(&[(0, 0), (1, 0), (1, 0), (2, 0)], &sent), 2);
        assert_eq!(astray(&[(1, 0), (0, 0), (2, 0)], &sent), 2);
    }

    #[test]
    fn delays_are_of_what_was_sent_after_the_subscriber_came() {
        let sent = Lines::from([(0, 10_000), (1, 20_000), (2, 30_000)]);
        let delays: Vec<f64> = delays_ms(&[(0, 25_000), (1, 25_000), (2, 31_500)], &sent, 20_000).collect();
        assert_eq!(delays, [5.0, 1.5]);
    }
}
