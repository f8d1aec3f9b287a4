//! Files behind signed links: who gets them, and which part.

use media::SourceTime;
use model::{ArtifactId, ArtifactKind, RecordingId};
use proptest::prelude::*;
use store::ObjectKey;

use super::*;

/// `Range`, `If-Range`, then the status, the bytes and `Content-Range` of the answer.
type RangeCase<'a> = (&'a str, Option<&'a str>, u16, &'a [u8], Option<&'a str>);

const BYTES: &[u8] = b"0123456789";

struct Filed {
    world: World,
    id: CaptureId,
    recording: RecordingId,
    artifact: ArtifactId,
    path: String,
    tag: String,
}

/// A recording whose video is done.
async fn filed() -> Filed {
    let world = World::new().await;
    let id = world.created("s1").await;
    let now_unix_ms = NOW_UNIX_S * 1000;
    let recording = world
        .catalog
        .recording_started(id, SourceTime::from_unix_ms(now_unix_ms), now_unix_ms)
        .await
        .expect("a recording");
    let capture = world.catalog.capture(id).await.expect("a catalogue").expect("a capture");
    let artifacts = capture.recording.expect("a recording").artifacts;
    let artifact = artifacts.iter().find(|artifact| artifact.kind == ArtifactKind::VideoMixed).expect("a video").id;
    let key = ObjectKey::new(recording, artifact, "video_mixed.mp4").expect("a key");
    let file = world.store.put(&key, BYTES, "video/mp4").await.expect("a file");
    let tag = format!("\"{}\"", file.sha256);
    world.catalog.artifact_done(artifact, vec![file], now_unix_ms).await.expect("an artifact");
    let object = world.ask(Method::GET, &format!("{MDC}/{id}"), None).await.json();
    let url =
        object["recordings"][0]["media_shortcuts"]["video_mixed"]["data"]["download_url"].as_str().expect("a link");
    let path = url.strip_prefix("https://hansard.example").expect("an absolute address").to_owned();
    Filed { world, id, recording, artifact, path, tag }
}

#[tokio::test]
async fn a_link_gives_the_file_without_a_key() {
    let Filed { world, path, tag, .. } = filed().await;
    let answer = world.send(Method::GET, &path, &[], "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body, BYTES);
    for (name, expected) in [
        ("content-type", "video/mp4"),
        ("content-length", "10"),
        ("accept-ranges", "bytes"),
        ("etag", tag.as_str()),
        ("content-disposition", "inline; filename=\"video_mixed.mp4\""),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(name), Some(expected), "{name}");
    }
}

#[tokio::test]
async fn a_head_tells_the_same_without_the_bytes() {
    let Filed { world, path, tag, .. } = filed().await;
    let answer = world.send(Method::HEAD, &path, &[("range", "bytes=0-1")], "").await;
    assert_eq!(answer.status, StatusCode::OK, "a range counts for GET only");
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("content-length"), Some("10"));
    assert_eq!(answer.header("etag"), Some(tag.as_str()));
}

#[tokio::test]
async fn ranges_are_answered_as_they_are_asked() {
    let Filed { world, path, tag, .. } = filed().await;
    let cases: [RangeCase; 11] = [
        ("bytes=0-", None, 206, BYTES, Some("bytes 0-9/10")),
        ("bytes=2-4", None, 206, b"234", Some("bytes 2-4/10")),
        ("bytes=9-9", None, 206, b"9", Some("bytes 9-9/10")),
        ("bytes=-3", None, 206, b"789", Some("bytes 7-9/10")),
        ("bytes=7-100", None, 206, b"789", Some("bytes 7-9/10")),
        ("bytes=10-", None, 416, b"", Some("bytes */10")),
        ("bytes=-0", None, 416, b"", Some("bytes */10")),
        ("bytes=0-1,3-4", None, 200, BYTES, None),
        ("bytes=2-4", Some(&tag), 206, b"234", Some("bytes 2-4/10")),
        ("bytes=2-4", Some("\"another\""), 200, BYTES, None),
        ("bytes=2-4", Some("Thu, 01 Jan 2026 00:00:00 GMT"), 200, BYTES, None),
    ];
    for (range, version, status, bytes, content_range) in cases {
        let mut headers = vec![("range", range)];
        headers.extend(version.map(|version| ("if-range", version)));
        let answer = world.send(Method::GET, &path, &headers, "").await;
        assert_eq!(answer.status.as_u16(), status, "{range} {version:?}");
        assert_eq!(answer.header("content-range"), content_range, "{range} {version:?}");
        if status == 416 {
            assert_eq!(answer.json()["code"], "range_not_satisfiable");
        } else {
            assert_eq!(answer.body, bytes, "{range} {version:?}");
            assert_eq!(answer.header("content-length"), Some(bytes.len().to_string().as_str()));
        }
    }
}

