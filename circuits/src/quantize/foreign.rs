//! Quantised models from elsewhere, as float models with known ranges.
//!
//! Their scales are any floats and their zero points any integers. Weights are dequantised, pairs
//! of `QuantizeLinear` and `DequantizeLinear` become the range that they can express, and integer
//! operators (`QLinearConv`, …) the float operators that they stand for. Where such a range may
//! stand for a `Relu` or `Clip` that the quantiser left out it becomes a `Clip`. What is left is
//! quantised again, with those ranges in place of calibration.

use super::{
	calibrate::Observation,
	constants,
	net::{Conv, Dense, Move, Net, Op, PadMode, Reduction, TensorId},
	read::Read,
};
use crate::{
	error::ModelError,
	onnx::{Attribute, Data, Model, Node, Tensor},
};
use std::collections::{BTreeMap, HashMap};

/// A float model, and the ranges of tensors by name.
pub(super) struct Rebuilt {
	pub(super) model: Model,
	pub(super) ranges: BTreeMap<String, (f64, f64)>,
}

/// Whether a model has integer operators.
pub(super) fn is_quantized(model: &Model) -> bool {
	model.nodes.iter().any(|node| {
		let op = base(&node.op);
		op.starts_with("QLinear") || ["QGemm", "QuantizeLinear", "DequantizeLinear"].contains(&op)
	})
}

/// An operator's name without onnxruntime's domain.
fn base(op: &str) -> &str {
	op.strip_prefix("com.microsoft.").unwrap_or(op)
}

/// Takes the integers out of a quantised model.
pub(super) fn rebuild(model: &Model) -> Result<Rebuilt, ModelError> {
	if model.input.kind.is_some() {
		return Err(ModelError::Malformed(format!(
			"input {} is of integers: only models with float inputs can be quantised again",
			model.input.name
		)));
	}
	let mut rebuilder = Rebuilder {
		model,
		rebuilt: Rebuilt { model: model.clone(), ranges: BTreeMap::new() },
		bounds: BTreeMap::new(),
	};
	rebuilder.rebuilt.model.nodes.clear();
	for node in &model.nodes {
		rebuilder.node(node)?;
	}
	Ok(rebuilder.rebuilt)
}

struct Rebuilder<'a> {
	model: &'a Model,
	rebuilt: Rebuilt,
	/// Bounds of tensors' elements, where they are known.
	bounds: BTreeMap<String, (f64, f64)>,
}

/// Operators whose results have the bounds of their only activation.
const KEEP_BOUNDS: [&str; 14] = [
	"AveragePool",
	"Dropout",
	"Flatten",
	"Gather",
	"GlobalAveragePool",
	"GlobalMaxPool",
	"Identity",
	"MaxPool",
	"Reshape",
	"Slice",
	"Split",
	"Squeeze",
	"Transpose",
	"Unsqueeze",
];

