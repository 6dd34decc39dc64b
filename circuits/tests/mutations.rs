//! Models that were changed field by field give errors or circuits that hold, never panics, and
//! take no more memory than a model of their size may.

use prost::Message;
use std::{
	alloc::{GlobalAlloc, Layout, System},
	collections::BTreeMap,
	panic::{catch_unwind, AssertUnwindSafe},
	path::PathBuf,
	sync::atomic::{AtomicUsize, Ordering::Relaxed},
};
use zkml_circuits::{
	assign, compile, lower,
	onnx::{
		protobuf::{
			tensor_shape_proto::dimension::Value::DimValue, type_proto, AttributeProto, GraphProto,
			ModelProto, TensorProto,
		},
		Model,
	},
	Options,
};
use zkml_primitives::Context;

/// Counts bytes, and refuses what goes beyond [`LIMIT`]: then the process ends and says so.
struct Counting;

/// Most bytes at a time.
const LIMIT: usize = 512 << 20;

static HELD: AtomicUsize = AtomicUsize::new(0);
static CASE: AtomicUsize = AtomicUsize::new(0);

/// # Safety
/// All but the count is the system's.
unsafe impl GlobalAlloc for Counting {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		if HELD.fetch_add(layout.size(), Relaxed) + layout.size() > LIMIT {
			HELD.store(0, Relaxed);
			eprintln!("case {}: {} bytes more are too many", CASE.load(Relaxed), layout.size());
			return std::ptr::null_mut();
		}
		unsafe { System.alloc(layout) }
	}

	unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
		HELD.fetch_sub(layout.size(), Relaxed);
		unsafe { System.dealloc(pointer, layout) }
	}
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Numbers from a fixed generator (SplitMix64).
struct Random(u64);

impl Random {
	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	fn below(&mut self, limit: usize) -> usize {
		(self.next() % limit.max(1) as u64) as usize
	}

	fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
		&from[self.below(from.len())]
	}

	fn one_of<'a, T>(&mut self, from: &'a mut [T]) -> Option<&'a mut T> {
		let at = self.below(from.len());
		from.get_mut(at)
	}

	fn int(&mut self) -> i64 {
		const INTS: [i64; 22] = [
			0,
			1,
			-1,
			2,
			-2,
			3,
			4,
			5,
			7,
			8,
			16,
			127,
			255,
			256,
			1 << 16,
			1 << 23,
			1 << 24,
			1 << 31,
			1 << 40,
			i64::MAX,
			i64::MIN,
			-128,
		];
		*self.pick(&INTS)
	}

	fn float(&mut self) -> f32 {
		let floats = [
			0.0,
			-0.0,
			f32::NAN,
			f32::INFINITY,
			f32::NEG_INFINITY,
			1e-45,
			f32::MIN_POSITIVE,
			f32::MAX,
			-1.0,
			1.0,
			0.5,
			0.3,
			3.0,
			2f32.powi(-100),
			2f32.powi(100),
			6.0,
			1e-3,
			1e3,
		];
		*self.pick(&floats)
	}
}

const OPERATORS: &str =
	"Abs Add ArgMax AveragePool BatchNormalization Cast Clip Concat Constant Conv \
	ConvInteger DequantizeLinear Div Dropout Expand Flatten Gather Gemm GlobalAveragePool \
	GlobalMaxPool HardSigmoid HardSwish Identity LeakyRelu MatMul MatMulInteger Max MaxPool Min Mul \
	Neg PRelu Pad QLinearConv QLinearMatMul QuantizeLinear ReduceMean ReduceMax ReduceSum Relu \
	Reshape Slice Split Squeeze Sub Sum TopK Transpose Unsqueeze";

const ATTRIBUTES: &str = "axis axes kernel_shape strides pads dilations group auto_pad ceil_mode \
	count_include_pad transA transB alpha beta min max perm keepdims k largest block_size \
	output_dtype allowzero epsilon to split value value_ints select_last_index";

fn word(random: &mut Random, words: &str) -> String {
	let words: Vec<&str> = words.split_whitespace().collect();
	(*random.pick(&words)).into()
}

