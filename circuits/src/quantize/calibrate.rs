//! What the samples show of a network's activations, in bounded memory.

use super::{
	export,
	net::{Net, TensorId},
	options::Calibration,
	scale::{covering, least_error, ActivationScale},
};
use crate::{
	error::ModelError,
	onnx::{float::FloatModel, Model},
	samples::Samples,
};
use std::collections::BTreeMap;

/// Values that are kept of one tensor, over all samples.
const KEPT_VALUES: usize = 1 << 17;

/// What was seen of a tensor.
#[derive(Clone, Debug)]
pub(super) struct Observation {
	/// Values, all of them or as many from each sample.
	values: Vec<f32>,
	min: f32,
	max: f32,
	/// The sum of each element over the samples.
	pub(super) sums: Vec<f64>,
	samples: usize,
}

impl Observation {
	/// An observation that stands for a known range.
	pub(super) fn of_range(lo: f64, hi: f64) -> Self {
		let at = |i: u32| (lo + (hi - lo) * f64::from(i) / 1_023.0) as f32;
		let values: Vec<f32> = (0..1_024).map(at).collect();
		Self { values, min: lo as f32, max: hi as f32, sums: Vec::new(), samples: 0 }
	}

	/// The mean of each element; `None` where none was seen.
	pub(super) fn means(&self) -> Option<Vec<f64>> {
		let means = || self.sums.iter().map(|sum| sum / self.samples as f64).collect();
		(self.samples > 0).then(means)
	}

	/// The scale of the tensor.
	pub(super) fn scale(&self, method: Calibration, bits: u32) -> ActivationScale {
		let signed = self.min < 0.0;
		let shape = ActivationScale { exponent: 0, signed, bits };
		let exponent = match method {
			Calibration::Mse => least_error(&self.values, shape.lowest(), shape.highest()),
			Calibration::MinMax => covering(self.min, self.max, shape.lowest(), shape.highest()),
			Calibration::Percentile(share) => {
				let mut sorted = self.values.clone();
				sorted.sort_by(f32::total_cmp);
				let last = (sorted.len() - 1) as f64;
				let at = |share: f64| sorted[(share.clamp(0.0, 1.0) * last).round() as usize];
				let (lo, hi) = (at(1.0 - share / 100.0), at(share / 100.0));
				covering(lo.min(0.0), hi, shape.lowest(), shape.highest())
			},
		};
		ActivationScale { exponent: exponent.unwrap_or(0), ..shape }
	}

	/// A scale with as few bits as whole numbers of its step that were seen take; other numbers
	/// keep all.
	pub(super) fn narrowed(&self, scale: ActivationScale) -> ActivationScale {
		let whole = |&value: &f32| (f64::from(value) / scale.step()).fract() == 0.0;
		if !self.values.iter().all(whole) {
			return scale;
		}
		let integer = |value: f32| f64::from(value) / scale.step();
		let holds = |bits: &u32| {
			let narrow = ActivationScale { bits: *bits, ..scale };
			narrow.lowest() <= integer(self.min) && integer(self.max) <= narrow.highest()
		};
		let least = 1 + u32::from(scale.signed);
		let bits = (least..scale.bits).find(holds).unwrap_or(scale.bits);
		ActivationScale { bits, ..scale }
	}

	/// Forgets elements, which a network no longer has.
	pub(super) fn retain(&mut self, keep: impl Fn(usize) -> bool) {
		let mut index = 0;
		self.sums.retain(|_| {
			index += 1;
			keep(index - 1)
		});
	}
}

/// A deterministic choice of positions.
struct Positions(u64);

impl Positions {
	fn below(&mut self, size: usize) -> usize {
		self.0 ^= self.0 << 13;
		self.0 ^= self.0 >> 7;
		self.0 ^= self.0 << 17;
		(self.0 % size as u64) as usize
	}
}

/// Runs the network on the samples and notes what tensors hold.
pub(super) fn observe(
	net: &Net,
	tensors: &[TensorId],
	samples: &Samples,
) -> Result<BTreeMap<TensorId, Observation>, ModelError> {
	let inner: Vec<TensorId> =
		tensors.iter().copied().filter(|&tensor| tensor != net.input).collect();
	let runner = if inner.is_empty() { None } else { Some(runner(net, &inner)?) };
	let mut seen: BTreeMap<TensorId, Observation> = BTreeMap::new();
	let mut positions = Positions(0x9e37_79b9_7f4a_7c15);
	for sample in samples.iter() {
		if tensors.contains(&net.input) {
			note(&mut seen, net.input, sample, samples.len(), &mut positions);
		}
		if let Some(runner) = &runner {
			for (&tensor, values) in inner.iter().zip(runner.run(sample)?) {
				if let Some(value) = values.iter().find(|value| !value.is_finite()) {
					let name = &net.tensors[tensor].name;
					return Err(ModelError::Evaluation(format!("tensor {name} holds {value}")));
				}
				note(&mut seen, tensor, &values, samples.len(), &mut positions);
			}
		}
	}
	Ok(seen)
}

/// The network as a float model whose outputs are these tensors.
pub(super) fn runner(net: &Net, tensors: &[TensorId]) -> Result<FloatModel, ModelError> {
	let (proto, names) = export::float(net, tensors);
	let model = Model::from_proto(proto, Some(net.shape(net.input)))?;
	FloatModel::new(&model, &names.iter().map(String::as_str).collect::<Vec<_>>())
}

fn note(
	seen: &mut BTreeMap<TensorId, Observation>,
	tensor: TensorId,
	values: &[f32],
	samples: usize,
	positions: &mut Positions,
) {
	let observation = seen.entry(tensor).or_insert_with(|| Observation {
		values: Vec::new(),
		min: f32::INFINITY,
		max: f32::NEG_INFINITY,
		sums: vec![0.0; values.len()],
		samples: 0,
	});
	observation.samples += 1;
	for (sum, &value) in observation.sums.iter_mut().zip(values) {
		*sum += f64::from(value);
		observation.min = observation.min.min(value);
		observation.max = observation.max.max(value);
	}
	let quota = (KEPT_VALUES / samples.max(1)).max(1);
	if values.len() <= quota {
		observation.values.extend(values);
	} else {
		observation.values.extend((0..quota).map(|_| values[positions.below(values.len())]));
	}
}
