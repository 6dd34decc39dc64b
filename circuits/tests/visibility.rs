//! What circuits show and what they hide, on the digits: commitments, thresholds, masks.

use ark_bn254::Fr;
use ark_ff::One;
use prost::Message;
use rand::{rngs::StdRng, SeedableRng};
use std::{fs::File, path::PathBuf};
use zkml_circuits::{
	assign_with, compile, lower, lower_committed,
	onnx::{
		protobuf::{
			attribute_proto::AttributeType, tensor_proto::DataType, AttributeProto, ModelProto,
			NodeProto,
		},
		Model,
	},
	quantize::{self, QuantizeOptions},
	samples::Samples,
	without_weights, Circuit, Extras, Graph, InputChoice, ModelError, Options, OutputChoice, Salt,
	WeightsChoice, WEIGHT_BITS,
};
use zkml_primitives::{
	ClaimedInput, Context, InputVisibility, Output, OutputKind, WeightsVisibility,
};

const CONTEXT: Context = Context([3; 32]);

/// An example's model, quantised.
fn quantized(name: &str) -> Vec<u8> {
	let path = |file: &str| {
		PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name).join(file)
	};
	let float = Model::read(&std::fs::read(path(&format!("{name}.onnx"))).unwrap(), None).unwrap();
	let samples = File::open(path("calibration.npz")).unwrap();
	let samples = Samples::read_npz(samples, &float.input.shape).unwrap();
	let quantized = quantize::quantize(&float, &samples, &QuantizeOptions::default()).unwrap();
	quantize::encode(&quantized.proto)
}

fn model_bytes() -> Vec<u8> {
	quantized("digits")
}

fn model() -> Model {
	read(&model_bytes())
}

fn read(bytes: &[u8]) -> Model {
	Model::read(bytes, None).unwrap()
}

/// The same model with zeros for weights and biases: what an owner may publish.
fn erased(bytes: &[u8]) -> Model {
	read(&without_weights(bytes).unwrap())
}

fn plain() -> Graph {
	lower(&model()).unwrap()
}

fn hidden() -> Graph {
	lower_committed(&model(), WEIGHT_BITS).unwrap()
}

fn salt(seed: u64) -> Salt {
	Salt::random(&mut StdRng::seed_from_u64(seed))
}

/// Some image.
fn image(graph: &Graph) -> Vec<i64> {
	let (lo, hi) = (graph.bounds[0][0].lo, graph.bounds[0][0].hi);
	(0..graph.bounds[0].len() as i64).map(|i| lo + i * 37 % (hi - lo + 1)).collect()
}

/// Committed weights of a graph.
fn committed(graph: &Graph, seed: u64) -> WeightsChoice {
	let commitment = graph.weights_commitment(salt(seed)).unwrap();
	WeightsChoice::Committed { bits: WEIGHT_BITS, commitment }
}

fn extras<'a>() -> Extras<'a> {
	Extras { input_salt: Some(salt(1)), weights_salt: Some(salt(2)), ..Extras::default() }
}

fn holds(circuit: &Circuit, witness: &[Fr]) -> bool {
	circuit.r1cs.first_violation(witness).is_none()
}

#[test]
fn everything_hidden_gives_the_same_answer() {
	let graph = hidden();
	let input = image(&graph);
	let logits = plain().evaluate(&input);
	assert_eq!(graph.evaluate(&input), logits, "hiding weights changes no value");
	let weights = committed(&graph, 2);
	let options = Options { input: InputChoice::Committed, weights, output: OutputChoice::Argmax };
	let circuit = compile(&graph, &options).unwrap();
	let assignment = assign_with(&graph, &options, &input, &CONTEXT, &extras()).unwrap();
	assert!(holds(&circuit, &assignment.witness));
	let label = zkml_circuits::argmax_value(&logits) as u32;
	assert_eq!(assignment.inference.output, Output::Label(label));
	let commitment = graph.input_commitment(&input, salt(1)).unwrap();
	assert_eq!(assignment.inference.input, ClaimedInput::Committed(commitment));
	let signals = assignment.statement.signals();
	let WeightsVisibility::Committed(weights) = circuit.interface.weights else { panic!() };
	assert_eq!(signals[1..], [commitment.0, weights.0, CONTEXT.0]);
	assert_eq!(circuit.unconstrained_signals(), [3], "the context alone");

	// 2,368 weights, 42 biases.
	let multiply_adds = 64 * 32 + 32 * 10;
	let constraints = circuit.r1cs.constraints();
	assert!(constraints < multiply_adds * 13 + 42 * 32 + 2_500, "{constraints}");
}

