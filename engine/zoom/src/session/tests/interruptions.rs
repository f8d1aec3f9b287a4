//! Peers that fall silent, and notices that say they did: hints about a fact that the sockets may know better.

use super::*;

const SILENT_AUDIO: &str = r#"{"control":"leg_lost","leg":"audio","cause":"zoom_rtms_silent","ago_ms":0}"#;
const SILENT_SIGNALING: &str = r#"{"control":"leg_lost","leg":"signaling","cause":"zoom_rtms_silent","ago_ms":0}"#;
const AUDIO_TOO: &str = r#"{"control":"leg_lost","leg":"audio","cause":"zoom_rtms_signaling_lost","ago_ms":0}"#;
const TWO: &str = "open signaling wss://two.zoom.us 1048576";

fn attempt(outputs: &[String], leg: &str) -> bool {
    outputs.iter().any(|output| output.starts_with(&format!("open {leg}")))
}

/// Matrix §1, C1, §18.7: 15 s without a byte are asked about, 20 s are death. No interval of keep-alives is assumed.
#[test]
fn a_silent_peer_is_asked_after_15_seconds_and_dead_after_20() {
    let mut script = Script::running(&[Leg::Audio]);
    script.play(&[
        Line(14_999, said(Leg::Signaling, ALIVE), &[], Wake::At(15_000)),
        Line(15_000, Do::Wake, &["ping audio"], Wake::At(20_000)),
        Line(20_000, Do::Wake, &["close audio", SILENT_AUDIO, OPEN_AUDIO], Wake::At(29_999)),
    ]);
    nothing(script.closed(Leg::Audio, unreachable()));
}

/// Matrix §1: the same for signaling, which is asked in its own words too (§5.7, §20.10).
#[test]
fn silent_signaling_is_asked_twice_over_and_takes_all_media_with_it() {
    let mut script = Script::running(&[Leg::Audio]);
    script.play(&[
        Line(14_999, said(Leg::Audio, ALIVE), &[], Wake::At(15_000)),
        Line(15_000, Do::Wake, &["ping signaling", PROBE], Wake::At(20_000)),
        Line(20_000, Do::Wake, &["close signaling", SILENT_SIGNALING, AUDIO_TOO, "close audio", TWO], Wake::At(77_000)),
    ]);
}

