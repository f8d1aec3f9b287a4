//! What Zoom's numbers mean: a stable code and a sentence for each (protocol §14.5, §14.6). What is done about one is decided
//! in `session`. `docs/reference/codes.md` says the same, which a test holds.

/// What a refused handshake calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The same request will be refused again.
    Permanent,
    /// An earlier connection is not released yet.
    Duplicate,
    /// Other parameters may be accepted.
    Parameters,
    /// The same request may be accepted later.
    Temporary,
}

/// A number with which Zoom refuses a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The stable code.
    pub code: &'static str,
    /// What it calls for.
    pub refusal: Refusal,
    /// What happened, a semicolon, and what to do; without a full stop.
    pub sentence: &'static str,
}

/// A number with which Zoom ends a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopReason {
    /// The stable code.
    pub code: &'static str,
    /// Whether somebody wanted it; otherwise something went wrong.
    pub is_normal: bool,
    /// What happened, a semicolon, and what to do; without a full stop.
    pub sentence: &'static str,
}

/// What the status `number` of a handshake means; 0 is success and has no meaning here.
pub fn status(number: i64) -> Status {
    let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let (code, refusal, sentence) = place.and_then(|place| STATUSES.get(place)).copied().unwrap_or((
        "zoom_rtms_unknown_status",
        Refusal::Temporary,
        "Zoom refused the handshake with a number that is not documented; it is tried again, and if that does not help, report the number",
    ));
    Status { code, refusal, sentence }
}

/// What the stop reason `number` means; `None` is a stop without a reason.
pub fn stop_reason(number: Option<i64>) -> StopReason {
    let place = usize::try_from(number.unwrap_or(0)).ok();
    let (code, is_normal, sentence) = place.and_then(|place| STOP_REASONS.get(place)).copied().unwrap_or((
        "zoom_rtms_unknown_stop_reason",
        true,
        "the stream ended for a reason that is not documented; if the meeting goes on, start the stream again",
    ));
    StopReason { code, is_normal, sentence }
}

