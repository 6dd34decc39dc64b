//! The float network while it is being quantised: layers between numbered tensors.

use super::window::Window;
use crate::curve::Curve;

/// Index of a tensor in [`Net::tensors`].
pub(super) type TensorId = usize;

/// A tensor of the network.
#[derive(Clone, Debug)]
pub(super) struct TensorInfo {
	/// Its name in the ONNX file, or one made up.
	pub(super) name: String,
	/// Its shape at the model's batch size.
	pub(super) shape: Vec<usize>,
	/// What it holds is this many times what the ONNX file's tensor of this name holds.
	pub(super) factor: f64,
}

/// A convolution with constant weights.
#[derive(Clone, Debug)]
pub(super) struct Conv {
	/// Weights, one filter of `row` values per output channel.
	pub(super) weights: Vec<f32>,
	/// Shape of the weights: `[out, in / groups, kernel…]`.
	pub(super) shape: Vec<usize>,
	/// One value per output channel.
	pub(super) bias: Vec<f32>,
	pub(super) groups: usize,
	pub(super) window: Window,
}

/// A matrix product with constant weights over the last axis.
#[derive(Clone, Debug)]
pub(super) struct Dense {
	/// Weights, one row of `inputs` values per output.
	pub(super) weights: Vec<f32>,
	pub(super) inputs: usize,
	/// One value per output.
	pub(super) bias: Vec<f32>,
}

/// `y = factor · x + offset`, both broadcast.
#[derive(Clone, Debug)]
pub(super) struct Affine {
	/// Their shape, of the rank of `x` with dimensions 1 where they are broadcast.
	pub(super) shape: Vec<usize>,
	pub(super) factor: Vec<f32>,
	pub(super) offset: Vec<f32>,
}

/// Shares of exponentials along an axis.
#[derive(Clone, Debug)]
pub(super) struct Softmax {
	pub(super) axis: usize,
	/// What is added before: [`MASKED`] where elements do not count, else 0; its shape is broadcast.
	pub(super) mask: Option<(Vec<usize>, Vec<f32>)>,
}

/// So far below all others, in real units, that the exponential is zero.
pub(super) const MASKED: f32 = -1024.0;

/// A normalisation, and what is done to its results.
#[derive(Clone, Debug)]
pub(super) struct LayerNorm {
	/// The first axis that is normalised over.
	pub(super) axis: usize,
	/// What is added to the variance.
	pub(super) epsilon: f32,
	/// The shape of the normalised axes.
	pub(super) shape: Vec<usize>,
	/// A factor for each of their elements.
	pub(super) scale: Vec<f32>,
	/// An addend for each.
	pub(super) bias: Vec<f32>,
}

/// How a reduction combines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reduction {
	Mean,
	Sum,
	Max,
}

/// How the elements that a `Pad` adds are chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum PadMode {
	Constant(f32),
	Edge,
	Reflect,
}

/// Operators that only move elements.
#[derive(Clone, Debug)]
pub(super) enum Move {
	/// ONNX's target shape, with 0 and −1.
	Reshape(Vec<i64>),
	Flatten(usize),
	Squeeze(Vec<usize>),
	Unsqueeze(Vec<usize>),
	Transpose(Vec<usize>),
	/// Per axis: start, step and count.
	Slice(Vec<(i64, i64, usize)>),
	Gather {
		axis: usize,
		indices: Vec<usize>,
		/// Shape of the indices.
		shape: Vec<usize>,
	},
	/// Begins, then ends.
	Pad {
		begins: Vec<usize>,
		ends: Vec<usize>,
		mode: PadMode,
	},
	/// Of several inputs.
	Concat(usize),
	/// Into several outputs.
	Split {
		axis: usize,
		sizes: Vec<usize>,
	},
}

