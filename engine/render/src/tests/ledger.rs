//! The account of each track: media, what is missing and what was muted are the whole recording.

use media::{AudioCodec, Format, SampleRate, SourceTime, TrackKind, VideoCodec};
use model::{Control, DropReason, EventBody, Grade, LossCause, ParticipantId, VideoPlan, platform::Leg};
use proptest::{collection::vec, prelude::*};
use schema::document::{GapCause, TrackQuality};
use timeline::JITTER_MS;

use super::meeting::{Meeting, ZERO};
use crate::{Damage, Outcome, SoundOutcome, View, plan, quality, summary};

fn begun() -> Meeting {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    meeting
}

pub(super) fn talk(meeting: &mut Meeting, source: i64, from_ms: i64, to_ms: i64) {
    for at_ms in (from_ms..to_ms).step_by(20) {
        meeting.media(TrackKind::Audio, source, at_ms, at_ms.to_le_bytes().to_vec());
    }
}

fn still(meeting: &mut Meeting, kind: TrackKind, at_ms: i64) {
    meeting.media(kind, 1, at_ms, vec![0xFF, 0xD8, (at_ms >> 8) as u8, at_ms as u8]);
}

fn accounts(meeting: &Meeting) -> Vec<(String, u64, u64, u64)> {
    let of = |track: TrackQuality| (track.track, track.media_ms, track.missing_ms, track.muted_ms);
    quality(&meeting.timeline(), None, &SoundOutcome::default(), &[]).tracks.into_iter().map(of).collect()
}

#[test]
fn who_is_silent_is_muted_and_who_is_cut_off_is_missing() {
    let mut meeting = begun();
    talk(&mut meeting, 7, 0, 4_000);
    talk(&mut meeting, 8, 1_000, 2_000);
    meeting.control(Control::LegLost { leg: Leg::Audio, cause: "zoom_rtms_closed_by_peer".to_owned(), ago_ms: 0 });
    talk(&mut meeting, 7, 5_000, 10_000);
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    meeting.end(10_000);
    let report = quality(&meeting.timeline(), None, &SoundOutcome::default(), &[]);
    assert_eq!(report.duration_ms, 10_000);
    let missing_ms: i64 =
        report.gaps.iter().filter(|gap| gap.track == "audio").map(|gap| gap.end.ms() - gap.start.ms()).sum();
    for track in &report.tracks {
        assert_eq!(track.media_ms + track.missing_ms + track.muted_ms, 10_000, "{track:?}");
    }
    let [seven, eight] = &report.tracks[..] else { panic!("{:?}", report.tracks) };
    assert_eq!((seven.media_ms, eight.media_ms, eight.missing_ms), (9_000, 1_000, missing_ms as u64));
}

#[test]
fn a_picture_that_stays_over_a_gap_is_not_what_was_to_be_seen() {
    let mut meeting = begun();
    talk(&mut meeting, 7, 0, 10_000);
    for at_ms in (0..4_000).chain(5_000..6_000).step_by(40) {
        still(&mut meeting, TrackKind::Video, at_ms);
    }
    let at = |ms| SourceTime::from_unix_ms(ZERO + ms);
    let (from, to) = (at(4_000), at(4_960));
    meeting.control(Control::Dropped {
        kind: TrackKind::Video,
        frames: 25,
        from,
        to,
        cause: LossCause::Ours,
        reason: DropReason::Buffer,
    });
    still(&mut meeting, TrackKind::Share, 2_000);
    meeting.end(10_000);
    let accounts = accounts(&meeting);
    // The camera goes off after 6 s; its last picture stays for 2 s.
    assert!(accounts.contains(&("video".to_owned(), 6_960, 1_000, 2_040)), "{accounts:?}");
    assert!(accounts.contains(&("share".to_owned(), 8_000, 0, 2_000)), "{accounts:?}");
}

#[test]
fn a_screen_counts_as_long_as_it_is_shared() {
    let mut meeting = begun();
    let id = ParticipantId(1);
    meeting.event(1_500, EventBody::ShareOn { id });
    still(&mut meeting, TrackKind::Share, 2_000);
    meeting.event(5_000, EventBody::ShareOff { id: Some(id) });
    meeting.event(7_000, EventBody::ShareOn { id });
    still(&mut meeting, TrackKind::Share, 7_000);
    meeting.end(10_000);
    let accounts = accounts(&meeting);
    assert!(accounts.contains(&("share".to_owned(), 6_000, 0, 4_000)), "{accounts:?}");
}

