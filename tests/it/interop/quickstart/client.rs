//! A client that `openapi-python-client` generates from a document, used over lines of JSON by `tests/interop/generated.py`.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::operations::Call;
use crate::{e2e::stage, interop::sdk};

/// A running client; ended when dropped.
pub(super) struct Client {
    child: Child,
    calls: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Its code, and the files that it was told to write.
    dir: TempDir,
}

impl Client {
    /// One for the service at `address`. A warning about the document is a fault.
    pub(super) fn generate(document: &Value, address: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("openapi.json"), document.to_string()).unwrap();
        // Nothing tidies the code up that it writes.
        std::fs::write(dir.path().join("client.yml"), "post_hooks: []\n").unwrap();
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = sdk::python(tests.parent().unwrap());
        let generated = Command::new(python.with_file_name("openapi-python-client"))
            .args(["generate", "--path", "openapi.json", "--meta", "none", "--output-path", "hansard_client"])
            .args(["--fail-on-warning", "--config", "client.yml"])
            .current_dir(dir.path())
            .output()
            .unwrap();
        let said =
            format!("{}{}", String::from_utf8_lossy(&generated.stdout), String::from_utf8_lossy(&generated.stderr));
        assert!(generated.status.success(), "{said}");
        let mut child = Command::new(python)
            .arg(tests.join("interop/generated.py"))
            .args([address, stage::API_KEY])
            .current_dir(dir.path())
            .env("PYTHONPATH", dir.path())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (calls, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, calls, answers, dir }
    }

    /// Calls an operation and waits for its answer.
    pub(super) fn call(&mut self, call: &Call) -> Value {
        let Call { operation, arguments, body, has_key, file } = call;
        let line = json!({
            "operation": operation, "arguments": arguments, "body": body, "has_key": has_key, "file": file,
        });
        writeln!(self.calls, "{line}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("the client failed at {line}; it says why above"))
    }

    /// A file that an answer was put into.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
