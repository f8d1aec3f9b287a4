//! Every operation of the document. That it has all routes and no others is tested beside [`crate::router`].

use axum::http::Method;
use serde_json::json;

use super::{
    lists::{self, list_of},
    live,
    operation::{Operation, holds},
};
use crate::{
    artifacts, captures, endpoints,
    links::{BOTS, CAPTURES, DOWNLOAD, LIVE, REALTIME_ENDPOINTS, RECORDINGS, WEBHOOK_ENDPOINTS},
    recordings,
};

/// Every operation.
pub(crate) fn all() -> Vec<Operation> {
    let mut all = of_captures();
    all.extend(of_recordings());
    all.extend(lists::kinds().flat_map(|(kind, path)| of_artifacts(kind.name(), &path)));
    all.extend(of_endpoints());
    all.extend(of_bots());
    all.extend(of_receivers());
    all.push(
        Operation::new(Method::GET, "/api/v1/capacity/", "capacity_retrieve", "How much more this host can take")
            .answers(200, "Capacity")
            .for_administrators(),
    );
    all.extend(of_live_streams());
    all.extend(for_anybody());
    all
}

fn of_captures() -> Vec<Operation> {
    let one = format!("{CAPTURES}{{id}}/");
    let mdc = "MeetingDirectConnect";
    let mut operations = vec![
        Operation::new(Method::GET, CAPTURES, "meeting_direct_connect_list", "List captures")
            .narrowed_by(lists::by_cursor(&captures::STATUSES))
            .answers(200, &list_of(mdc)),
        Operation::new(Method::POST, CAPTURES, "meeting_direct_connect_create", "Start a capture")
            .takes("CreateMeetingDirectConnect")
            .answers(200, mdc)
            .answers(201, mdc)
            .refuses(409, "The stream is captured already, otherwise or for somebody else, or the key is in use.")
            .refuses(507, "There is no room; try again in half a minute."),
        Operation::new(Method::GET, &*one, "meeting_direct_connect_retrieve", "One capture").answers(200, mdc),
        Operation::new(Method::PATCH, &*one, "meeting_direct_connect_partial_update", "Change the labels of a capture")
            .takes("Change")
            .answers(200, mdc),
        Operation::new(Method::DELETE, &*one, "meeting_direct_connect_destroy", "Delete everything of a capture")
            .answers_nothing(204),
        Operation::new(
            Method::GET,
            format!("{one}events/"),
            "meeting_direct_connect_events_retrieve",
            "What happens in a meeting, as Server-Sent Events",
        )
        .header("Last-Event-ID", "Goes on after that event.")
        .narrowed_by(lists::of_events())
        .answers_as(200, live::streamed())
        .refuses(410, "What came after the cursor is gone."),
        Operation::new(
            Method::GET,
            format!("{one}stream/"),
            "meeting_direct_connect_stream_retrieve",
            "What happens in a meeting, over a WebSocket",
        )
        .narrowed_by(lists::of_events())
        .answers_as(
            101,
            json!({ "description": "A WebSocket; each message is a `LiveMessage`, one event with its cursor." }),
        )
        .refuses(410, "What came after the cursor is gone.")
        .refuses(426, "It is not asked for a WebSocket."),
        Operation::new(
            Method::POST,
            format!("{one}watch/"),
            "meeting_direct_connect_watch_create",
            "Whose camera is received",
        )
        .takes("Watch")
        .answers_as(202, holds("It will be done.", "Watch"))
        .refuses(409, "The capture is over."),
    ];
    operations.extend(verbs(CAPTURES, "meeting_direct_connect", mdc));
    operations
}

/// What can be asked of a capture, whatever it is shown as.
fn verbs(path: &str, id: &str, object: &str) -> [Operation; 6] {
    let verb = |verb: &str, summary: &str| {
        let path = format!("{path}{{id}}/{verb}/");
        Operation::new(Method::POST, path, format!("{id}_{verb}_create"), summary).answers(200, object)
    };
    let command = |name: &str, summary: &str| verb(name, summary).refuses(405, "The capture is over.");
    [
        verb("delete_media", "Delete everything of a capture"),
        command("leave_call", "End the stream of a capture"),
        command("pause_recording", "Record nothing until recording is resumed"),
        command("resume_recording", "Record again"),
        command("start_recording", "Record, where that waits to be asked for or was stopped"),
        command("stop_recording", "As `pause_recording`: a stream has one recording, which ends with it"),
    ]
}