#[test]
fn the_report_in_short_counts_what_is_missing_of_several_kinds_once() {
    let mut meeting = begun();
    talk(&mut meeting, 7, 0, 10_000);
    let at = |ms| SourceTime::from_unix_ms(ZERO + ms);
    for (kind, from, to) in [(TrackKind::Audio, 1_000, 1_980), (TrackKind::Video, 1_500, 2_460)] {
        meeting.control(Control::Dropped {
            kind,
            frames: 9,
            from: at(from),
            to: at(to),
            cause: LossCause::Ours,
            reason: DropReason::Buffer,
        });
    }
    meeting.event(5_000, EventBody::Paused);
    meeting.event(6_000, EventBody::Resumed);
    meeting.end(10_000);
    let timeline = meeting.timeline();
    let short = summary(&timeline, &quality(&timeline, None, &SoundOutcome::default(), &[]));
    assert_eq!(short.grade, Grade::Partial);
    assert_eq!(short.gap_ms.get(&LossCause::Ours), Some(&1_500), "{short:?}");
    assert_eq!(short.gap_ms.get(&LossCause::Network), None);
}

#[test]
fn how_far_sound_and_pictures_are_apart_is_told_and_never_more_than_jitter_and_half_a_picture() {
    for (jitter_ms, shift_micros, expected) in [(0, 0, 0), (7, 0, 7), (JITTER_MS, 16_666, 27)] {
        let mut meeting = begun();
        for n in 0..50_i64 {
            let at_ms = 20 * n + if n == 30 { jitter_ms } else { 0 };
            meeting.media(TrackKind::Audio, 7, at_ms, at_ms.to_le_bytes().to_vec());
        }
        let outcome = |timeline: &timeline::Timeline| Outcome {
            choice: plan(timeline, VideoPlan::Auto, View::default()),
            shift_micros,
            damage: Damage::default(),
        };
        let told = |meeting: &Meeting| {
            let timeline = meeting.timeline();
            quality(&timeline, Some(&outcome(&timeline)), &SoundOutcome::default(), &[]).av_offset_ms
        };
        assert_eq!(told(&meeting), None, "there are no pictures");
        still(&mut meeting, TrackKind::Video, 0);
        assert_eq!(told(&meeting), Some(expected));
        assert_eq!(
            quality(&meeting.timeline(), None, &SoundOutcome::default(), &[]).av_offset_ms,
            None,
            "there is no video"
        );
    }
}

proptest! {
    #[test]
    fn media_missing_and_muted_are_the_whole_of_every_track(
        talks in vec((0..3_i64, 0..30_000_i64, 0..5_000_i64), 1..12),
        pictures in vec((0..30_000_i64, any::<bool>()), 0..20),
        drops in vec((0..3_usize, 0..30_000_i64, 0..5_000_i64), 0..6),
        losses in vec((0..3_usize, 0..12_usize), 0..4),
    ) {
        const KINDS: [(TrackKind, Leg); 3] =
            [(TrackKind::Audio, Leg::Audio), (TrackKind::Video, Leg::Video), (TrackKind::Share, Leg::Share)];
        let mut meeting = begun();
        meeting.control(Control::LegReady { leg: Leg::Share, format: Some(Format::Video(VideoCodec::Jpeg)) });
        for (n, (source, from_ms, len_ms)) in talks.iter().enumerate() {
            for (leg, _) in losses.iter().filter(|(_, at)| *at == n) {
                meeting.control(Control::LegLost { leg: KINDS[*leg].1, cause: "broken".to_owned(), ago_ms: 0 });
            }
            talk(&mut meeting, *source, *from_ms, from_ms + len_ms);
        }
        for (at_ms, is_share) in pictures {
            still(&mut meeting, if is_share { TrackKind::Share } else { TrackKind::Video }, at_ms);
        }
        for (kind, from_ms, len_ms) in drops {
            let at = |ms| SourceTime::from_unix_ms(ZERO + ms);
            let (from, to) = (at(from_ms), at(from_ms + len_ms));
            meeting.control(Control::Dropped { kind: KINDS[kind].0, frames: 1, from, to, cause: LossCause::Ours, reason: DropReason::Buffer });
        }
        meeting.end(32_000);
        let report = quality(&meeting.timeline(), None, &SoundOutcome::default(), &[]);
        for track in &report.tracks {
            prop_assert_eq!(track.media_ms + track.missing_ms + track.muted_ms, report.duration_ms, "{:?}", track);
            let muted = report.gaps.iter().filter(|gap| gap.cause == GapCause::Muted && gap.track == track.track);
            let muted_ms: i64 = muted.map(|gap| gap.end.ms() - gap.start.ms()).sum();
            prop_assert!(muted_ms.unsigned_abs() <= track.muted_ms, "{} ms of {:?}", muted_ms, track);
        }
        if report.grade == Grade::Complete {
            prop_assert!(report.tracks.iter().all(|track| track.missing_ms == 0));
        }
    }
}
