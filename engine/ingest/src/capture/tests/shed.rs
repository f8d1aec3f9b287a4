//! A data volume that is nearly full costs pictures, which are declared, and neither sound nor events.

use bytes::Bytes;
use journal::LogReader;
use media::{Frame, Track, TrackKind};
use model::{DropReason, LossCause, Room, Space};

use super::*;

fn frame(kind: TrackKind, at_ms: i64) -> Output {
    let (track, at) = (Track { kind, source: 7 }, SourceTime::from_unix_ms(at_ms));
    Output::Record(Entry::Media(Frame { track, at, payload: Bytes::from_static(b"payload") }))
}

/// What the log of a capture holds that received sound and pictures while the volume was at that level.
async fn logged(space: Space) -> Vec<Entry> {
    let world = World::new().await.known().await;
    world.hub.capacity().set(space, Room::UNBOUNDED);
    let mut outputs = vec![frame(TrackKind::Audio, 1_000), frame(TrackKind::Video, 1_000)];
    outputs.extend([frame(TrackKind::Video, 1_040), frame(TrackKind::Share, 1_050), frame(TrackKind::Audio, 1_060)]);
    let over = Control::Ended { code: "over".to_owned(), cut_short: false, stop_reason: Some(2), at: None };
    outputs.extend([Output::Record(Entry::Control(over)), Output::End(end(EndKind::Ended))]);
    let task = world.task(Patient { outputs, kind: EndKind::Ended }, CancellationToken::new());
    task.run("{}".to_owned(), None, []).await;
    let mut reader = LogReader::open(LogDir::at(world.dir.path().join("log"))).unwrap();
    let entries = std::iter::from_fn(|| reader.next_record().unwrap().map(|stored| stored.record.entry)).collect();
    world.catalog.close().await;
    entries
}

fn kept(entries: &[Entry]) -> Vec<(TrackKind, i64)> {
    let media = entries.iter().filter_map(|entry| match entry {
        Entry::Media(frame) => Some((frame.track.kind, frame.at.unix_ms())),
        _ => None,
    });
    media.collect()
}

fn declared(entries: &[Entry]) -> Vec<(TrackKind, u64, i64, i64)> {
    let drops = entries.iter().filter_map(|entry| match entry {
        Entry::Control(Control::Dropped { kind, frames, from, to, cause, reason }) => {
            assert_eq!((*cause, *reason), (LossCause::Ours, DropReason::Storage));
            Some((*kind, *frames, from.unix_ms(), to.unix_ms()))
        }
        _ => None,
    });
    drops.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_an_exhausted_volume_sound_is_kept_and_pictures_are_declared() {
    let entries = logged(Space::Exhausted).await;
    assert_eq!(kept(&entries), [(TrackKind::Audio, 1_000), (TrackKind::Audio, 1_060)]);
    let mut declared = declared(&entries);
    declared.sort_unstable();
    assert_eq!(declared, [(TrackKind::Video, 2, 1_000, 1_040), (TrackKind::Share, 1, 1_050, 1_050)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_volume_that_is_only_critical_everything_is_kept() {
    let entries = logged(Space::Critical).await;
    assert_eq!(kept(&entries).len(), 5);
    assert_eq!(declared(&entries), []);
}
