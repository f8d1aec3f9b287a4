//! Which recordings and logs are due to go. What that means for the rows is in `catalog`, how files are removed in `purge`,
//! which clock is believed in `calendar`.

use catalog::{Catalog, CatalogError};

const HOUR_MS: i64 = 3_600_000;

/// Gives up everything whose time is over: recordings, and capture logs that are kept for `keep_log_hours` after everything was
/// made of them. `believed_unix_ms` is the time that may be believed, `None` where none may be; a log that is kept for 0 hours needs
/// none. `now_unix_ms` dates what is done.
///
/// # Errors
/// If the database fails; what is due then is due the next time as well.
pub(crate) async fn give_up(
    catalog: &Catalog,
    keep_log_hours: Option<u32>,
    believed_unix_ms: Option<i64>,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    if let Some(believed_unix_ms) = believed_unix_ms {
        while catalog.expire(believed_unix_ms).await? {}
    }
    let finished_by_unix_ms = match (keep_log_hours, believed_unix_ms) {
        (Some(0), _) => i64::MAX,
        (Some(hours), Some(believed_unix_ms)) => believed_unix_ms.saturating_sub(i64::from(hours) * HOUR_MS),
        (None, _) | (Some(_), None) => return Ok(()),
    };
    while catalog.give_up_logs(finished_by_unix_ms, now_unix_ms).await? {}
    Ok(())
}
