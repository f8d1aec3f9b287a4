//! How packets of sound are ordered.

use media::{AudioCodec, AudioFormat, Format, Position, SourceTime, TrackKind};
use model::{Control, EventBody, ParticipantId, platform::Leg};

use super::script::{OPUS, Script, ZERO};
use crate::{AudioTrack, Counts};

fn spurts_ms(track: &AudioTrack) -> Vec<(i64, i64)> {
    track.spurts().map(|spurt| (spurt.start.ms(), spurt.end.ms())).collect()
}

#[test]
fn packets_within_the_jitter_make_one_spurt_on_an_exact_grid() {
    let mut script = Script::ready();
    for (index, jitter_ms) in [0, 3, -7, 10, -5, 0].into_iter().enumerate() {
        script.packet(7, 100 + 20 * index as i64 + jitter_ms);
    }
    script.packet(7, 231);
    let timeline = script.build();
    assert_eq!(spurts_ms(&timeline.audio[0]), [(100, 220), (231, 251)]);
}

#[test]
fn a_pause_begins_a_new_spurt_at_its_own_time() {
    let mut script = Script::ready();
    script.talk(7, 0, 200);
    script.talk(7, 307, 400);
    assert_eq!(spurts_ms(&script.build().audio[0]), [(0, 200), (307, 407)]);
}

#[test]
fn a_clock_200_ppm_fast_is_followed_in_steps_of_10_ms() {
    let mut script = Script::ready();
    for index in 0..30_000 {
        script.packet(7, 20 * index + index * 20 / 5_000);
    }
    let timeline = script.build();
    for spurt in timeline.audio[0].spurts() {
        for (index, frame) in spurt.frames.iter().enumerate() {
            let played_ms = spurt.start.ms() + 20 * index as i64;
            assert!((frame.at.ms() - played_ms).abs() <= 10);
        }
    }
    assert_eq!(timeline.end.ms(), 30_000 * 20 + 119);
}

#[test]
fn second_0_is_what_the_platform_named_and_older_sound_is_left_out() {
    let mut script = Script::ready();
    script.talk(7, -100, 100);
    let timeline = script.build();
    assert_eq!(timeline.origin, SourceTime::from_unix_ms(ZERO));
    assert_eq!(timeline.audio[0].frames[0].at, Position::ZERO);
    assert_eq!(timeline.counts.early, 5);
}

#[test]
fn a_first_packet_that_is_a_hair_older_than_second_0_is_kept() {
    let mut script = Script::ready();
    script.talk(7, -7, 100);
    let timeline = script.build();
    assert_eq!((timeline.audio[0].frames[0].at, timeline.counts.early), (Position::ZERO, 0));
    assert_eq!(timeline.audio[0].spurts().count(), 1);
}

#[test]
fn without_a_named_second_0_it_is_the_earliest_media_that_can_be_true() {
    let mut script = Script::new();
    script.packet(7, -ZERO);
    script.talk(7, 40, 200);
    script.talk(8, 20, 200);
    let timeline = script.build();
    assert_eq!(timeline.origin, SourceTime::from_unix_ms(ZERO + 20));
    assert_eq!(timeline.counts.absurd, 1);
}

#[test]
fn a_named_second_0_far_from_all_media_is_not_believed() {
    let mut script = Script::new();
    script.control(Control::FirstPacket { at: SourceTime::from_unix_ms(1_767_225_600) });
    script.talk(7, 40, 200);
    assert_eq!(script.build().origin, SourceTime::from_unix_ms(ZERO + 40));
}

#[test]
fn a_backlog_after_a_reconnect_fills_the_hole_and_its_overlap_is_dropped() {
    let mut script = Script::ready();
    script.talk(7, 0, 2_000);
    script.lost(Leg::Audio);
    script.leg(Leg::Audio, Some(Format::Audio(OPUS)));
    script.talk(7, 1_500, 4_000);
    let timeline = script.build();
    assert_eq!(spurts_ms(&timeline.audio[0]), [(0, 4_000)]);
    assert_eq!(timeline.audio.len(), 1);
    assert_eq!((timeline.counts.duplicates, timeline.counts.late), (25, 24));
    assert_eq!(timeline.gaps, []);
}

