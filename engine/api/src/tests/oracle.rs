//! Whoever cannot prove that he is Zoom learns nothing: not which apps there are, not what was wrong (fault-matrix D4, D5,
//! D10, D11).

use super::*;

const JSON: (&str, &str) = ("content-type", "application/json");
const STARTED: &str = r#"{"event":"meeting.rtms_started","event_ts":1767225600000,"payload":{"meeting_uuid":"m","rtms_stream_id":"s","server_urls":"wss://zoomsjc1rtms.zoom.us"}}"#;
const CHALLENGE: &str =
    r#"{"event":"endpoint.url_validation","event_ts":1767225600000,"payload":{"plainToken":"kT3vX0wQ7mZr"}}"#;

fn apps() -> Vec<AppConfig> {
    vec![app("one", &[SECRET]), app("two", &[OTHER_SECRET, "rotated-out"])]
}

/// All of an answer that its receiver sees.
fn seen(answer: &Answer) -> String {
    format!("{} {:?} {:?}", answer.status, answer.headers, answer.body)
}

#[tokio::test]
async fn everything_that_is_not_proven_gets_the_same_answer() {
    let world = World::with_apps(apps()).await;
    let mut answers = Vec::new();
    for path in
        ["/zoom-webhook", "/zoom-webhook/one", "/zoom-webhook/two", "/zoom-webhook/unknown", "/zoom-webhook/%00"]
    {
        for (body, secret_text, signed_at_unix_s) in [
            (STARTED, "wrong", NOW_UNIX_S),
            (STARTED, "", NOW_UNIX_S),
            (STARTED, "wrong", NOW_UNIX_S - 10_000),
            (STARTED, "wrong", NOW_UNIX_S + 10_000),
            (CHALLENGE, "wrong", NOW_UNIX_S),
            ("{\"event\":", "wrong", NOW_UNIX_S),
            ("", "wrong", NOW_UNIX_S),
            // Right, and too old or too early.
            (STARTED, SECRET, NOW_UNIX_S - 10_000),
            (STARTED, OTHER_SECRET, NOW_UNIX_S + 10_000),
            ("{\"event\":", SECRET, NOW_UNIX_S - 10_000),
        ] {
            answers.push(world.webhook(path, secret_text, signed_at_unix_s, body).await);
        }
        for (headers, body) in [
            (vec![JSON], STARTED),
            (vec![JSON], "{\"event\":"),
            (vec![JSON, ("x-zm-signature", "v0=00")], STARTED),
            (vec![JSON, ("x-zm-signature", "v0=00"), ("x-zm-request-timestamp", "now")], STARTED),
            (vec![JSON, ("x-zm-request-timestamp", "1")], STARTED),
        ] {
            answers.push(world.send(Method::POST, path, &headers, body).await);
        }
    }
    // Right for one app, sent to another and to none.
    answers.push(world.webhook("/zoom-webhook/two", SECRET, NOW_UNIX_S, STARTED).await);
    answers.push(world.webhook("/zoom-webhook/unknown", SECRET, NOW_UNIX_S, STARTED).await);
    // Proven, late, and seen before.
    let late = NOW_UNIX_S - 600;
    assert_eq!(world.webhook("/zoom-webhook/one", SECRET, late, STARTED).await.status, StatusCode::OK);
    answers.push(world.webhook("/zoom-webhook/one", SECRET, late, STARTED).await);
    let first = seen(&answers[0]);
    assert!(first.starts_with("401 "), "{first}");
    for answer in &answers {
        assert_eq!(seen(answer), first);
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_form_is_told_before_any_app_is_looked_up() {
    let world = World::with_apps(apps()).await;
    let large = "x".repeat(256 * 1024 + 1);
    for (headers, body, expected) in [
        (vec![("content-type", "text/plain")], STARTED, StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (vec![JSON, ("content-encoding", "gzip")], STARTED, StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (vec![JSON], large.as_str(), StatusCode::PAYLOAD_TOO_LARGE),
        (vec![JSON, ("content-length", "262145")], "", StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let mut first = None;
        for path in ["/zoom-webhook", "/zoom-webhook/one", "/zoom-webhook/unknown"] {
            let timestamp = NOW_UNIX_S.to_string();
            let genuine = zoom::signature::webhook(&secret(SECRET), &timestamp, body.as_bytes());
            for signature in [None, Some("v0=00"), Some(genuine.as_str())] {
                let mut headers = headers.clone();
                headers.extend(signature.map(|signature| ("x-zm-signature", signature)));
                headers.push(("x-zm-request-timestamp", &timestamp));
                let answer = world.send(Method::POST, path, &headers, body.to_owned()).await;
                assert_eq!(answer.status, expected, "{path} {headers:?}");
                assert_eq!(*first.get_or_insert_with(|| seen(&answer)), seen(&answer), "{path} {headers:?}");
            }
        }
    }
}

/// One secret that is tried is one HMAC over the body, and none is left out for as long as none fits.
#[test]
fn every_name_costs_the_same_number_of_signatures() {
    for (apps, expected) in [
        (apps(), 2),
        (vec![app("one", &[SECRET])], 1),
        (vec![app("one", &[SECRET, "a", "b"]), app("two", &[])], 3),
        (vec![], 1),
    ] {
        let doors = Doors::new(&apps);
        for name in ["one", "two", "unknown", "", "ONE"] {
            assert_eq!(doors.tried(Some(name)).secrets.len(), expected, "{name}");
        }
        assert!(!doors.tried(None).secrets.is_empty());
    }
}

#[test]
fn secrets_that_are_made_up_prove_nothing_and_cannot_be_known() {
    let doors = Doors::new(&apps());
    let unknown = doors.tried(Some("unknown"));
    assert!((0..3).all(|place| unknown.proof(place).is_none()));
    let one = doors.tried(Some("one"));
    assert!(one.proof(0).is_some() && one.proof(1).is_none());
    let texts = |name: &str, doors: &Doors| {
        doors.tried(Some(name)).secrets.iter().map(|secret| secret.expose().clone()).collect::<Vec<_>>()
    };
    assert_eq!(texts("unknown", &doors), texts("unknown", &doors), "the same app answers the same");
    assert_ne!(texts("unknown", &doors), texts("other", &doors), "two apps never do");
    assert_ne!(texts("unknown", &doors), texts("unknown", &Doors::new(&apps())));
    assert!(texts("unknown", &doors).iter().all(|text| text.len() == 64));
}

#[tokio::test]
async fn a_challenge_does_not_tell_which_apps_there_are() {
    let world = World::with_apps(apps()).await;
    let ask = async |path: &str| world.send(Method::POST, path, &[JSON], CHALLENGE).await;
    let mut answers = Vec::new();
    for path in ["/zoom-webhook/one", "/zoom-webhook/two", "/zoom-webhook/unknown", "/zoom-webhook/other"] {
        let (first, again) = (ask(path).await, ask(path).await);
        assert_eq!(first.status, StatusCode::OK, "{path}");
        assert_eq!(seen(&first), seen(&again), "{path}");
        assert_eq!(first.json()["plainToken"], "kT3vX0wQ7mZr");
        let token = first.json()["encryptedToken"].as_str().expect("a token").to_owned();
        assert!(token.len() == 64 && !answers.contains(&token), "{path}");
        answers.push(token);
    }
    for token in ["", "v0:1:x", "a b"] {
        let body = CHALLENGE.replace("kT3vX0wQ7mZr", token);
        for path in ["/zoom-webhook/one", "/zoom-webhook/unknown"] {
            let answer = world.send(Method::POST, path, &[JSON], body.clone()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {token:?}");
        }
    }
}

#[tokio::test]
async fn a_secret_is_rotated_under_traffic_without_a_restart() {
    let world = World::with_apps(vec![app("main", &["old"]), app("other", &[OTHER_SECRET])]).await;
    let generation = |text: &str| {
        let tried = world.doors.tried(Some("main"));
        let place = tried.secrets.iter().position(|secret| secret.expose() == text)?;
        tried.proof(place).map(|proof| proof.generation)
    };
    let mut number = 0;
    let mut taken = async |secret_text: &str| {
        number += 1;
        let body = STARTED.replace("\"s\"", &format!("\"s{number}\""));
        world.webhook("/zoom-webhook/main", secret_text, NOW_UNIX_S, &body).await.status == StatusCode::OK
    };
    assert!(taken("old").await && !taken("new").await);
    assert!(world.doors.rotate("main", &[secret("new"), secret("old")]));
    assert!(!world.doors.rotate("main", &[secret("new"), secret("old")]), "nothing changed");
    assert!(taken("old").await && taken("new").await);
    assert_eq!((generation("new"), generation("old")), (Some(0), Some(1)));
    assert!(world.doors.rotate("main", &[secret("new")]));
    assert!(!taken("old").await && taken("new").await);
    let other = world.webhook("/zoom-webhook/other", OTHER_SECRET, NOW_UNIX_S, STARTED).await;
    assert_eq!(other.status, StatusCode::OK, "other apps are left alone");
}
