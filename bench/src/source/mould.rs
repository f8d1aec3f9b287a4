//! What messages are made from: sound in one of the codings that Zoom sends, pictures of a size, at a pace. How they become messages
//! is in `reel`.

use std::fmt;

use clap::ValueEnum;
use fixtures::pack;
use serde::{Deserialize, Serialize};

/// How sound is coded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sound {
    /// Samples of 16 kHz, mono: 640 bytes for 20 ms.
    #[default]
    L16,
    /// Opus at 48 kHz, mono.
    Opus,
}

/// The size of pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pictures {
    /// 1280x720 at 25 a second and 1.5 Mbit/s.
    #[default]
    #[value(name = "720p")]
    P720,
    /// As many bytes as 1920x1080 at 25 a second and 3 Mbit/s has: each picture of the smaller size, filled up (ISO/IEC 14496-10
    /// §7.3.2.7) to twice its length. No pixel is ever looked at.
    #[value(name = "1080p")]
    P1080,
}

/// What each meeting is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Material {
    /// How many speak at once, a stream of sound each.
    pub(crate) speakers: u32,
    /// How their sound is coded.
    pub(crate) sound: Sound,
    /// How much sound a packet has, in milliseconds, a multiple of 20.
    pub(crate) packet_ms: u32,
    /// The size of the pictures.
    pub(crate) pictures: Pictures,
}

impl Default for Material {
    fn default() -> Self {
        Self { speakers: 1, sound: Sound::default(), packet_ms: 20, pictures: Pictures::default() }
    }
}

impl fmt::Display for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sound = match self.sound {
            Sound::L16 => "L16",
            Sound::Opus => "Opus",
        };
        let pictures = match self.pictures {
            Pictures::P720 => "720p25",
            Pictures::P1080 => "1080p25",
        };
        let plural = if self.speakers == 1 { "" } else { "s" };
        write!(f, "{} speaker{plural}, {sound} every {} ms, {pictures}", self.speakers, self.packet_ms)
    }
}

impl Material {
    /// Whether any meeting is made from it: a packet of Opus here is of 20 ms.
    pub(crate) fn is_sent(&self) -> bool {
        self.sound != Sound::Opus || self.packet_ms == 20
    }

    /// The sound of a packet that begins at `at_ms` of a stream.
    pub(super) fn packet(&self, at_ms: u64) -> Vec<u8> {
        let voice = &pack().sentences[0].sound;
        let first = (at_ms / 20) as usize;
        match self.sound {
            Sound::L16 => {
                let slots = first..first + self.packet_ms as usize / 20;
                slots.flat_map(|slot| voice.l16_slot(slot % voice.slots()).iter().copied()).collect()
            }
            Sound::Opus => voice.opus[first % voice.opus.len()].to_vec(),
        }
    }

    /// The pictures of a camera, in a circle that begins with a key picture.
    pub(super) fn pictures(&self) -> Vec<Vec<u8>> {
        let camera = pack().camera("load").expect("the pack has the camera that loads are made of");
        let filled = |frame: &&[u8]| match self.pictures {
            Pictures::P720 => frame.to_vec(),
            Pictures::P1080 => filled_up(frame),
        };
        camera.frames.iter().map(filled).collect()
    }
}

/// A picture with as much filler data behind it as it has bytes.
fn filled_up(frame: &[u8]) -> Vec<u8> {
    const FILLER: [u8; 5] = [0, 0, 0, 1, 12];
    let mut filled = frame.to_vec();
    filled.extend(FILLER);
    filled.resize((2 * frame.len()).max(filled.len()) - 1, 0xFF);
    filled.push(0x80);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_of_100_ms_has_as_many_bytes_as_five_packets_of_20() {
        let short = Material::default();
        let long = Material { packet_ms: 100, ..short };
        assert_eq!(short.packet(0).len(), 640);
        let pieces: Vec<u8> = (0..5).flat_map(|slot| short.packet(slot * 20)).collect();
        assert_eq!(long.packet(0), pieces);
        let opus = Material { sound: Sound::Opus, ..short };
        assert!((20..400).contains(&opus.packet(0).len()) && opus.is_sent());
        assert!(!Material { packet_ms: 100, ..opus }.is_sent(), "it would be a fifth of the sound");
    }

    #[test]
    fn the_larger_pictures_have_twice_the_bytes_and_begin_as_the_smaller_ones() {
        let (small, large) = (Material::default(), Material { pictures: Pictures::P1080, ..Material::default() });
        let (small, large) = (small.pictures(), large.pictures());
        let bytes = |pictures: &[Vec<u8>]| pictures.iter().map(Vec::len).sum::<usize>();
        let rate = bytes(&small) as f64 * 8.0 * 25.0 / small.len() as f64;
        assert!((1.4e6..1.6e6).contains(&rate), "{rate} bit/s");
        assert_eq!(bytes(&large), 2 * bytes(&small));
        assert!(large.iter().zip(&small).all(|(large, small)| large.starts_with(small)));
    }
}
