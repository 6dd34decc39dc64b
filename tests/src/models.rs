//! Float models and samples with numbers from a fixed generator, for tests and benchmarks.

use ndarray::{Array, IxDyn};
use std::io::Cursor;
use zkml_circuits::onnx::protobuf::{
	attribute_proto::AttributeType, tensor_proto::DataType, tensor_shape_proto as shape,
	type_proto, AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
	TensorShapeProto, TypeProto, ValueInfoProto,
};

/// Numbers from a linear congruential generator (Knuth, MMIX).
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
	/// A sequence of its own for every seed.
	pub fn new(seed: u64) -> Self {
		Self(seed)
	}

	/// The next number, uniform in `[-1, 1)`.
	pub fn draw(&mut self) -> f32 {
		const FACTOR: u64 = 6_364_136_223_846_793_005;
		const ADDEND: u64 = 1_442_695_040_888_963_407;
		self.0 = self.0.wrapping_mul(FACTOR).wrapping_add(ADDEND);
		(self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
	}
}

/// A chain of layers under construction.
#[derive(Debug)]
pub struct Chain {
	numbers: Numbers,
	input: Vec<i64>,
	nodes: Vec<NodeProto>,
	initializers: Vec<TensorProto>,
	current: String,
}

impl Chain {
	/// A chain whose input `x` has this shape.
	pub fn new(seed: u64, input: &[i64]) -> Self {
		Self {
			numbers: Numbers::new(seed),
			input: input.into(),
			nodes: Vec::new(),
			initializers: Vec::new(),
			current: "x".into(),
		}
	}

	fn tensor(&mut self, dims: &[i64], scale: f32) -> String {
		let name = format!("c{}", self.initializers.len());
		let count = dims.iter().product::<i64>();
		self.initializers.push(TensorProto {
			name: name.clone(),
			data_type: DataType::Float as i32,
			dims: dims.into(),
			float_data: (0..count).map(|_| self.numbers.draw() * scale).collect(),
			..Default::default()
		});
		name
	}

	fn node(mut self, op: &str, constants: &[String], attributes: &[(&str, i64)]) -> Self {
		let output = format!("{}{}", op.to_lowercase(), self.nodes.len());
		let mut input = vec![std::mem::replace(&mut self.current, output.clone())];
		input.extend_from_slice(constants);
		let attribute = |&(name, value): &(&str, i64)| AttributeProto {
			name: name.into(),
			r#type: AttributeType::Int as i32,
			i: value,
			..Default::default()
		};
		self.nodes.push(NodeProto {
			op_type: op.into(),
			name: output.clone(),
			input,
			output: vec![output],
			attribute: attributes.iter().map(attribute).collect(),
			..Default::default()
		});
		self
	}

	/// `Gemm` with transposed weights.
	#[must_use]
	pub fn gemm(mut self, inputs: i64, outputs: i64) -> Self {
		let scale = 2.0 / (inputs as f32).sqrt();
		let constants = [self.tensor(&[outputs, inputs], scale), self.tensor(&[outputs], 0.5)];
		self.node("Gemm", &constants, &[("transB", 1)])
	}

	/// `MatMul`, and `Add` of a bias.
	#[must_use]
	pub fn matmul_add(mut self, inputs: i64, outputs: i64) -> Self {
		let scale = 2.0 / (inputs as f32).sqrt();
		let weights = self.tensor(&[inputs, outputs], scale);
		let bias = self.tensor(&[outputs], 0.5);
		self.node("MatMul", &[weights], &[]).node("Add", &[bias], &[])
	}

	/// `Relu`.
	#[must_use]
	pub fn relu(self) -> Self {
		self.node("Relu", &[], &[])
	}

	/// `Flatten`.
	#[must_use]
	pub fn flatten(self) -> Self {
		self.node("Flatten", &[], &[("axis", 1)])
	}

	/// `Reshape`.
	#[must_use]
	pub fn reshape(mut self, to: &[i64]) -> Self {
		let name = format!("c{}", self.initializers.len());
		self.initializers.push(TensorProto {
			name: name.clone(),
			data_type: DataType::Int64 as i32,
			dims: vec![to.len() as i64],
			int64_data: to.into(),
			..Default::default()
		});
		self.node("Reshape", &[name], &[])
	}

	/// The model, whose output has this shape.
	pub fn finish(self, output: &[i64]) -> ModelProto {
		ModelProto {
			ir_version: 8,
			opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 17 }],
			graph: Some(GraphProto {
				name: "chain".into(),
				node: self.nodes,
				initializer: self.initializers,
				input: vec![value("x", &self.input)],
				output: vec![value(&self.current, output)],
				..Default::default()
			}),
			..Default::default()
		}
	}
}

fn value(name: &str, sizes: &[i64]) -> ValueInfoProto {
	let dim = |&size: &i64| shape::Dimension {
		value: Some(shape::dimension::Value::DimValue(size)),
		..Default::default()
	};
	let tensor = type_proto::Tensor {
		elem_type: DataType::Float as i32,
		shape: Some(TensorShapeProto { dim: sizes.iter().map(dim).collect() }),
	};
	let r#type =
		TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..Default::default() };
	ValueInfoProto { name: name.into(), r#type: Some(r#type), ..Default::default() }
}

/// An `.npz` file with `count` samples of this shape, whole numbers from `lo` up to `hi`.
///
/// # Panics
/// Never: memory takes everything.
pub fn npz(seed: u64, count: usize, sample: &[usize], lo: f32, hi: f32) -> Vec<u8> {
	let mut numbers = Numbers::new(seed);
	let mut shape = vec![count];
	shape.extend_from_slice(sample);
	let middle = (lo + hi) / 2.0;
	let array = Array::from_shape_simple_fn(IxDyn(&shape), || {
		(middle + numbers.draw() * (hi - middle)).round()
	});
	let mut file = Cursor::new(Vec::new());
	let mut npz = ndarray_npy::NpzWriter::new(&mut file);
	npz.add_array("x", &array).expect("memory");
	npz.finish().expect("memory");
	file.into_inner()
}
