//! Receivers come, change and go; their secrets are sealed and overlap.

use super::*;
use crate::fixture::{NOW, fresh, is_in_a_file, registered, wish};

fn fresh_id(n: u8) -> WebhookEndpointId {
    WebhookEndpointId::new(NOW.unsigned_abs(), [100 + n; 10])
}

fn other() -> Project {
    "other".parse().expect("a name")
}

fn configured(name: &str, url: &str, secret: &str) -> ConfiguredWebhook {
    let secret = Secret::new(secret.to_owned());
    ConfiguredWebhook { name: name.to_owned(), project: Project::default(), wish: wish(url), secret }
}

#[tokio::test]
async fn a_receiver_is_its_projects_and_nobody_elses() {
    let (_dir, catalog) = fresh().await;
    let (one, two) = (registered(&catalog, 1).await, registered(&catalog, 2).await);
    assert_eq!(catalog.webhook(&other(), one).await.expect("read"), None);
    let known = catalog.webhook(&Project::default(), one).await.expect("read").expect("it is there");
    assert_eq!((known.wish.url.as_str(), known.disabled, known.configured_as), ("https://hooks1.example/", None, None));
    let listed: Vec<WebhookEndpointId> =
        catalog.webhooks(&Project::default()).await.expect("read").iter().map(|endpoint| endpoint.id).collect();
    assert_eq!(listed, [two, one], "newest first");
    assert!(catalog.webhooks(&other()).await.expect("read").is_empty());
    assert!(catalog.remove_webhook(one, NOW).await.expect("removed"));
    assert!(!catalog.remove_webhook(one, NOW).await.expect("gone"));
    assert_eq!(catalog.all_webhooks().await.expect("read").len(), 1);
}

#[tokio::test]
async fn what_is_asked_of_a_receiver_can_be_changed() {
    let (_dir, catalog) = fresh().await;
    let id = registered(&catalog, 1).await;
    let other = WebhookWish {
        events: vec!["recording.*".to_owned()],
        description: "notes".to_owned(),
        metadata: [("tenant".to_owned(), Some("a".to_owned()))].into(),
        ordered: false,
        svix_headers: true,
        bot_events: true,
        ..wish("https://other.example/")
    };
    let before = catalog.webhook(&Project::default(), id).await.expect("read").expect("it is there").wish;
    assert!(catalog.change_webhook(id, before.clone(), other.clone(), NOW + 50).await.expect("changed"));
    let known = catalog.webhook(&Project::default(), id).await.expect("read").expect("it is there");
    assert_eq!((known.wish, known.updated_at_unix_ms), (other.clone(), NOW + 50));
    assert!(!catalog.change_webhook(fresh_id(9), before, other, NOW).await.expect("nobody"));
}

#[tokio::test]
async fn of_two_changes_at_once_that_are_about_different_things_both_are_kept() {
    let (_dir, catalog) = fresh().await;
    let id = registered(&catalog, 1).await;
    let known = async || catalog.webhook(&Project::default(), id).await.expect("read").expect("it is there").wish;
    let before = known().await;
    let moved = WebhookWish { url: "https://moved.example/".to_owned(), ..before.clone() };
    let named = WebhookWish { description: "notes".to_owned(), ordered: !before.ordered, ..before.clone() };
    for wish in [&moved, &named] {
        assert!(catalog.change_webhook(id, before.clone(), wish.clone(), NOW).await.expect("changed"));
    }
    assert_eq!(known().await, WebhookWish { url: moved.url, ..named });
}

#[tokio::test]
async fn a_project_has_no_more_receivers_than_it_may() {
    let (_dir, catalog) = fresh().await;
    for n in 0..MOST_WEBHOOKS {
        registered(&catalog, u8::try_from(n).expect("few")).await;
    }
    let register = async |project: &Project, n| {
        let secret = Secret::new("s".to_owned());
        catalog.register_webhook(fresh_id(n), project, wish("https://a.example"), secret, NOW).await
    };
    assert_eq!(register(&Project::default(), 1).await.expect("refused"), Registered::TooMany);
    assert_eq!(register(&other(), 2).await.expect("registered"), Registered::New);
}

#[tokio::test]
async fn a_secret_is_sealed_and_the_one_before_signs_for_a_day_more() {
    let (dir, catalog) = fresh().await;
    let id = registered(&catalog, 1).await;
    let texts = async |now_unix_ms| {
        let secrets = catalog.webhook_secrets(id, now_unix_ms).await.expect("read");
        secrets.iter().map(|secret| secret.expose().clone()).collect::<Vec<_>>()
    };
    assert_eq!(texts(NOW).await, ["whsec_1"]);
    let second = Secret::new("whsec_second".to_owned());
    assert!(catalog.rotate_webhook_secret(id, second, NOW).await.expect("rotated"));
    assert_eq!(texts(NOW + OVERLAP_MS - 1).await, ["whsec_second", "whsec_1"]);
    assert_eq!(texts(NOW + OVERLAP_MS).await, ["whsec_second"]);
    assert!(!is_in_a_file(dir.path(), "whsec_"), "a secret lies open");
    assert!(is_in_a_file(dir.path(), "https://hooks1.example/"), "the control");
}

#[tokio::test]
async fn the_configuration_says_which_of_its_receivers_there_are_and_touches_no_others() {
    let (_dir, catalog) = fresh().await;
    let own = registered(&catalog, 1).await;
    let given = vec![
        (fresh_id(1), configured("a", "https://a.example", "one")),
        (fresh_id(2), configured("b", "https://b.example", "two")),
    ];
    catalog.configure_webhooks(given, NOW).await.expect("configured");
    catalog.set_webhook_disabled(fresh_id(1), true, NOW).await.expect("disabled");
    let given = vec![
        (fresh_id(3), configured("a", "https://a2.example", "one")),
        (fresh_id(4), configured("c", "https://c.example", "three")),
    ];
    catalog.configure_webhooks(given, NOW + 10).await.expect("configured");
    let known = catalog.all_webhooks().await.expect("read");
    let of = |id| known.iter().find(|endpoint| endpoint.id == id);
    assert_eq!(known.len(), 3);
    let kept = of(fresh_id(1)).expect("it keeps its id");
    assert_eq!((kept.wish.url.as_str(), kept.disabled), ("https://a2.example", Some(WebhookDisabled::ByCaller)));
    assert!(of(fresh_id(4)).is_some() && of(own).is_some() && of(fresh_id(2)).is_none());
    assert_eq!(catalog.webhook_secrets(fresh_id(1), NOW).await.expect("read").len(), 1, "an unchanged secret stays");
    let given = vec![(fresh_id(3), configured("a", "https://a2.example", "another"))];
    catalog.configure_webhooks(given, NOW + 20).await.expect("configured");
    assert_eq!(catalog.webhook_secrets(fresh_id(1), NOW).await.expect("read").len(), 2, "a changed one overlaps");
}
