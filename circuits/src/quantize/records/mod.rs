//! Models of raw records: preprocessing, and trees, a linear model or a network after it.
//!
//! Preprocessing stays as it is, because [`crate::lower`] knows every function of one field exactly.
//! Of trees only the leaves are rounded, so that comparisons are those of the float model. Linear
//! models and networks are quantised as any, with the preprocessed record as their input. What
//! exporters append to make labels and probabilities out of scores is left out: it does not change
//! which score is largest.

mod network;
mod scores;
mod trees;

use super::{check, proto, QuantizeOptions, Quantized};
use crate::{
	columns::Columns,
	error::ModelError,
	lower::columns_of_record,
	onnx::{protobuf as pb, Model},
	record::METADATA,
	samples::Samples,
	trees::Ensemble,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a model makes of its columns.
pub(super) enum Head {
	/// Trees, with one output for each class, or the values of a regression.
	Trees(Ensemble),
	/// A linear model or a network whose input is the columns.
	Network(Box<Model>),
}

/// A model of a record, taken apart.
pub(super) struct Pipeline<'a> {
	model: &'a Model,
	/// What is made of the record, by name, and the nodes that make it.
	columns: BTreeMap<String, (Columns, BTreeSet<usize>)>,
	/// The name of the columns that the head takes.
	features: String,
	/// What is made of them.
	pub(super) head: Head,
}

impl<'a> Pipeline<'a> {
	/// Takes a model apart.
	pub(super) fn read(model: &'a Model) -> Result<Self, ModelError> {
		if super::foreign::is_quantized(model) {
			return Err(ModelError::Malformed("the model is quantised already".into()));
		}
		let columns = columns_of_record(model)?;
		let head = scores::head(model, |name| columns.contains_key(name))?;
		let node = &model.nodes[head.node];
		let is_tree = node.op.starts_with("ai.onnx.ml.TreeEnsemble");
		let body = scores::ancestors(model, head.node, |name| columns.contains_key(name));
		let taken: BTreeSet<&String> = (body.iter())
			.flat_map(|&node| &model.nodes[node].inputs)
			.filter(|name| columns.contains_key(*name))
			.collect();
		let &[features] = taken.iter().collect::<Vec<_>>().as_slice() else {
			return Err(node.error(format!(
				"the model takes fields of the record in {} places: put them together by Concat",
				taken.len()
			)));
		};
		let features = (*features).clone();
		let head = match is_tree {
			true => {
				if node.inputs.first() != Some(&features) {
					return Err(node.error("its input is no preprocessed record"));
				}
				Head::Trees(trees::scores(node, &columns[&features].0)?)
			},
			false => {
				let shape = &columns[&features].0.shape;
				Head::Network(Box::new(network::model(model, &body, &features, shape)?))
			},
		};
		Ok(Self { model, columns, features, head })
	}

	/// The columns of a record, as floats.
	pub(super) fn features(&self, sample: &[f32]) -> Result<Vec<f32>, ModelError> {
		let record = self.model.record.as_ref().expect("a model of a record");
		let integers = record.integers_of_floats(sample)?;
		let columns = &self.columns[&self.features].0.columns;
		Ok(columns.iter().map(|column| column.value(integers[column.element])).collect())
	}

	/// The columns of samples.
	fn all_features(&self, samples: &Samples) -> Result<Samples, ModelError> {
		let rows = samples.iter().map(|sample| self.features(sample));
		let rows: Vec<Vec<f32>> = rows.collect::<Result<_, _>>()?;
		Ok(Samples::from_rows(rows, samples.labels.clone()))
	}

	/// The nodes that make the columns, with names of their own, and the constants that these take.
	fn preprocessing(&self) -> (Vec<pb::NodeProto>, Vec<pb::TensorProto>) {
		let graph = self.model.proto.graph.clone().unwrap_or_default();
		let names: BTreeSet<&String> = (self.columns[&self.features].1.iter())
			.flat_map(|&node| &self.model.nodes[node].outputs)
			.collect();
		let kept = |name: &String| *name == self.model.input.name || *name == self.features;
		let rename = |name: &String| match kept(name) || name.is_empty() {
			true => name.clone(),
			false => format!("record/{name}"),
		};
		let mut constants: BTreeSet<String> = BTreeSet::new();
		let mut nodes = Vec::new();
		for node in &graph.node {
			let makes_columns = node.output.iter().any(|name| names.contains(name));
			let is_constant = node.op_type == "Constant";
			if !makes_columns && !is_constant {
				continue;
			}
			constants.extend(node.input.iter().cloned());
			let (input, output) =
				(node.input.iter().map(rename).collect(), node.output.iter().map(rename).collect());
			let name = format!("record/{}", node.name);
			nodes.push(pb::NodeProto { input, output, name, ..node.clone() });
		}
		// Constants that are nodes, if they are taken.
		let taken: BTreeSet<String> = nodes.iter().flat_map(|node| node.input.clone()).collect();
		nodes.retain(|node| {
			node.op_type != "Constant" || node.output.iter().any(|name| taken.contains(name))
		});
		let initializers = graph.initializer.iter().filter(|t| constants.contains(&t.name));
		let renamed = initializers.map(|t| pb::TensorProto { name: rename(&t.name), ..t.clone() });
		(nodes, renamed.collect())
	}

	/// The model with this after its preprocessing.
	fn assemble(&self, rest: pb::GraphProto) -> Result<pb::ModelProto, ModelError> {
		// These took attributes before, and take inputs now.
		const CHANGED: [&str; 5] = ["Clip", "Slice", "Split", "Squeeze", "Unsqueeze"];
		let (mut node, mut initializer) = self.preprocessing();
		if let (true, Some(old)) = (
			self.model.opset < 13,
			node.iter().find(|node| CHANGED.contains(&node.op_type.as_str())),
		) {
			return Err(ModelError::Malformed(format!(
				"node {} ({}) is of operator set {}: export the model with operator set 17",
				old.name, old.op_type, self.model.opset
			)));
		}
		node.extend(rest.node);
		initializer.extend(rest.initializer);
		let source = self.model.proto.graph.clone().unwrap_or_default();
		let is_record = |input: &&pb::ValueInfoProto| input.name == self.model.input.name;
		let graph = pb::GraphProto {
			name: source.name,
			node,
			initializer,
			input: source.input.iter().filter(is_record).cloned().collect(),
			output: rest.output,
			..Default::default()
		};
		let mut model = proto::model(graph);
		let record = self.model.record.as_ref().expect("a model of a record");
		model
			.metadata_props
			.push(pb::StringStringEntryProto { key: METADATA.into(), value: record.text() });
		Ok(model)
	}
}

/// Quantises a model of a record.
pub(super) fn quantize(
	model: &Model,
	calibration: Option<&Samples>,
	options: &QuantizeOptions,
) -> Result<Quantized, ModelError> {
	check(options)?;
	let pipeline = Pipeline::read(model)?;
	let (rest, folded) = match &pipeline.head {
		Head::Trees(ensemble) => (trees::export(ensemble, &pipeline.features)?, Vec::new()),
		Head::Network(network) => {
			let Some(samples) = calibration else {
				return Err(ModelError::Samples(
					"a model that is no tree ensemble is calibrated on samples: give --calibration"
						.into(),
				));
			};
			let samples = pipeline.all_features(samples)?;
			let Quantized { proto, folded } = super::quantize(network, &samples, options)?;
			(proto.graph.unwrap_or_default(), folded)
		},
	};
	Ok(Quantized { proto: pipeline.assemble(rest)?, folded })
}
