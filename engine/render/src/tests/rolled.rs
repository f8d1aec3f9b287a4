//! A video that is made while its meeting goes on is the video that is made afterwards, byte by byte, whatever comes late.

use std::collections::BTreeMap;

use bytes::Bytes;
use media::{AudioCodec, Format, SampleRate, TrackKind, VideoCodec};
use model::{BesideShare, Control, EventBody, Layout, Participant, ParticipantId, VideoPlan, platform::Leg};

use super::{
    judge::{finish, render, small},
    ledger::talk,
    meeting::{Meeting, somebody},
    sources::{CHIRP_MS, send_opus_chirp},
};
use crate::{MixedVideo, Step, VideoChoice, View, plan};

const END_MS: i64 = 12_000;
/// How long a camera or a voice stays on, or a name unknown, at most.
const TURN_MS: i64 = 5_000;

/// Numbers that are the same in every run (Steele, Lea, Flood 2014, "SplitMix").
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % sides as u64) as i64
    }

    fn hits(&mut self, one_in: i64) -> bool {
        self.below(one_in) == 0
    }
}

/// What a video in the making went through.
#[derive(Debug, Default)]
struct Course {
    begun: usize,
    grown: usize,
    /// How much of it was made before the end was known.
    early_ms: i64,
}

/// Makes the video while the meeting goes on, looking again after a random number of records, and then to its end.
fn rolled(meeting: &mut Meeting, asked: VideoPlan, view: View, dice: &mut Dice) -> ((Vec<u8>, Vec<u8>), Course) {
    let mut course = Course::default();
    let mut made: Option<(MixedVideo, Vec<u8>)> = None;
    let mut reached = 0;
    loop {
        reached = (reached + 1 + dice.below(meeting.records.len() as i64 / 8) as usize).min(meeting.records.len());
        let is_whole = reached == meeting.records.len();
        let builder = meeting.builder(reached);
        let timeline = if is_whole { builder.build() } else { builder.so_far() };
        let choice = plan(&timeline, asked, view);
        let grown =
            made.take().and_then(|(video, growing)| Some((video.grown(timeline.clone(), choice.clone())?, growing)));
        course.grown += usize::from(grown.is_some());
        let (mut video, mut growing) = match grown {
            Some(grown) => grown,
            None => match MixedVideo::new(timeline.clone(), choice, small()) {
                Ok(video) => {
                    course.begun += 1;
                    (video, Vec::new())
                }
                // Nothing is known yet.
                Err(_) => continue,
            },
        };
        if is_whole {
            course.early_ms = video.progress().ms();
            let (growing, plain, _) = finish(meeting, video, growing, &timeline);
            return ((growing, plain), course);
        }
        loop {
            let before = video.progress();
            let Step::Append(pieces) = video.step(meeting).unwrap() else { panic!("it goes on") };
            pieces.iter().for_each(|piece| growing.extend_from_slice(piece));
            if video.progress() == before {
                break;
            }
        }
        made = Some((video, growing));
    }
}

/// Everybody of a random meeting, as lines with the moments at which they arrive.
struct Script {
    meeting: Meeting,
    arrivals: BTreeMap<(i64, usize), usize>,
}

impl Script {
    /// Puts what was added since `from` where it arrives: after `late_ms`.
    fn arrive(&mut self, from: usize, at_ms: impl Fn(usize) -> i64) {
        for index in from..self.meeting.records.len() {
            self.arrivals.insert((at_ms(index), index), index);
        }
    }

    fn line(&mut self, arrives_ms: i64, add: impl FnOnce(&mut Meeting)) {
        let from = self.meeting.records.len();
        add(&mut self.meeting);
        self.arrive(from, |_| arrives_ms);
    }

    /// In the order of arrival.
    fn settled(mut self) -> Meeting {
        self.line(i64::MAX, |meeting| meeting.end(END_MS));
        let records = std::mem::take(&mut self.meeting.records);
        self.meeting.records = self.arrivals.values().map(|index| records[*index].clone()).collect();
        // The log is in the order of arrival, and what lies where in it says so.
        let payloads = std::mem::take(&mut self.meeting.payloads);
        for (place, (_, locator)) in self.meeting.records.iter_mut().enumerate() {
            self.meeting.payloads.push(payloads[locator.offset as usize].clone());
            locator.offset = place as u64;
        }
        self.meeting
    }
}

