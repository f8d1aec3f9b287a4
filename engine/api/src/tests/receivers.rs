//! Receivers of status webhooks over the API. Bringing anything to them is tested in `deliver`.

use ::schema::signature::SigningKey;
use model::{Consequence, DeliveryAttempt, WebhookEndpointId, WebhookMessage};

use super::*;

const PATH: &str = "/api/v1/webhook_endpoint";
const NOW_UNIX_MS: i64 = NOW_UNIX_S * 1_000;

impl World {
    async fn admin(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.ask_with(ADMIN_KEY, method, path, body).await
    }

    /// Registers a receiver with an address that needs no resolver, and answers its object.
    async fn receiver(&self) -> Value {
        let answer = self.admin(Method::POST, PATH, Some(&json!({ "url": "https://1.1.1.1/hook" }))).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json());
        answer.json()
    }

    /// Has a delivery wait for every receiver for each notice there is.
    async fn expand(&self, endpoint: WebhookEndpointId) {
        for notice in self.catalog.notices(100).await.expect("notices") {
            let event = format!("meeting_direct_connect.{}", notice.code);
            let message = WebhookMessage { endpoints: vec![endpoint], event, body: r#"{"b": 1.0,"a":2}"#.to_owned() };
            self.catalog.expand_notices(vec![(notice, vec![message])], NOW_UNIX_MS).await.expect("expanded");
        }
    }
}

