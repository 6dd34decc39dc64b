//! `PRelu` with constant slopes.
//!
//! # Units
//! Slopes that are short multiples of powers of two are exact, each with its own unit. Another
//! slope, the same for all, stays pending as a `LeakyRelu` does.
//!
//! # Constraints
//! [`super::Slopes`].

use super::{
	shape::{broadcast, spread},
	Factors, Slopes,
};
use crate::{
	error::{show_shape, ModelError},
	lower::{then, Lowering},
	onnx::Node,
	value::{dyadic, Real, Unary, Unit, Value},
};

/// A slope as `integer · 2^−fraction`, if it is short.
pub(super) fn short_slope(slope: f32) -> Option<(i64, i32)> {
	let (mantissa, power) = dyadic(slope);
	let short = slope.is_finite() && (-20..=8).contains(&power) && mantissa.abs() <= 1 << 12;
	short.then(|| (mantissa << power.max(0), (-power).max(0)))
}

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let (slopes, from) = super::mul::floats(lowering, node, 1)?;
	let shape = lowering.value(node, 0)?.shape().to_vec();
	if slopes.is_empty() || broadcast(node, &[&shape, &from])? != shape {
		return Err(node.error(format!(
			"slopes of shape {} for an input of shape {}",
			show_shape(&from),
			show_shape(&shape)
		)));
	}
	let Some(short) = slopes.iter().map(|&slope| short_slope(slope)).collect::<Option<Vec<_>>>()
	else {
		return match slopes.split_first() {
			Some((&alpha, rest)) if rest.iter().all(|&slope| slope == alpha) => {
				let real = lowering.pending(node, 0)?;
				if real.units.iter().any(|unit| matches!(unit, Unit::Kernel(_))) {
					real.exponents(node)?;
				}
				Ok(Value::Real(then(real, Unary::LeakyRelu { alpha })))
			},
			_ => Err(node.error(
				"its slopes differ and are no short multiples of powers of two: run `zkml \
				 quantize`, which makes them so, or use LeakyRelu",
			)),
		};
	};
	let real = lowering.real(node, 0)?;
	let exponents = real.exponents(node)?;
	let short = spread(&short, &from, &shape);
	let slopes = Slopes {
		negative: Factors::Each(short.iter().map(|&(slope, _)| slope).collect()),
		positive: Factors::Each(short.iter().map(|&(_, fraction)| 1 << fraction).collect()),
	};
	let tensor = lowering.push_exact(node, slopes, &[real.tensor], &shape)?;
	let units = exponents.iter().zip(&short).map(|(e, (_, fraction))| Unit::Exact(e - fraction));
	let units = units.collect();
	Ok(Value::Real(Real { tensor, units, source: None, ..real }))
}
