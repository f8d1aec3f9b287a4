//! What a supervisor such as systemd does for a daemon: keeps its listening socket, and hears how it is.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
    os::{fd::OwnedFd, unix::net::UnixDatagram},
    path::Path,
    process::{Command, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// Puts the socket that a shell has as its standard input where `LISTEN_FDS` means it, and becomes the command.
const HAND_OVER: &str = "exec 3<&0 4<&0 0</dev/null; export LISTEN_PID=$$; exec \"$@\"";

/// A supervisor.
pub(crate) struct Supervisor {
    socket: Option<OwnedFd>,
    /// How often that socket is handed over.
    times: usize,
    notices: UnixDatagram,
    dir: TempDir,
    watchdog: Option<Duration>,
    heard: Mutex<Vec<String>>,
}

impl Supervisor {
    /// One that keeps no socket.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let notices = UnixDatagram::bind(dir.path().join("notify")).unwrap();
        Self { socket: None, times: 1, notices, dir, watchdog: None, heard: Mutex::default() }
    }

    /// One that keeps the socket at an address.
    pub(crate) fn keeping(address: SocketAddr) -> Self {
        Self::handing(TcpListener::bind(address).unwrap().into())
    }

    /// One that hands over this socket, whatever it is.
    pub(crate) fn handing(socket: OwnedFd) -> Self {
        Self { socket: Some(socket), ..Self::new() }
    }

    /// The same, which hands its socket over twice.
    pub(super) fn twice(self) -> Self {
        Self { times: 2, ..self }
    }

    /// The same, which wants to hear a sign of life within each `patience`.
    pub(crate) fn watching(self, patience: Duration) -> Self {
        Self { watchdog: Some(patience), ..self }
    }

    /// A command that runs `program` under it.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = match &self.socket {
            None => Command::new(program),
            Some(socket) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", HAND_OVER, "sh"]).arg(program).stdin(Stdio::from(socket.try_clone().unwrap()));
                shell
                    .env("LISTEN_FDS", self.times.to_string())
                    .env("LISTEN_FDNAMES", vec!["http"; self.times].join(":"));
                shell
            }
        };
        command.env("NOTIFY_SOCKET", self.dir.path().join("notify"));
        if let Some(patience) = self.watchdog {
            command.env("WATCHDOG_USEC", patience.as_micros().to_string());
        }
        command
    }

    /// Everything that was said so far, a line each.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.listen(Duration::from_millis(1));
        self.heard.lock().unwrap().clone()
    }

    /// Forgets what was said so far.
    pub(crate) fn forget(&self) {
        while self.listen(Duration::from_millis(1)) {}
        self.heard.lock().unwrap().clear();
    }

    /// Waits until a line was said that begins so, and answers it.
    pub(crate) fn wait_for(&self, begin: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let said = self.heard.lock().unwrap().iter().find(|line| line.starts_with(begin)).cloned();
            if let Some(line) = said {
                return line;
            }
            assert!(Instant::now() < deadline, "{begin} was not said, but {:?}", self.heard.lock().unwrap());
            self.listen(Duration::from_millis(200));
        }
    }

    /// Whether anything is said within that time.
    pub(crate) fn listen(&self, within: Duration) -> bool {
        let mut bytes = [0; 4096];
        self.notices.set_read_timeout(Some(within)).unwrap();
        match self.notices.recv(&mut bytes) {
            Ok(length) => {
                let text = std::str::from_utf8(&bytes[..length]).unwrap();
                self.heard.lock().unwrap().extend(text.lines().map(str::to_owned));
                true
            }
            Err(error) => {
                assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
                false
            }
        }
    }
}
