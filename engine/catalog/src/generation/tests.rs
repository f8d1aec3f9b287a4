use sqlx::{Connection, sqlite::SqliteConnectOptions};

use super::*;

async fn database() -> SqliteConnection {
    let memory = SqliteConnectOptions::new().in_memory(true);
    let mut db = SqliteConnection::connect_with(&memory).await.expect("a database");
    sqlx::raw_sql("CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL)")
        .execute(&mut db)
        .await
        .expect("a table");
    db
}

#[tokio::test]
async fn a_database_from_an_older_backup_is_noticed_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut db, mut backup) = (database().await, database().await);
    assert!(!advance(&mut backup, dir.path()).await.expect("counted"));
    fs::remove_file(dir.path().join(FILE)).expect("removed");
    for _ in 0..3 {
        assert!(!advance(&mut db, dir.path()).await.expect("counted"));
    }
    assert!(advance(&mut backup, dir.path()).await.expect("counted"), "it is at 1, the file at 3");
    assert!(!advance(&mut backup, dir.path()).await.expect("counted"), "it caught up");
    assert_eq!((stored(&mut backup).await.expect("read"), read(&dir.path().join(FILE)).expect("read")), (5, 5));
}

#[tokio::test]
async fn a_process_that_dies_between_database_and_file_is_no_older_backup() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut db = database().await;
    advance(&mut db, dir.path()).await.expect("counted");
    let before = fs::read(dir.path().join(FILE)).expect("the file");
    advance(&mut db, dir.path()).await.expect("counted");
    for left in [before, b"none".to_vec(), b"\xff".to_vec(), Vec::new()] {
        fs::write(dir.path().join(FILE), left).expect("written");
        assert!(!advance(&mut db, dir.path()).await.expect("counted"));
    }
}
