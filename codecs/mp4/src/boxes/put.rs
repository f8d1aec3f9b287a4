//! From a box to its bytes. What a box holds is in the other files here.

/// Appends a box to `out`.
pub(crate) fn put(atom: &impl mp4_atom::Encode, out: &mut Vec<u8>) {
    atom.encode(out).expect("every field was checked to fit when the file was begun");
}
