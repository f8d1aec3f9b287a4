//! Who asks over the hub, and what becomes of whoever answers.

use std::sync::Arc;

use hub::{Hub, LiveAnswer, LivePiece};
use journal::LogDir;
use model::CaptureId;

use super::meeting::{Script, pictures};
use crate::{fixture::settings, stream::Screenings};

#[tokio::test]
async fn a_meeting_is_watched_over_the_hub_until_its_log_is_to_go() {
    let data = tempfile::tempdir().unwrap();
    let all = pictures(320, 180, 150, 50);
    let mut script = Script::begin(data.path(), 1);
    script.connect(0);
    script.run(0..6_000, |ms| all.get((ms / 40) as usize).cloned());
    script.end(6_000).await;
    let (hub, screenings, capture) = (Hub::new(), Screenings::default(), CaptureId::new(1, [1; 10]));
    let questions = hub.viewing().questions().unwrap();
    tokio::spawn(screenings.clone().run(Arc::new(settings(data.path())), hub.clone(), questions));
    let ask = |piece: LivePiece| hub.viewing().ask(capture, true, piece);
    let playlist = || LivePiece::Playlist { from: None, is_delta: false };

    assert_eq!(screenings.len(), 0, "nobody watches");
    let LiveAnswer::Piece(text) = ask(playlist()).await else { panic!("no playlist") };
    assert!(str::from_utf8(&text).unwrap().ends_with("#EXT-X-ENDLIST\n"));
    assert_eq!(screenings.len(), 1);
    assert!(matches!(ask(LivePiece::Segment(2)).await, LiveAnswer::Piece(_)));
    assert_eq!(ask(LivePiece::Segment(3)).await, LiveAnswer::Missing);
    assert_eq!(ask(LivePiece::Header("header-other.mp4".to_owned())).await, LiveAnswer::Missing);

    screenings.end(&[capture]);
    assert_eq!(screenings.len(), 0);
    LogDir::of(data.path(), capture).remove().unwrap();
    assert_eq!(ask(playlist()).await, LiveAnswer::Gone);
    assert_eq!(ask(LivePiece::Segment(2)).await, LiveAnswer::Gone, "nothing of it is remembered");
}
