//! The answers to our requests, types 2, 4 and 29 (protocol §5.3, §5.10, §6.4). What a status means is in `codes`.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};

use super::field::{Loose, Text, Truth, Whole};

/// The answer to the signaling handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalingReply<'a> {
    /// Which version of the protocol it speaks, where it is said.
    pub protocol_version: Option<i64>,
    /// 0 is yes.
    pub status: i64,
    /// Zoom's words.
    pub reason: Cow<'a, str>,
    /// Where each kind of media is.
    pub urls: MediaUrls,
}

/// Where each kind of media is; a kind that is not offered is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaUrls {
    /// Sound.
    pub audio: Option<String>,
    /// Camera pictures.
    pub video: Option<String>,
    /// Pictures of a shared screen.
    pub share: Option<String>,
    /// Transcript.
    pub transcript: Option<String>,
    /// Chat.
    pub chat: Option<String>,
    /// Everything over one connection.
    pub all: Option<String>,
}

/// The answer to a media handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaReply<'a> {
    /// Which version of the protocol it speaks, where it is said.
    pub protocol_version: Option<i64>,
    /// 0 is yes.
    pub status: i64,
    /// Zoom's words.
    pub reason: Cow<'a, str>,
    /// Whether payloads are encrypted within the connection.
    pub encrypted: bool,
    /// What was negotiated for sound.
    pub audio: Option<AudioEcho>,
    /// What was negotiated for camera pictures.
    pub video: Option<PictureEcho>,
    /// What was negotiated for pictures of a shared screen.
    pub share: Option<PictureEcho>,
    /// Whether parameters of the transcript are among those that were negotiated.
    pub transcript: bool,
    /// Whether parameters of chat are among those that were negotiated.
    pub chat: bool,
}

/// The answer to the subscription of one participant's video.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VideoReply<'a> {
    /// Whose video, where it is said.
    pub user_id: Option<i64>,
    /// 0 is yes.
    pub status: i64,
    /// Zoom's words.
    pub reason: Cow<'a, str>,
}

/// Negotiated parameters of sound, as numbers of protocol §14.8; one that is missing is as requested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AudioEcho {
    /// The content type.
    pub content_type: Option<i64>,
    /// The codec's number.
    pub codec: Option<i64>,
    /// The rate's index.
    pub sample_rate: Option<i64>,
    /// How many channels.
    pub channel: Option<i64>,
    /// One mix, or one stream for each participant.
    pub data_opt: Option<i64>,
    /// Milliseconds a packet.
    pub send_rate: Option<i64>,
}

/// Negotiated parameters of pictures, as numbers of protocol §14.8; one that is missing is as requested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PictureEcho {
    /// The content type.
    pub content_type: Option<i64>,
    /// The codec's number.
    pub codec: Option<i64>,
    /// The largest size.
    pub resolution: Option<i64>,
    /// Whose camera comes.
    pub data_opt: Option<i64>,
    /// Pictures a second, at most.
    pub fps: Option<i64>,
}

#[derive(Deserialize)]
struct SignalingForm<'a> {
    #[serde(default)]
    protocol_version: Loose<Whole>,
    #[serde(default)]
    status_code: Loose<Whole>,
    #[serde(borrow, default)]
    reason: Loose<Text<'a>>,
    #[serde(borrow)]
    media_server: Option<ServerForm<'a>>,
}

#[derive(Deserialize)]
struct ServerForm<'a> {
    #[serde(borrow)]
    server_urls: Option<UrlsForm<'a>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum UrlsForm<'a> {
    #[serde(borrow)]
    Each(UrlTable<'a>),
    #[serde(borrow)]
    One(Text<'a>),
}

#[derive(Deserialize)]
struct UrlTable<'a> {
    #[serde(borrow, default)]
    audio: Loose<Text<'a>>,
    #[serde(borrow, default)]
    video: Loose<Text<'a>>,
    #[serde(borrow, default, alias = "share", alias = "screenshare")]
    deskshare: Loose<Text<'a>>,
    #[serde(borrow, default)]
    transcript: Loose<Text<'a>>,
    #[serde(borrow, default)]
    chat: Loose<Text<'a>>,
    #[serde(borrow, default)]
    all: Loose<Text<'a>>,
}

#[derive(Deserialize)]
struct MediaForm<'a> {
    #[serde(default)]
    protocol_version: Loose<Whole>,
    #[serde(default)]
    status_code: Loose<Whole>,
    #[serde(borrow, default)]
    reason: Loose<Text<'a>>,
    #[serde(default)]
    payload_encrypted: Truth,
    #[serde(default)]
    payload_encryption: Truth,
    media_params: Option<ParamsForm>,
}

