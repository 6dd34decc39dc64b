//! Constant folding: operators all of whose inputs are known.

use super::{
	moves::{moved, PADDING},
	net::{broadcast_index, broadcast_shape, Move, PadMode},
	parse,
};
use crate::{
	error::ModelError,
	onnx::{Attribute, Data, Node, Tensor},
};

/// Most elements of a folded constant.
const MAX_ELEMENTS: usize = 1 << 26;

/// The results of a node on constants; `None` if the operator is not one that is folded.
pub(super) fn fold(
	node: &Node,
	inputs: &[Option<&Tensor>],
	opset: i64,
) -> Result<Option<Vec<Tensor>>, ModelError> {
	let input = |index: usize| {
		inputs
			.get(index)
			.copied()
			.flatten()
			.ok_or_else(|| node.error(format!("input {index} is missing")))
	};
	let one = |tensor: Tensor| Ok(Some(vec![tensor]));
	match node.op.as_str() {
		"Identity" | "Dropout" => one(input(0)?.clone()),
		"Shape" => {
			let shape = input(0)?.shape.clone();
			one(shape_of(node, &shape)?)
		},
		"Cast" => one(cast(node, input(0)?)?),
		"Neg" => one(map(node, input(0)?, |x| -x, |x| x.wrapping_neg())?),
		"Sqrt" => one(map(node, input(0)?, f64::sqrt, |x| x)?),
		"Add" => one(combine(node, input(0)?, input(1)?, |a, b| a + b, i64::checked_add)?),
		"Sub" => one(combine(node, input(0)?, input(1)?, |a, b| a - b, i64::checked_sub)?),
		"Mul" => one(combine(node, input(0)?, input(1)?, |a, b| a * b, i64::checked_mul)?),
		"Div" => one(combine(node, input(0)?, input(1)?, |a, b| a / b, i64::checked_div)?),
		"ConstantOfShape" => one(constant_of_shape(node, input(0)?)?),
		"DequantizeLinear" => one(dequantize(node, inputs, node.int("axis", 1)?)?),
		"Concat" => {
			let tensors: Vec<&Tensor> = (0..inputs.len()).map(input).collect::<Result<_, _>>()?;
			let rank = tensors[0].shape.len();
			let axis = parse::axis(node, node.int("axis", 0)?, rank)?;
			one(join(node, &tensors, axis)?)
		},
		_ => {
			let Some(op) = parse::simple_move(node, &input(0)?.shape, opset, |index| {
				inputs.get(index).copied().flatten()
			})?
			else {
				return Ok(None);
			};
			move_elements(node, &op, input(0)?).map(Some)
		},
	}
}

/// The value of `Shape` for a tensor of this shape.
pub(super) fn shape_of(node: &Node, shape: &[usize]) -> Result<Tensor, ModelError> {
	let rank = shape.len() as i64;
	let clamp = |value: i64| if value < 0 { value + rank } else { value }.clamp(0, rank) as usize;
	let (start, end) = (clamp(node.int("start", 0)?), clamp(node.int("end", rank)?));
	let sizes: Vec<i64> = shape[start..end.max(start)].iter().map(|&size| size as i64).collect();
	Ok(Tensor { shape: vec![sizes.len()], data: Data::I64(sizes) })
}

fn map(
	node: &Node,
	tensor: &Tensor,
	float: impl Fn(f64) -> f64,
	int: impl Fn(i64) -> i64,
) -> Result<Tensor, ModelError> {
	let data = match &tensor.data {
		Data::F32(values) => {
			Data::F32(values.iter().map(|&value| float(value.into()) as f32).collect())
		},
		Data::I64(values) => Data::I64(values.iter().map(|&value| int(value)).collect()),
		other => return Err(not_folded(node, other)),
	};
	Ok(Tensor { shape: tensor.shape.clone(), data })
}

fn not_folded(node: &Node, data: &Data) -> ModelError {
	node.error(format!("constants of type {} are not supported here", data.type_name()))
}

fn combine(
	node: &Node,
	a: &Tensor,
	b: &Tensor,
	float: impl Fn(f64, f64) -> f64,
	int: impl Fn(i64, i64) -> Option<i64>,
) -> Result<Tensor, ModelError> {
	let shape = broadcast_shape(&a.shape, &b.shape)
		.filter(|shape| shape.iter().product::<usize>() <= MAX_ELEMENTS)
		.ok_or_else(|| node.error("its constants' shapes do not fit"))?;
	let (left, right) = (broadcast_index(&a.shape, &shape), broadcast_index(&b.shape, &shape));
	let pairs = left.iter().zip(&right);
	let data = match (&a.data, &b.data) {
		(Data::F32(a), Data::F32(b)) => {
			Data::F32(pairs.map(|(&i, &j)| float(a[i].into(), b[j].into()) as f32).collect())
		},
		(Data::I64(a), Data::I64(b)) => {
			let values: Option<Vec<i64>> = pairs.map(|(&i, &j)| int(a[i], b[j])).collect();
			Data::I64(values.ok_or_else(|| node.error("a constant overflows"))?)
		},
		(other, _) => return Err(not_folded(node, other)),
	};
	Ok(Tensor { shape, data })
}

