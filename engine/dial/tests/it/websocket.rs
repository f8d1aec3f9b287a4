//! An open WebSocket, and one that does not open.

use std::{future::poll_fn, time::Duration};

use bytes::Bytes;
use dial::{DialError, Incoming, SocketError};
use futures_util::{SinkExt, StreamExt};
use model::Fault;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{
        CloseFrame,
        frame::{
            Frame,
            coding::{CloseCode, Data, OpCode},
        },
    },
};

use crate::server::{DEADLINE, LIMIT_BYTES, Server, authority, certificate, dialer, unbounded};

#[tokio::test]
async fn text_and_binary_arrive_alike_and_pings_are_answered() {
    let authority = authority();
    let server = Server::new(&authority, certificate()).await;
    let dialer = dialer(&authority.pem());
    let url = server.url();
    let (client, mut peer) = tokio::join!(dialer.websocket(&url, LIMIT_BYTES, unbounded(), DEADLINE), server.accept());
    let mut client = client.expect("a connection");

    let play = async {
        peer.send(Message::text("text")).await.expect("sent");
        peer.send(Message::binary(&b"\xff\x00"[..])).await.expect("sent");
        peer.send(Message::Ping(Bytes::from_static(b"are you there"))).await.expect("sent");
        let pong = peer.next().await;
        let text = peer.next().await;
        peer.close(Some(CloseFrame { code: CloseCode::Away, reason: "".into() })).await.expect("closed");
        (pong, text)
    };
    let listen = async {
        assert_eq!(client.next().await, Some(Ok(Incoming::Message(Bytes::from_static(b"text")))));
        assert_eq!(client.next().await, Some(Ok(Incoming::Message(Bytes::from_static(b"\xff\x00")))));
        client.send(b"{}").await.expect("sent");
        assert_eq!(client.next().await, Some(Ok(Incoming::Sign)));
        assert_eq!(client.next().await, Some(Ok(Incoming::Closed(Some(1001)))));
    };
    let ((first, second), ()) = tokio::join!(play, listen);
    let mut answers: Vec<Message> =
        [first, second].into_iter().flatten().map(|answer| answer.expect("a message")).collect();
    answers.sort_by_key(Message::is_pong);
    assert_eq!(answers, [Message::text("{}"), Message::Pong(Bytes::from_static(b"are you there"))]);
}

#[tokio::test]
async fn a_message_above_the_limit_ends_the_connection() {
    let authority = authority();
    let server = Server::new(&authority, certificate()).await;
    let dialer = dialer(&authority.pem());
    let url = server.url();
    let (client, mut peer) = tokio::join!(dialer.websocket(&url, LIMIT_BYTES, unbounded(), DEADLINE), server.accept());
    let mut client = client.expect("a connection");
    let send = async {
        peer.send(Message::binary(vec![0; LIMIT_BYTES])).await.expect("sent");
        // The other end may hang up in the middle of it.
        drop(peer.send(Message::binary(vec![0; LIMIT_BYTES + 1])).await);
        peer.next().await
    };
    let receive = async {
        assert!(matches!(client.next().await, Some(Ok(Incoming::Message(bytes))) if bytes.len() == LIMIT_BYTES));
        assert_eq!(client.next().await, Some(Err(SocketError::TooLarge)));
        assert_eq!(client.next().await, None);
        client.say_good_bye(1009);
        poll_fn(|cx| client.poll_flush(cx)).await.expect("sent");
    };
    let (last, ()) = tokio::join!(send, receive);
    match last {
        Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), 1009),
        other => panic!("no good-bye: {other:?}"),
    }
}

#[tokio::test]
async fn a_connection_that_breaks_says_so() {
    let authority = authority();
    let server = Server::new(&authority, certificate()).await;
    let dialer = dialer(&authority.pem());
    let url = server.url();
    let (client, peer) = tokio::join!(dialer.websocket(&url, LIMIT_BYTES, unbounded(), DEADLINE), server.accept());
    drop(peer);
    let mut client = client.expect("a connection");
    assert!(matches!(client.next().await, Some(Err(SocketError::Broken { .. }))));
    assert_eq!(client.next().await, None);
}

