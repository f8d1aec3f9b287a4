//! What single steps on the way of a message cost: in time, in memory, and, under Valgrind, in instructions.
//!
//! `cargo bench -p hansard-bench --bench micro` times them with divan; `-- --instructions` counts what the processor executes for
//! each, which is the same on a busy machine. `scripts/bench micro` does both.
//!
//! * `messages` reads what Zoom sends, `webhooks` verifies it; `log` appends records to a capture log, `order` makes a timeline of them;
//!   `mix` adds up voices; `fragments` writes an MP4
//! * `meeting` is what they are given; `work` is the form that all of them have; `instructions` counts
//!
//! What does not belong here: whole processes, which `src` measures, and promises about time: no figure here fails a run.

mod fragments;
mod instructions;
mod log;
mod meeting;
mod messages;
mod mix;
mod order;
#[path = "../../src/render/records.rs"]
#[expect(dead_code, reason = "nobody says anything in words here")]
mod records;
mod webhooks;
mod work;

use std::{env, process::ExitCode};

/// Shows beside each time how much memory was asked for.
#[global_allocator]
static ALLOCATIONS: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() -> ExitCode {
    // Cargo adds the last one itself.
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--instructions"] => instructions::count_all(),
        ["--instructions", subject, times] => instructions::repeat(subject, times),
        _ => {
            divan::main();
            ExitCode::SUCCESS
        }
    }
}
