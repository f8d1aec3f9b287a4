//! Turns the configuration into the settings of each crate. What may be written is in `config`, who runs is in `engine`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    num::NonZeroUsize,
    path::Path,
    thread,
    time::Duration,
};

use api::{ApiConfig, ApiKey, AppConfig, Filter, LINK_TTL, Rates};
use capacity::{Bounds, Descriptors, Threshold, Thresholds, open_file_limit};
use deliver::Signing;
use dial::{Dialer, HostPattern, Outward, Policy, PrivatePattern, Receivers};
use ingest::{Apps, RestKey, RestSettings};
use journal::LogSettings;
use media::AudioCodec;
use model::{ConfiguredWebhook, Project, RecordingConfig, Retention, Secret, WebhookWish};
use schema::signature::SigningKey;
use zoom::{ShareWant, VideoWant, Wants, wire::language_number};

#[cfg(feature = "ffmpeg")]
use crate::config::{Preset, Render};
use crate::{
    config::{self, App, AppRetention, Audio, Config, Deliver, OnRevoked, Requests, RestApp, Share, Video, Webhook},
    failure::Failure,
    workers,
};

/// The way out, with the authorities of the configuration, or with `extra_ca_pem` in their place.
pub(crate) fn dialer(config: &Config, extra_ca_pem: Option<&[u8]>) -> Result<Dialer, Failure> {
    let from_file = authority("zoom.extra_ca_file", &config.zoom.extra_ca_file)?;
    Ok(Dialer::new(policy(config)?, extra_ca_pem.or(from_file.as_deref()))?)
}

/// The way to customers' receivers.
pub(crate) fn outward(config: &Config) -> Result<Outward, Failure> {
    let Deliver { private, require_tls, extra_ca_file, .. } = &config.deliver;
    let private: Result<Vec<PrivatePattern>, _> = private.iter().map(|line| line.parse()).collect();
    let receivers = Receivers { private: private?, require_tls: *require_tls };
    let authority = authority("deliver.extra_ca_file", extra_ca_file)?;
    Ok(Outward::new(receivers, authority.as_deref())?)
}

/// The receivers of status webhooks that the operator names.
pub(crate) fn webhooks(config: &Config) -> Result<Vec<ConfiguredWebhook>, Failure> {
    let webhook = |webhook: &Webhook| {
        Ok(ConfiguredWebhook {
            name: webhook.name.clone(),
            project: webhook.project.clone(),
            secret: webhook.secret()?,
            wish: WebhookWish {
                url: webhook.url.clone(),
                events: webhook.events.clone(),
                description: String::new(),
                metadata: BTreeMap::new(),
                ordered: webhook.ordered,
                svix_headers: webhook.svix_headers,
                bot_events: webhook.bot_events,
            },
        })
    };
    config.webhooks.iter().map(webhook).collect()
}

/// With which secrets real-time endpoints are signed.
pub(crate) fn signing(config: &Config) -> Result<Signing, Failure> {
    let Deliver { signing_secret, previous_signing_secret, svix_headers, .. } = &config.deliver;
    let secrets = [signing_secret, previous_signing_secret].into_iter().flatten();
    let keys: Result<Vec<SigningKey>, Failure> =
        secrets.map(|secret| Ok(SigningKey::parse(secret.resolve()?.expose())?)).collect();
    Ok(Signing { keys: keys?, both_families: *svix_headers })
}

/// Every project that a key or an app names.
pub(crate) fn projects(config: &Config) -> BTreeSet<Project> {
    let apps = config.zoom.apps.iter().map(|app| &app.project);
    config.api.keys.iter().map(|key| &key.project).chain(apps).cloned().collect()
}

/// The certificates in the file that `key` names, if it names one.
fn authority(key: &str, file: &Path) -> Result<Option<Vec<u8>>, Failure> {
    if file.as_os_str().is_empty() {
        return Ok(None);
    }
    Ok(Some(fs::read(file).map_err(|error| format!("{key}: {}: {error}", file.display()))?))
}

/// Where streams may be.
fn policy(config: &Config) -> Result<Policy, Failure> {
    let hosts: Result<Vec<HostPattern>, _> = config.zoom.allowed_hosts.iter().map(|host| host.parse()).collect();
    Ok(Policy { allowed_hosts: hosts? })
}

