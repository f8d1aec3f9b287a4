//! Logs of which little or nothing can be made: what is missing, damaged, or stamped as no clock stamps.

use bytes::Bytes;
use media::{AudioCodec, Frame, SourceTime, TrackKind};
use model::{Control, Entry, Event, EventBody, Participant, ParticipantId, Pii, Utterance, platform::Leg};

use super::capture::{Arrival, at, frame, ready};

const WHO: i64 = 16_778_240;
/// How long a meeting is of which nothing else is said.
const LENGTH_MS: i64 = 2_000;
/// The units of H.264 that are parameter sets, of a sequence and of pictures.
const SEQUENCE: u8 = 7;
const PICTURES: u8 = 8;

/// A log and what is wrong with it.
pub(super) struct Broken {
    pub(super) name: &'static str,
    /// Whether pictures are, of which a copy is as damaged.
    pub(super) pictures: bool,
    pub(super) arrivals: Vec<Arrival>,
}

/// Chance that is the same every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn noise(&mut self, bytes: usize) -> Vec<u8> {
        (0..bytes).map(|_| self.next() as u8).collect()
    }
}

/// What is in a meeting.
#[derive(Clone, Copy)]
struct Content {
    codec: AudioCodec,
    sound_ms: i64,
    pictures_ms: i64,
    shares: bool,
    ends_ms: Option<i64>,
}

const WHOLE: Content = Content {
    codec: AudioCodec::Opus,
    sound_ms: LENGTH_MS,
    pictures_ms: LENGTH_MS,
    shares: false,
    ends_ms: Some(LENGTH_MS),
};

impl Content {
    fn arrivals(self) -> Vec<Arrival> {
        let mut arrivals: Vec<Arrival> = vec![(0, Entry::Control(Control::FirstPacket { at: at(0) }))];
        let legs = [Leg::Audio, Leg::Video, Leg::Share];
        arrivals.extend(legs.map(|leg| (0, Entry::Control(ready(leg, self.codec)))));
        let sound = &fixtures::pack().sentences[0].sound;
        for (slot, at_ms) in (0..self.sound_ms).step_by(20).enumerate() {
            let slot = slot % sound.slots();
            let packet = if self.codec == AudioCodec::Opus { sound.opus[slot] } else { sound.l16_slot(slot) };
            arrivals.push((at_ms, frame(TrackKind::Audio, WHO, at_ms, Bytes::from_static(packet))));
        }
        let camera = fixtures::pack().camera("small").unwrap();
        for (n, at_ms) in (0..self.pictures_ms).step_by(40).enumerate() {
            let picture = Bytes::from_static(camera.frames[n % camera.frames.len()]);
            arrivals.push((at_ms, frame(TrackKind::Video, WHO, at_ms, picture)));
        }
        if self.shares {
            let on = Event { at: at(200), body: EventBody::ShareOn { id: ParticipantId(WHO) } };
            arrivals.push((200, Entry::Event(on)));
            let slides = fixtures::pack().slides.iter().zip((300..LENGTH_MS).step_by(400));
            let slides = slides.map(|(slide, at_ms)| (at_ms, Bytes::from_static(slide.jpeg)));
            arrivals.extend(slides.map(|(at_ms, slide)| (at_ms, frame(TrackKind::Share, WHO, at_ms, slide))));
        }
        arrivals.sort_by_key(|(at_ms, _)| *at_ms);
        arrivals.extend(self.ends_ms.map(ended));
        arrivals
    }

    /// With its payloads of a kind changed; `change` is told which of them each is.
    fn changed(self, kind: TrackKind, mut change: impl FnMut(usize, &[u8]) -> Vec<u8>) -> Vec<Arrival> {
        let mut n = 0;
        let mut each = |frame: Frame| {
            if frame.track.kind != kind {
                return frame;
            }
            n += 1;
            Frame { payload: change(n - 1, &frame.payload).into(), ..frame }
        };
        self.each_frame(&mut each)
    }

    /// With its stamps changed, in milliseconds since the Unix epoch; `stamp` is told which of all each is.
    fn stamped(self, mut stamp: impl FnMut(i64, i64) -> i64) -> Vec<Arrival> {
        let mut n = 0;
        let mut each = |frame: Frame| {
            n += 1;
            Frame { at: SourceTime::from_unix_ms(stamp(n - 1, frame.at.unix_ms())), ..frame }
        };
        self.each_frame(&mut each)
    }

    fn each_frame(self, change: &mut dyn FnMut(Frame) -> Frame) -> Vec<Arrival> {
        let mut of = |(at_ms, entry)| match entry {
            Entry::Media(frame) => (at_ms, Entry::Media(change(frame))),
            other => (at_ms, other),
        };
        self.arrivals().into_iter().map(&mut of).collect()
    }
}

