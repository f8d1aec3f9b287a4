//! A receiver for the tests of this crate: an HTTP server of this machine that answers as the test says and remembers what it
//! heard. It serves nothing else.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What a receiver does with one request; the last one is repeated.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// Answers this status, with further lines of the head.
    Answers(u16, &'static str),
    /// Reads and says nothing.
    IsSilent,
    /// Hangs up without an answer.
    HangsUp,
    /// Answers 500 to every body that holds this text, and 200 to others.
    Rejects(&'static str),
}

/// What one request said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub(crate) fn event(&self) -> String {
        let text = self.body.split("\"event\":\"").nth(1).and_then(|rest| rest.split('"').next());
        text.unwrap_or_default().to_owned()
    }
}

/// A receiver; it ends with this.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<Asked>>>,
    manners: Arc<Mutex<Vec<Manner>>>,
    serving: JoinHandle<()>,
}

impl Receiver {
    pub(crate) async fn start(manners: &[Manner]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let manners = Arc::new(Mutex::new(manners.iter().rev().copied().collect()));
        let serving = tokio::spawn(serve(listener, Arc::clone(&heard), Arc::clone(&manners)));
        Self { address, heard, manners, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// From now on it does this.
    pub(crate) fn behave(&self, manners: &[Manner]) {
        *self.manners.lock().expect("a lock") = manners.iter().rev().copied().collect();
    }

    pub(crate) fn heard(&self) -> Vec<Asked> {
        self.heard.lock().expect("a lock").clone()
    }

    pub(crate) fn events(&self) -> Vec<String> {
        self.heard().iter().map(Asked::event).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, heard: Arc<Mutex<Vec<Asked>>>, manners: Arc<Mutex<Vec<Manner>>>) {
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let (heard, manners) = (Arc::clone(&heard), Arc::clone(&manners));
        tokio::spawn(async move { answer(stream, &heard, &manners).await });
    }
}

async fn answer(mut stream: TcpStream, heard: &Mutex<Vec<Asked>>, manners: &Mutex<Vec<Manner>>) {
    let Some(asked) = read(&mut stream).await else { return };
    heard.lock().expect("a lock").push(asked.clone());
    let manner = {
        let mut manners = manners.lock().expect("a lock");
        if manners.len() > 1 { manners.pop() } else { manners.first().copied() }
    };
    let (status, lines) = match manner.expect("a manner") {
        Manner::Answers(status, lines) => (status, lines),
        Manner::Rejects(text) => (if asked.body.contains(text) { 500 } else { 200 }, ""),
        Manner::HangsUp => return,
        Manner::IsSilent => {
            // Until the other end has enough of it.
            drop(stream.read(&mut [0; 1]).await);
            return;
        }
    };
    let head = format!("HTTP/1.1 {status} As Told\r\n{lines}Content-Length: 0\r\n\r\n");
    // The other end may be gone.
    drop(stream.write_all(head.as_bytes()).await);
    drop(stream.shutdown().await);
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let (head, length) = loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_owned();
        let length = head.to_ascii_lowercase();
        let length = length.split("content-length: ").nth(1)?.split("\r\n").next()?.parse::<usize>().ok()?;
        break (head, length);
    };
    let whole = head.len() + 4 + length;
    while bytes.len() < whole {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[head.len() + 4..whole].to_vec()).ok()?;
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Some(Asked { path, headers, body })
}
