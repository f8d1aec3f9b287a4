//! The bytes of a file for as long as it may be given out: a download that runs ends when its artifact is deleted
//! (fault-matrix C20, G7).

use std::{
    io,
    time::{Duration, Instant},
};

use axum::body::{Body, Bytes};
use catalog::Catalog;
use futures_util::{Stream, StreamExt, stream};
use model::{ArtifactId, ArtifactState};
use tokio::sync::OwnedSemaphorePermit;

/// A body of these bytes that breaks off after the artifact's end; whether that has come is looked at every `look_every`,
/// as far as anybody still reads. `place` is held until then.
pub(crate) fn body<S>(
    bytes: S,
    place: OwnedSemaphorePermit,
    catalog: Catalog,
    artifact: ArtifactId,
    look_every: Duration,
) -> Body
where
    S: Stream<Item = io::Result<Bytes>> + Send + Unpin + 'static,
{
    let served = stream::unfold((bytes, place, Instant::now()), move |(mut bytes, place, looked)| {
        let catalog = catalog.clone();
        async move {
            let chunk = bytes.next().await?;
            fail::fail_point!("api::sending");
            if looked.elapsed() < look_every {
                return Some((chunk, (bytes, place, looked)));
            }
            if is_kept(&catalog, artifact).await {
                return Some((chunk, (bytes, place, Instant::now())));
            }
            let gone = io::Error::new(io::ErrorKind::NotFound, "the file was deleted");
            Some((Err(gone), (bytes, place, looked)))
        }
    });
    Body::from_stream(served)
}

/// Whether an artifact may still be given out. A catalogue that does not answer ends no download.
async fn is_kept(catalog: &Catalog, artifact: ArtifactId) -> bool {
    match catalog.artifact(artifact).await {
        Ok(found) => found.is_some_and(|(artifact, ..)| artifact.state == ArtifactState::Done),
        Err(_) => true,
    }
}
