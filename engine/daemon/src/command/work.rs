//! `hansard work`: makes artifacts, or with `--pictures` pictures of meetings that go on, for a daemon that started it and asks it. What it does is in
//! `studio`.

use crate::{cli::WorkArgs, failure::Failure, logging};

pub(super) fn work(args: &WorkArgs) -> Result<(), Failure> {
    logging::start(&args.log)?;
    #[cfg(feature = "ffmpeg")]
    if args.pictures {
        return Ok(studio::develop()?);
    }
    Ok(studio::work()?)
}
