//! A playlist that is asked for again and again while its meeting goes on, loses its connections, changes its camera, and its daemon dies.

use std::collections::BTreeMap;

use super::{
    checked::Checked,
    judged::fetch,
    meeting::{Script, pictures, reel},
};
use crate::stream::reel::Reel;

/// A viewer who believes nothing.
#[derive(Default)]
struct Viewer {
    last: Option<Checked>,
    segments: BTreeMap<String, usize>,
}

impl Viewer {
    fn refresh(&mut self, reel: &mut Reel) {
        reel.advance(false).unwrap();
        if !reel.is_begun() {
            return;
        }
        let text = String::from_utf8(reel.playlist(false).to_vec()).unwrap();
        let now = Checked::read(&text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
        if let Some(last) = &self.last {
            now.follows(last).unwrap_or_else(|error| panic!("{error}:\n{text}"));
        }
        let delta = String::from_utf8(reel.playlist(true).to_vec()).unwrap();
        assert_completes(&text, &delta);
        for uri in now.uris() {
            if uri.starts_with("segment-") && self.segments.contains_key(&uri) {
                continue;
            }
            let bytes = fetch(reel, &uri).unwrap_or_else(|| panic!("{uri} cannot be fetched"));
            assert!(!bytes.is_empty());
            self.segments.insert(uri, bytes.len());
        }
        self.last = (!now.is_over).then_some(now);
    }
}

/// A delta says how many segments it leaves out, and is else what the whole playlist ends with.
fn assert_completes(whole: &str, delta: &str) {
    let skip = delta.lines().find_map(|line| line.strip_prefix("#EXT-X-SKIP:SKIPPED-SEGMENTS="));
    let Some(skipped) = skip.map(|skipped| skipped.parse::<usize>().unwrap()) else {
        assert_eq!(whole, delta);
        return;
    };
    let from = |text: &str| {
        let lines = text.lines().skip_while(|line| !line.starts_with("#EXTINF") && !line.starts_with("#EXT-X-PART:"));
        // What a player that begins there has to be told again.
        lines.filter(|line| !line.starts_with("#EXT-X-MAP")).map(str::to_owned).collect::<Vec<String>>()
    };
    let (all, rest) = (from(whole), from(delta));
    assert!(all.ends_with(&rest), "{delta}");
    let segments = |lines: &[String]| lines.iter().filter(|line| line.starts_with("segment-")).count();
    assert_eq!(segments(&all), skipped + segments(&rest));
    let seconds = all.iter().filter_map(|line| line.strip_prefix("#EXTINF:")?.strip_suffix(',')?.parse::<f64>().ok());
    let left: f64 = seconds.skip(skipped).sum();
    assert!(left >= 20.0, "only {left} s are told");
}

#[tokio::test]
async fn every_refresh_is_valid_through_a_gap_a_change_of_camera_and_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let (small, large) = (pictures(320, 180, 1_000, 50), pictures(640, 360, 500, 50));
    let mut script = Script::begin(data.path(), 1);
    let dir = script.dir.clone();
    let mut reel = reel(&dir);
    let mut viewer = Viewer::default();
    script.connect(0);
    let shown = |ms: i64| match ms {
        // Nobody is seen between the two cameras; after a gap pictures go on with a key picture.
        0..12_000 | 20_000..28_000 | 40_000..46_000 => small.get((ms / 40) as usize % 1_000).cloned(),
        28_000..36_000 => large.get(((ms - 28_000) / 40) as usize).cloned(),
        _ => None,
    };
    for step in 0..60 {
        let ms = step * 200;
        script.run(ms..ms + 200, shown);
        script.sync().await;
        viewer.refresh(&mut reel);
    }
    script.lose(12_000);
    script.sync().await;
    viewer.refresh(&mut reel);
    script.connect(20_000);
    for step in 100..180 {
        let ms = step * 200;
        script.run(ms..ms + 200, shown);
        script.sync().await;
        viewer.refresh(&mut reel);
    }
    let before = viewer.last.clone().unwrap();
    // The daemon dies, and another one takes the capture up.
    script.die();
    let mut reel = super::meeting::reel(&dir);
    let mut script = Script::begin(data.path(), 2);
    script.connect(40_000);
    viewer.refresh(&mut reel);
    for step in 200..260 {
        let ms = step * 200;
        script.run(ms..ms + 200, shown);
        script.sync().await;
        viewer.refresh(&mut reel);
    }
    let after = viewer.last.clone().unwrap();
    assert!(after.segments.len() > before.segments.len() + 4, "the stream goes on after the restart");
    script.end(52_000).await;
    viewer.refresh(&mut reel);
    assert!(viewer.last.is_none(), "the last one says that it is the last");

    // Whoever comes afterwards finds the same.
    let mut late = super::meeting::reel(&dir);
    late.advance(true).unwrap();
    assert_eq!(late.playlist(false), reel.playlist(false));
    let looks: Vec<String> = Checked::read(str::from_utf8(&late.playlist(false)).unwrap())
        .unwrap()
        .segments
        .iter()
        .map(|told| told.map.clone())
        .collect();
    assert!(
        looks.iter().any(|map| map.contains("640x360")) && looks.iter().any(|map| map.contains("black")),
        "{looks:?}"
    );
}

#[tokio::test]
async fn what_is_looked_at_no_more_is_made_again_from_the_log() {
    let data = tempfile::tempdir().unwrap();
    let all = pictures(320, 180, 1_000, 50);
    let mut script = Script::begin(data.path(), 1);
    script.connect(0);
    for second in 0..240 {
        script.run(second * 1_000..(second + 1) * 1_000, |ms| all.get((ms / 40) as usize % 1_000).cloned());
        script.sync().await;
    }
    let mut growing = reel(&script.dir);
    growing.advance(false).unwrap();
    let dir = script.dir.clone();
    let live: Vec<_> = [2, 30, 60, 110].map(|number| growing.segment(number).unwrap().unwrap()).into();
    script.end(240_000).await;
    let mut late = reel(&dir);
    late.advance(true).unwrap();
    for (number, before) in [2, 30, 60, 110].into_iter().zip(live) {
        let after = late.segment(number).unwrap().unwrap();
        assert!(after.len() > 1_000);
        assert_eq!(after, before, "segment {number} is another than while the meeting went on");
    }
}
