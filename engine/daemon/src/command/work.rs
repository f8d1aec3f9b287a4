//! `hansard work`: makes artifacts for a daemon that started it and asks it. What it does is in `studio`.

use crate::{cli::WorkArgs, failure::Failure, logging};

pub(super) fn work(args: &WorkArgs) -> Result<(), Failure> {
    logging::start(&args.log)?;
    Ok(studio::work()?)
}
