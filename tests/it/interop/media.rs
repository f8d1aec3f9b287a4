//! Media reaches Zoom's own SDK to the byte.

use serde_json::{Value, json};

use super::{
    ledger,
    plan::{self, Sound},
    sdk::{self, Joined},
};

/// The kinds of a meeting without a share.
const STEADY: [&str; 3] = ["audio", "video", "transcript"];

/// Plays a steady meeting to an app that wants `sound`, and holds what it got against the ledger.
fn heard(sound: Sound) -> Joined {
    let options = sdk::options("copyable", 8);
    let joined = sdk::play(options.clone(), &plan::without_share(&options, sound));
    ledger::assert_joined_and_ended(&joined);
    ledger::assert_equal(&joined, &STEADY);
    if let Some(packet_bytes) = sound.packet_bytes() {
        let tracks = joined.meeting().tracks.iter().filter(|track| track.kind == "audio");
        tracks.for_each(|track| assert_eq!((&*track.codec, track.bytes), ("l16", track.frames * packet_bytes)));
    }
    joined
}

/// Who is heard, by user id; 0 in a mix.
fn voices(joined: &Joined) -> Vec<i64> {
    joined.meeting().tracks.iter().filter(|track| track.kind == "audio").map(|track| track.user_id).collect()
}

#[test]
fn opus_of_each_participant_pictures_shares_and_words_reach_the_sdk_to_the_byte() {
    let options = sdk::options("meeting", 14);
    let joined = sdk::play(options.clone(), &plan::everything(&options, Sound::OPUS));
    ledger::assert_joined_and_ended(&joined);
    let equal = ledger::assert_equal(&joined, &["audio", "video", "share", "transcript"]);
    assert!(equal >= 8, "{equal} tracks are equal");
}

#[test]
fn a_shared_screen_in_h264_and_opus_in_stereo_reach_the_sdk_to_the_byte() {
    let options = sdk::options("meeting", 14);
    let asked = plan::everything(&options, Sound::OPUS_STEREO);
    let joined = sdk::play(options, &plan::with(asked, "share", plan::moving_share()));
    ledger::assert_joined_and_ended(&joined);
    ledger::assert_equal(&joined, &["audio", "video", "share", "transcript"]);
    let share = joined.meeting().tracks.iter().find(|track| track.kind == "share").unwrap();
    assert!(share.codec == "h264" && share.frames >= 50, "{share:?}");
}

#[test]
fn l16_of_each_participant_reaches_the_sdk_to_the_byte_at_every_rate() {
    let rates = [Sound::L16_8K, Sound::L16_16K, Sound::L16_32K, Sound::L16_48K_STEREO];
    std::thread::scope(|scope| {
        let playing = rates.map(|sound| scope.spawn(move || heard(sound)));
        for joined in playing {
            assert!(voices(&joined.join().unwrap()).len() >= 3);
        }
    });
}

#[test]
fn one_mix_of_all_voices_reaches_the_sdk_to_the_byte() {
    assert_eq!(voices(&heard(Sound::MIXED)), [0]);
}

/// The SDK's word for what is a message on this wire (official-sdk-wire-capture §2).
#[test]
fn messages_in_binary_frames_and_in_several_frames_are_the_same_to_the_sdk() {
    let options =
        sdk::scripted("scenario copyable\nduration 8s\nwith binary\nwith fragmented 3\n3s keepalive every 250ms");
    let joined = sdk::play(options.clone(), &plan::without_share(&options, Sound::OPUS));
    ledger::assert_joined_and_ended(&joined);
    ledger::assert_equal(&joined, &STEADY);
}

/// The camera that a participant subscribed to comes, and no other.
#[test]
fn a_camera_that_the_sdk_subscribes_to_reaches_it_to_the_byte() {
    let options = sdk::options("meeting", 30);
    let asked = plan::with(plan::everything(&options, Sound::OPUS), "video", plan::video(true));
    let joined = sdk::play(options, &plan::with(asked, "watch", json!(true)));
    ledger::assert_joined_and_ended(&joined);
    ledger::assert_equal(&joined, &["audio", "video", "share", "transcript"]);
    let cameras = joined.app["cameras"].as_array().unwrap();
    let told = |on: bool| cameras.iter().filter(move |told| told[1] == on).map(|told| told[0][0].as_i64().unwrap());
    assert!(told(false).count() >= 1, "nobody turned a camera off: {cameras:?}");
    let asked_for: Vec<i64> = told(true).collect();
    let granted: Vec<Value> = asked_for.iter().map(|id| json!([id, 0])).collect();
    assert_eq!(joined.app["subscriptions"], json!(granted), "{}", joined.app);
    let video = joined.meeting().tracks.iter().filter(|track| track.kind == "video");
    let seen: Vec<i64> = video.map(|track| track.user_id).collect();
    // Of cameras that go on at the same moment the one that was asked for last is sent.
    assert!(seen.len() >= 2, "{seen:?}");
    assert!(seen.iter().all(|id| asked_for.contains(id)), "{seen:?} of {asked_for:?}");
    assert!(asked_for.last().is_some_and(|last| seen.contains(last)), "{seen:?} of {asked_for:?}");
}

/// The negative control of every comparison here.
#[test]
fn one_bit_that_is_turned_and_one_message_that_is_dropped_on_the_way_are_noticed() {
    let harms = ["spoil", "omit"].into_iter().flat_map(|harm| STEADY.map(|kind| (harm, kind)));
    std::thread::scope(|scope| {
        let playing: Vec<_> = harms
            .map(|(harm, kind)| {
                scope.spawn(move || {
                    let options = sdk::options("copyable", 4);
                    let asked = plan::without_share(&options, Sound::OPUS);
                    let joined = sdk::play(options, &plan::with(asked, harm, json!(kind)));
                    ledger::assert_joined_and_ended(&joined);
                    (kind, ledger::compare(&joined, &STEADY).0)
                })
            })
            .collect();
        for harmed in playing {
            let (kind, different) = harmed.join().unwrap();
            let [told] = different.as_slice() else { panic!("{kind}: {different:?}") };
            assert!(told.starts_with(kind), "{told}");
        }
    });
}
