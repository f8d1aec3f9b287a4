//! How the demonstration goes: bars on a terminal, plain lines otherwise.

use std::{future::Future, io::IsTerminal, time::Duration};

use fixtures::Report;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::{task::JoinHandle, time::interval};

use crate::failure::Failure;

/// Where progress is shown.
pub(super) struct Display {
    terminal: bool,
    meeting_ms: u64,
    speed: f64,
}

impl Display {
    pub(super) fn start(seconds: u64, speed: f64) -> Self {
        Self { terminal: std::io::stderr().is_terminal(), meeting_ms: seconds * 1000, speed }
    }

    /// One line.
    pub(super) fn say(&self, line: &str) {
        eprintln!("{line}");
    }

    /// Shows how far the meeting is until it is over.
    pub(super) async fn meeting(&self, playing: JoinHandle<Report>) -> Result<Report, Failure> {
        let bar = self.bar(self.meeting_ms / 1000, "meeting   [{bar:40}] {pos}/{len} s");
        let mut playing = playing;
        let mut second = interval(Duration::from_secs_f64(1.0 / self.speed));
        loop {
            tokio::select! {
                report = &mut playing => {
                    bar.finish();
                    return Ok(report?);
                }
                _ = second.tick() => bar.inc(1),
            }
        }
    }

    /// Shows that artifacts are being made until they are.
    pub(super) async fn rendering<T>(&self, work: impl Future<Output = T>) -> T {
        let bar = if self.terminal { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        bar.set_message("artifacts are being made");
        bar.enable_steady_tick(Duration::from_millis(120));
        let done = work.await;
        bar.finish_and_clear();
        done
    }

    fn bar(&self, length: u64, template: &str) -> ProgressBar {
        if !self.terminal {
            self.say(&format!("a meeting of {length} s is played"));
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template(template).expect("the template is ours and valid");
        ProgressBar::new(length).with_style(style)
    }
}
