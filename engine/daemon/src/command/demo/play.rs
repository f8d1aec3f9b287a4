//! The command itself: play, say what came out, and fail if something is missing.

use super::{stage, table};
use crate::{cli::DemoArgs, failure::Failure, logging, runtime};

pub(crate) fn demo(args: &DemoArgs) -> Result<(), Failure> {
    logging::start("warn")?;
    let outcome = runtime::build()?.block_on(stage::play(args))?;
    table::print(&outcome);
    if args.json {
        println!("{}", serde_json::to_string(&outcome.summary())?);
    }
    match outcome.missing() {
        [] => Ok(()),
        missing => Err(format!("these artifacts are not done: {}", missing.join(", ")).into()),
    }
}
