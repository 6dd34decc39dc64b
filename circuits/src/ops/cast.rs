//! `Cast` between integers and floats.
//!
//! # Semantics
//! Integers below 2^24 are the same numbers as floats, and integers of another type that holds
//! them. A float becomes an integer by rounding towards zero.
//!
//! # Constraints
//! None, but for floats to integers: a [`super::Clamp`] and a [`super::Requantize`].

use super::{columns::each, Clamp, Factors, Sum, Term};
use crate::{
	error::ModelError,
	lower::{Lowering, FLOAT_LIMIT},
	onnx::{Data, Node, Tensor},
	plan::{Rounding, Step},
	signal::Bounds,
	value::{Kind, Quantized, Real, Unary, Unit, Value},
};

/// What a node casts to.
#[derive(Clone, Copy)]
enum Target {
	Float,
	Integer(Kind),
}

/// ONNX's number of the type.
const DOUBLE: i64 = 11;

/// ONNX's numbers of the types.
fn target(node: &Node) -> Result<Target, ModelError> {
	Ok(match node.int("to", 0)? {
		1 | DOUBLE => Target::Float,
		2 => Target::Integer(Kind::U8),
		3 => Target::Integer(Kind::I8),
		6 => Target::Integer(Kind::I32),
		7 => Target::Integer(Kind::I64),
		other => {
			return Err(node.error(format!(
				"type {other} is not supported, only float, double, uint8, int8, int32 and int64"
			)));
		},
	})
}

/// The integers of a type; those beyond 2^53 do not occur.
fn range(kind: Kind) -> (i64, i64) {
	kind.range().unwrap_or(match kind {
		Kind::I32 => (i32::MIN.into(), i32::MAX.into()),
		_ => (-(1 << 53), 1 << 53),
	})
}

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&["to", "saturate", "round_mode"])?;
	match (lowering.value(node, 0)?, target(node)?) {
		(Value::Constant(tensor), target) => constant(node, tensor, target).map(Value::Constant),
		(Value::Quantized(quantized), target) => integers(lowering, node, quantized, target),
		(Value::Columns(_), _) if node.int("to", 0)? == DOUBLE => Err(node.error(
			"fields of a record of type double are not supported: export the model for float",
		)),
		(Value::Columns(columns), Target::Integer(Kind::I32 | Kind::I64)) => {
			each(node, columns, |_| Unary::Truncate)
		},
		(value, Target::Float) => Ok(value),
		(Value::Real(_), Target::Integer(kind)) => truncate(lowering, node, kind),
		(_, Target::Integer(_)) => {
			Err(node.error("its input is not quantised: put QuantizeLinear in its place"))
		},
	}
}

fn constant(node: &Node, tensor: Tensor, target: Target) -> Result<Tensor, ModelError> {
	let Tensor { shape, data } = tensor;
	let whole = |value: f32| {
		let limit = 2f32.powi(53);
		(value.abs() <= limit).then_some(value.trunc() as i64)
	};
	let integers = match &data {
		Data::F32(values) => values.iter().map(|&value| whole(value)).collect(),
		other => other.integers(),
	};
	let beyond = || node.error("a value of its constant does not fit the type");
	let data = match (target, integers, data) {
		(Target::Float, _, data @ Data::F32(_)) => data,
		(Target::Float, Some(integers), _) => {
			Data::F32(integers.iter().map(|&value| value as f32).collect())
		},
		(Target::Integer(kind), Some(integers), _) => {
			of_kind(kind, &integers).ok_or_else(beyond)?
		},
		_ => return Err(beyond()),
	};
	Ok(Tensor { shape, data })
}

