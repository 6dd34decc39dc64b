//! Models as programs in Circom: the same public signals as the compiled circuit has, for the same
//! inputs.

use super::common::{compile_in, folder, Level};
use std::{fs, io::Cursor};
use zkml_circuits::{
	assign_with,
	circom::{program, program_input, FOLDER, TEMPLATES},
	compile, interface, lower,
	onnx::{protobuf::ModelProto, Model},
	ops::{
		Case, Clamp, Extreme, Factors, Linear, Operator, Requantize, Slopes, Sum, Term, Windows,
	},
	plan::{Class, Plan, Rounding, Step},
	quantize,
	r1cs::read_r1cs,
	samples::Samples,
	Bounds, Extras, Graph, GraphInput, GraphNode, GraphOutput, InputChoice, ModelError, Options,
	OutputChoice, Salt, Unary, Unit,
};
use zkml_primitives::Context;
use zkml_prover::{
	bytes::encode_scalar,
	circom_witness::{read_inputs, Calculator, Limits},
};
use zkml_tests::models::{npz, Chain, Numbers};

const CONTEXT: Context = Context([9; 32]);

/// Writes and compiles the program of a graph, and compares it with the circuit on inputs.
fn agrees(name: &str, graph: &Graph, options: Options, inputs: &[Vec<i64>]) -> String {
	let interface = interface(graph, &options).unwrap();
	let text = program(graph, &interface, &["a model".into()]).unwrap();
	let folder = folder(&format!("export-{name}"));
	fs::write(folder.join("model.circom"), &text).unwrap();
	fs::create_dir(folder.join(FOLDER)).unwrap();
	for (name, text) in TEMPLATES {
		fs::write(folder.join(FOLDER).join(name), text).unwrap();
	}
	let files = compile_in(&folder, "model", Level::Default, &folder);
	let r1cs = read_r1cs(&fs::read(files.r1cs).unwrap()).unwrap();
	let calculator = Calculator::new(&fs::read(files.wasm).unwrap(), Limits::default()).unwrap();
	let circuit = compile(graph, &options).unwrap();
	let signals = |r1cs: &zkml_circuits::r1cs::R1cs| (r1cs.outputs, r1cs.public_inputs);
	assert_eq!(signals(&r1cs), signals(&circuit.r1cs));
	println!("{name}: {} constraints, {} compiled", r1cs.constraints(), circuit.r1cs.constraints());
	let salt = Salt::from_bytes(&[7; 32]).unwrap();
	let committed = options.input == InputChoice::Committed;
	let extras = Extras { input_salt: committed.then_some(salt), ..Extras::default() };
	for input in inputs {
		let assignment = match assign_with(graph, &options, input, &CONTEXT, &extras) {
			Ok(assignment) => assignment,
			Err(ModelError::BelowThreshold { .. }) => continue,
			Err(error) => panic!("{error}"),
		};
		let given = program_input(input, &assignment, &interface, &extras);
		let witness = calculator.witness(&read_inputs(&given.to_string()).unwrap()).unwrap();
		assert_eq!(r1cs.first_violation(&witness), None);
		let theirs: Vec<_> = witness[1..=r1cs.signals()].iter().map(encode_scalar).collect();
		assert_eq!(theirs, assignment.statement.signals(), "{name}: {input:?}");
		// A value out of range has no witness.
		let mut out = input.clone();
		out[0] = graph.bounds[0][0].hi + 1;
		let mut given = given;
		given["in"][0] = out[0].to_string().into();
		assert!(calculator.witness(&read_inputs(&given.to_string()).unwrap()).is_err());
	}
	text
}

/// A made-up model, quantised on samples.
fn quantized(float: ModelProto, samples: &[u8]) -> (Graph, Samples) {
	let float = Model::from_proto(float, None).unwrap();
	let samples = Samples::read_npz(Cursor::new(samples), &float.input.shape).unwrap();
	let quantized = quantize::quantize(&float, &samples, &Default::default()).unwrap();
	let onnx = quantize::encode(&quantized.proto);
	(lower(&Model::read(&onnx, None).unwrap()).unwrap(), samples)
}

/// A made-up model, quantised on samples, which are its inputs, too.
fn model(name: &str, float: ModelProto, samples: &[u8], options: Options) -> String {
	let (graph, samples) = quantized(float, samples);
	let inputs: Vec<Vec<i64>> =
		samples.iter().take(6).map(|sample| graph.saturate_input(sample)).collect();
	agrees(name, &graph, options, &inputs)
}

