//! A worker in a process of its own: started, spoken to by lines of JSON, heard until it dies. What it does there is in `serve`. It is
//! believed nothing: what it decodes comes from strangers.

use std::collections::BTreeSet;

use serde::Serialize;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout},
};

use crate::{
    StudioError,
    launch::{Launch, Launched, death_of},
    message::{Answer, Assignment, Note, Request},
};

/// The longest line that a worker may say, in bytes: a list of thousands of files takes a fraction of it.
const LINE_BYTES: u64 = 4 << 20;
/// How long a recording may be, in milliseconds: what `timeline` takes for true, and its last packet.
const LONGEST_MS: i64 = 24 * 3_600_000 + 60_000;
/// More pieces than any log has.
const MOST_PIECES: u64 = 100_000_000;
/// The longest name, code or sentence in it.
const WORD_BYTES: usize = 4 << 10;

/// A worker in a process.
pub(crate) struct Process {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    /// Starts it. It dies with this process, and with what is answered.
    pub(super) async fn start(launch: &Launch, assignment: &Assignment) -> Result<Self, StudioError> {
        let Launched { child, requests, answers } =
            launch.start(&[]).map_err(|source| StudioError::Start { source })?;
        let mut process = Self { child, requests, answers: BufReader::new(answers) };
        process.write(assignment).await?;
        Ok(process)
    }

    pub(super) async fn tell(&mut self, request: &Request) -> Result<(), StudioError> {
        self.write(request).await
    }

    /// The next line.
    pub(super) async fn hear(&mut self) -> Result<Answer, StudioError> {
        let mut line = Vec::new();
        let read = (&mut self.answers).take(LINE_BYTES).read_until(b'\n', &mut line).await;
        match read {
            Ok(_) if line.last() == Some(&b'\n') => {
                serde_json::from_slice(&line).ok().filter(is_sane).ok_or_else(|| super::confused("it said nonsense"))
            }
            Ok(read) if read as u64 == LINE_BYTES => Err(super::confused("it said more than anybody asked for")),
            Ok(_) | Err(_) => Err(self.dead().await),
        }
    }

    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills it, and waits until it is gone.
    pub(super) async fn end(mut self: Box<Self>) {
        if let Err(error) = self.child.kill().await {
            tracing::error!(%error, "a worker cannot be ended");
        }
    }

    async fn write(&mut self, what: &impl Serialize) -> Result<(), StudioError> {
        let mut line = serde_json::to_vec(what).expect("what is said to workers has a JSON form");
        line.push(b'\n');
        match self.requests.write_all(&line).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.dead().await),
        }
    }

    /// How it died.
    async fn dead(&mut self) -> StudioError {
        let how = death_of(&mut self.child).await;
        fail::fail_point!("studio::crashed");
        StudioError::Crashed { how }
    }
}

/// Whether what a worker says can be passed on: into the catalogue, and to customers.
fn is_sane(answer: &Answer) -> bool {
    match answer {
        Answer::Made(made) => {
            let names: BTreeSet<&str> = made.files.iter().map(|file| file.name.as_str()).collect();
            names.len() == made.files.len()
                && made.files.iter().all(|file| file.name.len() <= WORD_BYTES && is_media_type(&file.media_type))
        }
        Answer::Ready(ready) => (0..=LONGEST_MS).contains(&ready.bounds.1.ms_since(ready.bounds.0)),
        Answer::Note(Note::Unreadable(pieces)) => *pieces <= MOST_PIECES,
        Answer::Unmade(unmade) => is_code(&unmade.code) && unmade.reason.len() <= WORD_BYTES,
        _ => true,
    }
}

fn is_media_type(text: &str) -> bool {
    let is_fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"/+-.;= ".contains(&byte);
    text.len() <= 100 && text.contains('/') && text.bytes().all(is_fine)
}

fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || b"_0123456789".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Findings, Made, Staged};

    fn made(media_type: &str) -> Answer {
        let file = Staged { file: "1.part".into(), name: "a.txt".into(), media_type: media_type.into() };
        Answer::Made(Made { files: vec![file], findings: Findings::default() })
    }

    #[test]
    fn what_a_worker_says_is_passed_on_only_if_it_is_harmless() {
        for fine in ["video/mp4", "text/plain; charset=utf-8", "application/octet-stream"] {
            assert!(is_sane(&made(fine)), "{fine}");
        }
        for bad in ["", "video", "text/plain\r\nset-cookie: a=b", "text/html\"", "a/ä"] {
            assert!(!is_sane(&made(bad)), "{bad}");
        }
        assert!(is_code("artifact_unsound") && !is_code("") && !is_code("<b>") && !is_code(&"a".repeat(65)));
    }
}
