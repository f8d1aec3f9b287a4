use model::{Command, ParticipantId};
use sqlx::Row;

use crate::{
    Admission, Catalog, Stopped,
    fixture::{NOW, announced, claimed, delivered, fresh, new_capture, taken_up},
};

async fn rows(catalog: &Catalog) -> i64 {
    let mut db = catalog.read().await.expect("a read");
    sqlx::query("SELECT count(*) FROM command").fetch_one(&mut *db).await.expect("counted").try_get(0).expect("a count")
}

#[tokio::test]
async fn however_often_somebody_wants_something_the_table_stays_small() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    for n in 0..40_i64 {
        let watch = Command::Watch { participant: Some(ParticipantId(n)) };
        assert!(catalog.enqueue(id, watch).await.expect("queued"));
        assert!(catalog.enqueue(id, Command::Stop).await.expect("queued"));
        catalog.interrupt_stream("default", "stream1", None, delivered(NOW + 10 * n)).await.expect("told");
        catalog
            .interrupt_stream("default", "stream1", Some(&format!("wss://{n}")), delivered(NOW + 10 * n))
            .await
            .expect("told");
        for reason in [Some(100 + n), None] {
            catalog.stop_stream("default", "stream1", reason, NOW + 10 * n, NOW).await.expect("told");
        }
        assert!(catalog.enqueue(id, Command::Stopped { reason: Some(8) }).await.expect("queued"));
        let mut moved = new_capture(1);
        moved.notice_unix_ms = NOW + 10 * n + 5;
        moved.server_urls = format!("wss://again-{n}");
        assert_eq!(announced(&catalog, moved).await, Admission::Moved(id));
        if n % 3 == 0 {
            catalog.take_commands(id).await.expect("taken");
        }
        assert!(rows(&catalog).await <= 6, "one of each kind");
    }
    catalog.release_claims(NOW).await.expect("released");
    taken_up(&catalog, id).await;
    let again = catalog.take_commands(id).await.expect("taken");
    assert!(again.contains(&Command::Watch { participant: Some(ParticipantId(39)) }), "the latest counts: {again:?}");
}

#[tokio::test]
async fn no_other_stop_stands_in_the_way_of_consent_that_was_withdrawn() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    for (reason, at) in [(Some(6), 1), (Some(8), 2), (None, 3), (Some(8), 4)] {
        let stopped = catalog.stop_stream("default", "stream1", reason, NOW + at, NOW).await.expect("told");
        assert_eq!(stopped, Stopped::Running(id));
    }
    let expected = [Command::Stopped { reason: Some(6) }, Command::Stopped { reason: Some(8) }];
    assert_eq!(catalog.take_commands(id).await.expect("taken"), expected);

    // The other road: a sibling's withdrawal finds a stop waiting.
    let id = claimed(&catalog, 2).await.capture.id;
    catalog.stop_stream("default", "stream2", Some(6), NOW + 1, NOW).await.expect("told");
    assert!(catalog.revoke(id, NOW).await.expect("told"));
    assert_eq!(catalog.take_commands(id).await.expect("taken"), expected);
}

#[tokio::test]
async fn captures_are_found_for_which_somebody_wants_something_until_they_have_heard_it() {
    let (_dir, catalog) = fresh().await;
    let (one, other) = (claimed(&catalog, 1).await.capture.id, claimed(&catalog, 2).await.capture.id);
    let mut found = catalog.commanded().await.expect("looked");
    assert_eq!(found, []);
    for command in [Command::Stop, Command::Interrupted] {
        assert!(catalog.enqueue(one, command).await.expect("queued"));
    }
    assert!(catalog.enqueue(other, Command::Stop).await.expect("queued"));
    found = catalog.commanded().await.expect("looked");
    found.sort_unstable();
    let mut both = vec![one, other];
    both.sort_unstable();
    assert_eq!(found, both);
    catalog.take_commands(one).await.expect("taken");
    assert_eq!(catalog.commanded().await.expect("looked"), [other]);
}
