//! Files of sound alone, of everybody and of one participant, judged by ffmpeg.

use std::{fs, io::Cursor};

use bytes::Bytes;
use media::{AudioCodec, AudioFormat, Channels, Format, Position, SampleRate, TrackKind};
use model::{ArtifactFormat, Control, EventBody, ParticipantId, platform::Leg};
use mp4::Step as FileStep;
use timeline::Timeline;

use super::{
    judge::{assert_decodes, chirp_offset_ms, heard_of, is_silent},
    meeting::{Meeting, somebody},
    sources::{CHIRP_MS, chirp, send_l16_chirp, send_opus_chirp},
};
use crate::{Damage, MixedSound, Part, PartSound, RenderError, SoundOutcome, SoundSettings, SoundStep, parts, quality};

const MIXED: [ArtifactFormat; 3] = [ArtifactFormat::M4a, ArtifactFormat::Mp3, ArtifactFormat::Raw];
const SEPARATE: [ArtifactFormat; 3] = [ArtifactFormat::Mp3, ArtifactFormat::Raw, ArtifactFormat::Ogg];

/// A finished file and what could not be used.
struct Made {
    _dir: tempfile::TempDir,
    path: String,
    format: ArtifactFormat,
    bytes: Vec<u8>,
    outcome: SoundOutcome,
}

impl Made {
    fn new(format: ArtifactFormat, outcome: SoundOutcome, mut step: impl FnMut() -> SoundStep) -> Self {
        let mut grown = Vec::new();
        let finish = loop {
            match step() {
                SoundStep::Append(pieces) => pieces.iter().for_each(|piece| grown.extend_from_slice(piece)),
                SoundStep::Done(finish) => break finish,
            }
        };
        let mut bytes = Vec::new();
        match finish {
            None => bytes = grown,
            Some(finish) => finish.for_each(|step| match step {
                FileStep::Bytes(piece) => bytes.extend_from_slice(&piece),
                FileStep::Copy { offset, len } => bytes.extend_from_slice(&grown[offset as usize..][..len as usize]),
            }),
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(format!("sound.{}", format.name())).to_str().unwrap().to_owned();
        fs::write(&path, &bytes).unwrap();
        Self { _dir: dir, path, format, bytes, outcome }
    }

    fn mixed(meeting: &mut Meeting, timeline: &Timeline, format: ArtifactFormat) -> Self {
        let mut sound = MixedSound::new(timeline.clone(), format, SoundSettings::default()).unwrap();
        let mut made = Self::new(format, SoundOutcome::default(), || sound.step(meeting).unwrap());
        made.outcome = sound.outcome();
        assert!(matches!(sound.step(meeting), Err(RenderError::Finished)));
        made
    }

    fn part(meeting: &mut Meeting, timeline: &Timeline, part: &Part, format: ArtifactFormat) -> Self {
        let mut sound = PartSound::new(timeline.clone(), part.clone(), format, 1, SoundSettings::default()).unwrap();
        let mut made = Self::new(format, SoundOutcome::default(), || sound.step(meeting).unwrap());
        made.outcome.damage = sound.damage();
        made
    }

    /// What a listener hears, at 48 kHz.
    fn heard(&self) -> Vec<f32> {
        heard_of(&self.path, self.format == ArtifactFormat::Raw)
    }

    /// The packets of an Ogg file, without its two headers.
    fn packets(&self) -> Vec<Vec<u8>> {
        let mut reader = ogg::PacketReader::new(Cursor::new(&self.bytes));
        let packets: Vec<Vec<u8>> =
            std::iter::from_fn(|| reader.read_packet().unwrap()).map(|packet| packet.data).collect();
        packets[2..].to_vec()
    }
}

fn assert_chirp(sound: &[f32], at_ms: usize, within_ms: f64, what: &str) {
    let (offset_ms, fit) = chirp_offset_ms(sound, at_ms);
    assert!(offset_ms.abs() <= within_ms && fit > 0.95, "{what}: {offset_ms} ms from {at_ms} ms, fit {fit}");
}

#[test]
fn the_mix_lasts_as_long_as_the_recording_and_sounds_at_its_place_in_every_format() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    send_l16_chirp(&mut meeting, 1, 500);
    send_l16_chirp(&mut meeting, 2, 4_003);
    // Neither a whole block nor a whole frame of any codec.
    meeting.end(5_133);
    let timeline = meeting.timeline();
    for format in MIXED {
        let made = Made::mixed(&mut meeting, &timeline, format);
        if format != ArtifactFormat::Raw {
            assert_decodes(&made.path);
        }
        let sound = made.heard();
        let length_ms = sound.len() as f64 / 48.0;
        // Decoders give the whole last frame of AAC; the file says where it ends, as `studio` checks.
        let beyond_ms = if format == ArtifactFormat::M4a { 1024.0 / 48.0 } else { 0.1 };
        assert!((0.0..beyond_ms).contains(&(length_ms - 5_133.0)), "{format:?} lasts {length_ms} ms");
        for at_ms in [500, 4_003] {
            assert_chirp(&sound, at_ms, 0.1, format.name());
        }
        assert!(is_silent(&sound, 0, 480) && is_silent(&sound, 1_000, 3_980), "{format:?}");
        assert_eq!(made.outcome.damage, Damage::default());
    }
}