fn of_kind(kind: Kind, values: &[i64]) -> Option<Data> {
	fn narrow<T: TryFrom<i64>>(values: &[i64]) -> Option<Vec<T>> {
		values.iter().map(|&value| T::try_from(value).ok()).collect()
	}
	Some(match kind {
		Kind::U8 => Data::U8(narrow(values)?),
		Kind::I8 => Data::I8(narrow(values)?),
		Kind::I32 => Data::I32(narrow(values)?),
		Kind::I64 => Data::I64(values.to_vec()),
	})
}

/// Whether all elements of a tensor lie in a range.
fn check(
	lowering: &Lowering<'_>,
	node: &Node,
	tensor: usize,
	(lo, hi): (i64, i64),
	what: &str,
) -> Result<(), ModelError> {
	match lowering.bounds_of(tensor).iter().find(|bounds| bounds.lo < lo || bounds.hi > hi) {
		None => Ok(()),
		Some(Bounds { lo, hi }) => Err(node.error(format!(
			"its integers could reach {lo} to {hi}, {what}: put QuantizeLinear or Clip before it"
		))),
	}
}

fn integers(
	lowering: &mut Lowering<'_>,
	node: &Node,
	quantized: Quantized,
	target: Target,
) -> Result<Value, ModelError> {
	let Quantized { tensor, shape, .. } = quantized;
	match target {
		Target::Integer(kind) => {
			check(lowering, node, tensor, range(kind), "which the type does not hold")?;
			Ok(Value::Quantized(Quantized { tensor, shape, kind }))
		},
		Target::Float => {
			let most = FLOAT_LIMIT as i64;
			check(lowering, node, tensor, (-most, most), "beyond 2^24, where floats are rounded")?;
			let units = vec![Unit::Exact(0); lowering.bounds_of(tensor).len()];
			Ok(Value::Real(Real::new(tensor, shape, units)))
		},
	}
}

/// A float to an integer, rounded towards zero: `⌊(x + c) / 2^f⌋` with `c = clip(−x, 0, 2^f − 1)`,
/// which is the next integer that rounding half to even finds half a unit below.
fn truncate(lowering: &mut Lowering<'_>, node: &Node, kind: Kind) -> Result<Value, ModelError> {
	let real = lowering.real(node, 0)?;
	let real = lowering.uniform(node, real)?;
	let exponent = real.exponents(node)?.first().copied().unwrap_or_default();
	let (shape, count) = (real.shape.clone(), real.units.len());
	let tensor = match exponent {
		0 => real.tensor,
		1..=30 => lowering.affine(node, real.tensor, Factors::All(1 << exponent), None, &shape)?,
		-20..=-1 => {
			let fraction = -exponent;
			let negated = lowering.affine(node, real.tensor, Factors::All(-1), None, &shape)?;
			let clamp = Clamp { lo: vec![0; count], hi: vec![(1 << fraction) - 1; count] };
			let lifts = lowering.push(node, clamp, &[negated], &shape)?;
			// In halves of the unit, and half an integer less than its last half.
			let terms = vec![Term::all(2), Term::all(2)];
			let mut sum = super::Linear::new(Sum { outputs: count, terms });
			sum.bias = vec![1 - (1 << fraction); count];
			let tensors = [real.tensor, lifts];
			let halves = lowering.push_linear(node, sum, &tensors, &shape, FLOAT_LIMIT)?;
			let unit = Unit::Exact(exponent - 1);
			let steps: Vec<Step> = (lowering.bounds_of(halves).iter())
				.map(|bounds| {
					let end = |x: i64| x >> (fraction + 1);
					let rounding = Rounding::Float { unit, then: Vec::new(), scale: 1.0 };
					Step { rounding, zero_point: 0, lo: end(bounds.lo) - 1, hi: end(bounds.hi) + 1 }
				})
				.collect();
			lowering.round(node, halves, &shape, steps.into_iter())?
		},
		other => return Err(node.error(format!("its unit is 2^{other}, too far from 1"))),
	};
	check(lowering, node, tensor, range(kind), "which the type does not hold")?;
	Ok(Value::Quantized(Quantized { tensor, shape, kind }))
}
