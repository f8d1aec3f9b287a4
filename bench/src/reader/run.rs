//! The life of the floor's process, which ends when it is killed.

use std::{fs, sync::Arc};

use model::Secret;
use tokio::{net::TcpListener, runtime};

use super::{
    counters::Counters,
    meeting::{self, Client},
    socket,
};
use crate::{cli::ReaderArgs, desk::Desk, failure::Failure};

/// Serves until the process is ended.
pub(crate) fn run(args: &ReaderArgs) -> Result<(), Failure> {
    let ca_pem = fs::read(&args.ca_file).map_err(|error| format!("{}: {error}", args.ca_file.display()))?;
    let client = Arc::new(Client {
        client_id: args.client_id.clone(),
        client_secret: Secret::new(args.client_secret.clone()),
        tls: socket::client_config(&ca_pem)?,
        counters: Counters::default(),
    });
    let counted = Arc::clone(&client);
    let desk = Desk {
        webhook_secret: Secret::new(args.webhook_secret.clone()),
        begun: Box::new(move |notice| {
            let client = Arc::clone(&client);
            tokio::spawn(async move {
                if let Err(error) = meeting::read(&client, &notice).await {
                    eprintln!("meeting {}: {error}", notice.meeting_uuid);
                }
            });
        }),
        metrics: Box::new(move || counted.counters.text()),
    };
    // The same kind of runtime as the engine's.
    runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(args.listen).await.map_err(|error| format!("{}: {error}", args.listen))?;
        desk.serve(listener).await
    })
}
