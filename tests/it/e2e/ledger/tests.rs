//! What differs from the ledger is found, whatever it is.

use ::media::{AudioFormat, Channels, Frame, SampleRate, SourceTime, Track as MediaTrack, TrackKind};
use model::{ChatMessage, ChatOperation, ParticipantId, Pii, Utterance, platform::Leg};

use super::*;

const ADA: (i64, &str) = (7, "Ada");
const GRACE: (i64, &str) = (8, "Grace");

fn at(unix_ms: i64) -> SourceTime {
    SourceTime::from_unix_ms(unix_ms)
}

fn person((id, name): (i64, &str)) -> Option<Participant> {
    Some(Participant { id: ParticipantId(id), name: Some(Pii::new(name.to_owned())) })
}

fn started() -> Entry {
    Entry::Control(Control::Started { notice: String::new() })
}

fn ready(codec: AudioCodec) -> Entry {
    let format = AudioFormat { codec, rate: SampleRate::HZ_48000, channels: Channels::Mono, packet_ms: 20 };
    Entry::Control(Control::LegReady { leg: Leg::Audio, format: Some(Format::Audio(format)) })
}

fn heard() -> Entry {
    let track = MediaTrack { kind: TrackKind::Audio, source: ADA.0 };
    Entry::Media(Frame { track, at: at(20), payload: b"sound".as_slice().into() })
}

fn said(by: (i64, &str)) -> Entry {
    let body = EventBody::Transcript(Utterance {
        speaker: person(by),
        text: Pii::new("so be it".to_owned()),
        start: at(100),
        end: at(900),
        language: None,
    });
    Entry::Event(Event { at: at(900), body })
}

fn wrote(by: (i64, &str)) -> Entry {
    let body = EventBody::Chat(ChatMessage {
        message_id: None,
        parent_id: None,
        operation: ChatOperation::New,
        sender: person(by),
        receiver: None,
        audience: None,
        text: Pii::new("a link".to_owned()),
    });
    Entry::Event(Event { at: at(500), body })
}

/// Where logs of those entries differ from a ledger of one frame of Opus, one sentence and one chat message, all by Ada.
fn found(logs: &[&[Entry]]) -> Vec<String> {
    let mut hash = Sha256::new();
    hash.update(20_i64.to_le_bytes());
    hash.update(b"sound");
    let track = TrackLedger {
        kind: "audio".to_owned(),
        user_id: ADA.0,
        codec: "opus".to_owned(),
        frames: 1,
        bytes: 5,
        sha256: hex::encode(hash.finalize()),
        first_ms: 20,
        last_ms: 20,
    };
    let (user_id, user_name) = (ADA.0, ADA.1.to_owned());
    let spoken = TranscriptLine {
        user_id,
        user_name: user_name.clone(),
        start_ms: 100,
        end_ms: 900,
        text: "so be it".to_owned(),
        clip: String::new(),
        written_unix_us: 0,
    };
    let written = ChatLine { user_id, user_name, at_ms: 500, text: "a link".to_owned(), written_unix_us: 0 };
    let mut kept = Kept::default();
    for log in logs {
        kept.begin();
        log.iter().for_each(|entry| kept.take(entry.clone()));
    }
    differences(&Account::of_sent(&[track], &[spoken], &[written]), &kept.account())
}

#[test]
fn a_log_that_holds_what_was_sent_differs_in_nothing() {
    let whole = [started(), ready(AudioCodec::Opus), heard(), wrote(ADA), said(ADA)];
    assert_eq!(found(&[&whole]), Vec::<String>::new());
    let [first, second] = [&whole[..4], &[started(), said(ADA)]];
    assert_eq!(found(&[first, second]), Vec::<String>::new());
}

#[test]
fn a_wrong_speaker_and_a_wrong_name_are_found() {
    let rest = [started(), ready(AudioCodec::Opus), heard()];
    let with = |more: [Entry; 2]| found(&[&[rest.as_slice(), &more].concat()]);
    assert_eq!(with([wrote(ADA), said(ADA)]).len(), 0);
    // What is not there, and what should not be.
    for wrong in [GRACE, (ADA.0, GRACE.1), (GRACE.0, ADA.1)] {
        assert_eq!(with([wrote(ADA), said(wrong)]).len(), 2);
        assert_eq!(with([wrote(wrong), said(ADA)]).len(), 2);
    }
}

#[test]
fn a_wrong_codec_and_media_before_any_was_agreed_on_are_found() {
    let rest = [heard(), wrote(ADA), said(ADA)];
    let with = |first: &[Entry]| found(&[&[first, &rest].concat()]);
    assert_eq!(with(&[started(), ready(AudioCodec::Opus)]).len(), 0);
    assert_eq!(with(&[started(), ready(AudioCodec::Opus), ready(AudioCodec::L16)]).len(), 2);
    assert_eq!(with(&[started()]).len(), 2);
}

#[test]
fn what_is_there_twice_or_not_at_all_is_found() {
    let rest = [started(), ready(AudioCodec::Opus)];
    let with = |more: &[Entry]| found(&[&[rest.as_slice(), more].concat()]);
    assert_eq!(with(&[heard(), wrote(ADA), said(ADA), said(ADA)]).len(), 1);
    assert_eq!(with(&[heard(), wrote(ADA), wrote(ADA), said(ADA)]).len(), 1);
    assert_eq!(with(&[heard(), heard(), wrote(ADA), said(ADA)]).len(), 1);
    assert_eq!(with(&[heard(), wrote(ADA)]).len(), 1);
}

/// An owner who takes a log over writes the newest events once more, right at its beginning and nowhere else.
#[test]
fn only_what_a_new_owner_repeats_at_its_beginning_does_not_count_twice() {
    let rest = [started(), ready(AudioCodec::Opus), heard(), wrote(ADA), said(ADA)];
    let with = |more: &[Entry]| found(&[&[rest.as_slice(), more].concat()]);
    assert_eq!(with(&[started(), wrote(ADA), said(ADA), ready(AudioCodec::Opus)]).len(), 0);
    // What the log had lost comes with it.
    let lossy = [&rest[..4], &[started(), wrote(ADA), said(ADA)]].concat();
    assert_eq!(found(&[&lossy]).len(), 0);
    assert_eq!(with(&[started(), said(ADA), said(ADA)]).len(), 1);
    assert_eq!(with(&[started(), ready(AudioCodec::Opus), said(ADA)]).len(), 1);
    // Another stream of the meeting has a log of its own, whose first owner repeats nothing.
    assert_eq!(found(&[&rest, &[started(), said(ADA)]]).len(), 1);
}