#[tokio::test]
async fn a_known_version_is_not_sent_again() {
    let Filed { world, path, tag, .. } = filed().await;
    let weak = format!("\"x\", W/{tag}");
    for known in [tag.as_str(), "*", &weak] {
        let answer = world.send(Method::GET, &path, &[("if-none-match", known)], "").await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
        assert_eq!(answer.header("etag"), Some(tag.as_str()));
    }
    assert_eq!(world.send(Method::GET, &path, &[("if-none-match", "\"x\"")], "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_link_ends_after_six_hours_and_a_fresh_one_is_given() {
    let Filed { world, id, path, .. } = filed().await;
    world.advance_s(6 * 3_600 - 1);
    assert_eq!(world.send(Method::GET, &path, &[], "").await.status, StatusCode::OK);
    world.advance_s(1);
    let answer = world.send(Method::GET, &path, &[], "").await;
    assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::FORBIDDEN, &json!("link_refused")));
    let object = world.ask(Method::GET, &format!("{MDC}/{id}"), None).await.json();
    let fresh = object["recordings"][0]["media_shortcuts"]["video_mixed"]["data"]["download_url"].clone();
    let fresh = fresh.as_str().and_then(|url| url.strip_prefix("https://hansard.example")).expect("a link");
    assert_eq!(world.send(Method::GET, fresh, &[], "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn links_that_are_not_ours_are_refused() {
    let Filed { world, recording, artifact, .. } = filed().await;
    let key = ObjectKey::new(recording, artifact, "video_mixed.mp4").expect("a key");
    let expires_unix_s = u64::try_from(NOW_UNIX_S).expect("a time") + 60;
    let foreign = LinkSigner::new([8; 32]).sign(&key, expires_unix_s);
    let long = "a".repeat(10_000);
    for token in ["x", "..", "%2e%2e%2fetc%2fpasswd", "a%00b", "a%0d%0ab", "%ff", &foreign, &long] {
        let answer = world.send(Method::GET, &format!("/api/v1/download/{token}"), &[], "").await;
        assert!(matches!(answer.status.as_u16(), 400 | 403), "{token:.40} gave {}", answer.status);
    }
}

#[tokio::test]
async fn links_to_what_is_not_there_find_nothing() {
    let Filed { world, recording, artifact, path, .. } = filed().await;
    let expires_unix_s = u64::try_from(NOW_UNIX_S).expect("a time") + 60;
    let other = RecordingId::new(9, [9; 10]);
    for key in [
        ObjectKey::new(recording, artifact, "other.mp4"),
        ObjectKey::new(other, artifact, "video_mixed.mp4"),
        ObjectKey::new(recording, ArtifactId::new(9, [9; 10]), "video_mixed.mp4"),
    ] {
        let token = world.signer.sign(&key.expect("a key"), expires_unix_s);
        let answer = world.send(Method::GET, &format!("/api/v1/download/{token}"), &[], "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    let key = ObjectKey::new(recording, artifact, "video_mixed.mp4").expect("a key");
    assert!(world.store.delete(&key).await.expect("a store"));
    assert_eq!(world.send(Method::GET, &path, &[], "").await.status, StatusCode::NOT_FOUND);
}

/// An artifact of two parts of which one is gone, with the path of its list.
async fn parted() -> (Filed, String) {
    let filed = filed().await;
    let Filed { world, recording, artifact, .. } = &filed;
    let list = br#"[{"id":"1","file":"part-0001.ogg","duration":2.5},{"id":"2","file":"part-0002.ogg"}]"#;
    let mut files = Vec::new();
    for (name, bytes) in [("part-0001.ogg", BYTES), ("parts.json", list)] {
        let key = ObjectKey::new(*recording, *artifact, name).expect("a key");
        files.push(world.store.put(&key, bytes, "audio/ogg").await.expect("a file"));
    }
    world.catalog.artifact_done(*artifact, files, NOW_UNIX_S * 1000).await.expect("an artifact");
    let path = link_to(&filed, "parts.json");
    (filed, path)
}

fn link_to(filed: &Filed, name: &str) -> String {
    let key = ObjectKey::new(filed.recording, filed.artifact, name).expect("a key");
    let expires_unix_s = u64::try_from(NOW_UNIX_S).expect("a time") + 6 * 3_600;
    format!("/api/v1/download/{}", filed.world.signer.sign(&key, expires_unix_s))
}

#[tokio::test]
async fn a_list_of_parts_has_fresh_links_each_time() {
    let (filed, path) = parted().await;
    let world = &filed.world;
    let answer = world.send(Method::GET, &path, &[("range", "bytes=0-1")], "").await;
    assert_eq!(answer.status, StatusCode::OK, "a list that is another one each time has no ranges");
    for (name, expected) in [
        ("content-type", Some("application/json")),
        ("cache-control", Some("no-store")),
        ("accept-ranges", Some("none")),
        ("etag", None),
        ("content-length", Some(answer.body.len().to_string().as_str())),
    ] {
        assert_eq!(answer.header(name), expected, "{name}");
    }
    let list = answer.json();
    assert_eq!((&list[0]["duration"], list[0].get("file")), (&json!(2.5), None));
    assert_eq!(list[1]["download_url"], Value::Null, "what is gone has no link");
    let of = |list: &Value| {
        let url = list[0]["download_url"].as_str().expect("a link").to_owned();
        url.strip_prefix("https://hansard.example").expect("an absolute address").to_owned()
    };
    let part = of(&list);
    assert_eq!(world.send(Method::GET, &part, &[], "").await.body, BYTES);
    world.advance_s(3_600);
    let later = of(&world.send(Method::GET, &path, &[], "").await.json());
    assert_ne!(later, part);
    world.advance_s(5 * 3_600);
    assert_eq!(world.send(Method::GET, &part, &[], "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.send(Method::GET, &later, &[], "").await.body, BYTES);
    assert_eq!(world.send(Method::GET, &path, &[], "").await.status, StatusCode::FORBIDDEN, "the list's own link");
}

#[tokio::test]
async fn no_link_to_a_part_outlives_its_recording() {
    let (filed, path) = parted().await;
    let world = &filed.world;
    let part = link_to(&filed, "part-0001.ogg");
    assert_eq!(world.send(Method::GET, &part, &[], "").await.status, StatusCode::OK, "the control");
    let over = catalog::Outcome::Revoked { code: "revoked".to_owned(), message: None };
    world.catalog.capture_ended(filed.id, None, over, NOW_UNIX_S * 1000).await.expect("ended");
    for gone in [&part, &path] {
        assert_eq!(world.send(Method::GET, gone, &[], "").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_no_list() {
    let (filed, path) = parted().await;
    let world = &filed.world;
    let key = ObjectKey::new(filed.recording, filed.artifact, "parts.json").expect("a key");
    for bytes in [&b"{}"[..], b"[{\"file\"", b""] {
        world.store.put(&key, bytes, "application/json").await.expect("a file");
        let answer = world.send(Method::GET, &path, &[], "").await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (503, &json!("file_unreadable")));
    }
    assert!(world.store.delete(&key).await.expect("a store"));
    assert_eq!(world.send(Method::GET, &path, &[], "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn players_of_other_origins_may_read_ranges() {
    let Filed { world, path, .. } = filed().await;
    let answer =
        world.send(Method::GET, &path, &[("origin", "https://player.example"), ("range", "bytes=0-1")], "").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(answer.header("access-control-expose-headers").is_some_and(|names| names.contains("content-range")));
    let preflight = [
        ("origin", "https://player.example"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "range"),
    ];
    let answer = world.send(Method::OPTIONS, &path, &preflight, "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.header("access-control-allow-headers").is_some_and(|names| names.contains("range")));
}

#[test]
fn every_change_of_a_link_is_refused() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let Filed { world, path, .. } = runtime.block_on(filed());
    let token = path.strip_prefix("/api/v1/download/").expect("a token").to_owned();
    proptest!(ProptestConfig::with_cases(128), |(place in 0..token.len(), bit in 0..7u8)| {
        let mut changed = token.clone().into_bytes();
        changed[place] ^= 1 << bit;
        let encoded: String = changed.iter().map(|byte| format!("%{byte:02x}")).collect();
        let answer = runtime.block_on(world.send(Method::GET, &format!("/api/v1/download/{encoded}"), &[], ""));
        prop_assert_eq!(answer.status, StatusCode::FORBIDDEN);
    });
}

#[tokio::test]
async fn a_download_that_runs_breaks_off_when_the_file_is_deleted() {
    let Filed { world, id, artifact, .. } = filed().await;
    let read = async |world: &World| {
        let chunks = futures_util::stream::iter((0..3).map(|n| Ok(axum::body::Bytes::from(vec![n]))));
        let place = Arc::new(tokio::sync::Semaphore::new(1)).try_acquire_owned().expect("a place");
        let body = crate::kept::body(chunks, place, world.catalog.clone(), artifact, std::time::Duration::ZERO);
        body.collect().await.map(|whole| whole.to_bytes())
    };
    assert_eq!(read(&world).await.expect("the control: it is whole while it is kept"), [0, 1, 2].as_slice());
    let over = catalog::Outcome::Revoked { code: "revoked".to_owned(), message: None };
    world.catalog.capture_ended(id, None, over, NOW_UNIX_S * 1000).await.expect("ended");
    assert!(read(&world).await.is_err());
}
