//! How deep JSON nests and how many values it has, without parsing it: the guard in front of every parser that recurses or
//! collects.

/// How deep a message may nest.
pub(crate) const DEPTH_LIMIT: u32 = 32;

/// What there is too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excess {
    /// Levels: more than [`DEPTH_LIMIT`].
    Depth,
    /// Values: more than were allowed.
    Values,
}

/// Whether `json` nests at most [`DEPTH_LIMIT`] levels and has at most `values_limit` values. Says nothing about whether it
/// is JSON.
pub(crate) fn check(json: &[u8], values_limit: u32) -> Result<(), Excess> {
    let mut depth = 0_u32;
    let mut values = 1_u32;
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
                values = values.saturating_add(1);
                if depth > DEPTH_LIMIT {
                    return Err(Excess::Depth);
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            b',' if !in_string => values = values.saturating_add(1),
            _ => {}
        }
        if values > values_limit {
            return Err(Excess::Values);
        }
    }
    Ok(())
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
    fn values_count_whatever_holds_them() {
        for (json, values) in [("1", 1), ("[]", 2), ("[1,2]", 3), (r#"{"a":1,"b":[{},{}]}"#, 7), (r#"{"a":",,[{"}"#, 2)]
        {
            assert_eq!(check(json.as_bytes(), values), Ok(()), "{json}");
            assert_eq!(check(json.as_bytes(), values - 1), Err(Excess::Values), "{json}");
        }
    }
}
