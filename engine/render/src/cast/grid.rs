//! Who has a tile where not everybody can have one. A tile stays where it is for as long as its owner is there and speaks now and
//! then; where it lies on the canvas is in `layout`.

use std::collections::BTreeMap;

/// The order in which people came to the grid: when, when they joined, and their place among those who joined then.
pub(super) type Rank = (i64, i64, usize);

/// A number of tiles, and those who wait for one.
#[derive(Debug)]
pub(super) struct Grid {
    most: usize,
    /// Who has each tile, with his rank.
    tiles: Vec<(Rank, i64)>,
    waiting: BTreeMap<Rank, i64>,
}

impl Grid {
    pub(super) fn new(most: usize) -> Self {
        Self { most, tiles: Vec::new(), waiting: BTreeMap::new() }
    }

    /// Who has a tile, in the order of the tiles.
    pub(super) fn tiles(&self) -> impl Iterator<Item = i64> {
        self.tiles.iter().map(|(_, who)| *who)
    }

    pub(super) fn enter(&mut self, rank: Rank, who: i64) {
        if self.tiles.len() < self.most {
            self.tiles.push((rank, who));
        } else {
            self.waiting.insert(rank, who);
        }
    }

    /// The tile of whoever leaves goes to the first who waits, so that no other tile moves.
    pub(super) fn leave(&mut self, rank: Rank, who: i64) {
        self.waiting.remove(&rank);
        let Some(place) = self.tiles.iter().position(|(_, other)| *other == who) else { return };
        match self.waiting.pop_first() {
            Some(first) => self.tiles[place] = first,
            None => {
                self.tiles.remove(place);
            }
        }
    }

    /// Gives whoever waits and speaks the tile of whoever is silent for longest. `silent_since` answers `None` for those who speak.
    pub(super) fn speak(&mut self, rank: Rank, who: i64, silent_since: impl Fn(i64) -> Option<i64>) {
        if self.waiting.get(&rank) != Some(&who) {
            return;
        }
        let silent = self.tiles.iter().enumerate().filter_map(|(place, (_, who))| Some((silent_since(*who)?, place)));
        if let Some((_, place)) = silent.min() {
            self.waiting.remove(&rank);
            let (rank, silent) = std::mem::replace(&mut self.tiles[place], (rank, who));
            self.waiting.insert(rank, silent);
        }
    }

    /// Gives the tile of whoever just fell silent to the first who waits and speaks.
    pub(super) fn fall_silent(&mut self, silent: i64, speaks: impl Fn(i64) -> bool) {
        let Some(place) = self.tiles.iter().position(|(_, who)| *who == silent) else { return };
        let Some((rank, who)) = self.waiting.iter().find(|(_, who)| speaks(**who)).map(|(rank, who)| (*rank, *who))
        else {
            return;
        };
        self.waiting.remove(&rank);
        let (rank, silent) = std::mem::replace(&mut self.tiles[place], (rank, who));
        self.waiting.insert(rank, silent);
    }
}
