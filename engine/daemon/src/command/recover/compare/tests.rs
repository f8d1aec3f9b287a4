use catalog::Survey;
use journal::LogSurvey;
use model::{Artifact, ArtifactFile, ArtifactId, ArtifactKind, CaptureId, Cursor, Epoch};

use super::{
    super::{
        facts::{Log, Told},
        finding::Grade,
    },
    *,
};

fn capture_id(n: u8) -> CaptureId {
    CaptureId::new(1, [n; 10])
}

fn recording_id(n: u8) -> RecordingId {
    RecordingId::new(2, [n; 10])
}

fn artifact_id(n: u8) -> ArtifactId {
    ArtifactId::new(3, [n; 10])
}

fn told(epoch: u32, seq: u64, digest: u64) -> Told {
    Told { cursor: Cursor { epoch: Epoch(epoch), seq }, digest, is_status: digest == 0 }
}

/// Adds a capture that is done: two epochs, two segments, an artifact of one file.
fn add(facts: &mut Facts, n: u8) {
    facts.survey.captures.push(SurveyedCapture {
        id: capture_id(n),
        app: "default".to_owned(),
        status: CaptureStatus::Done,
        epoch: Epoch(2),
        stored: true,
        recorded: true,
        recording: recording_id(n),
        changed_at_unix_ms: 1,
        crashes: 0,
        starts: false,
        renders: false,
        purges: false,
        log_removed: false,
        deleted: None,
    });
    let file = ArtifactFile {
        name: "t.vtt".to_owned(),
        media_type: "text/vtt".to_owned(),
        bytes: 3,
        sha256: "abc".to_owned(),
    };
    let artifact = Artifact {
        id: artifact_id(n),
        kind: ArtifactKind::Transcript,
        format: None,
        edition: None,
        state: ArtifactState::Done,
        sub_code: None,
        created_at_unix_ms: 1,
        updated_at_unix_ms: 1,
        metadata: None,
        ordered: None,
        files: vec![file],
    };
    facts.survey.recordings.push(SurveyedRecording {
        id: recording_id(n),
        state: RecordingState::Done,
        artifacts: vec![artifact],
    });
    facts.events.insert(capture_id(n), vec![told(1, 1, 0), told(1, 2, 7), told(2, 1, 8), told(2, 2, 0)]);
    let survey = LogSurvey { segments: vec![1, 2], epoch: Some(Epoch(2)), ..LogSurvey::default() };
    facts.logs.insert(capture_id(n), Log { survey, events: BTreeSet::from([7, 8]) });
    facts.objects.push(Object {
        recording: recording_id(n),
        artifact: artifact_id(n),
        name: "t.vtt".to_owned(),
        bytes: 3,
        sha256: Ok("abc".to_owned()),
    });
}

/// Two captures that are done, of which the tests change the first.
fn healthy() -> Facts {
    let survey = Survey { generation: 4, generation_beside: 4, ..Survey::default() };
    let mut facts = Facts { survey, ..Facts::default() };
    add(&mut facts, 1);
    add(&mut facts, 2);
    facts
}

fn codes(facts: &Facts) -> Vec<&'static str> {
    compare(facts).iter().map(Finding::code).collect()
}

/// What is found after one thing was changed in what is whole.
fn after(change: impl FnOnce(&mut Facts)) -> Vec<&'static str> {
    let mut facts = healthy();
    change(&mut facts);
    codes(&facts)
}

fn first(facts: &mut Facts) -> &mut SurveyedCapture {
    &mut facts.survey.captures[0]
}

fn first_log(facts: &mut Facts) -> &mut LogSurvey {
    &mut facts.logs.get_mut(&capture_id(1)).expect("a log").survey
}

/// Interrupts the first capture while it recorded.
fn interrupt(facts: &mut Facts) {
    first(facts).status = CaptureStatus::InCallRecording;
    first(facts).starts = true;
    facts.survey.recordings[0].state = RecordingState::Processing;
    facts.survey.recordings[0].artifacts[0].state = ArtifactState::Processing;
    facts.survey.recordings[0].artifacts[0].files.clear();
    facts.objects.remove(0);
}

