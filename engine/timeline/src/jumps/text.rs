//! Takes jumps out of the times of what is no frame: events, words and controls.

use model::{Control, Event, EventBody};

use super::shift::Jumps;
use crate::{clock::is_the_platforms, place::Placed};

impl Jumps {
    pub(crate) fn straighten_event(&self, event: &mut Placed<Event>) {
        let place = event.place;
        if is_the_platforms(&event.what) {
            event.what.at = self.of_text(place, event.what.at);
        }
        if let EventBody::Transcript(utterance) = &mut event.what.body {
            utterance.start = self.of_text(place, utterance.start);
            utterance.end = self.of_text(place, utterance.end);
        }
    }

    pub(crate) fn straighten_control(&self, control: &mut Placed<Control>) {
        let place = control.place;
        match &mut control.what {
            Control::Dropped { from, to, .. } => {
                *from = self.of_text(place, *from);
                *to = self.of_text(place, *to);
            }
            Control::Ended { at: Some(at), .. } => *at = self.of_text(place, *at),
            _ => {}
        }
    }
}
