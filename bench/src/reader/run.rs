//! The life of the floor's process, which ends when it is killed.

use std::{fs, sync::Arc};

use model::Secret;
use tokio::{net::TcpListener, runtime};

use super::{
    counters::Counters,
    desk::{self, Desk},
    meeting::Client,
    socket,
};
use crate::{cli::ReaderArgs, failure::Failure};

/// Serves until the process is ended.
pub(crate) fn run(args: &ReaderArgs) -> Result<(), Failure> {
    let ca_pem = fs::read(&args.ca_file).map_err(|error| format!("{}: {error}", args.ca_file.display()))?;
    let client = Client {
        client_id: args.client_id.clone(),
        client_secret: Secret::new(args.client_secret.clone()),
        tls: socket::client_config(&ca_pem)?,
        counters: Counters::default(),
    };
    let desk = Desk { webhook_secret: Secret::new(args.webhook_secret.clone()), client: Arc::new(client) };
    // The same kind of runtime as the engine's.
    runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(args.listen).await.map_err(|error| format!("{}: {error}", args.listen))?;
        desk::serve(listener, Arc::new(desk)).await
    })
}