#[tokio::test]
async fn an_http_answer_that_is_no_upgrade_is_told_by_its_status_and_not_followed() {
    let authority = authority();
    let server = Server::new(&authority, certificate()).await;
    let dialer = dialer(&authority.pem());
    let url = server.url();
    let redirect = async {
        let mut stream = server.accept_tls().await.expect("TLS");
        let mut request = [0; 4096];
        let read = stream.read(&mut request).await.expect("a request");
        let location = b"HTTP/1.1 302 Found\r\nLocation: wss://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(location).await.expect("answered");
        stream.flush().await.expect("answered");
        String::from_utf8_lossy(&request[..read]).into_owned()
    };
    let (outcome, request) = tokio::join!(dialer.websocket(&url, LIMIT_BYTES, unbounded(), DEADLINE), redirect);
    let error = outcome.expect_err("a redirect");
    assert!(error.to_string().contains("302") && !error.permanent(), "{error}");
    assert!(!request.to_ascii_lowercase().contains("sec-websocket-extensions"), "no compression is offered: {request}");
}

#[tokio::test]
async fn what_does_not_answer_in_time_is_told_by_what_it_was_doing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("wss://{}/", listener.local_addr().expect("an address"));
    let dialer = dialer(&authority().pem());
    let error =
        dialer.websocket(&url, LIMIT_BYTES, unbounded(), Duration::from_millis(200)).await.expect_err("nobody answers");
    assert!(matches!(error, DialError::Timeout { phase: "encryption", limit_ms: 200, .. }), "{error}");
    assert!(!error.permanent());

    drop(listener);
    let error = dialer.websocket(&url, LIMIT_BYTES, unbounded(), DEADLINE).await.expect_err("nobody listens");
    assert_eq!(error.code(), "connect_failed", "{error}");
    assert!(!error.permanent());
}

/// The peer sends something at the moment at which we end the connection: none of it is lost.
#[tokio::test]
async fn what_the_peer_sent_before_it_heard_of_the_end_can_still_be_read() {
    let authority = authority();
    let server = Server::new(&authority, certificate()).await;
    let dialer = dialer(&authority.pem());
    let url = server.url();
    for is_said in [true, false] {
        let (client, mut peer) =
            tokio::join!(dialer.websocket(&url, LIMIT_BYTES, unbounded(), DEADLINE), server.accept());
        let mut client = client.expect("a connection");
        if is_said {
            client.say_good_bye(1000);
            poll_fn(|cx| client.poll_flush(cx)).await.expect("sent");
        } else {
            poll_fn(|cx| client.poll_hang_up(cx)).await;
        }
        for number in 0..100 {
            peer.send(Message::text(number.to_string())).await.expect("sent");
        }
        let last = peer.next().await;
        assert_eq!(matches!(last, Some(Ok(Message::Close(Some(_))))), is_said, "{last:?}");
        // The answer to the good-bye leaves with the next look at the connection.
        drop(peer.next().await);
        drop(peer);
        for number in 0..100 {
            assert_eq!(client.next().await, Some(Ok(Incoming::Message(Bytes::from(number.to_string())))));
        }
        let ends = |end: &Option<Result<Incoming, SocketError>>| {
            matches!(end, None | Some(Ok(Incoming::Closed(_)) | Err(SocketError::Broken { .. })))
        };
        let end = client.next().await;
        assert!(ends(&end), "{end:?}");
    }
}

/// C9: it is its reader's business, and the next one comes.
#[tokio::test]
async fn a_text_that_is_no_utf8_is_a_message_like_any_other() {
    let authority = authority();
    let server = Server::new(&authority, certificate()).await;
    let dialer = dialer(&authority.pem());
    let url = server.url();
    let (client, mut peer) = tokio::join!(dialer.websocket(&url, LIMIT_BYTES, unbounded(), DEADLINE), server.accept());
    let mut client = client.expect("a connection");
    let broken: &[u8] = b"{\"msg_type\":\xff\xfe}";
    let frame = Frame::message(broken, OpCode::Data(Data::Text), true);
    peer.send(Message::Frame(frame)).await.expect("sent");
    peer.send(Message::text("next")).await.expect("sent");
    assert_eq!(client.next().await, Some(Ok(Incoming::Message(Bytes::from_static(broken)))));
    assert_eq!(client.next().await, Some(Ok(Incoming::Message(Bytes::from_static(b"next")))));
}
