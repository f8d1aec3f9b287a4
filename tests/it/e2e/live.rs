//! `hansard check --live` against a running daemon and a simulated Zoom: what works and what does not.

use super::stage;

#[test]
fn a_daemon_that_is_well_set_up_passes_every_look_and_a_wrong_secret_fails() {
    let (_runtime, _simulator, daemon) = stage::set_up_asking(stage::options("copyable", 4, 1.0));
    assert!(daemon.command(&["check", "--live"]), "everything is as it should be");
    let (_runtime, _simulator, daemon) = stage::set_up_wanting(
        stage::options("copyable", 4, 1.0),
        "rest = { client_id = \"another\", client_secret = \"wrong\", account_id = \"simulated\" }",
    );
    assert!(!daemon.command(&["check", "--live"]), "Zoom does not know these credentials");
}
