//! What onnxruntime fuses: which operators between `DequantizeLinear` and `QuantizeLinear` it
//! computes in one integer kernel, whose roundings are others than those of the float operator.
//!
//! As onnxruntime 1.31.1 does on x86-64 at its default level:
//!
//! - *Int8 becomes uint8*, bytes and zero point both more by 128, where a `QuantizeLinear` has one
//!   consumer, a `DequantizeLinear` with one consumer. Constants do where one lies outside
//!   `[−64, 64]`. Kernels are for operands and results of one type, and for most of them that must
//!   be uint8.
//! - *Operators that only move elements*, and `MaxPool`, change places with `DequantizeLinear`
//!   before them and `QuantizeLinear` after them; `Flatten` does not.
//! - *A `Relu` or `Clip`* before `QuantizeLinear` is dropped where saturation does the same.
//!   Elsewhere it keeps the operator before it out of the kernel.
//! - A result with several consumers, or one that is an output, is not fused with
//!   `QuantizeLinear`.

use crate::{
	lower::kind_of,
	onnx::{Model, Node, Tensor},
	ops::Grid,
	value::{Kind, Scaled},
};
use std::collections::{HashMap, HashSet};

/// Who makes and who takes the tensors of a model.
#[derive(Debug)]
pub(crate) struct Fusion<'a> {
	model: &'a Model,
	/// Nodes that take a tensor, once for each time.
	uses: HashMap<&'a str, Vec<&'a Node>>,
	makers: HashMap<&'a str, &'a Node>,
	outputs: HashSet<&'a str>,
}

/// The `QuantizeLinear` that a result is fused with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Target {
	/// Its scale and zero point, where they are one number each, and its type.
	pub(crate) grid: Option<Grid>,
	/// The type that onnxruntime gives its result.
	pub(crate) stored: Kind,
	/// Whether no `Relu` or `Clip` stands before it.
	pub(crate) plain: bool,
	/// Whether a `Relu` or `Clip` stands before it that saturation does not make redundant.
	pub(crate) clipped: bool,
}

/// Where the result of a node goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
	/// Into one `QuantizeLinear`.
	Quantize(Target),
	/// Into several, or into one and elsewhere.
	Several,
	/// Elsewhere.
	Float,
}

/// Whether onnxruntime lets an operator change places with `DequantizeLinear` and
/// `QuantizeLinear`.
fn is_move(model: &Model, node: &Node) -> bool {
	match node.op.as_str() {
		"Reshape" | "Transpose" | "Squeeze" | "Unsqueeze" | "Slice" => true,
		"MaxPool" => model.opset >= 12,
		// Dropped before anything else.
		"Identity" | "Dropout" => true,
		_ => false,
	}
}

impl<'a> Fusion<'a> {
	pub(crate) fn new(model: &'a Model) -> Self {
		let mut uses: HashMap<&str, Vec<&Node>> = HashMap::new();
		let mut makers = HashMap::new();
		for node in &model.nodes {
			for name in node.inputs.iter().filter(|name| !name.is_empty()) {
				uses.entry(name.as_str()).or_default().push(node);
			}
			for name in &node.outputs {
				makers.insert(name.as_str(), node);
			}
		}
		let outputs = model.outputs.iter().map(String::as_str).collect();
		Self { model, uses, makers, outputs }
	}

	fn uses(&self, name: &str) -> &[&'a Node] {
		self.uses.get(name).map_or(&[], Vec::as_slice)
	}

