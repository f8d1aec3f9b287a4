//! Who gets a process, who waits for one, and what becomes of a meeting over which one died.

use bytes::Bytes;
use hub::StillTap;
use media::{Frame, SourceTime, Track, TrackKind};

use super::*;
use crate::fixture;

/// Parameter sets and a key picture.
const KEY: &[u8] = &[
    0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1E, 0xD9, 0x00, 0xA0, 0x47, 0xFE, 0x88, 0, 0, 0, 1, 0x68, 0xCE, 0x3C, 0x80, 0, 0,
    0, 1, 0x65, 0x88, 0x84,
];

fn capture(number: u8) -> CaptureId {
    CaptureId::new(u64::from(number), [number; 10])
}

/// Makers for one meeting at once, whose processes do what a script says, and meetings that go on.
fn makers(script: &str) -> (Makers, Hub, Launch) {
    let (dir, hub) = (tempfile::tempdir().unwrap(), Hub::new());
    (1..=3).for_each(|number| hub.open(capture(number)));
    let args = ["-c", script].map(Into::into).to_vec();
    let launch = Launch { program: "/bin/sh".into(), args, environment: Vec::new };
    (Makers::new(Arc::new(fixture::settings(dir.path())), hub.clone()), hub, launch)
}

impl Makers {
    fn captures(&self) -> Vec<CaptureId> {
        self.running.values().map(|running| running.capture).collect()
    }

    async fn bury_next(&mut self) {
        let ended = self.tasks.join_next_with_id().await.expect("one runs");
        self.bury(ended);
    }
}

fn wanted(hub: &Hub, number: u8) -> StillTap {
    hub.tap_stills(capture(number)).expect("the meeting goes on")
}

#[tokio::test(start_paused = true)]
async fn who_has_a_process_keeps_it_and_whose_meeting_began_first_is_the_next() {
    let (mut makers, hub, launch) = makers("cat >/dev/null");
    makers.admit(&launch, Instant::now());
    assert_eq!(makers.captures(), [], "nobody wants any");
    let (third, second) = (wanted(&hub, 3), wanted(&hub, 2));
    makers.admit(&launch, Instant::now());
    assert_eq!(makers.captures(), [capture(2)]);
    let _first = wanted(&hub, 1);
    makers.admit(&launch, Instant::now());
    assert_eq!(makers.captures(), [capture(2)]);
    drop(second);
    makers.bury_next().await;
    makers.admit(&launch, Instant::now());
    assert_eq!(makers.captures(), [capture(1)]);
    hub.close(capture(1));
    drop(third);
    makers.bury_next().await;
    makers.admit(&launch, Instant::now());
    assert_eq!(makers.captures(), [], "one is over, and of the others nobody wants pictures");
}

#[tokio::test]
async fn a_meeting_over_which_a_process_died_rests_and_has_another() {
    let (mut makers, hub, launch) = makers("exit 3");
    let _tap = wanted(&hub, 1);
    let mut now = Instant::now();
    for seconds in [1, 2, 4] {
        makers.admit(&launch, now);
        assert_eq!(makers.captures(), [capture(1)]);
        let (track, mut flow) = (Track { kind: TrackKind::Video, source: 1 }, hub.outlet(capture(1)).flow());
        let frame = Frame { track, at: SourceTime::from_unix_ms(0), payload: Bytes::from_static(KEY) };
        let pass = async {
            loop {
                flow.pass(&frame, None);
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = makers.bury_next() => {}
            () = pass => {}
        }
        makers.admit(&launch, now);
        assert_eq!(makers.captures(), [], "it rests");
        now = Instant::now() + Duration::from_secs(seconds);
        assert!(!makers.rests.holds(capture(1), now));
    }
}
