//! Every scenario that comes with the simulated Zoom, played against the daemon: whatever goes wrong, what was sent is in
//! the log, what was not is declared, and the client broke no rule of the protocol.

use std::{collections::BTreeSet, time::Duration};

use fixtures::{MeetingReport, Options, Overrides, Report, Script, Simulator};
use serde_json::Value;

use super::{
    accounts, holes, ledger, media,
    stage::{self, Daemon, Files, Played},
};

/// Options for a script of that name, which may last other than it says.
fn options(name: &str, seconds: Option<u64>) -> Options {
    let script = Script::named(name).unwrap_or_else(|| panic!("there is no scenario {name}"));
    let values = Overrides { duration: seconds.map(Duration::from_secs), ..Overrides::default() };
    Options { script: Some(script.overridden(values)), ..Options::default() }
}

/// Plays a script against the daemon.
fn play(name: &str, seconds: Option<u64>) -> (Daemon, Report) {
    let (runtime, simulator, daemon) = stage::set_up(options(name, seconds), &["127.0.0.1"]);
    let report = runtime.block_on(Simulator::run(simulator));
    (daemon, report)
}

/// Asserts that the client broke no rule, and that every webhook was taken.
pub(crate) fn assert_polite(meeting: &MeetingReport) {
    let broken: Vec<_> = meeting.checks.iter().filter(|check| !check.passed).collect();
    assert!(broken.is_empty(), "{broken:#?}\n{:#?}\n{:?}", meeting.actions, meeting.attempts);
    let untaken: Vec<_> = meeting.webhooks.iter().filter(|webhook| !webhook.acknowledged()).collect();
    assert!(untaken.is_empty(), "{untaken:?}");
}

/// Asserts that everything that the script wanted to do was done to somebody.
fn assert_played(meeting: &MeetingReport) {
    let idle: Vec<_> = meeting.actions.iter().filter(|action| action.note.is_some()).collect();
    assert!(idle.is_empty(), "the script had nothing to do it to: {idle:?}");
}

/// Asserts of a scenario with one stream that the client was polite, that the log holds exactly what was sent, and that
/// the report declares exactly what was not.
fn judged(name: &str, seconds: Option<u64>) -> Played {
    judged_but(name, seconds, &[])
}

/// The same of a scenario in which some kinds are refused from the start.
fn judged_but(name: &str, seconds: Option<u64>, refused: &[&str]) -> Played {
    let (daemon, report) = play(name, seconds);
    assert_eq!(report.client_errors, Vec::<String>::new());
    assert_polite(&report.meetings[0]);
    assert_played(&report.meetings[0]);
    let played = stage::finish(daemon, report);
    ledger::assert_equal(&played.daemon.log_dir(&played.capture), played.meeting());
    accounts::assert_accounted(&played, refused);
    played
}

fn attempts(played: &Played, connection: &str) -> usize {
    let attempts = played.meeting().attempts.iter();
    attempts.filter(|attempt| attempt.connection == connection && attempt.status == 0).count()
}

fn grade(played: &Played) -> Value {
    played.json("quality.json")["grade"].clone()
}

/// The control: the judges find nothing where nothing goes wrong.
#[test]
fn a_calm_meeting_is_complete() {
    let played = judged("calm", Some(12));
    assert_eq!(grade(&played), "complete");
    assert_eq!(attempts(&played, "signaling"), 1);
}

#[test]
fn each_connection_that_is_lost_in_its_own_way_comes_back_and_only_pictures_are_missing() {
    let played = judged("drops", Some(48));
    assert_eq!(attempts(&played, "signaling"), 2);
    for kind in ["audio", "video", "transcript"] {
        assert!(attempts(&played, &format!("media {kind}")) >= 3, "{kind}: {:?}", played.meeting().attempts);
    }
    assert!(played.meeting().unsent.iter().all(|unsent| unsent.kind != "audio"), "{:?}", played.meeting().unsent);
}

