//! Over loopback: what the kernel holds back cannot be seen in memory.

use std::future::poll_fn;

use futures_util::FutureExt as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

/// A connection and its other end.
async fn connected() -> (Line, Watched) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let near = Watched::connect(listener.local_addr().expect("an address")).await.expect("a connection");
    let (far, _) = listener.accept().await.expect("its other end");
    (Line::new(near), far)
}

/// Takes what is there, at most `space` bytes; nothing if it would have to wait.
fn read_now(line: &mut Line, space: usize) -> Option<Vec<u8>> {
    let mut buffer = vec![0; space];
    let length = poll_fn(|cx| line.poll_take(cx, &mut buffer)).now_or_never()?.expect("the connection holds");
    buffer.truncate(length);
    Some(buffer)
}

/// Looks until `bytes` came: what was sent is in the kernel at once, but nobody promises when.
async fn look_for(line: &mut Line, bytes: usize) -> Vec<u8> {
    let mut came = Vec::new();
    while came.len() < bytes {
        line.look();
        match read_now(line, bytes) {
            Some(more) => came.extend(more),
            None => tokio::task::yield_now().await,
        }
    }
    came
}

#[tokio::test]
async fn a_connection_that_rests_is_read_only_when_it_is_looked_at_and_then_to_the_end() {
    let (mut line, mut far) = connected().await;
    far.write_all(b"first").await.expect("sent");
    line.rest();
    assert_eq!(look_for(&mut line, 5).await, b"first");
    assert_eq!(read_now(&mut line, 9), None, "the end was reached");
    far.write_all(b"second").await.expect("sent");
    // An answer proves that the kernel has what was sent before.
    line.write_all(b"?").await.expect("sent");
    far.read_u8().await.expect("a byte");
    assert_eq!(read_now(&mut line, 9), None, "nobody looked");
    assert_eq!(look_for(&mut line, 6).await, b"second");
}

#[tokio::test]
async fn one_look_takes_more_than_fits_into_one_read() {
    let (mut line, mut far) = connected().await;
    line.rest();
    let sent: Vec<u8> = (0..200_007).map(|at| at as u8).collect();
    let (sending, receiving) = (sent.clone(), sent.len());
    let writer = tokio::spawn(async move {
        far.write_all(&sending).await.expect("sent");
        far
    });
    assert_eq!(look_for(&mut line, receiving).await, sent);
    drop(writer.await.expect("it ends"));
}

#[tokio::test]
async fn whoever_is_attended_to_again_is_told_what_came_meanwhile_and_that_the_peer_is_gone() {
    let (mut line, mut far) = connected().await;
    line.rest();
    far.write_all(b"meanwhile").await.expect("sent");
    drop(far);
    line.attend();
    let mut came = Vec::new();
    loop {
        let mut buffer = [0; 4];
        match poll_fn(|cx| line.poll_take(cx, &mut buffer)).await.expect("the connection ends in order") {
            0 => break,
            count => came.extend_from_slice(&buffer[..count]),
        }
    }
    assert_eq!(came, b"meanwhile");
}

#[tokio::test]
async fn a_look_notices_that_the_peer_is_gone() {
    let (mut line, far) = connected().await;
    line.rest();
    drop(far);
    loop {
        line.look();
        if let Some(came) = read_now(&mut line, 9) {
            assert_eq!(came, b"", "the end");
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn our_half_can_be_ended_while_it_rests() {
    let (mut line, mut far) = connected().await;
    line.rest();
    line.write_all(b"bye").await.expect("sent");
    line.shutdown().await.expect("ended");
    let mut came = Vec::new();
    far.read_to_end(&mut came).await.expect("the end");
    assert_eq!(came, b"bye");
}
