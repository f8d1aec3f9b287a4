//! A body as Zoom's documentation signs it: parsed and written again, compact, in its own order, with nothing escaped that
//! need not be (protocol §2.2, §18 row 3). Whether it was signed so is decided in `verify`.

use serde::de::IgnoredAny;

use crate::wire::shape;

/// The largest body that is written again, in bytes; Zoom's are a hundredth of it.
const LIMIT_BYTES: usize = 256 << 10;

/// How many values a body may have; Zoom's have a dozen.
const VALUES_LIMIT: u32 = 10_000;

/// `body` written again; `None` if it is not JSON, nests too deep, has too many values or is larger
/// than 256 KiB.
///
/// Bodies that differ only in white space and in how strings are escaped come out the same, so it also tells whether two
/// deliveries say the same. Numbers and repeated keys are left as they are. Takes time and room in proportion to the body.
pub fn canonical_body(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() > LIMIT_BYTES || shape::check(body, VALUES_LIMIT).is_err() {
        return None;
    }
    let text = str::from_utf8(body).ok()?;
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut out = Vec::with_capacity(body.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        rest = rest.get(letter.len_utf8()..)?;
        match letter {
            ' ' | '\n' | '\r' | '\t' => {}
            '"' => rest = string(rest, &mut out)?,
            other => push(&mut out, other),
        }
    }
    Some(out)
}

/// Writes the string whose opening quote was just read, and answers what follows it.
fn string<'a>(mut rest: &'a str, out: &mut Vec<u8>) -> Option<&'a str> {
    out.push(b'"');
    loop {
        let letter = rest.chars().next()?;
        rest = rest.get(letter.len_utf8()..)?;
        match letter {
            '"' => {
                out.push(b'"');
                return Some(rest);
            }
            '\\' => rest = escape(rest, out)?,
            other => push(out, other),
        }
    }
}

/// Writes what an escape stands for, and answers what follows it.
fn escape<'a>(rest: &'a str, out: &mut Vec<u8>) -> Option<&'a str> {
    let (kind, rest) = rest.split_at_checked(1)?;
    let letter = match kind {
        "u" => return unicode(rest, out),
        "n" => '\n',
        "r" => '\r',
        "t" => '\t',
        "b" => '\u{8}',
        "f" => '\u{c}',
        other => other.chars().next()?,
    };
    quoted(out, letter);
    Some(rest)
}

/// Writes the letter of `\u`, which may take two of them; half a letter stays escaped.
fn unicode<'a>(rest: &'a str, out: &mut Vec<u8>) -> Option<&'a str> {
    let (first, rest) = unit(rest)?;
    if let Some(letter) = char::from_u32(first) {
        quoted(out, letter);
        return Some(rest);
    }
    if let Some((second, behind)) = rest.strip_prefix("\\u").and_then(unit)
        && let Some(Ok(letter)) = char::decode_utf16([low(first), low(second)]).next()
    {
        push(out, letter);
        return Some(behind);
    }
    out.extend_from_slice(format!("\\u{first:04x}").as_bytes());
    Some(rest)
}

/// Four hexadecimal digits, and what follows them.
fn unit(rest: &str) -> Option<(u32, &str)> {
    let (digits, rest) = rest.split_at_checked(4)?;
    let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hexadecimal.then_some(())?;
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}

/// What four digits hold always fits.
const fn low(unit: u32) -> u16 {
    (unit & 0xffff) as u16
}

/// Writes a letter within a string, escaped only if it must be.
fn quoted(out: &mut Vec<u8>, letter: char) {
    match letter {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        '\u{8}' => out.extend_from_slice(b"\\b"),
        '\u{c}' => out.extend_from_slice(b"\\f"),
        control if control < ' ' => out.extend_from_slice(format!("\\u{:04x}", u32::from(control)).as_bytes()),
        other => push(out, other),
    }
}

fn push(out: &mut Vec<u8>, letter: char) {
    out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn canonical(body: &str) -> Option<String> {
        canonical_body(body.as_bytes()).map(|body| String::from_utf8(body).expect("text"))
    }

    #[test]
    fn only_white_space_and_needless_escapes_go() {
        let cases = [
            (r#"{"b":1,"a":[true,null,-0.50,1E3]}"#, r#"{"b":1,"a":[true,null,-0.50,1E3]}"#),
            ("{ \"b\" :\t1 ,\r\n\"a\":[ ] }\n", r#"{"b":1,"a":[]}"#),
            (r#"{"a":"x y\/z"}"#, r#"{"a":"x y/z"}"#),
            (r#"{"a":"\u00fc\u0041\uD83D\uDE00"}"#, "{\"a\":\"üA😀\"}"),
            ("{\"a\":\"ü😀\u{7f}\u{2028}\"}", "{\"a\":\"ü😀\u{7f}\u{2028}\"}"),
            (r#""\"\\\b\f\n\r\t\u0008\u0022\u005C\u001F""#, r#""\"\\\b\f\n\r\t\b\"\\\u001f""#),
            (r#""\uD83D \uDE00\uD83D\u0041""#, r#""\ud83d \ude00\ud83dA""#),
        ];
        for (body, expected) in cases {
            assert_eq!(canonical(body).as_deref(), Some(expected), "{body}");
        }
    }

    #[test]
    fn what_is_not_json_or_too_much_of_it_is_not_written_again() {
        for body in ["", "{", r#"{"a":1}{}"#, "1 2", "\"\n\"", r#""\x""#, r#""\u12""#] {
            assert_eq!(canonical(body), None, "{body}");
        }
        assert_eq!(canonical_body(b"\"\xff\""), None);
        assert_eq!(canonical(&format!("{}{}", "[".repeat(33), "]".repeat(33))), None);
        let filled = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
        assert!(canonical(&filled(LIMIT_BYTES)).is_some());
        assert_eq!(canonical(&filled(LIMIT_BYTES + 1)), None);
    }

    proptest! {
        #[test]
        fn what_is_written_again_says_the_same_and_stays_as_it_is(text in "\\PC{0,40}", number in any::<i64>()) {
            let value = serde_json::json!({ "z": text, "a": [number, { "k": text }] });
            let body = serde_json::to_string_pretty(&value).expect("JSON");
            let once = canonical_body(body.as_bytes()).expect("JSON");
            prop_assert_eq!(serde_json::from_slice::<Value>(&once).expect("JSON"), value);
            prop_assert!(once.len() <= body.len());
            prop_assert_eq!(canonical_body(&once), Some(once));
        }

        #[test]
        fn any_bytes_are_written_again_or_not(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(once) = canonical_body(&body) {
                prop_assert!(once.len() <= body.len());
            }
        }
    }
}
