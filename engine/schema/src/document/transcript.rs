//! Who said what: `transcript.json` and `transcript.vtt`.

use std::fmt::Write as _;

use media::{Position, SourceTime};
use model::Utterance;
use serde::Serialize;

use super::people::People;
use crate::{json::text_of, person::Person, time::Stamp};

#[derive(Serialize)]
struct Entry<'a> {
    participant: Person,
    language_code: Option<&'a str>,
    words: [Word<'a>; 1],
}

#[derive(Serialize)]
struct Word<'a> {
    text: &'a str,
    start_timestamp: Stamp,
    end_timestamp: Stamp,
}

/// Makes `transcript.json` (recording-api §6.4): one entry an utterance, ordered by start. Captions come as whole
/// utterances, so each entry has one word that holds all of it.
pub fn transcript_json(origin: SourceTime, people: &People, words: &[Utterance]) -> String {
    let entries: Vec<Entry<'_>> = ordered(words)
        .into_iter()
        .map(|utterance| Entry {
            participant: speaker(people, utterance),
            language_code: utterance.language.as_deref(),
            words: [Word {
                text: utterance.text.expose(),
                start_timestamp: Stamp::of_moment(origin, utterance.start),
                end_timestamp: Stamp::of_moment(origin, utterance.end),
            }],
        })
        .collect();
    text_of(&entries)
}

/// Makes `transcript.vtt` (W3C WebVTT): one cue an utterance with the speaker in a voice tag. Times before second 0 become
/// 0; an utterance without text has no cue.
pub fn transcript_vtt(origin: SourceTime, people: &People, words: &[Utterance]) -> String {
    let mut vtt = String::from("WEBVTT\n");
    for utterance in ordered(words) {
        let text = one_line(utterance.text.expose());
        if text.is_empty() {
            continue;
        }
        let start = utterance.start.position(origin).max(Position::ZERO);
        let end = utterance.end.position(origin).max(start.plus_ms(1));
        let voice = speaker(people, utterance).name().map(one_line).filter(|name| !name.is_empty());
        vtt.push('\n');
        push_clock(&mut vtt, start);
        vtt.push_str(" --> ");
        push_clock(&mut vtt, end);
        vtt.push('\n');
        if let Some(voice) = voice {
            vtt.push_str("<v ");
            vtt.push_str(&voice);
            vtt.push('>');
        }
        vtt.push_str(&text);
        vtt.push('\n');
    }
    vtt
}

fn ordered(words: &[Utterance]) -> Vec<&Utterance> {
    let mut ordered: Vec<&Utterance> = words.iter().collect();
    ordered.sort_by_key(|utterance| utterance.start);
    ordered
}

fn speaker(people: &People, utterance: &Utterance) -> Person {
    utterance.speaker.as_ref().map_or_else(Person::nobody, |speaker| people.person_as_told(speaker))
}

/// `HH:MM:SS.mmm`, with as many digits of hours as it takes.
fn push_clock(vtt: &mut String, at: Position) {
    let ms = at.ms();
    let (seconds, ms) = (ms / 1000, ms % 1000);
    write!(vtt, "{:02}:{:02}:{:02}.{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
        .expect("writing to a string cannot fail");
}

/// Text that can neither end its cue nor open a tag: white space collapsed, `&`, `<` and `>` escaped.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        for char in word.chars() {
            match char {
                '&' => line.push_str("&amp;"),
                '<' => line.push_str("&lt;"),
                '>' => line.push_str("&gt;"),
                '\0' => line.push('\u{fffd}'),
                other => line.push(other),
            }
        }
    }
    line
}
