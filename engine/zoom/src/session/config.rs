//! What a session is to capture, and the constants of its promises. What it does with them is in `machine`.

use std::time::Duration;

use media::{AudioCodec, AudioFormat, Channels, SampleRate, SourceTime};
use model::{Event, Participant, ParticipantId, Secret};

use crate::{Product, webhook::StartNotice};

/// How long a handshake may take.
pub(super) const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// How long after its loss signaling is given up; Zoom itself waits 60 s.
pub const SIGNALING_WINDOW: Duration = Duration::from_secs(57);
/// How long after its loss a media connection is given up; Zoom itself waits 65 s.
pub(super) const MEDIA_WINDOW: Duration = Duration::from_secs(62);
/// How long after signaling was given up a notice may still bring the stream back.
pub(super) const GRACE: Duration = Duration::from_secs(100);
/// How long media that was down before gets at least after a new signaling handshake.
pub(super) const REJOIN_LIMIT: Duration = Duration::from_secs(10);
/// After how much silence the peer is asked for a sign of life.
pub(super) const PROBE_SILENCE: Duration = Duration::from_secs(15);
/// How long after that question a connection is dead.
pub(super) const PROBE_LIMIT: Duration = Duration::from_secs(5);
/// How long a connection that Zoom believes lost has to prove the contrary.
pub(super) const PROOF_LIMIT: Duration = Duration::from_secs(2);
/// How soon after the beginning of an attempt a notice from Zoom may bring the next one.
pub(super) const HURRY_INTERVAL: Duration = Duration::from_secs(1);
/// Two clean closes of signaling within this time mean that somebody else wants the stream.
pub(super) const EVICTION_MEMORY: Duration = Duration::from_secs(60);
/// How long until chat is tried again whose key Zoom does not have yet.
pub(super) const CHAT_KEY_INTERVAL: Duration = Duration::from_secs(30);
/// How often that is done.
pub(super) const CHAT_KEY_TRIES: u8 = 20;
/// How long Zoom may take to answer a video subscription.
pub(super) const SUBSCRIPTION_LIMIT: Duration = Duration::from_secs(10);
/// How long Zoom may take to confirm that we want to end.
pub(super) const CLOSE_REPLY_LIMIT: Duration = Duration::from_secs(5);
/// How long what is still on its way is awaited once the stream is over.
pub(super) const DRAIN_LIMIT: Duration = Duration::from_secs(2);
/// How long the end may take once Zoom announced it.
pub(super) const TERMINATING_LIMIT: Duration = Duration::from_secs(30);
/// How long the participants may take to be announced after a reconnect.
pub(super) const ROSTER_LIMIT: Duration = Duration::from_secs(5);
/// How long the end of the stream, or another session of it, may take once a session stopped.
pub(super) const NEXT_SESSION_LIMIT: Duration = Duration::from_secs(10);
/// How often skipped messages are declared, for each connection.
pub(super) const SKIP_INTERVAL: Duration = Duration::from_secs(1);
/// How many unreadable messages in a row a connection survives.
pub(super) const BAD_RUN_LIMIT: u32 = 50;
/// The largest message of signaling, sound and text, in bytes.
pub(super) const SMALL_MESSAGE_LIMIT_BYTES: usize = 1 << 20;
/// The largest message of a camera, in bytes: base64 of twice what a second of 8 Mbit/s has, in a single key frame.
pub(super) const CAMERA_MESSAGE_LIMIT_BYTES: usize = 3 << 20;
/// The largest message of a shared screen, and of a connection for all media, in bytes: base64 of a lossless still of 1920×1080 takes
/// 7.9 MiB even if nothing of it can be compressed.
pub(super) const SHARE_MESSAGE_LIMIT_BYTES: usize = 8 << 20;
/// How many addresses of a notice are tried.
const URL_LIMIT: usize = 8;

/// Opus as Zoom makes it: 48 kHz, one packet each 20 ms.
const OPUS_48K_MONO: AudioFormat =
    AudioFormat { codec: AudioCodec::Opus, rate: SampleRate::HZ_48000, channels: Channels::Mono, packet_ms: 20 };
/// PCM that every server offers.
pub(super) const L16_16K_MONO: AudioFormat =
    AudioFormat { codec: AudioCodec::L16, rate: SampleRate::HZ_16000, channels: Channels::Mono, packet_ms: 20 };

/// Whose camera a capture is to receive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum VideoWant {
    /// Nobody's.
    None,
    /// That of whoever speaks, as Zoom chooses.
    #[default]
    ActiveSpeaker,
    /// One participant's at a time, see [`model::platform::Ask::Watch`].
    Participant,
}

/// How shared screens are to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ShareWant {
    /// Not at all.
    None,
    /// As JPEG stills, one a second.
    #[default]
    Jpeg,
    /// As PNG stills, one a second.
    Png,
    /// As H.264, which shows motion.
    H264,
}

