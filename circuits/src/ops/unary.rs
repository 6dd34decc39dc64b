//! `Relu`, `Clip`, `LeakyRelu`, `HardSigmoid`, `HardSwish`, `Abs`, and `Sigmoid`, `Tanh`, `Gelu` and
//! other [curves](Curve): functions of one number.
//!
//! They are kept pending. Before a `QuantizeLinear` a `Relu` or `Clip` narrows the range of the
//! result and costs nothing, and any other becomes part of the rounding step, for a narrow input a
//! table of 30 constraints for a byte. Elsewhere they are integer operators: [`super::Slopes`] for
//! `Relu`, `Abs` and a `LeakyRelu` whose slope is a short multiple of a power of two;
//! [`super::Clamp`] for `Clip`, and after an affine map for a `HardSigmoid` of such numbers.

use super::{columns::each, prelu::short_slope, Clamp, Factors, Slopes};
use crate::{
	curve::Curve,
	error::ModelError,
	gadgets::lookup::MAX_BITS,
	lower::{then, Lowering, FLOAT_LIMIT},
	onnx::Node,
	signal::Bounds,
	value::{dyadic, Quantized, Real, Unary, Unit, Value},
};

fn pending(lowering: &mut Lowering<'_>, node: &Node, unary: Unary) -> Result<Value, ModelError> {
	match (lowering.value(node, 0)?, &unary) {
		(Value::Input { shape, places, clip: None }, &Unary::Clip { lo, hi }) => {
			return Ok(Value::Input { shape, places, clip: Some((lo, hi)) });
		},
		(Value::Columns(columns), Unary::Clip { .. }) if node.op == "Clip" => {
			return each(node, columns, |_| unary.clone());
		},
		_ => {},
	}
	let real = lowering.pending(node, 0)?;
	// Integer kernels take what follows them into their rounding, but only clipping.
	let kernel = real.units.iter().any(|unit| matches!(unit, Unit::Kernel(_)));
	if kernel && !matches!(unary, Unary::Clip { .. }) {
		return Err(node.error(
			"onnxruntime computes this in float, where its result is no function of integers: put \
			 QuantizeLinear after the layer before, or run `zkml quantize --snap`",
		));
	}
	Ok(Value::Real(then(real, unary)))
}

pub(super) fn lower_relu(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	pending(lowering, node, Unary::RELU)
}

pub(super) fn lower_clip(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["min", "max"])?;
	if let Some(Value::Quantized(quantized)) =
		node.optional_input(0).and_then(|x| lowering.named(x))
	{
		let quantized = quantized.clone();
		return clip_integers(lowering, node, quantized);
	}
	let bound = |lowering: &Lowering<'_>, index, name, default| {
		if node.optional_input(index).is_none() {
			return node.float(name, default);
		}
		match lowering.constant(node, index)?.floats() {
			Some(&[value]) => Ok(value),
			_ => Err(node.error(format!("its {name} is not one float"))),
		}
	};
	let lo = bound(lowering, 1, "min", f32::NEG_INFINITY)?;
	let hi = bound(lowering, 2, "max", f32::INFINITY)?;
	if lo.is_nan() || hi.is_nan() {
		return Err(node.error("a bound is not a number"));
	}
	pending(lowering, node, Unary::Clip { lo, hi })
}

/// `Clip` of integers, between bounds of their type.
fn clip_integers(
	lowering: &mut Lowering<'_>,
	node: &Node,
	quantized: Quantized,
) -> Result<Value, ModelError> {
	// Bounds beyond 40 bits cut nothing off.
	const MOST: i64 = 1 << 40;
	let bound =
		|lowering: &Lowering<'_>, index, default| match lowering.ints(node, index)?.as_deref() {
			None => Ok(default),
			Some(&[value]) => Ok(value.clamp(-MOST, MOST)),
			Some(_) => Err(node.error(format!("its input {index} is not one integer"))),
		};
	let (lo, hi) = (bound(lowering, 1, -MOST)?, bound(lowering, 2, MOST)?);
	let count = lowering.bounds_of(quantized.tensor).len();
	let clamp = Clamp { lo: vec![lo; count], hi: vec![hi; count] };
	let tensor = lowering.push(node, clamp, &[quantized.tensor], &quantized.shape)?;
	Ok(Value::Quantized(Quantized { tensor, ..quantized }))
}

