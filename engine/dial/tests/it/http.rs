//! Plain requests.

use bytes::Bytes;
use dial::{DialError, Dialer, HostPattern, HttpRequest};
use model::Fault;

use crate::server::{DEADLINE, Server, authority, certificate, policy, unbounded};

const LIMIT_BYTES: usize = 1_000;

fn request(url: &str) -> HttpRequest<'_> {
    HttpRequest {
        method: "PATCH",
        url,
        headers: &[("authorization", "Bearer canary"), ("content-type", "application/json")],
        body: Bytes::from_static(b"{\"action\":\"start\"}"),
    }
}

/// A server, its address with a path, and a dialer that may send requests to it, but not open a WebSocket.
async fn server() -> (Server, String, Dialer) {
    let authority = authority();
    let server = Server::new(&authority, certificate()).await;
    let url = format!("https://{}/v2/meetings/a%252Fb?query=1", server.address);
    let dialer = Dialer::new(policy(&["*.zoom.us"]), Some(authority.pem().as_bytes())).expect("a dialer");
    (server, url.clone(), dialer.with_http_hosts([HostPattern::of_url(&url).expect("a host")]))
}

#[tokio::test]
async fn a_request_is_sent_as_it_is_and_its_answer_comes_back() {
    let (server, url, dialer) = server().await;
    let answer = b"HTTP/1.1 429 Too Many Requests\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nRetry-After: 7\r\n\
        Content-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"code\":1}\n";
    let (response, asked) = tokio::join!(dialer.http(request(&url), LIMIT_BYTES, DEADLINE), server.answer(answer));
    let response = response.expect("an answer");
    assert_eq!(response.status, 429);
    assert_eq!(response.retry_after.as_deref(), Some("7"));
    assert_eq!(response.date.as_deref(), Some("Thu, 01 Jan 2026 00:00:00 GMT"));
    assert_eq!(response.content_type.as_deref(), Some("application/json"));
    assert_eq!(&response.body[..], b"{\"code\":1}\n");
    let head = asked.to_ascii_lowercase();
    assert!(head.starts_with("patch /v2/meetings/a%252fb?query=1 http/1.1\r\n"), "{asked}");
    for line in
        [format!("host: {}", server.address), "authorization: bearer canary".into(), "content-length: 18".into()]
    {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{line} in {asked}");
    }
}

#[tokio::test]
async fn an_answer_without_a_body_is_an_answer() {
    let (server, url, dialer) = server().await;
    let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
    let (response, _) = tokio::join!(dialer.http(request(&url), LIMIT_BYTES, DEADLINE), server.answer(answer));
    let response = response.expect("an answer");
    assert_eq!((response.status, response.body.len(), response.date), (204, 0, None));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (server, url, dialer) = server().await;
    let answer = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n";
    let (response, _) = tokio::join!(dialer.http(request(&url), LIMIT_BYTES, DEADLINE), server.answer(answer));
    assert_eq!(response.expect("an answer").status, 307);
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused_whether_it_says_so_or_not() {
    let told = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{}", "a".repeat(2_000));
    let untold = format!("HTTP/1.1 200 OK\r\n\r\n{}", "a".repeat(1_001));
    for answer in [told, untold] {
        let (server, url, dialer) = server().await;
        let (response, _) =
            tokio::join!(dialer.http(request(&url), LIMIT_BYTES, DEADLINE), server.answer(answer.as_bytes()));
        let error = response.expect_err("too much");
        assert_eq!(error.code(), "http_answer_too_large", "{error}");
        assert!(error.permanent());
    }
    let (server, url, dialer) = server().await;
    let just = format!("HTTP/1.1 200 OK\r\n\r\n{}", "a".repeat(1_000));
    let (response, _) = tokio::join!(dialer.http(request(&url), LIMIT_BYTES, DEADLINE), server.answer(just.as_bytes()));
    assert_eq!(response.expect("an answer").body.len(), 1_000);
}

#[tokio::test]
async fn an_answer_that_breaks_off_or_is_none_is_a_failure_and_shows_no_secret() {
    for answer in [&b""[..], b"not HTTP\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"] {
        let (server, url, dialer) = server().await;
        let (response, _) = tokio::join!(dialer.http(request(&url), LIMIT_BYTES, DEADLINE), server.answer(answer));
        let error = response.expect_err("no answer");
        assert_eq!(error.code(), "http_failed", "{error}");
        assert!(!error.permanent() && !error.to_string().contains("canary"), "{error}");
    }
    let (_, url, _) = server().await;
    assert!(!format!("{:?}", request(&url)).contains("canary"));
}

#[tokio::test]
async fn requests_go_only_where_they_may_and_websockets_not_where_only_requests_may() {
    let (server, url, dialer) = server().await;
    let refused = |error: DialError| matches!(error, DialError::Refused { .. });
    for elsewhere in ["https://evil.example/", "https://127.0.0.1/", "http://a.zoom.us/", "wss://a.zoom.us/"] {
        let error = dialer.http(request(elsewhere), LIMIT_BYTES, DEADLINE).await.expect_err(elsewhere);
        assert!(refused(error), "{elsewhere}");
    }
    let error =
        dialer.websocket(&server.url(), LIMIT_BYTES, unbounded(), DEADLINE).await.expect_err("only for requests");
    assert!(refused(error));
    let error = dialer.http(request(&url.replacen("https", "http", 1)), LIMIT_BYTES, DEADLINE).await;
    assert!(refused(error.expect_err("not encrypted")));
}
