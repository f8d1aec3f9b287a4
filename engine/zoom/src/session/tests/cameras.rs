//! One participant's camera at a time (protocol §5.10, §5.4).

use model::ParticipantId;

use super::*;

const OPEN_VIDEO: &str = "open video wss://m.zoom.us/video 3145728";
const SUBSCRIBED: &str =
    r#"send signaling {"events":[{"event_type":8,"subscribe":true},{"event_type":9,"subscribe":true}],"msg_type":5}"#;

const NOBODY: [i64; 0] = [];

fn individual() -> SessionConfig {
    let config = config(&[Leg::Video]);
    SessionConfig { want: Wants { video: VideoWant::Participant, ..config.want }, ..config }
}

/// A session whose video connection is ready, at 0 ms.
fn watching() -> Script {
    let (mut script, _) = Script::begin(individual());
    let outputs = script.join(&[Leg::Video]);
    assert_eq!(outputs.last().map(String::as_str), Some(SUBSCRIBED));
    script
}

#[must_use]
fn cameras(script: &mut Script, event_type: i64, ids: &[i64]) -> Vec<String> {
    let people: Vec<String> = ids.iter().map(|id| format!(r#"{{"user_id":{id}}}"#)).collect();
    let people = people.join(",");
    let event = format!(r#""event_type":{event_type},"timestamp":1767225607000,"participants":[{people}]"#);
    let outputs = script.message(Leg::Signaling, &format!(r#"{{"msg_type":6,"event":{{{event}}}}}"#));
    // What is told about cameras is the business of other tests.
    outputs.into_iter().filter(|output| !output.contains(r#""event":"#)).collect()
}

#[must_use]
fn answer(script: &mut Script, id: i64, status: i64) -> Vec<String> {
    script.message(Leg::Signaling, &format!(r#"{{"msg_type":29,"user_id":{id},"status_code":{status},"reason":""}}"#))
}

/// Whom the outputs subscribe.
fn subscribed(outputs: &[String]) -> Vec<i64> {
    let requests = outputs.iter().filter_map(|output| output.strip_prefix("send signaling "));
    let requests = requests.filter_map(|request| serde_json::from_str::<serde_json::Value>(request).ok());
    requests.filter(|request| request["msg_type"] == 28).filter_map(|request| request["user_id"].as_i64()).collect()
}

fn watch(id: Option<i64>) -> Ask {
    Ask::Watch { participant: id.map(ParticipantId) }
}

/// §5.4, §5.10: asked for by data option, subscribed only after the video handshake, one request to the millisecond.
#[test]
fn cameras_are_asked_for_once_the_video_handshake_succeeded() {
    let (mut script, _) = Script::begin(individual());
    script.opened(Leg::Signaling);
    let outputs = script.message(Leg::Signaling, OFFER_ALL_KINDS);
    assert!(!outputs[1].contains(r#""event_type":8"#), "{outputs:?}");
    assert!(script.opened(Leg::Video)[0].contains(r#""data_opt":4"#));
    script.play(&[
        Line(0, said(Leg::Video, TAKEN), &["…", READY, SUBSCRIBED], Wake::At(5_000)),
        Line(
            1_000,
            said(
                Leg::Signaling,
                r#"{"msg_type":6,"event":{"event_type":8,"timestamp":1767225601123,"participants":[{"user_id":7}]}}"#,
            ),
            &[
                r#"{"at":1767225601123,"event":"video_on","id":7}"#,
                r#"send signaling {"msg_type":28,"subscribe":true,"timestamp":1767225601123,"user_id":7}"#,
            ],
            Wake::At(5_000),
        ),
        Line(1_050, said(Leg::Signaling, r#"{"msg_type":29,"user_id":7,"status_code":0}"#), &[], Wake::At(5_000)),
        Line(5_000, Do::Wake, &[], Wake::At(15_000)),
    ]);
}

/// §5.4: whoever wants the active speaker subscribes no cameras and asks for nobody's.
#[test]
fn the_active_speakers_video_needs_no_subscription() {
    let mut script = Script::running(&[Leg::Video]);
    assert_eq!(cameras(&mut script, 8, &[7]), Vec::<String>::new());
    assert_eq!(script.ask(watch(Some(7))), Vec::<String>::new());
}

/// The order of preference: wanted, current, active speaker, first.
#[test]
fn the_camera_that_is_wanted_comes_first_and_then_the_current_one() {
    let mut script = watching();
    whatever(
        script.message(
            Leg::Signaling,
            r#"{"msg_type":6,"event":{"event_type":2,"timestamp":1767225605500,"user_id":8}}"#,
        ),
    );
    assert_eq!(subscribed(&cameras(&mut script, 8, &[7, 8, 9])), [8], "the active speaker");
    nothing(answer(&mut script, 8, 0));
    assert_eq!(subscribed(&script.ask(watch(Some(5)))), NOBODY, "not there");
    assert_eq!(subscribed(&script.ask(watch(Some(9)))), [9]);
    nothing(answer(&mut script, 9, 0));
    assert_eq!(subscribed(&script.ask(watch(None))), NOBODY, "the current one stays");
    assert_eq!(subscribed(&cameras(&mut script, 9, &[9])), [8], "the active speaker again");
    nothing(answer(&mut script, 8, 0));
    assert_eq!(subscribed(&cameras(&mut script, 9, &[8])), [7], "anybody");
}

/// §5.10: when the subscribed camera goes off another is taken, and the wanted one as soon as it is back.
#[test]
fn the_wanted_camera_is_subscribed_again_when_it_comes_back() {
    let mut script = watching();
    nothing(script.ask(watch(Some(7))));
    whatever(cameras(&mut script, 8, &[7, 8]));
    nothing(answer(&mut script, 7, 0));
    assert_eq!(subscribed(&cameras(&mut script, 9, &[7])), [8]);
    nothing(answer(&mut script, 8, 0));
    assert_eq!(subscribed(&cameras(&mut script, 8, &[7])), [7]);
    nothing(answer(&mut script, 7, 0));
    assert_eq!(subscribed(&cameras(&mut script, 9, &[7, 8])), NOBODY);
    assert_eq!(subscribed(&cameras(&mut script, 8, &[7])), [7]);
}

/// Whoever leaves takes the camera along.
#[test]
fn the_camera_of_somebody_who_left_is_off() {
    let mut script = watching();
    whatever(cameras(&mut script, 8, &[7, 8]));
    nothing(answer(&mut script, 7, 0));
    let outputs = script.message(
        Leg::Signaling,
        r#"{"msg_type":6,"event":{"event_type":4,"timestamp":1767225607000,"participants":[{"user_id":7}]}}"#,
    );
    assert_eq!(subscribed(&outputs), [8]);
}

/// §5.10: one is outstanding at a time, matched by its number; 44 means that it is ours already.
#[test]
fn one_subscription_is_outstanding_at_a_time() {
    let mut script = watching();
    assert_eq!(subscribed(&cameras(&mut script, 8, &[7, 8])), [7]);
    assert_eq!(subscribed(&script.ask(watch(Some(8)))), NOBODY);
    assert_eq!(answer(&mut script, 8, 0), Vec::<String>::new(), "nobody asked that");
    let outputs = answer(&mut script, 7, 44);
    assert!(outputs[0].starts_with(r#"{"control":"note","leg":"signaling""#), "{outputs:?}");
    assert_eq!(subscribed(&outputs), [8]);
    assert_eq!(answer(&mut script, 8, 0), Vec::<String>::new());
    assert_eq!(answer(&mut script, 8, 0), Vec::<String>::new());
}

/// §5.10, §21.2: a refusal passes on to the next candidate and is kept in the log.
#[test]
fn a_refused_camera_gives_way_to_the_next() {
    let mut script = watching();
    whatever(cameras(&mut script, 8, &[7, 8]));
    assert_eq!(subscribed(&answer(&mut script, 7, 4)), [8]);
    assert_eq!(subscribed(&answer(&mut script, 8, 7)), NOBODY, "nobody is left");
    assert_eq!(subscribed(&cameras(&mut script, 8, &[9])), [9]);
}

/// §5.10: a subscription ends with its camera, so that a refusal of another one does not bring it back by itself.
#[test]
fn a_camera_that_went_off_and_on_while_another_was_asked_for_is_subscribed_again() {
    let mut script = watching();
    assert_eq!(subscribed(&cameras(&mut script, 8, &[7, 8])), [7]);
    nothing(answer(&mut script, 7, 0));
    assert_eq!(subscribed(&script.ask(watch(Some(8)))), [8]);
    assert_eq!(subscribed(&cameras(&mut script, 9, &[7])), NOBODY, "one question at a time");
    assert_eq!(subscribed(&cameras(&mut script, 8, &[7])), NOBODY);
    assert_eq!(subscribed(&answer(&mut script, 8, 4)), [7]);
    nothing(answer(&mut script, 7, 0));
}

/// An answer that never comes: 10 s, once more, then the next.
#[test]
fn an_answer_that_never_comes_is_asked_for_once_more() {
    let mut script = watching();
    let first = cameras(&mut script, 8, &[7, 8]);
    assert_eq!(subscribed(&first), [7]);
    let alive = [Leg::Signaling, Leg::Video];
    assert_eq!(subscribed(&script.live_until(10_000, &alive)), [7]);
    assert_eq!(subscribed(&script.live_until(20_000, &alive)), [8]);
    assert_eq!(answer(&mut script, 7, 0), Vec::<String>::new(), "too late");
    assert_eq!(answer(&mut script, 8, 0), Vec::<String>::new());
    assert_eq!(subscribed(&script.live_until(60_000, &alive)), NOBODY);
}

/// §11.2: the video connection alone was lost; the events of signaling are still subscribed.
#[test]
fn after_the_video_connection_came_back_the_same_camera_is_subscribed_again() {
    let mut script = watching();
    nothing(script.ask(watch(Some(8))));
    whatever(cameras(&mut script, 8, &[7, 8]));
    nothing(answer(&mut script, 8, 0));
    assert_eq!(script.at(4_000).closed(Leg::Video, Close::Broken).last().map(String::as_str), Some(OPEN_VIDEO));
    assert_eq!(subscribed(&cameras(&mut script, 8, &[9])), NOBODY);
    assert_eq!(subscribed(&script.ask(watch(Some(9)))), NOBODY, "nothing to subscribe on");
    assert_eq!(subscribed(&script.ask(watch(None))), NOBODY);
    script.opened(Leg::Video);
    let outputs = script.message(Leg::Video, TAKEN);
    assert_eq!((outputs[1].as_str(), outputs.len()), (READY, 3), "{outputs:?}");
    assert_eq!(subscribed(&outputs), [8]);
    // The question that nobody answered goes with the connection.
    assert_eq!(script.wake_ms(), Some(5_000));
    assert_eq!(script.timeout(5_000), Vec::<String>::new());
    let broken = lost("video", "connection_broken");
    script.play(&[Line(8_000, closed(Leg::Video, Close::Broken), &[&broken, OPEN_VIDEO], Wake::At(15_000))]);
    assert_eq!(answer(&mut script, 8, 4), Vec::<String>::new(), "an answer to nobody's question");
}

/// §11.2, §20.13: after signaling was lost, events and camera are subscribed again, once the cameras are known.
#[test]
fn after_signaling_came_back_cameras_are_announced_and_subscribed_again() {
    let mut script = watching();
    whatever(cameras(&mut script, 8, &[7, 8, 9]));
    nothing(answer(&mut script, 7, 0));
    whatever(script.at(4_000).closed(Leg::Signaling, Close::Broken));
    let outputs = script.join(&[Leg::Video]);
    assert_eq!(outputs.last().map(String::as_str), Some(SUBSCRIBED));
    let again = r#"{"msg_type":6,"event":{"event_type":8,"timestamp":1767225607000,"participants":[{"user_id":8},{"user_id":7}]}}"#;
    let outputs = script.message(Leg::Signaling, again);
    assert_eq!((subscribed(&outputs), outputs.len()), (vec![7], 1), "no camera is news: {outputs:?}");
    let outputs = script.wake();
    assert!(outputs[0].ends_with(r#""event":"video_off","id":9}"#), "{outputs:?}");
}

/// §11.2 "repeat the video subscription": Zoom may announce no camera anew; then those that were on before count as on.
#[test]
fn after_signaling_came_back_without_a_word_on_cameras_the_same_one_is_subscribed_again() {
    for (off, expected) in [(None, vec![8]), (Some(8), vec![7]), (Some(7), vec![8])] {
        let mut script = watching();
        nothing(script.ask(watch(Some(8))));
        assert_eq!(subscribed(&cameras(&mut script, 8, &[7, 8])), [8]);
        nothing(answer(&mut script, 8, 0));
        whatever(script.at(4_000).closed(Leg::Signaling, Close::Broken));
        assert_eq!(script.join(&[Leg::Video]).last().map(String::as_str), Some(SUBSCRIBED));
        if let Some(id) = off {
            assert_eq!(subscribed(&cameras(&mut script, 9, &[id])), NOBODY);
        }
        nothing(script.live_until(8_999, &[Leg::Signaling, Leg::Video]));
        let outputs = script.live_until(9_000, &[Leg::Signaling, Leg::Video]);
        assert_eq!((subscribed(&outputs), outputs.len()), (expected, 1), "nothing is told of cameras: {outputs:?}");
    }
}

/// §11.2: the announcements of a connection that is lost before it made all of them turn nobody's camera off.
#[test]
fn cameras_that_a_lost_connection_did_not_announce_are_not_off() {
    let mut script = watching();
    whatever(cameras(&mut script, 8, &[7, 8]));
    nothing(answer(&mut script, 7, 0));
    whatever(script.at(4_000).closed(Leg::Signaling, Close::Broken));
    script.join(&[Leg::Video]);
    assert_eq!(subscribed(&cameras(&mut script, 8, &[8])), [8]);
    whatever(script.at(7_000).closed(Leg::Signaling, Close::Broken));
    nothing(script.closed(Leg::Signaling, unreachable()));
    let outputs = script.pass_until(20_000);
    assert!(!outputs.iter().any(|output| output.contains("video_off")), "{outputs:?}");
}

/// §6.4: where single cameras are not offered, the active speaker's is better than none.
#[test]
fn where_single_cameras_are_refused_the_active_speakers_is_taken() {
    let (mut script, _) = Script::begin(individual());
    script.join(&[]);
    let mut asked = Vec::new();
    for _ in 0..4 {
        let request = script.opened(Leg::Video);
        let data_opt = request[0].split(r#""data_opt":"#).nth(1).and_then(|rest| rest.get(..1)).map(str::to_owned);
        asked.push(data_opt);
        whatever(script.message(Leg::Video, r#"{"msg_type":4,"status_code":29}"#));
    }
    assert_eq!(asked, ["4", "4", "3", "3"].map(|option| Some(option.to_owned())));
    script.opened(Leg::Video);
    let outputs = script.message(Leg::Video, TAKEN);
    assert_eq!(outputs.last().map(String::as_str), Some(READY), "no cameras are subscribed");
}

/// §6.1 with §5.10: cameras come over the one connection as well.
#[test]
fn single_cameras_work_over_one_connection_for_everything() {
    let (mut script, _) = Script::begin(individual());
    script.opened(Leg::Signaling);
    whatever(script.message(Leg::Signaling, OFFER_ONLY_ALL));
    script.opened(Leg::All);
    assert_eq!(script.message(Leg::All, TAKEN).last().map(String::as_str), Some(SUBSCRIBED));
    assert_eq!(subscribed(&cameras(&mut script, 8, &[7])), [7]);
}

/// §10.3: once the end is announced nothing is asked for.
#[test]
fn nobodys_camera_is_asked_for_while_the_stream_ends() {
    let mut script = watching();
    nothing(script.message(Leg::Signaling, r#"{"msg_type":8,"state":3,"reason":6}"#));
    assert_eq!(cameras(&mut script, 8, &[7]), Vec::<String>::new());
}

/// §6.4, §19: single cameras were asked for, and the answer is the active speaker; that is told, taken, and told once.
#[test]
fn the_active_speaker_in_place_of_single_cameras_is_told_and_taken_as_it_comes() {
    const SPEAKER_INSTEAD: &str = r#"{"msg_type":4,"status_code":0,"media_params":{"video":{"codec":7,"data_opt":3}}}"#;
    const UP: &str = r#"{"control":"leg_ready","leg":"video","format":{"video":"h264"}}"#;
    let (mut script, _) = Script::begin(individual());
    script.opened(Leg::Signaling);
    whatever(script.message(Leg::Signaling, OFFER_ALL_KINDS));
    script.play(&[
        Line(0, opened(Leg::Video), &["send video …"], Wake::At(10_000)),
        Line(
            100,
            said(Leg::Video, SPEAKER_INSTEAD),
            &[UP, r#"{"control":"substituted","leg":"video","parameter":"data_opt","asked":4,"agreed":3}"#, READY],
            Wake::At(15_000),
        ),
        // No camera is asked for, however many are on, and however much one is wanted.
        Line(200, asked(watch(Some(7))), &[], Wake::At(15_000)),
        Line(
            300,
            said(Leg::Signaling, r#"{"msg_type":6,"event":{"event_type":8,"timestamp":1767225600423,"user_id":7}}"#),
            &[r#"{"at":1767225600423,"event":"video_on","id":7}"#],
            Wake::At(15_000),
        ),
        Line(5_000, closed(Leg::Video, Close::Broken), &["…", OPEN_VIDEO], Wake::At(15_000)),
        Line(5_100, opened(Leg::Video), &["send video …"], Wake::At(15_000)),
        Line(5_200, said(Leg::Video, SPEAKER_INSTEAD), &[UP, READY], Wake::At(15_000)),
        // The next time Zoom takes it after all, so cameras are subscribed.
        Line(6_000, closed(Leg::Video, Close::Broken), &[], Wake::In(6_200..=6_300)),
    ]);
    whatever(script.wake());
    script.opened(Leg::Video);
    let outputs = script.message(Leg::Video, TAKEN);
    assert_eq!(subscribed(&outputs), [7], "{outputs:?}");
}

/// §6.4: single cameras that nobody asked for come only if they are subscribed, so they are.
#[test]
fn single_cameras_in_place_of_the_active_speaker_are_subscribed() {
    let (mut script, _) = Script::begin(config(&[Leg::Video]));
    script.join(&[]);
    script.opened(Leg::Video);
    let answer = r#"{"msg_type":4,"status_code":0,"media_params":{"video":{"data_opt":"4"}}}"#;
    let outputs = script.message(Leg::Video, answer);
    assert_eq!(outputs[1], r#"{"control":"substituted","leg":"video","parameter":"data_opt","asked":3,"agreed":4}"#);
    assert_eq!(outputs.last().map(String::as_str), Some(SUBSCRIBED));
    assert_eq!(subscribed(&cameras(&mut script, 8, &[7])), [7]);
}
