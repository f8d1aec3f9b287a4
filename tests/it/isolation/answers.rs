//! A defect in one answer to a client ends the connection of that client: the others are answered as ever.

use std::{
    io::{self, BufRead as _, BufReader, Read as _},
    thread,
};

use serde_json::json;

use super::play;
use crate::e2e::{
    http,
    stage::{self, Daemon},
};

/// How many clients are answered at the same time.
const CLIENTS: usize = 3;

/// Asserts that so many answers broke off, and that the daemon is none the worse.
fn assert_counted_and_well(daemon: &Daemon, answers: f64) {
    assert_eq!(daemon.metric("hansard_stage_errors_total{stage=\"answer\"}"), answers);
    assert_eq!(daemon.metric("hansard_stage_errors_total"), answers, "nothing else failed");
    assert_eq!(http::anonymous(&daemon.url("/health/ready")).status().as_u16(), 200);
}

/// What comes of a download that may break off, with its body or before the head of the answer was on its way.
fn download(url: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let answer = http::agent().get(url).call().map_err(io::Error::other)?;
    answer.into_body().into_reader().read_to_end(&mut bytes).map(|_| bytes)
}

/// Downloads a film several times at once from a daemon with this fault point; answers how many came whole.
fn downloads(point: &str, broken: usize) {
    let (daemon, played) = play(1, 6, point);
    let link = &played[0].1["recordings"][0]["media_shortcuts"]["video_mixed"]["data"]["download_url"];
    let link = link.as_str().unwrap();
    let results: Vec<_> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| download(link))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let whole = download(link).unwrap();
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), broken, "downloads that broke off");
    assert!(results.iter().flatten().all(|bytes| *bytes == whole), "the others are whole");
    assert_counted_and_well(&daemon, broken as f64);
}

#[test]
fn a_download_that_panics_breaks_off_and_those_beside_it_are_whole() {
    downloads("api::sending=3*off->1*panic->off", 1);
}

/// The negative control.
#[test]
fn downloads_beside_each_other_are_whole() {
    downloads("", 0);
}

/// The cursor of the first status.
const FIRST: &str = "0-0";

fn places(events: &[(String, String)]) -> Vec<&str> {
    events.iter().map(|(place, _)| &**place).collect()
}

/// Listens to events until they end or break off; answers each with its place, and how it ended.
fn listen(url: &str, after: Option<&str>) -> (Vec<(String, String)>, io::Result<()>) {
    let url = after.map_or_else(|| url.to_owned(), |cursor| format!("{url}?cursor={cursor}"));
    let (mut events, mut data) = (Vec::new(), String::new());
    for line in BufReader::new(http::get(&url).into_body().into_reader()).lines() {
        match line {
            Ok(line) => match (line.strip_prefix("data: "), line.strip_prefix("id: ")) {
                (Some(text), _) => text.clone_into(&mut data),
                (_, Some(place)) => events.push((place.to_owned(), data.clone())),
                _ => {}
            },
            Err(error) => return (events, Err(error)),
        }
    }
    (events, Ok(()))
}

#[test]
fn a_live_stream_that_panics_breaks_off_those_beside_it_go_on_and_its_reader_misses_nothing() {
    let place = (tempfile::tempdir().unwrap(), vec![("FAILPOINTS", "api::telling=5*off->1*panic->off".into())]);
    let (runtime, simulator, daemon) = stage::set_up_in(stage::options("copyable", 6, 1.0), place);
    let playing = runtime.spawn(simulator.run());
    let capture = daemon.wait_for_recording();
    // By then the status is an event too, with a place that is the same for everybody.
    daemon.wait_for_frames(200);
    let url = daemon.url(&format!("/api/v1/meeting_direct_connect/{}/events", capture["id"].as_str().unwrap()));
    let results: Vec<_> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| listen(&url, None))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    runtime.block_on(playing).unwrap();
    let (whole, broken): (Vec<_>, Vec<_>) = results.into_iter().partition(|(_, ended)| ended.is_ok());
    assert_eq!((whole.len(), broken.len()), (CLIENTS - 1, 1));
    let all = &whole[0].0;
    assert!(whole.iter().all(|(events, _)| events == all), "the others heard the same");
    assert!(all.last().unwrap().1.contains("done"), "to the end: {:?}", all.last());
    let mut events = broken.into_iter().next().unwrap().0;
    // The first status stands where everything begins: whoever has no more than that begins anew.
    let after = events.last().map(|(place, _)| place.clone()).filter(|place| place != FIRST);
    if after.is_none() {
        events.clear();
    }
    let (rest, ended) = listen(&url, after.as_deref());
    ended.unwrap();
    events.extend(rest);
    assert_eq!(places(&events), places(all), "whoever comes back with his cursor has all of them once");
    assert_counted_and_well(&daemon, 1.0);
}

#[test]
fn a_request_that_panics_behind_its_commit_is_answered_when_it_comes_again_and_counts_once() {
    let place = (tempfile::tempdir().unwrap(), vec![("FAILPOINTS", "api::creating=1*panic->off".into())]);
    let (_runtime, simulator, daemon) = stage::set_up_in(stage::options("copyable", 4, 1.0), place);
    let fixtures::Invitation { meeting_uuid, rtms_stream_id, .. } = simulator.invitations().remove(0);
    // Nobody answers there.
    let body = json!({ "zoom_rtms": {
        "meeting_uuid": meeting_uuid, "rtms_stream_id": rtms_stream_id,
        "server_urls": "wss://127.0.0.1:1", "signature": "0".repeat(64) } });
    let ask = || {
        let url = daemon.url("/api/v1/meeting_direct_connect");
        http::try_post(&url, &body, &[("Idempotency-Key", "once")])
    };
    assert!(ask().is_err(), "there is no answer");
    let (status, answer) = ask().unwrap();
    assert_eq!(status, 200, "what was committed is known: {answer}");
    let captures = daemon.captures();
    assert_eq!((captures.len(), &captures[0]["id"]), (1, &answer["id"]));
    assert_counted_and_well(&daemon, 1.0);
}
