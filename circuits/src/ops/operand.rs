//! Operands and results of onnxruntime's integer kernels: integers with one scale and zero point.

use super::{quantize_linear::check_scales, Place, Select};
use crate::{
	error::ModelError,
	fusion::{Fusion, Goal},
	lower::{kind_of, Lowering},
	onnx::Node,
	value::{Kind, Quantized, Real, Unit, Value},
};

/// One scale and zero point, and the type that they are for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Grid {
	/// The scale.
	pub(crate) scale: f32,
	/// The zero point, as the kernel sees it.
	pub(crate) zero_point: i64,
	/// The type that the kernel sees.
	pub(crate) kind: Kind,
}

/// Integers less their zero point, and what they are worth.
#[derive(Clone, Debug)]
pub(super) struct Operand {
	/// Tensor of the integer graph, the zero point subtracted.
	pub(super) tensor: usize,
	/// Its shape.
	pub(super) shape: Vec<usize>,
	/// Scale and zero point.
	pub(super) grid: Grid,
}

/// The more that bytes and zero points are worth where onnxruntime makes `int8` into `uint8`.
const SHIFT: i64 = 128;

impl Grid {
	/// Reads two inputs of a node, a scale and perhaps a zero point, each one number. Without a zero
	/// point the type is the one given.
	pub(super) fn read(
		lowering: &Lowering<'_>,
		node: &Node,
		scale: usize,
		kind: Kind,
	) -> Result<Self, ModelError> {
		let Some(&[value]) = lowering.constant(node, scale)?.floats() else {
			return Err(node.error(format!("its input {scale} is not one scale")));
		};
		check_scales(node, &[value])?;
		let (mut zero_point, mut own) = (0, kind);
		if node.optional_input(scale + 1).is_some() {
			let tensor = lowering.constant(node, scale + 1)?;
			let values = tensor.data.integers();
			let (Some(kind), Some(&[value])) = (kind_of(tensor), values.as_deref()) else {
				return Err(node.error(format!("its input {} is not one zero point", scale + 1)));
			};
			(zero_point, own) = (value, kind);
		}
		if own.range().is_none() {
			return Err(node.error(format!("its type {} is not uint8 or int8", own.name())));
		}
		Ok(Self { scale: value, zero_point, kind: own })
	}

	/// The range of the type, which a grid has.
	pub(super) fn range(&self) -> (i64, i64) {
		self.kind.range().unwrap_or((0, 255))
	}

	/// As onnxruntime's kernel has it.
	fn stored(self, stored: Kind) -> Self {
		let shift = if stored == self.kind { 0 } else { SHIFT };
		Self { zero_point: self.zero_point + shift, kind: stored, ..self }
	}

	/// The grid of the one `QuantizeLinear` that onnxruntime fuses a node with, if it does.
	pub(super) fn fused(lowering: &Lowering<'_>, node: &Node) -> Option<Self> {
		match lowering.fusion.goal(node) {
			Goal::Quantize(target) if !target.clipped => {
				let grid = target.grid?;
				Some(grid.stored(target.stored))
			},
			_ => None,
		}
	}

	/// The result of a quantised operator, whose tensor has the zero point subtracted.
	pub(super) fn quantized(
		&self,
		lowering: &mut Lowering<'_>,
		node: &Node,
		tensor: usize,
		shape: Vec<usize>,
	) -> Result<Value, ModelError> {
		let raw = Quantized { tensor, shape, kind: self.kind };
		let tensor = lowering.shift_by(node, &raw, self.zero_point)?;
		Ok(Value::Quantized(Quantized { tensor, ..raw }))
	}

	/// The result of an operator that is fused with the `QuantizeLinear` after it, which so finds
	/// integers at its own scale.
	pub(super) fn real(&self, lowering: &Lowering<'_>, tensor: usize, shape: Vec<usize>) -> Value {
		let count = lowering.bounds_of(tensor).len();
		Value::Real(Real::new(tensor, shape, vec![Unit::of_scale(self.scale); count]))
	}
}

impl Operand {
	/// Three inputs of a node: integers, scale and zero point.
	pub(super) fn read(
		lowering: &mut Lowering<'_>,
		node: &Node,
		first: usize,
	) -> Result<Self, ModelError> {
		let grid = Grid::read(lowering, node, first + 1, Kind::U8)?;
		if lowering.is_constant(node, first) {
			let tensor = lowering.constant(node, first)?;
			let (kind, shape) = (kind_of(tensor), tensor.shape.clone());
			let values = tensor.data.integers().unwrap_or_default();
			if kind != Some(grid.kind) {
				return Err(node.error("its constant and its zero point differ in type"));
			}
			let values = values.into_iter().map(|value| value - grid.zero_point).collect();
			return Self::constant(lowering, node, values, shape, grid);
		}
		let quantized = lowering.quantized(node, first)?;
		if quantized.kind != grid.kind {
			return Err(node.error(format!(
				"its input {} is of type {}, its zero point of type {}",
				node.input(first)?,
				quantized.kind.name(),
				grid.kind.name()
			)));
		}
		let tensor = lowering.shift_by(node, &quantized, -grid.zero_point)?;
		Ok(Self { tensor, shape: quantized.shape, grid })
	}

