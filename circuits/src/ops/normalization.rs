//! `LayerNormalization` and `RMSNormalization`: elements over the root of their mean square.
//!
//! # Semantics
//! For `n` integers `xᵢ` of unit `s`: `Dᵢ = n·xᵢ − Σ x`, or `xᵢ` where the mean is not taken off;
//! `W = Σ D² + E`, with `E` the integer next to what ε is in these units, at least 1;
//! `q = ⌊√(4ᵐ·W)⌋`, and `yᵢ = ⌊Dᵢ·C / q + 1/2⌋` with `C` the integer next to `√n·2^(m+9)`, in units of
//! 2⁻⁹. `m` is 10, less where numbers would exceed 60 bits.
//!
//! So `y` is within `2⁻¹⁰ + |y|·2^(1−m)` of the real value, but where `W` is so small that rounding ε
//! matters. Scale and bias follow as multiplication and addition of short multiples of powers of two.
//!
//! # Constraints
//! For each element a square and a [quotient](crate::gadgets::division) of as many bits as `q` has; for
//! each group one [root](crate::gadgets::square_root).

use super::{shape::windows, Factors, Linear, Operator, Sum, Term};
use crate::{
	error::ModelError,
	gadgets::{
		compare::LONG,
		division::{divide, quotient},
		square_root::{root, square_root},
	},
	lower::{Lowering, FLOAT_LIMIT},
	onnx::Node,
	r1cs::{Builder, LinearCombination},
	signal::{Bounds, Signal},
	value::{exponent_of, Real, Unit, Value},
};
use std::any::Any;

/// Bits after the point of a result.
const FINE: i32 = 9;
/// Most bits of a number.
const BITS: u32 = 58;

/// Normalisation within groups of elements.
#[derive(Clone, Debug)]
pub struct Normalization {
	/// The groups, all of one size.
	pub groups: Vec<Vec<u32>>,
	/// Whether the mean is taken off.
	pub centred: bool,
	/// What is added to the sum of squares.
	pub epsilon: i64,
	/// Bits that a root is refined by.
	pub refined: u32,
	/// How many elements there are.
	pub size: usize,
}

impl Normalization {
	fn terms(&self) -> i64 {
		self.groups.first().map_or(1, Vec::len) as i64
	}

	/// `√n·2^(m+9)`.
	fn factor(&self) -> i64 {
		let scale = 2f64.powi(self.refined as i32 + FINE);
		((self.terms() as f64).sqrt() * scale).round_ties_even() as i64
	}

	/// No result is larger: `D² ≤ W`, and the root loses less than 1.
	fn largest(&self) -> i64 {
		self.factor() / ((1 << self.refined) - 1) + 2
	}

	fn differences(&self, group: &[u32], bounds: &[Bounds]) -> Vec<Bounds> {
		let of = |at: &u32| bounds[*at as usize];
		let sum = group.iter().map(of).fold(Bounds::constant(0), Bounds::plus);
		let n = self.terms();
		let difference = |at: &u32| match self.centred {
			false => of(at),
			true => {
				let rest = Bounds { lo: sum.lo - of(at).lo, hi: sum.hi - of(at).hi };
				of(at).times(n - 1).plus(rest.times(-1))
			},
		};
		group.iter().map(difference).collect()
	}

	/// The bounds of `W`.
	fn sum_of_squares(&self, differences: &[Bounds]) -> Bounds {
		let square =
			|b: &Bounds| b.lo.saturating_abs().max(b.hi.saturating_abs()).saturating_pow(2);
		let most = differences.iter().map(square).fold(0i64, i64::saturating_add);
		Bounds { lo: self.epsilon, hi: most.saturating_add(self.epsilon) }
	}
}

