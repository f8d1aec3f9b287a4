//! Who works on what: claims of captures and renders, and what their ends mean for everything that hangs on them, each in
//! one transaction. The rows of jobs alone are in `jobs`.

use std::sync::Arc;

use media::SourceTime;
use model::{
    CaptureId, CaptureStatus, Epoch, RecordingId, RecordingState, RenderJob, RenderScope, Secret, SequencedEvent,
    StartJob, StatusChange,
};
use sqlx::{Row, SqliteConnection};

use crate::{
    Catalog, CatalogError, artifacts, captures,
    column::{id_bytes, read_id, read_number},
    commands, discard, editions, events, jobs, late, linked,
    reason::Reason,
    revoke,
    seal::Seal,
};

/// How long a render that failed for the first time waits, in milliseconds; doubled with each further time.
const RETRY_FIRST_MS: i64 = 5_000;

/// How long a render that failed often waits at most, in milliseconds.
const RETRY_LONGEST_MS: i64 = 300_000;

/// The sub-code of an artifact that was asked for and that its render did not make.
const NOT_RENDERED: &str = "not_rendered";

/// How a capture ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The stream ended.
    Ended {
        /// Why, as a stable code.
        code: String,
        /// Why, as a sentence.
        message: Option<String>,
    },
    /// Consent was withdrawn: everything that was received and made of it is deleted.
    Revoked {
        /// Why, as a stable code.
        code: String,
        /// Why, as a sentence.
        message: Option<String>,
    },
    /// Media could not be received, or no longer.
    Failed {
        /// Why, as a stable code.
        code: String,
        /// Why, as a sentence.
        message: Option<String>,
    },
}

