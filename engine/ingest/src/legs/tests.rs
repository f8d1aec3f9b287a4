use std::{
    io,
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    task::Waker,
};

use dial::{Answer, Network, Policy};

use super::*;

/// A network that counts who wants to be connected, and connects nobody.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Network for Counting {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> Answer<'a, Vec<SocketAddr>> {
        Box::pin(async move { Ok(vec![SocketAddr::from(([1, 1, 1, 1], port))]) })
    }

    fn connect(&self, _: SocketAddr) -> Answer<'_, tokio::net::TcpStream> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Err(io::Error::from(io::ErrorKind::ConnectionRefused)) })
    }
}

fn legs() -> (Legs, Arc<Counting>) {
    let network = Arc::new(Counting::default());
    let policy = Policy { allowed_hosts: vec!["*.zoom.us".parse().expect("a pattern")] };
    let dialer = Dialer::new(policy, None).expect("a dialer").with_network(Arc::clone(&network) as Arc<_>);
    (Legs::new(Arc::new(dialer)), network)
}

fn endpoint() -> Endpoint {
    Endpoint { url: "wss://a.zoom.us/".to_owned(), message_limit_bytes: 1 }
}

#[tokio::test]
async fn an_attempt_that_is_called_off_at_once_is_never_made() {
    let (mut legs, network) = legs();
    legs.open(Leg::Signaling, endpoint());
    legs.close(Leg::Signaling);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(legs.poll_input(&mut cx).is_pending());
    assert_eq!(network.0.load(Ordering::Relaxed), 0);

    legs.open(Leg::Signaling, endpoint());
    let Poll::Ready(input) = legs.poll_input(&mut cx) else { panic!("nobody answers, so the answer is there at once") };
    assert!(matches!(
        input,
        Input::Closed(Leg::Signaling, Close::Unreachable { code: "connect_failed", permanent: false, .. })
    ));
    assert_eq!(network.0.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn only_one_attempt_of_a_leg_is_in_flight() {
    let (mut legs, network) = legs();
    for _ in 0..10 {
        legs.open(Leg::Audio, endpoint());
    }
    let mut cx = Context::from_waker(Waker::noop());
    assert!(legs.poll_input(&mut cx).is_ready());
    assert!(legs.poll_input(&mut cx).is_pending());
    assert_eq!(network.0.load(Ordering::Relaxed), 1);
}