/// Deletes the first recording: rows, and with `files` the files as well.
fn delete(facts: &mut Facts, is_finished: bool, files: bool) {
    first(facts).deleted = Some(is_finished);
    facts.survey.recordings[0].state = RecordingState::Deleted;
    facts.survey.recordings[0].artifacts[0].state = ArtifactState::Deleted;
    facts.survey.recordings[0].artifacts[0].files.clear();
    facts.events.insert(capture_id(1), vec![told(2, 2, 0)]);
    if files {
        facts.objects.remove(0);
        facts.logs.remove(&capture_id(1));
    }
}

#[test]
fn a_log_is_missing_only_where_there_should_be_one() {
    let without_log = |stored: bool| {
        after(|facts| {
            first(facts).stored = stored;
            facts.logs.remove(&capture_id(1));
            facts.events.remove(&capture_id(1));
        })
    };
    assert_eq!(without_log(true), ["log_absent"]);
    assert_eq!(without_log(false), [""; 0]);
    assert_eq!(after(|facts| first(facts).stored = false), ["log_unasked"], "a promise was broken");
}

#[test]
fn where_all_is_well_nothing_is_found() {
    assert_eq!(codes(&healthy()), Vec::<&str>::new());
    assert_eq!(codes(&Facts::default()), Vec::<&str>::new());
}

#[test]
fn whatever_is_wrong_with_the_catalogue_is_found() {
    assert_eq!(after(|facts| facts.survey.damages.push("x".to_owned())), ["catalog_damaged"]);
    assert_eq!(after(|facts| facts.survey.generation_beside = 5), ["catalog_older"]);
    assert_eq!(after(|facts| facts.survey.generation = 5), Vec::<&str>::new(), "it died between the two");
    assert_eq!(after(|facts| facts.survey.key = KeyFit::Missing), ["catalog_key_missing"]);
    assert_eq!(after(|facts| facts.survey.key = KeyFit::Wrong), ["catalog_key_wrong"]);
}

#[test]
fn what_is_not_over_is_taken_up_or_stuck() {
    assert_eq!(after(interrupt), ["capture_unfinished"]);
    let stuck = |facts: &mut Facts| {
        interrupt(facts);
        first(facts).starts = false;
    };
    assert_eq!(after(stuck), ["start_missing"]);
}

#[test]
fn a_recording_is_made_or_stuck() {
    let ended = |renders| {
        move |facts: &mut Facts| {
            interrupt(facts);
            (first(facts).status, first(facts).starts) = (CaptureStatus::CallEnded, false);
            first(facts).renders = renders;
        }
    };
    assert_eq!(after(ended(true)), ["render_pending"]);
    assert_eq!(after(ended(false)), ["render_missing"]);
    let unmade = |facts: &mut Facts| {
        interrupt(facts);
        (first(facts).status, first(facts).starts) = (CaptureStatus::Done, false);
    };
    assert_eq!(after(unmade), ["artifact_unmade"]);
    let lost = |renders| {
        move |facts: &mut Facts| {
            facts.survey.recordings.remove(0);
            facts.objects.remove(0);
            first(facts).renders = renders;
        }
    };
    assert_eq!(after(lost(false)), ["recording_missing"]);
    assert_eq!(after(lost(true)), ["recording_missing", "render_orphan"]);
}

#[test]
fn captures_without_logs_and_logs_without_captures_are_found() {
    assert_eq!(after(|facts| drop(facts.logs.remove(&capture_id(1)))), ["log_absent"]);
    assert_eq!(after(|facts| first_log(facts).segments.clear()), ["log_absent"]);
    let silent = |facts: &mut Facts| {
        facts.logs.remove(&capture_id(1));
        first(facts).recorded = false;
    };
    assert_eq!(after(silent), Vec::<&str>::new(), "nothing was received");
    let given_up = |is_left: bool, purges: bool| {
        move |facts: &mut Facts| {
            if !is_left {
                facts.logs.remove(&capture_id(1));
            }
            first(facts).log_removed = true;
            first(facts).purges = purges;
        }
    };
    assert_eq!(after(given_up(false, false)), Vec::<&str>::new(), "its time was over");
    assert_eq!(after(given_up(true, true)), Vec::<&str>::new(), "it is being removed");
    assert_eq!(after(given_up(true, false)), ["purge_incomplete"]);
    assert_eq!(after(|facts| drop(facts.logs.insert(capture_id(9), Log::default()))), ["log_orphan"]);
}