fn of_recordings() -> Vec<Operation> {
    let one = format!("{RECORDINGS}{{id}}/");
    vec![
        Operation::new(Method::GET, RECORDINGS, "recording_list", "List recordings")
            .narrowed_by(lists::by_cursor(&recordings::STATUSES))
            .answers(200, &list_of("Recording")),
        Operation::new(Method::GET, &*one, "recording_retrieve", "One recording").answers(200, "Recording"),
        Operation::new(Method::PATCH, &*one, "recording_partial_update", "Change the labels of a recording")
            .takes("Change")
            .answers(200, "Recording"),
        Operation::new(Method::DELETE, &*one, "recording_destroy", "Delete everything of a recording")
            .answers_nothing(204),
        Operation::new(
            Method::GET,
            format!("{one}deletion/"),
            "recording_deletion_retrieve",
            "What remains known of what was deleted of a recording",
        )
        .answers(200, "DeletionReceipt"),
        Operation::new(Method::POST, format!("{one}editions/"), "recording_editions_create", "Order one more video")
            .takes("CreateEdition")
            .answers(201, "Artifact")
            .refuses(409, "Nothing can be made of the recording now, or any more."),
        Operation::new(
            Method::DELETE,
            format!("{one}editions/{{edition}}/"),
            "recording_editions_destroy",
            "Give up a video that was ordered",
        )
        .answers_nothing(204),
        Operation::new(
            Method::POST,
            format!("{one}create_transcript/"),
            "recording_create_transcript_create",
            "Order one more transcript",
        )
        .takes("CreateTranscript")
        .answers(200, "Artifact")
        .refuses(409, "Nothing can be made of the recording now, or any more."),
    ]
}

fn of_artifacts(kind: &str, path: &str) -> Vec<Operation> {
    let one = format!("{path}{{id}}/");
    let words = kind.replace('_', " ");
    vec![
        Operation::new(Method::GET, path, format!("{kind}_list"), format!("List artifacts: {words}"))
            .narrowed_by(lists::by_cursor(&artifacts::STATUSES))
            .answers(200, &list_of("Artifact")),
        Operation::new(Method::GET, &*one, format!("{kind}_retrieve"), format!("One artifact: {words}"))
            .answers(200, "Artifact"),
        Operation::new(Method::PATCH, &*one, format!("{kind}_partial_update"), format!("Change labels: {words}"))
            .takes("Change")
            .answers(200, "Artifact"),
        Operation::new(Method::DELETE, &*one, format!("{kind}_destroy"), format!("Delete one artifact: {words}"))
            .answers_nothing(204),
    ]
}

fn of_endpoints() -> Vec<Operation> {
    let (one, endpoint) = (format!("{REALTIME_ENDPOINTS}{{id}}/"), "RealtimeEndpoint");
    vec![
        Operation::new(Method::GET, REALTIME_ENDPOINTS, "realtime_endpoint_list", "List real-time endpoints")
            .narrowed_by(lists::by_cursor(&endpoints::STATUSES))
            .answers(200, &list_of(endpoint)),
        Operation::new(Method::GET, &*one, "realtime_endpoint_retrieve", "One real-time endpoint")
            .answers(200, endpoint),
        Operation::new(Method::PATCH, &*one, "realtime_endpoint_partial_update", "Change labels of an endpoint")
            .takes("Change")
            .answers(200, endpoint),
    ]
}

fn of_bots() -> Vec<Operation> {
    let one = format!("{BOTS}{{id}}/");
    let mut operations = vec![
        Operation::new(Method::GET, BOTS, "bot_list", "List captures in the shape of bots")
            .narrowed_by(lists::by_number())
            .answers(200, &list_of("Bot"))
            .refuses(404, "There is no such page."),
        Operation::new(Method::POST, BOTS, "bot_create", "Refused: nothing joins meetings as a guest")
            .refuses(400, "Nothing joins meetings as a guest."),
        Operation::new(Method::GET, &*one, "bot_retrieve", "A capture in the shape of a bot").answers(200, "Bot"),
        Operation::new(Method::DELETE, &*one, "bot_destroy", "Refused: a capture starts when it is created")
            .refuses(405, "It has started."),
    ];
    operations.extend(verbs(BOTS, "bot", "MeetingDirectConnect"));
    operations
}

