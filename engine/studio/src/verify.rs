//! Reads a finished MP4 back with a reader that is not ours (symphonia) before anybody hears of it. Files of sound alone are read in
//! `verify_sound`.

use std::{fs::File, path::Path};

use media::Position;
use symphonia::core::{
    codecs::CodecParameters,
    formats::{FormatOptions, FormatReader, MediaInfo, Track, TrackType, probe::Hint},
    io::MediaSourceStream,
    meta::MetadataOptions,
};

use crate::StudioError;

#[cfg(test)]
mod tests;

/// How much more sound than its recording a file may hold, in seconds: what the encoder puts before the first sample
/// (1024 samples), the rest of the last block of the mix (20 ms), and the rest of the last frame (1024 samples). Edits
/// hide it from listeners; symphonia reads no edits.
pub(crate) const HIDDEN_S: f64 = 2.0 * 1024.0 / 48_000.0 + 0.02;
/// How far the length that the file's header tells may lie from the recording's, in seconds: its clock is finer.
pub(crate) const HEADER_TOLERANCE_S: f64 = 0.001;

/// What the reader found.
#[derive(Clone, Debug, PartialEq)]
pub struct Mp4Facts {
    /// How long the file says that it lasts.
    pub seconds: f64,
    /// How long all its sound is, with what edits hide before the beginning and after the end.
    pub sound_seconds: f64,
    /// Packets of sound.
    pub audio_packets: u64,
    /// Packets of pictures.
    pub video_packets: u64,
    /// The picture's codec and size, for people.
    pub video: String,
    /// The sound's codec and rate, for people.
    pub audio: String,
}

/// Reads the whole file and checks that it lasts as long as the recording and has sound for all of it.
///
/// # Errors
/// [`StudioError::Unsound`] if a track is missing, a packet cannot be read, or a length differs from `expected` by more
/// than an encoder must hide; [`StudioError::File`] if the file cannot be opened.
pub fn verify_mp4(path: &Path, expected: Position) -> Result<Mp4Facts, StudioError> {
    let facts = read_mp4(path)?;
    let expected_s = expected.seconds();
    if (facts.seconds - expected_s).abs() > HEADER_TOLERANCE_S {
        return Err(unsound(format!("says that it lasts {:.3} s instead of {expected_s:.3} s", facts.seconds)));
    }
    let hidden_s = facts.sound_seconds - expected_s;
    if !(-HEADER_TOLERANCE_S..=HIDDEN_S + HEADER_TOLERANCE_S).contains(&hidden_s) {
        return Err(unsound(format!("has {:.3} s of sound for {expected_s:.3} s", facts.sound_seconds)));
    }
    Ok(facts)
}

/// Demultiplexes the whole file.
///
/// # Errors
/// [`StudioError::Unsound`] if a track is missing or a packet cannot be read; [`StudioError::File`] if the file cannot be
/// opened.
pub fn read_mp4(path: &Path) -> Result<Mp4Facts, StudioError> {
    let mut reader = open(path, "mp4")?;
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
        seconds: told_seconds(reader.media_info()).ok_or_else(|| unsound("does not say how long it is"))?,
        sound_seconds: audio_ticks as f64 / f64::from(rate_hz),
        audio_packets,
        video_packets,
        video: describe_video(&video),
        audio: format!("aac {rate_hz} Hz"),
    })
}

pub(crate) fn open(path: &Path, extension: &str) -> Result<Box<dyn FormatReader>, StudioError> {
    let file = File::open(path).map_err(StudioError::file("open", path))?;
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let mut hint = Hint::new();
    hint.with_extension(extension);
    symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| unsound(format!("cannot be opened: {error}")))
}

pub(crate) fn told_seconds(file: &MediaInfo) -> Option<f64> {
    let base = file.time_base?;
    Some(file.duration?.get() as f64 * f64::from(base.numer.get()) / f64::from(base.denom.get()))
}

pub(crate) fn audio_rate_hz(track: &Track) -> Option<u32> {
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

pub(crate) fn unsound(reason: impl Into<String>) -> StudioError {
    StudioError::Unsound { reason: reason.into() }
}
