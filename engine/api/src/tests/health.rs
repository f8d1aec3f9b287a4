//! Health and metrics.

use super::*;

#[tokio::test]
async fn it_is_ready_as_long_as_the_catalogue_commits() {
    let world = World::new().await;
    for path in ["/health/live", "/health/live/", "/health/ready"] {
        assert_eq!(world.send(Method::GET, path, &[], "").await.status, StatusCode::OK, "{path}");
    }
    world.catalog.close().await;
    assert_eq!(world.send(Method::GET, "/health/ready", &[], "").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.send(Method::GET, "/health/live", &[], "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn requests_are_counted_under_their_templates() {
    let world = World::new().await;
    let id = world.created("s1").await;
    world.ask(Method::GET, &format!("{MDC}/{id}/"), None).await;
    world.send(Method::GET, "/nowhere/at/all", &[], "").await;
    world.send(Method::POST, "/zoom-webhook", &[], "{}").await;
    let answer = world.send(Method::GET, "/metrics", &[], "").await;
    assert!(answer.header("content-type").is_some_and(|value| value.starts_with("text/plain")));
    let text = String::from_utf8(answer.body.to_vec()).expect("text");
    for line in [
        r#"hansard_http_requests_total{route="/api/v1/meeting_direct_connect/{id}",method="GET",code="200"}"#,
        r#"hansard_http_requests_total{route="/api/v1/meeting_direct_connect",method="POST",code="201"}"#,
        r#"hansard_http_requests_total{route="unmatched",method="GET",code="404"}"#,
        r#"hansard_webhook_requests_total{event="unknown",result="bad_signature"}"#,
        "hansard_webhook_ack_duration_seconds",
        "# HELP hansard_http_request_duration_seconds",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains(&id.to_string()), "nothing is counted per meeting");
}
