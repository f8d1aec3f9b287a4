use std::str::FromStr;

use media::SourceTime;
use model::{ArtifactState, CaptureStatus, Cursor, Purged, RecordingState};
use sqlx::{Connection, sqlite::SqliteConnectOptions};

use super::*;
use crate::{
    Admission, Catalog, Outcome,
    fixture::{NOW, event, new_capture, taken_up},
};

/// What the first release left in a database: a recording that is done, one whose render waits, a capture that runs with
/// a command, one that had no media, a stop that came early, and deliveries.
const ROWS: &str = "
    INSERT INTO meta VALUES ('pulse', x'00');
    INSERT INTO capture VALUES
        (x'01000000000000000000000000000001', x'02000000000000000000000000000001', 'default', 'm1', 's1', 'wss://one', '{}',
         5, NULL, '{config}', '{\"tenant\":\"a\"}', 'done', 1, 1),
        (x'01000000000000000000000000000002', x'02000000000000000000000000000002', 'default', 'm2', 's2', 'wss://two', '{}',
         5, NULL, '{config}', '{}', 'call_ended', 1, 2),
        (x'01000000000000000000000000000003', x'02000000000000000000000000000003', 'default', 'm3', 's3', 'wss://three',
         '{\"n\":3}', 5, NULL, '{config}', '{}', 'in_call_recording', 2, 3),
        (x'01000000000000000000000000000004', x'02000000000000000000000000000004', 'default', 'm4', 's4', 'wss://four', '{}',
         5, NULL, '{config}', '{}', 'fatal', 1, 4);
    INSERT INTO status_change SELECT id, 1, 'joining_call', NULL, NULL, 1 FROM capture;
    INSERT INTO status_change SELECT id, 2, status, 'over', 'It ended.', 2 FROM capture;
    INSERT INTO recording VALUES
        (x'02000000000000000000000000000001', x'01000000000000000000000000000001', 1, 10, 20, 'done', 2),
        (x'02000000000000000000000000000002', x'01000000000000000000000000000002', 1, 10, 20, 'processing', 2),
        (x'02000000000000000000000000000003', x'01000000000000000000000000000003', 1, 10, NULL, 'processing', 2);
    INSERT INTO artifact VALUES
        (x'03000000000000000000000000000001', x'02000000000000000000000000000001', 1, 'transcript', 'done', NULL,
         '[{\"name\":\"t.vtt\",\"media_type\":\"text/vtt\",\"bytes\":3,\"sha256\":\"00\"}]', 1, 2),
        (x'03000000000000000000000000000002', x'02000000000000000000000000000002', 1, 'transcript', 'processing', NULL, '[]',
         1, 2);
    INSERT INTO job VALUES
        (x'04000000000000000000000000000001', 'render', x'01000000000000000000000000000001', 'done', 1, NULL, 1, 1),
        (x'04000000000000000000000000000002', 'render', x'01000000000000000000000000000002', 'queued', 0, NULL, 1, 1),
        (x'04000000000000000000000000000003', 'start', x'01000000000000000000000000000003', 'claimed', 2, NULL, 1, 1);
    INSERT INTO command VALUES (1, x'01000000000000000000000000000003', 'stop', '{\"command\":\"stop\"}', 1);
    INSERT INTO event VALUES (x'01000000000000000000000000000001', 1, 1, '{event}');
    INSERT INTO delivery VALUES ('delivered', {now});
    INSERT INTO stopped_stream VALUES ('s9', 'default', 6, {now}, {now});
";

