//! Condenses series of measurements. What they mean belongs to whoever measured.

use serde::{Deserialize, Serialize};

/// A series in four numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quantiles {
    /// How many values.
    pub(crate) count: usize,
    /// The middle one.
    pub(crate) p50: f64,
    /// The one that a hundredth is not below.
    pub(crate) p99: f64,
    /// The largest one.
    pub(crate) max: f64,
}

impl Quantiles {
    /// Of values in any order; `None` of none.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        Some(Self { count: values.len(), p50: rank(&values, 0.5)?, p99: rank(&values, 0.99)?, max: *values.last()? })
    }
}

/// The value at a fraction of an ordered series, by the nearest-rank method: always one that was measured.
fn rank(ordered: &[f64], fraction: f64) -> Option<f64> {
    let rank = (fraction * ordered.len() as f64).ceil() as usize;
    ordered.get(rank.max(1) - 1).copied()
}

/// The middle value, or the mean of the two in the middle; `None` of none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 { Some(upper) } else { Some(f64::midpoint(values[middle - 1], upper)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle_whatever_the_order() {
        assert_eq!(median([]), None);
        assert_eq!(median([7.0]), Some(7.0));
        assert_eq!(median([9.0, 1.0, 5.0]), Some(5.0));
        assert_eq!(median([4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    #[test]
    fn the_99th_percentile_of_a_hundred_values_is_the_second_largest() {
        let quantiles = Quantiles::of((1..=100).rev().map(f64::from).collect()).unwrap();
        assert_eq!(quantiles, Quantiles { count: 100, p50: 50.0, p99: 99.0, max: 100.0 });
    }

    #[test]
    fn percentiles_of_few_values_are_values_that_were_measured() {
        assert_eq!(Quantiles::of(Vec::new()), None);
        assert_eq!(Quantiles::of(vec![3.0]), Some(Quantiles { count: 1, p50: 3.0, p99: 3.0, max: 3.0 }));
        assert_eq!(Quantiles::of(vec![2.0, 1.0]), Some(Quantiles { count: 2, p50: 1.0, p99: 2.0, max: 2.0 }));
    }
}
