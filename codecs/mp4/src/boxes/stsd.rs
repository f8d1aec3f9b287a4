//! `stsd`: how the samples of a track are decoded (ISO/IEC 14496-12 §8.5.2, 14496-14 §6.7, 14496-15 §5.4.2).

use mp4_atom::{
    Atom, Audio, Avc1, Avcc, Btrt, Codec, FourCC, Mp4a, Stsd, Visual,
    esds::{DecoderConfig, DecoderSpecific, EsDescriptor, Esds, SLConfig},
};

use crate::config::{AudioConfig, TrackConfig, VideoConfig};

/// The sample description of a track.
///
/// # Errors
/// What is wrong with its decoder configuration.
pub(super) fn stsd(config: &TrackConfig) -> Result<Stsd, String> {
    let codec: Codec = match config {
        TrackConfig::Video(video) => avc1(video)?.into(),
        TrackConfig::Audio(audio) => mp4a(audio)?.into(),
    };
    Ok(Stsd { codecs: vec![codec] })
}

fn avc1(video: &VideoConfig) -> Result<Avc1, String> {
    let mut record = &video.avcc[..];
    let avcc = Avcc::decode_body(&mut record).map_err(|error| error.to_string())?;
    if !record.is_empty() || avcc.length_size != 4 {
        return Err(format!("{} bytes are left over, lengths have {} bytes", record.len(), avcc.length_size));
    }
    Ok(Avc1 {
        visual: Visual {
            data_reference_index: 1,
            width: side(video.width),
            height: side(video.height),
            ..Visual::default()
        },
        avcc,
        ..Avc1::default()
    })
}

/// A side that was checked by [`super::check`].
pub(super) fn side(pixels: u32) -> u16 {
    u16::try_from(pixels).unwrap_or(u16::MAX)
}

fn mp4a(audio: &AudioConfig) -> Result<Mp4a, String> {
    let raw = audio.audio_specific_config.to_vec();
    if raw.len() < 2 {
        return Err("an AudioSpecificConfig has at least 2 bytes".to_owned());
    }
    let channels = audio.channels.count() as u8;
    let dec_config = DecoderConfig {
        object_type_indication: 0x40, // ISO/IEC 14496-3
        stream_type: 5,               // AudioStream
        // The longest frame that AAC permits is 6144 bits a channel.
        buffer_size_db: [0, 3 * channels, 0].into(),
        max_bitrate: audio.bitrate_bps,
        avg_bitrate: audio.bitrate_bps,
        dec_specific: Some(DecoderSpecific { raw, ..DecoderSpecific::default() }),
        ..DecoderConfig::default()
    };
    Ok(Mp4a {
        audio: Audio {
            data_reference_index: 1,
            channel_count: channels.into(),
            sample_size: 16,
            sample_rate: u16::try_from(audio.rate.hz()).map_err(|error| error.to_string())?.into(),
        },
        esds: Esds { es_desc: EsDescriptor { dec_config, sl_config: SLConfig {}, ..EsDescriptor::default() } },
        btrt: Some(Btrt {
            buffer_size_db: 768 * u32::from(channels),
            max_bitrate: audio.bitrate_bps,
            avg_bitrate: audio.bitrate_bps,
        }),
        taic: None,
    })
}

/// The handler of a track's kind of media (§8.4.3), with the name that players may show.
pub(super) fn handler(config: &TrackConfig) -> (FourCC, &'static str) {
    match config {
        TrackConfig::Video(_) => (FourCC::new(b"vide"), "VideoHandler"),
        TrackConfig::Audio(_) => (FourCC::new(b"soun"), "SoundHandler"),
    }
}
