//! The parameter sets of a stream: which of them are in force at a picture. What they say is read in `video`.

use std::collections::HashMap;

use bytes::Bytes;
use video::h264::{AccessUnit, ParameterSets, Sps};

use crate::PictureFormat;

/// How many different messages with parameter sets, and how many pairs of them, are kept; a stream with more is damaged.
const MOST: usize = 4096;
/// Names no sets.
pub(super) const NONE: u16 = u16::MAX;

/// The sets that messages carry, each combination once.
#[derive(Clone, Debug, Default)]
pub(super) struct SetsSeen {
    carried: Vec<Carried>,
}

/// What one message carries.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Carried {
    sps: Option<Bytes>,
    pps: Option<Bytes>,
}

impl SetsSeen {
    /// The number of what a message carries, [`NONE`] for nothing that can be used.
    pub(super) fn intern(&mut self, unit: &AccessUnit) -> u16 {
        // A sequence parameter set that cannot be read says nothing about its pictures.
        let sps = unit.first_sps.as_ref().filter(|_| unit.sps.is_some());
        let pps = unit.first_pps.as_ref();
        if sps.is_none() && pps.is_none() {
            return NONE;
        }
        let known = self.carried.iter().rposition(|other| other.sps.as_ref() == sps && other.pps.as_ref() == pps);
        let index = known.or_else(|| {
            (self.carried.len() < MOST).then(|| {
                // The message's memory is a whole chunk of the log; only these few bytes are kept.
                let own = |set: &Bytes| Bytes::copy_from_slice(set);
                self.carried.push(Carried { sps: sps.map(own), pps: pps.map(own) });
                self.carried.len() - 1
            })
        });
        index.and_then(|index| u16::try_from(index).ok()).unwrap_or(NONE)
    }

    /// Whether messages carry different sets of one kind, so that the last ones do not say all.
    pub(super) fn differ(&self, numbers: impl Iterator<Item = u16>) -> bool {
        let mut first = Carried { sps: None, pps: None };
        numbers.filter_map(|number| self.carried.get(usize::from(number))).any(|next| {
            let differ = |known: &mut Option<Bytes>, set: &Option<Bytes>| match (&known, set) {
                (Some(known), Some(set)) => known != set,
                (None, Some(set)) => {
                    *known = Some(set.clone());
                    false
                }
                (_, None) => false,
            };
            differ(&mut first.sps, &next.sps) | differ(&mut first.pps, &next.pps)
        })
    }
}

/// The sets in force while a stream is gone through in order: the last of each kind.
#[derive(Clone, Debug, Default)]
pub(super) struct InForce {
    sps: Option<Bytes>,
    pps: Option<Bytes>,
    /// The place of the pair among the formats; `None` if it has to be looked up.
    number: Option<u16>,
}

impl InForce {
    /// Takes what a message carries.
    pub(super) fn take(&mut self, seen: &SetsSeen, number: u16) {
        let Some(carried) = seen.carried.get(usize::from(number)) else { return };
        for (known, set) in [(&mut self.sps, &carried.sps), (&mut self.pps, &carried.pps)] {
            if set.is_some() && known != set {
                known.clone_from(set);
                self.number = None;
            }
        }
    }

    /// Whether there is one of each kind.
    pub(super) fn is_whole(&self) -> bool {
        self.sps.is_some() && self.pps.is_some()
    }

    /// The place of the pair in `formats`, where it is entered at its first use; `None` without a whole pair.
    pub(super) fn number(&mut self, formats: &mut Vec<PictureFormat>) -> Option<u16> {
        if self.number.is_none() {
            let sets = ParameterSets { sps: self.sps.clone()?, pps: self.pps.clone()? };
            let known = formats.iter().rposition(|format| format.sets == sets);
            let index = match known {
                Some(index) => index,
                None if formats.len() < MOST => {
                    let sps = Sps::parse(&sets.sps).ok()?;
                    formats.push(PictureFormat {
                        width: sps.width,
                        height: sps.height,
                        reorders: reorders(&sps),
                        sets,
                    });
                    formats.len() - 1
                }
                None => return None,
            };
            self.number = u16::try_from(index).ok();
        }
        self.number
    }
}

/// The sets in force of every source of a stream: cameras that are sent at once each have their own.
#[derive(Debug, Default)]
pub(super) struct OfSources {
    of: HashMap<i64, InForce>,
    last: Option<i64>,
}

impl OfSources {
    /// Those of the source whose message comes next. A source that comes for the first time goes on with those of the
    /// message before it, as does every source beyond the first [`MOST`].
    pub(super) fn of(&mut self, source: i64) -> &mut InForce {
        let before = self.last.unwrap_or(source);
        let known = self.of.contains_key(&source);
        let key = if known || self.of.len() < MOST { source } else { before };
        if !known && key == source {
            let inherited = self.of.get(&before).cloned().unwrap_or_default();
            self.of.insert(source, inherited);
        }
        self.last = Some(key);
        self.of.entry(key).or_default()
    }
}

/// Whether a stream says that it reorders its pictures. One that says nothing does not: a sender in a meeting cannot
/// wait for a later picture (protocol §8.2).
fn reorders(sps: &Sps) -> bool {
    sps.pic_order_cnt_type != 2 && sps.max_num_reorder_frames.is_some_and(|frames| frames > 0)
}