impl Operator for Normalization {
	fn name(&self) -> &'static str {
		"normalise"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		let x = inputs[0];
		let mut result = vec![0; self.size];
		for group in &self.groups {
			let of = |at: &u32| x[*at as usize];
			let sum: i64 = group.iter().map(of).sum();
			let difference = |at: &u32| match self.centred {
				true => self.terms() * of(at) - sum,
				false => of(at),
			};
			let differences: Vec<i64> = group.iter().map(difference).collect();
			let squares: i64 = differences.iter().map(|d| d * d).sum::<i64>() + self.epsilon;
			let q = root(squares << (2 * self.refined));
			for (at, d) in group.iter().zip(differences) {
				result[*at as usize] = quotient(d * self.factor(), q);
			}
		}
		result
	}

	fn bounds(&self, _: &[&[Bounds]]) -> Vec<Bounds> {
		let most = self.largest();
		vec![Bounds { lo: -most, hi: most }; self.size]
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		let x = inputs[0];
		let bounds: Vec<Bounds> = x.iter().map(Signal::bounds).collect();
		let most = self.largest();
		let known = Bounds { lo: -most, hi: most };
		let mut result = vec![Signal::constant(0); self.size];
		for group in &self.groups {
			let of = |at: &u32| &x[*at as usize];
			let sum = group.iter().fold(Signal::constant(0), |sum, at| sum.plus(1, of(at)));
			let sum = if self.centred { builder.name(&sum) } else { sum };
			let differences = self.differences(group, &bounds);
			let total = self.sum_of_squares(&differences);
			let differences: Vec<Signal> = (group.iter().zip(differences))
				.map(|(at, Bounds { lo, hi })| {
					let difference = match self.centred {
						true => of(at).times(self.terms()).plus(-1, &sum),
						false => of(at).clone(),
					};
					let difference = Signal { lo, hi, ..difference };
					// It stands in many constraints.
					match difference.terms > LONG {
						true => builder.name(&difference),
						false => difference,
					}
				})
				.collect();
			let mut squares = Signal::constant(self.epsilon);
			for d in &differences {
				let value = d.value.wrapping_mul(d.value);
				let (a, b) = (d.lc.clone(), d.lc.clone());
				let wire = builder.product(a, b, LinearCombination::default(), value);
				squares = squares.plus(1, &Signal::wire(wire, value, total));
			}
			let squares = builder.name(&Signal { lo: total.lo, hi: total.hi, ..squares });
			let q = square_root(builder, &squares.times(1 << (2 * self.refined)));
			for (at, d) in group.iter().zip(&differences) {
				result[*at as usize] = divide(builder, &d.times(self.factor()), &q, known);
			}
		}
		result
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

/// `LayerNormalization`: with scale and bias over the normalised axes.
pub(super) fn lower_layer(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["axis", "epsilon", "stash_type"])?;
	lower(lowering, node, true)
}

/// `RMSNormalization`: with a scale.
pub(super) fn lower_rms(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["axis", "epsilon", "stash_type"])?;
	lower(lowering, node, false)
}

fn lower(lowering: &mut Lowering<'_>, node: &Node, centred: bool) -> Result<Value, ModelError> {
	node.output()?;
	let real = lowering.real(node, 0)?;
	let real = lowering.uniform(node, real)?;
	let axis = super::shape::axis(node, node.int("axis", -1)?, real.shape.len())?;
	let along: Vec<usize> = (axis..real.shape.len()).collect();
	let groups = windows(&real.shape, &along);
	let exponent = real.exponents(node)?.first().copied().unwrap_or_default();
	let terms = groups.first().map_or(1, Vec::len) as f64;
	let epsilon = f64::from(node.float("epsilon", 1e-5)?);
	// The sum of squares is that many times what ONNX adds ε to.
	let share = if centred { terms.powi(3) } else { terms };
	let epsilon = (epsilon * share / 4f64.powi(exponent)).round_ties_even();
	if !(epsilon.is_finite() && (0.0..2f64.powi(40)).contains(&epsilon)) {
		return Err(node.error(format!("its epsilon is {epsilon} in its input's units")));
	}
	let size = real.units.len();
	let epsilon = (epsilon as i64).max(1);
	let mut op = Normalization { groups, centred, epsilon, refined: 10, size };
	let bounds = lowering.bounds_of(real.tensor).to_vec();
	let widest = (op.groups.iter())
		.map(|group| op.sum_of_squares(&op.differences(group, &bounds)).hi)
		.max()
		.unwrap_or(0);
	// The root's argument, and the quotient's numbers.
	let fits = |op: &Normalization| {
		let squares = i128::from(widest) << (2 * op.refined);
		let largest = i128::from(root(widest)) + 1;
		let dividend = largest * i128::from(op.factor()) * 8;
		squares < 1 << BITS && dividend < 1 << BITS
	};
	while !fits(&op) {
		op.refined -= 1;
		if op.refined < 4 {
			return Err(node.error(
				"its sums have too many bits: put QuantizeLinear and DequantizeLinear before it",
			));
		}
	}
	let shape = real.shape.clone();
	let tensor = lowering.push(node, op, &[real.tensor], &shape)?;
	let result = Real::new(tensor, shape, vec![Unit::Exact(-FINE); size]);
	scaled(lowering, node, result, &along)
}

