use super::*;

#[test]
fn a_part_that_cannot_be_made_is_counted_and_takes_no_other_with_it_and_a_fault_of_the_disk_does() {
    let mut outcome = SoundOutcome::default();
    assert_eq!(unless_damaged(Ok(7), &mut outcome).unwrap(), Some(7));
    assert_eq!(outcome.left_out_parts, 0);
    let unsound = StudioError::Unsound { reason: "has no sound".to_owned() };
    assert_eq!(unless_damaged::<u8>(Err(unsound), &mut outcome).unwrap(), None);
    assert_eq!(unless_damaged::<u8>(Err(RenderError::Nothing.into()), &mut outcome).unwrap(), None);
    assert_eq!(outcome.left_out_parts, 2);
    for other in [StudioError::HeldBack, StudioError::CalledOff, StudioError::Panicked] {
        assert!(unless_damaged::<u8>(Err(other), &mut outcome).is_err());
    }
    assert_eq!(outcome.left_out_parts, 2);
}