/// An operator of the float network.
#[derive(Clone, Debug)]
pub(super) enum Op {
	Conv(Conv),
	Dense(Dense),
	Affine(Affine),
	/// The sum of the inputs, each negated where the flag says so.
	Sum(Vec<bool>),
	/// The product of two activations.
	Product,
	Relu,
	/// Slopes broadcast with this shape; a shape of ones is a `LeakyRelu`.
	Leaky {
		shape: Vec<usize>,
		slopes: Vec<f32>,
	},
	Clip {
		lo: f32,
		hi: f32,
	},
	Abs,
	HardSigmoid {
		alpha: f32,
		beta: f32,
	},
	HardSwish,
	/// A function of real numbers, which is a table.
	Curve(Curve),
	/// The products of two activations' matrices.
	MatMul,
	/// Shares of exponentials along an axis.
	Softmax(Softmax),
	/// Rows over a norm, by its name in ONNX.
	Normalizer(String),
	/// Elements less their mean over their deviation, from an axis on.
	LayerNorm(LayerNorm),
	/// Of several inputs.
	Min,
	/// Of several inputs.
	Max,
	MaxPool(Window),
	AveragePool {
		window: Window,
		include_pad: bool,
	},
	Reduce {
		how: Reduction,
		axes: Vec<usize>,
		keep: bool,
	},
	ArgMax {
		axis: usize,
		keep: bool,
		last: bool,
	},
	TopK {
		count: usize,
		axis: usize,
		largest: bool,
		sorted: bool,
	},
	Move(Move),
}

impl Op {
	/// Whether it is a linear layer with weights.
	pub(super) fn is_linear(&self) -> bool {
		matches!(self, Self::Conv(_) | Self::Dense(_))
	}

	/// Whether it only moves elements of one input to one output.
	pub(super) fn is_simple_move(&self) -> bool {
		matches!(self, Self::Move(m) if !matches!(m, Move::Concat(_) | Move::Split { .. }))
	}

	/// Its name in ONNX, for messages.
	pub(super) fn name(&self) -> &'static str {
		match self {
			Self::Conv(_) => "Conv",
			Self::Dense(_) => "Gemm",
			Self::Affine(_) => "Mul",
			Self::Sum(_) => "Add",
			Self::Product => "Mul",
			Self::Relu => "Relu",
			Self::Leaky { .. } => "LeakyRelu",
			Self::Clip { .. } => "Clip",
			Self::Abs => "Abs",
			Self::HardSigmoid { .. } => "HardSigmoid",
			Self::HardSwish => "HardSwish",
			Self::Curve(curve) => curve.name(),
			Self::MatMul => "MatMul",
			Self::Softmax(_) => "Softmax",
			Self::Normalizer(_) => "Normalizer",
			Self::LayerNorm(_) => "LayerNormalization",
			Self::Min => "Min",
			Self::Max => "Max",
			Self::MaxPool(_) => "MaxPool",
			Self::AveragePool { .. } => "AveragePool",
			Self::Reduce { how: Reduction::Mean, .. } => "ReduceMean",
			Self::Reduce { how: Reduction::Sum, .. } => "ReduceSum",
			Self::Reduce { how: Reduction::Max, .. } => "ReduceMax",
			Self::ArgMax { .. } => "ArgMax",
			Self::TopK { .. } => "TopK",
			Self::Move(Move::Pad { .. }) => "Pad",
			Self::Move(Move::Concat(_)) => "Concat",
			Self::Move(Move::Split { .. }) => "Split",
			Self::Move(_) => "Reshape",
		}
	}
}

/// An operator with its place in the network.
#[derive(Clone, Debug)]
pub(super) struct Layer {
	/// Name of the ONNX node.
	pub(super) name: String,
	pub(super) op: Op,
	pub(super) inputs: Vec<TensorId>,
	pub(super) outputs: Vec<TensorId>,
}

/// A float network of one input.
#[derive(Clone, Debug)]
pub(super) struct Net {
	pub(super) tensors: Vec<TensorInfo>,
	/// Each after those that it depends on.
	pub(super) layers: Vec<Layer>,
	pub(super) input: TensorId,
	/// Names of the model's outputs, and the tensors that hold them.
	pub(super) outputs: Vec<(String, TensorId)>,
}

impl Net {
	pub(super) fn shape(&self, tensor: TensorId) -> &[usize] {
		&self.tensors[tensor].shape
	}

	/// Index of the layer that makes a tensor; `None` for the input.
	pub(super) fn producer(&self, tensor: TensorId) -> Option<usize> {
		self.layers.iter().position(|layer| layer.outputs.contains(&tensor))
	}

