//! Packets pass, and whoever wants the same hears the same, made once.

use media::{AudioCodec, AudioFormat, Channels, Frame, SampleRate, SourceTime};

use super::*;

const WANT: SoundWant = SoundWant { separate: true, mixed: false, chunk_ms: 100 };
const FORMAT: AudioFormat =
    AudioFormat { codec: AudioCodec::L16, rate: SampleRate::HZ_16000, channels: Channels::Mono, packet_ms: 20 };

fn capture() -> CaptureId {
    CaptureId::new(1, [1; 10])
}

fn packet(number: i64) -> Frame {
    let at = SourceTime::from_unix_ms(1_767_225_600_000).plus_ms(number * 20);
    Frame { track: Track { kind: TrackKind::Audio, source: 7 }, at, payload: vec![1; 640].into() }
}

#[tokio::test]
async fn whoever_wants_the_same_hears_the_same_and_it_is_decoded_once() {
    let hub = Hub::new();
    hub.open(capture());
    let sounds = Sounds::new(hub.clone());
    let mut one = sounds.listen(capture(), WANT).expect("threads");
    let mut two = sounds.listen(capture(), WANT).expect("threads");
    assert_eq!(sounds.sources(), 1);
    let other = sounds.listen(capture(), SoundWant { chunk_ms: 200, ..WANT }).expect("threads");
    assert_eq!(sounds.sources(), 2);
    drop(other);
    assert_eq!(sounds.sources(), 1, "it goes with who wanted it");

    let (mut flow, mut number) = (hub.outlet(capture()).flow(), 0);
    let pass = async {
        loop {
            flow.pass(&packet(number), Some(FORMAT));
            number += 1;
            tokio::task::yield_now().await;
        }
    };
    let first = tokio::select! {
        first = one.next() => first.expect("a piece"),
        () = pass => unreachable!("it passes for ever"),
    };
    flow.pass(&packet(number), Some(FORMAT));
    assert_eq!((first.topic, first.track.map(|track| track.source)), (Topic::AudioSeparate, Some(7)));
    assert_eq!(STANDARD.decode(first.buffer.as_bytes()).expect("base64").len(), 3_200);
    assert_eq!(two.next().await, Some(first));
    one.finish();
    let mut rest = 0;
    while let Some(piece) = one.next().await {
        assert_eq!(two.next().await, Some(piece));
        rest += 1;
    }
    assert_eq!(two.next().await, None, "the capture is over for everybody");
    assert!(rest > 0, "what was there is made");
    drop((one, two));
    assert_eq!(sounds.sources(), 0);
}
