//! `MaxPool` and `GlobalMaxPool`.
//!
//! # Constraints
//! [`super::Extreme`]. What is pending, such as a `Relu`, stays pending where it never falls: the
//! largest of rectified numbers is the rectified largest. A rounding before it changes places with
//! it where that is cheaper, for the same reason.

use super::{
	arg::comparable,
	geometry::{channels, image, kernel_shape, Geometry, Sliding},
	Arg, Extreme, Requantize,
};
use crate::{
	error::ModelError,
	lower::Lowering,
	onnx::Node,
	plan::Plan,
	signal::Bounds,
	value::{Kind, Quantized, Real, Scaled, Unary, Value},
};
use std::collections::HashMap;

pub(super) fn lower(lowering: &mut Lowering<'_>, node: &Node) -> Result<Vec<Value>, ModelError> {
	let attributes = [&Geometry::ATTRIBUTES[..], &["kernel_shape", "storage_order"]].concat();
	node.only_attributes(&attributes)?;
	let mut value = lowering.value(node, 0)?;
	let shape = value.shape().to_vec();
	let (batch, count, spatial) = image(node, &shape)?;
	let geometry = Geometry::new(node, spatial, &kernel_shape(node, spatial.len())?)?;
	let result = [&[batch, count], geometry.output.as_slice()].concat();
	super::shape::elements(node, &result)?;
	let windows = channels(&geometry, batch * count, spatial.iter().product());
	let sliding = Some(geometry.sliding);
	if node.outputs.get(1).is_none_or(String::is_empty) {
		return Ok(vec![pool(lowering, node, value, (windows, sliding), result, false)?]);
	}
	let columns = match node.int("storage_order", 0)? {
		0 => None,
		_ => Some(spatial),
	};
	// What is pending may make elements equal, which their indices would not show.
	if let Value::Real(real) = &mut value {
		*real = lowering.real(node, 0)?;
	}
	let indices = indices(lowering, node, &windows, &result, columns)?;
	Ok(vec![pool(lowering, node, value, (windows, sliding), result, false)?, indices])
}

/// Where the largest of each window stands in the tensor; with `columns`, the spatial dimensions,
/// the first of them counts fastest.
fn indices(
	lowering: &mut Lowering<'_>,
	node: &Node,
	windows: &[Vec<u32>],
	shape: &[usize],
	columns: Option<&[usize]>,
) -> Result<Value, ModelError> {
	if windows.iter().any(Vec::is_empty) {
		return Err(node.error("a window lies in the padding alone"));
	}
	let (tensor, _) = comparable(lowering, node, windows)?;
	let label = |element: u32| match columns {
		None => element,
		Some(spatial) => {
			let size: usize = spatial.iter().product();
			let (image, mut at) = (element as usize / size, element as usize % size);
			let (mut place, mut weight) = (0, size);
			for &length in spatial.iter().rev() {
				weight /= length;
				place += at % length * weight;
				at /= length;
			}
			(image * size + place) as u32
		},
	};
	let labelled = windows.iter().map(|window| window.iter().map(|&at| (at, label(at))).collect());
	let op = Arg { windows: labelled.collect(), smallest: false };
	let (kind, shape) = (Kind::I64, shape.to_vec());
	let tensor = lowering.push(node, op, &[tensor], &shape)?;
	Ok(Value::Quantized(Quantized { tensor, shape, kind }))
}

pub(super) fn lower_global(lowering: &mut Lowering<'_>, node: &Node) -> Result<Value, ModelError> {
	node.only_attributes(&[])?;
	let value = lowering.value(node, 0)?;
	let shape = value.shape().to_vec();
	let (batch, channels, spatial) = image(node, &shape)?;
	let size: usize = spatial.iter().product();
	let windows =
		(0..batch * channels).map(|image| (image * size..(image + 1) * size).map(|at| at as u32));
	let windows = (windows.map(Iterator::collect).collect(), None);
	let result = [&[batch, channels], vec![1; spatial.len()].as_slice()].concat();
	pool(lowering, node, value, windows, result, false)
}

/// The elements of each window, and how windows slide if they do.
pub(super) type Pooled = (Vec<Vec<u32>>, Option<Sliding>);

