//! `ai.onnx.ml.Normalizer`: rows divided by a norm of theirs.
//!
//! # Semantics
//! `yᵢ = ⌊2^(12+m)·xᵢ / N + 1/2⌋`, in units of 2⁻¹², with `N` the sum of magnitudes (L1, `m` 0), the
//! largest (MAX, `m` 0), or `⌊√(4ᵐ·Σ x²)⌋` (L2, `m` 8), and 1 where that is 0. So a row of zeros stays
//! one, as in onnxruntime. For MAX no element may be negative: onnxruntime divides by what is largest
//! with its sign.
//!
//! So `y` is within 2⁻¹³ of the real value, for L2 within 2⁻⁸ of it relatively where `Σ x²` is 1, and
//! nearer the larger that is.
//!
//! # Constraints
//! A [quotient](crate::gadgets::division) for each element; for L1 and MAX a
//! [maximum](crate::gadgets::maximum) for each that may be negative, or is compared; for L2 a square for
//! each and one [root](crate::gadgets::square_root).

use super::{shape::windows, Operator};
use crate::{
	error::ModelError,
	gadgets::{
		division::{divide, quotient},
		maximum::maximum,
		square_root::{root, square_root},
	},
	lower::Lowering,
	onnx::Node,
	r1cs::{Builder, LinearCombination},
	signal::{Bounds, Signal},
	value::{Real, Unit, Value},
};
use std::any::Any;

/// Bits after the point of a result.
const FINE: u32 = 12;

/// What a row is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
	/// The sum of magnitudes.
	L1,
	/// The root of the sum of squares.
	L2,
	/// The largest.
	Max,
}

impl Norm {
	/// The norm of a name in ONNX.
	pub fn of_name(name: &str) -> Option<Self> {
		Some(match name {
			"L1" => Self::L1,
			"L2" => Self::L2,
			"MAX" => Self::Max,
			_ => return None,
		})
	}

	/// Bits that it is refined by.
	fn refined(self) -> u32 {
		if self == Self::L2 {
			8
		} else {
			0
		}
	}
}

/// Rows over their norms.
#[derive(Clone, Debug)]
pub struct Normalizer {
	/// The rows.
	pub groups: Vec<Vec<u32>>,
	/// What they are divided by.
	pub norm: Norm,
	/// How many elements there are.
	pub size: usize,
}

/// No quotient is larger: the root loses less than 1 of at least 2⁸.
const MOST: Bounds = Bounds { lo: -(1 << FINE) - 32, hi: (1 << FINE) + 32 };

fn magnitude(bounds: Bounds) -> i64 {
	bounds.lo.saturating_abs().max(bounds.hi.saturating_abs())
}

impl Normalizer {
	/// The bounds of a row's norm before 1 takes the place of 0.
	fn norms(&self, row: &[Bounds]) -> Bounds {
		let sum = |of: &dyn Fn(i64) -> i64| {
			row.iter().map(|b| of(magnitude(*b))).fold(0i64, i64::saturating_add)
		};
		let hi = match self.norm {
			Norm::L1 => sum(&|x| x),
			Norm::L2 => sum(&|x| x.saturating_mul(x)),
			Norm::Max => row.iter().map(|b| b.hi).max().unwrap_or_default(),
		};
		Bounds { lo: 0, hi }
	}
}

