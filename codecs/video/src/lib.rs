//! H.264, JPEG and PNG bitstreams: split, inspect, repackage. No pixels.
