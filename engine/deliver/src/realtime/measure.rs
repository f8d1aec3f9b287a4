//! What is counted of real-time endpoints.

use model::{TopicClass, Transport};

/// Says what the metrics mean.
pub(super) fn describe() {
    metrics::describe_gauge!("hansard_realtime_endpoints", "Real-time endpoints that are served now, by transport");
    metrics::describe_counter!("hansard_realtime_events_total", "Events sent to real-time endpoints");
    metrics::describe_counter!(
        "hansard_realtime_dropped_total",
        "Events that were not sent to a real-time endpoint, by class and reason"
    );
    metrics::describe_counter!("hansard_realtime_retries_total", "Attempts to reach a real-time endpoint that failed");
    metrics::describe_counter!("hansard_realtime_ended_total", "Real-time endpoints that ended, by state and reason");
}

/// How many endpoints are served.
pub(super) fn served(transport: Transport, endpoints: usize) {
    metrics::gauge!("hansard_realtime_endpoints", "transport" => transport.name()).set(endpoints as f64);
}

/// An event was sent.
pub(super) fn sent(transport: Transport, class: TopicClass) {
    metrics::counter!("hansard_realtime_events_total", "transport" => transport.name(), "class" => class.name())
        .increment(1);
}

/// Events were left out, because there was no `room` or nobody was connected (`absent`), or were `forgotten` before they could be
/// sent.
pub(super) fn dropped(class: TopicClass, reason: &'static str, events: u64) {
    if events > 0 {
        metrics::counter!("hansard_realtime_dropped_total", "class" => class.name(), "reason" => reason)
            .increment(events);
    }
}

/// An attempt failed and another is made.
pub(super) fn retried(transport: Transport) {
    metrics::counter!("hansard_realtime_retries_total", "transport" => transport.name()).increment(1);
}

/// An endpoint ended.
pub(super) fn ended(transport: Transport, state: &'static str, reason: &'static str) {
    metrics::counter!(
        "hansard_realtime_ended_total", "transport" => transport.name(), "state" => state, "reason" => reason
    )
    .increment(1);
}
