//! The patience of a connection in memory. No time passes here: a limit of nothing is over at once, one of an hour never.

use futures_util::FutureExt;
use tokio::io::{AsyncRead as _, AsyncWriteExt, DuplexStream, ReadBuf, duplex};

use super::*;
use crate::Allowance;

const HOUR: Duration = Duration::from_secs(3_600);

impl Inlet for DuplexStream {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        let mut space = [0; 1 << 10];
        let mut buffer = ReadBuf::new(&mut space);
        ready!(Pin::new(self).poll_read(cx, &mut buffer))?;
        Poll::Ready(Ok(Some(Bytes::copy_from_slice(buffer.filled())).filter(|piece| !piece.is_empty())))
    }
}

/// A connection whose upgrade is done, and the server's end of it.
async fn connected(patience: Duration) -> (WebSocket<DuplexStream>, DuplexStream) {
    let (near, far) = duplex(64 << 10);
    let frames = Frames::new(64 << 10, Allowance::new(200).part());
    (WebSocket::new(near, frames, patience, 1 << 10), far)
}

fn poll(socket: &mut WebSocket<DuplexStream>) -> Option<Option<Result<Incoming, SocketError>>> {
    socket.next().now_or_never()
}

/// A text message of `length` bytes, at most 125.
fn text(first: u8, length: u8) -> Vec<u8> {
    let mut bytes = vec![first, length];
    bytes.resize(bytes.len() + usize::from(length), b'a');
    bytes
}

#[tokio::test]
async fn a_message_that_drips_ends_the_connection_when_its_time_is_up() {
    let (mut socket, mut server) = connected(Duration::ZERO).await;
    assert_eq!(poll(&mut socket), None, "nothing began, so nothing is late");
    server.write_all(&text(0x81, 4)).await.expect("written");
    assert_eq!(poll(&mut socket), Some(Some(Ok(Incoming::Message(Bytes::from_static(b"aaaa"))))));
    assert_eq!(poll(&mut socket), None);
    server.write_all(&text(0x81, 4)[..1]).await.expect("written");
    assert_eq!(poll(&mut socket), Some(Some(Err(SocketError::TooSlow))));
}

#[tokio::test]
async fn fragments_without_an_end_do_not_buy_time() {
    let (mut socket, mut server) = connected(Duration::ZERO).await;
    server.write_all(&text(0x01, 4)).await.expect("written");
    server.write_all(&text(0x89, 0)).await.expect("written");
    server.write_all(&text(0x00, 4)).await.expect("written");
    assert_eq!(poll(&mut socket), Some(Some(Ok(Incoming::Sign))));
    assert_eq!(poll(&mut socket), Some(Some(Err(SocketError::TooSlow))));
}

#[tokio::test]
async fn within_its_time_a_message_may_come_byte_by_byte() {
    let (mut socket, mut server) = connected(HOUR).await;
    let message = [text(0x01, 3), text(0x8a, 2), text(0x80, 3)].concat();
    let mut came = Vec::new();
    for byte in message {
        server.write_all(&[byte]).await.expect("written");
        came.extend(poll(&mut socket).flatten());
    }
    assert_eq!(
        came,
        [Ok(Incoming::Answer(Bytes::from_static(b"aa"))), Ok(Incoming::Message(Bytes::from_static(b"aaaaaa")))]
    );
    assert_eq!(poll(&mut socket), None);
}

#[tokio::test]
async fn a_connection_in_order_sets_no_alarm() {
    let (mut socket, mut server) = connected(HOUR).await;
    for _ in 0..20 {
        server.write_all(&text(0x81, 100)).await.expect("written");
        assert!(matches!(poll(&mut socket), Some(Some(Ok(Incoming::Message(_))))));
        assert_eq!(poll(&mut socket), None);
    }
    assert!(!socket.patience.was_needed());
    server.write_all(&text(0x81, 100)[..50]).await.expect("written");
    assert_eq!(poll(&mut socket), None);
    assert!(socket.patience.was_needed());
}

#[tokio::test]
async fn a_message_for_which_there_is_no_room_beside_the_others_is_too_large_and_those_before_it_are_read() {
    let (mut socket, mut server) = connected(HOUR).await;
    server.write_all(&[text(0x82, 100), text(0x82, 101)].concat()).await.expect("written");
    assert_eq!(poll(&mut socket), Some(Some(Ok(Incoming::Message(Bytes::from(vec![b'a'; 100]))))));
    assert_eq!(poll(&mut socket), Some(Some(Err(SocketError::TooLarge))));
}

/// What the server was told since it was asked last, with the masks taken off: first bytes and payloads, at most 125 bytes each.
async fn told(server: &mut DuplexStream) -> Vec<(u8, Vec<u8>)> {
    let mut bytes = vec![0; 64 << 10];
    let Some(count) = tokio::io::AsyncReadExt::read(server, &mut bytes).now_or_never() else { return Vec::new() };
    let mut rest = &bytes[..count.expect("the connection holds")];
    let mut told = Vec::new();
    while let [first, second, mask @ ..] = rest {
        let length = usize::from(second & 0x7f);
        let payload = mask[4..4 + length].iter().zip(mask[..4].iter().cycle()).map(|(byte, key)| byte ^ key);
        told.push((*first, payload.collect()));
        rest = &mask[4 + length..];
    }
    told
}

#[tokio::test]
async fn a_ping_is_answered_at_once_and_of_many_that_wait_the_last() {
    let (mut socket, mut server) = connected(HOUR).await;
    server.write_all(&text(0x89, 3)).await.expect("written");
    assert_eq!(poll(&mut socket), Some(Some(Ok(Incoming::Sign))));
    assert_eq!(told(&mut server).await, [(0x8a, b"aaa".to_vec())]);
}

