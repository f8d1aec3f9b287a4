//! Makes the media that both programs are given: pictures by the `ffmpeg` command line, as files, and sound out of the media pack.
//! What a capture log holds of them is in `council`.

use std::{fmt::Write as _, fs, path::Path};

use audio::{OggOpus, OpusHead};
use bytes::Bytes;
use fixtures::pack;
use media::{Channels, SampleRate};

use super::{
    case::{CAMERA, CANVAS, Case, Screen},
    ffmpeg::ffmpeg,
};
use crate::{
    failure::Failure,
    render::{SLOT_MS, voices},
};

/// The font of the slides.
const FONT: &[u8] = include_bytes!("../../../codecs/picture/fonts/NotoSans.ttf");
/// How long a slide stays.
pub(super) const SLIDE_S: u32 = 10;
/// Pictures a second of a screen that is sent as video.
pub(super) const SCREEN_FPS: u32 = 5;
const WORDS: [&str; 20] = [
    "the", "of", "quarter", "revenue", "margin", "forecast", "review", "pipeline", "region", "customer", "latency",
    "budget", "owner", "status", "release", "risk", "action", "due", "plan", "delta",
];

/// The packets of each voice, one for each slot of 20 ms.
pub(super) type Voices = Vec<Vec<&'static [u8]>>;

/// The file of a camera.
pub(super) fn camera(seat: usize) -> String {
    format!("camera{seat}.mp4")
}

/// The file of a voice.
pub(super) fn voice(seat: usize) -> String {
    format!("voice{seat}.opus")
}

/// The file of a screen; of stills, all of them.
pub(super) const fn screen(screen: Screen) -> &'static str {
    match screen {
        Screen::Video => "screen.mp4",
        Screen::Stills => "slide%d.png",
    }
}

/// Makes what a case is given, so many seconds long, and answers the packets of each voice.
///
/// # Errors
/// If `ffmpeg` cannot do it, or the disk is full.
pub(super) fn make(case: Case, seconds: u32, dir: &Path) -> Result<Voices, Failure> {
    for seat in 0..case.cameras() {
        make_camera(seat, seconds, dir)?;
    }
    if let Some(screen) = case.screen() {
        make_slides(seconds.div_ceil(SLIDE_S), dir)?;
        if screen == Screen::Video {
            make_screen(seconds, dir)?;
        }
    }
    make_voices(case.seats(), seconds, dir)
}

/// Somebody before a wall that is out of focus, who moves a little, seen by a sensor that is not free of noise; at the bit rate of
/// a meeting.
fn make_camera(seat: usize, seconds: u32, dir: &Path) -> Result<(), Failure> {
    let (width, height) = CAMERA;
    let (wall, face) = (0.02 + 0.01 * seat as f64, 0.3 + 0.07 * seat as f64);
    let graph = format!(
        "mandelbrot=s={width}x{height}:r=25:start_x=-0.7436438870371587:start_y=0.1318259042053120:start_scale={wall},\
         trim=end_frame=1,gblur=2,loop=-1:1,setpts=N/25/TB[wall];\
         mandelbrot=s=200x260:r=25:start_x=-0.1{seat}:start_y=0.65:start_scale={face},trim=end_frame=1,format=yuva420p,\
         geq=lum='lum(X,Y)*0.6+50':cb='cb(X,Y)':cr='cr(X,Y)':a='255*lte(hypot((X-100)/100,(Y-130)/130),1)',\
         loop=-1:1,setpts=N/25/TB[face];\
         [wall][face]overlay=x='220+20*sin(1.3*t+{seat})':y='70+9*sin(2.1*t+{seat})':format=yuv420,\
         noise=alls=3:allf=t:all_seed={seat},format=yuv420p[v]"
    );
    let args = format!(
        "-r 25 -t {seconds} -c:v libx264 -preset veryfast -threads 1 -b:v 600k -maxrate 800k -bufsize 800k -bf 0 -g 100 {}",
        camera(seat)
    );
    ffmpeg(dir, ["-filter_complex", &graph, "-map", "[v]"].into_iter().chain(args.split(' '))).map(drop)
}

/// Pages of small text, black on white.
fn make_slides(slides: u32, dir: &Path) -> Result<(), Failure> {
    let (width, height) = CANVAS;
    fs::write(dir.join("font.ttf"), FONT)?;
    for slide in 0..slides {
        fs::write(dir.join("page.txt"), page(slide))?;
        let graph = format!(
            "color=white:s={width}x{height},drawtext=fontfile=font.ttf:textfile=page.txt:fontsize=12:x=16:y=12:line_spacing=2,\
             format=rgb24"
        );
        let name = format!("slide{slide}.png");
        ffmpeg(dir, ["-f", "lavfi", "-i", &graph, "-frames:v", "1", "-update", "1", &name])?;
    }
    Ok(())
}

/// The words of a slide, others for each and the same in every run.
fn page(slide: u32) -> String {
    let mut state = u64::from(slide) + 1;
    let mut dice = |sides: usize| {
        // Knuth's MMIX generator; its upper bits are the good ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % sides
    };
    let mut page = String::new();
    for _ in 0..44 {
        for _ in 0..24 {
            page.push_str(WORDS[dice(WORDS.len())]);
            page.push(' ');
        }
        // Writing to a text cannot fail.
        let _ = writeln!(page, "{}.{:02}", dice(1_000), dice(100));
    }
    page
}

/// The slides as a video.
fn make_screen(seconds: u32, dir: &Path) -> Result<(), Failure> {
    let args = format!(
        "-framerate 1/{SLIDE_S} -i {} -vf scale=out_color_matrix=bt709:out_range=tv,fps={SCREEN_FPS},format=yuv420p \
         -t {seconds} -c:v libx264 -preset veryfast -threads 1 -crf 20 -bf 0 -g 50 {}",
        screen(Screen::Stills),
        screen(Screen::Video)
    );
    ffmpeg(dir, args.split(' ')).map(drop)
}

/// What each seat sends, also as a file.
fn make_voices(seats: usize, seconds: u32, dir: &Path) -> Result<Voices, Failure> {
    let slots = seconds as usize * 1_000 / SLOT_MS as usize;
    let said = voices(pack(), seats, slots);
    for (seat, packets) in said.iter().enumerate() {
        let mut file = OggOpus::new(OpusHead {
            channels: Channels::Mono,
            pre_skip_samples: 0,
            rate: SampleRate::HZ_48000,
            serial: 1,
        });
        for packet in packets {
            file.push(Bytes::from_static(packet))?;
        }
        file.finish(file.samples());
        fs::write(dir.join(voice(seat)), file.take())?;
    }
    Ok(said)
}
