//! How whole the result is: what the timeline declares, and what the render could not use.

use audio::Loudness;
use media::VideoCodec;
use model::{ArtifactKind, Grade, LossCause, RecordingQuality};
use schema::document::{
    ClockQuality, EndQuality, Gap, GapCause, LoudnessQuality, PictureOrigin, Quality, Refused, VideoQuality,
};
use serde::{Deserialize, Serialize};
use timeline::{AudioTrack, Contradiction, Jump, Spurt, Substitution, Timeline};

use crate::{Choice, VideoChoice, ledger, muted};

/// What a render could not use, in frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// Payloads that could not be read from the log.
    pub unreadable: u64,
    /// Packets of sound that could not be decoded; silence takes their time.
    pub sound: u64,
    /// Pictures that could not be decoded; the picture before them stays.
    pub pictures: u64,
    /// Pictures that could not be shown because no key picture had come before them.
    pub without_key: u64,
}

impl Damage {
    /// All of what was received and is missing from the result.
    pub fn total(&self) -> u64 {
        let undecoded = self.sound.saturating_add(self.pictures).saturating_add(self.without_key);
        self.unreadable.saturating_add(undecoded)
    }

    /// Adds what could not be used in another file.
    pub fn add(&mut self, other: Self) {
        self.unreadable = self.unreadable.saturating_add(other.unreadable);
        self.sound = self.sound.saturating_add(other.sound);
        self.pictures = self.pictures.saturating_add(other.pictures);
        self.without_key = self.without_key.saturating_add(other.without_key);
    }
}

/// How the mixed video came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How its picture was made.
    pub choice: Choice,
    /// How far a picture is shown from where its stamp puts it, at most, in microseconds.
    pub shift_micros: u64,
    /// What could not be used.
    pub damage: Damage,
}

/// How files of sound came out, and the sound of a video.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SoundOutcome {
    /// How loud the mix is; `None` if nothing was mixed or heard.
    pub loudness: Option<Loudness>,
    /// What could not be used in the file that had to do without the most; of a video it is in its own outcome.
    pub damage: Damage,
    /// How many parts of single participants were left out because there are more than a list may have.
    pub left_out_parts: usize,
}

impl SoundOutcome {
    /// Takes in how another file of the same recording came out.
    pub fn merge(&mut self, other: Self) {
        self.loudness = self.loudness.or(other.loudness);
        if other.damage.total() > self.damage.total() {
            self.damage = other.damage;
        }
        self.left_out_parts = self.left_out_parts.max(other.left_out_parts);
    }
}

/// Makes the quality report; `mixed` is `None` if there is no mixed video, `sound` what is known of everything that sounds, `unmade`
/// names what was asked for and could not be made.
///
/// A recording is complete if everything that the platform offered is in it: a pause that somebody asked for is declared
/// and takes nothing from that, nor does a kind that the app has no right to. What came where media does and could not be read
/// may have been media.
pub fn quality(timeline: &Timeline, mixed: Option<&Outcome>, sound: &SoundOutcome, unmade: &[ArtifactKind]) -> Quality {
    let counts = timeline.counts;
    // What could not be heard in one file could not in the others.
    let unusable = mixed.map_or(0, |outcome| outcome.damage.total()).max(sound.damage.total());
    let undecodable = timeline.video.damaged.saturating_add(timeline.share.damaged);
    let damaged = unusable.saturating_add(counts.unreadable).saturating_add(undecodable);
    let outside = counts.absurd.saturating_add(counts.early).saturating_add(counts.beyond);
    let dropped = counts.dropped.saturating_add(outside);
    let gaps = timeline.gaps.iter().any(|gap| gap.cause != LossCause::Pause);
    // A log without an end was cut off as surely as one whose end says so.
    let cut_short = timeline.ended.as_ref().is_none_or(|ended| ended.cut_short);
    let lost = [dropped, damaged, counts.unread].iter().any(|frames| *frames > 0);
    let missing = gaps || cut_short || lost || !unmade.is_empty() || sound.left_out_parts > 0;
    let grade = match (timeline.has_media(), missing) {
        (false, _) => Grade::Failed,
        (true, true) => Grade::Partial,
        (true, false) => Grade::Complete,
    };
    let gap = |gap: &timeline::Gap| Gap {
        track: gap.kind.name().to_owned(),
        start: gap.start,
        end: gap.end,
        cause: GapCause::Lost(gap.cause),
    };
    let mut declared: Vec<Gap> = timeline.gaps.iter().map(gap).chain(muted::muted(timeline)).collect();
    declared.sort_by_key(|gap| gap.start);
    Quality {
        grade,
        end: timeline.ended.as_ref().map(|ended| EndQuality { code: ended.code.clone(), cut_short: ended.cut_short }),
        video: mixed.map(|outcome| VideoQuality {
            plan: match outcome.choice.video {
                VideoChoice::Copy => PictureOrigin::Copy,
                VideoChoice::Compose => PictureOrigin::Compose,
            },
            reason: outcome.choice.reason.clone(),
        }),
        duration_ms: u64::try_from(timeline.end.micros() / 1_000).unwrap_or(0),
        clock: timeline.skew.map(|skew| ClockQuality { ahead_ms: skew.ahead_ms, drift_ppm: skew.drift_ppm }),
        av_offset_ms: mixed.and_then(|outcome| av_offset_ms(timeline, outcome)),
        loudness: sound.loudness.map(loudness),
        tracks: ledger::tracks(timeline),
        gaps: declared,
        refused: timeline.refused.iter().map(refused).collect(),
        duplicates: counts.duplicates.saturating_add(counts.overlapping),
        dropped,
        damaged,
        skipped: counts.skipped,
        unmade: unmade.to_vec(),
        remarks: remarks(timeline).chain(left_out(sound.left_out_parts)).collect(),
    }
}

