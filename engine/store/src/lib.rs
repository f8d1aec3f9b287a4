//! Object storage for finished artifacts, signed links.
