//! Secrets at rest: AES-256-GCM (NIST SP 800-38D) under a key file that lies beside the database, so that a copy of the
//! database alone opens nothing. Which columns are sealed is the aggregates' business.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    rand,
};

use crate::CatalogError;

/// The length of the key in bytes.
const KEY_BYTES: usize = 32;

/// The first byte of everything sealed this way.
const VERSION: u8 = 1;

/// Seals and opens short texts. Each is bound to a place, so that it opens nowhere else.
pub(crate) struct Seal {
    key: RandomizedNonceKey,
}

impl Seal {
    /// Reads the key from `path`, or makes one there on the first start (mode 0600).
    ///
    /// # Errors
    /// If the file cannot be read or written, or has not 32 bytes.
    pub(crate) fn open(path: &Path) -> Result<Self, CatalogError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut bytes = vec![0; KEY_BYTES];
                rand::fill(&mut bytes).map_err(|_| CatalogError::Seal)?;
                persist(path, &bytes).map_err(|source| file("write", path, source))?;
                bytes
            }
            Err(source) => return Err(file("read", path, source)),
        };
        if bytes.len() != KEY_BYTES {
            return Err(CatalogError::BadKeyFile { path: path.into(), found: bytes.len(), expected: KEY_BYTES });
        }
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| CatalogError::Seal)?;
        Ok(Self { key })
    }

    /// Seals `text` for `place`: version, nonce, ciphertext, tag.
    ///
    /// # Errors
    /// If the cryptographic library refuses.
    pub(crate) fn seal(&self, place: &[u8], text: &str) -> Result<Vec<u8>, CatalogError> {
        let mut body = text.as_bytes().to_vec();
        let nonce = self.key.seal_in_place_append_tag(Aad::from(place), &mut body).map_err(|_| CatalogError::Seal)?;
        let mut sealed = vec![VERSION];
        sealed.extend_from_slice(nonce.as_ref());
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// Opens what was sealed for `place`; `None` if it was changed, moved, or sealed with another key.
    pub(crate) fn open_sealed(&self, place: &[u8], sealed: &[u8]) -> Option<String> {
        let (&VERSION, rest) = sealed.split_first()? else { return None };
        let (nonce, body) = rest.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = body.to_vec();
        let text = self.key.open_in_place(nonce, Aad::from(place), &mut body).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }
}

/// Writes a file that is there whole or not at all, readable by its owner only. The directory's lock must be held.
fn persist(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn file(doing: &'static str, path: &Path, source: io::Error) -> CatalogError {
    CatalogError::File { doing, path: path.into(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_in_its_place_and_unchanged() {
        let dir = tempfile::tempdir().expect("a directory");
        let seal = Seal::open(&dir.path().join("seal.key")).expect("a key");
        let sealed = seal.seal(b"here", "signature").expect("sealed");
        assert!(!sealed.windows(9).any(|window| window == b"signature"));
        assert_eq!(seal.open_sealed(b"here", &sealed).as_deref(), Some("signature"));
        assert_eq!(seal.open_sealed(b"there", &sealed), None);
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(seal.open_sealed(b"here", &changed), None, "bit {bit}");
        }
        for len in 0..sealed.len() {
            assert_eq!(seal.open_sealed(b"here", &sealed[..len]), None, "{len} bytes");
        }
    }

    #[test]
    fn the_key_outlives_the_process_and_is_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("seal.key");
        let sealed = Seal::open(&path).expect("a key").seal(b"x", "text").expect("sealed");
        assert_eq!(Seal::open(&path).expect("the same key").open_sealed(b"x", &sealed).as_deref(), Some("text"));
        assert_eq!(fs::metadata(&path).expect("the key file").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_cut_key_file_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("seal.key");
        fs::write(&path, [1; 31]).expect("written");
        assert!(matches!(Seal::open(&path), Err(CatalogError::BadKeyFile { found: 31, .. })));
    }
}
