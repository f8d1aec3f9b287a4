//! Makes a WebSocket of an open connection (RFC 6455 §4). Whether the connection may be made is decided in `dialer` and
//! `outward`.

use http::{HeaderName, HeaderValue};
use tokio::io::AsyncWrite;
use tokio_tungstenite::{
    client_async,
    tungstenite::{Error as WsError, client::IntoClientRequest, handshake::client::Request},
};

use crate::{
    Allowance, DialError, WebSocket, frames::Frames, head::Head, socket::MESSAGE_PATIENCE, stream::Inlet,
    target::Target, tls,
};

/// What a connection allows.
pub(crate) struct Terms<'a> {
    /// Headers beside those of the protocol.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// How large a message may be that comes in, in bytes.
    pub(crate) message_limit_bytes: usize,
    /// How much may wait to be sent, in bytes.
    pub(crate) write_limit_bytes: usize,
    /// What messages that come in take of.
    pub(crate) allowance: Allowance,
}

/// Asks the peer for a WebSocket.
pub(crate) async fn upgrade<S>(target: &Target, stream: S, terms: Terms<'_>) -> Result<WebSocket<S>, DialError>
where
    S: Inlet + AsyncWrite + Unpin,
{
    let request = request(target, terms.headers).map_err(|error| upgrade_error(target.authority(), error))?;
    let answered = client_async(request, Head::new(stream)).await;
    let (socket, _) = answered.map_err(|error| upgrade_error(target.authority(), error))?;
    let (stream, behind) = socket.into_inner().into_parts();
    let mut frames = Frames::new(terms.message_limit_bytes, terms.allowance.part());
    frames.give(behind);
    Ok(WebSocket::new(stream, frames, MESSAGE_PATIENCE, terms.write_limit_bytes))
}

fn request(target: &Target, headers: &[(&str, &str)]) -> Result<Request, WsError> {
    let mut request = target.url.as_str().into_client_request()?;
    for (name, value) in headers {
        let name = HeaderName::try_from(*name).map_err(http::Error::from)?;
        let value = HeaderValue::try_from(*value).map_err(http::Error::from)?;
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}

fn upgrade_error(host: String, error: WsError) -> DialError {
    match error {
        WsError::Http(response) if response.status().is_redirection() => {
            DialError::Handshake { host, reason: format!("HTTP status {}, which is not followed", response.status()) }
        }
        WsError::Http(response) => DialError::Handshake { host, reason: format!("HTTP status {}", response.status()) },
        // With TLS 1.3 the peer's alert about the handshake may come this late.
        WsError::Io(error) => match tls::fault(host, &error) {
            DialError::Tls { host, reason } => DialError::Handshake { host, reason },
            other => other,
        },
        other => DialError::Handshake { host, reason: other.to_string() },
    }
}
