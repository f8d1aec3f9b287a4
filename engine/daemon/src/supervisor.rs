//! What the daemon tells its supervisor about itself, by systemd's protocol (`sd_notify`): nothing, where none listens. When
//! there is something to tell is decided by those who call.

use std::time::Duration;

use sd_notify::NotifyState;

/// It takes captures.
pub(crate) fn ready(status: &str) {
    send(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// It reads its configuration again; [`ready`] comes next.
pub(crate) fn reloading() {
    // Without the moment the supervisor could take an earlier end of a reload for the end of this one.
    match NotifyState::monotonic_usec_now() {
        Ok(now) => send(&[NotifyState::Reloading, now, NotifyState::Status("reading the configuration again")]),
        Err(error) => tracing::warn!(%error, "the supervisor does not hear of a reload"),
    }
}

/// It stops, and asks for that long to do so.
pub(crate) fn stopping(within: Duration) {
    let usec = u32::try_from(within.as_micros()).unwrap_or(u32::MAX);
    let status = "letting go of captures; their streams go on";
    send(&[NotifyState::Stopping, NotifyState::ExtendTimeoutUsec(usec), NotifyState::Status(status)]);
}

/// It works.
pub(crate) fn alive() {
    send(&[NotifyState::Watchdog]);
}

/// It hangs, for this reason, and wants to be ended.
pub(crate) fn hangs(reason: &str) {
    send(&[NotifyState::Status(reason), NotifyState::WatchdogTrigger]);
}

/// How long the supervisor waits for [`alive`] before it takes the daemon for dead, if it waits for it at all.
pub(crate) fn patience() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|patience| !patience.is_zero())
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the supervisor does not hear us at NOTIFY_SOCKET");
    }
}
