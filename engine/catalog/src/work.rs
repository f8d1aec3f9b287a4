//! Who works on what: claims of captures and renders, and what their ends mean for everything that hangs on them, each in
//! one transaction. The rows of jobs alone are in `jobs`.

use std::sync::Arc;

use media::SourceTime;
use model::{
    CaptureId, CaptureStatus, Epoch, JobId, RecordingId, RenderJob, Secret, SequencedEvent, StartJob, StatusChange,
};
use sqlx::{Row, SqliteConnection};

use crate::{
    Catalog, CatalogError, artifacts, captures,
    column::{id_bytes, read_id, read_number},
    commands, events, jobs,
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
    /// Media could not be received, or no longer.
    Failed {
        /// Why, as a stable code.
        code: String,
        /// Why, as a sentence.
        message: Option<String>,
    },
}

impl Catalog {
    /// Claims the oldest capture that waits for an owner, in an epoch of its own: one more than ever before. Commands
    /// that the owner before took are offered again.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn claim_start(&self, now_unix_ms: i64) -> Result<Option<StartJob>, CatalogError> {
        // Polled all the time, so the writer is only asked when there is something.
        if !jobs::waits(&mut *self.read().await?, jobs::Kind::Start, now_unix_ms).await? {
            return Ok(None);
        }
        let seal = Arc::clone(&self.seal);
        self.write(move |db| Box::pin(async move { start(db, &seal, now_unix_ms).await })).await
    }

    /// Makes what a process that died had claimed claimable again, captures and renders, and counts it. For the start of
    /// a process, before it claims anything.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn release_claims(&self) -> Result<u64, CatalogError> {
        self.write(|db| Box::pin(jobs::release_all(db))).await
    }

    /// Gives a claimed capture back, so that it is claimed anew; false if it was not claimed. For an owner that broke.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn release_capture(&self, capture: CaptureId) -> Result<bool, CatalogError> {
        self.write(move |db| Box::pin(jobs::release_start(db, capture))).await
    }

    /// Ends a capture: `call_ended` with its render queued if there is a recording, else `fatal`, in either case with the
    /// code and message of the outcome. Answers the change of status as it stands in the event log, ready to be
    /// published; `None`, and without effect, on a capture that is over. Its owner appends no event afterwards.
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
        self.write(move |db| Box::pin(end(db, capture, completed_at, outcome, now_unix_ms))).await
    }

    /// Claims the oldest render whose time has come.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn claim_render(&self, now_unix_ms: i64) -> Result<Option<RenderJob>, CatalogError> {
        if !jobs::waits(&mut *self.read().await?, jobs::Kind::Render, now_unix_ms).await? {
            return Ok(None);
        }
        self.write(move |db| {
            Box::pin(async move {
                let Some(claim) = jobs::claim(db, jobs::Kind::Render, now_unix_ms).await? else { return Ok(None) };
                let capture =
                    captures::load(db, claim.capture).await?.ok_or(CatalogError::UnknownCapture(claim.capture))?;
                Ok(Some(RenderJob { id: claim.id, capture, attempts: claim.attempts }))
            })
        })
        .await
    }

    /// Takes a failed render back. With `retry` it is queued again after a pause of 5 s, doubled with each attempt up to
    /// 5 min; else everything it did not make failed with `code`, and its capture is done: that change of status is
    /// answered, ready to be published.
    ///
    /// # Errors
    /// If there is no such job, or the database fails.
    pub async fn render_failed(
        &self,
        job: JobId,
        code: &str,
        now_unix_ms: i64,
        retry: bool,
    ) -> Result<Option<SequencedEvent>, CatalogError> {
        let code = code.to_owned();
        self.write(move |db| {
            Box::pin(async move {
                let (capture, attempts) = jobs::owner(db, job).await?;
                if retry {
                    jobs::retry(db, job, &code, now_unix_ms.saturating_add(pause_ms(attempts))).await?;
                    return Ok(None);
                }
                jobs::end(db, job, Some(&code)).await?;
                finish(db, capture, &code, now_unix_ms).await
            })
        })
        .await
    }

    /// Ends a render: its recording is done, or failed if one of its artifacts is, and its capture is done. Answers that
    /// change of status as it stands in the event log, ready to be published; `None` if it was done before.
    ///
    /// # Errors
    /// If there is no such capture, or the database fails.
    pub async fn render_done(
        &self,
        job: JobId,
        capture: CaptureId,
        now_unix_ms: i64,
    ) -> Result<Option<SequencedEvent>, CatalogError> {
        self.write(move |db| {
            Box::pin(async move {
                jobs::end(db, job, None).await?;
                finish(db, capture, NOT_RENDERED, now_unix_ms).await
            })
        })
        .await
    }
}

async fn start(db: &mut SqliteConnection, seal: &Seal, now_unix_ms: i64) -> Result<Option<StartJob>, CatalogError> {
    let Some(claim) = jobs::claim(db, jobs::Kind::Start, now_unix_ms).await? else { return Ok(None) };
    let id = claim.capture;
    let row = sqlx::query(
        "UPDATE capture SET epoch = epoch + 1 WHERE id = ? RETURNING recording_id, signature, notice, epoch",
    )
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
    Ok(Some(StartJob {
        capture,
        recording_id,
        signature: signature.map(Secret::new),
        notice: row.try_get("notice")?,
        epoch: Epoch(read_number(&row, "epoch")?),
    }))
}

async fn end(
    db: &mut SqliteConnection,
    capture: CaptureId,
    completed_at: Option<SourceTime>,
    outcome: Outcome,
    now_unix_ms: i64,
) -> Result<Option<SequencedEvent>, CatalogError> {
    if captures::status(db, capture).await? >= CaptureStatus::CallEnded {
        return Ok(None);
    }
    let recorded = artifacts::complete(db, capture, completed_at).await?;
    let (Outcome::Ended { code, message } | Outcome::Failed { code, message }) = outcome;
    let change = StatusChange {
        status: if recorded { CaptureStatus::CallEnded } else { CaptureStatus::Fatal },
        sub_code: Some(code),
        message,
        at_unix_ms: now_unix_ms,
    };
    if recorded {
        jobs::queue(db, jobs::Kind::Render, capture, now_unix_ms).await?;
    }
    advance(db, capture, &change).await
}

async fn finish(
    db: &mut SqliteConnection,
    capture: CaptureId,
    code: &str,
    now_unix_ms: i64,
) -> Result<Option<SequencedEvent>, CatalogError> {
    artifacts::settle(db, capture, code, now_unix_ms).await?;
    let change = StatusChange { status: CaptureStatus::Done, sub_code: None, message: None, at_unix_ms: now_unix_ms };
    advance(db, capture, &change).await
}

/// Moves a capture to a status and appends that to its event log; `None` if the status may not follow.
async fn advance(
    db: &mut SqliteConnection,
    capture: CaptureId,
    change: &StatusChange,
) -> Result<Option<SequencedEvent>, CatalogError> {
    if captures::advance(db, capture, change).await? {
        events::announce(db, capture, change).await.map(Some)
    } else {
        Ok(None)
    }
}

/// How long a render waits after its attempt number `attempts`, from 1.
fn pause_ms(attempts: u32) -> i64 {
    let doubled = 1_i64.checked_shl(attempts.saturating_sub(1).min(16)).unwrap_or(1);
    RETRY_FIRST_MS.saturating_mul(doubled).min(RETRY_LONGEST_MS)
}

#[cfg(test)]
mod tests;
