//! The patience of a connection in memory. No time passes here: a limit of nothing is over at once, one of an hour never.

use futures_util::FutureExt;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio_tungstenite::client_async;

use super::*;
use crate::Allowance;

const HOUR: Duration = Duration::from_secs(3_600);

/// A connection whose upgrade is done, and the server's end of it.
async fn connected(patience: Duration) -> (WebSocket<DuplexStream>, DuplexStream) {
    let (near, far) = duplex(64 << 10);
    // The answer to the key of the upgrade is computed by a server that is taken apart again afterwards.
    let (client, server) =
        tokio::join!(client_async("wss://zoom.test/", Followed::new(near, Allowance::new(200).part())), async {
            tokio_tungstenite::accept_async(far).await.expect("a request").into_inner()
        });
    (WebSocket::new(client.expect("an upgrade").0, patience), server)
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
