//! Takes Zoom's webhooks. What is done about a meeting that begins is the business of whoever has the desk.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use model::Secret;
use tokio::{net::TcpListener, task::JoinSet};
use zoom::webhook::{Notice, StartNotice, answer_challenge, parse};

use crate::failure::Failure;

/// The largest webhook.
const BODY_LIMIT_BYTES: usize = 256 << 10;

/// What answering a webhook needs.
pub(crate) struct Desk {
    /// The secret of the app's webhooks.
    pub(crate) webhook_secret: Secret<String>,
    /// Told of each meeting that begins, within the runtime; the answer waits for it.
    pub(crate) begun: Box<dyn Fn(StartNotice) + Send + Sync>,
    /// What a GET of `/metrics` is answered.
    pub(crate) metrics: Box<dyn Fn() -> String + Send + Sync>,
}

impl Desk {
    /// Serves webhooks for ever; whoever is connected is let go when this is dropped.
    ///
    /// # Errors
    /// If no connection can be accepted.
    pub(crate) async fn serve(self, listener: TcpListener) -> Result<(), Failure> {
        let desk = Arc::new(self);
        let mut connected = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await?;
            let desk = Arc::clone(&desk);
            connected.spawn(async move {
                let service = service_fn(|request| desk.answer(request));
                // Zoom delivers again what broke off.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
            while connected.try_join_next().is_some() {}
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let (status, body) = if request.method() == Method::POST {
            match Limited::new(request.into_body(), BODY_LIMIT_BYTES).collect().await {
                Ok(body) => self.webhook(&body.to_bytes()),
                Err(error) => (StatusCode::BAD_REQUEST, error.to_string()),
            }
        } else {
            (StatusCode::OK, if request.uri().path() == "/metrics" { (self.metrics)() } else { String::new() })
        };
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = status;
        Ok(response)
    }

    fn webhook(&self, body: &[u8]) -> (StatusCode, String) {
        match parse(body) {
            Ok(Notice::UrlValidation { plain_token }) => match answer_challenge(&self.webhook_secret, &plain_token) {
                Ok(answer) => (StatusCode::OK, answer),
                Err(error) => (StatusCode::BAD_REQUEST, error.to_string()),
            },
            Ok(Notice::Started(notice)) => {
                (self.begun)(notice);
                (StatusCode::OK, String::new())
            }
            Ok(_) => (StatusCode::OK, String::new()),
            Err(error) => (StatusCode::BAD_REQUEST, error.to_string()),
        }
    }
}
