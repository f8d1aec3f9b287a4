//! The answers to our handshakes, types 2 and 4 (protocol §5.3, §6.4). What a status means is in `codes`.

use std::borrow::Cow;

use serde::Deserialize;

use super::field::{Text, Truth, Whole};

/// The answer to the signaling handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalingReply<'a> {
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
}

/// Negotiated parameters of sound, as numbers of protocol §14.8; one that is missing is as requested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AudioEcho {
    /// The codec's number.
    pub codec: Option<i64>,
    /// The rate's index.
    pub sample_rate: Option<i64>,
    /// How many channels.
    pub channel: Option<i64>,
    /// Milliseconds a packet.
    pub send_rate: Option<i64>,
}

/// Negotiated parameters of pictures, as numbers of protocol §14.8; one that is missing is as requested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PictureEcho {
    /// The codec's number.
    pub codec: Option<i64>,
}

#[derive(Deserialize)]
struct SignalingForm<'a> {
    status_code: Option<Whole>,
    #[serde(borrow)]
    reason: Option<Text<'a>>,
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
    #[serde(borrow)]
    audio: Option<Text<'a>>,
    #[serde(borrow)]
    video: Option<Text<'a>>,
    #[serde(borrow, alias = "share", alias = "screenshare")]
    deskshare: Option<Text<'a>>,
    #[serde(borrow)]
    transcript: Option<Text<'a>>,
    #[serde(borrow)]
    chat: Option<Text<'a>>,
    #[serde(borrow)]
    all: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct MediaForm<'a> {
    status_code: Option<Whole>,
    #[serde(borrow)]
    reason: Option<Text<'a>>,
    #[serde(default)]
    payload_encrypted: Truth,
    #[serde(default)]
    payload_encryption: Truth,
    media_params: Option<ParamsForm>,
}

#[derive(Deserialize)]
struct ParamsForm {
    audio: Option<AudioForm>,
    video: Option<PictureForm>,
    #[serde(alias = "share", alias = "screenshare")]
    deskshare: Option<PictureForm>,
}

#[derive(Deserialize)]
struct AudioForm {
    codec: Option<Whole>,
    sample_rate: Option<Whole>,
    channel: Option<Whole>,
    send_rate: Option<Whole>,
}

#[derive(Deserialize)]
struct PictureForm {
    codec: Option<Whole>,
}

/// A status that is missing counts as one that means nothing.
const NO_STATUS: i64 = -1;

pub(super) fn signaling(message: &[u8]) -> serde_json::Result<SignalingReply<'_>> {
    let form: SignalingForm<'_> = serde_json::from_slice(message)?;
    let text = |url: Option<Text<'_>>| url.map(|url| url.0.into_owned()).filter(|url| !url.is_empty());
    let urls = match form.media_server.and_then(|server| server.server_urls) {
        Some(UrlsForm::Each(table)) => MediaUrls {
            audio: text(table.audio),
            video: text(table.video),
            share: text(table.deskshare),
            transcript: text(table.transcript),
            chat: text(table.chat),
            all: text(table.all),
        },
        Some(UrlsForm::One(url)) => MediaUrls { all: text(Some(url)), ..MediaUrls::default() },
        None => MediaUrls::default(),
    };
    Ok(SignalingReply {
        status: form.status_code.map_or(NO_STATUS, |status| status.0),
        reason: form.reason.map(|reason| reason.0).unwrap_or_default(),
        urls,
    })
}

pub(super) fn media(message: &[u8]) -> serde_json::Result<MediaReply<'_>> {
    let form: MediaForm<'_> = serde_json::from_slice(message)?;
    let number = |field: Option<Whole>| field.map(|number| number.0);
    let picture = |form: PictureForm| PictureEcho { codec: number(form.codec) };
    let (audio, video, share) =
        form.media_params.map_or((None, None, None), |params| (params.audio, params.video, params.deskshare));
    Ok(MediaReply {
        status: form.status_code.map_or(NO_STATUS, |status| status.0),
        reason: form.reason.map(|reason| reason.0).unwrap_or_default(),
        encrypted: form.payload_encrypted.0 || form.payload_encryption.0,
        audio: audio.map(|form| AudioEcho {
            codec: number(form.codec),
            sample_rate: number(form.sample_rate),
            channel: number(form.channel),
            send_rate: number(form.send_rate),
        }),
        video: video.map(picture),
        share: share.map(picture),
    })
}
