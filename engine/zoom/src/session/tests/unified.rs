//! One connection for every kind of media (protocol §6.1), which is made where Zoom offers nothing else.

use serde_json::Value;

use super::*;

const EVERYTHING: [Leg; 5] = [Leg::Audio, Leg::Video, Leg::Share, Leg::Transcript, Leg::Chat];
const OPEN_ALL: &str = "open all wss://m.zoom.us/all 8388608";

/// A session that is about to open its one connection.
fn offered(legs: &[Leg]) -> Script {
    let (mut script, _) = Script::begin(config(legs));
    script.opened(Leg::Signaling);
    let outputs = script.message(Leg::Signaling, OFFER_ONLY_ALL);
    assert_eq!(outputs[2..], [OPEN_ALL]);
    script
}

/// A session whose one connection is ready.
fn unified(legs: &[Leg]) -> Script {
    let mut script = offered(legs);
    script.opened(Leg::All);
    whatever(script.message(Leg::All, TAKEN));
    script
}

/// What the handshake asks for: its flags and parameters.
fn request(outputs: &[String]) -> (i64, Value) {
    let message = outputs[0].strip_prefix("send all ").expect("a handshake");
    let message: Value = serde_json::from_str(message).expect("JSON");
    (message["media_type"].as_i64().expect("flags"), message["media_params"].clone())
}

