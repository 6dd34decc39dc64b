//! From float models of every shape to integer graphs.

use std::collections::BTreeMap;
use zkml_circuits::{
	lower,
	onnx::{
		protobuf::{
			self as pb, attribute_proto::AttributeType, tensor_proto::DataType,
			tensor_shape_proto::dimension,
		},
		Model,
	},
	quantize::{compare, encode, quantize, snap, Calibration, QuantizeOptions, Quantized},
	samples::Samples,
	Graph, ModelError,
};

/// A float model under construction, with weights made up.
struct Net {
	nodes: Vec<pb::NodeProto>,
	initializers: Vec<pb::TensorProto>,
	input: Vec<usize>,
	seed: u64,
}

impl Net {
	fn new(input: &[usize]) -> Self {
		Self { nodes: Vec::new(), initializers: Vec::new(), input: input.into(), seed: 7 }
	}

	/// A number between −1 and 1.
	fn random(&mut self) -> f32 {
		self.seed ^= self.seed << 13;
		self.seed ^= self.seed >> 7;
		self.seed ^= self.seed << 17;
		(self.seed % 2_001) as f32 / 1_000.0 - 1.0
	}

	fn floats(&mut self, dims: &[usize], values: Vec<f32>) -> String {
		let name = format!("c{}", self.initializers.len());
		self.initializers.push(pb::TensorProto {
			name: name.clone(),
			data_type: DataType::Float as i32,
			dims: dims.iter().map(|&size| size as i64).collect(),
			float_data: values,
			..Default::default()
		});
		name
	}

	fn longs(&mut self, values: &[i64]) -> String {
		let name = format!("c{}", self.initializers.len());
		self.initializers.push(pb::TensorProto {
			name: name.clone(),
			data_type: DataType::Int64 as i32,
			dims: vec![values.len() as i64],
			int64_data: values.to_vec(),
			..Default::default()
		});
		name
	}

	fn weights(&mut self, dims: &[usize], scale: f32) -> String {
		let count = dims.iter().product();
		let values = (0..count).map(|_| self.random() * scale).collect();
		self.floats(dims, values)
	}

	fn op(&mut self, op: &str, inputs: &[&str], attributes: &[(&str, &[i64])]) -> String {
		let attribute = |&(name, values): &(&str, &[i64])| {
			let single = matches!(name, "axis" | "group" | "keepdims" | "transB");
			let r#type = if single { AttributeType::Int } else { AttributeType::Ints };
			pb::AttributeProto {
				name: name.into(),
				r#type: r#type as i32,
				i: values[0],
				ints: if single { vec![] } else { values.to_vec() },
				..Default::default()
			}
		};
		let name = format!("{}{}", op.to_lowercase(), self.nodes.len());
		self.nodes.push(pb::NodeProto {
			op_type: op.into(),
			name: name.clone(),
			input: inputs.iter().map(|&input| input.into()).collect(),
			output: vec![name.clone()],
			attribute: attributes.iter().map(attribute).collect(),
			..Default::default()
		});
		name
	}

	fn conv(&mut self, input: &str, from: usize, to: usize, kernel: usize) -> String {
		let scale = 1.0 / (from * kernel * kernel) as f32;
		let weights = self.weights(&[to, from, kernel, kernel], 3.0 * scale);
		let bias = self.weights(&[to], 0.1);
		let pad = (kernel / 2) as i64;
		self.op("Conv", &[input, &weights, &bias], &[("pads", &[pad; 4])])
	}

	fn batch_norm(&mut self, input: &str, channels: usize) -> String {
		let positive: Vec<f32> = (0..channels).map(|_| self.random().abs() + 0.5).collect();
		let variance = self.floats(&[channels], positive.clone());
		let gain = self.floats(&[channels], positive);
		let (shift, mean) = (self.weights(&[channels], 0.2), self.weights(&[channels], 0.2));
		self.op("BatchNormalization", &[input, &gain, &shift, &mean, &variance], &[])
	}

	fn gemm(&mut self, input: &str, from: usize, to: usize) -> String {
		let weights = self.weights(&[to, from], 2.0 / from as f32);
		let bias = self.weights(&[to], 0.1);
		self.op("Gemm", &[input, &weights, &bias], &[("transB", &[1])])
	}

