//! Linear operators with public weights.
//!
//! # Semantics
//! `y[o] = Σ w · x + b[o]`, exact integers, over the taps of output `o`. What the taps are makes
//! the operator: [`Dense`], [`super::Conv`], [`Sum`], [`Windows`].
//!
//! # Bounds
//! The one-sided sums of the actual weights: a positive weight takes its input's upper end for the
//! upper bound and the lower end for the lower one, a negative weight the other way round.
//!
//! # Cost
//! No constraint: weights are constants, and the sum is folded into the next gadget, where it
//! appears once. An input that is itself a long sum and is used several times gets a wire of its
//! own, 1 constraint.

use super::Operator;
use crate::{
	r1cs::{scaled, Builder, LinearCombination},
	signal::{Bounds, Signal},
};
use std::any::Any;

/// The terms of a linear operator.
pub trait Taps: std::fmt::Debug + Send + Sync + 'static {
	/// The operator's name in reports.
	const NAME: &'static str;

	/// Number of outputs.
	fn outputs(&self) -> usize;

	/// Calls `tap` with input, element and weight of every term of an output.
	fn each(&self, output: usize, tap: impl FnMut(usize, usize, i64));

	/// Multiply-adds of one evaluation.
	fn multiply_adds(&self) -> u64 {
		0
	}
}

/// A linear operator: taps, and one bias for each output.
#[derive(Clone, Debug)]
pub struct Linear<T> {
	/// The terms.
	pub taps: T,
	/// One value for each output.
	pub bias: Vec<i64>,
}

/// Sums of fewer terms than this are not worth a wire.
pub(super) const SHORT: u32 = 8;

impl<T: Taps> Linear<T> {
	/// Without a bias.
	pub fn new(taps: T) -> Self {
		let bias = vec![0; taps.outputs()];
		Self { taps, bias }
	}

	/// What no partial sum exceeds, in whatever order it is added: `max Σ |w|·max|x| + |b|`.
	pub fn reach(&self, inputs: &[&[Bounds]]) -> i128 {
		let largest = |x: &Bounds| i128::from(x.lo.unsigned_abs().max(x.hi.unsigned_abs()));
		(0..self.taps.outputs())
			.map(|output| {
				let mut sum = i128::from(self.bias[output]).abs();
				self.taps.each(output, |input, element, weight| {
					sum += largest(&inputs[input][element]) * i128::from(weight).abs();
				});
				sum
			})
			.max()
			.unwrap_or(0)
	}

	/// Gives wires to long sums that several outputs use.
	fn with_wires(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Vec<Signal>> {
		let mut uses: Vec<Vec<u32>> = inputs.iter().map(|input| vec![0; input.len()]).collect();
		if inputs.iter().any(|input| input.iter().any(|signal| signal.terms > SHORT)) {
			for output in 0..self.taps.outputs() {
				self.taps.each(output, |input, element, weight| {
					uses[input][element] += u32::from(weight != 0);
				});
			}
		}
		let wired = |(input, uses): (&&[Signal], Vec<u32>)| {
			let signals = input.iter().zip(uses);
			signals
				.map(|(signal, uses)| match signal.terms > SHORT && uses > 1 {
					true => builder.name(signal),
					false => signal.clone(),
				})
				.collect()
		};
		inputs.iter().zip(uses).map(wired).collect()
	}
}

impl<T: Taps> Operator for Linear<T> {
	fn name(&self) -> &'static str {
		T::NAME
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		(self.bias.iter().enumerate())
			.map(|(output, &bias)| {
				let mut sum = bias;
				self.taps.each(output, |input, element, weight| {
					sum += inputs[input][element] * weight;
				});
				sum
			})
			.collect()
	}