/// Receivers of status webhooks, for administrators.
fn of_receivers() -> Vec<Operation> {
    let (list, one) = (WEBHOOK_ENDPOINTS, format!("{WEBHOOK_ENDPOINTS}{{id}}/"));
    let (endpoint, id) = ("WebhookEndpoint", |rest: &str| format!("webhook_endpoint_{rest}"));
    let configured = "It stands in the operator's configuration and is changed there, or it is disabled.";
    let operations = vec![
        Operation::new(Method::GET, list, id("list"), "List receivers of status webhooks")
            .answers(200, &list_of(endpoint)),
        Operation::new(Method::POST, list, id("create"), "Register a receiver; its secret is shown this once")
            .takes("CreateWebhookEndpoint")
            .answers(201, endpoint)
            .refuses(409, "There are as many as there may be."),
        Operation::new(Method::GET, &*one, id("retrieve"), "One receiver").answers(200, endpoint),
        Operation::new(Method::PATCH, &*one, id("partial_update"), "Change a receiver")
            .takes("ChangeWebhookEndpoint")
            .answers(200, endpoint)
            .refuses(409, configured),
        Operation::new(Method::DELETE, &*one, id("destroy"), "Forget a receiver")
            .answers_nothing(204)
            .refuses(409, configured),
        Operation::new(
            Method::POST,
            format!("{one}rotate_secret/"),
            id("rotate_secret_create"),
            "Give it another secret",
        )
        .answers(200, endpoint)
        .refuses(409, configured),
        Operation::new(Method::GET, format!("{one}deliveries/"), id("deliveries_list"), "What became of its messages")
            .narrowed_by(vec![
                lists::cursor(),
                json!({
                    "name": "status_code", "in": "query", "description": "Only those.",
                    "schema": { "type": "string", "enum": ["waiting", "delivered", "dead"] },
                }),
            ])
            .answers(200, &list_of("WebhookDelivery")),
        Operation::new(
            Method::POST,
            format!("{one}deliveries/{{delivery}}/resend/"),
            id("deliveries_resend_create"),
            "Send one message once more",
        )
        .answers(200, "Queued")
        .refuses(409, configured),
        Operation::new(
            Method::POST,
            format!("{one}replay/"),
            id("replay_create"),
            "Send everything once more since a moment",
        )
        .takes("Replay")
        .answers(200, "Queued")
        .refuses(409, configured),
    ];
    operations.into_iter().map(Operation::for_administrators).collect()
}

/// What is watched while it goes on: with a key, or by a signed link.
fn of_live_streams() -> [Operation; 2] {
    // Makers of clients know no such media types.
    let piece = json!({
        "description": "A playlist (`application/vnd.apple.mpegurl`), or a piece (`video/mp4`) that one names.",
    });
    let number = |name: &str, description: &str| json!({ "name": name, "in": "query", "description": description, "schema": { "type": "integer", "minimum": 0 } });
    let of = |path: String, id: &str, summary: &str| {
        Operation::new(Method::GET, path, id, summary)
            .narrowed_by(vec![
                number("_HLS_msn", "Waits for this segment (RFC 8216bis)."),
                number("_HLS_part", "Waits for this part of it."),
                json!({
                    "name": "_HLS_skip", "in": "query", "description": "Leaves out what is older.",
                    "schema": { "type": "string", "enum": ["YES", "v2"] },
                }),
            ])
            .answers_as(200, piece.clone())
            .refuses(400, "The playlist cannot reach there yet.")
            .refuses(409, "Nothing of the capture is stored.")
            .refuses(503, "Nothing can be shown yet, or right now.")
    };
    [
        of(format!("{LIVE}{{id}}/{{piece}}"), "live_retrieve", "A piece of a live stream"),
        of(
            format!("{LIVE}{{id}}/{{token}}/{{piece}}"),
            "live_by_link_retrieve",
            "A piece of a live stream by its link",
        )
        .refuses(403, "The link is not valid, or no longer.")
        .public(),
    ]
}

/// What takes no key.
fn for_anybody() -> Vec<Operation> {
    let any = json!({ "description": "The file, or the part of it that was asked for.", "content": { "application/octet-stream": {} } });
    vec![
        Operation::new(Method::GET, format!("{DOWNLOAD}{{token}}/"), "download_retrieve", "A file behind a signed link")
            .public()
            .answers_as(200, any.clone())
            .answers_as(206, any)
            .answers_as(304, json!({ "description": "The client has it already." }))
            .refuses(403, "The link is not valid, or no longer.")
            .refuses(416, "The range lies outside of the file."),
        Operation::new(Method::GET, "/api/v1/schema/", "schema_retrieve", "This document")
            .public()
            .answers_as(
                200,
                json!({ "description": "OpenAPI 3.1.", "content": { "application/json": { "schema": { "type": "object" } } } }),
            ),
    ]
}
