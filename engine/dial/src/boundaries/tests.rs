use super::*;
use crate::Allowance;

impl Boundaries {
    /// Takes bytes of which nobody wants to know what becomes of them.
    fn pass(&mut self, bytes: &[u8]) {
        assert_eq!(self.follow(&mut bytes.to_vec()), Ok(()));
    }

    fn unbounded() -> Self {
        Self::new(Allowance::new(usize::MAX).part())
    }
}

const ANSWER: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

/// A frame as a server sends it.
fn frame(first: u8, length_bytes: usize) -> Vec<u8> {
    let mut bytes = vec![first];
    match length_bytes {
        0..126 => bytes.push(u8::try_from(length_bytes).unwrap()),
        126..=0xffff => {
            bytes.push(126);
            bytes.extend(u16::try_from(length_bytes).unwrap().to_be_bytes());
        }
        _ => {
            bytes.push(127);
            bytes.extend((length_bytes as u64).to_be_bytes());
        }
    }
    bytes.resize(bytes.len() + length_bytes, 0x0a);
    bytes
}

fn after(bytes: &[u8]) -> Boundaries {
    let mut boundaries = Boundaries::unbounded();
    boundaries.pass(ANSWER);
    assert_eq!(boundaries.pending(), None);
    boundaries.pass(bytes);
    boundaries
}

#[test]
fn a_message_is_pending_from_its_first_byte_to_its_last() {
    for length_bytes in [1, 125, 126, 127, 65_535, 65_536] {
        let whole = frame(0x81, length_bytes);
        let mut boundaries = after(&[]);
        for (count, byte) in whole.iter().enumerate() {
            assert_eq!(boundaries.pending(), (count > 0).then_some(0), "{count} bytes of {length_bytes}");
            boundaries.pass(&[*byte]);
        }
        assert_eq!(boundaries.pending(), None);
        boundaries.pass(&whole[..1]);
        assert_eq!(boundaries.pending(), Some(1), "it is another one");
    }
}

#[test]
fn cuts_between_reads_change_nothing() {
    let stream: Vec<u8> = [frame(0x82, 300), frame(0x89, 5), frame(0x81, 0), frame(0x81, 70_000)].concat();
    assert_eq!(after(&stream).pending(), None);
    assert_eq!(after(&stream).complete, 4);
    for step in [1, 3, 127, 4_096] {
        let mut boundaries = after(&[]);
        stream.chunks(step).for_each(|part| boundaries.pass(part));
        assert_eq!((boundaries.pending(), boundaries.complete), (None, 4), "{step} bytes at once");
    }
}

#[test]
fn a_message_in_pieces_is_one_message_whatever_comes_between_its_pieces() {
    let mut boundaries = after(&frame(0x01, 3));
    for _ in 0..1_000 {
        assert_eq!(boundaries.pending(), Some(0));
        boundaries.pass(&frame(0x00, 1));
        boundaries.pass(&frame(0x89, 4));
        boundaries.pass(&frame(0x00, 0));
    }
    boundaries.pass(&frame(0x80, 0));
    assert_eq!(boundaries.pending(), None);
    assert_eq!(boundaries.complete, 1);
}

#[test]
fn a_ping_that_is_not_complete_is_pending_too() {
    let mut boundaries = after(&frame(0x89, 4)[..3]);
    assert_eq!(boundaries.pending(), Some(0));
    boundaries.pass(&[0; 3]);
    assert_eq!((boundaries.pending(), boundaries.complete), (None, 1));
}

#[test]
fn a_masked_frame_is_longer_by_its_key_and_an_absurd_length_is_no_overflow() {
    let mut boundaries = after(&[0x81, 0x80 | 2, 1, 2, 3, 4, 5]);
    assert_eq!(boundaries.pending(), Some(0));
    boundaries.pass(&[6]);
    assert_eq!(boundaries.pending(), None);
    let absurd = [&[0x82, 0xff][..], &[0xff; 8], &[0; 100]].concat();
    assert_eq!(after(&absurd).pending(), Some(0));
}

#[test]
fn what_came_with_the_http_answer_counts() {
    let mut boundaries = Boundaries::unbounded();
    boundaries.pass(&[ANSWER, &frame(0x81, 10)[..4]].concat());
    assert_eq!(boundaries.pending(), Some(0));
    let mut bare = Boundaries::unbounded();
    bare.pass(b"HTTP/1.1 101 OK\n\n\x81");
    assert_eq!(bare.pending(), Some(0));
}

#[test]
fn text_becomes_binary_and_nothing_else_changes() {
    let text = [frame(0x01, 3), frame(0x89, 2), frame(0x80, 70_000), frame(0x81, 1), frame(0x82, 4)].concat();
    let binary = [frame(0x02, 3), frame(0x89, 2), frame(0x80, 70_000), frame(0x82, 1), frame(0x82, 4)].concat();
    for step in [1, 3, 4_096] {
        let (mut boundaries, mut bytes) = (after(&[]), text.clone());
        bytes.chunks_mut(step).for_each(|part| assert_eq!(boundaries.follow(part), Ok(())));
        assert!(bytes == binary, "{step} bytes at once");
    }
}

#[test]
fn a_frame_that_finds_no_room_is_not_announced_and_what_precedes_it_passes() {
    for length_bytes in [200, 70_000] {
        let mut boundaries = Boundaries::new(Allowance::new(200).part());
        boundaries.pass(ANSWER);
        let fits = frame(0x82, 100);
        let header = frame(0x82, length_bytes).len() - length_bytes;
        let mut bytes = [fits.clone(), frame(0x89, 125), frame(0x82, length_bytes)].concat();
        assert_eq!(boundaries.follow(&mut bytes), Err(fits.len() + 127 + header - 1));
    }
}
