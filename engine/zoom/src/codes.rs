//! What Zoom's numbers mean: a stable code and a sentence for each (protocol §14.5, §14.6). What is done about one is decided
//! in `session`.

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
    /// What happened and what to do, without a full stop.
    pub sentence: &'static str,
}

/// A number with which Zoom ends a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopReason {
    /// The stable code.
    pub code: &'static str,
    /// Whether somebody wanted it; otherwise something went wrong.
    pub is_normal: bool,
    /// What happened and what to do, without a full stop.
    pub sentence: &'static str,
}

/// What the status `number` of a handshake means; 0 is success and has no meaning here.
pub fn status(number: i64) -> Status {
    let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let (code, refusal, sentence) = place.and_then(|place| STATUSES.get(place)).copied().unwrap_or((
        "zoom_rtms_unknown_status",
        Refusal::Temporary,
        "Zoom refused the handshake with a number that is not documented",
    ));
    Status { code, refusal, sentence }
}

/// What the stop reason `number` means; `None` is a stop without a reason.
pub fn stop_reason(number: Option<i64>) -> StopReason {
    let place = usize::try_from(number.unwrap_or(0)).ok();
    let (code, is_normal, sentence) = place.and_then(|place| STOP_REASONS.get(place)).copied().unwrap_or((
        "zoom_rtms_unknown_stop_reason",
        true,
        "the stream ended for a reason that is not documented",
    ));
    StopReason { code, is_normal, sentence }
}

/// By number, from 1.
#[rustfmt::skip]
const STATUSES: [(&str, Refusal, &str); 47] = [
    ("zoom_rtms_invalid_message_type", Refusal::Permanent, "Zoom did not expect this message; the protocol has changed or the address is not an RTMS server's"),
    ("zoom_rtms_invalid_stream_id", Refusal::Permanent, "Zoom does not know the stream; it is over, or the start notice belongs to another environment"),
    ("zoom_rtms_invalid_signature", Refusal::Permanent, "Zoom refused the signature; check that client id and client secret belong to the app that was started"),
    ("zoom_rtms_invalid_payload", Refusal::Permanent, "Zoom could not read the handshake; the id field may not fit the product"),
    ("zoom_rtms_invalid_events", Refusal::Permanent, "Zoom could not read the event subscription"),
    ("zoom_rtms_invalid_event_type", Refusal::Permanent, "Zoom does not know one of the subscribed events"),
    ("zoom_rtms_invalid_media_type", Refusal::Permanent, "Zoom does not know the requested kind of media"),
    ("zoom_rtms_duplicate_signal_request", Refusal::Duplicate, "Zoom still holds an earlier connection of this stream; another receiver may be running"),
    ("zoom_rtms_audio_not_allowed", Refusal::Permanent, "the app may not receive sound; add the audio scope to the Zoom app and have it approved again"),
    ("zoom_rtms_video_not_allowed", Refusal::Permanent, "the app may not receive video; add the video scope to the Zoom app and have it approved again"),
    ("zoom_rtms_share_not_allowed", Refusal::Permanent, "the app may not receive screen shares; add the screenshare scope to the Zoom app and have it approved again"),
    ("zoom_rtms_transcript_not_allowed", Refusal::Permanent, "the app may not receive the transcript; add the transcript scope to the Zoom app and have it approved again"),
    ("zoom_rtms_chat_not_allowed", Refusal::Permanent, "the app may not receive chat; add the chat scope to the Zoom app and have it approved again"),
    ("zoom_rtms_media_type_invalid", Refusal::Permanent, "Zoom does not accept the requested kind of media"),
    ("zoom_rtms_all_connection_exists", Refusal::Duplicate, "Zoom still holds a connection for all media of this stream"),
    ("zoom_rtms_duplicate_media_connection", Refusal::Duplicate, "Zoom still holds an earlier connection for this kind of media"),
    ("zoom_rtms_invalid_media_params", Refusal::Parameters, "Zoom does not accept the media parameters"),
    ("zoom_rtms_invalid_audio_params", Refusal::Parameters, "Zoom does not accept the parameters for sound"),
    ("zoom_rtms_invalid_audio_content_type", Refusal::Parameters, "Zoom does not accept the content type for sound"),
    ("zoom_rtms_invalid_audio_sample_rate", Refusal::Parameters, "Zoom does not accept the sample rate"),
    ("zoom_rtms_invalid_audio_channel", Refusal::Parameters, "Zoom does not accept the number of channels"),
    ("zoom_rtms_invalid_audio_codec", Refusal::Parameters, "Zoom does not accept the audio codec"),
    ("zoom_rtms_invalid_audio_data_opt", Refusal::Parameters, "Zoom does not offer one stream for each participant here"),
    ("zoom_rtms_invalid_audio_send_rate", Refusal::Parameters, "Zoom does not accept the packet length"),
    ("zoom_rtms_invalid_video_params", Refusal::Parameters, "Zoom does not accept the parameters for video"),
    ("zoom_rtms_invalid_video_content_type", Refusal::Parameters, "Zoom does not accept the content type for video"),
    ("zoom_rtms_invalid_video_codec", Refusal::Parameters, "Zoom does not accept the video codec"),
    ("zoom_rtms_invalid_video_resolution", Refusal::Parameters, "Zoom does not accept the video resolution"),
    ("zoom_rtms_invalid_video_data_opt", Refusal::Parameters, "Zoom does not offer the requested choice of video"),
    ("zoom_rtms_invalid_video_fps", Refusal::Parameters, "Zoom does not accept the frame rate of video"),
    ("zoom_rtms_invalid_share_params", Refusal::Parameters, "Zoom does not accept the parameters for screen shares"),
    ("zoom_rtms_invalid_share_content_type", Refusal::Parameters, "Zoom does not accept the content type for screen shares"),
    ("zoom_rtms_invalid_share_codec", Refusal::Parameters, "Zoom does not accept the codec for screen shares"),
    ("zoom_rtms_invalid_share_resolution", Refusal::Parameters, "Zoom does not accept the resolution for screen shares"),
    ("zoom_rtms_invalid_share_fps", Refusal::Parameters, "Zoom does not accept the frame rate of screen shares"),
    ("zoom_rtms_invalid_transcript_params", Refusal::Parameters, "Zoom does not accept the parameters for the transcript"),
    ("zoom_rtms_invalid_transcript_content_type", Refusal::Parameters, "Zoom does not accept the content type for the transcript"),
    ("zoom_rtms_invalid_chat_params", Refusal::Parameters, "Zoom does not accept the parameters for chat"),
    ("zoom_rtms_invalid_chat_content_type", Refusal::Parameters, "Zoom does not accept the content type for chat"),
    ("zoom_rtms_invalid_session_id", Refusal::Permanent, "Zoom does not know the session"),
    ("zoom_rtms_invalid_client_ready", Refusal::Permanent, "Zoom did not accept our readiness for media"),
    ("zoom_rtms_invalid_event_subscribe", Refusal::Permanent, "Zoom did not accept the event subscription"),
    ("zoom_rtms_invalid_source_language", Refusal::Parameters, "Zoom does not know the transcript's source language"),
    ("zoom_rtms_duplicate_video_subscription", Refusal::Permanent, "this participant's video is subscribed already"),
    ("zoom_rtms_internal_exception", Refusal::Temporary, "Zoom had an internal error; trying again may help"),
    ("zoom_rtms_invalid_target_language", Refusal::Parameters, "Zoom does not know the transcript's target language"),
    ("zoom_rtms_chat_key_not_available", Refusal::Permanent, "Zoom cannot open the chat of this meeting for us"),
];

