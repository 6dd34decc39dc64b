//! Functions of single integers that are constant between the places where they jump.
//!
//! # Semantics
//! `y = first`, and after each jump whose integer `x` reaches the value beside it.
//!
//! # Constraints
//! For each element, whatever the number of its functions, one
//! [thermometer](crate::gadgets::thermometer) of the integers at which any of them jumps; functions
//! are sums of its booleans. It proves the bounds of the element, too.

use super::Operator;
use crate::{
	columns::Pieces,
	gadgets::thermometer::thermometer,
	r1cs::Builder,
	signal::{Bounds, Signal},
};
use std::{any::Any, collections::HashMap};

/// An element of the input, and where its functions jump.
#[derive(Clone, Debug, PartialEq)]
struct Source {
	element: usize,
	bounds: Bounds,
	/// In rising order.
	cuts: Vec<i64>,
}

/// Step functions of elements of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
	sources: Vec<Source>,
	/// Of each output the source, and the function.
	outputs: Vec<(usize, Pieces<i64>)>,
}

impl Steps {
	/// Functions of elements, given with the bounds that these are claimed to have.
	///
	/// # Panics
	/// If an element has two bounds, or a function jumps out of them.
	pub fn new(functions: impl IntoIterator<Item = (usize, Bounds, Pieces<i64>)>) -> Self {
		let mut steps = Self { sources: Vec::new(), outputs: Vec::new() };
		let mut known: HashMap<usize, usize> = HashMap::new();
		for (element, bounds, pieces) in functions {
			let source = *known.entry(element).or_insert_with(|| {
				steps.sources.push(Source { element, bounds, cuts: Vec::new() });
				steps.sources.len() - 1
			});
			assert_eq!(steps.sources[source].bounds, bounds, "one range");
			let cuts = &mut steps.sources[source].cuts;
			for &(at, _) in &pieces.jumps {
				assert!(bounds.lo < at && at <= bounds.hi, "a jump within the range");
				if let Err(place) = cuts.binary_search(&at) {
					cuts.insert(place, at);
				}
			}
			steps.outputs.push((source, pieces));
		}
		steps
	}

	/// How many booleans there are: pairs of an element and an integer that it reaches or not.
	pub fn cuts(&self) -> usize {
		self.sources.iter().map(|source| source.cuts.len()).sum()
	}
}

/// The value that a function has at an integer.
fn value(pieces: &Pieces<i64>, x: i64) -> i64 {
	let reached = pieces.jumps.partition_point(|(at, _)| *at <= x);
	reached.checked_sub(1).map_or(pieces.first, |last| pieces.jumps[last].1)
}

/// The bounds of a function's values.
fn hull(pieces: &Pieces<i64>) -> Bounds {
	let first = Bounds::constant(pieces.first);
	pieces.jumps.iter().fold(first, |hull, (_, value)| hull.hull(Bounds::constant(*value)))
}

impl Operator for Steps {
	fn name(&self) -> &'static str {
		"steps"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		(self.outputs.iter())
			.map(|(source, pieces)| value(pieces, inputs[0][self.sources[*source].element]))
			.collect()
	}

	fn bounds(&self, _: &[&[Bounds]]) -> Vec<Bounds> {
		self.outputs.iter().map(|(_, pieces)| hull(pieces)).collect()
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		let bits: Vec<Vec<Signal>> = (self.sources.iter())
			.map(|Source { element, bounds, cuts }| match cuts.as_slice() {
				[] => Vec::new(),
				cuts => thermometer(builder, &inputs[0][*element], *bounds, cuts),
			})
			.collect();
		(self.outputs.iter())
			.map(|(source, pieces)| {
				let (cuts, bits) = (&self.sources[*source].cuts, &bits[*source]);
				let mut before = pieces.first;
				let mut sum = Signal::constant(before);
				for &(at, value) in &pieces.jumps {
					let bit = cuts.binary_search(&at).expect("every jump is a cut");
					sum = sum.plus(value - before, &bits[bit]);
					before = value;
				}
				let Bounds { lo, hi } = hull(pieces);
				Signal { lo, hi, ..sum }
			})
			.collect()
	}

	fn proves_bounds_of(&self) -> Vec<usize> {
		let cut = self.sources.iter().filter(|source| !source.cuts.is_empty());
		cut.map(|source| source.element).collect()
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;

	const RANGE: Bounds = Bounds { lo: -4, hi: 6 };

	fn steps() -> Steps {
		let pieces = |first, jumps: &[(i64, i64)]| Pieces { first, jumps: jumps.to_vec() };
		Steps::new([
			(1, RANGE, pieces(5, &[(0, -3), (4, 8)])),
			(0, RANGE, pieces(0, &[(2, 1), (3, 0)])),
			(1, RANGE, pieces(0, &[(4, 1)])),
			(0, RANGE, pieces(7, &[])),
		])
	}

	#[test]
	fn agrees_with_the_reference_on_every_value() {
		let op = steps();
		assert_eq!(op.proves_bounds_of(), [1, 0]);
		assert_eq!(op.cuts(), 4);
		let reference = |x: i64, y: i64| {
			let of_y = if y < 0 {
				5
			} else if y < 4 {
				-3
			} else {
				8
			};
			vec![of_y, i64::from(x == 2), i64::from(y >= 4), 7]
		};
		let circuit = op.clone();
		let harness = Harness::new(vec![RANGE; 2], move |builder, inputs| {
			circuit.constrain(builder, &[inputs])
		});
		for x in RANGE.lo..=RANGE.hi {
			for y in RANGE.lo..=RANGE.hi {
				assert_eq!(op.evaluate(&[&[x, y]]), reference(x, y));
				harness.accepts(&[x, y], &reference(x, y));
			}
			harness.rejects_single_wire_changes(&[x, 6 - (x + 4)]);
			harness.has_one_output(&[x, 6 - (x + 4)]);
		}
		harness.rejects_output(&[2, 0], &[-3, 0, 0, 7]);
		harness.rejects_output(&[3, 4], &[5, 0, 1, 7]);
		assert_eq!(op.bounds(&[]), harness_bounds());
		// Two cuts each, pieces of at most 4 and of at most 6.
		assert_eq!(harness.constraints(), (2 + 2 * 2) + (2 + 2 * 3));
	}

	fn harness_bounds() -> Vec<Bounds> {
		[(-3, 8), (0, 1), (0, 1), (7, 7)].map(|(lo, hi)| Bounds { lo, hi }).to_vec()
	}
}
