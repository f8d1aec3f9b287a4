//! Zoom webhooks and customer API in; downloads, live events, health, metrics.
