//! WebSocket frames (RFC 6455 §5) at the least cost: small ones are written, incoming ones are walked over by their
//! lengths without being looked at, unless they are as small as a keep-alive. Connections are in `socket`.

/// A message that tells something, in bytes; the media messages that matter for cost are larger.
const SMALL_BYTES: u64 = 128;
/// The longest header of a frame that is not masked.
const HEADER_BYTES: usize = 10;

/// What a frame is (RFC 6455 §5.2).
pub(super) mod opcode {
    pub(in crate::reader) const TEXT: u8 = 1;
    pub(in crate::reader) const CLOSE: u8 = 8;
    pub(in crate::reader) const PING: u8 = 9;
    pub(in crate::reader) const PONG: u8 = 10;
}

/// A whole frame from a client, masked as it must be.
pub(super) fn masked(opcode: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match payload.len() {
        len @ 0..126 => frame.push(0x80 | len as u8),
        len @ 126..65_536 => {
            frame.push(0x80 | 126);
            frame.extend((len as u16).to_be_bytes());
        }
        len => {
            frame.push(0x80 | 127);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// A frame that was gathered because it is small, or because it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Small {
    /// What it is.
    pub(super) opcode: u8,
    /// What it says.
    pub(super) payload: Vec<u8>,
}

/// Walks over the frames of a server in whatever pieces they come.
#[derive(Debug)]
pub(super) struct Walker {
    header: [u8; HEADER_BYTES],
    header_bytes: usize,
    left: u64,
    gathered: Option<Small>,
    gather_bytes: u64,
    /// How many frames have begun.
    pub(super) frames: u64,
}

impl Walker {
    /// Gathers small messages only.
    pub(super) fn new() -> Self {
        let (header, header_bytes) = ([0; HEADER_BYTES], 0);
        Self { header, header_bytes, left: 0, gathered: None, gather_bytes: SMALL_BYTES, frames: 0 }
    }

    /// Gathers messages up to this many bytes from the next one on; without a number, small ones only.
    pub(super) fn gather(&mut self, up_to_bytes: Option<u64>) {
        self.gather_bytes = up_to_bytes.unwrap_or(SMALL_BYTES);
    }

    /// Takes what was read and adds the gathered frames that it completes to `small`.
    pub(super) fn walk(&mut self, mut bytes: &[u8], small: &mut Vec<Small>) {
        while !bytes.is_empty() {
            if self.left > 0 {
                let step = self.left.min(bytes.len() as u64) as usize;
                let (payload, rest) = bytes.split_at(step);
                if let Some(gathered) = &mut self.gathered {
                    gathered.payload.extend_from_slice(payload);
                }
                self.left -= step as u64;
                bytes = rest;
            } else {
                self.header[self.header_bytes] = bytes[0];
                self.header_bytes += 1;
                bytes = &bytes[1..];
                let Some(len) = self.payload_bytes() else { continue };
                self.header_bytes = 0;
                self.frames += 1;
                self.left = len;
                let opcode = self.header[0] & 0x0F;
                self.gathered = (len <= self.gather_bytes).then(|| Small { opcode, payload: Vec::new() });
            }
            if self.left == 0 {
                small.extend(self.gathered.take());
            }
        }
    }

    /// The length of the payload, once the header is whole. A server does not mask.
    fn payload_bytes(&self) -> Option<u64> {
        let number =
            |from: usize, to: usize| self.header[from..to].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        match (self.header_bytes, self.header[1] & 0x7F) {
            (0 | 1, _) => None,
            (2, len @ 0..126) => Some(u64::from(len)),
            (4, 126) => Some(number(2, 4)),
            (10, 127) => Some(number(2, 10)),
            _ => None,
        }
    }
}

/// The answer to a keep-alive request (protocol §5.8), or `None` if a message is none.
pub(super) fn keep_alive_answer(message: &[u8]) -> Option<Vec<u8>> {
    const REQUEST: &[u8] = br#""msg_type":12,"#;
    if !message.windows(REQUEST.len()).any(|window| window == REQUEST) {
        return None;
    }
    let mut message: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(message).ok()?;
    message.insert("msg_type".to_owned(), 13.into());
    serde_json::to_vec(&message).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_server(opcode: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = masked(opcode, payload, [0; 4]);
        let mask = frame.len() - payload.len() - 4;
        frame.drain(mask..mask + 4);
        frame[1] &= 0x7F;
        frame
    }

    #[test]
    fn small_frames_are_gathered_between_large_ones_however_they_are_cut() {
        let mut bytes = from_server(opcode::TEXT, &[b'a'; 70_000]);
        bytes.extend(from_server(opcode::TEXT, br#"{"msg_type":12,"sequence":1,"timestamp":5}"#));
        bytes.extend(from_server(opcode::TEXT, &[b'b'; 300]));
        bytes.extend(from_server(opcode::PING, b""));
        bytes.extend(from_server(opcode::PING, b"drained"));
        for piece in [1, 2, 3, 7, 1_000, 32_768, bytes.len()] {
            let (mut walker, mut small) = (Walker::new(), Vec::new());
            bytes.chunks(piece).for_each(|chunk| walker.walk(chunk, &mut small));
            assert_eq!(walker.frames, 5, "in pieces of {piece}");
            let seen: Vec<(u8, &[u8])> = small.iter().map(|small| (small.opcode, small.payload.as_slice())).collect();
            let keep_alive = br#"{"msg_type":12,"sequence":1,"timestamp":5}"#.as_slice();
            assert_eq!(
                seen,
                [(1, keep_alive), (9, b"".as_slice()), (9, b"drained".as_slice())],
                "in pieces of {piece}"
            );
        }
    }

    #[test]
    fn larger_messages_are_gathered_when_asked_for() {
        let (mut walker, mut small) = (Walker::new(), Vec::new());
        walker.gather(Some(1_000));
        walker.walk(&from_server(opcode::TEXT, &[b'x'; 900]), &mut small);
        walker.gather(None);
        walker.walk(&from_server(opcode::TEXT, &[b'x'; 900]), &mut small);
        assert_eq!(small.len(), 1);
    }

    #[test]
    fn a_keep_alive_is_echoed() {
        let answer = keep_alive_answer(br#"{"msg_type":12,"sequence":3,"timestamp":1767225610000}"#).unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer, serde_json::json!({"msg_type": 13, "sequence": 3, "timestamp": 1_767_225_610_000_i64}));
        assert_eq!(keep_alive_answer(br#"{"msg_type":6,"event":{}}"#), None);
        assert_eq!(keep_alive_answer(br#"{"msg_type":12,"cut"#), None);
    }

    #[test]
    fn frames_of_a_client_are_masked() {
        assert_eq!(
            masked(opcode::TEXT, b"Hello", [0x37, 0xfa, 0x21, 0x3d]),
            [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
        );
        assert_eq!(masked(opcode::TEXT, &[0; 300], [1; 4])[..4], [0x81, 0xFE, 1, 44]);
    }
}
