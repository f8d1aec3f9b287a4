//! Holds what the catalogue says against what the files hold, in both directions. Pure; the order of what is found is that of
//! the things it is about.

mod contents;

use std::collections::{BTreeMap, BTreeSet};

use catalog::{KeyFit, SurveyedCapture, SurveyedRecording};
use model::{ArtifactState, CaptureStatus, RecordingId, RecordingState};

use super::{
    facts::{Facts, Object, is_over},
    finding::Finding,
};

/// Everything that is to be said.
pub(super) fn compare(facts: &Facts) -> Vec<Finding> {
    let mut found = directory(facts);
    for capture in &facts.survey.captures {
        found.extend(of_capture(capture, facts));
    }
    let known = |id| facts.survey.captures.iter().any(|capture| capture.id == id);
    found.extend(facts.logs.keys().filter(|id| !known(**id)).map(|id| Finding::LogOrphan { capture: *id }));
    let meeting = Meetings::of(facts);
    for recording in &facts.survey.recordings {
        found.extend(of_recording(recording, facts, &meeting));
    }
    found.extend(facts.objects.iter().filter_map(|object| orphan(object, facts, &meeting)));
    found.extend(facts.temporary.iter().map(|path| Finding::TemporaryFile { path: path.clone() }));
    found.extend(facts.strays.iter().map(|path| Finding::StrayFile { path: path.clone() }));
    found
}

/// Which captures belong to which recording.
struct Meetings<'a>(BTreeMap<RecordingId, Vec<&'a SurveyedCapture>>);

impl<'a> Meetings<'a> {
    fn of(facts: &'a Facts) -> Self {
        let mut meetings: BTreeMap<RecordingId, Vec<&SurveyedCapture>> = BTreeMap::new();
        for capture in &facts.survey.captures {
            meetings.entry(capture.recording).or_default().push(capture);
        }
        Self(meetings)
    }

    fn captures(&self, recording: RecordingId) -> &[&'a SurveyedCapture] {
        self.0.get(&recording).map_or(&[], Vec::as_slice)
    }

    fn any(&self, recording: RecordingId, is: impl Fn(&SurveyedCapture) -> bool) -> bool {
        self.captures(recording).iter().any(|capture| is(capture))
    }
}

/// The catalogue as a whole.
fn directory(facts: &Facts) -> Vec<Finding> {
    let survey = &facts.survey;
    let mut found: Vec<Finding> =
        survey.damages.iter().map(|damage| Finding::CatalogDamaged { damage: damage.clone() }).collect();
    if survey.generation < survey.generation_beside {
        found.push(Finding::CatalogOlder { database: survey.generation, directory: survey.generation_beside });
    }
    found.extend(match survey.key {
        KeyFit::Fits => None,
        KeyFit::Missing => Some(Finding::KeyMissing),
        KeyFit::Wrong => Some(Finding::KeyWrong),
    });
    found
}

/// One capture: whether it comes to an end, and its log.
fn of_capture(capture: &SurveyedCapture, facts: &Facts) -> Vec<Finding> {
    let log = facts.logs.get(&capture.id);
    if let Some(is_finished) = capture.deleted {
        let what = format!("the log of capture {}", capture.id);
        let left =
            (is_finished && log.is_some()).then_some(Finding::PurgeIncomplete { recording: capture.recording, what });
        return left.into_iter().collect();
    }
    let SurveyedCapture { id, status, .. } = *capture;
    let mut found = Vec::new();
    match (is_over(capture), capture.starts) {
        (false, true) => found.push(Finding::CaptureUnfinished { capture: id, status }),
        (false, false) => found.push(Finding::StartMissing { capture: id, status }),
        (true, _) => {}
    }
    if capture.recorded && facts.survey.recordings.iter().all(|recording| recording.id != capture.recording) {
        found.push(Finding::RecordingMissing { capture: id, recording: capture.recording });
        if capture.renders {
            found.push(Finding::RenderOrphan { capture: id, recording: capture.recording });
        }
    }
    if !capture.stored {
        found.extend(log.map(|_| Finding::LogUnasked { capture: id }));
        return found;
    }
    if capture.log_removed {
        let what = format!("the log of capture {}", capture.id);
        let is_left = log.is_some() && !capture.purges;
        found.extend(is_left.then_some(Finding::PurgeIncomplete { recording: capture.recording, what }));
        return found;
    }
    match log {
        Some(log) if !log.survey.segments.is_empty() => found.extend(contents::log(capture, log)),
        _ if capture.recorded => found.push(Finding::LogAbsent { capture: id }),
        _ => {}
    }
    let events = facts.events.get(&id).map_or(&[][..], Vec::as_slice);
    found.extend(contents::events(capture, events, log));
    found
}