fn image(name: &str, features: i64, options: Options, build: impl Fn(Chain) -> Chain) -> String {
	let chain = build(Chain::new(5, &[1, 3, 6, 6])).flatten().gemm(features, 4);
	model(name, chain.finish(&[1, 4]), &npz(3, 40, &[3, 6, 6], -20.0, 100.0), options)
}

const LOGITS: Options = Options::new(InputChoice::Private, OutputChoice::Logits);

#[test]
fn dense_layers_and_every_kind_of_statement() {
	let dense = || Chain::new(1, &[1, 12]).gemm(12, 7).relu().gemm(7, 2).finish(&[1, 2]);
	let samples = npz(2, 30, &[12], -9.0, 30.0);
	for (name, input, output) in [
		("private-logits", InputChoice::Private, OutputChoice::Logits),
		("public-argmax", InputChoice::Public, OutputChoice::Argmax),
		("committed-argmax", InputChoice::Committed, OutputChoice::Argmax),
		("private-threshold", InputChoice::Private, OutputChoice::Threshold { tau: 0 }),
		("public-threshold", InputChoice::Public, OutputChoice::Threshold { tau: -500 }),
		("committed-logits", InputChoice::Committed, OutputChoice::Logits),
	] {
		model(name, dense(), &samples, Options::new(input, output));
	}
}

#[test]
fn convolutions_and_pools() {
	let text = image("pool", 4 * 4, LOGITS, |chain| {
		chain.conv(3, 4, 3, 1, 1).relu().pool("MaxPool", 2).depthwise(4, 2, 0).relu()
	});
	assert!(text.contains("MaxPool2d(") && text.contains("Conv2d("), "{text}");
	image("strides", 3 * 4, LOGITS, |chain| chain.conv(3, 3, 3, 3, 1).relu());
	image("average", 3, LOGITS, |chain| {
		chain.conv(3, 3, 3, 1, 0).batch_norm(3).relu().pool("AveragePool", 4)
	});
}

#[test]
fn residuals_and_branches() {
	image("residual", 4 * 36, LOGITS, |chain| {
		let chain = chain.conv(3, 4, 3, 1, 1).relu();
		let start = chain.here();
		chain.conv(4, 4, 3, 1, 1).plus(&start).relu()
	});
	image("branches", 7 * 36, LOGITS, |chain| {
		let start = chain.here();
		let chain = chain.conv(3, 3, 1, 1, 0).relu();
		let one = chain.here();
		chain.from(&start).conv(3, 4, 3, 1, 1).relu().concat(&one)
	});
}

#[test]
fn other_activations() {
	image("clip", 3 * 36, LOGITS, |chain| chain.conv(3, 3, 3, 1, 1).clip(0.0, 6.0));
	// Circom takes seconds for each table.
	for (name, op) in [("leaky", "LeakyRelu"), ("hardswish", "HardSwish"), ("sigmoid", "Sigmoid")] {
		let text = image(name, 4, LOGITS, |chain| chain.conv(3, 1, 3, 3, 1).plain(op));
		assert!(op == "LeakyRelu" || text.contains("Lookup("), "{text}");
	}
}

/// A graph of one operator on integers within bounds.
fn graph(bounds: &[Bounds], op: impl Operator + 'static) -> Graph {
	graph_of(bounds, 1, op)
}

/// The same for one that takes them several times.
fn graph_of(bounds: &[Bounds], times: usize, op: impl Operator + 'static) -> Graph {
	let results = op.bounds(&vec![bounds; times]);
	let shape = vec![1, results.len()];
	Graph {
		input: GraphInput {
			name: "x".into(),
			shape: vec![1, bounds.len()],
			scales: vec![1.0],
			record: None,
		},
		output: GraphOutput {
			name: "y".into(),
			tensor: 1,
			shape: shape.clone(),
			parts: vec![("y".into(), shape.clone())],
			scale: 1.0,
			bounds: results.clone(),
		},
		nodes: vec![GraphNode {
			name: "op".into(),
			op: Box::new(op),
			inputs: vec![0; times],
			shape,
		}],
		bounds: vec![bounds.to_vec(), results],
		public_constants: Vec::new(),
	}
}

