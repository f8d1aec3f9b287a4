//! Receivers: one that is posted to, one that takes WebSockets.

use futures_util::StreamExt;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async, tungstenite::handshake::server::Request};

/// What came in one POST.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Posted {
    pub(super) id: String,
    pub(super) signature: String,
    pub(super) body: String,
}

impl Posted {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// What was said, which is a number.
    pub(super) fn said(&self) -> u64 {
        number(&self.json())
    }
}

/// The number that was said.
pub(super) fn number(event: &Value) -> u64 {
    let text = event["data"]["data"]["words"][0]["text"].as_str().expect("words");
    text.parse().expect("a number")
}

pub(super) struct Receiver {
    listener: TcpListener,
}

impl Receiver {
    pub(super) async fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.expect("a port") }
    }

    pub(super) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}/live", self.listener.local_addr().expect("an address"))
    }

    pub(super) async fn connection(&self) -> TcpStream {
        self.listener.accept().await.expect("a connection").0
    }

    /// Takes one POST and answers with a status; with none, breaks off. Of a process that died in the middle of a request nothing was
    /// sent that could be answered: the next connection is taken.
    pub(super) async fn take(&self, status: Option<u16>) -> Posted {
        let (mut stream, head, body) = loop {
            let mut stream = self.connection().await;
            if let Some((head, body)) = request(&mut stream).await {
                break (stream, head, body);
            }
        };
        assert!(head.starts_with("POST /live HTTP/1.1"), "{head}");
        if let Some(status) = status {
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.expect("answered");
        }
        Posted { id: field(&head, "webhook-id"), signature: field(&head, "webhook-signature"), body }
    }

    /// Takes one WebSocket, and what its upgrade was signed with.
    #[expect(clippy::result_large_err, reason = "what a refusal is belongs to tungstenite")]
    pub(super) async fn socket(&self) -> Socket {
        let mut head = Vec::new();
        let note = |request: &Request, response| {
            head = ["webhook-id", "webhook-timestamp", "webhook-signature"]
                .iter()
                .filter_map(|name| Some(request.headers().get(*name)?.to_str().ok()?.to_owned()))
                .collect();
            Ok(response)
        };
        let stream = accept_hdr_async(self.connection().await, note).await.expect("a WebSocket");
        Socket { stream, head }
    }
}

/// The head and the body of a request; nothing if it breaks off.
async fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length: usize = field(head, "content-length").parse().expect("a length");
            if body.len() >= length {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

pub(super) struct Socket {
    pub(super) stream: WebSocketStream<TcpStream>,
    /// Id, time and signature.
    pub(super) head: Vec<String>,
}

impl Socket {
    /// The next event; `None` after the good-bye.
    pub(super) async fn next(&mut self) -> Option<Value> {
        loop {
            let message = self.stream.next().await?.ok()?;
            if message.is_close() {
                return None;
            }
            if message.is_text() {
                return Some(serde_json::from_str(message.to_text().expect("text")).expect("JSON"));
            }
            assert!(message.is_ping(), "{message:?}");
        }
    }

    /// The next so many things that are said, with their numbers at this endpoint.
    pub(super) async fn said(&mut self, count: usize) -> Vec<(u64, u64)> {
        let mut said = Vec::new();
        while said.len() < count {
            let event = self.next().await.expect("an event");
            said.push((event["seq"].as_u64().expect("a number"), number(&event)));
        }
        said
    }
}

fn field(head: &str, name: &str) -> String {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .filter(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.to_owned())
        .next()
        .unwrap_or_default()
}
