//! Which pictures are decoded for those that are wanted.

use super::*;

fn wanted(segment: u64, key: usize, first: usize, from: usize, until: usize) -> Wanted {
    Wanted { segment, size: (320, 180), key, first, from, until }
}

fn printer(bench: Bench) -> Printer {
    Printer::new(CaptureId::new(1, [1; 10]), bench)
}

/// Goes there, and answers what was read on the way.
fn go(printer: &mut Printer, wanted: Wanted) -> (Option<usize>, Vec<usize>) {
    let mut read = Vec::new();
    let way = printer.way_to(wanted);
    let made = way.and_then(|way| {
        printer.go(way, &mut |place| {
            read.push(place);
            (VideoCodec::H264, Bytes::new())
        })
    });
    (made.map(|made| made.len()), read)
}

#[test]
fn no_picture_is_decoded_twice_while_viewers_go_on() {
    let mut printer = printer(Bench::Here);
    assert_eq!(go(&mut printer, wanted(3, 0, 100, 100, 108)), (Some(8), (0..108).collect()), "from the key picture on");
    assert_eq!(go(&mut printer, wanted(3, 0, 100, 108, 116)), (Some(8), (108..116).collect()));
    assert_eq!(go(&mut printer, wanted(4, 0, 150, 150, 158)), (Some(8), (116..158).collect()), "some were not wanted");
    assert_eq!(go(&mut printer, wanted(0, 0, 0, 0, 4)), (Some(4), (0..4).collect()), "another viewer looks back");
    assert_eq!(go(&mut printer, wanted(4, 0, 150, 158, 166)), (Some(8), (158..166).collect()), "and holds nobody up");
    assert_eq!(
        go(&mut printer, wanted(9, 200, 210, 210, 212)),
        (Some(2), (200..212).collect()),
        "no way leads past a key"
    );
    assert_eq!(go(&mut printer, wanted(4, 0, 150, 150, 151)).1.first(), Some(&4), "made again from the nearest place");
}

#[test]
fn a_long_way_is_gone_in_steps_and_each_picture_once() {
    let mut printer = printer(Bench::Here);
    let wanted = wanted(3, 0, 250, 250, 252);
    let mut read = Vec::new();
    let mut steps = 0;
    while !printer.approach(printer.way_to(wanted).unwrap(), &mut |place| {
        read.push(place);
        (VideoCodec::H264, Bytes::new())
    }) {
        steps += 1;
    }
    assert_eq!((steps, read), (2, (0..200).collect()));
    assert_eq!(go(&mut printer, wanted), (Some(2), (200..252).collect()));
}

#[test]
fn what_follows_a_picture_that_could_not_be_had_is_not_made() {
    let mut printer = printer(Bench::Here);
    printer.spoil(3);
    assert_eq!(go(&mut printer, wanted(3, 0, 10, 12, 14)), (None, vec![]));
    assert_eq!(go(&mut printer, wanted(4, 0, 20, 20, 24)).0, Some(4), "the next segment needs nothing of it");
    assert_eq!(go(&mut printer, wanted(3, 0, 10, 10, 12)).0, Some(2), "made from its beginning on it is whole");
    assert_eq!(go(&mut printer, wanted(3, 0, 10, 12, 14)).0, Some(2));
    (10..200).for_each(|segment| printer.spoil(segment));
    assert_eq!(printer.spoiled.len(), MOST_SPOILED);
}

#[test]
fn one_that_dies_or_says_nothing_of_use_costs_pictures_and_rests() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for script in
        ["exit 3", "echo nonsense", "head -c 1 >/dev/null; kill -SEGV $$", "echo '{\"bytes\":0}'; cat >/dev/null"]
    {
        let args = ["-c", script].map(Into::into).to_vec();
        let launch = Launch { program: "/bin/sh".into(), args, environment: Vec::new };
        let mut printer = printer(Bench::Processes(launch, runtime.handle().clone()));
        assert_eq!(go(&mut printer, wanted(3, 0, 0, 0, 4)), (None, vec![0]), "{script}");
        assert_eq!(go(&mut printer, wanted(4, 4, 4, 4, 8)), (None, vec![]), "{script}: it rests");
    }
}
