//! ONNX operators as layers of the float network: one function for each family.

use super::{
	net::{Affine, Conv, Dense, LayerNorm, Op, Reduction, Softmax, TensorId, MASKED},
	parse,
	read::{check_finite, single, Reader},
	recurrent,
	window::Window,
};
use crate::{
	curve::Curve,
	error::{show_shape, ModelError},
	onnx::{Attribute, Node},
	ops::GemmAttributes,
};

/// Appends the layers of a node; false if it is none of these operators.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Result<bool, ModelError> {
	match node.op.as_str() {
		"Identity" | "Cast" | "Dropout" => identity(reader, node),
		"Gemm" => gemm(reader, node),
		"MatMul" => matmul(reader, node),
		"Conv" => conv(reader, node),
		"BatchNormalization" => batch_norm(reader, node),
		"Add" | "Sub" | "Sum" => sum(reader, node),
		"Mul" | "Div" => product(reader, node),
		"Neg" => {
			let input = reader.activation(node, 0)?;
			let shape = vec![1; reader.shape(input).len()];
			let op = Op::Affine(Affine { shape, factor: vec![-1.0], offset: vec![0.0] });
			reader.push(node, op, vec![input])
		},
		"Relu" | "Abs" | "HardSwish" | "HardSigmoid" | "LeakyRelu" | "PRelu" | "Clip" => {
			elementwise(reader, node)
		},
		op if Curve::of(op).is_some() => elementwise(reader, node),
		"Gelu" | "com.microsoft.Gelu" => {
			node.only_attributes(&["approximate"])?;
			if node.string("approximate", "none")? != "none" {
				return Err(node.error("only the exact Gelu is supported, approximate none"));
			}
			let input = reader.activation(node, 0)?;
			reader.push(node, Op::Curve(Curve::Gelu), vec![input])
		},
		"Softmax" => softmax(reader, node),
		"LayerNormalization" => layer_norm(reader, node),
		"ai.onnx.ml.Normalizer" => {
			node.only_attributes(&["norm"])?;
			let input = reader.activation(node, 0)?;
			let norm = node.string("norm", "MAX")?.to_string();
			reader.push(node, Op::Normalizer(norm), vec![input])
		},
		"LSTM" | "GRU" => recurrent::layers(reader, node),
		"Min" | "Max" => extreme(reader, node),
		"MaxPool" | "AveragePool" | "GlobalAveragePool" | "GlobalMaxPool" => pool(reader, node),
		"ReduceMean" | "ReduceSum" | "ReduceMax" => reduce(reader, node),
		"ArgMax" | "TopK" => choose(reader, node),
		"Concat" => concat(reader, node),
		_ => return Ok(false),
	}?;
	Ok(true)
}

fn identity(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	let input = reader.activation(node, 0)?;
	if node.op == "Cast" && node.int("to", 1)? != 1 {
		return Err(node.error("an activation can only be cast to float"));
	}
	if node.op == "Dropout" {
		let training = reader.constant(node, 2).and_then(|tensor| tensor.data.integers());
		if training.is_some_and(|values| values.iter().any(|&value| value != 0)) {
			return Err(node.error("it is in training mode: export the model for inference"));
		}
	}
	reader.alias(node, input);
	Ok(())
}

fn gemm(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	let attributes = GemmAttributes::read(node)?;
	let input = reader.activation(node, 0)?;
	let (tensor, values) = reader.floats(node, 1)?;
	let (inputs, outputs) = attributes.sizes(node, reader.shape(input), &tensor.shape)?;
	let mut weights = Vec::with_capacity(values.len());
	for o in 0..outputs {
		for j in 0..inputs {
			weights.push(attributes.alpha * values[attributes.index(inputs, outputs, o, j)]);
		}
	}
	let bias: Vec<f32> = match node.optional_input(2) {
		Some(_) => {
			let (tensor, values) = reader.floats(node, 2)?;
			let fits = match tensor.shape.as_slice() {
				[] | [1] | [1, 1] => true,
				[size] | [1, size] => *size == outputs,
				_ => false,
			};
			if !fits {
				return Err(node.error(format!(
					"a bias of shape {} for {outputs} outputs",
					show_shape(&tensor.shape)
				)));
			}
			(0..outputs).map(|o| attributes.beta * values[o % values.len()]).collect()
		},
		None => vec![0.0; outputs],
	};
	check_finite(&format!("{} · alpha", node.name), &weights)?;
	check_finite(&format!("{} · beta", node.name), &bias)?;
	reader.push(node, Op::Dense(Dense { weights, inputs, bias }), vec![input])
}

