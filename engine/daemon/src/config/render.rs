//! What may be written about renders. What it means is the business of `studio` and `render`.

use serde::{Deserialize, Deserializer, de};

/// How artifacts are made.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Render {
    /// How many renders run at once; 0 leaves one core to captures.
    pub(crate) parallel: usize,
    /// Of how many meetings that go on the video is made already; without it of as many as renders run at once.
    pub(crate) rolling: Option<usize>,
    /// Of how many meetings that go on still pictures are made at once, for real-time endpoints.
    #[serde(deserialize_with = "within::<_, 0, 64>")]
    pub(crate) pictures: u32,
    /// The canvas of composed videos, in pixels.
    #[serde(deserialize_with = "even::<_, 128, 3840>")]
    pub(crate) width: u32,
    #[serde(deserialize_with = "even::<_, 128, 2160>")]
    pub(crate) height: u32,
    /// Pictures a second of composed videos.
    #[serde(deserialize_with = "within::<_, 1, 60>")]
    pub(crate) frames_per_second: u32,
    /// How much work goes into a picture.
    pub(crate) preset: Preset,
    /// The quality to keep: x264's rate factor.
    #[serde(deserialize_with = "within::<_, 1, 51>")]
    pub(crate) rate_factor: u32,
    /// The most that composed pictures and the sound take, in kbit/s.
    #[serde(deserialize_with = "within::<_, 50, 100_000>")]
    pub(crate) video_kbps: u32,
    #[serde(deserialize_with = "within::<_, 16, 320>")]
    pub(crate) audio_kbps: u32,
}

/// As libx264 calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Preset {
    Ultrafast,
    Superfast,
    Veryfast,
    Medium,
}

impl Default for Render {
    fn default() -> Self {
        Self {
            parallel: 0,
            rolling: None,
            pictures: 2,
            width: 1280,
            height: 720,
            frames_per_second: 25,
            preset: Preset::Superfast,
            rate_factor: 23,
            video_kbps: 2_500,
            audio_kbps: 64,
        }
    }
}

fn within<'de, D: Deserializer<'de>, const LEAST: u32, const MOST: u32>(from: D) -> Result<u32, D::Error> {
    let number = i64::deserialize(from)?;
    let fitting = u32::try_from(number).ok().filter(|number| (LEAST..=MOST).contains(number));
    fitting.ok_or_else(|| de::Error::custom(format!("{number} is not between {LEAST} and {MOST}")))
}

fn even<'de, D: Deserializer<'de>, const LEAST: u32, const MOST: u32>(from: D) -> Result<u32, D::Error> {
    let number = within::<D, LEAST, MOST>(from)?;
    if number % 2 == 0 {
        Ok(number)
    } else {
        Err(de::Error::custom(format!("{number} is odd, and pixels come in pairs")))
    }
}
