use super::*;
use crate::fixture::{NOW, claimed, ended, fresh, new_capture, taken_up};

#[tokio::test]
async fn whoever_had_an_owner_and_has_none_is_left_behind() {
    let (_dir, catalog) = fresh().await;
    let (one, other) = (claimed(&catalog, 1).await.capture, claimed(&catalog, 2).await.capture);
    catalog.start_capture(new_capture(3)).await.expect("admitted");
    assert_eq!(catalog.left_behind(NOW).await.expect("read"), [], "two have owners, one never had");
    catalog.release_claims(NOW).await.expect("released");
    let left = catalog.left_behind(NOW).await.expect("read");
    let expected = [&one, &other].map(|capture| LeftBehind {
        capture: capture.id,
        app: "default".to_owned(),
        epoch: Epoch(1),
        stored: true,
        changed_at_unix_ms: capture.created_at_unix_ms,
        crashes: 0,
    });
    assert_eq!(left, expected);
    taken_up(&catalog, one.id).await;
    catalog.capture_ended(other.id, None, ended("over"), NOW).await.expect("ended");
    assert_eq!(catalog.left_behind(NOW).await.expect("read"), []);
}

#[tokio::test]
async fn an_epoch_crashes_once_and_only_lately_counts() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    let crashes = async |since| catalog.left_behind(since).await.expect("read")[0].crashes;
    for _ in 0..2 {
        catalog.note_crash(id, Epoch(1), NOW).await.expect("noted");
        assert_eq!(crashes(NOW - 1).await, 1);
    }
    taken_up(&catalog, id).await;
    catalog.note_crash(id, Epoch(1), NOW + 5).await.expect("noted");
    assert_eq!(catalog.left_behind(0).await.expect("read"), [], "the second owner is none that crashed");
    catalog.note_crash(id, Epoch(2), NOW + 5).await.expect("noted");
    assert_eq!((crashes(NOW - 1).await, crashes(NOW).await, crashes(NOW + 5).await), (2, 1, 0));
}

#[tokio::test]
async fn what_is_over_does_not_crash_and_nothing_remains_of_its_crashes() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    catalog.note_crash(id, Epoch(1), NOW).await.expect("noted");
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    catalog.note_crash(id, Epoch(1), NOW).await.expect("nothing happens");
    catalog.note_crash(new_capture(2).id, Epoch(1), NOW).await.expect("nothing happens");
    let rows = sqlx::query("SELECT count(*) FROM crash").fetch_one(&mut *catalog.read().await.expect("read")).await;
    assert_eq!(rows.expect("counted").try_get::<i64, _>(0).expect("a number"), 0);
}

#[tokio::test]
async fn an_epoch_that_the_log_knows_is_never_used_again() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    catalog.release_claims(NOW).await.expect("released");
    // The database comes from a backup, the log went on to epoch 7.
    let job = catalog.take_up(id, Epoch(7)).await.expect("claimed").expect("it has no owner");
    assert_eq!(job.epoch, Epoch(8));
    catalog.release_claims(NOW).await.expect("released");
    assert_eq!(taken_up(&catalog, id).await.epoch, Epoch(9));
}
