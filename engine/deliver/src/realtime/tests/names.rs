//! Receivers whose names lead now here, now there.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use dial::{Answer, Network, Outward, Receivers};
use model::{EndpointState, Transport};
use tokio::net::TcpStream;

use super::{
    receiver::Receiver,
    stage::{Stage, quick},
};

/// A network in which the first answers about a name lead inside, and the rest to this machine.
struct Moody {
    bad: AtomicU32,
}

impl Network for Moody {
    fn resolve<'a>(&'a self, _name: &'a str, port: u16) -> Answer<'a, Vec<SocketAddr>> {
        let is_bad = self.bad.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        let found = match (is_bad, self.bad.load(Ordering::Relaxed)) {
            (true, left) if left % 2 == 1 => Err(io::Error::other("try again")),
            (true, _) => Ok(vec![SocketAddr::from(([10, 0, 0, 1], port))]),
            (false, _) => Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))]),
        };
        Box::pin(async move { found })
    }

    fn connect(&self, address: SocketAddr) -> Answer<'_, TcpStream> {
        Box::pin(TcpStream::connect(address))
    }
}

fn outward(bad: u32) -> Outward {
    let receivers = Receivers { private: vec!["127.0.0.1".parse().expect("a host")], require_tls: false };
    Outward::new(receivers, None).expect("a way out").with_network(Arc::new(Moody { bad: AtomicU32::new(bad) }))
}

#[tokio::test]
async fn a_name_that_leads_nowhere_or_inside_for_a_while_costs_attempts_and_not_the_endpoint() {
    for (transport, scheme) in [(Transport::Webhook, "http"), (Transport::Websocket, "ws")] {
        let receiver = Receiver::new().await;
        let url = receiver.url(scheme).replace("127.0.0.1", "receiver.test");
        let mut stage = Stage::with(transport, &url).await;
        let server = stage.serve_over(quick(), outward(20));
        stage.say(1).await;
        match transport {
            Transport::Webhook => assert_eq!(receiver.take(Some(200)).await.said(), 1),
            _ => assert_eq!(receiver.socket().await.said(1).await, [(1, 1)]),
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_as_often_as_is_tried_is_refused() {
    for (transport, scheme) in [(Transport::Webhook, "http"), (Transport::Websocket, "ws")] {
        let mut stage = Stage::with(transport, &format!("{scheme}://receiver.test/")).await;
        let server = stage.serve_over(quick(), outward(1_000));
        stage.say(1).await;
        let endpoint = stage.ended().await;
        assert_eq!((endpoint.state, endpoint.sub_code.as_deref()), (EndpointState::Failed, Some("address_refused")));
        server.stop().await;
    }
}
