//! A disk that keeps nothing and stands still until it is told what to answer.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, mpsc},
};

use journal::{Disk, DiskFile};
use tokio::sync::Notify;

/// The disk.
#[derive(Clone)]
pub(crate) struct Standstill {
    waits: Arc<Notify>,
    answers: Arc<Mutex<mpsc::Receiver<io::Result<()>>>>,
}

/// Whoever tells it what to answer; once that is dropped everything succeeds.
pub(crate) struct Lever {
    waits: Arc<Notify>,
    answers: mpsc::Sender<io::Result<()>>,
}

/// A disk, and its lever.
pub(crate) fn standstill() -> (Standstill, Lever) {
    let (answers, answered) = mpsc::channel();
    let waits = Arc::new(Notify::new());
    let lever = Lever { waits: Arc::clone(&waits), answers };
    (Standstill { waits, answers: Arc::new(Mutex::new(answered)) }, lever)
}

impl Lever {
    /// Waits until a sync is asked for, which then stands still.
    pub(crate) async fn stands_still(&self) {
        self.waits.notified().await;
    }

    /// Lets the sync fail that stands still, and waits until the batch has been sent again.
    pub(crate) async fn refuse(&self) {
        self.answers.send(Err(io::ErrorKind::StorageFull.into())).expect("a disk");
        self.stands_still().await;
    }
}

impl Disk for Standstill {
    fn create_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn create(&self, _: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(self.clone()))
    }
}

impl DiskFile for Standstill {
    fn append(&mut self, _: &[&[u8]]) -> io::Result<()> {
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.waits.notify_one();
        self.answers.lock().expect("no panic").recv().unwrap_or(Ok(()))
    }
}
