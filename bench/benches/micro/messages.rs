//! From the text of a media message to its payload: the scan of its JSON, and its base64. A second of messages is one piece of work.

use std::hint::black_box;

use base64_turbo::STANDARD;
use divan::Bencher;
use fixtures::pack;
use media::Pool;
use zoom::wire::{media::decode, scan};

use crate::{meeting, work::Work};

/// How large the slabs are that payloads are carved from, as the engine's.
const SLAB_BYTES: usize = 256 << 10;
/// Messages of a second.
const PACKETS: usize = 50;
const PICTURES: usize = 25;
/// The types of the messages (protocol §6).
const AUDIO: u32 = 14;
const VIDEO: u32 = 15;

#[divan::bench]
fn audio(bencher: Bencher<'_, '_>) {
    sound().time(bencher);
}

#[divan::bench]
fn video(bencher: Bencher<'_, '_>) {
    pictures().time(bencher);
}

/// Packets of 20 ms, L16 of 16 kHz: 640 bytes each.
pub(crate) fn sound() -> Work {
    let voice = &pack().sentences[0].sound;
    read((0..PACKETS).map(|slot| text(AUDIO, voice.l16_slot(slot % voice.slots()))).collect())
}

/// Pictures of 1280x720 at 1.5 Mbit/s, the first of them a key picture.
pub(crate) fn pictures() -> Work {
    read(meeting::camera().frames.iter().take(PICTURES).map(|picture| text(VIDEO, picture)).collect())
}

fn read(messages: Vec<String>) -> Work {
    let mut pool = Pool::new(SLAB_BYTES);
    Work::new(messages.len(), messages.iter().map(String::len).sum(), move || {
        for message in &messages {
            let media = scan(black_box(message.as_bytes())).expect("the quick way reads what Zoom sends");
            black_box(decode(&mut pool, &media).expect("its base64 is right"));
        }
    })
}

/// A message as Zoom sends it.
fn text(msg_type: u32, payload: &[u8]) -> String {
    let (length, data) = (payload.len(), STANDARD.encode(payload));
    format!(
        "{{\"msg_type\":{msg_type},\"content\":{{\"user_id\":16778240,\"user_name\":\"Ada Lovelace\",\"timestamp\":1767225600000,\
         \"length\":{length},\"data\":\"{data}\"}}}}"
    )
}
