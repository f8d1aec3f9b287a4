//! Many requests, large ones and slow ones: what one stranger can take of us, and that Zoom gets through meanwhile
//! (fault-matrix D1, D4, D6, D7).

use std::time::{Duration, Instant};

use futures_util::{future::join_all, stream};
use model::CaptureStatus;
use sqlx::SqliteConnection;

use super::*;

const JSON: (&str, &str) = ("content-type", "application/json");
const STARTED: &str = r#"{"event":"meeting.rtms_started","event_ts":1767225600000,"payload":{"meeting_uuid":"m","rtms_stream_id":"s","server_urls":"wss://zoomsjc1rtms.zoom.us"}}"#;
const CHALLENGE: &str =
    r#"{"event":"endpoint.url_validation","event_ts":1767225600000,"payload":{"plainToken":"kT3vX0wQ7mZr"}}"#;
const STRANGER: &str = "203.0.113.7";
const ZOOM: &str = "198.51.100.9";
const PROXY: &str = "10.0.0.1";

fn stream_of(number: usize) -> String {
    STARTED.replace("\"s\"", &format!("\"s{number}\""))
}

/// Holds the database as a backup does, so that nothing becomes durable.
async fn seized(world: &World) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(world.dir.path().join("catalog/catalog.sqlite"));
    let mut db = options.connect().await.expect("the database");
    sqlx::query("BEGIN IMMEDIATE").execute(&mut db).await.expect("its lock");
    db
}

#[tokio::test]
async fn a_flood_of_forged_webhooks_does_not_touch_the_catalogue_and_zoom_gets_through() {
    let world = World::with_apps(vec![app("main", &[SECRET])]).await;
    let before = world.catalog.commits();
    let forged = async |number: usize, path: &str| {
        let body = stream_of(number);
        let (secret_text, age_s) = if number.is_multiple_of(3) { (SECRET, 8_000) } else { (OTHER_SECRET, 0) };
        let answer = world.webhook_from(Some(PROXY), path, secret_text, NOW_UNIX_S - age_s, &body).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let unsigned = world.send_from(Some(PROXY), Method::POST, path, &[JSON], body).await;
        assert_eq!(unsigned.status, StatusCode::UNAUTHORIZED);
    };
    let paths = ["/zoom-webhook", "/zoom-webhook/main", "/zoom-webhook/unknown"];
    join_all((0..600).map(|number| forged(number, paths[number % 3]))).await;
    assert_eq!(world.catalog.commits(), before, "nothing was written");
    assert!(world.captures().await.is_empty());
    // Over the same proxy.
    let genuine = world.webhook_from(Some(PROXY), "/zoom-webhook", SECRET, NOW_UNIX_S, STARTED).await;
    assert_eq!(genuine.status, StatusCode::OK);
    assert!(world.catalog.commits() > before, "the control: this is what a write looks like");
}

#[tokio::test]
async fn forged_webhooks_are_refused_without_asking_the_catalogue_at_all() {
    let world = World::new().await;
    world.catalog.close().await;
    for secret_text in [OTHER_SECRET, ""] {
        let answer = world.webhook("/zoom-webhook", secret_text, NOW_UNIX_S, STARTED).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let genuine = world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, STARTED).await;
    assert_eq!(genuine.status, StatusCode::SERVICE_UNAVAILABLE, "the control: this one asks it");
}

