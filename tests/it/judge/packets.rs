//! Judges the sound of a finished recording packet by packet: each 20 ms sounds a number, which is held against the one that
//! belongs there by the books of the simulated Zoom.
//!
//! What is declared, and the pictures, are in `judge`.

use std::fmt::Write as _;

use fixtures::{MeetingReport, counter};

/// The rate of the sound as it is judged, in Hz.
pub(crate) const RATE_HZ: u32 = 16_000;
/// How much sound a packet is judged by, in milliseconds.
const SLOT_MS: i64 = 20;
/// The samples of a slot.
const SLOT: usize = 320;
/// The greatest amplitude of what is silence; a number has two tones of 0.06.
const SILENCE: f32 = 0.01;

/// What belongs into a slot of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belongs {
    /// A packet with this number.
    Packet(u8),
    /// Nothing: nobody's microphone was open.
    Silence,
    /// A packet that nobody received, which has to be declared.
    Unsent,
    /// Anything: a gap is declared here or near.
    Anything,
}

/// What was heard in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Heard {
    /// How many packets.
    pub(crate) packets: usize,
    /// How many slots were silent that should be.
    pub(crate) silent: usize,
    /// By how many decibels the right tones stood out from the nearest others, in the slot where they did the least.
    pub(crate) least_clear_db: f64,
}

/// What belongs into the file, each with the millisecond at which it begins, by what was written to sockets. `is_excused`
/// tells of a moment, in milliseconds from second 0, whether nothing can be said of it.
pub(crate) fn belonging(
    meeting: &MeetingReport,
    second_0_ms: i64,
    is_excused: impl Fn(i64) -> bool,
) -> Vec<(i64, Belongs)> {
    let covers = |spans: &[(i64, i64)], at_ms: i64| spans.iter().any(|(from, to)| (*from..*to).contains(&at_ms));
    let sent: Vec<_> = meeting.sound_runs.iter().map(|run| (run.first_ms, run.end_ms)).collect();
    let unsent = meeting.unsent.iter().filter(|unsent| unsent.kind == "audio");
    let unsent: Vec<_> = unsent.flat_map(|unsent| unsent.spans.clone()).collect();
    let slots = (meeting.first_packet_ms..meeting.end_ms).step_by(SLOT_MS as usize);
    let belongs = |at_ms: i64| match () {
        () if is_excused(at_ms - second_0_ms) => Belongs::Anything,
        () if covers(&sent, at_ms) => Belongs::Packet(counter::number_at(at_ms - meeting.first_packet_ms)),
        () if covers(&unsent, at_ms) => Belongs::Unsent,
        () => Belongs::Silence,
    };
    slots.filter(|at_ms| *at_ms >= second_0_ms).map(|at_ms| (at_ms - second_0_ms, belongs(at_ms))).collect()
}

/// Holds what is heard, from second 0 on, against what belongs there.
///
/// # Errors
/// What is wrong, a line for each slot, with no more than the first ten.
pub(crate) fn hold(heard: &[f32], belonging: &[(i64, Belongs)]) -> Result<Heard, String> {
    let mut found = Heard { least_clear_db: f64::INFINITY, ..Heard::default() };
    let (mut wrong, mut lines) = (0, String::new());
    for (at_ms, belongs) in belonging {
        let from = (*at_ms * i64::from(RATE_HZ) / 1000) as usize;
        let slot = heard.get(from..from + SLOT).unwrap_or(&[]);
        let number = counter::hear(slot, RATE_HZ);
        match (belongs, number) {
            (Belongs::Anything, _) => continue,
            (Belongs::Packet(right), Some(number)) if number.number == *right => {
                found.packets += 1;
                found.least_clear_db = found.least_clear_db.min(number.clear_db);
                continue;
            }
            (Belongs::Silence, None) if slot.iter().all(|sample| sample.abs() < SILENCE) => {
                found.silent += 1;
                continue;
            }
            _ => {}
        }
        wrong += 1;
        if wrong <= 10 {
            let number = number.map(|number| number.number);
            let _ = writeln!(lines, "at {at_ms} ms {number:?} is heard, not {belongs:?}");
        }
    }
    if wrong == 0 { Ok(found) } else { Err(format!("{wrong} slots of sound are wrong and not declared:\n{lines}")) }
}

#[cfg(test)]
mod tests;