/// Where Zoom is asked over REST, and with which keys.
pub(crate) fn rest_settings(config: &Config) -> Result<RestSettings, String> {
    let asks = |app: &App| app.rest.as_ref().map(|rest| Ok((app.client_id.clone(), rest_key(rest)?)));
    let keys: Result<_, String> = config.zoom.apps.iter().filter_map(asks).collect();
    Ok(RestSettings { api_url: config.zoom.api_url.clone(), oauth_url: config.zoom.oauth_url.clone(), keys: keys? })
}

fn rest_key(rest: &RestApp) -> Result<RestKey, String> {
    Ok(match rest {
        RestApp::ServerToServer(app) => RestKey::ServerToServer {
            client_id: app.client_id.clone(),
            client_secret: app.client_secret.resolve()?,
            account_id: app.account_id.clone(),
        },
        RestApp::VideoSdk(key) => {
            RestKey::VideoSdk { api_key: key.api_key.clone(), api_secret: key.api_secret.resolve()? }
        }
    })
}

/// An app as captures need it.
pub(crate) fn capture_app(app: &App) -> Result<ingest::App, Failure> {
    Ok(ingest::App {
        client_id: app.client_id.clone(),
        client_secret: app.client_secret.resolve()?,
        want: wants(app),
        keep_revoked: app.on_revoked == OnRevoked::Keep,
        account_id: app.account_id.clone(),
        restart: app.restart,
    })
}

fn wants(app: &App) -> Wants {
    let mut want = Wants::default();
    match app.audio {
        Audio::Opus => {}
        Audio::L16 => want.audio.retain(|format| format.codec == AudioCodec::L16),
        Audio::None => want.audio.clear(),
    }
    want.video = match app.video {
        Video::ActiveSpeaker => VideoWant::ActiveSpeaker,
        Video::Participant => VideoWant::Participant,
        Video::None => VideoWant::None,
    };
    want.share = match app.share {
        Share::Jpeg => ShareWant::Jpeg,
        Share::Png => ShareWant::Png,
        Share::H264 => ShareWant::H264,
        Share::None => ShareWant::None,
    };
    want.transcript_language = language_number(&app.transcript_language);
    want
}

pub(crate) fn ingest_settings(config: &Config) -> Result<ingest::Settings, Failure> {
    let apps: Result<Apps, Failure> =
        config.zoom.apps.iter().map(|app| Ok((app.name.clone(), capture_app(app)?))).collect();
    Ok(ingest::Settings {
        data_dir: config.data.dir.clone(),
        apps: apps?,
        log: LogSettings::default(),
        rest: rest_settings(config)?,
        rejoins_per_second: config.zoom.rejoins_per_second,
    })
}

pub(crate) fn studio_settings(config: &Config) -> studio::Settings {
    let spare = thread::available_parallelism().map_or(1, NonZeroUsize::get).saturating_sub(1);
    let wanted = if config.render.parallel == 0 { spare } else { config.render.parallel };
    let renders = NonZeroUsize::new(wanted).unwrap_or(NonZeroUsize::MIN);
    let rolling = config.render.rolling.unwrap_or(renders.get());
    studio::Settings {
        data_dir: config.data.dir.clone(),
        keep_log_hours: config.data.keep_log_hours,
        renders,
        // Without codecs there is no video to be made.
        rolling: if cfg!(feature = "ffmpeg") { rolling } else { 0 },
        pictures: config.render.pictures as usize,
        workers: workers::of(&config.log.level),
        #[cfg(feature = "ffmpeg")]
        video: video_settings(&config.render),
        #[cfg(feature = "ffmpeg")]
        sound: render::SoundSettings::default(),
    }
}

/// How mixed videos are made.
#[cfg(feature = "ffmpeg")]
pub(crate) fn video_settings(asked: &Render) -> render::Settings {
    render::Settings {
        canvas_width: asked.width,
        canvas_height: asked.height,
        fps: asked.frames_per_second,
        preset: match asked.preset {
            Preset::Ultrafast => render::Preset::Ultrafast,
            Preset::Superfast => render::Preset::Superfast,
            Preset::Veryfast => render::Preset::Veryfast,
            Preset::Medium => render::Preset::Medium,
        },
        crf: u8::try_from(asked.rate_factor).unwrap_or(u8::MAX),
        video_bitrate_bps: asked.video_kbps.saturating_mul(1_000),
        audio_bitrate_bps: asked.audio_kbps.saturating_mul(1_000),
    }
}