	/// An input of a node that `DequantizeLinear` made, as the kernel sees it that onnxruntime fuses
	/// both into; `None` for any other.
	pub(super) fn dequantized(
		lowering: &mut Lowering<'_>,
		node: &Node,
		index: usize,
	) -> Result<Option<Self>, ModelError> {
		let name = node.input(index)?;
		match lowering.named(name) {
			Some(Value::Real(Real { tensor, shape, then, source: Some(source), .. }))
				if then.is_empty() =>
			{
				let (scale, zero_point) = (source.scale, source.zero_point);
				let grid = Grid { scale, zero_point, kind: source.quantized.kind };
				let grid = grid.stored(source.stored);
				Ok(Some(Self { tensor: *tensor, shape: shape.clone(), grid }))
			},
			Some(Value::Integers(integers)) if integers.dequantized => {
				let (values, shape) = (integers.values.clone(), integers.shape.clone());
				let dequantize = lowering.fusion.maker(name);
				let Some(dequantize) = dequantize.filter(|node| node.op == "DequantizeLinear")
				else {
					return Ok(None);
				};
				let kind = kind_of(lowering.constant(dequantize, 0)?).unwrap_or(Kind::I32);
				let Ok(grid) = Grid::read(lowering, dequantize, 1, kind) else { return Ok(None) };
				let raw: Vec<i64> = values.iter().map(|value| value + grid.zero_point).collect();
				let grid = grid.stored(Fusion::stored_constant(&raw, grid.kind));
				Self::constant(lowering, node, values, shape, grid).map(Some)
			},
			_ => Ok(None),
		}
	}

	/// Constants, the zero point subtracted.
	fn constant(
		lowering: &mut Lowering<'_>,
		node: &Node,
		values: Vec<i64>,
		shape: Vec<usize>,
		grid: Grid,
	) -> Result<Self, ModelError> {
		let places = values.into_iter().map(Place::Constant).collect();
		let tensor = lowering.push(node, Select { places }, &[], &shape)?;
		Ok(Self { tensor, shape, grid })
	}
}

/// Weights of an integer kernel, their zero points subtracted.
pub(super) struct Weights {
	/// Their shape.
	pub(super) shape: Vec<usize>,
	/// The integers, row-major.
	pub(super) values: Vec<i32>,
}

impl Weights {
	/// Reads weights and, where it is there, their zero point. `channel` is the place among several
	/// zero points that a weight takes: given the weights' shape, the place of the weight, and how
	/// many zero points there are.
	pub(super) fn read(
		lowering: &Lowering<'_>,
		node: &Node,
		weights: usize,
		zero_point: usize,
		channel: impl Fn(&[usize], usize, usize) -> usize,
	) -> Result<Self, ModelError> {
		let name = node.input(weights)?;
		let tensor = lowering
			.constant(node, weights)
			.map_err(|_| node.error(format!("its weights {name} are not a constant")))?;
		let kind = kind_of(tensor).filter(|kind| kind.range().is_some());
		let (Some(kind), Some(values)) = (kind, tensor.data.integers()) else {
			return Err(node.error("its weights are not of type uint8 or int8"));
		};
		let mut zero_points = vec![0];
		if node.optional_input(zero_point).is_some() {
			let points = lowering.constant(node, zero_point)?;
			zero_points = points.data.integers().unwrap_or_default();
			if kind_of(points) != Some(kind) {
				return Err(node.error("its weights and their zero point differ in type"));
			}
		}
		let values = values.iter().enumerate().map(|(place, value)| {
			let at = match zero_points.len() {
				1 => 0,
				count => channel(&tensor.shape, place, count),
			};
			let zero_point = zero_points.get(at).ok_or_else(|| {
				node.error(format!("{} zero points for its weights", zero_points.len()))
			})?;
			// Both have 8 bits.
			Ok((value - zero_point) as i32)
		});
		let values = values.collect::<Result<_, ModelError>>()?;
		Ok(Self { shape: tensor.shape.clone(), values })
	}
}

/// Scales of weights: one for all, or as many as there are channels.
pub(super) fn weight_scales(
	lowering: &Lowering<'_>,
	node: &Node,
	index: usize,
	channels: usize,
) -> Result<Vec<f32>, ModelError> {
	let Some(scales) = lowering.constant(node, index)?.floats() else {
		return Err(node.error(format!("its input {index} is not of type float")));
	};
	check_scales(node, scales)?;
	match scales {
		&[scale] => Ok(vec![scale; channels]),
		scales if scales.len() == channels => Ok(scales.to_vec()),
		scales => {
			Err(node.error(format!("{} scales of weights for {channels} channels", scales.len())))
		},
	}
}

/// The factor of a kernel's rounding; an error where it is no normal float.
pub(super) fn factor(node: &Node, factor: f32) -> Result<f32, ModelError> {
	match factor.is_normal() && factor > 0.0 {
		true => Ok(factor),
		false => Err(node.error(format!("its scales give the factor {factor}, no normal float"))),
	}
}
