//! What the API answers when it does not do what was asked, and why: status, code, sentence (recording-api §1.4).

use std::io;

use axum::{
    Json,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use catalog::CatalogError;
use dial::DialError;
use model::{Blame, CaptureId, Fault, Shortage};
use schema::{FieldErrors, Problem, Rejection};
use store::StoreError;

use crate::scope::Scope;

/// Why a request was not served.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// There is no key in the request.
    #[error("No API key. Send it as `Authorization: Token <key>`.")]
    NotAuthenticated,
    /// The key in the request is none of ours.
    #[error("This API key is not known here.")]
    AuthenticationFailed,
    /// The key in the request does not allow what was asked.
    #[error("This key does not allow that; it takes one with the scope `{}`.", .0.name())]
    ScopeLacking(Scope),
    /// A webhook is not proven to come from Zoom. Nothing more is said.
    #[error("Not authorized.")]
    NotFromZoom,
    /// An address was refused too often; it is told to wait.
    #[error("Too many requests were refused; try again in a minute.")]
    TooMany,
    /// A customer asks for more than the operator allows.
    #[error("Request was throttled. Expected available in {seconds} seconds.")]
    Throttled {
        /// When there is one more, in seconds from now.
        seconds: u64,
    },
    /// There is no such object or path.
    #[error("Not found.")]
    NotFound,
    /// The path exists, the method does not.
    #[error("Method \"{0}\" is not allowed here.")]
    MethodNotAllowed(Method),
    /// The request is wrong.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// A webhook is genuine and cannot be understood.
    #[error("{0}")]
    WebhookUnreadable(zoom::WebhookError),
    /// A cursor is not one that we gave.
    #[error("This cursor was not given out here; use one from an earlier answer, or none.")]
    BadCursor,
    /// A WebSocket was expected.
    #[error("Here a WebSocket of version 13 is spoken; ask for an upgrade, or read `events/` instead.")]
    UpgradeRequired,
    /// What came after a cursor was in memory only, and is not there any more.
    #[error("What came after this cursor was not stored and is gone; go on without a cursor.")]
    CursorGone,
    /// The body is too large.
    #[error("The body is larger than {limit_bytes} bytes.")]
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// The body is compressed.
    #[error("Only identity encoding is taken; send the body uncompressed.")]
    UnsupportedEncoding,
    /// The body is not JSON by its own account.
    #[error("Only application/json is taken.")]
    UnsupportedMediaType,
    /// The body did not arrive in time.
    #[error("The body took too long to arrive.")]
    BodyTimeout,
    /// The body broke off.
    #[error("The body broke off.")]
    BodyBroken,
    /// A request with the same idempotency key is still running.
    #[error("A request with this Idempotency-Key is still running; try again when it has finished.")]
    StillRunning,
    /// None of the addresses of a stream is ever dialled.
    #[error("No capture: {0}.")]
    AddressRefused(DialError),
    /// Nothing of a stream is to be stored, and it is already.
    #[error(
        "Capture {0} stores this stream already, and nothing was changed. Set `retention = \"nothing\"` of the app, so that no \
         stream is stored that Zoom announces before you do."
    )]
    AlreadyStored(CaptureId),
    /// The stream is captured for another project. Nothing more is said.
    #[error("This stream is captured already, and not for this project; nothing was changed.")]
    StreamTaken,
    /// The capture is over and cannot be commanded any more.
    #[error("This capture is over; it cannot be told anything any more.")]
    CommandTooLate,
    /// A bot that has started was to be deleted.
    #[error("This bot has started and cannot be deleted; delete what it recorded by delete_media, or its recording.")]
    BotStarted,
    /// A bot was asked for.
    #[error("No bot joins meetings here; start a capture of Zoom's stream at /api/v1/meeting_direct_connect/ instead.")]
    NoBots,
    /// The capture is over and takes no wishes any more.
    #[error("This capture is over; nothing can be asked of it any more.")]
    CaptureOver,
    /// A recording still grows, so that no edition of it can be made.
    #[error("A stream of this recording is still captured; order editions once it is over.")]
    StillGrows,
    /// What an edition would be made of is deleted.
    #[error("The capture logs of this recording are deleted; nothing more can be made of it.")]
    LogGone,
    /// Nothing of a capture is stored, so that nobody can watch it.
    #[error("Nothing of this capture is stored (`retention` is null), and a live stream is made of what is stored.")]
    LiveNotStored,
    /// Nothing of a meeting was received so far.
    #[error("Nothing of this meeting can be shown yet; try again in a few seconds.")]
    LiveNotBegun,
    /// A playlist is asked for that lies in the future.
    #[error("This playlist cannot reach there yet; ask for the segment after the last one at most.")]
    LiveTooFar,
    /// As many live streams are made as there may be.
    #[error("As many live streams are watched here as may be at once; try again in a few seconds.")]
    LiveBusy,
    /// A piece of a live stream cannot be made.
    #[error("This live stream cannot be made right now; try again in a few seconds.")]
    LiveFailed,
    /// A recording has as many editions as it may.
    #[error("This recording has {} editions, as many as there may be.", catalog::MOST_EDITIONS)]
    TooManyEditions,
    /// A recording has as many transcripts as it may.
    #[error("This recording has {} transcripts, as many as there may be.", catalog::MOST_TRANSCRIPTS)]
    TooManyTranscripts,
    /// A project has as many receivers of status webhooks as it may have.
    #[error("This project has as many webhook endpoints as it may have; delete one of them first.")]
    TooManyEndpoints,
    /// A receiver is in the operator's configuration.
    #[error("This webhook endpoint is in the configuration of this service; change it there.")]
    EndpointConfigured,
    /// A receiver hears nothing.
    #[error("This webhook endpoint is disabled; enable it first by PATCH with `disabled: false`.")]
    EndpointDisabled,
    /// A signed link is expired, altered or not ours.
    #[error("This link is not valid or has expired; fetch the object again for a fresh one.")]
    LinkRefused,
    /// A range lies outside of the file.
    #[error("The range lies outside of the file's {len_bytes} bytes.")]
    RangeNotSatisfiable {
        /// The file's length in bytes.
        len_bytes: u64,
    },
    /// There is no room for one more capture; a customer is told.
    #[error("There is no room for another capture here: {}. Try again in half a minute.", lacking(*.0))]
    NoCapacity(Shortage),
    /// There is no room for one more capture; Zoom is told, which delivers again later.
    #[error("There is no room for another capture here: {}.", lacking(*.0))]
    NoCapacityYet(Shortage),
    /// More lasting answers run than there are connections for.
    #[error("As many live streams and downloads run here as there are connections for; try again in a few seconds.")]
    TooManyStreams,
    /// The catalogue cannot take or tell anything now.
    #[error("The service cannot keep anything durably right now; try again in a few seconds.")]
    Unavailable(#[source] CatalogError),
    /// It takes too long until something is durable.
    #[error("The service cannot keep anything durably right now; try again in a few seconds.")]
    TooSlow,
    /// Too much is being read at once.
    #[error("The service is too busy to read this right now; try again in a few seconds.")]
    TooBusy,
    /// A finished file cannot be read.
    #[error("The file cannot be read right now; try again in a few seconds.")]
    FileUnreadable(#[source] StoreError),
    /// A part of a finished file cannot be reached, or a list in it not be read.
    #[error("The file cannot be read right now; try again in a few seconds.")]
    SeekFailed {
        /// What the system said.
        source: io::Error,
    },
}

impl ApiError {
    /// The HTTP status.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NotAuthenticated | Self::AuthenticationFailed | Self::NotFromZoom => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) | Self::BotStarted | Self::CommandTooLate => StatusCode::METHOD_NOT_ALLOWED,
            Self::Rejected(_)
            | Self::WebhookUnreadable(_)
            | Self::BadCursor
            | Self::BodyBroken
            | Self::NoBots
            | Self::LiveTooFar
            | Self::AddressRefused(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedEncoding | Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::StillRunning
            | Self::AlreadyStored(_)
            | Self::StreamTaken
            | Self::CaptureOver
            | Self::StillGrows
            | Self::LogGone
            | Self::LiveNotStored
            | Self::TooManyEditions
            | Self::TooManyTranscripts
            | Self::TooManyEndpoints
            | Self::EndpointConfigured
            | Self::EndpointDisabled => StatusCode::CONFLICT,
            Self::UpgradeRequired => StatusCode::UPGRADE_REQUIRED,
            Self::CursorGone => StatusCode::GONE,
            Self::LinkRefused | Self::ScopeLacking(_) => StatusCode::FORBIDDEN,
            Self::RangeNotSatisfiable { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::TooMany | Self::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NoCapacity(_) => StatusCode::INSUFFICIENT_STORAGE,
            Self::NoCapacityYet(_)
            | Self::TooManyStreams
            | Self::LiveNotBegun
            | Self::LiveBusy
            | Self::LiveFailed
            | Self::Unavailable(_)
            | Self::TooSlow
            | Self::TooBusy
            | Self::FileUnreadable(_)
            | Self::SeekFailed { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// What there is too little of, in words.
pub(crate) const fn lacking(shortage: Shortage) -> &'static str {
    match shortage {
        Shortage::Storage => "the data volume is nearly full",
        Shortage::Memory => "memory is nearly used up",
        Shortage::Descriptors => "this process may not open more files and sockets",
        Shortage::Captures => "as many captures run as the operator allows",
    }
}

impl Fault for ApiError {
    fn blame(&self) -> Blame {
        match self {
            Self::Unavailable(_)
            | Self::TooSlow
            | Self::LiveFailed
            | Self::FileUnreadable(_)
            | Self::SeekFailed { .. } => Blame::Ourselves,
            Self::WebhookUnreadable(_) => Blame::Peer,
            _ => Blame::Caller,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotAuthenticated => "not_authenticated",
            Self::AuthenticationFailed => "authentication_failed",
            Self::ScopeLacking(_) => "permission_denied",
            Self::NotFromZoom => "not_authorized",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed(_) => "method_not_allowed",
            Self::Rejected(rejection) => rejection.code(),
            Self::WebhookUnreadable(error) => error.code(),
            Self::BadCursor => "bad_cursor",
            Self::UpgradeRequired => "upgrade_required",
            Self::CursorGone => "cursor_gone",
            Self::TooLarge { .. } => "body_too_large",
            Self::UnsupportedEncoding => "unsupported_encoding",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::BodyTimeout => "body_timeout",
            Self::BodyBroken => "body_broken",
            Self::StillRunning => "idempotency_key_in_use",
            Self::AddressRefused(error) => error.code(),
            Self::AlreadyStored(_) => "already_stored",
            Self::StreamTaken => "stream_taken",
            Self::CommandTooLate => "cannot_command_completed_bot",
            Self::BotStarted => "cannot_delete_started_bot",
            Self::NoBots => "bots_not_supported",
            Self::CaptureOver => "capture_over",
            Self::StillGrows => "recording_grows",
            Self::LogGone => "log_removed",
            Self::LiveNotStored => "live_not_stored",
            Self::LiveNotBegun => "live_not_begun",
            Self::LiveTooFar => "live_too_far",
            Self::LiveBusy => "live_busy",
            Self::LiveFailed => "live_failed",
            Self::TooManyEditions => "too_many_editions",
            Self::TooManyTranscripts => "too_many_transcripts",
            Self::TooManyEndpoints => "too_many_endpoints",
            Self::EndpointConfigured => "endpoint_configured",
            Self::EndpointDisabled => "endpoint_disabled",
            Self::LinkRefused => "link_refused",
            Self::RangeNotSatisfiable { .. } => "range_not_satisfiable",
            Self::TooMany => "too_many_requests",
            Self::Throttled { .. } => "throttled",
            Self::NoCapacity(_) | Self::NoCapacityYet(_) => "no_capacity",
            Self::TooManyStreams => "too_many_streams",
            Self::Unavailable(_) | Self::TooSlow => "unavailable",
            Self::TooBusy => "too_busy",
            Self::FileUnreadable(_) | Self::SeekFailed { .. } => "file_unreadable",
        }
    }
}

impl From<FieldErrors> for ApiError {
    fn from(errors: FieldErrors) -> Self {
        Self::Rejected(Rejection::Fields(errors))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.blame() == Blame::Ourselves {
            let source = std::error::Error::source(&self).map(ToString::to_string).unwrap_or_default();
            tracing::error!(code = self.code(), source, "a request could not be served");
        }
        let status = self.status();
        let mut response = match &self {
            Self::Rejected(Rejection::Fields(errors)) => (status, Json(errors)).into_response(),
            _ => (status, Json(Problem::new(self.code(), self.to_string()))).into_response(),
        };
        let headers = response.headers_mut();
        match &self {
            Self::NotAuthenticated | Self::AuthenticationFailed => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Token"));
            }
            Self::NoCapacity(_) | Self::NoCapacityYet(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
            }
            Self::Unavailable(_)
            | Self::TooManyStreams
            | Self::LiveNotBegun
            | Self::LiveBusy
            | Self::LiveFailed
            | Self::TooSlow
            | Self::TooBusy
            | Self::FileUnreadable(_)
            | Self::SeekFailed { .. } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            Self::TooMany => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            }
            Self::Throttled { seconds } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
            }
            Self::UpgradeRequired => {
                headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            }
            Self::RangeNotSatisfiable { len_bytes } => {
                if let Ok(value) = HeaderValue::try_from(format!("bytes */{len_bytes}")) {
                    headers.insert(header::CONTENT_RANGE, value);
                }
            }
            _ => {}
        }
        response
    }
}
