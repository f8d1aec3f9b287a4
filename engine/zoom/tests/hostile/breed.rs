//! Makes messages: out of the corpus by mutation, and media messages out of nothing. The same seed makes the same ones.

use std::{fs, path::Path};

/// A stream of numbers that only look random (xorshift64*).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`, which is at least 1.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.roll() >> 33) as usize % end
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

/// The messages of one folder of the corpus, in the order of their names.
pub(crate) fn corpus(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(folder);
    let mut files: Vec<_> =
        fs::read_dir(&folder).expect("the folder exists").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("a file")).collect()
}

const INTERESTING: &[u8] = b"{}[]\",:\\ \t\n0127-+.eEtfnu/=Aa\x00\x1f\x7f\x80\xc3\xff";

const NUMBERS: [&str; 19] = [
    "0",
    "-0",
    "00",
    "7",
    "07",
    "-1",
    "1.0",
    "7e0",
    "1E3",
    "1e400",
    "-1e-400",
    "0.5",
    "999999999999999999",
    "1000000000000000000",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "253402300799999",
    "253402300800000",
];

const VALUES: [&str; 14] = [
    "null",
    "true",
    "\"\"",
    "\"7\"",
    "\"\\u0041\"",
    "\"\\ud800\"",
    "\"é\"",
    "[]",
    "{}",
    "[[[[{}]]]]",
    "{\"a\":1}",
    "\"AAAA\"",
    "\"A===\"",
    "\"x\ty\"",
];

const FIELDS: [&str; 16] = [
    "\"msg_type\":14,",
    "\"msg_type\":17,",
    "\"content\":{},",
    "\"user_id\":8,",
    "\"userId\":8,",
    "\"user_name\":\"B\",",
    "\"timestamp\":1,",
    "\"length\":3,",
    "\"data\":\"BBBB\",",
    "\"event\":{},",
    "\"event_type\":3,",
    "\"payload\":{},",
    "\"object\":{},",
    "\"rtms_stream_id\":\"y\",",
    "\"signature\":\"SECRET\",",
    "\"\":0,",
];

/// Makes one message: a member of `herd`, changed one to four times.
pub(crate) fn mutant(dice: &mut Dice, herd: &[Vec<u8>], out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(&herd[dice.below(herd.len())]);
    for _ in 0..=dice.below(4) {
        mutate(dice, herd, out);
    }
}

fn mutate(dice: &mut Dice, herd: &[Vec<u8>], out: &mut Vec<u8>) {
    let place = dice.below(out.len() + 1);
    let inside = place.min(out.len().saturating_sub(1));
    let end = (inside + 1 + dice.below(16)).min(out.len());
    match dice.below(11) {
        0 if !out.is_empty() => out[inside] ^= 1 << dice.below(8),
        1 if !out.is_empty() => out[inside] = INTERESTING[dice.below(INTERESTING.len())],
        2 => out.insert(place, INTERESTING[dice.below(INTERESTING.len())]),
        3 => drop(out.drain(inside..end)),
        4 if dice.one_in(4) => out.truncate(place),
        5 => {
            let piece = out[inside..end].to_vec();
            insert(out, place, &piece);
        }
        6 => {
            let other = &herd[dice.below(herd.len())];
            let from = dice.below(other.len() + 1);
            let to = (from + dice.below(32)).min(other.len());
            insert(out, place, &other[from..to]);
        }
        7 => replace_number(dice, out, inside),
        8 => behind(dice, out, place, b":", &VALUES),
        9 => behind(dice, out, place, b"{,", &FIELDS),
        // White space where it changes nothing.
        _ => behind(dice, out, place, b"{}[],:", &[" ", "\n", "\t", "\r\n  "]),
    }
}

fn insert(out: &mut Vec<u8>, place: usize, piece: &[u8]) {
    out.splice(place..place, piece.iter().copied());
}

