//! How much of a fragmented file is whole after its writer was killed. What to do with the rest is its owner's business.

/// Walks the top-level boxes of a fragmented file and answers the length in bytes of its whole part: its header and every
/// fragment up to the last whole pair of `moof` and `mdat`.
///
/// Answers 0 if the file does not begin with a whole `ftyp` and `moov`. Only lengths and names of top-level boxes are
/// looked at, so damage within a box is not found.
pub fn scan(file: &[u8]) -> usize {
    let mut boxes = Boxes { file, at: 0 };
    if boxes.next().is_none_or(|kind| kind != *b"ftyp") {
        return 0;
    }
    let mut whole = 0;
    let mut fragment_open = false;
    while let Some(kind) = boxes.next() {
        match (&kind, whole) {
            (b"moov", 0) => whole = boxes.at,
            (b"moof" | b"mdat", 0) => return 0,
            (b"moof", _) => fragment_open = true,
            (b"mdat", _) if fragment_open => {
                fragment_open = false;
                whole = boxes.at;
            }
            // An index or padding between fragments belongs to what follows it.
            _ => {}
        }
    }
    whole
}

/// A walk over whole boxes; ends at the first one that is cut or says an impossible length.
struct Boxes<'a> {
    file: &'a [u8],
    at: usize,
}

impl Iterator for Boxes<'_> {
    type Item = [u8; 4];

    fn next(&mut self) -> Option<[u8; 4]> {
        let rest = self.file.get(self.at..)?;
        let (size, rest) = rest.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let (size, header_bytes) = match u32::from_be_bytes(*size) {
            1 => (usize::try_from(u64::from_be_bytes(*rest.first_chunk::<8>()?)).ok()?, 16),
            // 0 reaches to the end of the file, of which nobody knows whether it was reached.
            size => (usize::try_from(size).ok()?, 8),
        };
        let end = self.at.checked_add(size)?;
        if size < header_bytes || end > self.file.len() {
            return None;
        }
        self.at = end;
        Some(*kind)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn atom(kind: &[u8; 4], body: usize) -> Vec<u8> {
        [&(8 + body as u32).to_be_bytes()[..], kind, &vec![0xAB; body]].concat()
    }

    fn file() -> Vec<u8> {
        [
            atom(b"ftyp", 8),
            atom(b"moov", 40),
            atom(b"moof", 20),
            atom(b"mdat", 30),
            atom(b"moof", 20),
            atom(b"mdat", 30),
        ]
        .concat()
    }

    #[test]
    fn a_whole_file_is_whole() {
        assert_eq!(scan(&file()), file().len());
    }

    #[test]
    fn a_cut_file_is_whole_up_to_its_last_whole_fragment() {
        let file = file();
        let ends = [64, 64 + 66, 64 + 132];
        for cut in 0..=file.len() {
            let whole = ends.iter().copied().filter(|end| *end <= cut).max().unwrap_or(0);
            assert_eq!(scan(&file[..cut]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_long_size_is_understood() {
        let long = [&1u32.to_be_bytes()[..], b"mdat", &20u64.to_be_bytes(), &[1, 2, 3, 4]].concat();
        let file = [atom(b"ftyp", 8), atom(b"moov", 0), atom(b"moof", 0), long].concat();
        assert_eq!(scan(&file), file.len());
    }

    #[test]
    fn payload_without_a_fragment_and_zeros_from_a_lost_write_end_the_walk() {
        let head = [atom(b"ftyp", 8), atom(b"moov", 0)].concat();
        assert_eq!(scan(&[&head[..], &atom(b"mdat", 9)].concat()), head.len());
        assert_eq!(scan(&[&head[..], &[0; 64]].concat()), head.len());
        assert_eq!(scan(&[atom(b"ftyp", 8), atom(b"mdat", 9), atom(b"moov", 0)].concat()), 0);
        assert_eq!(scan(b""), 0);
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_no_answer_exceeds_them(mut bytes in proptest::collection::vec(any::<u8>(), 0..64), size in any::<u64>()) {
            bytes.splice(0..0, [atom(b"ftyp", 0), atom(b"moov", 0), atom(b"moof", 0)].concat());
            prop_assert!(scan(&bytes) <= bytes.len());
            bytes.extend([&1u32.to_be_bytes()[..], b"mdat", &size.to_be_bytes()].concat());
            prop_assert!(scan(&bytes) <= bytes.len());
        }
    }
}
