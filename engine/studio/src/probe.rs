//! Tries what a worker must not be able to do, for tests that ask it. Only builds with the feature `fault-points` have any of this.

use std::{
    fs,
    net::{TcpListener, UdpSocket},
    os::unix::net::UnixDatagram,
    path::Path,
    process::Command,
};

use rustix::process::{Signal, getppid, kill_process, test_kill_process};

/// What of it worked, by name.
pub(crate) fn reached(foreign: &Path) -> Vec<String> {
    let beside = foreign.with_extension("beside");
    let parent = getppid();
    let tried = [
        ("read", fs::read(foreign).is_ok()),
        ("list", foreign.parent().is_some_and(|dir| fs::read_dir(dir).is_ok())),
        ("write", fs::write(&beside, b"x").is_ok()),
        ("rename", fs::rename(foreign, &beside).is_ok()),
        ("memory", fs::read("/proc/self/maps").is_ok()),
        ("tcp", TcpListener::bind("127.0.0.1:0").is_ok()),
        ("udp", UdpSocket::bind("127.0.0.1:0").is_ok()),
        ("unix", UnixDatagram::unbound().is_ok()),
        ("execute", Command::new("/bin/true").status().is_ok()),
        ("signal", parent.is_some_and(|parent| test_kill_process(parent).is_ok())),
        ("urgent signal", parent.is_some_and(|parent| kill_process(parent, Signal::URG).is_ok())),
    ];
    tried.into_iter().filter(|(_, worked)| *worked).map(|(name, _)| name.to_owned()).collect()
}