#[test]
fn an_outage_of_everything_is_survived_and_its_sound_is_delivered_late() {
    let played = judged("outage", Some(40));
    assert!(played.meeting().unsent.iter().any(|unsent| unsent.kind == "video"));
    assert!(played.meeting().unsent.iter().all(|unsent| unsent.kind != "audio"), "{:?}", played.meeting().unsent);
    assert_eq!(grade(&played), "partial");
}

#[test]
fn a_stream_that_moves_while_its_old_connections_hang_is_followed_at_once() {
    let played = judged("failover", Some(28));
    assert_eq!(played.meeting().streams.len(), 2);
    assert_eq!(attempts(&played, "signaling"), 2);
}

#[test]
fn a_connection_that_zoom_still_holds_is_waited_for_without_hammering() {
    let played = judged("status8", Some(26));
    let refused = played.meeting().attempts.iter().filter(|attempt| attempt.status == 8).count();
    assert_eq!(refused, 2);
}

#[test]
fn what_a_pause_withholds_is_declared_as_a_pause() {
    let played = judged("paused", Some(30));
    assert_eq!(played.meeting().pauses.len(), 2);
    assert!(!played.meeting().withheld.is_empty());
}

#[test]
fn messages_that_are_none_cost_nothing_but_themselves() {
    let played = judged("garbage", Some(20));
    assert!(played.meeting().frames("audio") > 0);
}

#[test]
fn one_connection_for_everything_in_binary_fragments_is_read_to_the_byte() {
    let played = judged("unified", Some(14));
    assert_eq!(attempts(&played, "media all"), 1);
    assert_eq!(grade(&played), "complete");
}

#[test]
fn alarms_that_are_false_and_webhooks_that_come_twice_change_nothing() {
    let played = judged("false-alarms", Some(20));
    assert_eq!(attempts(&played, "signaling"), 1);
    assert_eq!(grade(&played), "complete");
}

#[test]
fn keep_alives_of_every_pace_and_form_are_answered_and_none_is_needed() {
    let played = judged("keep-alives", Some(70));
    assert_eq!(attempts(&played, "signaling"), 1);
    assert_eq!(grade(&played), "complete");
    assert!(played.meeting().keep_alive_worst_ms <= 1_000, "{} ms", played.meeting().keep_alive_worst_ms);
}

#[test]
fn an_end_that_only_a_webhook_tells_is_an_end() {
    let played = judged("silent-end", None);
    assert_eq!(played.meeting().stop_reason, 6);
}

#[test]
fn a_kind_that_is_refused_and_one_without_an_address_leave_the_others_alone() {
    let played = judged_but("partial", Some(14), &["chat", "share"]);
    let quality = played.json("quality.json");
    let text = quality.to_string();
    assert!(text.contains("chat") && text.contains("13"), "{quality:#}");
    assert!(played.meeting().frames("audio") > 0 && played.meeting().frames("video") > 0);
}

/// Asserts that the streams of a meeting became captures of one recording that hold everything that was sent, and that its
/// report declares exactly what was not.
fn assert_one_recording(daemon: &Daemon, meeting: &MeetingReport) {
    assert!(meeting.streams.len() > 1, "{:?}", meeting.streams);
    let captures: Vec<_> = meeting.streams.iter().map(|stream| daemon.wait_for_end(&stream.rtms_stream_id)).collect();
    let recordings: BTreeSet<_> = captures.iter().map(|capture| capture["recordings"][0]["id"].to_string()).collect();
    assert_eq!(recordings.len(), 1, "{captures:#?}");
    let dirs: Vec<_> = captures.iter().map(|capture| daemon.log_dir(capture)).collect();
    ledger::assert_equal_in(&dirs, meeting);
    // The recording is what its last capture ends with.
    let quality = Files::of(captures.last().unwrap()).json("quality.json");
    let log = || dirs.iter().map(|dir| holes::connections_in(dir, meeting)).collect();
    accounts::assert_accounted_in(&quality, meeting, &[], log);
    assert_eq!(quality["grade"], "partial", "{quality:#}");
}

