//! What a run holds, as it is kept in `bench/runs`. Fields may be added; a reader takes older files.
//!
//! What does not belong here: measuring (`capture`, `render`, `beside`, `live`), printing (`report`).

mod beside;
mod capture;
mod live;
mod render;
mod run;

pub(crate) use beside::{BesideFigures, BesideResult, BesideRound, Made};
pub(crate) use capture::{CaptureFigures, CaptureResult, Kept, Playing, Round, SdkFigures};
pub(crate) use live::{Answers, Crowd, EventLatency, LiveResult, Stalled};
pub(crate) use render::{RenderFigures, RenderResult, RenderRound};
pub(crate) use run::Run;
