//! TLS 1.2 and 1.3 with the system's authorities and, where configured, one more. There is no switch to turn checks off,
//! and no connection is resumed: each one proves anew who its peer is. What failures are called is in `error`.

use std::{io, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    client::{Resumption, WebPkiServerVerifier},
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, pem::PemObject},
};

use crate::{
    DialError, Target, encrypted::Encrypted, line::Line, pattern::Host, reason, session::Session, stream::Stream,
};

/// A client that trusts the system's authorities and those of `extra_pem`, and nobody whom a revocation list in
/// `extra_pem` names.
pub(crate) fn client_config(extra_pem: Option<&[u8]>) -> Result<Arc<ClientConfig>, DialError> {
    let authorities = |reason: String| DialError::Authorities { reason };
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::warn!(%error, "a certificate authority of the system cannot be read");
    }
    let (trusted, ignored) = roots.add_parsable_certificates(system.certs);
    tracing::debug!(trusted, ignored, "certificate authorities of the system");
    let mut revoked = Vec::new();
    if let Some(pem) = extra_pem {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate =
                certificate.map_err(|error| authorities(format!("the extra file is not PEM: {error}")))?;
            roots.add(certificate).map_err(|error| authorities(format!("the extra file: {error}")))?;
        }
        for list in CertificateRevocationListDer::pem_slice_iter(pem) {
            revoked.push(list.map_err(|error| authorities(format!("the extra file is not PEM: {error}")))?);
        }
        if roots.len() == before && revoked.is_empty() {
            return Err(authorities("the extra file holds no certificate".to_owned()));
        }
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| authorities(error.to_string()))?;
    let builder = if revoked.is_empty() {
        builder.with_root_certificates(roots)
    } else {
        // The lists are those of some authorities; certificates of others are judged without one.
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .with_crls(revoked)
            .allow_unknown_revocation_status()
            .build()
            .map_err(|error| authorities(format!("a revocation list of the extra file: {error}")))?;
        builder.with_webpki_verifier(verifier)
    };
    let mut config = builder.with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// Encrypts a connection to `target` and checks that it is the peer.
pub(crate) async fn encrypt(config: &Arc<ClientConfig>, target: &Target, line: Line) -> Result<Stream, DialError> {
    let host = target.authority();
    let name = match &target.host {
        Host::Address(address) => ServerName::from(*address),
        Host::Name(name) => ServerName::try_from(name.clone())
            .map_err(|error| DialError::Tls { host: host.clone(), reason: error.to_string() })?,
    };
    let agreed = match Session::new(Arc::clone(config), name) {
        Ok(session) => Encrypted::agree(line, session).await,
        Err(error) => Err(error),
    };
    agreed.map(Stream::encrypted).map_err(|error| fault(host, &error))
}

/// What a failure to encrypt is called.
pub(crate) fn fault(host: String, error: &io::Error) -> DialError {
    let Some(fault) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return DialError::Tls { host, reason: error.to_string() };
    };
    match fault {
        rustls::Error::InvalidCertificate(fault) => {
            let (reason, may_heal) = reason::of_certificate(fault);
            DialError::Certificate { host, reason, may_heal }
        }
        fault if reason::is_too_old(fault) => DialError::TlsTooOld { host },
        fault => DialError::Tls { host, reason: reason::of_tls(fault) },
    }
}