/// By number, from 0.
#[rustfmt::skip]
const STOP_REASONS: [(&str, bool, &str); 27] = [
    ("zoom_rtms_undefined", true, "the stream ended, and Zoom does not say why"),
    ("zoom_rtms_host_triggered", true, "the host stopped the stream"),
    ("zoom_rtms_user_triggered", true, "the user who started the stream stopped it"),
    ("zoom_rtms_user_left", true, "the user who started the stream left the meeting"),
    ("zoom_rtms_user_ejected", true, "the user who started the stream was removed from the meeting"),
    ("zoom_rtms_host_disabled_app", true, "the host disabled the app"),
    ("zoom_rtms_meeting_ended", true, "the meeting ended"),
    ("zoom_rtms_stream_canceled", true, "the stream was cancelled"),
    ("zoom_rtms_stream_revoked", true, "consent was withdrawn; what was received must be deleted"),
    ("zoom_rtms_all_apps_disabled", true, "all apps were disabled in the meeting"),
    ("zoom_rtms_internal_exception", false, "Zoom had an internal error; start the stream again"),
    ("zoom_rtms_connection_timeout", false, "nobody joined the stream in time; check that webhooks arrive at once and that Zoom's servers can be reached"),
    ("zoom_rtms_instance_interrupted", false, "Zoom lost its own connection to the meeting; start the stream again"),
    ("zoom_rtms_signaling_interrupted", false, "Zoom lost the signaling connection; start the stream again"),
    ("zoom_rtms_media_interrupted", false, "Zoom lost a media connection; start the stream again"),
    ("zoom_rtms_signaling_closed_abnormally", false, "the signaling connection broke; start the stream again"),
    ("zoom_rtms_media_closed_abnormally", false, "a media connection broke; start the stream again"),
    ("zoom_rtms_exit_signal", false, "Zoom shut its server down; start the stream again"),
    ("zoom_rtms_authentication_failure", false, "Zoom refused the signature; check that client id and client secret belong to the app that was started"),
    ("zoom_rtms_reconnection_timeout", false, "Zoom waited for us to reconnect and gave up; start the stream again"),
    ("zoom_rtms_receiver_request_close", true, "we asked Zoom to end the stream"),
    ("zoom_rtms_customer_disconnected", true, "the customer hung up"),
    ("zoom_rtms_agent_disconnected", true, "the agent hung up"),
    ("zoom_rtms_admin_disabled_app", true, "an administrator disabled the app"),
    ("zoom_rtms_keep_alive_timeout", false, "Zoom got no answer to its keep-alives; this machine may be overloaded"),
    ("zoom_rtms_manual_api_triggered", true, "the stream was stopped over Zoom's API"),
    ("zoom_rtms_streaming_not_supported", false, "Zoom does not support streaming in this meeting"),
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
}