/// Cameras go on and off, people come late and are named later, somebody shares, and some of it comes late.
fn random_meeting(dice: &mut Dice, people: i64, is_disordered: bool) -> Meeting {
    let mut script = Script { meeting: Meeting::new(), arrivals: BTreeMap::new() };
    script.meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    script.arrive(0, |_| 0);
    let clips = ["small", "wide", "tall"];
    for who in 1..=people {
        let id = ParticipantId(who);
        let came_ms = dice.below(3_000);
        let named_ms = if is_disordered && dice.hits(3) { came_ms + dice.below(TURN_MS) } else { came_ms };
        script.line(came_ms, |meeting| {
            meeting.event(came_ms, EventBody::Joined { participant: Participant { id, name: None } });
        });
        script.line(named_ms, |meeting| {
            meeting.event(named_ms, EventBody::Renamed { participant: somebody(who, &format!("Person {who}")) });
        });
        if is_disordered && dice.hits(3) {
            let renamed_ms = came_ms + dice.below(TURN_MS);
            script.line(renamed_ms, |meeting| {
                meeting.event(renamed_ms, EventBody::Renamed { participant: somebody(who, "Somebody") });
            });
        }
        if is_disordered && dice.hits(3) {
            let left_ms = came_ms + 1_000 + dice.below(TURN_MS);
            let back_ms = left_ms + 500 + dice.below(3_000);
            script.line(left_ms, |meeting| meeting.event(left_ms, EventBody::Left { id }));
            script.line(back_ms, |meeting| {
                meeting.event(back_ms, EventBody::Joined { participant: somebody(who, &format!("Person {who}")) });
            });
        }
        let mut at_ms = came_ms;
        while at_ms < END_MS {
            let until_ms = (at_ms + 500 + dice.below(TURN_MS)).min(END_MS);
            if dice.hits(2) {
                let late_ms = if is_disordered && dice.hits(3) { dice.below(9_000) } else { 100 };
                let from = script.meeting.records.len();
                script.meeting.event(at_ms, EventBody::VideoOn { id });
                let camera = fixtures::pack().camera(clips[dice.below(3) as usize]).unwrap();
                for (n, picture) in camera.frames.iter().enumerate().take(((until_ms - at_ms) / 40) as usize) {
                    script.meeting.media(TrackKind::Video, who, at_ms + 40 * n as i64, Bytes::from_static(picture));
                }
                script.meeting.event(until_ms, EventBody::VideoOff { id });
                let base = (at_ms, from);
                script.arrive(from, |index| (base.0 + 40 * (index - base.1) as i64 + late_ms).max(base.0));
            }
            if dice.hits(2) {
                let late_ms = if is_disordered && dice.hits(4) { dice.below(9_000) } else { 100 };
                let from = script.meeting.records.len();
                talk(&mut script.meeting, who, at_ms, until_ms);
                script.arrive(from, |index| at_ms + 20 * (index - from) as i64 + late_ms);
            }
            at_ms = until_ms;
        }
    }
    if is_disordered && dice.hits(2) {
        let (lost_ms, leg) = (2_000 + dice.below(6_000), if dice.hits(2) { Leg::Video } else { Leg::Audio });
        script.line(lost_ms, |meeting| {
            meeting.control(Control::LegLost { leg, cause: "zoom_rtms_closed_by_peer".to_owned(), ago_ms: 0 });
        });
        script.line(lost_ms + 1_500, |meeting| match leg {
            Leg::Audio => meeting.audio(AudioCodec::L16, SampleRate::HZ_16000),
            _ => meeting.control(Control::LegReady { leg, format: Some(Format::Video(VideoCodec::H264)) }),
        });
    }
    if is_disordered && dice.hits(3) {
        let (at_ms, sharer) = (1_000 + dice.below(6_000), ParticipantId(1 + dice.below(people)));
        script.line(at_ms, |meeting| meeting.event(at_ms, EventBody::ShareOn { id: sharer }));
        let from = script.meeting.records.len();
        for (n, picture) in fixtures::pack().camera("small").unwrap().frames.iter().enumerate().take(20) {
            script.meeting.media(TrackKind::Share, sharer.0, at_ms + 200 * n as i64, Bytes::from_static(picture));
        }
        script.arrive(from, |index| at_ms + 200 * (index - from) as i64 + 100);
    }
    if dice.hits(2) {
        let (at_ms, sharer) = (3_000 + dice.below(4_000), ParticipantId(1 + dice.below(people)));
        let slides = &fixtures::pack().slides;
        script.line(at_ms, |meeting| {
            meeting.event(at_ms, EventBody::ShareOn { id: sharer });
            meeting.media(TrackKind::Share, sharer.0, at_ms, slides[0].jpeg);
        });
        script.line(at_ms + 2_500, |meeting| {
            meeting.media(TrackKind::Share, sharer.0, at_ms + 2_400, slides[1].jpeg);
        });
        script.line(at_ms + 4_000, |meeting| meeting.event(at_ms + 4_000, EventBody::ShareOff { id: Some(sharer) }));
    }
    script.settled()
}

fn assert_is_the_same(meeting: &mut Meeting, asked: VideoPlan, view: View, dice: &mut Dice, case: &str) -> Course {
    let timeline = meeting.timeline();
    let choice = plan(&timeline, asked, view);
    let (growing, plain, _) = render(meeting, &timeline, choice);
    let (rolled, course) = rolled(meeting, asked, view, dice);
    assert!(rolled.0 == growing, "{case}: another file grew; {course:?}");
    assert!(rolled.1 == plain, "{case}: another file came out; {course:?}");
    course
}