impl Rebuilder<'_> {
	fn constant(&self, node: &Node, index: usize) -> Option<&Tensor> {
		self.rebuilt.model.constants.get(node.optional_input(index)?)
	}

	/// One scale and one zero point, and what integers of the zero point's type can express.
	fn range(&self, node: &Node, scale: usize, zero: usize) -> Result<(f64, f64), ModelError> {
		let scale = self.constant(node, scale).and_then(Tensor::floats);
		let Some(&[scale]) = scale else {
			return Err(node.error("activations must have one constant scale"));
		};
		let zero = self.constant(node, zero).map(|tensor| &tensor.data);
		let (lo, hi, point) = match zero {
			None => (0.0, 255.0, 0),
			Some(Data::U8(values)) => (0.0, 255.0, i64::from(values[0])),
			Some(Data::I8(values)) => (-128.0, 127.0, i64::from(values[0])),
			Some(_) => return Err(node.error("only activations of 8 bits are supported")),
		};
		let real = |integer: f64| (integer - point as f64) * f64::from(scale);
		let (lo, hi) = (real(lo), real(hi));
		if !(lo.is_finite() && hi.is_finite() && lo < hi) {
			return Err(node.error("its scale is not a positive number"));
		}
		Ok((lo, hi))
	}

	/// Notes the range of a node's input or output, where it is no constant.
	fn note(&mut self, name: &str, range: (f64, f64)) {
		if !self.rebuilt.model.constants.contains_key(name) {
			self.rebuilt.ranges.entry(name.into()).or_insert(range);
		}
	}

	/// Dequantises a constant input, if it is one; returns the name under which to take it.
	fn real(
		&mut self,
		node: &Node,
		index: usize,
		scale: usize,
		zero: usize,
		axis: i64,
	) -> Result<String, ModelError> {
		let name = node.input(index)?.to_string();
		if self.constant(node, index).is_none() {
			let range = self.range(node, scale, zero)?;
			self.note(&name, range);
			return Ok(name);
		}
		let inputs =
			[self.constant(node, index), self.constant(node, scale), self.constant(node, zero)];
		let tensor = constants::dequantize(node, &inputs, axis)?;
		let real = format!("{name}.{}.real", node.name);
		self.rebuilt.model.constants.insert(real.clone(), tensor);
		Ok(real)
	}

	/// A bias in units of input times weight.
	fn bias(
		&mut self,
		node: &Node,
		index: usize,
		input: usize,
		weight: usize,
		factor: f32,
	) -> Result<Option<String>, ModelError> {
		let Some(name) = node.optional_input(index).map(String::from) else { return Ok(None) };
		let missing = || node.error("its bias or a scale is no constant");
		let values = self.constant(node, index).ok_or_else(missing)?;
		let integers = values.data.integers().ok_or_else(missing)?;
		let input = self.constant(node, input).and_then(Tensor::floats).ok_or_else(missing)?[0];
		let scales = self.constant(node, weight).and_then(Tensor::floats).ok_or_else(missing)?;
		let unit = |c: usize| f64::from(input) * f64::from(scales[c % scales.len()]);
		let real = |(c, &value): (usize, &i64)| (value as f64 * unit(c) * f64::from(factor)) as f32;
		let data = Data::F32(integers.iter().enumerate().map(real).collect());
		let tensor = Tensor { shape: values.shape.clone(), data };
		let real = format!("{name}.{}.real", node.name);
		self.rebuilt.model.constants.insert(real.clone(), tensor);
		Ok(Some(real))
	}

	fn push(&mut self, node: &Node, op: &str, inputs: Vec<String>) {
		let bounds = |name: &String| self.bounds.get(name).copied();
		let positive = |name: &String| bounds(name).is_some_and(|(lo, _)| lo >= 0.0);
		let bounds = match op {
			"Relu" | "Abs" => Some((0.0, f64::INFINITY)),
			"HardSigmoid" => Some((0.0, 1.0)),
			"Add" | "Mul" | "Concat" if inputs.iter().all(positive) => Some((0.0, f64::INFINITY)),
			_ if KEEP_BOUNDS.contains(&op) => inputs.first().and_then(bounds),
			_ => None,
		};
		if let Some(bounds) = bounds {
			self.bounds.extend(node.outputs.iter().map(|output| (output.clone(), bounds)));
		}
		let attributes = node.attributes.clone();
		let (name, outputs) = (node.name.clone(), node.outputs.clone());
		self.rebuilt.model.nodes.push(Node { name, op: op.into(), inputs, outputs, attributes });
	}

	/// Whether saturation to a range may stand for a `Relu` or `Clip`.
	fn saturates(&self, node: &Node, name: &str, (lo, hi): (f64, f64)) -> bool {
		if name == self.model.input.name {
			return false;
		}
		if let Some(&(from, to)) = self.bounds.get(name) {
			if from >= lo && (to <= hi || lo == 0.0) {
				return false;
			}
		}
		// A sum that joins another is clipped by chance of calibration, and at some cost.
		let takers = |names: &[String]| -> Vec<&Node> {
			let takes = |other: &&Node| other.inputs.iter().any(|input| names.contains(input));
			self.model.nodes.iter().filter(takes).collect()
		};
		let mut next = takers(&node.outputs);
		if let [pair] = next.as_slice() {
			if base(&pair.op) == "DequantizeLinear" {
				next = takers(&pair.outputs);
			}
		}
		let adds = |other: &&Node| matches!(base(&other.op), "Add" | "Sub" | "Sum" | "QLinearAdd");
		lo == 0.0 || next.is_empty() || !next.iter().all(adds)
	}

	/// Appends a `Clip` to a range, which saturation has stood for.
	fn clip(&mut self, node: &Node, input: String, range: (f64, f64)) -> Result<(), ModelError> {
		let output = node.output()?.to_string();
		let mut inputs = vec![input];
		for (what, bound) in [("lo", range.0), ("hi", range.1)] {
			let name = format!("{output}.{what}");
			let tensor = Tensor { shape: Vec::new(), data: Data::F32(vec![bound as f32]) };
			self.rebuilt.model.constants.insert(name.clone(), tensor);
			inputs.push(name);
		}
		self.bounds.insert(output.clone(), range);
		self.rebuilt.model.nodes.push(Node {
			name: format!("{}.clip", node.name),
			op: "Clip".into(),
			inputs,
			outputs: vec![output],
			attributes: BTreeMap::new(),
		});
		Ok(())
	}

	/// Appends the float operator, and notes the range of its result.
	fn replace(
		&mut self,
		node: &Node,
		op: &str,
		inputs: Vec<String>,
		scale: usize,
	) -> Result<(), ModelError> {
		self.push(node, op, inputs);
		if node.optional_input(scale).is_none() {
			return Ok(());
		}
		let range = self.range(node, scale, scale + 1)?;
		self.note(node.output()?, range);
		if self.saturates(node, node.output()?, range) {
			let sums = format!("{}.sums", node.output()?);
			let added = self.rebuilt.model.nodes.last_mut().expect("it was just appended");
			added.outputs = vec![sums.clone()];
			self.clip(node, sums, range)?;
		}
		Ok(())
	}

	fn node(&mut self, node: &Node) -> Result<(), ModelError> {
		match base(&node.op) {
			"QuantizeLinear" => {
				let input = node.input(0)?.to_string();
				if let Some(tensor) = self.constant(node, 0).cloned() {
					// A constant that is quantised in the graph keeps its float value.
					self.rebuilt.model.constants.insert(node.output()?.into(), tensor);
					return Ok(());
				}
				let range = self.range(node, 1, 2)?;
				if self.saturates(node, &input, range) {
					self.note(node.output()?, range);
					return self.clip(node, input, range);
				}
				self.note(&input, range);
				self.push(node, "Identity", vec![input]);
				self.forget_attributes();
			},
			"DequantizeLinear" => {
				let name = node.input(0)?.to_string();
				match self.constant(node, 0).cloned() {
					Some(tensor) => {
						let real = match tensor.data {
							Data::F32(_) => tensor,
							_ => {
								let inputs = [0, 1, 2].map(|index| self.constant(node, index));
								constants::dequantize(node, &inputs, node.int("axis", 1)?)?
							},
						};
						self.rebuilt.model.constants.insert(node.output()?.into(), real);
					},
					None => {
						self.push(node, "Identity", vec![name]);
						self.forget_attributes();
					},
				}
			},
			"QLinearConv" => {
				let input = self.real(node, 0, 1, 2, 0)?;
				let mut inputs = vec![input, self.real(node, 3, 4, 5, 0)?];
				inputs.extend(self.bias(node, 8, 1, 4, 1.0)?);
				self.replace(node, "Conv", inputs, 6)?;
			},
			"QLinearMatMul" => {
				let inputs = vec![self.real(node, 0, 1, 2, 0)?, self.real(node, 3, 4, 5, -1)?];
				self.replace(node, "MatMul", inputs, 6)?;
			},
			"QGemm" => {
				let input = self.real(node, 0, 1, 2, 0)?;
				let by_row = node.int("transB", 0)? != 0;
				let mut inputs = vec![input, self.real(node, 3, 4, 5, if by_row { 0 } else { 1 })?];
				inputs.extend(self.bias(node, 6, 1, 4, node.float("alpha", 1.0)?)?);
				self.replace(node, "Gemm", inputs, 7)?;
			},
			op @ ("QLinearAdd" | "QLinearMul") => {
				let inputs = vec![self.real(node, 0, 1, 2, 0)?, self.real(node, 3, 4, 5, 0)?];
				self.replace(node, &op["QLinear".len()..], inputs, 6)?;
			},
			op @ ("QLinearGlobalAveragePool"
			| "QLinearAveragePool"
			| "QLinearLeakyRelu"
			| "QLinearReduceMean"
			| "QLinearSigmoid"
			| "QLinearSoftmax") => {
				if node.int("channels_last", 0)? != 0 {
					return Err(node.error("channels_last is not supported"));
				}
				let inputs = vec![self.real(node, 0, 1, 2, 0)?];
				self.replace(node, &op["QLinear".len()..], inputs, 3)?;
				for added in self.rebuilt.model.nodes.iter_mut().rev().take(2) {
					added.attributes.remove("channels_last");
					if op == "QLinearSoftmax" {
						added.attributes.remove("opset");
					}
				}
			},
			"QLinearConcat" => {
				let range = self.range(node, 0, 1)?;
				self.note(node.output()?, range);
				let mut inputs = Vec::new();
				for index in (2..node.inputs.len()).step_by(3) {
					inputs.push(self.real(node, index, index + 1, index + 2, 0)?);
				}
				self.push(node, "Concat", inputs);
			},
			_ => self.push(node, &node.op, node.inputs.clone()),
		}
		Ok(())
	}

	/// `Identity` has no attributes.
	fn forget_attributes(&mut self) {
		if let Some(node) = self.rebuilt.model.nodes.last_mut() {
			node.attributes.retain(|_, attribute| matches!(attribute, Attribute::Tensor(_)));
		}
	}
}