/// A tensor of rounded integers, pooled before they are rounded, where that is cheaper and possible:
/// the rounding never falls, and is the same throughout each window.
fn pooled_before_rounding(
	lowering: &mut Lowering<'_>,
	node: &Node,
	rounded: usize,
	(windows, sliding): &Pooled,
	shape: &[usize],
) -> Result<Option<usize>, ModelError> {
	let Some((op, source)) = lowering.producer::<Requantize>(rounded) else { return Ok(None) };
	let bounds = lowering.bounds_of(source);
	let comparison = |bounds: Bounds| bounds.plus(bounds.times(-1)).signed_bits() as usize + 2;
	let mut early = HashMap::new();
	let late: Vec<usize> = op.cases.iter().map(|case| case.plan.cost(case.bounds)).collect();
	let mut counted = vec![false; op.which.len()];
	let (mut before, mut after) = (0, 0);
	let mut steps = Vec::with_capacity(windows.len());
	for window in windows {
		let Some(&first) = window.first() else { return Ok(None) };
		let which = op.which[first as usize];
		let step = &op.cases[which as usize].step;
		let mut largest = bounds[first as usize];
		for element in window.iter().map(|&element| element as usize) {
			let case = op.which[element] as usize;
			if op.cases[case].step != *step || !step.is_monotone() {
				return Ok(None);
			}
			if !std::mem::replace(&mut counted[element], true) {
				before += late[case];
			}
			let own = bounds[element];
			largest = Bounds { lo: largest.lo.max(own.lo), hi: largest.hi.max(own.hi) };
		}
		let comparisons = window.len() - 1;
		before += comparisons * 10;
		let key = (which, largest.lo, largest.hi);
		let cost = match early.get(&key) {
			Some(&cost) => cost,
			None => {
				let Some(plan) = Plan::new(step, largest) else { return Ok(None) };
				let cost = plan.cost(largest);
				early.insert(key, cost);
				cost
			},
		};
		after += comparisons * comparison(largest) + cost;
		steps.push(step.clone());
	}
	if after >= before {
		return Ok(None);
	}
	let (windows, sliding) = (windows.clone(), sliding.clone());
	let op = Extreme { windows, smallest: false, sliding };
	let largest = lowering.push(node, op, &[source], shape)?;
	lowering.round(node, largest, shape, steps.into_iter()).map(Some)
}

/// The largest, or smallest, of each window of integers or of an activation.
pub(super) fn pool(
	lowering: &mut Lowering<'_>,
	node: &Node,
	value: Value,
	pooled: Pooled,
	shape: Vec<usize>,
	smallest: bool,
) -> Result<Value, ModelError> {
	if pooled.0.iter().any(Vec::is_empty) {
		return Err(node.error("a window lies in the padding alone"));
	}
	match value {
		// Integers of one type compare as what they stand for.
		Value::Quantized(quantized) => {
			let raw = quantized.tensor;
			let early = match smallest {
				false => pooled_before_rounding(lowering, node, raw, &pooled, &shape)?,
				true => None,
			};
			let tensor = match early {
				Some(tensor) => tensor,
				None => {
					let (windows, sliding) = pooled;
					let op = Extreme { windows, smallest, sliding };
					lowering.push(node, op, &[raw], &shape)?
				},
			};
			Ok(Value::Quantized(Quantized { tensor, shape, ..quantized }))
		},
		Value::Real(real) => {
			largest(lowering, node, real, pooled, shape, smallest).map(Value::Real)
		},
		_ => lowering.pending(node, 0).map(Value::Real),
	}
}

/// The largest, or smallest, of each window of an activation.
fn largest(
	lowering: &mut Lowering<'_>,
	node: &Node,
	real: Real,
	pooled: Pooled,
	shape: Vec<usize>,
	smallest: bool,
) -> Result<Real, ModelError> {
	let windows = &pooled.0;
	let mut real = match real.then.iter().all(|unary: &Unary| unary.is_monotone()) {
		true => real,
		false => lowering.realize(node, real)?,
	};
	let uniform = windows.iter().all(|window| {
		window.windows(2).all(|pair| real.units[pair[0] as usize] == real.units[pair[1] as usize])
	});
	if !uniform {
		real = lowering.uniform(node, real)?;
	}
	let source = lowering.fusion.moved(node, real.source.as_deref());
	let units = windows.iter().map(|window| real.units[window[0] as usize]).collect();
	let direct = real.source.as_ref().filter(|source| !source.moved && !smallest);
	if let Some(Scaled { quantized, zero_point, .. }) = direct.map(AsRef::as_ref) {
		let raw = quantized.tensor;
		if let Some(tensor) = pooled_before_rounding(lowering, node, raw, &pooled, &shape)? {
			let result = Quantized { tensor, shape, kind: quantized.kind };
			let tensor = lowering.shift_by(node, &result, -zero_point)?;
			return Ok(Real { tensor, shape: result.shape, units, then: real.then, source });
		}
	}
	let (windows, sliding) = pooled;
	let op = Extreme { windows, smallest, sliding };
	let tensor = lowering.push(node, op, &[real.tensor], &shape)?;
	Ok(Real { tensor, shape, units, then: real.then, source })
}
