use tokio::task::JoinSet;

use super::*;
use crate::fixture::{NOW, claimed, event, fresh, new_capture, taken_up};

async fn all(catalog: &Catalog, capture: CaptureId) -> Vec<SequencedEvent> {
    catalog.events_after(capture, Cursor::START, 10_000).await.expect("read")
}

#[tokio::test]
async fn events_are_read_back_as_they_were_from_any_place() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    let events: Vec<_> = (1..=5).map(|seq| event(1, seq, "Ada")).collect();
    catalog.append_events(id, events.clone()).await.expect("appended");
    assert_eq!(all(&catalog, id).await, events);
    let cursor = events[1].cursor;
    assert_eq!(catalog.events_after(id, cursor, 2).await.expect("read"), events[2..4]);
    assert!(catalog.events_after(id, events[4].cursor, 2).await.expect("read").is_empty());
    let beyond = Cursor { epoch: Epoch(u32::MAX), seq: u64::MAX };
    assert!(catalog.events_after(id, beyond, 2).await.expect("read").is_empty());
    assert!(all(&catalog, new_capture(2).id).await.is_empty());
}

#[tokio::test]
async fn a_batch_may_be_sent_again_and_may_overlap() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    let events: Vec<_> = (1..=5).map(|seq| event(1, seq, "Ada")).collect();
    catalog.append_events(id, events[..3].to_vec()).await.expect("appended");
    catalog.append_events(id, events[..3].to_vec()).await.expect("appended");
    catalog.append_events(id, events[1..].to_vec()).await.expect("appended");
    assert_eq!(all(&catalog, id).await, events);
}

#[tokio::test]
async fn a_cursor_is_never_used_for_two_different_events() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    catalog.append_events(id, vec![event(1, 1, "Ada")]).await.expect("appended");
    let other = vec![event(1, 1, "Grace"), event(1, 2, "Grace")];
    let refused = catalog.append_events(id, other).await;
    assert!(matches!(refused, Err(CatalogError::EventConflict { cursor, .. }) if cursor == event(1, 1, "").cursor));
    let twice = vec![event(1, 2, "Ada"), event(1, 2, "Grace")];
    assert!(matches!(catalog.append_events(id, twice).await, Err(CatalogError::EventConflict { .. })));
    assert_eq!(all(&catalog, id).await, [event(1, 1, "Ada")]);
}

#[tokio::test]
async fn a_hole_is_refused_and_nothing_of_its_batch_is_kept() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    let refused = catalog.append_events(id, vec![event(1, 1, "Ada"), event(1, 3, "Ada")]).await;
    assert!(matches!(refused, Err(CatalogError::EventGap { expected: 2, .. })));
    for seq in [0, 2, u64::MAX] {
        let refused = catalog.append_events(id, vec![event(1, seq, "Ada")]).await;
        assert!(matches!(refused, Err(CatalogError::EventGap { expected: 1, .. })), "{seq}");
    }
    assert!(all(&catalog, id).await.is_empty());
}

#[tokio::test]
async fn an_owner_that_was_replaced_appends_nothing_new() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    catalog.append_events(id, vec![event(1, 1, "Ada")]).await.expect("appended");
    catalog.release_claims(NOW).await.expect("released");
    taken_up(&catalog, id).await;
    catalog.append_events(id, vec![event(1, 1, "Ada")]).await.expect("what is there may be sent again");
    let refused = catalog.append_events(id, vec![event(1, 2, "Ada")]).await;
    assert!(matches!(refused, Err(CatalogError::StaleEpoch { current: Epoch(2), .. })));
    catalog.append_events(id, vec![event(2, 1, "Ada")]).await.expect("appended");
    assert_eq!(all(&catalog, id).await, [event(1, 1, "Ada"), event(2, 1, "Ada")]);
}

#[tokio::test]
async fn logs_of_many_captures_grow_at_once_and_stay_contiguous() {
    let (_dir, catalog) = fresh().await;
    let mut owners = JoinSet::new();
    for n in 1..=10 {
        let id = claimed(&catalog, n).await.capture.id;
        let catalog = catalog.clone();
        owners.spawn(async move {
            for seq in 1..=20 {
                catalog.append_events(id, vec![event(1, seq, "Ada")]).await.expect("appended");
            }
            id
        });
    }
    for id in owners.join_all().await {
        let seqs: Vec<_> = all(&catalog, id).await.iter().map(|event| event.cursor.seq).collect();
        assert_eq!(seqs, (1..=20).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn events_of_an_unknown_capture_are_refused() {
    let (_dir, catalog) = fresh().await;
    let id = new_capture(1).id;
    let refused = catalog.append_events(id, vec![event(1, 1, "Ada")]).await;
    assert!(matches!(refused, Err(CatalogError::UnknownCapture(unknown)) if unknown == id));
}
