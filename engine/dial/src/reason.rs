//! The faults of TLS in plain words. Which error they become is in `tls`.

use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

/// Seconds of a day.
const DAY_SECONDS: u64 = 86_400;

/// What is wrong with a certificate, and whether it may be in order at another attempt a little later.
///
/// Time heals: peers renew their certificates one machine after the other, and clocks are set right. A peer that is not who
/// it should be stays somebody else.
pub(crate) fn of_certificate(fault: &CertificateError) -> (String, bool) {
    let days = |from: u64, to: u64| to.saturating_sub(from).div_ceil(DAY_SECONDS);
    let (text, may_heal) = match fault {
        CertificateError::ExpiredContext { time, not_after } => {
            let days = days(not_after.as_secs(), time.as_secs());
            (format!("it expired {days} day(s) ago by this machine's clock"), true)
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            let days = days(time.as_secs(), not_before.as_secs());
            (format!("it is not valid for {days} more day(s) by this machine's clock"), true)
        }
        CertificateError::Expired => ("it expired by this machine's clock".to_owned(), true),
        CertificateError::NotValidYet => ("it is not valid yet by this machine's clock".to_owned(), true),
        CertificateError::Revoked => ("its authority revoked it".to_owned(), false),
        CertificateError::UnknownIssuer => (
            "neither it nor its authority is trusted on this machine; a private authority can be added with \
             `zoom.extra_ca_file`"
                .to_owned(),
            false,
        ),
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            ("it is for no host at all".to_owned(), false)
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            (format!("it is for another host: {}", shown(presented)), false)
        }
        CertificateError::NotValidForName => ("it is for another host".to_owned(), false),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            ("it is not made for servers".to_owned(), false)
        }
        CertificateError::BadSignature => ("its signature is not its authority's".to_owned(), false),
        CertificateError::BadEncoding => ("it is damaged".to_owned(), false),
        other => match other.to_string() {
            text if text.contains("EndEntityUsedAsCa") => {
                ("it was issued by somebody who is no authority".to_owned(), false)
            }
            text if text.contains("CaUsedAsEndEntity") => {
                ("it is the certificate of an authority, not of a server".to_owned(), false)
            }
            text => (text, false),
        },
    };
    (text, may_heal)
}

/// The names of a certificate, as many as people want to read; they are the peer's words.
fn shown(names: &[String]) -> String {
    let names: Vec<&str> = names.iter().take(4).map(String::as_str).collect();
    names.join(", ").chars().filter(|letter| !letter.is_control()).take(200).collect()
}

/// Whether the peer knows only versions of TLS that are not secure.
pub(crate) const fn is_too_old(fault: &Error) -> bool {
    matches!(
        fault,
        Error::AlertReceived(AlertDescription::ProtocolVersion)
            | Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13)
            | Error::PeerIncompatible(PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig)
    )
}

/// Any other fault.
pub(crate) fn of_tls(fault: &Error) -> String {
    match fault {
        Error::InvalidMessage(_) => "what it answers is not TLS; it may speak without encryption there".to_owned(),
        Error::AlertReceived(alert) => format!("it refused: {alert:?}"),
        Error::PeerIncompatible(detail) => format!("it has nothing in common with this machine: {detail:?}"),
        other => other.to_string(),
    }
}
