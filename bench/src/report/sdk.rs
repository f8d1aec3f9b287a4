//! What Zoom's own SDK took for the same meetings, for people and for comparing. The engine's figures are in `whole`.

use super::table::{Table, figure};
use crate::record::{CaptureFigures, CaptureResult, SdkFigures};

/// A table of the scenarios in which it was measured; that it was in none.
pub(super) fn text(results: &[CaptureResult]) -> String {
    let measured: Vec<(&CaptureResult, CaptureFigures, SdkFigures)> =
        results.iter().filter_map(|result| Some((result, result.median?, result.median?.sdk?))).collect();
    if measured.is_empty() {
        return "note: Zoom's SDK was not there, was given no meetings, or failed: it was not measured\n".to_owned();
    }
    let heads = ["beside Zoom's SDK", "ratio", "CPU s/meeting-min", "SDK", "MiB/meeting", "SDK", "dropped", "SDK"];
    let mut table = Table::new(heads);
    for (CaptureResult { meetings, scenario, .. }, median, sdk) in measured {
        table.push(vec![
            format!("{meetings} × {scenario}"),
            figure(sdk.ratio),
            figure(median.engine_cpu_s),
            figure(sdk.cpu_s),
            figure(median.engine_rss_mib),
            figure(sdk.rss_mib),
            median.frames_dropped.to_string(),
            sdk.frames_missed.to_string(),
        ]);
    }
    table.text()
}

/// Its figures in one scenario, named.
pub(super) fn figures(sdk: &SdkFigures) -> [(&'static str, f64); 4] {
    [
        ("CPU s/meeting-minute, Zoom's SDK", sdk.cpu_s),
        ("CPU ratio to Zoom's SDK", sdk.ratio),
        ("MiB/meeting, Zoom's SDK", sdk.rss_mib),
        ("messages missed, Zoom's SDK", sdk.frames_missed as f64),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    fn result(sdk: Option<SdkFigures>) -> CaptureResult {
        let median = Some(CaptureFigures { engine_cpu_s: 0.25, sdk, ..CaptureFigures::default() });
        CaptureResult { meetings: 15, scenario: "load".into(), median, ..CaptureResult::default() }
    }

    #[test]
    fn a_scenario_without_the_sdk_has_no_line() {
        let sdk = SdkFigures { cpu_s: 0.5, ratio: 0.5, rss_mib: 2.0, frames_missed: 7 };
        let text = text(&[result(None), result(Some(sdk))]);
        let last: Vec<&str> = text.lines().last().unwrap().split_ascii_whitespace().collect();
        assert_eq!(last, ["15", "×", "load", "0.500", "0.250", "0.500", "0", "2.00", "0", "7"]);
        assert_eq!(text.lines().count(), 2, "{text}");
    }

    #[test]
    fn a_run_without_the_sdk_says_so() {
        assert!(text(&[result(None)]).contains("not measured"));
    }
}
