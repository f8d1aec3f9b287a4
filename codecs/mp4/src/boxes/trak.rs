//! `trak`: one track with its header, its edits and its media (ISO/IEC 14496-12 §8.3, §8.4).

use mp4_atom::{Dinf, Dref, Hdlr, Mdhd, Mdia, Minf, Smhd, Tkhd, Trak, Url, Vmhd};

use super::{
    edts::Span,
    stbl::stbl,
    stsd::{handler, side, stsd},
};
use crate::{config::TrackConfig, error::Mp4Error, table::Table};

/// Checks that a track can be described.
///
/// # Errors
/// [`Mp4Error::PictureSize`] or [`Mp4Error::DecoderConfig`].
pub(crate) fn check(track: usize, config: &TrackConfig) -> Result<(), Mp4Error> {
    let bytes = match config {
        TrackConfig::Video(video) => {
            let (width, height) = (video.width, video.height);
            if ![width, height].iter().all(|side| (1..=u32::from(u16::MAX)).contains(side)) {
                return Err(Mp4Error::PictureSize { track, width, height });
            }
            video.avcc.len()
        }
        TrackConfig::Audio(audio) => audio.audio_specific_config.len(),
    };
    stsd(config).map(|_| ()).map_err(|cause| Mp4Error::DecoderConfig { track, bytes, cause })
}

/// The number of the track at `index`.
pub(super) fn track_id(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

/// The track with number `id`. `table` is `None` in a fragmented file.
pub(super) fn trak(id: u32, config: &TrackConfig, span: Span, created: u64, table: Option<&mut Table>) -> Trak {
    let is_video = !config.is_audio();
    let mut tkhd = Tkhd {
        creation_time: created,
        modification_time: created,
        track_id: id,
        duration: span.end_ticks(),
        enabled: true,
        in_movie: true,
        ..Tkhd::default()
    };
    match config {
        TrackConfig::Video(video) => {
            tkhd.width = side(video.width).into();
            tkhd.height = side(video.height).into();
        }
        TrackConfig::Audio(_) => {
            tkhd.volume = 1.into();
            // Players offer tracks of one group as alternatives; a file has one sound track, in a group of its own.
            tkhd.alternate_group = 1;
        }
    }
    let (handler, name) = handler(config);
    Trak {
        tkhd,
        edts: span.edts(),
        mdia: Mdia {
            mdhd: Mdhd {
                creation_time: created,
                modification_time: created,
                timescale: config.timescale_hz(),
                duration: table.as_ref().map_or(0, |table| table.ticks),
                language: "und".to_owned(),
            },
            hdlr: Hdlr { handler, name: name.to_owned() },
            minf: Minf {
                vmhd: is_video.then(Vmhd::default),
                smhd: (!is_video).then(Smhd::default),
                dinf: Dinf { dref: Dref { entries: vec![Url::default().into()] } },
                stbl: stbl(
                    stsd(config).expect("the configuration was checked when the file was begun"),
                    table,
                    !is_video,
                ),
                ..Minf::default()
            },
        },
        ..Trak::default()
    }
}
