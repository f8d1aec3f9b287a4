//! The list of parts of single participants (recording-api §6.5), in two forms: as it is stored, with the names of files, and as
//! it is downloaded, with a link to each of them.
//!
//! Links are made when the list is downloaded, because they end; making them is the business of `api`.

use media::Position;
use model::ParticipantId;
use serde::Serialize;
use serde_json::{Map, Value};

use super::proceedings::Proceedings;
use crate::{json::text_of, person::Person, time::Stamp};

/// What pictures a part holds. Sound has no kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// A camera.
    Webcam,
    /// A shared screen.
    Screenshare,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Whose it is; `None` for a mix of all.
    pub who: Option<ParticipantId>,
    /// Where it begins.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
    /// What pictures it holds; `None` for sound.
    pub kind: Option<PartKind>,
    /// The name of its file within the artifact.
    pub file: String,
}

/// The key that the stored list has in place of `download_url`.
const FILE: &str = "file";

#[derive(Serialize)]
struct Entry<'a> {
    id: String,
    participant: Person,
    start_timestamp: Stamp,
    duration: f64,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<PartKind>,
    file: &'a str,
}

/// Makes the list as it is stored.
pub fn parts_json(told: &Proceedings<'_>, parts: &[Part]) -> String {
    let entries: Vec<Entry<'_>> = parts
        .iter()
        .enumerate()
        .map(|(n, part)| Entry {
            id: (n + 1).to_string(),
            participant: part
                .who
                .map_or_else(Person::nobody, |who| told.attendance.person(who, told.origin.plus_ms(part.start.ms()))),
            start_timestamp: Stamp::of_position(told.origin, part.start),
            duration: Position::from_micros(part.end.micros_since(part.start)).seconds(),
            kind: part.kind,
            file: &part.file,
        })
        .collect();
    text_of(&entries)
}

/// Makes the list as it is downloaded out of the stored one: `link` gives the address of a file, or `None` if there is none.
///
/// # Errors
/// If `stored` is not a list as [`parts_json`] makes one.
pub fn parts_with_links(stored: &[u8], link: impl Fn(&str) -> Option<String>) -> Result<String, serde_json::Error> {
    let mut entries: Vec<Map<String, Value>> = serde_json::from_slice(stored)?;
    for entry in &mut entries {
        let address = entry.remove(FILE).and_then(|name| link(name.as_str()?));
        entry.insert("download_url".to_owned(), address.map_or(Value::Null, Value::String));
    }
    Ok(text_of(&entries))
}
