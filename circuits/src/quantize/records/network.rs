//! What follows preprocessing as a model of its own, linear models as `Gemm`.

use super::super::proto;
use crate::{
	error::ModelError,
	onnx::{protobuf as pb, Data, Model, Node},
	ops::coefficients,
};

/// The nodes of a body as a model whose input is the preprocessed record.
pub(super) fn model(
	source: &Model,
	body: &[usize],
	features: &str,
	shape: &[usize],
) -> Result<Model, ModelError> {
	let graph = source.proto.graph.clone().unwrap_or_default();
	let (mut nodes, mut initializers) = (Vec::new(), graph.initializer.clone());
	let mut scores = String::new();
	for &at in body {
		let node = &source.nodes[at];
		scores = match node.op.as_str() {
			"ai.onnx.ml.LinearClassifier" => {
				let labels = node.int_list("classlabels_ints")?.map_or(0, <[i64]>::len);
				let names = node.string_list("classlabels_strings")?.map_or(0, <[String]>::len);
				gemm(node, labels.max(names), true, &mut nodes, &mut initializers)?
			},
			"ai.onnx.ml.LinearRegressor" => {
				let outputs = usize::try_from(node.int("targets", 1)?).unwrap_or(0);
				gemm(node, outputs, false, &mut nodes, &mut initializers)?
			},
			_ => {
				let made = |proto: &&pb::NodeProto| proto.output == node.outputs;
				nodes.extend(graph.node.iter().find(made).cloned());
				node.outputs.first().cloned().unwrap_or_default()
			},
		};
	}
	// Constants that are nodes stand before all.
	let constants = graph.node.iter().filter(|node| node.op_type == "Constant");
	let nodes = constants.cloned().chain(nodes).collect();
	let model = pb::ModelProto {
		graph: Some(pb::GraphProto {
			name: graph.name,
			node: nodes,
			initializer: initializers,
			input: vec![proto::value_info(features, Some(shape))],
			output: vec![proto::value_info(&scores, None)],
			..Default::default()
		}),
		opset_import: vec![pb::OperatorSetIdProto { domain: String::new(), version: source.opset }],
		..source.proto.clone()
	};
	let model = pb::ModelProto { metadata_props: Vec::new(), ..model };
	Model::from_proto(model, None)
}

/// A linear model as `Gemm`; returns the name of its scores.
fn gemm(
	node: &Node,
	outputs: usize,
	is_classifier: bool,
	nodes: &mut Vec<pb::NodeProto>,
	initializers: &mut Vec<pb::TensorProto>,
) -> Result<String, ModelError> {
	let post = node.string("post_transform", "NONE")?;
	if !["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"].contains(&post) {
		return Err(node.error(format!("{post} is not supported")));
	}
	let all = node.float_list("coefficients")?.unwrap_or_default().len();
	let intercepts = node.float_list("intercepts")?.unwrap_or_default().len();
	// Of two classes there may be one row of coefficients: that of the second.
	let rows = match (is_classifier, outputs, intercepts) {
		(true, 2, 1) => 1,
		_ => outputs,
	};
	let (weights, mut biases) = coefficients(node, rows)?;
	let inputs = weights.shape[1];
	let Data::F32(mut weights) = weights.data else {
		return Err(node.error(format!("its {all} coefficients are not of type float")));
	};
	if is_classifier && outputs == 2 {
		// The scores are 0 and the log-odds of the second class.
		let (second, bias) = match rows {
			1 => (weights.clone(), biases[0]),
			_ => {
				let (first, second) = weights.split_at(inputs);
				let mirrored =
					first.iter().zip(second).all(|(a, b)| *a == -*b) && biases[0] == -biases[1];
				match mirrored && post != "SOFTMAX" {
					true => (second.to_vec(), biases[1]),
					false => {
						let differences = second.iter().zip(first).map(|(b, a)| b - a);
						(differences.collect(), biases[1] - biases[0])
					},
				}
			},
		};
		weights = [vec![0.0; inputs], second].concat();
		biases = vec![0.0, bias];
	}
	let [weight, bias] = ["coefficients", "intercepts"].map(|part| format!("{}.{part}", node.name));
	initializers.push(proto::floats(&weight, &[outputs, inputs], &weights));
	initializers.push(proto::floats(&bias, &[outputs], &biases));
	nodes.push(pb::NodeProto {
		op_type: "Gemm".into(),
		name: node.name.clone(),
		input: vec![node.input(0)?.into(), weight, bias],
		output: vec!["scores".into()],
		attribute: vec![proto::int("transB", 1)],
		..Default::default()
	});
	Ok("scores".into())
}
