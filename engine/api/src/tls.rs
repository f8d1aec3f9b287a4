//! Our own certificate: read from files, read again when they change.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
};
use tokio::sync::watch;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(60);

/// Where certificate and key lie, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, followed by those that lead to its root.
    pub cert_file: PathBuf,
    /// Its private key.
    pub key_file: PathBuf,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds no PEM of the right kind.
    #[error("cannot read {}: {source}; it must hold PEM", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: pem::Error,
    },
    /// Certificate and key do not fit together or are refused.
    #[error("the certificate in {} cannot be used with the key in {}: {source}", cert_file.display(), key_file.display())]
    Unusable {
        /// The certificate's file.
        cert_file: PathBuf,
        /// The key's file.
        key_file: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
}

impl TlsFiles {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`] if they cannot be read or do not fit together.
    pub fn load(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let unreadable = |path: &PathBuf| {
            let path = path.clone();
            move |source| TlsError::Unreadable { path, source }
        };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&self.cert_file)
            .and_then(Iterator::collect)
            .map_err(unreadable(&self.cert_file))?;
        let key = PrivateKeyDer::from_pem_file(&self.key_file).map_err(unreadable(&self.key_file))?;
        let unusable =
            |source| TlsError::Unusable { cert_file: self.cert_file.clone(), key_file: self.key_file.clone(), source };
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// When the files were last written, where that can be told.
    fn written(&self) -> (Option<SystemTime>, Option<SystemTime>) {
        let of = |path: &PathBuf| std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
        (of(&self.cert_file), of(&self.key_file))
    }
}

/// The certificate in use, renewed from its files for as long as somebody holds the receiver.
pub(crate) fn renewed(files: TlsFiles) -> Result<watch::Receiver<Arc<ServerConfig>>, TlsError> {
    let mut written = files.written();
    let (current, receiver) = watch::channel(files.load()?);
    tokio::spawn(async move {
        while tokio::time::timeout(LOOK, current.closed()).await.is_err() {
            let found = files.written();
            if found == written {
                continue;
            }
            match files.load() {
                Ok(config) => {
                    written = found;
                    current.send_replace(config);
                    tracing::info!("the TLS certificate was renewed from its files");
                }
                Err(error) => tracing::error!(%error, "the TLS certificate was not renewed; the old one stays in use"),
            }
        }
    });
    Ok(receiver)
}
