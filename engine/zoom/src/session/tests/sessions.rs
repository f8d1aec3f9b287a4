//! Sessions of one stream that follow each other: between two of them nothing is captured, and that is a pause unless the
//! stream ends (protocol §10.1, §10.2).

use super::*;

const STOPPED: &str = r#"{"msg_type":9,"state":5,"stop_reason":2,"timestamp":1767225603000}"#;
const STARTED: &str = r#"{"msg_type":9,"state":2,"timestamp":1767225609000}"#;
const PAUSED: &str = r#"{"at":1767225603000,"event":"paused"}"#;
const RESUMED: &str = r#"{"at":1767225609000,"event":"resumed"}"#;
const TERMINATED: &str = r#"{"msg_type":8,"state":4,"reason":6}"#;

/// A session with sound whose first session stopped at 3 s.
fn stopped() -> Script {
    let mut script = Script::running(&[Leg::Audio]);
    script.play(&[Line(3_000, said(Leg::Signaling, STOPPED), &[], Wake::At(13_000))]);
    script
}

/// The hole in the media has a name, from the moment at which the session stopped.
#[test]
fn the_time_between_two_sessions_is_a_pause() {
    stopped().play(&[
        Line(9_000, said(Leg::Signaling, STARTED), &[PAUSED, RESUMED], Wake::At(15_000)),
        Line(9_001, said(Leg::Signaling, STARTED), &[], Wake::At(15_000)),
    ]);
}

/// A live client hears of it while it lasts, and so does an owner that follows a sudden death.
#[test]
fn a_pause_between_two_sessions_is_told_before_it_is_over() {
    stopped().play(&[
        Line(4_000, said(Leg::Audio, ALIVE), &[], Wake::At(13_000)),
        Line(12_000, said(Leg::Signaling, ALIVE), &[], Wake::At(13_000)),
        Line(13_000, Do::Wake, &[PAUSED], Wake::At(15_000)),
        Line(14_000, said(Leg::Signaling, STARTED), &[RESUMED], Wake::At(15_000)),
    ]);
    let mut script = stopped();
    let outputs = script.at(5_000).ask(Ask::Suspend);
    assert_eq!(outputs[0], PAUSED, "an owner that follows a planned end needs to know as well");
}

/// Servers' clocks differ: a session that began before the one ahead of it stopped leaves no pause between, then or later.
#[test]
fn a_session_that_begins_before_the_stop_of_the_one_before_leaves_no_pause() {
    let mut script = stopped();
    let earlier = r#"{"msg_type":9,"state":2,"timestamp":1767225602500}"#;
    script.play(&[Line(3_500, said(Leg::Signaling, earlier), &[], Wake::At(15_000))]);
    let outputs = script.at(9_000).ask(Ask::Suspend);
    assert!(!outputs.iter().any(|output| output.contains("paused")), "{outputs:?}");
}

/// A session that was paused when it stopped, or is paused afterwards, makes one pause.
#[test]
fn a_pause_about_a_stop_is_told_once() {
    let pause = r#"{"msg_type":9,"state":3,"timestamp":1767225602000}"#;
    let mut script = Script::running(&[Leg::Audio]);
    script.play(&[
        Line(2_000, said(Leg::Signaling, pause), &[r#"{"at":1767225602000,"event":"paused"}"#], Wake::At(15_000)),
        Line(3_000, said(Leg::Signaling, STOPPED), &[], Wake::At(13_000)),
        Line(9_000, said(Leg::Signaling, STARTED), &[RESUMED], Wake::At(15_000)),
    ]);
    let stream_too = r#"{"msg_type":8,"state":5,"timestamp":1767225604000}"#;
    stopped().play(&[
        Line(4_000, said(Leg::Signaling, stream_too), &[PAUSED], Wake::At(15_000)),
        Line(9_000, said(Leg::Signaling, STARTED), &[RESUMED], Wake::At(15_000)),
    ]);
}

/// §10.3: a stop that belongs to the end is no pause, in whichever order it is told, and whatever still comes.
#[test]
fn a_stop_that_belongs_to_the_end_is_no_pause() {
    let is_of_a_pause = |output: &String| output.contains("paused") || output.contains("resumed");
    let terminating = r#"{"msg_type":8,"state":3,"reason":6}"#;
    for order in [[STOPPED, terminating], [terminating, STOPPED]] {
        let ending = || {
            let mut script = Script::running(&[Leg::Audio]);
            script.set_clock(3_000);
            order.iter().for_each(|message| nothing(script.message(Leg::Signaling, message)));
            script
        };
        let mut script = ending();
        nothing(script.live_until(20_000, &[Leg::Signaling, Leg::Audio]));
        let late = script.message(Leg::Audio, &sound(7, 1_767_225_609_000));
        assert_eq!(late, ["media audio/7 1767225609000 000102"]);
        nothing(script.message(Leg::Signaling, TERMINATED));
        let end = script.wake();
        assert!(end.last().is_some_and(|end| end.starts_with("end ended zoom_rtms_meeting_ended")), "{end:?}");
        assert!(!end.iter().any(is_of_a_pause), "{end:?}");
        let end = ending().ask(Ask::Suspend);
        assert!(!end.iter().any(is_of_a_pause), "{end:?}");
    }
}

/// Media that is still on its way from the session that stopped is no beginning of another: the limit stays, and so does what
/// leaving means.
#[test]
fn media_of_the_session_that_stopped_begins_no_other() {
    let joined = r#"{"at":1767225604000,"event":"joined","participant":{"id":7,"name":"Ada"}}"#;
    let left = r#"{"msg_type":6,"event":{"event_type":4,"timestamp":1767225604500,"user_id":7}}"#;
    stopped().play(&[
        Line(
            4_000,
            said(Leg::Audio, &sound(7, 1_767_225_604_000)),
            &[joined, "media audio/7 1767225604000 000102"],
            Wake::At(13_000),
        ),
        Line(4_500, said(Leg::Signaling, left), &[], Wake::At(13_000)),
        Line(
            9_000,
            said(Leg::Audio, &sound(7, 1_767_225_609_000)),
            &[PAUSED, RESUMED, "media audio/7 1767225609000 000102"],
            Wake::At(15_000),
        ),
    ]);
}

/// The message that begins the next session is lost with a signaling connection; its media shows it, and from then on people
/// come and leave one by one.
#[test]
fn a_session_whose_beginning_was_not_heard_begins_with_its_media() {
    let mut script = stopped();
    let joined =
        |id: i64, at: i64| format!(r#"{{"at":{at},"event":"joined","participant":{{"id":{id},"name":"Ada"}}}}"#);
    // Buffered sound of the session that stopped: whoever is first heard in it is here, and it ends no pause.
    let media = "media audio/7 1767225604000 000102";
    assert_eq!(
        script.message(Leg::Audio, &sound(7, 1_767_225_604_000)),
        [joined(7, 1_767_225_604_000), media.to_owned()]
    );
    let outputs = script.at(9_000).message(Leg::Audio, &sound(8, 1_767_225_609_000));
    let media = "media audio/8 1767225609000 000102".to_owned();
    assert_eq!(outputs, [joined(8, 1_767_225_609_000), PAUSED.to_owned(), RESUMED.to_owned(), media]);
    let left = r#"{"msg_type":6,"event":{"event_type":4,"timestamp":1767225610000,"user_id":7}}"#;
    assert_eq!(script.message(Leg::Signaling, left), [r#"{"at":1767225610000,"event":"left","id":7}"#]);
}
