//! The files for systemd, judged by systemd's own tools. That the daemon speaks its protocol is tested in `e2e::supervised`.

use std::{fs, path::PathBuf, process::Command};

/// Exposure, in tenths, that the unit must not exceed.
const EXPOSURE_LIMIT: &str = "15";
/// What systemd before version 253 says of a type that it does not know, before it goes on with the one above it.
const OLDER: &str = "Failed to parse service type, ignoring: notify-reload";

fn unit(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../packaging/systemd");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// Runs `systemd-analyze` on units of these texts; answers whether it was content, and what it complained of.
fn analyze(arguments: &[&str], units: &[(&str, String)]) -> (bool, String) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new("systemd-analyze");
    command.args(arguments).env("SYSTEMD_PAGER", "");
    for (name, text) in units {
        let file = dir.path().join(name);
        fs::write(&file, text).unwrap();
        command.arg(file);
    }
    let output = command.output().expect("systemd-analyze is here: scripts/setup --test installs it");
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    let complaints: Vec<&str> = complaints.lines().filter(|line| !line.contains(OLDER)).collect();
    (output.status.success(), complaints.join("\n"))
}

fn exposed(service: String) -> (bool, String) {
    let threshold = format!("--threshold={EXPOSURE_LIMIT}");
    let (is_safe, complaints) = analyze(&["security", "--offline=true", &threshold], &[("hansard.service", service)]);
    (!is_safe, complaints)
}

/// Complaints about both units, with a program that is there in place of ours.
fn verified(service: &str, socket: &str) -> String {
    let service = service.replace("/usr/local/bin/hansard", "/bin/true");
    let units = [("hansard.service", service), ("hansard.socket", socket.to_owned())];
    analyze(&["verify", "--man=no"], &units).1
}

#[test]
fn the_service_is_exposed_to_little() {
    assert_eq!(exposed(unit("hansard.service")), (false, String::new()));
    let (is_exposed, _) = exposed(unit("hansard.service").replace("SystemCallFilter=", "# "));
    assert!(is_exposed, "the control");
}

#[test]
fn systemd_understands_every_line_of_the_units() {
    let (service, socket) = (unit("hansard.service"), unit("hansard.socket"));
    assert_eq!(verified(&service, &socket), "");
    assert!(verified(&service, &socket.replace("Backlog", "Backlogs")).contains("Backlogs"), "the control");
}

/// The daemon needs 9 s at the most; a reload is only waited for by a systemd that knows how.
#[test]
fn the_service_waits_for_what_the_daemon_says_and_does() {
    let service = unit("hansard.service");
    let values = |key: &str| -> Vec<String> {
        let lines = service.lines().filter_map(|line| line.split_once('='));
        lines.filter(|(name, _)| *name == key).map(|(_, value)| value.to_owned()).collect()
    };
    assert_eq!(values("Type"), ["notify", "notify-reload"]);
    assert_eq!(values("WatchdogSec"), ["20"]);
    assert_eq!(values("RestartPreventExitStatus"), ["78"]);
    assert!(values("TimeoutStopSec")[0].parse::<u32>().unwrap() > 10);
}
