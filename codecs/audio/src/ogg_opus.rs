//! Opus packets to a file (Ogg, RFC 3533 and RFC 7845), untouched. Which packets, and where they belong, is the caller's.

use std::borrow::Cow;

use bytes::Bytes;
use media::{Channels, SampleRate};
use ogg::{PacketWriteEndInfo, PacketWriter};

use crate::AudioError;

#[cfg(test)]
mod tests;

/// Samples a second of every Opus stream's clock (RFC 7845 §4).
const CLOCK_HZ: u32 = 48_000;
/// A page is ended after so much sound, as RFC 7845 §4 advises for a player that comes late.
const PAGE_SAMPLES: u64 = 48_000;
/// RFC 6716 §3.2.5, RFC 7845 §6: what a packet may have at most.
const LONGEST_PACKET_BYTES: usize = 61_440;
/// Packets of silence in one channel, in full band without a frame before them (RFC 6716 §3.1): 20, 10, 5 and 2.5 ms.
const SILENCE: [(u64, [u8; 3]); 4] =
    [(960, [0xF8, 0xFF, 0xFE]), (480, [0xF0, 0xFF, 0xFE]), (240, [0xE8, 0xFF, 0xFE]), (120, [0xE0, 0xFF, 0xFE])];
/// What the bit of a packet's first byte says that it has two channels.
const STEREO: u8 = 0b100;

/// Who wrote the file, as its comments say.
const VENDOR: &[u8] = b"hansard";

/// What a file's first packet tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpusHead {
    /// How many channels it is played with.
    pub channels: Channels,
    /// How many samples at 48 kHz players leave out at the beginning.
    pub pre_skip_samples: u32,
    /// The rate of the sound before it was encoded, which changes nothing for players.
    pub rate: SampleRate,
    /// Distinguishes the stream from others, where files are joined.
    pub serial: u32,
}

/// Writes packets to a file, one after the other; a file's time is the sum of its packets.
pub struct OggOpus {
    writer: PacketWriter<'static, Vec<u8>>,
    head: OpusHead,
    /// The sound of all packets, in samples.
    samples: u64,
    /// What was written on pages that are ended.
    paged_samples: u64,
    /// The newest packet, which may turn out to be the last.
    held: Option<(Cow<'static, [u8]>, u64)>,
}

impl OggOpus {
    /// Begins a file.
    pub fn new(head: OpusHead) -> Self {
        let writer = PacketWriter::new(Vec::new());
        let mut file = Self { writer, head, samples: 0, paged_samples: 0, held: None };
        file.write(identification(head).into(), PacketWriteEndInfo::EndPage, 0);
        file.write(comments().into(), PacketWriteEndInfo::EndPage, 0);
        file
    }

    /// How much sound a packet holds, in samples at 48 kHz.
    ///
    /// # Errors
    /// If it is empty, too long, or not a packet of Opus (RFC 6716 §3.4).
    pub fn samples_of(packet: &[u8]) -> Result<u64, AudioError> {
        if packet.is_empty() {
            return Err(AudioError::EmptyPacket);
        }
        if packet.len() > LONGEST_PACKET_BYTES {
            return Err(AudioError::PacketTooLong { bytes: packet.len(), limit_bytes: LONGEST_PACKET_BYTES });
        }
        let fault = |error: opus::Error| AudioError::Opus { bytes: packet.len(), reason: error.description() };
        opus::packet::parse(packet).map_err(fault)?;
        opus::packet::get_nb_samples(packet, CLOCK_HZ).map(|samples| samples as u64).map_err(fault)
    }

    /// How much sound was added, in samples at 48 kHz, with what players leave out.
    pub const fn samples(&self) -> u64 {
        self.samples
    }

    /// Adds a packet.
    ///
    /// # Errors
    /// As of [`OggOpus::samples_of`]; the file is as if it had not come.
    pub fn push(&mut self, packet: Bytes) -> Result<(), AudioError> {
        let samples = Self::samples_of(&packet)?;
        self.add(Cow::Owned(packet.into()), samples);
        Ok(())
    }

    /// Adds silence until the sound is `samples` long, or at most 2.5 ms less.
    pub fn fill(&mut self, samples: u64) {
        for (of_packet, packet) in SILENCE {
            while self.samples + of_packet <= samples {
                self.add(Cow::Owned(self.silence(packet).into()), of_packet);
            }
        }
    }

    /// Ends the file; players leave out what its last packet holds beyond `samples`.
    pub fn finish(&mut self, samples: u64) {
        if self.held.is_none() {
            // The last page must hold a packet.
            let (of_packet, packet) = SILENCE[0];
            self.add(Cow::Owned(self.silence(packet).into()), of_packet);
        }
        if let Some((packet, of_packet)) = self.held.take() {
            // Only what the last page holds can be left out (RFC 7845 §4.4).
            let end = samples.clamp(self.samples - of_packet, self.samples);
            self.write(packet, PacketWriteEndInfo::EndStream, end);
        }
    }

    /// What became available since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.writer.inner_mut())
    }

    fn silence(&self, [first, rest @ ..]: [u8; 3]) -> [u8; 3] {
        let first = match self.head.channels {
            Channels::Mono => first,
            Channels::Stereo => first | STEREO,
        };
        [first, rest[0], rest[1]]
    }

    fn add(&mut self, packet: Cow<'static, [u8]>, samples: u64) {
        if let Some((held, _)) = self.held.take() {
            let ends_page = self.samples - self.paged_samples >= PAGE_SAMPLES;
            let end = if ends_page { PacketWriteEndInfo::EndPage } else { PacketWriteEndInfo::NormalPacket };
            if ends_page {
                self.paged_samples = self.samples;
            }
            self.write(held, end, self.samples);
        }
        self.samples += samples;
        self.held = Some((packet, samples));
    }

    fn write(&mut self, packet: Cow<'static, [u8]>, end: PacketWriteEndInfo, position: u64) {
        self.writer.write_packet(packet, self.head.serial, end, position).expect("memory takes what is written to it");
    }
}

/// RFC 7845 §5.1.
fn identification(head: OpusHead) -> Vec<u8> {
    let mut packet = b"OpusHead".to_vec();
    packet.push(1);
    packet.push(head.channels.count() as u8);
    packet.extend(u16::try_from(head.pre_skip_samples).unwrap_or(u16::MAX).to_le_bytes());
    packet.extend(head.rate.hz().to_le_bytes());
    // No gain, and the mapping of one or two channels.
    packet.extend([0; 3]);
    packet
}

/// RFC 7845 §5.2, without a comment.
fn comments() -> Vec<u8> {
    let mut packet = b"OpusTags".to_vec();
    packet.extend((VENDOR.len() as u32).to_le_bytes());
    packet.extend(VENDOR);
    packet.extend(0_u32.to_le_bytes());
    packet
}
