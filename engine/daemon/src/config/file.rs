//! What may be written in the configuration, but for renders and receivers. Defaults are here and nowhere else.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf};

use model::Project;
use serde::Deserialize;

use super::{
    SecretRef,
    deliver::{Deliver, Webhook},
    keys::ApiKeys,
    render::Render,
};

/// The whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) data: Storage,
    pub(crate) zoom: Zoom,
    pub(crate) api: ApiKeys,
    pub(crate) render: Render,
    pub(crate) deliver: Deliver,
    pub(crate) webhooks: Vec<Webhook>,
    pub(crate) limits: Limits,
    pub(crate) log: Log,
}

/// Where the daemon listens.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Server {
    /// The address of webhooks, API and metrics.
    pub(crate) listen: SocketAddr,
    /// How customers reach it; links and cursors are built from it.
    pub(crate) public_url: String,
    /// Certificate and key, where no proxy does TLS.
    pub(crate) tls: Option<Tls>,
}

impl Default for Server {
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
        Self { listen, public_url: "http://127.0.0.1:8080".to_owned(), tls: None }
    }
}

/// PEM files.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    pub(crate) cert_file: PathBuf,
    pub(crate) key_file: PathBuf,
}

/// Where everything is kept.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Storage {
    pub(crate) dir: PathBuf,
    /// How much is kept for the moment in which the disk is full, in MiB; 0 for nothing.
    pub(crate) reserve_mib: u64,
    /// When the disk counts as nearly full.
    pub(crate) space: Space,
    /// For how many hours capture logs are kept once everything was made of them; none for as long as their recordings are.
    pub(crate) keep_log_hours: Option<u32>,
}

impl Default for Storage {
    fn default() -> Self {
        Self { dir: PathBuf::from("./data"), reserve_mib: 64, space: Space::default(), keep_log_hours: None }
    }
}

/// When the data volume counts as nearly full, and how nearly. Each level begins when less than its part is free, and no more
/// than that is wanted on a large volume; the first two also when it is full within some minutes at the present rate.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Space {
    pub(crate) low_percent: f64,
    pub(crate) low_most_gib: u64,
    pub(crate) low_minutes: u64,
    pub(crate) scarce_percent: f64,
    pub(crate) scarce_most_gib: u64,
    pub(crate) scarce_minutes: u64,
    pub(crate) critical_percent: f64,
    pub(crate) critical_most_gib: u64,
    pub(crate) exhausted_percent: f64,
    pub(crate) exhausted_most_gib: u64,
}

impl Default for Space {
    fn default() -> Self {
        Self {
            low_percent: 10.0,
            low_most_gib: 200,
            low_minutes: 30,
            scarce_percent: 5.0,
            scarce_most_gib: 100,
            scarce_minutes: 10,
            critical_percent: 2.0,
            critical_most_gib: 40,
            exhausted_percent: 1.0,
            exhausted_most_gib: 1,
        }
    }
}

#[cfg(feature = "simulator")]
impl Space {
    /// As little as anything works with, however full the volume is: for a demonstration, which takes a few MiB.
    pub(crate) fn smallest() -> Self {
        Self {
            low_percent: 0.0,
            low_minutes: 0,
            scarce_percent: 0.0,
            scarce_minutes: 0,
            critical_percent: 0.0,
            exhausted_percent: 0.0,
            ..Self::default()
        }
    }
}

/// The Zoom side.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Zoom {
    pub(crate) apps: Vec<App>,
    /// Where `server_urls` may point.
    pub(crate) allowed_hosts: Vec<String>,
    /// A private certificate authority, for the simulator; empty for none.
    pub(crate) extra_ca_file: PathBuf,
    /// Where streams are started and stopped over REST.
    pub(crate) api_url: String,
    /// Where tokens for that are given out.
    pub(crate) oauth_url: String,
    /// How many streams are taken up again in a second after a restart.
    pub(crate) rejoins_per_second: NonZeroU32,
}

impl Default for Zoom {
    fn default() -> Self {
        Self {
            apps: Vec::new(),
            allowed_hosts: vec!["*.zoom.us".to_owned(), "*.zoomgov.com".to_owned()],
            extra_ca_file: PathBuf::new(),
            api_url: "https://api.zoom.us/v2".to_owned(),
            oauth_url: "https://zoom.us/oauth/token".to_owned(),
            rejoins_per_second: NonZeroU32::new(50).expect("it is not zero"),
        }
    }
}

