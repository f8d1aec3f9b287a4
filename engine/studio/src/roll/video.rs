//! What is made of a meeting that goes on: its mixed video, which grows with it or is begun anew.

use std::sync::Arc;

use journal::PayloadReader;
use render::View;

use super::Roll;
use crate::StudioError;
pub(crate) use crate::mixed::Begun;

impl Roll {
    /// Lets the video grow with what is known by now, or begins another where what is made does not hold.
    pub(super) fn look(&mut self) -> Result<(), StudioError> {
        let timeline = Arc::new(self.builder.so_far());
        let look = &self.assignment.look;
        let choice = render::plan(&timeline, look.plan, View::from(look));
        if let Some(begun) = self.begun.take() {
            let made_ms = begun.progress().ms();
            self.begun = begun.grown(&timeline, &choice);
            if self.begun.is_none() {
                self.begun_again += 1;
                tracing::debug!(
                    made_ms,
                    reason = choice.reason,
                    "what was made of a meeting that goes on does not hold"
                );
            }
        }
        if self.begun.is_none() && timeline.end.ms() > 0 {
            let log = PayloadReader::chained(self.assignment.logs())?;
            let (settings, place) = (self.assignment.video, self.staging.place());
            self.begun = Some(Begun::new(&timeline, &choice, settings, log, place)?);
        }
        Ok(())
    }
}