	fn finish(self, output: &str) -> Model {
		let dimension = |&size: &usize| pb::tensor_shape_proto::Dimension {
			value: Some(dimension::Value::DimValue(size as i64)),
			..Default::default()
		};
		let info = |name: &str, shape: Option<&[usize]>| pb::ValueInfoProto {
			name: name.into(),
			r#type: Some(pb::TypeProto {
				value: Some(pb::type_proto::Value::TensorType(pb::type_proto::Tensor {
					elem_type: DataType::Float as i32,
					shape: shape.map(|shape| pb::TensorShapeProto {
						dim: shape.iter().map(dimension).collect(),
					}),
				})),
				..Default::default()
			}),
			..Default::default()
		};
		let graph = pb::GraphProto {
			input: vec![info("input", Some(&self.input))],
			output: vec![info(output, None)],
			node: self.nodes,
			initializer: self.initializers,
			..Default::default()
		};
		let proto = pb::ModelProto {
			ir_version: 8,
			opset_import: vec![pb::OperatorSetIdProto { domain: String::new(), version: 17 }],
			graph: Some(graph),
			..Default::default()
		};
		Model::from_proto(proto, None).unwrap()
	}
}

/// One block of a transformer on rows of 8 numbers: attention with two heads, and two layers.
fn transformer() -> Model {
	let mut net = Net::new(&[1, 6, 8]);
	let dense = |net: &mut Net, x: &str, from: usize, to: usize| {
		let (weights, bias) =
			(net.weights(&[from, to], 3.0 / from as f32), net.weights(&[to], 0.1));
		let product = net.op("MatMul", &[x, &weights], &[]);
		net.op("Add", &[&product, &bias], &[])
	};
	let norm = |net: &mut Net, x: &str| {
		let scale: Vec<f32> = (0..8).map(|i| 0.6 + i as f32 / 10.0).collect();
		let (scale, bias) = (net.floats(&[8], scale), net.weights(&[8], 0.2));
		net.op("LayerNormalization", &[x, &scale, &bias], &[("axis", &[-1])])
	};
	let heads = |net: &mut Net, x: &str, perm: &[i64]| {
		let x = dense(net, x, 8, 8);
		let shape = net.longs(&[1, 6, 2, 4]);
		let x = net.op("Reshape", &[&x, &shape], &[]);
		net.op("Transpose", &[&x], &[("perm", perm)])
	};
	let x = dense(&mut net, "input", 8, 8);
	let before = norm(&mut net, &x);
	let q = heads(&mut net, &before, &[0, 2, 1, 3]);
	let k = heads(&mut net, &before, &[0, 2, 3, 1]);
	let v = heads(&mut net, &before, &[0, 2, 1, 3]);
	let scores = net.op("MatMul", &[&q, &k], &[]);
	let half = net.floats(&[], vec![0.5]);
	let scores = net.op("Mul", &[&scores, &half], &[]);
	// Nobody looks ahead.
	let causal = (0..36).map(|i| if i % 6 > i / 6 { f32::NEG_INFINITY } else { 0.0 }).collect();
	let causal = net.floats(&[6, 6], causal);
	let scores = net.op("Add", &[&scores, &causal], &[]);
	let shares = net.op("Softmax", &[&scores], &[("axis", &[-1])]);
	let mixed = net.op("MatMul", &[&shares, &v], &[]);
	let mixed = net.op("Transpose", &[&mixed], &[("perm", &[0, 2, 1, 3])]);
	let shape = net.longs(&[1, 6, 8]);
	let mixed = net.op("Reshape", &[&mixed, &shape], &[]);
	let mixed = dense(&mut net, &mixed, 8, 8);
	let x = net.op("Add", &[&x, &mixed], &[]);
	let inner = norm(&mut net, &x);
	let inner = dense(&mut net, &inner, 8, 16);
	let inner = net.op("Relu", &[&inner], &[]);
	let inner = dense(&mut net, &inner, 16, 8);
	let x = net.op("Add", &[&x, &inner], &[]);
	let mean = net.op("ReduceMean", &[&x], &[("axes", &[1]), ("keepdims", &[0])]);
	let logits = net.gemm(&mean, 8, 5);
	net.finish(&logits)
}