/// One set of Zoom credentials.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct App {
    /// The name in `/zoom-webhook/{app}`.
    #[serde(default = "default_name")]
    pub(crate) name: String,
    /// Whose captures its streams become.
    #[serde(default)]
    pub(crate) project: Project,
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretRef,
    pub(crate) webhook_secret: SecretRef,
    /// The secret before it, which still counts while a new one is introduced.
    pub(crate) previous_webhook_secret: Option<SecretRef>,
    /// The Zoom accounts whose streams are taken; empty for all.
    #[serde(default)]
    pub(crate) accounts: Vec<String>,
    /// The Zoom users whose streams are taken; empty for all.
    #[serde(default)]
    pub(crate) operators: Vec<String>,
    /// Whether only streams of the scheduling host are taken.
    #[serde(default)]
    pub(crate) only_original_host: bool,
    /// The Zoom account for which the app itself asks Zoom over REST; empty where it does not.
    #[serde(default)]
    pub(crate) account_id: String,
    /// What asks Zoom over REST for the app, where that is not the app itself.
    pub(crate) rest: Option<RestApp>,
    /// Whether Zoom is asked for a new stream after one that broke off.
    #[serde(default)]
    pub(crate) restart: bool,
    /// What becomes of a recording whose consent is withdrawn.
    #[serde(default)]
    pub(crate) on_revoked: OnRevoked,
    /// How long is kept what is received of streams that nobody but Zoom announced.
    #[serde(default)]
    pub(crate) retention: AppRetention,
    /// How sound is received.
    #[serde(default)]
    pub(crate) audio: Audio,
    /// Whose camera is received.
    #[serde(default)]
    pub(crate) video: Video,
    /// How shared screens are received.
    #[serde(default)]
    pub(crate) share: Share,
    /// The language that is spoken, as a BCP 47 tag; empty lets Zoom find out.
    #[serde(default)]
    pub(crate) transcript_language: String,
}

/// What asks Zoom over REST for an app, where that is not the app itself.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, expecting = "expected { client_id, client_secret, account_id } or { api_key, api_secret }")]
pub(crate) enum RestApp {
    /// A server-to-server app of the account.
    ServerToServer(ServerToServer),
    /// The API key of a Video SDK account.
    VideoSdk(VideoSdkKey),
}

/// The credentials of a server-to-server app.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerToServer {
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretRef,
    pub(crate) account_id: String,
}

/// The API key of a Video SDK account.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VideoSdkKey {
    pub(crate) api_key: String,
    pub(crate) api_secret: SecretRef,
}

/// What becomes of a recording whose consent is withdrawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnRevoked {
    /// It is deleted.
    #[default]
    Delete,
    /// It stays.
    Keep,
}

/// How long is kept what is received where no request says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AppRetention {
    /// Until it is deleted.
    #[default]
    Forever,
    /// Not at all: it is only streamed.
    Nothing,
}

/// How sound is received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Audio {
    /// Opus, and L16 where Zoom refuses it.
    #[default]
    Opus,
    /// L16 at 16 kHz.
    L16,
    /// Not at all.
    None,
}

/// Whose camera is received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Video {
    /// That of whoever speaks.
    #[default]
    ActiveSpeaker,
    /// One participant's at a time.
    Participant,
    /// Nobody's.
    None,
}

/// How shared screens come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Share {
    /// As JPEG stills, one a second.
    #[default]
    Jpeg,
    /// As PNG stills, one a second.
    Png,
    /// As H.264, with motion.
    H264,
    /// Not at all.
    None,
}

#[cfg(feature = "simulator")]
impl App {
    /// An app with its credentials and every default.
    pub(crate) fn new(name: &str, client_id: &str, client_secret: SecretRef, webhook_secret: SecretRef) -> Self {
        Self {
            name: name.to_owned(),
            project: Project::default(),
            client_id: client_id.to_owned(),
            client_secret,
            webhook_secret,
            previous_webhook_secret: None,
            accounts: Vec::new(),
            operators: Vec::new(),
            only_original_host: false,
            account_id: String::new(),
            rest: None,
            restart: false,
            on_revoked: OnRevoked::default(),
            retention: AppRetention::default(),
            audio: Audio::default(),
            video: Video::default(),
            share: Share::default(),
            transcript_language: String::new(),
        }
    }
}

fn default_name() -> String {
    "default".to_owned()
}

/// How much is done at once.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// How many captures are open at once; 0 for as many as there is room for.
    pub(crate) captures: u32,
    /// How much memory there is, in MiB; 0 for what the control group or the machine has.
    pub(crate) memory_mib: u64,
    /// How many requests of the API are answered.
    pub(crate) requests: Requests,
}

/// How many requests of the API are answered in a minute, where that is limited at all.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Requests {
    pub(crate) limited: bool,
    /// Lists, of each key.
    pub(crate) lists_per_minute: NonZeroU32,
    /// Requests that concern one object, of each key.
    pub(crate) objects_per_minute: NonZeroU32,
    /// Transcripts that are ordered of one recording.
    pub(crate) transcripts_per_minute: NonZeroU32,
}

impl Default for Requests {
    /// What the original allows (recording-api §11), switched off.
    fn default() -> Self {
        let number = |number| NonZeroU32::new(number).expect("it is not zero");
        Self {
            limited: false,
            lists_per_minute: number(60),
            objects_per_minute: number(300),
            transcripts_per_minute: number(5),
        }
    }
}

/// What the daemon prints.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// A level, or directives such as `info,ingest=debug`.
    pub(crate) level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned() }
    }
}
