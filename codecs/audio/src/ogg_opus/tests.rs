//! Files read by the FFmpeg program, and page by page by the crate's own reader.

use std::{
    io::{Cursor, Write as _},
    process::{Command, Stdio},
};

use media::Block;
use proptest::prelude::*;

use super::*;
use crate::OpusEncoder;

const HEAD: OpusHead =
    OpusHead { channels: Channels::Mono, pre_skip_samples: 0, rate: SampleRate::HZ_48000, serial: 7 };

fn tone(block: usize) -> Block {
    let sample = |n: usize| ((block * 960 + n) as f32 * std::f32::consts::TAU * 440.0 / 48_000.0).sin() * 0.4;
    Block(Box::new(std::array::from_fn(sample)))
}

/// A second of a tone in 50 packets.
fn packets() -> (Vec<Bytes>, u32) {
    let mut encoder = OpusEncoder::new(32_000).unwrap();
    let lookahead = encoder.lookahead_samples();
    ((0..50).map(|block| encoder.encode(&tone(block)).unwrap()).collect(), lookahead)
}

/// Every packet with its page's end and position, headers first.
fn read(file: &[u8]) -> Vec<(Vec<u8>, bool, u64)> {
    let mut reader = ogg::PacketReader::new(Cursor::new(file));
    std::iter::from_fn(|| reader.read_packet().unwrap())
        .map(|packet| (packet.data.clone(), packet.last_in_stream(), packet.absgp_page()))
        .collect()
}

/// What a listener hears, by a program that complains of nothing.
fn played(file: &[u8]) -> Vec<f32> {
    let mut ffmpeg = Command::new("ffmpeg")
        .args(["-v", "warning", "-xerror", "-c:a", "libopus", "-f", "ogg", "-i", "-", "-f", "f32le", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, file) = (ffmpeg.stdin.take().unwrap(), file.to_vec());
    let writer = std::thread::spawn(move || stdin.write_all(&file));
    let output = ffmpeg.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    output.stdout.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

#[test]
fn packets_come_back_untouched_with_positions_that_count_them() {
    let (packets, _) = packets();
    let mut file = OggOpus::new(HEAD);
    packets.iter().for_each(|packet| file.push(packet.clone()).unwrap());
    file.finish(u64::MAX);
    let read = read(&file.take());
    assert!(read[0].0.starts_with(b"OpusHead") && read[1].0.starts_with(b"OpusTags"));
    assert_eq!((read[0].2, read[1].2), (0, 0));
    let back: Vec<&[u8]> = read[2..].iter().map(|packet| &packet.0[..]).collect();
    assert_eq!(back, packets.iter().map(|packet| &packet[..]).collect::<Vec<_>>());
    let last = read.last().unwrap();
    assert!(last.1 && last.2 == 48_000, "{last:?}");
}

#[test]
fn what_is_left_out_at_both_ends_is_not_heard() {
    let (packets, lookahead) = packets();
    let mut file = OggOpus::new(OpusHead { pre_skip_samples: lookahead, ..HEAD });
    packets.iter().for_each(|packet| file.push(packet.clone()).unwrap());
    file.finish(47_900);
    let heard = played(&file.take());
    assert_eq!(heard.len(), 47_900 - lookahead as usize);
    let likeness = (4_800..40_000).map(|n| heard[n] * tone(n / 960).0[n % 960]).sum::<f32>();
    let power = (4_800..40_000).map(|n| tone(n / 960).0[n % 960].powi(2)).sum::<f32>();
    assert!(likeness > 0.95 * power, "{likeness} of {power}");
}

#[test]
fn a_gap_is_silence_and_what_follows_it_is_in_time() {
    let (packets, _) = packets();
    for channels in [Channels::Mono, Channels::Stereo] {
        let mut file = OggOpus::new(OpusHead { channels, ..HEAD });
        packets.iter().for_each(|packet| file.push(packet.clone()).unwrap());
        // 1.0175 s of silence: 20 ms, 10 ms, 5 ms and 2.5 ms.
        file.fill(48_000 + 48_840);
        assert_eq!(file.samples(), 96_840);
        packets.iter().for_each(|packet| file.push(packet.clone()).unwrap());
        file.finish(u64::MAX);
        let heard: Vec<f32> = played(&file.take()).chunks(channels.count()).map(|sample| sample[0]).collect();
        assert_eq!(heard.len(), 144_840);
        let loudest = |from: usize, to: usize| heard[from..to].iter().fold(0.0_f32, |a, b| a.max(b.abs()));
        assert!(loudest(48_000 + 960, 96_840) < 0.001, "{}", loudest(48_960, 96_840));
        assert!(loudest(0, 48_000) > 0.3 && loudest(96_840 + 960, 98_840) > 0.3);
    }
}

#[test]
fn a_file_of_nothing_is_a_file() {
    let mut file = OggOpus::new(HEAD);
    file.finish(0);
    assert_eq!(read(&file.take()).len(), 3);
}

#[test]
fn what_is_no_packet_of_opus_changes_nothing() {
    let mut file = OggOpus::new(HEAD);
    // Empty, 48 frames of 60 ms, two frames of which one byte is left, longer than any.
    for packet in [vec![], vec![0x1B, 0x30], vec![0xFA, 0xFF], vec![0xF8; 70_000]] {
        assert!(file.push(packet.clone().into()).is_err(), "{:02x?}", &packet[..packet.len().min(4)]);
    }
    file.finish(0);
    assert_eq!(read(&file.take()).len(), 3);
}

proptest! {
    #[test]
    fn any_bytes_make_a_file_that_can_be_read(
        packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..1_500), 0..80),
        total in any::<u64>(),
    ) {
        let mut file = OggOpus::new(HEAD);
        let mut taken: Vec<Vec<u8>> = Vec::new();
        for packet in packets {
            if file.push(packet.clone().into()).is_ok() {
                taken.push(packet);
            }
        }
        let samples = file.samples();
        file.finish(total);
        let read = read(&file.take());
        if !taken.is_empty() {
            prop_assert_eq!(read[2..].iter().map(|packet| packet.0.clone()).collect::<Vec<_>>(), taken);
            prop_assert!(read.last().is_some_and(|last| last.2 <= samples));
        }
        prop_assert!(read.windows(2).all(|pair| pair[0].2 <= pair[1].2), "positions go back");
    }
}
