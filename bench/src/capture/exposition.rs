//! Reads Prometheus' text format, as far as our own programs write it.

/// The sum of a metric's samples whose labels contain `label`, such as `kind="video"`; an empty one is contained in all.
pub(super) fn sum(text: &str, name: &str, label: &str) -> f64 {
    let values = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        let (labels, value) = match rest.strip_prefix('{') {
            Some(rest) => rest.rsplit_once("} ")?,
            None => ("", rest.strip_prefix(' ')?),
        };
        if labels.contains(label) { value.trim().parse::<f64>().ok() } else { None }
    });
    values.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP frames_total Frames, by kind\n# TYPE frames_total counter\n\
        frames_total{kind=\"audio\"} 70\nframes_total{kind=\"video\",of=\"a } b\"} 30\n\nframes_total_more 5\nlag 0.25\n";

    #[test]
    fn samples_are_added_up_by_whole_name_and_label() {
        assert_eq!(sum(TEXT, "frames_total", ""), 100.0);
        assert_eq!(sum(TEXT, "frames_total", "kind=\"video\""), 30.0);
        assert_eq!(sum(TEXT, "lag", ""), 0.25);
        assert_eq!(sum(TEXT, "lag", "kind=\"video\""), 0.0);
        assert_eq!(sum(TEXT, "unknown", ""), 0.0);
    }
}
