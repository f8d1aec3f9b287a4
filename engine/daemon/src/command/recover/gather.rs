//! Reads a data directory without changing it. What is found in it is decided in `compare`.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use catalog::Snapshot;
use ingest::CRASH_WINDOW_MS;
use journal::LogDir;
use model::{Entry, Event, EventBody};
use store::StoreSurvey;

use super::facts::{Facts, Log, Object, Told};
use crate::failure::Failure;

/// What Hansard itself keeps in its data directory.
const OWN: [&str; 12] = [
    "captures",
    "catalog.lock",
    "catalog.sqlite",
    "catalog.sqlite-shm",
    "catalog.sqlite-wal",
    "generation",
    "link.key",
    "reserve",
    "seal.key",
    "store",
    "witness",
    "witness.abort",
];

/// Everything, read to the last byte: the time it takes is that of reading the directory once.
pub(super) async fn facts(dir: &Path, snapshot: &mut Snapshot, now_unix_ms: i64) -> Result<Facts, Failure> {
    let survey = snapshot.survey(now_unix_ms.saturating_sub(CRASH_WINDOW_MS)).await?;
    let (with_logs, mut strays) = LogDir::all(dir)?;
    let mut logs = BTreeMap::new();
    for capture in with_logs {
        let mut log = Log::default();
        let events = &mut log.events;
        log.survey = LogDir::of(dir, capture).survey(&mut |record| {
            if let Entry::Event(event) = &record.entry {
                events.insert(digest(event));
            }
        })?;
        strays.append(&mut log.survey.strays);
        logs.insert(capture, log);
    }
    let mut events = BTreeMap::new();
    for capture in &survey.captures {
        let told = snapshot.events(capture.id).await?.into_iter().map(|told| Told {
            cursor: told.cursor,
            digest: digest(&told.event),
            is_status: matches!(told.event.body, EventBody::Status { .. }),
        });
        events.insert(capture.id, told.collect());
    }
    let store = StoreSurvey::of(&dir.join("store"))?;
    let objects = store.keys.iter().map(|(key, bytes)| Object {
        recording: key.recording(),
        artifact: key.artifact(),
        name: key.name().to_owned(),
        bytes: *bytes,
        sha256: store.sha256(key).map_err(|error| error.to_string()),
    });
    let objects = objects.collect();
    let (mut temporary, top) = top_level(dir)?;
    temporary.extend(store.staged);
    strays.extend(store.strays);
    strays.extend(top);
    Ok(Facts { survey, events, logs, objects, temporary, strays })
}

/// What lies in the directory itself and is none of what is kept there: files on their way to their name, and others.
fn top_level(dir: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Failure> {
    let (mut temporary, mut strays) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if OWN.contains(&name) {
            continue;
        }
        // A key or a count that is written is whole before it gets its name.
        let is_fresh = |file: &str| name.strip_prefix(file).is_some_and(|rest| rest.starts_with('.'));
        if ["seal", "generation", "link"].into_iter().any(is_fresh) { temporary.push(path) } else { strays.push(path) }
    }
    Ok((temporary, strays))
}

/// What tells events apart.
fn digest(event: &Event) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(event).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}
