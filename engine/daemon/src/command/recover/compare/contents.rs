//! What is inside: the segments of a log, its events against those of the catalogue, the bytes of a file. Which of them should be there at all
//! is decided one level up.

use std::collections::BTreeSet;

use catalog::SurveyedCapture;
use model::{ArtifactFile, ArtifactId, Cursor, Epoch};

use super::super::{
    facts::{Log, Object, Told, is_over},
    finding::Finding,
};

/// The segments of a log.
pub(super) fn log(capture: &SurveyedCapture, log: &Log) -> Vec<Finding> {
    let (id, survey) = (capture.id, &log.survey);
    let mut found = Vec::new();
    found.extend(survey.missing.iter().map(|segment| Finding::SegmentMissing { capture: id, segment: *segment }));
    for (segment, reason) in &survey.unreadable {
        found.push(Finding::LogUnreadable { capture: id, segment: *segment, reason: reason.clone() });
    }
    found.extend(survey.damaged.iter().map(|segment| Finding::LogDamaged { capture: id, segment: *segment }));
    if let Some(Epoch(epoch)) = survey.epoch.filter(|epoch| *epoch > capture.epoch) {
        found.push(Finding::LogEpochAhead { capture: id, log: epoch, catalog: capture.epoch.0 });
    }
    found
}

/// The events of a capture: contiguous in each epoch, and the same in catalogue and log.
pub(super) fn events(capture: &SurveyedCapture, told: &[Told], log: Option<&Log>) -> Vec<Finding> {
    let id = capture.id;
    let mut found = Vec::new();
    let mut last = Cursor::START;
    for Told { cursor, .. } in told {
        let expected = if cursor.epoch == last.epoch { last.seq.saturating_add(1) } else { 1 };
        if cursor.seq != expected {
            found.push(Finding::EventsHole { capture: id, before: *cursor });
        }
        last = *cursor;
    }
    let Some(log) = log.filter(|log| !log.survey.segments.is_empty()) else { return found };
    let count = told.iter().filter(|event| !event.is_status && !log.events.contains(&event.digest)).count();
    if count > 0 {
        found.push(Finding::EventsNotInLog { capture: id, count, is_over: is_over(capture) });
    }
    let announced: BTreeSet<u64> = told.iter().map(|event| event.digest).collect();
    let count = log.events.difference(&announced).count();
    if count > 0 {
        found.push(Finding::EventsNotInCatalog { capture: id, count });
    }
    found
}

/// A file that an artifact lists.
pub(super) fn file(artifact: ArtifactId, listed: &ArtifactFile, object: Option<&Object>) -> Option<Finding> {
    let name = listed.name.clone();
    let Some(object) = object else { return Some(Finding::FileAbsent { artifact, name }) };
    if object.bytes != listed.bytes {
        return Some(Finding::FileSize { artifact, name, found: object.bytes, listed: listed.bytes });
    }
    let reason = match &object.sha256 {
        Ok(sha256) if *sha256 == listed.sha256 => return None,
        Ok(_) => "its checksum is another one".to_owned(),
        Err(reason) => reason.clone(),
    };
    Some(Finding::FileDamaged { artifact, name, reason })
}
