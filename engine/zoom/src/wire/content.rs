//! Transcript and chat, types 17 and 18 (protocol §8.4, §8.5). In which unit a time came is decided in `session`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    event::{Person, PersonForm},
    field::{Loose, Source, Text, Whole},
};

/// One piece of transcript.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TranscriptContent<'a> {
    /// Who spoke, where it is said.
    pub speaker: Option<Person<'a>>,
    /// The words.
    pub text: Cow<'a, str>,
    /// When it was made, in whatever unit it came.
    pub timestamp: Option<i64>,
    /// When the first word begins, in whatever unit it came.
    pub start_time: Option<i64>,
    /// When the last word ends, in whatever unit it came.
    pub end_time: Option<i64>,
    /// The language's number (protocol §14.9).
    pub language: Option<i64>,
    /// 3 takes an earlier piece back; other values are of no consequence.
    pub attribute: Option<i64>,
}

/// One chat message, or a change to one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatContent<'a> {
    /// When, in whatever unit it came.
    pub timestamp: Option<i64>,
    /// The message's id, where it has one.
    pub message_id: Option<Cow<'a, str>>,
    /// The message that this one answers.
    pub parent_id: Option<Cow<'a, str>>,
    /// 1 new, 2 delete, 3 update, 4 add emoji, 5 remove emoji.
    pub operation: i64,
    /// Who wrote it.
    pub sender: Option<Person<'a>>,
    /// Whom it was written to, where that is one person.
    pub receiver: Option<Person<'a>>,
    /// Who may read it: 1 everyone, 2 one person, 3 a group, 4 hosts and panelists, 5 one person and those.
    pub circle: Option<i64>,
    /// The text.
    pub text: Cow<'a, str>,
    /// Whether it says more than the fields here: files, a circle of readers that has no name here, text that is no string.
    pub says_more: bool,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct TranscriptForm<'a> {
    #[serde(default, alias = "userId")]
    user_id: Loose<Source>,
    #[serde(borrow, default, alias = "userName")]
    user_name: Loose<Text<'a>>,
    #[serde(default, alias = "channelId")]
    channel_id: Loose<Source>,
    #[serde(borrow, default)]
    data: Loose<Text<'a>>,
    // Instead of `data` in guidance that is wrong and may still be in use somewhere (protocol §18 row 22).
    #[serde(borrow, default)]
    text: Loose<Text<'a>>,
    #[serde(default)]
    timestamp: Loose<Whole>,
    #[serde(default, alias = "startTime")]
    start_time: Loose<Whole>,
    #[serde(default, alias = "endTime")]
    end_time: Loose<Whole>,
    #[serde(default)]
    language: Loose<Whole>,
    #[serde(default)]
    attribute: Loose<Whole>,
}

#[derive(Deserialize)]
struct ChatForm<'a> {
    #[serde(default, alias = "userId")]
    user_id: Loose<Source>,
    #[serde(borrow, default, alias = "userName")]
    user_name: Loose<Text<'a>>,
    #[serde(default)]
    timestamp: Loose<Whole>,
    #[serde(borrow, default, alias = "messageId")]
    message_id: Loose<Text<'a>>,
    #[serde(borrow, default, alias = "parentMessageId")]
    parent_message_id: Loose<Text<'a>>,
    #[serde(default, alias = "operationType")]
    operation_type: Loose<Whole>,
    #[serde(borrow, default, alias = "chatSession")]
    chat_session: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sender: Option<&'a RawValue>,
    #[serde(borrow, default)]
    receiver: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    files: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "deleteFileIdList")]
    delete_file_id_list: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct CircleForm {
    #[serde(default, rename = "type")]
    circle: Loose<Whole>,
}

/// Where the fields of a message lie, and the text where `content` is a bare string.
struct Fields<'a> {
    json: &'a str,
    bare: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> {
    fn of(message: &'a [u8]) -> serde_json::Result<Self> {
        let raw = serde_json::from_slice::<Envelope<'a>>(message)?.content;
        let raw = raw.ok_or_else(|| missing("content"))?.get();
        if !raw.starts_with('"') {
            return Ok(Self { json: raw, bare: None });
        }
        let text: Text<'a> = serde_json::from_str(raw)?;
        let json = str::from_utf8(message).map_err(serde::de::Error::custom)?;
        Ok(Self { json, bare: Some(text.0) })
    }
}

fn missing(field: &'static str) -> serde_json::Error {
    serde::de::Error::missing_field(field)
}

/// A value that is read as far as it can be.
fn part<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

/// Whether there is something in a list.
fn is_filled(raw: Option<&RawValue>) -> bool {
    raw.is_some_and(|raw| !matches!(raw.get(), "null" | "\"\"" | "{}") && !is_empty_list(raw.get()))
}

fn is_empty_list(json: &str) -> bool {
    json.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(|inside| inside.trim().is_empty())
}

/// Reads a piece of transcript.
pub(super) fn transcript(message: &[u8]) -> serde_json::Result<TranscriptContent<'_>> {
    let Fields { json, bare } = Fields::of(message)?;
    let form: TranscriptForm<'_> = serde_json::from_str(json)?;
    let user_id = form.user_id.source().or(form.channel_id.source());
    let text = bare.or(form.data.text()).or(form.text.text());
    Ok(TranscriptContent {
        speaker: user_id.map(|user_id| Person { user_id, user_name: form.user_name.some_text() }),
        text: text.ok_or_else(|| missing("data"))?,
        timestamp: form.timestamp.number(),
        start_time: form.start_time.number(),
        end_time: form.end_time.number(),
        language: form.language.number(),
        attribute: form.attribute.number(),
    })
}

/// Reads a chat message.
pub(super) fn chat(message: &[u8]) -> serde_json::Result<ChatContent<'_>> {
    let Fields { json, bare } = Fields::of(message)?;
    let form: ChatForm<'_> = serde_json::from_str(json)?;
    // In the older form the fields lie flat, and in the oldest of all beside a bare string.
    let flat = PersonForm::new(form.user_id, form.user_name);
    let person = |raw| part::<PersonForm<'_>>(raw).and_then(PersonForm::person);
    let data: Option<Text<'_>> = part(form.data);
    let is_text_lost = bare.is_none() && data.is_none() && form.data.is_some();
    // Of 3 and above, only Zoom's own words tell which people that is.
    let circle = part::<CircleForm>(form.chat_session).and_then(|form| form.circle.number());
    Ok(ChatContent {
        timestamp: form.timestamp.number(),
        message_id: form.message_id.some_text(),
        parent_id: form.parent_message_id.some_text(),
        operation: form.operation_type.number().unwrap_or(1),
        sender: person(form.sender).or(flat.person()),
        receiver: person(form.receiver),
        circle,
        text: bare.or(data.map(|text| text.0)).unwrap_or_default(),
        says_more: is_text_lost
            || is_filled(form.files)
            || is_filled(form.delete_file_id_list)
            || circle.is_some_and(|circle| !matches!(circle, 1 | 2)),
    })
}
