//! Whose word counts where one side wants nothing stored: nothing is stored that somebody wanted only streamed.

use model::Retention;

use super::*;
use crate::fixture::{self, event};

/// What only the platform's notice and its user say.
const CANARY: &str = "Canary-Lovelace-Nowhere";

/// Stream `n` of one meeting.
fn stream(n: u32) -> NewCapture {
    let mut new = new_capture(n);
    new.stream.meeting_uuid = "meeting==".to_owned();
    new
}

fn unstored(mut new: NewCapture) -> NewCapture {
    new.config.retention = Retention::Nothing;
    new
}

/// Stream 1 once more, with new ids, at another address, `later_ms` after it was announced first.
fn again(n: u32, later_ms: i64) -> NewCapture {
    let server_urls = "wss://two.zoom.us".to_owned();
    NewCapture { stream: stream(1).stream, notice_unix_ms: NOW + later_ms, server_urls, ..new_capture(n) }
}

async fn begin(catalog: &Catalog, admission: Admission) -> (CaptureId, Retention) {
    let job = catalog.claim_start(NOW + 1_000_000).await.expect("claimed").expect("a start waits");
    assert_eq!(admission, Admission::New(job.capture.id));
    (job.capture.id, job.capture.config.retention)
}

async fn wished(catalog: &Catalog, new: NewCapture) -> Admission {
    catalog.start_capture(new).await.expect("answered")
}

async fn record(catalog: &Catalog, id: CaptureId) -> RecordingId {
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording")
}

#[tokio::test]
async fn a_wish_that_nothing_be_stored_of_a_stream_that_is_stored_is_refused_and_changes_nothing() {
    let (_dir, catalog) = fresh().await;
    let admission = announced(&catalog, stream(1)).await;
    let (id, _) = begin(&catalog, admission).await;
    record(&catalog, id).await;
    let before = catalog.capture(id).await.expect("read");
    assert_eq!(wished(&catalog, unstored(again(2, 1_000))).await, Admission::Stored(id));
    assert_eq!(catalog.capture(id).await.expect("read"), before);
    assert_eq!(catalog.take_commands(id).await.expect("taken"), []);
    assert_eq!(wished(&catalog, again(3, 1_000)).await, Admission::Moved(id), "the control");

    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    assert_eq!(wished(&catalog, unstored(again(4, 2_000))).await, Admission::Stored(id));
    assert_eq!(wished(&catalog, again(5, 2_000)).await, Admission::Finished(id), "the control");
    catalog.revoke(id, NOW).await.expect("revoked");
    assert_eq!(
        wished(&catalog, unstored(again(6, 2_000))).await,
        Admission::Finished(id),
        "nothing of it is stored now"
    );
}

#[tokio::test]
async fn a_stream_that_is_not_stored_is_known_to_whoever_wants_it_stored_and_to_whoever_does_not() {
    let (_dir, catalog) = fresh().await;
    let admission = wished(&catalog, unstored(stream(1))).await;
    let (id, _) = begin(&catalog, admission).await;
    assert_eq!(wished(&catalog, unstored(stream(1))).await, Admission::Known(id));
    assert_eq!(wished(&catalog, stream(1)).await, Admission::Known(id));
    assert!(catalog.append_events(id, vec![event(1, 1, "Ada")]).await.is_err(), "it stays as it is");
}

