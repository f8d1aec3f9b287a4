//! Renders a log into a published MP4, step by step as a render job of `studio` does, with a clock beside it.

use std::{sync::Arc, time::Instant};

use journal::LogDir;
use model::{ArtifactId, RecordingId, VideoPlan};
use render::{Choice, Finish, MixedVideo, Settings, Step, VideoChoice};
use rustix::time::{ClockId, clock_gettime};
use store::{ObjectKey, Store};
use timeline::Timeline;

use super::{
    growing::Growing,
    opened::{LogPayloads, read},
};
use crate::{failure::Failure, record::RenderRound};

/// One render.
pub(super) struct Copied {
    pub(super) round: RenderRound,
    /// How the picture was made.
    pub(super) choice: String,
    pub(super) file_bytes: u64,
}

/// Renders the log once.
///
/// # Errors
/// If the picture would not be copied, some of the media was damaged, or any step fails.
pub(super) async fn render(log: &LogDir, store: &Store) -> Result<Copied, Failure> {
    let (began, cpu_before) = (Instant::now(), cpu_seconds());
    let mut laps = Laps(began);
    let timeline = Arc::new(read(log)?);
    let choice = render::plan(&timeline, VideoPlan::Auto, render::View::default());
    if choice.video != VideoChoice::Copy {
        return Err(format!("the picture would be composed: {}", choice.reason).into());
    }
    let timeline_s = laps.lap();

    let staged = store.staging();
    let mut growing = Growing::create(&staged)?;
    let finish = fill(log, &timeline, choice.clone(), &mut growing)?;
    let render_s = laps.lap();

    let plain = store.staging();
    growing.finish(finish, &plain)?;
    std::fs::remove_file(&staged)?;
    let finish_s = laps.lap();

    studio::verify_mp4(&plain, timeline.end)?;
    let verify_s = laps.lap();

    let key = ObjectKey::new(RecordingId::new(1, [0; 10]), ArtifactId::new(1, [0; 10]), "video_mixed.mp4")?;
    let file = store.publish(&plain, &key, "video/mp4").await?;
    let publish_s = laps.lap();

    let (wall_s, cpu_s) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu_before);
    let round = RenderRound { timeline_s, render_s, finish_s, verify_s, publish_s, wall_s, cpu_s };
    Ok(Copied { round, choice: "copy".to_owned(), file_bytes: file.bytes })
}

fn fill(log: &LogDir, timeline: &Arc<Timeline>, choice: Choice, growing: &mut Growing) -> Result<Finish, Failure> {
    let mut payloads = LogPayloads::of(log)?;
    let mut video = MixedVideo::new(Arc::clone(timeline), choice, Settings::default())?;
    let finish = loop {
        match video.step(&mut payloads)? {
            Step::Append(pieces) => growing.append(&pieces)?,
            Step::Done(finish) => break finish,
        }
    };
    let damage = video.damage();
    if damage != render::Damage::default() {
        return Err(format!("a meeting without damage was rendered with {damage:?}").into());
    }
    Ok(finish)
}

/// The time since it was last asked.
struct Laps(Instant);

impl Laps {
    fn lap(&mut self) -> f64 {
        let now = Instant::now();
        now.duration_since(std::mem::replace(&mut self.0, now)).as_secs_f64()
    }
}

/// The processor time of this whole process.
fn cpu_seconds() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}
