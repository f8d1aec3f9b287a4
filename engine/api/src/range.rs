//! The `Range` header (RFC 9110 §14): which bytes of a file are wanted. Pure; reading them is in [`crate::download`].

/// What part of a file a request gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it.
    Whole,
    /// From `first` to `last`, both included; 206.
    Part {
        /// The offset of the first byte.
        first: u64,
        /// The offset of the last byte.
        last: u64,
    },
    /// Nothing of the file lies in the range; 416.
    Nothing,
}

impl Wanted {
    /// Reads the header for a file of `len_bytes`. A header that is malformed, of another unit, or with several ranges is
    /// ignored, as RFC 9110 §14.2 allows: the answer is the whole file.
    pub(crate) fn of(header: Option<&str>, len_bytes: u64) -> Self {
        header.and_then(|header| parse(header, len_bytes)).unwrap_or(Self::Whole)
    }

    /// How many bytes of a file of `len_bytes` are sent.
    pub(crate) fn len_bytes(self, len_bytes: u64) -> u64 {
        match self {
            Self::Whole => len_bytes,
            Self::Part { first, last } => last - first + 1,
            Self::Nothing => 0,
        }
    }
}

fn parse(header: &str, len_bytes: u64) -> Option<Wanted> {
    let (unit, set) = header.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = set.trim().split_once('-')?;
    let end = len_bytes.checked_sub(1);
    let (first, last) = match (number(first.trim())?, number(last.trim())?) {
        (None, None) => return None,
        (None, Some(suffix)) => {
            let Some(end) = end.filter(|_| suffix > 0) else { return Some(Wanted::Nothing) };
            (len_bytes.saturating_sub(suffix), end)
        }
        (Some(first), last) => {
            if last.is_some_and(|last| last < first) {
                return None;
            }
            let Some(end) = end.filter(|end| first <= *end) else { return Some(Wanted::Nothing) };
            (first, last.map_or(end, |last| last.min(end)))
        }
    };
    Some(Wanted::Part { first, last })
}

/// Digits only; `Some(None)` if there are none, `None` if it is something else. Numbers beyond 64 bits become the largest.
fn number(text: &str) -> Option<Option<u64>> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(if text.is_empty() { None } else { Some(text.parse().unwrap_or(u64::MAX)) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn part(first: u64, last: u64) -> Wanted {
        Wanted::Part { first, last }
    }

    #[test]
    fn ranges_of_a_file_of_ten_bytes() {
        let cases = [
            ("bytes=0-", part(0, 9)),
            ("bytes=0-0", part(0, 0)),
            ("bytes=2-4", part(2, 4)),
            ("BYTES = 2-4", part(2, 4)),
            ("bytes=9-", part(9, 9)),
            ("bytes=5-500", part(5, 9)),
            ("bytes=-3", part(7, 9)),
            ("bytes=-10", part(0, 9)),
            ("bytes=-11", part(0, 9)),
            ("bytes=0-99999999999999999999999", part(0, 9)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=99999999999999999999999-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=4-2", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("items=0-1", Wanted::Whole),
            ("0-1", Wanted::Whole),
            ("", Wanted::Whole),
        ];
        for (header, expected) in cases {
            assert_eq!(Wanted::of(Some(header), 10), expected, "{header}");
        }
        assert_eq!(Wanted::of(None, 10), Wanted::Whole);
    }

    #[test]
    fn an_empty_file_has_no_ranges() {
        for header in ["bytes=0-", "bytes=0-0", "bytes=-1"] {
            assert_eq!(Wanted::of(Some(header), 0), Wanted::Nothing, "{header}");
        }
    }

    proptest! {
        #[test]
        fn a_part_always_lies_within_the_file(header in "(bytes=)?[0-9]{0,22}-?[0-9]{0,22}", len_bytes in any::<u64>()) {
            if let Wanted::Part { first, last } = Wanted::of(Some(&header), len_bytes) {
                prop_assert!(first <= last && last < len_bytes);
            }
        }
    }
}
