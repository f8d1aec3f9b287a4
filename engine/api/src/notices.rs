//! Makes durable what Zoom's webhooks announce about streams, then wakes whoever it concerns. Proof and answer are in
//! [`crate::webhook`], what is said of addresses that are never dialled in [`crate::addresses`].
//!
//! A notice may come in any order with others, several times, from Zoom or from somebody who recorded it, up to two hours
//! after it was signed. What it does is decided by what it says and when it was signed, never by when it comes.

use std::sync::Arc;

use catalog::{Admission, CatalogError, Interruption, Stopped};
use hub::Wake;
use model::{CaptureId, CaptureStatus, Command, NewCapture, RecordingId, StreamRef};
use sha2::{Digest, Sha256};
use zoom::webhook::{InterruptNotice, StartNotice, StopNotice, Verified, canonical_body};

use crate::{addresses::Addresses, config::AppConfig, front::Front};

/// Zoom's stop reason for consent that was withdrawn (protocol §10.4).
const REVOKED: i64 = 8;

/// What became of a notice that names an address which is never dialled; a metric label.
const ADDRESS_REFUSED: &str = "address_refused";

/// What is told of a stream.
#[derive(Debug)]
pub(crate) enum News {
    Started(StartNotice),
    Stopped(StopNotice),
    Interrupted(InterruptNotice),
}

impl News {
    /// Its name in metrics.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Started(_) => "started",
            Self::Stopped(_) => "stopped",
            Self::Interrupted(_) => "interrupted",
        }
    }
}

/// One delivery of a notice.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The same for every delivery of one notice.
    key: String,
    is_fresh: bool,
    now_unix_ms: i64,
    /// When Zoom signed it, in milliseconds of Zoom's clock.
    signed_unix_ms: i64,
}

impl Delivery {
    pub(crate) fn new(app: &AppConfig, body: &[u8], verified: Verified, now_unix_ms: i64) -> Self {
        let age_ms = verified.age_s.saturating_mul(1000);
        Self {
            key: delivery_key(app, body),
            is_fresh: verified.is_fresh(),
            now_unix_ms,
            signed_unix_ms: now_unix_ms.saturating_sub(age_ms),
        }
    }

    /// When it was that a notice tells of, in milliseconds of Zoom's clock. A notice that does not say tells of the moment
    /// in which it was signed, which is the same for whoever sends it again.
    const fn told_unix_ms(&self, event_unix_ms: i64) -> i64 {
        if event_unix_ms > 0 { event_unix_ms } else { self.signed_unix_ms }
    }

    /// The delivery of a notice about that moment, as the catalogue remembers it.
    fn of(&self, event_unix_ms: i64) -> catalog::Delivery {
        catalog::Delivery {
            key: self.key.clone(),
            told_unix_ms: self.told_unix_ms(event_unix_ms),
            now_unix_ms: self.now_unix_ms,
        }
    }
}

/// Makes a notice durable and answers what became of it; a metric label.
pub(crate) async fn keep(
    front: Arc<Front>,
    app: AppConfig,
    news: News,
    delivery: Delivery,
) -> Result<&'static str, CatalogError> {
    match &news {
        News::Started(notice) => started(&front, &app, notice, &delivery).await,
        News::Stopped(notice) => stopped(&front, &app, notice, &delivery).await,
        News::Interrupted(notice) => interrupted(&front, &app, notice, &delivery).await,
    }
}

async fn started(
    front: &Front,
    app: &AppConfig,
    notice: &StartNotice,
    delivery: &Delivery,
) -> Result<&'static str, CatalogError> {
    if !app.filter.takes(notice) {
        tracing::info!(app = app.name, "a stream was left out by the filters of its app");
        return Ok("filtered");
    }
    let addresses = Addresses::of(&front.api.config.policy, &notice.server_urls);
    addresses.complain(&app.name);
    if addresses.lead_nowhere() && is_running(front, notice).await? {
        return Ok(ADDRESS_REFUSED);
    }
    let (new, told) = (new_capture(app, notice, delivery), delivery.of(notice.event_unix_ms));
    let result = match front.api.catalog.announce_start(new, told, delivery.is_fresh).await? {
        None => return Ok("replayed"),
        Some(Admission::New(_)) => {
            front.api.hub.wake(Wake::Starts);
            front.api.hub.wake(Wake::Endpoints);
            if delivery.is_fresh { "accepted" } else { "late" }
        }
        Some(Admission::Moved(id)) => {
            front.api.hub.wake(Wake::Commands(id));
            "accepted"
        }
        Some(Admission::Known(id)) => {
            front.api.hub.wake(Wake::Commands(id));
            "duplicate"
        }
        Some(Admission::Finished(_) | Admission::Stored(_) | Admission::Foreign(_)) => "duplicate",
    };
    Ok(if addresses.are_refused() { ADDRESS_REFUSED } else { result })
}