impl Operator for Normalizer {
	fn name(&self) -> &'static str {
		"normalise"
	}

	fn evaluate(&self, inputs: &[&[i64]]) -> Vec<i64> {
		let x = inputs[0];
		let mut result = vec![0; self.size];
		for group in &self.groups {
			let row = || group.iter().map(|&at| x[at as usize]);
			let norm = match self.norm {
				Norm::L1 => row().map(i64::abs).sum(),
				Norm::L2 => root(row().map(|x| x * x).sum::<i64>() << (2 * self.norm.refined())),
				Norm::Max => row().max().unwrap_or_default(),
			};
			for (&at, x) in group.iter().zip(row()) {
				result[at as usize] = quotient(x << (FINE + self.norm.refined()), norm.max(1));
			}
		}
		result
	}

	fn bounds(&self, _: &[&[Bounds]]) -> Vec<Bounds> {
		vec![MOST; self.size]
	}

	fn constrain(&self, builder: &mut Builder, inputs: &[&[Signal]]) -> Vec<Signal> {
		let mut result = vec![Signal::constant(0); self.size];
		for group in &self.groups {
			let row: Vec<Signal> = group.iter().map(|&at| inputs[0][at as usize].clone()).collect();
			let bounds: Vec<Bounds> = row.iter().map(Signal::bounds).collect();
			let Bounds { lo, hi } = self.norms(&bounds);
			let norm = match self.norm {
				Norm::Max => {
					let first = row[0].clone();
					row[1..].iter().fold(first, |largest, x| maximum(builder, &largest, x))
				},
				Norm::L1 => row.iter().fold(Signal::constant(0), |sum, x| {
					let magnitude = maximum(builder, x, &x.times(-1));
					sum.plus(1, &magnitude)
				}),
				Norm::L2 => {
					let squares = row.iter().fold(Signal::constant(0), |sum, x| {
						let value = x.value.wrapping_mul(x.value);
						let (a, b) = (x.lc.clone(), x.lc.clone());
						let wire = builder.product(a, b, LinearCombination::default(), value);
						sum.plus(1, &Signal::wire(wire, value, Bounds { lo, hi }))
					});
					let squares = builder.name(&Signal { lo, hi, ..squares });
					square_root(builder, &squares.times(1 << (2 * self.norm.refined())))
				},
			};
			let lowest = norm.lo.max(0);
			let norm = builder.name(&Signal { lo: lowest, ..norm });
			let divisor = match lowest {
				0 => {
					let zero = builder.is_zero(norm.lc.clone(), norm.value);
					let bit = Bounds { lo: 0, hi: 1 };
					let zero = Signal::wire(zero, (norm.value == 0).into(), bit);
					let hi = norm.hi.max(1);
					Signal { lo: 1, hi, ..norm.plus(1, &zero) }
				},
				_ => norm,
			};
			for (&at, x) in group.iter().zip(&row) {
				let up = x.times(1 << (FINE + self.norm.refined()));
				let Signal { lc, terms, value, .. } = divide(builder, &up, &divisor, MOST);
				result[at as usize] = Signal { lc, terms, value, lo: MOST.lo, hi: MOST.hi };
			}
		}
		result
	}

	fn as_any(&self) -> &dyn Any {
		self
	}
}

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["norm"])?;
	let name = node.string("norm", "MAX")?;
	let norm = Norm::of_name(name).ok_or_else(|| node.error(format!("its norm is {name}")))?;
	let real = lowering.real(node, 0)?;
	let real = lowering.uniform(node, real)?;
	real.exponents(node)?;
	let last =
		real.shape.len().checked_sub(1).ok_or_else(|| node.error("its input has no axis"))?;
	let groups = windows(&real.shape, &[last]);
	let bounds = lowering.bounds_of(real.tensor);
	if norm == Norm::Max && bounds.iter().any(|bounds| bounds.lo < 0) {
		return Err(node.error("an element may be negative, which the norm MAX does not take here"));
	}
	let op = Normalizer { groups, norm, size: bounds.len() };
	let widest = |group: &Vec<u32>| {
		let row: Vec<Bounds> = group.iter().map(|&at| bounds[at as usize]).collect();
		let most = row.iter().map(|bounds| magnitude(*bounds)).max().unwrap_or(0);
		(op.norms(&row).hi, most)
	};
	let (norms, most) =
		op.groups.iter().map(widest).fold((0, 0), |(a, b), (c, d)| (a.max(c), b.max(d)));
	if norms >= 1 << 40 || most >= 1 << 24 {
		return Err(node.error(
			"its sums have too many bits: put QuantizeLinear and DequantizeLinear before it",
		));
	}
	let (size, shape) = (op.size, real.shape);
	let tensor = lowering.push(node, op, &[real.tensor], &shape)?;
	Ok(Value::Real(Real::new(tensor, shape, vec![Unit::Exact(-(FINE as i32)); size])))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gadgets::harness::Harness;

	fn op(norm: Norm) -> Normalizer {
		Normalizer { groups: vec![vec![0, 1, 2]], norm, size: 3 }
	}

	#[test]
	fn rows_are_divided_as_onnxruntime_does() {
		let near = |norm: Norm, x: [i64; 3], y: [f64; 3]| {
			for (ours, real) in op(norm).evaluate(&[&x]).into_iter().zip(y) {
				let error = (ours as f64 / 4096.0 - real).abs();
				assert!(error <= 1.0 / 4096.0, "{norm:?} of {x:?}: {error}");
			}
		};
		near(Norm::L1, [1, -5, 3], [1.0 / 9.0, -5.0 / 9.0, 3.0 / 9.0]);
		near(Norm::L2, [10, -50, 30], [0.169_031, -0.845_154, 0.507_093]);
		near(Norm::L2, [3, 4, 0], [0.6, 0.8, 0.0]);
		near(Norm::Max, [1, 5, 3], [0.2, 1.0, 0.6]);
		for norm in [Norm::L1, Norm::L2, Norm::Max] {
			near(norm, [0, 0, 0], [0.0; 3]);
		}
	}

	#[test]
	fn proves_what_it_evaluates() {
		for (norm, lo) in [(Norm::L1, -3), (Norm::L2, -3), (Norm::Max, 0)] {
			let circuit = op(norm);
			let harness = Harness::new(vec![Bounds { lo, hi: 4 }; 3], move |builder, inputs| {
				circuit.constrain(builder, &[inputs])
			});
			for x in [[0, 0, 0], [1, 2, 3], [4, 0, 4], [lo, lo, lo]] {
				harness.accepts(&x, &op(norm).evaluate(&[&x]));
				harness.rejects_single_wire_changes(&x);
			}
		}
	}
}
