//! Quantised models as other tools make them: our integers are the numbers of onnxruntime's integer
//! kernels, float32 roundings included, and the witness satisfies the circuit. What cannot be exact
//! is refused.

use rand::{rngs::StdRng, Rng, SeedableRng};
use serde_json::Value;
use std::{
	collections::BTreeMap,
	fs,
	path::{Path, PathBuf},
	process::Command,
	sync::OnceLock,
};
use zkml_circuits::{
	assign, compile, lower, onnx::Model, plan::Class, samples::Samples, Graph, InputChoice,
	Options, OutputChoice,
};
use zkml_primitives::Context;
use zkml_tests::programs::{python, root};

/// Parts of names of models that are refused, and of the reasons.
const REFUSED: &[(&str, &str)] = &[
	// int8 with several consumers stays int8, for which there is no kernel.
	("residual_qdq_i8", "its input and its result differ in type"),
	("qdq_add_itself_i8", "no function of integers"),
	("qdq_add_constant20_i8", "no function of integers"),
	("qdq_mul_constant20_i8", "no function of integers"),
	("qdq_conv_to_output_i8", "its input and its result differ in type"),
	// Operators that DequantizeLinear and QuantizeLinear do not change places with.
	("torch_fake_quant", "is not quantised"),
	("qdq_globalaveragepool_flatten", "no function of integers"),
	("qdq_globalaveragepool_relu", "no function of integers"),
	("qdq_gemm_flattened_i8", "its input comes not straight from DequantizeLinear"),
	("qdq_gemm_flattened_u8", "its input comes not straight from DequantizeLinear"),
	("qdq_conv_after_relu", "its input comes not straight from DequantizeLinear"),
	("qdq_conv_relu_kept", "the Relu or Clip after it is more than the saturation"),
	// Results that are floats.
	("qdq_conv_no_q", "its result does not go into one QuantizeLinear"),
	("qdq_conv_twice", "its result does not go into one QuantizeLinear"),
	("qdq_gemm_float_bias_out", "is not quantised"),
	("qdq_gemm_matmul_float_bias_out", "is not quantised"),
];

/// Adds up to what the layers of a model cost.
#[derive(Default)]
struct Total {
	models: usize,
	counts: BTreeMap<Class, usize>,
	exceptions: usize,
	constraints: usize,
	extra: usize,
}

impl Total {
	fn add(&mut self, graph: &Graph) {
		self.models += 1;
		for layer in graph.classes().into_iter().flatten() {
			for (class, count) in layer.counts {
				*self.counts.entry(class).or_default() += count;
			}
			self.exceptions += layer.exceptions;
			self.constraints += layer.constraints;
			self.extra += layer.extra;
		}
	}
}

/// A model as integers; what differs, if anything does.
fn check(folder: &Path, graph: &Graph) -> Result<(), String> {
	let text = fs::read_to_string(folder.join("expected.json")).expect("a file");
	let expected: Value = serde_json::from_str(&text).expect("JSON");
	let outputs = expected["outputs"].as_object().expect("outputs");
	assert_eq!(outputs.len(), 1);
	let data = outputs.values().next().expect("an output")["data"].as_array().expect("data");
	let data: Vec<f32> = data.iter().map(|x| x.as_f64().expect("a number") as f32).collect();
	let file = fs::File::open(folder.join("samples.npz")).expect("samples");
	let samples = Samples::read_npz(file, &graph.input.shape).expect("samples of its shape");
	let size = graph.output.bounds.len();
	assert_eq!(data.len(), size * samples.len());
	let options = Options::new(InputChoice::Private, OutputChoice::Logits);
	let circuit = compile(graph, &options).map_err(|error| error.to_string())?;
	for (index, (sample, wanted)) in samples.iter().zip(data.chunks(size)).enumerate() {
		let input = graph.saturate_input(sample);
		let integers = graph.evaluate(&input);
		let got: Vec<f32> = integers.iter().map(|&x| x as f32 * graph.output.scale).collect();
		if got != wanted {
			let at = got.iter().zip(wanted).position(|(got, wanted)| got != wanted);
			let at = at.expect("a difference");
			let wrong = got.iter().zip(wanted).filter(|(got, wanted)| got != wanted).count();
			return Err(format!(
				"sample {index}, value {at}: got {}, expected {} ({wrong} of {size})",
				got[at], wanted[at]
			));
		}
		if index < 2 {
			let assignment = assign(graph, &options, &input, &Context([1; 32])).expect("a witness");
			if let Some(row) = circuit.r1cs.first_violation(&assignment.witness) {
				return Err(format!("constraint {row} is violated"));
			}
		}
	}
	Ok(())
}

