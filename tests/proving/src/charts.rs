//! What was measured, as charts: products, by their number.

use crate::{
	cases::Case,
	provers::Prover,
	rounds::{Figures, Measured},
	tables::value,
};
use zkml_figures::plot::{Chart, Line};

/// Time of a process and of a proof, time for each constraint, and memory.
pub fn charts(all: &[Measured]) -> [Chart; 4] {
	let chart = |title, unit, lines| Chart {
		title,
		axes: ["constraints", unit],
		place: |size| format!("2^{:.0}", size.log2()),
		lines,
	};
	[
		chart(
			"Whole process: key read, one proof",
			"time, s",
			lines(all, |figures| &figures.whole, |seconds, _| seconds),
		),
		chart(
			"A proof in a warm process",
			"time, s",
			lines(all, |figures| &figures.warm, |seconds, _| seconds),
		),
		chart(
			"A proof in a warm process, for each constraint",
			"time, µs",
			lines(all, |figures| &figures.warm, |seconds, size| seconds * 1e6 / size),
		),
		chart(
			"Peak memory of a whole process",
			"memory, MB",
			lines(all, |figures| &figures.memory, |bytes, _| bytes / 1e6),
		),
	]
}

/// A line for each prover, of medians, which `of` is given with the size.
fn lines(all: &[Measured], pick: fn(&Figures) -> &Vec<f64>, of: fn(f64, f64) -> f64) -> Vec<Line> {
	let line = |prover: Prover| {
		let point = |measured: &Measured| match measured.case {
			Case::Products(power) => {
				let size = f64::from(power).exp2();
				Some((size, of(value(measured, prover, pick)?, size)))
			},
			_ => None,
		};
		let points = all.iter().filter_map(point).collect();
		Line { name: prover.name(), colour: prover.colour(), points }
	};
	Prover::ALL.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use zkml_figures::plot;

	#[test]
	fn products_are_drawn_and_nothing_else() {
		let figures = Figures { whole: vec![2.0], warm: vec![4.0], ..Figures::default() };
		let measured = |case| Measured {
			case,
			constraints: 14,
			domain: 16,
			wires: 17,
			key_size: 1,
			by: [(Prover::Ours, figures.clone())].into(),
		};
		let charts = charts(&[measured(Case::Digits), measured(Case::Products(4))]);
		let points = charts.each_ref().map(|chart| chart.lines[0].points.clone());
		assert_eq!(points[0], [(16.0, 2.0)]);
		assert_eq!(points[2], [(16.0, 4.0 * 1e6 / 16.0)]);
		assert!(points[3].is_empty());
		assert!(plot::draw(&charts).expect("a picture").contains("2^4"));
	}
}
