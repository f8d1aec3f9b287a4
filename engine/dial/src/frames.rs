//! The frames of a WebSocket as a client reads them (RFC 6455 §5): bytes in, whole messages out. A message that came in one piece is
//! handed on where it lies. Text is not looked at: one message that is no UTF-8 is its reader's to skip, and does not end the
//! connection (fault matrix C9).
//!
//! How long a message may take is decided in `patience`, whether there is room for it in `allowance`, what is said on a connection's
//! own account in `socket`; what we send is framed in `masked`.

use bytes::{Buf as _, Bytes, BytesMut};

use crate::allowance::Part;

/// The bits of a frame's kind, and the kinds.
const OPCODE: u8 = 0x0f;
const CONTINUATION: u8 = 0x00;
pub(crate) const TEXT: u8 = 0x01;
pub(crate) const BINARY: u8 = 0x02;
pub(crate) const CLOSE: u8 = 0x08;
pub(crate) const PING: u8 = 0x09;
pub(crate) const PONG: u8 = 0x0a;
/// The bit of the last frame of a message.
pub(crate) const FINAL: u8 = 0x80;
/// The bits that extensions may use, of which there are none.
const RESERVED: u8 = 0x70;
/// The bit of an opcode that marks ping, pong and close.
const CONTROL: u8 = 0x08;
/// The bit that says that a masking key follows.
pub(crate) const MASKED: u8 = 0x80;
/// The longest payload of a control frame, in bytes.
const CONTROL_BYTES: usize = 125;
/// The longest header of a frame that is not masked, in bytes.
const HEADER_BYTES: usize = 10;

/// Something that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A message of one frame or several, text or binary alike.
    Message(Bytes),
    /// The peer asks for a pong with these bytes.
    Ping(Bytes),
    /// The answer to a ping of these bytes.
    Pong(Bytes),
    /// The peer says good-bye, with this code.
    Close(Option<u16>),
}

/// Why nothing more can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameFault {
    /// A message is larger than allowed, or finds no room beside those of the other connections.
    TooLarge,
    /// The peer broke the protocol.
    Broken(&'static str),
}

/// A header.
#[derive(Clone, Copy, Debug)]
struct Header {
    first: u8,
    length_bytes: u64,
}

impl Header {
    const fn is_control(self) -> bool {
        self.first & CONTROL != 0
    }

    const fn is_final(self) -> bool {
        self.first & FINAL != 0
    }

    const fn opcode(self) -> u8 {
        self.first & OPCODE
    }
}

#[derive(Debug)]
enum Place {
    /// In a header, of which this much is there.
    Header { bytes: [u8; HEADER_BYTES], have: usize },
    /// In a payload, with this much still to come.
    Payload { header: Header, left: usize },
    /// Behind a fault.
    Broken(FrameFault),
}

impl Place {
    const FRAME: Self = Self::Header { bytes: [0; HEADER_BYTES], have: 0 };
}

/// Reads the frames of one connection.
#[derive(Debug)]
pub(crate) struct Frames {
    place: Place,
    /// What was given and not read yet.
    given: Bytes,
    /// What came of a data message that did not lie in one piece.
    body: BytesMut,
    /// The same of a control frame.
    control: BytesMut,
    /// Whether a message came whose last frame did not.
    is_fragmented: bool,
    /// How many messages, and control frames outside of messages, are whole.
    whole: u64,
    limit_bytes: usize,
    room: Part,
}

impl Frames {
    /// Of a connection whose messages have `limit_bytes` each at most, and take of `room`.
    pub(crate) fn new(limit_bytes: usize, room: Part) -> Self {
        Self {
            place: Place::FRAME,
            given: Bytes::new(),
            body: BytesMut::new(),
            control: BytesMut::new(),
            is_fragmented: false,
            whole: 0,
            limit_bytes,
            room,
        }
    }

    /// Gives what follows; everything before it was read.
    pub(crate) fn give(&mut self, piece: Bytes) {
        debug_assert!(self.given.is_empty(), "everything before it was read");
        self.given = piece;
    }

    /// The running number of the message that began and is not whole, if there is one.
    pub(crate) const fn pending(&self) -> Option<u64> {
        let is_within = match self.place {
            Place::Header { have, .. } => have > 0,
            Place::Payload { .. } => true,
            Place::Broken(_) => false,
        };
        if is_within || self.is_fragmented { Some(self.whole) } else { None }
    }

