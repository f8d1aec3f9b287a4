//! Stands for the mixed video where there are no codecs to make one: there never is any.

use std::sync::Arc;

use media::Position;
use render::Choice;
use timeline::Timeline;

use super::Roll;
use crate::StudioError;

/// There is none.
pub(crate) enum Begun {}

impl Begun {
    pub(crate) fn grown(self, _: &Arc<Timeline>, _: &Choice) -> Option<Self> {
        Some(self)
    }

    pub(crate) fn is_certain(&self) -> bool {
        match *self {}
    }

    pub(crate) fn progress(&self) -> Position {
        match *self {}
    }

    pub(super) fn advance(&mut self) -> Result<bool, StudioError> {
        match *self {}
    }
}

impl Roll {
    #[expect(clippy::unnecessary_wraps, reason = "with codecs it may fail")]
    pub(super) fn look(&mut self) -> Result<(), StudioError> {
        Ok(())
    }
}