#[test]
fn whatever_is_wrong_with_a_log_is_found() {
    assert_eq!(after(|facts| first_log(facts).unreadable.push((2, "x".to_owned()))), ["log_unreadable"]);
    assert_eq!(after(|facts| first_log(facts).damaged.push(2)), ["log_damaged"]);
    assert_eq!(after(|facts| first_log(facts).missing = vec![1, 4]), ["log_segment_missing"; 2]);
    assert_eq!(after(|facts| first_log(facts).segments = vec![1, 4]), Vec::<&str>::new(), "a disk refused two of them");
    assert_eq!(after(|facts| first_log(facts).epoch = Some(Epoch(3))), ["log_epoch_ahead"]);
}

#[test]
fn events_are_contiguous_and_the_same_on_both_sides() {
    let events = |facts: &mut Facts, told: Vec<Told>| drop(facts.events.insert(capture_id(1), told));
    assert_eq!(after(|facts| events(facts, vec![told(1, 2, 7), told(2, 1, 8)])), ["events_hole"]);
    assert_eq!(after(|facts| events(facts, vec![told(1, 1, 7), told(2, 2, 8)])), ["events_hole"]);
    let lacking = |facts: &mut Facts| {
        facts.logs.get_mut(&capture_id(1)).expect("a log").events.remove(&8);
    };
    assert_eq!(after(lacking), ["events_not_in_log"]);
    let lacking_while_it_runs = |facts: &mut Facts| {
        interrupt(facts);
        lacking(facts);
    };
    let mut facts = healthy();
    lacking_while_it_runs(&mut facts);
    let found = compare(&facts);
    assert_eq!(found.iter().map(Finding::code).collect::<Vec<_>>(), ["capture_unfinished", "events_not_in_log"]);
    assert!(found.iter().all(|finding| finding.grade() == Grade::Note), "the next owner writes them");
    let silent = |facts: &mut Facts| {
        facts.logs.get_mut(&capture_id(1)).expect("a log").events.insert(9);
    };
    assert_eq!(after(silent), ["events_not_in_catalog"]);
}

#[test]
fn files_are_as_they_are_listed_and_listed_as_they_are() {
    assert_eq!(after(|facts| drop(facts.objects.remove(0))), ["artifact_file_absent"]);
    assert_eq!(after(|facts| facts.objects[0].bytes = 2), ["artifact_file_size"]);
    assert_eq!(after(|facts| facts.objects[0].sha256 = Ok("abd".to_owned())), ["artifact_file_damaged"]);
    assert_eq!(after(|facts| facts.objects[0].sha256 = Err("EIO".to_owned())), ["artifact_file_damaged"]);
    let more = |change: fn(&mut Object)| {
        move |facts: &mut Facts| {
            let mut object = facts.objects[0].clone();
            change(&mut object);
            facts.objects.push(object);
        }
    };
    assert_eq!(after(more(|object| object.recording = recording_id(9))), ["artifact_file_orphan"]);
    assert_eq!(after(more(|object| object.artifact = artifact_id(9))), ["artifact_file_orphan"]);
    assert_eq!(after(more(|object| object.name = "other.vtt".to_owned())), ["artifact_file_orphan"]);
    // A render that died had published it; the next one does so again.
    let unannounced = |facts: &mut Facts| {
        let object = facts.objects[0].clone();
        interrupt(facts);
        facts.objects.push(object);
    };
    assert_eq!(after(unannounced), ["capture_unfinished", "artifact_file_unannounced"]);
}

#[test]
fn what_was_deleted_is_gone_or_goes() {
    assert_eq!(after(|facts| delete(facts, true, true)), Vec::<&str>::new());
    assert_eq!(after(|facts| delete(facts, true, false)), ["purge_incomplete"; 2], "a log and a file");
    let pending = |purges| {
        move |facts: &mut Facts| {
            delete(facts, false, false);
            first(facts).purges = purges;
        }
    };
    assert_eq!(after(pending(true)), ["purge_pending"]);
    assert_eq!(after(pending(false)), ["purge_missing"]);
}

#[test]
fn what_is_left_over_or_foreign_is_listed_and_nothing_wrong() {
    let left = |facts: &mut Facts| {
        facts.temporary.push("incoming/1".into());
        facts.strays.push("notes.txt".into());
    };
    assert_eq!(after(left), ["temporary_file", "stray_file"]);
    let mut facts = healthy();
    left(&mut facts);
    assert!(compare(&facts).iter().all(|finding| finding.grade() == Grade::Note));
}