#[test]
fn packets_that_arrive_up_to_seconds_late_are_put_in_their_place() {
    let mut script = Script::ready();
    script.talk(7, 0, 1_000);
    script.talk(7, 1_020, 3_000);
    script.packet(7, 1_000);
    let timeline = script.build();
    assert_eq!(spurts_ms(&timeline.audio[0]), [(0, 3_000)]);
    assert_eq!(timeline.counts.late, 1);
}

#[test]
fn a_clock_that_jumps_back_on_one_connection_begins_a_track_of_its_own() {
    let mut script = Script::ready();
    script.talk(7, 0, 20_000);
    script.talk(7, 5_007, 8_007);
    let timeline = script.build();
    let tracks: Vec<_> = timeline.audio.iter().map(spurts_ms).collect();
    assert_eq!(tracks, [vec![(0, 20_000)], vec![(5_007, 8_007)]]);
}

#[test]
fn packets_of_one_connection_that_crowd_are_all_kept() {
    let mut script = Script::ready();
    for (index, jitter_ms) in [0, 9, -9, 9, -9, 0, 9, -10, 0].into_iter().enumerate() {
        script.media(TrackKind::Audio, 7, 100 + 20 * index as i64 + jitter_ms, vec![index as u8]);
    }
    let timeline = script.build();
    assert_eq!(timeline.audio[0].frames.len(), 9);
    assert_eq!(timeline.counts, Counts::default());
    assert!(timeline.audio[0].frames.windows(2).all(|pair| pair[1].at.micros_since(pair[0].at) >= 5_000));

    let mut script = Script::ready();
    for index in 0..50_u8 {
        script.media(TrackKind::Audio, 7, 100, vec![index]);
    }
    let timeline = script.build();
    assert_eq!((timeline.audio[0].frames.len(), timeline.counts.overlapping), (3, 47));
}

#[test]
fn a_format_that_changes_splits_the_track() {
    let mut script = Script::ready();
    script.talk(7, 0, 1_000);
    let longer = AudioFormat { packet_ms: 100, ..OPUS };
    script.leg(Leg::Audio, Some(Format::Audio(longer)));
    for at_ms in (1_000..2_000).step_by(100) {
        script.packet(7, at_ms);
    }
    let timeline = script.build();
    let tracks: Vec<_> = timeline.audio.iter().map(|track| (track.format.packet_ms, spurts_ms(track))).collect();
    assert_eq!(tracks, [(20, vec![(0, 1_000)]), (100, vec![(1_000, 2_000)])]);
}

#[test]
fn absurd_timestamps_are_counted_and_nothing_else() {
    let mut script = Script::ready();
    script.talk(7, 0, 100);
    for at_ms in [-70_000, 25 * 3_600_000, i64::MAX, i64::MIN, -ZERO] {
        script.packet(7, at_ms);
    }
    let timeline = script.build();
    assert_eq!(timeline.counts, Counts { absurd: 5, ..Counts::default() });
    assert_eq!(timeline.end.ms(), 100);
}

#[test]
fn the_platforms_end_is_the_end_even_after_a_long_silence() {
    let mut script = Script::ready();
    script.talk(7, 0, 1_000);
    script.ended(Some(60_000));
    let timeline = script.build();
    assert_eq!(timeline.end.ms(), 60_000);
    assert_eq!(timeline.ended.as_ref().map(|ending| ending.code.as_str()), Some("meeting_ended"));
    assert_eq!(timeline.gaps, []);
}

#[test]
fn sound_after_the_end_is_cut_unless_it_goes_on_for_seconds() {
    let mut script = Script::ready();
    script.talk(7, 0, 1_000);
    script.ended(Some(910));
    let timeline = script.build();
    assert_eq!((timeline.end.ms(), timeline.counts.beyond), (910, 4));

    let mut script = Script::ready();
    script.talk(7, 0, 10_000);
    script.ended(Some(910));
    assert_eq!(script.build().end.ms(), 10_000);
}

#[test]
fn a_few_packets_stamped_hours_ahead_do_not_make_the_recording_longer() {
    for named in [Some(10_000), None] {
        let mut script = Script::ready();
        script.talk(7, 0, 10_000);
        script.packet(7, 7_200_000);
        script.packet(8, 23 * 3_600_000);
        script.ended(named);
        let timeline = script.build();
        assert_eq!((timeline.end.ms(), timeline.counts.beyond), (10_000, 2), "{named:?}");
        assert_eq!(timeline.audio.len(), 1);
    }
}

