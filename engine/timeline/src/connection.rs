//! Which connection of a leg a frame came over, and in which format.

use media::{AudioCodec, AudioFormat, Channels, Format, SampleRate};
use model::{Control, platform::Leg};

use crate::place::{Place, Placed};

/// What an audio leg carries when nothing was negotiated: what we ask for by default (architecture §6).
const DEFAULT_AUDIO: AudioFormat =
    AudioFormat { codec: AudioCodec::Opus, rate: SampleRate::HZ_48000, channels: Channels::Mono, packet_ms: 20 };

/// The connections of one leg, oldest first.
#[derive(Debug)]
pub(crate) struct Connections {
    ready: Vec<(Place, Option<Format>)>,
}

impl Connections {
    /// Picks those of `leg` out of all controls, which are in order.
    pub(crate) fn of(leg: Leg, controls: &[Placed<Control>]) -> Self {
        let ready = controls.iter().filter_map(|control| match control.what {
            Control::LegReady { leg: of, format } if of == leg => Some((control.place, format)),
            _ => None,
        });
        Self { ready: ready.collect() }
    }

    /// How many connections were ready before `place`: 0 if none, which names none.
    pub(crate) fn at(&self, place: Place) -> usize {
        self.ready.partition_point(|(ready, _)| *ready < place)
    }

    fn format(&self, connection: usize) -> Option<Format> {
        // Media that precedes every handshake in the log is read as the first one says.
        self.ready.get(connection.saturating_sub(1)).and_then(|(_, format)| *format)
    }

    /// The format of sound on a connection.
    pub(crate) fn audio_format(&self, connection: usize) -> AudioFormat {
        match self.format(connection) {
            Some(Format::Audio(format)) => format,
            _ => DEFAULT_AUDIO,
        }
    }
}
