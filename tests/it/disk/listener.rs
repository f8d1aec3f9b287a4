//! A subscriber of a capture's live events who remembers what he was told, over every life of the daemon.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
};

use crate::e2e::http;

/// Events by their place.
pub(super) type Events = BTreeMap<String, String>;

/// Listens to one stream of events until it ends or breaks off.
pub(super) struct Listener {
    heard: Arc<Mutex<Events>>,
    thread: JoinHandle<()>,
}

impl Listener {
    /// Listens at `url` from the first event on.
    pub(super) fn to(url: String) -> Self {
        let heard = Arc::<Mutex<Events>>::default();
        let mine = Arc::clone(&heard);
        let thread = thread::spawn(move || listen(&url, &mine));
        Self { heard, thread }
    }

    /// Everything that was told when the daemon died, or the stream was over.
    pub(super) fn heard(self) -> Events {
        self.thread.join().unwrap();
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

fn listen(url: &str, heard: &Mutex<Events>) {
    let mut data = String::new();
    let lines = BufReader::new(http::get(url).into_body().into_reader()).lines();
    for line in lines.map_while(Result::ok) {
        if let Some(text) = line.strip_prefix("data: ") {
            data = text.to_owned();
        } else if let Some(id) = line.strip_prefix("id: ") {
            heard.lock().unwrap().insert(id.to_owned(), data.clone());
        }
    }
}
