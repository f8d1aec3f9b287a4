//! What the processes of a measurement used of the machine over a stretch of time, and what others did: on a machine that is not quiet,
//! figures are read beside that.

use std::{fs, process};

use tokio::time::Instant;

use crate::{
    failure::Failure,
    system::{Usage, usage},
};

/// The beginning of a stretch.
pub(super) struct Load {
    began: Instant,
    busy_s: f64,
    ours_s: f64,
    engine: Usage,
    pids: Vec<u32>,
}

/// What was used in it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Used {
    pub(super) seconds: f64,
    pub(super) engine_cpu_s: f64,
    pub(super) engine_rss_bytes: u64,
    /// How many cores others kept busy.
    pub(super) others_cores: f64,
}

impl Load {
    /// From now on, of the engine and of the others that belong to the measurement.
    ///
    /// # Errors
    /// If one of them has ended.
    pub(super) fn begin(engine: u32, others: &[u32]) -> Result<Self, Failure> {
        let pids: Vec<u32> = [engine, process::id()].into_iter().chain(others.iter().copied()).collect();
        Ok(Self { began: Instant::now(), busy_s: busy_s()?, ours_s: sum(&pids)?, engine: usage(engine)?, pids })
    }

    /// Until now.
    ///
    /// # Errors
    /// If one of them has ended.
    pub(super) fn end(&self) -> Result<Used, Failure> {
        let seconds = self.began.elapsed().as_secs_f64();
        let engine = usage(self.pids[0])?;
        let others_s = (busy_s()? - self.busy_s) - (sum(&self.pids)? - self.ours_s);
        Ok(Used {
            seconds,
            engine_cpu_s: engine.cpu_s() - self.engine.cpu_s(),
            engine_rss_bytes: engine.rss_bytes,
            others_cores: (others_s / seconds).max(0.0),
        })
    }
}

/// How much memory the kernel holds for all TCP sockets of this machine, in MiB.
///
/// # Errors
/// If the kernel does not say.
pub(super) fn sockets_mib() -> Result<f64, Failure> {
    let text = fs::read_to_string("/proc/net/sockstat")?;
    let pages = socket_pages(&text).ok_or("/proc/net/sockstat has another form than expected")?;
    let own = fs::read_to_string("/proc/self/smaps")?;
    let page_kib = page_kib(&own).ok_or("/proc/self/smaps has another form than proc(5) says")?;
    Ok((pages * page_kib) as f64 / 1_024.0)
}

fn page_kib(smaps: &str) -> Option<u64> {
    let size = smaps.lines().find_map(|line| line.strip_prefix("KernelPageSize:"))?;
    size.trim().strip_suffix(" kB")?.parse().ok()
}

fn socket_pages(sockstat: &str) -> Option<u64> {
    let fields = sockstat.lines().find_map(|line| line.strip_prefix("TCP: "))?;
    fields.split_once(" mem ")?.1.split_ascii_whitespace().next()?.parse().ok()
}

fn sum(pids: &[u32]) -> Result<f64, Failure> {
    pids.iter().map(|pid| Ok(usage(*pid)?.cpu_s())).sum()
}

/// For how long cores were busy since the machine started, in CPU seconds; what a host took away counts.
fn busy_s() -> Result<f64, Failure> {
    let stat = fs::read_to_string("/proc/stat")?;
    // A tick is a hundredth of a second on every architecture that the engine runs on.
    busy_ticks(&stat)
        .map(|ticks| ticks as f64 / 100.0)
        .ok_or_else(|| "/proc/stat has another form than proc(5) says".into())
}

/// Of the first line of `/proc/stat`: user, nice, system, idle, waiting for a disk, interrupts of both kinds, stolen.
fn busy_ticks(stat: &str) -> Option<u64> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_ascii_whitespace().take(8);
    let fields: Vec<u64> = fields.map(|field| field.parse().ok()).collect::<Option<_>>()?;
    let [user, nice, system, _, _, hard, soft, stolen] = fields.try_into().ok()?;
    Some(user + nice + system + hard + soft + stolen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_not_being_busy_and_guests_are_not_counted_twice() {
        assert_eq!(busy_ticks("cpu  10 2 3 80 1 5 6 4 9 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n"), Some(30));
        assert_eq!(busy_ticks("cpu  10 2 3\n"), None);
    }

    #[test]
    fn pages_of_sockets_are_those_of_tcp() {
        let text = "sockets: used 28\nTCP: inuse 16 orphan 0 tw 0 alloc 16 mem 37\nUDP: inuse 0 mem 9\n";
        assert_eq!(socket_pages(text), Some(37));
        assert_eq!(socket_pages("UDP: inuse 0 mem 9\n"), None);
        assert_eq!(page_kib("Size:   4 kB\nKernelPageSize:        4 kB\n"), Some(4));
    }

    #[test]
    fn what_this_process_does_is_nobody_elses() {
        let load = Load::begin(process::id(), &[]).unwrap();
        let used = load.end().unwrap();
        assert!(used.engine_rss_bytes > 0 && used.others_cores >= 0.0, "{used:?}");
    }
}
