//! The list of parts, as it is stored and as it is downloaded.

use super::*;
use crate::person::Person;

fn part(who: Option<ParticipantId>, kind: Option<PartKind>, file: &str) -> Part {
    let (start, end) = (Position::from_ms(1_503), Position::from_ms(4_003));
    Part { who, start, end, kind, file: file.to_owned() }
}

#[test]
fn a_list_of_parts_has_links_in_place_of_names() {
    let parts = [part(Some(ADA), None, "part-0001.ogg"), part(None, Some(PartKind::Screenshare), "part-0002.mp4")];
    let stored = parts_json(&Told::saying(Vec::new()).proceedings(), &parts);
    assert!(stored.contains("\"file\":\"part-0001.ogg\"") && !stored.contains("download_url"), "{stored}");
    let link = |name: &str| (name == "part-0001.ogg").then(|| format!("https://x/{name}"));
    let list: Value =
        serde_json::from_str(&parts_with_links(stored.as_bytes(), link).expect("a list")).expect("it is JSON");
    assert_eq!(
        list,
        json!([
            {
                "id": "1", "participant": Person::from(&named(ADA, "Ada")),
                "start_timestamp": { "relative": 1.503, "absolute": "2026-01-01T00:00:01.503000Z" },
                "duration": 2.5, "download_url": "https://x/part-0001.ogg",
            },
            {
                "id": "2", "participant": Person::nobody(),
                "start_timestamp": { "relative": 1.503, "absolute": "2026-01-01T00:00:01.503000Z" },
                "duration": 2.5, "type": "screenshare", "download_url": null,
            },
        ])
    );
}

#[test]
fn what_is_no_list_of_parts_has_no_links() {
    for stored in ["", "{}", "[1]", "[{\"file\":\"part-0001.ogg\"}", "null"] {
        assert!(parts_with_links(stored.as_bytes(), |_| None).is_err(), "{stored}");
    }
    assert_eq!(parts_with_links(b"[]", |_| None).expect("an empty list"), "[]");
}
