//! A meeting of which nothing is to be stored: it is heard live, also by the next process, and no byte of it is on the disk.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use fixtures::{MeetingReport, Simulator};
use model::Entry;
use serde_json::{Value, json};

use super::{
    cuts, http,
    recovered::found,
    stage::{self, Daemon, Setting},
};

/// How much of a payload is looked for, in bytes: enough to be found nowhere by chance.
const SAMPLE_BYTES: usize = 24;

/// One event as a subscriber gets it.
struct Heard {
    cursor: String,
    event: Value,
}

impl Heard {
    fn name(&self) -> &str {
        self.event["event"].as_str().unwrap()
    }

    /// What was said or written, if something was.
    fn text(&self) -> Option<&str> {
        let data = &self.event["data"]["data"];
        data["words"][0]["text"].as_str().or_else(|| data["data"]["text"].as_str())
    }
}

/// Subscribes to the events of a capture, from what there is, until the connection ends.
fn subscribe(daemon: &Daemon, id: &str) -> Receiver<Heard> {
    let response = http::get(&daemon.url(&format!("/api/v1/meeting_direct_connect/{id}/events")));
    assert_eq!(response.status(), 200);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let lines = BufReader::new(response.into_body().into_reader()).lines();
        let mut event = Value::Null;
        for line in lines.map_while(Result::ok) {
            if let Some(data) = line.strip_prefix("data: ") {
                event = serde_json::from_str(data).unwrap();
            } else if let Some(cursor) = line.strip_prefix("id: ") {
                // Nobody may listen any more.
                let _ = sender.send(Heard { cursor: cursor.to_owned(), event: event.take() });
            }
        }
    });
    receiver
}

/// Hears events until `enough` says so of one.
fn hear_until(subscription: &Receiver<Heard>, enough: impl Fn(&Heard) -> bool) -> Vec<Heard> {
    let mut all = Vec::new();
    loop {
        let heard = subscription.recv_timeout(Duration::from_secs(30)).expect("an event in time");
        let is_enough = enough(&heard);
        all.push(heard);
        if is_enough {
            return all;
        }
    }
}

fn texts(all: &[Heard]) -> BTreeSet<&str> {
    all.iter().filter_map(Heard::text).collect()
}

/// Everything that was said, written, and who was there.
fn words(meeting: &MeetingReport) -> BTreeSet<String> {
    let said = meeting.transcript.iter().map(|line| line.text.clone());
    let written = meeting.chat.iter().map(|line| line.text.clone());
    said.chain(written).chain(meeting.presence.iter().map(|who| who.user_name.clone())).collect()
}

/// Which of these bytes stand somewhere in a file below a directory.
fn traces<'a>(dir: &Path, marks: &'a [Vec<u8>]) -> BTreeSet<&'a [u8]> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(traces(&path, marks));
        } else if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            found.extend(marks.iter().map(Vec::as_slice).filter(|mark| memchr::memmem::find(&bytes, mark).is_some()));
        }
    }
    found
}

/// The middle of every fifth payload in the log of a capture.
fn payloads(log: &Path) -> BTreeSet<Vec<u8>> {
    let mut reader = journal::LogReader::open(journal::LogDir::at(log)).unwrap();
    let media = std::iter::from_fn(|| reader.next_record().unwrap()).filter_map(|stored| match stored.record.entry {
        Entry::Media(frame) => Some(frame.payload),
        _ => None,
    });
    let long = media.step_by(5).filter(|payload| payload.len() >= 2 * SAMPLE_BYTES);
    long.map(|payload| payload[payload.len() / 2..][..SAMPLE_BYTES].to_vec()).collect()
}

/// The meeting that the others are compared with: the same, stored. Answers what leaves traces on a disk.
fn marks_of_a_stored_meeting() -> Vec<Vec<u8>> {
    let mut played = stage::play("copyable", 6, 1.0);
    played.daemon.stop();
    assert_eq!(played.capture["durability"]["code"], "durable");
    let payloads = payloads(&played.daemon.log_dir(&played.capture));
    assert!(payloads.len() > 20, "{} payloads", payloads.len());
    let words = words(played.meeting()).into_iter().map(String::into_bytes);
    let marks: Vec<Vec<u8>> = payloads.into_iter().chain(words).collect();
    assert!(marks.iter().all(|mark| mark.len() >= 8), "nothing that is found by chance");
    assert_eq!(traces(&played.daemon.data_dir(), &marks).len(), marks.len(), "the control: all of it is there");
    marks
}