/// Ranges of a network's tensors: those known, and others derived from them.
pub(super) struct Ranges {
	known: BTreeMap<TensorId, (f64, f64)>,
}

impl Ranges {
	/// From ranges by name, for a network before it is simplified.
	pub(super) fn new(read: &Read, ranges: &BTreeMap<String, (f64, f64)>) -> Self {
		let named: &HashMap<String, TensorId> = &read.names;
		let mut known: BTreeMap<TensorId, (f64, f64)> = BTreeMap::new();
		for (name, &(lo, hi)) in ranges {
			if let Some(&tensor) = named.get(name) {
				// Of several the narrowest holds.
				let range = known.entry(tensor).or_insert((lo, hi));
				*range = (range.0.max(lo), range.1.min(hi));
			}
		}
		Self { known }
	}

	/// What the calibration would have shown of these tensors.
	pub(super) fn observe(
		&self,
		net: &Net,
		tensors: &[TensorId],
	) -> Result<BTreeMap<TensorId, Observation>, ModelError> {
		let mut all = BTreeMap::new();
		let input = self.range(net, net.input).ok_or_else(|| {
			ModelError::Malformed(format!(
				"input {} is not quantised: its range is not known",
				net.tensors[net.input].name
			))
		})?;
		all.insert(net.input, input);
		for layer in &net.layers {
			let inputs: Vec<(f64, f64)> = layer.inputs.iter().map(|tensor| all[tensor]).collect();
			let derived = derive(&layer.op, &inputs, net.shape(layer.inputs[0]));
			for &output in &layer.outputs {
				let range = self.range(net, output).unwrap_or(derived);
				all.insert(output, range);
			}
		}
		let observation = |&tensor: &TensorId| {
			let (lo, hi) = all[&tensor];
			(tensor, Observation::of_range(lo, hi))
		};
		Ok(tensors.iter().map(observation).collect())
	}