#[test]
fn a_composed_video_that_grew_with_its_meeting_is_the_one_that_is_made_afterwards() {
    let (mut begun_again, mut early_ms) = (0, 0);
    for seed in 0..12 {
        let mut dice = Dice(seed);
        let layouts = [Layout::SpeakerView, Layout::GalleryView, Layout::GalleryViewV2, Layout::AudioOnly];
        let view = View { layout: layouts[seed as usize % 4], beside_share: BesideShare::ALL[seed as usize % 3] };
        let people = 1 + dice.below(4);
        let mut meeting = random_meeting(&mut dice, people, true);
        let case = format!("seed {seed}, {view:?}");
        let course = assert_is_the_same(&mut meeting, VideoPlan::Compose, view, &mut dice, &case);
        begun_again += course.begun - 1;
        early_ms += course.early_ms;
    }
    // What comes late is noticed, and yet not everything is made at the end.
    assert!(begun_again > 0, "nothing came late");
    assert!(early_ms > 12 * 1_500, "{early_ms} ms of twelve meetings");
}

#[test]
fn a_meeting_whose_media_comes_in_time_is_begun_once_and_made_but_for_its_last_seconds() {
    for seed in 100..103 {
        let mut dice = Dice(seed);
        let mut meeting = random_meeting(&mut dice, 3, false);
        let view = View { layout: Layout::GalleryViewV2, beside_share: BesideShare::Overlap };
        let course = assert_is_the_same(&mut meeting, VideoPlan::Compose, view, &mut dice, &format!("seed {seed}"));
        assert_eq!(course.begun, 1, "seed {seed}: {course:?}");
        assert!(course.early_ms >= END_MS / 3, "seed {seed}: {course:?}");
    }
}

#[test]
fn a_copied_video_that_grew_with_its_meeting_is_the_one_that_is_made_afterwards() {
    for seed in 200..203 {
        let mut dice = Dice(seed);
        let mut script = Script { meeting: Meeting::new(), arrivals: BTreeMap::new() };
        script.meeting.audio(AudioCodec::Opus, SampleRate::HZ_48000);
        script.arrive(0, |_| 0);
        let camera = fixtures::pack().camera("wide").unwrap();
        for (n, picture) in camera.frames.iter().enumerate().take((END_MS / 40) as usize) {
            let at_ms = 40 * n as i64;
            script.line(at_ms + dice.below(300), |meeting| {
                meeting.media(TrackKind::Video, 7, at_ms, Bytes::from_static(picture));
            });
        }
        // A decoder has to remember what it heard before each pause.
        for at_ms in (500..END_MS - CHIRP_MS as i64).step_by(900) {
            let from = script.meeting.records.len();
            send_opus_chirp(&mut script.meeting, 7, at_ms);
            script.arrive(from, |index| at_ms + 20 * (index - from) as i64);
        }
        let mut meeting = script.settled();
        let timeline = meeting.timeline();
        assert_eq!(plan(&timeline, VideoPlan::Auto, View::default()).video, VideoChoice::Copy);
        let course =
            assert_is_the_same(&mut meeting, VideoPlan::Auto, View::default(), &mut dice, &format!("seed {seed}"));
        // Before the first pictures it looks as if there were none to copy.
        assert!(course.begun <= 2, "seed {seed}: {course:?}");
        assert!(course.early_ms >= END_MS / 3, "seed {seed}: {course:?}");
    }
}

/// The negative control: without the comparison another file comes out.
#[test]
fn a_video_that_goes_on_regardless_of_what_came_late_is_another() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    let id = ParticipantId(7);
    meeting.event(0, EventBody::Joined { participant: somebody(7, "Ada") });
    talk(&mut meeting, 7, 0, 8_000);
    // Until now it looked as if nobody could be seen.
    let reached = meeting.records.len();
    meeting.event(1_000, EventBody::VideoOn { id });
    let camera = fixtures::pack().camera("small").unwrap();
    for (n, picture) in camera.frames.iter().enumerate().take(50) {
        meeting.media(TrackKind::Video, 7, 1_000 + 40 * n as i64, Bytes::from_static(picture));
    }
    meeting.end(8_000);

    let whole = meeting.timeline();
    let choice = plan(&whole, VideoPlan::Compose, View::default());
    let (expected, ..) = render(&mut meeting, &whole, choice.clone());
    let mut video = MixedVideo::new(meeting.builder(reached).so_far(), choice.clone(), small()).unwrap();
    let mut growing = Vec::new();
    while let Step::Append(pieces) = video.step(&mut meeting).unwrap() {
        if pieces.is_empty() {
            break;
        }
        pieces.iter().for_each(|piece| growing.extend_from_slice(piece));
    }
    assert!(video.progress().ms() >= 2_000);
    assert!(!expected.starts_with(&growing));
    assert!(video.grown(whole, choice).is_none());
}
