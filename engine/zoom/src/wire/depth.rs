//! How deep JSON nests, without parsing it: the guard in front of every parser that recurses.

/// How deep a message may nest.
pub(crate) const LIMIT: u32 = 32;

/// Whether `json` nests at most [`LIMIT`] levels. Says nothing about whether it is JSON.
pub(crate) fn is_within_limit(json: &[u8]) -> bool {
    let mut depth = 0_u32;
    let mut in_string = false;
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => {
                bytes.next();
            }
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > LIMIT {
                    return false;
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_count_only_outside_of_strings() {
        let nested = |levels: usize| [vec![b'['; levels], vec![b']'; levels]].concat();
        assert!(is_within_limit(&nested(32)));
        assert!(!is_within_limit(&nested(33)));
        assert!(is_within_limit(format!(r#""\"{}""#, "[".repeat(99)).as_bytes()));
        assert!(!is_within_limit(format!(r#""\\"{}"#, "[".repeat(99)).as_bytes()));
    }
}
