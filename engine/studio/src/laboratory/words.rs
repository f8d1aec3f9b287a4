//! What is said to the process that makes pictures, and what it answers: a line of JSON, and as many bytes behind it as the line
//! says. To each frame there is one answer.

use std::io::{self, BufRead, Read};

use live::{Exposure, MOST_SLOTS, Print, STILL_LIMIT_BYTES};
use media::{TrackKind, VideoCodec};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// How long a line may be, in bytes.
pub(super) const LINE_BYTES: u64 = 1 << 10;
/// How large a frame may be, in bytes: the largest message of a shared screen.
pub(crate) const FRAME_LIMIT_BYTES: usize = 8 << 20;

/// What is said before the bytes of a frame.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Question {
    slot: u8,
    kind: TrackKind,
    codec: VideoCodec,
    begins: bool,
    is_shown: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    filmed: Option<Filmed>,
    bytes: usize,
}

/// What is said besides of a picture of a stream.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Filmed {
    width: u32,
    height: u32,
    is_first: bool,
}

/// What is said before the bytes of a picture; none if there is no picture.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) bytes: usize,
}

impl Question {
    /// Of a frame; `None` if it is larger than any that may be asked about.
    pub(super) fn about(exposure: &Exposure) -> Option<Self> {
        let &Exposure { slot, kind, codec, begins, is_shown, print, ref payload } = exposure;
        let filmed = match print {
            Print::Still => None,
            Print::Filmed { width, height, is_first } => Some(Filmed { width, height, is_first }),
        };
        let bytes = payload.len();
        (bytes <= FRAME_LIMIT_BYTES).then_some(Self { slot, kind, codec, begins, is_shown, filmed, bytes })
    }

    /// Reads one with its frame; `None` at the end of what is asked.
    ///
    /// # Errors
    /// If it is none.
    pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Exposure>> {
        let mut line = Vec::new();
        input.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        let Self { slot, kind, codec, begins, is_shown, filmed, bytes } = parse(&line)?;
        if slot >= MOST_SLOTS || bytes > FRAME_LIMIT_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut payload = vec![0; bytes];
        input.read_exact(&mut payload)?;
        let print =
            filmed.map_or(Print::Still, |Filmed { width, height, is_first }| Print::Filmed { width, height, is_first });
        Ok(Some(Exposure { slot, kind, codec, begins, is_shown, print, payload: payload.into() }))
    }
}

impl Answer {
    /// Reads what stands in a line.
    ///
    /// # Errors
    /// If that is no answer, or one that is larger than any picture.
    pub(super) fn parse(line: &[u8]) -> io::Result<Self> {
        parse::<Self>(line).and_then(|answer| {
            (answer.bytes <= STILL_LIMIT_BYTES).then_some(answer).ok_or(io::ErrorKind::InvalidData.into())
        })
    }
}

/// A line with what is said.
pub(super) fn line(said: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(said).expect("what is said of pictures has a JSON form");
    line.push(b'\n');
    line
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> io::Result<T> {
    let whole = line.strip_suffix(b"\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(serde_json::from_slice(whole)?)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn exposure(payload: Bytes) -> Exposure {
        let print = Print::Filmed { width: 640, height: 360, is_first: true };
        Exposure {
            slot: 3,
            kind: TrackKind::Share,
            codec: VideoCodec::Jpeg,
            begins: true,
            is_shown: false,
            print,
            payload,
        }
    }

    #[test]
    fn a_frame_comes_out_as_it_went_in_and_one_follows_the_other() {
        let mut pipe = Vec::new();
        let still = Exposure { print: Print::Still, ..exposure(Bytes::new()) };
        let sent = [exposure(Bytes::from_static(b"one\ntwo")), still];
        for one in &sent {
            pipe.extend(line(&Question::about(one).expect("it is small")));
            pipe.extend_from_slice(&one.payload);
        }
        let mut input = &pipe[..];
        for one in sent {
            assert_eq!(Question::read(&mut input).expect("whole"), Some(one));
        }
        assert_eq!(Question::read(&mut input).expect("the end"), None);
    }

    #[test]
    fn what_is_too_large_cut_or_nonsense_is_refused_before_there_is_memory_for_it() {
        assert!(Question::about(&exposure(vec![0; FRAME_LIMIT_BYTES + 1].into())).is_none());
        let huge = r#"{"slot":0,"kind":"video","codec":"h264","begins":true,"is_shown":true,"bytes":999999999999}"#;
        for bad in [format!("{huge}\n"), huge.to_owned(), "{}\n".to_owned(), "x".repeat(5_000), "\n".to_owned()] {
            assert!(Question::read(&mut bad.as_bytes()).is_err(), "{bad:.40}");
        }
        assert!(Answer::parse(b"{\"bytes\":7}\n").is_ok_and(|answer| answer.bytes == 7));
        let large = format!("{{\"bytes\":{}}}\n", STILL_LIMIT_BYTES + 1);
        for bad in [large.as_bytes(), b"{\"bytes\":-1}\n", b"{\"bytes\":7}", b""] {
            assert!(Answer::parse(bad).is_err());
        }
    }
}
