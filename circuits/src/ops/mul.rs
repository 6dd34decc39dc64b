//! `Mul` and `Div` by constants, and `Mul` of two activations.
//!
//! # Units
//! A factor that is a power of two changes the unit only; a short multiple of one multiplies the
//! integers. Any other factor, and a divisor that is no power of two, is a float32 operation that
//! the next `QuantizeLinear` includes.
//!
//! # Cost
//! None by a constant, 1 per element of a product of activations.

use super::{
	add::fold,
	columns::arithmetic,
	shape::{broadcast, places, spread},
	Factors, Linear, Product, Sum, Term,
};
use crate::{
	curve::Curve,
	error::ModelError,
	lower::{then, Lowering, FLOAT_LIMIT},
	onnx::Node,
	value::{dyadic, Real, Unary, Unit, Value},
};

pub(super) fn lower_mul(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	if let Some(value) = fold(lowering, node, |x, y| x.checked_mul(y), |x, y| x * y)? {
		return Ok(value);
	}
	let times = |times: f32, _| Some(Unary::Affine { minus: 0.0, times });
	if let Some(columns) = arithmetic(lowering, node, times)? {
		return Ok(columns);
	}
	if let Some(fused) = super::fused::mul(lowering, node)? {
		return Ok(fused);
	}
	match (lowering.is_constant(node, 0), lowering.is_constant(node, 1)) {
		(false, true) => scale(lowering, node, 0, 1, false),
		(true, false) => scale(lowering, node, 1, 0, false),
		(true, true) => Err(node.error("it multiplies constants only: fold them before exporting")),
		(false, false) => product(lowering, node),
	}
}

pub(super) fn lower_div(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	if let Some(value) = fold(lowering, node, |x, y| x.checked_div(y), |x, y| x / y)? {
		return Ok(value);
	}
	let divided = |by: f32, on_left: bool| (!on_left && by != 0.0).then_some(Unary::Divide { by });
	if let Some(columns) = arithmetic(lowering, node, divided)? {
		return Ok(columns);
	}
	if !lowering.is_constant(node, 0) && !lowering.is_constant(node, 1) {
		return super::ratio::lower(lowering, node);
	}
	if !lowering.is_constant(node, 1) {
		return Err(node.error(
			"a constant over an activation is not supported: use Reciprocal, and multiply",
		));
	}
	scale(lowering, node, 0, 1, true)
}

/// The floats of a constant operand.
pub(super) fn floats(
	lowering: &Lowering<'_>,
	node: &Node,
	index: usize,
) -> Result<(Vec<f32>, Vec<usize>), ModelError> {
	let value = lowering.value(node, index)?;
	let values = match &value {
		Value::Integers(integers) => {
			let pairs = integers.values.iter().zip(&integers.scales);
			pairs.map(|(&value, &scale)| value as f32 * scale).collect()
		},
		Value::Constant(tensor) => match tensor.floats() {
			Some(values) => values.to_vec(),
			None => return Err(node.error("its constant is not of type float")),
		},
		_ => return Err(node.error(format!("its input {index} must be a constant"))),
	};
	match values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
		Some((at, &value)) => {
			Err(ModelError::NotFinite { tensor: node.inputs[index].clone(), value, index: at })
		},
		None => Ok((values, value.shape().to_vec())),
	}
}

fn scale(
	lowering: &mut Lowering<'_>,
	node: &Node,
	activation: usize,
	constant: usize,
	divide: bool,
) -> Result<Value, ModelError> {
	let real = lowering.real(node, activation)?;
	let (values, from) = floats(lowering, node, constant)?;
	let shape = broadcast(node, &[&real.shape, &from])?;
	let values = spread(&values, &from, &shape);
	let exponents = spread(&real.exponents(node)?, &real.shape, &shape);
	let mut factors = Vec::with_capacity(values.len());
	let mut units = Vec::with_capacity(values.len());
	let bounds = spread(lowering.bounds_of(real.tensor), &real.shape, &shape);
	for ((&value, &exponent), bounds) in values.iter().zip(&exponents).zip(&bounds) {
		if divide && value == 0.0 {
			return Err(node.error("it divides by zero"));
		}
		let (mantissa, power) = dyadic(value);
		let magnitude = bounds.lo.unsigned_abs().max(bounds.hi.unsigned_abs());
		let exact = match divide {
			true => mantissa.abs() == 1,
			false => magnitude.saturating_mul(mantissa.unsigned_abs()) < 1 << 24,
		};
		let (factor, unit) = match (exact, divide) {
			(true, true) => (mantissa, Unit::Exact(exponent - power)),
			(true, false) if mantissa == 0 => (0, Unit::Exact(exponent)),
			(true, false) => (mantissa, Unit::Exact(exponent + power)),
			(false, true) => (value.signum() as i64, Unit::Over { exponent, divisor: value.abs() }),
			(false, false) => {
				(value.signum() as i64, Unit::Times { exponent, factor: value.abs() })
			},
		};
		factors.push(factor);
		units.push(unit);
	}
	let term = Term { places: places(&real.shape, &shape), factors: Factors::Each(factors) };
	let linear = Linear::new(Sum { outputs: units.len(), terms: vec![term] });
	let tensor = lowering.push_linear(node, linear, &[real.tensor], &shape, FLOAT_LIMIT)?;
	Ok(Value::Real(Real::new(tensor, shape, units)))
}

/// `x · Sigmoid(x)`, of which the next `QuantizeLinear` makes one table.
fn silu(lowering: &Lowering<'_>, node: &Node) -> Option<Value> {
	let [a, b] = [0, 1].map(|index| lowering.pending(node, index).ok());
	let (a, b) = (a?, b?);
	let gate = [Unary::Curve(Curve::Sigmoid)];
	let same = |x: &Real, gated: &Real| {
		x.then.is_empty()
			&& gated.then == gate
			&& (x.tensor, &x.shape, &x.units) == (gated.tensor, &gated.shape, &gated.units)
	};
	let real = if same(&a, &b) {
		a
	} else if same(&b, &a) {
		b
	} else {
		return None;
	};
	Some(Value::Real(then(real, Unary::Curve(Curve::Silu))))
}

fn product(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	if let Some(silu) = silu(lowering, node) {
		return Ok(silu);
	}
	let (a, b) = (lowering.real(node, 0)?, lowering.real(node, 1)?);
	let shape = broadcast(node, &[&a.shape, &b.shape])?;
	let exponents = [&a, &b]
		.map(|real| real.exponents(node).map(|exponents| spread(&exponents, &real.shape, &shape)));
	let [x, y] = exponents;
	let units = x?.into_iter().zip(y?).map(|(x, y)| Unit::Exact(x + y)).collect();
	let op = Product {
		outputs: shape.iter().product(),
		places: [places(&a.shape, &shape), places(&b.shape, &shape)],
	};
	let tensor = lowering.push_exact(node, op, &[a.tensor, b.tensor], &shape)?;
	Ok(Value::Real(Real::new(tensor, shape, units)))
}
