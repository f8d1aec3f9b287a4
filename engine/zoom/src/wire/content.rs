//! Transcript and chat, types 17 and 18 (protocol §8.4, §8.5). In which unit a time came is decided in `session`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    event::{Person, PersonForm},
    field::{Text, Whole, source_of_channel},
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
    /// Whom it was written to; `None` means everyone.
    pub receiver: Option<Person<'a>>,
    /// The text.
    pub text: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct TranscriptForm<'a> {
    #[serde(borrow, flatten)]
    person: PersonForm<'a>,
    #[serde(borrow, alias = "channelId")]
    channel_id: Option<Text<'a>>,
    #[serde(borrow)]
    data: Option<Text<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    timestamp: Option<Whole>,
    #[serde(alias = "startTime")]
    start_time: Option<Whole>,
    #[serde(alias = "endTime")]
    end_time: Option<Whole>,
    language: Option<Whole>,
    attribute: Option<Whole>,
}

#[derive(Deserialize)]
struct ChatForm<'a> {
    #[serde(borrow, flatten)]
    person: PersonForm<'a>,
    timestamp: Option<Whole>,
    #[serde(borrow, alias = "messageId")]
    message_id: Option<Text<'a>>,
    #[serde(borrow, alias = "parentMessageId")]
    parent_message_id: Option<Text<'a>>,
    #[serde(alias = "operationType")]
    operation_type: Option<Whole>,
    #[serde(borrow)]
    sender: Option<PersonForm<'a>>,
    #[serde(borrow)]
    receiver: Option<PersonForm<'a>>,
    #[serde(borrow)]
    data: Option<Text<'a>>,
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

fn number(field: Option<Whole>) -> Option<i64> {
    field.map(|number| number.0)
}

/// Reads a piece of transcript.
pub(super) fn transcript(message: &[u8]) -> serde_json::Result<TranscriptContent<'_>> {
    let Fields { json, bare } = Fields::of(message)?;
    let form: TranscriptForm<'_> = serde_json::from_str(json)?;
    let channel = form.channel_id.map(|channel| source_of_channel(&channel.0));
    let text = bare.or(form.data.map(|text| text.0)).or(form.text.map(|text| text.0));
    Ok(TranscriptContent {
        speaker: form.person.person().or(channel.map(|user_id| Person { user_id, user_name: None })),
        text: text.ok_or_else(|| missing("data"))?,
        timestamp: number(form.timestamp),
        start_time: number(form.start_time),
        end_time: number(form.end_time),
        language: number(form.language),
        attribute: number(form.attribute),
    })
}

/// Reads a chat message.
pub(super) fn chat(message: &[u8]) -> serde_json::Result<ChatContent<'_>> {
    let Fields { json, bare } = Fields::of(message)?;
    let form: ChatForm<'_> = serde_json::from_str(json)?;
    let id = |id: Option<Text<'_>>| id.map(|id| id.0).filter(|id| !id.is_empty()).map(|id| Cow::Owned(id.into_owned()));
    Ok(ChatContent {
        timestamp: number(form.timestamp),
        message_id: id(form.message_id),
        parent_id: id(form.parent_message_id),
        operation: number(form.operation_type).unwrap_or(1),
        sender: form.sender.unwrap_or(form.person).person(),
        receiver: form.receiver.and_then(PersonForm::person),
        text: bare.or(form.data.map(|text| text.0)).unwrap_or_default(),
    })
}
