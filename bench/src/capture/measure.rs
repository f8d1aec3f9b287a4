//! Plays every scenario in every round. What one playing is, is in `playing`.

use super::{playing, scenario::Scenario, subject::Subject};
use crate::{
    failure::Failure,
    record::{CaptureResult, Round},
    system::Syscalls,
};

/// Plays every scenario. A round in which something cannot be started or ends early is lost, and said to be in its result; those
/// around it stay, since each took minutes.
///
/// # Errors
/// If no round of any scenario came through the first time: it is not chance that is in the way.
pub(crate) async fn measure(scenarios: &[Scenario]) -> Result<Vec<CaptureResult>, Failure> {
    let count_syscalls = Syscalls::may_be_counted();
    if let Err(error) = &count_syscalls {
        eprintln!("note: system calls are left out: {error}");
    }
    let mut played: Vec<Vec<Result<Round, Failure>>> = scenarios.iter().map(|_| Vec::new()).collect();
    let most = scenarios.iter().map(|scenario| scenario.rounds).max().unwrap_or(0);
    // Rounds of all scenarios take turns, so that a slow quarter of an hour of the machine is shared by all.
    for number in 1..=most {
        for (scenario, rounds) in scenarios.iter().zip(&mut played) {
            eprintln!("round {number} of {most}: {} × {} s", scenario.meetings, scenario.seconds);
            let round = play(scenario, count_syscalls.is_ok()).await;
            rounds.push(round.inspect_err(|error| eprintln!("note: round {number} is lost: {error}")));
        }
        if played.iter().flatten().all(Result::is_err) {
            return Err("no meetings could be played to their end; what was in the way is said above".into());
        }
    }
    let result = |(scenario, rounds): (&Scenario, Vec<Result<Round, Failure>>)| {
        CaptureResult::of(scenario.meetings, scenario.seconds, scenario.title(), rounds)
    };
    Ok(scenarios.iter().zip(played).map(result).collect())
}

/// One round of one scenario.
async fn play(scenario: &Scenario, count_syscalls: bool) -> Result<Round, Failure> {
    let to = async |subject: Subject<'_>| {
        let playing = playing::play(scenario, subject, count_syscalls).await;
        playing.map_err(|error| Failure::from(format!("{}: {error}", subject.name())))
    };
    let floor = to(Subject::Reader).await?;
    // Where that program, which is not ours, fails, the round goes on without its figures.
    let sdk = match &scenario.sdk {
        Some(python) => to(Subject::Sdk(python)).await.inspect_err(|error| eprintln!("note: left out: {error}")).ok(),
        None => None,
    };
    let engine = to(Subject::Engine).await?;
    Ok(Round { engine, floor, sdk })
}
