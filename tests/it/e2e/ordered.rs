//! A meeting as a customer orders it over the API, and not by the defaults of an app. What is judged of it is each test's own.

use fixtures::{Options, Simulator};
use serde_json::{Value, json};

use super::{cuts, stage};

/// Plays one meeting of which a customer, whose own webhook receiver got the notice, wants that besides words; waits for its artifacts
/// and downloads the files of a recording that everybody has.
pub(crate) fn play(options: Options, wanted: &Value) -> stage::Played {
    let runtime = stage::runtime();
    let simulator = runtime.block_on(Simulator::start(options.clone())).unwrap();
    let daemon = stage::Daemon::start(&options, stage::own_address(), simulator.ca_pem(), stage::Setting::default());
    let invitation = simulator.invitations().remove(0);
    let mut wanted = wanted.clone();
    wanted["transcript"] = json!({ "provider": { "meeting_captions": {} } });
    let report = runtime.block_on(async {
        let playing = tokio::spawn(simulator.run());
        cuts::announce(&daemon, &options, &invitation, &invitation.server_urls, &wanted);
        playing.await.unwrap()
    });
    stage::finish(daemon, report)
}
