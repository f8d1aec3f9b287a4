//! A customer's receiver of status webhooks: an HTTP server of this machine that writes down what it hears. What is judged of it is
//! each test's own.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::daemon::Environment;

/// What signs what it gets.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// How long everything may take to arrive.
const ARRIVING: Duration = Duration::from_secs(60);

/// One message as it came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heard {
    pub(crate) id: String,
    pub(crate) body: String,
}

impl Heard {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn event(&self) -> String {
        self.json()["event"].as_str().unwrap().to_owned()
    }
}

/// What is done about a message before it is answered with 200.
type Doing = Box<dyn Fn(&Heard) + Send>;

/// A receiver that lives as long as the test process.
pub(crate) struct Receiver {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    doing: Arc<Mutex<Doing>>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let doing: Arc<Mutex<Doing>> = Arc::new(Mutex::new(Box::new(|_| {})));
        let (told, done) = (Arc::clone(&heard), Arc::clone(&doing));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &told, &done);
            }
        });
        Self { address, heard, doing }
    }

    /// Does this about every message from now on.
    pub(crate) fn on_each(&self, doing: impl Fn(&Heard) + Send + 'static) {
        *self.doing.lock().unwrap() = Box::new(doing);
    }

    /// What has a daemon deliver here.
    pub(crate) fn environment(&self) -> Environment {
        vec![
            ("HANSARD_DELIVER__PRIVATE", r#"["127.0.0.0/8"]"#.into()),
            ("HANSARD_WEBHOOKS__0__NAME", "test".into()),
            ("HANSARD_WEBHOOKS__0__URL", format!("http://{}/hook", self.address).into()),
            ("HANSARD_WEBHOOKS__0__SECRET", SECRET.into()),
        ]
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// Every message by its id, in the order in which they came first, each with how often it came; panics if one id came with two
    /// texts.
    pub(crate) fn messages(&self) -> Vec<(Heard, usize)> {
        let mut times = BTreeMap::<String, usize>::new();
        let mut first: Vec<Heard> = Vec::new();
        for heard in self.heard() {
            *times.entry(heard.id.clone()).or_default() += 1;
            match first.iter().find(|known| known.id == heard.id) {
                Some(known) => assert_eq!(*known, heard, "one id came with two texts"),
                None => first.push(heard),
            }
        }
        first.into_iter().map(|heard| (times[&heard.id], heard)).map(|(times, heard)| (heard, times)).collect()
    }

    /// Waits until an event of that name came.
    pub(crate) fn wait_for(&self, event: &str) {
        let deadline = Instant::now() + ARRIVING;
        while !self.heard().iter().any(|heard| heard.event() == event) {
            let events: Vec<String> = self.heard().iter().map(Heard::event).collect();
            assert!(Instant::now() < deadline, "{event} did not come: {events:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Reads one request and answers it. A peer that died is none that is to be answered.
fn serve(stream: TcpStream, heard: &Mutex<Vec<Heard>>, doing: &Mutex<Doing>) {
    let mut reader = BufReader::new(stream);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or_default() == 0 {
            return;
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) => drop(headers.insert(name.to_ascii_lowercase(), value.to_owned())),
            None if line.trim_end().is_empty() => break,
            None => {}
        }
    }
    let length: usize = headers["content-length"].parse().unwrap();
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let message = Heard { id: headers["webhook-id"].clone(), body: String::from_utf8(body).unwrap() };
    doing.lock().unwrap()(&message);
    heard.lock().unwrap().push(message);
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    drop(reader.get_mut().write_all(answer));
}