/// The report in short.
pub fn summary(timeline: &Timeline, report: &Quality) -> RecordingQuality {
    let causes = LossCause::ALL.into_iter().map(|cause| (cause, ledger::gap_ms(&timeline.gaps, cause, timeline.end)));
    RecordingQuality { grade: report.grade, gap_ms: causes.filter(|(_, gap_ms)| *gap_ms > 0).collect() }
}

/// How far sound and pictures can be apart. A packet plays where its run puts it, at most 10 ms from its stamp; a composed picture
/// at the moment of the grid that is nearest.
fn av_offset_ms(timeline: &Timeline, outcome: &Outcome) -> Option<u32> {
    let has_both = !timeline.audio.is_empty() && !timeline.video.frames.is_empty();
    let micros = timeline.audio.iter().map(sound_shift_micros).max()?.saturating_add(outcome.shift_micros);
    has_both.then_some(u32::try_from(micros.div_ceil(1_000)).unwrap_or(u32::MAX))
}

fn sound_shift_micros(track: &AudioTrack) -> u64 {
    let shift = |spurt: Spurt<'_>| {
        let places = (0_i64..).map(|n| spurt.start.micros().saturating_add(track.packet_micros().saturating_mul(n)));
        spurt.frames.iter().zip(places).map(|(frame, place)| frame.at.micros().abs_diff(place)).max().unwrap_or(0)
    };
    track.spurts().map(shift).max().unwrap_or(0)
}

fn refused(refusal: &timeline::Refusal) -> Refused {
    let timeline::Refusal { kind, status, code, reason } = refusal;
    Refused { track: kind.name().to_owned(), status: *status, code: code.clone(), reason: reason.clone() }
}

/// Sentences about what was otherwise than was asked, agreed or to be expected: most of it took nothing from the recording,
/// and of the rest they say why.
fn remarks(timeline: &Timeline) -> impl Iterator<Item = String> {
    let substituted = timeline.substitutions.iter().map(substituted);
    let contradicted = timeline.contradictions.iter().map(contradicted);
    let no_room = Some(timeline.counts.no_room).filter(|frames| *frames > 0).map(not_kept);
    substituted.chain(contradicted).chain(timeline.jumps.iter().map(jumped)).chain(no_room)
}

fn substituted(told: &Substitution) -> String {
    let Substitution { kind, parameter, asked, agreed } = told;
    format!("{kind}: {parameter} {asked} was asked for and the platform agreed to {agreed}, which was taken")
}

fn contradicted(told: &Contradiction) -> String {
    let name = |codec| match codec {
        VideoCodec::H264 => "H.264",
        VideoCodec::Jpeg => "JPEG",
        VideoCodec::Png => "PNG",
    };
    let Contradiction { leg, agreed, found } = *told;
    let (agreed, found) = (name(agreed), name(found));
    format!("{leg}: the platform agreed to {agreed} and sent {found}; the pictures were read as what they are")
}

fn jumped(jump: &Jump) -> String {
    let (by_s, at_s) = (jump.by_ms as f64 / 1000.0, jump.at.seconds());
    format!(
        "the platform's clock jumped by {by_s:+.1} s; what was stamped after that begins at {at_s:.1} s, by the time that \
         passed on this machine"
    )
}

/// The figures as they are told, to a hundredth.
fn loudness(loudness: Loudness) -> LoudnessQuality {
    let told = |figure: f64| (figure * 100.0).round() / 100.0;
    LoudnessQuality {
        integrated_lufs: told(loudness.integrated_lufs),
        range_lu: told(loudness.range_lu),
        true_peak_dbtp: told(loudness.true_peak_dbtp),
    }
}

fn left_out(parts: usize) -> Option<String> {
    (parts > 0).then(|| format!("{parts} parts of single participants were left out, because a list holds no more or because they could not be made"))
}

fn not_kept(frames: u64) -> String {
    format!("{frames} pictures were not kept because the disk was nearly full")
}
