//! What is declared of shared screens, transcript and chat, and of kinds that the platform refused.

use media::{SourceTime, TrackKind};
use model::{Control, EventBody, LossCause, Pii, Utterance, platform::Leg};

use super::script::{Script, ZERO};
use crate::{Refusal, Substitution};

const TRICKLING: [Leg; 3] = [Leg::Share, Leg::Transcript, Leg::Chat];

/// Every kind is ready.
fn ready() -> Script {
    let mut script = Script::ready();
    TRICKLING.iter().for_each(|leg| script.leg(*leg, None));
    script
}

pub(super) fn said(at_ms: i64) -> EventBody {
    let at = |ms: i64| SourceTime::from_unix_ms(ZERO + ms);
    EventBody::Transcript(Utterance {
        speaker: None,
        text: Pii::new("hello".to_owned()),
        start: at(at_ms),
        end: at(at_ms + 900),
        language: None,
    })
}

#[test]
fn a_share_transcript_or_chat_connection_that_was_down_is_a_gap_for_just_that_time() {
    for leg in TRICKLING {
        let mut script = ready();
        script.live(0, 10_000, 0);
        script.lost_by(leg, "zoom_rtms_closed_by_peer");
        script.live(10_000, 14_000, 0);
        script.leg(leg, None);
        script.live(14_000, 20_000, 0);
        script.ended(Some(20_000));
        let gaps = script.gaps();
        let [(of, 9_400..=10_000, 13_980..=14_100, LossCause::Network)] = gaps[..] else { panic!("{leg}: {gaps:?}") };
        assert_eq!(of, leg);
    }
}

#[test]
fn a_share_that_went_on_before_and_after_is_missing_only_while_its_connection_was_down() {
    let mut script = ready();
    script.live(0, 3_000, 0);
    script.media(TrackKind::Share, 9, 2_000, vec![0xFF, 0xD8, 1]);
    script.lost(Leg::Share);
    script.live(3_000, 5_000, 0);
    script.leg(Leg::Share, None);
    script.live(5_000, 9_000, 0);
    script.media(TrackKind::Share, 9, 8_000, vec![0xFF, 0xD8, 2]);
    script.ended(Some(9_000));
    let gaps = script.gaps();
    assert!(matches!(gaps[..], [(Leg::Share, 2_400..=3_000, 4_980..=5_100, LossCause::Network)]), "{gaps:?}");
}

#[test]
fn a_share_that_flows_is_missing_from_its_last_picture_to_its_next() {
    let mut script = ready();
    let share = |script: &mut Script, from_ms: i64, to_ms: i64| {
        for at_ms in (from_ms..to_ms).step_by(200) {
            script.live(at_ms, at_ms + 200, 0);
            script.media(TrackKind::Share, 9, at_ms + 180, vec![0xFF, 0xD8, (at_ms / 200) as u8]);
        }
    };
    share(&mut script, 0, 4_000);
    script.live(4_000, 4_300, 0);
    script.lost_by(Leg::Share, "zoom_rtms_closed_by_peer");
    script.live(4_300, 6_000, 0);
    script.leg(Leg::Share, None);
    script.live(6_000, 6_400, 0);
    share(&mut script, 6_400, 8_000);
    script.ended(Some(8_000));
    assert_eq!(script.gaps(), [(Leg::Share, 4_020, 6_580, LossCause::Network)]);
}

#[test]
fn a_kind_that_never_came_back_is_missing_until_the_end_and_named() {
    for leg in TRICKLING {
        let mut script = ready();
        script.live(0, 10_000, 0);
        script.lost(leg);
        script.live(10_000, 72_000, 0);
        let reason = format!("the {leg} connection did not come back within 62 s");
        script.refused(leg, None, &reason);
        script.live(72_000, 80_000, 0);
        script.ended(Some(80_000));
        let gaps = script.gaps();
        let [(of, 9_980..=10_100, 80_000, LossCause::Network)] = gaps[..] else { panic!("{leg}: {gaps:?}") };
        assert_eq!(of, leg);
        assert_eq!(
            script.build().refused,
            [Refusal { kind: leg, status: None, code: Some("zoom_rtms_media_timeout".to_owned()), reason }]
        );
    }
}

#[test]
fn a_kind_that_was_refused_for_a_fault_is_missing_from_second_0_and_named_with_its_status() {
    for leg in [Leg::Audio, Leg::Video, Leg::Share, Leg::Transcript, Leg::Chat] {
        let mut script = Script::new();
        let at = SourceTime::from_unix_ms(ZERO);
        script.control(Control::FirstPacket { at });
        // A backlog comes before the refusal.
        if leg != Leg::Audio {
            script.leg(Leg::Audio, None);
            script.talk(7, 0, 5_000);
        } else {
            script.leg(Leg::Video, None);
            script.idr(1, 4_960);
        }
        script.refused(leg, Some(17), "the platform does not accept it (status 17)");
        script.ended(Some(5_000));
        assert_eq!(script.gaps(), [(leg, 0, 5_000, LossCause::Upstream)]);
        let reason = "the platform does not accept it (status 17)".to_owned();
        assert_eq!(
            script.build().refused,
            [Refusal { kind: leg, status: Some(17), code: Some("zoom_rtms_refused".to_owned()), reason }]
        );
    }
}

