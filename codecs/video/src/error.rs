//! What can be wrong with a bitstream.

/// A fault in a bitstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VideoError {
    /// The unit is of another kind than a sequence parameter set.
    #[error("the unit of type {unit_type} is no sequence parameter set; pass a unit of type 7")]
    NotSps {
        /// `nal_unit_type` of the unit, 0 for an empty one.
        unit_type: u8,
    },
    /// The parameter set ends within a field.
    #[error("the sequence parameter set ends within the field at bit {bit}; it was cut or damaged on the way")]
    SpsTruncated {
        /// Where the field begins, in bits after the unit's header, without emulation prevention bytes.
        bit: usize,
    },
    /// A field of the parameter set has a value that the standard forbids.
    #[error("the sequence parameter set has a forbidden {field} before bit {bit}; it was damaged on the way")]
    SpsOutOfRange {
        /// The field, named as in H.264 §7.3.2.1.
        field: &'static str,
        /// Where the field ends, in bits after the unit's header, without emulation prevention bytes.
        bit: usize,
    },
}
