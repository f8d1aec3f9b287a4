//! In-process meeting point: events, wake-ups, subscriber counts.
