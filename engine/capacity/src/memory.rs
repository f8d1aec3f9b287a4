//! How much memory is used, and of how much: what the operator says, what the control group allows (cgroup v2), or what the
//! machine has. In a control group everything in it counts, but for what the system can give back at once; else this process.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::admission::Memory;

/// Where the system tells.
const PROC: &str = "/proc";
const CGROUPS: &str = "/sys/fs/cgroup";

/// A look; `wanted_bytes` is the operator's limit, 0 for none.
pub(crate) fn look(wanted_bytes: u64) -> Memory {
    look_in(Path::new(PROC), Path::new(CGROUPS), wanted_bytes)
}

fn look_in(proc: &Path, cgroups: &Path, wanted_bytes: u64) -> Memory {
    if wanted_bytes > 0 {
        return Memory { used_bytes: resident_bytes(proc), limit_bytes: wanted_bytes };
    }
    let total_bytes = machine_bytes(proc);
    match tightest(proc, cgroups) {
        Some(group) if total_bytes == 0 || group.limit_bytes < total_bytes => group,
        _ => Memory { used_bytes: resident_bytes(proc), limit_bytes: total_bytes },
    }
}

/// The control group with the smallest limit, from that of this process upwards; `None` if none of them has one.
fn tightest(proc: &Path, cgroups: &Path) -> Option<Memory> {
    let listed = fs::read_to_string(proc.join("self/cgroup")).ok()?;
    let own = listed.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let own = cgroups.join(own);
    let groups = own.ancestors().take_while(|group| group.starts_with(cgroups)).map(Path::to_owned);
    let limited = groups.filter_map(|group| Some((number(&group.join("memory.max"))?, group)));
    let (limit_bytes, group): (u64, PathBuf) = limited.min_by_key(|(limit, _)| *limit)?;
    let used = number(&group.join("memory.current")).unwrap_or_default();
    let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    let spare = stat.lines().find_map(|line| line.strip_prefix("inactive_file ")?.trim().parse().ok()).unwrap_or(0);
    Some(Memory { used_bytes: used.saturating_sub(spare), limit_bytes })
}

/// A file that holds one number; `None` also for `max`.
fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

fn machine_bytes(proc: &Path) -> u64 {
    kib(&proc.join("meminfo"), "MemTotal:")
}

fn resident_bytes(proc: &Path) -> u64 {
    kib(&proc.join("self/status"), "VmRSS:")
}

/// A line such as `VmRSS:   1234 kB`, in bytes; 0 if there is none.
fn kib(file: &Path, key: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.split_whitespace().next()?.parse::<u64>().ok());
    value.unwrap_or(0).saturating_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine with 8 GiB whose process takes 100 MiB, in a control group.
    fn machine(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let mut all = vec![
            ("proc/meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\n"),
            ("proc/self/status", "Name:\thansard\nVmRSS:\t  102400 kB\n"),
            ("proc/self/cgroup", "0::/system.slice/hansard.service\n"),
        ];
        all.extend(files);
        for (name, text) in all {
            let file = dir.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let (proc, cgroups) = (dir.path().join("proc"), dir.path().join("cgroup"));
        (dir, proc, cgroups)
    }

    const MIB: u64 = 1 << 20;

    #[test]
    fn without_a_limit_the_machine_is_one() {
        let (_dir, proc, cgroups) = machine(&[("cgroup/system.slice/hansard.service/memory.max", "max\n")]);
        let found = look_in(&proc, &cgroups, 0);
        assert_eq!(found, Memory { used_bytes: 100 * MIB, limit_bytes: 8192 * MIB });
    }

    #[test]
    fn the_tightest_control_group_counts_without_what_can_be_given_back() {
        let (_dir, proc, cgroups) = machine(&[
            ("cgroup/system.slice/hansard.service/memory.max", "max\n"),
            ("cgroup/system.slice/memory.max", "1073741824\n"),
            ("cgroup/system.slice/memory.current", "419430400\n"),
            ("cgroup/system.slice/memory.stat", "anon 1\ninactive_file 104857600\n"),
        ]);
        assert_eq!(look_in(&proc, &cgroups, 0), Memory { used_bytes: 300 * MIB, limit_bytes: 1024 * MIB });
    }

    #[test]
    fn what_the_operator_says_goes_before_everything() {
        let (_dir, proc, cgroups) = machine(&[("cgroup/system.slice/memory.max", "1073741824\n")]);
        assert_eq!(look_in(&proc, &cgroups, 512 * MIB), Memory { used_bytes: 100 * MIB, limit_bytes: 512 * MIB });
    }

    #[test]
    fn a_system_that_tells_nothing_has_no_limit() {
        assert_eq!(look_in(Path::new("/nowhere"), Path::new("/nowhere"), 0), Memory::default());
        assert!(look(0).limit_bytes > look(0).used_bytes, "this machine tells");
    }
}
