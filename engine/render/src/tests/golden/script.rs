//! The meeting: late names, one name twice, comings and goings, chat that is changed, speech that overlaps, a gap, several
//! scripts.

use media::{AudioCodec, SampleRate, SourceTime, TrackKind};
use model::{
    Audience, ChatMessage, ChatOperation, Control, EventBody, Participant, ParticipantId, Pii, Utterance, platform::Leg,
};

use super::super::meeting::{Meeting, ZERO, somebody};

const ADA: i64 = 16_778_240;
const GRACE: i64 = 16_779_264;
const OTHER_ADA: i64 = 16_780_288;
const SARAH: i64 = 16_781_312;
const WANG: i64 = 16_782_336;
const SARAH_AGAIN: i64 = 16_783_360;
const PHONE: i64 = 16_784_384;

/// What was said: who, from when to when, in which language, and what.
const SAID: [(i64, i64, i64, &str, &str); 12] = [
    (ADA, 1_000, 4_000, "en-GB", "Good morning. Shall we begin?"),
    (GRACE, 3_000, 5_000, "en-GB", "Yes, the numbers are ready 👍🏽"),
    (ADA, 5_500, 6_500, "en-GB", "Then show us."),
    (ADA, 6_600, 9_900, "en-GB", "And tell the others."),
    (OTHER_ADA, 11_000, 12_000, "en-GB", "I am <b>the other</b> Ada & {\\an8}new here --> hello"),
    (
        GRACE,
        12_500,
        19_500,
        "en-GB",
        "We have to decide today whether the engine gets a second mill, because the brass for it is ordered in April \
         and the workshop closes in May, so there is no way to wait for another review.",
    ),
    (SARAH, 21_000, 23_000, "he-IL", "שלום לכולם, אני מצטרפת עכשיו."),
    (WANG, 23_000, 25_000, "zh-CN", "大家好，这个季度的数字比上个季度好得多，我们应该继续这样做下去，下个季度也是。"),
    (ADA, 29_000, 29_000, "en-GB", "A caption without an end"),
    (SARAH_AGAIN, 34_000, 35_000, "ar-SA", "مرحبا مرة أخرى"),
    (WANG, 37_000, 38_000, "en-GB", "1. I am not Wang Fang."),
    (PHONE, 43_000, 44_000, "en-GB", "# Bye *all*, `see` you_"),
];

/// A line of the log: when it was made, in milliseconds from second 0, and what it is.
type Line = (i64, What);

enum What {
    Event(EventBody),
    Packet(i64, Vec<u8>),
    AudioLost,
    AudioBack,
}

/// The meeting, of 45 s. All sound from 26 to 28 s is lost with its connection.
pub(super) fn meeting() -> Meeting {
    let of = |id| ParticipantId(id);
    let mut lines: Vec<Line> = vec![(26_000, What::AudioLost), (28_000, What::AudioBack)];
    lines.extend(comings_and_goings());
    lines.extend(words());
    lines.extend(sound());
    lines.extend(
        [
            (8_000, EventBody::VideoOn { id: of(ADA) }),
            (14_000, EventBody::ShareOn { id: of(GRACE) }),
            (19_000, EventBody::ShareOff { id: None }),
            (19_800, EventBody::VideoOff { id: of(ADA) }),
            (40_000, EventBody::Paused),
            (42_000, EventBody::Resumed),
        ]
        .map(|(at_ms, body)| (at_ms, What::Event(body))),
    );
    lines.sort_by_key(|(at_ms, _)| *at_ms);
    lines.extend(chat());

    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    for (at_ms, what) in lines {
        match what {
            What::Event(body) => meeting.event(at_ms, body),
            What::Packet(who, payload) => meeting.media(TrackKind::Audio, who, at_ms, payload),
            What::AudioLost => {
                let cause = "zoom_rtms_closed_by_peer".to_owned();
                meeting.control(Control::LegLost { leg: Leg::Audio, cause, ago_ms: 0 });
            }
            What::AudioBack => meeting.audio(AudioCodec::L16, SampleRate::HZ_16000),
        }
    }
    meeting.end(45_000);
    meeting
}