	/// The node that makes a tensor.
	pub(crate) fn maker(&self, name: &str) -> Option<&'a Node> {
		self.makers.get(name).copied()
	}

	/// The only node that takes a tensor.
	pub(crate) fn only_use(&self, name: &str) -> Option<&'a Node> {
		match self.uses(name) {
			&[node] if !self.outputs.contains(name) => Some(node),
			_ => None,
		}
	}

	/// Whether any node takes a tensor.
	pub(crate) fn is_taken(&self, name: &str) -> bool {
		!self.uses(name).is_empty()
	}

	/// Whether anything but the model's input is quantised.
	pub(crate) fn quantises_results(&self) -> bool {
		self.model.nodes.iter().filter(|node| node.op == "QuantizeLinear").count() > 1
	}

	/// Whether exactly one node, or the end of the model, takes a tensor.
	pub(crate) fn is_used_once(&self, name: &str) -> bool {
		self.uses(name).len() + usize::from(self.outputs.contains(name)) == 1
	}

	/// The type that onnxruntime gives a tensor of this type.
	pub(crate) fn stored(&self, name: &str, kind: Kind) -> Kind {
		let alone = || {
			let quantize = self.maker(name).filter(|node| node.op == "QuantizeLinear")?;
			let dequantize = self.only_use(name).filter(|node| node.op == "DequantizeLinear")?;
			let same = quantize.inputs.get(1..) == dequantize.inputs.get(1..)
				|| (1..3).all(|at| self.scalar(quantize, at) == self.scalar(dequantize, at));
			(same && self.is_used_once(dequantize.outputs.first()?)).then_some(())
		};
		match kind {
			Kind::I8 if alone().is_some() => Kind::U8,
			kind => kind,
		}
	}

	/// The type that onnxruntime gives a constant of this type.
	pub(crate) fn stored_constant(values: &[i64], kind: Kind) -> Kind {
		match kind {
			Kind::I8 if values.iter().any(|value| !(-64..=64).contains(value)) => Kind::U8,
			kind => kind,
		}
	}

	/// What the source of an activation becomes when an operator moves its elements.
	pub(crate) fn moved(&self, node: &Node, source: Option<&Scaled>) -> Option<Box<Scaled>> {
		let source = source?;
		let output = node.outputs.first()?;
		let past = is_move(self.model, node) && self.is_used_once(output);
		past.then(|| {
			// It gets a pair of its own, which nothing else takes.
			let stored = if source.stored == Kind::I8 { Kind::U8 } else { source.stored };
			Box::new(Scaled { stored, moved: true, ..source.clone() })
		})
	}

	fn constant(&self, node: &Node, input: usize) -> Option<&'a Tensor> {
		self.model.constants.get(node.optional_input(input)?)
	}

	/// A constant input that is one number.
	fn scalar(&self, node: &Node, input: usize) -> Option<f64> {
		let tensor = self.constant(node, input)?;
		match (tensor.floats(), tensor.data.integers()) {
			(Some(&[value]), _) => Some(value.into()),
			(_, Some(values)) if values.len() == 1 => Some(values[0] as f64),
			_ => None,
		}
	}

	/// Where the result of a node goes.
	pub(crate) fn goal(&self, node: &Node) -> Goal {
		self.find(node).unwrap_or(Goal::Float)
	}

	fn find(&self, node: &Node) -> Option<Goal> {
		let mut name = node.outputs.first()?.as_str();
		let mut clips = Vec::new();
		let mut moved = false;
		loop {
			let Some(next) = self.only_use(name) else {
				let quantized = self.uses(name).iter().any(|node| node.op == "QuantizeLinear");
				return Some(if quantized { Goal::Several } else { Goal::Float });
			};
			let output = next.outputs.first()?.as_str();
			match next.op.as_str() {
				"QuantizeLinear" => {
					return Some(match self.target(next, output, &clips, moved) {
						Some(target) => Goal::Quantize(target),
						None => Goal::Several,
					})
				},
				"Relu" | "Clip" => clips.push(next),
				_ if is_move(self.model, next) && next.inputs.first()? == name => moved = true,
				_ => return None,
			}
			name = output;
		}
	}

	fn target(&self, node: &Node, output: &str, clips: &[&Node], moved: bool) -> Option<Target> {
		let scale = self.constant(node, 1)?;
		let zero_point = self.constant(node, 2);
		let kind = zero_point.map_or(Some(Kind::U8), kind_of)?;
		if (moved || !clips.is_empty()) && scale.data.len() != 1 {
			return None;
		}
		let stored = match (moved, self.stored(output, kind)) {
			(true, Kind::I8) => Kind::U8,
			(_, stored) => stored,
		};
		let (lo, hi) = kind.range()?;
		let zero_point = self.scalar(node, 2).unwrap_or(0.0) as i64;
		let scale = self.scalar(node, 1).unwrap_or(1.0) as f32;
		let redundant = |clip: &&Node| {
			let end = |input, name, default| match clip.optional_input(input) {
				Some(_) => self.scalar(clip, input).map(|end| end as f32),
				None => clip.float(name, default).ok(),
			};
			let ends = match clip.op.as_str() {
				"Relu" => Some((0.0, f32::INFINITY)),
				_ => end(1, "min", f32::NEG_INFINITY).zip(end(2, "max", f32::INFINITY)),
			};
			ends.is_some_and(|(least, most)| {
				let real = |integer: i64| scale * (integer - zero_point) as f32;
				least <= real(lo) && most >= real(hi)
			})
		};
		let grid = (self.scalar(node, 1).is_some() && scale > 0.0 && scale.is_normal())
			.then_some(Grid { scale, zero_point, kind });
		let plain = clips.is_empty();
		Some(Target { grid, stored, plain, clipped: !clips.iter().all(redundant) })
	}
}
