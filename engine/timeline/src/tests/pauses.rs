//! When a pause is over although nobody says so.

use media::SourceTime;
use model::{Control, EventBody, LossCause, platform::Leg};

use super::script::{Script, ZERO};

fn paused(script: &Script) -> Vec<(i64, i64)> {
    let gaps = script.gaps().into_iter().filter(|gap| gap.3 == LossCause::Pause);
    let (sound, pictures): (Vec<_>, Vec<_>) = gaps.partition(|gap| gap.0 == Leg::Audio);
    let spans = |gaps: Vec<(Leg, i64, i64, LossCause)>| gaps.iter().map(|gap| (gap.1, gap.2)).collect::<Vec<_>>();
    let (sound, pictures) = (spans(sound), spans(pictures));
    assert_eq!(sound, pictures);
    sound
}

/// Sound and pictures for 10 s, then a pause.
fn pausing() -> Script {
    let mut script = Script::ready();
    script.live(0, 10_000, 0);
    script.event(10_000, EventBody::Paused);
    script
}

fn join(script: &mut Script, epoch: u32, at_ms: i64) {
    script.epoch = epoch;
    script.wait_until(at_ms);
    script.leg(Leg::Audio, None);
    script.leg(Leg::Video, None);
}

#[test]
fn a_stream_that_was_stopped_in_a_pause_and_started_again_is_not_paused() {
    for named in [Some(15_000), None] {
        let mut script = pausing();
        script.wait_until(15_000);
        script.ended(named);
        join(&mut script, 2, 20_000);
        script.live(20_000, 30_000, 0);
        script.ended(Some(30_000));
        // Until the stop it was a pause, and until the next start nothing was wanted.
        assert_eq!(paused(&script), [(10_000, 20_000)], "{named:?}");
        assert_eq!(script.gaps().len(), 2);
    }
}

#[test]
fn a_pause_of_a_stream_that_ended_does_not_reach_into_a_pause_of_the_next() {
    let mut script = pausing();
    script.wait_until(15_000);
    // It was cut short, so that what lies between is no pause.
    let at = Some(SourceTime::from_unix_ms(ZERO + 15_000));
    script.control(Control::Ended { code: "over".to_owned(), cut_short: true, stop_reason: Some(13), at });
    join(&mut script, 2, 20_000);
    script.live(20_000, 30_000, 0);
    script.event(30_000, EventBody::Paused);
    script.wait_until(40_000);
    script.event(40_000, EventBody::Resumed);
    script.live(40_000, 45_000, 0);
    script.ended(Some(45_000));
    assert_eq!(paused(&script), [(10_000, 15_000), (30_000, 40_000)]);
}

#[test]
fn a_pause_outlives_its_owner_and_lasts_until_it_is_said_to_be_over_or_media_flows() {
    for is_told in [false, true] {
        for is_repeated in [false, true] {
            let mut script = pausing();
            join(&mut script, 2, 15_000);
            if is_repeated {
                script.event(10_000, EventBody::Paused);
                script.event(15_000, EventBody::Paused);
            }
            script.wait_until(25_000);
            if is_told {
                script.event(25_000, EventBody::Resumed);
            }
            script.live(25_000, 40_000, 0);
            script.ended(Some(40_000));
            assert_eq!(paused(&script), [(10_000, 25_000)], "{is_told} {is_repeated}");
        }
    }
}

#[test]
fn a_pause_that_was_over_while_nobody_was_there_does_not_reach_into_the_next_one() {
    let mut script = pausing();
    join(&mut script, 2, 15_000);
    script.live(20_000, 40_000, 0);
    script.event(40_000, EventBody::Paused);
    script.wait_until(50_000);
    script.event(50_000, EventBody::Resumed);
    script.live(50_000, 60_000, 0);
    script.ended(Some(60_000));
    assert_eq!(paused(&script), [(10_000, 20_000), (40_000, 50_000)]);
}

#[test]
fn a_pause_over_which_several_owners_died_lasts_until_the_end() {
    let mut script = pausing();
    join(&mut script, 2, 15_000);
    join(&mut script, 3, 18_000);
    script.wait_until(25_000);
    script.ended(Some(25_000));
    assert_eq!(paused(&script), [(10_000, 25_000)]);
}

#[test]
fn a_pause_that_nobody_ended_is_over_with_the_first_media_after_it() {
    let mut script = pausing();
    // What was on its way still comes.
    script.live(10_000, 10_800, 0);
    script.live(18_000, 30_000, 0);
    assert_eq!(paused(&script), [(10_000, 18_000)], "the log just stops");
    script.ended(Some(30_000));
    assert_eq!(paused(&script), [(10_000, 18_000)]);
}

#[test]
fn a_pause_in_which_media_went_on_all_the_time_was_none() {
    let mut script = pausing();
    script.live(10_000, 30_000, 0);
    script.ended(Some(30_000));
    assert_eq!(paused(&script), []);
}

#[test]
fn a_pause_at_the_end_lasts_until_the_end() {
    let mut script = pausing();
    script.wait_until(20_000);
    assert_eq!(script.clone().gaps(), [], "nothing lies after the last that came");
    script.ended(Some(20_000));
    assert_eq!(paused(&script), [(10_000, 20_000)]);
}

#[test]
fn a_pause_that_is_written_a_second_time_is_one() {
    let mut script = pausing();
    script.wait_until(15_000);
    script.event(15_000, EventBody::Resumed);
    script.live(15_000, 20_000, 0);
    script.event(10_000, EventBody::Paused);
    script.live(20_000, 30_000, 0);
    script.ended(Some(30_000));
    assert_eq!(paused(&script), [(10_000, 15_000)]);
}
