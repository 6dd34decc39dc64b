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
		// What slides over images has one number for each side.
		let attribute = |&(name, value): &(&str, i64)| match name {
			"kernel_shape" | "strides" | "pads" => AttributeProto {
				name: name.into(),
				r#type: AttributeType::Ints as i32,
				ints: vec![value; if name == "pads" { 4 } else { 2 }],
				..Default::default()
			},
			_ => AttributeProto {
				name: name.into(),
				r#type: AttributeType::Int as i32,
				i: value,
				..Default::default()
			},
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

	/// `Conv` with a square kernel and a bias.
	#[must_use]
	pub fn conv(mut self, inputs: i64, outputs: i64, kernel: i64, stride: i64, pad: i64) -> Self {
		let scale = 2.5 / ((inputs * kernel * kernel) as f32).sqrt();
		let weights = self.tensor(&[outputs, inputs, kernel, kernel], scale);
		let bias = self.tensor(&[outputs], 0.5);
		self.node("Conv", &[weights, bias], &[("strides", stride), ("pads", pad)])
	}

	/// `Conv` of every channel by itself.
	#[must_use]
	pub fn depthwise(mut self, channels: i64, kernel: i64, pad: i64) -> Self {
		let scale = 2.5 / kernel as f32;
		let weights = self.tensor(&[channels, 1, kernel, kernel], scale);
		let bias = self.tensor(&[channels], 0.5);
		self.node("Conv", &[weights, bias], &[("group", channels), ("pads", pad)])
	}

	/// An operator without constants or attributes.
	#[must_use]
	pub fn plain(self, op: &str) -> Self {
		self.node(op, &[], &[])
	}

	/// `Clip`.
	#[must_use]
	pub fn clip(mut self, lo: f32, hi: f32) -> Self {
		let constants = [lo, hi].map(|end| {
			let name = self.tensor(&[1], 0.0);
			let tensor = self.initializers.last_mut().expect("just made");
			(tensor.dims, tensor.float_data) = (vec![], vec![end]);
			name
		});
		self.node("Clip", &constants, &[])
	}

	/// `Concat` with another tensor, by channel.
	#[must_use]
	pub fn concat(self, tensor: &str) -> Self {
		self.node("Concat", &[tensor.into()], &[("axis", 1)])
	}

	/// `Mul` with another tensor.
	#[must_use]
	pub fn times(self, tensor: &str) -> Self {
		self.node("Mul", &[tensor.into()], &[])
	}

	/// `BatchNormalization`.
	#[must_use]
	pub fn batch_norm(mut self, channels: i64) -> Self {
		let constants = [1.0, 0.0, 0.0, 1.0].map(|middle| {
			let name = self.tensor(&[channels], 0.3);
			let values = &mut self.initializers.last_mut().expect("just made").float_data;
			values.iter_mut().for_each(|value| *value += middle);
			name
		});
		self.node("BatchNormalization", &constants, &[])
	}

	/// `MaxPool` or `AveragePool` with a square kernel, as far apart as it is wide.
	#[must_use]
	pub fn pool(self, op: &str, kernel: i64) -> Self {
		self.node(op, &[], &[("kernel_shape", kernel), ("strides", kernel)])
	}

	/// `GlobalAveragePool`.
	#[must_use]
	pub fn global_average_pool(self) -> Self {
		self.node("GlobalAveragePool", &[], &[])
	}

	/// The tensor that the next layer would take.
	pub fn here(&self) -> String {
		self.current.clone()
	}

	/// Goes on from another tensor.
	#[must_use]
	pub fn from(mut self, tensor: &str) -> Self {
		self.current = tensor.into();
		self
	}

	/// `Add` of another tensor.
	#[must_use]
	pub fn plus(self, tensor: &str) -> Self {
		self.node("Add", &[tensor.into()], &[])
	}

	/// ResNet-20 for images of 3×32×32 (He et al. 2015, section 4.2): 3 stages of 3 blocks, 16, 32
	/// and 64 channels, projections where the shape changes; 0.27 M parameters, 41 M multiply-adds.
	pub fn resnet20(seed: u64) -> ModelProto {
		let mut chain = Self::new(seed, &[1, 3, 32, 32]).conv(3, 16, 3, 1, 1).batch_norm(16).relu();
		let mut channels = 16;
		for stage in [16, 32, 64] {
			for block in 0..3 {
				let stride = if block == 0 && stage > 16 { 2 } else { 1 };
				let start = chain.here();
				let mut shortcut = start.clone();
				if stride == 2 {
					chain = chain.conv(channels, stage, 1, 2, 0).batch_norm(stage);
					shortcut = chain.here();
				}
				chain = chain.from(&start).conv(channels, stage, 3, stride, 1).batch_norm(stage);
				chain = chain.relu().conv(stage, stage, 3, 1, 1).batch_norm(stage);
				chain = chain.plus(&shortcut).relu();
				channels = stage;
			}
		}
		chain.global_average_pool().flatten().gemm(64, 10).finish(&[1, 10])
	}

	/// A convolutional network for images of 1×28×28 with 5,142 parameters, as Guy1m0's ZKML
	/// benchmark has it; `pool` is `MaxPool` or `AveragePool`.
	pub fn lenet(seed: u64, pool: &str) -> ModelProto {
		Self::new(seed, &[1, 1, 28, 28])
			.conv(1, 6, 5, 1, 0)
			.relu()
			.pool(pool, 2)
			.conv(6, 16, 5, 1, 0)
			.relu()
			.pool(pool, 2)
			.flatten()
			.gemm(256, 10)
			.finish(&[1, 10])
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
	let count = shape.iter().product();
	let values = (0..count).map(|_| (middle + numbers.draw() * (hi - middle)).round()).collect();
	npz_of(&shape, values)
}

/// Samples in the form that NumPy writes, as the array `x`.
///
/// # Panics
/// If there are not as many values as the shape says.
pub fn npz_of(shape: &[usize], values: Vec<f32>) -> Vec<u8> {
	let array = Array::from_shape_vec(IxDyn(shape), values).expect("as many values");
	let mut file = Cursor::new(Vec::new());
	let mut npz = ndarray_npy::NpzWriter::new(&mut file);
	npz.add_array("x", &array).expect("memory");
	npz.finish().expect("memory");
	file.into_inner()
}
