//! The process that makes pictures, as the daemon sees it: started, given one frame after the other, killed when it is wanted no
//! more. It is believed nothing: what it decodes comes from strangers. What runs in it is in `develop`.

use std::{io, time::Duration};

use bytes::Bytes;
use live::Exposure;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout},
    time::timeout,
};

use super::words::{Answer, LINE_BYTES, Question, line};
use crate::{
    StudioError,
    launch::{Launch, Launched, death_of},
};

/// One process.
pub(crate) struct Laboratory {
    child: Child,
    patience: Duration,
    frames: ChildStdin,
    pictures: BufReader<ChildStdout>,
}

impl Laboratory {
    /// Starts one that may take so long for a frame.
    pub(crate) fn start(launch: &Launch, patience: Duration) -> Result<Self, StudioError> {
        let started = launch.start(&["--pictures"]).map_err(|source| StudioError::Start { source })?;
        let Launched { child, requests, answers } = started;
        Ok(Self { child, patience, frames: requests, pictures: BufReader::new(answers) })
    }

    /// Has a frame decoded; the picture of it, if there is one. After an error it is of no use any more.
    pub(crate) async fn develop(&mut self, exposure: &Exposure) -> Result<Option<Bytes>, StudioError> {
        let Some(question) = Question::about(exposure) else { return Ok(None) };
        let how = match timeout(self.patience, self.exchange(&question, exposure)).await {
            Ok(Ok(picture)) => return Ok(picture),
            Ok(Err(error)) => format!("{error}; {}", death_of(&mut self.child).await),
            Err(_) => {
                let death = death_of(&mut self.child).await;
                format!("it said nothing for {} s; {death}", self.patience.as_secs())
            }
        };
        fail::fail_point!("studio::crashed");
        Err(StudioError::Crashed { how })
    }

    async fn exchange(&mut self, question: &Question, exposure: &Exposure) -> io::Result<Option<Bytes>> {
        self.frames.write_all(&line(question)).await?;
        self.frames.write_all(&exposure.payload).await?;
        let mut line = Vec::new();
        (&mut self.pictures).take(LINE_BYTES).read_until(b'\n', &mut line).await?;
        let mut picture = vec![0; Answer::parse(&line)?.bytes];
        if picture.is_empty() {
            return Ok(None);
        }
        self.pictures.read_exact(&mut picture).await?;
        let picture = Bytes::from(picture);
        if exposure.accepts(&picture) { Ok(Some(picture)) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    /// Kills it, and waits until it is gone.
    pub(crate) async fn end(mut self) {
        if let Err(error) = self.child.kill().await {
            tracing::error!(%error, "a worker cannot be ended");
        }
    }
}

#[cfg(test)]
mod tests {
    use live::Print;
    use media::{TrackKind, VideoCodec};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn exposure() -> Exposure {
        Exposure {
            slot: 0,
            kind: TrackKind::Video,
            codec: VideoCodec::H264,
            begins: true,
            is_shown: true,
            print: Print::Still,
            payload: Bytes::from_static(b"frame"),
        }
    }

    /// A process that reads the question, and answers as the script does.
    async fn answered(script: &str) -> Result<Option<Bytes>, StudioError> {
        let args = ["-c", script].map(Into::into).to_vec();
        let launch = Launch { program: "/bin/sh".into(), args, environment: Vec::new };
        let mut laboratory = Laboratory::start(&launch, PATIENCE).unwrap();
        let answer = laboratory.develop(&exposure()).await;
        laboratory.end().await;
        answer
    }

    #[tokio::test]
    async fn what_a_process_says_is_passed_on_only_if_it_is_a_picture() {
        let header = r"\211PNG\r\n\032\n\000\000\000\015IHDR\000\000\000\002\000\000\000\001";
        let picture =
            answered(&format!("head -n 1 >/dev/null; printf '{{\"bytes\":24}}\\n{header}'; cat >/dev/null")).await;
        assert_eq!(picture.unwrap().map(|png| png.len()), Some(24), "the control");
        assert_eq!(answered("head -n 1 >/dev/null; echo '{\"bytes\":0}'; cat >/dev/null").await.unwrap(), None);
        for bad in [
            "exit 0",
            "kill -SEGV $$",
            "echo nonsense; cat >/dev/null",
            "yes | tr -d '\\n'",
            "echo '{\"bytes\":99999999}'; cat >/dev/null",
            "printf '{\"bytes\":6}\\n<html>'; cat >/dev/null",
            "printf '{\"bytes\":24}\\ncut'",
        ] {
            let died = answered(bad).await;
            assert!(matches!(died, Err(StudioError::Crashed { .. })), "{bad}: {died:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_hangs_over_a_frame_is_taken_for_dead() {
        let launch = Launch {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), "exec sleep 1000".into()],
            environment: Vec::new,
        };
        let mut laboratory = Laboratory::start(&launch, PATIENCE).unwrap();
        let began = tokio::time::Instant::now();
        let died = laboratory.develop(&exposure()).await;
        assert!(matches!(died, Err(StudioError::Crashed { how }) if how.starts_with("it said nothing")));
        assert_eq!(began.elapsed(), PATIENCE);
    }
}
