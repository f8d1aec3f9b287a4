//! What lies on the simulated disk: directories whose names, and files whose bytes, are durable or not. What a power cut
//! makes of them is in `loss`, when it comes in `disk`.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    io,
    ops::Range,
    path::{Component, Path},
};

/// The place of a directory or a file among all that were ever made.
pub(super) type Id = usize;

/// A change of a directory that is not durable yet.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Added(OsString, Id),
    Removed(OsString),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Dir {
    /// What every process sees.
    pub(super) now: BTreeMap<OsString, Id>,
    /// What a power cut leaves in any case.
    pub(super) durable: BTreeMap<OsString, Id>,
    /// What happened between the two, in order.
    pub(super) pending: Vec<Change>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct FileNode {
    /// What every process sees.
    pub(super) bytes: Vec<u8>,
    /// How many of them a sync has made durable, but for the doubtful ones.
    pub(super) synced: usize,
    /// Bytes whose sync failed: the system forgets that they were never written, and later syncs pass over them.
    pub(super) doubtful: Vec<Range<usize>>,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    Dir(Dir),
    File(FileNode),
}

/// Everything; the root is the data directory, which was durable before the log came.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
}

pub(super) const ROOT: Id = 0;

impl Tree {
    pub(super) fn new() -> Self {
        Self { nodes: vec![Node::Dir(Dir::default())] }
    }

    pub(super) fn dir(&mut self, id: Id) -> io::Result<&mut Dir> {
        match &mut self.nodes[id] {
            Node::Dir(dir) => Ok(dir),
            Node::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(super) fn file(&mut self, id: Id) -> &mut FileNode {
        match &mut self.nodes[id] {
            Node::File(file) => file,
            Node::Dir(_) => panic!("a file was expected"),
        }
    }

    /// What is at a path below the root.
    pub(super) fn find(&mut self, path: &Path) -> io::Result<Id> {
        path.components().try_fold(ROOT, |id, part| match part {
            Component::Normal(name) => {
                self.dir(id)?.now.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
            }
            _ => Ok(id),
        })
    }

    /// The directory above a path, and the last name.
    pub(super) fn above<'p>(&mut self, path: &'p Path) -> io::Result<(Id, &'p OsStr)> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        Ok((self.find(path.parent().unwrap_or(Path::new("")))?, name))
    }

    /// Puts something into a directory; not durable yet.
    pub(super) fn add(&mut self, path: &Path, node: Node) -> io::Result<Id> {
        let (above, name) = self.above(path)?;
        let id = self.nodes.len();
        let dir = self.dir(above)?;
        if dir.now.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        dir.now.insert(name.to_owned(), id);
        dir.pending.push(Change::Added(name.to_owned(), id));
        self.nodes.push(node);
        Ok(id)
    }

    /// Takes something out of a directory; not durable yet.
    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        let (above, name) = self.above(path)?;
        let dir = self.dir(above)?;
        dir.now.remove(name).ok_or(io::ErrorKind::NotFound)?;
        dir.pending.push(Change::Removed(name.to_owned()));
        Ok(())
    }

    pub(super) fn sync_dir(&mut self, path: &Path) -> io::Result<()> {
        let id = self.find(path)?;
        let dir = self.dir(id)?;
        dir.durable = dir.now.clone();
        dir.pending.clear();
        Ok(())
    }

    /// Lays what is there now out in a real directory, which is empty.
    pub(super) fn lay_out(&mut self, id: Id, place: &Path) {
        for (name, child) in self.dir(id).expect("a directory").now.clone() {
            let path = place.join(name);
            match &self.nodes[child] {
                Node::File(file) => std::fs::write(path, &file.bytes).expect("written"),
                Node::Dir(_) => {
                    std::fs::create_dir(&path).expect("made");
                    self.lay_out(child, &path);
                }
            }
        }
    }
}
