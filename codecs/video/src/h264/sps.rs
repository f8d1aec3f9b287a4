//! The sequence parameter set (H.264 §7.3.2.1.1): what a stream needs of its decoder, and how large its pictures are. Its
//! VUI is in `vui`; how it is stored in an MP4 is in `avcc`.

use super::{bits::Bits, nal::NalKind, vui::Vui};
use crate::error::VideoError;

/// The longest side in macroblocks that any level permits: the root of 8 · MaxFS of level 6.2 (§A.3.1).
const MAX_SIDE_MBS: u32 = 1055;

/// What a sequence parameter set says, as far as anybody here needs it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sps {
    /// `profile_idc`: 66 baseline, 77 main, 100 high.
    pub profile_idc: u8,
    /// The byte of the constraint flags, the first flag in its highest bit.
    pub constraint_flags: u8,
    /// `level_idc`: ten times the level.
    pub level_idc: u8,
    /// Its id, 0 to 31.
    pub id: u8,
    /// `chroma_format_idc`: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.
    pub chroma_format_idc: u8,
    /// Bits of a luma sample, 8 to 14.
    pub bit_depth_luma: u8,
    /// Bits of a chroma sample, 8 to 14.
    pub bit_depth_chroma: u8,
    /// `pic_order_cnt_type`; 2 says that pictures are shown in the order in which they are decoded.
    pub pic_order_cnt_type: u8,
    /// Whether every picture is a whole frame; false means that fields may occur.
    pub frame_mbs_only: bool,
    /// Width in pixels after cropping; at least 1.
    pub width: u32,
    /// Height in pixels after cropping; at least 1.
    pub height: u32,
    /// How many pictures may precede another one in the stream and follow it on the screen, where the VUI says so.
    pub max_num_reorder_frames: Option<u8>,
    /// Whether samples use the full range, where the VUI says so.
    pub full_range: Option<bool>,
    /// The width of a pixel to its height, where the VUI says so.
    pub sample_aspect_ratio: Option<(u16, u16)>,
}

impl Sps {
    /// Reads a sequence parameter set, with header and emulation prevention bytes, without start code.
    ///
    /// A damaged VUI at the end is taken as none: nothing there changes what the pictures are.
    ///
    /// # Errors
    /// [`VideoError`] if the unit is of another kind, ends early or has a value that the standard forbids.
    pub fn parse(nal: &[u8]) -> Result<Self, VideoError> {
        let payload = match nal {
            [header, payload @ ..] if NalKind::of(*header) == NalKind::Sps => payload,
            _ => return Err(VideoError::NotSps { unit_type: nal.first().map_or(0, |header| header & 0x1F) }),
        };
        let mut bits = Bits::new(payload);
        let profile_idc = byte(&mut bits)?;
        let constraint_flags = byte(&mut bits)?;
        let level_idc = byte(&mut bits)?;
        let id = bounded(&mut bits, "seq_parameter_set_id", 31)?;
        let Chroma { format_idc, separate_planes, bit_depth_luma, bit_depth_chroma } =
            Chroma::parse(&mut bits, profile_idc)?;

        bounded(&mut bits, "log2_max_frame_num_minus4", 12)?;
        let pic_order_cnt_type = bounded(&mut bits, "pic_order_cnt_type", 2)?;
        skip_pic_order_cnt(&mut bits, pic_order_cnt_type)?;
        bits.ue("max_num_ref_frames")?;
        bits.flag()?; // gaps_in_frame_num_value_allowed_flag

        let width_mbs = side(&mut bits, "pic_width_in_mbs_minus1")?;
        let height_units = side(&mut bits, "pic_height_in_map_units_minus1")?;
        let frame_mbs_only = bits.flag()?;
        if !frame_mbs_only {
            bits.flag()?; // mb_adaptive_frame_field_flag
        }
        bits.flag()?; // direct_8x8_inference_flag
        let crop = if bits.flag()? { Crop::parse(&mut bits)? } else { Crop::default() };

        // Table 6-1 and (7-19) to (7-22).
        let fields = if frame_mbs_only { 1 } else { 2 };
        let (crop_unit_x, crop_unit_y) = match format_idc {
            _ if separate_planes => (1, fields),
            1 => (2, 2 * fields),
            2 => (2, fields),
            _ => (1, fields),
        };
        let forbidden = |field| VideoError::SpsOutOfRange { field, bit: bits.position() };
        let width = crop.horizontal(width_mbs * 16, crop_unit_x).ok_or(forbidden("frame_crop_right_offset"))?;
        let height =
            crop.vertical(height_units * fields * 16, crop_unit_y).ok_or(forbidden("frame_crop_bottom_offset"))?;

        let vui = match bits.flag() {
            Ok(true) => Vui::parse(&mut bits),
            _ => Vui::default(),
        };
        Ok(Self {
            profile_idc,
            constraint_flags,
            level_idc,
            id,
            chroma_format_idc: format_idc,
            bit_depth_luma,
            bit_depth_chroma,
            pic_order_cnt_type,
            frame_mbs_only,
            width,
            height,
            max_num_reorder_frames: vui.max_num_reorder_frames,
            full_range: vui.full_range,
            sample_aspect_ratio: vui.sample_aspect_ratio,
        })
    }