/// One recording: whether it is or will be made, and the files that are listed.
fn of_recording(recording: &SurveyedRecording, facts: &Facts, meetings: &Meetings<'_>) -> Vec<Finding> {
    let id = recording.id;
    let purges = meetings.any(id, |capture| capture.purges);
    if recording.state == RecordingState::Deleted {
        let is_finished = !meetings.any(id, |capture| capture.deleted != Some(true));
        return match (is_finished, purges, meetings.any(id, |capture| !is_over(capture))) {
            (true, ..) => Vec::new(),
            (false, true, _) => vec![Finding::PurgePending { recording: id }],
            // A capture that still runs has a purge of its own when it ends.
            (false, false, true) => Vec::new(),
            (false, false, false) => vec![Finding::PurgeMissing { recording: id }],
        };
    }
    let mut found = Vec::new();
    let is_running = meetings.any(id, |capture| !is_over(capture));
    if meetings.any(id, |capture| capture.renders) {
        if !is_running {
            found.push(Finding::RenderPending { recording: id });
        }
    } else if !is_running && meetings.any(id, |capture| capture.status == CaptureStatus::CallEnded) {
        found.push(Finding::RenderMissing { recording: id });
    } else if !is_running {
        let unmade = recording.artifacts.iter().filter(|artifact| artifact.state == ArtifactState::Processing);
        found.extend(unmade.map(|artifact| Finding::ArtifactUnmade { recording: id, artifact: artifact.id }));
    }
    for artifact in recording.artifacts.iter().filter(|artifact| artifact.state == ArtifactState::Done) {
        for listed in &artifact.files {
            let object = facts
                .objects
                .iter()
                .find(|object| object.recording == id && object.artifact == artifact.id && object.name == listed.name);
            found.extend(contents::file(artifact.id, listed, object));
        }
    }
    found
}

/// What a file of the store is, if it is none that an artifact lists.
fn orphan(object: &Object, facts: &Facts, meetings: &Meetings<'_>) -> Option<Finding> {
    let Object { recording, artifact, ref name, .. } = *object;
    let stray = || Some(Finding::FileOrphan { recording, artifact, name: name.clone() });
    let Some(held) = facts.survey.recordings.iter().find(|held| held.id == recording) else { return stray() };
    if held.state == RecordingState::Deleted {
        let is_finished = !meetings.any(recording, |capture| capture.deleted != Some(true));
        let what = format!("{artifact}/{name}");
        return is_finished.then_some(Finding::PurgeIncomplete { recording, what });
    }
    let Some(made) = held.artifacts.iter().find(|made| made.id == artifact) else { return stray() };
    let names: BTreeSet<&str> = made.files.iter().map(|file| file.name.as_str()).collect();
    if names.contains(name.as_str()) {
        None
    } else if made.state == ArtifactState::Done && !meetings.any(recording, |capture| capture.renders) {
        stray()
    } else {
        Some(Finding::FileUnannounced { artifact, name: name.clone() })
    }
}

#[cfg(test)]
mod tests;
