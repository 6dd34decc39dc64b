//! The digits example, quantised, compiled and set up.

use crate::programs::root;
use rand::rngs::OsRng;
use std::{fs::File, path::PathBuf};
use zkml_circuits::{
	assign, compile, lower, onnx::Model, quantize, samples::Samples, Assignment, Circuit, Graph,
	Options,
};
use zkml_primitives::{Context, Metadata, Proof, VerifyingKey};
use zkml_prover::{prove, setup, ProvingKey};

/// A file of the example.
pub fn file(name: &str) -> PathBuf {
	root().join("examples/digits").join(name)
}

/// The float model.
///
/// # Panics
/// If the example is damaged.
pub fn float_model() -> Model {
	let bytes = std::fs::read(file("digits.onnx")).expect("the example's model");
	Model::read(&bytes, None).expect("a float model")
}

/// Samples of the example.
///
/// # Panics
/// If the example is damaged.
pub fn samples(name: &str, model: &Model) -> Samples {
	let file = File::open(file(name)).expect("the example's samples");
	Samples::read_npz(file, &model.input.shape).expect("samples of the model's shape")
}

/// A model that is ready to prove.
#[derive(Debug)]
pub struct Digits {
	/// The float model.
	pub float: Model,
	/// The quantised model's file.
	pub onnx: Vec<u8>,
	/// The quantised model.
	pub graph: Graph,
	/// What is shown and what is hidden.
	pub options: Options,
	/// The circuit.
	pub circuit: Circuit,
	/// The proving key.
	pub key: ProvingKey,
	/// The verifying key.
	pub verifying_key: VerifyingKey,
}

impl Digits {
	/// Quantises, compiles and sets up.
	///
	/// # Panics
	/// If any step fails, which it does not for this example.
	pub fn new(options: Options) -> Self {
		let float = float_model();
		let calibration = samples("calibration.npz", &float);
		let quantized = quantize::quantize(&float, &calibration, &Default::default()).expect("a quantised model");
		let onnx = quantize::encode(&quantized.proto);
		let model = Model::read(&onnx, None).expect("an ONNX file");
		let graph = lower(&model).expect("a supported model");
		let circuit = compile(&graph, &options).expect("a circuit");
		let key = setup(&circuit.r1cs, &mut OsRng).expect("a key");
		let verifying_key = key.verifying_key().expect("few signals");
		Self { float, onnx, graph, options, circuit, key, verifying_key }
	}

	/// Evaluates an image and fills the witness.
	///
	/// # Panics
	/// If the image is none of the example's.
	pub fn assign(&self, image: &[f32], context: &Context) -> Assignment {
		let input = self.graph.quantize_input(image).expect("an image in range");
		assign(&self.graph, &self.options, &input, context).expect("a witness")
	}

	/// Proves.
	///
	/// # Panics
	/// If key and witness do not fit, which they do.
	pub fn prove(&self, assignment: &Assignment) -> Proof {
		prove(&self.key, &assignment.witness, &mut OsRng).expect("a proof")
	}

	/// What to register.
	///
	/// # Panics
	/// Never: the name is short.
	pub fn metadata(&self) -> Metadata {
		let sha256 = zkml_cli::files::sha256(&self.onnx);
		Metadata {
			name: b"digits".to_vec().try_into().expect("a short name"),
			onnx_sha256: zkml_cli::files::hash_from_hex(&sha256).expect("32 bytes"),
			uri: Default::default(),
		}
	}
}
