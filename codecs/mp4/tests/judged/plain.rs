//! The finished file.

use media::Position;

use crate::{
    judge::{Judged, sound_packets},
    source::{PRIMING, Source},
};

const STREAMS: &str = "-show_entries stream=codec_name,start_time,duration,nb_frames";

fn top_level(file: &[u8]) -> Vec<String> {
    let (mut at, mut kinds) = (0, Vec::new());
    while let Some(head) = file.get(at..at + 8) {
        kinds.push(String::from_utf8_lossy(&head[4..]).into_owned());
        at += u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
    }
    assert_eq!(at, file.len());
    kinds
}

#[test]
fn a_finished_file_has_its_index_first_and_its_exact_length() {
    let source = Source::make(7, "640x360", "high");
    let file = source.write([Position::ZERO; 2]).finish(Position::from_ms(7000));
    assert_eq!(top_level(&file), ["ftyp", "moov", "mdat"]);
    let judged = Judged::new(&file);
    judged.decodes();
    let sound_frames = source.sound.len().to_string();
    assert_eq!(
        judged.probe(STREAMS),
        [["h264", "0.000000", "7.000000", "175"], ["aac", "0.000000", "7.000000", &sound_frames]]
    );
    assert_eq!(judged.probe("-show_entries format=start_time,duration"), [["0.000000", "7.000000"]]);
    let first = |stream: &str| judged.probe(&format!("-select_streams {stream} -show_entries packet=pts_time,flags"));
    let keys: Vec<_> =
        first("v").into_iter().filter(|packet| packet[1].starts_with('K')).map(|packet| packet[0].clone()).collect();
    assert_eq!(keys, ["0.000000", "2.000000", "4.000000", "6.000000"]);
}

#[test]
fn every_picture_comes_out_and_a_seek_lands_on_a_key() {
    let source = Source::make(5, "320x180", "baseline");
    let judged = Judged::new(&source.write([Position::ZERO; 2]).finish(Position::from_ms(5000)));
    let mut pictures = judged.pictures();
    assert_eq!(pictures.len(), 125);
    pictures.sort();
    pictures.dedup();
    assert_eq!(pictures.len(), 125, "every picture of the source differs");
    let landed = judged.probe("-read_intervals 3%+#1 -select_streams v -show_entries packet=pts_time,flags");
    assert_eq!(landed[0][0], "2.000000");
}

#[test]
fn sound_is_played_at_the_exact_sample_without_its_priming() {
    let seconds = 4;
    let file = Source::make(seconds, "320x180", "main").write([Position::ZERO; 2]).finish(Position::from_ms(4000));
    let played = Judged::new(&file).sound();
    assert!(is_length(played.len(), 4000), "{} samples", played.len());
    assert_eq!(lag(&Source::sweep(seconds), &played), 0);
}

#[test]
fn without_the_edit_list_the_sound_would_lag_by_its_priming() {
    let seconds = 4;
    let mut source = Source::make(seconds, "320x180", "main");
    for config in &mut source.configs {
        if let mp4::TrackConfig::Audio(audio) = config {
            audio.priming_samples = 0;
        }
    }
    let file = source.write([Position::ZERO; 2]).finish(Position::from_ms(4000));
    assert_eq!(lag(&Source::sweep(seconds), &Judged::new(&file).sound()), PRIMING as isize);
}

#[test]
fn tracks_that_start_later_are_shown_later() {
    let source = Source::make(3, "320x180", "main");
    let starts = [Position::from_ms(1500), Position::from_ms(250)];
    let file = source.write(starts).finish(Position::from_ms(4500));
    let judged = Judged::new(&file);
    judged.decodes();
    let first =
        |stream: &str| judged.probe(&format!("-select_streams {stream} -show_entries frame=pts_time"))[0][0].clone();
    assert_eq!((first("v").as_str(), first("a").as_str()), ("1.500000", "0.250000"));
    assert_eq!(judged.probe("-show_entries format=duration"), [["4.500000"]]);
    assert_eq!(judged.pictures().len(), 75);
}

#[test]
fn a_movie_shorter_than_its_media_ends_where_it_was_told() {
    let source = Source::make(3, "320x180", "main");
    let judged = Judged::new(&source.write([Position::ZERO; 2]).finish(Position::from_ms(2520)));
    assert_eq!(judged.probe("-show_entries format=duration"), [["2.520000"]]);
    assert_eq!(judged.pictures().len(), 63);
    assert!(is_length(judged.sound().len(), 2520));
}

#[test]
fn pictures_of_uneven_length_keep_their_times() {
    let mut source = Source::make(2, "320x180", "main");
    for (index, picture) in source.pictures.iter_mut().enumerate() {
        picture.duration_ticks = [3000, 3600, 9000, 1][index % 4];
    }
    let expected: Vec<_> = source
        .pictures
        .iter()
        .scan(0, |ticks, picture| Some(std::mem::replace(ticks, *ticks + u64::from(picture.duration_ticks))))
        .map(|ticks| ticks.to_string())
        .collect();
    let written = source.write([Position::ZERO; 2]);
    let growing = Judged::new(&written.file);
    let plain = Judged::new(&written.finish(Position::from_ms(2000)));
    for judged in [growing, plain] {
        let times = judged.probe("-select_streams v -show_entries packet=pts");
        assert_eq!(times.concat(), expected);
    }
}

#[test]
fn symphonia_reads_every_sound_frame() {
    let source = Source::make(3, "320x180", "main");
    let packets = sound_packets(&source.write([Position::ZERO; 2]).finish(Position::from_ms(3000)));
    let expected: Vec<_> =
        source.sound.iter().enumerate().map(|(index, sample)| (index as i64 * 1024, sample.payload.to_vec())).collect();
    assert!(packets == expected, "{} packets of {}", packets.len(), expected.len());
}

#[test]
fn sound_alone_makes_a_file() {
    let mut source = Source::make(2, "320x180", "main");
    source.pictures.clear();
    let judged = Judged::new(&source.write([Position::ZERO; 2]).finish(Position::from_ms(2000)));
    judged.decodes();
    assert_eq!(judged.probe("-show_entries stream=codec_name,duration"), [["aac", "2.000000"]]);
}

/// Whether `samples` are `ms` long. ffmpeg plays the sound frame that the end falls into as a whole.
fn is_length(samples: usize, ms: usize) -> bool {
    (ms * 48..ms * 48 + 1024).contains(&samples)
}

/// By how many samples `played` comes after `original`, found where they agree best.
fn lag(original: &[f32], played: &[f32]) -> isize {
    let (from, window, reach) = (60_000usize, 6_000, 2_100isize);
    let score = |lag: isize| -> f32 {
        let shifted = &played[from.checked_add_signed(lag).expect("within the file")..][..window];
        original[from..][..window].iter().zip(shifted).map(|(a, b)| a * b).sum()
    };
    (-reach..=reach).max_by(|a, b| score(*a).total_cmp(&score(*b))).expect("there are lags to try")
}