#[test]
fn a_text_or_share_that_the_app_has_no_right_to_is_named_and_no_gap() {
    let without_status = "Zoom does not offer chat; the app may lack the scope";
    for (leg, status, reason) in [
        (Leg::Share, Some(11), "the app may not receive screen shares (status 11)"),
        (Leg::Transcript, Some(12), "the app may not receive the transcript (status 12)"),
        (Leg::Chat, Some(13), "the app may not receive chat (status 13)"),
        (Leg::Chat, None, without_status),
    ] {
        let mut script = Script::ready();
        script.refused(leg, status, reason);
        script.live(0, 5_000, 0);
        script.ended(Some(5_000));
        assert_eq!(script.gaps(), []);
        let code = status.map_or("zoom_rtms_not_offered".to_owned(), |_| format!("zoom_rtms_{leg}_not_allowed"));
        let (code, reason) = (Some(code), reason.to_owned());
        assert_eq!(script.build().refused, [Refusal { kind: leg, status, code, reason }]);
    }
    // Whoever does not want sound or pictures says so, and then nothing is refused.
    for (leg, status) in [(Leg::Audio, Some(9)), (Leg::Video, Some(10)), (Leg::Video, None)] {
        let mut script = Script::new();
        script.refused(leg, status, without_status);
        script.media(TrackKind::Share, 9, 0, vec![0xFF, 0xD8]);
        script.ended(Some(5_000));
        assert_eq!(script.gaps(), [(leg, 0, 5_000, LossCause::Upstream)]);
    }
}

#[test]
fn an_address_that_we_do_not_dial_is_no_lack_of_rights() {
    for code in ["address_host_not_allowed", "address_port_not_allowed"] {
        let mut script = Script::ready();
        script.refused_by(Leg::Transcript, None, Some(code), "`wss://evil` is not dialled; the app may lack the scope");
        script.live(0, 5_000, 0);
        script.ended(Some(5_000));
        assert_eq!(script.gaps(), [(Leg::Transcript, 0, 5_000, LossCause::Upstream)], "{code}");
    }
}

#[test]
fn a_log_without_codes_tells_a_lack_of_rights_by_status_or_words() {
    let lacks = "Zoom does not offer chat; the app may lack the scope";
    for (status, reason, is_withheld) in [
        (Some(9), "", true),
        (Some(13), "", true),
        (None, lacks, true),
        (Some(8), "", false),
        (Some(14), lacks, false),
        (None, "`wss://evil` is not dialled", false),
    ] {
        let mut script = Script::ready();
        script.refused_by(Leg::Chat, status, None, reason);
        script.live(0, 5_000, 0);
        script.ended(Some(5_000));
        let missing = [(Leg::Chat, 0, 5_000, LossCause::Upstream)];
        assert_eq!(script.gaps(), if is_withheld { &[][..] } else { &missing }, "{status:?} {reason}");
    }
}

#[test]
fn a_kind_that_the_app_had_no_right_to_until_it_came_was_never_missing() {
    let mut script = Script::ready();
    script.refused(Leg::Chat, Some(13), "the app may not receive chat (status 13)");
    script.live(0, 30_000, 0);
    script.leg(Leg::Chat, None);
    script.live(30_000, 35_000, 0);
    script.lost_by(Leg::Chat, "zoom_rtms_closed_by_peer");
    script.live(35_000, 37_000, 0);
    script.leg(Leg::Chat, None);
    script.live(37_000, 40_000, 0);
    script.ended(Some(40_000));
    let gaps = script.gaps();
    assert!(matches!(gaps[..], [(Leg::Chat, 34_400..=35_000, 36_980..=37_100, LossCause::Network)]), "{gaps:?}");
}

#[test]
fn a_kind_that_one_stream_withheld_and_the_next_one_brought_late_is_missing_there() {
    let mut script = Script::ready();
    script.refused(Leg::Chat, Some(13), "the app may not receive chat (status 13)");
    script.live(0, 5_000, 0);
    script.ended(Some(5_000));
    script.epoch = 2;
    script.wait_until(8_000);
    script.leg(Leg::Audio, None);
    script.leg(Leg::Video, None);
    script.live(8_000, 11_000, 0);
    script.leg(Leg::Chat, None);
    script.live(11_000, 15_000, 0);
    script.ended(Some(15_000));
    let of_chat: Vec<_> = script.gaps().into_iter().filter(|gap| gap.0 == Leg::Chat).collect();
    assert!(matches!(of_chat[..], [(_, 7_400..=8_100, 10_980..=11_100, LossCause::Upstream)]), "{of_chat:?}");
}

#[test]
fn a_kind_that_was_refused_for_a_while_is_missing_until_it_came() {
    let mut script = Script::ready();
    script.refused(Leg::Chat, Some(47), "no key (status 47)");
    script.live(0, 30_000, 0);
    script.leg(Leg::Chat, None);
    script.live(30_000, 40_000, 0);
    script.ended(Some(40_000));
    let gaps = script.gaps();
    assert!(matches!(gaps[..], [(Leg::Chat, 0, 29_980..=30_100, LossCause::Upstream)]), "{gaps:?}");
    assert_eq!(script.build().refused.len(), 1);
}

