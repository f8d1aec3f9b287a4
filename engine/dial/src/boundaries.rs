//! Where the messages of a WebSocket begin and end, read from the bytes as they pass (RFC 6455 §5.2); none is kept. Text becomes
//! binary on the way, so that one message that is no UTF-8 is its reader's to skip and does not end the connection (fault matrix
//! C9).
//!
//! How long a message may take is decided in `patience`, whether there is room for it in `allowance`; what it says is known nowhere
//! in this crate.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::allowance::{NoRoom, Part};

/// The bits of a frame's kind, and the kinds of frames that data messages begin with.
const OPCODE: u8 = 0x0f;
const TEXT: u8 = 0x01;
const BINARY: u8 = 0x02;
/// The bit of the last frame of a message.
const FINAL: u8 = 0x80;
/// The bit of an opcode that marks ping, pong and close.
const CONTROL: u8 = 0x08;
/// The bit that says that a masking key follows.
const MASKED: u8 = 0x80;

/// Follows a connection from the HTTP answer on.
#[derive(Debug)]
pub(crate) struct Boundaries {
    place: Place,
    /// Whether a message came whose last frame did not.
    fragmented: bool,
    /// How many messages, and control frames outside of messages, are complete.
    complete: u64,
    room: Part,
}

#[derive(Debug)]
enum Place {
    /// In the HTTP answer, which ends with an empty line.
    Head { line_is_empty: bool },
    /// In a frame's header, of which this much is there.
    Header { bytes: [u8; 10], have: usize },
    /// In a frame's payload, with this much still to come.
    Payload { left_bytes: u64, first: u8 },
}

impl Place {
    const FRAME: Self = Self::Header { bytes: [0; 10], have: 0 };
}

impl Boundaries {
    /// One whose messages take of `room`.
    pub(crate) const fn new(room: Part) -> Self {
        Self { place: Place::Head { line_is_empty: false }, fragmented: false, complete: 0, room }
    }

    /// The running number of the message that began and is not complete, if there is one.
    pub(crate) const fn pending(&self) -> Option<u64> {
        let within = match self.place {
            Place::Head { .. } => false,
            Place::Header { have, .. } => have > 0,
            Place::Payload { .. } => true,
        };
        if within || self.fragmented { Some(self.complete) } else { None }
    }

    /// Takes the next bytes, and makes frames of text frames of binary; costs nothing for each byte of a payload.
    ///
    /// # Errors
    /// How many bytes precede the end of a header whose frame finds no room: whoever is not given that end takes no memory for
    /// the frame.
    pub(crate) fn follow(&mut self, mut bytes: &mut [u8]) -> Result<(), usize> {
        let length = bytes.len();
        while let Some((first, _)) = bytes.split_first_mut() {
            let passed = match &mut self.place {
                Place::Head { line_is_empty } => {
                    match *first {
                        b'\n' if *line_is_empty => self.place = Place::FRAME,
                        b'\n' => *line_is_empty = true,
                        b'\r' => {}
                        _ => *line_is_empty = false,
                    }
                    1
                }
                Place::Header { bytes: header, have } => {
                    if *have == 0 && *first & OPCODE == TEXT {
                        *first = *first & !OPCODE | BINARY;
                    }
                    header[*have] = *first;
                    *have += 1;
                    let kind = header[0];
                    if let Some(left_bytes) = payload_length(&header[..*have]) {
                        self.make_room(kind, left_bytes).map_err(|NoRoom| length - bytes.len())?;
                        self.begin_payload(kind, left_bytes);
                    }
                    1
                }
                Place::Payload { left_bytes, first } => {
                    let here = usize::try_from(*left_bytes).unwrap_or(usize::MAX).min(bytes.len());
                    *left_bytes -= here as u64;
                    if *left_bytes == 0 {
                        let first = *first;
                        self.end_frame(first);
                    }
                    here
                }
            };
            bytes = &mut bytes[passed..];
        }
        Ok(())
    }

    /// Takes the room of a frame; control frames are small.
    fn make_room(&mut self, first: u8, payload_bytes: u64) -> Result<(), NoRoom> {
        if first & CONTROL != 0 {
            return Ok(());
        }
        let is_last = first & FINAL != 0;
        self.room.take(payload_bytes, self.fragmented || !is_last, is_last)
    }

    const fn begin_payload(&mut self, first: u8, left_bytes: u64) {
        if left_bytes == 0 {
            self.end_frame(first);
        } else {
            self.place = Place::Payload { left_bytes, first };
        }
    }

    /// A control frame between the frames of a message does not end it.
    const fn end_frame(&mut self, first: u8) {
        self.place = Place::FRAME;
        if first & CONTROL == 0 {
            self.fragmented = first & FINAL == 0;
        }
        if !self.fragmented {
            self.complete += 1;
        }
    }
}

/// How many bytes follow a header, masking key included; `None` while the header is not complete.
fn payload_length(header: &[u8]) -> Option<u64> {
    let (second, extended) = header.get(1..)?.split_first()?;
    let length_bytes = match second & !MASKED {
        126 => u64::from(u16::from_be_bytes(extended.try_into().ok()?)),
        127 => u64::from_be_bytes(extended.try_into().ok()?),
        short => u64::from(short),
    };
    Some(length_bytes.saturating_add(if second & MASKED == 0 { 0 } else { 4 }))
}

/// A stream whose incoming bytes are followed.
#[derive(Debug)]
pub(crate) struct Followed<S> {
    stream: S,
    boundaries: Boundaries,
    /// Whether a frame came for which there is no room: nothing behind it is read.
    is_refused: bool,
}

impl<S> Followed<S> {
    /// A connection whose messages take of `room`.
    pub(crate) const fn new(stream: S, room: Part) -> Self {
        Self { stream, boundaries: Boundaries::new(room), is_refused: false }
    }

    pub(crate) const fn boundaries(&self) -> &Boundaries {
        &self.boundaries
    }

    pub(crate) const fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Followed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if !self.is_refused {
            ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
            let Err(passed) = self.boundaries.follow(&mut buffer.filled_mut()[before..]) else {
                return Poll::Ready(Ok(()));
            };
            self.is_refused = true;
            buffer.set_filled(before + passed);
        }
        // What came before it is read first; that nothing comes would mean the end.
        let nothing_came = buffer.filled().len() == before;
        Poll::Ready(if nothing_came { Err(io::Error::other(NoRoom)) } else { Ok(()) })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Followed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
