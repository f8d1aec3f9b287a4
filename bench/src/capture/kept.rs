//! What is in the capture logs after the meetings, read as any reader of a log does.

use std::{collections::BTreeMap, fs, path::Path};

use journal::{LogDir, LogReader};
use model::{Control, Entry, EventBody};

use crate::failure::Failure;

/// What all logs of an engine hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Logged {
    /// Media messages by kind, named as in the source's ledger.
    pub(super) frames: BTreeMap<String, u64>,
    /// Frames that the logs declare as dropped.
    pub(super) declared: u64,
    /// Chunks that cannot be read.
    pub(super) damaged_chunks: u64,
}

/// Reads every log below a data directory.
///
/// # Errors
/// If one cannot be read.
pub(super) fn read(data_dir: &Path) -> Result<Logged, Failure> {
    let mut logged = Logged::default();
    let captures = data_dir.join("captures");
    let entries =
        fs::read_dir(&captures).map_err(|error| format!("{}: {error}; nothing was captured", captures.display()))?;
    for capture in entries {
        let mut reader = LogReader::open(LogDir::at(capture?.path().join("log")))?;
        while let Some(stored) = reader.next_record()? {
            count(&mut logged, &stored.record.entry);
        }
        logged.damaged_chunks += reader.damaged_chunks();
    }
    Ok(logged)
}

fn count(logged: &mut Logged, entry: &Entry) {
    let kind = match entry {
        Entry::Media(frame) => frame.track.kind.name(),
        Entry::Event(event) => match event.body {
            EventBody::Transcript(_) => "transcript",
            EventBody::Chat(_) => "chat",
            _ => return,
        },
        Entry::Control(Control::Dropped { frames, .. }) => {
            logged.declared += frames;
            return;
        }
        Entry::Control(_) => return,
    };
    *logged.frames.entry(kind.to_owned()).or_default() += 1;
}

/// How many messages were sent and are not kept, and how many are kept and were not sent; neither makes up for the other,
/// nor one kind for another.
pub(super) fn differences(sent: &BTreeMap<String, u64>, kept: &BTreeMap<String, u64>) -> (u64, u64) {
    let of = |map: &BTreeMap<String, u64>, kind: &String| map.get(kind).copied().unwrap_or(0);
    let dropped = sent.iter().map(|(kind, count)| count.saturating_sub(of(kept, kind))).sum();
    let surplus = kept.iter().map(|(kind, count)| count.saturating_sub(of(sent, kind))).sum();
    (dropped, surplus)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts<const N: usize>(counts: [(&str, u64); N]) -> BTreeMap<String, u64> {
        counts.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
    }

    #[test]
    fn a_surplus_of_sound_does_not_hide_a_lack_of_pictures() {
        let sent = counts([("audio", 100), ("video", 50), ("chat", 2)]);
        let kept = counts([("audio", 103), ("video", 49), ("share", 1)]);
        assert_eq!(differences(&sent, &kept), (3, 4));
        assert_eq!(differences(&sent, &sent), (0, 0));
    }

    #[test]
    fn an_engine_that_captured_nothing_is_told() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read(dir.path()).unwrap_err().to_string().contains("nothing was captured"));
    }
}
