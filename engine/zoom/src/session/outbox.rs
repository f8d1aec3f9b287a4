//! What the machine wants done, in order, until the shell fetches it.

use std::collections::VecDeque;

use media::SourceTime;
use model::{Control, Entry, Event, EventBody, platform::Output};

/// A queue of outputs; empty again after each input.
#[derive(Debug, Default)]
pub(super) struct Outbox(VecDeque<Output>);

impl Outbox {
    pub(super) fn push(&mut self, output: Output) {
        self.0.push_back(output);
    }

    pub(super) fn control(&mut self, control: Control) {
        self.push(Output::Record(Entry::Control(control)));
    }

    pub(super) fn event(&mut self, at: SourceTime, body: EventBody) {
        self.push(Output::Event(Event { at, body }));
    }

    pub(super) fn pop(&mut self) -> Option<Output> {
        self.0.pop_front()
    }
}