/// Behind a proxy with a public address everybody has that address, Zoom among them.
#[tokio::test]
async fn an_address_that_keeps_forging_is_told_to_wait_and_zoom_at_the_same_address_is_not() {
    let world = World::new().await;
    let forge = async |addr| world.webhook_from(Some(addr), "/zoom-webhook", OTHER_SECRET, NOW_UNIX_S, STARTED).await;
    let mut last = forge(STRANGER).await;
    for _ in 0..200 {
        last = forge(STRANGER).await;
    }
    assert_eq!((last.status, &last.json()["code"]), (StatusCode::TOO_MANY_REQUESTS, &json!("too_many_requests")));
    assert!(last.header("retry-after").is_some());
    let unsigned = world.send_from(Some(STRANGER), Method::POST, "/zoom-webhook", &[JSON], STARTED).await;
    assert_eq!(unsigned.status, StatusCode::TOO_MANY_REQUESTS);
    for addr in [STRANGER, ZOOM] {
        let zoom = world.webhook_from(Some(addr), "/zoom-webhook", SECRET, NOW_UNIX_S, STARTED).await;
        assert_eq!(zoom.status, StatusCode::OK, "{addr}");
        let signed = world.webhook_from(Some(addr), "/zoom-webhook", SECRET, NOW_UNIX_S, CHALLENGE).await;
        assert_eq!(signed.status, StatusCode::OK, "{addr}");
        let challenged = world.send_from(Some(addr), Method::POST, "/zoom-webhook", &[JSON], CHALLENGE).await;
        assert_eq!(challenged.status, StatusCode::OK, "{addr}");
        let genuine = world.webhook_from(Some(addr), "/zoom-webhook", SECRET, NOW_UNIX_S, "{\"event\":").await;
        assert_eq!(genuine.status, StatusCode::BAD_REQUEST, "{addr}: whatever it is that Zoom signs");
    }
    assert_eq!(forge(STRANGER).await.status, StatusCode::TOO_MANY_REQUESTS, "the control: it still has to wait");
    assert_eq!(forge(ZOOM).await.status, StatusCode::UNAUTHORIZED, "and nobody else");
    // An address of a private network is a proxy's without a doubt.
    for _ in 0..200 {
        assert_eq!(forge(PROXY).await.status, StatusCode::UNAUTHORIZED);
    }
    let through = world.webhook_from(Some(PROXY), "/zoom-webhook", SECRET, NOW_UNIX_S, &stream_of(2)).await;
    assert_eq!(through.status, StatusCode::OK);
}

#[tokio::test]
async fn a_proven_notice_that_is_answered_with_an_error_is_not_held_against_its_address() {
    let world = World::new().await;
    for _ in 0..200 {
        let answer = world.webhook_from(Some(ZOOM), "/zoom-webhook", SECRET, NOW_UNIX_S, "{\"event\":").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    let unsigned = world.send_from(Some(ZOOM), Method::POST, "/zoom-webhook", &[JSON], STARTED).await;
    assert_eq!(unsigned.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn zoom_itself_is_never_counted_however_much_it_sends() {
    let world = World::new().await;
    let all = (0..300).map(|number| async move { (number, stream_of(number)) });
    for (number, body) in join_all(all).await {
        let answer = world.webhook_from(Some(ZOOM), "/zoom-webhook", SECRET, NOW_UNIX_S, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{number}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_given_up() {
    let limits = Limits { body: Duration::from_millis(20), ..Limits::default() };
    let world = World::with_limits(vec![app("main", &[SECRET])], limits).await;
    for (path, key) in [("/zoom-webhook", ""), (MDC, KEY)] {
        let begun = stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"{")) });
        let slow = Body::from_stream(stream::StreamExt::chain(begun, stream::pending()));
        let answer = world.send(Method::POST, path, &[JSON, ("authorization", key)], slow).await;
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (StatusCode::REQUEST_TIMEOUT, &json!("body_timeout")),
            "{path}"
        );
        let broken = stream::once(async { Err::<Bytes, _>(std::io::Error::other("gone")) });
        let answer = world.send(Method::POST, path, &[JSON, ("authorization", key)], Body::from_stream(broken)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn large_bodies_of_strangers_are_few_at_once_and_small_ones_go_on() {
    let world = World::new().await;
    // Each sends 16 KiB and then nothing more for as long as the test lasts.
    let slow = || {
        let piece = stream::once(async { Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 16 * 1024])) });
        Body::from_stream(stream::StreamExt::chain(piece, stream::pending()))
    };
    let mut reading = Vec::new();
    let mut refused = 0;
    for _ in 0..70 {
        let mut asking = Box::pin(world.send(Method::POST, "/zoom-webhook", &[JSON], slow()));
        match futures_util::poll!(&mut asking) {
            std::task::Poll::Ready(answer) => {
                assert_eq!(
                    (answer.status, &answer.json()["code"]),
                    (StatusCode::SERVICE_UNAVAILABLE, &json!("too_busy"))
                );
                refused += 1;
            }
            std::task::Poll::Pending => reading.push(asking),
        }
    }
    assert_eq!((reading.len(), refused), (crate::body::LARGE_AT_ONCE, 70 - crate::body::LARGE_AT_ONCE));
    assert_eq!(world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, STARTED).await.status, StatusCode::OK);
    let mut wish = wish("s2");
    wish["metadata"] =
        (0..60).map(|number| (format!("k{number}"), json!("x".repeat(300)))).collect::<serde_json::Map<_, _>>().into();
    assert_eq!(
        world.ask(Method::POST, MDC, Some(&wish)).await.status,
        StatusCode::CREATED,
        "customers have room of their own"
    );
    drop(reading);
    let padded = format!("{}{}", stream_of(3), " ".repeat(100_000));
    assert_eq!(world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, &padded).await.status, StatusCode::OK);
}