fn id_of(object: &Value) -> String {
    object["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_receiver_is_registered_changed_and_forgotten_and_its_secret_shown_once() {
    let world = World::new().await;
    let created = world.receiver().await;
    let secret = created["secret"].as_str().expect("a secret").to_owned();
    SigningKey::parse(&secret).expect("a secret as receivers know it");
    let id = id_of(&created);
    let mut shown = created.clone();
    shown.as_object_mut().expect("an object").remove("secret");
    assert_eq!(
        shown,
        json!({
            "id": id, "created_at": "2026-01-01T00:00:00.000000Z", "updated_at": "2026-01-01T00:00:00.000000Z",
            "configured_as": null, "url": "https://1.1.1.1/hook", "events": [], "description": "", "metadata": {},
            "ordered": true, "svix_headers": false, "bot_events": false,
            "status": { "code": "enabled", "sub_code": null, "failing_since": null },
        })
    );
    for path in [format!("{PATH}/{id}"), format!("{PATH}/{id}/")] {
        assert_eq!(world.admin(Method::GET, &path, None).await.json(), shown);
    }
    let list = world.admin(Method::GET, PATH, None).await.json();
    assert_eq!(list, json!({ "next": null, "previous": null, "results": [shown] }));

    world.advance_s(60);
    let change =
        json!({ "events": ["recording.*"], "svix_headers": true, "disabled": true, "url": "https://1.0.0.1/" });
    let changed = world.admin(Method::PATCH, &format!("{PATH}/{id}"), Some(&change)).await.json();
    assert_eq!((&changed["url"], &changed["events"]), (&json!("https://1.0.0.1/"), &json!(["recording.*"])));
    assert_eq!(changed["status"], json!({ "code": "disabled", "sub_code": "by_caller", "failing_since": null }));
    assert_eq!(changed["updated_at"], "2026-01-01T00:01:00.000000Z");

    let rotated = world.admin(Method::POST, &format!("{PATH}/{id}/rotate_secret"), None).await;
    assert_eq!(rotated.status, StatusCode::OK);
    assert_ne!(rotated.json()["secret"].as_str().expect("a secret"), secret);
    let both = world.catalog.webhook_secrets(id.parse().expect("an id"), NOW_UNIX_MS + 60_000).await.expect("read");
    assert_eq!(both.len(), 2);

    assert_eq!(world.admin(Method::DELETE, &format!("{PATH}/{id}"), None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.admin(Method::GET, &format!("{PATH}/{id}"), None).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_with_a_receiver_is_named_and_addresses_inside_are_refused() {
    let world = World::new().await;
    let id = id_of(&world.receiver().await);
    for (url, part) in [
        ("http://127.0.0.1/", "deliver.private"),
        ("http://10.0.0.1/", "deliver.private"),
        ("http://localhost/", "deliver.private"),
        ("http://169.254.169.254/latest", "never dialled"),
        ("https://user:pass@1.1.1.1/", "password"),
        ("wss://1.1.1.1/", "http"),
        ("nonsense", "plain address"),
    ] {
        for (method, path) in [(Method::POST, PATH.to_owned()), (Method::PATCH, format!("{PATH}/{id}"))] {
            let answer = world.admin(method, &path, Some(&json!({ "url": url }))).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{url}");
            let text = answer.json()["url"][0].as_str().unwrap_or_default().to_owned();
            assert!(text.contains(part) && !text.contains("pass@"), "{url}: {text}");
        }
    }
    // Where a name leads is not told; the control: a number that the caller wrote himself is.
    for (url, is_told) in [("http://localhost/", false), ("http://127.0.0.1/", true)] {
        let answer = world.admin(Method::POST, PATH, Some(&json!({ "url": url }))).await;
        let text = answer.json()["url"][0].as_str().unwrap_or_default().to_owned();
        assert_eq!(["leads to 127.0.0.1", "::1"].iter().any(|address| text.contains(address)), is_told, "{text}");
    }
    let wrong = json!({ "url": "https://1.1.1.1/", "events": ["recordings.done"], "ordered": "yes" });
    let answer = world.admin(Method::POST, PATH, Some(&wrong)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.json()["events"].is_array() && answer.json()["ordered"].is_array());
    assert_eq!(world.admin(Method::GET, PATH, None).await.json()["results"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn only_administrators_get_here_and_only_to_what_is_their_projects() {
    let world = World::new().await;
    let id = id_of(&world.receiver().await);
    let delivery = "01890000-0000-7000-8000-000000000000";
    let since = json!({ "since": "2026-01-01T00:00:00Z" });
    let cases = [
        (Method::GET, PATH.to_owned(), None, false),
        (Method::POST, PATH.to_owned(), Some(json!({})), false),
        (Method::GET, format!("{PATH}/{id}"), None, true),
        (Method::PATCH, format!("{PATH}/{id}"), Some(json!({ "disabled": true })), true),
        (Method::POST, format!("{PATH}/{id}/rotate_secret"), None, true),
        (Method::GET, format!("{PATH}/{id}/deliveries"), None, true),
        (Method::POST, format!("{PATH}/{id}/deliveries/{delivery}/resend"), None, true),
        (Method::POST, format!("{PATH}/{id}/replay"), Some(since), true),
        (Method::DELETE, format!("{PATH}/{id}"), None, true),
    ];
    let before = world.admin(Method::GET, &format!("{PATH}/{id}"), None).await.json();
    for (method, path, body, names_one) in &cases {
        let what = format!("{method} {path}");
        let text = body.as_ref().map(ToString::to_string).unwrap_or_default();
        let nobody = world.send(method.clone(), path, &[], text).await;
        assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{what}");
        for key in [READER_KEY, KEY] {
            let answer = world.ask_with(key, method.clone(), path, body.as_ref()).await;
            let refused = (answer.status, answer.json()["code"].clone());
            assert_eq!(refused, (StatusCode::FORBIDDEN, json!("permission_denied")), "{what} with {key}");
        }
        if *names_one {
            let theirs = world.ask_with(THEIR_KEY, method.clone(), path, body.as_ref()).await;
            assert_eq!(theirs.status, StatusCode::NOT_FOUND, "{what}");
        }
    }
    assert_eq!(world.ask_with(THEIR_KEY, Method::GET, PATH, None).await.json()["results"], json!([]));
    assert_eq!(world.admin(Method::GET, &format!("{PATH}/{id}"), None).await.json(), before);
}

#[tokio::test]
async fn the_log_tells_every_attempt_and_what_was_sent_and_it_can_be_sent_once_more() {
    let world = World::new().await;
    let id = id_of(&world.receiver().await);
    let endpoint: WebhookEndpointId = id.parse().expect("an id");
    world.created("s1").await;
    world.expand(endpoint).await;
    let due = world.catalog.due_deliveries(endpoint, true, NOW_UNIX_MS, 10).await.expect("read");
    let tried = &due[0];
    let delivery = tried.id;
    let attempt = DeliveryAttempt {
        at_unix_ms: NOW_UNIX_MS,
        took_ms: 1_250,
        status: Some(500),
        code: Some("receiver_refuses".to_owned()),
    };
    let again = Consequence::Again { at_unix_ms: NOW_UNIX_MS + 5_000 };
    world.catalog.delivery_tried(tried, attempt.clone(), again, None).await.expect("noted");
    let log = world.admin(Method::GET, &format!("{PATH}/{id}/deliveries"), None).await;
    let shown = &log.json()["results"][0];
    assert_eq!(
        *shown,
        json!({
            "id": delivery, "created_at": "2026-01-01T00:00:00.000000Z", "event": "meeting_direct_connect.joining_call",
            "status": {
                "code": "waiting", "sub_code": "receiver_refuses", "next_attempt_at": "2026-01-01T00:00:05.000000Z",
            },
            "attempts": [{
                "at": "2026-01-01T00:00:00.000000Z", "seconds": 1.25, "response_code": 500, "code": "receiver_refuses",
            }],
            "payload": { "b": 1.0, "a": 2 },
        })
    );
    world.catalog.delivery_tried(tried, attempt, Consequence::Dead, None).await.expect("noted");
    let resend = format!("{PATH}/{id}/deliveries/{delivery}/resend/");
    assert_eq!(world.admin(Method::POST, &resend, None).await.json(), json!({ "queued": 1 }));
    let due = world.catalog.due_deliveries(endpoint, true, NOW_UNIX_MS, 10).await.expect("read");
    assert_eq!((due[0].id, due[0].attempts), (delivery, 0));
    let since = json!({ "since": "2026-01-01T00:00:00Z", "only_dead": true });
    let replay = format!("{PATH}/{id}/replay/");
    assert_eq!(world.admin(Method::POST, &replay, Some(&since)).await.json(), json!({ "queued": 0 }), "none is dead");

    world.admin(Method::PATCH, &format!("{PATH}/{id}"), Some(&json!({ "disabled": true }))).await;
    for (path, body) in [(&resend, None), (&replay, Some(&since))] {
        let answer = world.admin(Method::POST, path, body).await;
        assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::CONFLICT, &json!("endpoint_disabled")));
    }
    world.admin(Method::PATCH, &format!("{PATH}/{id}"), Some(&json!({ "disabled": false }))).await;
    assert_eq!(world.admin(Method::POST, &replay, Some(&since)).await.json(), json!({ "queued": 1 }));
}

#[tokio::test]
async fn the_log_goes_on_at_the_link_of_its_page() {
    let world = World::new().await;
    let id = id_of(&world.receiver().await);
    for n in 0..51 {
        world.created(&format!("s{n}")).await;
    }
    world.expand(id.parse().expect("an id")).await;
    let first = world.admin(Method::GET, &format!("{PATH}/{id}/deliveries/"), None).await.json();
    assert_eq!(first["results"].as_array().map(Vec::len), Some(50));
    let next = first["next"].as_str().expect("an older page").strip_prefix("https://hansard.example").expect("ours");
    let second = world.admin(Method::GET, next, None).await.json();
    assert_eq!((second["results"].as_array().map(Vec::len), &second["next"]), (Some(1), &Value::Null));
    let narrowed = async |code: &str| {
        let path = format!("{PATH}/{id}/deliveries/?status_code={code}");
        world.admin(Method::GET, &path, None).await
    };
    let waiting = narrowed("waiting").await.json();
    assert!(waiting["next"].as_str().expect("an older page").ends_with("&status_code=waiting"), "{waiting}");
    assert_eq!(narrowed("dead").await.json()["results"], json!([]));
    assert_eq!(narrowed("lost").await.status, StatusCode::BAD_REQUEST);
    for cursor in ["x", "7"] {
        let bad = world.admin(Method::GET, &format!("{PATH}/{id}/deliveries/?cursor={cursor}"), None).await;
        assert_eq!((bad.status, &bad.json()["code"]), (StatusCode::BAD_REQUEST, &json!("bad_cursor")));
    }
}

#[tokio::test]
async fn a_receiver_of_the_configuration_can_be_disabled_here_and_nothing_else() {
    let world = World::new().await;
    let id = WebhookEndpointId::new(1, [1; 10]);
    let wish = ::schema::request::new_webhook(br#"{"url": "https://1.1.1.1/"}"#).expect("a wish");
    let configured = model::ConfiguredWebhook {
        name: "crm".to_owned(),
        project: Project::default(),
        wish,
        secret: secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    };
    world.catalog.configure_webhooks(vec![(id, configured)], NOW_UNIX_MS).await.expect("configured");
    let path = format!("{PATH}/{id}");
    for (method, path, body) in [
        (Method::PATCH, path.clone(), Some(json!({ "description": "x" }))),
        (Method::DELETE, path.clone(), None),
        (Method::POST, format!("{path}/rotate_secret"), None),
    ] {
        let answer = world.admin(method, &path, body.as_ref()).await;
        assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::CONFLICT, &json!("endpoint_configured")));
    }
    let disabled = world.admin(Method::PATCH, &path, Some(&json!({ "disabled": true }))).await.json();
    assert_eq!((&disabled["configured_as"], &disabled["status"]["code"]), (&json!("crm"), &json!("disabled")));
}

#[tokio::test]
async fn a_project_has_no_more_receivers_than_it_may() {
    let world = World::new().await;
    for _ in 0..catalog::MOST_WEBHOOKS {
        world.receiver().await;
    }
    let answer = world.admin(Method::POST, PATH, Some(&json!({ "url": "https://1.1.1.1/" }))).await;
    assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::CONFLICT, &json!("too_many_endpoints")));
}
