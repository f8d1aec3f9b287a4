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

/// A body of these bytes that breaks off after the artifact's end; whether that has come is looked at every `look_every`,
/// as far as anybody still reads.
pub(crate) fn body<S>(bytes: S, catalog: Catalog, artifact: ArtifactId, look_every: Duration) -> Body
where
    S: Stream<Item = io::Result<Bytes>> + Send + Unpin + 'static,
{
    let served = stream::unfold((bytes, Instant::now()), move |(mut bytes, looked)| {
        let catalog = catalog.clone();
        async move {
            let chunk = bytes.next().await?;
            if looked.elapsed() < look_every {
                return Some((chunk, (bytes, looked)));
            }
            if is_kept(&catalog, artifact).await {
                return Some((chunk, (bytes, Instant::now())));
            }
            let gone = io::Error::new(io::ErrorKind::NotFound, "the file was deleted");
            Some((Err(gone), (bytes, looked)))
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