#[derive(Default, Deserialize)]
struct ParamsForm {
    audio: Option<AudioForm>,
    video: Option<PictureForm>,
    #[serde(alias = "share", alias = "screenshare")]
    deskshare: Option<PictureForm>,
    transcript: Option<IgnoredAny>,
    chat: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct VideoForm<'a> {
    #[serde(default, alias = "userId")]
    user_id: Loose<Whole>,
    #[serde(default)]
    status_code: Loose<Whole>,
    #[serde(borrow, default)]
    reason: Loose<Text<'a>>,
}

#[derive(Deserialize)]
struct AudioForm {
    #[serde(default)]
    content_type: Loose<Whole>,
    #[serde(default)]
    codec: Loose<Whole>,
    #[serde(default)]
    sample_rate: Loose<Whole>,
    #[serde(default)]
    channel: Loose<Whole>,
    #[serde(default)]
    data_opt: Loose<Whole>,
    #[serde(default)]
    send_rate: Loose<Whole>,
}

#[derive(Deserialize)]
struct PictureForm {
    #[serde(default)]
    content_type: Loose<Whole>,
    #[serde(default)]
    codec: Loose<Whole>,
    #[serde(default)]
    resolution: Loose<Whole>,
    #[serde(default)]
    data_opt: Loose<Whole>,
    #[serde(default)]
    fps: Loose<Whole>,
}

/// A status that is missing counts as one that means nothing.
const NO_STATUS: i64 = -1;

pub(super) fn signaling(message: &[u8]) -> serde_json::Result<SignalingReply<'_>> {
    let form: SignalingForm<'_> = serde_json::from_slice(message)?;
    let text = |url: Loose<Text<'_>>| url.some_text().map(Cow::into_owned);
    let urls = match form.media_server.and_then(|server| server.server_urls) {
        Some(UrlsForm::Each(table)) => MediaUrls {
            audio: text(table.audio),
            video: text(table.video),
            share: text(table.deskshare),
            transcript: text(table.transcript),
            chat: text(table.chat),
            all: text(table.all),
        },
        Some(UrlsForm::One(url)) => MediaUrls { all: text(Loose(Some(url))), ..MediaUrls::default() },
        None => MediaUrls::default(),
    };
    Ok(SignalingReply {
        protocol_version: form.protocol_version.number(),
        status: form.status_code.number().unwrap_or(NO_STATUS),
        reason: form.reason.text().unwrap_or_default(),
        urls,
    })
}

pub(super) fn media(message: &[u8]) -> serde_json::Result<MediaReply<'_>> {
    let form: MediaForm<'_> = serde_json::from_slice(message)?;
    let picture = |form: PictureForm| PictureEcho {
        content_type: form.content_type.number(),
        codec: form.codec.number(),
        resolution: form.resolution.number(),
        data_opt: form.data_opt.number(),
        fps: form.fps.number(),
    };
    let params = form.media_params.unwrap_or_default();
    let ParamsForm { audio, video, deskshare: share, transcript, chat } = params;
    Ok(MediaReply {
        protocol_version: form.protocol_version.number(),
        status: form.status_code.number().unwrap_or(NO_STATUS),
        reason: form.reason.text().unwrap_or_default(),
        encrypted: form.payload_encrypted.0 || form.payload_encryption.0,
        audio: audio.map(|form| AudioEcho {
            content_type: form.content_type.number(),
            codec: form.codec.number(),
            sample_rate: form.sample_rate.number(),
            channel: form.channel.number(),
            data_opt: form.data_opt.number(),
            send_rate: form.send_rate.number(),
        }),
        video: video.map(picture),
        share: share.map(picture),
        transcript: transcript.is_some(),
        chat: chat.is_some(),
    })
}

pub(super) fn video(message: &[u8]) -> serde_json::Result<VideoReply<'_>> {
    let form: VideoForm<'_> = serde_json::from_slice(message)?;
    Ok(VideoReply {
        user_id: form.user_id.number(),
        status: form.status_code.number().unwrap_or(NO_STATUS),
        reason: form.reason.text().unwrap_or_default(),
    })
}
