use futures_util::stream::iter;
use model::Epoch;
use schema::event::Told;
use tokio::io::{DuplexStream, duplex};

use super::*;

fn told(seq: u64, letters: usize) -> Word {
    let cursor = Some(Cursor { epoch: Epoch(2), seq });
    let json = format!("{{\"event\":\"transcript.data\",\"data\":\"{}\"}}", "x".repeat(letters));
    Word::Said(Arc::new(Said::new(Told { cursor, event: "transcript.data".to_owned(), json })))
}

/// A reader at the other end of something that holds so many bytes, and who speaks to it.
async fn reader(bytes: usize, words: Vec<Word>, is_silent: bool) -> WebSocketStream<DuplexStream> {
    let (own, theirs) = duplex(bytes);
    let server = WebSocketStream::from_raw_socket(own, Role::Server, Some(config())).await;
    tokio::spawn(async move {
        let silence = stream::pending::<Word>();
        if is_silent {
            speak(server, pin!(iter(words).chain(silence))).await;
        } else {
            speak(server, pin!(iter(words))).await;
        }
    });
    WebSocketStream::from_raw_socket(theirs, Role::Client, None).await
}

async fn texts(reader: &mut WebSocketStream<DuplexStream>) -> (Vec<String>, Option<(u16, String)>) {
    let mut texts = Vec::new();
    while let Some(Ok(message)) = reader.next().await {
        match message {
            Message::Text(text) => texts.push(text.to_string()),
            Message::Close(frame) => {
                return (texts, frame.map(|frame| (frame.code.into(), frame.reason.to_string())));
            }
            _ => {}
        }
    }
    (texts, None)
}

#[tokio::test]
async fn every_event_has_its_cursor_and_the_end_says_why() {
    for (end, code, reason) in [
        (End::Feed(Ending::Over), 1000, "the capture is over"),
        (End::Feed(Ending::Broken), 1011, "events cannot be read right now, resume from 2-8"),
        (End::Feed(Ending::Lost), 4410, "what came after 2-8 was not stored and is gone; go on without a cursor"),
        (End::Stop, 1001, "this service stops, resume from 2-8"),
    ] {
        let mut reader = reader(1 << 16, vec![told(7, 1), told(8, 1), Word::End(end)], false).await;
        let (texts, closed) = texts(&mut reader).await;
        let event = |seq| format!("{{\"cursor\":\"2-{seq}\",\"event\":\"transcript.data\",\"data\":\"x\"}}");
        assert_eq!(texts, [event(7), event(8)]);
        assert_eq!(closed, Some((code, reason.to_owned())), "{end:?}");
        assert!(reason.len() <= 123);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_is_too_slow_is_told_from_where_to_go_on_once_it_reads() {
    let mut slow = reader(1 << 10, vec![told(1, 100), told(2, 4 << 10), told(3, 100)], true).await;
    // Who speaks comes to where it waits for the reader.
    tokio::task::yield_now().await;
    tokio::time::advance(PATIENCE + Duration::from_secs(1)).await;
    let (heard, closed) = texts(&mut slow).await;
    assert_eq!(closed, Some((TOO_SLOW, "too slow, resume from 2-2".to_owned())));
    assert_eq!(heard.len(), 2, "what was said before the good-bye is heard");
    let mut quick =
        reader(1 << 10, vec![told(1, 100), told(2, 4 << 10), told(3, 100), Word::End(End::Stop)], false).await;
    assert_eq!(texts(&mut quick).await.0.len(), 3, "the control");
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_gives_a_sign_of_life_and_whatever_a_reader_says_is_passed_over() {
    let mut reader = reader(1 << 10, Vec::new(), true).await;
    reader.send(Message::text("hello")).await.expect("sent");
    let mut seen = Vec::new();
    while seen.len() < 2 {
        seen.push(reader.next().await.expect("open").expect("a message"));
    }
    assert!(seen.iter().all(Message::is_ping), "{seen:?}");
}

#[tokio::test]
async fn a_reader_that_says_good_bye_or_too_much_is_let_go() {
    let mut polite = reader(1 << 16, Vec::new(), true).await;
    polite.close(None).await.expect("closed");
    assert!(matches!(polite.next().await, Some(Ok(Message::Close(_)))));
    let mut loud = reader(1 << 16, Vec::new(), true).await;
    loud.send(Message::text("x".repeat(HEARD_LIMIT_BYTES + 1))).await.expect("sent");
    assert!(!matches!(loud.next().await, Some(Ok(Message::Text(_)))));
}

#[test]
fn only_a_whole_request_for_a_websocket_is_accepted() {
    let asked = |headers: &[(&'static str, &'static str)]| {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_static(value)))
            .collect();
        accepted(&headers)
    };
    let whole = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let answer = asked(&whole).expect("an upgrade");
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    // RFC 6455 §1.3
    assert_eq!(answer.headers()[header::SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    for lacking in 0..whole.len() {
        let rest: Vec<_> = whole.iter().enumerate().filter(|(at, _)| *at != lacking).map(|(_, one)| *one).collect();
        assert!(matches!(asked(&rest), Err(ApiError::UpgradeRequired)), "{rest:?}");
    }
}