	fn bounds(&self, inputs: &[&[Bounds]]) -> Vec<Bounds> {
		(self.bias.iter().enumerate())
			.map(|(output, &bias)| {
				let mut sum = Bounds::constant(bias);
				self.taps.each(output, |input, element, weight| {
					sum = sum.plus(inputs[input][element].times(weight));
				});
				sum
			})
			.collect()
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		let long = inputs.iter().any(|input| input.iter().any(|signal| signal.terms > SHORT));
		let wired = if long { self.with_wires(builder, inputs) } else { Vec::new() };
		let named: Vec<&[Signal]> = wired.iter().map(Vec::as_slice).collect();
		let inputs = if long { named.as_slice() } else { inputs };
		let collects = builder.wants_constraints();
		(self.bias.iter().enumerate())
			.map(|(output, &bias)| {
				let mut sum = Signal { terms: u32::from(bias != 0), ..Signal::constant(bias) };
				let mut bounds = sum.bounds();
				self.taps.each(output, |input, element, weight| {
					let x = &inputs[input][element];
					if weight == 0 {
						return;
					}
					bounds = bounds.plus(x.bounds().times(weight));
					sum.terms = sum.terms.saturating_add(x.terms);
					if collects {
						sum.lc.0.extend(x.lc.0.iter().map(|&(wire, c)| (wire, scaled(c, weight))));
					}
					sum.value = sum.value.wrapping_add(x.value.wrapping_mul(weight));
				});
				if collects {
					sum.lc.normalise();
				} else {
					sum.lc = LinearCombination::default();
				}
				Signal { lo: bounds.lo, hi: bounds.hi, ..sum }
			})
			.collect()
	}

	fn multiply_adds(&self) -> u64 {
		self.taps.multiply_adds()
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

/// A matrix of weights, applied to every row of the input: `[r, in] → [r, out]`.
#[derive(Clone, Debug)]
pub struct Dense {
	/// Rows of the input.
	pub rows: usize,
	/// Values in each.
	pub inputs: usize,
	/// Values in each row of the result.
	pub outputs: usize,
	/// Matrices of weights, one row of `inputs` values per output; all rows of the input use the
	/// same one, or as many consecutive rows as there are rows for each matrix.
	pub weights: Vec<i32>,
}

impl Dense {
	/// The row of the input that an output is of, and where its weights begin.
	pub(super) fn row_of_weights(&self, output: usize) -> (usize, usize) {
		let (row, column) = (output / self.outputs, output % self.outputs);
		let matrices = self.weights.len() / (self.inputs * self.outputs);
		let matrix = row * matrices / self.rows;
		(row, (matrix * self.outputs + column) * self.inputs)
	}
}

impl Taps for Dense {
	const NAME: &'static str = "linear";

	fn outputs(&self) -> usize {
		self.rows * self.outputs
	}

	fn each(&self, output: usize, mut tap: impl FnMut(usize, usize, i64)) {
		let (row, start) = self.row_of_weights(output);
		for (j, &weight) in self.weights[start..start + self.inputs].iter().enumerate() {
			tap(0, row * self.inputs + j, weight.into());
		}
	}

	fn multiply_adds(&self) -> u64 {
		(self.rows * self.outputs * self.inputs) as u64
	}
}

/// One factor for every element, or one for each.
#[derive(Clone, Debug)]
pub enum Factors {
	/// The same for all.
	All(i64),
	/// By output.
	Each(Vec<i64>),
}

impl Factors {
	/// The factor of an element.
	pub fn at(&self, output: usize) -> i64 {
		match self {
			Self::All(factor) => *factor,
			Self::Each(factors) => factors[output],
		}
	}
}

/// One operand of a [`Sum`].
#[derive(Clone, Debug)]
pub struct Term {
	/// The element that each output takes; all in order where absent.
	pub places: Option<Vec<usize>>,
	/// What it is multiplied by.
	pub factors: Factors,
}

impl Term {
	/// All elements in order, times one factor.
	pub fn all(factor: i64) -> Self {
		Self { places: None, factors: Factors::All(factor) }
	}
}

/// A sum of tensors, element by element.
#[derive(Clone, Debug)]
pub struct Sum {
	/// Elements of the result.
	pub outputs: usize,
	/// What is added, one operand for each input.
	pub terms: Vec<Term>,
}

impl Taps for Sum {
	const NAME: &'static str = "sum";

	fn outputs(&self) -> usize {
		self.outputs
	}

	fn each(&self, output: usize, mut tap: impl FnMut(usize, usize, i64)) {
		for (input, term) in self.terms.iter().enumerate() {
			let element = term.places.as_ref().map_or(output, |places| places[output]);
			tap(input, element, term.factors.at(output));
		}
	}
}

/// Sums over windows of one tensor.
#[derive(Clone, Debug)]
pub struct Windows {
	/// The elements that each output adds.
	pub windows: Vec<Vec<u32>>,
}

impl Taps for Windows {
	const NAME: &'static str = "sum over windows";

	fn outputs(&self) -> usize {
		self.windows.len()
	}

	fn each(&self, output: usize, mut tap: impl FnMut(usize, usize, i64)) {
		self.windows[output].iter().for_each(|&element| tap(0, element as usize, 1));
	}
}
