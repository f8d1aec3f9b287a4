//! What holds for every log.

use media::{Format, SourceTime, TrackKind, VideoCodec};
use model::{Control, EventBody, LossCause, Pii, Utterance, platform::Leg};
use proptest::{collection::vec, prelude::*};

use super::script::{OPUS, PPS, SPS, Script, ZERO, annexb, build, somebody};

/// One line of an arbitrary log.
#[derive(Clone, Debug)]
enum Line {
    Packet(i64, i64),
    Picture(i64, i64, u8),
    Talk(i64, i64),
    Share(i64),
    Joined(i64, i64),
    Said(i64, i64),
    Paused(i64, bool),
    Ready(bool, u16),
    ReadyText(Leg),
    Lost(Leg),
    Refused(Leg, Option<i64>),
    First(i64),
    Dropped(i64, i64),
    Ended(Option<i64>),
    Restart,
}

fn moments() -> impl Strategy<Value = i64> {
    prop_oneof![8 => 0..20_000_i64, 2 => -70_000..90_000_000_i64, 1 => any::<i64>()]
}

fn legs() -> impl Strategy<Value = Leg> {
    (0..Leg::ALL.len()).prop_map(|index| Leg::ALL[index])
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = prop_oneof![
        8 => (0..3_i64, moments()).prop_map(|(source, at)| Line::Packet(source, at)),
        8 => (0..3_i64, moments(), 0..9_u8).prop_map(|(source, at, shape)| Line::Picture(source, at, shape)),
        1 => (0..3_i64, moments()).prop_map(|(source, at)| Line::Talk(source, at)),
        1 => moments().prop_map(Line::Share),
        1 => (0..3_i64, moments()).prop_map(|(id, at)| Line::Joined(id, at)),
        1 => (0..3_i64, moments()).prop_map(|(id, at)| Line::Said(id, at)),
        1 => (moments(), any::<bool>()).prop_map(|(at, paused)| Line::Paused(at, paused)),
        1 => (any::<bool>(), any::<u16>()).prop_map(|(audio, packet_ms)| Line::Ready(audio, packet_ms)),
        1 => legs().prop_map(Line::ReadyText),
        1 => legs().prop_map(Line::Lost),
        1 => (legs(), proptest::option::of(8..15_i64)).prop_map(|(leg, status)| Line::Refused(leg, status)),
        1 => moments().prop_map(Line::First),
        1 => (moments(), moments()).prop_map(|(from, to)| Line::Dropped(from, to)),
        1 => proptest::option::of(moments()).prop_map(Line::Ended),
        1 => Just(Line::Restart),
    ];
    vec(line, 0..120)
}

fn at(ms: i64) -> SourceTime {
    SourceTime::from_unix_ms(ZERO.saturating_add(ms))
}

