//! What is sent, as WebSocket frames that are ready but for the time they carry: thousands of meetings send the same bytes. What
//! it is made from is in `mould`, when it is sent in `press`.

use super::mould::Material;

/// How much sound there is before it begins anew, in milliseconds.
const LOOP_MS: u64 = 2_000;
/// How often somebody has said a sentence, in milliseconds.
pub(super) const WORDS_EVERY_MS: u64 = 5_000;
/// How long a picture is shown, in milliseconds.
pub(super) const PICTURE_MS: u64 = 40;
/// The first of the people; each next one has a number more.
const FIRST_USER: u32 = 16_778_240;
/// The digits of a time before it is known: as many as any has until the year 2286.
const NO_TIME: &str = "1000000000000";
/// What the people say.
const WORDS: &str = "Everything that was said here is kept exactly as it was said.";

/// A kind of message, by the connection that carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sound,
    Pictures,
    Words,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Sound, Self::Pictures, Self::Words];

    /// The name of its connection.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Sound => "audio",
            Self::Pictures => "video",
            Self::Words => "transcript",
        }
    }
}

/// A message as a WebSocket frame.
#[derive(Clone, Debug)]
pub(super) struct Message {
    frame: Vec<u8>,
    /// Where the digits of its time are.
    times: Vec<usize>,
    /// How many bytes it carries, decoded.
    pub(super) payload_bytes: u64,
}

impl Message {
    fn new(json: &str, payload_bytes: usize) -> Self {
        let frame = text_frame(json.as_bytes());
        let times = memchr::memmem::find_iter(&frame, NO_TIME).collect();
        Self { frame, times, payload_bytes: payload_bytes as u64 }
    }

    fn media(msg_type: u32, user_id: u32, payload: &[u8]) -> Self {
        let (length, data) = (payload.len(), base64_turbo::STANDARD.encode(payload));
        let json = format!(
            "{{\"msg_type\":{msg_type},\"content\":{{\"user_id\":{user_id},\"user_name\":\"Ada Lovelace\",\"timestamp\":{NO_TIME},\
             \"length\":{length},\"data\":\"{data}\"}}}}"
        );
        Self::new(&json, length)
    }

    fn words() -> Self {
        let json = format!(
            "{{\"msg_type\":17,\"content\":{{\"user_id\":{FIRST_USER},\"user_name\":\"Ada Lovelace\",\"language\":9,\
             \"timestamp\":{NO_TIME},\"start_time\":{NO_TIME},\"end_time\":{NO_TIME},\"data\":\"{WORDS}\"}}}}"
        );
        Self::new(&json, WORDS.len())
    }

    /// The frame with its time.
    pub(super) fn at(&mut self, unix_ms: u64) -> &[u8] {
        let mut digits = [b'0'; NO_TIME.len()];
        let mut left = unix_ms;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (left % 10) as u8;
            left /= 10;
        }
        for time in &self.times {
            self.frame[*time..*time + digits.len()].copy_from_slice(&digits);
        }
        &self.frame
    }
}

/// A whole message of text in one frame of a server (RFC 6455 §5.2).
pub(super) fn text_frame(text: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x81];
    match text.len() {
        len @ 0..126 => frame.push(len as u8),
        len @ 126..65_536 => {
            frame.push(126);
            frame.extend((len as u16).to_be_bytes());
        }
        len => {
            frame.push(127);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    frame.extend(text);
    frame
}

/// Everything that a meeting sends.
#[derive(Debug)]
pub(super) struct Reel {
    material: Material,
    /// The packets of each moment, one for each who speaks.
    sound: Vec<Vec<Message>>,
    pictures: Vec<Message>,
    words: Message,
}

impl Reel {
    pub(super) fn new(material: Material) -> Self {
        let packet = |at_ms: u64| {
            let payload = material.packet(at_ms);
            (0..material.speakers).map(|nth| Message::media(14, FIRST_USER + 1024 * nth, &payload)).collect()
        };
        Self {
            sound: (0..LOOP_MS).step_by(material.packet_ms as usize).map(packet).collect(),
            pictures: material.pictures().iter().map(|picture| Message::media(15, FIRST_USER, picture)).collect(),
            words: Message::words(),
            material,
        }
    }

    /// The messages of a kind that are due `at_ms` after a meeting began, a multiple of 20.
    pub(super) fn due(&mut self, kind: Kind, at_ms: u64) -> &mut [Message] {
        let is_due = |every_ms: u64| at_ms.is_multiple_of(every_ms);
        match kind {
            Kind::Sound if is_due(self.material.packet_ms.into()) => {
                let nth = (at_ms / u64::from(self.material.packet_ms)) as usize % self.sound.len();
                &mut self.sound[nth]
            }
            Kind::Pictures if is_due(PICTURE_MS) => {
                let nth = (at_ms / PICTURE_MS) as usize % self.pictures.len();
                &mut self.pictures[nth..=nth]
            }
            Kind::Words if is_due(WORDS_EVERY_MS) && at_ms > 0 => std::slice::from_mut(&mut self.words),
            _ => &mut [],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(message: &mut Message, unix_ms: u64) -> serde_json::Value {
        let frame = message.at(unix_ms);
        let begin = frame.iter().position(|byte| *byte == b'{').unwrap();
        serde_json::from_slice(&frame[begin..]).unwrap()
    }

    #[test]
    fn messages_carry_the_time_they_are_given_wherever_it_stands() {
        let mut words = Message::words();
        for unix_ms in [1_767_225_600_123, 1_999_999_999_999] {
            let content = &json(&mut words, unix_ms)["content"];
            for field in ["timestamp", "start_time", "end_time"] {
                assert_eq!(content[field], unix_ms, "{field}");
            }
        }
        let mut sound = Message::media(14, 7, b"sound");
        let content = json(&mut sound, 1_767_225_600_123)["content"].clone();
        assert_eq!((&content["timestamp"], &content["length"]), (&1_767_225_600_123_u64.into(), &5.into()));
        assert_eq!(content["data"], "c291bmQ=");
    }

    #[test]
    fn frames_say_how_long_they_are() {
        for (length, header) in [(5, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let frame = text_frame(&vec![b'a'; length]);
            assert_eq!(frame.len(), header + length);
        }
        assert_eq!(text_frame(&[b'a'; 300])[..4], [0x81, 126, 1, 44]);
    }

    #[test]
    fn a_second_has_50_packets_of_each_who_speaks_and_25_pictures() {
        for (speakers, packet_ms, packets) in [(1, 20, 50), (4, 20, 200), (16, 100, 160)] {
            let mut reel = Reel::new(Material { speakers, packet_ms, ..Material::default() });
            let mut count = |kind| (0..1_000).step_by(20).map(|at_ms| reel.due(kind, at_ms).len()).sum::<usize>();
            assert_eq!((count(Kind::Sound), count(Kind::Pictures), count(Kind::Words)), (packets, 25, 0));
        }
        let mut reel = Reel::new(Material::default());
        assert_eq!(reel.due(Kind::Words, 5_000).len(), 1);
    }
}
