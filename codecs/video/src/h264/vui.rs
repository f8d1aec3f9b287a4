//! Video usability information at the end of a sequence parameter set (H.264 §E.1.1). The set itself is in `sps`.

use super::bits::Bits;
use crate::error::VideoError;

/// What the VUI says, as far as anybody here needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Vui {
    /// Width of a pixel to its height.
    pub(super) sample_aspect_ratio: Option<(u16, u16)>,
    /// Whether samples use the full range.
    pub(super) full_range: Option<bool>,
    /// The most pictures that are decoded before and shown after another one.
    pub(super) max_num_reorder_frames: Option<u8>,
}

impl Vui {
    /// Reads as far as the bits make sense; what comes after stays unsaid.
    pub(super) fn parse(bits: &mut Bits<'_>) -> Self {
        let mut vui = Self::default();
        match vui.read(bits) {
            // A cut VUI is harmless: what was read before the cut stands.
            Ok(()) | Err(_) => vui,
        }
    }

    fn read(&mut self, bits: &mut Bits<'_>) -> Result<(), VideoError> {
        if bits.flag()? {
            self.sample_aspect_ratio = aspect_ratio(bits)?;
        }
        if bits.flag()? {
            bits.flag()?; // overscan_appropriate_flag
        }
        if bits.flag()? {
            bits.u(3)?; // video_format
            self.full_range = Some(bits.flag()?);
            if bits.flag()? {
                bits.u(24)?; // colour_primaries, transfer_characteristics, matrix_coefficients
            }
        }
        if bits.flag()? {
            bits.ue("chroma_sample_loc_type_top_field")?;
            bits.ue("chroma_sample_loc_type_bottom_field")?;
        }
        if bits.flag()? {
            bits.u(32)?; // num_units_in_tick
            bits.u(32)?; // time_scale
            bits.flag()?; // fixed_frame_rate_flag
        }
        let nal_hrd = bits.flag()?;
        if nal_hrd {
            skip_hrd(bits)?;
        }
        let vcl_hrd = bits.flag()?;
        if vcl_hrd {
            skip_hrd(bits)?;
        }
        if nal_hrd || vcl_hrd {
            bits.flag()?; // low_delay_hrd_flag
        }
        bits.flag()?; // pic_struct_present_flag
        if bits.flag()? {
            bits.flag()?; // motion_vectors_over_pic_boundaries_flag
            for field in [
                "max_bytes_per_pic_denom",
                "max_bits_per_mb_denom",
                "log2_max_mv_length_horizontal",
                "log2_max_mv_length_vertical",
            ] {
                bits.ue(field)?;
            }
            // At most MaxDpbFrames, which no level lets exceed 16.
            self.max_num_reorder_frames =
                u8::try_from(bits.ue("max_num_reorder_frames")?).ok().filter(|frames| *frames <= 16);
        }
        Ok(())
    }
}

/// Table E-1; `None` for unspecified and reserved values.
fn aspect_ratio(bits: &mut Bits<'_>) -> Result<Option<(u16, u16)>, VideoError> {
    const NAMED: [(u16, u16); 16] = [
        (1, 1),
        (12, 11),
        (10, 11),
        (16, 11),
        (40, 33),
        (24, 11),
        (20, 11),
        (32, 11),
        (80, 33),
        (18, 11),
        (15, 11),
        (64, 33),
        (160, 99),
        (4, 3),
        (3, 2),
        (2, 1),
    ];
    let ratio = match bits.u(8)? {
        255 => Some((bits.u(16)? as u16, bits.u(16)? as u16)),
        0 => None,
        named => NAMED.get(named as usize - 1).copied(),
    };
    Ok(ratio.filter(|(width, height)| *width > 0 && *height > 0))
}

/// Skips hypothetical reference decoder parameters (§E.1.2).
fn skip_hrd(bits: &mut Bits<'_>) -> Result<(), VideoError> {
    let count_minus1 = bits.ue("cpb_cnt_minus1")?;
    if count_minus1 > 31 {
        return Err(VideoError::SpsOutOfRange { field: "cpb_cnt_minus1", bit: bits.position() });
    }
    bits.u(8)?; // bit_rate_scale, cpb_size_scale
    for _ in 0..=count_minus1 {
        bits.ue("bit_rate_value_minus1")?;
        bits.ue("cpb_size_value_minus1")?;
        bits.flag()?; // cbr_flag
    }
    bits.u(20)?; // initial_cpb_removal_delay_length_minus1 to time_offset_length
    Ok(())
}