	/// Indices of the layers that take a tensor.
	pub(super) fn consumers(&self, tensor: TensorId) -> Vec<usize> {
		(0..self.layers.len())
			.filter(|&index| self.layers[index].inputs.contains(&tensor))
			.collect()
	}

	pub(super) fn is_output(&self, tensor: TensorId) -> bool {
		self.outputs.iter().any(|&(_, output)| output == tensor)
	}

	/// The only layer that takes a tensor which is not an output of the model.
	pub(super) fn only_consumer(&self, tensor: TensorId) -> Option<usize> {
		match self.consumers(tensor).as_slice() {
			&[consumer] if !self.is_output(tensor) => Some(consumer),
			_ => None,
		}
	}

	pub(super) fn add_tensor(&mut self, name: String, shape: Vec<usize>) -> TensorId {
		self.tensors.push(TensorInfo { name, shape, factor: 1.0 });
		self.tensors.len() - 1
	}

	/// Removes a layer with one input and one output; the tensor that it made becomes another name
	/// of the one that it took, or, if `keep_result`, the other way round.
	pub(super) fn bypass(&mut self, index: usize) {
		let layer = self.layers.remove(index);
		let (from, to) = (layer.inputs[0], layer.outputs[0]);
		self.redirect(to, from);
	}

	/// Lets every layer and output that takes `old` take `new`.
	pub(super) fn redirect(&mut self, old: TensorId, new: TensorId) {
		for layer in &mut self.layers {
			layer.inputs.iter_mut().filter(|input| **input == old).for_each(|input| *input = new);
		}
		for (_, tensor) in self.outputs.iter_mut().filter(|(_, tensor)| *tensor == old) {
			*tensor = new;
		}
	}

	/// Merges layer `index + 1…` into its producer: `producer` now makes what `merged` made.
	pub(super) fn absorb(&mut self, producer: usize, merged: usize) {
		let result = self.layers[merged].outputs[0];
		self.layers[producer].outputs[0] = result;
		self.layers.remove(merged);
	}

	/// Drops layers that no output depends on.
	pub(super) fn drop_dead_layers(&mut self) {
		let mut live = vec![false; self.tensors.len()];
		self.outputs.iter().for_each(|&(_, tensor)| live[tensor] = true);
		let mut keep = vec![false; self.layers.len()];
		for (index, layer) in self.layers.iter().enumerate().rev() {
			if layer.outputs.iter().any(|&output| live[output]) {
				keep[index] = true;
				layer.inputs.iter().for_each(|&input| live[input] = true);
			}
		}
		let mut keep = keep.into_iter();
		self.layers.retain(|_| keep.next().unwrap_or(false));
	}
}

/// Row-major strides, 0 along dimensions of size 1: for broadcasting.
pub(super) fn broadcast_strides(shape: &[usize]) -> Vec<usize> {
	let mut strides = vec![0; shape.len()];
	let mut stride = 1;
	for (axis, &size) in shape.iter().enumerate().rev() {
		strides[axis] = if size == 1 { 0 } else { stride };
		stride *= size;
	}
	strides
}

/// For every element of `shape`, the position of the element of `from` that is broadcast to it.
pub(super) fn broadcast_index(from: &[usize], shape: &[usize]) -> Vec<usize> {
	let mut padded = vec![1; shape.len().saturating_sub(from.len())];
	padded.extend_from_slice(from);
	let strides = broadcast_strides(&padded);
	let mut positions = vec![0];
	for (&size, &stride) in shape.iter().zip(&strides) {
		positions = positions
			.iter()
			.flat_map(|&position| (0..size).map(move |index| position + index * stride))
			.collect();
	}
	positions
}

/// The shape to which two shapes are broadcast.
pub(super) fn broadcast_shape(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
	let rank = a.len().max(b.len());
	let at = |shape: &[usize], axis: usize| {
		(axis + shape.len()).checked_sub(rank).map_or(1, |index| shape[index])
	};
	(0..rank)
		.map(|axis| match (at(a, axis), at(b, axis)) {
			(x, y) if x == y => Some(x),
			(1, size) | (size, 1) => Some(size),
			_ => None,
		})
		.collect()
}