#[test]
fn raw_samples_of_16_khz_pass_through_the_mix() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    send_l16_chirp(&mut meeting, 1, 0);
    meeting.end(1_000);
    let timeline = meeting.timeline();
    let made = Made::mixed(&mut meeting, &timeline, ArtifactFormat::Raw);
    assert_eq!(made.bytes.len(), 32_000);
    let samples = made.bytes.as_chunks::<2>().0.iter().map(|bytes| f32::from(i16::from_le_bytes(*bytes)) / 32_768.0);
    let worst =
        samples.zip(chirp(16_000)).skip(160).take(6_000).map(|(made, sent)| (made - sent).abs()).fold(0.0, f32::max);
    assert!(worst < 0.002, "{worst}");
}

#[test]
fn a_file_that_need_not_be_measured_is_the_same_without_a_figure() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    send_l16_chirp(&mut meeting, 1, 300);
    meeting.end(2_000);
    let timeline = meeting.timeline();
    let measured = Made::mixed(&mut meeting, &timeline, ArtifactFormat::Raw);
    let sound = MixedSound::new(timeline, ArtifactFormat::Raw, SoundSettings::default()).unwrap();
    let mut sound = sound.unmeasured();
    let unmeasured = Made::new(ArtifactFormat::Raw, SoundOutcome::default(), || sound.step(&mut meeting).unwrap());
    assert!(unmeasured.bytes == measured.bytes);
    assert!(measured.outcome.loudness.is_some() && sound.outcome().loudness.is_none());
}

/// Judged by ffmpeg's own meter.
#[test]
fn the_loudness_of_the_mix_is_what_ffmpeg_measures() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    for n in 0..100 {
        // Denser and sparser.
        send_l16_chirp(&mut meeting, n % 3 + 1, n * 400 + n * n * 6);
    }
    // Two at once.
    send_l16_chirp(&mut meeting, 9, 3_000);
    meeting.end(105_000);
    let timeline = meeting.timeline();
    let made = Made::mixed(&mut meeting, &timeline, ArtifactFormat::M4a);
    let told = quality(&timeline, None, &made.outcome, &[]).loudness.unwrap();
    let [integrated, range, peak] = super::judge::loudness(&made.path);
    assert!((told.integrated_lufs - integrated).abs() <= 0.2, "{told:?}, ffmpeg: {integrated} LUFS");
    // EBU Tech 3342 allows 1 LU.
    assert!((told.range_lu - range).abs() <= 1.0, "{told:?}, ffmpeg: {range} LU");
    assert!((told.true_peak_dbtp - peak).abs() <= 0.5, "{told:?}, ffmpeg: {peak} dBFS");
}

#[test]
fn a_meeting_in_which_nobody_speaks_has_files_and_no_loudness() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::Opus, SampleRate::HZ_48000);
    meeting.end(2_000);
    let timeline = meeting.timeline();
    for format in MIXED {
        let made = Made::mixed(&mut meeting, &timeline, format);
        let heard = made.heard();
        assert!((96_000..97_024).contains(&heard.len()) && heard.iter().all(|sample| *sample == 0.0), "{format:?}");
        assert_eq!(quality(&timeline, None, &made.outcome, &[]).loudness, None);
    }
    assert_eq!(parts(&timeline).parts, []);
}