pub(super) fn lower_leaky_relu(
	lowering: &mut Lowering<'_>,
	node: &Node,
) -> Result<Value, ModelError> {
	node.only_attributes(&["alpha"])?;
	let alpha = finite(node, "alpha", 0.01)?;
	pending(lowering, node, Unary::LeakyRelu { alpha })
}

pub(super) fn lower_hard_sigmoid(
	lowering: &mut Lowering<'_>,
	node: &Node,
) -> Result<Value, ModelError> {
	node.only_attributes(&["alpha", "beta"])?;
	let unary =
		Unary::HardSigmoid { alpha: finite(node, "alpha", 0.2)?, beta: finite(node, "beta", 0.5)? };
	pending(lowering, node, unary)
}

pub(super) fn lower_hard_swish(
	lowering: &mut Lowering<'_>,
	node: &Node,
) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	pending(lowering, node, Unary::HardSwish)
}

/// A function of real numbers, without attributes.
pub(super) fn lower_curve(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let curve = Curve::of(&node.op).ok_or_else(|| node.error("it is no known function"))?;
	curved(lowering, node, curve)
}

pub(super) fn lower_gelu(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["approximate"])?;
	match node.string("approximate", "none")? {
		"none" => curved(lowering, node, Curve::Gelu),
		"tanh" => curved(lowering, node, Curve::GeluTanh),
		other => Err(node.error(format!("attribute approximate is {other}, not none or tanh"))),
	}
}

/// Refuses inputs for which the function has no value.
fn curved(lowering: &mut Lowering<'_>, node: &Node, curve: Curve) -> Result<Value, ModelError> {
	let real = lowering.pending(node, 0)?;
	let defined = |(bounds, unit): (&Bounds, &Unit)| {
		// Of wider inputs there is no table, so they are refused later.
		let last = bounds.hi.min(bounds.lo.saturating_add(1 << MAX_BITS));
		(bounds.lo..=last).all(|integer| {
			let real = real.then.iter().fold(unit.real(integer), |x, unary| unary.apply(x));
			curve.is_defined(real)
		})
	};
	if !lowering.bounds_of(real.tensor).iter().zip(&real.units).all(defined) {
		return Err(node.error(
			"its input may be a number for which it has no value: add a small constant, or Clip, \
			 before it",
		));
	}
	pending(lowering, node, Unary::Curve(curve))
}

fn finite(node: &Node, name: &str, default: f32) -> Result<f32, ModelError> {
	let value = node.float(name, default)?;
	if value.is_finite() {
		return Ok(value);
	}
	Err(node.error(format!("attribute {name} is not finite")))
}

pub(super) fn lower_abs(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let real = lowering.real(node, 0)?;
	let slopes = Slopes { negative: Factors::All(-1), positive: Factors::All(1) };
	let tensor = lowering.push(node, slopes, &[real.tensor], &real.shape)?;
	Ok(Value::Real(Real { tensor, source: None, ..real }))
}

