use std::{os::unix::process::ExitStatusExt, process::Command, time::Duration};

use super::*;

fn id(n: u8) -> CaptureId {
    CaptureId::new(1, [n; 10])
}

/// Tells the test of deaths that it is the process to die, where it shall work, and of what.
const VICTIM: &str = "HANSARD_INGEST_VICTIM_DIR";

/// Who counts as having been at work.
fn counted(data: &Path) -> Vec<(CaptureId, Epoch)> {
    left(data).expect("read").into_iter().map(|(capture, epoch, _)| (capture, epoch)).collect()
}

/// Who is at work just now.
fn names(data: &Path) -> Vec<(CaptureId, Epoch)> {
    fs::read(data.join(FILE)).unwrap_or_default().chunks(SLOT_BYTES).filter_map(named).collect()
}

fn watching(data: &Path) -> Witness {
    Witness::new(data, Instant::now() + Duration::from_secs(600)).expect("a witness")
}

#[tokio::test]
async fn whoever_is_polled_is_named_and_nobody_who_waits() {
    let data = tempfile::tempdir().expect("a directory");
    let witness = watching(data.path());
    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    let task = witness.watch(id(1), Epoch(7), async {
        assert_eq!(names(data.path()), [(id(1), Epoch(7))]);
        told.await.expect("told");
        assert_eq!(names(data.path()), [(id(1), Epoch(7))]);
    });
    let other = async {
        assert_eq!(names(data.path()), [], "it waits");
        tell.send(()).expect("it listens");
    };
    tokio::join!(task, other);
    assert_eq!(names(data.path()), []);
}

#[test]
fn each_thread_that_works_is_named_and_a_panic_that_was_caught_leaves_no_name() {
    let data = tempfile::tempdir().expect("a directory");
    let witness = watching(data.path());
    witness.during(id(1), Epoch(1), || {
        std::thread::scope(|scope| {
            let other = scope.spawn(|| witness.during(id(2), Epoch(4_000_000_000), || names(data.path())));
            let mut both = other.join().expect("no panic");
            both.sort_unstable();
            assert_eq!(both, [(id(1), Epoch(1)), (id(2), Epoch(4_000_000_000))]);
        });
    });
    let panicked = std::panic::catch_unwind(|| witness.during(id(3), Epoch(1), || panic!("a defect")));
    assert!(panicked.is_err());
    assert_eq!(names(data.path()), []);
}

#[test]
fn when_its_time_is_over_nothing_is_written_and_a_blind_one_writes_never() {
    let data = tempfile::tempdir().expect("a directory");
    let over = Witness::new(data.path(), Instant::now()).expect("a witness");
    over.during(id(1), Epoch(1), || assert_eq!(names(data.path()), []));
    Witness::blind().during(id(1), Epoch(1), || assert_eq!(names(data.path()), []));
}

#[test]
fn what_a_process_that_aborted_left_is_read_until_it_is_forgotten_and_garbage_names_nobody() {
    let data = tempfile::tempdir().expect("a directory");
    assert_eq!(counted(data.path()), [], "there is no file");
    forget(data.path()).expect("nothing to forget");
    let name = format!("{} {:>10}\n", id(9), 3);
    for (text, expected) in [
        (format!("{}{name}", String::from_utf8_lossy(&IDLE)), 1),
        (name[..40].to_owned(), 0),
        ("x".repeat(500), 0),
        (format!("{} {:>10}\n", id(9), "many"), 0),
    ] {
        fs::write(data.path().join(FILE), text).expect("written");
        fs::write(data.path().join(MARK), "X").expect("written");
        for _ in 0..2 {
            assert_eq!(counted(data.path()), vec![(id(9), Epoch(3)); expected]);
        }
        fs::write(data.path().join(MARK), "").expect("written");
        assert_eq!(counted(data.path()), [], "it was killed");
    }
    forget(data.path()).expect("forgotten");
    assert_eq!(fs::read_dir(data.path()).expect("listed").count(), 0);
}

/// A real process dies while it works for a capture; only where it died of itself does that count.
#[test]
fn a_process_that_takes_itself_down_names_whom_it_was_at_work_for_and_one_that_is_killed_nobody() {
    if let Ok(victim) = std::env::var(VICTIM) {
        let (data, death) = victim.rsplit_once(' ').expect("a directory and a death");
        die(Path::new(data), death);
    }
    for (death, signal, expected) in [("abort", 6, 1), ("twice", 6, 1), ("overflow", 6, 1), ("kill", 9, 0)] {
        let data = tempfile::tempdir().expect("a directory");
        let status = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "witness::tests::a_process_that_takes_itself_down_names_whom_it_was_at_work_for_and_one_that_is_killed_nobody"])
            .env(VICTIM, format!("{} {death}", data.path().display()))
            .output()
            .expect("the process that dies")
            .status;
        assert_eq!(status.signal(), Some(signal), "{death}: {status}");
        assert_eq!(names(data.path()), [(id(4), Epoch(2))], "{death}");
        assert_eq!(counted(data.path()), vec![(id(4), Epoch(2)); expected], "{death}");
    }
}

fn die(data: &Path, death: &str) {
    struct PanicsWhenDropped;
    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            panic!("a defect within a defect");
        }
    }
    watching(data).during(id(4), Epoch(2), || match death {
        "abort" => std::process::abort(),
        "twice" => {
            let _second = PanicsWhenDropped;
            panic!("a defect");
        }
        "overflow" => drop(overflow(1)),
        _ => {
            let this = rustix::process::getpid();
            rustix::process::kill_process(this, rustix::process::Signal::KILL).expect("killed");
        }
    });
}

#[expect(unconditional_recursion, reason = "it shall overflow the stack")]
fn overflow(depth: u64) -> Vec<u64> {
    let mut deeper = overflow(std::hint::black_box(depth) + 1);
    deeper.push(depth);
    deeper
}

#[test]
fn the_slots_are_as_long_as_their_text() {
    assert_eq!(format!("{} {:>10}\n", id(1), u32::MAX).len(), SLOT_BYTES);
}
