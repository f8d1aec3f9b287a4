//! What a real-time endpoint can subscribe to (recording-api §4.1). What the events say is in `schema`, how they travel in `deliver`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de};

use crate::Transport;

/// One kind of live event, by the name that customers know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Somebody came.
    Join,
    /// Somebody left.
    Leave,
    /// A name became known or changed.
    Update,
    /// Somebody began to speak.
    SpeechOn,
    /// Somebody ceased to speak.
    SpeechOff,
    /// A camera was turned on.
    WebcamOn,
    /// A camera was turned off.
    WebcamOff,
    /// Somebody began to share a screen.
    ScreenshareOn,
    /// A screen share ended.
    ScreenshareOff,
    /// Somebody wrote something.
    ChatMessage,
    /// Somebody said something.
    Transcript,
    /// What somebody seems to be saying.
    TranscriptPartial,
    /// The words of whoever transcribes, as they came.
    TranscriptProvider,
    /// Everybody's sound.
    AudioMixed,
    /// Each participant's sound.
    AudioSeparate,
    /// Still pictures of each camera and share.
    VideoPng,
    /// Each camera and share as it is encoded.
    VideoH264,
    /// Everything as FLV.
    VideoFlv,
}

/// What events are to each other when there is no room for all of them, from what goes first to what never goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TopicClass {
    /// Replaced by what comes next anyway: still pictures, partial words.
    Passing,
    /// Encoded pictures.
    Video,
    /// Sound.
    Audio,
    /// Never left out: what people did and said.
    Lasting,
}

impl TopicClass {
    /// Every class, from what goes first.
    pub const ALL: [Self; 4] = [Self::Passing, Self::Video, Self::Audio, Self::Lasting];

    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passing => "passing",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Lasting => "lasting",
        }
    }
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 18] = [
        Self::Join,
        Self::Leave,
        Self::Update,
        Self::SpeechOn,
        Self::SpeechOff,
        Self::WebcamOn,
        Self::WebcamOff,
        Self::ScreenshareOn,
        Self::ScreenshareOff,
        Self::ChatMessage,
        Self::Transcript,
        Self::TranscriptPartial,
        Self::TranscriptProvider,
        Self::AudioMixed,
        Self::AudioSeparate,
        Self::VideoPng,
        Self::VideoH264,
        Self::VideoFlv,
    ];

    /// The name that customers know.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Join => "participant_events.join",
            Self::Leave => "participant_events.leave",
            Self::Update => "participant_events.update",
            Self::SpeechOn => "participant_events.speech_on",
            Self::SpeechOff => "participant_events.speech_off",
            Self::WebcamOn => "participant_events.webcam_on",
            Self::WebcamOff => "participant_events.webcam_off",
            Self::ScreenshareOn => "participant_events.screenshare_on",
            Self::ScreenshareOff => "participant_events.screenshare_off",
            Self::ChatMessage => "participant_events.chat_message",
            Self::Transcript => "transcript.data",
            Self::TranscriptPartial => "transcript.partial_data",
            Self::TranscriptProvider => "transcript.provider_data",
            Self::AudioMixed => "audio_mixed_raw.data",
            Self::AudioSeparate => "audio_separate_raw.data",
            Self::VideoPng => "video_separate_png.data",
            Self::VideoH264 => "video_separate_h264.data",
            Self::VideoFlv => "video_mixed_flv.data",
        }
    }

    /// What it is to other events when there is no room for all of them.
    pub const fn class(self) -> TopicClass {
        match self {
            Self::TranscriptPartial | Self::VideoPng => TopicClass::Passing,
            Self::VideoH264 | Self::VideoFlv => TopicClass::Video,
            Self::AudioMixed | Self::AudioSeparate => TopicClass::Audio,
            _ => TopicClass::Lasting,
        }
    }

    /// Whether an endpoint of that transport can have it.
    pub fn travels_by(self, transport: Transport) -> bool {
        match transport {
            Transport::Websocket => self != Self::VideoFlv,
            Transport::Webhook => self == Self::TranscriptPartial || self.class() == TopicClass::Lasting,
            Transport::Rtmp => self == Self::VideoFlv,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No topic has that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownTopic;

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(name: &str) -> Result<Self, UnknownTopic> {
        Self::ALL.into_iter().find(|topic| topic.name() == name).ok_or(UnknownTopic)
    }
}

impl Serialize for Topic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Topic {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(|UnknownTopic| de::Error::custom(format_args!("no live event has the name {name:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_is_found_by_its_name_alone() {
        for topic in Topic::ALL {
            assert_eq!(topic.name().parse(), Ok(topic));
        }
        for other in ["", "transcript", "TRANSCRIPT.DATA", "participant_events.*", "transcript.data "] {
            assert_eq!(other.parse::<Topic>(), Err(UnknownTopic), "{other:?}");
        }
    }

    #[test]
    fn a_webhook_has_no_media_and_a_websocket_everything_but_flv() {
        let of = |transport| Topic::ALL.into_iter().filter(move |topic| topic.travels_by(transport));
        assert_eq!(of(Transport::Webhook).count(), 13);
        assert_eq!(of(Transport::Websocket).count(), 17);
        assert_eq!(of(Transport::Rtmp).collect::<Vec<_>>(), [Topic::VideoFlv]);
        assert!(of(Transport::Webhook).all(|topic| topic.travels_by(Transport::Websocket)));
    }

    #[test]
    fn what_people_did_and_said_is_the_last_to_go() {
        assert_eq!(TopicClass::ALL.into_iter().max(), Some(Topic::Transcript.class()));
        assert!(Topic::VideoPng.class() < Topic::VideoH264.class());
        assert!(Topic::VideoH264.class() < Topic::AudioMixed.class());
        assert!(Topic::AudioMixed.class() < Topic::Join.class());
    }
}