/// Rounds elements by steps of their own, and compares where results change and everywhere between.
fn rounds(name: &str, bounds: Bounds, steps: &[Step]) -> (String, Vec<Plan>) {
	let plans: Vec<Plan> = steps.iter().map(|step| Plan::new(step, bounds).unwrap()).collect();
	let case =
		|(step, plan): (&Step, &Plan)| Case { step: step.clone(), bounds, plan: plan.clone() };
	let cases = steps.iter().zip(&plans).map(case).collect();
	let op = Requantize { cases, which: (0..steps.len() as u32).collect() };
	let graph = graph(&vec![bounds; steps.len()], op);
	let mut numbers = Numbers::new(77);
	let span = (bounds.hi - bounds.lo) as f32;
	let mut inputs = vec![vec![bounds.lo; steps.len()], vec![bounds.hi; steps.len()]];
	for _ in 0..30 {
		let mut draw = || bounds.lo + ((numbers.draw() + 1.0) / 2.0 * span) as i64;
		inputs.push((0..steps.len()).map(|_| draw().clamp(bounds.lo, bounds.hi)).collect());
	}
	// Exceptions, ties, and their neighbours.
	for (place, plan) in plans.iter().enumerate() {
		let Plan::Scale { how, .. } = plan else { continue };
		let ties = (bounds.lo..bounds.hi).filter(|&x| how.quotient(x) != how.quotient(x + 1));
		let near = ties.step_by(1 + (bounds.hi - bounds.lo) as usize / 400);
		let near = near.chain(how.exceptions.iter().map(|&(at, _)| at));
		for x in near.flat_map(|x| [x - 1, x, x + 1]).filter(|&x| bounds.contains(x)) {
			let mut input = vec![0.clamp(bounds.lo, bounds.hi); steps.len()];
			input[place] = x;
			inputs.push(input);
		}
	}
	(agrees(name, &graph, LOGITS, &inputs), plans)
}

fn kernel(factor: f32, zero_point: i64, lo: i64, hi: i64) -> Step {
	Step { rounding: Rounding::Kernel { factor }, zero_point, lo, hi }
}

#[test]
fn roundings_of_every_class() {
	let bounds = Bounds { lo: -9_000, hi: 12_000 };
	let power = 2f32.powi(-6);
	let steps = [
		kernel(power, 0, 0, 255),
		kernel(power, 0, -128, 127),
		kernel(power, 3, 0, 255),
		kernel(power, 8, 0, 200),
		kernel(0.012_3, 7, 0, 255),
		kernel(0.031, 0, -128, 127),
		kernel(0.023_437_5, 0, 0, 255),
		kernel(1e-6, 9, 0, 255),
		Step { rounding: Rounding::Product { factor: power }, zero_point: 3, lo: 0, hi: 255 },
		Step { rounding: Rounding::Product { factor: power }, zero_point: 4, lo: 0, hi: 255 },
	];
	let (text, plans) = rounds("roundings", bounds, &steps);
	let classes: Vec<Class> = plans.iter().map(Plan::class).collect();
	for class in [Class::Constant, Class::PowerOfTwo, Class::ShortMantissa, Class::Thresholds] {
		assert!(classes.contains(&class), "{classes:?}");
	}
	assert!(text.contains("Scale(") && text.contains("RequantizeBounded("), "{text}");
}

#[test]
fn exceptions_to_a_rounding() {
	let bounds = Bounds { lo: -2_000, hi: 2_000 };
	let with = |plan: &Plan| plan.exceptions() > 0;
	let factors = (0..200).map(|i| 0.01 + i as f32 * 0.000_37);
	let steps = factors.map(|factor| kernel(factor, 0, 0, 255));
	let steps: Vec<Step> = steps
		.filter(|step| Plan::new(step, bounds).is_some_and(|plan| with(&plan)))
		.take(3)
		.collect();
	let (text, plans) = rounds("exceptions", bounds, &steps);
	assert_eq!(plans.len(), 3);
	assert!(text.contains("AddWhere("), "{text}");
}

#[test]
fn tables_and_offsets() {
	let float = |unit, then, scale, zero_point| Step {
		rounding: Rounding::Float { unit, then, scale },
		zero_point,
		lo: -128,
		hi: 127,
	};
	let scale = 2f32.powi(-5);
	let steps = [
		float(Unit::Exact(-5), vec![Unary::HardSwish], scale, 0),
		float(Unit::Exact(-5), vec![Unary::HardSwish], scale / 2.0, 0),
		float(Unit::of_scale(0.37), vec![], 0.37, 5),
	];
	let (text, plans) = rounds("tables", Bounds { lo: -100, hi: 60 }, &steps);
	assert_eq!(
		plans.iter().map(Plan::class).collect::<Vec<_>>(),
		[Class::Table, Class::Table, Class::Offset]
	);
	assert!(text.contains("op_table2()"), "{text}");
	// An element that can be one integer only.
	let constant = Bounds { lo: -3, hi: -3 };
	let (text, plans) = rounds("table-of-one", constant, &steps[..2]);
	assert_eq!(plans[0].class(), Class::Table);
	assert!(!text.contains("Lookup("), "{text}");
}

