//! The process that makes pictures: gives up whatever it does not need, which is all but its pipes, then answers frames on its
//! standard input with pictures on its standard output until nobody asks any more.

use std::io::{self, BufRead, BufReader, Write};

use live::Darkroom;

use super::words::{Answer, Question, line};
use crate::{sandbox, work};

/// How much address space it may take, in bytes: sixteen decoders of the largest pictures that a platform sends, twice over.
const MEMORY_BYTES: u64 = 2 << 30;

/// Makes pictures until whoever asks is gone. To be called in a process that has done nothing else and has no other thread.
///
/// # Errors
/// If what it reads is no frame, or nobody hears its answers.
pub fn develop() -> io::Result<()> {
    work::attend();
    sandbox::limit_memory(MEMORY_BYTES);
    sandbox::enter(&[], None);
    answer_all(&mut BufReader::new(io::stdin().lock()), &mut io::stdout().lock())
}

fn answer_all(input: &mut impl BufRead, output: &mut impl Write) -> io::Result<()> {
    let mut room = Darkroom::new();
    while let Some(exposure) = Question::read(input)? {
        fail::fail_point!("studio::developing");
        let still = room.develop(&exposure).unwrap_or_else(|error| {
            tracing::debug!(code = error.code(), %error, "a frame is no picture");
            None
        });
        let still = still.unwrap_or_default();
        output.write_all(&line(&Answer { bytes: still.len() }))?;
        output.write_all(&still)?;
        output.flush()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use live::{Exposure, Print};
    use media::{TrackKind, VideoCodec};

    use super::*;

    #[test]
    fn to_each_frame_there_is_one_answer_also_to_one_that_is_no_picture() {
        let file = format!("{}/../../fixtures/pack/slide-0.jpg", env!("CARGO_MANIFEST_DIR"));
        let slide = std::fs::read(file).unwrap();
        let mut input = Vec::new();
        let exposures = [slide, b"\xFF\xD8no picture".to_vec()].map(|payload| Exposure {
            slot: 0,
            kind: TrackKind::Share,
            codec: VideoCodec::Jpeg,
            begins: true,
            is_shown: true,
            print: Print::Still,
            payload: payload.into(),
        });
        for exposure in &exposures {
            input.extend(line(&Question::about(exposure).unwrap()));
            input.extend_from_slice(&exposure.payload);
        }
        let mut output = Vec::new();
        answer_all(&mut &input[..], &mut output).unwrap();
        let end = output.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let first = Answer::parse(&output[..end]).unwrap();
        let (still, rest) = output[end..].split_at(first.bytes);
        assert!(exposures[0].accepts(&bytes::Bytes::copy_from_slice(still)));
        assert_eq!(rest, line(&Answer { bytes: 0 }));
    }
}