/// Zoom waits 3 s; what became durable after all is there when it comes again.
#[tokio::test]
async fn a_webhook_is_answered_in_time_although_nothing_becomes_durable() {
    let limits = Limits { patience: Duration::from_millis(50), ..Limits::default() };
    assert!(Limits::default().patience < Duration::from_secs(3));
    let world = World::with_limits(vec![app("main", &[SECRET])], limits).await;
    let db = seized(&world).await;
    let began = Instant::now();
    let late = world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, STARTED).await;
    assert_eq!((late.status, &late.json()["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable")));
    assert!(began.elapsed() < Duration::from_secs(3));
    // The challenge asks nothing of the database (D6), forged webhooks neither.
    let challenged = world.send(Method::POST, "/zoom-webhook", &[JSON], CHALLENGE).await;
    assert_eq!(challenged.status, StatusCode::OK);
    let forged = world.webhook("/zoom-webhook", OTHER_SECRET, NOW_UNIX_S, STARTED).await;
    assert_eq!(forged.status, StatusCode::UNAUTHORIZED);
    assert!(world.captures().await.is_empty(), "it was not acknowledged before it was durable");
    db.close().await.expect("the lock is given back");
    // What had begun is finished although nobody waited, and whoever runs it is woken.
    world.hub.woken(hub::Wake::Starts).await;
    assert_eq!(world.captures().await.len(), 1);
    let again = world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, STARTED).await;
    assert_eq!((again.status, &again.json()["result"]), (StatusCode::OK, &json!("duplicate")));
    assert_eq!(world.captures().await[0].latest().status, CaptureStatus::JoiningCall);
}

#[tokio::test]
async fn a_start_whose_sender_hangs_up_is_finished_nevertheless() {
    let world = World::new().await;
    let db = seized(&world).await;
    let mut asking = Box::pin(world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, STARTED));
    assert!(futures_util::poll!(&mut asking).is_pending());
    drop(asking);
    db.close().await.expect("the lock is given back");
    world.hub.woken(hub::Wake::Starts).await;
    assert_eq!(world.captures().await.len(), 1);
}

/// D7: what comes at once is committed together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_starts_are_all_kept_in_a_fraction_of_as_many_commits() {
    const STARTS: usize = 10_000;
    const AT_ONCE: usize = 200;
    let world = World::new().await;
    let before = world.catalog.commits();
    for first in (0..STARTS).step_by(AT_ONCE) {
        let bodies: Vec<String> = (first..first + AT_ONCE).map(stream_of).collect();
        let answers =
            join_all(bodies.iter().map(|body| world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, body))).await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    }
    let commits = world.catalog.commits() - before;
    assert!(commits < STARTS as u64 / 10, "{commits} commits");
    let counts = world.catalog.counts().await.expect("counts");
    let kept: u64 = counts.iter().map(|(_, captures)| captures).sum();
    assert_eq!(kept, STARTS as u64);
}
