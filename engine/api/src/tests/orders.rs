//! Every order in which the notices of one stream can come, each twice, at once or as late as Zoom's last retry
//! (fault-matrix D1-D3), against a short account of what must become of them.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use model::{CaptureStatus, Command};

use super::*;

/// What Zoom tells of one stream, in the order in which it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Started,
    Interrupted,
    /// The same stream at another address.
    Moved,
    Stopped,
}

use Told::{Interrupted, Moved, Started, Stopped};

/// Each notice twice, but for the rarest.
const ALPHABET: [Told; 7] = [Started, Started, Interrupted, Interrupted, Moved, Stopped, Stopped];
/// The first delivery comes when all has happened already.
const FIRST_S: i64 = 40;

impl Told {
    const fn at_s(self) -> i64 {
        match self {
            Started => 0,
            Interrupted => 10,
            Moved => 20,
            Stopped => 30,
        }
    }

    fn body(self, stream: usize) -> String {
        let (event, place) = match self {
            Started => ("meeting.rtms_started", Some("zoomsjc1rtms")),
            Moved => ("meeting.rtms_started", Some("zoomams2rtms")),
            Interrupted => ("meeting.rtms_interrupted", None),
            Stopped => ("meeting.rtms_stopped", None),
        };
        let mut body = json!({ "event": event, "event_ts": (NOW_UNIX_S + self.at_s()) * 1000, "payload": {
            "meeting_uuid": format!("m{stream}"), "rtms_stream_id": format!("s{stream}"),
        } });
        if let Some(place) = place {
            body["payload"]["server_urls"] = json!(format!("wss://{place}.zoom.us"));
        }
        if self == Stopped {
            body["payload"]["stop_reason"] = json!(6);
        }
        body.to_string()
    }
}

/// How deliveries follow each other, and what they are signed with.
#[derive(Clone, Copy, Debug)]
struct Manner {
    gap_s: i64,
    /// Whether each delivery is signed anew, or has the signature of the first.
    is_signed_anew: bool,
    /// Whether the owner works meanwhile, or only after the last delivery.
    is_owner_eager: bool,
}

/// What must have become of one stream so far: the specification, a few lines long.
#[derive(Debug, Default)]
struct Account {
    heard: BTreeSet<Told>,
    /// The address of the capture, as what told it; none without a capture.
    place: Option<Told>,
    /// The stop came before any start.
    is_overtaken: bool,
    is_over: bool,
    /// What the owner was told since it began.
    commands: Vec<Command>,
    captures: usize,
}

impl Account {
    /// Takes a delivery in and says how it is answered.
    fn hear(&mut self, told: Told, is_fresh: bool) -> &'static str {
        let is_new = self.heard.insert(told);
        if !is_fresh && !is_new {
            return "replayed";
        }
        let is_running = self.place.is_some() && !self.is_overtaken && !self.is_over;
        match told {
            Started | Moved if self.place.is_none() => {
                (self.place, self.captures) = (Some(told), 1);
                self.is_overtaken = self.heard.contains(&Stopped);
                if self.is_overtaken {
                    return "duplicate";
                }
                if is_fresh { "accepted" } else { "late" }
            }
            Moved if is_running && !self.heard.contains(&Stopped) && self.place == Some(Started) => {
                self.place = Some(Moved);
                self.commands.push(Command::Moved { server_urls: "wss://zoomams2rtms.zoom.us".to_owned() });
                "accepted"
            }
            Started | Moved => "duplicate",
            Interrupted => {
                // Older than the address that is known, it says nothing.
                if is_new && is_running && self.place == Some(Started) {
                    self.commands.push(Command::Interrupted);
                }
                told_once(is_new, is_fresh)
            }
            Stopped => {
                if is_new && is_running {
                    self.commands.push(Command::Stopped { reason: Some(6) });
                }
                told_once(is_new, is_fresh)
            }
        }
    }
}

const fn told_once(is_new: bool, is_fresh: bool) -> &'static str {
    match (is_new, is_fresh) {
        (false, _) => "duplicate",
        (true, true) => "accepted",
        (true, false) => "late",
    }
}

/// Every distinct order of the alphabet.
fn orders() -> Vec<Vec<Told>> {
    fn go_on(left: &[Told], order: &mut Vec<Told>, all: &mut BTreeSet<Vec<Told>>) {
        if left.is_empty() {
            all.insert(order.clone());
        }
        for place in 0..left.len() {
            let mut others = left.to_vec();
            order.push(others.remove(place));
            go_on(&others, order, all);
            order.pop();
        }
    }
    let mut all = BTreeSet::new();
    go_on(&ALPHABET, &mut Vec::new(), &mut all);
    all.into_iter().collect()
}

