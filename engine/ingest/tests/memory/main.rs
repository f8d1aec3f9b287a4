//! What one capture holds of memory when everything goes wrong at once (fault matrix §1: 64 MiB at most): [`worst`] plays it,
//! [`zoom`] is the peer, [`disk`] the disk, [`meter`] counts.

mod disk;
mod meter;
mod worst;
mod zoom;
