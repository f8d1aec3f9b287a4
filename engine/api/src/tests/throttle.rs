//! How many requests a customer may make in a minute, where the operator limits that.

use super::*;

const RATES: Rates = Rates { lists: 3, objects: 4, transcripts: 1 };

async fn code(world: &World, key: &str, method: Method, path: &str) -> (u16, Option<String>) {
    let answer = world.ask_with(key, method, path, None).await;
    let retry_after = answer.header("retry-after").map(str::to_owned);
    if answer.status == StatusCode::TOO_MANY_REQUESTS {
        let seconds = retry_after.as_deref().expect("when to come back");
        let detail = format!("Request was throttled. Expected available in {seconds} seconds.");
        assert_eq!(answer.json(), json!({ "code": "throttled", "detail": detail }));
    }
    (answer.status.as_u16(), retry_after)
}

#[tokio::test]
async fn whoever_asks_too_often_waits_and_others_do_not() {
    let world = World::with_rates(RATES).await;
    let id = world.created("s1").await;
    let (list, one) = (MDC.to_owned(), format!("{MDC}/{id}/"));
    for (path, count, wait_s) in [(&list, 3, 20), (&one, 4, 15)] {
        for _ in 0..count {
            assert_eq!(code(&world, KEY, Method::GET, path).await.0, 200);
        }
        let refused = code(&world, KEY, Method::GET, path).await;
        assert_eq!(refused, (429, Some(wait_s.to_string())), "{path}");
        assert_eq!(code(&world, READER_KEY, Method::GET, path).await.0, 200, "another key has a bucket of its own");
        world.advance_s(wait_s);
        assert_eq!(code(&world, KEY, Method::GET, path).await.0, 200);
        assert_eq!(code(&world, KEY, Method::GET, path).await.0, 429);
    }
}

#[tokio::test]
async fn a_capture_is_begun_however_much_was_asked_for() {
    let world = World::with_rates(RATES).await;
    for _ in 0..5 {
        code(&world, KEY, Method::GET, MDC).await;
        code(&world, KEY, Method::PATCH, &format!("{MDC}/x")).await;
    }
    assert_eq!(code(&world, KEY, Method::GET, MDC).await.0, 429);
    for number in 0..10 {
        world.created(&format!("s{number}")).await;
    }
}

#[tokio::test]
async fn nobody_waits_unless_the_operator_says_so() {
    let world = World::new().await;
    for _ in 0..100 {
        assert_eq!(code(&world, KEY, Method::GET, MDC).await.0, 200);
    }
}
