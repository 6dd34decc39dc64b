//! The digits example, from the float model to a satisfied circuit.

use std::{fs::File, path::PathBuf};
use zkml_circuits::{
	assign, compile, lower, onnx::Model, quantize, quantize::QuantizeOptions, samples::Samples,
	Graph, InputChoice, Options, OutputChoice,
};
use zkml_primitives::{Context, Output};

fn example(name: &str) -> PathBuf {
	PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/digits").join(name)
}

fn float() -> Model {
	Model::read(&std::fs::read(example("digits.onnx")).unwrap(), None).unwrap()
}

fn samples(name: &str, model: &Model) -> Samples {
	Samples::read_npz(File::open(example(name)).unwrap(), &model.input.shape).unwrap()
}

fn graph(float: &Model) -> (Graph, Vec<quantize::Folded>) {
	let calibration = samples("calibration.npz", float);
	let quantized = quantize::quantize(float, &calibration, &QuantizeOptions::default()).unwrap();
	let model = Model::from_proto(quantized.proto, None).unwrap();
	(lower(&model).unwrap(), quantized.folded)
}

const CONTEXT: Context = Context([5; 32]);

#[test]
fn quantising_keeps_the_labels() {
	let float = float();
	let (graph, folded) = graph(&float);
	let accuracy = quantize::compare(&float, &graph, &samples("heldout.npz", &float)).unwrap();
	assert!(accuracy.float.unwrap() >= 0.96, "{accuracy:?}");
	assert!((accuracy.float.unwrap() - accuracy.quantized.unwrap()).abs() <= 0.005, "{accuracy:?}");
	assert!(accuracy.agreement >= 0.995, "{accuracy:?}");
	assert_eq!(folded.len(), 1, "the example has a dead neuron");
	assert_eq!(folded[0].channels, [14]);
}

#[test]
fn compiles_within_its_budget() {
	let (graph, _) = graph(&float());
	let circuit = compile(&graph, &Options::default()).unwrap();
	assert!(circuit.r1cs.constraints() <= 1_450, "{:#?}", circuit.layers);
	let by_layer: usize = circuit.layers.iter().map(|layer| layer.constraints).sum();
	assert_eq!(by_layer, circuit.r1cs.constraints());
	assert_eq!(circuit.unconstrained_signals(), [1], "only the context, which the setup ties in");
}

#[test]
fn witnesses_satisfy_every_kind_of_circuit() {
	let float = float();
	let (graph, _) = graph(&float);
	let heldout = samples("heldout.npz", &float);
	for input in [InputChoice::Private, InputChoice::Public] {
		for output in [OutputChoice::Logits, OutputChoice::Argmax] {
			let options = Options::new(input, output);
			let circuit = compile(&graph, &options).unwrap();
			for sample in heldout.iter().take(20) {
				let integers = graph.quantize_input(sample).unwrap();
				let assignment = assign(&graph, &options, &integers, &CONTEXT).unwrap();
				assert_eq!(assignment.witness.len(), circuit.r1cs.wires as usize);
				assert_eq!(circuit.r1cs.first_violation(&assignment.witness), None, "{options:?}");
				assert_eq!(
					assignment.statement.signals().len(),
					circuit.interface.signals().unwrap() as usize
				);
				match assignment.inference.output {
					Output::Logits(logits) => {
						let logits: Vec<i64> = logits.iter().map(|&v| v.into()).collect();
						assert_eq!(logits, graph.evaluate(&integers));
					},
					Output::Label(label) => {
						let logits = graph.evaluate(&integers);
						assert_eq!(label as usize, zkml_circuits::argmax_value(&logits));
					},
					other => panic!("{other:?}"),
				}
			}
		}
	}
}

#[test]
fn forged_wires_are_caught() {
	use ark_ff::Zero;
	let float = float();
	let (graph, _) = graph(&float);
	let sample = samples("heldout.npz", &float);
	let integers = graph.quantize_input(sample.iter().next().unwrap()).unwrap();
	for output in [OutputChoice::Logits, OutputChoice::Argmax] {
		let options = Options { output, ..Options::default() };
		let circuit = compile(&graph, &options).unwrap();
		let mut witness = assign(&graph, &options, &integers, &CONTEXT).unwrap().witness;
		let context = circuit.r1cs.outputs as usize + 1;
		for wire in 1..witness.len() {
			let free = circuit.hints.iter().any(|hint| {
				let term = |&(wire, c): &(zkml_circuits::r1cs::Wire, i64)| {
					witness[wire.0 as usize] * ark_bn254::Fr::from(c)
				};
				hint.wire.0 as usize == wire
					&& hint.subject.0.iter().map(term).sum::<ark_bn254::Fr>().is_zero()
			});
			let right = witness[wire];
			witness[wire] += ark_bn254::Fr::from(1);
			let accepted = circuit.r1cs.first_violation(&witness).is_none();
			assert_eq!(accepted, free || wire == context, "wire {wire}");
			witness[wire] = right;
		}
	}
}
