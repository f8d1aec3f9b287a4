//! What is due, in which order, and what attempts leave behind.

use model::{Notice, Project};

use super::*;
use crate::fixture::{NOW, fresh, new_capture, registered};

/// Puts messages on their way, about recordings by number; each is called `<recording>/<n>`.
async fn queued(catalog: &Catalog, endpoint: WebhookEndpointId, messages: &[(u32, &str)]) {
    for (of, name) in messages {
        let mut new = new_capture(*of);
        new.stream.stream_id = format!("{of} {name}");
        new.id = model::CaptureId::new(
            1,
            name.as_bytes().iter().cycle().copied().take(10).collect::<Vec<_>>().try_into().expect("ten"),
        );
        let shared = new.recording_id;
        new.recording_id = RecordingId::from(new.id.uuid());
        catalog.start_capture(new).await.expect("admitted");
        let notice: Notice = catalog.notices(1).await.expect("read").remove(0);
        let message =
            WebhookMessage { endpoints: vec![endpoint], event: "recording.done".to_owned(), body: (*name).to_owned() };
        let notice = Notice { recording: shared, ..notice };
        catalog.expand_notices(vec![(notice, vec![message])], NOW).await.expect("expanded");
    }
}

async fn due(catalog: &Catalog, endpoint: WebhookEndpointId, ordered: bool, now_unix_ms: i64) -> Vec<DueDelivery> {
    catalog.due_deliveries(endpoint, ordered, now_unix_ms, 10).await.expect("read")
}

fn bodies(due: &[DueDelivery]) -> Vec<&str> {
    due.iter().map(|delivery| delivery.body.as_str()).collect()
}

fn attempt(at_unix_ms: i64, status: u16) -> DeliveryAttempt {
    let code = (status >= 300).then(|| "http_status".to_owned());
    DeliveryAttempt { at_unix_ms, took_ms: 10, status: Some(status), code }
}

#[tokio::test]
async fn of_one_recording_only_the_first_is_due_until_it_is_delivered_or_dead() {
    let (_dir, catalog) = fresh().await;
    let endpoint = registered(&catalog, 1).await;
    queued(&catalog, endpoint, &[(1, "a"), (1, "b"), (2, "c"), (1, "d")]).await;
    let first = due(&catalog, endpoint, true, NOW).await;
    assert_eq!(bodies(&first), ["a", "c"]);
    assert_eq!(bodies(&due(&catalog, endpoint, false, NOW).await), ["a", "b", "c", "d"], "unordered");

    let later = NOW + 5_000;
    let again = Consequence::Again { at_unix_ms: later };
    catalog.delivery_tried(&first[0], attempt(NOW, 500), again, None).await.expect("noted");
    assert_eq!(bodies(&due(&catalog, endpoint, true, NOW).await), ["c"], "those after it wait with it");
    let retried = due(&catalog, endpoint, true, later).await;
    assert_eq!((bodies(&retried), retried[1].attempts), (vec!["c", "a"], 1));
    assert_eq!(retried[1].id, first[0].id, "the id stays");

    catalog.delivery_tried(&first[0], attempt(later, 200), Consequence::Delivered, None).await.expect("noted");
    let next = due(&catalog, endpoint, true, later).await;
    assert_eq!(bodies(&next), ["b", "c"]);
    catalog.delivery_tried(&next[0], attempt(later, 500), Consequence::Dead, None).await.expect("noted");
    assert_eq!(bodies(&due(&catalog, endpoint, true, later).await), ["c", "d"]);

    let log = catalog.deliveries(endpoint, None, None, 10).await.expect("read").deliveries;
    let dead = catalog.deliveries(endpoint, Some(DeliveryState::Dead), None, 10).await.expect("read").deliveries;
    assert_eq!(dead, [log[2].clone()]);
    let states: Vec<_> = log.iter().map(|of| (of.body.as_str(), of.state, of.attempts.len())).collect();
    let expected = [
        ("d", DeliveryState::Waiting, 0),
        ("c", DeliveryState::Waiting, 0),
        ("b", DeliveryState::Dead, 1),
        ("a", DeliveryState::Delivered, 2),
    ];
    assert_eq!(states, expected);
    assert_eq!((log[3].code.as_deref(), log[3].next_at_unix_ms), (None, None));
    assert_eq!(log[2].code.as_deref(), Some("http_status"));
}

