//! What is asked of each kind of media, in order of preference, and what the answer means for what flows (protocol §6.3,
//! §6.4, §7). Where the answer differs from what was asked is told in `substitutes`.

use media::{AudioCodec, AudioFormat, Channels, Format, SampleRate, VideoCodec};
use model::platform::Leg;
use serde_json::{Value, json};

use super::config::{L16_16K_MONO, ShareWant, VideoWant, Wants};
use crate::wire::{AudioEcho, MediaReply, MediaUrls, PictureEcho};

/// One set of parameters, and what flows if it is taken as it is.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// An object with the kind's key, or nothing: then the server's defaults count.
    pub(super) params: Value,
    pub(super) format: Option<Format>,
    /// Whether each participant's video must be subscribed.
    pub(super) is_individual: bool,
}

/// What flows after a handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Agreement {
    pub(super) format: Option<Format>,
    /// Whether each participant's video must be subscribed.
    pub(super) is_individual: bool,
}

/// Zoom's choice of video: whoever speaks.
const ACTIVE_SPEAKER: u8 = 3;
/// Ours: whoever is subscribed.
const INDIVIDUAL: u8 = 4;

/// The sets of parameters for the kind of media `leg`, the best first and the server's defaults last; none if it is not
/// wanted.
pub(super) fn of(leg: Leg, want: &Wants) -> Vec<Offer> {
    let mut offers = match leg {
        Leg::Audio => {
            let each = want.audio.iter().map(|format| audio(*format, 2));
            // A mix of all is better than nothing.
            each.chain(want.audio.last().map(|format| audio(*format, 1))).collect()
        }
        Leg::Video => match want.video {
            VideoWant::None => Vec::new(),
            VideoWant::ActiveSpeaker => videos(ACTIVE_SPEAKER).to_vec(),
            VideoWant::Participant => videos(INDIVIDUAL).into_iter().chain(videos(ACTIVE_SPEAKER)).collect(),
        },
        // JPEG is what Zoom takes most widely (protocol §7.3).
        Leg::Share => match want.share {
            ShareWant::None => Vec::new(),
            ShareWant::Jpeg => vec![share(VideoCodec::Jpeg)],
            ShareWant::Png => vec![share(VideoCodec::Png), share(VideoCodec::Jpeg)],
            ShareWant::H264 => vec![share(VideoCodec::H264), share(VideoCodec::Jpeg)],
        },
        Leg::Transcript if want.transcript => {
            // With a language that is known, Zoom need not spend half a minute on finding it (protocol §7.4).
            let language = want.transcript_language;
            let params = json!({ "transcript": {
                "content_type": 5, "src_language": language.unwrap_or(9), "enable_lid": language.is_none(),
            } });
            vec![Offer { params, format: None, is_individual: false }]
        }
        Leg::Chat if want.chat => {
            let params = json!({ "chat": { "content_type": 5 } });
            vec![Offer { params, format: None, is_individual: false }]
        }
        Leg::Signaling | Leg::All | Leg::Transcript | Leg::Chat => Vec::new(),
    };
    if !offers.is_empty() {
        offers.push(Offer { params: Value::Null, format: default_format(leg), is_individual: false });
    }
    offers
}

