//! Puts the packets of one source in order.

use std::collections::HashSet;

use media::{AudioCodec, AudioFormat, SourceTime};
use model::{Locator, platform::Leg};

use super::assembly::{Assembly, JUMP_MS};
use crate::{
    AudioFrame, AudioTrack, JITTER_MS, clock::Admission, connection::Connections, place::Place, speech::Loudness,
};

/// How many tracks a source may have; formats and jumps beyond share the last one.
const MOST_TRACKS: usize = 64;
/// Marks a packet that is left out.
const LEFT_OUT: u16 = u16::MAX;

/// One packet of sound as it was collected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub(crate) at: i64,
    print: u32,
    track: u16,
    /// How loud it is, if its payload is L16: which it is only known to be when all connections are.
    loudness: Loudness,
    locator: Locator,
}

impl Heard {
    pub(crate) fn new(at: i64, print: u32, locator: Locator, payload: &[u8]) -> Self {
        Self { at, print, track: 0, loudness: Loudness::of_l16(payload), locator }
    }

    fn loudness(&self, format: AudioFormat) -> Loudness {
        match format.codec {
            AudioCodec::L16 => self.loudness,
            AudioCodec::G711Alaw | AudioCodec::G722 | AudioCodec::Opus => Loudness::Unknown,
        }
    }

    pub(crate) fn place(&self) -> Place {
        self.locator.into()
    }

    /// Puts packets in the order of the log; two at one place are one.
    pub(crate) fn order(heard: &mut Vec<Self>) {
        heard.sort_unstable_by_key(|packet| (packet.place(), packet.at));
        heard.dedup_by_key(|packet| packet.place());
    }
}

/// What all packets of a track have in common: the format, and how often the clock jumped back before.
type Group = (AudioFormat, u32);

/// Makes the tracks of one source, whose packets are in the order of the log.
///
/// Packets are merged by their timestamps, so that a backlog fills the hole that it belongs to. After a jump back on one
/// connection they make a track of their own: both lie where the platform's clock says, and neither disturbs the
/// other's decoder. With each track comes the loudness of its packets.
pub(crate) fn sound(
    source: i64,
    mut heard: Vec<Heard>,
    legs: &Connections,
    assembly: &mut Assembly<'_>,
) -> Vec<(AudioTrack, Vec<Loudness>)> {
    let groups = assign(&mut heard, legs, assembly);
    heard.retain(|packet| packet.track != LEFT_OUT);
    heard.sort_unstable_by_key(|packet| (packet.track, packet.at, packet.place()));

    let mut seen = HashSet::new();
    let mut tracks = Vec::with_capacity(groups.len());
    let mut rest = heard.as_slice();
    for (index, (format, _)) in groups.iter().enumerate() {
        let (of_track, later) = rest.split_at(rest.partition_point(|packet| packet.track as usize <= index));
        rest = later;
        let mut frames: Vec<AudioFrame> = Vec::with_capacity(of_track.len());
        let mut loudness = Vec::with_capacity(of_track.len());
        let mut last: Option<(i64, &Heard)> = None;
        for packet in of_track {
            let closest = i64::from(format.packet_ms) / 4;
            let earliest = last.map_or(packet.at, |(last_ms, _)| packet.at.max(last_ms.saturating_add(closest.max(1))));
            let elsewhere = groups.len() > 1 && !seen.insert((packet.at, packet.print));
            let again = last.is_some_and(|(_, before)| before.at == packet.at && before.print == packet.print);
            // Packets of one connection that crowd have jittered; those of two say the same moment twice.
            let jittered = || {
                earliest.saturating_sub(packet.at) <= JITTER_MS
                    && last.is_some_and(|(_, before)| legs.at(before.place()) == legs.at(packet.place()))
            };
            if again || elsewhere {
                assembly.counts.duplicates += 1;
            } else if earliest != packet.at && !jittered() {
                assembly.counts.overlapping += 1;
            } else {
                last = Some((earliest, packet));
                let at = assembly.clock.position(SourceTime::from_unix_ms(earliest));
                frames.push(AudioFrame { at, locator: packet.locator });
                loudness.push(packet.loudness(*format));
            }
        }
        if !frames.is_empty() {
            tracks.push((AudioTrack { source, format: *format, frames }, loudness));
        }
    }
    tracks
}

/// Gives every packet, in the order of the log, the number of its track.
fn assign(heard: &mut [Heard], legs: &Connections, assembly: &mut Assembly<'_>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut jumps = 0;
    let mut previous: Option<(i64, usize)> = None;
    let mut latest = i64::MIN;
    let origin_ms = assembly.clock.origin.unix_ms();
    for packet in heard {
        // Second 0 and the first packet may be stamped by different clocks.
        if (1..=JITTER_MS).contains(&origin_ms.saturating_sub(packet.at)) {
            packet.at = origin_ms;
        }
        let at = SourceTime::from_unix_ms(packet.at);
        match assembly.clock.admit(at) {
            Admission::Inside => {}
            refused => {
                packet.track = LEFT_OUT;
                match refused {
                    Admission::Early => assembly.counts.early += 1,
                    _ => assembly.counts.absurd += 1,
                }
                continue;
            }
        }
        assembly.note(Leg::Audio, at, packet.place());
        let connection = legs.at(packet.place());
        jumps +=
            u32::from(previous.is_some_and(|(last, on)| on == connection && last.saturating_sub(packet.at) > JUMP_MS));
        previous = Some((packet.at, connection));
        assembly.counts.late += u64::from(packet.at < latest);
        latest = latest.max(packet.at);

        let group = (legs.audio_format(connection), jumps);
        let known = groups.iter().rposition(|other| *other == group);
        let index = known.unwrap_or_else(|| {
            if groups.len() < MOST_TRACKS {
                groups.push(group);
            }
            groups.len() - 1
        });
        packet.track = index as u16;
    }
    groups
}
