//! Who says what: the packets of sound that each seat of a meeting sends. When they are sent is in `meeting`.

use fixtures::Pack;

/// The slots between two sentences.
const PAUSE_SLOTS: usize = 20;

/// What each of so many seats sends in each slot of 20 ms: the packets of its sentences, and of silence between them. People take
/// turns, and every microphone is open.
pub(crate) fn voices(pack: &'static Pack, seats: usize, slots: usize) -> Vec<Vec<&'static [u8]>> {
    let quiet = &pack.quiet.opus;
    let silence = |slot: usize| quiet[slot % quiet.len()];
    let mut voices: Vec<Vec<&[u8]>> = vec![(0..slots).map(silence).collect(); seats];
    let mut begin = PAUSE_SLOTS;
    for (number, sentence) in pack.sentences.iter().cycle().enumerate() {
        let packets = &sentence.sound.opus;
        let end = begin + packets.len();
        if end > slots || packets.is_empty() || seats == 0 {
            break;
        }
        voices[number % seats][begin..end].copy_from_slice(packets);
        begin = end + PAUSE_SLOTS;
    }
    voices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_speaks_most_of_the_time_and_never_two_at_once() {
        let pack = fixtures::pack();
        let quiet: Vec<&[u8]> = pack.quiet.opus.clone();
        let voices = voices(pack, 3, 3_000);
        let speaking = |slot: usize| voices.iter().filter(|voice| !quiet.contains(&voice[slot])).count();
        let spoken = (0..3_000).filter(|slot| speaking(*slot) > 0).count();
        assert!((0..3_000).all(|slot| speaking(slot) <= 1) && spoken > 1_500, "{spoken} of 3000 slots");
    }

    #[test]
    fn everybody_has_something_to_say() {
        let quiet: Vec<&[u8]> = fixtures::pack().quiet.opus.clone();
        let voices = voices(fixtures::pack(), 10, 3_000);
        assert!(voices.iter().all(|voice| voice.iter().any(|packet| !quiet.contains(packet))));
    }
}
