//! Contact Center and Phone, whose events have numbers of their own (protocol §15.3, §15.4).

use super::*;
use crate::Product;

fn call(product: Product) -> Script {
    let (mut script, _) = Script::begin(SessionConfig { product, ..config(&[Leg::Audio, Leg::Transcript]) });
    script.join(&[Leg::Audio, Leg::Transcript]);
    script
}

#[must_use]
fn event(script: &mut Script, body: &str) -> Vec<String> {
    script.message(Leg::Signaling, &format!(r#"{{"msg_type":6,"event":{{{body}}}}}"#))
}

/// §15.3: its own events are subscribed, those of meetings are not.
#[test]
fn a_call_subscribes_the_events_of_calls() {
    for product in [Product::ContactCenter, Product::Phone] {
        let (mut script, _) = Script::begin(SessionConfig { product, ..config(&[Leg::Audio]) });
        script.opened(Leg::Signaling);
        let outputs = script.message(Leg::Signaling, OFFER_ALL_KINDS);
        let subscription = outputs[1].strip_prefix("send signaling ").expect("a subscription");
        let subscription: serde_json::Value = serde_json::from_str(subscription).expect("JSON");
        let types: Vec<i64> = subscription["events"]
            .as_array()
            .map(|events| events.iter().filter_map(|event| event["event_type"].as_i64()).collect())
            .unwrap_or_default();
        assert_eq!(types, (8..=29).collect::<Vec<_>>());
    }
}

/// §15.3: whoever answers is there, whoever hangs up is not.
#[test]
fn parties_of_a_call_come_and_go() {
    let mut script = call(Product::ContactCenter);
    for (event_type, user_id, name, told) in [
        (8, 1, "Ada", r#""event":"joined","participant":{"id":1,"name":"Ada"}}"#),
        (10, 2, "Grace", r#""event":"joined","participant":{"id":2,"name":"Grace"}}"#),
        (9, 1, "Ada", r#""event":"left","id":1}"#),
        (11, 2, "Grace", r#""event":"left","id":2}"#),
    ] {
        let body =
            format!(r#""event_type":{event_type},"event_ts":1767225603010,"user_id":{user_id},"user_name":"{name}""#);
        let outputs = event(&mut script, &body);
        assert!(outputs.len() == 1 && outputs[0].ends_with(told), "{outputs:?}");
    }
}

/// §15.3: parties are told by their channel, in events as in sound, so that sound finds its owner; either spelling.
#[test]
fn a_party_of_a_call_is_told_by_its_channel() {
    for key in ["paticipant_info", "participant_info"] {
        let mut script = call(Product::ContactCenter);
        let body = format!(
            r#""event_type":8,"event_ts":1767225603010,"{key}":{{"channel_id":"ch-1","participant_mode":"caller","display_name":"Ada","user_id":"x"}}"#
        );
        let joined = event(&mut script, &body);
        assert!(joined[0].ends_with(r#""name":"Ada"}}"#), "{joined:?}");
        let sound = r#"{"msg_type":14,"content":{"channel_id":"ch-1","timestamp":5,"data":"AAEC"}}"#;
        let heard = script.message(Leg::Audio, sound);
        assert_eq!(heard.len(), 1, "no second party: {heard:?}");
        let id = heard[0].split(['/', ' ']).nth(2).expect("a number");
        assert!(joined[0].contains(&format!(r#""id":{id},"#)), "{joined:?} {heard:?}");
        let gone = event(&mut script, &body.replace(r#""event_type":8"#, r#""event_type":9"#));
        assert!(gone.len() == 1 && gone[0].ends_with(&format!(r#""event":"left","id":{id}}}"#)), "{gone:?}");
    }
}

/// §15.3: hold, monitoring, transfers and conferences are kept word for word.
#[test]
fn what_else_happens_in_a_call_is_kept() {
    let mut script = call(Product::Phone);
    for event_type in 12..=29 {
        let outputs = event(&mut script, &format!(r#""event_type":{event_type},"event_ts":1767225603010"#));
        assert!(outputs[0].starts_with(r#"{"control":"note","leg":"signaling""#), "{event_type}: {outputs:?}");
    }
    let nobody = event(&mut script, r#""event_type":8,"event_ts":1767225603010"#);
    assert!(nobody[0].starts_with(r#"{"control":"note","leg":"signaling""#), "{nobody:?}");
}

/// §15.4: the number may come by its newer name.
#[test]
fn the_newer_name_of_an_events_number_is_read() {
    let mut script = call(Product::Phone);
    let outputs = event(&mut script, r#""event_code":8,"event_ts":1767225603010,"user_id":1,"user_name":"Ada""#);
    assert!(outputs[0].contains(r#""event":"joined""#), "{outputs:?}");
}
