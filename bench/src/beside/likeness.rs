//! How like a picture is to the one that it was made of, by the structural similarity that `ffmpeg` measures.

use std::path::Path;

use picture::Rect;

use super::ffmpeg::ffmpeg;
use crate::failure::Failure;

/// The mean structural similarity of all planes of all pictures of two files, 25 a second; of an area alone, if one is given. 1 is
/// the same.
///
/// # Errors
/// If one of them cannot be decoded, or they have no picture in common.
pub(super) fn likeness(dir: &Path, file: &str, reference: &str, area: Option<Rect>) -> Result<f64, Failure> {
    let cut = area.map_or_else(String::new, |Rect { x, y, width, height }| format!(",crop={width}:{height}:{x}:{y}"));
    let graph = format!("[0:v]fps=25{cut}[made];[1:v]fps=25{cut}[asked];[made][asked]ssim");
    let said = ffmpeg(dir, ["-i", file, "-i", reference, "-filter_complex", &graph, "-f", "null", "-"])?;
    told(&said).ok_or_else(|| format!("{file} cannot be compared\n{said}").into())
}

/// The last mean that the filter told.
fn told(said: &str) -> Option<f64> {
    let line = said.lines().rfind(|line| line.contains("SSIM "))?;
    line.split_once("All:")?.1.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_all_planes_is_what_counts() {
        let said = "Output #0\n[Parsed_ssim_2 @ 0x55] SSIM Y:0.987 (18.9) U:0.99 (21) V:0.99 (21) All:0.9885 (19.4)\n";
        assert_eq!(told(said), Some(0.9885));
        assert_eq!(told("Output #0\n"), None);
    }
}
