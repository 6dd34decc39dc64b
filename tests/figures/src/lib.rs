#![forbid(unsafe_code)]

//! How benchmarks write down what they measure: [tables](table) and [charts](plot::draw) between the
//! [marks](with_figures) of a page.

mod machine;
mod page;
pub mod plot;
mod table;

pub use machine::{locked_version, machine};
pub use page::{with_figures, write, write_page};
pub use table::table;

/// The middle of an odd number of values, the upper of two of an even one.
///
/// # Panics
/// If there are none.
pub fn median(mut values: Vec<f64>) -> f64 {
	values.sort_by(f64::total_cmp);
	values[values.len() / 2]
}

/// By how much values differ, in parts of their median.
///
/// # Panics
/// If there are none.
pub fn spread(values: &[f64]) -> f64 {
	let most = values.iter().copied().fold(f64::MIN, f64::max);
	let least = values.iter().copied().fold(f64::MAX, f64::min);
	(most - least) / median(values.to_vec())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_median_is_in_the_middle() {
		assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
		assert_eq!(median(vec![3.0]), 3.0);
	}

	#[test]
	fn the_spread_is_in_parts_of_the_median() {
		assert_eq!(spread(&[1.0, 4.0, 2.0]), 1.5);
		assert_eq!(spread(&[7.0]), 0.0);
	}
}
