//! What can be found in a data directory: a stable code, a sentence, a remedy, and whether it is wrong or only to be known.

use std::path::PathBuf;

use model::{ArtifactId, CaptureId, CaptureStatus, Cursor, RecordingId};
use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Grade {
    /// An invariant does not hold.
    Wrong,
    /// It is as it should be after a crash, and the next start sees to it; or it harms nobody.
    Note,
}

/// Something about a data directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    CatalogDamaged { damage: String },
    CatalogOlder { database: u64, directory: u64 },
    KeyMissing,
    KeyWrong,
    StartMissing { capture: CaptureId, status: CaptureStatus },
    CaptureUnfinished { capture: CaptureId, status: CaptureStatus },
    RecordingMissing { capture: CaptureId, recording: RecordingId },
    RenderMissing { recording: RecordingId },
    RenderPending { recording: RecordingId },
    RenderOrphan { capture: CaptureId, recording: RecordingId },
    LogAbsent { capture: CaptureId },
    LogOrphan { capture: CaptureId },
    LogUnasked { capture: CaptureId },
    LogUnreadable { capture: CaptureId, segment: u32, reason: String },
    LogDamaged { capture: CaptureId, segment: u32 },
    SegmentMissing { capture: CaptureId, segment: u32 },
    LogEpochAhead { capture: CaptureId, log: u32, catalog: u32 },
    EventsHole { capture: CaptureId, before: Cursor },
    EventsNotInLog { capture: CaptureId, count: usize, is_over: bool },
    EventsNotInCatalog { capture: CaptureId, count: usize },
    ArtifactUnmade { recording: RecordingId, artifact: ArtifactId },
    FileAbsent { artifact: ArtifactId, name: String },
    FileSize { artifact: ArtifactId, name: String, found: u64, listed: u64 },
    FileDamaged { artifact: ArtifactId, name: String, reason: String },
    FileOrphan { recording: RecordingId, artifact: ArtifactId, name: String },
    FileUnannounced { artifact: ArtifactId, name: String },
    PurgePending { recording: RecordingId },
    PurgeMissing { recording: RecordingId },
    PurgeIncomplete { recording: RecordingId, what: String },
    TemporaryFile { path: PathBuf },
    StrayFile { path: PathBuf },
}