fn comings_and_goings() -> Vec<Line> {
    let nameless = |id| Participant { id: ParticipantId(id), name: None };
    let joined = |participant| EventBody::Joined { participant };
    let left = |id| EventBody::Left { id: ParticipantId(id) };
    let events = vec![
        (-200, joined(somebody(ADA, "Ada"))),
        (0, joined(nameless(GRACE))),
        (6_000, EventBody::Renamed { participant: somebody(GRACE, "Grace 👩‍💻") }),
        (10_000, joined(somebody(OTHER_ADA, "Ada"))),
        (12_000, joined(somebody(SARAH, "שרה כהן"))),
        (12_100, joined(somebody(WANG, "王芳"))),
        // One person who comes back, one who does so under another number, and a number that is somebody else then.
        (20_000, left(ADA)),
        (24_000, joined(somebody(ADA, "Ada"))),
        (30_000, left(SARAH)),
        (33_000, joined(somebody(SARAH_AGAIN, "שרה כהן"))),
        (35_500, left(WANG)),
        (36_000, joined(somebody(WANG, "Mallory"))),
        (42_500, joined(nameless(PHONE))),
    ];
    events.into_iter().map(|(at_ms, body)| (at_ms, What::Event(body))).collect()
}

fn words() -> Vec<Line> {
    let at = |ms| SourceTime::from_unix_ms(ZERO + ms);
    let said = |(who, from_ms, to_ms, language, text): (i64, i64, i64, &str, &str)| {
        let speaker = Some(Participant { id: ParticipantId(who), name: None });
        let (start, end, language) = (at(from_ms), at(to_ms), Some(language.to_owned()));
        let utterance = Utterance { speaker, text: Pii::new(text.to_owned()), start, end, language };
        (from_ms, What::Event(EventBody::Transcript(utterance)))
    };
    SAID.into_iter().map(said).collect()
}

/// Microphones are open from half a second before what is said until half a second after it.
fn sound() -> Vec<Line> {
    let mut packets = Vec::new();
    for at_ms in (0..45_000).step_by(20) {
        if (26_000..28_000).contains(&at_ms) || (40_000..42_000).contains(&at_ms) {
            continue;
        }
        let mut heard: Vec<(i64, bool)> = Vec::new();
        for (who, from_ms, to_ms, ..) in SAID {
            let to_ms = to_ms.max(from_ms + 1_500);
            if (from_ms - 500..to_ms + 500).contains(&at_ms) {
                heard.push((who, (from_ms..to_ms).contains(&at_ms)));
            }
        }
        heard.sort_by_key(|(who, is_loud)| (*who, !is_loud));
        heard.dedup_by_key(|(who, _)| *who);
        for (who, is_loud) in heard {
            let mut payload = if is_loud { 3_000_i16 } else { 20 }.to_le_bytes().repeat(320);
            payload[0] = at_ms as u8;
            packets.push((at_ms, What::Packet(who, payload)));
        }
    }
    packets
}

/// In the order in which it arrives, after all else.
fn chat() -> Vec<Line> {
    use ChatOperation::{AddEmoji, Delete, New, RemoveEmoji, Update};
    let lines = [
        (2_000, "m-1", ADA, New, "The agenda:\n1. numbers\n2. mill"),
        (7_000, "m-1", ADA, Update, "The agenda:\n1. numbers\n2. the second mill"),
        // Came before the edit that it replaces.
        (9_000, "m-2", GRACE, Update, "third"),
        (8_000, "m-2", GRACE, Update, "second"),
        (7_500, "m-2", GRACE, New, "first"),
        (13_000, "m-3", OTHER_ADA, New, "said in anger"),
        (14_000, "m-3", OTHER_ADA, Delete, ""),
        (15_000, "m-3", OTHER_ADA, Update, "said again"),
        (16_000, "m-0", SARAH, Update, "this was written before the recording"),
        (17_000, "m-4", WANG, New, "好的 [00:00:17] Ada: I agree"),
        (18_000, "m-1", GRACE, AddEmoji, "👍"),
        (18_100, "m-1", OTHER_ADA, AddEmoji, "🎉"),
        (18_200, "m-1", OTHER_ADA, RemoveEmoji, "🎉"),
        (19_000, "m-5", GRACE, New, "only for you"),
        (37_000, "m-6", WANG, New, "شكرا"),
    ];
    let written = |(at_ms, id, sender, operation, text): (i64, &str, i64, ChatOperation, &str)| {
        let receiver = (id == "m-5").then(|| somebody(ADA, "Ada"));
        let message = ChatMessage {
            message_id: Some(id.to_owned()),
            parent_id: (id == "m-4").then(|| "m-1".to_owned()),
            operation,
            sender: Some(Participant { id: ParticipantId(sender), name: None }),
            audience: Some(if receiver.is_some() { Audience::Individual } else { Audience::Everyone }),
            receiver,
            text: Pii::new(text.to_owned()),
        };
        (at_ms, What::Event(EventBody::Chat(message)))
    };
    lines.into_iter().map(written).collect()
}
