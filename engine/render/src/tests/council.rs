//! A meeting of eight seconds in which everything is to be seen: three cameras at once, one of which goes off, somebody without one, a
//! screen with two slides, and names of several scripts.

use bytes::Bytes;
use media::{AudioCodec, SampleRate, TrackKind};
use model::{EventBody, ParticipantId};

use super::{
    ledger::talk,
    meeting::{Meeting, somebody},
};

/// 1280x720, a key picture each 2 s.
pub(super) const WIDE: i64 = 1;
/// 640x360, one key picture at the start.
pub(super) const SMALL: i64 = 2;
/// 360x640; off after 5 s.
pub(super) const TALL: i64 = 3;
/// Never seen, and shares from 3 to 6 s.
pub(super) const SHARER: i64 = 4;

pub(super) const END_MS: i64 = 8_000;
pub(super) const SHARED_MS: std::ops::Range<i64> = 3_000..6_000;
/// When the second slide comes.
pub(super) const SECOND_SLIDE_MS: i64 = 4_500;
pub(super) const TALL_OFF_MS: i64 = 5_000;

pub(super) fn council() -> Meeting {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    for (id, name) in
        [(WIDE, "Ada Lovelace"), (SMALL, "Софья Ковалевская"), (TALL, "李善兰"), (SHARER, "Al-Khwārizmī الخوارزمي")]
    {
        meeting.event(0, EventBody::Joined { participant: somebody(id, name) });
    }
    for id in [WIDE, SMALL, TALL] {
        meeting.event(0, EventBody::VideoOn { id: ParticipantId(id) });
    }
    let cameras = [(WIDE, "wide", END_MS), (SMALL, "small", END_MS), (TALL, "tall", TALL_OFF_MS)];
    for n in 0..END_MS / 40 {
        for (id, clip, until_ms) in cameras {
            let (at_ms, clip) = (40 * n, fixtures::pack().camera(clip).unwrap());
            if at_ms < until_ms {
                meeting.media(TrackKind::Video, id, at_ms, Bytes::from_static(clip.frames[n as usize]));
            }
        }
    }
    meeting.event(TALL_OFF_MS, EventBody::VideoOff { id: ParticipantId(TALL) });
    let id = ParticipantId(SHARER);
    let slides = &fixtures::pack().slides;
    meeting.event(SHARED_MS.start, EventBody::ShareOn { id });
    meeting.media(TrackKind::Share, SHARER, SHARED_MS.start, slides[1].jpeg);
    meeting.media(TrackKind::Share, SHARER, SECOND_SLIDE_MS, slides[2].jpeg);
    meeting.event(SHARED_MS.end, EventBody::ShareOff { id: Some(id) });
    talk(&mut meeting, WIDE, 0, 3_000);
    talk(&mut meeting, SMALL, 3_000, 5_000);
    talk(&mut meeting, TALL, 5_000, END_MS);
    meeting.end(END_MS);
    meeting
}