#[tokio::test]
async fn a_receiver_is_failing_since_the_first_failure_after_its_last_success() {
    let (_dir, catalog) = fresh().await;
    let endpoint = registered(&catalog, 1).await;
    queued(&catalog, endpoint, &[(1, "a")]).await;
    let first = due(&catalog, endpoint, true, NOW).await.remove(0);
    let since = async || {
        catalog.webhook(&Project::default(), endpoint).await.expect("read").expect("it is there").failing_since_unix_ms
    };
    for at in [NOW + 1, NOW + 2] {
        let again = Consequence::Again { at_unix_ms: at };
        catalog.delivery_tried(&first, attempt(at, 500), again, None).await.expect("noted");
        assert_eq!(since().await, Some(NOW + 1));
    }
    catalog.delivery_tried(&first, attempt(NOW + 3, 204), Consequence::Delivered, None).await.expect("noted");
    assert_eq!(since().await, None);
}

#[tokio::test]
async fn for_a_receiver_that_is_disabled_everything_is_a_dead_letter_and_can_be_brought_later() {
    let (_dir, catalog) = fresh().await;
    let endpoint = registered(&catalog, 1).await;
    queued(&catalog, endpoint, &[(1, "a"), (1, "b")]).await;
    let first = due(&catalog, endpoint, true, NOW).await;
    let gone = Some(WebhookDisabled::Gone);
    catalog.delivery_tried(&first[0], attempt(NOW, 410), Consequence::Dead, gone).await.expect("noted");
    let known = catalog.webhook(&Project::default(), endpoint).await.expect("read").expect("it is there");
    assert_eq!(known.disabled, gone);
    queued(&catalog, endpoint, &[(1, "c")]).await;
    assert!(due(&catalog, endpoint, true, NOW).await.is_empty());
    let codes = async || {
        let log = catalog.deliveries(endpoint, None, None, 10).await.expect("read").deliveries;
        log.into_iter().map(|of| (of.state, of.code.unwrap_or_default())).collect::<Vec<_>>()
    };
    let dead = |code: &str| (DeliveryState::Dead, code.to_owned());
    assert_eq!(codes().await, [dead("endpoint_disabled"), dead("endpoint_disabled"), dead("http_status")]);
    let backlog = catalog.delivery_backlog().await.expect("read");
    assert_eq!(backlog, Backlog { waiting: 0, oldest_unix_ms: None, dead: 3, disabled: 1 });

    catalog.set_webhook_disabled(endpoint, false, NOW + 10).await.expect("enabled");
    assert_eq!(catalog.replay_deliveries(endpoint, NOW, true, NOW + 10).await.expect("replayed"), 3);
    assert_eq!(bodies(&due(&catalog, endpoint, true, NOW + 10).await), ["a"], "in the order of before");
    let backlog = catalog.delivery_backlog().await.expect("read");
    assert_eq!(backlog, Backlog { waiting: 3, oldest_unix_ms: Some(NOW), dead: 0, disabled: 0 });
}

#[tokio::test]
async fn what_was_under_way_when_its_receiver_was_disabled_stays_dead_unless_it_arrived() {
    let (_dir, catalog) = fresh().await;
    let endpoint = registered(&catalog, 1).await;
    queued(&catalog, endpoint, &[(1, "a"), (2, "b")]).await;
    let under_way = due(&catalog, endpoint, true, NOW).await;
    catalog.set_webhook_disabled(endpoint, true, NOW).await.expect("disabled");
    let again = Consequence::Again { at_unix_ms: NOW };
    catalog.delivery_tried(&under_way[0], attempt(NOW, 500), again, None).await.expect("noted");
    catalog.delivery_tried(&under_way[1], attempt(NOW, 200), Consequence::Delivered, None).await.expect("noted");
    let log = catalog.deliveries(endpoint, None, None, 10).await.expect("read").deliveries;
    assert_eq!([log[0].state, log[1].state], [DeliveryState::Delivered, DeliveryState::Dead]);
}

