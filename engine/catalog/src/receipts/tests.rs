use model::{ArtifactFile, CaptureId};

use super::*;
use crate::fixture::{NOW, fresh, new_capture, recorded, registered};

fn file(n: u8) -> ArtifactFile {
    ArtifactFile {
        name: format!("part-{n}.ogg"),
        media_type: "audio/ogg".to_owned(),
        bytes: 1_000 + u64::from(n),
        sha256: format!("{n:02x}").repeat(32),
    }
}

/// A recording whose artifacts have two files each; answers those.
async fn made(catalog: &Catalog) -> (CaptureId, Vec<ArtifactId>) {
    let id = recorded(catalog, 1).await.capture.id;
    let job = catalog.claim_render(NOW).await.expect("claimed").expect("a render");
    let artifacts: Vec<ArtifactId> = job.artifacts.iter().map(|artifact| artifact.id).collect();
    for (n, artifact) in (0..).zip(&artifacts) {
        catalog.artifact_done(*artifact, vec![file(2 * n), file(2 * n + 1)], NOW).await.expect("done");
    }
    catalog.render_done(&job, NOW).await.expect("done");
    (id, artifacts)
}

async fn told(catalog: &Catalog) -> Vec<(ArtifactId, String, u64, String)> {
    let files = catalog.deleted_files(new_capture(1).recording_id).await.expect("read");
    files.into_iter().map(|file| (file.artifact, file.name, file.bytes, file.sha256)).collect()
}

fn expected(artifacts: &[ArtifactId]) -> Vec<(ArtifactId, String, u64, String)> {
    let both = (0..).zip(artifacts).flat_map(|(n, id)| [(*id, file(2 * n)), (*id, file(2 * n + 1))]);
    both.map(|(id, file)| (id, file.name, file.bytes, file.sha256)).collect()
}

#[tokio::test]
async fn a_deletion_leaves_a_receipt_of_every_file_and_nothing_else() {
    let (_dir, catalog) = fresh().await;
    let (id, artifacts) = made(&catalog).await;
    assert_eq!(told(&catalog).await, [], "nothing was deleted yet");
    catalog.discard_artifact(artifacts[0], NOW + 5).await.expect("deleted");
    assert_eq!(told(&catalog).await, expected(&artifacts[..1]));
    catalog.discard(id, NOW + 9).await.expect("deleted");
    assert_eq!(told(&catalog).await, expected(&artifacts));
    let files = catalog.deleted_files(new_capture(1).recording_id).await.expect("read");
    assert_eq!((files[0].at_unix_ms, files.last().expect("a file").at_unix_ms), (NOW + 5, NOW + 9));
    catalog.discard(id, NOW + 20).await.expect("deleted");
    assert_eq!(told(&catalog).await, expected(&artifacts), "whoever deletes twice changes nothing");
}

#[tokio::test]
async fn a_notice_of_a_deletion_names_the_files_and_no_other_does() {
    let (_dir, catalog) = fresh().await;
    registered(&catalog, 1).await;
    let (id, _) = made(&catalog).await;
    catalog.discard(id, NOW).await.expect("deleted");
    let notices = catalog.notices(100).await.expect("read");
    let of_a_deletion = notices.iter().filter(|notice| notice.code == "deleted");
    assert!(of_a_deletion.clone().count() > 2);
    for notice in of_a_deletion {
        let count = match notice.subject {
            model::Subject::Artifact(_) => 2,
            _ => told(&catalog).await.len(),
        };
        assert_eq!(notice.deleted.len(), count, "{:?}", notice.subject);
    }
    assert!(notices.iter().filter(|notice| notice.code != "deleted").all(|notice| notice.deleted.is_empty()));
}
