//! Runs the parts that were asked for, one after the other, each with an engine of its own.

use std::path::Path;

use rustix::process::{Resource, getrlimit, setrlimit};

use super::{
    answers,
    args::{LiveArgs, Part},
    crowd, latency,
    stage::House,
    stalled,
};
use crate::{
    failure::Failure,
    record::LiveResult,
    system::{self, Cores},
};

/// Runs them.
///
/// # Errors
/// If something cannot be started or ends early. What merely goes wrong is in the result.
pub(crate) async fn measure(
    args: &LiveArgs,
    hansard: Option<&Path>,
    scratch: &Path,
    cores: Cores,
) -> Result<LiveResult, Failure> {
    raise_file_limit()?;
    let house = House { hansard: system::hansard(hansard)?, scratch: scratch.to_owned(), cores };
    let mut result = LiveResult::default();
    for part in &args.parts {
        match part {
            Part::Latency => result.latency = Some(latency::measure(args, &house).await?),
            Part::Answers => result.answers = answers::measure(args, &house).await?,
            Part::Crowd => result.crowd = Some(crowd::measure(args, &house).await?),
            Part::Stalled => result.stalled = Some(stalled::measure(args, &house).await?),
        }
    }
    Ok(result)
}

/// Thousands of sockets are files of this process; the engine raises its own limit.
fn raise_file_limit() -> Result<(), Failure> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}