/// Matrix §1: any byte is a sign of life, an answer to a ping as well; a timer is not moved for it.
#[test]
fn an_answer_to_the_ping_is_a_sign_of_life() {
    let mut script = Script::running(&[Leg::Audio]);
    script.play(&[
        Line(14_999, said(Leg::Signaling, ALIVE), &[], Wake::At(15_000)),
        Line(15_000, Do::Wake, &["ping audio"], Wake::At(20_000)),
        Line(19_999, heard(Leg::Audio), &[], Wake::At(20_000)),
        Line(20_000, Do::Wake, &[], Wake::At(29_999)),
        Line(29_999, Do::Wake, &["ping signaling", PROBE], Wake::At(34_999)),
        Line(
            30_000,
            said(Leg::Signaling, r#"{"msg_type":20,"state":1,"timestamp":1767225630}"#),
            &[],
            Wake::At(34_999),
        ),
        Line(34_999, Do::Wake, &["ping audio"], Wake::At(39_999)),
    ]);
}

/// E4: a machine that slept asks before it judges.
#[test]
fn after_a_sleep_of_minutes_the_peer_is_asked_first() {
    let mut script = Script::running(&[Leg::Audio]);
    assert_eq!(script.oversleep(300_000), ["ping signaling", PROBE, "ping audio"]);
    nothing(script.input(Input::Heard(Leg::Signaling)));
    nothing(script.input(Input::Heard(Leg::Audio)));
    assert_eq!(script.timeout(305_000), Vec::<String>::new());
}

/// §2.6 "same address, healthy", §21.5.13: an interruption that is announced while the peer answers changes nothing.
#[test]
fn a_notice_changes_nothing_while_the_peer_answers() {
    let mut script = Script::running(&[Leg::Audio]);
    script.play(&[
        Line(5_000, asked(Ask::Interrupted), &["ping signaling", PROBE], Wake::At(7_000)),
        Line(5_500, asked(Ask::Interrupted), &[], Wake::At(7_000)),
        Line(6_999, heard(Leg::Signaling), &[], Wake::At(7_000)),
        Line(7_000, Do::Wake, &[], Wake::At(15_000)),
    ]);
}

/// §2.6 "same address, not healthy", §11.2 scenario 2: a half-open connection is found out within 2 s.
#[test]
fn a_notice_about_a_peer_that_does_not_answer_is_believed() {
    let mut script = Script::running(&[Leg::Audio]);
    script.play(&[
        Line(4_000, said(Leg::Audio, ALIVE), &[], Wake::At(15_000)),
        Line(5_000, asked(Ask::Interrupted), &["ping signaling", PROBE], Wake::At(7_000)),
        Line(7_000, Do::Wake, &["close signaling", SILENT_SIGNALING, AUDIO_TOO, "close audio", TWO], Wake::At(64_000)),
        Line(7_001, asked(Ask::Interrupted), &[], Wake::At(64_000)),
    ]);
}

/// §2.6: a repeated start notice with the same address, in either spelling, is the same hint.
#[test]
fn the_same_address_again_is_no_new_address() {
    let mut script = Script::running(&[Leg::Audio]);
    let same = Ask::Moved { url: "wss://one.zoom.us, wss://two.zoom.us".to_owned() };
    script.play(&[Line(5_000, asked(same), &["ping signaling", PROBE], Wake::At(7_000))]);
}

/// C4: the pending attempt is made now, and no second one beside it.
#[test]
fn a_notice_hurries_the_attempt_that_is_due() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
    for _ in 0..5 {
        nothing(script.closed(Leg::Signaling, unreachable()));
        whatever(script.wake());
    }
    nothing(script.closed(Leg::Signaling, unreachable()));
    let planned = script.wake_ms().expect("a plan");
    assert!(planned > script.now_ms + 2_000);
    let notice = script.now_ms + 1_100;
    let outputs = script.at(notice).ask(Ask::Interrupted);
    assert!(outputs.len() == 1 && attempt(&outputs, "signaling"), "{outputs:?}");
    assert_eq!(script.ask(Ask::Interrupted), Vec::<String>::new(), "one attempt in flight");
    assert_eq!(script.wake_ms(), Some(67_000), "and no other planned");
}

/// C4: an attempt that just failed is not repeated at once, but a second after it began, however late it was planned; in the time
/// in which only a notice helps as well.
#[test]
fn a_notice_hurries_an_attempt_to_a_second_after_the_one_before() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
    let mut tried_ms = 10_000;
    for _ in 0..5 {
        nothing(script.closed(Leg::Signaling, unreachable()));
        whatever(script.wake());
        tried_ms = script.now_ms;
    }
    nothing(script.closed(Leg::Signaling, unreachable()));
    assert!(script.wake_ms().is_some_and(|planned| planned > tried_ms + 2_000));
    nothing(script.at(tried_ms + 300).ask(Ask::Interrupted));
    assert!(attempt(&script.timeout(tried_ms + 1_000), "signaling"));

    nothing(script.closed(Leg::Signaling, unreachable()));
    while script.now_ms < 67_000 {
        whatever(script.wake());
        nothing(script.closed(Leg::Signaling, unreachable()));
    }
    assert!(attempt(&script.at(100_000).ask(Ask::Interrupted), "signaling"));
    nothing(script.at(100_100).closed(Leg::Signaling, unreachable()));
    nothing(script.at(100_300).ask(Ask::Interrupted));
    assert!(attempt(&script.timeout(101_000), "signaling"));
}