struct Stream {
    order: Vec<Told>,
    account: Account,
    id: Option<CaptureId>,
    commands: Vec<Command>,
}

impl World {
    /// What owners do when they are woken: take up what was started, obey, and end what was stopped.
    async fn owners_work(&self, streams: &mut [Stream]) {
        let now_unix_ms = self.now_unix_s() * 1000;
        while let Some(job) = self.catalog.claim_start(now_unix_ms).await.expect("a claim") {
            let number: usize = job.capture.stream.stream_id[1..].parse().expect("a number");
            let stream = &mut streams[number];
            assert_eq!(stream.id.replace(job.capture.id), None, "a stream is started once: {:?}", stream.order);
        }
        let running = streams.iter_mut().filter(|stream| stream.id.is_some());
        join_all(running.map(async |stream| {
            let id = stream.id.expect("it runs");
            let commands = self.catalog.take_commands(id).await.expect("commands");
            if commands.iter().any(|command| matches!(command, Command::Stopped { .. })) {
                let over = catalog::Outcome::Ended { code: "over".to_owned(), message: None };
                self.catalog.capture_ended(id, None, over, now_unix_ms).await.expect("ended");
                stream.account.is_over = true;
            }
            stream.commands.extend(commands);
        }))
        .await;
    }

    async fn deliver(&self, number: usize, told: Told, manner: Manner, account: &mut Account, order: &[Told]) {
        let body = told.body(number);
        let signed_unix_s = if manner.is_signed_anew { self.now_unix_s() } else { NOW_UNIX_S + told.at_s() };
        let is_fresh = self.now_unix_s() - signed_unix_s <= 300;
        let answer = self.webhook("/zoom-webhook", SECRET, signed_unix_s, &body).await;
        let expected = account.hear(told, is_fresh);
        if expected == "replayed" {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{told:?} of {order:?} {manner:?}");
        } else {
            assert_eq!(answer.status, StatusCode::OK, "{told:?} of {order:?} {manner:?}");
            assert_eq!(answer.json()["result"], expected, "{told:?} of {order:?} {manner:?} {account:?}");
        }
    }
}

async fn play(manner: Manner) {
    let world = World::new().await;
    world.advance_s(FIRST_S);
    let fresh = |order: Vec<Told>| Stream { order, account: Account::default(), id: None, commands: Vec::new() };
    let mut streams: Vec<Stream> = orders().into_iter().map(fresh).collect();
    assert_eq!(streams.len(), 630);
    for step in 0..ALPHABET.len() {
        join_all(streams.iter_mut().enumerate().map(|(number, stream)| {
            let Stream { order, account, .. } = stream;
            world.deliver(number, order[step], manner, account, order)
        }))
        .await;
        if manner.is_owner_eager {
            world.owners_work(&mut streams).await;
        }
        world.advance_s(manner.gap_s);
    }
    if !manner.is_owner_eager {
        world.owners_work(&mut streams).await;
    }
    for (number, stream) in streams.iter().enumerate() {
        let (order, account) = (&stream.order, &stream.account);
        let capture = world.catalog.capture_by_stream(&format!("m{number}"), &format!("s{number}")).await;
        let capture = capture.expect("a catalogue").unwrap_or_else(|| panic!("no capture: {order:?}"));
        let place =
            if account.place == Some(Moved) { "wss://zoomams2rtms.zoom.us" } else { "wss://zoomsjc1rtms.zoom.us" };
        assert_eq!(capture.server_urls, place, "{order:?} {manner:?}");
        assert_eq!(account.captures, 1);
        if account.is_overtaken {
            assert_eq!(stream.id, None, "what is over is not tried: {order:?}");
            assert_eq!(capture.latest().status, CaptureStatus::Fatal);
            assert_eq!(capture.latest().sub_code.as_deref(), Some("stream_already_ended"));
            continue;
        }
        assert_eq!(stream.id, Some(capture.id), "it was tried once: {order:?} {manner:?}");
        // An owner that begins later begins at the latest address; what else it was told before is settled by that.
        let heard = |command: &&Command| manner.is_owner_eager || matches!(command, Command::Stopped { .. });
        let expected: Vec<&Command> = account.commands.iter().filter(heard).collect();
        let commands: Vec<&Command> = stream.commands.iter().collect();
        assert_eq!(commands, expected, "{order:?} {manner:?}");
        assert!(capture.latest().status >= CaptureStatus::CallEnded, "every stream was stopped: {order:?}");
    }
    assert_eq!(world.catalog.counts().await.expect("counts").iter().map(|(_, count)| count).sum::<u64>(), 630);
}

