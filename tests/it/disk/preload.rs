//! A disk that fails on command: `tests/preload/disk.c` in front of a daemon's C library.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::{self, Command},
};

use tempfile::TempDir;

use super::image::Image;
use crate::e2e::stage::Environment;

const SOURCES: [&str; 4] = ["disk.c", "image.c", "image.h", "plain.h"];

/// The compiled library. Made once from the sources as they are; tests that need it at the same time may make it twice.
fn library() -> PathBuf {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("preload");
    let mut hash = DefaultHasher::new();
    SOURCES.iter().for_each(|name| fs::read(sources.join(name)).unwrap().hash(&mut hash));
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("disk-{:016x}.so", hash.finish()));
    if !made.exists() {
        let fresh = made.with_extension(process::id().to_string());
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&fresh);
        compiler.args([sources.join("disk.c"), sources.join("image.c")]).args(["-ldl", "-lpthread"]);
        let output = compiler.output().expect("a C compiler, which scripts/setup installs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::rename(&fresh, &made).unwrap();
    }
    made
}

/// The faults of one daemon's disk.
pub(crate) struct Faults {
    /// Holds the rules and what was hit; not on the disk that fails.
    dir: TempDir,
    /// Where what is synced is kept, if it is.
    image: Option<PathBuf>,
}

impl Faults {
    /// None yet.
    pub(crate) fn new() -> Self {
        let faults = Self { dir: tempfile::tempdir().unwrap(), image: None };
        faults.clear();
        faults
    }

    /// The same of a disk of which what is synced is kept in an image.
    pub(crate) fn keeping(self, image: &Image) -> Self {
        Self { image: Some(image.path().to_owned()), ..self }
    }

    /// What has a daemon suffer them below `root`.
    pub(crate) fn environment(&self, root: &Path) -> Environment {
        let mut environment: Environment = vec![
            ("LD_PRELOAD", library().into()),
            ("HANSARD_DISK_ROOT", fs::canonicalize(root).unwrap().into()),
            ("HANSARD_DISK_RULES", self.dir.path().join("rules").into()),
            ("HANSARD_DISK_HITS", self.dir.path().join("hits").into()),
            // What it counts, it counts in one process; and a worker would not reach its rules.
            ("HANSARD_WORKERS", "threads".into()),
            // What fails is to be felt: `overload` has the reserve.
            ("HANSARD_DATA__RESERVE_MIB", "0".into()),
        ];
        environment.extend(self.image.iter().map(|image| ("HANSARD_DISK_IMAGE", image.into())));
        environment
    }

    /// From now on these, a line each as `tests/preload/disk.c` has it, in place of those before.
    pub(crate) fn set(&self, rules: &str) {
        let fresh = self.dir.path().join("fresh");
        fs::write(&fresh, rules).unwrap();
        fs::rename(fresh, self.dir.path().join("rules")).unwrap();
    }

    /// The disk is well again.
    pub(crate) fn clear(&self) {
        self.set("");
    }

    /// How many calls met one of the faults so far.
    pub(crate) fn hits(&self) -> usize {
        fs::read_to_string(self.dir.path().join("hits")).map_or(0, |hits| hits.lines().count())
    }
}
