//! What the next start will do with what the last process left behind. The order and the pace are those of `ingest`.

use std::{
    path::Path,
    time::{Instant, UNIX_EPOCH},
};

use catalog::{Snapshot, Survey, SurveyedCapture};
use ingest::{CRASH_WINDOW_MS, Rejoin, Rejoins, is_quarantined};
use journal::LogDir;
use model::{CaptureId, CaptureStatus, Control, RecordingId};
use serde::Serialize;

use crate::{config::Zoom, failure::Failure};

/// Something that the next start does.
#[derive(Debug, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(super) enum Step {
    /// A capture whose log says that it is over is ended.
    End { capture: CaptureId, code: String },
    /// A capture that crashed too often is ended.
    Quarantine { capture: CaptureId },
    /// A capture is taken up again.
    TakeUp { capture: CaptureId, epoch: u32, after_ms: u64, left_ms: i64 },
    /// A capture that never had an owner is started.
    Start { capture: CaptureId },
    /// A recording is rendered, once none of its captures runs.
    Render { recording: RecordingId },
    /// What was deleted is removed from the disk.
    Purge { recording: RecordingId },
}

impl Step {
    /// As a line for people.
    pub(super) fn line(&self) -> String {
        match self {
            Self::End { capture, code } => format!("end         capture {capture}: its log says {code}"),
            Self::Quarantine { capture } => {
                format!("quarantine  capture {capture}: it crashed three times within a minute; its data is kept")
            }
            Self::TakeUp { capture, epoch, after_ms, left_ms } => {
                let after_s = *after_ms as f64 / 1000.0;
                let left = if *left_ms > 0 {
                    format!("{} s are left to save its stream", left_ms / 1000)
                } else {
                    "its stream is probably lost, which is tried once".to_owned()
                };
                format!("take up     capture {capture} in epoch {epoch}, {after_s:.2} s after the start: {left}")
            }
            Self::Start { capture } => format!("start       capture {capture}"),
            Self::Render { recording } => format!("render      recording {recording}"),
            Self::Purge { recording } => format!("purge       recording {recording}"),
        }
    }
}

/// Everything that a start at this moment would do, in its order.
pub(super) async fn plan(dir: &Path, snapshot: &mut Snapshot, now_unix_ms: i64) -> Result<Vec<Step>, Failure> {
    let survey = snapshot.survey(now_unix_ms.saturating_sub(CRASH_WINDOW_MS)).await?;
    let mut steps = Vec::new();
    let mut rejoins = Rejoins::new(Zoom::default().rejoins_per_second);
    let open = survey.captures.iter().filter(|capture| capture.starts && capture.status < CaptureStatus::CallEnded);
    for capture in open {
        match first_step(dir, capture)? {
            Ok(step) => steps.push(step),
            Err(rejoin) => rejoins.add(rejoin),
        }
    }
    let order = rejoins.forecast(Instant::now(), now_unix_ms);
    steps.extend(order.into_iter().map(|(after, rejoin)| Step::TakeUp {
        capture: rejoin.capture,
        epoch: rejoin.written.0.saturating_add(1),
        after_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
        left_ms: rejoin.deadline_unix_ms.saturating_sub(now_unix_ms),
    }));
    steps.extend(jobs(&survey, |capture| capture.purges, |recording| Step::Purge { recording }));
    steps.extend(jobs(&survey, |capture| capture.renders, |recording| Step::Render { recording }));
    Ok(steps)
}

/// What is done with a capture that is not over, or how it waits for its turn.
fn first_step(dir: &Path, capture: &SurveyedCapture) -> Result<Result<Step, Rejoin>, Failure> {
    let SurveyedCapture { id, epoch, stored, crashes, changed_at_unix_ms, .. } = *capture;
    if epoch.0 == 0 {
        return Ok(Ok(Step::Start { capture: id }));
    }
    if is_quarantined(crashes) {
        return Ok(Ok(Step::Quarantine { capture: id }));
    }
    if !stored {
        return Ok(Err(Rejoin::new(id, changed_at_unix_ms, crashes, epoch)));
    }
    let log = LogDir::of(dir, id);
    if let Some(Control::Ended { code, .. }) = log.ending()? {
        return Ok(Ok(Step::End { capture: id, code }));
    }
    let glance = log.glance()?;
    let written_ms = glance.written.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|since| since.as_millis());
    let alive_unix_ms =
        written_ms.and_then(|at| i64::try_from(at).ok()).map_or(changed_at_unix_ms, |at| at.max(changed_at_unix_ms));
    let written = glance.epoch.map_or(epoch, |in_log| epoch.max(in_log));
    Ok(Err(Rejoin::new(id, alive_unix_ms, crashes, written)))
}

/// A step for each recording that has a job of a kind.
fn jobs(survey: &Survey, has: impl Fn(&SurveyedCapture) -> bool, step: impl Fn(RecordingId) -> Step) -> Vec<Step> {
    let mut recordings: Vec<RecordingId> =
        survey.captures.iter().filter(|capture| has(capture)).map(|capture| capture.recording).collect();
    recordings.dedup();
    recordings.into_iter().map(step).collect()
}