#[test]
fn a_transformer_block() {
	let model = transformer();
	let samples = samples(&[1, 6, 8]);
	let quantized = quantized(&model, &QuantizeOptions::default());
	let again = Model::read(&encode(&quantized.proto), None).unwrap();
	let graph = lower(&again).unwrap();
	let names: Vec<&str> = graph.nodes.iter().map(|node| node.op.name()).collect();
	for name in ["softmax", "normalise"] {
		assert!(names.contains(&name), "{names:?}");
	}
	// Of each row of shares those behind it are nothing.
	let softmax = graph.nodes.iter().position(|node| node.op.name() == "softmax").unwrap();
	for (element, bounds) in graph.bounds[softmax + 1].iter().enumerate() {
		let (row, column) = (element / 6 % 6, element % 6);
		assert_eq!(bounds.hi == 0, column > row, "{row}, {column}: {bounds:?}");
	}
	let report = compare(&model, &graph, &samples).unwrap();
	println!("{report:?}");
	assert!(report.agreement >= 0.9, "{report:?}");
	let worst = report.layers.iter().map(|l| l.signal_to_noise_db).fold(f64::INFINITY, f64::min);
	assert!(worst > 15.0, "{report:?}");
}

/// `Silu` and `Gelu` as exporters of operator set 17 write them.
#[test]
fn gates_that_are_written_out() {
	let mut net = Net::new(&[1, 6]);
	let x = net.gemm("input", 6, 8);
	let gate = net.op("Sigmoid", &[&x], &[]);
	let x = net.op("Mul", &[&x, &gate], &[]);
	let x = net.gemm(&x, 8, 8);
	let [root, one, half] =
		[std::f32::consts::SQRT_2, 1.0, 0.5].map(|value| net.floats(&[], vec![value]));
	let inner = net.op("Div", &[&x, &root], &[]);
	let inner = net.op("Erf", &[&inner], &[]);
	let inner = net.op("Add", &[&inner, &one], &[]);
	let x = net.op("Mul", &[&x, &inner], &[]);
	let x = net.op("Mul", &[&x, &half], &[]);
	let x = net.gemm(&x, 8, 5);
	let model = net.finish(&x);
	let quantized = quantized(&model, &QuantizeOptions::default());
	let graph = quantized.proto.graph.as_ref().unwrap();
	let count = |op: &str| graph.node.iter().filter(|node| node.op_type == op).count();
	assert_eq!((count("Gelu"), count("Erf"), count("Sigmoid")), (1, 0, 1));
	assert!(quantized.proto.opset_import.iter().any(|import| import.domain == "com.microsoft"));
	let lowered = self::graph(&quantized);
	// One table for each gate: nothing is multiplied.
	assert!(lowered.nodes.iter().all(|node| node.op.name() != "product"));
	let report = compare(&model, &lowered, &samples(&[1, 6])).unwrap();
	assert!(report.agreement >= 0.9, "{report:?}");
	assert!(report.layers.iter().all(|layer| layer.signal_to_noise_db > 20.0), "{report:?}");
}

/// Samples between −1 and 1, labelled by chance.
fn samples(shape: &[usize]) -> Samples {
	let mut net = Net::new(shape);
	let size: usize = shape.iter().product();
	let x: Vec<f32> = (0..60 * size).map(|_| net.random()).collect();
	let dims: Vec<usize> = std::iter::once(60).chain(shape[1..].iter().copied()).collect();
	let x = ndarray::ArrayD::from_shape_vec(dims, x).unwrap();
	let y = ndarray::Array1::from_iter((0..60).map(|index| index % 5));
	let mut file = ndarray_npy::NpzWriter::new(std::io::Cursor::new(Vec::new()));
	file.add_array("x", &x).unwrap();
	file.add_array("y", &y).unwrap();
	Samples::read_npz(file.finish().unwrap(), shape).unwrap()
}

const IMAGE: [usize; 4] = [1, 3, 8, 8];

