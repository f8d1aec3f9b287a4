//! One event as readers of live events are sent it: each form is made once, however many readers share it. What is told, and to whom, is
//! in [`crate::feed`]; who shares it in [`crate::shared`].

use std::sync::OnceLock;

use axum::body::Bytes;
use model::Cursor;
use schema::event::Told;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// One event.
#[derive(Debug)]
pub(crate) struct Said {
    told: Told,
    frame: OnceLock<Bytes>,
    message: OnceLock<Utf8Bytes>,
}

impl Said {
    /// Of what is told; no form of it is made yet.
    pub(crate) const fn new(told: Told) -> Self {
        Self { told, frame: OnceLock::new(), message: OnceLock::new() }
    }

    /// Its name, such as `transcript.data`.
    pub(crate) fn event(&self) -> &str {
        &self.told.event
    }

    /// Where a reader that has seen it goes on.
    pub(crate) const fn cursor(&self) -> Option<Cursor> {
        self.told.cursor
    }

    /// As one of the Server-Sent Events. Neither the name of an event nor JSON on one line holds a line break.
    pub(crate) fn frame(&self) -> Bytes {
        let made = || {
            let Told { cursor, event, json } = &self.told;
            match cursor {
                Some(cursor) => format!("event: {event}\ndata: {json}\nid: {cursor}\n\n").into(),
                None => format!("event: {event}\ndata: {json}\n\n").into(),
            }
        };
        self.frame.get_or_init(made).clone()
    }

    /// As a message over a WebSocket: the same with where a reader that has seen it goes on.
    pub(crate) fn message(&self) -> Utf8Bytes {
        let made = || match (self.told.cursor, self.told.json.strip_prefix('{')) {
            (Some(cursor), Some(rest)) => format!("{{\"cursor\":\"{cursor}\",{rest}").into(),
            _ => self.told.json.clone().into(),
        };
        self.message.get_or_init(made).clone()
    }
}

#[cfg(test)]
mod tests {
    use model::Epoch;

    use super::*;

    #[test]
    fn every_reader_gets_the_same_bytes_in_the_form_that_it_asks_for() {
        let cursor = Cursor { epoch: Epoch(2), seq: 7 };
        let told = |cursor| Told { cursor, event: "a.b".to_owned(), json: "{\"event\":\"a.b\"}".to_owned() };
        let said = Said::new(told(Some(cursor)));
        assert_eq!(said.frame(), "event: a.b\ndata: {\"event\":\"a.b\"}\nid: 2-7\n\n");
        assert_eq!(said.message(), "{\"cursor\":\"2-7\",\"event\":\"a.b\"}");
        assert_eq!(said.frame().as_ptr(), said.frame().as_ptr());
        assert_eq!(said.message().as_ptr(), said.message().as_ptr());
        let without = Said::new(told(None));
        assert_eq!(without.frame(), "event: a.b\ndata: {\"event\":\"a.b\"}\n\n");
        assert_eq!(without.message(), "{\"event\":\"a.b\"}");
    }
}
