//! Zoom webhooks and the RTMS protocol, sans-IO.