/// The models, in a folder of their own each, by name.
fn models() -> Vec<(String, PathBuf)> {
	static FOLDER: OnceLock<PathBuf> = OnceLock::new();
	let folder = FOLDER.get_or_init(|| match std::env::var_os("ZKML_FOREIGN") {
		Some(path) => path.into(),
		None => {
			let folder = tempfile::tempdir().expect("a folder").keep();
			let status = Command::new(python())
				.arg(root().join("tests/oracles/make_foreign.py"))
				.arg(&folder)
				.status()
				.expect("python is installed");
			assert!(status.success());
			folder
		},
	});
	let entries = fs::read_dir(folder).expect("a folder");
	let mut models: Vec<(String, PathBuf)> = entries
		.map(|entry| {
			let entry = entry.expect("an entry");
			(entry.file_name().into_string().expect("a name"), entry.path())
		})
		.collect();
	models.sort();
	models
}

/// Whatever a model holds, reading and lowering it ends in a graph or an error.
#[test]
fn mangled_models_are_errors() {
	let mut random = StdRng::seed_from_u64(1);
	let (mut graphs, mut errors) = (0, 0);
	for (name, folder) in models() {
		let bytes = fs::read(folder.join("model.onnx")).expect("a model");
		if bytes.len() > 4_000 {
			continue;
		}
		for _ in 0..8 {
			let mut bytes = bytes.clone();
			for _ in 0..random.gen_range(1..4) {
				let at = random.gen_range(0..bytes.len());
				bytes[at] = random.r#gen();
			}
			let result = std::panic::catch_unwind(|| {
				Model::read(&bytes, None).and_then(|model| lower(&model)).is_ok()
			});
			match result {
				Ok(true) => graphs += 1,
				Ok(false) => errors += 1,
				Err(_) => panic!("{name}"),
			}
		}
	}
	println!("{graphs} graphs, {errors} errors");
	assert!(errors > 100);
}

#[test]
fn foreign_models_are_exact_or_refused() {
	let mut totals: BTreeMap<String, Total> = BTreeMap::new();
	let (mut exact, mut refused, mut failures) = (0, 0, Vec::new());
	for (name, folder) in models() {
		let bytes = fs::read(folder.join("model.onnx")).expect("a model");
		let graph = Model::read(&bytes, None).and_then(|model| lower(&model));
		let known = REFUSED.iter().find(|(part, _)| name.contains(part));
		match (graph, known) {
			(Ok(_), Some(_)) => failures.push(format!("{name}: is supported by now")),
			(Err(error), Some((_, words))) if error.to_string().contains(words) => refused += 1,
			(Err(error), _) => failures.push(format!("{name}: refused: {error}")),
			(Ok(graph), None) => match check(&folder, &graph) {
				Ok(()) => {
					exact += 1;
					// Seeds of one case together.
					let case = name.trim_end_matches(|c: char| c.is_ascii_digit());
					let case = if case.ends_with('_') { case.trim_end_matches('_') } else { &name };
					totals.entry(case.into()).or_default().add(&graph);
				},
				Err(what) => failures.push(format!("{name}: {what}")),
			},
		}
	}
	for (case, total) in &totals {
		println!(
			"{case}: {} models, {:?}, {} exceptions, {} constraints, {} more than powers of two",
			total.models, total.counts, total.exceptions, total.constraints, total.extra
		);
	}
	println!("{exact} are exact, {refused} are refused");
	assert!(failures.is_empty(), "{} fail:\n{}", failures.len(), failures.join("\n"));
	assert!(exact >= 200, "only {exact} models");
}