/// By number, from 1.
#[rustfmt::skip]
const STATUSES: [(&str, Refusal, &str); 47] = [
    ("zoom_rtms_invalid_message_type", Refusal::Permanent, "Zoom did not expect this message; check that the address is an RTMS server's, and look for a newer release of Hansard"),
    ("zoom_rtms_invalid_stream_id", Refusal::Permanent, "Zoom does not know the stream, because it is over or belongs to another environment; start it again in the meeting, and send webhooks of one environment only here"),
    ("zoom_rtms_invalid_signature", Refusal::Permanent, "Zoom refused the signature; check that client id and client secret belong to the app that was started"),
    ("zoom_rtms_invalid_payload", Refusal::Permanent, "Zoom could not read the handshake; check that the start notice came from Zoom unchanged, and report it with the log if it did"),
    ("zoom_rtms_invalid_events", Refusal::Permanent, "Zoom could not read the event subscription; report it with the log"),
    ("zoom_rtms_invalid_event_type", Refusal::Permanent, "Zoom does not know one of the subscribed events; report it with the log"),
    ("zoom_rtms_invalid_media_type", Refusal::Permanent, "Zoom does not know the requested kind of media; look for a newer release of Hansard"),
    ("zoom_rtms_duplicate_signal_request", Refusal::Duplicate, "Zoom still holds an earlier connection of this stream; see that no other receiver uses the same app"),
    ("zoom_rtms_audio_not_allowed", Refusal::Permanent, "the app may not receive sound; add the audio scope to the Zoom app and have it approved again"),
    ("zoom_rtms_video_not_allowed", Refusal::Permanent, "the app may not receive video; add the video scope to the Zoom app and have it approved again"),
    ("zoom_rtms_share_not_allowed", Refusal::Permanent, "the app may not receive screen shares; add the screenshare scope to the Zoom app and have it approved again"),
    ("zoom_rtms_transcript_not_allowed", Refusal::Permanent, "the app may not receive the transcript; add the transcript scope to the Zoom app and have it approved again"),
    ("zoom_rtms_chat_not_allowed", Refusal::Permanent, "the app may not receive chat; add the chat scope to the Zoom app and have it approved again"),
    ("zoom_rtms_media_type_invalid", Refusal::Permanent, "Zoom does not accept the requested kind of media; look for a newer release of Hansard"),
    ("zoom_rtms_all_connection_exists", Refusal::Duplicate, "Zoom still holds a connection for all media of this stream; see that no other receiver uses the same app"),
    ("zoom_rtms_duplicate_media_connection", Refusal::Duplicate, "Zoom still holds an earlier connection for this kind of media; see that no other receiver uses the same app"),
    ("zoom_rtms_invalid_media_params", Refusal::Parameters, "Zoom does not accept the media parameters; simpler ones are tried, and if none is taken, report it with the log"),
    ("zoom_rtms_invalid_audio_params", Refusal::Parameters, "Zoom does not accept the parameters for sound; simpler ones are tried, and if none is taken, report it with the log"),
    ("zoom_rtms_invalid_audio_content_type", Refusal::Parameters, "Zoom does not accept the content type for sound; simpler parameters are tried, and if none is taken, report it with the log"),
    ("zoom_rtms_invalid_audio_sample_rate", Refusal::Parameters, "Zoom does not accept the sample rate; other formats are tried, and if none is taken, report it with the log"),
    ("zoom_rtms_invalid_audio_channel", Refusal::Parameters, "Zoom does not accept the number of channels; other formats are tried, and if none is taken, report it with the log"),
    ("zoom_rtms_invalid_audio_codec", Refusal::Parameters, "Zoom does not accept the audio codec; other formats are tried, and if none is taken, report it with the log"),
    ("zoom_rtms_invalid_audio_data_opt", Refusal::Parameters, "Zoom does not offer one stream for each participant here; a mix of all is taken, which tells nobody apart"),
    ("zoom_rtms_invalid_audio_send_rate", Refusal::Parameters, "Zoom does not accept the packet length; other formats are tried, and if none is taken, report it with the log"),
    ("zoom_rtms_invalid_video_params", Refusal::Parameters, "Zoom does not accept the parameters for video; simpler ones are tried, and if none is taken, report it with the log"),
    ("zoom_rtms_invalid_video_content_type", Refusal::Parameters, "Zoom does not accept the content type for video; simpler parameters are tried, and if none is taken, report it with the log"),
    ("zoom_rtms_invalid_video_codec", Refusal::Parameters, "Zoom does not accept the video codec; stills are taken instead, with few pictures a second"),
    ("zoom_rtms_invalid_video_resolution", Refusal::Parameters, "Zoom does not accept the video resolution; simpler parameters are tried, and if none is taken, report it with the log"),
    ("zoom_rtms_invalid_video_data_opt", Refusal::Parameters, "Zoom does not offer the requested choice of video; the active speaker is taken, so set `video` of the app to that"),
    ("zoom_rtms_invalid_video_fps", Refusal::Parameters, "Zoom does not accept the frame rate of video; simpler parameters are tried, and if none is taken, report it with the log"),
    ("zoom_rtms_invalid_share_params", Refusal::Parameters, "Zoom does not accept the parameters for screen shares; its own defaults are tried, and if they are not taken, report it with the log"),
    ("zoom_rtms_invalid_share_content_type", Refusal::Parameters, "Zoom does not accept the content type for screen shares; its own defaults are tried, and if they are not taken, report it with the log"),
    ("zoom_rtms_invalid_share_codec", Refusal::Parameters, "Zoom does not accept the codec for screen shares; its own defaults are tried, and if they are not taken, report it with the log"),
    ("zoom_rtms_invalid_share_resolution", Refusal::Parameters, "Zoom does not accept the resolution for screen shares; its own defaults are tried, and if they are not taken, report it with the log"),
    ("zoom_rtms_invalid_share_fps", Refusal::Parameters, "Zoom does not accept the frame rate of screen shares; its own defaults are tried, and if they are not taken, report it with the log"),
    ("zoom_rtms_invalid_transcript_params", Refusal::Parameters, "Zoom does not accept the parameters for the transcript; its own defaults are tried, and if they are not taken, report it with the log"),
    ("zoom_rtms_invalid_transcript_content_type", Refusal::Parameters, "Zoom does not accept the content type for the transcript; its own defaults are tried, and if they are not taken, report it with the log"),
    ("zoom_rtms_invalid_chat_params", Refusal::Parameters, "Zoom does not accept the parameters for chat; its own defaults are tried, and if they are not taken, report it with the log"),
    ("zoom_rtms_invalid_chat_content_type", Refusal::Parameters, "Zoom does not accept the content type for chat; its own defaults are tried, and if they are not taken, report it with the log"),
    ("zoom_rtms_invalid_session_id", Refusal::Permanent, "Zoom does not know the session; it may be over, so start it again in the meeting"),
    ("zoom_rtms_invalid_client_ready", Refusal::Permanent, "Zoom did not accept our readiness for media; report it with the log"),
    ("zoom_rtms_invalid_event_subscribe", Refusal::Permanent, "Zoom did not accept the event subscription; report it with the log"),
    ("zoom_rtms_invalid_source_language", Refusal::Parameters, "Zoom does not know the transcript's source language; set another `transcript_language` for the app, or none"),
    ("zoom_rtms_duplicate_video_subscription", Refusal::Permanent, "this participant's video is subscribed already; nothing needs to be done"),
    ("zoom_rtms_internal_exception", Refusal::Temporary, "Zoom had an internal error; it is tried again, and if that does not help, start the stream again"),
    ("zoom_rtms_invalid_target_language", Refusal::Parameters, "Zoom does not know the transcript's target language; report it with the log, because none is asked for"),
    ("zoom_rtms_chat_key_not_available", Refusal::Permanent, "Zoom has no key for the chat of this meeting yet; it is asked again every half minute, and if chat stays away, look for end-to-end encryption in the meeting"),
];

