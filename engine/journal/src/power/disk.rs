//! The simulated disk behind the seams of the shipped code: it counts calls, fails some of them, and loses power at one. What
//! lies on it is in `tree`.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use super::{
    dice::Dice,
    tree::{Dir, FileNode, Id, Node, ROOT, Tree},
};
use crate::{Disk, DiskFile, purge::Removal};

/// Which protection is switched off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Missing {
    #[default]
    Nothing,
    /// `fdatasync` says that it is done and does nothing.
    Sync,
    /// So does the `fsync` of a directory.
    SyncOfDirectories,
    /// A directory that is there already is believed to be durable.
    SyncOfKnownDirectories,
    /// Whether a sync failed is not heard: the next one of the same file is believed.
    FailedSyncs,
    /// Checksums of chunks are not looked at.
    Checksums,
}

/// A disk. Clones share it.
#[derive(Clone)]
pub(super) struct SimDisk(Arc<Mutex<State>>);

struct State {
    tree: Tree,
    dice: Dice,
    place: PathBuf,
    missing: Missing,
    /// How many calls in a thousand fail.
    failures: u64,
    /// How many calls the power lasts.
    calls_left: u64,
}

impl SimDisk {
    /// A disk whose data directory is called `place`.
    pub(super) fn new(place: &Path, missing: Missing, dice: Dice) -> Self {
        let place = place.to_owned();
        Self(Arc::new(Mutex::new(State { tree: Tree::new(), dice, place, missing, failures: 0, calls_left: u64::MAX })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Lets so many calls in a thousand fail.
    pub(super) fn set_failures(&self, in_a_thousand: u64) {
        self.state().failures = in_a_thousand;
    }

    /// Lets the power last for so many calls more.
    pub(super) fn cut_after(&self, calls: u64) {
        self.state().calls_left = calls;
    }

    pub(super) fn is_off(&self) -> bool {
        self.state().calls_left == 0
    }

    /// Cuts the power and gives it back.
    pub(super) fn lose_power(&self) {
        let mut state = self.state();
        let State { tree, dice, calls_left, .. } = &mut *state;
        tree.lose_power(dice);
        *calls_left = u64::MAX;
    }

    /// Lets every process die.
    pub(super) fn forget_doubtful(&self) {
        let mut state = self.state();
        let State { tree, dice, .. } = &mut *state;
        tree.forget_doubtful(dice);
    }

    /// Lays out what is there now, for readers, who read the real disk.
    pub(super) fn lay_out(&self) {
        let mut state = self.state();
        let place = state.place.clone();
        for entry in std::fs::read_dir(&place).unwrap() {
            std::fs::remove_dir_all(entry.unwrap().path()).unwrap();
        }
        state.tree.lay_out(ROOT, &place);
    }
}

/// What a call is to do.
enum Verdict {
    Succeed,
    /// The power goes, and the call may have been carried out.
    PowerOff,
    Fail(io::Error),
}

impl State {
    /// Counts a call and decides about it.
    fn verdict(&mut self) -> Verdict {
        match self.calls_left {
            0 => return Verdict::Fail(io::Error::other("the power is off")),
            1 => {
                self.calls_left = 0;
                return Verdict::PowerOff;
            }
            _ => self.calls_left -= 1,
        }
        if self.failures > 0 && self.dice.in_a_thousand(self.failures) {
            let kinds = [io::ErrorKind::Other, io::ErrorKind::StorageFull, io::ErrorKind::ReadOnlyFilesystem];
            return Verdict::Fail(kinds[self.dice.below(kinds.len())].into());
        }
        Verdict::Succeed
    }

    /// Does something whose effect is all or nothing; one that fails may still have had it.
    fn all_or_nothing<T>(&mut self, work: impl FnOnce(&mut Tree) -> io::Result<T>) -> io::Result<T> {
        match self.verdict() {
            Verdict::Succeed => work(&mut self.tree),
            Verdict::PowerOff => {
                if self.dice.in_a_thousand(500) {
                    work(&mut self.tree)?;
                }
                Err(io::Error::other("the power went"))
            }
            Verdict::Fail(error) => Err(error),
        }
    }

    fn sync_dir(&mut self, path: &Path) -> io::Result<()> {
        let skip = self.missing == Missing::SyncOfDirectories;
        self.all_or_nothing(|tree| if skip { Ok(()) } else { tree.sync_dir(path) })
    }

    fn inside(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.place).expect("everything lies in the data directory").to_owned()
    }

    /// Makes something in a directory, then syncs that.
    fn make(&mut self, path: &Path, node: Node) -> io::Result<Id> {
        let path = self.inside(path);
        let id = self.all_or_nothing(|tree| tree.add(&path, node))?;
        self.sync_dir(path.parent().expect("everything lies in the data directory"))?;
        Ok(id)
    }
}

impl Disk for SimDisk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        match state.make(path, Node::Dir(Dir::default())) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if state.missing == Missing::SyncOfKnownDirectories {
                    return Ok(());
                }
                let path = state.inside(path);
                state.sync_dir(path.parent().expect("everything lies in the data directory"))
            }
            made => made.map(drop),
        }
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let id = self.state().make(path, Node::File(FileNode::default()))?;
        Ok(Box::new(SimFile { disk: self.clone(), id }))
    }
}

struct SimFile {
    disk: SimDisk,
    id: Id,
}

impl DiskFile for SimFile {
    fn append(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        let bytes = parts.concat();
        let mut state = self.disk.state();
        let verdict = state.verdict();
        let State { tree, dice, .. } = &mut *state;
        let file = &mut tree.file(self.id).bytes;
        let (written, outcome) = match verdict {
            Verdict::Succeed => (bytes.len(), Ok(())),
            Verdict::PowerOff => (dice.below(bytes.len() + 1), Err(io::Error::other("the power went"))),
            Verdict::Fail(error) => (dice.below(bytes.len() + 1), Err(error)),
        };
        file.extend_from_slice(&bytes[..written]);
        outcome
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        let missing = state.missing;
        let mut verdict = state.verdict();
        let State { tree, dice, .. } = &mut *state;
        let file = tree.file(self.id);
        if missing == Missing::Sync {
            return Ok(());
        }
        if let Verdict::Fail(_) = verdict {
            file.doubtful.push(file.synced..file.bytes.len());
            if missing == Missing::FailedSyncs {
                verdict = Verdict::Succeed;
            }
        }
        match verdict {
            Verdict::Succeed => file.synced = file.bytes.len(),
            Verdict::PowerOff => {
                if dice.in_a_thousand(500) {
                    file.synced = file.bytes.len();
                }
                return Err(io::Error::other("the power went"));
            }
            Verdict::Fail(error) => {
                file.synced = file.bytes.len();
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Removal for SimDisk {
    fn list(&self, dir: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
        let mut state = self.state();
        let path = state.inside(dir);
        let id = state.tree.find(&path)?;
        let names = state.tree.dir(id)?.now.keys().cloned();
        Ok(names.map(|name| (dir.join(name), 0)).collect())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        let path = state.inside(path);
        state.all_or_nothing(|tree| tree.remove(&path))
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        let path = state.inside(dir);
        state.all_or_nothing(|tree| {
            let id = tree.find(&path)?;
            if tree.dir(id)?.now.is_empty() { tree.remove(&path) } else { Err(io::ErrorKind::DirectoryNotEmpty.into()) }
        })
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        let path = state.inside(dir);
        // Whether it is there is seen before anything is done.
        state.tree.find(&path)?;
        state.sync_dir(&path)
    }
}