fn matmul(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	let input = reader.activation(node, 0)?;
	if reader.constant(node, 1).is_none() {
		let other = reader.activation(node, 1)?;
		return reader.push(node, Op::MatMul, vec![input, other]);
	}
	let (tensor, values) = reader.floats(node, 1)?;
	let rank = tensor.shape.len();
	let matrix = rank >= 2
		&& rank <= reader.shape(input).len()
		&& tensor.shape[..rank - 2].iter().all(|&size| size == 1);
	if !matrix {
		return Err(node.error(format!("weights of shape {}", show_shape(&tensor.shape))));
	}
	let (inputs, outputs) = (tensor.shape[rank - 2], tensor.shape[rank - 1]);
	let at = |o: usize| (0..inputs).map(move |j| j * outputs + o);
	let weights = (0..outputs).flat_map(at).map(|index| values[index]).collect();
	let dense = Dense { weights, inputs, bias: vec![0.0; outputs] };
	reader.push(node, Op::Dense(dense), vec![input])
}

fn softmax(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	node.only_attributes(&["axis"])?;
	let input = reader.activation(node, 0)?;
	let rank = reader.shape(input).len();
	// Older operator sets go along all axes from one on.
	let old = reader.model.opset < 13;
	let axis = parse::axis(node, node.int("axis", if old { 1 } else { -1 })?, rank)?;
	if old && axis + 1 != rank {
		return Err(node.error("it goes along several axes: export the model with operator set 17"));
	}
	// A mask before it becomes part of it, so that masked elements widen no scale.
	if let Some(layer) = reader.producer(input) {
		if let Op::Affine(Affine { shape, factor, offset }) = &layer.op {
			let is_mask = |&value: &f32| value == 0.0 || value == MASKED;
			if factor.iter().all(|&factor| factor == 1.0) && offset.iter().all(is_mask) {
				let mask = Some((shape.clone(), offset.clone()));
				let input = layer.inputs[0];
				return reader.push(node, Op::Softmax(Softmax { axis, mask }), vec![input]);
			}
		}
	}
	reader.push(node, Op::Softmax(Softmax { axis, mask: None }), vec![input])
}

/// A constant that masks what goes into a `Softmax`: zeros, and numbers so low that nothing of an
/// element is left.
fn mask(reader: &Reader<'_>, node: &Node, index: usize) -> Option<(Vec<usize>, Vec<f32>)> {
	const LOW: f32 = -1000.0;
	let taken = |other: &Node| other.inputs.contains(&node.outputs[0]);
	let mut takers = reader.model.nodes.iter().filter(|other| taken(other)).peekable();
	takers.peek()?;
	if node.op != "Add" || !takers.all(|other| other.op == "Softmax") {
		return None;
	}
	let tensor = reader.constant(node, index)?;
	let values = tensor.floats()?;
	let is_mask = |&value: &f32| value == 0.0 || value <= LOW;
	let any = values.iter().any(|&value| value <= LOW);
	let short = |&value: &f32| if value <= LOW { MASKED } else { 0.0 };
	(any && values.iter().all(is_mask))
		.then(|| (tensor.shape.clone(), values.iter().map(short).collect()))
}

fn layer_norm(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	node.only_attributes(&["axis", "epsilon", "stash_type"])?;
	node.output()?;
	let input = reader.activation(node, 0)?;
	let axis = parse::axis(node, node.int("axis", -1)?, reader.shape(input).len())?;
	let shape = reader.shape(input)[axis..].to_vec();
	let count: usize = shape.iter().product();
	let list = |reader: &Reader<'_>, index: usize| -> Result<Vec<f32>, ModelError> {
		let (tensor, values) = reader.floats(node, index)?;
		match values.len() {
			1 => Ok(vec![values[0]; count]),
			size if size == count => Ok(values.to_vec()),
			_ => Err(node.error(format!(
				"its input {index} of shape {} does not fit {}",
				show_shape(&tensor.shape),
				show_shape(&shape)
			))),
		}
	};
	let scale = list(reader, 1)?;
	let bias = match node.optional_input(2) {
		Some(_) => list(reader, 2)?,
		None => vec![0.0; count],
	};
	let epsilon = node.float("epsilon", 1e-5)?;
	if !(epsilon.is_finite() && epsilon >= 0.0) {
		return Err(node.error(format!("its epsilon is {epsilon}")));
	}
	let norm = LayerNorm { axis, epsilon, shape, scale, bias };
	reader.push(node, Op::LayerNorm(norm), vec![input])
}

