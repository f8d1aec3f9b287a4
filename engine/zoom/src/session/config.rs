//! What a session is to capture, and the constants of its promises. What it does with them is in `machine`.

use std::time::Duration;

use media::{AudioCodec, AudioFormat, Channels, SampleRate};
use model::{Participant, ParticipantId, Secret};

use crate::webhook::StartNotice;

/// How long a handshake may take.
pub(super) const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// How long after its loss signaling is given up; Zoom itself waits 60 s.
pub(super) const SIGNALING_WINDOW: Duration = Duration::from_secs(57);
/// How long after its loss a media connection is given up; Zoom itself waits 65 s.
pub(super) const MEDIA_WINDOW: Duration = Duration::from_secs(62);
/// After how much silence a connection that Zoom reports as interrupted is believed to be.
pub(super) const SUSPECT_SILENCE: Duration = Duration::from_secs(25);
/// After how much silence Zoom is asked whether it is there.
pub(super) const PROBE_SILENCE: Duration = Duration::from_secs(35);
/// After how much silence a connection is dead.
pub(super) const DEAD_SILENCE: Duration = Duration::from_secs(65);
/// How long Zoom may take to confirm that we want to end.
pub(super) const CLOSE_REPLY_LIMIT: Duration = Duration::from_secs(5);
/// How long what is still on its way is awaited once the stream is over.
pub(super) const DRAIN_LIMIT: Duration = Duration::from_secs(2);
/// How long the end may take once Zoom announced it.
pub(super) const TERMINATING_LIMIT: Duration = Duration::from_secs(30);
/// How long the participants may take to be announced after a reconnect.
pub(super) const ROSTER_LIMIT: Duration = Duration::from_secs(5);
/// How often skipped messages are declared, for each connection.
pub(super) const SKIP_INTERVAL: Duration = Duration::from_secs(1);
/// How many unreadable messages in a row a connection survives.
pub(super) const BAD_RUN_LIMIT: u32 = 50;
/// The largest message of signaling, sound and text, in bytes.
pub(super) const SMALL_MESSAGE_LIMIT_BYTES: usize = 1 << 20;
/// The largest message of pictures, in bytes.
pub(super) const LARGE_MESSAGE_LIMIT_BYTES: usize = 16 << 20;
/// How many addresses of a notice are tried.
const URL_LIMIT: usize = 8;

/// Opus as Zoom makes it: 48 kHz, one packet each 20 ms.
const OPUS_48K_MONO: AudioFormat =
    AudioFormat { codec: AudioCodec::Opus, rate: SampleRate::HZ_48000, channels: Channels::Mono, packet_ms: 20 };
/// PCM that every server offers.
const L16_16K_MONO: AudioFormat =
    AudioFormat { codec: AudioCodec::L16, rate: SampleRate::HZ_16000, channels: Channels::Mono, packet_ms: 20 };

/// Which media a capture is to receive, as far as Zoom offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wants {
    /// Formats of sound in order of preference, one stream for each participant; empty for no sound.
    pub audio: Vec<AudioFormat>,
    /// Camera pictures of the active speaker.
    pub video: bool,
    /// Pictures of shared screens.
    pub share: bool,
    /// Transcript.
    pub transcript: bool,
    /// Chat.
    pub chat: bool,
}

impl Default for Wants {
    /// Everything; Opus before L16.
    fn default() -> Self {
        Self { audio: vec![OPUS_48K_MONO, L16_16K_MONO], video: true, share: true, transcript: true, chat: true }
    }
}

/// All that a [`super::Session`] needs to know.
#[derive(Clone, Debug)]
pub struct SessionConfig {
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
    /// Makes the jitter of reconnects; any number, different for each capture and epoch.
    pub seed: u64,
    /// The size of the buffers that payloads are carved from, in bytes.
    pub slab_bytes: usize,
}

impl SessionConfig {
    /// The configuration for a stream that was announced, with everything wanted and slabs of 256 KiB.
    pub fn new(notice: &StartNotice, client_id: &str, signature: Secret<String>) -> Self {
        Self {
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