#[tokio::test]
async fn a_stream_that_broke_off_is_stored_no_further_once_the_customer_says_so() {
    // Whether the customer says it, whether he wants nothing stored, whether it is stored then.
    let cases = [(true, true, false), (true, false, true), (false, false, true), (false, true, true)];
    for (is_customer, wants_nothing, is_stored) in cases {
        let case = format!("{is_customer} {wants_nothing}");
        let (_dir, catalog) = fresh().await;
        let admission = announced(&catalog, stream(1)).await;
        let (first, _) = begin(&catalog, admission).await;
        let recording = record(&catalog, first).await;
        catalog.capture_ended(first, None, failed("connection_broken"), NOW).await.expect("ended");
        let new = if wants_nothing { unstored(again(2, 1_000)) } else { again(2, 1_000) };
        let admission = if is_customer { wished(&catalog, new).await } else { announced(&catalog, new).await };
        let (second, retention) = begin(&catalog, admission).await;
        assert_eq!(retention.stores(), is_stored, "{case}");
        assert_eq!(record(&catalog, second).await == recording, is_stored, "{case}");
        let told = catalog.append_events(second, vec![event(1, 1, "Ada")]).await;
        assert_eq!(told.is_ok(), is_stored, "{case}");
    }
}

#[tokio::test]
async fn of_a_new_stream_that_only_the_platform_announces_nothing_is_stored_if_nothing_was_of_an_earlier_one() {
    let (_dir, catalog) = fresh().await;
    let admission = wished(&catalog, unstored(stream(1))).await;
    let (first, _) = begin(&catalog, admission).await;
    let announce = async |n: u32, app: &str, meeting_uuid: &str| {
        let mut new = stream(n);
        (new.stream.app, new.stream.meeting_uuid) = (app.to_owned(), meeting_uuid.to_owned());
        new.operator = Some("user".to_owned());
        let admission = announced(&catalog, new).await;
        begin(&catalog, admission).await
    };
    let (second, retention) = announce(2, "default", "meeting==").await;
    assert_eq!(retention, Retention::Nothing, "while the earlier one runs");
    for id in [first, second] {
        catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    }
    assert_eq!(announce(3, "default", "meeting==").await.1, Retention::Nothing, "after it as well");
    assert_eq!(announce(4, "other", "meeting==").await.1, Retention::Forever, "another app");
    assert_eq!(announce(5, "default", "other==").await.1, Retention::Forever, "another meeting");
    let admission = wished(&catalog, stream(6)).await;
    assert_eq!(begin(&catalog, admission).await.1, Retention::Forever, "a customer decides anew");
}

#[tokio::test]
async fn restarts_are_counted_although_it_is_forgotten_whose_stream_it_was() {
    let (_dir, catalog) = fresh().await;
    let of_a_user = |n| NewCapture { operator: Some("user".to_owned()), ..unstored(stream(n)) };
    let admission = announced(&catalog, of_a_user(1)).await;
    let (first, _) = begin(&catalog, admission).await;
    catalog.capture_ended(first, None, ended("over"), NOW + 2).await.expect("ended");
    announced(&catalog, of_a_user(2)).await;
    assert_eq!(catalog.restarts_since(first, NOW).await.expect("counted"), 1);
    let (_dir, catalog) = fresh().await;
    let running = announced(&catalog, unstored(stream(1))).await.capture();
    announced(&catalog, NewCapture { operator: Some("guest".to_owned()), ..unstored(stream(2)) }).await;
    assert_eq!(catalog.restarts_since(running, NOW).await.expect("counted"), 0, "two that run at once are two users'");
}

#[tokio::test]
async fn nothing_that_the_platform_said_is_in_a_file_once_it_is_over_and_the_log_is_emptied() {
    for retention in [Retention::Nothing, Retention::Forever] {
        let (dir, catalog) = fresh().await;
        let mut new = stream(1);
        new.config.retention = retention;
        new.notice = format!(r#"{{"topic":"{CANARY}"}}"#);
        new.operator = Some(CANARY.to_owned());
        let admission = announced(&catalog, new).await;
        let (id, _) = begin(&catalog, admission).await;
        catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
        assert!(fixture::is_in_a_file(dir.path(), CANARY), "the control: the log holds it");
        catalog.truncate_log().await.expect("emptied");
        assert_eq!(fixture::is_in_a_file(dir.path(), CANARY), retention.stores(), "{retention:?}");
    }
}