/// conv, conv with batch norm, addition of the first's result, pool, dense.
fn residual() -> Model {
	let mut net = Net::new(&IMAGE);
	let x = net.conv("input", 3, 8, 3);
	let x = net.batch_norm(&x, 8);
	let x = net.op("Relu", &[&x], &[]);
	let y = net.conv(&x, 8, 8, 3);
	let y = net.batch_norm(&y, 8);
	let sum = net.op("Add", &[&y, &x], &[]);
	let x = net.op("Relu", &[&sum], &[]);
	let x = net.op("MaxPool", &[&x], &[("kernel_shape", &[2, 2]), ("strides", &[2, 2])]);
	let x = net.op("Flatten", &[&x], &[]);
	let x = net.gemm(&x, 128, 5);
	net.finish(&x)
}

fn quantized(model: &Model, options: &QuantizeOptions) -> Quantized {
	quantize(model, &samples(&model.input.shape), options).unwrap()
}

fn graph(quantized: &Quantized) -> Graph {
	lower(&Model::read(&encode(&quantized.proto), None).unwrap()).unwrap()
}

/// Operators of a quantised model, by output, without constants'.
fn operators(quantized: &Quantized) -> BTreeMap<String, pb::NodeProto> {
	let graph = quantized.proto.graph.as_ref().unwrap();
	let constants: Vec<&str> = graph.initializer.iter().map(|t| t.name.as_str()).collect();
	(graph.node.iter())
		.filter(|node| !constants.contains(&node.input[0].as_str()))
		.map(|node| (node.output[0].clone(), node.clone()))
		.collect()
}

fn count(quantized: &Quantized, op: &str) -> usize {
	operators(quantized).values().filter(|node| node.op_type == op).count()
}

mod places {
	use super::*;

	#[test]
	fn one_quantisation_for_all_who_take_a_tensor() {
		let quantized = quantized(&residual(), &QuantizeOptions::default());
		// The input, the first convolution, and the sum after it was pooled.
		assert_eq!(count(&quantized, "QuantizeLinear"), 3);
		assert_eq!(count(&quantized, "BatchNormalization"), 0);
	}

	#[test]
	fn residual_additions_join_the_accumulator() {
		let quantized = quantized(&residual(), &QuantizeOptions::default());
		let operators = operators(&quantized);
		let add = operators.values().find(|node| node.op_type == "Add").unwrap();
		assert_eq!(operators[&add.input[0]].op_type, "Conv");
		assert_eq!(operators[&add.input[1]].op_type, "DequantizeLinear");
	}

	#[test]
	fn max_pooling_runs_before_it() {
		let quantized = quantized(&residual(), &QuantizeOptions::default());
		let operators = operators(&quantized);
		let pool = operators.values().find(|node| node.op_type == "MaxPool").unwrap();
		assert_eq!(operators[&pool.input[0]].op_type, "Relu");
	}

	#[test]
	fn every_scale_is_a_power_of_two() {
		let quantized = quantized(&residual(), &QuantizeOptions::default());
		let graph = quantized.proto.graph.unwrap();
		let scales = graph.initializer.iter().filter(|tensor| tensor.name.ends_with(".scale"));
		let mut seen = 0;
		for bytes in scales.flat_map(|tensor| tensor.raw_data.chunks_exact(4)) {
			let scale = f32::from_le_bytes(bytes.try_into().unwrap());
			assert_eq!(scale.to_bits() & 0x7f_ffff, 0, "{scale}");
			seen += 1;
		}
		assert!(seen > 20);
	}

	#[test]
	fn a_mean_over_no_power_of_two_becomes_a_sum() {
		let mut net = Net::new(&[1, 3, 7, 7]);
		let x = net.conv("input", 3, 8, 3);
		let x = net.op("Relu", &[&x], &[]);
		let x = net.op("GlobalAveragePool", &[&x], &[]);
		let x = net.op("Flatten", &[&x], &[]);
		let x = net.gemm(&x, 8, 5);
		let quantized = quantized(&net.finish(&x), &QuantizeOptions::default());
		assert_eq!(count(&quantized, "ReduceSum"), 1);
		assert_eq!(count(&quantized, "GlobalAveragePool"), 0);
	}

