//! Files of sound as renders make them, and files that are not what they should be.

use std::path::PathBuf;

use bytes::Bytes;
use media::{AudioCodec, AudioFormat, Channels, Format, Frame, SampleRate, SourceTime, Track as Source, TrackKind};
use model::{Control, Entry, Epoch, Locator, Record, platform::Leg};
use render::{MixedSound, PartSound, PayloadError, Payloads, SoundSettings, SoundStep};
use timeline::{Builder, Timeline};

use super::*;
use crate::{file::Growing, staging::Plain};

const ZERO_MS: i64 = 1_767_225_600_000;
const ALL: [ArtifactFormat; 4] = [ArtifactFormat::M4a, ArtifactFormat::Mp3, ArtifactFormat::Raw, ArtifactFormat::Ogg];
/// 20 ms of silence.
const PACKET: [u8; 3] = [0xF8, 0xFF, 0xFE];

struct Silence;

impl Payloads for Silence {
    fn read(&mut self, _: Locator) -> Result<Bytes, PayloadError> {
        Ok(Bytes::from_static(&PACKET))
    }
}

/// A meeting of so many milliseconds in which a packet of Opus comes at each of these.
fn meeting(length_ms: i64, packets_at_ms: impl IntoIterator<Item = i64>) -> Timeline {
    let at = |ms| SourceTime::from_unix_ms(ZERO_MS + ms);
    let opus =
        AudioFormat { codec: AudioCodec::Opus, rate: SampleRate::HZ_48000, channels: Channels::Mono, packet_ms: 20 };
    let begins = [
        Entry::Control(Control::FirstPacket { at: at(0) }),
        Entry::Control(Control::LegReady { leg: Leg::Audio, format: Some(Format::Audio(opus)) }),
    ];
    let track = Source { kind: TrackKind::Audio, source: 7 };
    let packets = packets_at_ms
        .into_iter()
        .map(|ms| Entry::Media(Frame { track, at: at(ms), payload: Bytes::from_static(&PACKET) }));
    let end = Entry::Control(Control::Ended {
        code: "meeting_ended".to_owned(),
        cut_short: false,
        stop_reason: Some(6),
        at: Some(at(length_ms)),
    });
    let mut builder = Builder::new();
    for (offset, entry) in begins.into_iter().chain(packets).chain([end]).enumerate() {
        let record = Record { arrived_unix_ns: 0, epoch: Epoch(1), entry };
        builder.push(&record, Locator { segment: 1, offset: offset as u64, len: 3 });
    }
    builder.build()
}

/// Writes a file as a job does.
fn written(dir: &Path, mut step: impl FnMut() -> SoundStep) -> Plain {
    let path = |name: &str| -> PathBuf { dir.join(name) };
    let mut growing = Growing::create(path("growing")).expect("a file");
    loop {
        match step() {
            SoundStep::Append(pieces) => growing.append(&pieces).expect("room"),
            SoundStep::Done(None) => return growing.into_plain().expect("room"),
            SoundStep::Done(Some(finish)) => {
                let plain = Plain::new(path("plain"));
                growing.finish(finish, plain.path()).expect("room");
                return plain;
            }
        }
    }
}

fn mixed(dir: &Path, length_ms: i64, format: ArtifactFormat) -> Plain {
    let mut sound = MixedSound::new(meeting(length_ms, []), format, SoundSettings::default()).expect("a file");
    written(dir, || sound.step(&mut Silence).expect("a step"))
}

#[test]
fn a_file_of_any_length_is_sound() {
    // Lengths on and off the grids of 20 ms, 21.3 ms (a frame of AAC) and 24 ms (a frame of MP3).
    for length_ms in [1, 20, 7_000].into_iter().chain((1_000..1_050).step_by(7)) {
        for format in ALL {
            let dir = tempfile::tempdir().expect("a directory");
            let file = mixed(dir.path(), length_ms, format);
            verify_sound(file.path(), format, Position::from_ms(length_ms))
                .unwrap_or_else(|error| panic!("{length_ms} ms of {format:?}: {error}"));
        }
    }
}

#[test]
fn a_copy_of_opus_with_gaps_is_sound() {
    let timeline = meeting(60_000, [7, 27, 1_000, 1_043, 30_005, 30_017, 40_000]);
    let part = render::parts(&timeline).parts.remove(0);
    let dir = tempfile::tempdir().expect("a directory");
    let mut sound =
        PartSound::new(timeline, part.clone(), ArtifactFormat::Ogg, 1, SoundSettings::default()).expect("a file");
    let file = written(dir.path(), || sound.step(&mut Silence).expect("a step"));
    assert_eq!(part.length(), Position::from_ms(40_013));
    verify_sound(file.path(), ArtifactFormat::Ogg, part.length()).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_file_of_another_length_is_unsound() {
    for format in ALL {
        let dir = tempfile::tempdir().expect("a directory");
        let file = mixed(dir.path(), 1_000, format);
        // Pages of Ogg tell only to the packet.
        let others_ms = if format == ArtifactFormat::Ogg { [800, 850, 1_050, 1_200] } else { [900, 995, 1_005, 1_100] };
        for other_ms in others_ms {
            let refused = verify_sound(file.path(), format, Position::from_ms(other_ms));
            assert!(matches!(refused, Err(StudioError::Unsound { .. })), "{format:?}, {other_ms} ms: {refused:?}");
        }
    }
}

#[test]
fn a_cut_file_and_one_of_another_format_are_unsound() {
    for format in ALL {
        let dir = tempfile::tempdir().expect("a directory");
        let file = mixed(dir.path(), 1_000, format);
        let bytes = fs::read(file.path()).expect("a file");
        let expected = Position::from_ms(1_000);
        if format != ArtifactFormat::Raw {
            for other in ALL.into_iter().filter(|other| *other != format) {
                let refused = verify_sound(file.path(), other, expected);
                assert!(matches!(refused, Err(StudioError::Unsound { .. })), "{format:?} as {other:?}: {refused:?}");
            }
        }
        fs::write(file.path(), &bytes[..bytes.len() * 3 / 4]).expect("room");
        let refused = verify_sound(file.path(), format, expected);
        assert!(matches!(refused, Err(StudioError::Unsound { .. })), "{format:?}: {refused:?}");
    }
}