fn change_list(random: &mut Random, list: &mut Vec<i64>) {
	match random.below(4) {
		0 => list.push(random.int()),
		1 => drop(list.pop()),
		2 => list.clear(),
		_ => {
			let value = random.int();
			random.one_of(list).into_iter().for_each(|item| *item = value);
		},
	}
}

fn change_attribute(random: &mut Random, attribute: &mut AttributeProto) {
	match random.below(7) {
		0 | 1 => attribute.i = random.int(),
		2 | 3 => change_list(random, &mut attribute.ints),
		4 => attribute.r#type = random.below(16) as i32,
		5 => attribute.f = random.float(),
		_ => {
			attribute.s =
				random.pick(&[&b"SAME_UPPER"[..], b"SAME_LOWER", b"VALID", b"\xff"]).to_vec()
		},
	}
}

fn change_tensor(random: &mut Random, tensor: &mut TensorProto) {
	match random.below(8) {
		0 => change_list(random, &mut tensor.dims),
		1 => tensor.data_type = random.below(20) as i32,
		2 => tensor.raw_data.truncate(tensor.raw_data.len() / 2),
		3 => tensor.raw_data.push(random.next() as u8),
		4 => tensor.float_data.push(random.float()),
		5 => tensor.int32_data.push(random.int() as i32),
		_ => {
			let (float, int) = (random.float(), random.int());
			let width = if tensor.data_type == 7 { 8 } else { 4 };
			let bytes = match tensor.data_type {
				1 => float.to_le_bytes().to_vec(),
				2 | 3 => vec![int as u8; 4],
				_ => int.to_le_bytes()[..width].to_vec(),
			};
			let mut chunks: Vec<&mut [u8]> = tensor.raw_data.chunks_exact_mut(width).collect();
			random.one_of(&mut chunks).into_iter().for_each(|chunk| chunk.copy_from_slice(&bytes));
			tensor.raw_data.iter_mut().take(1).for_each(|byte| *byte = bytes[0]);
			random.one_of(&mut tensor.float_data).into_iter().for_each(|item| *item = float);
			random.one_of(&mut tensor.int64_data).into_iter().for_each(|item| *item = int);
		},
	}
}

fn change_input(random: &mut Random, graph: &mut GraphProto) {
	let Some(input) = random.one_of(&mut graph.input) else { return };
	let Some(type_proto::Value::TensorType(tensor)) =
		input.r#type.as_mut().and_then(|r#type| r#type.value.as_mut())
	else {
		return;
	};
	match (random.below(4), tensor.shape.as_mut()) {
		(0, _) => tensor.elem_type = random.below(20) as i32,
		(1, Some(shape)) => drop(shape.dim.pop()),
		(_, Some(shape)) => {
			let value = DimValue(random.int());
			random
				.one_of(&mut shape.dim)
				.into_iter()
				.for_each(|dim| dim.value = Some(value.clone()));
		},
		_ => tensor.shape = None,
	}
}

fn change_node(random: &mut Random, graph: &mut GraphProto) {
	let names: Vec<String> = (graph.node.iter().flat_map(|node| node.output.clone()))
		.chain(graph.initializer.iter().map(|tensor| tensor.name.clone()))
		.chain(graph.input.iter().map(|input| input.name.clone()))
		.collect();
	let Some(node) = random.one_of(&mut graph.node) else { return };
	match random.below(7) {
		0 => node.op_type = word(random, OPERATORS),
		1 => node.domain = "com.microsoft".into(),
		2 | 3 => {
			let name = random.pick(&names).clone();
			random.one_of(&mut node.input).into_iter().for_each(|input| *input = name.clone());
		},
		4 => node.input.push(random.pick(&names).clone()),
		5 => drop(node.input.pop()),
		_ => node.output.push(format!("more{}", random.next())),
	}
}

