//! The life of the process that sends: it announces its meetings, sends them, and tells what it sent.

use std::{
    fs,
    net::IpAddr,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use model::Secret;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};
use rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer};
use tokio::{net::TcpListener, runtime, time::sleep};
use tokio_rustls::TlsAcceptor;

use super::{
    args::SourceArgs,
    books,
    desk::{self, Desk},
    invite::invite,
    meeting::Meeting,
    press,
    reel::Reel,
};
use crate::failure::Failure;

/// How long a meeting may take to be joined, and its client to leave, before it is told as it is.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many meetings are announced at once; Zoom announces each by itself.
const INVITED_AT_ONCE: usize = 50;
/// How long after them the next are.
const INVITED_EVERY: Duration = Duration::from_millis(100);

/// Sends the meetings, and writes the ledger when they are over.
pub(crate) fn run(args: &SourceArgs) -> Result<(), Failure> {
    let lasts = Duration::from_secs(args.seconds.into());
    let reel = Reel::new(args.material());
    let (sender, joined) = mpsc::channel();
    let meetings: Vec<Arc<Meeting>> =
        (0..args.meetings as usize).map(|number| Arc::new(Meeting::new(number))).collect();
    let press = thread::Builder::new().name("press".to_owned()).spawn(move || press::run(&joined, reel, lasts))?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let addr = listener.local_addr()?;
        let (ca_pem, tls) = certificate(addr.ip())?;
        let desk = Desk {
            meetings: meetings.clone(),
            press: sender,
            acceptor: TlsAcceptor::from(tls),
            authority: addr.to_string(),
            material: args.material(),
        };
        let serving = tokio::spawn(desk::serve(listener, Arc::new(desk)));
        fs::write(&args.ca_file, ca_pem).map_err(|error| format!("{}: {error}", args.ca_file.display()))?;
        sleep(Duration::from_millis(args.delay_ms)).await;
        let (secret, url) = (Secret::new(args.webhook_secret.clone()), format!("wss://{addr}"));
        for some in meetings.chunks(INVITED_AT_ONCE) {
            let invited = some.iter().map(|meeting| invite(args.webhook, &secret, &url, meeting));
            for (invited, meeting) in futures_util::future::join_all(invited).await.into_iter().zip(some) {
                if let Err(error) = invited {
                    meeting.entry().client_errors.push(format!("the webhook was not answered: {error}"));
                }
            }
            sleep(INVITED_EVERY).await;
        }
        let all_over = async {
            for meeting in &meetings {
                let _ = meeting.is_over.subscribe().wait_for(|is_over| *is_over).await;
            }
        };
        let in_time = tokio::time::timeout(lasts + PATIENCE, all_over).await.is_ok();
        // Whoever is told of the end takes what is on its way before it closes.
        sleep(Duration::from_secs(2)).await;
        serving.abort();
        Ok::<_, Failure>(in_time)
    })?;
    // The desk is gone with the runtime, and with it whoever might bring the press more.
    drop(runtime);
    if meetings.iter().all(|meeting| *meeting.is_over.borrow()) && press.join().is_err() {
        return Err("the press broke".into());
    }
    let entries: Vec<books::Entry> = meetings.iter().map(|meeting| meeting.entry().clone()).collect();
    fs::write(&args.ledger, books::ledger(&entries).to_string())?;
    Ok(())
}

/// An authority in PEM form, and the TLS configuration of a server at `ip` that it vouches for.
fn certificate(ip: IpAddr) -> Result<(String, Arc<ServerConfig>), Failure> {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Zoom's SDK takes a certificate for its own authority if both have the same name.
    authority.distinguished_name.push(DnType::CommonName, "Hansard bench");
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let authority_key = KeyPair::generate()?;
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);
    let mut leaf = CertificateParams::default();
    leaf.use_authority_key_identifier_extension = true;
    leaf.distinguished_name.push(DnType::CommonName, "Hansard bench source");
    // It compares an address in a URL only with names of type DNS, so the address is there in both types.
    leaf.subject_alt_names = vec![SanType::IpAddress(ip), SanType::DnsName(ip.to_string().try_into()?)];
    let leaf_key = KeyPair::generate()?;
    let chain = vec![leaf.signed_by(&leaf_key, &issuer)?.der().clone()];
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::Pkcs8(leaf_key.serialize_der().into()))?;
    Ok((authority_certificate.pem(), Arc::new(config)))
}
