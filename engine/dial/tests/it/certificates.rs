//! Peers that cannot prove who they are (fault matrix C16), one defect each: none is ever spoken to, each is told in plain
//! words, and only what time heals is worth another attempt.

use std::sync::Arc;

use dial::{DialError, Dialer, Policy};
use model::Fault;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyPair, RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};
use rustls::{
    ClientConfig, HandshakeKind, RootCertStore, crypto::aws_lc_rs, pki_types::ServerName,
    server::ServerSessionMemoryCache,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsConnector;

use crate::server::{
    Authority, DEADLINE, LIMIT_BYTES, Server, authority, certificate, dialer, named_authority, policy, unbounded,
};

struct Refused {
    error: DialError,
    text: String,
}

/// Dials a server once and expects to be kept from speaking to it.
async fn refused(dialer: &Dialer, server: &Server) -> Refused {
    let url = server.url();
    let (outcome, spoken_to) =
        tokio::join!(dialer.websocket(&url, LIMIT_BYTES, unbounded(), DEADLINE), server.try_accept());
    assert!(spoken_to.is_none(), "the server was spoken to");
    let error = outcome.expect_err("a defect");
    let text = error.to_string();
    Refused { error, text }
}

async fn accepted(dialer: &Dialer, server: &Server) {
    let url = server.url();
    let (outcome, _peer) = tokio::join!(dialer.websocket(&url, LIMIT_BYTES, unbounded(), DEADLINE), server.accept());
    outcome.expect("a connection");
}

#[tokio::test]
async fn a_certificate_with_a_defect_is_refused_and_the_defect_is_named() {
    let authority = authority();
    let stranger = named_authority("a stranger");
    let mut expired = certificate();
    expired.not_before = date_time_ymd(2019, 1, 1);
    expired.not_after = date_time_ymd(2020, 1, 1);
    let mut early = certificate();
    early.not_before = date_time_ymd(2200, 1, 1);
    early.not_after = date_time_ymd(2201, 1, 1);
    let other_host = CertificateParams::new(["zoom.example".to_owned()]).expect("names");
    let mut no_host = certificate();
    no_host.subject_alt_names.clear();
    let mut for_clients = certificate();
    for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let mut of_an_authority = certificate();
    of_an_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);

    let cases: [(&Authority, CertificateParams, &str, bool); 7] = [
        (&authority, expired, "it expired", false),
        (&authority, early, "it is not valid for", false),
        (&authority, other_host, "it is for another host: DnsName(\"zoom.example\")", true),
        (&authority, no_host, "it is for no host at all", true),
        (&stranger, certificate(), "neither it nor its authority is trusted", true),
        (&authority, for_clients, "it is not made for servers", true),
        (&authority, of_an_authority, "it is the certificate of an authority", true),
    ];
    let dialer = dialer(&authority.pem());
    for (issuer, params, words, permanent) in cases {
        let server = Server::new(issuer, params).await;
        let Refused { error, text } = refused(&dialer, &server).await;
        assert!(matches!(error, DialError::Certificate { .. }) && text.contains(words), "{words}: {text}");
        assert_eq!(error.permanent(), permanent, "{text}");
        assert_eq!(error.code(), "tls_bad_certificate");
    }
    // Without a defect the same dialer connects, so it is the defects that it refuses.
    accepted(&dialer, &Server::new(&authority, certificate()).await).await;
}

#[tokio::test]
async fn an_address_by_number_is_certified_by_a_number_whatever_names_stand_beside_it() {
    // Zoom's own SDK looks for the number among the names, so a simulated Zoom has it in both places.
    let authority = authority();
    let name = SanType::DnsName("127.0.0.1".try_into().expect("a name"));
    let dialer = dialer(&authority.pem());
    let mut both = certificate();
    both.subject_alt_names.push(name.clone());
    accepted(&dialer, &Server::new(&authority, both).await).await;
    let mut only_name = certificate();
    only_name.subject_alt_names = vec![name];
    let Refused { text, .. } = refused(&dialer, &Server::new(&authority, only_name).await).await;
    assert!(text.contains("it is for another host"), "{text}");
}