#[test]
fn speech_joins_pauses_below_300_ms_and_a_mix_names_nobody() {
    let mut script = Script::ready();
    script.talk(7, 0, 1_000);
    script.talk(7, 1_280, 2_000);
    script.talk(7, 2_300, 3_000);
    script.talk(0, 0, 3_000);
    let timeline = script.build();
    let spans: Vec<_> = timeline.speech.iter().map(|span| (span.who.0, span.start.ms(), span.end.ms())).collect();
    assert_eq!(spans, [(7, 0, 2_000), (7, 2_300, 3_000)]);
    assert_eq!(timeline.people.keys().map(|id| id.0).collect::<Vec<_>>(), [7]);
}

#[test]
fn of_l16_the_pauses_are_cut_out_of_speech_and_of_opus_the_active_speaker_decides() {
    let spans = |script: &Script| {
        let span = |turn: &model::Turn| (turn.who.0, turn.start.ms(), turn.end.ms());
        script.build().speech.iter().map(span).collect::<Vec<_>>()
    };
    let mut script = Script::ready();
    script.leg(Leg::Audio, Some(Format::Audio(AudioFormat { codec: AudioCodec::L16, ..OPUS })));
    for at_ms in (0..3_000).step_by(20) {
        let amplitude = if (1_000..2_000).contains(&at_ms) { 3_000_i16 } else { 10 };
        let mut payload = amplitude.to_le_bytes().repeat(320);
        payload[0] = at_ms as u8;
        script.media(TrackKind::Audio, 7, at_ms, payload);
    }
    assert_eq!(spans(&script), [(7, 1_000, 2_000)]);

    let mut script = Script::ready();
    script.talk(7, 0, 3_000);
    script.talk(8, 1_000, 3_000);
    assert_eq!(spans(&script), [(7, 0, 3_000), (8, 1_000, 3_000)]);
    script.event(0, EventBody::ActiveSpeaker { id: ParticipantId(7) });
    script.event(2_000, EventBody::ActiveSpeaker { id: ParticipantId(8) });
    assert_eq!(spans(&script), [(7, 0, 2_000), (8, 2_000, 3_000)]);

    let mut script = Script::ready();
    script.talk(0, 0, 3_000);
    script.event(1_000, EventBody::ActiveSpeaker { id: ParticipantId(8) });
    script.ended(Some(2_500));
    assert_eq!(spans(&script), [(8, 1_000, 2_500)]);
}

#[test]
fn an_hour_of_muting_is_no_gap() {
    let mut script = Script::ready();
    script.talk(7, 0, 1_000);
    script.wait_until(3_600_000);
    script.talk(7, 3_600_000, 3_601_000);
    script.ended(Some(3_601_000));
    let timeline = script.build();
    assert_eq!((timeline.gaps.len(), timeline.end.ms()), (0, 3_601_000));
}

#[test]
fn an_empty_log_is_an_empty_timeline() {
    let timeline = Script::new().build();
    assert_eq!((timeline.end, timeline.has_media()), (Position::ZERO, false));
}

#[test]
fn shared_pictures_are_kept_in_order_once() {
    let mut script = Script::ready();
    for at_ms in [2_000, 1_000, 2_000] {
        script.media(TrackKind::Share, 9, at_ms, vec![0xFF, 0xD8, at_ms as u8]);
    }
    let timeline = script.build();
    assert_eq!(timeline.share.frames.iter().map(|frame| frame.at.ms()).collect::<Vec<_>>(), [1_000, 2_000]);
    assert_eq!(timeline.share.frames[0].codec, media::VideoCodec::Jpeg);
}

#[test]
fn three_hours_of_five_voices_and_a_camera_fit_into_100_mb() {
    let packets = 5 * 3 * 3_600 * 50 * size_of::<crate::assemble::Heard>();
    let pictures = 3 * 3_600 * 25 * crate::assemble::Pictures::BYTES_EACH;
    assert!(packets + pictures < 100_000_000, "{packets} + {pictures}");
}