/// All within five minutes.
#[tokio::test]
async fn notices_in_any_order_at_once() {
    for is_owner_eager in [true, false] {
        play(Manner { gap_s: 0, is_signed_anew: true, is_owner_eager }).await;
    }
}

/// Over 84 minutes, as Zoom tries again, each delivery with a signature of its own.
#[tokio::test]
async fn notices_in_any_order_over_an_hour_and_signed_again() {
    for is_owner_eager in [true, false] {
        play(Manner { gap_s: 840, is_signed_anew: true, is_owner_eager }).await;
    }
}

/// Over 84 minutes with the signature of the first delivery, as Zoom tries again or somebody plays back what he recorded.
#[tokio::test]
async fn notices_in_any_order_over_an_hour_and_played_back() {
    for is_owner_eager in [true, false] {
        play(Manner { gap_s: 840, is_signed_anew: false, is_owner_eager }).await;
    }
}

#[tokio::test]
async fn a_start_that_comes_when_the_meeting_is_missed_is_tried_once() {
    for is_signed_anew in [true, false] {
        let world = World::new().await;
        world.advance_s(5_100);
        let signed_unix_s = if is_signed_anew { world.now_unix_s() } else { NOW_UNIX_S };
        let deliver = async || world.webhook("/zoom-webhook", SECRET, signed_unix_s, &Started.body(1)).await;
        assert_eq!(deliver().await.json()["result"], if is_signed_anew { "accepted" } else { "late" });
        let now_unix_ms = world.now_unix_s() * 1000;
        let job = world.catalog.claim_start(now_unix_ms).await.expect("a claim").expect("a start");
        let failed = catalog::Outcome::Failed { code: "missed".to_owned(), message: None };
        world.catalog.capture_ended(job.capture.id, None, failed, now_unix_ms).await.expect("ended");
        let again = deliver().await;
        assert_eq!(again.status, if is_signed_anew { StatusCode::OK } else { StatusCode::UNAUTHORIZED });
        assert_eq!(world.catalog.claim_start(now_unix_ms).await.expect("a claim"), None);
        let object = world.ask(Method::GET, &format!("{MDC}/{}", job.capture.id), None).await.json();
        assert_eq!((&object["status"]["code"], &object["status"]["sub_code"]), (&json!("fatal"), &json!("missed")));
    }
}

#[tokio::test]
async fn an_address_that_was_left_is_not_led_back_to_by_an_old_interruption() {
    let world = World::new().await;
    world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, &Started.body(1)).await;
    let job = world.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start");
    let interrupted = |at_s: i64, place: &str| {
        let mut body: Value = serde_json::from_str(&Interrupted.body(1)).expect("JSON");
        body["event_ts"] = json!((NOW_UNIX_S + at_s) * 1000);
        body["payload"]["server_urls"] = json!(place);
        body.to_string()
    };
    for (at_s, place, result) in
        [(1, "wss://a.zoom.us", "accepted"), (2, "wss://b.zoom.us", "accepted"), (1, "wss://a.zoom.us", "duplicate")]
    {
        let answer = world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S + 3, &interrupted(at_s, place)).await;
        assert_eq!(answer.json()["result"], result);
    }
    let commands = world.catalog.take_commands(job.capture.id).await.expect("commands");
    assert_eq!(commands, [Command::Moved { server_urls: "wss://b.zoom.us".to_owned() }], "only the latest counts");
}

#[tokio::test]
async fn a_stop_that_does_not_say_when_it_was_is_as_old_as_its_signature() {
    let world = World::new().await;
    let stopped = r#"{"event":"meeting.rtms_stopped","payload":{"rtms_stream_id":"s1","stop_reason":6}}"#;
    world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S - 400, stopped).await;
    // A stream of that name begins after it, and whoever recorded the stop plays it back.
    world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, &Started.body(1)).await;
    let job = world.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start");
    let replayed = world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S - 400, stopped).await;
    assert_eq!(replayed.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.catalog.take_commands(job.capture.id).await.expect("commands"), []);
}
