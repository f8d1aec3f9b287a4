//! Reads a finished MP4 back with a reader that is not ours (symphonia) before anybody hears of it.

use std::{fs::File, path::Path};

use media::Position;
use symphonia::core::{
    codecs::CodecParameters,
    formats::{FormatOptions, FormatReader, Track, TrackType, probe::Hint},
    io::MediaSourceStream,
    meta::MetadataOptions,
};

use crate::StudioError;

/// What the reader found.
#[derive(Clone, Debug, PartialEq)]
pub struct Mp4Facts {
    /// How long the sound is, priming and padding excluded.
    pub seconds: f64,
    /// Packets of sound.
    pub audio_packets: u64,
    /// Packets of pictures.
    pub video_packets: u64,
    /// The picture's codec and size, for people.
    pub video: String,
    /// The sound's codec and rate, for people.
    pub audio: String,
}

/// Reads the whole file and checks that the sound is as long as the recording.
///
/// # Errors
/// [`StudioError::Unsound`] if a track is missing, a packet cannot be read, or the sound's length differs from `expected`
/// by more than 40 ms; [`StudioError::File`] if the file cannot be opened.
pub fn verify_mp4(path: &Path, expected: Position) -> Result<Mp4Facts, StudioError> {
    let facts = read_mp4(path)?;
    if (facts.seconds - expected.seconds()).abs() > 0.04 {
        return Err(unsound(format!("has {:.3} s of sound instead of {:.3} s", facts.seconds, expected.seconds())));
    }
    Ok(facts)
}

/// Demultiplexes the whole file.
///
/// # Errors
/// [`StudioError::Unsound`] if a track is missing or a packet cannot be read; [`StudioError::File`] if the file cannot be
/// opened.
pub fn read_mp4(path: &Path) -> Result<Mp4Facts, StudioError> {
    let mut reader = open(path)?;
    let audio = reader.default_track(TrackType::Audio).cloned().ok_or_else(|| unsound("has no sound"))?;
    let video = reader.default_track(TrackType::Video).cloned().ok_or_else(|| unsound("has no picture"))?;
    let (mut audio_packets, mut video_packets, mut audio_ticks) = (0_u64, 0_u64, 0_u64);
    loop {
        match reader.next_packet() {
            Ok(Some(packet)) if packet.track_id == audio.id => {
                audio_packets += 1;
                audio_ticks += packet.dur.get();
            }
            Ok(Some(packet)) if packet.track_id == video.id => video_packets += 1,
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(error) => return Err(unsound(format!("breaks after {audio_packets} packets of sound: {error}"))),
        }
    }
    if video_packets == 0 {
        return Err(unsound("has no pictures"));
    }
    let rate_hz = audio_rate_hz(&audio).ok_or_else(|| unsound("does not say its sample rate"))?;
    Ok(Mp4Facts {
        seconds: audio_ticks as f64 / f64::from(rate_hz),
        audio_packets,
        video_packets,
        video: describe_video(&video),
        audio: format!("aac {rate_hz} Hz"),
    })
}

fn open(path: &Path) -> Result<Box<dyn FormatReader>, StudioError> {
    let file = File::open(path).map_err(StudioError::file("open", path))?;
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let mut hint = Hint::new();
    hint.with_extension("mp4");
    symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| unsound(format!("cannot be opened: {error}")))
}

fn audio_rate_hz(track: &Track) -> Option<u32> {
    match track.codec_params.as_ref()? {
        CodecParameters::Audio(parameters) => parameters.sample_rate,
        _ => None,
    }
}

fn describe_video(track: &Track) -> String {
    match track.codec_params.as_ref() {
        Some(CodecParameters::Video(parameters)) => match (parameters.width, parameters.height) {
            (Some(width), Some(height)) => format!("h264 {width}x{height}"),
            _ => "h264".to_owned(),
        },
        _ => "video".to_owned(),
    }
}

fn unsound(reason: impl Into<String>) -> StudioError {
    StudioError::Unsound { reason: reason.into() }
}