#[tokio::test]
async fn one_that_is_brought_once_more_waits_for_none_and_holds_up_none() {
    let (_dir, catalog) = fresh().await;
    let endpoint = registered(&catalog, 1).await;
    queued(&catalog, endpoint, &[(1, "a"), (1, "b"), (1, "c")]).await;
    let first = due(&catalog, endpoint, true, NOW).await[0].clone();
    catalog.delivery_tried(&first, attempt(NOW, 200), Consequence::Delivered, None).await.expect("noted");
    assert!(catalog.resend_delivery(endpoint, first.id, NOW + 1).await.expect("queued"));
    let both = due(&catalog, endpoint, true, NOW + 1).await;
    assert_eq!(bodies(&both), ["b", "a"]);
    assert_eq!((both[1].id, both[1].attempts), (first.id, 0), "the same message begins anew");
    let other = registered(&catalog, 2).await;
    assert!(!catalog.resend_delivery(other, first.id, NOW).await.expect("not its own"));
    assert_eq!(catalog.replay_deliveries(endpoint, NOW + 1, false, NOW).await.expect("none since"), 0);
}

#[tokio::test]
async fn one_that_is_brought_once_more_while_an_attempt_is_under_way_is_brought_whatever_that_comes_to() {
    for (again, consequence) in
        [(true, Consequence::Delivered), (true, Consequence::Dead), (false, Consequence::Delivered)]
    {
        let (_dir, catalog) = fresh().await;
        let endpoint = registered(&catalog, 1).await;
        queued(&catalog, endpoint, &[(1, "a")]).await;
        let under_way = due(&catalog, endpoint, true, NOW).await.remove(0);
        if again {
            assert!(catalog.resend_delivery(endpoint, under_way.id, NOW).await.expect("queued"));
        }
        catalog.delivery_tried(&under_way, attempt(NOW, 200), consequence, None).await.expect("noted");
        let due = due(&catalog, endpoint, true, NOW).await;
        assert_eq!(due.len(), usize::from(again), "the control: one that nobody asked for again is over");
        let log = catalog.deliveries(endpoint, None, None, 1).await.expect("read").deliveries;
        assert_eq!(
            (log[0].attempts.len(), due.iter().all(|of| of.attempts == 0)),
            (1, true),
            "it is told all the same"
        );
    }
}

#[tokio::test]
async fn a_page_goes_on_after_a_delivery_that_is_forgotten_and_never_at_anothers() {
    let (_dir, catalog) = fresh().await;
    let (endpoint, other) = (registered(&catalog, 1).await, registered(&catalog, 2).await);
    queued(&catalog, endpoint, &[(1, "a")]).await;
    queued(&catalog, other, &[(2, "b")]).await;
    let of = async |endpoint, before| {
        let page = catalog.deliveries(endpoint, None, before, 10).await.expect("read");
        page.deliveries.into_iter().map(|of| of.id).collect::<Vec<_>>()
    };
    let (own, foreign) = (of(endpoint, None).await[0], of(other, None).await[0]);
    assert!(of(endpoint, Some(own)).await.is_empty());
    assert!(of(endpoint, Some(foreign)).await.is_empty(), "its place is not told: it was queued at the same moment");
    let later = DeliveryId::new(NOW.unsigned_abs() + 1, [0; 10]);
    assert_eq!(of(endpoint, Some(later)).await, [own], "what was queued before one that is forgotten");
}

