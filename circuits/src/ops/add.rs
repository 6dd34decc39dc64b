//! `Add`, `Sub`, `Sum` and `Neg` of activations and constants.
//!
//! # Units
//! Operands come to the finer exponent of the two, by a factor; constants must be short multiples of
//! powers of two. A residual sum so joins the accumulators before they are rounded.
//!
//! # Cost
//! None.

use super::{
	columns::arithmetic,
	shape::{broadcast, places, spread},
	Factors, Linear, Sum, Term,
};
use crate::{
	error::ModelError,
	lower::{Lowering, FLOAT_LIMIT},
	onnx::{Data, Node, Tensor},
	value::{exponent_of, Real, Unary, Unit, Value},
};

pub(super) fn lower_add(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let added = |value: f32, _| Some(Unary::Affine { minus: -value, times: 1.0 });
	match arithmetic(lowering, node, added)? {
		Some(columns) => Ok(columns),
		None => sum(lowering, node, &[1, 1]),
	}
}

pub(super) fn lower_sub(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let subtracted = |value: f32, on_left: bool| {
		Some(Unary::Affine { minus: value, times: if on_left { -1.0 } else { 1.0 } })
	};
	match arithmetic(lowering, node, subtracted)? {
		Some(columns) => Ok(columns),
		None => sum(lowering, node, &[1, -1]),
	}
}

pub(super) fn lower_sum(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	sum(lowering, node, &vec![1; node.inputs.len()])
}

pub(super) fn lower_neg(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	sum(lowering, node, &[-1])
}

/// Constants of the file, such as shapes and products of scales, combined at compile time.
pub(super) fn fold(
	lowering: &Lowering<'_>,
	node: &Node,
	combine: impl Fn(i64, i64) -> Option<i64>,
	combine_floats: impl Fn(f32, f32) -> f32,
) -> Result<Option<Value>, ModelError> {
	let both = node.inputs.len() == 2 && (0..2).all(|index| lowering.is_constant(node, index));
	if !both {
		return Ok(None);
	}
	let (Value::Constant(a), Value::Constant(b)) =
		(lowering.value(node, 0)?, lowering.value(node, 1)?)
	else {
		return Ok(None);
	};
	let shape = broadcast(node, &[&a.shape, &b.shape])?;
	if let (Data::F32(x), Data::F32(y)) = (&a.data, &b.data) {
		let (x, y) = (spread(x, &a.shape, &shape), spread(y, &b.shape, &shape));
		let values = x.into_iter().zip(y).map(|(x, y)| combine_floats(x, y)).collect();
		return Ok(Some(Value::Constant(Tensor { shape, data: Data::F32(values) })));
	}
	let (Data::I64(x), Data::I64(y)) = (&a.data, &b.data) else { return Ok(None) };
	let (x, y) = (spread(x, &a.shape, &shape), spread(y, &b.shape, &shape));
	let values: Option<Vec<i64>> = x.into_iter().zip(y).map(|(x, y)| combine(x, y)).collect();
	let values = values.ok_or_else(|| node.error("its constants leave 64 bits"))?;
	Ok(Some(Value::Constant(Tensor { shape, data: Data::I64(values) })))
}

fn sum(lowering: &mut Lowering<'_>, node: &Node, signs: &[i64]) -> Result<Value, ModelError> {
	if node.inputs.len() != signs.len() || signs.is_empty() {
		return Err(node.error(format!("it has {} inputs", node.inputs.len())));
	}
	if let &[_, sign] = signs {
		let combine = |x: i64, y: i64| x.checked_add(sign.checked_mul(y)?);
		if let Some(value) = fold(lowering, node, combine, |x, y| x + sign as f32 * y)? {
			return Ok(value);
		}
	}
	if let Some(fused) = super::fused::add(lowering, node)? {
		return Ok(fused);
	}
	if let Some(gemm) = super::fused::bias(lowering, node)? {
		return Ok(gemm);
	}
	let mut reals = Vec::new();
	let mut constants = Vec::new();
	for (index, &sign) in signs.iter().enumerate() {
		if lowering.is_constant(node, index) {
			constants.push((lowering.integers(node, index)?.into_owned(), sign));
		} else {
			reals.push((lowering.real(node, index)?, sign));
		}
	}
	if reals.is_empty() {
		return Err(node.error("it adds constants only: fold them before exporting"));
	}
	let shapes: Vec<&[usize]> = (reals.iter().map(|(real, _)| real.shape.as_slice()))
		.chain(constants.iter().map(|(constant, _)| constant.shape.as_slice()))
		.collect();
	let shape = broadcast(node, &shapes)?;
	let count: usize = shape.iter().product();
	let mut exponents = vec![i32::MAX; count];
	for (real, _) in &reals {
		let own = spread(&real.exponents(node)?, &real.shape, &shape);
		exponents.iter_mut().zip(own).for_each(|(least, own)| *least = own.min(*least));
	}
	let addends: Vec<Vec<(i64, i32)>> = constants
		.iter()
		.map(|(constant, sign)| {
			let parts = constant.values.iter().zip(&constant.scales).map(|(&value, &scale)| {
				let exponent = exponent_of(scale)
					.ok_or_else(|| node.error("the scale of its constant is no power of two"))?;
				let zeros = if value == 0 { 0 } else { value.trailing_zeros() };
				Ok((sign * (value >> zeros), exponent + zeros as i32))
			});
			let parts: Vec<(i64, i32)> = parts.collect::<Result<_, ModelError>>()?;
			Ok(spread(&parts, &constant.shape, &shape))
		})
		.collect::<Result<_, ModelError>>()?;
	for addend in &addends {
		for (least, &(value, exponent)) in exponents.iter_mut().zip(addend) {
			if value != 0 {
				*least = exponent.min(*least);
			}
		}
	}
	let far = || node.error("its operands' scales are too far apart");
	let shift = |from: i32, to: i32| {
		u32::try_from(from - to).ok().filter(|&shift| shift <= 31).ok_or_else(far)
	};
	let mut terms = Vec::new();
	for (real, sign) in &reals {
		let own = spread(&real.exponents(node)?, &real.shape, &shape);
		let factors: Result<Vec<i64>, _> = own
			.iter()
			.zip(&exponents)
			.map(|(&from, &to)| Ok(sign * (1i64 << shift(from, to)?)))
			.collect();
		let factors = factors?;
		let first = factors.first().copied().unwrap_or(1);
		let factors = match factors.iter().all(|&factor| factor == first) {
			true => Factors::All(first),
			false => Factors::Each(factors),
		};
		terms.push(Term { places: places(&real.shape, &shape), factors });
	}
	let mut linear = Linear::new(Sum { outputs: count, terms });
	for addend in &addends {
		for ((bias, &(value, exponent)), &to) in linear.bias.iter_mut().zip(addend).zip(&exponents)
		{
			if value != 0 {
				let value = value.checked_mul(1i64 << shift(exponent, to)?).ok_or_else(far)?;
				*bias = bias.saturating_add(value);
			}
		}
	}
	let tensors: Vec<usize> = reals.iter().map(|(real, _)| real.tensor).collect();
	let tensor = lowering.push_linear(node, linear, &tensors, &shape, FLOAT_LIMIT)?;
	let units = exponents.into_iter().map(Unit::Exact).collect();
	Ok(Value::Real(Real::new(tensor, shape, units)))
}
