//! Finds out whether a capture that is taken up again is over already: its owner may have died between the end of the stream
//! and the word to the catalogue (`docs/design/durability.md`, C5). What the catalogue makes of an end is its business.

use catalog::Outcome;
use journal::LogDir;
use model::{CaptureId, Control, Fault};
use zoom::codes;

/// Zoom's number for consent that was withdrawn.
const REVOKED: i64 = 8;

/// How the log of a capture says that it ended; nothing if it does not, or cannot be read: then it goes on. Blocks.
pub(crate) fn of(id: CaptureId, dir: &LogDir, keep_revoked: bool) -> Option<Outcome> {
    match dir.ending() {
        Ok(Some(Control::Ended { code, cut_short, stop_reason, .. })) => {
            tracing::info!(capture = %id, code, "the capture was over already");
            Some(outcome(code, cut_short, stop_reason, keep_revoked))
        }
        Ok(_) => None,
        Err(error) => {
            tracing::warn!(capture = %id, code = error.code(), %error, "the end of a log cannot be read; the capture goes on");
            None
        }
    }
}

fn outcome(code: String, cut_short: bool, stop_reason: Option<i64>, keep_revoked: bool) -> Outcome {
    let message = stop_reason.map(|number| {
        let sentence = codes::stop_reason(Some(number)).sentence;
        format!("The stream was over when Hansard took it up again: {sentence} (stop reason {number}).")
    });
    match stop_reason {
        Some(REVOKED) if !keep_revoked => Outcome::Revoked { code, message },
        _ if cut_short => Outcome::Failed { code, message },
        _ => Outcome::Ended { code, message },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_in_the_log_means_what_it_meant_when_it_was_written() {
        let of = |cut_short, reason, keep| outcome("over".to_owned(), cut_short, reason, keep);
        assert!(matches!(of(false, Some(8), false), Outcome::Revoked { .. }));
        assert!(matches!(of(false, Some(8), true), Outcome::Ended { .. }));
        assert!(matches!(of(false, Some(6), false), Outcome::Ended { .. }));
        assert!(matches!(of(true, Some(13), false), Outcome::Failed { .. }));
        assert!(matches!(of(false, None, false), Outcome::Ended { message: None, .. }));
    }
}