/// C1, C4: a notice about media hurries the attempt that is due, by whichever road it comes, and only of the kind that it names.
#[test]
fn a_notice_hurries_the_attempt_to_repair_media() {
    let of_video = r#"{"msg_type":6,"event":{"event_type":7,"media_type":2}}"#;
    let notices = [
        (asked(Ask::Interrupted), vec!["ping signaling", PROBE, OPEN_AUDIO]),
        (said(Leg::Signaling, INTERRUPTED), vec![OPEN_AUDIO, "ping video"]),
        (said(Leg::Signaling, of_video), vec!["ping video"]),
    ];
    for (notice, expected) in notices {
        let mut script = Script::running(&[Leg::Audio, Leg::Video]);
        let alive = [Leg::Signaling, Leg::Video];
        nothing(script.live_until(10_000, &[Leg::Signaling, Leg::Audio, Leg::Video]));
        whatever(script.closed(Leg::Audio, Close::Broken));
        for _ in 0..5 {
            nothing(script.closed(Leg::Audio, unreachable()));
            assert_eq!(script.stir(&alive), [OPEN_AUDIO]);
        }
        nothing(script.closed(Leg::Audio, unreachable()));
        let tried_ms = script.now_ms;
        nothing(script.live_until(tried_ms + 1_100, &alive));
        let Do::Input(input) = notice else { panic!("a notice") };
        assert_eq!(script.input(input), expected);
    }
}

/// C4: a notice every second for two minutes: one attempt at a time, none sooner than a second after the other, and the
/// deadlines stay where the first loss put them.
#[test]
fn notices_every_second_neither_multiply_attempts_nor_move_the_deadline() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
    nothing(script.closed(Leg::Signaling, unreachable()));
    let mut attempts = Vec::new();
    for second in 11..=130 {
        let mut outputs = script.pass_until(second * 1_000);
        outputs.extend(script.ask(Ask::Interrupted));
        if attempt(&outputs, "signaling") {
            attempts.push(script.now_ms);
            assert_eq!(outputs.len(), 1, "{outputs:?}");
            nothing(script.closed(Leg::Signaling, unreachable()));
        }
    }
    assert!((60..=120).contains(&attempts.len()), "{} attempts", attempts.len());
    let end = script.pass_until(200_000);
    assert!(end.last().is_some_and(|end| end.starts_with("end failed connect_failed")), "{end:?}");
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
    for second in 11..=166 {
        whatever(script.pass_until(second * 1_000));
        whatever(script.ask(Ask::Interrupted));
        nothing(script.closed(Leg::Signaling, unreachable()));
    }
    assert_eq!(script.wake_ms(), Some(167_000), "57 s and 100 s after the first loss");
    whatever(script.wake());
}

/// C4: notices without end bring one attempt a second and no more, in the window and after it.
#[test]
fn a_flood_of_notices_brings_one_attempt_a_second() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.at(10_000).closed(Leg::Signaling, Close::Broken));
    nothing(script.closed(Leg::Signaling, unreachable()));
    let mut attempts = vec![10_000];
    for at in (20_000..110_000).step_by(100) {
        let mut outputs = script.pass_until(at);
        outputs.extend(script.ask(Ask::Interrupted));
        if attempt(&outputs, "signaling") {
            attempts.push(script.now_ms);
            nothing(script.closed(Leg::Signaling, unreachable()));
        }
    }
    assert!(attempts.len() > 80, "{}", attempts.len());
    assert!(attempts[2..].windows(2).all(|pair| pair[1] - pair[0] >= 1_000), "{attempts:?}");
}

/// C4, C1: the same with the notice that comes on signaling about media.
#[test]
fn interruptions_of_media_every_second_do_not_move_its_deadline_either() {
    let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
    nothing(script.live_until(10_000, &[Leg::Signaling, Leg::Audio, Leg::Chat]));
    whatever(script.closed(Leg::Audio, Close::Broken));
    nothing(script.closed(Leg::Audio, unreachable()));
    let mut refused_at = None;
    for second in 11..=130 {
        let mut outputs = script.pass_until(second * 1_000);
        nothing(script.message(Leg::Chat, ALIVE));
        outputs.extend(script.message(Leg::Signaling, INTERRUPTED));
        nothing(script.message(Leg::Chat, ALIVE));
        let opens = outputs.iter().filter(|output| output.starts_with("open")).count();
        assert!(opens <= 1, "{outputs:?}");
        if outputs.iter().any(|output| output.contains("leg_refused")) {
            assert_eq!((opens, refused_at.replace(second)), (0, None), "{outputs:?}");
        }
        if opens == 1 {
            assert_eq!(refused_at, None, "nothing is tried after it was given up");
            nothing(script.closed(Leg::Audio, unreachable()));
        }
    }
    assert_eq!(refused_at, Some(72));
}

