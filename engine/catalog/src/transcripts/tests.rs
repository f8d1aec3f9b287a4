use std::collections::BTreeMap;

use model::{ArtifactId, RenderScope};

use super::*;
use crate::fixture::{NOW, claimed, fresh, new_capture, recorded, registered};

fn order(provider: &str) -> TranscriptOrder {
    TranscriptOrder { provider: provider.to_owned(), requested: "{}".to_owned() }
}

async fn ordered(catalog: &Catalog, provider: &str) -> Ordered {
    let recording = new_capture(1).recording_id;
    catalog.order_transcript(recording, order(provider), BTreeMap::new(), NOW).await.expect("answered")
}

async fn queued(catalog: &Catalog, provider: &str) -> ArtifactId {
    match ordered(catalog, provider).await {
        Ordered::Queued(id) => id,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn captions_become_a_transcript_by_a_job_of_its_own() {
    let (_dir, catalog) = fresh().await;
    recorded(&catalog, 1).await;
    let render = catalog.claim_render(NOW).await.expect("claimed").expect("a render");
    catalog.render_done(&render, NOW).await.expect("done");
    let id = queued(&catalog, "meeting_captions").await;
    let job = catalog.claim_edition(NOW).await.expect("claimed").expect("a job");
    assert_eq!(job.scope, RenderScope::Edition);
    let [artifact] = job.artifacts.as_slice() else { panic!("{:?}", job.artifacts) };
    assert_eq!((artifact.id, artifact.kind), (id, ArtifactKind::Transcript));
    assert_eq!(
        (artifact.state, artifact.ordered.as_ref()),
        (ArtifactState::Processing, Some(&order("meeting_captions")))
    );
    assert!(!catalog.give_up_edition(id, NOW).await.expect("answered"), "it is no edition");
    catalog.artifact_done(id, Vec::new(), NOW).await.expect("done");
    let (artifact, ..) = catalog.artifact(id).await.expect("read").expect("an artifact");
    assert_eq!(artifact.state, ArtifactState::Done);
}

#[tokio::test]
async fn one_by_somebody_who_makes_none_here_is_told_and_fails() {
    let (_dir, catalog) = fresh().await;
    recorded(&catalog, 1).await;
    registered(&catalog, 1).await;
    let id = queued(&catalog, "deepgram_async").await;
    assert!(catalog.claim_edition(NOW).await.expect("answered").is_none(), "nobody makes it");
    let (artifact, ..) = catalog.artifact(id).await.expect("read").expect("an artifact");
    assert_eq!((artifact.state, artifact.sub_code.as_deref()), (ArtifactState::Failed, Some(SUB_CODE)));
    let notices = catalog.notices(100).await.expect("read");
    let codes: Vec<&str> = notices.iter().map(|notice| notice.code.as_str()).collect();
    assert_eq!(codes, ["processing", "failed"]);
}

#[tokio::test]
async fn as_many_may_be_as_the_original_allows_and_what_is_deleted_does_not_count() {
    let (_dir, catalog) = fresh().await;
    recorded(&catalog, 1).await;
    // The configuration asks for one.
    let mut last = None;
    for _ in 1..MOST_TRANSCRIPTS {
        last = Some(queued(&catalog, "recallai_async").await);
    }
    assert_eq!(ordered(&catalog, "recallai_async").await, Ordered::TooMany);
    catalog.discard_artifact(last.expect("one"), NOW).await.expect("deleted");
    queued(&catalog, "recallai_async").await;
}

#[tokio::test]
async fn nothing_is_transcribed_of_what_grows_or_is_gone() {
    let (_dir, catalog) = fresh().await;
    assert_eq!(ordered(&catalog, "meeting_captions").await, Ordered::Unknown);
    let id = claimed(&catalog, 1).await.capture.id;
    catalog.recording_started(id, media::SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    assert_eq!(ordered(&catalog, "meeting_captions").await, Ordered::Grows);
    catalog.capture_ended(id, None, crate::fixture::ended("over"), NOW).await.expect("ended");
    catalog.discard(id, NOW).await.expect("deleted");
    assert_eq!(ordered(&catalog, "meeting_captions").await, Ordered::Gone);
}
