//! A meeting in which nothing goes wrong.

use super::*;

/// §1.2.
#[test]
fn a_stream_is_joined_from_the_notice_to_the_first_frame() {
    let (mut script, first) = Script::begin(config(&[Leg::Audio, Leg::Video]));
    assert_eq!(first, ["open signaling wss://one.zoom.us 1048576"]);
    assert_eq!(script.wake_ms(), Some(57_000));

    assert_eq!(
        script.at(100).opened(Leg::Signaling),
        [format!(
            r#"send signaling {{"buffer_data":true,"meeting_uuid":"{UUID}","msg_type":1,"protocol_version":1,"rtms_stream_id":"{STREAM}","sequence":1,"signature":"SIGNATURE"}}"#
        )]
    );
    assert_eq!(script.wake_ms(), Some(10_100), "the handshake has 10 s");

    assert_eq!(
        script.at(150).message(Leg::Signaling, OFFER_ALL_KINDS),
        [
            r#"{"control":"leg_ready","leg":"signaling","format":null}"#,
            r#"send signaling {"events":[{"event_type":2,"subscribe":true},{"event_type":3,"subscribe":true},{"event_type":4,"subscribe":true},{"event_type":5,"subscribe":true},{"event_type":6,"subscribe":true}],"msg_type":5}"#,
            "open audio wss://m.zoom.us/audio 1048576",
            "open video wss://m.zoom.us/video 3145728",
        ]
    );
    assert_eq!(script.wake_ms(), Some(15_100), "nothing but silence is awaited");

    assert_eq!(
        script.at(200).opened(Leg::Audio),
        [format!(
            r#"send audio {{"media_params":{{"audio":{{"channel":1,"codec":4,"content_type":2,"data_opt":2,"sample_rate":3,"send_rate":20}}}},"media_type":1,"meeting_uuid":"{UUID}","msg_type":3,"payload_encryption":false,"protocol_version":1,"rtms_stream_id":"{STREAM}","sequence":1,"signature":"SIGNATURE"}}"#
        )]
    );
    assert_eq!(
        script.at(210).opened(Leg::Video),
        [format!(
            r#"send video {{"media_params":{{"video":{{"codec":7,"content_type":3,"data_opt":3,"fps":25,"resolution":2}}}},"media_type":2,"meeting_uuid":"{UUID}","msg_type":3,"payload_encryption":false,"protocol_version":1,"rtms_stream_id":"{STREAM}","sequence":1,"signature":"SIGNATURE"}}"#
        )]
    );
    assert_eq!(
        script.at(220).message(
            Leg::Audio,
            r#"{"msg_type":4,"status_code":0,"payload_encrypted":false,"media_params":{"audio":{"codec":1,"sample_rate":1,"channel":1,"send_rate":100}}}"#
        ),
        [
            r#"{"control":"leg_ready","leg":"audio","format":{"audio":{"codec":"l16","rate":16000,"channels":"mono","packet_ms":100}}}"#
                .to_owned(),
            r#"{"control":"substituted","leg":"audio","parameter":"codec","asked":4,"agreed":1}"#.to_owned(),
            r#"{"control":"substituted","leg":"audio","parameter":"sample_rate","asked":3,"agreed":1}"#.to_owned(),
            r#"{"control":"substituted","leg":"audio","parameter":"send_rate","asked":20,"agreed":100}"#.to_owned(),
            format!(r#"send signaling {{"msg_type":7,"rtms_stream_id":"{STREAM}"}}"#),
        ],
        "what was echoed counts, not what was asked for"
    );
    assert_eq!(
        script.message(Leg::Video, r#"{"msg_type":4,"status_code":0}"#),
        [
            r#"{"control":"leg_ready","leg":"video","format":{"video":"h264"}}"#.to_owned(),
            format!(r#"send signaling {{"msg_type":7,"rtms_stream_id":"{STREAM}"}}"#),
        ]
    );
    assert_eq!(script.message(Leg::Signaling, r#"{"msg_type":6,"event":{"event_type":1}}"#), Vec::<String>::new());
    assert_eq!(
        script.message(Leg::Signaling, r#"{"msg_type":6,"event":{"event_type":1,"timestamp":1767225600500}}"#),
        [r#"{"control":"first_packet","at":1767225600500}"#]
    );
    assert_eq!(
        script.message(Leg::Audio, &sound(7, 1_767_225_600_500)),
        [
            r#"{"at":1767225600500,"event":"joined","participant":{"id":7,"name":"Ada"}}"#,
            "media audio/7 1767225600500 000102",
        ]
    );
    assert_eq!(
        script.message(
            Leg::Video,
            r#"{"msg_type":15,"content":{"user_id":8,"timestamp":1767225600510,"data":"AAAAAQ=="}}"#
        ),
        ["media video/8 1767225600510 00000001"]
    );
    assert_eq!(script.session.counters().messages, 7);
    assert_eq!(script.session.counters().slow, 0);
}

/// §5.8.
#[test]
fn keep_alives_are_answered_at_once_on_the_connection_they_came_on() {
    let mut script = Script::running(&[Leg::Audio]);
    for (leg, request, reply) in [
        (
            Leg::Signaling,
            r#"{"msg_type":12,"timestamp":1767225610000}"#,
            r#"{"msg_type":13,"timestamp":1767225610000}"#,
        ),
        (
            Leg::Audio,
            r#"{"msg_type":12,"timestamp":"1767225610000"}"#,
            r#"{"msg_type":13,"timestamp":"1767225610000"}"#,
        ),
        (Leg::Audio, r#"{"msg_type":12,"sequence":5,"timestamp":1}"#, r#"{"msg_type":13,"sequence":5,"timestamp":1}"#),
    ] {
        assert_eq!(script.message(leg, request), [format!("send {leg} {reply}")]);
    }
}

/// §5.3, §21.5.11.
#[test]
fn a_kind_that_is_not_offered_is_declared_once_and_the_rest_goes_on() {
    let (mut script, _) = Script::begin(config(&[Leg::Audio, Leg::Video]));
    script.opened(Leg::Signaling);
    let offer = r#"{"msg_type":2,"status_code":0,"media_server":{"server_urls":{"audio":"wss://m.zoom.us/audio","all":"wss://m.zoom.us/all"}}}"#;
    let outputs = script.message(Leg::Signaling, offer);
    assert_eq!(
        outputs[2..],
        [
            "open audio wss://m.zoom.us/audio 1048576".to_owned(),
            r#"{"control":"leg_refused","leg":"video","status":null,"code":"zoom_rtms_not_offered","reason":"Zoom does not offer video; the app may lack the scope"}"#
                .to_owned(),
        ]
    );
    nothing(script.closed(Leg::Signaling, Close::Broken));
    whatever(script.wake());
    script.opened(Leg::Signaling);
    let again = script.message(Leg::Signaling, offer);
    assert!(!again.iter().any(|output| output.contains("leg_refused")), "{again:?}");
}
