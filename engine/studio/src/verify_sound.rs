//! Reads a finished file of sound back with a reader that is not ours (symphonia) before anybody hears of it. Files with pictures
//! are read in `verify`.

use std::{fs, path::Path};

use media::Position;
use model::ArtifactFormat;
use symphonia::core::{
    codecs::{
        CodecParameters,
        audio::well_known::{CODEC_ID_AAC, CODEC_ID_MP3, CODEC_ID_OPUS},
    },
    formats::{FormatReader, Track, TrackType},
};

use crate::{
    StudioError,
    verify::{HEADER_TOLERANCE_S, HIDDEN_S, audio_rate_hz, open, told_seconds, unsound},
};

#[cfg(test)]
mod tests;

/// The rate and the bytes of a raw sample.
const RAW_BYTES_S: f64 = 16_000.0 * 2.0;
/// How much longer than its part a copy of Opus may be, in seconds: the rest of its last packet, which players leave out.
const LONGEST_OPUS_PACKET_S: f64 = 0.12;
/// How much shorter: what is too short for a packet of silence.
const SHORTEST_OPUS_PACKET_S: f64 = 0.002_5;

/// Reads the whole file and checks that it has sound for all of `expected`, and none to be heard beyond it.
///
/// # Errors
/// [`StudioError::Unsound`] if it is of another format, a packet cannot be read, or a length differs from `expected` by more
/// than its format must hide; [`StudioError::File`] if the file cannot be opened.
pub fn verify_sound(path: &Path, format: ArtifactFormat, expected: Position) -> Result<(), StudioError> {
    let expected_s = expected.seconds();
    let differs = |is_s: f64| Err(unsound(format!("lasts {is_s:.4} s instead of {expected_s:.4} s")));
    if format == ArtifactFormat::Raw {
        let bytes = fs::metadata(path).map_err(StudioError::file("read the length of", path))?.len();
        let is_s = bytes as f64 / RAW_BYTES_S;
        return if (is_s - expected_s).abs() <= HEADER_TOLERANCE_S { Ok(()) } else { differs(is_s) };
    }
    let mut reader = open(path, format.name())?;
    let track = reader.default_track(TrackType::Audio).cloned().ok_or_else(|| unsound("has no sound"))?;
    if reader.tracks().len() > 1 {
        return Err(unsound("holds more than sound"));
    }
    let coded = match format {
        ArtifactFormat::M4a => CODEC_ID_AAC,
        ArtifactFormat::Mp3 => CODEC_ID_MP3,
        _ => CODEC_ID_OPUS,
    };
    if !matches!(&track.codec_params, Some(CodecParameters::Audio(found)) if found.codec == coded) {
        return Err(unsound(format!("is not {}", format.name())));
    }
    let sound_s = read(&mut *reader, &track)?;
    let (heard_s, hidden) = match format {
        ArtifactFormat::M4a => (told_seconds(reader.media_info()), -HEADER_TOLERANCE_S..=HIDDEN_S + HEADER_TOLERANCE_S),
        // Whoever reads gives what is to be heard and what is not.
        ArtifactFormat::Mp3 => (heard_seconds(&track), 0.0..=4.0 * 1152.0 / 48_000.0),
        _ => (Some(sound_s), -SHORTEST_OPUS_PACKET_S..=LONGEST_OPUS_PACKET_S),
    };
    let heard_s = heard_s.ok_or_else(|| unsound("does not say how long it is"))?;
    let tolerance_s = if format == ArtifactFormat::Ogg { LONGEST_OPUS_PACKET_S } else { HEADER_TOLERANCE_S };
    if (heard_s - expected_s).abs() > tolerance_s {
        return differs(heard_s);
    }
    if hidden.contains(&(sound_s - expected_s)) { Ok(()) } else { differs(sound_s) }
}

/// Demultiplexes everything, and answers how much sound there is, in seconds.
fn read(reader: &mut dyn FormatReader, track: &Track) -> Result<f64, StudioError> {
    let rate_hz = audio_rate_hz(track).ok_or_else(|| unsound("does not say its sample rate"))?;
    let (mut packets, mut ticks) = (0_u64, 0_u64);
    loop {
        match reader.next_packet() {
            Ok(Some(packet)) => {
                packets += 1;
                ticks += packet.dur.get();
            }
            Ok(None) if packets == 0 => return Err(unsound("has no packet of sound")),
            Ok(None) => return Ok(ticks as f64 / f64::from(rate_hz)),
            Err(error) => return Err(unsound(format!("breaks after {packets} packets of sound: {error}"))),
        }
    }
}

/// How much is to be heard of a file that says what is not, in seconds.
fn heard_seconds(track: &Track) -> Option<f64> {
    Some(track.num_frames? as f64 / f64::from(audio_rate_hz(track)?))
}