fn ended(at_ms: i64) -> Arrival {
    let code = "meeting_ended".to_owned();
    let ended = Control::Ended { code, cut_short: false, stop_reason: Some(6), at: Some(at(at_ms)) };
    (LENGTH_MS, Entry::Control(ended))
}

fn said() -> Arrival {
    let speaker = Some(Participant { id: ParticipantId(WHO), name: None });
    let text = Pii::new("Nobody heard me".to_owned());
    let utterance = Utterance { speaker, text, start: at(100), end: at(900), language: None };
    (900, Entry::Event(Event { at: at(100), body: EventBody::Transcript(utterance) }))
}

/// The units of an access unit that are not of these types.
fn without(picture: &[u8], types: &[u8]) -> Vec<u8> {
    units(picture).into_iter().filter(|unit| !types.contains(&(unit[4] & 31))).flatten().copied().collect()
}

/// The same with those of one type replaced.
fn replaced(picture: &[u8], of_type: u8, by: &mut dyn FnMut(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let each = units(picture).into_iter().map(|unit| {
        if unit[4] & 31 != of_type {
            return unit.to_vec();
        }
        [&[0, 0, 0, 1], &by(&unit[4..])[..]].concat()
    });
    each.flatten().collect()
}

/// The units of an access unit of the pack, each behind a start code of four bytes.
fn units(picture: &[u8]) -> Vec<&[u8]> {
    let begins = picture.windows(4).enumerate().filter(|(_, bytes)| *bytes == [0, 0, 0, 1]).map(|(at, _)| at);
    let begins: Vec<usize> = begins.chain([picture.len()]).collect();
    begins.windows(2).map(|unit| &picture[unit[0]..unit[1]]).collect()
}

/// A sequence parameter set of Baseline that says its pictures have 16,368x16,368 pixels.
fn huge() -> Vec<u8> {
    let golomb = |value: u32| {
        let coded = format!("{:b}", value + 1);
        "0".repeat(coded.len() - 1) + &coded
    };
    let mut bits = String::new();
    // Its number, frame_num of 4 bits, no order of display, one reference, no gaps.
    for value in [0, 0, 2, 1] {
        bits += &golomb(value);
    }
    bits += "0";
    bits += &golomb(1_022);
    bits += &golomb(1_022);
    // Frames only, no direct inference, no cropping, nothing on usability; the end.
    bits += "10001";
    bits += &"0".repeat((8 - bits.len() % 8) % 8);
    let bytes = bits.as_bytes().chunks(8).map(|byte| byte.iter().fold(0, |of, bit| of << 1 | (bit - b'0')));
    [0x67, 66, 0, 40].into_iter().chain(bytes).collect()
}

/// Logs in which little is, or nothing.
pub(super) fn little() -> Vec<Broken> {
    named(false, of_little())
}

/// Logs of which pictures or sound are damaged.
pub(super) fn damaged() -> Vec<Broken> {
    named(true, of_damage())
}

/// Logs with stamps that no clock gives.
pub(super) fn stamped() -> Vec<Broken> {
    named(false, of_stamps())
}

fn named(pictures: bool, logs: Vec<Named>) -> Vec<Broken> {
    logs.into_iter().map(|(name, arrivals)| Broken { name, pictures, arrivals }).collect()
}

type Named = (&'static str, Vec<Arrival>);

fn of_little() -> Vec<Named> {
    let sound = Content { pictures_ms: 0, ..WHOLE };
    let pictures = Content { sound_ms: 0, ..WHOLE };
    let silent = Content { sound_ms: 0, pictures_ms: 0, ..WHOLE };
    let short = |ms| Content { sound_ms: ms, pictures_ms: ms, ends_ms: Some(ms), ..WHOLE };
    let mut words = silent.arrivals();
    words.insert(4, said());
    vec![
        ("nothing wrong", Content { shares: true, ..WHOLE }.arrivals()),
        ("nothing at all", Vec::new()),
        ("a beginning and an end", silent.arrivals()),
        ("words alone", words),
        ("sound alone", sound.arrivals()),
        ("sound in L16 alone", Content { codec: AudioCodec::L16, ..sound }.arrivals()),
        ("pictures alone", pictures.arrivals()),
        ("a screen alone", Content { shares: true, ..silent }.arrivals()),
        ("one second", short(1_000).arrivals()),
        ("one packet", Content { sound_ms: 20, ends_ms: Some(20), ..sound }.arrivals()),
        ("one picture", Content { pictures_ms: 40, ends_ms: Some(40), ..pictures }.arrivals()),
        ("ten milliseconds", short(10).arrivals()),
        ("one millisecond", short(1).arrivals()),
        ("no end", Content { ends_ms: None, ..WHOLE }.arrivals()),
    ]
}

fn of_damage() -> Vec<Named> {
    let mut dice = Dice(7);
    let camera = TrackKind::Video;
    let mut named = vec![
        ("pictures cut in half", WHOLE.changed(camera, |_, picture| picture[..picture.len() / 2].to_vec())),
        ("every third picture empty", WHOLE.changed(camera, |n, of| if n % 3 == 1 { Vec::new() } else { of.to_vec() })),
        ("no picture with a byte in it", WHOLE.changed(camera, |_, _| Vec::new())),
        ("no parameter sets", WHOLE.changed(camera, |_, of| without(of, &[SEQUENCE, PICTURES]))),
        ("no sequence parameter set", WHOLE.changed(camera, |_, of| without(of, &[SEQUENCE]))),
        ("no picture parameter set", WHOLE.changed(camera, |_, of| without(of, &[PICTURES]))),
        ("parameter sets alone", WHOLE.changed(camera, |_, of| without(of, &[1, 5, 6, 9]))),
        ("a picture that says it is huge", WHOLE.changed(camera, |_, of| replaced(of, SEQUENCE, &mut |_| huge()))),
        ("no picture that can be decoded by itself", WHOLE.changed(camera, |_, of| without(of, &[5]))),
    ];
    let flipped = WHOLE.changed(camera, |_, picture| {
        let mut picture = picture.to_vec();
        for _ in 0..4 {
            let at = dice.next() as usize % picture.len();
            picture[at] ^= 1 << (dice.next() % 8);
        }
        picture
    });
    named.push(("bits of pictures flipped", flipped));
    let slices = WHOLE.changed(camera, |_, of| {
        let mut noise = |unit: &[u8]| [&unit[..4.min(unit.len())], &dice.noise(unit.len())[..]].concat();
        replaced(&replaced(of, 5, &mut noise), 1, &mut noise)
    });
    named.push(("slices of noise", slices));
    named.push(("pictures of noise", WHOLE.changed(camera, |_, _| dice.noise(900))));
    let sets = WHOLE.changed(camera, |_, of| replaced(of, SEQUENCE, &mut |_| [vec![0x67], dice.noise(20)].concat()));
    named.push(("parameter sets of noise", sets));
    let tall = &fixtures::pack().camera("tall").unwrap().frames;
    let sizes = WHOLE.changed(camera, |n, of| if n / 5 % 2 == 0 { of.to_vec() } else { tall[n % 5].to_vec() });
    named.push(("another size every fifth of a second", sizes));
    named.push(("sound of noise", WHOLE.changed(TrackKind::Audio, |_, of| dice.noise(of.len()))));
    let l16 = Content { codec: AudioCodec::L16, ..WHOLE };
    named.push(("samples cut in half", l16.changed(TrackKind::Audio, |_, of| of[..of.len() - 1].to_vec())));
    let shared = Content { shares: true, ..WHOLE };
    let noise = shared.changed(TrackKind::Share, |_, of| [&of[..200], &dice.noise(900)[..]].concat());
    named.push(("slides of noise", noise));
    let png = [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF\x08\x02\0\0\0"[..], &[0; 60]].concat();
    named.push(("slides that say they are huge", shared.changed(TrackKind::Share, |_, _| png.clone())));
    named
}

fn of_stamps() -> Vec<Named> {
    let mut dice = Dice(11);
    let year_ms = 365 * 24 * 3_600_000_i64;
    let first = |at_ms: i64| {
        let mut arrivals = WHOLE.arrivals();
        arrivals[0].1 = Entry::Control(Control::FirstPacket { at: at(at_ms) });
        arrivals
    };
    vec![
        ("every stamp zero", WHOLE.stamped(|_, _| 0)),
        ("every stamp at the end of time", WHOLE.stamped(|_, _| i64::MAX)),
        ("stamps before and behind all time", WHOLE.stamped(|n, _| if n % 2 == 0 { i64::MIN } else { i64::MAX })),
        ("one stamp for all", WHOLE.stamped(|_, _| at(500).unix_ms())),
        ("stamps that run backwards", WHOLE.stamped(|_, at_ms| 2 * at(1_000).unix_ms() - at_ms)),
        ("stamps by chance", WHOLE.stamped(|_, _| dice.next() as i64)),
        ("every tenth stamp a year ahead", WHOLE.stamped(|n, at_ms| at_ms + if n % 10 == 9 { year_ms } else { 0 })),
        ("stamps that count from zero", WHOLE.stamped(|_, at_ms| at_ms - at(0).unix_ms())),
        ("an end before the beginning", Content { ends_ms: Some(-3_600_000), ..WHOLE }.arrivals()),
        ("an end in ten years", Content { ends_ms: Some(10 * year_ms), ..WHOLE }.arrivals()),
        ("a beginning ten years ago", first(-10 * year_ms)),
        ("a beginning in ten years", first(10 * year_ms)),
    ]
}
