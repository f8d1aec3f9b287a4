//! The only way out: resolve, check, TLS, WebSocket.
