//! Which system calls a worker has: memory, threads, time, and files that it may open anyway. What is not on the list does not exist
//! (ENOSYS), so that a C library that is newer than the list falls back on what is on it.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

/// What is allowed with any arguments.
const ALLOWED: [c_long; 64] = [
    // Memory.
    libc::SYS_brk,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    // Threads.
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_get_robust_list,
    libc::SYS_getcpu,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_sigaltstack,
    // Time, chance, and what the machine is.
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettimeofday,
    libc::SYS_getuid,
    libc::SYS_nanosleep,
    libc::SYS_sysinfo,
    libc::SYS_times,
    libc::SYS_uname,
    // Files; which, is decided in `files`.
    libc::SYS_close,
    libc::SYS_copy_file_range,
    libc::SYS_fadvise64,
    libc::SYS_fallocate,
    libc::SYS_fdatasync,
    libc::SYS_fstat,
    libc::SYS_fsync,
    libc::SYS_ftruncate,
    libc::SYS_getdents64,
    libc::SYS_lseek,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_ppoll,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_sendfile,
    libc::SYS_splice,
    libc::SYS_statx,
    libc::SYS_unlinkat,
    libc::SYS_write,
    libc::SYS_writev,
];

/// The same under names that only older machines have.
#[cfg(target_arch = "x86_64")]
const ALLOWED_BESIDE: [c_long; 6] =
    [libc::SYS_lstat, libc::SYS_open, libc::SYS_poll, libc::SYS_stat, libc::SYS_time, libc::SYS_unlink];
#[cfg(not(target_arch = "x86_64"))]
const ALLOWED_BESIDE: [c_long; 0] = [];

/// What is said of the layer that is missing.
type Failure = Box<dyn std::error::Error>;

/// Confines this thread.
pub(super) fn confine() -> Result<(), Failure> {
    let program: BpfProgram = filter()?.try_into()?;
    Ok(seccompiler::apply_filter(&program)?)
}

fn filter() -> Result<SeccompFilter, BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.into_iter().chain(ALLOWED_BESIDE).map(|call| (call, Vec::new())).collect();
    let own = u64::from(std::process::id());
    // A signal to itself, with which it aborts, and to nobody else.
    rules.insert(libc::SYS_tgkill, vec![only(0, own)?]);
    rules.insert(libc::SYS_kill, vec![only(0, own)?]);
    // A thread, and no process; `clone3` hides its arguments, and who finds none asks here.
    let thread = libc::CLONE_THREAD as u64;
    let is_thread = SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(thread), thread)?;
    rules.insert(libc::SYS_clone, vec![SeccompRule::new(vec![is_thread])?]);
    // Names of threads and of memory.
    let names = [libc::PR_SET_NAME as u64, libc::PR_GET_NAME as u64, libc::PR_SET_VMA as u64];
    rules.insert(libc::SYS_prctl, each(0, &names)?);
    // Nothing that has others signalled, locked or leased.
    let of_itself = [libc::F_GETFD, libc::F_SETFD, libc::F_GETFL, libc::F_DUPFD_CLOEXEC].map(|what| what as u64);
    rules.insert(libc::SYS_fcntl, each(1, &of_itself)?);
    // Limits are read, of itself; the address of new ones is null then.
    let of_none = |argument| SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0);
    rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![of_none(0)?, of_none(2)?])?]);
    let arch = std::env::consts::ARCH.try_into()?;
    let not_there = SeccompAction::Errno(libc::ENOSYS as u32);
    SeccompFilter::new(rules, not_there, SeccompAction::Allow, arch)
}

/// The call, where an argument has this value.
fn only(argument: u8, value: u64) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)?])
}

/// The call, where an argument has one of these values.
fn each(argument: u8, values: &[u64]) -> Result<Vec<SeccompRule>, BackendError> {
    values.iter().map(|value| only(argument, *value)).collect()
}
