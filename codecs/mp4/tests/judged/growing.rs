//! The file while it grows, and after its writer was killed.

use media::Position;
use mp4::scan;

use crate::{
    judge::{Judged, sound_packets},
    source::Source,
};

#[test]
fn the_file_plays_after_every_cut() {
    let source = Source::make(4, "640x360", "high");
    let written = source.write([Position::ZERO; 2]);
    for (end, pictures, sound) in &written.ends[1..] {
        let file = &written.file[..*end];
        let judged = Judged::new(file);
        judged.decodes();
        assert_eq!(judged.pictures().len(), *pictures);
        assert_eq!(sound_packets(file).len(), *sound);
    }
    assert_eq!(written.ends.last().map(|(_, pictures, _)| *pictures), Some(100));
}

#[test]
fn a_growing_file_keeps_its_starts_and_its_sync() {
    let source = Source::make(3, "320x180", "main");
    let written = source.write([Position::from_ms(700), Position::from_ms(300)]);
    let judged = Judged::new(&written.file);
    let first = |stream: &str| judged.probe(&format!("-select_streams {stream} -show_entries frame=pts_time"));
    assert_eq!(first("v")[0], ["0.700000"]);
    // The priming is shown before the start, or not at all, depending on the player.
    let sound: Vec<f64> = first("a").concat().iter().map(|time| time.parse().expect("a time")).collect();
    assert!(sound.iter().any(|time| (time - 0.3).abs() < 1e-3), "{:?}", &sound[..3]);
}

#[test]
fn a_file_cut_anywhere_plays_its_whole_fragments() {
    let source = Source::make(5, "320x180", "main");
    let written = source.write([Position::ZERO; 2]);
    // Cuts spread over the file by a multiplier that has no factor in common with its length.
    let header = written.ends[0].0;
    let cuts = (1..=12).map(|cut| header + cut * 7_919_993 % (written.file.len() - header));
    for cut in cuts {
        let damaged = &written.file[..cut];
        let (end, pictures, sound) =
            written.ends.iter().rev().find(|(end, ..)| *end <= cut).expect("the header is whole");
        assert_eq!(scan(damaged), *end, "cut at {cut}");
        let at_least = Judged::new(damaged).pictures_despite_damage();
        assert!(at_least >= *pictures, "cut at {cut}: {at_least} pictures of {pictures}");
        if *pictures > 0 {
            let whole = Judged::new(&damaged[..*end]);
            whole.decodes();
            assert_eq!(whole.pictures().len(), *pictures, "cut at {cut}");
            assert_eq!(sound_packets(&damaged[..*end]).len(), *sound, "cut at {cut}");
        }
    }
}
