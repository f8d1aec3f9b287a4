//! The hot path: one pass over a media message in the form in which Zoom sends nearly all of them.
//!
//! It takes a message or leaves it, and never says why: an escape, a repeated or unknown key, a number as a string, a name
//! that is `null` are all left to `slow`. Whatever it takes, `slow` would read the same; a property test holds that.

use std::borrow::Cow;

use media::TrackKind;

use super::media::{MediaMessage, TIME_LIMIT_MS, kind};

/// Reads a media message of the usual form; `None` says nothing about whether it is valid.
pub fn scan(message: &[u8]) -> Option<MediaMessage<'_>> {
    let mut scanner = Scanner { rest: message };
    let mut kind_seen = None;
    let mut content = None;
    scanner.token(b'{')?;
    loop {
        match scanner.key()? {
            b"msg_type" => put(&mut kind_seen, kind(scanner.whole()?)?)?,
            b"content" => put(&mut content, scanner.content()?)?,
            _ => return None,
        }
        if scanner.is_last()? {
            break;
        }
    }
    scanner.skip_space();
    if !scanner.rest.is_empty() {
        return None;
    }
    content?.finish(kind_seen?)
}

/// The fields of a content object, as far as they were met.
#[derive(Default)]
struct Content<'a> {
    user_id: Option<i64>,
    user_name: Option<&'a str>,
    timestamp_ms: Option<i64>,
    data: Option<&'a [u8]>,
    length: Option<u64>,
}

impl<'a> Content<'a> {
    fn finish(self, kind: TrackKind) -> Option<MediaMessage<'a>> {
        Some(MediaMessage {
            kind,
            user_id: self.user_id?,
            user_name: self.user_name.map(Cow::Borrowed),
            timestamp_ms: self.timestamp_ms.filter(|ms| (0..=TIME_LIMIT_MS).contains(ms))?,
            data_base64: Cow::Borrowed(self.data?),
            length: self.length,
        })
    }
}

struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    fn skip_space(&mut self) {
        while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn token(&mut self, wanted: u8) -> Option<()> {
        self.skip_space();
        let (first, rest) = self.rest.split_first()?;
        if *first != wanted {
            return None;
        }
        self.rest = rest;
        Some(())
    }

    /// Whether a `}` follows rather than a comma.
    fn is_last(&mut self) -> Option<bool> {
        self.skip_space();
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        match first {
            b',' => Some(false),
            b'}' => Some(true),
            _ => None,
        }
    }

    fn key(&mut self) -> Option<&'a [u8]> {
        let key = self.plain()?;
        self.token(b':')?;
        self.skip_space();
        Some(key)
    }

    /// The bytes of a string without escapes and control characters; not checked to be UTF-8.
    fn plain(&mut self) -> Option<&'a [u8]> {
        self.token(b'"')?;
        let end = memchr::memchr(b'"', self.rest)?;
        let (text, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.get(1..)?;
        // One pass without a branch, which the compiler turns into vector instructions.
        let odd = text.iter().fold(false, |odd, byte| odd | (*byte < 0x20) | (*byte == b'\\'));
        (!odd).then_some(text)
    }

    /// The same where all bytes are ASCII: a payload, which is nearly all of a message, so that it is passed over twice and not three
    /// times.
    fn ascii(&mut self) -> Option<&'a [u8]> {
        self.token(b'"')?;
        let end = memchr::memchr2(b'"', b'\\', self.rest)?;
        let (text, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.strip_prefix(b"\"")?;
        // As in `plain`; what is below a space is far above it here.
        let farthest = text.iter().fold(0, |farthest, byte| farthest.max(byte.wrapping_sub(b' ')));
        (farthest < 0x80 - b' ').then_some(text)
    }

    /// An integer of at most 18 digits, so that it fits in every type it may be meant for.
    fn whole(&mut self) -> Option<i64> {
        let negative = self.rest.first() == Some(&b'-');
        if negative {
            self.rest = self.rest.get(1..)?;
        }
        let mut value = 0_i64;
        let mut digits = 0_u32;
        while let [digit @ b'0'..=b'9', rest @ ..] = self.rest {
            if digits == 18 || (digits == 1 && value == 0) {
                return None;
            }
            value = value * 10 + i64::from(digit - b'0');
            digits += 1;
            self.rest = rest;
        }
        let ended = matches!(self.rest.first(), Some(b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t'));
        // Minus zero is a float to a JSON parser.
        (digits > 0 && ended && !(negative && value == 0)).then_some(if negative { -value } else { value })
    }

    fn content(&mut self) -> Option<Content<'a>> {
        let mut content = Content::default();
        self.token(b'{')?;
        loop {
            match self.key()? {
                b"data" => put(&mut content.data, self.ascii()?)?,
                b"timestamp" => put(&mut content.timestamp_ms, self.whole()?)?,
                b"user_id" => put(&mut content.user_id, self.whole()?)?,
                b"user_name" => put(&mut content.user_name, str::from_utf8(self.plain()?).ok()?)?,
                b"length" => put(&mut content.length, u64::try_from(self.whole()?).ok()?)?,
                _ => return None,
            }
            if self.is_last()? {
                return Some(content);
            }
        }
    }
}

/// Fills a place once; `None` if it was filled before.
fn put<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}