	#[test]
	fn fewer_bits_are_clipped() {
		let options = QuantizeOptions { activation_bits: 5, ..Default::default() };
		let quantized = quantized(&residual(), &options);
		assert_eq!(count(&quantized, "Clip"), 2, "the input has 8 bits");
		let graph = graph(&quantized);
		for node in graph.nodes.iter().filter(|node| node.name.ends_with(".quantize")) {
			let tensor = graph.nodes.iter().position(|n| std::ptr::eq(n, node)).unwrap() + 1;
			assert!(graph.bounds[tensor].iter().all(|b| b.lo >= 0 && b.hi < 32), "{}", node.name);
		}
	}
}

mod folds {
	use super::*;

	#[test]
	fn dead_channels_of_convolutions() {
		let mut net = Net::new(&IMAGE);
		let mut weights: Vec<f32> = (0..4 * 27).map(|_| net.random()).collect();
		weights[27..54].fill(0.0);
		let weights = net.floats(&[4, 3, 3, 3], weights);
		let bias = net.floats(&[4], vec![0.1, 0.5, -0.2, 0.3]);
		let x = net.op("Conv", &["input", &weights, &bias], &[]);
		let x = net.op("Relu", &[&x], &[]);
		let x = net.op("MaxPool", &[&x], &[("kernel_shape", &[2, 2]), ("strides", &[2, 2])]);
		let x = net.op("Flatten", &[&x], &[]);
		let x = net.gemm(&x, 36, 5);
		let model = net.finish(&x);
		let quantized = quantized(&model, &QuantizeOptions::default());
		assert_eq!(quantized.folded.len(), 1);
		assert_eq!(quantized.folded[0].channels, [1]);
		let report = compare(&model, &graph(&quantized), &samples(&IMAGE)).unwrap();
		assert!(report.layers.iter().all(|layer| layer.signal_to_noise_db > 25.0), "{report:?}");
	}

	#[test]
	fn constants_into_the_layers_beside_them() {
		let mut net = Net::new(&IMAGE);
		let mean = net.floats(&[1, 3, 1, 1], vec![0.1, 0.2, 0.3]);
		let x = net.op("Sub", &["input", &mean], &[]);
		let (weights, bias) = (net.weights(&[4, 3, 3, 3], 0.2), net.weights(&[4], 0.1));
		let x = net.op("Conv", &[&x, &weights, &bias], &[]);
		let factor = net.floats(&[4, 1, 1], vec![0.5, 0.7, 1.1, 2.0]);
		let x = net.op("Mul", &[&x, &factor], &[]);
		let x = net.op("Relu", &[&x], &[]);
		let third = net.floats(&[], vec![3.0]);
		let x = net.op("Div", &[&x, &third], &[]);
		let x = net.op("Flatten", &[&x], &[]);
		let x = net.gemm(&x, 144, 5);
		let model = net.finish(&x);
		let quantized = quantized(&model, &QuantizeOptions::default());
		for op in ["Sub", "Mul", "Div", "Add"] {
			assert_eq!(count(&quantized, op), 0, "{op}");
		}
		let report = compare(&model, &graph(&quantized), &samples(&IMAGE)).unwrap();
		assert!(report.agreement >= 0.9, "{report:?}");
	}
}

mod reports {
	use super::*;

	#[test]
	fn the_loss_of_every_layer() {
		let model = residual();
		let graph = graph(&quantized(&model, &QuantizeOptions::default()));
		let report = compare(&model, &graph, &samples(&IMAGE)).unwrap();
		let names: Vec<&str> = report.layers.iter().map(|layer| layer.name.as_str()).collect();
		assert_eq!(names, ["input", "conv0", "add5"]);
		assert!(report.layers.iter().all(|layer| layer.signal_to_noise_db > 25.0), "{report:?}");
		assert!(names.contains(&report.worst.as_deref().unwrap()));
		let cells: usize = report.confusion.iter().flatten().sum();
		assert_eq!(cells, 60);
		assert_eq!(report.confusion.len(), 5);
	}

	#[test]
	fn fewer_bits_lose_more() {
		let model = residual();
		let worst = |activation_bits, weight_bits| {
			let options = QuantizeOptions { activation_bits, weight_bits, ..Default::default() };
			let graph = graph(&quantized(&model, &options));
			let report = compare(&model, &graph, &samples(&IMAGE)).unwrap();
			report.layers.last().unwrap().signal_to_noise_db
		};
		assert!(worst(8, 8) > worst(5, 8) + 6.0);
		assert!(worst(8, 8) > worst(8, 4) + 6.0);
	}

