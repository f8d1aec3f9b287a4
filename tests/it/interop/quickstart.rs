//! What the README does with `curl`, done by a client that `openapi-python-client` generates from the document that the daemon
//! publishes; what comes is what the README says.
//!
//! * `shell` reads the README's lines, `operations` finds what of the document they call, `client` makes the calls

mod client;
mod operations;
mod shell;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use self::{
    client::Client,
    operations::Call,
    shell::{Line, Wanted},
};
use crate::e2e::{
    http, media,
    stage::{self, Daemon},
};

/// What a user has to be shown.
const NEEDED: [&str; 5] = [
    "meeting_direct_connect_create",
    "meeting_direct_connect_list",
    "meeting_direct_connect_retrieve",
    "recording_retrieve",
    "download_retrieve",
];

/// What the variables of the README stand for.
type Variables = BTreeMap<String, String>;

/// Takes what a line wants out of its answer.
fn kept(wanted: &Wanted, answer: &Value, variables: &mut Variables) -> Result<(), String> {
    let Some(place) = &wanted.place else { return Ok(()) };
    let found = answer.pointer(place).and_then(Value::as_str);
    let found = found.ok_or_else(|| format!("there is no text at {place} of {answer}"))?;
    if wanted.printed.as_ref().is_some_and(|printed| printed != found) {
        return Err(format!("{found} is there, and not {:?}", wanted.printed));
    }
    if let Some(name) = &wanted.name {
        variables.insert(name.clone(), found.to_owned());
    }
    Ok(())
}

/// Does what the README says, in the order in which it does; answers which operations those were, and what was heard.
fn follow(
    lines: &[Line],
    document: &Value,
    base: &str,
    client: &mut Client,
    variables: &mut Variables,
) -> (Vec<String>, String) {
    let (mut operations, mut heard) = (Vec::new(), String::new());
    for line in lines {
        let call = Call::of(line, document, base, variables).unwrap_or_else(|fault| panic!("{line:?}: {fault}"));
        let answer = client.call(&call);
        let status = answer["status"].as_u64().unwrap();
        assert!((200..300).contains(&status), "{line:?}: {answer}");
        kept(&line.wanted, &answer["json"], variables).unwrap_or_else(|fault| panic!("{line:?}: {fault}"));
        heard.push_str(answer["text"].as_str().unwrap_or_default());
        operations.push(call.operation);
    }
    (operations, heard)
}

#[test]
fn a_generated_client_does_what_the_readme_does_with_curl() {
    let options = stage::options("copyable", 8, 2.0);
    let runtime = stage::runtime();
    let simulator = runtime.block_on(fixtures::Simulator::start(options.clone())).unwrap();
    let daemon = Daemon::start(&options, stage::own_address(), simulator.ca_pem(), stage::Setting::default());
    let document = http::json_behind(&daemon.url("/api/v1/schema/"));
    let (mut client, base) = (Client::generate(&document, &daemon.url("")), daemon.url(""));
    let lines = shell::read(include_str!("../../../README.md")).unwrap();

    let invitation = simulator.invitations().remove(0);
    let mut variables: Variables = [
        ("BASE", base.clone()),
        ("MEETING_UUID", invitation.meeting_uuid),
        ("STREAM_ID", invitation.rtms_stream_id),
        ("SERVER_URLS", invitation.server_urls),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let playing = runtime.spawn(simulator.run());
    let (operations, heard) = follow(&lines, &document, &base, &mut client, &mut variables);
    runtime.block_on(playing).unwrap();

    for needed in NEEDED {
        assert!(operations.iter().any(|operation| operation == needed), "the README shows no {needed}: {operations:?}");
    }
    for event in ["transcript.data", "meeting_direct_connect.call_ended", "meeting_direct_connect.done"] {
        assert!(heard.contains(&format!("event: {event}\n")), "{event} is told live: {heard}");
    }
    media::assert_decodes(&client.file("meeting.mp4"));

    let recording = json!({ "id": variables["RECORDING"] });
    let once_more = |operation: &str| Call::plain(operation, recording.clone());
    assert_eq!(client.call(&once_more("recording_destroy"))["status"], 204);
    assert_eq!(client.call(&once_more("recording_retrieve"))["json"]["status"]["code"], "deleted");
}

#[test]
fn an_answer_that_is_not_what_the_readme_says_is_found() {
    let wanted = |printed: &str| Wanted {
        place: Some("/status/code".to_owned()),
        printed: Some(printed.to_owned()),
        name: Some("CODE".to_owned()),
    };
    let mut variables = Variables::new();
    let answer = json!({ "status": { "code": "done" } });
    assert_eq!(kept(&wanted("done"), &answer, &mut variables), Ok(()));
    assert_eq!(variables["CODE"], "done");
    assert!(kept(&wanted("fatal"), &answer, &mut variables).is_err());
    assert!(kept(&wanted("done"), &json!({ "status": null }), &mut variables).is_err());
}
