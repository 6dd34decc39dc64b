//! From a float model to a quantised one, with scales that are powers of two.
//!
//! Activations become uint8, or int8 where they can be negative; weights int8 with one scale per
//! output channel; biases int32. The zero point is always 0. The exported model is ordinary ONNX
//! in QDQ form, and onnxruntime computes the integers of [`crate::lower`] bit for bit at every
//! optimisation level, because every sum stays below `2^24` and so exact in float32.
//!
//! The steps: `read` (ONNX to layers, constants folded), `simplify` (constants into the weights
//! beside them), `place` (what is quantised where), `calibrate` (what the samples show), `plan`
//! (integers, exact by construction), `export`.

mod calibrate;
mod constants;
mod dead;
mod emit;
mod export;
mod foreign;
mod gates;
mod grid;
mod layers;
mod moves;
mod net;
mod options;
mod parse;
mod place;
mod plan;
mod proto;
mod read;
mod records;
mod recurrent;
mod report;
mod scale;
mod shape;
mod simplify;
mod weights;
mod window;

use crate::{
	error::ModelError,
	onnx::{protobuf::ModelProto, Model},
	samples::Samples,
};
use calibrate::{observe, Observation};
use net::{Net, TensorId};
pub use options::{Calibration, QuantizeOptions};
use place::place;
use plan::{Outcome, Planner};
pub use report::{compare, LayerLoss, Report};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A layer whose dead channels were folded into the next one's bias.
#[derive(Clone, Debug, Serialize)]
pub struct Folded {
	/// Name of the layer.
	pub layer: String,
	/// Its channels that did not depend on the input.
	pub channels: Vec<usize>,
}

/// A quantised model.
#[derive(Debug)]
pub struct Quantized {
	/// The model, in QDQ form.
	pub proto: ModelProto,
	/// Channels that were folded away.
	pub folded: Vec<Folded>,
}

/// Quantises a float model, calibrated on samples.
///
/// # Errors
/// [`ModelError`] at the first node that cannot be quantised, for weights that are not finite, or
/// for a model that is quantised already.
pub fn quantize(
	model: &Model,
	calibration: &Samples,
	options: &QuantizeOptions,
) -> Result<Quantized, ModelError> {
	if model.record.is_some() {
		return records::quantize(model, Some(calibration), options);
	}
	let mut net = read::read(model, options.strip_softmax)?.net;
	simplify::simplify(&mut net)?;
	finish(model, net, options, |net, tensors| observe(net, tensors, calibration))
}

/// Quantises a float model of a record that needs no samples: trees.
///
/// Their leaves are rounded to 16 bits; comparisons stay what they are.
///
/// # Errors
/// [`ModelError`] as [`quantize`]; [`ModelError::Samples`] for another model.
pub fn quantize_trees(model: &Model, options: &QuantizeOptions) -> Result<Quantized, ModelError> {
	records::quantize(model, None, options)
}

/// Quantises a model again that was quantised elsewhere, with scales that are powers of two.
///
/// It may be in QDQ form or have integer operators (`QLinearConv`, `QGemm`, …), with any scales
/// and zero points. The ranges that these express take the place of calibration, so biases are not
/// corrected.
///
/// # Errors
/// [`ModelError`] at the first node that cannot be quantised, or for a model that is not quantised.
pub fn snap(model: &Model, options: &QuantizeOptions) -> Result<Quantized, ModelError> {
	if !foreign::is_quantized(model) {
		return Err(ModelError::Malformed(
			"the model is not quantised: calibrate it on samples with `zkml quantize`".into(),
		));
	}
	let rebuilt = foreign::rebuild(model)?;
	let read = read::read(&rebuilt.model, options.strip_softmax)?;
	let ranges = foreign::Ranges::new(&read, &rebuilt.ranges);
	let mut net = read.net;
	simplify::simplify(&mut net)?;
	finish(model, net, options, |net, tensors| ranges.observe(net, tensors))
}

/// The float network of a model, quantised or not.
fn network(model: &Model) -> Result<Net, ModelError> {
	let mut net = if foreign::is_quantized(model) {
		read::read(&foreign::rebuild(model)?.model, true)?.net
	} else {
		read::read(model, true)?.net
	};
	simplify::simplify(&mut net)?;
	Ok(net)
}

/// The bytes of an ONNX file.
pub fn encode(proto: &ModelProto) -> Vec<u8> {
	prost::Message::encode_to_vec(proto)
}

/// Places, observes, folds, plans and exports.
fn finish(
	model: &Model,
	mut net: Net,
	options: &QuantizeOptions,
	observe: impl Fn(&Net, &[TensorId]) -> Result<BTreeMap<TensorId, Observation>, ModelError>,
) -> Result<Quantized, ModelError> {
	check(options)?;
	let mut forced = BTreeSet::new();
	let mut observed = observe(&net, &observable(&net, &forced))?;
	let folded = dead::fold_dead_channels(&mut net, &mut observed, options);
	loop {
		let mut planner = Planner::new(&net, options, observed, forced);
		let outcome = planner.plan()?;
		(observed, forced) = (planner.observed, planner.forced);
		match outcome {
			Outcome::Done(plan) => {
				return Ok(Quantized { proto: export::export(model, &plan), folded })
			},
			Outcome::Again => {
				let mut missing = observable(&net, &forced);
				missing.retain(|tensor| !observed.contains_key(tensor));
				observed.extend(observe(&net, &missing)?);
			},
		}
	}
}

fn check(options: &QuantizeOptions) -> Result<(), ModelError> {
	let bad = |what: &str| Err(ModelError::Malformed(format!("options: {what}")));
	if !(2..=8).contains(&options.weight_bits) {
		return bad("weights have 2 to 8 bits");
	}
	if !(4..=8).contains(&options.activation_bits) {
		return bad("activations have 4 to 8 bits");
	}
	if options.input_bits.is_some_and(|bits| !(1..=8).contains(&bits)) {
		return bad("inputs have 1 to 8 bits");
	}
	match options.method {
		Calibration::Percentile(share) if !(50.0..=100.0).contains(&share) => {
			bad("a percentile is between 50 and 100")
		},
		_ => Ok(()),
	}
}

/// Tensors that are quantised, and those that layers with weights take.
fn observable(net: &Net, forced: &BTreeSet<TensorId>) -> Vec<TensorId> {
	let linear = net.layers.iter().filter(|layer| layer.op.is_linear());
	let mut tensors = place(net, forced).quantized;
	tensors.extend(linear.map(|layer| layer.inputs[0]));
	tensors.into_iter().collect()
}