/// What the server sends if no parameters are named (protocol §7).
const fn default_format(leg: Leg) -> Option<Format> {
    match leg {
        Leg::Audio => Some(Format::Audio(L16_16K_MONO)),
        Leg::Video | Leg::Share => Some(Format::Video(VideoCodec::Jpeg)),
        Leg::Signaling | Leg::Transcript | Leg::Chat | Leg::All => None,
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
    Offer { params, format: Some(Format::Audio(format)), is_individual: false }
}

fn videos(data_opt: u8) -> [Offer; 2] {
    [(VideoCodec::H264, 7, 25), (VideoCodec::Jpeg, 5, 5)].map(|(codec, number, fps)| {
        let params = json!({ "video": {
            "content_type": 3, "codec": number, "resolution": 2, "fps": fps, "data_opt": data_opt,
        } });
        Offer { params, format: Some(Format::Video(codec)), is_individual: data_opt == INDIVIDUAL }
    })
}

fn share(codec: VideoCodec) -> Offer {
    let (number, fps) = match codec {
        VideoCodec::Jpeg => (5, 1),
        VideoCodec::Png => (6, 1),
        VideoCodec::H264 => (7, 25),
    };
    let params = json!({ "deskshare": { "content_type": 3, "codec": number, "resolution": 3, "fps": fps } });
    Offer { params, format: Some(Format::Video(codec)), is_individual: false }
}

/// By Zoom's index.
const RATES: [SampleRate; 4] = [SampleRate::HZ_8000, SampleRate::HZ_16000, SampleRate::HZ_32000, SampleRate::HZ_48000];

impl Offer {
    /// What flows if everything is as asked.
    pub(super) const fn as_asked(&self) -> Agreement {
        Agreement { format: self.format, is_individual: self.is_individual }
    }

    /// What flows according to the answer: as asked, but for what it says otherwise.
    ///
    /// # Errors
    /// The parameter that the answer gives a value which cannot be read.
    pub(super) fn negotiated(&self, leg: Leg, reply: &MediaReply<'_>) -> Result<Agreement, &'static str> {
        let asked = self.as_asked();
        match self.format {
            None => Ok(asked),
            Some(Format::Audio(format)) => {
                let format = audio_format(format, reply.audio.unwrap_or_default())?;
                Ok(Agreement { format: Some(Format::Audio(format)), ..asked })
            }
            Some(Format::Video(codec)) => {
                let echo = if leg == Leg::Share { reply.share } else { reply.video }.unwrap_or_default();
                let format = Some(Format::Video(picture_codec(codec, echo)?));
                let is_individual = match echo.data_opt.filter(|_| leg == Leg::Video) {
                    Some(data_opt) => data_opt == i64::from(INDIVIDUAL),
                    None => self.is_individual,
                };
                Ok(Agreement { format, is_individual })
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
        Leg::All => 32,
    }
}

/// The kind of media that the status of a refused handshake is about (protocol §14.6), where it says so.
pub(super) const fn kind_of_status(status: i64) -> Option<Leg> {
    Some(match status {
        9 | 18..=24 => Leg::Audio,
        10 | 25..=30 => Leg::Video,
        11 | 31..=35 => Leg::Share,
        12 | 36 | 37 | 43 | 46 => Leg::Transcript,
        13 | 38 | 39 | 47 => Leg::Chat,
        _ => return None,
    })
}

/// Whether the answer on a connection for all media leaves `kind` out. Pictures and sound are told apart from text, because
/// text has so few parameters that servers may not name it.
pub(super) const fn leaves_out(reply: &MediaReply<'_>, kind: Leg) -> bool {
    let is_media_named = reply.audio.is_some() || reply.video.is_some() || reply.share.is_some();
    let is_text_named = reply.transcript || reply.chat;
    match kind {
        Leg::Audio => is_media_named && reply.audio.is_none(),
        Leg::Video => is_media_named && reply.video.is_none(),
        Leg::Share => is_media_named && reply.share.is_none(),
        Leg::Transcript => is_text_named && !reply.transcript,
        Leg::Chat => is_text_named && !reply.chat,
        Leg::Signaling | Leg::All => false,
    }
}

/// The address of the one connection for all media, if no kind has an address of its own: beside one that has, a kind
/// without one is not allowed (protocol §5.3).
pub(super) fn only_all(urls: &MediaUrls) -> Option<&str> {
    let own = [&urls.audio, &urls.video, &urls.share, &urls.transcript, &urls.chat];
    urls.all.as_deref().filter(|_| own.iter().all(|url| url.is_none()))
}

/// The address of a kind of media.
pub(super) fn url(kind: Leg, urls: &MediaUrls) -> Option<&str> {
    match kind {
        Leg::Audio => urls.audio.as_deref(),
        Leg::Video => urls.video.as_deref(),
        Leg::Share => urls.share.as_deref(),
        Leg::Transcript => urls.transcript.as_deref(),
        Leg::Chat => urls.chat.as_deref(),
        Leg::Signaling | Leg::All => None,
    }
}
