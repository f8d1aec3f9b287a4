//! Receivers of real-time endpoints: WebSockets by tokio-tungstenite, webhooks by a plain HTTP/1.1 server, signatures checked by
//! HMAC as Standard Webhooks describe it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use base64_turbo::STANDARD;
use futures_util::StreamExt;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    runtime::Runtime,
};
use tokio_tungstenite::{accept_hdr_async, tungstenite::handshake::server::Request};

use super::stage;

/// The secret of the daemons of these tests.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Id, time and signature of a message.
pub(crate) type Signature = [String; 3];

/// One event as a receiver got it.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) event: Value,
    pub(crate) body: String,
    pub(crate) signature: Signature,
    pub(crate) is_text: bool,
    is_post: bool,
}

impl Heard {
    pub(crate) fn name(&self) -> &str {
        self.event["event"].as_str().unwrap()
    }

    pub(crate) fn seq(&self) -> u64 {
        self.event["seq"].as_u64().unwrap()
    }

    /// What was signed: of a connection, nothing.
    pub(crate) fn signed_body(&self) -> &str {
        if self.is_post { &self.body } else { "" }
    }
}

/// Whether a signature is one of a body.
pub(crate) fn is_signed(signature: &Signature, body: &str) -> bool {
    is_signed_with(SECRET, signature, body)
}

/// Whether it is one by this secret.
pub(crate) fn is_signed_with(secret: &str, signature: &Signature, body: &str) -> bool {
    let [id, at, signed] = signature;
    let key = STANDARD.decode(secret.trim_start_matches("whsec_").as_bytes()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    signed.split(' ').any(|one| one == expected)
}

/// Where receivers run.
pub(crate) struct Receivers {
    pub(crate) runtime: Runtime,
}

/// One receiver with what it got.
pub(crate) struct Receiver {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    refused: Arc<Mutex<BTreeMap<String, usize>>>,
    is_over: Arc<AtomicBool>,
}

impl Receiver {
    fn new(listener: &TcpListener, scheme: &str) -> Self {
        Self {
            url: format!("{scheme}://{}/live?token=1", listener.local_addr().unwrap()),
            heard: Arc::default(),
            refused: Arc::default(),
            is_over: Arc::default(),
        }
    }

    fn beside(&self) -> Self {
        Self {
            url: self.url.clone(),
            heard: Arc::clone(&self.heard),
            refused: Arc::clone(&self.refused),
            is_over: Arc::clone(&self.is_over),
        }
    }

    /// What it got by now.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// How often it refused what, by id.
    pub(crate) fn refused(&self) -> BTreeMap<String, usize> {
        self.refused.lock().unwrap().clone()
    }

    /// What it got, once it was told a good-bye, or nothing came for some time.
    pub(crate) fn heard_until_over(&self) -> Vec<Heard> {
        let deadline = Instant::now() + Duration::from_secs(20);
        let (mut count, mut since) = (0, Instant::now());
        while Instant::now() < deadline && !self.is_over.load(Ordering::Relaxed) {
            let now = self.heard.lock().unwrap().len();
            if now != count {
                (count, since) = (now, Instant::now());
            }
            if since.elapsed() > Duration::from_secs(4) {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.heard()
    }

    fn note(&self, body: String, signature: Signature, is_text: bool, is_post: bool) {
        let event = serde_json::from_str(&body).unwrap();
        self.heard.lock().unwrap().push(Heard { event, body, signature, is_text, is_post });
    }
}

impl Receivers {
    pub(crate) fn new() -> Self {
        Self { runtime: stage::runtime() }
    }

    fn listen(&self) -> TcpListener {
        self.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap()
    }

    /// Takes WebSockets; leaves after a message, counted from 0, for which `stays` is false.
    #[expect(clippy::result_large_err, reason = "what a refusal is belongs to tungstenite")]
    pub(crate) fn socket(&self, stays: impl Fn(usize) -> bool + Send + Sync + 'static) -> Receiver {
        let listener = self.listen();
        let receiver = Receiver::new(&listener, "ws");
        let own = receiver.beside();
        self.runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut signature = Signature::default();
                let note = |request: &Request, response| {
                    let field = |name: &str| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
                    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
                    signature = names.map(|name| field(name).unwrap_or_default());
                    Ok(response)
                };
                let Ok(mut socket) = accept_hdr_async(stream, note).await else { continue };
                while let Some(Ok(message)) = socket.next().await {
                    if message.is_close() {
                        own.is_over.store(true, Ordering::Relaxed);
                    } else if message.is_text() || message.is_binary() {
                        let number = own.heard().len();
                        own.note(message.to_text().unwrap().to_owned(), signature.clone(), message.is_text(), false);
                        if !stays(number) {
                            break;
                        }
                    }
                }
            }
        });
        receiver
    }

    /// Takes POSTs; `status` answers one by its number among different ones and whether it came before.
    pub(crate) fn hook(&self, status: impl Fn(usize, bool) -> u16 + Send + Sync + 'static) -> Receiver {
        let listener = self.listen();
        let receiver = Receiver::new(&listener, "http");
        let own = receiver.beside();
        self.runtime.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some((signature, body)) = request(&mut stream).await else { continue };
                let id = signature[0].clone();
                let is_again = own.refused().contains_key(&id);
                let status = status(own.heard().len(), is_again);
                if (200..300).contains(&status) {
                    own.note(body, signature, true, true);
                } else {
                    *own.refused.lock().unwrap().entry(id).or_default() += 1;
                }
                let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        receiver
    }

    /// Takes connections and says nothing on any.
    pub(crate) fn silent(&self) -> String {
        let listener = self.listen();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        self.runtime.spawn(async move {
            let mut held = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                held.push(stream);
            }
        });
        url
    }

    /// Takes WebSockets, and then nothing.
    pub(crate) fn stalling(&self) -> String {
        self.runtime.block_on(async {
            let socket = TcpSocket::new_v4().unwrap();
            // As little as there is; connections have it from whoever listens.
            socket.set_recv_buffer_size(4 << 10).unwrap();
            socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
            let listener = socket.listen(1_024).unwrap();
            let url = format!("ws://{}/", listener.local_addr().unwrap());
            tokio::spawn(async move {
                let mut held = Vec::new();
                while let Ok((stream, _)) = listener.accept().await {
                    held.extend(tokio_tungstenite::accept_async(stream).await);
                }
            });
            url
        })
    }
}

async fn request(stream: &mut TcpStream) -> Option<(Signature, String)> {
    let mut bytes = Vec::new();
    loop {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let field = |name: &str| {
                let lines = head.lines().filter_map(|line| line.split_once(": "));
                lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
            };
            let length: usize = field("content-length")?.parse().ok()?;
            if bytes.len() >= end + 4 + length {
                let body = String::from_utf8(bytes[end + 4..].to_vec()).ok()?;
                let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
                return Some((names.map(|name| field(name).unwrap_or_default()), body));
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