impl Catalog {
    /// C1: claims the oldest capture that waits for its first owner, in epoch 1.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn claim_start(&self, now_unix_ms: i64) -> Result<Option<StartJob>, CatalogError> {
        // Polled all the time, so the writer is only asked when there is something.
        if !jobs::waits(&mut *self.read().await?, jobs::Kind::Start, now_unix_ms).await? {
            return Ok(None);
        }
        let seal = Arc::clone(&self.seal);
        self.write(move |db| {
            Box::pin(async move {
                match jobs::claim(db, jobs::Kind::Start, now_unix_ms).await? {
                    Some(claim) => start(db, &seal, claim.capture, Epoch(0)).await.map(Some),
                    None => Ok(None),
                }
            })
        })
        .await
    }

    /// Claims a capture that had an owner before, in an epoch of its own: one more than ever before, also than the one that
    /// its log was `written` in, which a database from a backup may not know. Commands that the owner before took are
    /// offered again. `None` if it is over or has an owner.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn take_up(&self, capture: CaptureId, written: Epoch) -> Result<Option<StartJob>, CatalogError> {
        let seal = Arc::clone(&self.seal);
        self.write(move |db| {
            Box::pin(async move {
                if jobs::claim_again(db, capture).await? {
                    start(db, &seal, capture, written).await.map(Some)
                } else {
                    Ok(None)
                }
            })
        })
        .await
    }

    /// Makes what a process that died had claimed claimable again, captures and renders, and counts it. A render that was
    /// under way is claimed at once after the first such death, and waits longer after each further one. For the start of a
    /// process, before it claims anything.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn release_claims(&self, now_unix_ms: i64) -> Result<u64, CatalogError> {
        self.write(move |db| Box::pin(jobs::release_dead(db, now_unix_ms))).await
    }

    /// Makes what this process has claimed claimable again, so that the next one finds nothing that died. For the end of a
    /// process, once nobody works any more.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn hand_back_claims(&self) -> Result<u64, CatalogError> {
        self.write(|db| Box::pin(jobs::release_all(db))).await
    }

    /// Ends a capture: `call_ended` with its render queued if there is a recording, else `fatal`, in either case with the
    /// code and message of the outcome, or with `missed` if it failed because its start came late. If the platform announced
    /// meanwhile that consent was withdrawn, the outcome is [`Outcome::Revoked`] whatever the owner says, who may not have
    /// heard of it. Answers the change of status as it stands in the event log, ready to be published; `None`, and without
    /// effect, on a capture that is over. Its owner appends no event afterwards.
    ///
    /// A capture of which nothing is stored has no render to wait for: one that received media is `done` at once. It has no
    /// event log either, so `None` is answered.
    ///
    /// # Errors
    /// If there is no such capture, or the database fails.
    pub async fn capture_ended(
        &self,
        capture: CaptureId,
        completed_at: Option<SourceTime>,
        outcome: Outcome,
        now_unix_ms: i64,
    ) -> Result<Option<SequencedEvent>, CatalogError> {
        self.write(move |db| Box::pin(end(db, capture, completed_at, outcome, Consent::Counts, now_unix_ms))).await
    }

    /// Ends a capture as [`Catalog::capture_ended`] does, and keeps what was received even if the platform announced
    /// meanwhile that consent was withdrawn: for operators who say so.
    ///
    /// # Errors
    /// As [`Catalog::capture_ended`].
    pub async fn capture_ended_and_kept(
        &self,
        capture: CaptureId,
        completed_at: Option<SourceTime>,
        outcome: Outcome,
        now_unix_ms: i64,
    ) -> Result<Option<SequencedEvent>, CatalogError> {
        self.write(move |db| Box::pin(end(db, capture, completed_at, outcome, Consent::IsIgnored, now_unix_ms))).await
    }

    /// Claims the oldest render whose time has come and of whose recording neither another render runs nor a capture.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn claim_render(&self, now_unix_ms: i64) -> Result<Option<RenderJob>, CatalogError> {
        if !self.has_render_to_claim(now_unix_ms).await? {
            return Ok(None);
        }
        self.write(move |db| Box::pin(render(db, now_unix_ms))).await
    }

    /// Takes a failed render back. With `retry` it is queued again after a pause of 5 s, doubled with each attempt up to
    /// 5 min, or given up if another render of the recording waits; else everything it did not make failed with `code`, and
    /// its captures are done: those changes of status are answered, ready to be published.
    ///
    /// # Errors
    /// If there is no such job, or the database fails.
    pub async fn render_failed(
        &self,
        job: &RenderJob,
        code: &str,
        now_unix_ms: i64,
        retry: bool,
    ) -> Result<Vec<(CaptureId, SequencedEvent)>, CatalogError> {
        let (job, code) = (job.clone(), code.to_owned());
        self.write(move |db| {
            Box::pin(async move {
                let attempts = jobs::attempts(db, job.id).await?;
                if retry && is_superseded(db, &job).await? {
                    jobs::end(db, job.id, Some(&code)).await?;
                    return Ok(Vec::new());
                }
                if retry {
                    jobs::retry(db, job.id, &code, now_unix_ms.saturating_add(pause_ms(attempts))).await?;
                    return Ok(Vec::new());
                }
                jobs::end(db, job.id, Some(&code)).await?;
                finish(db, &job, &code, now_unix_ms).await
            })
        })
        .await
    }

    /// Whether a render of all of a recording could be claimed.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn has_render_to_claim(&self, now_unix_ms: i64) -> Result<bool, CatalogError> {
        jobs::waits(&mut *self.read().await?, jobs::Kind::Render, now_unix_ms).await
    }

    /// Ends a render of an edition, or of all: then its recording is done, or failed if one of its artifacts is, and its captures are done; all of that only
    /// with the last render, where another one is to make the recording once more. Answers those changes of status as they
    /// stand in the event logs, ready to be published.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn render_done(
        &self,
        job: &RenderJob,
        now_unix_ms: i64,
    ) -> Result<Vec<(CaptureId, SequencedEvent)>, CatalogError> {
        let job = job.clone();
        self.write(move |db| {
            Box::pin(async move {
                jobs::end(db, job.id, None).await?;
                finish(db, &job, NOT_RENDERED, now_unix_ms).await
            })
        })
        .await
    }
}

/// Makes the job of a capture whose start was just claimed, in the epoch after its own and that of `written`.
async fn start(
    db: &mut SqliteConnection,
    seal: &Seal,
    id: CaptureId,
    written: Epoch,
) -> Result<StartJob, CatalogError> {
    let row = sqlx::query(
        "UPDATE capture SET epoch = max(epoch, ?) + 1 WHERE id = ?
         RETURNING recording_id, signature, notice, epoch, withheld",
    )
    .bind(i64::from(written.0))
    .bind(id_bytes(id.uuid()))
    .fetch_one(&mut *db)
    .await?;
    let recording_id: RecordingId = read_id(&row, "recording_id")?;
    commands::offer_again(db, id).await?;
    let capture = captures::load(db, id).await?.ok_or(CatalogError::UnknownCapture(id))?;
    let signature = row.try_get::<Option<&[u8]>, _>("signature")?.and_then(|sealed| {
        let opened = seal.open_sealed(id.uuid().as_bytes(), sealed);
        if opened.is_none() {
            tracing::error!(capture = %id, "the stored signature is damaged; the capture starts without it");
        }
        opened
    });
    Ok(StartJob {
        capture,
        recording_id,
        signature: signature.map(Secret::new),
        notice: row.try_get("notice")?,
        epoch: Epoch(read_number(&row, "epoch")?),
        is_withheld: row.try_get("withheld")?,
    })
}

