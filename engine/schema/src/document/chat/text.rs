//! The chat for people: `chat.txt`.

use std::collections::HashMap;

use media::SourceTime;
use model::{Audience, Participant};

use super::log::{Message, messages};
use crate::document::{
    line::{clock, one_line},
    proceedings::Proceedings,
};

/// Makes `chat.txt`: a line for each message with time, sender, what it answers, who could read it and what became of it;
/// further lines of a message are indented, so that nothing that was written can begin a line.
pub fn chat_text(proceedings: &Proceedings<'_>) -> String {
    let messages = messages(proceedings.events);
    let by_id: HashMap<&str, &Message<'_>> =
        messages.iter().filter_map(|message| Some((message.written.message_id.as_deref()?, message))).collect();
    let at = |moment: SourceTime| clock(moment.position(proceedings.origin));
    let name = |who: Option<&Participant>, moment| proceedings.attendance.label_of(who, moment).unwrap_or("Somebody");
    let mut text = String::new();
    for message in &messages {
        let sender = name(message.written.sender.as_ref(), message.at);
        let mut remarks: Vec<String> = Vec::new();
        if let Some(parent) = &message.written.parent_id {
            remarks.push(match by_id.get(parent.as_str()) {
                Some(parent) => {
                    format!("in reply to {} at {}", name(parent.written.sender.as_ref(), parent.at), at(parent.at))
                }
                None => "in reply to an earlier message".to_owned(),
            });
        }
        let receiver = message.written.receiver.as_ref().map(|who| name(Some(who), message.at));
        remarks.extend(readers(message.written.audience, receiver));
        remarks.extend(message.is_original_missing.then(|| "of an earlier message".to_owned()));
        match (message.deleted_at, message.edited_at) {
            (Some(deleted), _) => remarks.push(format!("deleted at {}", at(deleted))),
            (None, Some(edited)) => remarks.push(format!("edited at {}", at(edited))),
            (None, None) => {}
        }
        let remarks = if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join(", ")) };
        let written = indented(message.text.unwrap_or_default());
        let space = if written.is_empty() { "" } else { " " };
        text.push_str(&format!("[{}] {sender}{remarks}:{space}{written}\n", at(message.at)));
    }
    text
}

/// Who could read a message, where that was not everyone.
fn readers(audience: Option<Audience>, receiver: Option<&str>) -> Option<String> {
    let one = receiver.unwrap_or("one person");
    match audience {
        Some(Audience::Everyone) => None,
        Some(Audience::Individual) => Some(format!("only to {one}")),
        Some(Audience::Group) => Some("only to a group".to_owned()),
        Some(Audience::HostsAndPanelists) => Some("only to hosts and panelists".to_owned()),
        Some(Audience::IndividualWithHostsAndPanelists) => Some(format!("only to {one}, hosts and panelists")),
        Some(Audience::Other) => Some("not to everyone".to_owned()),
        None => receiver.map(|receiver| format!("only to {receiver}")),
    }
}

/// The lines of a message, all but the first indented.
fn indented(text: &str) -> String {
    let lines = text.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']);
    let lines: Vec<String> = lines.map(one_line).filter(|line| !line.is_empty()).collect();
    lines.join("\n    ")
}
