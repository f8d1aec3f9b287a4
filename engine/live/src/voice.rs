//! One participant's packets as they come, decoded stretch by stretch. A packet that is missing, damaged, or says another time
//! than it would have to ends a stretch.

use std::time::Instant;

use audio::Decoder;
use media::{AudioFormat, SourceTime};

use crate::chunker::Chunker;

/// How far a packet's time may lie from where it would have to be to go on with the last one, in milliseconds.
const JITTER_MS: i64 = 40;

/// What decodes one participant.
pub(crate) struct Voice {
    format: AudioFormat,
    decoder: Option<Decoder>,
    stretch: Option<Stretch>,
    chunk_ms: u32,
    /// When the last packet came.
    pub(crate) heard: Instant,
    pcm: Vec<f32>,
}

/// Packets that go on without a break.
struct Stretch {
    start: SourceTime,
    /// How many samples of it were decoded.
    samples: u64,
    /// Where the next packet has to lie.
    expected: SourceTime,
    chunker: Option<Chunker>,
}

/// Decoded samples, the first at a moment of the platform's clock and so many samples behind it.
pub(crate) struct Decoded<'a> {
    pub(crate) start: SourceTime,
    pub(crate) behind: u64,
    pub(crate) samples: &'a [f32],
}

impl Voice {
    /// A voice whose packets have a format; its own sound is cut into pieces of `chunk_ms`, which is 0 if nobody wants them.
    pub(crate) const fn new(format: AudioFormat, chunk_ms: u32, now: Instant) -> Self {
        Self { format, decoder: None, stretch: None, chunk_ms, heard: now, pcm: Vec::new() }
    }

    pub(crate) const fn format(&self) -> AudioFormat {
        self.format
    }

    /// Whether a packet of that time begins a stretch of its own.
    pub(crate) fn breaks_at(&self, at: SourceTime) -> bool {
        self.stretch.as_ref().is_some_and(|stretch| at.ms_since(stretch.expected).saturating_abs() > JITTER_MS)
    }

    /// Decodes the next packet; `None` if it is damaged.
    pub(crate) fn decode(&mut self, at: SourceTime, payload: &[u8], now: Instant) -> Option<Decoded<'_>> {
        self.heard = now;
        if self.decoder.is_none() {
            self.decoder = Decoder::new(self.format).ok();
        }
        self.pcm.clear();
        self.decoder.as_mut()?.decode(payload, &mut self.pcm).ok()?;
        let stretch = self.stretch.get_or_insert_with(|| Stretch {
            start: at,
            samples: 0,
            expected: at,
            chunker: if self.chunk_ms > 0 { Chunker::new(at, self.chunk_ms).ok() } else { None },
        });
        // Where packets are late or early by less than the jitter, their own times are not what they play at.
        stretch.expected = stretch.expected.plus_ms(i64::from(self.format.packet_ms));
        Some(stretch.take(&self.pcm))
    }

    /// Ends the stretch; its last samples, if there are any.
    pub(crate) fn finish(&mut self) -> Option<Decoded<'_>> {
        self.pcm.clear();
        if let Some(decoder) = &mut self.decoder {
            decoder.finish_spurt(&mut self.pcm);
        }
        let stretch = self.stretch.as_mut()?;
        Some(stretch.take(&self.pcm))
    }

    /// The next piece of its own sound; with `is_last` also one that is shorter, after which the stretch is over.
    pub(crate) fn pull(&mut self, is_last: bool) -> Option<(SourceTime, Vec<u8>)> {
        self.stretch.as_mut()?.chunker.as_mut()?.pull(is_last)
    }

    /// Tells the pieces that nothing comes any more.
    pub(crate) fn close(&mut self) {
        if let Some(chunker) = self.stretch.as_mut().and_then(|stretch| stretch.chunker.as_mut()) {
            chunker.finish();
        }
    }

    /// Forgets the stretch.
    pub(crate) fn forget(&mut self) {
        self.stretch = None;
    }
}

impl Stretch {
    fn take<'a>(&mut self, samples: &'a [f32]) -> Decoded<'a> {
        let behind = self.samples;
        self.samples += samples.len() as u64;
        if let Some(chunker) = &mut self.chunker {
            chunker.push(samples);
        }
        Decoded { start: self.start, behind, samples }
    }
}