fn conv(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	node.only_attributes(&["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"])?;
	let input = reader.activation(node, 0)?;
	let (tensor, values) = reader.floats(node, 1)?;
	let shape = tensor.shape.clone();
	if shape.len() < 3 {
		return Err(node.error(format!("weights of shape {}", show_shape(&shape))));
	}
	let window = Window::read(node, reader.shape(input), Some(&shape[2..]))?;
	let groups = usize::try_from(node.int("group", 1)?).unwrap_or(0);
	if groups == 0 || shape[0] % groups != 0 {
		return Err(node.error(format!("{groups} groups for {} channels", shape[0])));
	}
	let weights = values.to_vec();
	let bias = match node.optional_input(2) {
		Some(_) => {
			let (tensor, values) = reader.floats(node, 2)?;
			if tensor.shape != [shape[0]] {
				return Err(node.error(format!("a bias of shape {}", show_shape(&tensor.shape))));
			}
			values.to_vec()
		},
		None => vec![0.0; shape[0]],
	};
	let op = Op::Conv(Conv { weights, shape, bias, groups, window });
	reader.push(node, op, vec![input])
}

fn batch_norm(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	if node.int("training_mode", 0)? != 0 || node.int("is_test", 1)? != 1 {
		return Err(node.error("it is in training mode: export the model for inference"));
	}
	if node.int("spatial", 1)? != 1 {
		return Err(node.error("spatial = 0 is not supported"));
	}
	let input = reader.activation(node, 0)?;
	let shape = reader.shape(input).to_vec();
	let channels = *shape.get(1).ok_or_else(|| node.error("its input has no channels"))?;
	let parameter = |index: usize| {
		let (_, values) = reader.floats(node, index)?;
		if values.len() != channels {
			return Err(node.error(format!("{} values for {channels} channels", values.len())));
		}
		Ok(values.iter().map(|&value| f64::from(value)).collect::<Vec<f64>>())
	};
	let (gain, shift, mean, variance) =
		(parameter(1)?, parameter(2)?, parameter(3)?, parameter(4)?);
	let epsilon = f64::from(node.float("epsilon", 1e-5)?);
	let mut broadcast = vec![1; shape.len()];
	broadcast[1] = channels;
	let (factor, offset): (Vec<f32>, Vec<f32>) = (0..channels)
		.map(|c| {
			let factor = gain[c] / (variance[c] + epsilon).sqrt();
			(factor as f32, (shift[c] - mean[c] * factor) as f32)
		})
		.unzip();
	check_finite(&node.name, &factor)?;
	check_finite(&node.name, &offset)?;
	let op = Op::Affine(Affine { shape: broadcast, factor, offset });
	reader.push(node, op, vec![input])
}

/// Constants and activations among a node's inputs.
fn split(reader: &Reader<'_>, node: &Node) -> Result<(Vec<usize>, Vec<usize>), ModelError> {
	if node.inputs.is_empty() {
		return Err(node.error("it has no input"));
	}
	Ok((0..node.inputs.len()).partition(|&index| reader.is_constant(node, index)))
}

/// The shape of a constant, brought to a rank.
fn padded(node: &Node, shape: &[usize], rank: usize) -> Result<Vec<usize>, ModelError> {
	match rank.checked_sub(shape.len()) {
		Some(missing) => Ok([&vec![1; missing], shape].concat()),
		None => Err(node.error(format!(
			"a constant of shape {} for an input of rank {rank}",
			show_shape(shape)
		))),
	}
}

/// Applies `make(constant) = (factor, offset)` of one constant input to a tensor.
fn affine(
	reader: &mut Reader<'_>,
	node: &Node,
	input: TensorId,
	index: usize,
	make: impl Fn(f32) -> (f32, f32),
) -> Result<Op, ModelError> {
	let (tensor, values) = reader.floats(node, index)?;
	let shape = padded(node, &tensor.shape, reader.shape(input).len())?;
	let (factor, offset): (Vec<f32>, Vec<f32>) = values.iter().map(|&value| make(value)).unzip();
	check_finite(&node.name, &factor)?;
	Ok(Op::Affine(Affine { shape, factor, offset }))
}

