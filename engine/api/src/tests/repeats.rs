//! Requests that come again with the same idempotency key.

use super::*;

async fn ask(world: &World, api_key: &str, key: &str, method: Method, path: &str, body: &Value) -> Answer {
    let authorization = format!("Token {api_key}");
    let headers =
        [("authorization", authorization.as_str()), ("idempotency-key", key), ("content-type", "application/json")];
    world.send(method, path, &headers, body.to_string()).await
}

#[tokio::test]
async fn whatever_changes_something_is_done_once_for_a_key_and_answered_the_same() {
    let world = World::new().await;
    let receivers = "/api/v1/webhook_endpoint/";
    let wish = json!({ "url": "https://1.1.1.1/hook" });
    let first = ask(&world, ADMIN_KEY, "k", Method::POST, receivers, &wish).await;
    let again = ask(&world, ADMIN_KEY, "k", Method::POST, receivers, &wish).await;
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!((first.body.clone(), first.header("content-type")), (again.body.clone(), again.header("content-type")));
    let other = ask(&world, ADMIN_KEY, "other", Method::POST, receivers, &wish).await;
    assert_ne!(other.json()["id"], first.json()["id"], "another key is another request");
    let listed = world.ask_with(ADMIN_KEY, Method::GET, receivers, None).await.json();
    assert_eq!(listed["results"].as_array().map(Vec::len), Some(2));

    let one = format!("{receivers}{}", first.json()["id"].as_str().expect("an id"));
    let change = json!({ "description": "first" });
    let changed = ask(&world, ADMIN_KEY, "k", Method::PATCH, &one, &change).await.json();
    world.ask_with(ADMIN_KEY, Method::PATCH, &one, Some(&json!({ "description": "second" }))).await;
    assert_eq!(ask(&world, ADMIN_KEY, "k", Method::PATCH, &one, &change).await.json(), changed);
    let now = world.ask_with(ADMIN_KEY, Method::GET, &one, None).await.json();
    assert_eq!(now["description"], "second", "it was not done again");

    for _ in 0..2 {
        let gone = ask(&world, ADMIN_KEY, "k", Method::DELETE, &one, &json!({})).await;
        assert_eq!((gone.status, gone.body.len()), (StatusCode::NO_CONTENT, 0));
    }
    let really = ask(&world, ADMIN_KEY, "fresh", Method::DELETE, &one, &json!({})).await;
    assert_eq!(really.status, StatusCode::NOT_FOUND, "the control");
    world.advance_s(3_600);
    assert_eq!(ask(&world, ADMIN_KEY, "k", Method::DELETE, &one, &json!({})).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_refusal_is_not_remembered_and_an_answer_is_its_callers_alone() {
    let world = World::new().await;
    let id = world.created("s1").await;
    let path = format!("{MDC}/{id}/");
    let wrong = ask(&world, KEY, "k", Method::PATCH, &path, &json!({ "metadata": 1 })).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let right = ask(&world, KEY, "k", Method::PATCH, &path, &json!({ "metadata": { "a": "1" } })).await;
    assert_eq!((right.status, &right.json()["metadata"]), (StatusCode::OK, &json!({ "a": "1" })));
    for (api_key, status) in [(THEIR_KEY, 404), (READER_KEY, 403), ("wrong", 401)] {
        let answer = ask(&world, api_key, "k", Method::PATCH, &path, &json!({})).await;
        assert_eq!(answer.status.as_u16(), status, "{api_key}");
    }
    let other = ask(&world, "api-key-2", "k", Method::PATCH, &path, &json!({ "metadata": { "a": "2" } })).await;
    assert_eq!(other.json()["metadata"], json!({ "a": "2" }));
}