	fn range(&self, net: &Net, tensor: TensorId) -> Option<(f64, f64)> {
		let factor = net.tensors[tensor].factor;
		self.known.get(&tensor).map(|&(lo, hi)| (lo * factor, hi * factor))
	}
}

/// A range of results from ranges of inputs.
fn derive(op: &Op, inputs: &[(f64, f64)], shape: &[usize]) -> (f64, f64) {
	let (lo, hi) = inputs[0];
	let hull = |ranges: &[(f64, f64)]| {
		let fold = |a: (f64, f64), b: &(f64, f64)| (a.0.min(b.0), a.1.max(b.1));
		ranges.iter().fold(ranges[0], fold)
	};
	match op {
		Op::Conv(Conv { weights, bias, .. }) | Op::Dense(Dense { weights, bias, .. }) => {
			let row = weights.len() / bias.len();
			let one = |(row, &bias): (&[f32], &f32)| {
				row.iter().fold((f64::from(bias), f64::from(bias)), |sum, &weight| {
					let (a, b) = (lo * f64::from(weight), hi * f64::from(weight));
					(sum.0 + a.min(b), sum.1 + a.max(b))
				})
			};
			hull(&weights.chunks_exact(row).zip(bias).map(one).collect::<Vec<_>>())
		},
		Op::Affine(affine) => {
			let ends = affine.factor.iter().zip(&affine.offset).flat_map(|(&factor, &offset)| {
				[lo, hi].map(|end| end * f64::from(factor) + f64::from(offset))
			});
			let ends: Vec<(f64, f64)> = ends.map(|end| (end, end)).collect();
			hull(&ends)
		},
		Op::Sum(signs) => {
			inputs.iter().zip(signs).fold((0.0, 0.0), |sum, (&(lo, hi), &negated)| {
				let (lo, hi) = if negated { (-hi, -lo) } else { (lo, hi) };
				(sum.0 + lo, sum.1 + hi)
			})
		},
		Op::Product => {
			let (a, b) = (inputs[0], inputs[1]);
			let ends = [a.0 * b.0, a.0 * b.1, a.1 * b.0, a.1 * b.1].map(|end| (end, end));
			hull(&ends)
		},
		Op::Relu => (lo.max(0.0), hi.max(0.0)),
		Op::Leaky { slopes, .. } => {
			let ends: Vec<(f64, f64)> = slopes
				.iter()
				.map(|&slope| lo.min(0.0) * f64::from(slope))
				.chain([hi.max(0.0)])
				.map(|end| (end, end))
				.collect();
			hull(&ends)
		},
		Op::Clip { lo: from, hi: to } => {
			let clip = |end: f64| end.max(f64::from(*from)).min(f64::from(*to));
			(clip(lo), clip(hi))
		},
		Op::Abs => (0.0, hi.max(-lo)),
		Op::HardSigmoid { .. } => (0.0, 1.0),
		Op::HardSwish => (lo.clamp(-0.375, 0.0), hi.max(0.0)),
		Op::Curve(curve) => curve.range(lo, hi),
		Op::Softmax(_) => (0.0, 1.0),
		Op::Normalizer(_) => (if lo < 0.0 { -1.0 } else { 0.0 }, 1.0),
		Op::LayerNorm(norm) => {
			let most = (norm.scale.len() as f64).sqrt();
			let ends = norm.scale.iter().zip(&norm.bias).map(|(&scale, &bias)| {
				let reach = most * f64::from(scale.abs());
				(f64::from(bias) - reach, f64::from(bias) + reach)
			});
			hull(&ends.collect::<Vec<_>>())
		},
		Op::MatMul => {
			let (a, b) = (inputs[0], inputs[1]);
			let terms = shape.last().copied().unwrap_or(1) as f64;
			let ends = [a.0 * b.0, a.0 * b.1, a.1 * b.0, a.1 * b.1].map(|end| (end, end));
			let (lo, hi) = hull(&ends);
			(lo * terms, hi * terms)
		},
		Op::Min | Op::Max => {
			let pick = if matches!(op, Op::Max) { f64::max } else { f64::min };
			inputs.iter().fold(inputs[0], |a, b| (pick(a.0, b.0), pick(a.1, b.1)))
		},
		Op::Reduce { how: Reduction::Sum, axes, .. } => {
			let count: usize = axes.iter().map(|&axis| shape[axis]).product();
			(lo * count as f64, hi * count as f64)
		},
		Op::ArgMax { axis, .. } | Op::TopK { axis, .. } => {
			(lo.min(0.0), hi.max(shape[*axis] as f64))
		},
		Op::AveragePool { .. } => (lo.min(0.0), hi.max(0.0)),
		Op::Move(Move::Pad { mode: PadMode::Constant(value), .. }) => {
			(lo.min(f64::from(*value)), hi.max(f64::from(*value)))
		},
		Op::MaxPool(_) | Op::Reduce { .. } | Op::Move(_) => hull(inputs),
	}
}
