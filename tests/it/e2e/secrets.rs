//! The secret that a project gets by itself: printed by a command beside the daemon, by which receivers tell what is genuine.

use std::process::Command;

use fixtures::Simulator;
use serde_json::json;

use super::{
    cuts,
    receivers::{Receivers, SECRET, is_signed_with},
    stage::{self, Daemon, Host, Setting, binary},
};

/// What `hansard project secret` prints: the secrets that sign now.
fn printed(daemon: &Daemon, more: &[&str]) -> Vec<String> {
    let mut command = Command::new(binary());
    command.args(["project", "secret", "--config"]).arg(daemon.config_file()).args(more);
    let output = command.env("TEST_WEBHOOK_SECRET", "not looked at").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("whsec_"), "a secret is logged");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| line.starts_with("whsec_")).map(str::to_owned).collect()
}

#[test]
fn a_secret_is_made_by_itself_and_signs_while_another_takes_its_place() {
    let receivers = Receivers::new();
    let hook = receivers.hook(|_, _| 200);
    let options = stage::options("copyable", 8, 1.0);
    let simulator = receivers.runtime.block_on(Simulator::start(options.clone())).unwrap();
    let host = Host { sections: "[deliver]\nprivate = [\"127.0.0.0/8\"]", ..Host::default() };
    let daemon =
        Daemon::start(&options, stage::own_address(), simulator.ca_pem(), Setting { host, ..Setting::default() });
    let first = printed(&daemon, &[]);
    assert_eq!((first.len(), printed(&daemon, &[])), (1, first.clone()), "it stays the same");
    let invitation = simulator.invitations().remove(0);
    let wish = json!({
        "transcript": { "provider": { "meeting_captions": {} } },
        "realtime_endpoints": [{ "type": "webhook", "url": hook.url, "events": ["participant_events.join", "transcript.data"] }],
    });
    let playing = receivers.runtime.spawn(simulator.run());
    cuts::announce(&daemon, &options, &invitation, &invitation.server_urls, &wish);
    daemon.wait_for_frames(50);
    let both = printed(&daemon, &["--rotate"]);
    assert_eq!((both.len(), &both[1..]), (2, &first[..]));
    receivers.runtime.block_on(playing).unwrap();
    daemon.wait_for_end(&invitation.rtms_stream_id);
    let heard = hook.heard();
    assert!(heard.len() > 3, "{} events", heard.len());
    let signed_by =
        |secret: &str| heard.iter().filter(|one| is_signed_with(secret, &one.signature, one.signed_body())).count();
    assert_eq!(signed_by(&first[0]), heard.len(), "the one before signs all along");
    let by_the_new = signed_by(&both[0]);
    assert!((1..=heard.len()).contains(&by_the_new), "the new one signed {by_the_new} of {}", heard.len());
    assert_eq!(signed_by(SECRET), 0, "the control");
    assert!(printed(&daemon, &["--project", "other", "--rotate"]).iter().all(|secret| !both.contains(secret)));
}
