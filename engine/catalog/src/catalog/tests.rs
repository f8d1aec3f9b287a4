use std::{
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use model::CaptureId;
use tokio::task::JoinSet;

use super::*;
use crate::fixture::{NOW, claimed, event, fresh, new_capture, recorded, taken_up};

/// Tells the test of kills that it is the process to be killed, and where it shall work.
const VICTIM: &str = "HANSARD_CATALOG_VICTIM_DIR";

/// Copies what a killed process would leave on disk.
fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().expect("a directory");
    for name in ["catalog.sqlite", "catalog.sqlite-wal", "seal.key"] {
        fs::copy(from.join(name), to.path().join(name)).expect("copied");
    }
    to
}

#[tokio::test]
async fn a_second_process_is_refused_until_the_first_is_gone() {
    let (dir, catalog) = fresh().await;
    let refused = Catalog::open(dir.path()).await.map(|_| ());
    let Err(CatalogError::Locked { path }) = refused else { panic!("{refused:?}") };
    assert_eq!(path, dir.path().join("catalog.lock"));
    catalog.close().await;
    Catalog::open(dir.path()).await.expect("the directory is free");
}

#[tokio::test]
async fn a_closed_catalogue_refuses_everybody() {
    let (_dir, catalog) = fresh().await;
    let clone = catalog.clone();
    catalog.close().await;
    catalog.close().await;
    assert!(!clone.healthy().await && clone.is_closed());
    assert!(matches!(clone.start_capture(new_capture(1)).await, Err(CatalogError::Closed)));
    assert!(matches!(clone.captures(&crate::Filter::default(), None, 1).await, Err(CatalogError::Closed)));
}