#[test]
fn a_meeting_that_is_not_stored_is_heard_across_a_kill_and_leaves_no_trace() {
    let mut marks = marks_of_a_stored_meeting();
    let options = stage::options("copyable", 36, 1.0);
    let runtime = stage::runtime();
    let simulator = runtime.block_on(Simulator::start(options.clone())).unwrap();
    let mut daemon = Daemon::start(&options, stage::own_address(), simulator.ca_pem(), Setting::default());
    let invitation = simulator.invitations().remove(0);
    let playing = runtime.spawn(simulator.run());
    let wish = json!({ "retention": null, "transcript": { "provider": { "meeting_captions": {} } } });
    cuts::announce(&daemon, &options, &invitation, &invitation.server_urls, &wish);
    let capture = daemon.wait_for_recording();
    let id = capture["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&capture["durability"]["code"], &capture["recording_config"]["retention"]),
        (&json!("none"), &Value::Null)
    );

    // Live, until somebody has said something.
    let before = hear_until(&subscribe(&daemon, &id), |heard| heard.name() == "transcript.data");
    assert!(before.iter().any(|heard| heard.name() == "participant_events.join"), "everybody from the beginning");
    daemon.kill();
    assert_no_trace(&daemon, &id, &marks);
    let (status, wrong, notes) = found(&daemon.data_dir());
    assert_eq!(
        (status, wrong.as_slice(), notes.as_slice()),
        (Some(0), &[][..], &["capture_unfinished".to_owned()][..])
    );

    // The next process goes on, and does not act as if nothing had happened.
    daemon.launch();
    daemon.wait_for_frames(100);
    let last = &before.last().unwrap().cursor;
    let mut refused = http::get(&daemon.url(&format!("/api/v1/meeting_direct_connect/{id}/events?cursor={last}")));
    assert_eq!(refused.status(), 410);
    let problem: Value = serde_json::from_str(&refused.body_mut().read_to_string().unwrap()).unwrap();
    assert_eq!(problem["code"], "cursor_gone");
    let after = hear_until(&subscribe(&daemon, &id), |heard| heard.name() == "meeting_direct_connect.done");
    assert!(after.iter().any(|heard| heard.cursor.starts_with("2-")), "the second owner tells");

    let report = runtime.block_on(playing).unwrap();
    let meeting = &report.meetings[0];
    let last_words = meeting.transcript.last().unwrap().text.as_str();
    assert!(texts(&after).contains(last_words), "{last_words:?} is not in {:?}", texts(&after));
    let all_words = words(meeting);
    assert!(texts(&before).union(&texts(&after)).all(|text| all_words.contains(*text)));

    let done = daemon.wait_for_end(&invitation.rtms_stream_id);
    assert_eq!((&done["id"], &done["status"]["code"]), (&json!(id), &json!("done")));
    let recording = &done["recordings"][0];
    assert_eq!((&recording["status"]["code"], &recording["expires_at"]), (&json!("done"), &Value::Null));
    assert_eq!(recording["capture_log"], json!({ "code": "none", "removed_at": null }));
    assert_eq!(recording["quality"], Value::Null);
    assert!(recording["media_shortcuts"].as_object().unwrap().values().all(Value::is_null), "{recording}");

    marks.extend(all_words.into_iter().map(String::into_bytes));
    assert_no_trace(&daemon, &id, &marks);
    daemon.stop();
    assert_no_trace(&daemon, &id, &marks);
    let (status, wrong, notes) = found(&daemon.data_dir());
    assert_eq!((status, wrong.as_slice(), notes.as_slice()), (Some(0), &[][..], &[][..]));
}

fn assert_no_trace(daemon: &Daemon, id: &str, marks: &[Vec<u8>]) {
    let data = daemon.data_dir();
    assert!(!data.join("captures").join(id).exists());
    let found = traces(&data, marks);
    let shown: Vec<String> = found.iter().map(|mark| String::from_utf8_lossy(mark).into_owned()).collect();
    assert!(found.is_empty(), "on the disk: {shown:?}");
}

#[test]
fn an_app_that_stores_nothing_streams_what_zoom_alone_announces() {
    let (runtime, simulator, mut daemon) =
        stage::set_up_wanting(stage::options("copyable", 6, 1.0), "retention = \"nothing\"");
    let report = runtime.block_on(simulator.run());
    let done = daemon.wait_for_end(&report.meetings[0].rtms_stream_id);
    assert_eq!((&done["status"]["code"], &done["durability"]["code"]), (&json!("done"), &json!("none")));
    daemon.stop();
    let marks: Vec<Vec<u8>> = words(&report.meetings[0]).into_iter().map(String::into_bytes).collect();
    assert_no_trace(&daemon, done["id"].as_str().unwrap(), &marks);
}
