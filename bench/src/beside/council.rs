//! The records that a capture of the case would hold, out of the very media that the other program is given.

use std::{fs, path::Path};

use bytes::{Bytes, BytesMut};
use media::TrackKind;
use model::{EventBody, Participant, ParticipantId, Pii, Record};
use video::h264::nals;

use super::{
    case::{Case, Screen},
    ffmpeg::ffmpeg,
    sources::{self, SCREEN_FPS, SLIDE_S, Voices},
};
use crate::{
    failure::Failure,
    render::{FIRST_USER, PICTURE_MS, SLOT_MS, ending, event, media, opening},
};

const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// Pictures of one source, each with how long it stays.
struct Reel {
    kind: TrackKind,
    source: i64,
    picture_ms: i64,
    pictures: Vec<Bytes>,
}

/// The records of a case, each with its millisecond since the beginning.
///
/// # Errors
/// If the media cannot be read.
pub(super) fn records(
    case: Case,
    seconds: u32,
    voices: &Voices,
    dir: &Path,
) -> Result<impl Iterator<Item = (i64, Record)>, Failure> {
    let reels = reels(case, seconds, dir)?;
    let end_ms = i64::from(seconds) * 1_000;
    let slots = (0..end_ms / SLOT_MS).flat_map(move |slot| {
        let at_ms = slot * SLOT_MS;
        let sound = (FIRST_USER..).zip(voices).map(move |(source, packets)| {
            media(TrackKind::Audio, source, at_ms, Bytes::from_static(packets[slot as usize]))
        });
        let shown = reels.iter().filter(|reel| at_ms % reel.picture_ms == 0).filter_map(|reel| {
            let picture = reel.pictures.get((at_ms / reel.picture_ms) as usize)?;
            Some(media(reel.kind, reel.source, at_ms, picture.clone()))
        });
        sound.chain(shown).map(|record| (at_ms, record)).collect::<Vec<_>>()
    });
    let beginning = opening().chain(arrivals(case)).map(|record| (0, record));
    Ok(beginning.chain(slots).chain([(end_ms, ending(end_ms))]))
}

/// Who comes, and whose camera and screen are on.
fn arrivals(case: Case) -> impl Iterator<Item = Record> {
    let ids = (FIRST_USER..).map(ParticipantId).take(case.seats());
    let joined = ids.clone().enumerate().map(|(seat, id)| {
        let name = Some(Pii::new(format!("Person {}", seat + 1)));
        EventBody::Joined { participant: Participant { id, name } }
    });
    let seen = ids.clone().take(case.cameras()).map(|id| EventBody::VideoOn { id });
    let shares = ids.take(usize::from(case.screen().is_some())).map(|id| EventBody::ShareOn { id });
    joined.chain(seen).chain(shares).map(|body| event(0, body))
}

fn reels(case: Case, seconds: u32, dir: &Path) -> Result<Vec<Reel>, Failure> {
    let camera = |(source, seat)| {
        let pictures = pictures(&sources::camera(seat), dir)?;
        Ok(Reel { kind: TrackKind::Video, source, picture_ms: PICTURE_MS, pictures })
    };
    let mut reels = (FIRST_USER..).zip(0..case.cameras()).map(camera).collect::<Result<Vec<Reel>, Failure>>()?;
    let (kind, source) = (TrackKind::Share, FIRST_USER);
    reels.extend(match case.screen() {
        None => None,
        Some(screen @ Screen::Video) => {
            let pictures = pictures(sources::screen(screen), dir)?;
            Some(Reel { kind, source, picture_ms: 1_000 / i64::from(SCREEN_FPS), pictures })
        }
        Some(Screen::Stills) => {
            let slide = |n: u32| fs::read(dir.join(format!("slide{n}.png"))).map(Bytes::from);
            let pictures = (0..seconds.div_ceil(SLIDE_S)).map(slide).collect::<Result<_, _>>()?;
            Some(Reel { kind, source, picture_ms: 1_000 * i64::from(SLIDE_S), pictures })
        }
    });
    Ok(reels)
}

/// The access units of a file of H.264.
fn pictures(file: &str, dir: &Path) -> Result<Vec<Bytes>, Failure> {
    let args = format!("-i {file} -c copy -bsf:v h264_mp4toannexb -f h264 bytes.h264");
    ffmpeg(dir, args.split(' '))?;
    let (stream, mut pictures, mut picture) = (fs::read(dir.join("bytes.h264"))?, Vec::new(), BytesMut::new());
    for nal in nals(&stream) {
        picture.extend_from_slice(&START_CODE);
        picture.extend_from_slice(nal.bytes);
        // Everything is encoded by one thread, which makes a picture of one slice.
        if nal.kind.is_picture() {
            pictures.push(picture.split().freeze());
        }
    }
    Ok(pictures)
}
