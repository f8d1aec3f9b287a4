//! Plays every scenario in every round. What one playing is, is in `playing`.

use std::path::Path;

use super::{playing, scenario::Scenario, subject::Subject};
use crate::{
    failure::Failure,
    record::{CaptureFigures, CaptureResult, Playing, Round},
};

/// Plays every scenario.
///
/// # Errors
/// If something cannot be started or ends early. What merely goes wrong is in the result.
pub(crate) async fn measure(scenarios: &[Scenario]) -> Result<Vec<CaptureResult>, Failure> {
    let mut results: Vec<Vec<Round>> = vec![Vec::new(); scenarios.len()];
    let most = scenarios.iter().map(|scenario| scenario.rounds).max().unwrap_or(0);
    // Rounds of all scenarios take turns, so that a slow quarter of an hour of the machine is shared by all.
    for number in 1..=most {
        for (scenario, rounds) in scenarios.iter().zip(&mut results) {
            eprintln!("round {number} of {most}: {} × {} s", scenario.meetings, scenario.seconds);
            let floor = playing::play(scenario, Subject::Reader).await?;
            let sdk = match &scenario.sdk {
                Some(python) => of_sdk(scenario, python).await,
                None => None,
            };
            let engine = playing::play(scenario, Subject::Engine).await?;
            rounds.push(Round { engine, floor, sdk });
        }
    }
    let result = |(scenario, rounds): (&Scenario, Vec<Round>)| CaptureResult {
        meetings: scenario.meetings,
        seconds: scenario.seconds,
        scenario: scenario.title(),
        median: CaptureFigures::of(scenario.meetings, &rounds),
        rounds,
    };
    Ok(scenarios.iter().zip(results).map(result).collect())
}

/// What Zoom's SDK took. Where that program, which is not ours, fails, the round goes on without its figures.
async fn of_sdk(scenario: &Scenario, python: &Path) -> Option<Playing> {
    let playing = playing::play(scenario, Subject::Sdk(python)).await;
    playing.inspect_err(|error| eprintln!("note: Zoom's SDK is left out of this round: {error}")).ok()
}