/// What consent that was withdrawn means for a capture.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Consent {
    /// Everything is deleted.
    Counts,
    /// The operator keeps it.
    IsIgnored,
}

async fn end(
    db: &mut SqliteConnection,
    capture: CaptureId,
    completed_at: Option<SourceTime>,
    outcome: Outcome,
    consent: Consent,
    now_unix_ms: i64,
) -> Result<Option<SequencedEvent>, CatalogError> {
    if captures::status(db, capture).await? >= CaptureStatus::CallEnded {
        return Ok(None);
    }
    let recording = linked::recording(db, capture).await?;
    let recorded = linked::members(db, recording).await?.iter().any(|of| of.capture == capture && of.recorded);
    if recorded {
        artifacts::complete(db, recording, completed_at).await?;
    }
    let outcome = if consent == Consent::Counts && revoke::is_told(db, capture).await? {
        let message = Some("Consent was withdrawn while the stream came to its end.".to_owned());
        Outcome::Revoked { code: Reason::Revoked.code().to_owned(), message }
    } else {
        missed(db, capture, outcome).await?
    };
    let revoked = matches!(outcome, Outcome::Revoked { .. });
    let cut_short = matches!(outcome, Outcome::Failed { .. });
    let row = sqlx::query("UPDATE capture SET cut_short = ? WHERE id = ? RETURNING withheld")
        .bind(cut_short)
        .bind(id_bytes(capture.uuid()))
        .fetch_one(&mut *db)
        .await?;
    // That nothing was recorded is no failure where nobody wanted it.
    let is_unwanted = !recorded && matches!(outcome, Outcome::Ended { .. }) && row.try_get("withheld")?;
    let (Outcome::Ended { code, message } | Outcome::Revoked { code, message } | Outcome::Failed { code, message }) =
        outcome;
    let change = StatusChange {
        status: if recorded || is_unwanted { CaptureStatus::CallEnded } else { CaptureStatus::Fatal },
        sub_code: Some(code),
        message,
        at_unix_ms: now_unix_ms,
    };
    let event = advance(db, capture, &change).await?;
    let done = StatusChange { status: CaptureStatus::Done, sub_code: None, message: None, ..change };
    if revoked {
        revoke::withdraw(db, capture, now_unix_ms).await?;
    } else if discard::after_end(db, capture, now_unix_ms).await? {
        // The customer deleted it while it ran, so nothing is made.
    } else if is_unwanted {
        // Another stream of the recording may have been waiting for this one.
        advance(db, capture, &done).await?;
        queue_render(db, recording, capture, now_unix_ms).await?;
    } else if !captures::is_stored(db, capture).await? {
        // Nothing is to be made: it comes to its end here, and its recording with it.
        artifacts::settle(db, recording, NOT_RENDERED, now_unix_ms).await?;
        advance(db, capture, &done).await?;
    } else {
        queue_render(db, recording, capture, now_unix_ms).await?;
    }
    Ok(event)
}

/// The outcome as it is to be told: what failed because its start came late was missed.
async fn missed(db: &mut SqliteConnection, capture: CaptureId, outcome: Outcome) -> Result<Outcome, CatalogError> {
    let Outcome::Failed { code, message } = outcome else { return Ok(outcome) };
    Ok(match late::excuse(db, capture, &code, message.as_deref()).await? {
        Some(excuse) => Outcome::Failed { code: "missed".to_owned(), message: Some(excuse) },
        None => Outcome::Failed { code, message },
    })
}