#[must_use]
fn refuse(script: &mut Script, status: i64) -> Vec<String> {
    script.message(Leg::All, &format!(r#"{{"msg_type":4,"status_code":{status},"reason":""}}"#))
}

fn keys(params: &Value) -> Vec<&str> {
    params.as_object().map(|params| params.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// §5.3, §6.1, §18.28: only `all` is offered; one handshake with the flag for everything, one readiness, every kind told.
#[test]
fn where_only_all_is_offered_one_connection_carries_every_kind() {
    let mut script = offered(&EVERYTHING);
    let (flags, params) = request(&script.opened(Leg::All));
    assert_eq!((flags, keys(&params)), (32, vec!["audio", "chat", "deskshare", "transcript", "video"]));
    assert_eq!(
        script.message(Leg::All, TAKEN),
        [
            r#"{"control":"leg_ready","leg":"audio","format":{"audio":{"codec":"opus","rate":48000,"channels":"mono","packet_ms":20}}}"#,
            r#"{"control":"leg_ready","leg":"video","format":{"video":"h264"}}"#,
            r#"{"control":"leg_ready","leg":"share","format":{"video":"jpeg"}}"#,
            r#"{"control":"leg_ready","leg":"transcript","format":null}"#,
            r#"{"control":"leg_ready","leg":"chat","format":null}"#,
            READY,
        ]
    );
    let frames = [
        (sound(7, 5), "media audio/7 5 000102"),
        (r#"{"msg_type":15,"content":{"user_id":8,"timestamp":1,"data":"AAAB"}}"#.to_owned(), "media video/8 1 000001"),
        (r#"{"msg_type":16,"content":{"user_id":8,"timestamp":1,"data":"/9j/"}}"#.to_owned(), "media share/8 1 ffd8ff"),
    ];
    for (message, media) in frames {
        assert_eq!(script.message(Leg::All, &message).last().map(String::as_str), Some(media));
    }
    let said =
        script.message(Leg::All, r#"{"msg_type":17,"content":{"user_id":7,"timestamp":1767225607000,"data":"Hi"}}"#);
    assert!(said[0].contains(r#""event":"transcript""#), "{said:?}");
    let wrote = script.message(Leg::All, r#"{"msg_type":18,"content":{"timestamp":1767225607000,"data":"Hi"}}"#);
    assert!(wrote[0].contains(r#""event":"chat""#), "{wrote:?}");
}

/// §5.3: the address of a kind wins over the one for all; a bare string means all.
#[test]
fn one_connection_is_made_only_where_nothing_else_is_offered() {
    let mut script = Script::running(&[Leg::Audio]);
    assert_eq!(script.message(Leg::Audio, ALIVE), Vec::<String>::new(), "split, although all was offered too");
    let (mut script, _) = Script::begin(config(&[Leg::Audio]));
    script.opened(Leg::Signaling);
    let bare = r#"{"msg_type":2,"status_code":0,"media_server":{"server_urls":"ws://x,wss://m.zoom.us/all"}}"#;
    assert_eq!(script.message(Leg::Signaling, bare)[2..], [OPEN_ALL]);
}

/// §6.1: what is not wanted is not asked for, and then the kinds are named one by one.
#[test]
fn a_capture_that_wants_less_than_everything_names_what_it_wants() {
    let mut script = offered(&[Leg::Audio, Leg::Transcript]);
    let (flags, params) = request(&script.opened(Leg::All));
    assert_eq!((flags, keys(&params)), (9, vec!["audio", "transcript"]));
}

/// §6.4: a kind that is not allowed is asked for no more, on the same one connection.
#[test]
fn a_kind_that_is_not_allowed_is_left_out_of_the_next_handshake() {
    let mut script = offered(&EVERYTHING);
    script.opened(Leg::All);
    for (status, kind, flags) in [(10, "video", 1 | 4 | 8 | 16), (11, "share", 1 | 8 | 16), (12, "transcript", 1 | 16)]
    {
        let outputs = refuse(&mut script, status);
        assert_eq!(outputs.len(), 3, "{outputs:?}");
        assert_eq!(outputs[0], "close all");
        assert!(outputs[1].starts_with(&format!(r#"{{"control":"leg_refused","leg":"{kind}","status":{status}"#)));
        assert_eq!(outputs[2], OPEN_ALL);
        assert_eq!(request(&script.opened(Leg::All)).0, flags);
    }
    let outputs = script.message(Leg::All, TAKEN);
    let ready = |leg: &str| outputs.iter().any(|output| output.contains(&format!(r#""leg_ready","leg":"{leg}""#)));
    assert!(ready("audio") && ready("chat") && !ready("video"), "{outputs:?}");
}

/// §6.4: parameters that are refused give way kind by kind, and the server's defaults are the last resort.
#[test]
fn parameters_that_are_refused_give_way_on_the_same_connection() {
    let mut script = offered(&EVERYTHING);
    script.opened(Leg::All);
    assert_eq!(refuse(&mut script, 22), ["close all", OPEN_ALL]);
    let (_, params) = request(&script.opened(Leg::All));
    assert_eq!((&params["audio"]["codec"], &params["video"]["codec"]), (&Value::from(1), &Value::from(7)));
    assert_eq!(refuse(&mut script, 27), ["close all", OPEN_ALL]);
    let (_, params) = request(&script.opened(Leg::All));
    assert_eq!((&params["audio"]["codec"], &params["video"]["codec"]), (&Value::from(1), &Value::from(5)));
    assert_eq!(refuse(&mut script, 14), ["close all", OPEN_ALL], "everything may be no kind there");
    assert_eq!(request(&script.opened(Leg::All)).0, 31);
    assert_eq!(refuse(&mut script, 17), ["close all", OPEN_ALL]);
    assert_eq!(request(&script.opened(Leg::All)), (31, Value::Null));
    let end = refuse(&mut script, 17);
    assert_eq!(end.iter().filter(|output| output.contains(r#""leg_refused""#)).count(), 5, "{end:?}");
    assert!(end.last().is_some_and(|end| end.starts_with("end failed zoom_rtms_no_media")), "{end:?}");
}

/// §6.4: one kind whose parameters are exhausted does not end the others.
#[test]
fn a_kind_whose_parameters_are_all_refused_is_dropped_alone() {
    let mut script = offered(&[Leg::Audio, Leg::Chat]);
    script.opened(Leg::All);
    assert_eq!(refuse(&mut script, 38), ["close all", OPEN_ALL]);
    script.opened(Leg::All);
    let outputs = refuse(&mut script, 39);
    assert!(outputs[1].starts_with(r#"{"control":"leg_refused","leg":"chat","status":39"#), "{outputs:?}");
    assert_eq!(outputs[2], OPEN_ALL);
    assert_eq!(request(&script.opened(Leg::All)).0, 1);
}

/// §6.4: the answer names what flows; what it leaves out is missing, until it comes nevertheless.
#[test]
fn a_kind_that_the_answer_leaves_out_is_declared_missing_until_it_flows() {
    let mut script = offered(&[Leg::Audio, Leg::Video, Leg::Transcript, Leg::Chat]);
    script.opened(Leg::All);
    let answer =
        r#"{"msg_type":4,"status_code":0,"media_params":{"audio":{"codec":4},"transcript":{"content_type":5}}}"#;
    let outputs = script.message(Leg::All, answer);
    let told: Vec<&str> = outputs.iter().map(|output| output.get(..41).unwrap_or_default()).collect();
    assert_eq!(
        told,
        [
            r#"{"control":"leg_ready","leg":"audio","for"#,
            r#"{"control":"leg_refused","leg":"video","s"#,
            r#"{"control":"leg_ready","leg":"transcript""#,
            r#"{"control":"leg_refused","leg":"chat","st"#,
            &READY[..41],
        ]
    );
    let video = r#"{"msg_type":15,"content":{"user_id":8,"timestamp":1,"data":"AAAB"}}"#;
    assert_eq!(
        script.message(Leg::All, video),
        [r#"{"control":"leg_ready","leg":"video","format":{"video":"h264"}}"#, "media video/8 1 000001"]
    );
    assert_eq!(script.message(Leg::All, video), ["media video/8 1 000001"]);
    let chat = script.message(Leg::All, r#"{"msg_type":18,"content":{"timestamp":1767225607000,"data":"Hi"}}"#);
    assert_eq!(chat[0], r#"{"control":"leg_ready","leg":"chat","format":null}"#);

    let mut script = offered(&[Leg::Transcript, Leg::Chat]);
    script.opened(Leg::All);
    let answer = r#"{"msg_type":4,"status_code":0,"media_params":{"chat":{"content_type":5}}}"#;
    assert!(script.message(Leg::All, answer)[0].contains(r#""leg_refused","leg":"transcript""#));
    let text = r#"{"msg_type":17,"content":{"user_id":7,"timestamp":1767225607000,"data":"Hi"}}"#;
    assert_eq!(script.message(Leg::All, text)[0], r#"{"control":"leg_ready","leg":"transcript","format":null}"#);
}

/// §6.4 of text alone: an answer without parameters leaves nothing out.
#[test]
fn an_answer_without_parameters_leaves_nothing_out() {
    for answer in [
        TAKEN,
        r#"{"msg_type":4,"status_code":0,"media_params":null}"#,
        r#"{"msg_type":4,"status_code":0,"media_params":{}}"#,
    ] {
        let mut script = offered(&EVERYTHING);
        script.opened(Leg::All);
        let outputs = script.message(Leg::All, answer);
        assert_eq!(outputs.iter().filter(|output| output.contains("leg_ready")).count(), 5, "{answer}: {outputs:?}");
    }
}

/// C1: lost and repaired as any media connection; the log says it of each kind.
#[test]
fn the_loss_of_the_one_connection_is_told_of_every_kind_and_repaired_alone() {
    let mut script = unified(&[Leg::Audio, Leg::Chat]);
    let (audio, chat) = (lost("audio", "connection_broken"), lost("chat", "connection_broken"));
    script.play(&[
        Line(5_000, closed(Leg::All, Close::Broken), &[&audio, &chat, OPEN_ALL], Wake::At(15_000)),
        Line(5_001, opened(Leg::All), &["send all …"], Wake::At(15_000)),
        Line(
            5_002,
            said(Leg::All, TAKEN),
            &[r#"{"control":"leg_ready","leg":"audio"…"#, r#"{"control":"leg_ready","leg":"chat"…"#, READY],
            Wake::At(15_000),
        ),
        Line(15_000, Do::Wake, &["ping signaling", PROBE], Wake::At(20_000)),
        Line(15_001, heard(Leg::Signaling), &[], Wake::At(20_000)),
        Line(20_000, Do::Wake, &[], Wake::At(20_001)),
        Line(20_001, Do::Wake, &[], Wake::At(20_002)),
        Line(20_002, Do::Wake, &["ping all"], Wake::At(25_002)),
    ]);
}

/// Matrix §1: the window is that of media.
#[test]
fn the_one_connection_is_given_up_after_62_seconds_and_with_it_the_capture() {
    let mut script = unified(&[Leg::Audio, Leg::Chat]);
    nothing(script.live_until(10_000, &[Leg::Signaling, Leg::All]));
    whatever(script.closed(Leg::All, Close::Broken));
    let end = loop {
        nothing(script.closed(Leg::All, unreachable()));
        let outputs = script.stir(&[Leg::Signaling]);
        if outputs != [OPEN_ALL] {
            break outputs;
        }
    };
    assert_eq!(script.now_ms, 72_000);
    let refused =
        |leg: &str| end.iter().filter(|output| output.contains(&format!(r#""leg_refused","leg":"{leg}""#))).count();
    assert_eq!((refused("audio"), refused("chat")), (1, 1), "{end:?}");
    assert!(end.last().is_some_and(|end| end.starts_with("end failed zoom_rtms_no_media")), "{end:?}");
}

/// §6.1: an earlier connection for everything is in the way; it is waited for as for signaling.
#[test]
fn an_earlier_connection_for_everything_is_waited_for() {
    let mut script = offered(&EVERYTHING);
    script.opened(Leg::All);
    assert_eq!(refuse(&mut script, 15), ["close all"]);
    assert_eq!(script.wake(), [OPEN_ALL]);
    assert_eq!(script.now_ms, 1_500);
}

/// §11.2: after signaling was lost, its new answer tells how many connections there are.
#[test]
fn a_stream_may_change_from_one_connection_to_many_and_back() {
    let mut script = unified(&[Leg::Audio, Leg::Chat]);
    let outputs = script.at(5_000).closed(Leg::Signaling, Close::Broken);
    assert_eq!(
        outputs,
        [
            lost("signaling", "connection_broken").as_str(),
            &lost("audio", "zoom_rtms_signaling_lost"),
            &lost("chat", "zoom_rtms_signaling_lost"),
            "close all",
            "open signaling wss://two.zoom.us 1048576",
        ]
    );
    let outputs = script.join(&[Leg::Audio, Leg::Chat]);
    assert_eq!(outputs.iter().filter(|output| *output == READY).count(), 2, "one for each connection");
    whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
    script.opened(Leg::Signaling);
    assert_eq!(script.message(Leg::Signaling, OFFER_ONLY_ALL).last().map(String::as_str), Some(OPEN_ALL));
}

/// §6.5, §6.4: what cannot be read of one kind costs the offers of that kind and then the kind; encryption costs the attempt.
#[test]
fn an_answer_that_cannot_be_read_costs_the_kind_that_it_is_about() {
    let mut script = offered(&[Leg::Audio, Leg::Chat]);
    let unreadable = r#"{"msg_type":4,"status_code":0,"media_params":{"audio":{"codec":9}}}"#;
    for _ in 0..3 {
        assert_eq!(request(&script.opened(Leg::All)).0, 17);
        assert_eq!(script.message(Leg::All, unreadable), ["close all", OPEN_ALL]);
    }
    script.opened(Leg::All);
    let outputs = script.message(Leg::All, unreadable);
    assert!(outputs[1].starts_with(r#"{"control":"leg_refused","leg":"audio","status":null"#), "{outputs:?}");
    assert_eq!(request(&script.opened(Leg::All)).0, 16);
    let encrypted = r#"{"msg_type":4,"status_code":0,"payload_encryption":true}"#;
    assert_eq!(script.message(Leg::All, encrypted), ["close all"]);
    assert_eq!(script.wake(), [OPEN_ALL]);
}