#[test]
fn an_empty_capture_and_a_format_of_pictures_make_no_sound() {
    let new = |timeline, format| MixedSound::new(timeline, format, SoundSettings::default());
    let refused = new(Meeting::new().timeline(), ArtifactFormat::Mp3);
    assert!(matches!(refused.err(), Some(RenderError::Nothing)));
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    send_l16_chirp(&mut meeting, 1, 0);
    meeting.end(1_000);
    assert!(matches!(new(meeting.timeline(), ArtifactFormat::Mp4).err(), Some(RenderError::NotSound { .. })));
}

/// Every format that a platform may send, in one meeting, each at its millisecond.
#[test]
fn every_rate_and_number_of_channels_is_placed_to_the_millisecond() {
    let mut meeting = Meeting::new();
    let mut at_ms = 207;
    for rate in [SampleRate::HZ_8000, SampleRate::HZ_16000, SampleRate::HZ_32000, SampleRate::HZ_48000] {
        for channels in [Channels::Mono, Channels::Stereo] {
            let format = AudioFormat { codec: AudioCodec::L16, rate, channels, packet_ms: 20 };
            meeting.control(Control::LegReady { leg: Leg::Audio, format: Some(Format::Audio(format)) });
            let hz = rate.hz() as usize;
            for (n, packet) in chirp(hz).chunks(hz / 50).enumerate() {
                let samples =
                    packet.iter().flat_map(|sample| vec![((sample * 32_767.0) as i16).to_le_bytes(); channels.count()]);
                let payload: Vec<u8> = samples.flatten().collect();
                meeting.media(TrackKind::Audio, 5, at_ms + 20 * n as i64, payload);
            }
            at_ms += 1_013;
        }
    }
    meeting.end(9_000);
    let timeline = meeting.timeline();
    let sound = Made::mixed(&mut meeting, &timeline, ArtifactFormat::M4a).heard();
    let parts = parts(&timeline).parts;
    assert_eq!(parts.len(), 8, "each format begins another part");
    for (n, part) in parts.iter().enumerate() {
        let at_ms = 207 + 1_013 * n;
        assert_eq!((part.start.ms(), part.length()), (at_ms as i64, Position::from_ms(CHIRP_MS as i64)));
        assert_chirp(&sound, at_ms, 0.2, &format!("{:?}", part.format));
    }
}

#[test]
fn a_part_begins_with_its_first_sample_and_is_silent_where_nothing_was_sent() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    send_l16_chirp(&mut meeting, 1, 0);
    for at_ms in [1_503, 4_003, 9_006] {
        send_l16_chirp(&mut meeting, 2, at_ms);
    }
    meeting.end(10_000);
    let timeline = meeting.timeline();
    let parts = parts(&timeline).parts;
    assert_eq!((parts.len(), parts[1].start.ms(), parts[1].end.ms()), (2, 1_503, 9_406));
    for format in SEPARATE {
        let made = Made::part(&mut meeting, &timeline, &parts[1], format);
        if format != ArtifactFormat::Raw {
            assert_decodes(&made.path);
        }
        let sound = made.heard();
        assert!((sound.len() as f64 / 48.0 - 7_903.0).abs() < 0.1, "{format:?}: {}", sound.len());
        for at_ms in [0, 2_500, 7_503] {
            assert_chirp(&sound, at_ms, 0.2, format.name());
        }
        assert!(is_silent(&sound, 450, 2_480) && is_silent(&sound, 2_950, 7_480), "{format:?}");
        assert_eq!(made.outcome.damage, Damage::default());
    }
}

