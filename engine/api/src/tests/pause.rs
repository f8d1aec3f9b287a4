//! What of a capture is recorded, as its customer wants it.

use model::Command;

use super::*;

#[tokio::test]
async fn a_customer_pauses_and_resumes_a_capture_in_either_spelling_and_as_a_bot() {
    let world = World::new().await;
    let id = world.created("s1").await;
    world.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start");
    for path in [format!("{MDC}/{id}"), format!("/api/v1/bot/{id}")] {
        for (verb, command) in [
            ("pause_recording", Command::Pause),
            ("resume_recording", Command::Resume),
            ("stop_recording/", Command::Pause),
            ("start_recording/", Command::Resume),
        ] {
            let answer = world.ask(Method::POST, &format!("{path}/{verb}"), None).await;
            assert_eq!((answer.status, &answer.json()["id"]), (StatusCode::OK, &json!(id.to_string())), "{verb}");
            assert_eq!(world.catalog.take_commands(id).await.expect("taken"), [command], "{verb}");
        }
    }
    let over = catalog::Outcome::Ended { code: "over".to_owned(), message: None };
    world.catalog.capture_ended(id, None, over, NOW_UNIX_S * 1000).await.expect("ended");
    for verb in ["pause_recording", "resume_recording", "stop_recording", "start_recording"] {
        let late = world.ask(Method::POST, &format!("{MDC}/{id}/{verb}"), None).await;
        let code = json!("cannot_command_completed_bot");
        assert_eq!((late.status, &late.json()["code"]), (StatusCode::METHOD_NOT_ALLOWED, &code), "{verb}");
    }
}

#[tokio::test]
async fn a_capture_without_a_configuration_or_with_a_manual_start_waits_to_be_started() {
    for (stream, config, waits) in [
        ("s1", Value::Null, true),
        ("s2", json!({ "start_recording_on": "manual" }), true),
        ("s3", json!({ "start_recording_on": "call_join" }), false),
    ] {
        let world = World::new().await;
        let mut asked = wish(stream);
        asked["recording_config"] = config;
        let created = world.ask(Method::POST, MDC, Some(&asked)).await;
        assert_eq!(created.status, StatusCode::CREATED);
        let job = world.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start");
        assert_eq!(job.is_withheld, waits, "{stream}");
    }
}
