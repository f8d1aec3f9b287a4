//! `POST /api/v1/meeting_direct_connect/` (recording-api §2): takes the same road as Zoom's webhook.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use catalog::{Admission, CatalogError};
use hub::Wake;
use model::{CaptureId, FOREIGN_APP, NewCapture, RecordingId, StreamRef};
use schema::{FieldErrors, request::CreateMdc};
use serde_json::Value;
use subtle::ConstantTimeEq;
use zoom::{WebhookError, signature::handshake, webhook::StartNotice};

use crate::{addresses::Addresses, config::AppConfig, endpoints, error::ApiError, front::Front, keys::Caller, links};

/// How far ahead of this clock the time of a notice may lie, in milliseconds; beyond it, it is no time. Whatever Zoom itself
/// says before that time counts as older.
const AHEAD_LIMIT_MS: i64 = 5 * 60 * 1000;

/// Creates a capture: 201, or 200 if its stream has one already; 409 if that stores what is not to be stored; 507 if there is no
/// room for one more.
pub(crate) async fn create(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    let body = front.wish(request).await?;
    admit(&front, &caller, &body).await
}

async fn admit(front: &Front, caller: &Caller, body: &Bytes) -> Result<Response, ApiError> {
    let wish = CreateMdc::parse(body)?;
    // The credentials of an app are its project's alone.
    let apps = front.apps_of(&caller.project);
    let app = app_of(&apps, &wish)?;
    let notice = StartNotice::direct(&wish.meeting_uuid, &wish.stream_id, &wish.server_urls).map_err(field_error)?;
    Addresses::of(&front.api.config.policy, &notice.server_urls).lead_somewhere()?;
    endpoints::may_be_dialled(front, &wish.config.endpoints)?;
    let now_unix_ms = front.now_unix_ms();
    let unix_ms = u64::try_from(now_unix_ms).unwrap_or_default();
    let admission = front
        .api
        .catalog
        .start_capture(NewCapture {
            id: CaptureId::new(unix_ms, rand::random()),
            recording_id: RecordingId::new(unix_ms, rand::random()),
            project: caller.project.clone(),
            stream: StreamRef { app, meeting_uuid: notice.meeting_uuid, stream_id: notice.stream_id },
            server_urls: notice.server_urls,
            signature: wish.signature,
            notice: notice.json,
            notice_unix_ms: event_unix_ms(body, now_unix_ms),
            operator: None,
            config: wish.config,
            metadata: wish.metadata,
            now_unix_ms,
        })
        .await
        .map_err(|error| refused(front, error))?;
    fail::fail_point!("api::creating");
    let status = match admission {
        Admission::New(_) => {
            front.api.hub.wake(Wake::Starts);
            front.api.hub.wake(Wake::Endpoints);
            StatusCode::CREATED
        }
        Admission::Moved(id) => {
            front.api.hub.wake(Wake::Commands(id));
            StatusCode::OK
        }
        Admission::Stored(id) => return Err(ApiError::AlreadyStored(id)),
        Admission::Foreign(_) => return Err(ApiError::StreamTaken),
        Admission::Known(_) | Admission::Finished(_) => StatusCode::OK,
    };
    let capture = front.api.catalog.capture(admission.capture()).await.map_err(ApiError::Unavailable)?;
    let capture = capture.ok_or(ApiError::NotFound)?;
    Ok((status, Json(links::object(front, &capture))).into_response())
}

fn refused(front: &Front, error: CatalogError) -> ApiError {
    match error {
        CatalogError::Full { .. } => ApiError::NoCapacity(front.note_refused("api")),
        other => ApiError::Unavailable(other),
    }
}

/// When Zoom sent the notice that the customer passes on, in milliseconds of Zoom's clock; 0 where he does not say, or says
/// what cannot be. It stands among the facts of the stream, or beside them as in Zoom's own notice.
fn event_unix_ms(body: &[u8], now_unix_ms: i64) -> i64 {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = [&body["zoom_rtms"]["event_ts"], &body["event_ts"]].into_iter().find(|value| !value.is_null());
    let said = said.and_then(|value| value.as_i64().or_else(|| value.as_str()?.trim().parse().ok()));
    // What can only be seconds is read as such, as in Zoom's own notices.
    let said = said.map(|said| if (1_000_000_000..100_000_000_000).contains(&said) { said * 1000 } else { said });
    said.filter(|unix_ms| (1..=now_unix_ms.saturating_add(AHEAD_LIMIT_MS)).contains(unix_ms)).unwrap_or_default()
}

/// The name of the app that the stream belongs to. A signature that the customer made always wins, so an app is only
/// needed where there is none.
fn app_of(apps: &[&AppConfig], wish: &CreateMdc) -> Result<String, FieldErrors> {
    if let Some(client_id) = &wish.client_id {
        return match apps.iter().find(|app| app.client_id == *client_id) {
            Some(app) => Ok(app.name.clone()),
            None if wish.signature.is_some() => Ok(FOREIGN_APP.to_owned()),
            None => Err(FieldErrors::one(
                &["zoom_rtms", "client_id"],
                "No app with this client id is configured here; send a signature with it.",
            )),
        };
    }
    match (apps, &wish.signature) {
        ([app], _) => Ok(app.name.clone()),
        (_, Some(signature)) => Ok(apps
            .iter()
            .find(|app| {
                let own = handshake(&app.client_id, &app.client_secret, &wish.meeting_uuid, &wish.stream_id);
                bool::from(own.expose().as_bytes().ct_eq(signature.expose().as_bytes()))
            })
            .map_or_else(|| FOREIGN_APP.to_owned(), |app| app.name.clone())),
        ([], None) => Err(FieldErrors::one(
            &["zoom_rtms", "signature"],
            "This field is required, because no Zoom app is configured here.",
        )),
        (_, None) => Err(FieldErrors::one(
            &["zoom_rtms", "client_id"],
            "Several Zoom apps are configured here; say which one, or send a signature.",
        )),
    }
}

fn field_error(error: WebhookError) -> ApiError {
    match error {
        WebhookError::MissingField { field, .. } => {
            FieldErrors::one(&["zoom_rtms", field], "This field is empty, too long or holds control characters.").into()
        }
        other => FieldErrors::one(&["zoom_rtms"], other.to_string()).into(),
    }
}
