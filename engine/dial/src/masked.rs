//! What a client sends over a WebSocket: frames that are masked (RFC 6455 §5.3), behind one another until the connection takes them.
//! What is said and when is decided in `socket`.

use rustls::crypto::{SecureRandom, aws_lc_rs};

use crate::frames::{FINAL, MASKED};

/// How much memory is kept for what is sent next, in bytes.
const KEPT_BYTES: usize = 16 << 10;

/// Frames that wait.
pub(crate) struct Masked {
    frames: Vec<u8>,
    /// How much of them the connection took.
    taken: usize,
    random: &'static dyn SecureRandom,
}

impl Masked {
    pub(crate) fn new() -> Self {
        Self { frames: Vec::new(), taken: 0, random: aws_lc_rs::default_provider().secure_random }
    }

    /// What the connection has not taken yet.
    pub(crate) fn waiting(&self) -> &[u8] {
        &self.frames[self.taken..]
    }

    /// The connection took so many bytes.
    pub(crate) fn took(&mut self, bytes: usize) {
        self.taken += bytes;
        if self.taken == self.frames.len() {
            self.taken = 0;
            self.frames.clear();
            self.frames.shrink_to(KEPT_BYTES);
        }
    }

    /// Puts a frame that is a whole message, or a control frame, behind the others. Whether a key for it could be had: without the
    /// machine's random numbers nothing can be said.
    #[must_use]
    pub(crate) fn put(&mut self, opcode: u8, payload: &[u8]) -> bool {
        let mut key = [0; 4];
        if self.random.fill(&mut key).is_err() {
            return false;
        }
        let to = &mut self.frames;
        to.reserve(payload.len() + 14);
        let length = payload.len();
        to.extend_from_slice(&[FINAL | opcode]);
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short @ ..126), _) => to.extend_from_slice(&[MASKED | short]),
            (_, Ok(length)) => {
                to.extend_from_slice(&[MASKED | 126]);
                to.extend_from_slice(&length.to_be_bytes());
            }
            _ => {
                to.extend_from_slice(&[MASKED | 127]);
                to.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        to.extend_from_slice(&key);
        let begin = to.len();
        to.extend_from_slice(payload);
        for group in to[begin..].chunks_mut(key.len()) {
            for (byte, key) in group.iter_mut().zip(key) {
                *byte ^= key;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::{
        Message,
        protocol::{Role, WebSocket},
    };

    use super::*;
    use crate::frames::{BINARY, PING, TEXT};

    #[test]
    fn a_server_reads_what_was_said_whatever_its_length() {
        let mut masked = Masked::new();
        let lengths = [0, 1, 2, 3, 4, 5, 125, 126, 127, 65_535, 65_536, 200_000];
        for length in lengths {
            assert!(masked.put(BINARY, &vec![7; length]));
        }
        assert!(masked.put(TEXT, "verbatim ✓".as_bytes()) && masked.put(PING, b"there?"));
        let mut server =
            WebSocket::from_raw_socket(std::io::Cursor::new(masked.waiting().to_vec()), Role::Server, None);
        for length in lengths {
            assert_eq!(server.read().unwrap(), Message::Binary(vec![7; length].into()));
        }
        assert_eq!(server.read().unwrap(), Message::Text("verbatim ✓".into()));
        assert_eq!(server.read().unwrap(), Message::Ping(b"there?".to_vec().into()));
    }

    #[test]
    fn no_two_frames_have_the_same_key_and_nothing_is_kept_of_what_was_large() {
        let mut masked = Masked::new();
        assert!(masked.put(BINARY, &[0; 4]) && masked.put(BINARY, &[0; 4]));
        assert_ne!(masked.waiting()[2..10], masked.waiting()[12..20]);
        assert!(masked.put(BINARY, &vec![0; 1 << 20]));
        assert!(masked.frames.capacity() > KEPT_BYTES);
        masked.took(10);
        masked.took(masked.waiting().len());
        assert!(masked.waiting().is_empty() && masked.frames.capacity() <= KEPT_BYTES);
    }
}
