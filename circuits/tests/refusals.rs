//! Quantised models that make no sense, or whose integers onnxruntime would compute otherwise, are
//! refused by name.

use zkml_circuits::{
	lower,
	onnx::{
		protobuf::{
			attribute_proto::AttributeType, tensor_proto::DataType, tensor_shape_proto as shape,
			type_proto, AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
			TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
		},
		Model,
	},
	Graph,
};

fn tensor(name: &str, r#type: DataType, dims: &[i64], raw_data: Vec<u8>) -> TensorProto {
	let (name, dims) = (name.into(), dims.into());
	TensorProto { name, data_type: r#type as i32, dims, raw_data, ..Default::default() }
}

fn floats(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
	tensor(name, DataType::Float, dims, values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

fn int32(name: &str, dims: &[i64], values: &[i32]) -> TensorProto {
	tensor(name, DataType::Int32, dims, values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

fn node(op: &str, inputs: &[&str], output: &str, attributes: &[(&str, i64)]) -> NodeProto {
	let attribute = |&(name, i): &(&str, i64)| AttributeProto {
		name: name.into(),
		r#type: AttributeType::Int as i32,
		i,
		..Default::default()
	};
	NodeProto {
		op_type: op.into(),
		name: output.into(),
		input: inputs.iter().map(|&name| name.into()).collect(),
		output: vec![output.into()],
		attribute: attributes.iter().map(attribute).collect(),
		..Default::default()
	}
}

/// `logits = x · W + b` for two inputs and two outputs, all scales 1.
fn model() -> ModelProto {
	let dim = |size| shape::Dimension {
		value: Some(shape::dimension::Value::DimValue(size)),
		..Default::default()
	};
	let value = |name: &str| ValueInfoProto {
		name: name.into(),
		r#type: Some(TypeProto {
			value: Some(type_proto::Value::TensorType(type_proto::Tensor {
				elem_type: DataType::Float as i32,
				shape: Some(TensorShapeProto { dim: vec![dim(1), dim(2)] }),
			})),
			..Default::default()
		}),
		..Default::default()
	};
	ModelProto {
		ir_version: 10,
		opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 21 }],
		graph: Some(GraphProto {
			name: "refusals".into(),
			node: vec![
				node("QuantizeLinear", &["x", "one", "zero"], "q", &[]),
				node("DequantizeLinear", &["q", "one", "zero"], "d", &[]),
				node("DequantizeLinear", &["w", "ws"], "wd", &[("axis", 1)]),
				node("DequantizeLinear", &["b", "bs"], "bd", &[("axis", 0)]),
				node("Gemm", &["d", "wd", "bd"], "logits", &[]),
			],
			initializer: vec![
				floats("one", &[], &[1.0]),
				tensor("zero", DataType::Uint8, &[], vec![0]),
				tensor("w", DataType::Int8, &[2, 2], vec![1, 2, 3, 4]),
				floats("ws", &[2], &[1.0, 1.0]),
				int32("b", &[2], &[5, 6]),
				floats("bs", &[2], &[1.0, 1.0]),
			],
			input: vec![value("x")],
			output: vec![value("logits")],
			..Default::default()
		}),
		..Default::default()
	}
}

fn graph_of(proto: &mut ModelProto) -> &mut GraphProto {
	proto.graph.as_mut().unwrap()
}

fn replace(proto: &mut ModelProto, tensor: TensorProto) {
	let initializers = &mut graph_of(proto).initializer;
	let at = initializers.iter().position(|old| old.name == tensor.name).unwrap();
	initializers[at] = tensor;
}

fn try_lower(proto: ModelProto) -> Result<Graph, String> {
	let model = Model::from_proto(proto, None).map_err(|error| error.to_string())?;
	lower(&model).map_err(|error| error.to_string())
}

/// Lowers an edited model, which must fail with these words.
fn refuses(words: &str, edit: impl FnOnce(&mut ModelProto)) {
	let mut proto = model();
	edit(&mut proto);
	let error = try_lower(proto).expect_err(words);
	assert!(error.contains(words), "expected “{words}”, got “{error}”");
}

#[test]
fn the_base_is_accepted() {
	let graph = try_lower(model()).unwrap();
	assert_eq!(graph.evaluate(&[10, 100]), [10 + 300 + 5, 20 + 400 + 6]);
}

#[test]
fn sums_that_float32_rounds() {
	refuses("beyond 2^24", |proto| replace(proto, int32("b", &[2], &[105_381_888, 0])));
	let just_below = (1 << 24) - 1 - 255 * 6;
	let mut proto = model();
	replace(&mut proto, int32("b", &[2], &[0, just_below]));
	assert!(try_lower(proto).is_ok());
	refuses("beyond 2^24", |proto| replace(proto, int32("b", &[2], &[0, just_below + 1])));
}

#[test]
fn a_bias_at_another_scale() {
	refuses("the scale of its bias", |proto| replace(proto, floats("bs", &[2], &[0.5, 1.0])));
}

#[test]
fn a_broadcast_addition_makes_a_matrix() {
	let shape = [2i64, 1].iter().flat_map(|size| size.to_le_bytes()).collect();
	let mut proto = model();
	let graph = graph_of(&mut proto);
	graph.initializer.push(tensor("to", DataType::Int64, &[2], shape));
	graph.node.truncate(4);
	graph.node.push(node("MatMul", &["d", "wd"], "m", &[]));
	graph.node.push(node("Reshape", &["m", "to"], "r", &[]));
	graph.node.push(node("Add", &["r", "bd"], "logits", &[]));
	let [a, b] = [10 + 300, 20 + 400];
	assert_eq!(try_lower(proto).unwrap().evaluate(&[10, 100]), [a + 5, a + 6, b + 5, b + 6]);
}

#[test]
fn scales_by_input() {
	refuses("one scale for each output", |proto| {
		replace(proto, floats("ws", &[2], &[1.0, 2.0]));
		graph_of(proto).node[2].attribute[0].i = 0;
	});
}

#[test]
fn scales_that_mean_nothing() {
	for scale in [0.0, -1.0, f32::NAN, f32::INFINITY, f32::MIN_POSITIVE / 2.0] {
		refuses("must be positive, finite", |proto| replace(proto, floats("one", &[], &[scale])));
	}
}

#[test]
fn products_of_scales_that_underflow() {
	refuses("no normal float", |proto| {
		replace(proto, floats("one", &[], &[2f32.powi(-100)]));
		replace(proto, floats("ws", &[2], &[2f32.powi(-100); 2]));
	});
}

#[test]
fn other_output_types() {
	let quantize = |value: i64| {
		move |proto: &mut ModelProto| {
			graph_of(proto).node[0] =
				node("QuantizeLinear", &["x", "one", "zero"], "q", &[("output_dtype", value)]);
		}
	};
	refuses("not of its output type", quantize(3));
	refuses("output type 16", quantize(16));
	let mut proto = model();
	graph_of(&mut proto).node[0] =
		node("QuantizeLinear", &["x", "one"], "q", &[("output_dtype", 3)]);
	graph_of(&mut proto).node[1] = node("DequantizeLinear", &["q", "one"], "d", &[]);
	let graph = try_lower(proto).unwrap();
	assert_eq!((graph.bounds[0][0].lo, graph.bounds[0][0].hi), (-128, 127));
	refuses("only the output type float", |proto| {
		graph_of(proto).node[1] =
			node("DequantizeLinear", &["q", "one", "zero"], "d", &[("output_dtype", 10)]);
	});
}

#[test]
fn a_zero_point_is_subtracted() {
	let mut proto = model();
	replace(&mut proto, tensor("zero", DataType::Uint8, &[], vec![128]));
	let graph = try_lower(proto).unwrap();
	assert_eq!(graph.quantize_input(&[-10.0, 100.0]).unwrap(), [-10, 100]);
	assert_eq!(graph.evaluate(&[-10, 100]), [-10 + 300 + 5, -20 + 400 + 6]);
	assert!(graph.quantize_input(&[-129.0, 0.0]).is_err());
}

#[test]
fn zero_points_of_biases() {
	refuses("int32 must have the zero point 0", |proto| {
		let graph = graph_of(proto);
		graph.initializer.push(int32("bz", &[2], &[1, 0]));
		graph.node[3].input.push("bz".into());
	});
}

#[test]
fn wide_weights() {
	refuses("beyond 2^24", |proto| replace(proto, int32("w", &[2, 2], &[1, 2, 3, 1 << 20])));
	refuses("int64 are not quantised", |proto| {
		let raw = [i64::MIN; 4].iter().flat_map(|value| value.to_le_bytes()).collect();
		replace(proto, tensor("w", DataType::Int64, &[2, 2], raw));
	});
}

#[test]
fn what_two_readers_could_read_differently() {
	refuses("tensor w is there twice", |proto| {
		let graph = graph_of(proto);
		graph.initializer.push(tensor("w", DataType::Int8, &[2, 2], vec![4, 3, 2, 1]));
	});
	refuses("attribute axis is there twice", |proto| {
		let node = &mut graph_of(proto).node[2];
		node.attribute.push(node.attribute[0].clone());
	});
	refuses("two operator sets", |proto| {
		proto.opset_import.push(OperatorSetIdProto { domain: "ai.onnx".into(), version: 13 });
	});
	refuses("its data is there twice", |proto| {
		let mut both = tensor("w", DataType::Int8, &[2, 2], vec![4, 3, 2, 1]);
		both.int32_data = vec![1, 2, 3, 4];
		replace(proto, both);
	});
}

#[test]
fn shapes_that_overflow() {
	refuses("its shape overflows", |proto| {
		replace(proto, tensor("w", DataType::Int8, &[i64::MAX, i64::MAX], vec![1]));
	});
	refuses("it is empty", |proto| {
		replace(proto, tensor("w", DataType::Int8, &[0, 1 << 40, 1 << 40], vec![]));
	});
	refuses("negative dimension", |proto| {
		replace(proto, tensor("w", DataType::Int8, &[-1, 2], vec![1, 2]));
	});
	refuses("elements for", |proto| {
		replace(proto, tensor("w", DataType::Int8, &[2, 2], vec![1, 2, 3]));
	});
}

#[test]
fn a_clipped_input_is_narrow() {
	use zkml_circuits::{assign, compile, Options};
	for (most, bits) in [(1.0, 1), (15.0, 4), (10.0, 4 + 4)] {
		let mut proto = model();
		let graph = graph_of(&mut proto);
		graph.initializer.push(floats("least", &[], &[0.0]));
		graph.initializer.push(floats("most", &[], &[most]));
		graph.node.insert(0, node("Clip", &["x", "least", "most"], "clipped", &[]));
		graph.node[1].input[0] = "clipped".into();
		let graph = try_lower(proto).unwrap();
		assert_eq!(graph.bounds[0][0].hi, most as i64);
		let circuit = compile(&graph, &Options::default()).unwrap();
		assert_eq!(circuit.layers[0].constraints, 2 * bits);
		let context = zkml_primitives::Context([1; 32]);
		let assigned = |input: &[i64]| assign(&graph, &Options::default(), input, &context);
		let witness = assigned(&[0, most as i64]).unwrap().witness;
		assert_eq!(circuit.r1cs.first_violation(&witness), None);
		assert!(assigned(&[0, most as i64 + 1]).is_err());
	}
}

fn int64(name: &str, values: &[i64]) -> TensorProto {
	let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
	tensor(name, DataType::Int64, &[values.len() as i64], raw)
}

/// A model whose only layer is this operator of `d`, of shape 1×2, with lists of integers.
fn with_operator(op: &str, lists: &[&[i64]], attributes: &[(&str, i64)]) -> ModelProto {
	let mut proto = model();
	let graph = graph_of(&mut proto);
	let names: Vec<String> = (0..lists.len()).map(|index| format!("list{index}")).collect();
	let inputs: Vec<&str> = ["d"].into_iter().chain(names.iter().map(String::as_str)).collect();
	graph.initializer.extend(names.iter().zip(lists).map(|(name, list)| int64(name, list)));
	let last = graph.node.len() - 1;
	graph.node[last] = node(op, &inputs, "logits", attributes);
	proto
}

#[test]
fn lists_that_make_no_sense() {
	const FAR: i64 = i64::MAX;
	for (words, op, lists, attributes) in [
		("too large", "Expand", vec![&[1 << 40, 1, 2][..]], vec![]),
		("too large", "Expand", vec![&[0, 1 << 40, 1 << 40, 1, 2]], vec![]),
		("its shape is", "Expand", vec![&[-1]], vec![]),
		("pads", "Pad", vec![&[0, FAR, 0, 0]], vec![]),
		("pads", "Pad", vec![&[0, i64::MIN, 0, 0]], vec![]),
		("pads", "Pad", vec![&[0, 1]], vec![]),
		("too large", "Pad", vec![&[1 << 20, 1 << 20, 0, 0]], vec![]),
		("a step is 0", "Slice", vec![&[0], &[1], &[1], &[0]], vec![]),
		("differ in length", "Slice", vec![&[0, 0], &[1]], vec![]),
		("given twice", "Slice", vec![&[0, 0], &[1, 1], &[1, -1]], vec![]),
		("is empty", "Slice", vec![&[1], &[1]], vec![]),
		("outside axis", "Gather", vec![&[0, 2]], vec![("axis", 1)]),
		("outside axis", "Gather", vec![&[i64::MIN]], vec![("axis", 1)]),
		("k is", "TopK", vec![&[3]], vec![]),
		("k is", "TopK", vec![&[0]], vec![]),
		("k is", "TopK", vec![&[1, 1]], vec![]),
		("1 outputs of sizes", "Split", vec![&[1, 1]], vec![("axis", 1)]),
		("1 outputs of sizes", "Split", vec![&[FAR]], vec![("axis", 1)]),
		("not of size 1", "Squeeze", vec![&[1]], vec![]),
		("axis 5", "Unsqueeze", vec![&[5]], vec![]),
		("axis 2", "ReduceSum", vec![&[2]], vec![]),
		("given twice", "ReduceMax", vec![&[0, -2]], vec![]),
		("axis 9", "ArgMax", vec![], vec![("axis", 9)]),
		("type 10", "Cast", vec![], vec![("to", 10)]),
		("product of shapes", "MatMul", vec![&[1, 2, 3]], vec![]),
	] {
		let refused = try_lower(with_operator(op, &lists, &attributes));
		let error = refused.err().unwrap_or_else(|| panic!("{op} of {lists:?} is accepted"));
		assert!(error.contains(words), "{op} of {lists:?}: expected “{words}”, got “{error}”");
	}
}

#[test]
fn lists_that_are_long_but_right() {
	let evaluate = |op, lists: &[&[i64]], attributes: &[(&str, i64)]| {
		try_lower(with_operator(op, lists, attributes)).unwrap().evaluate(&[10, 100])
	};
	assert_eq!(evaluate("Slice", &[&[i64::MAX], &[i64::MIN], &[1], &[i64::MIN]], &[]), [100]);
	assert_eq!(evaluate("Slice", &[&[-1], &[i64::MIN], &[-1], &[-1]], &[]), [100, 10]);
	assert_eq!(evaluate("Pad", &[&[0, -1, 1, 2]], &[]), [100, 0, 0, 0, 0, 0]);
	assert_eq!(evaluate("TopK", &[&[2]], &[("largest", 1)]), [100, 10]);
	assert_eq!(evaluate("Identity", &[], &[]), [10, 100]);
}

#[test]
fn shapes_are_folded() {
	let mut proto = with_operator("Reshape", &[], &[]);
	let graph = graph_of(&mut proto);
	let last = graph.node.pop().unwrap();
	graph.initializer.extend([int64("at", &[1]), int64("rest", &[-1, 1])]);
	graph.node.extend([
		node("Shape", &["d"], "shape", &[]),
		node("Gather", &["shape", "at"], "columns", &[("axis", 0)]),
		node("Concat", &["columns", "rest"], "wanted", &[("axis", 0)]),
	]);
	graph.node.push(NodeProto { input: vec!["d".into(), "wanted".into()], ..last });
	let graph = try_lower(proto).unwrap();
	assert_eq!(graph.output.shape, [2, 1, 1]);
	assert!(graph.nodes.is_empty(), "only other names for the input");
}

#[test]
fn an_operator_that_does_nothing() {
	for (op, value) in [("Add", 0.0), ("Sub", 0.0), ("Mul", 1.0), ("Div", 1.0)] {
		let edit = |value: f32| {
			move |proto: &mut ModelProto| {
				let graph = graph_of(proto);
				graph.initializer.push(floats("neutral", &[2], &[value, value]));
				graph.node.truncate(2);
				graph.node.push(node(op, &["d", "neutral"], "same", &[]));
				graph.node.push(node("Neg", &["same"], "logits", &[]));
			}
		};
		refuses("it does nothing", edit(value));
		let mut proto = model();
		edit(2.0)(&mut proto);
		assert!(try_lower(proto).is_ok(), "{op} by 2 does something");
	}
}

#[test]
fn two_roundings_in_a_row() {
	refuses("another scale", |proto| {
		let graph = graph_of(proto);
		graph.initializer.push(floats("half", &[], &[0.5]));
		graph.node.insert(2, node("QuantizeLinear", &["d", "half", "zero"], "q2", &[]));
		graph.node.insert(3, node("DequantizeLinear", &["q2", "half", "zero"], "d2", &[]));
		graph.node[6].input[0] = "d2".into();
	});
}
