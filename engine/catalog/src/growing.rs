//! Recordings of meetings that still go on, for whoever makes of them what can be made already. Renders of meetings that are over are
//! claimed in `work`.

use model::{ArtifactKind, Capture, CaptureId, RecordingState};

use crate::{Catalog, CatalogError, captures, column::read_id, linked, revoke};

#[cfg(test)]
mod tests;

/// Finds the captures of which [`Catalog::growing`] answers.
const RUNNING: &str = "SELECT id FROM capture WHERE status = 'in_call_recording' AND stored AND recorded
     ORDER BY created_at_unix_ms, id LIMIT 256";

/// What the plans are checked of.
#[cfg(test)]
pub(crate) const STATEMENTS: [&str; 1] = [RUNNING];

/// A recording of a meeting that still goes on.
#[derive(Clone, Debug)]
pub struct Growing {
    /// The capture that runs, with its recording.
    pub capture: Capture,
    /// The captures of which a render of the recording will be made, as far as there are any yet, in the order in which they began.
    pub captures: Vec<CaptureId>,
}

impl Catalog {
    /// At most `limit` recordings of running captures of which an artifact of `kind` is wanted, oldest first; looked for among the 256
    /// oldest. Where several captures of one recording run at once, there is nothing yet that a render would be made of.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn growing(&self, kind: ArtifactKind, limit: usize) -> Result<Vec<Growing>, CatalogError> {
        let mut db = self.read().await?;
        let rows = sqlx::query(RUNNING).fetch_all(&mut *db).await?;
        let mut all = Vec::new();
        for row in &rows {
            if all.len() == limit {
                break;
            }
            let id: CaptureId = read_id(row, "id")?;
            let Some(capture) = captures::load(&mut db, id).await? else { continue };
            let Some(recording) = &capture.recording else { continue };
            let is_wanted = capture.config.artifacts().any(|(wanted, _)| wanted == kind);
            if recording.state == RecordingState::Deleted || !is_wanted || revoke::is_told(&mut db, id).await? {
                continue;
            }
            let shared = linked::recording(&mut db, id).await?;
            let members: Vec<_> =
                linked::members(&mut db, shared).await?.into_iter().filter(|member| member.recorded).collect();
            let is_last = members.last().is_some_and(|last| last.capture == id);
            if is_last && members.iter().all(|member| member.capture == id || member.is_over()) {
                all.push(Growing { captures: members.iter().map(|member| member.capture).collect(), capture });
            }
        }
        Ok(all)
    }
}