	#[test]
	fn every_method_works() {
		let model = residual();
		for method in [Calibration::MinMax, Calibration::Percentile(99.9), Calibration::Mse] {
			for correct_bias in [false, true] {
				let options = QuantizeOptions { method, correct_bias, ..Default::default() };
				let graph = graph(&quantized(&model, &options));
				let report = compare(&model, &graph, &samples(&IMAGE)).unwrap();
				assert!(report.agreement >= 0.9, "{options:?} {report:?}");
			}
		}
	}
}

mod snaps {
	use super::*;

	#[test]
	fn what_was_quantised_here_stays() {
		let model = residual();
		let once = quantized(&model, &QuantizeOptions::default());
		let model = Model::read(&encode(&once.proto), None).unwrap();
		let twice = snap(&model, &QuantizeOptions::default()).unwrap();
		let (once, twice) = (graph(&once), graph(&twice));
		for sample in samples(&IMAGE).iter() {
			let input = once.saturate_input(sample);
			assert_eq!(input, twice.saturate_input(sample));
			let real = |graph: &Graph| -> Vec<f64> {
				let integers = graph.evaluate(&input);
				integers.iter().map(|&v| v as f64 * f64::from(graph.output.scale)).collect()
			};
			for (a, b) in real(&once).iter().zip(real(&twice)) {
				assert!((a - b).abs() < 0.01, "{a} {b}");
			}
		}
	}

	#[test]
	fn float_models_are_refused() {
		let error = snap(&residual(), &QuantizeOptions::default()).unwrap_err();
		assert!(error.to_string().contains("not quantised"), "{error}");
	}
}

mod refuses {
	use super::*;

	fn refuses(model: &Model, options: &QuantizeOptions, what: &str) -> ModelError {
		let error = quantize(model, &samples(&model.input.shape), options).unwrap_err();
		assert!(error.to_string().contains(what), "{error}");
		error
	}

	fn dense(ops: &[&str]) -> Model {
		let mut net = Net::new(&[1, 6]);
		let mut x = net.gemm("input", 6, 5);
		for op in ops {
			x = net.op(op, &[&x], &[]);
		}
		let x = if ops.last() == Some(&"Softmax") { x } else { net.gemm(&x, 5, 4) };
		net.finish(&x)
	}

	#[test]
	fn a_last_softmax_unless_it_may_be_removed() {
		let model = dense(&["Relu", "Softmax"]);
		refuses(&model, &QuantizeOptions::default(), "does not change the label");
		let options = QuantizeOptions { strip_softmax: true, ..Default::default() };
		assert_eq!(count(&quantized(&model, &options), "Softmax"), 0);
	}

	#[test]
	fn operators_that_are_unknown() {
		let error = refuses(&dense(&["Sin"]), &QuantizeOptions::default(), "sin1");
		assert!(error.to_string().contains("1×5"), "{error}");
	}

	#[test]
	fn quantised_models() {
		let quantized = quantized(&residual(), &QuantizeOptions::default());
		let model = Model::read(&encode(&quantized.proto), None).unwrap();
		refuses(&model, &QuantizeOptions::default(), "quantised already");
	}

	#[test]
	fn options_out_of_range() {
		let model = dense(&["Relu"]);
		for weight_bits in [1, 9] {
			let options = QuantizeOptions { weight_bits, ..Default::default() };
			refuses(&model, &options, "2 to 8 bits");
		}
		for activation_bits in [3, 9] {
			let options = QuantizeOptions { activation_bits, ..Default::default() };
			refuses(&model, &options, "4 to 8 bits");
		}
		let method = Calibration::Percentile(0.0);
		refuses(&model, &QuantizeOptions { method, ..Default::default() }, "percentile");
	}

	#[test]
	fn weights_that_are_not_finite() {
		let mut net = Net::new(&[1, 2]);
		let weights = net.floats(&[2, 1], vec![1.0, f32::NAN]);
		let x = net.op("MatMul", &["input", &weights], &[]);
		let error = refuses(&net.finish(&x), &QuantizeOptions::default(), "NaN");
		assert!(matches!(error, ModelError::NotFinite { index: 1, .. }), "{error}");
	}
}
