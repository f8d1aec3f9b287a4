//! Writing an MP4 while it grows: one fragment of two seconds.

use std::hint::black_box;

use bytes::Bytes;
use divan::Bencher;
use media::{Channels, Position, SampleRate};
use mp4::{AudioConfig, Fragmenter, Sample, TrackConfig, VideoConfig};
use video::h264::inspect;

use crate::{meeting, work::Work};

/// What two seconds hold: pictures at 25 a second, frames of AAC with 1,024 samples of 48 kHz.
const PICTURES: usize = 50;
const SOUNDS: usize = 94;
const PICTURE_TICKS: u32 = 3_600;
const SOUND_TICKS: u32 = 1_024;
/// A frame of AAC at 96 kbit/s. What is in it is nobody's business here.
const SOUND: &[u8] = &[0x21; 256];

#[divan::bench]
fn two_seconds(bencher: Bencher<'_, '_>) {
    fragment().time(bencher);
}

/// One fragment of a file that goes on.
pub(crate) fn fragment() -> Work {
    let camera = meeting::camera();
    let pictures: Vec<(bool, Bytes)> = camera.frames.iter().take(PICTURES).enumerate().map(of_camera).collect();
    let sets = inspect(&pictures[0].1).sets.expect("a camera begins with its parameter sets");
    let video = VideoConfig { width: camera.width, height: camera.height, avcc: sets.avcc() };
    let audio = AudioConfig {
        rate: SampleRate::HZ_48000,
        channels: Channels::Mono,
        // AAC LC, 48 kHz, mono.
        audio_specific_config: Bytes::from_static(&[0x11, 0x88]),
        priming_samples: 1_024,
        bitrate_bps: 96_000,
    };
    let configs = vec![TrackConfig::Video(video), TrackConfig::Audio(audio)];
    let mut file = Fragmenter::new(configs, vec![Position::ZERO; 2], None).expect("both tracks can be described");
    let bytes = pictures.iter().map(|(_, picture)| picture.len()).sum::<usize>() + SOUNDS * SOUND.len();
    Work::new(PICTURES + SOUNDS, bytes, move || {
        for (key, picture) in &pictures {
            file.push(0, Sample { payload: picture.clone(), duration_ticks: PICTURE_TICKS, key: *key });
        }
        for _ in 0..SOUNDS {
            file.push(1, Sample { payload: Bytes::from_static(SOUND), duration_ticks: SOUND_TICKS, key: true });
        }
        black_box(file.cut().expect("samples wait"));
    })
}

fn of_camera((nth, picture): (usize, &&'static [u8])) -> (bool, Bytes) {
    (meeting::camera().key_frames.contains(&nth), Bytes::from_static(picture))
}