/// Applies a function to an activation in exact units, as integer operators.
pub(crate) fn apply(
	lowering: &mut Lowering<'_>,
	node: &Node,
	real: Real,
	unary: Unary,
) -> Result<Real, ModelError> {
	let inexact = |what: &str| {
		node.error(format!(
			"{what} before it is rounded by onnxruntime: put QuantizeLinear and DequantizeLinear \
			 in between, or run `zkml quantize`"
		))
	};
	match unary {
		Unary::Clip { lo, hi } => {
			if lo == 0.0 && hi == f32::INFINITY {
				let tensor = lowering.push(node, Slopes::RELU, &[real.tensor], &real.shape)?;
				return Ok(Real { tensor, source: None, ..real });
			}
			clip(lowering, node, real, lo, hi)
		},
		Unary::LeakyRelu { alpha } => {
			let (slope, fraction) = short_slope(alpha)
				.ok_or_else(|| inexact(&format!("LeakyRelu with the slope {alpha}")))?;
			let exponents = real.exponents(node)?;
			let slopes =
				Slopes { negative: Factors::All(slope), positive: Factors::All(1 << fraction) };
			// Float32 leaves positive numbers as they are; only negative ones are multiplied.
			let least = lowering.bounds_of(real.tensor).iter().map(|bounds| bounds.lo).min();
			if i128::from(least.unwrap_or(0)).abs() * i128::from(slope).abs() >= FLOAT_LIMIT {
				return Err(inexact(&format!("LeakyRelu with the slope {alpha}")));
			}
			let tensor = lowering.push(node, slopes, &[real.tensor], &real.shape)?;
			let units = exponents.iter().map(|e| Unit::Exact(e - fraction)).collect();
			Ok(Real { tensor, units, source: None, ..real })
		},
		Unary::HardSigmoid { alpha, beta } => {
			let ((mantissa, power), (addend, addend_power)) = (dyadic(alpha), dyadic(beta));
			if mantissa.abs() > 1 << 12 || addend.abs() > 1 << 12 || mantissa == 0 {
				return Err(inexact(&format!("HardSigmoid with {alpha} and {beta}")));
			}
			let exponents: Vec<i32> = real.exponents(node)?.iter().map(|e| e + power).collect();
			let scaled =
				lowering.affine(node, real.tensor, Factors::All(mantissa), None, &real.shape)?;
			let units: Vec<Unit> = exponents.iter().map(|&e| Unit::Exact(e)).collect();
			let scaled = Real { tensor: scaled, units, source: None, ..real };
			let finer: Vec<i32> = exponents
				.iter()
				.map(|&e| if addend == 0 { e } else { e.min(addend_power) })
				.collect();
			let scaled = lowering.refine(node, scaled, &finer)?;
			let addends = finer
				.iter()
				.map(|e| addend.checked_shl((addend_power - e).max(0) as u32).unwrap_or(i64::MAX))
				.collect::<Vec<i64>>();
			let bounds = lowering.bounds_of(scaled.tensor).iter().zip(&addends);
			let reach = bounds.map(|(bounds, addend)| {
				i128::from(bounds.lo.abs().max(bounds.hi.abs())) + i128::from(*addend).abs()
			});
			lowering.check_exact(node, reach.max().unwrap_or(0))?;
			let tensor = lowering.affine(
				node,
				scaled.tensor,
				Factors::All(1),
				Some(addends),
				&scaled.shape,
			)?;
			clip(lowering, node, Real { tensor, ..scaled }, 0.0, 1.0)
		},
		Unary::HardSwish => Err(inexact("HardSwish")),
		Unary::Curve(curve) => Err(inexact(curve.name())),
		Unary::Affine { .. }
		| Unary::Divide { .. }
		| Unary::Truncate
		| Unary::Equals { .. }
		| Unary::Above { .. }
		| Unary::Map { .. } => Err(inexact("a function of a field")),
	}
}

/// `clip(x)` in units that are fine enough for both ends.
fn clip(
	lowering: &mut Lowering<'_>,
	node: &Node,
	real: Real,
	lo: f32,
	hi: f32,
) -> Result<Real, ModelError> {
	let finest = |exponent: i32| {
		let ends = [lo, hi].into_iter().filter(|end| end.is_finite() && *end != 0.0);
		ends.map(|end| dyadic(end).1).fold(exponent, i32::min)
	};
	let exponents: Vec<i32> = real.exponents(node)?.into_iter().map(finest).collect();
	let real = lowering.refine(node, real, &exponents)?;
	// Ends beyond 40 bits cut nothing off.
	let end = |value: f32, exponent: i32| {
		(f64::from(value) / 2f64.powi(exponent)).clamp(-2f64.powi(40), 2f64.powi(40)) as i64
	};
	let ends = |value| exponents.iter().map(|&exponent| end(value, exponent)).collect();
	let clamp = Clamp { lo: ends(lo), hi: ends(hi) };
	let tensor = lowering.push(node, clamp, &[real.tensor], &real.shape)?;
	Ok(Real { tensor, source: None, ..real })
}