#[tokio::test]
async fn an_open_catalogue_is_healthy_and_private() {
    let (dir, catalog) = fresh().await;
    assert!(catalog.healthy().await && !catalog.is_closed());
    for name in ["catalog.sqlite", "catalog.sqlite-wal", "seal.key", "catalog.lock"] {
        let mode = fs::metadata(dir.path().join(name)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[tokio::test]
async fn what_a_crash_leaves_holds_everything_that_was_acknowledged() {
    let (dir, catalog) = fresh().await;
    let recorded = recorded(&catalog, 1).await.capture.id;
    let running = claimed(&catalog, 2).await.capture.id;
    catalog.append_events(running, vec![event(1, 1, "Ada")]).await.expect("appended");
    catalog.start_capture(new_capture(3)).await.expect("admitted");
    catalog.stop_stream("default", "stream4", None, NOW + 5, NOW).await.expect("stopped");

    let left = copy(dir.path());
    let after = Catalog::open(left.path()).await.expect("the catalogue after the crash");
    assert_eq!(
        after.captures(&crate::Filter::default(), None, 10).await.expect("read"),
        catalog.captures(&crate::Filter::default(), None, 10).await.expect("read")
    );
    let events = after.events_after(running, model::Cursor::START, 10).await.expect("read");
    assert_eq!(events, [event(1, 1, "Ada")]);
    assert_eq!(after.release_claims(NOW).await.expect("released"), 1);
    let mut claims = Vec::new();
    let fresh = after.claim_start(NOW + 1_000).await.expect("claimed").expect("a start waits");
    for job in [taken_up(&after, running).await, fresh] {
        claims.push((job.capture.id, job.epoch.0, job.signature.is_some()));
    }
    assert_eq!(claims, [(running, 2, true), (new_capture(3).id, 1, true)]);
    assert!(after.claim_start(NOW + 1_000).await.expect("claimed").is_none());
    assert_eq!(after.claim_render(NOW).await.expect("claimed").expect("a render waits").capture.id, recorded);
    let late = after.start_capture(new_capture(4)).await.expect("admitted");
    assert!(matches!(late, crate::Admission::Finished(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_kill() {
    if let Ok(dir) = std::env::var(VICTIM) {
        acknowledge_for_ever(Path::new(&dir)).await;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let mut victim = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "catalog::tests::what_was_acknowledged_survives_a_kill", "--nocapture"])
        .env(VICTIM, dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the process to be killed");
    let mut lines = BufReader::new(victim.stdout.take().expect("its output")).split(b'\n');
    let mut acknowledged = Vec::new();
    while acknowledged.len() < 100 {
        let line = lines.next().expect("it goes on for ever").expect("a line");
        acknowledged.extend(acknowledgement(&line));
    }
    victim.kill().expect("killed");
    acknowledged.extend(lines.filter_map(|line| acknowledgement(&line.expect("a line"))));
    victim.wait().expect("it is gone");

    let catalog = Catalog::open(dir.path()).await.expect("the directory is free and whole");
    for id in &acknowledged {
        assert!(catalog.capture(*id).await.expect("read").is_some(), "{id} was acknowledged");
    }
    let mut waiting = 0;
    while catalog.claim_start(i64::MAX).await.expect("claimed").is_some() {
        waiting += 1;
    }
    assert!(waiting >= acknowledged.len());
}

/// Starts captures from several tasks and prints the id of each once it is answered.
async fn acknowledge_for_ever(dir: &Path) {
    let catalog = Catalog::open(dir).await.expect("a catalogue");
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let catalog = catalog.clone();
        tasks.spawn(async move {
            for n in (task..).step_by(8) {
                let admission = catalog.start_capture(new_capture(n)).await.expect("admitted");
                let line = format!("ack {} end\n", admission.capture());
                std::io::stdout().write_all(line.as_bytes()).expect("told");
            }
        });
    }
    tasks.join_all().await;
}

/// The id in a whole line that acknowledges one; the test harness may have begun the line.
fn acknowledgement(line: &[u8]) -> Option<CaptureId> {
    let text = std::str::from_utf8(line).ok()?;
    text.split_once("ack ")?.1.strip_suffix(" end")?.parse().ok()
}

#[tokio::test]
async fn a_foreign_key_file_is_noticed_before_anything_is_lost() {
    let (dir, catalog) = fresh().await;
    catalog.start_capture(new_capture(1)).await.expect("admitted");
    catalog.close().await;
    let key = dir.path().join("seal.key");
    let own = fs::read(&key).expect("the key");
    fs::write(&key, [9; 32]).expect("written");
    let refused = Catalog::open(dir.path()).await.map(|_| ());
    assert!(matches!(refused, Err(CatalogError::WrongKey { .. })), "{refused:?}");
    fs::write(&key, own).expect("written");
    let catalog = Catalog::open(dir.path()).await.expect("the catalogue again");
    let job = catalog.claim_start(NOW + 1_000).await.expect("claimed").expect("a start waits");
    assert_eq!(job.signature, new_capture(1).signature);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let (dir, catalog) = fresh().await;
    catalog
        .write(|db| {
            Box::pin(async move {
                sqlx::query("INSERT INTO schema_version VALUES (99, 0)").execute(db).await?;
                Ok(())
            })
        })
        .await
        .expect("written");
    catalog.close().await;
    let refused = Catalog::open(dir.path()).await.map(|_| ());
    assert!(matches!(refused, Err(CatalogError::NewerSchema { found: 99, known: 1..99 })), "{refused:?}");
}

#[tokio::test]
async fn every_commit_is_synced_to_disk() {
    let (_dir, catalog) = fresh().await;
    let settings = catalog
        .write(|db| {
            Box::pin(async move {
                let journal: String = sqlx::query("PRAGMA journal_mode").fetch_one(&mut *db).await?.try_get(0)?;
                let synchronous: i64 = sqlx::query("PRAGMA synchronous").fetch_one(&mut *db).await?.try_get(0)?;
                let keys: i64 = sqlx::query("PRAGMA foreign_keys").fetch_one(db).await?.try_get(0)?;
                Ok((journal, synchronous, keys))
            })
        })
        .await
        .expect("read");
    // 2 is FULL.
    assert_eq!(settings, ("wal".to_owned(), 2, 1));
}