#[test]
fn opus_is_copied_untouched_and_stays_in_time_over_gaps() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::Opus, SampleRate::HZ_48000);
    for at_ms in [1_007, 2_000, 30_018] {
        send_opus_chirp(&mut meeting, 3, at_ms);
    }
    meeting.end(31_000);
    let timeline = meeting.timeline();
    let parts = parts(&timeline).parts;
    let made = Made::part(&mut meeting, &timeline, &parts[0], ArtifactFormat::Ogg);
    assert_decodes(&made.path);
    let sent: Vec<&Bytes> = meeting.payloads.iter().filter(|payload| !payload.is_empty()).collect();
    let packets = made.packets();
    let copied: Vec<&[u8]> = packets.iter().map(|packet| &packet[..]).filter(|packet| packet.len() > 3).collect();
    assert_eq!(copied, sent.iter().map(|payload| &payload[..]).collect::<Vec<_>>());
    assert!(packets.iter().filter(|packet| packet.len() == 3).all(|packet| packet[1..] == [0xFF, 0xFE]));
    let sound = made.heard();
    assert!((sound.len() as f64 / 48.0 - parts[0].length().seconds() * 1_000.0).abs() <= 2.5);
    for at_ms in [1_007, 2_000, 30_018] {
        // The sender's encoder delays by 2.5 ms; what is silent is written in steps of 2.5 ms.
        assert_chirp(&sound, at_ms - 1_007 + 2, 3.5, "ogg");
    }
}

/// A connection that comes back sends again what the one before had sent already, and a clock that runs fast overlaps.
#[test]
fn where_packets_overlap_a_copy_is_never_a_packet_late() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::Opus, SampleRate::HZ_48000);
    // Every run begins 12 ms before the one before it ended.
    for run in 0..40 {
        send_opus_chirp(&mut meeting, 3, 408 * run);
    }
    meeting.end(20_000);
    let timeline = meeting.timeline();
    let part = &parts(&timeline).parts[0];
    let made = Made::part(&mut meeting, &timeline, part, ArtifactFormat::Ogg);
    let length_ms = made.heard().len() as f64 / 48.0;
    assert!((length_ms - part.length().seconds() * 1_000.0).abs() <= 20.0, "{length_ms} ms");
    assert_chirp(&made.heard(), 408 * 39, 22.5, "the last run");
}

#[test]
fn opus_that_is_damaged_is_left_out_and_counted_and_the_rest_stays_in_time() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::Opus, SampleRate::HZ_48000);
    send_opus_chirp(&mut meeting, 3, 0);
    // A packet that says it has two frames and holds half a length.
    meeting.media(TrackKind::Audio, 3, 1_000, vec![0xFA, 0xFF]);
    send_opus_chirp(&mut meeting, 3, 2_000);
    meeting.end(3_000);
    let timeline = meeting.timeline();
    let part = &parts(&timeline).parts[0];
    let made = Made::part(&mut meeting, &timeline, part, ArtifactFormat::Ogg);
    assert_eq!(made.outcome.damage, Damage { sound: 1, ..Damage::default() });
    assert_decodes(&made.path);
    assert_chirp(&made.heard(), 2_002, 3.5, "after the damage");
}

#[test]
fn who_comes_back_is_heard_in_another_part() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::Opus, SampleRate::HZ_48000);
    meeting.event(0, EventBody::Joined { participant: somebody(3, "Ada") });
    send_opus_chirp(&mut meeting, 3, 1_000);
    meeting.event(2_000, EventBody::Left { id: ParticipantId(3) });
    meeting.event(3_000, EventBody::Joined { participant: somebody(3, "Ada") });
    send_opus_chirp(&mut meeting, 3, 4_000);
    meeting.end(5_000);
    let timeline = meeting.timeline();
    let parts = parts(&timeline).parts;
    assert_eq!(parts.len(), 2);
    for part in &parts {
        assert_chirp(&Made::part(&mut meeting, &timeline, part, ArtifactFormat::Ogg).heard(), 2, 1.0, "ogg");
    }
}

#[test]
fn the_same_log_makes_the_same_files() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    send_l16_chirp(&mut meeting, 1, 300);
    meeting.end(2_000);
    let timeline = meeting.timeline();
    for format in MIXED {
        let again = Made::mixed(&mut meeting, &timeline, format).bytes;
        assert!(Made::mixed(&mut meeting, &timeline, format).bytes == again, "{format:?}");
    }
    let part = parts(&timeline).parts.remove(0);
    for format in SEPARATE {
        let again = Made::part(&mut meeting, &timeline, &part, format).bytes;
        assert!(Made::part(&mut meeting, &timeline, &part, format).bytes == again, "{format:?}");
    }
}
