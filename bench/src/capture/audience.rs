//! Whoever listens live while meetings are captured: subscribers of the engine's events, spread over the meetings. How quickly they hear
//! is measured in `live`; here it matters what they cost.

use std::net::SocketAddr;

use memchr::memmem;
use serde_json::Value;
use tokio::{
    io::AsyncReadExt as _,
    net::TcpStream,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::subject::API_KEY;
use crate::{
    failure::Failure,
    http::{ask_for_events, authorized},
};

/// How much is read at once, in bytes.
const PIECE_BYTES: usize = 16 << 10;

/// Subscribers that listen.
#[derive(Debug, Default)]
pub(super) struct Audience(JoinSet<Result<u64, Failure>>);

impl Audience {
    /// Has `count` subscribers listen to the meetings that the engine at `addr` captures, in turns, until `end`.
    ///
    /// # Errors
    /// If the engine tells of no meetings.
    pub(super) async fn of(addr: SocketAddr, count: u32, end: Instant) -> Result<Self, Failure> {
        let mut listening = JoinSet::new();
        if count > 0 {
            let captures = captures(addr, count as usize).await?;
            for capture in captures.iter().cycle().take(count as usize) {
                listening.spawn(listen(addr, capture.clone(), end));
            }
        }
        Ok(Self(listening))
    }

    /// How many events they heard together, once all have stopped; each that broke off is a fault.
    pub(super) async fn heard(mut self, faults: &mut Vec<String>) -> u64 {
        let mut events = 0;
        while let Some(heard) = self.0.join_next().await {
            match heard {
                Ok(Ok(own)) => events += own,
                Ok(Err(error)) => faults.push(format!("a subscriber was cut off: {error}")),
                Err(error) => faults.push(format!("a subscriber failed: {error}")),
            }
        }
        events
    }
}

/// The ids of the captures, newest first, `most` at most.
async fn captures(addr: SocketAddr, most: usize) -> Result<Vec<String>, Failure> {
    let mut captures = Vec::new();
    let mut path = "/api/v1/meeting_direct_connect/".to_owned();
    loop {
        let answer = authorized(addr, &path, API_KEY).await?;
        let page: Value = serde_json::from_slice(&answer.body)?;
        let results = page["results"].as_array().ok_or_else(|| format!("no list of captures: {}", answer.status))?;
        captures.extend(results.iter().filter_map(|capture| capture["id"].as_str()).map(str::to_owned));
        let next = page["next"].as_str().and_then(|next| Some((next, next.find("/api/")?)));
        match next.filter(|_| captures.len() < most) {
            Some((next, begin)) => next[begin..].clone_into(&mut path),
            None if captures.is_empty() => return Err("there is no capture to subscribe to".into()),
            None => return Ok(captures),
        }
    }
}

async fn listen(addr: SocketAddr, capture: String, end: Instant) -> Result<u64, Failure> {
    let mut stream = TcpStream::connect(addr).await?;
    ask_for_events(&mut stream, addr, &capture, API_KEY).await?;
    let (mut piece, mut events) = (vec![0; PIECE_BYTES], 0);
    while let Ok(read) = timeout_at(end, stream.read(&mut piece)).await {
        match read? {
            0 => return Err("the engine ended it".into()),
            // One whose name is cut in two is not counted.
            bytes => events += memmem::find_iter(&piece[..bytes], b"event: ").count() as u64,
        }
    }
    Ok(events)
}