/// By number, from 0.
#[rustfmt::skip]
const STOP_REASONS: [(&str, bool, &str); 27] = [
    ("zoom_rtms_undefined", true, "the stream ended, and Zoom does not say why; if the meeting goes on, start the stream again"),
    ("zoom_rtms_host_triggered", true, "the host stopped the stream; what was received until then is complete"),
    ("zoom_rtms_user_triggered", true, "the user who started the stream stopped it; what was received until then is complete"),
    ("zoom_rtms_user_left", true, "the user who started the stream left the meeting; to go on, another user starts the stream"),
    ("zoom_rtms_user_ejected", true, "the user who started the stream was removed from the meeting; to go on, another user starts the stream"),
    ("zoom_rtms_host_disabled_app", true, "the host disabled the app; to go on, the host allows it again"),
    ("zoom_rtms_meeting_ended", true, "the meeting ended; what was received is complete"),
    ("zoom_rtms_stream_canceled", true, "the stream was cancelled; if that was not meant, start it again"),
    ("zoom_rtms_stream_revoked", true, "consent was withdrawn; what was received must be deleted, which happens by itself unless the app is configured otherwise"),
    ("zoom_rtms_all_apps_disabled", true, "all apps were disabled in the meeting; to go on, the host allows them again"),
    ("zoom_rtms_internal_exception", false, "Zoom had an internal error; start the stream again"),
    ("zoom_rtms_connection_timeout", false, "nobody joined the stream in time; check that webhooks arrive at once and that Zoom's servers can be reached"),
    ("zoom_rtms_instance_interrupted", false, "Zoom lost its own connection to the meeting; start the stream again"),
    ("zoom_rtms_signaling_interrupted", false, "Zoom lost the signaling connection; start the stream again"),
    ("zoom_rtms_media_interrupted", false, "Zoom lost a media connection; start the stream again"),
    ("zoom_rtms_signaling_closed_abnormally", false, "the signaling connection broke; start the stream again"),
    ("zoom_rtms_media_closed_abnormally", false, "a media connection broke; start the stream again"),
    ("zoom_rtms_exit_signal", false, "Zoom shut its server down; start the stream again"),
    ("zoom_rtms_authentication_failure", false, "Zoom refused the signature; check that client id and client secret belong to the app that was started"),
    ("zoom_rtms_reconnection_timeout", false, "Zoom waited for us to reconnect and gave up; check the network between this machine and Zoom, and start the stream again"),
    ("zoom_rtms_receiver_request_close", true, "we asked Zoom to end the stream; what was received until then is complete"),
    ("zoom_rtms_customer_disconnected", true, "the customer hung up; what was received is complete"),
    ("zoom_rtms_agent_disconnected", true, "the agent hung up; what was received is complete"),
    ("zoom_rtms_admin_disabled_app", true, "an administrator disabled the app; to go on, an administrator allows it again"),
    ("zoom_rtms_keep_alive_timeout", false, "Zoom got no answer to its keep-alives; see whether this machine or its network is overloaded, and start the stream again"),
    ("zoom_rtms_manual_api_triggered", true, "the stream was stopped over Zoom's API; what was received until then is complete"),
    ("zoom_rtms_streaming_not_supported", false, "Zoom does not support streaming in this meeting; ask Zoom whether the account is entitled to it"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_find_their_meaning() {
        assert_eq!(status(3).code, "zoom_rtms_invalid_signature");
        assert_eq!(status(8).refusal, Refusal::Duplicate);
        assert_eq!(status(22).refusal, Refusal::Parameters);
        assert_eq!(status(47).code, "zoom_rtms_chat_key_not_available");
        assert_eq!(stop_reason(Some(8)).code, "zoom_rtms_stream_revoked");
        assert_eq!(stop_reason(Some(26)).code, "zoom_rtms_streaming_not_supported");
        assert_eq!(stop_reason(None), stop_reason(Some(0)));
    }

    #[test]
    fn numbers_outside_of_the_tables_have_a_meaning_too() {
        for number in [0, 48, -1, i64::MIN, i64::MAX] {
            assert_eq!(status(number).code, "zoom_rtms_unknown_status");
        }
        assert_eq!(stop_reason(Some(27)).code, "zoom_rtms_unknown_stop_reason");
        assert_eq!(stop_reason(Some(-1)).code, "zoom_rtms_unknown_stop_reason");
    }

    #[test]
    fn codes_are_snake_case_and_unique_within_their_table() {
        let of = |codes: Vec<&'static str>| {
            assert!(codes.iter().all(|code| code.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())));
            assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
        };
        of(STATUSES.iter().map(|row| row.0).collect());
        of(STOP_REASONS.iter().map(|row| row.0).collect());
    }

    /// The page that explains codes to whoever meets one.
    const PAGE: &str = include_str!("../../../docs/reference/codes.md");

    fn row(number: impl std::fmt::Display, code: &str, sentence: &str) -> String {
        let (meaning, remedy) = sentence.split_once("; ").expect("what happened; what to do");
        format!("| {number} | `{code}` | {meaning} | {remedy} |")
    }

    /// The rows of the table below a heading, without its head.
    fn rows<'a>(page: &'a str, heading: &str) -> Vec<&'a str> {
        let section = page.split("\n## ").find(|section| section.starts_with(heading)).expect(heading);
        section.lines().filter(|line| line.starts_with('|')).skip(2).collect()
    }

    fn status_rows() -> Vec<String> {
        let numbered = STATUSES.iter().zip(1..).map(|((code, _, sentence), number)| row(number, code, sentence));
        let other = status(0);
        numbered.chain([row("other", other.code, other.sentence)]).collect()
    }

    fn stop_reason_rows() -> Vec<String> {
        let numbered = STOP_REASONS.iter().zip(0..).map(|((code, _, sentence), number)| row(number, code, sentence));
        let other = stop_reason(Some(-1));
        numbered.chain([row("other", other.code, other.sentence)]).collect()
    }

    #[test]
    fn the_page_of_codes_is_equal_to_the_tables() {
        for (heading, expected) in [("Statuses", status_rows()), ("Stop reasons", stop_reason_rows())] {
            let found = rows(PAGE, heading);
            assert_eq!(found, expected, "{heading} of docs/reference/codes.md must be\n{}", expected.join("\n"));
        }
    }

    #[test]
    fn a_page_that_says_otherwise_is_found() {
        for (of, with) in [("`zoom_rtms_invalid_signature`", "`zoom_rtms_bad_signature`"), ("| 26 |", "| 27 |")] {
            let changed = PAGE.replace(of, with);
            assert_ne!(changed, PAGE);
            assert!(
                rows(&changed, "Statuses") != status_rows() || rows(&changed, "Stop reasons") != stop_reason_rows()
            );
        }
    }
}
