//! The metrics of this crate: names, meanings and buckets. Label sets are closed; nothing is counted per meeting.

use std::{sync::Once, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    middleware::Next,
    response::Response,
};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, histogram};
use metrics_exporter_prometheus::Matcher;
use model::Shortage;

const HTTP_REQUESTS: &str = "hansard_http_requests_total";
const HTTP_DURATION: &str = "hansard_http_request_duration_seconds";
const WEBHOOK_REQUESTS: &str = "hansard_webhook_requests_total";
const WEBHOOK_DURATION: &str = "hansard_webhook_ack_duration_seconds";

const CONNECTIONS_REFUSED: &str = "hansard_connections_refused_total";
const ADMISSION_REFUSED: &str = "hansard_admission_refused_total";

pub(crate) const CONNECTIONS: &str = "hansard_connections_open";
pub(crate) const CLOCK_SKEW: &str = "hansard_clock_skew_seconds";

/// The upper bounds of the buckets of this crate's histograms, in seconds; the daemon gives them to its exporter.
pub fn buckets() -> [(Matcher, &'static [f64]); 2] {
    const SECONDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0];
    [HTTP_DURATION, WEBHOOK_DURATION].map(|name| (Matcher::Full(name.to_owned()), &SECONDS[..]))
}

/// Says once what each metric means.
pub(crate) fn describe() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        describe_counter!(HTTP_REQUESTS, "HTTP requests by route template, method and status code.");
        describe_histogram!(HTTP_DURATION, Unit::Seconds, "Time until the head of an HTTP answer was ready.");
        describe_counter!(WEBHOOK_REQUESTS, "Zoom webhooks by event and what became of them.");
        describe_gauge!(
            CLOCK_SKEW,
            Unit::Seconds,
            "How far this clock is ahead of Zoom's, by its latest signed webhook."
        );
        describe_gauge!(CONNECTIONS, "Connections of clients that are open.");
        describe_counter!(
            CONNECTIONS_REFUSED,
            "Connections that were closed because others need their place, by reason."
        );
        describe_counter!(
            ADMISSION_REFUSED,
            "Captures that were not begun, by who asked and what there was too little of."
        );
        for door in ["api", "zoom"] {
            for shortage in Shortage::ALL {
                counter!(ADMISSION_REFUSED, "door" => door, "reason" => shortage.name()).absolute(0);
            }
        }
        describe_histogram!(WEBHOOK_DURATION, Unit::Seconds, "Time until a Zoom webhook was acknowledged.");
    });
}

/// Counts and times a request under its route template.
pub(crate) async fn request(request: Request, next: Next) -> Response {
    let route = match request.extensions().get::<MatchedPath>().map(MatchedPath::as_str) {
        None => "unmatched".to_owned(),
        Some("/") => "/".to_owned(),
        Some(template) => template.trim_end_matches('/').to_owned(),
    };
    let method = method(request.method());
    let began = Instant::now();
    let response = next.run(request).await;
    let code = response.status().as_str().to_owned();
    counter!(HTTP_REQUESTS, "route" => route.clone(), "method" => method, "code" => code).increment(1);
    histogram!(HTTP_DURATION, "route" => route, "method" => method).record(began.elapsed().as_secs_f64());
    response
}

const fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Counts and times a webhook.
pub(crate) fn webhook(event: &'static str, result: &'static str, began: Instant) {
    counter!(WEBHOOK_REQUESTS, "event" => event, "result" => result).increment(1);
    histogram!(WEBHOOK_DURATION).record(began.elapsed().as_secs_f64());
}

/// Counts a connection that was closed because others need its place.
pub(crate) fn connection_refused(reason: &'static str) {
    counter!(CONNECTIONS_REFUSED, "reason" => reason).increment(1);
}

/// Counts an answer that a defect broke off.
pub(crate) fn answer_panicked() {
    counter!("hansard_stage_errors_total", "stage" => "answer").increment(1);
}

/// Counts a capture that was not begun; `door` is who asked for it.
pub(crate) fn admission_refused(door: &'static str, shortage: Shortage) {
    counter!(ADMISSION_REFUSED, "door" => door, "reason" => shortage.name()).increment(1);
}
