//! The examples: quantised; and, ready to prove, compiled and set up.

use crate::programs::root;
use rand::rngs::OsRng;
use std::{fs::File, path::PathBuf};
use zkml_circuits::{
	assign_with, compile, lower, lower_committed, onnx::Model, quantize, samples::Samples,
	Assignment, Circuit, Extras, Graph, InputChoice, Options, OutputChoice, Record, Salt,
	WeightsChoice, WEIGHT_BITS,
};
use zkml_primitives::{Context, HintedProof, Metadata, Proof, VerifyingKey};
use zkml_prover::{hinted, prove, setup, ProvingKey};

/// The names of all examples.
pub const NAMES: [&str; 10] = [
	"digits",
	"mnist",
	"breast-cancer",
	"spam",
	"speaker",
	"power",
	"connect-four",
	"credit",
	"delegate",
	"lending-fee",
];

/// A file of an example.
pub fn file(example: &str, name: &str) -> PathBuf {
	root().join("examples").join(example).join(name)
}

/// A quantised example.
#[derive(Debug)]
pub struct Example {
	/// Its name.
	pub name: &'static str,
	/// The float model.
	pub float: Model,
	/// The quantised model's file.
	pub onnx: Vec<u8>,
	/// The quantised model.
	pub graph: Graph,
}

impl Example {
	/// Quantises an example, calibrated as its README says.
	///
	/// # Panics
	/// If the example is damaged.
	pub fn new(name: &'static str) -> Self {
		let model = if name == "credit" { "trees" } else { name };
		let bytes = std::fs::read(file(name, &format!("{model}.onnx"))).expect("a model");
		let mut float = Model::read(&bytes, None).expect("a float model");
		if let Ok(record) = std::fs::read_to_string(file(name, "record.json")) {
			let record = Record::read(&record).expect("a record schema");
			float = float.with_record(record).expect("a model of the record");
		}
		let calibration = samples(name, "calibration.npz", &float);
		let quantized = quantize::quantize(&float, &calibration, &Default::default());
		let onnx = quantize::encode(&quantized.expect("a quantised model").proto);
		let model = Model::read(&onnx, None).expect("an ONNX file");
		let graph = lower(&model).expect("a supported model");
		Self { name, float, onnx, graph }
	}

	/// Samples that neither training nor calibration saw.
	///
	/// # Panics
	/// If the example is damaged.
	pub fn heldout(&self) -> Samples {
		samples(self.name, "heldout.npz", &self.float)
	}
}

/// Samples of an example.
fn samples(example: &str, name: &str, model: &Model) -> Samples {
	let file = File::open(file(example, name)).expect("the example's samples");
	Samples::read_npz(file, &model.input.shape).expect("samples of the model's shape")
}

/// An example that is ready to prove.
#[derive(Debug)]
pub struct Ready {
	/// The quantised model.
	pub example: Example,
	/// What is shown and what is hidden.
	pub options: Options,
	/// The circuit.
	pub circuit: Circuit,
	/// The proving key.
	pub key: ProvingKey,
	/// The verifying key.
	pub verifying_key: VerifyingKey,
	/// The salt of the weights' commitment, where they are committed.
	pub weights_salt: Option<Salt>,
}

impl Ready {
	/// Quantises, compiles and sets up.
	///
	/// # Panics
	/// If any step fails, which it does not for the examples.
	pub fn new(name: &'static str, options: Options) -> Self {
		Self::of(Example::new(name), options, None)
	}

	/// The same with committed input and weights.
	///
	/// # Panics
	/// If any step fails, which it does not for the examples.
	pub fn hidden(name: &'static str, output: OutputChoice) -> Self {
		let mut example = Example::new(name);
		let bits = WEIGHT_BITS;
		let model = Model::read(&example.onnx, None).expect("a model");
		example.graph = lower_committed(&model, bits).expect("weights of 8 bits");
		let salt = Salt::random(&mut OsRng);
		let commitment = example.graph.weights_commitment(salt).expect("weights");
		let weights = WeightsChoice::Committed { bits, commitment };
		Self::of(example, Options { input: InputChoice::Committed, weights, output }, Some(salt))
	}

	fn of(example: Example, options: Options, weights_salt: Option<Salt>) -> Self {
		let circuit = compile(&example.graph, &options).expect("a circuit");
		let key = setup(&circuit.r1cs, &mut OsRng).expect("a key");
		let verifying_key = key.verifying_key().expect("few signals");
		Self { example, options, circuit, key, verifying_key, weights_salt }
	}

	/// Evaluates an image and fills the witness.
	///
	/// # Panics
	/// If the image is none of the example's.
	pub fn assign(&self, image: &[f32], context: &Context) -> Assignment {
		let input = self.example.graph.quantize_input(image).expect("an image in range");
		let input_salt = Some(Salt::random(&mut OsRng));
		let extras = Extras { input_salt, weights_salt: self.weights_salt, ..Extras::default() };
		assign_with(&self.example.graph, &self.options, &input, context, &extras)
			.expect("a witness")
	}

	/// Proves.
	///
	/// # Panics
	/// If key and witness do not fit, which they do.
	pub fn prove(&self, assignment: &Assignment) -> Proof {
		prove(&self.key, &assignment.witness, &mut OsRng).expect("a proof")
	}

	/// Proves, and makes the hint.
	///
	/// # Panics
	/// If key and witness do not fit, which they do.
	pub fn prove_hinted(&self, assignment: &Assignment) -> HintedProof {
		let signals = assignment.statement.signals();
		hinted(&self.verifying_key, signals, &self.prove(assignment)).expect("a proof that holds")
	}

	/// What to register.
	///
	/// # Panics
	/// Never: the name is short.
	pub fn metadata(&self) -> Metadata {
		let sha256 = zkml_cli::files::sha256(&self.example.onnx);
		Metadata {
			name: self.example.name.as_bytes().to_vec().try_into().expect("a short name"),
			onnx_sha256: zkml_cli::files::hash_from_hex(&sha256).expect("32 bytes"),
			uri: Default::default(),
		}
	}
}
