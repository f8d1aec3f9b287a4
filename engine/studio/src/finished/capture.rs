//! A scripted meeting as a capture of it would hold it: records with made-up times of arrival, in a log on the disk. Nobody waits for
//! them. What happens in the meeting is in `meeting`.

use std::{
    future::poll_fn,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use journal::{DiskPool, LocalDisk, LogDir, LogSettings, LogWriter};
use media::{AudioCodec, AudioFormat, Channels, Format, Frame, SampleRate, SourceTime, Track, TrackKind, VideoCodec};
use model::{
    Control, Entry, Epoch, Event, EventBody, Participant, ParticipantId, Pii, Record, Utterance, platform::Leg,
};

use super::{
    meeting::{Cameras, Fault, Kind, LOST_MS, Meeting, Moment, SEATS, SHARES, Seat, Turn, ZERO_MS},
    signals::{PACKET_MS, Signals},
};

/// How long everything is on its way at least.
const WAY_MS: i64 = 80;
/// How much longer at most.
const JITTER_MS: i64 = 60;
/// When of a turn with a backlog the connection is lost, and for how long.
const BACKLOG_MS: (i64, i64) = (1_000, 2_000);

/// Something of the meeting: when it arrives by the platform's clock, and what it is.
pub(super) type Arrival = (i64, Entry);

/// A meeting as records.
pub(super) struct Capture<'a> {
    meeting: &'a Meeting,
    signals: Signals,
}

impl<'a> Capture<'a> {
    pub(super) fn of(meeting: &'a Meeting) -> Self {
        Self { meeting, signals: Signals::of(meeting.codec) }
    }

    /// Writes the log.
    pub(super) async fn write(&self, dir: LogDir) {
        let turns = self.meeting.turns().flat_map(|turn| self.arrivals(&turn));
        let arrivals = self.opening().into_iter().chain(turns).chain([self.ending()]);
        write(dir, self.meeting.arrival_ppm, arrivals).await;
    }

    fn opening(&self) -> Vec<Arrival> {
        let legs = [Leg::Audio, Leg::Video, Leg::Share, Leg::Transcript];
        let mut entries = vec![Entry::Control(Control::FirstPacket { at: at(0) })];
        entries.extend(legs.map(|leg| Entry::Control(self.ready(leg))));
        entries.into_iter().map(|entry| (0, entry)).collect()
    }

    fn ending(&self) -> Arrival {
        let end_ms = self.meeting.end_ms();
        let ended = Control::Ended {
            code: "meeting_ended".to_owned(),
            cut_short: false,
            stop_reason: Some(6),
            at: Some(at(end_ms)),
        };
        (end_ms + WAY_MS, Entry::Control(ended))
    }

    fn ready(&self, leg: Leg) -> Control {
        ready(leg, self.meeting.codec)
    }

    /// Everything of a turn, in the order in which it arrives.
    fn arrivals(&self, turn: &Turn) -> Vec<Arrival> {
        let mut arrivals = self.controls(turn);
        arrivals.extend(self.events(turn));
        for seat in &turn.here {
            arrivals.extend(self.sound(turn, *seat));
            arrivals.extend(self.pictures(turn, *seat));
        }
        arrivals.extend(self.slides(turn));
        arrivals.sort_by_key(|(arrived_ms, _)| *arrived_ms);
        arrivals
    }

    fn controls(&self, turn: &Turn) -> Vec<Arrival> {
        let (legs, from_ms, for_ms): (&[Leg], i64, i64) = match turn.kind {
            Kind::Lost => (&[Leg::Audio, Leg::Video, Leg::Share], 0, LOST_MS),
            Kind::Backlog => (&[Leg::Audio], BACKLOG_MS.0, BACKLOG_MS.1),
            _ => return Vec::new(),
        };
        // What was sent before is here by then.
        let lost_ms = turn.start_ms + from_ms + WAY_MS + JITTER_MS;
        let back_ms = turn.start_ms + from_ms + for_ms + WAY_MS;
        let lost = |leg: &Leg| Control::LegLost { leg: *leg, cause: "zoom_rtms_closed_by_peer".to_owned(), ago_ms: 0 };
        let lost = legs.iter().map(|leg| (lost_ms, Entry::Control(lost(leg))));
        lost.chain(legs.iter().map(|leg| (back_ms, Entry::Control(self.ready(*leg))))).collect()
    }