#[test]
fn a_kind_of_the_first_stream_that_the_second_refuses_is_withheld_between_and_missing_after() {
    let mut script = ready();
    script.live(0, 5_000, 0);
    script.ended(Some(5_000));
    script.epoch = 2;
    script.wait_until(8_000);
    script.leg(Leg::Audio, None);
    script.leg(Leg::Video, None);
    script.refused(Leg::Transcript, Some(17), "refused");
    script.live(8_000, 12_000, 0);
    script.ended(Some(12_000));
    let of_transcript: Vec<_> = script.gaps().into_iter().filter(|gap| gap.0 == Leg::Transcript).collect();
    assert!(
        matches!(
            of_transcript[..],
            [(_, 4_400..=5_000, 7_980..=8_100, LossCause::Pause), (_, 7_980..=8_100, 12_000, LossCause::Upstream)]
        ),
        "{of_transcript:?}"
    );
}

#[test]
fn a_dead_owner_leaves_a_gap_of_every_kind_that_it_had() {
    let mut script = ready();
    script.live(0, 5_000, 0);
    script.epoch = 2;
    script.wait_until(8_000);
    for leg in [Leg::Audio, Leg::Video, Leg::Share, Leg::Transcript, Leg::Chat] {
        script.leg(leg, None);
    }
    script.live(8_000, 12_000, 0);
    script.ended(Some(12_000));
    let gaps = script.gaps();
    assert_eq!(gaps.iter().map(|gap| gap.0).collect::<Vec<_>>().len(), 5, "{gaps:?}");
    for (_, from, to, cause) in gaps {
        assert!((4_400..=5_000).contains(&from) && (7_900..=8_100).contains(&to), "{from} to {to}");
        assert_eq!(cause, LossCause::Ours);
    }
}

#[test]
fn what_a_dead_owner_had_and_the_next_one_never_got_is_missing_until_the_end() {
    let mut script = ready();
    script.live(0, 5_000, 0);
    script.epoch = 2;
    script.wait_until(8_000);
    for leg in [Leg::Audio, Leg::Video, Leg::Share, Leg::Transcript] {
        script.leg(leg, None);
    }
    script.live(8_000, 12_000, 0);
    script.ended(Some(12_000));
    let of_chat: Vec<_> = script.gaps().into_iter().filter(|gap| gap.0 == Leg::Chat).collect();
    assert!(matches!(of_chat[..], [(_, 4_980..=5_100, 12_000, LossCause::Ours)]), "{of_chat:?}");
}

#[test]
fn text_that_came_shortly_before_a_silent_loss_was_not_lost() {
    let mut script = ready();
    script.live(0, 20_000, 0);
    script.event(17_000, said(17_000));
    script.wait_until(37_000);
    script.lost_by(Leg::Transcript, "zoom_rtms_silent");
    script.live(37_000, 38_000, 0);
    script.leg(Leg::Transcript, None);
    script.live(38_000, 40_000, 0);
    script.ended(Some(40_000));
    let of_text: Vec<_> = script.gaps().into_iter().filter(|gap| gap.0 == Leg::Transcript).collect();
    assert!(matches!(of_text[..], [(_, 17_040, 37_980..=38_100, LossCause::Network)]), "{of_text:?}");
}

#[test]
fn connections_of_text_that_close_with_the_meeting_leave_no_gap() {
    let mut script = ready();
    script.live(0, 10_000, 0);
    for leg in TRICKLING {
        script.lost(leg);
    }
    script.ended(Some(10_000));
    assert_eq!(script.gaps(), []);
}

#[test]
fn every_parameter_that_was_replaced_is_named_once() {
    let mut script = Script::ready();
    for agreed in [1, 1, 2] {
        script.control(Control::Substituted { leg: Leg::Audio, parameter: "codec".to_owned(), asked: 4, agreed });
    }
    let replaced = |agreed| Substitution { kind: Leg::Audio, parameter: "codec".to_owned(), asked: 4, agreed };
    assert_eq!(script.build().substitutions, [replaced(1), replaced(2)]);
}

#[test]
fn pictures_that_could_have_come_while_their_handshake_was_not_answered_are_missing() {
    for (late_ms, is_missing) in [(4_000, true), (600, false)] {
        let mut script = Script::new();
        script.control(Control::FirstPacket { at: SourceTime::from_unix_ms(ZERO) });
        script.leg(Leg::Audio, None);
        for at_ms in (0..late_ms).step_by(20) {
            script.wait_until(at_ms);
            script.packet(7, at_ms);
        }
        script.leg(Leg::Video, None);
        script.live(late_ms, 10_000, 0);
        script.ended(Some(10_000));
        let gaps = script.gaps();
        let expected = (Leg::Video, 0, late_ms, LossCause::Upstream);
        assert_eq!(gaps, if is_missing { vec![expected] } else { vec![] });
    }
}
