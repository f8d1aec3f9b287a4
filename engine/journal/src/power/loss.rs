//! What a power cut, and the death of a process, make of what was not durable: anything that a journaling file system allows.

use std::ops::Range;

use super::{
    dice::Dice,
    tree::{Change, Dir, FileNode, Id, Node, ROOT, Tree},
};

/// What a disk writes at once.
const SECTOR_BYTES: usize = 512;

/// Of how many files it is remembered what was in them.
const STALE_FILES: usize = 16;

/// What became of a sector that was to be written.
#[derive(Clone, Copy)]
enum Fate {
    Written,
    Zeros,
    Stale,
}

impl Tree {
    /// Cuts the power: names and bytes that were not synced are kept, lost or replaced, each by itself.
    pub(super) fn lose_power(&mut self, dice: &mut Dice) {
        let logs = self.logs();
        let files = self.nodes.iter().zip(&logs).rev().filter_map(|(node, log)| match node {
            Node::File(file) if file.bytes.len() > SECTOR_BYTES => Some((*log, file.bytes.clone())),
            _ => None,
        });
        let files: Vec<(Option<Id>, Vec<u8>)> = files.take(STALE_FILES).collect();
        for (node, log) in self.nodes.iter_mut().zip(logs) {
            match node {
                Node::Dir(dir) => dir.lose_power(dice),
                Node::File(file) => {
                    // What a log that is gone had where this one lies: one of the same shape, byte for byte. A log's own
                    // segments are not removed while it lives, so nothing of them is ever under another of its segments.
                    let stale = files.iter().find(|(other, _)| log.is_none() || *other != log);
                    file.lose_power(stale.map_or(&[][..], |(_, bytes)| bytes), dice);
                }
            }
        }
    }

    /// For each directory and file the log it belongs to; none for what was removed.
    fn logs(&self) -> Vec<Option<Id>> {
        let mut logs = vec![None; self.nodes.len()];
        let mut left = vec![(ROOT, 0, None)];
        while let Some((id, depth, log)) = left.pop() {
            // captures, then one directory for each log.
            let log = if depth == 2 { Some(id) } else { log };
            logs[id] = log;
            if let Node::Dir(dir) = &self.nodes[id] {
                left.extend(dir.now.values().map(|child| (*child, depth + 1, log)));
            }
        }
        logs
    }

    /// Lets a process die while the machine lives: everything stays, but for bytes whose sync failed, which the system may
    /// have dropped from memory meanwhile.
    pub(super) fn forget_doubtful(&mut self, dice: &mut Dice) {
        for node in &mut self.nodes {
            if let Node::File(file) = node
                && dice.in_a_thousand(500)
            {
                for range in std::mem::take(&mut file.doubtful) {
                    file.tear(range, &[], dice);
                }
            }
        }
    }
}

impl Dir {
    fn lose_power(&mut self, dice: &mut Dice) {
        let mut left = std::mem::take(&mut self.durable);
        for change in self.pending.drain(..) {
            match change {
                _ if dice.in_a_thousand(500) => {}
                Change::Added(name, id) => {
                    left.insert(name, id);
                }
                Change::Removed(name) => {
                    left.remove(&name);
                }
            }
        }
        self.now.clone_from(&left);
        self.durable = left;
    }
}

impl FileNode {
    fn lose_power(&mut self, stale: &[u8], dice: &mut Dice) {
        let unsynced = self.bytes.len() - self.synced;
        // The length may have grown by all of it, by nothing, or by anything between.
        let grown = match dice.below(4) {
            0 => 0,
            1 => dice.below(unsynced + 1),
            _ => unsynced,
        };
        self.bytes.truncate(self.synced + grown);
        let mut ranges = std::mem::take(&mut self.doubtful);
        ranges.push(self.synced..self.bytes.len());
        for range in ranges {
            self.tear(range, stale, dice);
        }
        self.synced = self.bytes.len();
    }

    /// Decides for each sector of a range what the disk has of it.
    fn tear(&mut self, range: Range<usize>, stale: &[u8], dice: &mut Dice) {
        let range = range.start.min(self.bytes.len())..range.end.min(self.bytes.len());
        let common = match dice.below(5) {
            0 => Some(Fate::Written),
            1 => Some(Fate::Zeros),
            _ => None,
        };
        let mut at = range.start;
        while at < range.end {
            let end = range.end.min((at / SECTOR_BYTES + 1) * SECTOR_BYTES);
            let fate = common.unwrap_or_else(|| match dice.below(4) {
                0 => Fate::Zeros,
                1 => Fate::Stale,
                _ => Fate::Written,
            });
            match fate {
                Fate::Written => {}
                Fate::Zeros => self.bytes[at..end].fill(0),
                Fate::Stale => {
                    let noise = dice.bytes(end - at);
                    let old = stale.get(at..end).filter(|_| dice.in_a_thousand(500)).unwrap_or(&noise);
                    self.bytes[at..end].copy_from_slice(old);
                }
            }
            at = end;
        }
    }
}
