use render::{RenderError, SoundOutcome};

use super::{media::unless_damaged, *};

#[test]
fn a_part_that_cannot_be_made_is_counted_and_takes_no_other_with_it_and_a_fault_of_the_disk_does() {
    let mut outcome = SoundOutcome::default();
    let mut notes = Vec::new();
    let mut note = |told| notes.push(told);
    let mut note = Sparing::new(&mut note);
    assert_eq!(unless_damaged(Ok(7), &mut outcome, &mut note).unwrap(), Some(7));
    assert_eq!(outcome.left_out_parts, 0);
    let unsound = StudioError::Unsound { reason: "has no sound".to_owned() };
    assert_eq!(unless_damaged::<u8>(Err(unsound), &mut outcome, &mut note).unwrap(), None);
    assert_eq!(unless_damaged::<u8>(Err(RenderError::Nothing.into()), &mut outcome, &mut note).unwrap(), None);
    assert_eq!(outcome.left_out_parts, 2);
    for other in [StudioError::HeldBack, StudioError::CalledOff, StudioError::Panicked] {
        assert!(unless_damaged::<u8>(Err(other), &mut outcome, &mut note).is_err());
    }
    assert_eq!(outcome.left_out_parts, 2);
    assert_eq!(notes, [Note::LeftOut; 2]);
}

#[test]
fn progress_is_told_in_steps_that_somebody_can_see() {
    let mut told = 0;
    let mut note = |_| told += 1;
    let mut sparing = Sparing::new(&mut note);
    (0..=100_000).for_each(|step| sparing.share(f64::from(step) / 100_000.0));
    assert!((900..=1_000).contains(&told), "{told}");
}