    fn events(&self, turn: &Turn) -> Vec<Arrival> {
        let mut bodies: Vec<(i64, EventBody)> = Vec::new();
        let was_here = |seat: &usize| turn.n > 0 && self.meeting.is_here(*seat, turn.n - 1);
        for (seat, Seat { id, .. }) in SEATS.iter().enumerate() {
            let id = ParticipantId(*id);
            match (was_here(&seat), turn.here.contains(&seat)) {
                (false, true) => {
                    let participant = Participant { id, name: Some(Pii::new(format!("Participant {seat}"))) };
                    bodies.push((turn.start_ms, EventBody::Joined { participant }));
                }
                (true, false) => bodies.push((turn.start_ms, EventBody::Left { id })),
                _ => {}
            }
        }
        let id = ParticipantId(SEATS[turn.holder].id);
        match turn.kind {
            Kind::Unseen => {
                bodies.push((turn.start_ms, EventBody::VideoOff { id }));
                bodies.push((turn.end_ms() - 1, EventBody::VideoOn { id }));
            }
            Kind::Sentence(sentence) => {
                let (start_ms, end_ms) = (turn.sentence_ms(), turn.sentence_ms() + sentence.sound.duration_ms);
                let utterance = Utterance {
                    speaker: Some(Participant { id, name: None }),
                    text: Pii::new(sentence.text.clone()),
                    start: at(start_ms),
                    end: at(end_ms),
                    language: None,
                };
                bodies.push((end_ms, EventBody::Transcript(utterance)));
            }
            _ => {}
        }
        if !matches!(turn.kind, Kind::Muted | Kind::Break) {
            bodies.push((turn.start_ms + 150, EventBody::ActiveSpeaker { id }));
        }
        if let Some((on_ms, off_ms)) = turn.share {
            let (id, own) = (ParticipantId(SEATS[SHARES].id), turn.start_ms..turn.end_ms());
            let turns = [(on_ms, EventBody::ShareOn { id }), (off_ms, EventBody::ShareOff { id: Some(id) })];
            bodies.extend(turns.into_iter().filter(|(at_ms, _)| own.contains(at_ms)));
        }
        let entry = |(at_ms, body)| (at_ms + WAY_MS, Entry::Event(Event { at: at(at_ms), body }));
        bodies.into_iter().map(entry).collect()
    }

    /// Packets of a seat: of silence, of speech while its owner has the word, and beeps.
    fn sound(&self, turn: &Turn, seat: usize) -> Vec<Arrival> {
        let of = SEATS[seat];
        let (from_ms, to_ms) = turn.open_ms(seat);
        let beeps: Vec<(i64, i64)> = turn
            .moments()
            .iter()
            .filter(|Moment { seat: who, is_heard, .. }| *is_heard && *who == seat)
            .map(|moment| {
                let packet = of.packet_at(moment.at_ms + 1) - 1;
                (packet, (moment.at_ms - of.stamp_ms(packet)).min(PACKET_MS - 1))
            })
            .collect();
        let sentence = match turn.kind {
            Kind::Sentence(sentence) if seat == turn.holder => Some((of.packet_at(turn.sentence_ms()), sentence)),
            _ => None,
        };
        let mut arrivals = Vec::new();
        let mut earliest_ms = 0;
        for packet in of.packet_at(from_ms).. {
            let stamp_ms = of.stamp_ms(packet);
            if stamp_ms >= to_ms {
                return arrivals;
            }
            if turn.is_lost(stamp_ms) {
                continue;
            }
            let beep = || beeps.iter().find_map(|(begins, offset_ms)| self.signals.beep(*offset_ms, packet - begins));
            let said = sentence.and_then(|(begins, sentence)| self.said(&sentence.sound, packet - begins));
            let hums = seat == turn.holder && sentence.is_none();
            let payload = said
                .or_else(beep)
                .unwrap_or_else(|| if hums { &self.signals.hum } else { &self.signals.silence }.clone());
            earliest_ms = (stamp_ms + WAY_MS + jitter_ms(seat, stamp_ms)).max(earliest_ms);
            let back_ms = turn.start_ms + BACKLOG_MS.0 + BACKLOG_MS.1 + WAY_MS;
            let is_late = matches!(turn.kind, Kind::Backlog) && stamp_ms >= turn.start_ms + BACKLOG_MS.0;
            let arrived_ms = if is_late { earliest_ms.max(back_ms) } else { earliest_ms };
            let drift_ms = if self.meeting.fault == Some(Fault::SoundDrifts) { stamp_ms / 5_000 } else { 0 };
            arrivals.push((arrived_ms, frame(TrackKind::Audio, of.id, stamp_ms + drift_ms, payload)));
        }
        arrivals
    }

