//! What the `ffmpeg` command line is asked to do: the same media, the same places, filters, encoders and settings. Nothing runs
//! here.

use std::fmt::Write as _;

use render::{Settings, SoundSettings};

use super::{
    case::{CANVAS, Case, Screen},
    sources::{self, SLIDE_S},
};

/// As the engine's limiter has it.
const LIMIT: f64 = 0.95;

/// The arguments that make the case's file out of its media, on one thread.
pub(super) fn job(case: Case, seconds: u32, target: &str) -> Vec<String> {
    let mut args = words("-y -v error -nostdin -nostats");
    args.extend(inputs(case, true));
    let mut graph = sound(case);
    if case.cameras() > 0 {
        graph = format!("{};{graph}", pictures(case, ""));
    }
    args.extend(words("-filter_threads 1 -filter_complex_threads 1 -filter_complex"));
    args.push(graph);
    let sound_bps = if case.cameras() > 0 {
        let Settings { fps, preset, crf, video_bitrate_bps, audio_bitrate_bps, .. } = Settings::default();
        args.extend(words(&format!(
            "-map [v] -c:v libx264 -preset {} -crf {crf} -maxrate {video_bitrate_bps} -bufsize {} -g {} -bf 0 -flags:v +cgop \
             -r {fps}",
            preset.name(),
            2 * video_bitrate_bps,
            2 * fps
        )));
        audio_bitrate_bps
    } else {
        SoundSettings::default().bitrate_bps
    };
    args.extend(words(&format!(
        "-map [a] -c:a aac -aac_coder fast -b:a {sound_bps} -ac 1 -ar 48000 -threads 1 -movflags +faststart -t {seconds} {target}"
    )));
    args
}

/// The arguments that make what both are compared with: the same pictures, rounded exactly and kept without loss.
pub(super) fn reference(case: Case, seconds: u32, target: &str) -> Vec<String> {
    let mut args = words("-v error");
    args.extend(inputs(case, false));
    args.push("-filter_complex".to_owned());
    args.push(pictures(case, "+accurate_rnd+full_chroma_int"));
    args.extend(words(&format!("-map [v] -c:v libx264 -preset ultrafast -qp 0 -r 25 -t {seconds} {target}")));
    args
}

/// Cameras, then the screen, then voices.
fn inputs(case: Case, with_sound: bool) -> Vec<String> {
    let mut args = Vec::new();
    for seat in 0..case.cameras() {
        args.extend(words(&format!("-threads 1 -i {}", sources::camera(seat))));
    }
    if let Some(screen) = case.screen() {
        let rate = if screen == Screen::Stills { format!("-framerate 1/{SLIDE_S} ") } else { String::new() };
        args.extend(words(&format!("-threads 1 {rate}-i {}", sources::screen(screen))));
    }
    for seat in (0..case.seats()).filter(|_| with_sound) {
        args.extend(words(&format!("-threads 1 -i {}", sources::voice(seat))));
    }
    args
}

/// Scales everything and puts it on the canvas, with the filters that the engine has for cameras and for small text.
fn pictures(case: Case, rounding: &str) -> String {
    let (screen, cameras) = case.places();
    let mut graph = String::new();
    let mut layers = Vec::new();
    if let Some(place) = screen {
        let filter = if case.screen() == Some(Screen::Stills) {
            // As RGB becomes BT.709; there is nothing to scale.
            format!("scale=flags=bilinear+accurate_rnd{rounding}:out_color_matrix=bt709:out_range=tv,format=yuv420p")
        } else {
            format!("scale={}:{}:flags=lanczos{rounding}", place.width, place.height)
        };
        // Writing to a text cannot fail.
        let _ = write!(graph, "[{}:v]{filter}[screen];", cameras.len());
        layers.push(("[screen]".to_owned(), place));
    }
    for (seat, place) in cameras.iter().enumerate() {
        let _ = write!(graph, "[{seat}:v]scale={}:{}:flags=bilinear{rounding}[c{seat}];", place.width, place.height);
        layers.push((format!("[c{seat}]"), *place));
    }
    let names: String = layers.iter().map(|(name, _)| name.as_str()).collect();
    let corners: Vec<String> = layers.iter().map(|(_, place)| format!("{}_{}", place.x, place.y)).collect();
    let stacked = match layers.len() {
        1 => format!("{names}null[v]"),
        several => format!(
            "{names}xstack=inputs={several}:layout={}:fill=black,pad={}:{}:0:0:black[v]",
            corners.join("|"),
            CANVAS.0,
            CANVAS.1
        ),
    };
    graph + &stacked
}

/// Adds up everybody, without scaling anybody down.
fn sound(case: Case) -> String {
    let first = case.cameras() + usize::from(case.screen().is_some());
    let inputs: String = (first..).take(case.seats()).map(|input| format!("[{input}:a]")).collect();
    let mix = match case.seats() {
        1 => String::new(),
        seats => format!("amix=inputs={seats}:normalize=0,"),
    };
    format!("{inputs}{mix}alimiter=limit={LIMIT}:level=disabled[a]")
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_is_scaled_stacked_and_filled_with_black() {
        let graph = pictures(Case::Four, "");
        assert!(graph.starts_with("[0:v]scale=636:358:flags=bilinear[c0];[1:v]"), "{graph}");
        assert!(
            graph.ends_with(
                "[c0][c1][c2][c3]xstack=inputs=4:layout=2_0|642_0|2_362|642_362:fill=black,pad=1280:720:0:0:black[v]"
            ),
            "{graph}"
        );
    }

    #[test]
    fn a_screen_comes_after_the_cameras_and_lies_below_them() {
        let graph = pictures(Case::Slide, "");
        assert!(graph.starts_with("[3:v]scale=1024:576:flags=lanczos[screen];[0:v]scale=256:144"), "{graph}");
        assert!(graph.contains("[screen][c0][c1][c2]xstack=inputs=4:layout=0_72|1024_0|1024_144|1024_288:"), "{graph}");
        assert_eq!(
            sound(Case::Slide),
            "[4:a][5:a][6:a]amix=inputs=3:normalize=0,alimiter=limit=0.95:level=disabled[a]"
        );
    }

    #[test]
    fn both_encode_with_the_same_settings() {
        let line = job(Case::One, 60, "x.mp4").join(" ");
        let settings = Settings::default();
        let asked = format!(
            "-preset {} -crf {} -maxrate {} ",
            settings.preset.name(),
            settings.crf,
            settings.video_bitrate_bps
        );
        assert!(line.contains(&asked) && line.contains(&format!("-b:a {}", settings.audio_bitrate_bps)), "{line}");
        assert!(!job(Case::Mix, 60, "x.m4a").join(" ").contains("libx264"));
    }
}
