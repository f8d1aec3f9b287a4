//! How loud a run of samples is. Whether that counts as speech is decided by `timeline`.

/// What silence measures, in dB relative to full scale.
const FLOOR_DBFS: f32 = -120.0;

/// Measures the largest sample of `samples` in dB relative to full scale (0 is 1.0); -120 for silence and for nothing.
pub fn peak_dbfs(samples: &[f32]) -> f32 {
    dbfs(peak(samples))
}

/// The largest distance of `samples` from zero; 0 for nothing. What is not a number does not count.
pub(crate) fn peak(samples: &[f32]) -> f32 {
    // Of several runs at once and without `f32::max`, which asks more than one instruction can say about what is not a number.
    let higher = |peak: f32, sample: &f32| if sample.abs() > peak { sample.abs() } else { peak };
    let (runs, rest) = samples.as_chunks::<16>();
    let mut peaks = [0.0; 16];
    for run in runs {
        for (peak, sample) in peaks.iter_mut().zip(run) {
            *peak = higher(*peak, sample);
        }
    }
    rest.iter().chain(&peaks).fold(0.0, higher)
}

/// Measures the effective value of `samples` in dB relative to a constant 1.0; -120 for silence and for nothing.
///
/// A full-scale sine measures -3.01.
pub fn rms_dbfs(samples: &[f32]) -> f32 {
    if samples.is_empty() {
        return FLOOR_DBFS;
    }
    let power: f64 = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    dbfs((power / samples.len() as f64).sqrt() as f32)
}

fn dbfs(amplitude: f32) -> f32 {
    if amplitude > 0.0 { (20.0 * amplitude.log10()).max(FLOOR_DBFS) } else { FLOOR_DBFS }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_measures_the_floor() {
        assert_eq!((peak_dbfs(&[0.0; 960]), rms_dbfs(&[])), (FLOOR_DBFS, FLOOR_DBFS));
    }

    #[test]
    fn a_full_scale_sine_peaks_at_zero_and_averages_three_below() {
        let sine: Vec<f32> = (0..960).map(|n| (n as f32 * std::f32::consts::TAU / 48.0).sin()).collect();
        assert!(peak_dbfs(&sine).abs() < 0.01);
        assert!((rms_dbfs(&sine) + 3.01).abs() < 0.01);
    }

    #[test]
    fn ten_times_smaller_is_twenty_decibels_lower() {
        assert!((peak_dbfs(&[-0.1, 0.05]) + 20.0).abs() < 1e-4);
    }
}
