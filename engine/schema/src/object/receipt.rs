//! The receipt of a deletion, our own addition: what went, and nothing of what was in it.

use model::{DeletedFile, Deletion, RecordingId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::iso_of_unix_ms;

/// What remains known of what was deleted of a recording.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DeletionReceipt)]
pub struct ReceiptObject {
    /// The recording.
    #[schema(format = "uuid")]
    pub recording_id: String,
    /// Why all of it was deleted; null if only single artifacts were.
    pub reason: Option<String>,
    /// When that was asked for.
    #[schema(format = DateTime)]
    pub requested_at: Option<String>,
    /// When no file of it was left on the disk.
    #[schema(format = DateTime)]
    pub completed_at: Option<String>,
    /// How many files were removed by then, capture logs among them.
    pub files: Option<u64>,
    /// How many bytes those had.
    pub bytes: Option<u64>,
    /// How many events were removed.
    pub events: Option<u64>,
    /// Every file of an artifact that was deleted.
    pub objects: Vec<FileObject>,
}

/// A file that was deleted.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DeletedFile)]
pub struct FileObject {
    /// The artifact that it belonged to.
    #[schema(format = "uuid")]
    pub artifact_id: String,
    /// What that was.
    pub kind: &'static str,
    /// Its name within the artifact.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// When it was deleted.
    #[schema(format = DateTime)]
    pub deleted_at: String,
}

/// The receipt of a recording, which is empty if nothing of it was deleted. `deletion` is that of its capture, if all of it was.
pub fn receipt(recording: RecordingId, deletion: Option<&Deletion>, files: &[DeletedFile]) -> ReceiptObject {
    let finished = deletion.filter(|deletion| deletion.finished_at_unix_ms.is_some());
    ReceiptObject {
        recording_id: recording.to_string(),
        reason: deletion.map(|deletion| deletion.reason.clone()),
        requested_at: deletion.map(|deletion| iso_of_unix_ms(deletion.asked_at_unix_ms)),
        completed_at: deletion.and_then(|deletion| deletion.finished_at_unix_ms).map(iso_of_unix_ms),
        files: finished.map(|deletion| deletion.purged.files),
        bytes: finished.map(|deletion| deletion.purged.bytes),
        events: deletion.map(|deletion| deletion.events),
        objects: files.iter().map(deleted_file).collect(),
    }
}

/// A deleted file as customers are told of it.
pub fn deleted_file(file: &DeletedFile) -> FileObject {
    FileObject {
        artifact_id: file.artifact.to_string(),
        kind: file.kind.name(),
        name: file.name.clone(),
        bytes: file.bytes,
        sha256: file.sha256.clone(),
        deleted_at: iso_of_unix_ms(file.at_unix_ms),
    }
}

#[cfg(test)]
mod tests {
    use model::{ArtifactId, ArtifactKind, Purged};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_receipt_says_what_went_and_when_it_was_gone() {
        let recording = RecordingId::new(1, [1; 10]);
        let file = DeletedFile {
            artifact: ArtifactId::new(2, [2; 10]),
            kind: ArtifactKind::VideoMixed,
            name: "video_mixed.mp4".to_owned(),
            bytes: 7,
            sha256: "ab".repeat(32),
            at_unix_ms: 1_767_225_600_000,
        };
        let nothing = receipt(recording, None, &[]);
        assert_eq!((nothing.reason, nothing.objects.len()), (None, 0));
        let alone = receipt(recording, None, std::slice::from_ref(&file));
        assert_eq!((alone.reason, alone.files, alone.objects.len()), (None, None, 1));
        let deletion = Deletion {
            recording,
            reason: "media_deleted".to_owned(),
            asked_at_unix_ms: 1_767_225_600_000,
            finished_at_unix_ms: Some(1_767_225_601_000),
            events: 3,
            purged: Purged { files: 4, bytes: 900 },
        };
        let whole = receipt(recording, Some(&deletion), &[file]);
        assert_eq!(
            serde_json::to_value(whole).expect("JSON"),
            json!({
                "recording_id": recording.to_string(), "reason": "media_deleted",
                "requested_at": "2026-01-01T00:00:00.000000Z", "completed_at": "2026-01-01T00:00:01.000000Z",
                "files": 4, "bytes": 900, "events": 3,
                "objects": [{
                    "artifact_id": ArtifactId::new(2, [2; 10]).to_string(), "kind": "video_mixed",
                    "name": "video_mixed.mp4", "bytes": 7, "sha256": "ab".repeat(32),
                    "deleted_at": "2026-01-01T00:00:00.000000Z",
                }],
            })
        );
    }
}
