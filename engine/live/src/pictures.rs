//! H.264 as it comes to access units that a receiver can begin with: parameter sets in front of each key picture, and nothing
//! before the first one.

use std::collections::BTreeMap;

use bytes::Bytes;
use media::{Frame, Track};
use video::h264::{ParameterSets, inspect};

/// How many sources are followed at once.
const MOST_SOURCES: usize = 128;
/// Within how many bytes parameter sets are looked for.
const FIRST_BYTES: usize = 1_024;
/// What stands before each unit of the byte stream.
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// The pictures of one capture.
#[derive(Debug, Default)]
pub struct Pictures {
    sources: BTreeMap<Track, Source>,
}

/// What is to be sent of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessUnit {
    /// It, in Annex B form.
    pub payload: Bytes,
    /// Whether nothing before it is needed: the first, and the first after something was left out.
    pub begins: bool,
}

#[derive(Debug, Default)]
struct Source {
    sets: Option<ParameterSets>,
    /// Whether a key picture was handed out, and everything since.
    is_begun: bool,
}

impl Pictures {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one message of an H.264 stream; what is to be sent of it.
    pub fn handle_frame(&mut self, frame: &Frame) -> Option<AccessUnit> {
        if self.sources.len() >= MOST_SOURCES && !self.sources.contains_key(&frame.track) {
            return None;
        }
        let source = self.sources.entry(frame.track).or_default();
        let unit = inspect(&frame.payload);
        if unit.sets.is_some() {
            source.sets.clone_from(&unit.sets);
        }
        if unit.slices == 0 {
            return None;
        }
        let begins = !source.is_begun;
        source.is_begun |= unit.key && source.sets.is_some();
        if !source.is_begun {
            return None;
        }
        let payload = match &source.sets {
            Some(sets) if (unit.idr || begins) && unit.sets.is_none() => with_sets(sets, &frame.payload),
            _ => frame.payload.clone(),
        };
        Some(AccessUnit { payload, begins })
    }

    /// Takes note that something of a source was left out: it goes on with its next key picture.
    pub fn note_loss(&mut self, track: Track) {
        if let Some(source) = self.sources.get_mut(&track) {
            source.is_begun = false;
        }
    }
}

/// Whether a message of an H.264 stream is a picture behind its parameter sets, as far as that can be told from its first bytes.
pub fn begins(payload: &Bytes) -> bool {
    let unit = inspect(&payload.slice(..payload.len().min(FIRST_BYTES)));
    unit.sets.is_some() && unit.slices > 0
}

fn with_sets(sets: &ParameterSets, picture: &Bytes) -> Bytes {
    let parts: [&[u8]; 5] = [&START_CODE, &sets.sps, &START_CODE, &sets.pps, picture];
    parts.concat().into()
}

#[cfg(test)]
mod tests {
    use media::{SourceTime, TrackKind};
    use proptest::prelude::*;

    use super::*;

    const SPS: &[u8] = &[0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1E, 0xD9, 0x00, 0xA0, 0x47, 0xFE, 0x88];
    const PPS: &[u8] = &[0, 0, 0, 1, 0x68, 0xCE, 0x3C, 0x80];
    const IDR: &[u8] = &[0, 0, 0, 1, 0x65, 0x88, 0x84];
    const OTHER: &[u8] = &[0, 0, 0, 1, 0x41, 0x9A, 0x21];

    fn frame(source: i64, parts: &[&[u8]]) -> Frame {
        let track = Track { kind: TrackKind::Video, source };
        Frame { track, at: SourceTime::from_unix_ms(0), payload: Bytes::from(parts.concat()) }
    }

    #[test]
    fn a_receiver_begins_with_parameter_sets_and_a_key_picture() {
        let mut pictures = Pictures::new();
        let mut sent = |parts: &[&[u8]]| pictures.handle_frame(&frame(1, parts)).map(|unit| unit.payload.to_vec());
        assert_eq!(sent(&[OTHER]), None);
        assert_eq!(sent(&[IDR]), None, "without parameter sets nobody can read it");
        assert_eq!(sent(&[SPS, PPS]), None, "they show nothing by themselves");
        assert_eq!(sent(&[OTHER]), None);
        assert_eq!(sent(&[IDR]), Some([SPS, PPS, IDR].concat()));
        assert_eq!(sent(&[OTHER]), Some(OTHER.to_vec()));
        assert_eq!(sent(&[SPS, PPS, IDR]), Some([SPS, PPS, IDR].concat()), "what has them gets no others");
    }

    #[test]
    fn a_picture_behind_its_parameter_sets_is_told_from_its_first_bytes() {
        let long = [0xAB; 5_000];
        let is_one = |parts: &[&[u8]]| begins(&Bytes::from(parts.concat()));
        assert!(is_one(&[SPS, PPS, IDR]) && is_one(&[SPS, PPS, IDR, &long]));
        assert!(
            !is_one(&[IDR])
                && !is_one(&[OTHER])
                && !is_one(&[SPS, PPS])
                && !is_one(&[])
                && !is_one(&[&long, SPS, PPS, IDR])
        );
    }

    #[test]
    fn after_a_loss_it_begins_again_and_others_go_on() {
        let mut pictures = Pictures::new();
        let mut begins = |source, parts: &[&[u8]]| pictures.handle_frame(&frame(source, parts)).map(|unit| unit.begins);
        for source in [1, 2] {
            assert_eq!(begins(source, &[SPS, PPS, IDR]), Some(true));
        }
        assert_eq!(begins(1, &[SPS, PPS, IDR]), Some(false));
        pictures.note_loss(Track { kind: TrackKind::Video, source: 1 });
        let mut begins = |source, parts: &[&[u8]]| pictures.handle_frame(&frame(source, parts)).map(|unit| unit.begins);
        assert_eq!(begins(1, &[OTHER]), None);
        assert_eq!(begins(2, &[OTHER]), Some(false));
        assert_eq!(begins(1, &[IDR]), Some(true));
        assert_eq!(begins(1, &[OTHER]), Some(false));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..20)) {
            let mut pictures = Pictures::new();
            for payload in &payloads {
                let _ = pictures.handle_frame(&frame(1, &[payload]));
            }
        }
    }
}