fn cast(node: &Node, tensor: &Tensor) -> Result<Tensor, ModelError> {
	let float = tensor.floats();
	let data = match node.int("to", 1)? {
		1 => match (&tensor.data, tensor.data.integers()) {
			(Data::F32(values), _) => Data::F32(values.clone()),
			(_, integers) => {
				Data::F32(integers.unwrap_or_default().iter().map(|&value| value as f32).collect())
			},
		},
		6 | 7 => match (float, tensor.data.integers()) {
			(Some(values), _) => Data::I64(values.iter().map(|&value| value as i64).collect()),
			(_, integers) => Data::I64(integers.unwrap_or_default()),
		},
		_ => return Err(node.error("a cast only to float, int32 or int64 is supported")),
	};
	Ok(Tensor { shape: tensor.shape.clone(), data })
}

fn constant_of_shape(node: &Node, shape: &Tensor) -> Result<Tensor, ModelError> {
	let sizes = shape.data.integers().unwrap_or_default();
	let shape: Vec<usize> = sizes.iter().map(|&size| size.max(0) as usize).collect();
	let count = shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
	let count = count
		.filter(|count| (1..=MAX_ELEMENTS).contains(count))
		.ok_or_else(|| node.error("its result is empty or too large"))?;
	let data = match node.attributes.get("value") {
		None => Data::F32(vec![0.0; count]),
		Some(Attribute::Tensor(Tensor { data: Data::F32(value), .. })) => {
			Data::F32(vec![value[0]; count])
		},
		Some(Attribute::Tensor(Tensor { data: Data::I64(value), .. })) => {
			Data::I64(vec![value[0]; count])
		},
		_ => return Err(node.error("its value is not of type float or int64")),
	};
	Ok(Tensor { shape, data })
}

/// A constant's real values: input, scale and zero point in this order.
pub(super) fn dequantize(
	node: &Node,
	inputs: &[Option<&Tensor>],
	axis: i64,
) -> Result<Tensor, ModelError> {
	let input = |index: usize| inputs.get(index).copied().flatten();
	let (Some(tensor), Some(scale)) = (input(0), input(1)) else {
		return Err(node.error("input 1 is missing"));
	};
	let (Some(values), Some(scales)) = (tensor.data.integers(), scale.floats()) else {
		return Err(node.error("its input is of type float, or its scale is not"));
	};
	let zeros = match input(2) {
		Some(zero) => zero
			.data
			.integers()
			.map(|zeros| if zeros.len() == 1 { vec![zeros[0]; scales.len()] } else { zeros })
			.filter(|zeros| zeros.len() == scales.len())
			.ok_or_else(|| node.error("its zero point does not fit its scale"))?,
		None => vec![0; scales.len()],
	};
	let channel = per_axis(node, &tensor.shape, scales.len(), axis)?;
	let real = |(index, value): (usize, &i64)| {
		let c = channel(index);
		((value - zeros[c]) as f64 * f64::from(scales[c])) as f32
	};
	let values = values.iter().enumerate().map(real).collect();
	Ok(Tensor { shape: tensor.shape.clone(), data: Data::F32(values) })
}

/// From an element's position to the index of its scale.
fn per_axis(
	node: &Node,
	shape: &[usize],
	scales: usize,
	axis: i64,
) -> Result<impl Fn(usize) -> usize, ModelError> {
	let (inner, count) = if scales == 1 {
		(1, 1)
	} else {
		let axis = parse::axis(node, axis, shape.len())?;
		if shape[axis] != scales {
			return Err(node.error(format!("{scales} scales for shape {shape:?}, axis {axis}")));
		}
		(shape[axis + 1..].iter().product(), scales)
	};
	Ok(move |index: usize| index / inner % count)
}

fn join(node: &Node, tensors: &[&Tensor], axis: usize) -> Result<Tensor, ModelError> {
	let shapes: Vec<&[usize]> = tensors.iter().map(|tensor| tensor.shape.as_slice()).collect();
	let moved =
		moved(&Move::Concat(axis), &shapes).map_err(|what| node.error(what))?.swap_remove(0);
	let data = match &tensors[0].data {
		Data::F32(_) => {
			let all: Option<Vec<&[f32]>> = tensors.iter().map(|tensor| tensor.floats()).collect();
			let all = all.ok_or_else(|| node.error("its inputs differ in type"))?.concat();
			Data::F32(moved.sources.iter().map(|&at| all[at]).collect())
		},
		_ => {
			let all: Option<Vec<Vec<i64>>> =
				tensors.iter().map(|tensor| tensor.data.integers()).collect();
			let all = all.ok_or_else(|| node.error("its inputs differ in type"))?.concat();
			Data::I64(moved.sources.iter().map(|&at| all[at]).collect())
		},
	};
	Ok(Tensor { shape: moved.shape, data })
}

fn move_elements(node: &Node, op: &Move, tensor: &Tensor) -> Result<Vec<Tensor>, ModelError> {
	fn pick<T: Copy>(values: &[T], sources: &[usize], padding: T) -> Vec<T> {
		sources.iter().map(|&at| if at == PADDING { padding } else { values[at] }).collect()
	}
	let padding = match op {
		Move::Pad { mode: PadMode::Constant(value), .. } => *value,
		_ => 0.0,
	};
	let results = moved(op, &[&tensor.shape]).map_err(|what| node.error(what))?;
	Ok(results
		.into_iter()
		.map(|moved| {
			let at = &moved.sources;
			let data = match &tensor.data {
				Data::F32(values) => Data::F32(pick(values, at, padding)),
				Data::I8(values) => Data::I8(pick(values, at, padding as i8)),
				Data::U8(values) => Data::U8(pick(values, at, padding as u8)),
				Data::I32(values) => Data::I32(pick(values, at, padding as i32)),
				Data::I64(values) => Data::I64(pick(values, at, padding as i64)),
			};
			Tensor { shape: moved.shape, data }
		})
		.collect())
}
