//! Plays every scenario in every round. What one playing is, is in `playing`.

use std::{path::Path, process};

use super::{playing, scenario::Scenario, subject::Subject};
use crate::{
    failure::Failure,
    record::{CaptureResult, Playing, Round},
    system::Syscalls,
};

/// Plays every scenario. A round in which something cannot be started or ends early is lost, and said to be in its result; the rounds
/// around it stay, since each took minutes.
pub(crate) async fn measure(scenarios: &[Scenario]) -> Vec<CaptureResult> {
    if let Err(error) = Syscalls::of(process::id()) {
        eprintln!("note: system calls are left out: {error}");
    }
    let mut played: Vec<Vec<Result<Round, Failure>>> = scenarios.iter().map(|_| Vec::new()).collect();
    let most = scenarios.iter().map(|scenario| scenario.rounds).max().unwrap_or(0);
    // Rounds of all scenarios take turns, so that a slow quarter of an hour of the machine is shared by all.
    for number in 1..=most {
        for (scenario, rounds) in scenarios.iter().zip(&mut played) {
            eprintln!("round {number} of {most}: {} × {} s", scenario.meetings, scenario.seconds);
            let round = play(scenario).await;
            rounds.push(round.inspect_err(|error| eprintln!("note: round {number} is lost: {error}")));
        }
    }
    let result = |(scenario, rounds): (&Scenario, Vec<Result<Round, Failure>>)| {
        CaptureResult::of(scenario.meetings, scenario.seconds, scenario.title(), rounds)
    };
    scenarios.iter().zip(played).map(result).collect()
}

/// One round of one scenario.
async fn play(scenario: &Scenario) -> Result<Round, Failure> {
    let floor = playing::play(scenario, Subject::Reader).await?;
    let sdk = match &scenario.sdk {
        Some(python) => of_sdk(scenario, python).await,
        None => None,
    };
    let engine = playing::play(scenario, Subject::Engine).await?;
    Ok(Round { engine, floor, sdk })
}

/// What Zoom's SDK took. Where that program, which is not ours, fails, the round goes on without its figures.
async fn of_sdk(scenario: &Scenario, python: &Path) -> Option<Playing> {
    let playing = playing::play(scenario, Subject::Sdk(python)).await;
    playing.inspect_err(|error| eprintln!("note: Zoom's SDK is left out of this round: {error}")).ok()
}
