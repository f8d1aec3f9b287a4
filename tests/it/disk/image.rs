//! What a power cut leaves of a data directory: kept by `tests/preload/image.c` while a daemon runs, put in its place here.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::dice::Dice;

/// The image of one directory.
pub(crate) struct Image {
    dir: TempDir,
    root: PathBuf,
}

impl Image {
    /// An image of `root`, of which everything that is there now is safe.
    pub(super) fn of(root: &Path) -> Self {
        let image = Self { dir: tempfile::tempdir().unwrap(), root: fs::canonicalize(root).unwrap() };
        image.adopt();
        image
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    fn tree(&self) -> PathBuf {
        self.path().join("tree")
    }

    fn inodes(&self) -> PathBuf {
        self.path().join("inodes")
    }

    /// Puts what is safe of `name` below the root in its place, as after a power cut. Nobody may use it. Of bytes that were
    /// written and not synced at the end of a file, chance decides: none are left, some, or zeros in their place.
    pub(super) fn cut(&self, name: &str, dice: &mut Dice) {
        let (kept, real) = (self.tree().join(name), self.root.join(name));
        tear(&kept, &real, dice).unwrap();
        if real.exists() {
            fs::remove_dir_all(&real).unwrap();
        }
        if kept.exists() {
            copy(&kept, &real).unwrap();
        }
        self.adopt();
    }

    /// Begins anew with what is below the root now: files have other numbers than before.
    fn adopt(&self) {
        for dir in [self.tree(), self.inodes(), self.path().join("dirs")] {
            let _ = fs::remove_dir_all(&dir);
            fs::create_dir(&dir).unwrap();
        }
        self.link(&self.root, &self.tree()).unwrap();
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let named = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                fs::create_dir(&named)?;
                self.link(&entry.path(), &named)?;
            } else {
                let inode = self.inodes().join(entry.metadata()?.ino().to_string());
                fs::copy(entry.path(), &inode)?;
                fs::hard_link(inode, named)?;
            }
        }
        Ok(())
    }
}

/// Lets files of an image end as they may: what was written to them and not synced, or a part of it, or zeros.
fn tear(kept: &Path, real: &Path, dice: &mut Dice) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(kept) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let other = real.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            tear(&entry.path(), &other, dice)?;
        } else if let Ok(written) = fs::read(&other) {
            let mut bytes = fs::read(entry.path())?;
            let more = written.len().saturating_sub(bytes.len());
            if more > 0 {
                let more = dice.below(more + 1);
                let at = bytes.len();
                match dice.below(3) {
                    0 => {}
                    1 => bytes.extend(&written[at..at + more]),
                    _ => bytes.resize(at + more, 0),
                }
                fs::write(entry.path(), bytes)?;
            }
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let other = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &other)?
        } else {
            fs::copy(entry.path(), other).map(drop)?
        }
    }
    Ok(())
}
