//! How deep JSON nests, how many values it has and how long its strings with escapes are, without parsing it: the guard in front of
//! every parser that recurses, collects or copies.

/// How deep a message may nest.
pub(crate) const DEPTH_LIMIT: u32 = 32;

/// How long a string with escapes may be, in bytes: it is copied, by a parser whose buffer grows to twice that.
pub(crate) const ESCAPED_LIMIT_BYTES: usize = 1 << 20;

/// What there is too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excess {
    /// Levels: more than [`DEPTH_LIMIT`].
    Depth,
    /// Values: more than were allowed.
    Values,
    /// Escapes: a string that has any and is longer than [`ESCAPED_LIMIT_BYTES`].
    Escaped,
}

/// Whether `json` nests at most [`DEPTH_LIMIT`] levels, has at most `values_limit` values and no string with escapes that is longer
/// than [`ESCAPED_LIMIT_BYTES`]. Says nothing about whether it is JSON.
pub(crate) fn check(json: &[u8], values_limit: u32) -> Result<(), Excess> {
    let mut depth = 0_u32;
    let mut values = 1_u32;
    // Where the string began that is gone through, and whether it has an escape.
    let mut string: Option<(usize, bool)> = None;
    let mut bytes = json.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        if let Some((began, has_escape)) = string {
            match byte {
                b'"' => string = None,
                b'\\' => {
                    string = Some((began, true));
                    bytes.next();
                }
                _ => continue,
            }
            if has_escape && at - began - 1 > ESCAPED_LIMIT_BYTES {
                return Err(Excess::Escaped);
            }
            continue;
        }
        match byte {
            b'"' => string = Some((at, false)),
            b'{' | b'[' => {
                depth += 1;
                values = values.saturating_add(1);
                if depth > DEPTH_LIMIT {
                    return Err(Excess::Depth);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => values = values.saturating_add(1),
            _ => {}
        }
        if values > values_limit {
            return Err(Excess::Values);
        }
    }
    // One that does not end is read to the end of everything before that is noticed.
    match string {
        Some((began, true)) if json.len() - began - 1 > ESCAPED_LIMIT_BYTES => Err(Excess::Escaped),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_count_only_outside_of_strings() {
        let nested = |levels: usize| [vec![b'['; levels], vec![b']'; levels]].concat();
        assert_eq!(check(&nested(32), 100), Ok(()));
        assert_eq!(check(&nested(33), 100), Err(Excess::Depth));
        assert_eq!(check(format!(r#""\"{}""#, "[".repeat(99)).as_bytes(), 1), Ok(()));
        assert_eq!(check(format!(r#""\\"{}"#, "[".repeat(99)).as_bytes(), 100), Err(Excess::Depth));
    }

    #[test]
    fn a_string_with_escapes_has_at_most_1_mib_wherever_they_are_and_one_without_any_length() {
        let text = |length: usize| "x".repeat(length);
        assert_eq!(check(format!("[\"{}\"]", text(2_000_000)).as_bytes(), 9), Ok(()));
        assert_eq!(check(format!(r#"["\n{}","{}"]"#, text(1_000_000), text(2_000_000)).as_bytes(), 9), Ok(()));
        let long = text(1_100_000);
        for json in
            [format!(r#"["\n{long}"]"#), format!(r#"["{long}\n"]"#), format!(r#"["\n{long}"#), format!(r#"["{long}\n"#)]
        {
            assert_eq!(check(json.as_bytes(), 9), Err(Excess::Escaped));
        }
    }

    #[test]
    fn values_count_whatever_holds_them() {
        for (json, values) in [("1", 1), ("[]", 2), ("[1,2]", 3), (r#"{"a":1,"b":[{},{}]}"#, 7), (r#"{"a":",,[{"}"#, 2)]
        {
            assert_eq!(check(json.as_bytes(), values), Ok(()), "{json}");
            assert_eq!(check(json.as_bytes(), values - 1), Err(Excess::Values), "{json}");
        }
    }
}