fn script(lines: &[Line]) -> Script {
    let mut script = Script::new();
    for line in lines {
        match *line {
            Line::Packet(source, ms) => script.packet(source, ms),
            Line::Picture(source, ms, shape) => {
                let payload = match shape {
                    0 => annexb(&[SPS, PPS, &[0x65, 0x88]]),
                    1 => annexb(&[SPS, PPS]),
                    2 => annexb(&[SPS, &[0x68, 0xCE], &[0x65, 0x88]]),
                    3 => vec![1, 2, 3],
                    4 => annexb(&[SPS]),
                    5 => annexb(&[PPS]),
                    6 => annexb(&[&[0x65, 0x44]]),
                    7 => vec![0xFF, 0xD8, source as u8],
                    _ => annexb(&[&[0x41, 0x9A, source as u8]]),
                };
                script.media(TrackKind::Video, source, ms, payload);
            }
            Line::Talk(source, ms) => {
                for n in 0..60 {
                    script.packet(source, ms.saturating_add(20 * n));
                    script.arrived_ms += 19;
                }
            }
            Line::Share(ms) => script.media(TrackKind::Share, 1, ms, vec![0xFF, 0xD8]),
            Line::Joined(id, ms) => {
                let body = EventBody::Joined { participant: somebody(id, "Ada") };
                script.line(model::Entry::Event(model::Event { at: at(ms), body }));
            }
            Line::Said(id, ms) => {
                let body = EventBody::Transcript(Utterance {
                    speaker: Some(somebody(id, "Ada")),
                    text: Pii::new("hello".to_owned()),
                    start: at(ms),
                    end: at(ms.saturating_add(500)),
                    language: None,
                });
                script.line(model::Entry::Event(model::Event { at: at(ms), body }));
            }
            Line::Paused(ms, paused) => {
                let body = if paused { EventBody::Paused } else { EventBody::Resumed };
                script.line(model::Entry::Event(model::Event { at: at(ms), body }));
            }
            Line::Ready(true, packet_ms) => {
                let format = media::AudioFormat { packet_ms, ..OPUS };
                script.leg(Leg::Audio, Some(Format::Audio(format)));
            }
            Line::Ready(false, _) => script.leg(Leg::Video, Some(Format::Video(VideoCodec::H264))),
            Line::Lost(leg) => script.lost(leg),
            Line::Refused(leg, status) => script.refused(leg, status, ""),
            Line::ReadyText(leg) => script.leg(leg, None),
            Line::First(ms) => script.control(Control::FirstPacket { at: at(ms) }),
            Line::Dropped(from, to) => script.control(Control::Dropped {
                kind: TrackKind::Audio,
                frames: u64::MAX,
                from: at(from),
                to: at(to),
                cause: LossCause::Ours,
                reason: model::DropReason::Buffer,
            }),
            Line::Ended(ms) => {
                script.control(Control::Ended {
                    code: "ended".to_owned(),
                    cut_short: false,
                    stop_reason: None,
                    at: ms.map(at),
                });
            }
            Line::Restart => {
                script.epoch += 1;
                script.arrived_ms += 5_000;
            }
        }
    }
    script
}

proptest! {
    #[test]
    fn records_in_any_order_and_any_number_give_the_same_timeline(
        (lines, picks) in lines().prop_flat_map(|lines| {
            let len = lines.len().max(1);
            (Just(lines), vec(0..len, 0..200))
        }),
        seed in any::<u64>(),
    ) {
        let script = script(&lines);
        let mut shuffled: Vec<_> = script.lines.clone();
        shuffled.extend(picks.iter().filter_map(|pick| script.lines.get(*pick).cloned()));
        // Ordered by a scrambling of their places: any permutation may come out.
        shuffled.sort_by_key(|(_, locator)| (locator.offset ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        prop_assert_eq!(script.build(), build(shuffled.iter()));
    }

    #[test]
    fn every_timeline_is_ordered_and_lies_within_its_end(lines in lines()) {
        let timeline = script(&lines).build();
        prop_assert!(timeline.end >= media::Position::ZERO);
        for track in &timeline.audio {
            prop_assert!(track.frames.iter().all(|frame| frame.at.micros() >= 0 && frame.at < timeline.end));
            prop_assert!(track.frames.windows(2).all(|pair| pair[0].at < pair[1].at));
            let in_spurts: usize = track.spurts().map(|spurt| spurt.frames.len()).sum();
            prop_assert_eq!(in_spurts, track.frames.len());
        }
        let pictures = &timeline.video.frames;
        prop_assert!(pictures.iter().all(|frame| frame.at.micros() >= 0 && frame.at < timeline.end));
        prop_assert!(pictures.windows(2).all(|pair| pair[0].at < pair[1].at));
        for frame in pictures {
            let is_known = timeline.video.format_of(frame).is_some();
            prop_assert_eq!(is_known, frame.codec == VideoCodec::H264);
        }
        // No message is in two pictures.
        let messages = || pictures.iter().flat_map(|frame| timeline.video.messages(frame));
        let places: std::collections::HashSet<_> = messages().collect();
        prop_assert_eq!(places.len(), messages().count());
        prop_assert!(timeline.gaps.iter().all(|gap| gap.start < gap.end && gap.end <= timeline.end));
        prop_assert!(timeline.speech.iter().all(|span| span.start <= span.end));
        prop_assert!(timeline.events.windows(2).all(|pair| pair[0].at <= pair[1].at));
    }
}
