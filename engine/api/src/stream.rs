//! `GET /api/v1/meeting_direct_connect/{id}/stream`: what happens in a meeting, over a WebSocket (RFC 6455) that the reader opens. What is told
//! and from where is as in [`crate::events`]; each message is one event with its cursor. How an event reads is in `schema`.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use axum::{
    Extension,
    body::Body,
    extract::{Path, RawQuery, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::{SinkExt, Stream, StreamExt, stream};
use hyper_util::rt::TokioIo;
use model::Cursor;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use crate::{
    error::ApiError,
    events::{self, KEEP_ALIVE},
    feed::Ending,
    front::Front,
    keys::Caller,
    said::Said,
    serve::Held,
};

/// How long a reader may take for one message: slower ones are told so, and come back.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a reader may take for the good-bye.
const GOOD_BYE: Duration = Duration::from_secs(20);
/// The largest message that a reader may send, in bytes. None says anything here.
const HEARD_LIMIT_BYTES: usize = 4 << 10;
/// How much may wait to be sent, in bytes: one message of any size, and the good-bye.
const WRITE_LIMIT_BYTES: usize = 4 << 20;

/// Codes of good-byes beside those of the protocol, each like the HTTP status that says the same.
const TOO_SLOW: u16 = 4408;
const GONE: u16 = 4410;

/// What there is to say.
enum Word {
    Said(Arc<Said>),
    End(End),
}

/// Why a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Of the feed itself.
    Feed(Ending),
    /// The process stops.
    Stop,
    /// The reader takes what it is told too slowly.
    Slow,
}

/// Answers 101 and speaks; the reader holds its place until the end.
pub(crate) async fn stream(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    mut request: Request,
) -> Result<Response, ApiError> {
    let (feed, place) = events::begin(&front, &caller, &id, query.as_deref(), request.headers()).await?;
    let answer = accepted(request.headers())?;
    let held = request.extensions().get::<Held>().cloned();
    let upgrade = hyper::upgrade::on(&mut request);
    let closed = front.api.closing.closed();
    tokio::spawn(async move {
        let _held = (held, place);
        let socket = match upgrade.await {
            Ok(socket) => WebSocketStream::from_raw_socket(TokioIo::new(socket), Role::Server, Some(config())).await,
            Err(error) => return tracing::debug!(%error, "a reader was gone before its stream began"),
        };
        let words = stream::unfold(Some(feed), async |feed| {
            let mut feed = feed?;
            let said = feed.next().await;
            fail::fail_point!("api::telling");
            Some(match said {
                Ok(said) => (Word::Said(said), Some(feed)),
                Err(ending) => (Word::End(End::Feed(ending)), None),
            })
        });
        // The reader comes back with its cursor, and finds the next process.
        let stopped = stream::once(async move {
            closed.await;
            Word::End(End::Stop)
        });
        speak(socket, pin!(stream::select(words, stopped))).await;
    });
    Ok(answer)
}

/// The head that makes a WebSocket of a request for one.
fn accepted(asked: &HeaderMap) -> Result<Response, ApiError> {
    let has = |name, word: &str| {
        let values = asked.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    let is_asked = has(header::CONNECTION, "upgrade") && has(header::UPGRADE, "websocket");
    let key = asked.get(header::SEC_WEBSOCKET_KEY).filter(|_| is_asked && has(header::SEC_WEBSOCKET_VERSION, "13"));
    let accept = HeaderValue::try_from(derive_accept_key(key.ok_or(ApiError::UpgradeRequired)?.as_bytes()));
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept.expect("base64 is text"));
    Ok(answer)
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(HEARD_LIMIT_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_LIMIT_BYTES)
        .max_message_size(Some(HEARD_LIMIT_BYTES))
        .max_frame_size(Some(HEARD_LIMIT_BYTES))
}

/// Says everything there is to say, and good-bye.
async fn speak<S>(mut socket: WebSocketStream<S>, mut words: Pin<&mut impl Stream<Item = Word>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut last = Cursor::START;
    let end = loop {
        let message = tokio::select! {
            heard = socket.next() => match heard {
                // What is said to us is passed over; pings are answered on the way.
                Some(Ok(Message::Text(_) | Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                // The answer to a good-bye is on its way as soon as it is read.
                Some(Ok(Message::Close(_))) => return drop(timeout(PATIENCE, socket.flush()).await),
                Some(Err(_)) | None => return,
            },
            word = words.next() => match word {
                Some(Word::Said(said)) => {
                    last = said.cursor().unwrap_or(last);
                    Message::Text(said.message())
                }
                Some(Word::End(end)) => break end,
                None => return,
            },
            () = sleep(KEEP_ALIVE) => Message::Ping(Default::default()),
        };
        match timeout(PATIENCE, socket.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) => break End::Slow,
        }
    };
    let said_good_bye = async {
        if socket.close(Some(good_bye(end, last))).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    let _ = timeout(GOOD_BYE, said_good_bye).await;
}

/// The last that is said; whoever hears it has heard everything before. Reasons have at most 123 bytes (RFC 6455 §5.5).
fn good_bye(end: End, last: Cursor) -> CloseFrame {
    let (code, reason) = match end {
        End::Feed(Ending::Over) => (CloseCode::Normal, "the capture is over".to_owned()),
        End::Feed(Ending::Broken) => (CloseCode::Error, resume("events cannot be read right now", last)),
        End::Feed(Ending::Lost) => (
            CloseCode::Library(GONE),
            format!("what came after {last} was not stored and is gone; go on without a cursor"),
        ),
        End::Stop => (CloseCode::Away, resume("this service stops", last)),
        End::Slow => (CloseCode::Library(TOO_SLOW), resume("too slow", last)),
    };
    CloseFrame { code, reason: reason.into() }
}

fn resume(why: &str, last: Cursor) -> String {
    if last == Cursor::START { format!("{why}; begin again") } else { format!("{why}, resume from {last}") }
}

#[cfg(test)]
mod tests;
