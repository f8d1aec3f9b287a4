//! Artifacts of sound: what is made, what one that fails leaves, and what a deletion takes.

use media::{AudioCodec, AudioFormat, Channels, Format, Frame, SampleRate, Track, TrackKind};
use model::{
    Artifact, ArtifactFormat, ArtifactKind, ArtifactState, CaptureId, Control, Entry, Epoch, Record, RecordingConfig,
    platform::Leg,
};

use std::{fs, path::Path, sync::Arc, time::Instant};

use catalog::Catalog;
use hub::Hub;
use journal::{DiskPool, LocalDisk, LogDir, LogSettings, LogWriter};
use media::SourceTime;
use store::Store;

use crate::{clock::unix_ms, fixture::*, purge::purge};

const FORMATS: [ArtifactFormat; 3] = [ArtifactFormat::Raw, ArtifactFormat::Mp3, ArtifactFormat::Ogg];
/// 20 ms of silence in Opus.
const PACKET: [u8; 3] = [0xF8, 0xFF, 0xFE];

/// A meeting of 90 s that ended, in which one person speaks at second 1 and at second 80.
async fn heard(dir: &Path, catalog: &Catalog) -> CaptureId {
    let config = RecordingConfig {
        video_mixed: false,
        audio_mixed: vec![ArtifactFormat::Raw, ArtifactFormat::M4a, ArtifactFormat::Mp3],
        audio_separate: FORMATS.to_vec(),
        ..RecordingConfig::default()
    };
    let id = begun(catalog, 1, config).await;
    let (pool, now) = (DiskPool::start(Arc::new(LocalDisk), 1).unwrap(), Instant::now());
    let mut log = LogWriter::open(LogDir::of(dir, id), pool, LogSettings::default(), Epoch(1), now).unwrap();
    let at = |ms: i64| SourceTime::from_unix_ms(1_767_225_600_000 + ms);
    let opus =
        AudioFormat { codec: AudioCodec::Opus, rate: SampleRate::HZ_48000, channels: Channels::Mono, packet_ms: 20 };
    let (kind, source) = (TrackKind::Audio, 7);
    let packet =
        |ms| Entry::Media(Frame { track: Track { kind, source }, at: at(ms), payload: PACKET.to_vec().into() });
    let begins = [
        Entry::Control(Control::FirstPacket { at: at(0) }),
        Entry::Control(Control::LegReady { leg: Leg::Audio, format: Some(Format::Audio(opus)) }),
    ];
    let ends = Control::Ended { code: "over".to_owned(), cut_short: false, stop_reason: Some(2), at: Some(at(90_000)) };
    let packets = (1_000..2_000).chain(80_000..81_000).step_by(20).map(packet);
    for entry in begins.into_iter().chain(packets).chain([Entry::Control(ends)]) {
        // What comes 78 s later by both clocks is no jump of one.
        let arrived_ms = if let Entry::Media(frame) = &entry { frame.at } else { at(0) }.unix_ms();
        let arrived_unix_ns = u64::try_from(arrived_ms).unwrap() * 1_000_000;
        log.append(&Record { arrived_unix_ns, epoch: Epoch(1), entry }, now).unwrap();
    }
    log.close().await.unwrap();
    end(catalog, id).await;
    id
}

async fn artifacts(catalog: &Catalog, id: CaptureId) -> Vec<Artifact> {
    catalog.capture(id).await.unwrap().unwrap().recording.unwrap().artifacts
}

fn names(artifact: &Artifact) -> Vec<&str> {
    artifact.files.iter().map(|file| file.name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_is_made_in_every_format_and_a_deletion_takes_every_part() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let id = heard(dir.path(), &catalog).await;
    render(dir.path(), &catalog, &store).await;
    let made = artifacts(&catalog, id).await;
    assert!(made.iter().all(|artifact| artifact.state == ArtifactState::Done), "{made:?}");
    let mixed = made.iter().filter(|artifact| artifact.kind == ArtifactKind::AudioMixed);
    let mixed: Vec<_> =
        mixed.flat_map(|artifact| &artifact.files).map(|file| (&*file.name, &*file.media_type)).collect();
    assert_eq!(
        mixed,
        [
            ("audio_mixed.raw", "application/octet-stream"),
            ("audio_mixed.m4a", "audio/mp4"),
            ("audio_mixed.mp3", "audio/mpeg")
        ]
    );
    for format in FORMATS {
        let of = |artifact: &&Artifact| artifact.kind == ArtifactKind::AudioSeparate && artifact.format == Some(format);
        let name = |n| format!("part-000{n}.{}", format.name());
        assert_eq!(names(made.iter().find(of).unwrap()), [&name(1), &name(2), "parts.json"]);
    }
    let objects = dir.path().join("store/objects");
    assert!(fs::read_dir(&objects).unwrap().count() > 0, "the control: there are files");
    assert_eq!(fs::read_dir(dir.path().join("store/incoming")).unwrap().count(), 0, "nothing is left behind");

    assert!(catalog.revoke(id, unix_ms()).await.unwrap());
    let job = catalog.claim_purge(unix_ms()).await.unwrap().expect("a purge waits");
    let settings = desk(dir.path(), &catalog, &store).settings;
    purge(job, settings, catalog.clone(), store.clone(), Hub::new()).await;
    assert_eq!(fs::read_dir(&objects).unwrap().count(), 0);
    // Three files of everybody, three times two parts and a list, five documents; and a log.
    let purged = catalog.deletion(id).await.unwrap().expect("an audit").purged;
    assert!(purged.files >= 3 + 9 + 5, "{purged:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_render_of_sound_that_is_called_off_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    heard(dir.path(), &catalog).await;
    let job = catalog.claim_render(unix_ms()).await.unwrap().expect("a render waits");
    desk(dir.path(), &catalog, &store).run(job, called_off()).await;
    for place in ["store/objects", "store/incoming"] {
        assert_eq!(fs::read_dir(dir.path().join(place)).unwrap().count(), 0, "{place}");
    }
}
