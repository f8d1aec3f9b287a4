use media::SourceTime;
use model::StatusChange;

use super::*;
use crate::{
    Catalog, Outcome,
    fixture::{NOW, ended, failed, fresh, new_capture},
};

/// The last status of a capture whose start arrived `delay_ms` after it was sent, that came as far as `status` and then ended.
async fn last(
    catalog: &Catalog,
    n: u32,
    delay_ms: Option<i64>,
    status: CaptureStatus,
    outcome: Outcome,
) -> StatusChange {
    let mut new = new_capture(n);
    new.notice_unix_ms = delay_ms.map_or(0, |delay_ms| new.now_unix_ms - delay_ms);
    let id = new.id;
    catalog.start_capture(new).await.expect("admitted");
    catalog.claim_start(NOW + 1_000_000).await.expect("claimed").expect("it is tried");
    catalog.set_status(id, status, None, None, NOW).await.expect("set");
    if status == CaptureStatus::InCallRecording {
        catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    }
    catalog.capture_ended(id, None, outcome, NOW).await.expect("ended");
    assert!(catalog.claim_start(NOW + 1_000_000).await.expect("claimed").is_none(), "it is tried once");
    catalog.capture(id).await.expect("read").expect("a capture").latest().clone()
}

#[tokio::test]
async fn a_start_that_comes_too_late_to_join_is_missed_by_the_measured_delay() {
    let (_dir, catalog) = fresh().await;
    let unknown = || failed("zoom_rtms_invalid_stream_id");
    let change = last(&catalog, 1, Some(300_500), CaptureStatus::JoiningCall, unknown()).await;
    assert_eq!((change.status, change.sub_code.as_deref()), (CaptureStatus::Fatal, Some("missed")));
    let message = change.message.expect("a sentence");
    assert_eq!(
        message,
        "The start arrived 300 s after the platform sent it, too late to join (zoom_rtms_invalid_stream_id). It failed."
    );
    for (n, delay_ms, status, outcome, expected) in [
        (2, Some(65_001), CaptureStatus::JoiningCall, failed("connection_broken"), "missed"),
        (3, Some(65_000), CaptureStatus::JoiningCall, unknown(), "zoom_rtms_invalid_stream_id"),
        (4, Some(0), CaptureStatus::JoiningCall, unknown(), "zoom_rtms_invalid_stream_id"),
        (5, None, CaptureStatus::JoiningCall, unknown(), "zoom_rtms_invalid_stream_id"),
        (6, Some(300_000), CaptureStatus::InCallNotRecording, unknown(), "zoom_rtms_invalid_stream_id"),
        (7, Some(300_000), CaptureStatus::InCallRecording, unknown(), "zoom_rtms_invalid_stream_id"),
        (8, Some(300_000), CaptureStatus::JoiningCall, ended("over"), "over"),
    ] {
        let change = last(&catalog, n, delay_ms, status, outcome).await;
        assert_eq!(change.sub_code.as_deref(), Some(expected), "{n}");
    }
}

/// Faults of the configuration and of ourselves would not have gone away with an earlier start.
#[tokio::test]
async fn a_late_start_hides_no_fault_but_that_nobody_is_there() {
    let (_dir, catalog) = fresh().await;
    let others = [
        "zoom_rtms_invalid_signature",
        "zoom_sdk_credentials_missing",
        "capture_quarantined",
        "address_host_not_allowed",
        "address_is_private",
        "zoom_rtms_no_address",
        "start_notice_unreadable",
        "storage_full",
        "storage_error",
        "dns_failed",
        "tls_bad_certificate",
        "zoom_rtms_no_media",
    ];
    // One by one, because whoever drops a line from the list must be told.
    let nobody_there = [
        "zoom_rtms_invalid_stream_id",
        "zoom_rtms_connection_timeout",
        "zoom_rtms_handshake_timeout",
        "zoom_rtms_signaling_timeout",
        "zoom_rtms_media_timeout",
        "zoom_rtms_closed_by_peer",
        "zoom_rtms_silent",
        "connection_broken",
        "connect_failed",
        "connect_timeout",
        "websocket_refused",
    ];
    assert_eq!(NOBODY_THERE, nobody_there);
    let all = others.iter().map(|code| (*code, *code)).chain(nobody_there.iter().map(|code| (*code, "missed")));
    for (n, (code, expected)) in (1..).zip(all) {
        let change = last(&catalog, n, Some(300_000), CaptureStatus::JoiningCall, failed(code)).await;
        assert_eq!(change.sub_code.as_deref(), Some(expected), "{code}");
    }
}
