//! Which meetings are watched: begins a screening for the first question about a meeting, and hands on what is asked.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use hub::{Hub, LiveAnswer, LiveQuestion};
use journal::LogDir;
use model::{CaptureId, Fault};
use tokio::{runtime::Handle, sync::mpsc::Receiver as Questions};

use super::{printer::Bench, reel::Reel, screening};
use crate::{StudioError, Workers, niceness, settings::Settings};

/// How many meetings may be watched at once.
const MOST_SCREENINGS: usize = 16;

/// The meetings that are watched.
#[derive(Clone, Default)]
pub(crate) struct Screenings {
    running: Arc<Mutex<Running>>,
}

#[derive(Default)]
struct Running {
    screenings: HashMap<CaptureId, Screening>,
    begun: u64,
}

/// A meeting that is watched: the how many-eth, and where questions about it go.
struct Screening {
    number: u64,
    questions: Sender<LiveQuestion>,
}

impl Screenings {
    /// Answers what is asked until nobody can ask any more.
    pub(crate) async fn run(self, settings: Arc<Settings>, hub: Hub, mut questions: Questions<LiveQuestion>) {
        while let Some(question) = questions.recv().await {
            self.hand_on(&settings, &hub, question);
        }
    }

    /// Ends the screenings of captures, whose logs are to go.
    pub(crate) fn end(&self, captures: &[CaptureId]) {
        let mut running = self.running();
        captures.iter().for_each(|capture| drop(running.screenings.remove(capture)));
    }

    /// How many meetings are watched.
    pub(crate) fn len(&self) -> usize {
        self.running().screenings.len()
    }

    fn hand_on(&self, settings: &Settings, hub: &Hub, question: LiveQuestion) {
        let capture = question.capture;
        let mut running = self.running();
        let question = match running.screenings.get(&capture) {
            Some(screening) => match screening.questions.send(question) {
                Ok(()) => return,
                // It has just ended.
                Err(refused) => refused.0,
            },
            None => question,
        };
        running.screenings.remove(&capture);
        self.begin(&mut running, settings, hub, question);
    }

    fn begin(&self, running: &mut Running, settings: &Settings, hub: &Hub, question: LiveQuestion) {
        let capture = question.capture;
        if running.screenings.len() >= MOST_SCREENINGS {
            return refuse(question, LiveAnswer::Busy);
        }
        let (sender, questions) = mpsc::channel();
        let number = running.begun;
        if let Err(error) = self.spawn(settings, hub.clone(), capture, number, questions) {
            tell(capture, &error);
            return refuse(question, LiveAnswer::Failed);
        }
        running.begun += 1;
        // An error means that it has ended already, and drops the question, which is an answer as well.
        let _ = sender.send(question);
        running.screenings.insert(capture, Screening { number, questions: sender });
    }

    fn spawn(
        &self,
        settings: &Settings,
        hub: Hub,
        capture: CaptureId,
        number: u64,
        questions: Receiver<LiveQuestion>,
    ) -> Result<(), StudioError> {
        let (log, video) = (LogDir::of(&settings.data_dir, capture), settings.video);
        let bench = match &settings.workers {
            Workers::Processes(launch) => Bench::Processes(launch.clone(), Handle::current()),
            Workers::Threads => Bench::Here,
        };
        let own = self.clone();
        let show = move || {
            niceness::lower();
            // The disk is asked here and not before, where others would wait for it.
            let shown = || match Reel::new(capture, log, video, bench) {
                Ok(reel) => screening::show(reel, &|| hub.watch(capture), &questions),
                Err(error) => tell(capture, &error),
            };
            if catch_unwind(AssertUnwindSafe(shown)).is_err() {
                tracing::error!(%capture, "a live stream broke off by a defect of Hansard; it begins again when somebody asks");
                metrics::counter!("hansard_stage_errors_total", "stage" => "live").increment(1);
            }
            own.running().screenings.retain(|id, screening| (*id, screening.number) != (capture, number));
        };
        thread::Builder::new().name("live".to_owned()).spawn(show).map_err(|source| StudioError::Start { source })?;
        tracing::debug!(%capture, "a meeting is watched");
        Ok(())
    }

    // The map is whole whenever the lock is free, so a panic elsewhere does not matter.
    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell(capture: CaptureId, error: &StudioError) {
    tracing::error!(%capture, code = error.code(), %error, "a live stream cannot be begun");
}

fn refuse(question: LiveQuestion, told: LiveAnswer) {
    // Whoever asked may be gone.
    let _ = question.answer.send(told);
}