#[tokio::test]
async fn a_database_of_the_first_release_is_read_whole_and_works_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("catalog.sqlite");
    let first = format!("sqlite://{}?mode=rwc", path.display());
    let options = SqliteConnectOptions::from_str(&first).expect("an address");
    let mut db = SqliteConnection::connect_with(&options).await.expect("a database");
    let config = serde_json::to_string(&new_capture(1).config).expect("JSON");
    let told = serde_json::to_string(&event(1, 1, "Ada").event).expect("JSON");
    let now = crate::catalog::now_unix_ms().to_string();
    let rows = ROWS.replace("{config}", &config).replace("{event}", &told).replace("{now}", &now);
    sqlx::raw_sql(
        "CREATE TABLE schema_version (version INTEGER PRIMARY KEY NOT NULL, applied_at_unix_ms INTEGER NOT NULL) STRICT;
         INSERT INTO schema_version VALUES (1, 1)",
    )
    .execute(&mut db)
    .await
    .expect("a version");
    sqlx::raw_sql(MIGRATIONS[0]).execute(&mut db).await.expect("the first schema");
    sqlx::raw_sql(sqlx::AssertSqlSafe(rows)).execute(&mut db).await.expect("rows");
    db.close().await.expect("closed");

    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    let page = catalog.captures(&crate::Filter::default(), None, 10).await.expect("read");
    let [failed, running, waiting, done] = &page.items[..] else { panic!("four captures") };
    let statuses = page.items.iter().map(|capture| capture.latest().status).collect::<Vec<_>>();
    let expected =
        [CaptureStatus::Fatal, CaptureStatus::InCallRecording, CaptureStatus::CallEnded, CaptureStatus::Done];
    assert_eq!(statuses, expected);
    assert_eq!(done.metadata.get("tenant"), Some(&Some("a".to_owned())));
    assert!(page.items.iter().all(|capture| capture.changes.len() == 2));
    let recording = done.recording.as_ref().expect("a recording");
    assert_eq!((recording.state, recording.started_at), (RecordingState::Done, Some(SourceTime::from_unix_ms(10))));
    assert_eq!((recording.artifacts[0].state, recording.artifacts[0].files[0].bytes), (ArtifactState::Done, 3));
    assert!(running.recording.is_some() && waiting.recording.is_some() && failed.recording.is_none());
    assert_eq!(catalog.events_after(done.id, Cursor::START, 9).await.expect("read"), [event(1, 1, "Ada")]);

    // A table that was made anew is still referred to.
    let orphan = catalog.write(|db| {
        Box::pin(
            async move { Ok(sqlx::query("INSERT INTO event VALUES (x'00', 1, 1, '{}')").execute(db).await.map(drop)?) },
        )
    });
    assert!(orphan.await.is_err());

    // What was remembered still counts.
    assert!(!catalog.remember_delivery("delivered", NOW).await.expect("asked"));
    let mut early = new_capture(9);
    early.stream.stream_id = "s9".to_owned();
    early.notice_unix_ms = 1;
    assert!(matches!(catalog.start_capture(early).await.expect("admitted"), Admission::Finished(_)));

    // What was under way goes on, and consent can be withdrawn for what is old.
    let render = catalog.claim_render(NOW).await.expect("claimed").expect("a render waits");
    assert_eq!((render.captures, render.artifacts.len()), (vec![waiting.id], 1));
    assert_eq!(catalog.release_claims(NOW).await.expect("released"), 2);
    let start = taken_up(&catalog, running.id).await;
    assert_eq!((start.capture.id, start.epoch.0, start.notice.as_str()), (running.id, 3, r#"{"n":3}"#));
    assert_eq!(catalog.take_commands(running.id).await.expect("taken"), [model::Command::Stop]);
    let over = Outcome::Ended { code: "over".to_owned(), message: None };
    catalog.capture_ended(running.id, None, over, NOW).await.expect("ended").expect("a change");
    assert!(catalog.revoke(done.id, NOW).await.expect("revoked"));
    let purge = catalog.claim_purge(NOW).await.expect("claimed").expect("a purge waits");
    assert_eq!((purge.captures.as_slice(), purge.recording), (&[done.id][..], recording.id));
    catalog.purge_done(&purge, Purged::default(), NOW).await.expect("done");
    assert!(
        catalog.events_after(done.id, Cursor::START, 9).await.expect("read").iter().all(|left| left.cursor.seq > 1)
    );
}

#[tokio::test]
async fn what_was_on_its_way_keeps_its_text_and_what_is_listed_gets_its_project() {
    let dir = tempfile::tempdir().expect("a directory");
    let first = format!("sqlite://{}?mode=rwc", dir.path().join("catalog.sqlite").display());
    let options = SqliteConnectOptions::from_str(&first).expect("an address");
    let mut db = SqliteConnection::connect_with(&options).await.expect("a database");
    let before =
        MIGRATIONS.iter().position(|script| script.contains("CREATE TABLE webhook_text")).expect("it is there");
    sqlx::raw_sql(
        "CREATE TABLE schema_version (version INTEGER PRIMARY KEY NOT NULL, applied_at_unix_ms INTEGER NOT NULL) STRICT",
    )
    .execute(&mut db)
    .await
    .expect("a table");
    for (version, script) in (1_i64..).zip(&MIGRATIONS[..before]) {
        apply(&mut db, version, script, 1).await.expect("a migration");
    }
    let config = serde_json::to_string(&new_capture(1).config).expect("JSON");
    let rows = "
        INSERT INTO capture (id, recording_id, app, meeting_uuid, stream_id, server_urls, notice, notice_unix_ms, config,
                             metadata, status, epoch, created_at_unix_ms, recorded, project)
        VALUES (x'01000000000000000000000000000001', x'02000000000000000000000000000001', 'default', 'm', 's', '', '{}', 0,
                '{config}', '{}', 'done', 1, 1, 1, 'theirs');
        INSERT INTO recording (id, capture, created_at_unix_ms, state, updated_at_unix_ms)
        VALUES (x'02000000000000000000000000000001', x'01000000000000000000000000000001', 1, 'done', 1);
        INSERT INTO artifact (id, recording, n, kind, state, files, created_at_unix_ms, updated_at_unix_ms)
        VALUES (x'03000000000000000000000000000001', x'02000000000000000000000000000001', 1, 'transcript', 'done', '[]', 1, 1);
        INSERT INTO webhook_endpoint
        VALUES (x'05000000000000000000000000000001', 'theirs', NULL, 'https://one.example/', '[]', '', '{}', 1, 0, 0, x'00',
                NULL, NULL, NULL, NULL, 1, 1, NULL, NULL);
        INSERT INTO webhook_delivery (id, endpoint, recording, event, body, state, in_turn, attempts, log,
                                      created_at_unix_ms, next_at_unix_ms)
        VALUES (x'06000000000000000000000000000001', x'05000000000000000000000000000001',
                x'02000000000000000000000000000001', 'recording.done', '{\"n\":1}', 'waiting', 1, 0, '[]', 1, 1),
               (x'06000000000000000000000000000002', x'05000000000000000000000000000001',
                x'02000000000000000000000000000001', 'recording.done', '{\"n\":2}', 'dead', 1, 8, '[]', 1, 1);";
    let rows = rows.replace("{config}", &config);
    sqlx::raw_sql(sqlx::AssertSqlSafe(rows)).execute(&mut db).await.expect("rows");
    db.close().await.expect("closed");

    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    let project: model::Project = "theirs".parse().expect("a name");
    let endpoint = catalog.webhooks(&project).await.expect("read").remove(0).id;
    let log = catalog.deliveries(endpoint, None, None, 9).await.expect("read").deliveries;
    assert_eq!(log.iter().map(|of| of.body.as_str()).collect::<Vec<_>>(), [r#"{"n":2}"#, r#"{"n":1}"#]);
    let due = catalog.due_deliveries(endpoint, true, NOW, 9).await.expect("read");
    assert_eq!(due.iter().map(|of| of.body.as_str()).collect::<Vec<_>>(), [r#"{"n":1}"#]);
    let theirs = crate::Filter { project: Some(project), ..crate::Filter::default() };
    assert_eq!(catalog.recordings(&theirs, None, 9).await.expect("read").items.len(), 1);
    let artifacts = catalog.artifacts(model::ArtifactKind::Transcript, &theirs, None, 9).await.expect("read");
    assert_eq!(artifacts.items.len(), 1);
}
