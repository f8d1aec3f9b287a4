//! Connections to a server of OpenSSL, which judges that what we speak is TLS in each of the ways that it knows.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use bytes::Bytes;
use dial::{DialError, HttpRequest, HttpResponse};
use rcgen::KeyPair;

use crate::server::{Authority, DEADLINE, authority, certificate, dialer};

/// More than one read takes, and no multiple of anything.
const FILE_BYTES: usize = 1_000_003;

/// `openssl s_server`, which answers with the file that is asked for; it ends with this.
struct Foreign {
    child: Child,
    address: String,
}

impl Foreign {
    /// Of `authority`, with the files in `dir`, and told so.
    fn start(authority: &Authority, dir: &Path, told: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = certificate().signed_by(&key, authority).expect("a certificate");
        fs::write(dir.join("key.pem"), key.serialize_pem()).expect("written");
        fs::write(dir.join("certificate.pem"), certificate.pem()).expect("written");
        let args = ["s_server", "-accept", "127.0.0.1:0", "-key", "key.pem", "-cert", "certificate.pem", "-WWW"];
        let mut child = Command::new("openssl")
            .args(args)
            .args(told.split_whitespace())
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is there: `scripts/setup --test` installs it");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let mut lines = output.lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("ACCEPT ").map(str::to_owned));
        Self { child, address: address.expect("it says where it listens") }
    }

    async fn file(&self, authority: &Authority) -> Result<HttpResponse, DialError> {
        let url = format!("https://{}/file", self.address);
        let request = HttpRequest { method: "GET", url: &url, headers: &[], body: Bytes::new() };
        dialer(&authority.pem()).http(request, 2 * FILE_BYTES, DEADLINE).await
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[tokio::test]
async fn openssl_is_understood_in_both_versions_with_every_cipher_other_curves_tickets_and_small_records() {
    let authority = authority();
    let dir = tempfile::tempdir().expect("a directory");
    let file: Vec<u8> = (0..FILE_BYTES).map(|at| (at % 251) as u8).collect();
    fs::write(dir.path().join("file"), &file).expect("written");
    for told in [
        "-tls1_3",
        "-tls1_2",
        "-tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256",
        "-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256",
        "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256",
        "-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305",
        // It asks the client to begin again, with a curve that it did not offer a key for.
        "-tls1_3 -groups P-384",
        "-tls1_3 -num_tickets 16 -max_send_frag 512",
    ] {
        let foreign = Foreign::start(&authority, dir.path(), told);
        let response = foreign.file(&authority).await.unwrap_or_else(|error| panic!("{told}: {error}"));
        assert!(response.status == 200 && response.body == file, "{told}: {} bytes", response.body.len());
    }
    // The control: what is too old is refused.
    let old = Foreign::start(&authority, dir.path(), "-tls1_1 -cipher DEFAULT@SECLEVEL=0");
    assert!(matches!(old.file(&authority).await, Err(DialError::TlsTooOld { .. })));
}