/// Scale and bias, broadcast over the axes before the normalised ones.
fn scaled(
	lowering: &mut Lowering<'_>,
	node: &Node,
	real: Real,
	along: &[usize],
) -> Result<Value, ModelError> {
	let size = real.units.len();
	let inner: usize = along.iter().map(|&axis| real.shape[axis]).product();
	let check = |count: usize, what: &str| match count == inner || count == 1 {
		true => Ok(()),
		false => Err(node.error(format!("its {what} has {count} elements, not {inner}"))),
	};
	let scale = lowering.integers(node, 1)?.into_owned();
	check(scale.values.len(), "scale")?;
	let place = |count: usize, element: usize| if count == 1 { 0 } else { element % inner };
	let of_scale = |element: usize| place(scale.values.len(), element);
	let exponent = |value: f32| {
		exponent_of(value).ok_or_else(|| {
			node.error("its scale's or bias's unit is no power of two: run `zkml quantize --snap`")
		})
	};
	let mut units = Vec::with_capacity(size);
	for element in 0..size {
		let dequantized = scale.scales[of_scale(element).min(scale.scales.len() - 1)];
		units.push(exponent(dequantized)? - FINE);
	}
	let factors = (0..size).map(|element| scale.values[of_scale(element)]).collect();
	let term = Term { places: None, factors: Factors::Each(factors) };
	let mut linear = Linear::new(Sum { outputs: size, terms: vec![term] });
	if node.optional_input(2).is_some() {
		let bias = lowering.integers(node, 2)?.into_owned();
		check(bias.values.len(), "bias")?;
		for (element, (unit, sum)) in units.iter().zip(&mut linear.bias).enumerate() {
			let at = place(bias.values.len(), element);
			let shift = exponent(bias.scales[at.min(bias.scales.len() - 1)])? - unit;
			let value = bias.values[at];
			*sum = match shift {
				0..=30 => value << shift,
				// Finer than a unit of the result: rounded, far below its error.
				-30..=-1 => {
					let half = 1i64 << (-shift - 1);
					(value + half) >> -shift
				},
				_ => return Err(node.error("its bias is too far from its scale")),
			};
		}
	}
	let shape = real.shape.clone();
	let tensor = lowering.push_linear(node, linear, &[real.tensor], &shape, FLOAT_LIMIT)?;
	let units = units.into_iter().map(Unit::Exact).collect();
	Ok(Value::Real(Real::new(tensor, shape, units)))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;

	fn op(centred: bool) -> Normalization {
		let groups = vec![vec![0, 1, 2]];
		Normalization { groups, centred, epsilon: 1, refined: 4, size: 3 }
	}

	const X: Bounds = Bounds { lo: -4, hi: 3 };

	#[test]
	fn results_are_near_the_real_ones() {
		for centred in [true, false] {
			let op = Normalization {
				groups: vec![(0..6).collect()],
				centred,
				epsilon: 1,
				refined: 10,
				size: 6,
			};
			for x in [[0, 1, 2, 3, 4, 5], [-128, 127, 0, 1, 100, 90], [7, 7, 7, 7, 7, 8]] {
				let mean = if centred { x.iter().sum::<i64>() as f64 / 6.0 } else { 0.0 };
				let squares: f64 = x.iter().map(|&x| (x as f64 - mean).powi(2)).sum();
				// ε in the units of the squares of these integers.
				let epsilon = if centred { 1.0 / 216.0 } else { 1.0 / 6.0 };
				let deviation = (squares / 6.0 + epsilon).sqrt();
				for (y, x) in op.evaluate(&[&x]).iter().zip(x) {
					let real = (x as f64 - mean) / deviation;
					let error = (*y as f64 / 512.0 - real).abs();
					assert!(error <= 1.0 / 1024.0 + real.abs() / 512.0, "{x}: {error}");
				}
			}
		}
	}

	#[test]
	fn proves_what_it_evaluates() {
		for centred in [true, false] {
			let circuit = op(centred);
			let harness = Harness::new(vec![X; 3], move |builder, inputs| {
				circuit.constrain(builder, &[inputs])
			});
			for x in [[-4, 3, 0], [1, 1, 1], [0, 0, 0], [-4, -4, 3]] {
				let expected = op(centred).evaluate(&[&x]);
				harness.accepts(&x, &expected);
				harness.rejects_single_wire_changes(&x);
			}
		}
	}
}
