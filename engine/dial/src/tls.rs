//! TLS 1.2 and 1.3 with the system's authorities and, where configured, one more. There is no switch to turn checks off.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::DialError;

/// A client that trusts the system's authorities and those of `extra_ca_pem`.
pub(crate) fn client_config(extra_ca_pem: Option<&[u8]>) -> Result<Arc<ClientConfig>, DialError> {
    let authorities = |reason: String| DialError::Authorities { reason };
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::warn!(%error, "a certificate authority of the system cannot be read");
    }
    let (trusted, ignored) = roots.add_parsable_certificates(system.certs);
    tracing::debug!(trusted, ignored, "certificate authorities of the system");
    if let Some(pem) = extra_ca_pem {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate =
                certificate.map_err(|error| authorities(format!("the extra file is not PEM: {error}")))?;
            roots.add(certificate).map_err(|error| authorities(format!("the extra file: {error}")))?;
        }
        if roots.len() == before {
            return Err(authorities("the extra file holds no certificate".to_owned()));
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| authorities(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
