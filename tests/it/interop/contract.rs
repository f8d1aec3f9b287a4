//! The API of the real binary against the OpenAPI document that it publishes, judged by `schemathesis`. A client that is generated
//! from it is put to use in `quickstart`.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::sdk;
use crate::e2e::{
    http, ordered,
    stage::{self, Daemon, Played},
};

/// What is checked of every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance";

/// What a document may be wrong about: the path of whose answers, where that stands, and the type that it names instead.
const WRONG: [(&str, &str, &str); 4] = [
    ("/api/v1/recording/{id}/", "/components/schemas/Status/properties/code", "integer"),
    ("/api/v1/meeting_direct_connect/{id}/events/", "/components/schemas/LiveEvent/properties/id", "integer"),
    ("/api/v1/meeting_direct_connect/{id}/events/", "/components/schemas/LiveMessage/properties/data", "integer"),
    (
        "/api/v1/meeting_direct_connect/{id}/stream/",
        "/paths/~1api~1v1~1meeting_direct_connect~1{id}~1stream~1/get/responses/426/content/application~1json/schema",
        "array",
    ),
];

/// The document that a daemon publishes.
fn document(daemon: &Daemon) -> Value {
    http::json_behind(&daemon.url("/api/v1/schema/"))
}

/// What ids of paths are, so that answers hold objects: by the beginning of the path.
fn ids(capture: &Value) -> Vec<(String, Value)> {
    let recording = &capture["recordings"][0];
    let mut ids: Vec<(String, Value)> = ["meeting_direct_connect", "bot"]
        .iter()
        .map(|object| ((*object).to_owned(), capture["id"].clone()))
        .chain([("recording".to_owned(), recording["id"].clone())])
        .collect();
    for artifact in recording["artifacts"].as_array().unwrap() {
        ids.push((artifact["kind"].as_str().unwrap().to_owned(), artifact["id"].clone()));
    }
    ids
}

/// Has every operation of a document tried that the arguments leave.
fn tried(dir: &TempDir, daemon: &Daemon, document: &Value, ids: &[(String, Value)], arguments: &[&str]) -> Output {
    let mut config = String::new();
    for (object, id) in ids {
        config.push_str(&format!(
            "[[operations]]\ninclude-path-regex = \"^/api/v1/{object}/[{{]id[}}]/\"\nparameters = {{ id = {id} }}\n"
        ));
    }
    std::fs::write(dir.path().join("schemathesis.toml"), config).unwrap();
    std::fs::write(dir.path().join("openapi.json"), document.to_string()).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    Command::new(sdk::python(root).with_file_name("schemathesis"))
        .args(["--config-file", "schemathesis.toml", "run", "openapi.json", "--no-color", "--url", &daemon.url("")])
        .args(["--header", &format!("Authorization: Token {}", stage::API_KEY)])
        .args(["--checks", CHECKS, "--seed", "1", "--generation-database", "none"])
        .args(arguments)
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .output()
        .unwrap()
}

/// How many requests were made, if all of their answers were right.
fn passed(output: &Output) -> u64 {
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let cases = said.split(" generated, ").next().and_then(|before| before.rsplit(char::is_whitespace).next());
    cases.and_then(|cases| cases.parse().ok()).unwrap_or_else(|| panic!("no number of cases in {said}"))
}

fn recorded() -> Played {
    let wanted = json!({ "audio_mixed_mp3": {}, "audio_separate_raw": {}, "video_separate_mp4": {} });
    ordered::play(stage::options("copyable", 6, 2.0), &wanted)
}

#[test]
fn every_answer_is_as_the_published_document_says() {
    let played = recorded();
    let document = document(&played.daemon);
    let ids = ids(&played.capture);
    assert!(ids.len() >= 9, "an object of every kind: {ids:?}");
    let dir = tempfile::tempdir().unwrap();
    let run = |document: &Value, arguments: &[&str]| tried(&dir, &played.daemon, document, &ids, arguments);

    let looked = run(&document, &["--include-method", "GET", "--phases", "coverage", "-n", "1"]);
    assert!(passed(&looked) > 1_000, "what is there is looked at before anything is deleted");

    for (path, place, wrong) in WRONG {
        let mut document = document.clone();
        *document.pointer_mut(place).unwrap() = json!({ "type": wrong });
        let found = run(&document, &["--include-path", path, "--include-method", "GET", "-n", "1"]);
        assert!(!found.status.success(), "a document that is wrong about an answer of {path} is found");
        let said = String::from_utf8_lossy(&found.stdout);
        assert!(said.contains("violates schema") || said.contains("violates content schema"), "{said}");
    }

    let everything = run(&document, &["--phases", "coverage,fuzzing", "-n", "5"]);
    assert!(passed(&everything) > 1_000);
}
