//! Takes connections, and shakes hands on them (protocol §5, §6). Those for signaling are served here to their end; those that carry
//! media go to the `press`.

use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
    },
};

use super::{
    books::MEETING_ENDED,
    meeting::{Meeting, number_of},
    mould::{Material, Sound},
    pipe::Pipe,
    press::{Joined, unix_ms},
    reel::Kind,
};
use crate::failure::Failure;

/// How long a client may take for a step of its handshake, and to close after the end.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often signaling is asked whether anybody is there.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// The first of the people.
const SPEAKER: u32 = 16_778_240;

type Socket = WebSocketStream<TlsStream<TcpStream>>;

/// What serving a connection needs.
pub(super) struct Desk {
    pub(super) meetings: Vec<Arc<Meeting>>,
    pub(super) press: mpsc::Sender<Joined>,
    pub(super) acceptor: TlsAcceptor,
    /// The address that clients are told.
    pub(super) authority: String,
    pub(super) material: Material,
}

/// Takes connections for ever.
pub(super) async fn serve(listener: TcpListener, desk: Arc<Desk>) -> Result<(), Failure> {
    loop {
        let (stream, _) = listener.accept().await?;
        let desk = Arc::clone(&desk);
        tokio::spawn(async move {
            if let Err(error) = connection(stream, &desk).await {
                eprintln!("a connection: {error}");
            }
        });
    }
}

async fn connection(stream: TcpStream, desk: &Desk) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    let stream = timeout(PATIENCE, desk.acceptor.accept(stream)).await??;
    let mut path = String::new();
    #[expect(clippy::result_large_err, reason = "the type of the callback is the library's")]
    let note = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        request.uri().path().clone_into(&mut path);
        Ok(response)
    };
    let mut socket = timeout(PATIENCE, accept_hdr_async(stream, note)).await??;
    let Some(request) = timeout(PATIENCE, message(&mut socket)).await?? else { return Ok(()) };
    let meeting = request["rtms_stream_id"].as_str().and_then(number_of);
    let meeting =
        meeting.and_then(|number| desk.meetings.get(number)).ok_or("a handshake for a stream that is unknown")?;
    let meeting = Arc::clone(meeting);
    match Kind::ALL.into_iter().find(|kind| path == format!("/media/{}", kind.key())) {
        Some(kind) => media(socket, kind, meeting, &request, desk).await,
        None => signaling(socket, &meeting, &request, desk).await,
    }
}

/// The next message; nothing if the connection is over.
async fn message(socket: &mut Socket) -> Result<Option<Value>, Failure> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(Some(serde_json::from_str(&text)?)),
            Some(Ok(Message::Binary(bytes))) => return Ok(Some(serde_json::from_slice(&bytes)?)),
            Some(Ok(Message::Close(_))) | None => return Ok(None),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
        }
    }
}

async fn say(socket: &mut Socket, message: Value) -> Result<(), Failure> {
    Ok(socket.send(Message::text(message.to_string())).await?)
}

async fn media(
    mut socket: Socket,
    kind: Kind,
    meeting: Arc<Meeting>,
    request: &Value,
    desk: &Desk,
) -> Result<(), Failure> {
    let params = json!({ kind.key(): params(kind, desk.material) });
    let answer = json!({ "msg_type": 4, "protocol_version": 1, "sequence": request["sequence"], "status_code": 0,
        "reason": "", "payload_encrypted": false, "media_params": params });
    say(&mut socket, answer).await?;
    let (stream, tls) = socket.into_inner().into_inner();
    let pipe = Pipe::new(stream.into_std()?, tls)?;
    desk.press.send(Joined { meeting, kind, pipe }).map_err(|_| "the press has ended".into())
}

/// What comes, in the words of protocol §6.
fn params(kind: Kind, material: Material) -> Value {
    match kind {
        Kind::Sound => {
            let (codec, sample_rate) = match material.sound {
                Sound::L16 => (1, 1),
                Sound::Opus => (4, 3),
            };
            json!({ "content_type": 2, "codec": codec, "sample_rate": sample_rate, "channel": 1, "data_opt": 2,
                "send_rate": material.packet_ms })
        }
        Kind::Pictures => json!({ "content_type": 3, "codec": 7, "resolution": 2, "fps": 25, "data_opt": 3 }),
        Kind::Words => json!({ "content_type": 5, "src_language": 9, "enable_lid": true }),
    }
}

async fn signaling(mut socket: Socket, meeting: &Meeting, request: &Value, desk: &Desk) -> Result<(), Failure> {
    let urls: serde_json::Map<String, Value> = Kind::ALL
        .into_iter()
        .map(|kind| (kind.key().to_owned(), json!(format!("wss://{}/media/{}", desk.authority, kind.key()))))
        .collect();
    let answer = json!({ "msg_type": 2, "protocol_version": 1, "sequence": request["sequence"], "status_code": 0,
        "reason": "", "media_server": { "server_urls": urls } });
    say(&mut socket, answer).await?;
    let mut over = meeting.is_over.subscribe();
    let mut asking = interval(KEEP_ALIVE);
    asking.set_missed_tick_behavior(MissedTickBehavior::Delay);
    asking.tick().await;
    let mut asked = None;
    loop {
        tokio::select! {
            came = message(&mut socket) => match came? {
                Some(came) => match came["msg_type"].as_i64() {
                    Some(5) => greet(&mut socket).await?,
                    Some(7) => drop(meeting.is_ready.send_replace(true)),
                    Some(13) => if let Some(asked) = asked.take() {
                        let took_ms = Instant::elapsed(&asked).as_millis() as u64;
                        let mut entry = meeting.entry();
                        entry.keep_alive_worst_ms = entry.keep_alive_worst_ms.max(took_ms);
                    },
                    _ => {}
                },
                None => {
                    if !*meeting.is_over.borrow() {
                        meeting.entry().client_errors.push("signaling ended before its meeting".to_owned());
                    }
                    return Ok(());
                }
            },
            _ = asking.tick() => {
                asked = Some(Instant::now());
                let now = unix_ms();
                say(&mut socket, json!({ "msg_type": 12, "sequence": now, "timestamp": now })).await?;
            }
            () = async { drop(over.wait_for(|is_over| *is_over).await) } => break,
        }
    }
    let end = json!({ "msg_type": 8, "rtms_stream_id": meeting.stream_id(), "state": 4, "reason": MEETING_ENDED,
        "timestamp": unix_ms() });
    say(&mut socket, end).await?;
    // The client closes what it opened.
    let _ = timeout(PATIENCE, async { while let Ok(Some(_)) = message(&mut socket).await {} }).await;
    Ok(())
}

/// Tells who is there and who speaks, once that is asked for.
async fn greet(socket: &mut Socket) -> Result<(), Failure> {
    let person = json!({ "user_id": SPEAKER, "user_name": "Ada Lovelace" });
    let joined = json!({ "event_type": 3, "timestamp": unix_ms(), "participants": [person] });
    say(socket, json!({ "msg_type": 6, "event": joined })).await?;
    let speaks = json!({ "event_type": 2, "timestamp": unix_ms(), "user_id": SPEAKER, "user_name": "Ada Lovelace" });
    say(socket, json!({ "msg_type": 6, "event": speaks })).await
}