/// C1, §11.2 scenario 3: the close of the socket and the notice about it make one attempt.
#[test]
fn a_close_and_the_notice_about_it_are_one_loss() {
    let mut script = Script::running(&[Leg::Audio, Leg::Chat]);
    let lost = lost("audio", "connection_broken");
    script.play(&[
        Line(5_000, closed(Leg::Audio, Close::Broken), &[&lost, OPEN_AUDIO], Wake::At(15_000)),
        Line(5_001, said(Leg::Signaling, INTERRUPTED), &["ping chat"], Wake::At(7_001)),
        Line(5_002, said(Leg::Signaling, r#"{"msg_type":8,"state":2,"reason":14}"#), &[], Wake::At(7_001)),
        Line(5_003, opened(Leg::Audio), &["send audio …"], Wake::At(7_001)),
        Line(5_004, said(Leg::Signaling, INTERRUPTED), &[], Wake::At(7_001)),
        Line(5_005, heard(Leg::Chat), &[], Wake::At(7_001)),
        Line(7_001, Do::Wake, &[], Wake::At(15_000)),
    ]);
}

/// §5.5 event 7, §5.7 state 2, §18.12: media connections prove that they hold, or are made anew; signaling does both.
#[test]
fn an_interruption_of_media_is_believed_of_those_that_do_not_answer() {
    for notice in [INTERRUPTED, r#"{"msg_type":8,"state":2,"reason":14}"#] {
        let mut script = Script::running(&[Leg::Audio, Leg::Video]);
        script.play(&[
            Line(10_000, said(Leg::Signaling, notice), &["ping audio", "ping video"], Wake::At(12_000)),
            Line(11_000, heard(Leg::Video), &[], Wake::At(12_000)),
            Line(12_000, Do::Wake, &["close audio", SILENT_AUDIO, OPEN_AUDIO], Wake::At(15_000)),
        ]);
    }
}

/// §5.5: an interruption that names its media is about that.
#[test]
fn an_interruption_that_names_a_kind_leaves_the_others_alone() {
    let notice = |flags: i64| format!(r#"{{"msg_type":6,"event":{{"event_type":7,"media_type":{flags}}}}}"#);
    for (flags, pinged) in [
        (1, vec!["ping audio"]),
        (2, vec!["ping video"]),
        (3, vec!["ping audio", "ping video"]),
        (32, vec!["ping audio", "ping video"]),
        (64, vec!["ping audio", "ping video"]),
    ] {
        let mut script = Script::running(&[Leg::Audio, Leg::Video]);
        assert_eq!(script.at(1_000).message(Leg::Signaling, &notice(flags)), pinged, "{flags}");
    }
}

/// C4: a limit that runs is made shorter by a notice, never longer.
#[test]
fn a_notice_makes_a_limit_only_shorter() {
    let mut script = Script::running(&[Leg::Audio]);
    script.play(&[
        Line(14_999, said(Leg::Audio, ALIVE), &[], Wake::At(15_000)),
        Line(15_000, Do::Wake, &["ping signaling", PROBE], Wake::At(20_000)),
        Line(15_500, asked(Ask::Interrupted), &[], Wake::At(17_500)),
        Line(16_500, asked(Ask::Interrupted), &[], Wake::At(17_500)),
        Line(17_500, Do::Wake, &["close signaling", SILENT_SIGNALING, "…", "…", TWO], Wake::At(74_500)),
    ]);
}

/// §10.3: once the end is known, notices mean nothing.
#[test]
fn after_the_end_was_announced_notices_mean_nothing() {
    let mut script = Script::running(&[Leg::Audio]);
    nothing(script.message(Leg::Signaling, r#"{"msg_type":8,"state":3,"reason":6}"#));
    assert_eq!(script.ask(Ask::Interrupted), Vec::<String>::new());
    assert_eq!(script.message(Leg::Signaling, INTERRUPTED), Vec::<String>::new());
    assert_eq!(script.ask(Ask::Moved { url: "wss://three.zoom.us".to_owned() }), Vec::<String>::new());
}
