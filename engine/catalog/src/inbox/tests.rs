use tokio::task::JoinSet;

use crate::{
    Catalog,
    fixture::{NOW, fresh},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[tokio::test]
async fn a_delivery_is_new_once_even_among_a_hundred_copies_and_after_a_restart() {
    let (dir, catalog) = fresh().await;
    let mut copies = JoinSet::new();
    for _ in 0..100 {
        let catalog = catalog.clone();
        copies.spawn(async move { catalog.remember_delivery("key", NOW).await.expect("remembered") });
    }
    assert_eq!(copies.join_all().await.into_iter().filter(|new| *new).count(), 1);
    catalog.close().await;
    let catalog = Catalog::open(dir.path()).await.expect("the catalogue again");
    assert!(!catalog.remember_delivery("key", NOW).await.expect("remembered"));
    assert!(catalog.remember_delivery("another", NOW).await.expect("remembered"));
}

#[tokio::test]
async fn deliveries_are_remembered_for_a_week_and_then_forgotten() {
    let (_dir, catalog) = fresh().await;
    assert!(catalog.remember_delivery("key", NOW).await.expect("remembered"));
    assert!(!catalog.remember_delivery("key", NOW + 7 * DAY_MS).await.expect("remembered"));
    assert!(catalog.remember_delivery("key", NOW + 9 * DAY_MS).await.expect("remembered"));
}