#[tokio::test]
async fn a_good_bye_is_answered_with_its_code_and_nothing_is_read_or_said_after_it() {
    for (said, answered) in [(1_000_u16, 1_000_u16), (4_711, 4_711), (1_005, 1_002), (2_999, 1_002)] {
        let (mut socket, mut server) = connected(HOUR).await;
        let good_bye = [&[0x88, 2][..], &said.to_be_bytes(), &text(0x81, 3)].concat();
        server.write_all(&good_bye).await.expect("written");
        assert_eq!(poll(&mut socket), Some(Some(Ok(Incoming::Closed(Some(said))))));
        assert_eq!(poll(&mut socket), Some(None));
        assert_eq!(told(&mut server).await, [(0x88, answered.to_be_bytes().to_vec())]);
        assert!(socket.queue(b"too late").is_err());
    }
}

#[tokio::test]
async fn what_came_behind_our_good_bye_is_read_until_the_peer_says_its_own() {
    let (mut socket, mut server) = connected(HOUR).await;
    socket.say_good_bye(1_000);
    socket.say_good_bye(1_008);
    server.write_all(&[text(0x81, 3), vec![0x88, 0]].concat()).await.expect("written");
    assert_eq!(poll(&mut socket), Some(Some(Ok(Incoming::Message(Bytes::from_static(b"aaa"))))));
    assert_eq!(poll(&mut socket), Some(Some(Ok(Incoming::Closed(None)))));
    assert_eq!(told(&mut server).await, [(0x88, 1_000_u16.to_be_bytes().to_vec())], "it is said once");
}

#[tokio::test]
async fn more_than_may_wait_ends_the_connection_and_what_waits_is_sent() {
    let (mut socket, mut server) = connected(HOUR).await;
    assert_eq!(socket.queue(&[b'x'; 100]), Ok(()));
    assert_eq!(socket.queue(b"\xff"), Ok(()));
    assert!(matches!(socket.queue(&[b'y'; 1_000]), Err(SocketError::Broken { .. })));
    poll_fn(|cx| socket.poll_flush(cx)).await.expect("sent");
    assert_eq!(told(&mut server).await, [(0x81, vec![b'x'; 100]), (0x82, vec![0xff])], "what is no text is binary");
    assert!(matches!(poll(&mut socket), Some(Some(Err(SocketError::Broken { .. })))), "whoever waits is told");
}

#[tokio::test]
async fn a_peer_that_is_gone_without_a_good_bye_broke_the_connection() {
    let (mut socket, server) = connected(HOUR).await;
    drop(server);
    assert!(matches!(poll(&mut socket), Some(Some(Err(SocketError::Broken { .. })))));
    assert_eq!(poll(&mut socket), Some(None));
}

#[tokio::test]
async fn behind_a_message_that_is_not_taken_everything_is_passed_over_until_the_peer_ends() {
    let (mut socket, mut server) = connected(HOUR).await;
    server.write_all(&[text(0x82, 101), text(0x81, 3)].concat()).await.expect("written");
    assert_eq!(poll(&mut socket), Some(Some(Err(SocketError::TooLarge))));
    socket.say_good_bye(1_009);
    poll_fn(|cx| socket.poll_flush(cx)).await.expect("sent");
    assert_eq!(told(&mut server).await, [(0x88, 1_009_u16.to_be_bytes().to_vec())]);
    server.write_all(&text(0x81, 3)).await.expect("the peer's bytes are taken still");
    assert_eq!(poll(&mut socket), None);
    drop(server);
    assert_eq!(poll(&mut socket), Some(None));
}

#[tokio::test]
async fn an_answer_that_finds_no_room_leaves_as_soon_as_there_is_some() {
    let (near, mut server) = duplex(64);
    let frames = Frames::new(64 << 10, Allowance::new(200).part());
    let mut socket = WebSocket::new(near, frames, HOUR, 1 << 10);
    socket.queue(&[b'x'; 52]).expect("taken");
    poll_fn(|cx| socket.poll_flush(cx)).await.expect("sent");
    server.write_all(&text(0x89, 3)).await.expect("written");
    assert_eq!(poll(&mut socket), Some(Some(Ok(Incoming::Sign))));
    let mut filled = [0; 64];
    let count = tokio::io::AsyncReadExt::read(&mut server, &mut filled).await.expect("what filled it");
    assert_eq!(poll(&mut socket), None, "nothing more came");
    let mut bytes = filled[58..count].to_vec();
    let mut rest = [0; 64];
    let count = tokio::io::AsyncReadExt::read(&mut server, &mut rest).now_or_never().expect("the answer left");
    bytes.extend_from_slice(&rest[..count.expect("the connection holds")]);
    assert_eq!(bytes[..2], [0x8a, 0x83]);
}

#[tokio::test]
async fn whoever_hung_up_answers_nobody_and_reads_everything() {
    let (mut socket, mut server) = connected(HOUR).await;
    poll_fn(|cx| socket.poll_hang_up(cx)).await;
    server.write_all(&[text(0x89, 3), text(0x81, 3), text(0x81, 4)].concat()).await.expect("written");
    assert_eq!(poll(&mut socket), Some(Some(Ok(Incoming::Sign))));
    for length in [3, 4] {
        assert_eq!(poll(&mut socket), Some(Some(Ok(Incoming::Message(Bytes::from(vec![b'a'; length]))))));
    }
    assert_eq!(poll(&mut socket), None);
    assert_eq!(told(&mut server).await, []);
}
