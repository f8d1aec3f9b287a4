//! What the app asks Zoom for, by the numbers of the protocol (protocol §14.8).

use fixtures::Options;
use serde_json::{Value, json};

/// How sound is to come: codec, sample rate, channels and whose, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sound {
    codec: i64,
    sample_rate: i64,
    channel: i64,
    data_opt: i64,
}

impl Sound {
    /// Opus, 48 kHz mono, by participant.
    pub(super) const OPUS: Self = Self { codec: 4, sample_rate: 3, channel: 1, data_opt: 2 };
    /// Opus, 48 kHz stereo, by participant: what the SDK asks for by itself.
    pub(super) const OPUS_STEREO: Self = Self { channel: 2, ..Self::OPUS };
    /// L16, 8 kHz mono, by participant.
    pub(super) const L16_8K: Self = Self { codec: 1, sample_rate: 0, channel: 1, data_opt: 2 };
    /// L16, 16 kHz mono, by participant.
    pub(super) const L16_16K: Self = Self { sample_rate: 1, ..Self::L16_8K };
    /// L16, 32 kHz mono, by participant.
    pub(super) const L16_32K: Self = Self { sample_rate: 2, ..Self::L16_8K };
    /// L16, 48 kHz stereo, by participant.
    pub(super) const L16_48K_STEREO: Self = Self { sample_rate: 3, channel: 2, ..Self::L16_8K };
    /// L16, 16 kHz mono, everybody in one.
    pub(super) const MIXED: Self = Self { data_opt: 1, ..Self::L16_16K };

    /// The bytes of one packet of 20 ms; `None` where the codec decides.
    pub(super) fn packet_bytes(self) -> Option<u64> {
        (self.codec == 1).then(|| self.frame_size() * 2 * self.channel as u64)
    }

    /// The samples of one packet of 20 ms, for each channel.
    fn frame_size(self) -> u64 {
        [8_000, 16_000, 32_000, 48_000][self.sample_rate as usize] / 50
    }

    fn parameters(self) -> Value {
        let Self { codec, sample_rate, channel, data_opt } = self;
        json!({ "content_type": 2, "codec": codec, "sample_rate": sample_rate, "channel": channel, "data_opt": data_opt,
            "duration": 20, "frame_size": self.frame_size() })
    }
}

/// H.264 at 25 pictures a second, of the active speaker or of one participant.
pub(super) fn video(is_individual: bool) -> Value {
    let data_opt = if is_individual { 4 } else { 3 };
    json!({ "content_type": 3, "codec": 7, "resolution": 2, "data_opt": data_opt, "fps": 25 })
}

/// Screens as the SDK asks for them by itself: H.264.
pub(super) fn moving_share() -> Value {
    json!({ "content_type": 3, "codec": 7, "resolution": 2, "fps": 30 })
}

/// Sound, H.264 of the active speaker, JPEG shares, words and events, with the credentials of `options`.
pub(super) fn everything(options: &Options, sound: Sound) -> Value {
    json!({
        "client": options.client_id, "secret": options.client_secret,
        "audio": sound.parameters(),
        "video": video(false),
        "share": { "content_type": 3, "codec": 5, "resolution": 2, "fps": 1 },
        "transcript": true, "events": true,
    })
}

/// All of it but the share, which meetings without one do not offer.
pub(super) fn without_share(options: &Options, sound: Sound) -> Value {
    let mut plan = everything(options, sound);
    plan.as_object_mut().unwrap().remove("share");
    plan
}

/// The same with one key changed.
pub(super) fn with(mut plan: Value, key: &str, value: Value) -> Value {
    plan[key] = value;
    plan
}
