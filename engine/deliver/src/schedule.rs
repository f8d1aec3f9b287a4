//! When something is tried again (recording-api §7.1). Pure. What counts as a failure is in `verdict`.

/// The pauses after each attempt that failed, in milliseconds: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h. After the attempt that
/// follows the last of them there is none.
const PAUSES_MS: [i64; 7] = [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000];

/// The longest pause that a receiver may ask for, in milliseconds; it never makes one shorter.
const LONGEST_MS: i64 = 36_000_000;

/// When to try again at `now_unix_ms` after `attempts` that failed, the one that just did among them, where the receiver asks
/// for a pause of `asked_ms`; `None` after the last.
pub(crate) fn next_unix_ms(attempts: u32, asked_ms: Option<i64>, now_unix_ms: i64) -> Option<i64> {
    let place = usize::try_from(attempts).ok()?.checked_sub(1)?;
    let pause_ms = *PAUSES_MS.get(place)?;
    Some(now_unix_ms.saturating_add(pause_ms.max(asked_ms.unwrap_or(0).min(LONGEST_MS))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_are_those_that_are_published() {
        let mut at = vec![0];
        while let Some(next) = next_unix_ms(u32::try_from(at.len()).expect("few"), None, *at.last().expect("one")) {
            at.push(next);
        }
        let seconds: Vec<i64> = at.windows(2).map(|pair| (pair[1] - pair[0]) / 1_000).collect();
        assert_eq!(seconds, [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000]);
        assert_eq!(at.len(), 8, "eight attempts in all");
    }

    #[test]
    fn a_receiver_makes_a_pause_longer_within_bounds_and_never_shorter() {
        assert_eq!(next_unix_ms(1, Some(60_000), 0), Some(60_000));
        assert_eq!(next_unix_ms(2, Some(60_000), 0), Some(300_000));
        assert_eq!(next_unix_ms(1, Some(i64::MAX), 0), Some(LONGEST_MS));
        assert_eq!(next_unix_ms(1, Some(-5), 0), Some(5_000));
        assert_eq!(next_unix_ms(8, Some(60_000), 0), None, "after the last there is none");
    }
}