#[test]
fn circuits_do_not_depend_on_secrets() {
	let other = lower_committed(&erased(&model_bytes()), WEIGHT_BITS).unwrap();
	let graph = hidden();
	assert_ne!(graph.evaluate(&image(&graph)), other.evaluate(&image(&graph)));
	for output in [OutputChoice::Logits, OutputChoice::Argmax, OutputChoice::TopK { k: 3 }] {
		for input in [InputChoice::Private, InputChoice::Committed] {
			let compiled = |graph: &Graph, seed| {
				let options = Options { input, weights: committed(graph, seed), output };
				compile(graph, &options).unwrap()
			};
			let (a, b) = (compiled(&graph, 2), compiled(&other, 3));
			assert!(a.r1cs == b.r1cs, "{output:?}");
			assert_ne!(a.interface.weights, b.interface.weights);
		}
	}
}

/// Decisions that could follow from bounds by the weights as they are: whether to pool before or
/// after rounding, how to scale, where to round.
#[test]
fn convolutions_and_pools_do_not_depend_on_secrets() {
	let bytes = quantized("mnist");
	let graph = lower_committed(&read(&bytes), WEIGHT_BITS).unwrap();
	let other = lower_committed(&erased(&bytes), WEIGHT_BITS).unwrap();
	let input = image(&graph);
	let open = lower(&read(&bytes)).unwrap();
	assert_eq!(graph.evaluate(&input), open.evaluate(&input));
	assert_ne!(graph.evaluate(&input), other.evaluate(&input));
	let compiled = |graph: &Graph| {
		let options = Options { weights: committed(graph, 2), ..Options::default() };
		compile(graph, &options).unwrap().r1cs
	};
	assert!(compiled(&graph) == compiled(&other));
	assert_eq!(graph.public_constants, other.public_constants);
}

/// Weights that stand in `Constant` nodes, and what else a file may say.
#[test]
fn what_is_published_holds_no_weight() {
	let mut proto = ModelProto::decode(model_bytes().as_slice()).unwrap();
	proto.metadata_props.push(Default::default());
	let graph = proto.graph.as_mut().unwrap();
	graph.doc_string = "the largest weight is 127".into();
	let position = graph.initializer.iter().position(|tensor| tensor.dims.len() == 2).unwrap();
	let weights = graph.initializer.remove(position);
	let name = weights.name.clone();
	let attribute = AttributeProto {
		name: "value".into(),
		r#type: AttributeType::Tensor as i32,
		t: Some(weights),
		..Default::default()
	};
	graph.node.insert(
		0,
		NodeProto {
			op_type: "Constant".into(),
			name: "weights".into(),
			output: vec![name],
			attribute: vec![attribute],
			..Default::default()
		},
	);
	let bytes = quantize::encode(&proto);
	let graph = lower_committed(&read(&bytes), WEIGHT_BITS).unwrap();
	let commitments = [graph, hidden()].map(|graph| graph.weights_commitment(salt(2)).unwrap());
	assert_eq!(commitments[0], commitments[1]);
	let published = without_weights(&bytes).unwrap();
	assert_eq!(published, without_weights(&published).unwrap(), "nothing more to leave out");
	let proto = ModelProto::decode(published.as_slice()).unwrap();
	assert!(proto.metadata_props.is_empty());
	let graph = proto.graph.unwrap();
	assert_eq!(graph.doc_string, "");
	let inner = graph.node[0].attribute[0].t.clone().unwrap();
	for tensor in graph.initializer.iter().chain([&inner]).filter(|tensor| !tensor.dims.is_empty())
	{
		let integers = [DataType::Int8 as i32, DataType::Int32 as i32].contains(&tensor.data_type);
		let zeros = tensor.raw_data.iter().all(|&byte| byte == 0)
			&& tensor.int32_data.iter().all(|&x| x == 0);
		assert!(!integers || zeros, "{}", tensor.name);
	}
}

#[test]
fn one_commitment_serves_every_circuit_of_the_weights() {
	let commitment = hidden().weights_commitment(salt(2)).unwrap();
	assert_ne!(hidden().weights_commitment(salt(3)).unwrap(), commitment, "another salt");
	// Another batch size: the same layers, on three images at once.
	let mut three = model();
	three.input.shape[0] *= 3;
	let three = lower_committed(&three, WEIGHT_BITS).unwrap();
	assert_eq!(three.bounds[0].len(), 3 * 64);
	assert_eq!(three.weights_commitment(salt(2)).unwrap(), commitment);
	let weights = WeightsChoice::Committed { bits: WEIGHT_BITS, commitment };
	for (graph, output) in [
		(&three, OutputChoice::Logits),
		(&hidden(), OutputChoice::Argmax),
		(&hidden(), OutputChoice::TopK { k: 2 }),
	] {
		let options = Options { input: InputChoice::Private, weights, output };
		let circuit = compile(graph, &options).unwrap();
		let filled = assign_with(graph, &options, &image(graph), &CONTEXT, &extras()).unwrap();
		assert!(holds(&circuit, &filled.witness), "{output:?}");
	}
}

