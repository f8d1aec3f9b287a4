//! A file of 32 random bytes that is made at the first start. What the bytes are for is not known here.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use aws_lc_rs::rand;

use crate::StoreError;

/// Reads the key in `path`, or makes it there (mode 0600). Of several that make it at once, one wins.
///
/// # Errors
/// If the file cannot be read or written, or has not 32 bytes.
pub(crate) fn load(path: &Path) -> Result<[u8; 32], StoreError> {
    match fs::read(path) {
        Ok(bytes) => exactly(path, &bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create(path)?;
            exactly(path, &fs::read(path).map_err(file("read", path))?)
        }
        Err(source) => Err(file("read", path)(source)),
    }
}

/// A name that nothing else has: 128 random bits as hexadecimal text.
pub(crate) fn random_name() -> Result<String, StoreError> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| StoreError::Randomness)?;
    Ok(hex::encode(bytes))
}

/// Maps an I/O error to one that says where.
pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| StoreError::File { doing, path, source }
}

/// Makes the entries of a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(file("sync", dir))
}

fn exactly(path: &Path, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::BadKeyFile { path: path.into(), found: bytes.len() })
}

fn create(path: &Path) -> Result<(), StoreError> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| StoreError::Randomness)?;
    let fresh = path.with_extension(random_name()?);
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(&bytes)?;
        file.sync_all()
    };
    write().map_err(file("write", &fresh))?;
    // A link, unlike a rename, never replaces the key that another made meanwhile.
    let linked = match fs::hard_link(&fresh, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map_err(file("write", path)),
    };
    fs::remove_file(&fresh).map_err(file("remove", &fresh))?;
    linked?;
    sync_dir(path.parent().unwrap_or(Path::new(".")))
}
