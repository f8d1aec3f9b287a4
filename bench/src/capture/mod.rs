//! What capturing meetings costs, beside the floor and Zoom's own SDK.
//!
//! Each round plays the same meetings to the engine, to the floor and, where it is installed, to Zoom's SDK, each in a process of its own on the same core,
//! with the source on another. While they run there are two windows: in the first nothing but the meetings is asked of
//! the process and its usage is taken; in the second the engine also answers webhooks of ours. Both end before the meetings
//! do, so that no render runs in them.
//!
//! * `measure` all rounds; `scenario` what is played; `subject` who it is played to; `playing` one of them, from start to end
//! * `window` takes usage; `prober` times webhooks; `exposition` reads metrics
//! * `audience` who listens live meanwhile; `sent` what the source says it sent; `kept` what is in the capture logs

mod audience;
mod exposition;
mod kept;
mod measure;
mod playing;
mod prober;
mod scenario;
mod sent;
mod subject;
mod window;

pub(crate) use measure::measure;
pub(crate) use scenario::Scenario;