    /// Whether pictures may be shown in another order than that in which they are decoded.
    ///
    /// `false` is certain; `true` is what has to be assumed of a stream that does not rule it out.
    pub fn may_reorder(&self) -> bool {
        // Baseline has no B slices; its extended relative is not told apart from it here.
        self.profile_idc != 66 && self.pic_order_cnt_type != 2 && self.max_num_reorder_frames != Some(0)
    }
}

/// The fields that only profiles above main have.
struct Chroma {
    format_idc: u8,
    separate_planes: bool,
    bit_depth_luma: u8,
    bit_depth_chroma: u8,
}

impl Chroma {
    fn parse(bits: &mut Bits<'_>, profile_idc: u8) -> Result<Self, VideoError> {
        if !matches!(profile_idc, 44 | 83 | 86 | 100 | 110 | 118 | 122 | 128 | 134 | 135 | 138 | 139 | 244) {
            return Ok(Self { format_idc: 1, separate_planes: false, bit_depth_luma: 8, bit_depth_chroma: 8 });
        }
        let format_idc = bounded(bits, "chroma_format_idc", 3)?;
        let separate_planes = format_idc == 3 && bits.flag()?;
        let bit_depth_luma = 8 + bounded(bits, "bit_depth_luma_minus8", 6)?;
        let bit_depth_chroma = 8 + bounded(bits, "bit_depth_chroma_minus8", 6)?;
        bits.flag()?; // qpprime_y_zero_transform_bypass_flag
        if bits.flag()? {
            for list in 0..if format_idc == 3 { 12 } else { 8 } {
                if bits.flag()? {
                    skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
        Ok(Self { format_idc, separate_planes, bit_depth_luma, bit_depth_chroma })
    }
}

/// The cropping rectangle, in crop units.
#[derive(Default)]
struct Crop {
    left: u32,
    right: u32,
    top: u32,
    bottom: u32,
}

impl Crop {
    fn parse(bits: &mut Bits<'_>) -> Result<Self, VideoError> {
        Ok(Self {
            left: bits.ue("frame_crop_left_offset")?,
            right: bits.ue("frame_crop_right_offset")?,
            top: bits.ue("frame_crop_top_offset")?,
            bottom: bits.ue("frame_crop_bottom_offset")?,
        })
    }

    fn horizontal(&self, width: u32, unit: u32) -> Option<u32> {
        cut(width, self.left, self.right, unit)
    }

    fn vertical(&self, height: u32, unit: u32) -> Option<u32> {
        cut(height, self.top, self.bottom, unit)
    }
}

/// What remains of `side` without `before` and `after` units; `None` if nothing does.
fn cut(side: u32, before: u32, after: u32, unit: u32) -> Option<u32> {
    let gone = before.checked_add(after)?.checked_mul(unit)?;
    side.checked_sub(gone).filter(|left| *left > 0)
}

fn byte(bits: &mut Bits<'_>) -> Result<u8, VideoError> {
    Ok(bits.u(8)? as u8)
}

fn bounded(bits: &mut Bits<'_>, field: &'static str, max: u8) -> Result<u8, VideoError> {
    let value = bits.ue(field)?;
    u8::try_from(value)
        .ok()
        .filter(|value| *value <= max)
        .ok_or(VideoError::SpsOutOfRange { field, bit: bits.position() })
}

fn side(bits: &mut Bits<'_>, field: &'static str) -> Result<u32, VideoError> {
    let minus1 = bits.ue(field)?;
    if minus1 < MAX_SIDE_MBS { Ok(minus1 + 1) } else { Err(VideoError::SpsOutOfRange { field, bit: bits.position() }) }
}

fn skip_pic_order_cnt(bits: &mut Bits<'_>, kind: u8) -> Result<(), VideoError> {
    match kind {
        0 => {
            bounded(bits, "log2_max_pic_order_cnt_lsb_minus4", 12)?;
        }
        1 => {
            bits.flag()?; // delta_pic_order_always_zero_flag
            bits.se("offset_for_non_ref_pic")?;
            bits.se("offset_for_top_to_bottom_field")?;
            for _ in 0..bounded(bits, "num_ref_frames_in_pic_order_cnt_cycle", 255)? {
                bits.se("offset_for_ref_frame")?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Skips one scaling list (§7.3.2.1.1.1).
fn skip_scaling_list(bits: &mut Bits<'_>, len: u8) -> Result<(), VideoError> {
    let (mut last, mut next) = (8, 8);
    for _ in 0..len {
        if next != 0 {
            let delta = bits.se("delta_scale")?;
            next = (last + delta).rem_euclid(256);
        }
        if next != 0 {
            last = next;
        }
    }
    Ok(())
}