#[test]
fn a_lying_owner_is_caught() {
	let graph = hidden();
	let input = image(&graph);
	let weights = committed(&graph, 2);
	let options = Options { input: InputChoice::Committed, weights, output: OutputChoice::Logits };
	let circuit = compile(&graph, &options).unwrap();
	let honest = assign_with(&graph, &options, &input, &CONTEXT, &extras()).unwrap().witness;
	assert!(holds(&circuit, &honest));
	// Any one wire but the context changed; the commitments and their salts among them.
	let context = 1 + circuit.r1cs.signals() - 1;
	let mut forged = honest.clone();
	for wire in (1..honest.len()).step_by(7).chain(1..40) {
		let free = circuit.hints.iter().any(|hint| hint.wire.0 as usize == wire);
		if wire == context || free {
			continue;
		}
		forged[wire] += Fr::one();
		assert!(!holds(&circuit, &forged), "wire {wire}");
		forged[wire] = honest[wire];
	}
	// Other weights of the same shape, whole, under the commitment to these.
	let other = lower_committed(&erased(&model_bytes()), WEIGHT_BITS).unwrap();
	let theirs = Options { weights: committed(&other, 2), ..options };
	let mut forged = assign_with(&other, &theirs, &input, &CONTEXT, &extras()).unwrap().witness;
	assert!(holds(&circuit, &forged), "a claim about other weights");
	let place = circuit.interface.counts().output as usize + 1 + 1;
	forged[place] = honest[place];
	assert!(!holds(&circuit, &forged), "the commitment to other weights");
}

#[test]
fn a_salt_is_needed_and_is_the_right_one() {
	let graph = hidden();
	let input = image(&graph);
	let weights = committed(&graph, 2);
	let options = Options { input: InputChoice::Committed, weights, output: OutputChoice::Argmax };
	let refused = |extras: Extras<'_>| {
		let result = assign_with(&graph, &options, &input, &CONTEXT, &extras);
		let Err(ModelError::Commitment(what)) = result else { panic!("{result:?}") };
		what
	};
	assert!(refused(Extras { input_salt: None, ..extras() }).contains("the input is needed"));
	assert!(refused(Extras { weights_salt: None, ..extras() }).contains("the weights is needed"));
	let other = Some(salt(9));
	assert!(refused(Extras { weights_salt: other, ..extras() }).contains("are not those"));
	let one_bit = [1; 32];
	assert!(Salt::from_bytes(&one_bit).is_some());
	let mut short = [0; 32];
	short[3] = 7;
	assert!(Salt::from_bytes(&short).is_none(), "a salt that was not drawn");
	assert!(Salt::from_bytes(&[0xff; 32]).is_none(), "beyond the field");
	assert_eq!(format!("{:?}", salt(1)), "Salt");
}

#[test]
fn options_and_graph_agree_on_who_sees_the_weights() {
	let (open, closed) = (plain(), hidden());
	let secret = Options { weights: committed(&closed, 2), ..Options::default() };
	assert!(matches!(compile(&open, &secret), Err(ModelError::Commitment(_))));
	assert!(matches!(compile(&closed, &Options::default()), Err(ModelError::Commitment(_))));
	assert!(matches!(lower_committed(&model(), 9), Err(ModelError::Commitment(_))));
	let narrow = lower_committed(&model(), 3);
	assert!(matches!(narrow, Err(ModelError::Weights { .. })), "8-bit weights in 3 bits");
}

