//! `hansard inspect`: what a capture log holds, counted per channel, and what it says about the capture itself.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use journal::{LogDir, LogReader};
use model::{Entry, EventBody, Record};
use serde::Serialize;

use crate::{cli::InspectArgs, failure::Failure};

/// What every MCAP file begins with.
const MAGIC: &[u8] = b"\x89MCAP0\r\n";

/// One channel's sums.
#[derive(Debug, Default, Serialize)]
struct Channel {
    messages: u64,
    bytes: u64,
    first_unix_ms: Option<i64>,
    last_unix_ms: Option<i64>,
}

/// What the whole log holds.
#[derive(Debug, Default, Serialize)]
struct Contents {
    segments: usize,
    damaged_chunks: u64,
    channels: BTreeMap<String, Channel>,
    control: Vec<serde_json::Value>,
}

pub(super) fn inspect(args: &InspectArgs) -> Result<(), Failure> {
    let scratch;
    let dir = if args.log.is_dir() {
        LogDir::at(&args.log)
    } else {
        // A single segment is read as a log of its own.
        let file = segment(&args.log).map_err(|error| format!("{}: {error}", args.log.display()))?;
        scratch = tempfile::tempdir()?;
        std::os::unix::fs::symlink(file, scratch.path().join("000001.mcap"))?;
        LogDir::at(scratch.path())
    };
    let contents = read(dir, &args.log)?;
    let text = if args.json { format!("{}\n", serde_json::to_string(&contents)?) } else { table(&contents) };
    match io::stdout().write_all(text.as_bytes()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// The full path of a file, if it begins as a segment does, as far as it goes.
fn segment(path: &Path) -> io::Result<PathBuf> {
    let mut head = Vec::new();
    File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut head)?;
    if !MAGIC.starts_with(&head) {
        return Err(io::Error::other("this is no segment (.mcap) of a capture log; name one, or the log's directory"));
    }
    fs::canonicalize(path)
}

fn read(dir: LogDir, named: &Path) -> Result<Contents, Failure> {
    let mut contents = Contents { segments: dir.segments()?.len(), ..Contents::default() };
    if contents.segments == 0 {
        return Err(format!(
            "{}: no segments (000001.mcap, ...) here; name a capture's log directory",
            named.display()
        )
        .into());
    }
    let mut reader = LogReader::open(dir)?;
    while let Some(stored) = reader.next_record()? {
        count(&mut contents, &stored.record)?;
    }
    contents.damaged_chunks = reader.damaged_chunks();
    Ok(contents)
}

fn count(contents: &mut Contents, record: &Record) -> Result<(), serde_json::Error> {
    let (name, bytes, at) = match &record.entry {
        Entry::Media(frame) => (frame.track.to_string(), frame.payload.len() as u64, Some(frame.at)),
        Entry::Event(event) => {
            let name = match event.body {
                EventBody::Transcript(_) => "text/transcript",
                EventBody::Chat(_) => "text/chat",
                _ => "control/event",
            };
            (name.to_owned(), serde_json::to_vec(event)?.len() as u64, Some(event.at))
        }
        Entry::Control(control) => {
            contents.control.push(serde_json::to_value(control)?);
            ("control/capture".to_owned(), serde_json::to_vec(control)?.len() as u64, None)
        }
    };
    let channel = contents.channels.entry(name).or_default();
    channel.messages += 1;
    channel.bytes += bytes;
    if let Some(at) = at.map(media::SourceTime::unix_ms) {
        channel.first_unix_ms = Some(channel.first_unix_ms.map_or(at, |first| first.min(at)));
        channel.last_unix_ms = Some(channel.last_unix_ms.map_or(at, |last| last.max(at)));
    }
    Ok(())
}

fn table(contents: &Contents) -> String {
    let mut lines = vec![
        format!("{} segments, {} damaged chunks", contents.segments, contents.damaged_chunks),
        format!("{:<24} {:>10} {:>14} {:>10}", "channel", "messages", "bytes", "seconds"),
    ];
    for (name, channel) in &contents.channels {
        let span_ms = channel.last_unix_ms.zip(channel.first_unix_ms).map_or(0, |(last, first)| last - first);
        let seconds = span_ms as f64 / 1000.0;
        lines.push(format!("{name:<24} {:>10} {:>14} {seconds:>10.3}", channel.messages, channel.bytes));
    }
    lines.extend(contents.control.iter().map(ToString::to_string));
    lines.push(String::new());
    lines.join("\n")
}
