//! Who goes first on a busy machine: captures.

/// The scheduling priority of a render.
const RENDER: i32 = 10;

/// Lets others go before the calling thread, and before those that it starts. A refusal is harmless: the render then competes like any
/// other.
pub(crate) fn lower() {
    let thread = rustix::thread::gettid();
    if let Err(error) = rustix::process::setpriority_process(Some(thread), RENDER) {
        tracing::debug!(%error, "a render keeps its priority");
    }
}
