//! A meeting whose pictures can be copied: nothing is decoded, so nothing may differ.

use fixtures::counter;

use super::{ledger, media, stage};

#[test]
fn a_copyable_meeting_is_kept_to_the_byte_and_plays_in_sync() {
    let played = stage::play("copyable", 24, 4.0);
    let meeting = played.meeting();
    assert_eq!(meeting.client_errors, Vec::<String>::new());
    assert_eq!(meeting.unsent, Vec::new());
    ledger::assert_equal(&played.daemon.log_dir(&played.capture), meeting);

    let quality = played.json("quality.json");
    assert_eq!(quality["video"]["plan"], "copy", "{quality:#}");
    assert_eq!(quality["gaps"].as_array().map(Vec::len), Some(0), "{quality:#}");
    let file = played.file("video_mixed.mp4");
    media::assert_streams(&file, played.seconds());
    media::assert_decodes(&file);
    media::assert_index_first(&file);
    media::assert_symphonia_reads(&file);
    media::assert_words_in_place(&file, &played.json("transcript.json"), meeting);

    let [run] = meeting.video_runs.as_slice() else { panic!("one run of one camera: {:?}", meeting.video_runs) };
    let camera = fixtures::pack().camera(&run.clip).unwrap();
    let (width, height) = (camera.width as usize, camera.height as usize);
    let pictures = media::seen(&file, width, height);
    assert_eq!(pictures.len() as u64, run.frames, "pictures in the file");
    for (index, (at, picture)) in pictures.iter().enumerate() {
        let expected = ((run.first_index + index as u64) % camera.frames.len() as u64) as u16;
        assert_eq!(counter::read(picture, width, width, height), Some(expected), "picture {index}");
        let expected_at = (run.first_ms - meeting.first_packet_ms) as f64 / 1000.0 + index as f64 * 0.04;
        assert!((at - expected_at).abs() < 0.001, "picture {index} is shown at {at} s instead of {expected_at} s");
    }
}
