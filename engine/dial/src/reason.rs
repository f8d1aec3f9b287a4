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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::pki_types::{ServerName, UnixTime};

    use super::*;

    #[test]
    fn of_a_certificate_that_is_not_in_force_the_days_are_told() {
        let at = |day: u64| UnixTime::since_unix_epoch(Duration::from_secs(day * 86_400));
        let expired = CertificateError::ExpiredContext { time: at(20), not_after: at(13) };
        assert_eq!(of_certificate(&expired), ("it expired 7 day(s) ago by this machine's clock".to_owned(), true));
        let early = CertificateError::NotValidYetContext { time: at(13), not_before: at(22) };
        assert_eq!(
            of_certificate(&early),
            ("it is not valid for 9 more day(s) by this machine's clock".to_owned(), true)
        );
    }

    #[test]
    fn of_the_names_of_a_certificate_some_are_shown_and_no_control_characters() {
        let told = |presented: Vec<String>| {
            let expected = ServerName::try_from("a.zoom.us").expect("a name");
            of_certificate(&CertificateError::NotValidForNameContext { expected, presented })
        };
        let names = ["one\n", "two\u{1b}[31m", "three", "four", "five"].map(str::to_owned).to_vec();
        assert_eq!(told(names), ("it is for another host: one, two[31m, three, four".to_owned(), false));
        let (long, _) = told(vec!["x".repeat(1_000)]);
        assert_eq!(long.matches('x').count(), 200, "{long}");
        assert_eq!(told(Vec::new()), ("it is for no host at all".to_owned(), false));
    }

    #[test]
    fn versions_that_are_not_secure_are_known_whoever_says_so() {
        for fault in [
            Error::AlertReceived(AlertDescription::ProtocolVersion),
            Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13),
            Error::PeerIncompatible(PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig),
        ] {
            assert!(is_too_old(&fault), "{fault:?}");
        }
        assert!(!is_too_old(&Error::AlertReceived(AlertDescription::HandshakeFailure)));
    }
}
