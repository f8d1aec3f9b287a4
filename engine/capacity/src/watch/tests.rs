use model::Shortage;

use super::*;
use crate::Threshold;

const NEVER: Threshold = Threshold { percent: 0.0, most_bytes: u64::MAX, within: Duration::ZERO };
const ALWAYS: Threshold = Threshold { percent: 100.0, most_bytes: u64::MAX, within: Duration::ZERO };

fn settings(scarce: Threshold, critical: Threshold) -> Settings {
    Settings {
        thresholds: Thresholds { low: NEVER, scarce, critical, exhausted: NEVER },
        reserve_bytes: 2 << 20,
        memory_bytes: 1 << 40,
        bounds: Bounds { captures: 7, descriptors: 9, open_files: 100 },
    }
}

/// A directory on the real disk with a watch over it, and who is told.
fn begun(settings: Settings) -> (tempfile::TempDir, watch::Sender<Settings>, Hub, Watch) {
    let dir = tempfile::tempdir().unwrap();
    let (change, changes) = watch::channel(settings);
    let hub = Hub::new();
    let watch = Watch::begin(Volume::open(dir.path()).unwrap(), changes, hub.clone()).unwrap();
    (dir, change, hub, watch)
}

#[tokio::test]
async fn the_first_look_tells_everybody_and_makes_the_reserve() {
    let (dir, _change, hub, _watch) = begun(settings(NEVER, NEVER));
    assert_eq!(hub.capacity().room(), Room { captures: 7, shortage: Shortage::Captures });
    assert_eq!(hub.capacity().space(), Space::Ample);
    assert_eq!(std::fs::metadata(dir.path().join("reserve")).unwrap().len(), 2 << 20);
}

#[tokio::test]
async fn a_threshold_that_is_changed_counts_from_the_next_look_on() {
    let (_dir, change, hub, mut watch) = begun(settings(NEVER, NEVER));
    change.send_replace(settings(ALWAYS, NEVER));
    watch.again().await.unwrap();
    assert_eq!(hub.capacity().space(), Space::Scarce);
    assert_eq!(hub.capacity().room(), Room { captures: 0, shortage: Shortage::Storage });
    change.send_replace(settings(NEVER, ALWAYS));
    watch.again().await.unwrap();
    assert_eq!(hub.capacity().space(), Space::Critical);
}

async fn wait_for_room(catalog: &Catalog, wanted: bool) {
    let answered = async {
        while catalog.has_room_for_capture().await.unwrap() != wanted {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), answered).await.expect("it is looked every second");
}

#[tokio::test]
async fn the_catalogue_is_held_to_the_room() {
    let (dir, change, _hub, watch) = begun(settings(ALWAYS, NEVER));
    let catalog = Catalog::open(&dir.path().join("catalog")).await.unwrap();
    let stop = CancellationToken::new();
    let watching = tokio::spawn(watch.run(catalog.clone(), stop.clone()));
    wait_for_room(&catalog, false).await;
    change.send_replace(settings(NEVER, NEVER));
    wait_for_room(&catalog, true).await;
    stop.cancel();
    watching.await.unwrap();
}

#[test]
fn a_volume_that_was_full_wakes_what_was_held_back() {
    let (_dir, change, hub, mut watch) = begun(settings(NEVER, ALWAYS));
    assert_eq!(hub.capacity().space(), Space::Critical);
    change.send_replace(settings(NEVER, NEVER));
    let settings = *watch.settings.borrow_and_update();
    let start = Instant::now();
    for second in 0..4 {
        let look = look(&watch.volume, &settings).unwrap();
        watch.judge(&look, &settings, start + Duration::from_secs(second));
    }
    assert_eq!(hub.capacity().space(), Space::Ample);
    let mut woken = std::pin::pin!(hub.woken(Wake::Renders));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(Future::poll(woken.as_mut(), &mut context).is_ready());
}