    fn said(&self, sound: &'static fixtures::Sound, slot: i64) -> Option<Bytes> {
        let slot = usize::try_from(slot).ok().filter(|slot| *slot < sound.slots())?;
        let packet = if self.signals.codec == AudioCodec::Opus { sound.opus[slot] } else { sound.l16_slot(slot) };
        Some(Bytes::from_static(packet))
    }

    /// Pictures of a seat's camera. Those that are far apart can each be decoded by itself, as the platform sends them where it turns
    /// from one camera to another.
    fn pictures(&self, turn: &Turn, seat: usize) -> Vec<Arrival> {
        let is_off = matches!(turn.kind, Kind::Unseen) && seat == turn.holder;
        if is_off || (self.meeting.cameras == Cameras::Speaker && seat != turn.holder) {
            return Vec::new();
        }
        let late_ms = if self.meeting.fault == Some(Fault::CamerasLate) { 60 } else { 0 };
        let (mut run, mut was_white) = (0, None);
        let picture = |(at_ms, is_white): (i64, bool)| {
            let begins = was_white.replace(is_white) != Some(is_white) || self.meeting.picture_ms > 40;
            run = if begins { 0 } else { run + 1 };
            let payload = self.signals.picture(is_white, run);
            let entry = frame(TrackKind::Video, SEATS[seat].id, at_ms + late_ms, payload);
            (at_ms + late_ms + WAY_MS + jitter_ms(4, at_ms), entry)
        };
        turn.pictures(seat, self.meeting.picture_ms).into_iter().map(picture).collect()
    }

    fn slides(&self, turn: &Turn) -> Vec<Arrival> {
        let slide = |(at_ms, is_white): (i64, bool)| {
            let entry = frame(TrackKind::Share, SEATS[SHARES].id, at_ms, self.signals.slide(is_white));
            (at_ms + WAY_MS, entry)
        };
        turn.slides().into_iter().map(slide).collect()
    }
}

/// A connection is ready, on which sound is coded so.
pub(super) fn ready(leg: Leg, codec: AudioCodec) -> Control {
    let rate = if codec == AudioCodec::Opus { SampleRate::HZ_48000 } else { SampleRate::HZ_16000 };
    let sound = AudioFormat { codec, rate, channels: Channels::Mono, packet_ms: PACKET_MS as u16 };
    let format = match leg {
        Leg::Audio => Some(Format::Audio(sound)),
        Leg::Video => Some(Format::Video(VideoCodec::H264)),
        Leg::Share => Some(Format::Video(VideoCodec::Png)),
        _ => None,
    };
    Control::LegReady { leg, format }
}

/// Writes the log of what arrives, on a machine whose clock runs so many millionths faster than the platform's.
pub(super) async fn write(dir: LogDir, ppm: i64, arrivals: impl Iterator<Item = Arrival>) {
    // Fewer batches than those of a capture, which must not lose what it has not written.
    let settings = LogSettings { sync_every: Duration::from_secs(30), ..LogSettings::default() };
    let (pool, began) = (DiskPool::start(Arc::new(LocalDisk), 1).unwrap(), Instant::now());
    let mut log = LogWriter::open(dir, pool, settings, Epoch(1), began).unwrap();
    let mut last_ms = 0;
    for (at_ms, entry) in arrivals {
        last_ms = at_ms.max(last_ms);
        let here_micros = (last_ms * 1_000 + last_ms * ppm / 1_000) as u64;
        let arrived_unix_ns = (ZERO_MS as u64 * 1_000 + here_micros) * 1_000;
        let now = began + Duration::from_micros(here_micros);
        log.append(&Record { arrived_unix_ns, epoch: Epoch(1), entry }, now).unwrap();
        if log.next_tick().is_some_and(|due| due <= now) {
            log.tick(now).unwrap();
            poll_fn(|cx| log.poll_synced(cx, now)).await.unwrap();
        }
    }
    log.close().await.unwrap();
}

/// How much later than others something is on its way; all of half a second is late together.
fn jitter_ms(connection: usize, at_ms: i64) -> i64 {
    (at_ms / 500 * 7_919 + connection as i64 * 31) % JITTER_MS
}

pub(super) fn at(ms: i64) -> SourceTime {
    SourceTime::from_unix_ms(ZERO_MS + ms)
}

pub(super) fn frame(kind: TrackKind, source: i64, at_ms: i64, payload: Bytes) -> Entry {
    Entry::Media(Frame { track: Track { kind, source }, at: at(at_ms), payload })
}