/// Puts something behind the first of `marks` from `place` on.
fn behind(dice: &mut Dice, out: &mut Vec<u8>, place: usize, marks: &[u8], pieces: &[&str]) {
    if let Some(at) = out[place..].iter().position(|byte| marks.contains(byte)) {
        let piece = dice.pick(pieces);
        insert(out, place + at + 1, piece.as_bytes());
        // A value takes the place of the one that was there.
        if marks == b":" {
            let from = place + at + 1 + piece.len();
            let length = out[from..].iter().position(|byte| b",}]".contains(byte)).unwrap_or(0);
            out.drain(from..from + length);
        }
    }
}

fn replace_number(dice: &mut Dice, out: &mut Vec<u8>, from: usize) {
    let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    if let Some(at) = out[from..].iter().position(u8::is_ascii_digit) {
        let start = from + at;
        let length = out[start..].iter().take_while(|byte| is_part(byte)).count();
        out.splice(start..start + length, dice.pick(&NUMBERS).bytes());
    }
}

/// Makes one message: a media message out of nothing, or a mutant of the herd.
pub(crate) fn half_and_half(dice: &mut Dice, herd: &[Vec<u8>], out: &mut Vec<u8>) {
    if dice.below(2) == 0 {
        media(dice, out);
    } else {
        mutant(dice, herd, out);
    }
}

/// Makes a media message, most of the time of the usual form.
fn media(dice: &mut Dice, out: &mut Vec<u8>) {
    out.clear();
    let space = |dice: &mut Dice| if dice.one_in(12) { dice.pick(&[" ", "\n\t"]) } else { "" };
    let mut fields: Vec<(&str, String)> = Vec::with_capacity(6);
    fields.push(("user_id", number(dice)));
    fields.push(("timestamp", (1_767_225_600_000 + dice.below(100_000)).to_string()));
    fields.push(("data", base64(dice)));
    if !dice.one_in(3) {
        fields.push(("user_name", name(dice)));
    }
    if dice.one_in(2) {
        fields.push(("length", number(dice)));
    }
    if dice.one_in(10) {
        let at = dice.below(fields.len());
        fields.swap_remove(at);
    }
    if dice.one_in(10) {
        let key = dice.pick(&["user_id", "timestamp", "data", "userId", "channel_id", "x", "", "user_name", "length"]);
        fields.push((key, if dice.one_in(2) { number(dice) } else { dice.pick(&VALUES).to_owned() }));
    }
    for last in (1..fields.len()).rev() {
        let other = dice.below(last + 1);
        fields.swap(last, other);
    }
    let mut content = String::from("{");
    for (place, (key, value)) in fields.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        content += &format!("{comma}{}\"{key}\"{}:{}{value}{}", space(dice), space(dice), space(dice), space(dice));
    }
    content.push('}');
    let kind = if dice.one_in(10) { number(dice) } else { (14 + dice.below(3)).to_string() };
    let kind = format!("\"msg_type\":{}{kind}", space(dice));
    let content = format!("\"content\":{}{content}", space(dice));
    let (first, second) = if dice.one_in(2) { (content, kind) } else { (kind, content) };
    out.extend_from_slice(format!("{}{{{first},{second}}}{}", space(dice), space(dice)).as_bytes());
}

fn number(dice: &mut Dice) -> String {
    match dice.below(8) {
        0 => dice.pick(&NUMBERS).to_owned(),
        1 => (dice.roll() as i64).to_string(),
        _ => dice.below(1 << 25).to_string(),
    }
}

fn base64(dice: &mut Dice) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let length = 4 * dice.below(12);
    let mut text: String = (0..length).map(|_| char::from(ALPHABET[dice.below(64)])).collect();
    if dice.one_in(4) {
        text += dice.pick(&["AA==", "AAA=", "=", "A", "\\/", "\\u0041", "-_", "é", " "]);
    }
    format!("\"{text}\"")
}

fn name(dice: &mut Dice) -> String {
    let name =
        dice.pick(&["", "Ada", "Grace Hopper", "Łukasz", "😀", "\u{202e}x", "a\\\"b", "\\u00e9", "a\tb", "}{,:["]);
    if dice.one_in(20) { "null".to_owned() } else { format!("\"{name}\"") }
}
