//! What is asked of each kind of media, in order of preference, and what the answer means (protocol §6.3, §6.4, §7).

use media::{AudioCodec, AudioFormat, Channels, Format, SampleRate, VideoCodec};
use model::platform::Leg;
use serde_json::{Value, json};

use super::config::Wants;
use crate::wire::{AudioEcho, MediaReply, MediaUrls, PictureEcho};

/// One set of parameters, and what flows if it is taken as it is.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) params: Value,
    format: Option<Format>,
}

/// The sets of parameters for `leg`, the best first; none if it is not wanted.
pub(super) fn of(leg: Leg, want: &Wants) -> Vec<Offer> {
    match leg {
        Leg::Signaling => Vec::new(),
        Leg::Audio => {
            let each = want.audio.iter().map(|format| audio(*format, 2));
            // A mix of all is better than nothing.
            each.chain(want.audio.last().map(|format| audio(*format, 1))).collect()
        }
        Leg::Video if want.video => vec![video(VideoCodec::H264, 25), video(VideoCodec::Jpeg, 5)],
        Leg::Share if want.share => {
            let params = json!({ "deskshare": { "content_type": 3, "codec": 5, "resolution": 3, "fps": 1 } });
            vec![Offer { params, format: Some(Format::Video(VideoCodec::Jpeg)) }]
        }
        Leg::Transcript if want.transcript => {
            let params = json!({ "transcript": { "content_type": 5, "src_language": 9, "enable_lid": true } });
            vec![Offer { params, format: None }, Offer { params: Value::Null, format: None }]
        }
        Leg::Chat if want.chat => {
            let params = json!({ "chat": { "content_type": 5 } });
            vec![Offer { params, format: None }, Offer { params: Value::Null, format: None }]
        }
        Leg::Video | Leg::Share | Leg::Transcript | Leg::Chat => Vec::new(),
    }
}

fn audio(format: AudioFormat, data_opt: u8) -> Offer {
    let codec = match format.codec {
        AudioCodec::L16 => 1,
        AudioCodec::G711Alaw => 2,
        AudioCodec::G722 => 3,
        AudioCodec::Opus => 4,
    };
    let sample_rate = RATES.iter().position(|rate| *rate == format.rate).unwrap_or(1);
    let params = json!({ "audio": {
        "content_type": 2,
        "codec": codec,
        "sample_rate": sample_rate,
        "channel": format.channels.count(),
        "data_opt": data_opt,
        "send_rate": format.packet_ms,
    } });
    Offer { params, format: Some(Format::Audio(format)) }
}

fn video(codec: VideoCodec, fps: u8) -> Offer {
    let number = if codec == VideoCodec::H264 { 7 } else { 5 };
    let params = json!({ "video": {
        "content_type": 3, "codec": number, "resolution": 2, "fps": fps, "data_opt": 3,
    } });
    Offer { params, format: Some(Format::Video(codec)) }
}

/// By Zoom's index.
const RATES: [SampleRate; 4] = [SampleRate::HZ_8000, SampleRate::HZ_16000, SampleRate::HZ_32000, SampleRate::HZ_48000];

impl Offer {
    /// What flows according to the answer: as asked, but for what it says otherwise.
    ///
    /// # Errors
    /// The parameter that the answer gives a value which cannot be read.
    pub(super) fn negotiated(&self, leg: Leg, reply: &MediaReply<'_>) -> Result<Option<Format>, &'static str> {
        match self.format {
            None => Ok(None),
            Some(Format::Audio(asked)) => {
                let echo = reply.audio.unwrap_or_default();
                audio_format(asked, echo).map(|format| Some(Format::Audio(format)))
            }
            Some(Format::Video(asked)) => {
                let echo = if leg == Leg::Share { reply.share } else { reply.video };
                picture_codec(asked, echo.unwrap_or_default()).map(|codec| Some(Format::Video(codec)))
            }
        }
    }
}

fn audio_format(asked: AudioFormat, echo: AudioEcho) -> Result<AudioFormat, &'static str> {
    Ok(AudioFormat {
        codec: match echo.codec {
            None => asked.codec,
            Some(1) => AudioCodec::L16,
            Some(2) => AudioCodec::G711Alaw,
            Some(3) => AudioCodec::G722,
            Some(4) => AudioCodec::Opus,
            Some(_) => return Err("codec"),
        },
        rate: match echo.sample_rate {
            None => asked.rate,
            Some(index) => {
                let rate = usize::try_from(index).ok().and_then(|index| RATES.get(index));
                *rate.ok_or("sample_rate")?
            }
        },
        channels: match echo.channel {
            None => asked.channels,
            Some(1) => Channels::Mono,
            Some(2) => Channels::Stereo,
            Some(_) => return Err("channel"),
        },
        packet_ms: match echo.send_rate {
            None => asked.packet_ms,
            Some(ms @ 1..=1000) => ms as u16,
            Some(_) => return Err("send_rate"),
        },
    })
}

const fn picture_codec(asked: VideoCodec, echo: PictureEcho) -> Result<VideoCodec, &'static str> {
    match echo.codec {
        None => Ok(asked),
        Some(5) => Ok(VideoCodec::Jpeg),
        Some(6) => Ok(VideoCodec::Png),
        Some(7) => Ok(VideoCodec::H264),
        Some(_) => Err("codec"),
    }
}

/// The flag of a kind of media (protocol §14.7).
pub(super) const fn media_type(leg: Leg) -> u8 {
    match leg {
        Leg::Signaling => 0,
        Leg::Audio => 1,
        Leg::Video => 2,
        Leg::Share => 4,
        Leg::Transcript => 8,
        Leg::Chat => 16,
    }
}

/// Where `leg` is to be found. The address for all media serves a kind only if no kind has an address of its own: a kind
/// without one is not allowed (protocol §5.3).
pub(super) fn url(leg: Leg, urls: &MediaUrls) -> Option<&str> {
    let own = [&urls.audio, &urls.video, &urls.share, &urls.transcript, &urls.chat];
    if own.iter().all(|url| url.is_none()) {
        return urls.all.as_deref();
    }
    match leg {
        Leg::Signaling => None,
        Leg::Audio => urls.audio.as_deref(),
        Leg::Video => urls.video.as_deref(),
        Leg::Share => urls.share.as_deref(),
        Leg::Transcript => urls.transcript.as_deref(),
        Leg::Chat => urls.chat.as_deref(),
    }
}