#[test]
fn a_stream_that_goes_on_under_another_id_is_one_recording() {
    let (daemon, report) = play("new-stream", Some(28));
    assert_polite(&report.meetings[0]);
    assert_one_recording(&daemon, &report.meetings[0]);
}

#[test]
fn a_stream_that_broke_off_is_asked_for_again_and_goes_on_with_the_same_recording() {
    let (runtime, simulator, daemon) = stage::set_up_asking(options("restarted", Some(30)));
    let report = runtime.block_on(simulator.run());
    assert_eq!(report.client_errors, Vec::<String>::new());
    assert_polite(&report.meetings[0]);
    assert_eq!(report.meetings[0].streams.len(), 2, "{:?}", report.meetings[0].actions);
    assert_one_recording(&daemon, &report.meetings[0]);
}

#[test]
fn a_stream_is_started_paused_resumed_and_stopped_from_the_command_line() {
    let (runtime, simulator, daemon) = stage::set_up_asking(options("by-rest", None));
    let invitation = simulator.invitations().remove(0);
    let number = invitation.meeting_id.to_string();
    let report = runtime.block_on(async {
        let playing = tokio::spawn(simulator.run());
        for (action, pause_s) in [("start", 4), ("pause", 3), ("resume", 3), ("stop", 0)] {
            assert!(daemon.command(&["zoom", action, &number]), "{action}");
            tokio::time::sleep(Duration::from_secs(pause_s)).await;
        }
        playing.await.unwrap()
    });
    let meeting = &report.meetings[0];
    assert_polite(meeting);
    assert_eq!((meeting.stop_reason, meeting.pauses.len()), (25, 1));
    let played = stage::finish(daemon, report);
    ledger::assert_equal(&played.daemon.log_dir(&played.capture), played.meeting());
    accounts::assert_accounted(&played, &[]);
    // Nobody may control a meeting that there is not.
    assert!(!played.daemon.command(&["zoom", "stop", "1"]));
}

#[test]
fn what_people_do_line_by_line_is_recorded_as_they_did_it() {
    let played = judged("staged", None);
    assert_eq!(grade(&played), "complete");
    let joins = played.json("participant_events.json");
    let joins = joins.as_array().unwrap().iter().filter(|event| event["action"] == "join").count();
    assert_eq!((joins, played.meeting().presence.len()), (4, 4));
    assert_eq!(played.json("chat.json").as_array().unwrap().len(), 1);
}

#[test]
fn a_minute_of_sound_from_before_we_came_is_all_there() {
    let played = judged("late", None);
    let first = played.meeting().tracks.iter().filter(|track| track.kind == "audio").map(|track| track.first_ms).min();
    assert_eq!(first, Some(played.meeting().first_packet_ms));
}

#[test]
fn every_odd_form_of_messages_and_webhooks_means_the_same() {
    judged("odd-forms", Some(20));
}

#[test]
fn pictures_in_parts_and_without_a_key_frame_are_kept_to_the_byte() {
    judged("odd-pictures", Some(24));
}

#[test]
fn answers_that_are_slow_and_events_that_come_in_storms_cost_nothing() {
    judged("slow", Some(32));
}

/// Fault matrix C18.
#[test]
fn a_burst_after_a_stall_is_kept_to_the_byte_with_the_times_it_happened_at() {
    let played = judged("burst", None);
    assert_eq!(grade(&played), "complete");
    assert_eq!(attempts(&played, "signaling"), 1);
    let meeting = played.meeting();
    assert_eq!(meeting.unsent, []);
    // Ten seconds for two hundred: even if sending was late it was a burst.
    assert!(meeting.worst_lag_ms < 10_000, "{} ms", meeting.worst_lag_ms);
    assert!((played.seconds() - 215.0).abs() < 0.001, "{} s", played.seconds());
    media::assert_streams(&played.file("video_mixed.mp4"), played.seconds());
}

/// The log keeps what came in the order in which it came; what came twice is in it twice.
#[test]
fn a_clock_that_is_set_and_packets_that_change_places_leave_a_recording_that_plays() {
    let (daemon, report) = play("disorder", None);
    assert_polite(&report.meetings[0]);
    assert_played(&report.meetings[0]);
    let played = stage::finish(daemon, report);
    media::assert_decodes(&played.file("video_mixed.mp4"));
    assert!(played.meeting().actions.len() >= 5);
}