/// When there is no room for more, and how much is reserved.
pub(crate) fn capacity_settings(config: &Config) -> capacity::Settings {
    let space = &config.data.space;
    let begins = |percent, most_gib: u64, minutes: u64| Threshold {
        percent,
        most_bytes: most_gib.saturating_mul(1 << 30),
        within: Duration::from_secs(minutes.saturating_mul(60)),
    };
    let open_files = open_file_limit();
    capacity::Settings {
        thresholds: Thresholds {
            low: begins(space.low_percent, space.low_most_gib, space.low_minutes),
            scarce: begins(space.scarce_percent, space.scarce_most_gib, space.scarce_minutes),
            critical: begins(space.critical_percent, space.critical_most_gib, 0),
            exhausted: begins(space.exhausted_percent, space.exhausted_most_gib, 0),
        },
        reserve_bytes: config.data.reserve_mib.saturating_mul(1 << 20),
        memory_bytes: config.limits.memory_mib.saturating_mul(1 << 20),
        bounds: Bounds {
            captures: config.limits.captures,
            descriptors: Descriptors::of(open_files).captures,
            open_files,
        },
    }
}

pub(crate) fn api_config(config: &Config) -> Result<ApiConfig, Failure> {
    let apps: Result<Vec<AppConfig>, String> = config.zoom.apps.iter().map(webhook_app).collect();
    Ok(ApiConfig {
        public_url: config.server.public_url.trim_end_matches('/').to_owned(),
        apps: apps?,
        policy: policy(config)?,
        link_ttl: LINK_TTL,
        connections: Descriptors::of(open_file_limit()).connections,
        rates: config.limits.requests.limited.then(|| rates(&config.limits.requests)),
        bot_alias: config.deliver.bot_alias,
    })
}

fn rates(requests: &Requests) -> Rates {
    Rates {
        lists: requests.lists_per_minute.get(),
        objects: requests.objects_per_minute.get(),
        transcripts: requests.transcripts_per_minute.get(),
    }
}

/// The customers' keys.
pub(crate) fn api_keys(config: &Config) -> Result<Vec<ApiKey>, String> {
    let usable = config.api.keys.iter().filter_map(|key| {
        let digest = key.digest().transpose()?;
        Some(digest.map(|digest| ApiKey {
            name: key.name.clone(),
            digest,
            project: key.project.clone(),
            scope: match key.scope {
                config::Scope::Read => api::Scope::Read,
                config::Scope::Write => api::Scope::Write,
                config::Scope::Admin => api::Scope::Admin,
            },
        }))
    });
    usable.collect()
}

/// The secrets that may have signed an app's webhooks, the current one first.
pub(crate) fn webhook_secrets(app: &App) -> Result<Vec<Secret<String>>, String> {
    [Some(&app.webhook_secret), app.previous_webhook_secret.as_ref()]
        .into_iter()
        .flatten()
        .map(config::SecretRef::resolve)
        .collect()
}

/// How long is kept what an app receives where no request says it.
fn retention(app: &App) -> Retention {
    match app.retention {
        AppRetention::Forever => Retention::Forever,
        AppRetention::Nothing => Retention::Nothing,
    }
}

/// An app as webhooks need it.
fn webhook_app(app: &App) -> Result<AppConfig, String> {
    Ok(AppConfig {
        name: app.name.clone(),
        project: app.project.clone(),
        client_id: app.client_id.clone(),
        client_secret: app.client_secret.resolve()?,
        webhook_secrets: webhook_secrets(app)?,
        filter: Filter {
            accounts: app.accounts.clone(),
            operators: app.operators.clone(),
            only_original_host: app.only_original_host,
        },
        keep_revoked: app.on_revoked == OnRevoked::Keep,
        default_config: RecordingConfig { retention: retention(app), ..RecordingConfig::of_an_app() },
    })
}
