//! MP4 boxes, fragments, finishing, recovery: bytes in, bytes and patches out.
