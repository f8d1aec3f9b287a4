//! What this shell counts; `docs/reference/metrics.md` lists it.

use catalog::Backlog;
use metrics::{counter, describe_counter, describe_gauge, gauge};
use model::Consequence;

/// Says what the numbers mean.
pub(crate) fn describe() {
    describe_counter!("hansard_delivery_attempts_total", "attempts to bring a status webhook to a receiver");
    describe_counter!(
        "hansard_delivery_dead_letters_total",
        "status webhooks that were given up after their last attempt"
    );
    describe_gauge!("hansard_delivery_pending", "status webhooks that wait for an attempt");
    describe_gauge!("hansard_delivery_oldest_pending_seconds", "age of the oldest status webhook that waits");
    describe_gauge!("hansard_delivery_dead_letters", "dead letters that are kept");
    describe_gauge!("hansard_delivery_endpoints_disabled", "receivers of status webhooks that are disabled");
}

/// Counts an attempt.
pub(crate) fn tried(consequence: Consequence) {
    let result = if consequence == Consequence::Delivered { "delivered" } else { "failed" };
    counter!("hansard_delivery_attempts_total", "result" => result).increment(1);
    if consequence == Consequence::Dead {
        counter!("hansard_delivery_dead_letters_total").increment(1);
    }
}

/// Tells how much is left to be delivered at a moment.
pub(crate) fn left(backlog: Backlog, now_unix_ms: i64) {
    let age_ms = backlog.oldest_unix_ms.map_or(0, |oldest| now_unix_ms.saturating_sub(oldest).max(0));
    gauge!("hansard_delivery_pending").set(backlog.waiting as f64);
    gauge!("hansard_delivery_oldest_pending_seconds").set(age_ms as f64 / 1_000.0);
    gauge!("hansard_delivery_dead_letters").set(backlog.dead as f64);
    gauge!("hansard_delivery_endpoints_disabled").set(backlog.disabled as f64);
}