#[tokio::test]
async fn the_log_is_read_page_by_page_and_forgotten_when_its_time_is_over() {
    let (_dir, catalog) = fresh().await;
    let endpoint = registered(&catalog, 1).await;
    queued(&catalog, endpoint, &[(1, "a"), (2, "b"), (3, "c")]).await;
    let page = catalog.deliveries(endpoint, None, None, 2).await.expect("read");
    assert_eq!((page.deliveries.len(), page.deliveries[0].body.as_str()), (2, "c"));
    let last = catalog.deliveries(endpoint, None, page.next, 2).await.expect("read");
    assert_eq!((last.deliveries.len(), last.deliveries[0].body.as_str(), last.next), (1, "a", None));
    for delivery in due(&catalog, endpoint, true, NOW).await.into_iter().take(2) {
        catalog.delivery_tried(&delivery, attempt(NOW, 200), Consequence::Delivered, None).await.expect("noted");
    }
    assert_eq!(catalog.prune_deliveries(NOW + 10, 10).await.expect("pruned"), 0);
    assert_eq!(catalog.prune_deliveries(NOW + 11, 1).await.expect("pruned"), 1);
    assert_eq!(catalog.prune_deliveries(NOW + 11, 10).await.expect("pruned"), 1);
    let left = catalog.deliveries(endpoint, None, None, 10).await.expect("read");
    assert_eq!(left.deliveries.len(), 1, "what waits is never forgotten");
    assert!(catalog.remove_webhook(endpoint, NOW).await.expect("removed"));
    assert_eq!(catalog.delivery_backlog().await.expect("read"), Backlog::default());
}

#[tokio::test]
async fn a_text_stands_once_for_all_receivers_and_goes_with_the_last_that_was_sent_it() {
    let (_dir, catalog) = fresh().await;
    let mut endpoints = Vec::new();
    for n in 1..=3 {
        endpoints.push(registered(&catalog, n).await);
    }
    catalog.start_capture(new_capture(1)).await.expect("admitted");
    let notice = catalog.notices(1).await.expect("read").remove(0);
    let gone = WebhookEndpointId::new(1, [9; 10]);
    let message = |endpoints: &[WebhookEndpointId]| WebhookMessage {
        endpoints: endpoints.to_vec(),
        event: "recording.done".to_owned(),
        body: "labels".repeat(1_000),
    };
    let told = vec![(notice, vec![message(&endpoints), message(&endpoints[..1]), message(&[gone])])];
    catalog.expand_notices(told, NOW).await.expect("expanded");
    let texts = async || {
        let mut db = catalog.read().await.expect("a read");
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM webhook_text").fetch_one(&mut *db).await.expect("read");
        count
    };
    assert_eq!(texts().await, 2, "one for three receivers, one for one, none for nobody");
    for endpoint in &endpoints {
        let log = catalog.deliveries(*endpoint, None, None, 10).await.expect("read").deliveries;
        assert!(log.iter().all(|of| of.body.len() == 6_000), "each is sent the whole text");
    }
    assert!(catalog.remove_webhook(endpoints[1], NOW).await.expect("removed"));
    assert_eq!(texts().await, 2, "others are sent it still");
    for delivery in due(&catalog, endpoints[0], false, NOW).await {
        catalog.delivery_tried(&delivery, attempt(NOW, 200), Consequence::Delivered, None).await.expect("noted");
    }
    assert_eq!(catalog.prune_deliveries(NOW + 11, 10).await.expect("pruned"), 2);
    assert_eq!(texts().await, 1);
    assert!(catalog.remove_webhook(endpoints[2], NOW).await.expect("removed"));
    assert_eq!(texts().await, 0);
}

#[tokio::test]
async fn of_many_attempts_the_latest_are_told() {
    let (_dir, catalog) = fresh().await;
    let endpoint = registered(&catalog, 1).await;
    queued(&catalog, endpoint, &[(1, "a")]).await;
    let first = due(&catalog, endpoint, true, NOW).await.remove(0);
    for n in 0..25 {
        let again = Consequence::Again { at_unix_ms: NOW };
        catalog.delivery_tried(&first, attempt(NOW + n, 500), again, None).await.expect("noted");
    }
    let log = catalog.deliveries(endpoint, None, None, 1).await.expect("read").deliveries;
    assert_eq!(log[0].attempts.len(), LOGGED_ATTEMPTS);
    assert_eq!(log[0].attempts.last().map(|attempt| attempt.at_unix_ms), Some(NOW + 24));
}
