//! Storms of people (fault-matrix C15): many more than are listed, with names that are none, coming and going for hours. What a
//! session holds and does for each of them has a limit, and what it tells is in order.

use std::{collections::BTreeMap, time::Instant};

use bytes::Bytes;
use model::{
    EventBody, Secret,
    platform::{Input, Leg, Output, Platform},
};
use zoom::{Session, SessionConfig, webhook::StartNotice};

use super::meter::{Cost, cost};

/// How many people a message names.
const AT_ONCE: i64 = 100;

/// What a session may hold of its people, in bytes: 1 MiB of names, and of 10,000 people 512 bytes each.
const HELD_LIMIT_BYTES: u64 = (1 << 20) + 10_000 * 512;

/// A name of 10 kB: right-to-left, control and path characters, and letters of several bytes.
fn name(id: i64) -> String {
    format!("{id}{}", "\u{202e}../ü\\u0007\\u0000".repeat(500))
}

/// Announces that the hundred people from `first` on come, or leave.
fn message(event_type: i64, first: i64) -> Bytes {
    let person = |id: i64| format!(r#"{{"user_id":{id},"user_name":"{}"}}"#, name(id));
    let people: Vec<String> = (first..first + AT_ONCE).map(person).collect();
    let at = 1_767_225_600_000 + first;
    let event = format!(r#"{{"event_type":{event_type},"timestamp":{at},"participants":[{}]}}"#, people.join(","));
    Bytes::from(format!(r#"{{"msg_type":6,"event":{event}}}"#))
}

/// A session that waits for people, and its clock, which stands.
struct Meeting(Session, Instant);

impl Meeting {
    fn new() -> Self {
        let notice = StartNotice::direct("meeting", "stream", "wss://a.zoom.us").expect("a notice");
        let now = Instant::now();
        let config = SessionConfig::new(&notice, "client", Secret::new("signature".to_owned()));
        let mut meeting = Self(Session::new(config, now), now);
        meeting.0.handle_input(Input::Opened(Leg::Signaling), now);
        let offer =
            r#"{"msg_type":2,"status_code":0,"media_server":{"server_urls":{"audio":"wss://m.zoom.us/audio"}}}"#;
        meeting.hear(&Bytes::from_static(offer.as_bytes()), |_| {});
        meeting
    }

    /// Takes a message and hands on every event that follows.
    fn hear(&mut self, message: &Bytes, mut told: impl FnMut(EventBody)) {
        self.0.handle_input(Input::Message(Leg::Signaling, message.clone()), self.1);
        while let Some(output) = self.0.poll_output() {
            if let Output::Event(event) = output {
                told(event.body);
            }
        }
    }

    /// What it costs that a hundred people come, or leave, and who is told to have done so.
    fn storm(&mut self, event_type: i64, first: i64) -> (Vec<i64>, Cost) {
        let message = message(event_type, first);
        let mut told = Vec::with_capacity(AT_ONCE as usize);
        let ((), cost) = cost(|| {
            self.hear(&message, |body| match body {
                EventBody::Joined { participant } => {
                    if let Some(name) = participant.name {
                        assert!(name.expose().chars().count() <= 256, "names are cut");
                    }
                    told.push(participant.id.0);
                }
                EventBody::Left { id } => told.push(id.0),
                other => panic!("{other:?}"),
            });
        });
        (told, cost)
    }
}

#[test]
fn more_people_than_are_listed_cost_no_more_than_those_who_are() {
    let mut meeting = Meeting::new();
    let ((first, last), held) = cost(|| {
        let (told, first) = meeting.storm(3, 1);
        assert!(told.into_iter().eq(1..=100));
        for number in 1..99 {
            let (told, _) = meeting.storm(3, 1 + number * AT_ONCE);
            assert!(told.into_iter().eq((1..=100).map(|place| number * AT_ONCE + place)), "in order, each once");
        }
        let (told, last) = meeting.storm(3, 9_901);
        assert_eq!(told.len(), 100);
        for number in 100..120 {
            let (told, _) = meeting.storm(3, 1 + number * AT_ONCE);
            assert_eq!(told, [0; 0], "beyond the limit");
        }
        (first, last)
    });
    assert!(last.calls <= 2 * first.calls && last.calls < 20 * AT_ONCE as u64, "{first:?}, {last:?}");
    assert!(held.peak_bytes < HELD_LIMIT_BYTES, "{held:?}");
}

#[test]
fn people_who_come_and_go_for_hours_leave_nothing_behind() {
    let mut meeting = Meeting::new();
    let come_and_go = |meeting: &mut Meeting, from: i64| {
        for number in 0..100 {
            let first = from + number * AT_ONCE;
            for event_type in [3, 4] {
                let (told, _) = meeting.storm(event_type, first);
                assert!(told.into_iter().eq(first..first + AT_ONCE), "in order, each once");
            }
        }
    };
    let ((), early) = cost(|| come_and_go(&mut meeting, 1));
    let ((), late) = cost(|| come_and_go(&mut meeting, 10_001));
    assert!(early.peak_bytes < HELD_LIMIT_BYTES && late.peak_bytes <= early.peak_bytes, "{early:?}, then {late:?}");
}

/// The control of the two tests above: whoever remembers everybody by what they call themselves holds far more.
#[test]
fn without_limits_a_storm_costs_what_it_says() {
    let (everybody, held) = cost(|| (1..=12_000).map(|id| (id, name(id))).collect::<BTreeMap<i64, String>>());
    drop(everybody);
    assert!(held.peak_bytes > 8 * HELD_LIMIT_BYTES, "{held:?}");
}