fn sum(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	let (constants, activations) = split(reader, node)?;
	let negated = |index: &usize| node.op == "Sub" && *index == 1;
	let inputs: Vec<TensorId> = (activations.iter())
		.map(|&index| reader.activation(node, index))
		.collect::<Result<_, _>>()?;
	match (constants.as_slice(), inputs.as_slice()) {
		([], [input]) => {
			reader.alias(node, *input);
			Ok(())
		},
		([], _) => {
			let signs = activations.iter().map(negated).collect();
			reader.push(node, Op::Sum(signs), inputs)
		},
		(&[constant], &[input]) => {
			if let Some((shape, offset)) = mask(reader, node, constant) {
				let shape = padded(node, &shape, reader.shape(input).len())?;
				let factor = vec![1.0; offset.len()];
				let op = Op::Affine(Affine { shape, factor, offset });
				return reader.push(node, op, vec![input]);
			}
			let factor = if negated(&activations[0]) { -1.0 } else { 1.0 };
			let sign = if negated(&constant) { -1.0 } else { 1.0 };
			let op = affine(reader, node, input, constant, |value| (factor, sign * value))?;
			reader.push(node, op, vec![input])
		},
		_ => Err(node.error("a sum of more than one constant is not supported")),
	}
}

fn product(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	let (constants, activations) = split(reader, node)?;
	match (constants.as_slice(), activations.as_slice()) {
		([], [a, b]) if node.op == "Mul" => {
			let inputs = vec![reader.activation(node, *a)?, reader.activation(node, *b)?];
			reader.push(node, Op::Product, inputs)
		},
		(&[constant], &[activation]) if node.op == "Mul" || activation == 0 => {
			let input = reader.activation(node, activation)?;
			let divides = node.op == "Div";
			let factor = |value: f32| if divides { 1.0 / value } else { value };
			let op = affine(reader, node, input, constant, |value| (factor(value), 0.0))?;
			reader.push(node, op, vec![input])
		},
		_ => Err(node.error("division only by a constant is supported")),
	}
}

fn elementwise(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	let input = reader.activation(node, 0)?;
	let rank = reader.shape(input).len();
	let op = match node.op.as_str() {
		"Relu" => Op::Relu,
		"Abs" => Op::Abs,
		"HardSwish" => Op::HardSwish,
		op if Curve::of(op).is_some() => Op::Curve(Curve::of(op).unwrap_or(Curve::Sigmoid)),
		"HardSigmoid" => {
			Op::HardSigmoid { alpha: node.float("alpha", 0.2)?, beta: node.float("beta", 0.5)? }
		},
		"LeakyRelu" => {
			let slope = node.float("alpha", 0.01)?;
			Op::Leaky { shape: vec![1; rank], slopes: vec![slope] }
		},
		"PRelu" => {
			let (tensor, values) = reader.floats(node, 1)?;
			Op::Leaky { shape: padded(node, &tensor.shape, rank)?, slopes: values.to_vec() }
		},
		_ => {
			let constant = |index: usize| reader.constant(node, index);
			let lo = parse::scalar(node, "min", 1, &constant, f32::NEG_INFINITY)?;
			let hi = parse::scalar(node, "max", 2, &constant, f32::INFINITY)?;
			if lo > hi {
				return Err(node.error(format!("its bounds {lo} and {hi} are the wrong way round")));
			}
			Op::Clip { lo, hi }
		},
	};
	reader.push(node, op, vec![input])
}