/// Whether the stream of a notice is being captured.
async fn is_running(front: &Front, notice: &StartNotice) -> Result<bool, CatalogError> {
    let capture = front.api.catalog.capture_by_stream(&notice.meeting_uuid, &notice.stream_id).await?;
    Ok(capture.is_some_and(|capture| capture.latest().status < CaptureStatus::CallEnded))
}

async fn stopped(
    front: &Front,
    app: &AppConfig,
    notice: &StopNotice,
    delivery: &Delivery,
) -> Result<&'static str, CatalogError> {
    let catalog = &front.api.catalog;
    // Stopping twice changes nothing, so a stop is made durable before its delivery is remembered.
    let told_unix_ms = delivery.told_unix_ms(notice.event_unix_ms);
    let is_withdrawn = notice.stop_reason == Some(REVOKED) && !app.keep_revoked;
    let reason = notice.stop_reason;
    match catalog.stop_stream(&app.name, &notice.stream_id, reason, told_unix_ms, delivery.now_unix_ms).await? {
        Stopped::Running(id) => {
            // An owner that was told of another stop before must hear of this one too.
            let is_told = !is_withdrawn || catalog.enqueue(id, Command::Stopped { reason: Some(REVOKED) }).await?;
            if is_told {
                front.api.hub.wake(Wake::Commands(id));
            } else {
                revoke(front, id, delivery).await?;
            }
        }
        Stopped::Over(id) if is_withdrawn => revoke(front, id, delivery).await?,
        Stopped::Over(_) | Stopped::Nobody => {}
    }
    let is_new = catalog.remember_delivery(&delivery.key, delivery.now_unix_ms).await?;
    Ok(match (is_new, delivery.is_fresh) {
        (true, true) => "accepted",
        (true, false) => "late",
        (false, true) => "duplicate",
        (false, false) => "replayed",
    })
}

async fn revoke(front: &Front, id: CaptureId, delivery: &Delivery) -> Result<(), CatalogError> {
    front.api.catalog.revoke(id, delivery.now_unix_ms).await?;
    front.api.hub.wake(Wake::Renders);
    Ok(())
}

/// Makes it durable that Zoom lost a connection, then wakes the capture's owner, which may know better.
async fn interrupted(
    front: &Front,
    app: &AppConfig,
    notice: &InterruptNotice,
    delivery: &Delivery,
) -> Result<&'static str, CatalogError> {
    let addresses = Addresses::of(&front.api.config.policy, notice.server_urls.as_deref().unwrap_or_default());
    addresses.complain(&app.name);
    let server_urls = notice.server_urls.as_deref().filter(|_| !addresses.lead_nowhere());
    let told = delivery.of(notice.event_unix_ms);
    match front.api.catalog.interrupt_stream(&app.name, &notice.stream_id, server_urls, told).await? {
        Interruption::Repeated => return Ok(if delivery.is_fresh { "duplicate" } else { "replayed" }),
        Interruption::Told(id) => front.api.hub.wake(Wake::Commands(id)),
        Interruption::Nobody => {}
    }
    Ok(match (addresses.are_refused(), delivery.is_fresh) {
        (true, _) => ADDRESS_REFUSED,
        (false, true) => "accepted",
        (false, false) => "late",
    })
}

fn new_capture(app: &AppConfig, notice: &StartNotice, delivery: &Delivery) -> NewCapture {
    let unix_ms = u64::try_from(delivery.now_unix_ms).unwrap_or_default();
    NewCapture {
        id: CaptureId::new(unix_ms, rand::random()),
        recording_id: RecordingId::new(unix_ms, rand::random()),
        project: app.project.clone(),
        stream: StreamRef {
            app: app.name.clone(),
            meeting_uuid: notice.meeting_uuid.clone(),
            stream_id: notice.stream_id.clone(),
        },
        server_urls: notice.server_urls.clone(),
        signature: None,
        notice: notice.json.clone(),
        notice_unix_ms: notice.event_unix_ms,
        operator: notice.operator_id.clone(),
        config: app.default_config.clone(),
        metadata: Default::default(),
        now_unix_ms: delivery.now_unix_ms,
    }
}

/// The same for every delivery of one notice, whenever it was signed and however it is spaced and escaped: a signature may
/// fit a body that is spelled otherwise, and must not fit it a second time.
pub(crate) fn delivery_key(app: &AppConfig, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(app.name.as_bytes());
    hash.update([0]);
    match canonical_body(body) {
        Some(canonical) => hash.update(canonical),
        None => hash.update(body),
    }
    hex::encode(hash.finalize())
}