impl Finding {
    /// Its stable code.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::CatalogDamaged { .. } => "catalog_damaged",
            Self::CatalogOlder { .. } => "catalog_older",
            Self::KeyMissing => "catalog_key_missing",
            Self::KeyWrong => "catalog_key_wrong",
            Self::StartMissing { .. } => "start_missing",
            Self::CaptureUnfinished { .. } => "capture_unfinished",
            Self::RecordingMissing { .. } => "recording_missing",
            Self::RenderMissing { .. } => "render_missing",
            Self::RenderPending { .. } => "render_pending",
            Self::RenderOrphan { .. } => "render_orphan",
            Self::LogAbsent { .. } => "log_absent",
            Self::LogOrphan { .. } => "log_orphan",
            Self::LogUnasked { .. } => "log_unasked",
            Self::LogUnreadable { .. } => "log_unreadable",
            Self::LogDamaged { .. } => "log_damaged",
            Self::SegmentMissing { .. } => "log_segment_missing",
            Self::LogEpochAhead { .. } => "log_epoch_ahead",
            Self::EventsHole { .. } => "events_hole",
            Self::EventsNotInLog { .. } => "events_not_in_log",
            Self::EventsNotInCatalog { .. } => "events_not_in_catalog",
            Self::ArtifactUnmade { .. } => "artifact_unmade",
            Self::FileAbsent { .. } => "artifact_file_absent",
            Self::FileSize { .. } => "artifact_file_size",
            Self::FileDamaged { .. } => "artifact_file_damaged",
            Self::FileOrphan { .. } => "artifact_file_orphan",
            Self::FileUnannounced { .. } => "artifact_file_unannounced",
            Self::PurgePending { .. } => "purge_pending",
            Self::PurgeMissing { .. } => "purge_missing",
            Self::PurgeIncomplete { .. } => "purge_incomplete",
            Self::TemporaryFile { .. } => "temporary_file",
            Self::StrayFile { .. } => "stray_file",
        }
    }

    /// How bad it is.
    pub(super) const fn grade(&self) -> Grade {
        match self {
            Self::CaptureUnfinished { .. }
            | Self::RenderPending { .. }
            | Self::EventsNotInLog { is_over: false, .. }
            | Self::EventsNotInCatalog { .. }
            | Self::FileUnannounced { .. }
            | Self::PurgePending { .. }
            | Self::TemporaryFile { .. }
            | Self::StrayFile { .. } => Grade::Note,
            _ => Grade::Wrong,
        }
    }

    /// What was found.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::CatalogDamaged { damage } => format!("the catalogue's database is damaged: {damage}"),
            Self::CatalogOlder { database, directory } => format!(
                "the catalogue is older than the files beside it: opening {database} of {directory}, as after a restored backup"
            ),
            Self::KeyMissing => "seal.key, which opens the secrets of the catalogue, is not there".to_owned(),
            Self::KeyWrong => "seal.key did not seal the secrets of this catalogue".to_owned(),
            Self::StartMissing { capture, status } => {
                format!("capture {capture} is {} and nothing will ever take it up", status.code())
            }
            Self::CaptureUnfinished { capture, status } => {
                format!("capture {capture} is {} and not over", status.code())
            }
            Self::RecordingMissing { capture, recording } => {
                format!("capture {capture} received media, and its recording {recording} is not in the catalogue")
            }
            Self::RenderMissing { recording } => {
                format!("recording {recording} is not made, and nothing will ever make it")
            }
            Self::RenderPending { recording } => format!("recording {recording} waits for its render"),
            Self::RenderOrphan { capture, recording } => {
                format!("a render of capture {capture} waits, and its recording {recording} is not in the catalogue")
            }
            Self::LogAbsent { capture } => format!("capture {capture} received media, and its log is not there"),
            Self::LogOrphan { capture } => {
                format!("the log of capture {capture} belongs to no capture of the catalogue")
            }
            Self::LogUnasked { capture } => {
                format!("nothing of capture {capture} was to be stored, and a log of it is there")
            }
            Self::LogUnreadable { capture, segment, reason } => {
                format!("segment {segment} in the log of capture {capture} cannot be read: {reason}")
            }
            Self::LogDamaged { capture, segment } => {
                format!("segment {segment} in the log of capture {capture} is damaged")
            }
            Self::SegmentMissing { capture, segment } => {
                format!("segment {segment} in the log of capture {capture} is not there, and what it held is missing")
            }
            Self::LogEpochAhead { capture, log, catalog } => {
                format!("the log of capture {capture} is in epoch {log}, the catalogue knows {catalog}")
            }
            Self::EventsHole { capture, before } => {
                format!("the events of capture {capture} have a hole before {before}")
            }
            Self::EventsNotInLog { capture, count, .. } => {
                format!("{count} events of capture {capture} were announced and are not in its log")
            }
            Self::EventsNotInCatalog { capture, count } => {
                format!("{count} events in the log of capture {capture} were never announced")
            }
            Self::ArtifactUnmade { recording, artifact } => {
                format!("artifact {artifact} of recording {recording} is being made although its captures are done")
            }
            Self::FileAbsent { artifact, name } => format!("{name} of artifact {artifact} is done and not there"),
            Self::FileSize { artifact, name, found, listed } => {
                format!("{name} of artifact {artifact} has {found} bytes instead of {listed}")
            }
            Self::FileDamaged { artifact, name, reason } => {
                format!("{name} of artifact {artifact} is damaged: {reason}")
            }
            Self::FileOrphan { recording, artifact, name } => {
                format!("{recording}/{artifact}/{name} belongs to no artifact of the catalogue")
            }
            Self::FileUnannounced { artifact, name } => {
                format!("{name} of artifact {artifact} was made and not announced yet")
            }
            Self::PurgePending { recording } => format!("recording {recording} is not deleted completely yet"),
            Self::PurgeMissing { recording } => {
                format!("recording {recording} is not deleted completely, and nothing will ever do it")
            }
            Self::PurgeIncomplete { recording, what } => {
                format!("recording {recording} was deleted, and {what} is still there")
            }
            Self::TemporaryFile { path } => format!("{} was left by a process that died", path.display()),
            Self::StrayFile { path } => format!("{} is none of Hansard's files", path.display()),
        }
    }

    /// What to do.
    pub(super) const fn remedy(&self) -> &'static str {
        match self {
            Self::CatalogDamaged { .. } => "restore the catalogue from a backup; the logs are whole without it",
            Self::CatalogOlder { .. } => {
                "restore a newer catalogue if there is one; nothing is deleted, and what it does not know is listed here"
            }
            Self::KeyMissing | Self::KeyWrong => "restore the key file that belongs to this catalogue",
            Self::StartMissing { .. }
            | Self::RenderMissing { .. }
            | Self::RenderOrphan { .. }
            | Self::ArtifactUnmade { .. }
            | Self::PurgeMissing { .. }
            | Self::RecordingMissing { .. } => {
                "report it with this list: it is a defect, or a catalogue that somebody changed"
            }
            Self::CaptureUnfinished { .. } => "nothing: the next start takes it up, see `hansard recover`",
            Self::RenderPending { .. } | Self::FileUnannounced { .. } => "nothing: the next start renders it",
            Self::LogAbsent { .. } => "restore the log from a backup; without it nothing can be made of the capture",
            Self::LogOrphan { .. } => {
                "restore the catalogue that knows it; `hansard inspect` shows what it holds; nothing deletes it"
            }
            Self::LogUnasked { .. } => "remove it, and report it: nothing was to be stored",
            Self::LogUnreadable { .. } => "check the health of the volume; the rest is rendered without it",
            Self::LogDamaged { .. } => {
                "restore the segment from a backup; else the rest is rendered and the gap declared"
            }
            Self::SegmentMissing { .. } => "restore it from a backup; else the rest is rendered and the gap declared",
            Self::LogEpochAhead { .. } => "restore a newer catalogue; the next owner goes on behind the log's epoch",
            Self::EventsHole { .. } => "restore the catalogue from a backup; the log has what happened",
            Self::EventsNotInLog { is_over: false, .. } => "nothing: the next owner writes them into the log again",
            Self::EventsNotInLog { .. } => "see what else is wrong with this log; the API still has them",
            Self::EventsNotInCatalog { .. } => "nothing: transcript and documents have them, the event feed does not",
            Self::FileAbsent { .. } | Self::FileSize { .. } | Self::FileDamaged { .. } => {
                "restore the file from a backup; its log is the source if it is gone for good"
            }
            Self::FileOrphan { .. } => "restore the catalogue that knows it, or remove the file; nothing deletes it",
            Self::PurgePending { .. } => "nothing: the next start goes on",
            Self::PurgeIncomplete { .. } => "remove it, and report it: consent was withdrawn",
            Self::TemporaryFile { .. } => {
                "nothing: it is removed or replaced by itself, or by you while no daemon runs"
            }
            Self::StrayFile { .. } => "nothing: it is never touched",
        }
    }
}