fn extreme(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	let (constants, activations) = split(reader, node)?;
	let (mut lo, mut hi) = (f32::NEG_INFINITY, f32::INFINITY);
	for &index in &constants {
		let value = reader.constant(node, index).and_then(single);
		let value =
			value.ok_or_else(|| node.error("only one number as a constant is supported"))?;
		if node.op == "Max" {
			lo = lo.max(value);
		} else {
			hi = hi.min(value);
		}
	}
	let inputs: Vec<TensorId> = (activations.iter())
		.map(|&index| reader.activation(node, index))
		.collect::<Result<_, _>>()?;
	let op = if node.op == "Max" { Op::Max } else { Op::Min };
	match (inputs.len(), constants.is_empty()) {
		(1, true) => {
			reader.alias(node, inputs[0]);
			Ok(())
		},
		(1, false) => reader.push(node, Op::Clip { lo, hi }, inputs),
		(_, true) => reader.push(node, op, inputs),
		(_, false) => {
			let name = format!("{}.tensors", node.name);
			let combined = reader.push_unnamed(node, &name, op, inputs)?;
			reader.push(node, Op::Clip { lo, hi }, combined)
		},
	}
}

fn pool(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	let input = reader.activation(node, 0)?;
	let shape = reader.shape(input).to_vec();
	if node.outputs.iter().skip(1).any(|name| !name.is_empty()) {
		return Err(node.error("only its first output is supported"));
	}
	if shape.len() < 3 {
		return Err(node.error(format!("an input of shape {}", show_shape(&shape))));
	}
	let global = |how| Op::Reduce { how, axes: (2..shape.len()).collect(), keep: true };
	let op = match node.op.as_str() {
		"GlobalAveragePool" => global(Reduction::Mean),
		"GlobalMaxPool" => global(Reduction::Max),
		_ => {
			let known = [
				"auto_pad",
				"ceil_mode",
				"count_include_pad",
				"dilations",
				"kernel_shape",
				"pads",
				"storage_order",
				"strides",
			];
			node.only_attributes(&known)?;
			let window = Window::read(node, &shape, None)?;
			if node.op == "MaxPool" {
				Op::MaxPool(window)
			} else {
				if window.dilations.iter().any(|&dilation| dilation != 1) {
					return Err(node.error("dilations are not supported"));
				}
				let include_pad = node.int("count_include_pad", 0)? != 0;
				Op::AveragePool { window, include_pad }
			}
		},
	};
	reader.push(node, op, vec![input])
}

fn reduce(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	let input = reader.activation(node, 0)?;
	let rank = reader.shape(input).len();
	let axes = parse::reduced_axes(node, rank, &|index| reader.constant(node, index))?;
	let keep = node.int("keepdims", 1)? != 0;
	let how = match node.op.as_str() {
		"ReduceMean" => Reduction::Mean,
		"ReduceSum" => Reduction::Sum,
		_ => Reduction::Max,
	};
	if axes.is_empty() {
		reader.alias(node, input);
		return Ok(());
	}
	reader.push(node, Op::Reduce { how, axes, keep }, vec![input])
}

fn choose(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	let input = reader.activation(node, 0)?;
	let rank = reader.shape(input).len();
	let op = if node.op == "ArgMax" {
		node.only_attributes(&["axis", "keepdims", "select_last_index"])?;
		Op::ArgMax {
			axis: parse::axis(node, node.int("axis", 0)?, rank)?,
			keep: node.int("keepdims", 1)? != 0,
			last: node.int("select_last_index", 0)? != 0,
		}
	} else {
		node.only_attributes(&["axis", "k", "largest", "sorted"])?;
		let count = parse::ints(node, "k", 1, &|index| reader.constant(node, index))?;
		let count = match count.as_deref() {
			Some(&[count]) => usize::try_from(count).unwrap_or(0),
			_ => return Err(node.error("its k is not one number")),
		};
		Op::TopK {
			count,
			axis: parse::axis(node, node.int("axis", -1)?, rank)?,
			largest: node.int("largest", 1)? != 0,
			sorted: node.int("sorted", 1)? != 0,
		}
	};
	reader.push(node, op, vec![input])
}

fn concat(reader: &mut Reader<'_>, node: &Node) -> Result<(), ModelError> {
	let inputs: Vec<TensorId> = (0..node.inputs.len())
		.map(|index| reader.activation(node, index))
		.collect::<Result<_, _>>()?;
	let first = *inputs.first().ok_or_else(|| node.error("it has no input"))?;
	let axis = match node.attributes.get("axis") {
		Some(Attribute::Int(axis)) => *axis,
		_ => return Err(node.error("its axis is missing")),
	};
	let axis = parse::axis(node, axis, reader.shape(first).len())?;
	let op = Op::Move(super::net::Move::Concat(axis));
	reader.push(node, op, inputs)
}
