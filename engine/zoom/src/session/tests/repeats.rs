//! What an earlier owner told and Zoom says again to the next one (protocol §8.4, §11.4).

use media::SourceTime;
use model::{Event, EventBody, Participant, ParticipantId, Utterance};

use super::*;

const LEGS: [Leg; 2] = [Leg::Transcript, Leg::Chat];

/// Has Zoom send something said and something written, each number another text at another time; what is told of it.
fn text(script: &mut Script, number: i64) -> Vec<Event> {
    let at = 1_767_225_700 + number;
    let said =
        format!(r#""user_id":7,"user_name":"Ada","start_time":{at}000,"end_time":{at}900,"data":"Word {number}""#);
    let written = format!(r#""timestamp":{at},"operation_type":1,"sender":{{"user_id":7}},"data":"Link {number}""#);
    [(Leg::Transcript, 17, said), (Leg::Chat, 18, written)]
        .into_iter()
        .flat_map(|(leg, msg_type, content)| {
            script.message(leg, &format!(r#"{{"msg_type":{msg_type},"content":{{{content}}}}}"#))
        })
        .map(|output| serde_json::from_str(&output).expect("an event"))
        .collect()
}

fn rejoined(told: Vec<Event>) -> Script {
    let (mut script, _) = Script::begin(SessionConfig { rejoins: true, was_held: true, told, ..config(&LEGS) });
    script.join(&LEGS);
    script
}

/// Live clients of a process that started again heard it from the one before.
#[test]
fn text_that_an_earlier_owner_told_is_not_told_again() {
    let mut script = Script::running(&LEGS);
    let first = text(&mut script, 1);
    assert_eq!(first.len(), 2);
    let mut script = rejoined(first);
    assert_eq!(text(&mut script, 1), []);
    assert_eq!(text(&mut script, 2).len(), 2, "this is new");
    assert_eq!(text(&mut script, 2), []);
}

/// The same words at another moment, by somebody else, or done otherwise are another piece.
#[test]
fn text_that_differs_from_what_was_told_is_told() {
    let first = text(&mut Script::running(&LEGS), 1);
    let later = |event: &Event| Event { at: event.at.plus_ms(1), ..event.clone() };
    let other = |event: &Event| {
        let mut event = event.clone();
        let somebody = Some(Participant { id: ParticipantId(8), name: None });
        match &mut event.body {
            EventBody::Transcript(Utterance { speaker, .. }) => *speaker = somebody,
            EventBody::Chat(message) => message.sender = somebody,
            _ => {}
        }
        event
    };
    assert_eq!(text(&mut rejoined(first.iter().map(other).collect()), 1).len(), 2);
    let told = text(&mut rejoined(first.iter().map(later).collect()), 1);
    assert!(matches!(told[..], [Event { body: EventBody::Chat(_), .. }]), "words have their own time: {told:?}");
}

/// Of a long meeting the latest pieces count.
#[test]
fn the_latest_of_many_pieces_are_remembered() {
    let mut script = Script::running(&LEGS);
    let mut told: Vec<Event> = (1..=500).flat_map(|number| text(&mut script, number)).collect();
    let left = EventBody::Left { id: ParticipantId(7) };
    told.extend((0..500).map(|at| Event { at: SourceTime::from_unix_ms(at), body: left.clone() }));
    let mut script = rejoined(told);
    assert_eq!(text(&mut script, 500), []);
    assert_eq!(text(&mut script, 400), []);
    assert_eq!(text(&mut script, 1).len(), 2, "forgotten");
}