#[tokio::test]
async fn a_certificate_that_signed_itself_is_refused() {
    let key = KeyPair::generate().expect("a key");
    let own = certificate().self_signed(&key).expect("a certificate");
    let server = Server::with_chain("127.0.0.1:0", vec![own.der().clone()], &key).await;
    let Refused { error, text } = refused(&dialer(&authority().pem()), &server).await;
    assert!(text.contains("neither it nor its authority is trusted") && error.permanent(), "{text}");
}

#[tokio::test]
async fn whoever_is_no_authority_issues_nothing_but_an_authority_below_the_trusted_one_does() {
    let authority = authority();
    for (is_ca, works) in [(IsCa::ExplicitNoCa, false), (IsCa::Ca(BasicConstraints::Constrained(0)), true)] {
        let mut between = certificate();
        between.is_ca = is_ca;
        let between_key = KeyPair::generate().expect("a key");
        let between_certificate = between.signed_by(&between_key, &authority).expect("a certificate");
        let issuer = Issuer::from_params(&between, &between_key);
        let key = KeyPair::generate().expect("a key");
        let leaf = certificate().signed_by(&key, &issuer).expect("a certificate");
        let chain = vec![leaf.der().clone(), between_certificate.der().clone()];
        let server = Server::with_chain("127.0.0.1:0", chain, &key).await;
        let dialer = dialer(&authority.pem());
        if works {
            accepted(&dialer, &server).await;
        } else {
            let Refused { error, text } = refused(&dialer, &server).await;
            assert!(text.contains("it was issued by somebody who is no authority"), "{text}");
            assert!(error.permanent());
        }
    }
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_where_the_extra_file_holds_the_list() {
    let authority = authority();
    let mut params = certificate();
    params.serial_number = Some(SerialNumber::from(42));
    let server = Server::new(&authority, params).await;
    let list = CertificateRevocationListParams {
        this_update: date_time_ymd(2024, 1, 1),
        next_update: date_time_ymd(2200, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: vec![RevokedCertParams {
            serial_number: SerialNumber::from(42),
            revocation_time: date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        }],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    let list = list.signed_by(&authority).expect("a list").pem().expect("PEM");
    let with_list = dialer(&format!("{}{list}", authority.pem()));
    let Refused { error, text } = refused(&with_list, &server).await;
    assert!(text.contains("its authority revoked it") && error.permanent(), "{text}");

    accepted(&dialer(&authority.pem()), &server).await;
    accepted(&with_list, &Server::new(&authority, certificate()).await).await;
    // Those whom no list speaks of are judged without one.
    let other = named_authority("another one");
    let both = dialer(&format!("{}{list}{}", authority.pem(), other.pem()));
    accepted(&both, &Server::new(&other, certificate()).await).await;
}

#[tokio::test]
async fn a_certificate_that_changes_between_connections_is_judged_anew() {
    let authority = authority();
    let key = KeyPair::generate().expect("a key");
    let good = certificate().signed_by(&key, &authority).expect("a certificate");
    let bad = certificate().signed_by(&key, &named_authority("a stranger")).expect("a certificate");
    let dialer = dialer(&authority.pem());
    let first = Server::with_chain("127.0.0.1:0", vec![good.der().clone()], &key).await;
    let address = first.address.to_string();
    accepted(&dialer, &first).await;
    accepted(&dialer, &first).await;
    drop(first);
    let second = Server::with_chain(&address, vec![bad.der().clone()], &key).await;
    let Refused { text, .. } = refused(&dialer, &second).await;
    assert!(text.contains("neither it nor its authority is trusted"), "{text}");
}

/// What a client resumes it does not judge: it sees no certificate. So none is resumed, whatever the server offers. The control
/// is a client that does resume, and takes the same server for the one that it knew.
#[tokio::test]
async fn a_server_that_offers_to_resume_shows_its_certificate_again_and_is_judged_by_it() {
    let authority = authority();
    let key = KeyPair::generate().expect("a key");
    let good = certificate().signed_by(&key, &authority).expect("a certificate");
    let bad = certificate().signed_by(&key, &named_authority("a stranger")).expect("a certificate");
    let sessions = ServerSessionMemoryCache::new(16);
    let server = async |listen: &str, certificate: &Certificate| {
        let chain = vec![certificate.der().clone()];
        Server::remembering(listen, chain, &key, Arc::clone(&sessions) as Arc<_>).await
    };
    let dialer = dialer(&authority.pem());
    let first = server("127.0.0.1:0", &good).await;
    let address = first.address.to_string();
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).expect("an authority");
    let resuming = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let resuming = TlsConnector::from(Arc::new(resuming));
    // One byte behind the handshake, so that what the server sent with it was read.
    let resume = async |server: &Server| {
        let host = ServerName::from(server.address.ip());
        let stream = TcpStream::connect(server.address).await.expect("a connection");
        let serve = async {
            let mut stream = server.accept_tls().await?;
            stream.write_all(b".").await?;
            Ok::<_, std::io::Error>((stream.get_ref().1.handshake_kind(), stream))
        };
        let dial = async {
            let mut stream = resuming.connect(host, stream).await?;
            stream.read_u8().await
        };
        let (served, dialled) = tokio::join!(serve, dial);
        dialled.and(served).map(|(kind, _)| kind)
    };
    for _ in 0..2 {
        let url = first.url();
        let (outcome, peer) = tokio::join!(dialer.websocket(&url, LIMIT_BYTES, unbounded(), DEADLINE), first.accept());
        outcome.expect("a connection");
        assert_eq!(peer.get_ref().get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
    }
    assert_eq!(resume(&first).await.expect("a connection"), Some(HandshakeKind::Full));
    drop(first);

    let second = server(&address, &bad).await;
    let Refused { text, .. } = refused(&dialer, &second).await;
    assert!(text.contains("neither it nor its authority is trusted"), "{text}");
    assert_eq!(resume(&second).await.expect("taken unseen"), Some(HandshakeKind::Resumed));
}

/// A server that answers the first bytes of whoever connects with these bytes.
async fn answered_with(answer: &'static [u8]) -> (DialError, Vec<u8>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("wss://{}/", listener.local_addr().expect("an address"));
    let dialer = dialer(&authority().pem());
    let play = async {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut said = vec![0; 4096];
        let read = stream.read(&mut said).await.expect("a hello");
        said.truncate(read);
        stream.write_all(answer).await.expect("written");
        // Whatever else it says before it hangs up.
        drop(stream.read_to_end(&mut said).await);
        said
    };
    let (outcome, said) = tokio::join!(dialer.websocket(&url, LIMIT_BYTES, unbounded(), DEADLINE), play);
    (outcome.expect_err("no TLS that is spoken"), said)
}

#[tokio::test]
async fn a_server_that_knows_only_old_versions_of_tls_is_refused() {
    // An alert of a server of TLS 1.0: fatal, protocol_version.
    let (error, _) = answered_with(&[0x15, 3, 1, 0, 2, 2, 70]).await;
    assert_eq!((error.code(), error.permanent()), ("tls_too_old", true), "{error}");

    // A server hello in TLS 1.1, without a session and without extensions.
    let mut hello = vec![0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0xc0, 0x2f, 0]);
    let (error, _) = answered_with(hello.leak()).await;
    assert_eq!((error.code(), error.permanent()), ("tls_too_old", true), "{error}");
    assert!(error.to_string().contains("neither TLS 1.2 nor TLS 1.3"));
}

#[tokio::test]
async fn a_server_that_does_not_encrypt_hears_no_request() {
    let (error, said) = answered_with(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n").await;
    assert_eq!((error.code(), error.permanent()), ("tls_failed", false), "{error}");
    assert!(error.to_string().contains("is not TLS"), "{error}");
    assert_eq!(said.first(), Some(&0x16), "only a handshake of TLS was sent");
    assert!(!String::from_utf8_lossy(&said).contains("GET "), "a request was sent in clear");
}

#[test]
fn an_authority_that_cannot_be_read_is_refused() {
    let damaged_list = b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n";
    for pem in [&b""[..], b"not PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", damaged_list] {
        let error = Dialer::new(Policy::default(), Some(pem)).expect_err("no certificate");
        assert_eq!(error.code(), "tls_bad_authorities");
    }
    assert!(Dialer::new(policy(&[]), Some(authority().pem().as_bytes())).is_ok());
}
