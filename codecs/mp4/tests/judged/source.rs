//! Real media: H.264 and AAC made by ffmpeg, taken apart into samples, and files written from them.

use std::process::Command;

use bytes::Bytes;
use media::{Channels, Position, SampleRate};
use mp4::{AudioConfig, Finish, Fragmenter, Sample, Step, TrackConfig, VideoConfig};
use video::h264;

/// What ffmpeg's AAC encoder puts before the sound.
pub(crate) const PRIMING: u32 = 1024;
/// Length of a picture in ticks of 90 kHz, at 25 a second.
pub(crate) const PICTURE_TICKS: u32 = 3600;

/// A tone that sweeps, so that every moment of it differs from every other.
pub(crate) const SWEEP: &str = "aevalsrc=0.5*sin(2*PI*(200*t+150*t*t)):s=48000";

pub(crate) struct Source {
    pub(crate) pictures: Vec<Sample>,
    pub(crate) sound: Vec<Sample>,
    pub(crate) configs: Vec<TrackConfig>,
}

fn ffmpeg(arguments: &str) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin"])
        .args(arguments.split_whitespace())
        .arg("pipe:1")
        .output()
        .expect("ffmpeg is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

impl Source {
    /// `seconds` of a test picture of `size` with a key every 2 s, and of the sweep.
    pub(crate) fn make(seconds: u32, size: &str, profile: &str) -> Self {
        let stream = Bytes::from(ffmpeg(&format!(
            "-f lavfi -i testsrc2=size={size}:rate=25:duration={seconds} -pix_fmt yuv420p -c:v libx264 -threads 1 \
             -profile:v {profile} -preset ultrafast -x264-params aud=1:keyint=50:scenecut=0:bframes=0:repeat-headers=1 -f h264"
        )));
        let mut sets = None;
        let mut pictures = Vec::new();
        for message in access_units(&stream) {
            let unit = h264::inspect(&message);
            let known = sets.get_or_insert_with(|| unit.sets.clone().expect("the first picture brings its sets"));
            assert!(!unit.more_sets && unit.sets.as_ref().is_none_or(|sets| sets == known));
            let mut payload = Vec::new();
            h264::to_length_prefixed(&message, &mut payload);
            pictures.push(Sample { payload: payload.into(), duration_ticks: PICTURE_TICKS, key: unit.idr });
        }
        let sets = sets.expect("a stream has pictures");
        let sps = h264::Sps::parse(&sets.sps).expect("a real parameter set");
        assert_eq!(format!("{}x{}", sps.width, sps.height), size);

        let adts = ffmpeg(&format!("-f lavfi -i {SWEEP}:d={seconds} -c:a aac -b:a 96k -ac 1 -f adts"));
        let (sound, audio_specific_config) = frames(&adts);
        let configs = vec![
            TrackConfig::Video(VideoConfig { width: sps.width, height: sps.height, avcc: sets.avcc() }),
            TrackConfig::Audio(AudioConfig {
                rate: SampleRate::HZ_48000,
                channels: Channels::Mono,
                audio_specific_config,
                priming_samples: PRIMING,
                bitrate_bps: 96_000,
            }),
        ];
        Self { pictures, sound, configs }
    }

    /// The first `seconds` of the sweep before it was encoded.
    pub(crate) fn sweep(seconds: u32) -> Vec<f32> {
        floats(&ffmpeg(&format!("-f lavfi -i {SWEEP}:d={seconds} -f f32le")))
    }

    /// Writes everything with a cut each second.
    pub(crate) fn write(&self, starts: [Position; 2]) -> Written {
        let mut writer =
            Fragmenter::new(self.configs.clone(), starts.to_vec(), Some(1_767_225_600)).expect("real media");
        let mut file = writer.header().to_vec();
        let mut ends = vec![(file.len(), 0, 0)];
        let (mut pictures, mut sound) = (self.pictures.iter().peekable(), self.sound.iter().peekable());
        let (mut picture_ticks, mut sound_ticks, mut pushed) = (0, 0, (0, 0));
        for second in 1u64.. {
            while picture_ticks < second * 90_000
                && let Some(sample) = pictures.next()
            {
                writer.push(0, sample.clone());
                picture_ticks += u64::from(sample.duration_ticks);
                pushed.0 += 1;
            }
            while sound_ticks < second * 48_000
                && let Some(sample) = sound.next()
            {
                writer.push(1, sample.clone());
                sound_ticks += u64::from(sample.duration_ticks);
                pushed.1 += 1;
            }
            let Some(fragment) = writer.cut() else { break };
            file.extend(fragment.concat());
            ends.push((file.len(), pushed.0, pushed.1));
        }
        Written { writer, file, ends }
    }
}

/// A fragmented file.
pub(crate) struct Written {
    pub(crate) writer: Fragmenter,
    pub(crate) file: Vec<u8>,
    /// Where the header and each fragment end, with how many pictures and sound frames were pushed until then.
    pub(crate) ends: Vec<(usize, usize, usize)>,
}

impl Written {
    /// The plain file.
    pub(crate) fn finish(self, presentation: Position) -> Vec<u8> {
        let steps: Finish = self.writer.finish(presentation);
        let total = steps.len();
        let plain: Vec<u8> = steps
            .flat_map(|step| match step {
                Step::Bytes(bytes) => bytes.to_vec(),
                Step::Copy { offset, len } => self.file[offset as usize..(offset + len) as usize].to_vec(),
            })
            .collect();
        assert_eq!(plain.len() as u64, total);
        plain
    }
}

pub(crate) fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect()
}

/// Splits a stream before each delimiter.
fn access_units(stream: &Bytes) -> Vec<Bytes> {
    let mut starts: Vec<usize> = h264::nals(stream)
        .filter(|nal| nal.kind == h264::NalKind::Delimiter)
        .map(|nal| nal.bytes.as_ptr().addr() - stream.as_ptr().addr() - 4)
        .collect();
    starts.push(stream.len());
    starts.windows(2).map(|pair| stream.slice(pair[0]..pair[1])).collect()
}

/// Splits ADTS into raw frames, with the configuration that its headers tell (ISO/IEC 14496-3 §1.A.2.2).
fn frames(adts: &[u8]) -> (Vec<Sample>, Bytes) {
    let (mut rest, mut frames) = (adts, Vec::new());
    let [_, _, third, fourth] = *adts.first_chunk::<4>().expect("a frame");
    let (object, rate, channels) = ((third >> 6) + 1, third >> 2 & 15, (third & 1) << 2 | fourth >> 6);
    while let Some([_, protection, _, high, middle, low, _]) = rest.first_chunk::<7>() {
        let len = usize::from(high & 3) << 11 | usize::from(*middle) << 3 | usize::from(low >> 5);
        let header = if protection & 1 == 1 { 7 } else { 9 };
        let payload = Bytes::copy_from_slice(&rest[header..len]);
        frames.push(Sample { payload, duration_ticks: 1024, key: true });
        rest = &rest[len..];
    }
    (frames, Bytes::copy_from_slice(&[object << 3 | rate >> 1, (rate & 1) << 7 | channels << 3]))
}