#[test]
fn slopes_clamps_and_windows() {
	let bounds = [(-50, 60), (3, 9), (-8, -1), (-300, 200)].map(|(lo, hi)| Bounds { lo, hi });
	let inputs: Vec<Vec<i64>> =
		[[-50, 3, -8, -300], [60, 9, -1, 200], [0, 5, -4, 0], [-1, 4, -2, 19]]
			.map(Vec::from)
			.into();
	for (name, below, above) in [("relu", 0, 1), ("abs", -1, 1), ("leaky-integer", 3, 10)] {
		let op = Slopes { negative: Factors::All(below), positive: Factors::All(above) };
		agrees(name, &graph(&bounds, op), LOGITS, &inputs);
	}
	let op = Clamp { lo: vec![-9, 0, -5, 7], hi: vec![20, 20, 20, 5] };
	agrees("clamp", &graph(&bounds, op), LOGITS, &inputs);
	for smallest in [false, true] {
		let windows = vec![vec![0, 3, 2], vec![1], vec![3, 1, 0], vec![1, 2]];
		let op = Extreme { windows, smallest, sliding: None };
		let name = if smallest { "smallest" } else { "largest" };
		agrees(name, &graph(&bounds, op), LOGITS, &inputs);
	}
}

#[test]
fn sums_of_few_and_of_many_tensors() {
	let bounds = [(-5, 6), (3, 3), (-8, -1)].map(|(lo, hi)| Bounds { lo, hi });
	for count in [1, 2, 4, 5, 900] {
		let term = |at: usize| Term {
			places: (!at.is_multiple_of(3)).then(|| vec![at % 2, 2, (at + 1) % 3]),
			factors: match at % 2 {
				0 => Factors::All(1),
				_ => Factors::Each(vec![at as i64, -3, 1]),
			},
		};
		let taps = Sum { outputs: 3, terms: (0..count).map(term).collect() };
		let op = Linear { taps, bias: vec![0, -7, 0] };
		let graph = graph_of(&bounds, count, op);
		agrees(&format!("sum-{count}"), &graph, LOGITS, &[vec![-5, 3, -1], vec![6, 3, -8]]);
	}
	// None in a window.
	let taps = Windows { windows: vec![vec![], vec![]] };
	agrees("empty", &graph(&bounds, Linear { taps, bias: vec![4, 9] }), LOGITS, &[vec![0, 3, -2]]);
}

#[test]
fn names_of_a_model_add_nothing_to_the_program() {
	let bounds = [Bounds { lo: -4, hi: 9 }];
	let op = || Slopes { negative: Factors::All(0), positive: Factors::All(1) };
	let plain = agrees("plain", &graph(&bounds, op()), LOGITS, &[vec![-4], vec![9]]);
	let mut named = graph(&bounds, op());
	named.nodes[0].name = "op\n}\rtemplate Other() {\u{2028}signal \u{202e}out;".into();
	named.input.name = "x */\n x".into();
	named.output.name = "\ny\0".into();
	let text = agrees("named", &named, LOGITS, &[vec![-4], vec![9]]);
	assert_eq!(text.lines().count(), plain.lines().count(), "{text}");
	assert!(text.lines().all(|line| !line.trim_start().starts_with("template O")));
	// Two of one name are two arrays.
	named.nodes.push(GraphNode {
		name: named.nodes[0].name.clone(),
		op: Box::new(op()),
		inputs: vec![1],
		shape: vec![1, 1],
	});
	named.bounds.push(named.bounds[1].clone());
	named.output.tensor = 2;
	agrees("twice", &named, LOGITS, &[vec![-4], vec![9]]);
	for (at, name) in ["custom", "/Circom", "template", "in"].into_iter().enumerate() {
		named.nodes[at % 2].name = name.into();
		agrees("keyword", &named, LOGITS, &[vec![-4], vec![9]]);
	}
}

#[test]
fn what_has_no_template_is_refused_by_name() {
	let float = Chain::new(1, &[1, 12]).gemm(12, 7).relu().gemm(7, 5).finish(&[1, 5]);
	let (graph, _) = quantized(float, &npz(2, 30, &[12], -9.0, 30.0));
	for (output, words) in
		[(OutputChoice::TopK { k: 2 }, "top k"), (OutputChoice::MaskedArgmax, "masked argmax")]
	{
		let interface = interface(&graph, &Options::new(InputChoice::Private, output)).unwrap();
		let error = program(&graph, &interface, &[]).unwrap_err().to_string();
		assert!(error.contains(words), "{error}");
	}
}