#[test]
fn the_best_of_all_and_of_those_allowed() {
	let graph = plain();
	let input = image(&graph);
	let logits = graph.evaluate(&input);
	let mut order: Vec<u32> = (0..10).collect();
	order.sort_by_key(|&class| std::cmp::Reverse(logits[class as usize]));
	let options = Options { output: OutputChoice::TopK { k: 3 }, ..Options::default() };
	let circuit = compile(&graph, &options).unwrap();
	let top = assign_with(&graph, &options, &input, &CONTEXT, &Extras::default()).unwrap();
	assert!(holds(&circuit, &top.witness));
	let Output::Labels(labels) = &top.inference.output else { panic!() };
	assert_eq!(labels[..], order[..3]);

	// All but the best two are allowed.
	let mut mask = [true; 10];
	order[..2].iter().for_each(|&class| mask[class as usize] = false);
	let options = Options { output: OutputChoice::MaskedArgmax, ..Options::default() };
	let circuit = compile(&graph, &options).unwrap();
	let with = |mask: Option<&[bool]>| {
		let extras = Extras { mask, ..Extras::default() };
		assign_with(&graph, &options, &input, &CONTEXT, &extras)
	};
	let best = with(Some(&mask)).unwrap();
	assert!(holds(&circuit, &best.witness));
	let Output::MaskedLabel { label, mask: claimed } = &best.inference.output else { panic!() };
	assert_eq!(*label, order[2]);
	assert!((0..10).all(|class| claimed.allows(class) == mask[class as usize]));
	// The mask is a public signal, before the context: another one does not hold.
	let place = 1 + circuit.interface.counts().output as usize;
	let mut forged = best.witness.clone();
	forged[place] += Fr::one();
	assert!(!holds(&circuit, &forged));
	for wrong in [None, Some(&mask[..9]), Some(&[false; 10][..])] {
		assert!(matches!(with(wrong), Err(ModelError::Reveal(_))), "{wrong:?}");
	}
	let options = Options { output: OutputChoice::TopK { k: 11 }, ..Options::default() };
	assert!(matches!(compile(&graph, &options), Err(ModelError::Reveal(_))));
}

#[test]
fn a_threshold_is_for_one_score() {
	let options = Options { output: OutputChoice::Threshold { tau: 0 }, ..Options::default() };
	let error = compile(&plain(), &options).unwrap_err().to_string();
	assert!(error.contains("not for 10 outputs"), "{error}");

	let graph = lower(&read(&quantized("breast-cancer"))).unwrap();
	let input = image(&graph);
	let logits = graph.evaluate(&input);
	let score = logits[1] - logits[0];
	let at = |tau: i64| {
		let output = OutputChoice::Threshold { tau: tau as i32 };
		let options = Options { output, ..Options::default() };
		(options, assign_with(&graph, &options, &input, &CONTEXT, &Extras::default()))
	};
	let (options, reached) = at(score);
	let circuit = compile(&graph, &options).unwrap();
	let reached = reached.unwrap();
	assert!(holds(&circuit, &reached.witness));
	assert_eq!(reached.inference.output, Output::Passed);
	assert_eq!(reached.statement.signals().len(), 2, "threshold and context");
	let (_, missed) = at(score + 1);
	assert!(matches!(missed, Err(ModelError::BelowThreshold { .. })));
	// A higher threshold in the same witness.
	let mut forged = reached.witness.clone();
	forged[1] += Fr::one();
	assert!(!holds(&circuit, &forged));
	// The circuit serves every threshold.
	let lower = compile(&graph, &at(score - 50).0).unwrap();
	assert!(lower.r1cs == circuit.r1cs);
	let OutputKind::Threshold { score: declared, .. } = circuit.interface.output else { panic!() };
	let beyond = declared.packing.max() + 1;
	assert!(matches!(compile(&graph, &at(beyond).0), Err(ModelError::Reveal(_))));
}

#[test]
fn commitments_are_bound_to_what_they_are_of() {
	let graph = plain();
	let input = image(&graph);
	let commitment = graph.input_commitment(&input, salt(1)).unwrap();
	assert!(commitment.is_canonical());
	let mut other = input.clone();
	other[63] ^= 1;
	let mut renamed = plain();
	renamed.input.name = "another".into();
	for different in [
		graph.input_commitment(&other, salt(1)).unwrap(),
		graph.input_commitment(&input, salt(2)).unwrap(),
		renamed.input_commitment(&input, salt(1)).unwrap(),
	] {
		assert_ne!(different, commitment);
	}
	let mut beyond = input.clone();
	beyond[0] = graph.bounds[0][0].hi + 1;
	assert!(matches!(graph.input_commitment(&beyond, salt(1)), Err(ModelError::Commitment(_))));
	beyond[0] = graph.bounds[0][0].lo - 1;
	assert!(matches!(graph.input_commitment(&beyond, salt(1)), Err(ModelError::Commitment(_))));

	// A salt under the header of another schema, in the circuit: the witness of one does not serve
	// the other, whose circuit differs in that one constant.
	let options = Options { input: InputChoice::Committed, ..Options::default() };
	let witness = assign_with(&graph, &options, &input, &CONTEXT, &extras()).unwrap().witness;
	assert!(holds(&compile(&graph, &options).unwrap(), &witness));
	let circuit = compile(&renamed, &options).unwrap();
	assert!(!holds(&circuit, &witness));
	let InputVisibility::Committed { schema } = circuit.interface.input else { panic!() };
	assert_ne!(schema, graph.input_schema().id());
}
