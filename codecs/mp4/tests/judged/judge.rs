//! The judges: ffprobe, ffmpeg and symphonia, each asked one question.

use std::{io::Cursor, path::PathBuf, process::Command};

use symphonia::core::{
    codecs::audio::AudioDecoderOptions,
    formats::{FormatOptions, TrackType, probe::Hint},
    io::MediaSourceStream,
    meta::MetadataOptions,
};
use tempfile::TempDir;

use crate::source::floats;

/// A file on disk for as long as it is judged.
pub(crate) struct Judged {
    _dir: TempDir,
    path: PathBuf,
}

impl Judged {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let dir = tempfile::tempdir().expect("a directory for the file");
        let path = dir.path().join("judged.mp4");
        std::fs::write(&path, bytes).expect("the file can be written");
        Self { _dir: dir, path }
    }

    /// Asks ffprobe; answers its lines, each split at commas. Any complaint fails the test.
    pub(crate) fn probe(&self, arguments: &str) -> Vec<Vec<String>> {
        let output = Command::new("ffprobe")
            .args(["-v", "error", "-of", "csv=p=0"])
            .args(arguments.split_whitespace())
            .arg(&self.path)
            .output()
            .expect("ffprobe is installed");
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && complaints.is_empty(), "{complaints}");
        let lines = String::from_utf8(output.stdout).expect("text");
        lines
            .lines()
            .filter(|line| !line.is_empty())
            .map(|line| line.split(',').filter(|field| !field.is_empty()).map(str::to_owned).collect())
            .collect()
    }

    /// Decodes everything with ffmpeg. Any complaint fails the test.
    pub(crate) fn decodes(&self) {
        self.ffmpeg("-xerror -i", "-f null -");
    }

    /// The pictures that ffmpeg decodes, as hashes.
    pub(crate) fn pictures(&self) -> Vec<String> {
        let listed = self.ffmpeg("-i", "-map 0:v -vsync passthrough -f framemd5 -");
        let text = String::from_utf8(listed).expect("text");
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.rsplit(',').next().unwrap_or_default().trim().to_owned())
            .collect()
    }

    /// The sound that ffmpeg decodes, as players would play it.
    pub(crate) fn sound(&self) -> Vec<f32> {
        floats(&self.ffmpeg("-i", "-map 0:a -f f32le -"))
    }

    fn ffmpeg(&self, before: &str, after: &str) -> Vec<u8> {
        let output = Command::new("ffmpeg")
            .args(["-v", "error", "-nostdin"])
            .args(before.split_whitespace())
            .arg(&self.path)
            .args(after.split_whitespace())
            .output()
            .expect("ffmpeg is installed");
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && complaints.is_empty(), "{complaints}");
        output.stdout
    }

    /// Decodes what can be decoded and answers the number of pictures, whatever ffmpeg says of the rest.
    pub(crate) fn pictures_despite_damage(&self) -> usize {
        let output = Command::new("ffmpeg")
            .args(["-v", "quiet", "-nostdin", "-i"])
            .arg(&self.path)
            .args("-map 0:v -vsync passthrough -f framemd5 -".split(' '))
            .output()
            .expect("ffmpeg is installed");
        String::from_utf8_lossy(&output.stdout).lines().filter(|line| !line.starts_with('#')).count()
    }
}

/// Every sound packet that symphonia reads, with its time; each one is decoded as well.
pub(crate) fn sound_packets(file: &[u8]) -> Vec<(i64, Vec<u8>)> {
    let stream = MediaSourceStream::new(Box::new(Cursor::new(file.to_vec())), Default::default());
    let mut format = symphonia::default::get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .expect("symphonia knows the file");
    let track = format.default_track(TrackType::Audio).expect("a sound track");
    let (id, parameters) = (track.id, track.codec_params.clone().expect("parameters"));
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters.audio().expect("sound"), &AudioDecoderOptions::default())
        .expect("symphonia knows the codec");
    let mut packets = Vec::new();
    while let Some(packet) = format.next_packet().expect("a whole packet") {
        if packet.track_id == id {
            decoder.decode(&packet).expect("a sound frame");
            packets.push((packet.pts.get(), packet.data.to_vec()));
        }
    }
    packets
}