#[test]
fn a_call_of_contact_center_and_a_session_of_the_video_sdk_are_recorded_like_meetings() {
    std::thread::scope(|scope| {
        for name in ["contact-center", "other-session"] {
            scope.spawn(move || judged(name, Some(14)));
        }
    });
}

#[test]
fn every_product_is_recorded() {
    std::thread::scope(|scope| {
        for product in ["webinar", "phone"] {
            scope.spawn(move || {
                let text = format!("scenario copyable\nduration 8s\nwith product {product}");
                let script = Some(Script::parse(&text).unwrap());
                let (runtime, simulator, daemon) =
                    stage::set_up(Options { script, ..Options::default() }, &["127.0.0.1"]);
                let report = runtime.block_on(simulator.run());
                assert_polite(&report.meetings[0]);
                let capture = daemon.wait_for_end(&report.meetings[0].rtms_stream_id);
                assert_eq!(capture["status"]["code"], "done", "{product}: {capture}");
                ledger::assert_equal(&daemon.log_dir(&capture), &report.meetings[0]);
            });
        }
    });
}

#[test]
fn two_users_of_one_app_in_one_meeting_have_a_stream_each() {
    let (daemon, report) = play("two-users", Some(24));
    assert_eq!(report.meetings.len(), 2);
    let [first, second] = [&report.meetings[0], &report.meetings[1]];
    assert_eq!(first.meeting_uuid, second.meeting_uuid);
    assert_ne!(first.rtms_stream_id, second.rtms_stream_id);
    for meeting in [first, second] {
        assert_polite(meeting);
        let capture = daemon.wait_for_end(&meeting.rtms_stream_id);
        assert_eq!(capture["status"]["code"], "done", "{capture}");
        let dir = daemon.log_dir(&capture);
        ledger::assert_equal(&dir, meeting);
        let quality = Files::of(&capture).json("quality.json");
        accounts::assert_accounted_in(&quality, meeting, &[], || holes::connections_in(&dir, meeting));
    }
    // A sentence is stamped with its beginning, which may be before the stream's.
    let media = second.tracks.iter().filter(|track| track.codec != "text");
    assert!(media.clone().count() >= 3, "{:?}", second.tracks);
    assert!(media.clone().all(|track| track.first_ms >= first.first_packet_ms + 12_000), "{:?}", second.tracks);
}

#[test]
fn nothing_is_left_of_a_stream_whose_consent_is_withdrawn_on_the_wire() {
    let (daemon, report) = play("revoked", None);
    assert_polite(&report.meetings[0]);
    let capture = daemon.wait_for_end(&report.meetings[0].rtms_stream_id);
    assert_eq!(capture["status"]["sub_code"], "zoom_rtms_stream_revoked", "{capture}");
    assert_eq!(capture["recordings"][0]["status"]["code"], "deleted", "{capture}");
}

/// As H.264 where Zoom gives it, and as stills where it does not.
#[test]
fn a_shared_screen_comes_as_it_is_wanted() {
    std::thread::scope(|scope| {
        for (switch, codec) in [("", "h264"), ("\nwith refuse-codec share 7", "jpeg")] {
            scope.spawn(move || {
                let script = Script::parse(&format!("scenario meeting\nduration 12s{switch}")).unwrap();
                let options = Options { script: Some(script), ..Options::default() };
                let (runtime, simulator, daemon) = stage::set_up_wanting(options, "share = \"h264\"");
                let played = stage::finish(daemon, runtime.block_on(simulator.run()));
                assert_polite(played.meeting());
                ledger::assert_equal(&played.daemon.log_dir(&played.capture), played.meeting());
                let mut shared = played.meeting().tracks.iter().filter(|track| track.kind == "share");
                assert!(shared.all(|track| track.codec == codec && track.frames > 0), "{:?}", played.meeting().tracks);
            });
        }
    });
}
