//! A capture comes to its end whatever the disk does (fault matrix I7).

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{
    super::*,
    stage::{Gate, Patient, World, end, id},
};

/// A capture that has ended while the disk does not answer; as long as the answer is kept, the disk does not.
async fn ended_over_a_dead_disk(
    kind: EndKind,
    close_limit: Duration,
) -> (World, tokio::task::JoinHandle<End>, mpsc::Sender<()>) {
    let (dead, opened) = mpsc::channel();
    let gate = Arc::new(Gate { waits: tokio::sync::Notify::new(), opened: Mutex::new(opened) });
    let world = World { gate: Some(gate), close_limit, ..World::new().await }.known().await;
    let at = SourceTime::from_unix_ms(1);
    let outputs = vec![Output::Record(Entry::Control(Control::FirstPacket { at })), Output::End(end(kind))];
    let task = world.task(Patient { outputs, kind }, CancellationToken::new());
    let running = tokio::spawn(task.run("{}".to_owned(), None, []));
    (world, running, dead)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_never_answers_does_not_keep_a_capture_from_its_end() {
    for kind in [EndKind::Ended, EndKind::Failed] {
        let (world, running, dead) = ended_over_a_dead_disk(kind, Duration::from_millis(50)).await;
        assert_eq!(running.await.unwrap().kind, kind);
        assert!(world.status().await >= CaptureStatus::CallEnded, "the catalogue knows how it ended");
        assert_eq!(world.catalog.capture(id()).await.unwrap().unwrap().latest().sub_code.as_deref(), Some("over"));
        drop(dead);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_control_without_a_limit_it_waits_for_the_disk() {
    let (world, running, dead) = ended_over_a_dead_disk(EndKind::Ended, Duration::from_secs(3_600)).await;
    // Long enough to tell: with a limit of 50 ms the test above is over by then.
    assert!(
        timeout(Duration::from_millis(500), async {
            while !running.is_finished() {
                tokio::task::yield_now().await
            }
        })
        .await
        .is_err()
    );
    assert!(world.status().await < CaptureStatus::CallEnded);
    drop(dead);
    running.await.unwrap();
    assert!(world.status().await >= CaptureStatus::CallEnded);
}

#[test]
fn the_disk_has_half_of_what_a_capture_has_to_come_to_its_end() {
    assert!(CLOSE_LIMIT * 2 <= Duration::from_secs(120));
}
