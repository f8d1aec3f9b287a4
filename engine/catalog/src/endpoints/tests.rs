use model::{Secret, Topic};

use super::*;
use crate::fixture::{NOW, claimed, ended, fresh, new_capture};

fn wish(transport: Transport) -> EndpointWish {
    EndpointWish {
        transport,
        url: Secret::new("https://example.com/?token=t".to_owned()),
        topics: vec![Topic::Transcript],
        metadata: BTreeMap::from([("k".to_owned(), Some("v".to_owned()))]),
        replay: false,
        chunk_ms: 100,
    }
}

/// A capture with an endpoint for each transport.
async fn started(catalog: &Catalog, n: u32) -> CaptureId {
    let mut new = new_capture(n);
    new.config.endpoints = Transport::ALL.map(wish).to_vec();
    let id = new.id;
    catalog.start_capture(new).await.expect("admitted");
    id
}

const fn place(seq: u64, part: u32, told: u64) -> EndpointPlace {
    EndpointPlace { cursor: Cursor { epoch: Epoch(1), seq }, part, seq: told }
}

#[tokio::test]
async fn the_endpoints_of_a_capture_are_made_with_it_and_rtmp_has_failed_from_the_beginning() {
    let (_dir, catalog) = fresh().await;
    let capture = started(&catalog, 1).await;
    let endpoints = catalog.endpoints_of(capture).await.expect("read");
    let found: Vec<_> = endpoints
        .iter()
        .map(|endpoint| (endpoint.wish.transport, endpoint.state, endpoint.sub_code.as_deref()))
        .collect();
    assert_eq!(
        found,
        [
            (Transport::Websocket, EndpointState::Running, None),
            (Transport::Webhook, EndpointState::Running, None),
            (Transport::Rtmp, EndpointState::Failed, Some("rtmp_not_available")),
        ]
    );
    assert_eq!(endpoints[1].wish, wish(Transport::Webhook));
    assert_eq!((endpoints[0].recording, endpoints[0].place), (new_capture(1).recording_id, EndpointPlace::START));
    let running = catalog.running_endpoints().await.expect("read");
    assert_eq!(running.as_slice(), &endpoints[..2]);
    assert_eq!(catalog.endpoint(endpoints[2].id).await.expect("read").as_ref(), Some(&endpoints[2]));
    started(&catalog, 1).await;
    assert_eq!(catalog.endpoints_of(capture).await.expect("read"), endpoints, "a start that comes again makes none");
}

#[tokio::test]
async fn a_place_only_moves_forward_and_only_while_the_endpoint_runs() {
    let (_dir, catalog) = fresh().await;
    let capture = started(&catalog, 1).await;
    let id = catalog.endpoints_of(capture).await.expect("read")[0].id;
    let at = async || catalog.endpoint(id).await.expect("read").expect("an endpoint").place;
    assert!(catalog.endpoint_came_to(id, place(3, 1, 7)).await.expect("moved"));
    for back in [place(2, 5, 8), place(3, 0, 8), place(4, 0, 6)] {
        assert!(!catalog.endpoint_came_to(id, back).await.expect("asked"), "{back:?}");
    }
    assert_eq!(at().await, place(3, 1, 7));
    assert!(catalog.endpoint_ended(id, EndpointState::Failed, Some("gone"), NOW + 5).await.expect("ended"));
    assert!(!catalog.endpoint_ended(id, EndpointState::Done, None, NOW + 6).await.expect("asked"), "once");
    assert!(!catalog.endpoint_came_to(id, place(9, 0, 9)).await.expect("asked"));
    let endpoint = catalog.endpoint(id).await.expect("read").expect("an endpoint");
    assert_eq!((endpoint.state, endpoint.sub_code.as_deref()), (EndpointState::Failed, Some("gone")));
    assert_eq!((endpoint.updated_at_unix_ms, endpoint.place), (NOW + 5, place(3, 1, 7)));
}

#[tokio::test]
async fn labels_change_and_nothing_else() {
    let (_dir, catalog) = fresh().await;
    let capture = started(&catalog, 1).await;
    let before = catalog.endpoints_of(capture).await.expect("read").remove(0);
    let labels = BTreeMap::from([("other".to_owned(), None)]);
    assert!(catalog.label_endpoint(before.id, labels.clone()).await.expect("labelled"));
    let wish = EndpointWish { metadata: labels.clone(), ..before.wish.clone() };
    assert_eq!(catalog.endpoint(before.id).await.expect("read"), Some(Endpoint { wish, ..before }));
    assert!(!catalog.label_endpoint(EndpointId::new(0, [0; 10]), labels).await.expect("asked"));
}

#[tokio::test]
async fn nothing_is_sent_any_more_of_what_was_deleted() {
    let (_dir, catalog) = fresh().await;
    let mut new = new_capture(1);
    new.config.endpoints = vec![wish(Transport::Webhook)];
    let id = new.id;
    catalog.start_capture(new).await.expect("admitted");
    catalog.claim_start(NOW + 1_000).await.expect("claimed");
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    let other = claimed(&catalog, 2).await.capture.id;
    assert!(catalog.revoke(id, NOW + 9).await.expect("revoked"));
    let endpoint = catalog.endpoints_of(id).await.expect("read").remove(0);
    assert_eq!(
        (endpoint.state, endpoint.sub_code.as_deref()),
        (EndpointState::Deleted, Some("zoom_rtms_stream_revoked"))
    );
    assert_eq!(catalog.endpoints_of(other).await.expect("read"), []);
}

#[tokio::test]
async fn nothing_is_sent_any_more_of_a_meeting_that_is_deleted_while_it_goes_on() {
    let (_dir, catalog) = fresh().await;
    let mut new = new_capture(1);
    new.config.endpoints = vec![wish(Transport::Websocket)];
    let id = new.id;
    catalog.start_capture(new).await.expect("admitted");
    catalog.claim_start(NOW + 1_000).await.expect("claimed");
    assert_eq!(catalog.endpoints_of(id).await.expect("read")[0].state, EndpointState::Running, "the control");
    assert_eq!(catalog.discard(id, NOW).await.expect("discarded"), [id]);
    let endpoint = catalog.endpoints_of(id).await.expect("read").remove(0);
    assert_eq!((endpoint.state, endpoint.sub_code.as_deref()), (EndpointState::Deleted, Some("media_deleted")));
}
