//! What flows and what it is not: codecs that differ from the agreement, late and lacking media, pauses, bursts.

use base64_turbo::STANDARD;

use super::*;

fn picture(msg_type: i64, payload: &[u8], at: i64) -> String {
    let data = STANDARD.encode(payload);
    format!(r#"{{"msg_type":{msg_type},"content":{{"user_id":8,"timestamp":{at},"data":"{data}"}}}}"#)
}

const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 0xe0];
const PNG: &[u8] = b"\x89PNG\r\n";
const H264: &[u8] = &[0, 0, 0, 1, 0x67];

/// C12, §18.31: another codec than agreed is kept as it is and declared once for each that is found.
#[test]
fn a_codec_that_was_not_agreed_is_declared_once() {
    let mut script = Script::running(&[Leg::Video]);
    let mut show = |payload: &[u8]| script.message(Leg::Video, &picture(15, payload, 5));
    let contradicted =
        |found: &str| format!(r#"{{"control":"contradicted","leg":"video","agreed":"h264","found":"{found}"}}"#);
    assert_eq!(show(H264), ["media video/8 5 0000000167"]);
    assert_eq!(show(JPEG), [contradicted("jpeg").as_str(), "media video/8 5 ffd8ffe0"]);
    assert_eq!(show(JPEG), ["media video/8 5 ffd8ffe0"]);
    assert_eq!(show(PNG), [contradicted("png").as_str(), "media video/8 5 89504e470d0a"]);
    assert_eq!(show(&[1, 2, 3]), ["media video/8 5 010203"], "what begins like nothing says nothing");
    assert_eq!(show(&[]), ["media video/8 5 "]);
}

/// C12: the same of shares, each kind for itself, and not again after a reconnect.
#[test]
fn shares_are_looked_at_too_and_a_reconnect_does_not_repeat_it() {
    let mut script = Script::running(&[Leg::Share]);
    let h264 = picture(16, H264, 5);
    let contradicted = r#"{"control":"contradicted","leg":"share","agreed":"jpeg","found":"h264"}"#;
    assert_eq!(script.message(Leg::Share, &h264), [contradicted, "media share/8 5 0000000167"]);
    whatever(script.at(5_000).closed(Leg::Share, Close::Broken));
    script.opened(Leg::Share);
    whatever(script.message(Leg::Share, TAKEN));
    assert_eq!(script.message(Leg::Share, &h264), ["media share/8 5 0000000167"]);
}

/// C12, §6.4: what was echoed is what was agreed.
#[test]
fn an_echoed_codec_is_the_agreed_one() {
    let (mut script, _) = Script::begin(config(&[Leg::Video]));
    script.join(&[]);
    script.opened(Leg::Video);
    whatever(
        script.message(Leg::Video, r#"{"msg_type":4,"status_code":0,"media_params":{"video":{"codec":5,"fps":5}}}"#),
    );
    assert_eq!(script.message(Leg::Video, &picture(15, JPEG, 5)), ["media video/8 5 ffd8ffe0"]);
}

/// C14: nobody speaks for an hour; keep-alives are life enough, and nothing is declared.
#[test]
fn an_hour_of_silence_is_no_loss() {
    let mut script = Script::running(&[Leg::Audio, Leg::Video]);
    for second in (10..3_600).step_by(10) {
        assert_eq!(script.pass_until(second * 1_000), Vec::<String>::new());
        for leg in [Leg::Signaling, Leg::Audio, Leg::Video] {
            let request = format!(r#"{{"msg_type":12,"timestamp":{second}}}"#);
            let reply = format!(r#"send {leg} {{"msg_type":13,"timestamp":{second}}}"#);
            assert_eq!(script.message(leg, &request), [reply]);
        }
    }
}

/// C12: the first picture after half a minute, or never: sound is not affected.
#[test]
fn a_camera_that_comes_late_or_never_affects_nothing() {
    let mut script = Script::running(&[Leg::Audio, Leg::Video]);
    assert_eq!(script.live_until(30_000, &[Leg::Signaling, Leg::Audio, Leg::Video]), Vec::<String>::new());
    assert_eq!(script.message(Leg::Video, &picture(15, H264, 5)), ["media video/8 5 0000000167"]);
}

/// C13, C18, §9.4: a backlog faster than time, overlapping and out of order, is kept as it is; the timeline sorts it out.
#[test]
fn a_burst_of_old_sound_is_kept_whole_and_in_the_order_in_which_it_came() {
    let mut script = Script::running(&[Leg::Audio]);
    whatever(script.message(Leg::Audio, &sound(7, 0)));
    let times = (0..3_000).map(|n| n * 20).chain([40, 20, 60_000, 3_600_000, 0]);
    for at in times {
        assert_eq!(script.message(Leg::Audio, &sound(7, at)), [format!("media audio/7 {at} 000102")]);
    }
    assert_eq!(script.wake_ms(), Some(15_000), "and costs no timer");
}

/// C19, §10.2: pause and resume, a share, a stream without video: told as what they are, and nothing is lost.
#[test]
fn a_pause_is_told_once_and_is_no_loss() {
    let mut script = Script::running(&[Leg::Audio]);
    let legs = [Leg::Signaling, Leg::Audio];
    let paused = script.message(Leg::Signaling, r#"{"msg_type":9,"state":3,"timestamp":1767226000000}"#);
    assert_eq!(paused, [r#"{"at":1767226000000,"event":"paused"}"#]);
    assert_eq!(script.live_until(600_000, &legs), Vec::<String>::new(), "ten minutes");
    let resumed = script.message(Leg::Signaling, r#"{"msg_type":9,"state":4,"timestamp":1767226600000}"#);
    assert_eq!(resumed, [r#"{"at":1767226600000,"event":"resumed"}"#]);
    let share = |event_type: i64| {
        format!(r#"{{"msg_type":6,"event":{{"event_type":{event_type},"timestamp":1767226601000,"user_id":7}}}}"#)
    };
    let on = script.message(Leg::Signaling, &share(5));
    assert_eq!(on.last().map(String::as_str), Some(r#"{"at":1767226601000,"event":"share_on","id":7}"#));
    assert_eq!(script.message(Leg::Signaling, &share(6)), [r#"{"at":1767226601000,"event":"share_off","id":7}"#]);
}

/// C19, §10.2: the message that ends a pause is lost with the signaling connection; media made later ends it as well.
#[test]
fn a_pause_whose_end_was_not_heard_ends_with_the_first_media_after_it() {
    let mut script = Script::running(&[Leg::Audio]);
    let pause = r#"{"msg_type":9,"state":3,"timestamp":1767225610000}"#;
    assert_eq!(script.message(Leg::Signaling, pause), [r#"{"at":1767225610000,"event":"paused"}"#]);
    let heard = |script: &mut Script, at: i64| {
        let outputs = script.message(Leg::Audio, &sound(0, at));
        outputs.into_iter().filter(|output| output.contains("resumed")).collect::<Vec<_>>()
    };
    // Made before the pause, or before every server knew of it, or at a time that cannot be.
    for at in [1, 1_767_225_609_980, 1_767_225_614_999, 1_767_312_010_000, 253_402_300_799_999] {
        assert_eq!(heard(&mut script, at), Vec::<String>::new(), "{at}");
    }
    assert_eq!(heard(&mut script, 1_767_225_640_000), [r#"{"at":1767225640000,"event":"resumed"}"#]);
    assert_eq!(heard(&mut script, 1_767_225_640_020), Vec::<String>::new());
    let resumed = r#"{"msg_type":9,"state":4,"timestamp":1767225640000}"#;
    assert_eq!(script.message(Leg::Signaling, resumed), Vec::<String>::new(), "known already");
}

/// C10: a message that is too large, or that drips, costs its connection and no other.
#[test]
fn a_message_that_never_ends_costs_its_connection() {
    for (close, cause) in [(Close::TooSlow, "message_too_slow"), (Close::TooLarge, "message_too_large")] {
        let mut script = Script::running(&[Leg::Audio, Leg::Video]);
        let outputs = script.at(5_000).closed(Leg::Audio, close);
        assert_eq!(outputs.last().map(String::as_str), Some(OPEN_AUDIO));
        assert!(outputs.contains(&lost("audio", cause)), "{outputs:?}");
        assert_eq!(script.message(Leg::Video, &picture(15, H264, 5)), ["media video/8 5 0000000167"]);
    }
}

/// C10.
#[test]
fn each_kind_has_a_limit_of_its_own_and_shared_screens_the_largest() {
    let (mut script, first) = Script::begin(config(&[Leg::Audio, Leg::Video, Leg::Share, Leg::Transcript, Leg::Chat]));
    let mut outputs = first;
    outputs.extend(script.join(&[]));
    for (leg, limit) in [
        ("signaling", 1 << 20),
        ("audio", 1 << 20),
        ("video", 3 << 20),
        ("share", 8 << 20),
        ("transcript", 1 << 20),
        ("chat", 1 << 20),
    ] {
        let open = outputs.iter().find(|output| output.starts_with(&format!("open {leg} "))).expect("an attempt");
        assert!(open.ends_with(&format!(" {limit}")), "{open}");
    }
}