fn change(random: &mut Random, proto: &mut ModelProto) {
	if random.below(20) == 0 {
		let version = random.below(30) as i64;
		proto.opset_import.iter_mut().for_each(|import| import.version = version);
		return;
	}
	let Some(graph) = proto.graph.as_mut() else { return };
	match random.below(12) {
		0..=2 => {
			let Some(node) = random.one_of(&mut graph.node) else { return };
			if let Some(attribute) = random.one_of(&mut node.attribute) {
				change_attribute(random, attribute);
			}
		},
		3 => {
			let Some(node) = random.one_of(&mut graph.node) else { return };
			let (name, i) = (word(random, ATTRIBUTES), random.int());
			let ints = (0..random.below(5)).map(|_| random.int()).collect();
			let r#type = *random.pick(&[1, 2, 2, 7, 7, 3]);
			let f = random.float();
			node.attribute.push(AttributeProto { name, r#type, i, ints, f, ..Default::default() });
		},
		4..=6 => {
			if let Some(tensor) = random.one_of(&mut graph.initializer) {
				change_tensor(random, tensor);
			}
		},
		7 | 8 => change_node(random, graph),
		9 => change_input(random, graph),
		10 => {
			let (a, b) = (random.below(graph.node.len()), random.below(graph.node.len()));
			match random.below(3) {
				0 if a != b => graph.node.swap(a, b),
				1 if a < graph.node.len() => {
					let mut node = graph.node[a].clone();
					node.output.iter_mut().for_each(|name| name.push('2'));
					graph.node.insert(a, node);
				},
				_ if a < graph.node.len() => drop(graph.node.remove(a)),
				_ => {},
			}
		},
		_ => {
			if let Some(node) = graph.node.get(random.below(graph.node.len())) {
				let name = node.output.first().cloned().unwrap_or_default();
				graph.output.iter_mut().for_each(|output| output.name = name.clone());
			}
		},
	}
}

/// Runs a model as far as it goes; whether its circuit holds for an input.
fn survives(proto: ModelProto) -> bool {
	let Ok(model) = Model::from_proto(proto, None) else { return false };
	// A large input is legitimate, only slow.
	if model.input.shape.iter().product::<usize>() > 1 << 12 {
		return false;
	}
	let Ok(graph) = lower(&model) else { return false };
	if graph.bounds.iter().map(Vec::len).sum::<usize>() > 1 << 14 {
		return false;
	}
	let options = Options::default();
	let Ok(circuit) = compile(&graph, &options) else { return false };
	let ends = graph.bounds[0][0];
	let input: Vec<i64> = (0..graph.bounds[0].len() as i64)
		.map(|i| ends.lo + (i * 89 + 7).rem_euclid(ends.hi - ends.lo + 1))
		.collect();
	let tensors = graph.evaluate_all(&input);
	for (values, bounds) in tensors.iter().zip(&graph.bounds) {
		assert!(values.iter().zip(bounds).all(|(value, bounds)| bounds.contains(*value)), "bounds");
	}
	let context = Context([0; 32]);
	let assignment = assign(&graph, &options, &input, &context).unwrap();
	assert_eq!(circuit.r1cs.first_violation(&assignment.witness), None, "its circuit holds");
	true
}

fn corpus() -> BTreeMap<String, ModelProto> {
	let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
	let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
	let model = |path: PathBuf| {
		let name = path.file_stem().unwrap().to_string_lossy().into_owned();
		(name, ModelProto::decode(std::fs::read(path).unwrap().as_slice()).unwrap())
	};
	files.map(model).collect()
}

#[test]
fn changed_models_do_not_panic() {
	// Another seed and more rounds look further: MUTATIONS="5 4000".
	let asked = std::env::var("MUTATIONS").unwrap_or_default();
	let mut asked = asked.split_whitespace().map(|number| number.parse::<usize>().unwrap());
	let mut random = Random(asked.next().unwrap_or(4) as u64);
	let rounds = asked.next().unwrap_or(ROUNDS);
	let (mut compiled, mut panics) = (0, Vec::new());
	let corpus = corpus();
	for case in 0..rounds * corpus.len() {
		CASE.store(case, Relaxed);
		let (name, proto) = corpus.iter().nth(case % corpus.len()).unwrap();
		let mut changed = proto.clone();
		(0..=random.below(3)).for_each(|_| change(&mut random, &mut changed));
		match catch_unwind(AssertUnwindSafe(|| survives(changed))) {
			Ok(holds) => compiled += usize::from(holds),
			Err(_) => panics.push(format!("{case}: {name}")),
		}
	}
	assert_eq!(panics, Vec::<String>::new(), "cases that panicked");
	assert!(compiled > corpus.len(), "{compiled} changed models are models, too");
}

/// Times that each model is changed.
const ROUNDS: usize = 400;