/// Which media a capture is to receive, as far as Zoom offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wants {
    /// Formats of sound in order of preference, one stream for each participant; empty for no sound.
    pub audio: Vec<AudioFormat>,
    /// Camera pictures.
    pub video: VideoWant,
    /// Shared screens.
    pub share: ShareWant,
    /// Transcript.
    pub transcript: bool,
    /// The language that is spoken, by Zoom's number (protocol §14.9); `None` lets Zoom find out.
    pub transcript_language: Option<i64>,
    /// Chat.
    pub chat: bool,
}

impl Default for Wants {
    /// Everything; Opus before L16, the active speaker's camera, a transcript in the language that Zoom finds.
    fn default() -> Self {
        Self {
            audio: vec![OPUS_48K_MONO, L16_16K_MONO],
            video: VideoWant::ActiveSpeaker,
            share: ShareWant::Jpeg,
            transcript: true,
            transcript_language: None,
            chat: true,
        }
    }
}

impl Wants {
    /// What there is of these in a call, which has neither pictures nor chat (protocol §15.3, §15.4).
    pub(super) fn of_a_call(self) -> Self {
        Self { video: VideoWant::None, share: ShareWant::None, chat: false, ..self }
    }
}

/// All that a [`super::Session`] needs to know.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// What kind of meeting it is, which decides what its events' numbers mean.
    pub product: Product,
    /// The key of the meeting's id in the handshakes.
    pub id_field: &'static str,
    /// The meeting's id, verbatim.
    pub meeting_uuid: String,
    /// The stream's id, verbatim.
    pub stream_id: String,
    /// Where signaling is, in the order in which to try.
    pub server_urls: Vec<String>,
    /// When Zoom sent the notice, in milliseconds of its clock; 0 if unknown.
    pub notice_unix_ms: i64,
    /// The app, named in messages to the operator.
    pub client_id: String,
    /// The handshake signature, see [`crate::signature::handshake`].
    pub signature: Secret<String>,
    /// Which media to receive.
    pub want: Wants,
    /// Who was there when an earlier owner let go of the stream: only differences are told.
    pub present: Vec<Participant>,
    /// Who shared a screen then.
    pub sharer: Option<ParticipantId>,
    /// Since when media was withheld then; `None` if it flowed.
    pub paused_at: Option<SourceTime>,
    /// Second 0 as that owner had it, from which Zoom counts small times.
    pub origin: Option<SourceTime>,
    /// Whether there was an earlier owner, whose connections Zoom may have seen.
    pub rejoins: bool,
    /// Whether an earlier owner certainly held the stream: then a new one may be asked for where this one is lost.
    pub was_held: bool,
    /// What an earlier owner told last, oldest first: text that Zoom repeats of it is not told again.
    pub told: Vec<Event>,
    /// Makes the jitter of reconnects; any number, different for each capture and epoch.
    pub seed: u64,
    /// The size of the buffers that payloads are carved from, in bytes.
    pub slab_bytes: usize,
}

impl SessionConfig {
    /// The configuration for a stream that was announced, with everything wanted and slabs of 256 KiB.
    pub fn new(notice: &StartNotice, client_id: &str, signature: Secret<String>) -> Self {
        Self {
            product: notice.product,
            id_field: notice.id_field,
            meeting_uuid: notice.meeting_uuid.clone(),
            stream_id: notice.stream_id.clone(),
            server_urls: split_urls(&notice.server_urls),
            notice_unix_ms: notice.event_unix_ms,
            client_id: client_id.to_owned(),
            signature,
            want: Wants::default(),
            present: Vec::new(),
            sharer: None,
            paused_at: None,
            origin: None,
            rejoins: false,
            was_held: false,
            told: Vec::new(),
            seed: 0,
            slab_bytes: 256 << 10,
        }
    }
}

/// The addresses of a `server_urls`, which may hold several with commas between: the first eight `wss` ones, or all if there
/// is none, so that whoever dials can say what is wrong with them.
pub fn split_urls(server_urls: &str) -> Vec<String> {
    let urls = || server_urls.split(',').map(str::trim).filter(|url| !url.is_empty());
    let is_secure = |url: &&str| url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("wss://"));
    let secure: Vec<String> = urls().filter(is_secure).take(URL_LIMIT).map(str::to_owned).collect();
    if secure.is_empty() { urls().take(URL_LIMIT).map(str::to_owned).collect() } else { secure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_addresses_of_a_notice_the_first_eight_are_tried() {
        for scheme in ["wss", "ws"] {
            let urls: Vec<String> = (0..10).map(|number| format!("{scheme}://{number}.zoom.us")).collect();
            assert_eq!(split_urls(&urls.join(" , ")), urls[..8]);
        }
        assert_eq!(
            split_urls("srt://a.zoom.us,,WSS://b.zoom.us"),
            ["WSS://b.zoom.us"],
            "the secure ones, if there is one"
        );
    }
}
