//! Renders a log into a published MP4, step by step as a render job of `studio` does, with a clock beside it.

use std::{
    fs::File,
    io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    sync::Arc,
    time::Instant,
};

use bytes::Bytes;
use journal::{LogDir, LogReader, PayloadReader};
use model::{ArtifactId, Locator, RecordingId, VideoPlan};
use render::{Choice, Finish, FinishStep, MixedVideo, PayloadError, Payloads, Settings, Step, VideoChoice};
use rustix::time::{ClockId, clock_gettime};
use store::{ObjectKey, Store};
use timeline::{Builder, Timeline};

use crate::{failure::Failure, record::RenderRound};

/// How much is written at once.
const BUFFER_BYTES: usize = 1 << 20;

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

fn read(log: &LogDir) -> Result<Timeline, Failure> {
    let mut reader = LogReader::open(log.clone())?;
    let mut builder = Builder::new();
    while let Some(stored) = reader.next_record()? {
        builder.push(&stored.record, stored.locator);
    }
    Ok(builder.build())
}

fn fill(log: &LogDir, timeline: &Arc<Timeline>, choice: Choice, growing: &mut Growing) -> Result<Finish, Failure> {
    let mut payloads = LogPayloads(PayloadReader::chained([log.clone()])?);
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

struct LogPayloads(PayloadReader);

impl Payloads for LogPayloads {
    fn read(&mut self, at: Locator) -> Result<Bytes, PayloadError> {
        self.0.read(at).map_err(|error| PayloadError { at, reason: error.to_string() })
    }
}

/// The fragmented file, and the plain one that is made of it.
struct Growing(BufWriter<File>);

impl Growing {
    fn create(path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).open(path)?;
        Ok(Self(BufWriter::with_capacity(BUFFER_BYTES, file)))
    }

    fn append(&mut self, pieces: &[Bytes]) -> io::Result<()> {
        pieces.iter().try_for_each(|piece| self.0.write_all(piece))
    }

    fn finish(mut self, finish: Finish, target: &Path) -> io::Result<()> {
        self.0.flush()?;
        let source = self.0.get_mut();
        let mut plain = BufWriter::with_capacity(BUFFER_BYTES, File::create_new(target)?);
        for step in finish {
            match step {
                FinishStep::Bytes(bytes) => plain.write_all(&bytes)?,
                FinishStep::Copy { offset, len } => {
                    source.seek(SeekFrom::Start(offset))?;
                    io::copy(&mut source.take(len), &mut plain)?;
                }
            }
        }
        plain.flush()
    }
}