    /// The next that is whole; `None` if more has to be given first.
    ///
    /// # Errors
    /// [`FrameFault`], the same from then on.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, FrameFault> {
        loop {
            match &mut self.place {
                Place::Header { bytes, have } => {
                    let Some(next) = self.given.first().copied() else { return Ok(self.lacking()) };
                    self.given.advance(1);
                    bytes[*have] = next;
                    *have += 1;
                    match read(&bytes[..*have]) {
                        Ok(None) => {}
                        Ok(Some(header)) => {
                            let left = self.admit(header).map_err(|fault| self.fail(fault))?;
                            self.place = Place::Payload { header, left };
                        }
                        Err(fault) => return Err(self.fail(fault)),
                    }
                }
                Place::Payload { header, left } => {
                    let header = *header;
                    let collected = if header.is_control() { &mut self.control } else { &mut self.body };
                    let lies_whole = *left <= self.given.len() && collected.is_empty();
                    let payload = if lies_whole && (header.is_final() || header.is_control()) {
                        self.given.split_to(*left)
                    } else {
                        let here = (*left).min(self.given.len());
                        collected.extend_from_slice(&self.given[..here]);
                        self.given.advance(here);
                        *left -= here;
                        if *left > 0 {
                            return Ok(self.lacking());
                        }
                        if !header.is_final() {
                            self.end(header);
                            continue;
                        }
                        collected.split().freeze()
                    };
                    self.end(header);
                    return frame(header, payload).map(Some).map_err(|fault| self.fail(fault));
                }
                Place::Broken(fault) => return Err(*fault),
            }
        }
    }

    /// Everything that was given is read: even nothing of it would keep its memory.
    fn lacking(&mut self) -> Option<Frame> {
        self.given = Bytes::new();
        None
    }

    /// Holds a frame that begins against the protocol and what there is room for, before any memory is taken for it; how long its
    /// payload is.
    fn admit(&mut self, header: Header) -> Result<usize, FrameFault> {
        if header.is_control() {
            if !header.is_final() {
                return Err(FrameFault::Broken("a control frame is in fragments"));
            }
            let short = usize::try_from(header.length_bytes).ok().filter(|length| *length <= CONTROL_BYTES);
            return short.ok_or(FrameFault::Broken("a control frame is longer than 125 bytes"));
        }
        match (header.opcode() == CONTINUATION, self.is_fragmented) {
            (true, false) => return Err(FrameFault::Broken("a message goes on that did not begin")),
            (false, true) => return Err(FrameFault::Broken("a message begins within another")),
            _ => {}
        }
        let length = usize::try_from(header.length_bytes).map_err(|_| FrameFault::TooLarge)?;
        if self.body.len().saturating_add(length) > self.limit_bytes {
            return Err(FrameFault::TooLarge);
        }
        let is_fragment = self.is_fragmented || !header.is_final();
        let room = self.room.take(header.length_bytes, is_fragment, header.is_final());
        room.map(|()| length).map_err(|_| FrameFault::TooLarge)
    }

    const fn end(&mut self, header: Header) {
        self.place = Place::FRAME;
        // A control frame between the frames of a message does not end it.
        if !header.is_control() {
            self.is_fragmented = !header.is_final();
        }
        if !self.is_fragmented {
            self.whole += 1;
        }
    }

    fn fail(&mut self, fault: FrameFault) -> FrameFault {
        self.place = Place::Broken(fault);
        self.given = Bytes::new();
        self.is_fragmented = false;
        fault
    }
}

/// A header; `None` while it is not whole.
fn read(header: &[u8]) -> Result<Option<Header>, FrameFault> {
    let Some((first, rest)) = header.split_first() else { return Ok(None) };
    if first & RESERVED != 0 {
        return Err(FrameFault::Broken("a frame uses an extension"));
    }
    if !matches!(first & OPCODE, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG) {
        return Err(FrameFault::Broken("a frame is of no known kind"));
    }
    let Some((second, extended)) = rest.split_first() else { return Ok(None) };
    if second & MASKED != 0 {
        return Err(FrameFault::Broken("a server masks a frame"));
    }
    let length_bytes = match *second {
        126 => extended.try_into().ok().map(|length| u64::from(u16::from_be_bytes(length))),
        127 => extended.try_into().ok().map(u64::from_be_bytes),
        short => Some(u64::from(short)),
    };
    Ok(length_bytes.map(|length_bytes| Header { first: *first, length_bytes }))
}

fn frame(header: Header, payload: Bytes) -> Result<Frame, FrameFault> {
    Ok(match header.opcode() {
        PING => Frame::Ping(payload),
        PONG => Frame::Pong(payload),
        CLOSE => Frame::Close(match payload.split_first_chunk() {
            None if payload.is_empty() => None,
            None => return Err(FrameFault::Broken("a good-bye has half a code")),
            Some((code, reason)) if str::from_utf8(reason).is_ok() => Some(u16::from_be_bytes(*code)),
            Some(_) => return Err(FrameFault::Broken("the reason of a good-bye is no UTF-8")),
        }),
        _ => Frame::Message(payload),
    })
}

#[cfg(test)]
mod tests;
