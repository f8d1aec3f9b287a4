//! Parts of single participants, and files of sound alone, are as much in time as mixed videos: each counts from its own second 0.

use std::path::{Path, PathBuf};

use catalog::Catalog;
use media::AudioCodec;
use model::{Artifact, ArtifactFormat, ArtifactKind, ArtifactState, RecordingConfig, RecordingId};
use serde_json::Value;
use store::{ObjectKey, Store};

use super::{
    capture::Capture,
    judge::{self, Expected, Measured},
    meeting::{Meeting, SEATS, SHARES, Shows},
    sync::SHORT,
    words,
};
use crate::fixture::{begun, end, render};

/// Files that were published, copied to where foreign programs read them.
struct Published {
    dir: tempfile::TempDir,
    artifacts: Vec<Artifact>,
}

impl Published {
    /// Everything that a meeting of that log is made to.
    async fn of(meeting: &Meeting, config: RecordingConfig) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(dir.path()).await.unwrap();
        let store = Store::open(&dir.path().join("store")).unwrap();
        let id = begun(&catalog, 1, config).await;
        Capture::of(meeting).write(journal::LogDir::of(dir.path(), id)).await;
        end(&catalog, id).await;
        render(dir.path(), &catalog, &store).await;
        let recording = catalog.capture(id).await.unwrap().unwrap().recording.unwrap();
        for artifact in &recording.artifacts {
            assert_eq!(artifact.state, ArtifactState::Done, "{artifact:?}");
            copy(&store, recording.id, artifact, dir.path()).await;
        }
        Self { dir, artifacts: recording.artifacts }
    }

    fn file(&self, artifact: &Artifact, name: &str) -> PathBuf {
        self.dir.path().join(format!("{}-{name}", artifact.id))
    }

    fn of_kind(&self, kind: ArtifactKind) -> impl Iterator<Item = &Artifact> {
        self.artifacts.iter().filter(move |artifact| artifact.kind == kind)
    }

    fn json(&self, artifact: &Artifact, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.file(artifact, name)).unwrap()).unwrap()
    }

    /// The parts of an artifact: the file, whose seat, from when to when in the recording, and whether it is a screen.
    fn parts(&self, artifact: &Artifact) -> Vec<(PathBuf, usize, (i64, i64), bool)> {
        let part = |part: &Value| {
            let ms = |seconds: &Value| (seconds.as_f64().unwrap() * 1_000.0).round() as i64;
            let start_ms = ms(&part["start_timestamp"]["relative"]);
            let seat = SEATS.iter().position(|seat| part["participant"]["id"] == seat.id).unwrap();
            let file = self.file(artifact, part["file"].as_str().unwrap());
            (file, seat, (start_ms, start_ms + ms(&part["duration"])), part["type"] == "screenshare")
        };
        self.json(artifact, "parts.json").as_array().unwrap().iter().map(part).collect()
    }
}

/// Copies what an artifact has to a directory, each file behind the artifact's id.
pub(super) async fn copy(store: &Store, recording: RecordingId, artifact: &Artifact, dir: &Path) {
    for file in &artifact.files {
        let key = ObjectKey::new(recording, artifact.id, &file.name).unwrap();
        let (mut object, ..) = store.open_read(&key).await.unwrap();
        let mut copied = tokio::fs::File::create(dir.join(format!("{}-{}", artifact.id, file.name))).await.unwrap();
        tokio::io::copy(&mut object, &mut copied).await.unwrap();
        copied.sync_all().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_participants_camera_and_screen_are_together_with_their_sound() {
    let config = RecordingConfig { video_mixed: false, video_separate: true, ..RecordingConfig::default() };
    let made = Published::of(&SHORT, config).await;
    let artifact = made.of_kind(ArtifactKind::VideoSeparate).next().unwrap();
    let mut all = Measured::default();
    for (file, who, stretch, is_screen) in made.parts(artifact) {
        let expected = Expected::of(
            &SHORT,
            stretch,
            |moment| match moment.shows {
                Shows::Camera => Some(!is_screen && moment.seat == who),
                Shows::Screen => Some(is_screen && who == SHARES),
                Shows::Nothing => Some(false),
            },
            |seat| seat == who,
        );
        let measured = judge::video(&file, &expected, true).unwrap();
        all.join(&measured, stretch.0);
    }
    eprintln!("all parts: {all}");
    all.hold().unwrap();
    assert!(all.between.count() >= 30 && all.pictures.count() >= 35, "{all}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_sound_beep_and_speak_when_it_was_done() {
    use ArtifactFormat::{M4a, Mp3, Ogg, Raw};
    for (codec, mixed, separate) in [(AudioCodec::L16, [M4a, Raw], Mp3), (AudioCodec::Opus, [Mp3, M4a], Ogg)] {
        let meeting = Meeting { codec, sentence_every: 3, ..SHORT };
        let config = RecordingConfig {
            video_mixed: false,
            audio_mixed: mixed.to_vec(),
            audio_separate: vec![separate],
            ..RecordingConfig::of_an_app()
        };
        let made = Published::of(&meeting, config).await;
        let transcript = made.json(made.of_kind(ArtifactKind::Transcript).next().unwrap(), "transcript.json");
        let whole = Expected::of(&meeting, (0, meeting.end_ms()), |_| Some(false), |_| true);
        for artifact in made.of_kind(ArtifactKind::AudioMixed) {
            let file = made.file(artifact, &artifact.files[0].name);
            let measured = judge::sound(&file, &whole).unwrap();
            let worst_ms = words::worst_lag_ms(&file, &transcript).unwrap();
            let said_late = words::moved(&transcript, 0.06);
            assert!(words::worst_lag_ms(&file, &said_late).is_err(), "the control: the words are 60 ms off");
            eprintln!("{codec:?} to {:?}: {}, words: max {worst_ms:.1} ms", artifact.format, measured.sound);
        }
        let mut all = Measured::default();
        for (file, who, stretch, _) in made.parts(made.of_kind(ArtifactKind::AudioSeparate).next().unwrap()) {
            let expected = Expected::of(&meeting, stretch, |_| Some(false), |seat| seat == who);
            all.join(&judge::sound(&file, &expected).unwrap(), stretch.0);
        }
        eprintln!("{codec:?} to parts in {separate:?}: {}", all.sound);
        all.hold().unwrap();
        assert!(all.sound.count() >= 25, "{all}");
    }
}
