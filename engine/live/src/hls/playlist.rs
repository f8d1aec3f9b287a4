//! The playlist: RFC 8216 with the parts, the blocking reload and the preload hint of its second edition. Where the stream is cut is
//! decided in `cutter`.

use std::fmt::Write as _;

use media::{Position, SourceTime};

use super::{
    clock::iso,
    cutter::{Cutter, LONGEST_MICROS, PART_MS, Segment},
    look::Look,
};

/// How far before the end parts are told, in microseconds: three target durations.
const PARTS_TOLD_MICROS: i64 = 3 * LONGEST_MICROS;
/// How far before the end a player that knows the rest need not be told anything, in microseconds: six target durations at least.
const SKIPPED_BEFORE_MICROS: i64 = 6 * LONGEST_MICROS;
/// After how many segments the time of day is told again.
const DATES_EVERY: u64 = 15;

/// How pieces are called, relative to the playlist.
#[derive(Clone, Copy, Debug)]
pub struct Names;

impl Names {
    /// A header.
    pub fn header(look: &Look) -> String {
        format!("header-{}.mp4", look.name())
    }

    /// A segment.
    pub fn segment(number: u64) -> String {
        format!("segment-{number}.m4s")
    }

    /// A part of a segment.
    pub fn part(number: u64, part: u32) -> String {
        format!("part-{number}-{part}.m4s")
    }
}

/// What a playlist has to hold before it is answered (`_HLS_msn`, `_HLS_part`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The number of a segment.
    pub segment: u64,
    /// A part of it, or all of it.
    pub part: Option<u32>,
}

impl Awaited {
    /// Whether it is there, or will never be.
    pub fn is_there(self, cutter: &Cutter) -> bool {
        let cut = cutter.segments().len() as u64;
        cutter.is_over()
            || self.segment < cut
            || self.part.is_some_and(|part| self.segment == cut && part < cutter.parts(cut))
    }

    /// Whether it lies further ahead than anybody may ask for.
    pub fn is_too_far(self, cutter: &Cutter) -> bool {
        self.segment > cutter.segments().len() as u64 + 1
    }
}

/// The playlist as of now; `origin` is second 0. One that is a delta (`_HLS_skip`) leaves out what lies far back, for a player that was told.
pub fn playlist(cutter: &Cutter, origin: SourceTime, is_delta: bool) -> String {
    let segments = cutter.segments();
    let known = cutter.open().map_or(Position::ZERO, |open| open.end);
    let skipped = if is_delta && !cutter.is_over() {
        segments.partition_point(|segment| known.micros_since(segment.end) > SKIPPED_BEFORE_MICROS)
    } else {
        0
    };
    let mut text = String::with_capacity(512 + segments.len() * 48);
    text.push_str("#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    let _ = writeln!(text, "#EXT-X-TARGETDURATION:{}", LONGEST_MICROS / 1_000_000);
    if !cutter.is_over() {
        let part_s = PART_MS as f64 / 1e3;
        let skip_s = SKIPPED_BEFORE_MICROS / 1_000_000;
        let control = format!("CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL={skip_s},PART-HOLD-BACK={:.3}", 3.0 * part_s);
        let _ = writeln!(text, "#EXT-X-SERVER-CONTROL:{control}");
        let _ = writeln!(text, "#EXT-X-PART-INF:PART-TARGET={part_s:.3}");
    }
    text.push_str("#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA-SEQUENCE:0\n");
    if skipped > 0 {
        let _ = writeln!(text, "#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}");
    }
    let mut look = None;
    for (number, segment) in (0..).zip(segments).skip(skipped) {
        begin(&mut text, cutter, &mut look, number, segment, origin);
        if !cutter.is_over() && known.micros_since(segment.end) < PARTS_TOLD_MICROS {
            parts(&mut text, cutter, number);
        }
        let seconds = segment.end.micros_since(segment.start) as f64 / 1e6;
        let _ = writeln!(text, "#EXTINF:{seconds:.6},\n{}", Names::segment(number));
    }
    if let Some(open) = cutter.open() {
        let number = segments.len() as u64;
        let told = cutter.parts(number);
        if told > 0 {
            begin(&mut text, cutter, &mut look, number, &open, origin);
            parts(&mut text, cutter, number);
        }
        let _ = writeln!(text, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{}\"", Names::part(number, told));
    } else {
        text.push_str("#EXT-X-ENDLIST\n");
    }
    text
}

/// What is told before a segment: that it is another stretch, its header, and when it was.
fn begin(
    text: &mut String,
    cutter: &Cutter,
    look: &mut Option<usize>,
    number: u64,
    segment: &Segment,
    origin: SourceTime,
) {
    if segment.is_break {
        text.push_str("#EXT-X-DISCONTINUITY\n");
    }
    if look.replace(segment.look) != Some(segment.look) {
        let header = cutter.looks().get(segment.look).map(Names::header).unwrap_or_default();
        let _ = writeln!(text, "#EXT-X-MAP:URI=\"{header}\"");
    }
    if segment.is_break || number.is_multiple_of(DATES_EVERY) {
        let _ = writeln!(text, "#EXT-X-PROGRAM-DATE-TIME:{}", iso(origin.unix_ms().saturating_add(segment.start.ms())));
    }
}

fn parts(text: &mut String, cutter: &Cutter, number: u64) {
    for n in 0..cutter.parts(number) {
        let Some(part) = cutter.part(number, n) else { return };
        let seconds = part.end.micros_since(part.start) as f64 / 1e6;
        let independent = if part.is_independent { ",INDEPENDENT=YES" } else { "" };
        let _ = writeln!(text, "#EXT-X-PART:DURATION={seconds:.6},URI=\"{}\"{independent}", Names::part(number, n));
    }
}
