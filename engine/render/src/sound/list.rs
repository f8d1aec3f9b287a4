//! The list of parts as a document. Where parts begin and end is in `parts`.

use bytes::Bytes;
use model::ArtifactFormat;
use schema::{
    document::{Part as Listed, parts_json},
    file,
};
use timeline::Timeline;

use super::parts::Part;
use crate::{Document, documents::proceedings};

/// Makes the list of all parts of an artifact; the file of each is named [`file::part`], in order and from 1.
pub fn parts_list(timeline: &Timeline, parts: &[Part], format: ArtifactFormat) -> Document {
    let part = |(n, part): (usize, &Part)| Listed {
        who: part.who,
        start: part.start,
        end: part.end,
        kind: None,
        file: file::part(n + 1, format),
    };
    listed(timeline, &parts.iter().enumerate().map(part).collect::<Vec<_>>())
}

/// The list of parts of whatever kind.
pub(crate) fn listed(timeline: &Timeline, parts: &[Listed]) -> Document {
    let bytes = Bytes::from(parts_json(&proceedings(timeline, None), parts));
    Document { name: file::PARTS, media_type: "application/json", bytes }
}
