//! Frames as servers send them, whole and in pieces, in order and out of it. Beside what is written down here, another implementation
//! judges: `tungstenite` reads the same bytes.

use proptest::prelude::*;
use tokio_tungstenite::tungstenite::{
    Error as WsError, Message,
    error::CapacityError,
    protocol::{Role, WebSocket, WebSocketConfig},
};

use super::*;
use crate::Allowance;

const LIMIT_BYTES: usize = 100_000;

fn frames_of(room_bytes: usize) -> Frames {
    Frames::new(LIMIT_BYTES, Allowance::new(room_bytes).part())
}

fn unbounded() -> Frames {
    frames_of(usize::MAX)
}

/// A frame as a server sends it.
fn framed(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(u8::try_from(length).unwrap()),
        length @ 126..=0xffff => {
            bytes.push(126);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            bytes.push(127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(payload);
    bytes
}

/// Everything that is read of a stream that comes in pieces of `step` bytes, and how it ends.
fn read_all(frames: &mut Frames, stream: &[u8], step: usize) -> (Vec<Frame>, Option<FrameFault>) {
    let mut read = Vec::new();
    for piece in stream.chunks(step) {
        frames.give(Bytes::copy_from_slice(piece));
        loop {
            match frames.next() {
                Ok(Some(frame)) => read.push(frame),
                Ok(None) => break,
                Err(fault) => return (read, Some(fault)),
            }
        }
    }
    (read, None)
}

fn message(payload: &[u8]) -> Frame {
    Frame::Message(Bytes::copy_from_slice(payload))
}

#[test]
fn a_message_is_pending_from_its_first_byte_to_its_last() {
    for length in [1, 125, 126, 127, 65_535, 65_536] {
        let whole = framed(0x81, &vec![7; length]);
        let mut frames = unbounded();
        for (count, byte) in whole.iter().enumerate() {
            assert_eq!(frames.next(), Ok(None));
            assert_eq!(frames.pending(), (count > 0).then_some(0), "{count} bytes of {length}");
            frames.give(Bytes::copy_from_slice(&[*byte]));
        }
        assert_eq!(frames.next(), Ok(Some(message(&vec![7; length]))));
        assert_eq!(frames.pending(), None);
        assert_eq!(read_all(&mut frames, &whole[..1], 1), (vec![], None));
        assert_eq!(frames.pending(), Some(1), "it is another one");
    }
}

#[test]
fn cuts_between_pieces_change_nothing() {
    let long = vec![9; 70_000];
    let stream = [framed(0x82, &long[..300]), framed(0x89, b"ping"), framed(0x81, b""), framed(0x81, &long)].concat();
    let whole = vec![message(&long[..300]), Frame::Ping(Bytes::from_static(b"ping")), message(b""), message(&long)];
    for step in [1, 2, 3, 127, 4_096, usize::MAX] {
        let mut frames = unbounded();
        assert_eq!(read_all(&mut frames, &stream, step), (whole.clone(), None), "{step} bytes at once");
        assert_eq!(frames.pending(), None);
    }
}

#[test]
fn a_message_in_fragments_is_one_message_whatever_comes_between_them() {
    let mut stream = framed(0x01, b"one");
    for _ in 0..1_000 {
        stream.extend([framed(0x00, b"."), framed(0x89, b"?"), framed(0x00, b"")].concat());
    }
    let mut frames = unbounded();
    let (pings, fault) = read_all(&mut frames, &stream, 5);
    assert_eq!((pings, fault), (vec![Frame::Ping(Bytes::from_static(b"?")); 1_000], None));
    assert_eq!(frames.pending(), Some(0));
    let whole = [&b"one"[..], &[b'.'; 1_000]].concat();
    assert_eq!(read_all(&mut frames, &framed(0x80, b""), 1), (vec![message(&whole)], None));
    assert_eq!(frames.pending(), None);
}

#[test]
fn a_message_that_came_in_one_piece_stays_where_it_lies() {
    let piece = Bytes::from([framed(0x81, b"first"), framed(0x82, b"second")].concat());
    let mut frames = unbounded();
    frames.give(piece.clone());
    for at in [2, 9] {
        let Ok(Some(Frame::Message(message))) = frames.next() else { panic!("a message") };
        assert_eq!(message.as_ptr(), piece[at..].as_ptr());
    }
    // The control: what is cut has to be put together.
    frames.give(piece.slice(..4));
    assert_eq!(frames.next(), Ok(None));
    frames.give(piece.slice(4..7));
    let Ok(Some(Frame::Message(message))) = frames.next() else { panic!("a message") };
    assert!(message == b"first"[..] && message.as_ptr() != piece[2..].as_ptr());
}

#[test]
fn nothing_of_a_piece_is_kept_once_it_was_read() {
    let mut frames = unbounded();
    let whole = Bytes::from([framed(0x81, b"message"), framed(0x81, b"the next")[..4].to_vec()].concat());
    for piece in [whole.slice(..9), whole.slice(9..11), whole.slice(11..)] {
        frames.give(piece);
        while frames.next().expect("frames").is_some() {}
    }
    assert!(whole.is_unique());
}

#[test]
fn a_frame_that_finds_no_room_ends_it_and_what_precedes_it_is_read() {
    for length in [101, 70_000] {
        let mut frames = frames_of(200);
        let stream = [framed(0x82, &[1; 100]), framed(0x89, &[2; 125]), framed(0x82, &vec![3; length])].concat();
        let (read, fault) = read_all(&mut frames, &stream, 7);
        assert_eq!((read.len(), fault), (2, Some(FrameFault::TooLarge)));
        assert_eq!(frames.next(), Err(FrameFault::TooLarge), "and stays at its end");
        assert_eq!(frames.pending(), None);
    }
}

#[test]
fn an_announced_length_takes_no_memory() {
    let mut frames = unbounded();
    let header = [&[0x82, 127][..], &(LIMIT_BYTES as u64).to_be_bytes(), b"abc"].concat();
    assert_eq!(read_all(&mut frames, &header, 100), (vec![], None));
    assert!(frames.body.capacity() < 1_000);
    let absurd = [&[0x82, 127][..], &[0xff; 8]].concat();
    assert_eq!(read_all(&mut unbounded(), &absurd, 100), (vec![], Some(FrameFault::TooLarge)));
}

/// What was read, in words that both know.
#[derive(Debug, PartialEq)]
enum Told {
    Message(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>),
    TooLarge,
    Broken,
}

fn ours(stream: &[u8], step: usize) -> Vec<Told> {
    let (read, fault) = read_all(&mut unbounded(), stream, step);
    let mut told: Vec<Told> = Vec::new();
    for frame in read {
        told.push(match frame {
            Frame::Message(payload) => Told::Message(payload.to_vec()),
            Frame::Ping(payload) => Told::Ping(payload.to_vec()),
            Frame::Pong(payload) => Told::Pong(payload.to_vec()),
            // Of a code that may not be said the judge tells its own answer.
            Frame::Close(code) => Told::Close(code.map(|code| match code {
                1_000..=1_003 | 1_007..=1_013 | 3_000..=4_999 => code,
                _ => 1_002,
            })),
        });
        if matches!(told.last(), Some(Told::Close(_))) {
            // Nobody reads on.
            return told;
        }
    }
    told.extend(fault.map(|fault| if fault == FrameFault::TooLarge { Told::TooLarge } else { Told::Broken }));
    told
}

/// A server's end that says what it has and takes whatever it is told.
struct Script(std::io::Cursor<Vec<u8>>);

impl std::io::Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(std::io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl std::io::Write for Script {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn theirs(stream: &[u8]) -> Vec<Told> {
    let config = WebSocketConfig::default().max_message_size(Some(LIMIT_BYTES)).max_frame_size(Some(LIMIT_BYTES));
    let script = Script(std::io::Cursor::new(stream.to_vec()));
    let mut judge = WebSocket::from_raw_socket(script, Role::Client, Some(config));
    let mut told = Vec::new();
    loop {
        told.push(match judge.read() {
            Ok(Message::Text(text)) => Told::Message(text.as_bytes().to_vec()),
            Ok(Message::Binary(bytes)) => Told::Message(bytes.to_vec()),
            Ok(Message::Ping(payload)) => Told::Ping(payload.to_vec()),
            Ok(Message::Pong(payload)) => Told::Pong(payload.to_vec()),
            Ok(Message::Close(frame)) => {
                told.push(Told::Close(frame.map(|frame| frame.code.into())));
                return told;
            }
            Ok(Message::Frame(_)) => continue,
            Err(WsError::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => return told,
            Err(WsError::Capacity(CapacityError::MessageTooLong { .. })) => Told::TooLarge,
            Err(_) => Told::Broken,
        });
        if matches!(told.last(), Some(Told::TooLarge | Told::Broken)) {
            return told;
        }
    }
}

/// Both told the same; of what breaks the protocol we tell as soon as its header is there, and they may wait for the rest.
fn assert_alike(stream: &[u8], step: usize) -> Result<(), TestCaseError> {
    let (ours, theirs) = (ours(stream, step), theirs(stream));
    let before = ours.split_last().filter(|(last, _)| matches!(last, Told::Broken | Told::TooLarge));
    // One that breaks the protocol and is too large may be called either.
    let is_alike = before.is_some_and(|(last, before)| {
        before == theirs || *last == Told::Broken && theirs.split_last() == Some((&Told::TooLarge, before))
    });
    prop_assert!(ours == theirs || is_alike, "ours {ours:?}\ntheirs {theirs:?}");
    Ok(())
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..8),
        2 => prop::collection::vec(any::<u8>(), 120..130),
        1 => (65_530_usize..65_540).prop_map(|length| vec![b'a'; length]),
        1 => (LIMIT_BYTES - 5..LIMIT_BYTES + 5).prop_map(|length| vec![b'a'; length]),
    ]
}

/// Frames of which most belong where they are.
fn orderly() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![6 => Just(0x82_u8), 2 => Just(0x02), 3 => Just(0x00), 3 => Just(0x80), 2 => Just(0x89),
        2 => Just(0x8a), 1 => any::<u8>()];
    let close = prop::option::weighted(0.3, (1_000_u16..1_004).prop_map(|code| framed(0x88, &code.to_be_bytes())));
    (prop::collection::vec((first, payload()), 1..8), close).prop_map(|(frames, close)| {
        let frames = frames.iter().flat_map(|(first, payload)| framed(*first, payload));
        frames.chain(close.into_iter().flatten()).collect()
    })
}

/// The same with a few bytes that are others, or none.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    (orderly(), prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), any::<prop::sample::Index>())
        .prop_map(|(mut stream, changes, end)| {
            for (at, byte) in changes {
                let at = at.index(stream.len().min(64));
                stream[at] = byte;
            }
            stream.truncate(end.index(stream.len()) + 1);
            stream
        })
}

/// The same frames with binary in the place of text: of text that is no UTF-8 both mean to think differently.
fn without_text(mut stream: Vec<u8>) -> Vec<u8> {
    let mut at = 0;
    while let Some((header, _)) = stream.get_mut(at..).and_then(|rest| rest.split_first_chunk_mut::<2>()) {
        if header[0] & OPCODE == TEXT {
            header[0] = header[0] & !OPCODE | BINARY;
        }
        let second = header[1] & !MASKED;
        let extended = &stream[at + 2..];
        let length = match second {
            126 => extended.first_chunk().map(|length| 2 + usize::from(u16::from_be_bytes(*length))),
            127 => {
                extended.first_chunk().map(|length| u64::from_be_bytes(*length).saturating_add(8).try_into().unwrap())
            }
            short => Some(usize::from(short)),
        };
        at = length.map_or(stream.len(), |length| (at + 2).saturating_add(length));
    }
    stream
}

#[test]
fn text_is_found_behind_frames_of_any_length() {
    for length in [0, 125, 126, 65_535, 65_536, 99_999] {
        let before = framed(0x82, &vec![b'a'; length]);
        let changed = without_text([before.clone(), framed(0x01, &[128, 0])].concat());
        assert!(changed == [before, framed(0x02, &[128, 0])].concat(), "{length}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn another_implementation_reads_the_same_of_frames_in_any_order(stream in orderly(), step in 1_usize..200_000) {
        assert_alike(&without_text(stream), step)?;
    }

    #[test]
    fn another_implementation_reads_the_same_of_hostile_bytes(stream in hostile(), step in 1_usize..100) {
        assert_alike(&without_text(stream), step)?;
    }

    #[test]
    fn no_bytes_whatever_are_a_panic(stream in prop::collection::vec(any::<u8>(), 0..300), step in 1_usize..50) {
        ours(&stream, step);
    }
}

#[test]
fn good_byes_are_read_as_another_implementation_reads_them() {
    for payload in [&b""[..], &[0x03], &[0x03, 0xe8], b"\x03\xe9bye", b"\x0f\xa0", b"\x03\xe8\xff"] {
        assert_alike(&framed(0x88, payload), 1).unwrap();
    }
    assert_eq!(ours(&framed(0x88, b"\x03\xe9bye"), 100), [Told::Close(Some(1_001))]);
}

#[test]
fn text_that_is_none_is_a_message_and_one_reader_who_disagrees_is_found() {
    let stream = framed(0x81, b"\xff\xfe");
    assert_eq!(ours(&stream, 1), [Told::Message(b"\xff\xfe".to_vec())]);
    assert!(assert_alike(&stream, 1).is_err(), "the judge would see a difference");
}