/// Queues the render of a recording of which a capture just `ended`, unless there is nothing new in it or a render waits
/// already. It is not claimed before all of its streams are over.
async fn queue_render(
    db: &mut SqliteConnection,
    recording: RecordingId,
    ended: CaptureId,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    let Some(held) = artifacts::load(db, recording).await? else { return Ok(()) };
    let members = linked::members(db, recording).await?;
    let are_over = members.iter().all(|member| member.is_over());
    if held.state == RecordingState::Deleted {
        // One that ended by itself after consent was withdrawn for another one of them.
        return match members.last() {
            Some(member) if are_over => revoke::withdraw(db, member.capture, now_unix_ms).await.map(drop),
            _ => Ok(()),
        };
    }
    let Some(last) = members.iter().rev().find(|member| member.status == CaptureStatus::CallEnded) else {
        return Ok(());
    };
    let is_new = members.iter().any(|member| member.capture == ended && member.recorded);
    let renders = jobs::renders(db, recording).await?;
    // Media that no render is for, whoever left it so, is rendered at the latest when all is over.
    let is_left = are_over && !renders.waits && !renders.runs;
    if is_new && renders.waits {
        jobs::renew_render(db, recording, last.capture, now_unix_ms).await
    } else if is_new || is_left {
        jobs::queue(db, jobs::Kind::Render, last.capture, now_unix_ms).await
    } else {
        Ok(())
    }
}

async fn render(db: &mut SqliteConnection, now_unix_ms: i64) -> Result<Option<RenderJob>, CatalogError> {
    let Some(claim) = jobs::claim(db, jobs::Kind::Render, now_unix_ms).await? else { return Ok(None) };
    let recording = linked::recording(db, claim.capture).await?;
    if claim.attempts == 0 {
        artifacts::reopen(db, recording, now_unix_ms).await?;
    }
    let capture = captures::load(db, claim.capture).await?.ok_or(CatalogError::UnknownCapture(claim.capture))?;
    let members =
        linked::members(db, recording).await?.into_iter().filter(|member| member.recorded && member.is_over());
    Ok(Some(RenderJob {
        id: claim.id,
        scope: RenderScope::Recording,
        capture,
        captures: members.map(|member| member.capture).collect(),
        artifacts: artifacts::wanted(db, recording).await?,
        attempts: claim.attempts,
        deaths: claim.deaths,
    }))
}

/// Whether another render waits that makes all that this one was to make.
async fn is_superseded(db: &mut SqliteConnection, job: &RenderJob) -> Result<bool, CatalogError> {
    let recording = linked::recording(db, job.capture.id).await?;
    Ok(job.scope == RenderScope::Recording && jobs::renders(db, recording).await?.waits)
}

/// Ends a recording and its captures with the render that made it, unless another render is to make it once more.
async fn finish(
    db: &mut SqliteConnection,
    job: &RenderJob,
    code: &str,
    now_unix_ms: i64,
) -> Result<Vec<(CaptureId, SequencedEvent)>, CatalogError> {
    if job.scope == RenderScope::Edition {
        editions::finish(db, job, code, now_unix_ms).await?;
        return Ok(Vec::new());
    }
    let recording = linked::recording(db, job.capture.id).await?;
    if artifacts::load(db, recording).await?.is_some_and(|held| held.state == RecordingState::Deleted) {
        // Its purge ends what is left to end.
        return Ok(Vec::new());
    }
    if jobs::renders(db, recording).await?.waits {
        return Ok(Vec::new());
    }
    artifacts::settle(db, recording, code, now_unix_ms).await?;
    let change = StatusChange { status: CaptureStatus::Done, sub_code: None, message: None, at_unix_ms: now_unix_ms };
    let mut done = Vec::new();
    for member in linked::members(db, recording).await? {
        let is_covered = member.capture == job.capture.id || job.captures.contains(&member.capture);
        if is_covered
            && member.status == CaptureStatus::CallEnded
            && let Some(event) = advance(db, member.capture, &change).await?
        {
            done.push((member.capture, event));
        }
    }
    Ok(done)
}

/// Moves a capture to a status and appends that to its event log; `None` if the status may not follow or nothing is stored.
async fn advance(
    db: &mut SqliteConnection,
    capture: CaptureId,
    change: &StatusChange,
) -> Result<Option<SequencedEvent>, CatalogError> {
    if captures::advance(db, capture, change).await? { events::announce(db, capture, change).await } else { Ok(None) }
}

/// How long a render waits after its attempt number `attempts`, from 1.
fn pause_ms(attempts: u32) -> i64 {
    let doubled = 1_i64.checked_shl(attempts.saturating_sub(1).min(16)).unwrap_or(1);
    RETRY_FIRST_MS.saturating_mul(doubled).min(RETRY_LONGEST_MS)
}

#[cfg(test)]
mod tests;
