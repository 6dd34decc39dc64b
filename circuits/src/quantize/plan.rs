//! The whole network in integers: every scale, weight and bias, chosen so that every sum is exact.

use super::{
	calibrate::Observation,
	export::quantized_names,
	grid::{round, Grid, Inexact},
	net::{Layer, Net, Op, Reduction, TensorId},
	options::{Calibration, QuantizeOptions},
	place::{first_quantized, next_quantized, place, Placement},
	scale::ActivationScale,
	weights::{quantize, Context, Integers, Rows},
};
use crate::error::ModelError;
use std::collections::{BTreeMap, BTreeSet};

/// A network with its integers.
pub(super) struct Plan {
	/// The network, constants rounded.
	pub(super) net: Net,
	/// Names of the quantised tensors' nodes.
	pub(super) names: BTreeMap<TensorId, String>,
	/// Scales of the quantised tensors.
	pub(super) scales: BTreeMap<TensorId, ActivationScale>,
	/// Integers of layers with weights, by layer.
	pub(super) integers: BTreeMap<usize, Integers>,
	/// Integers and exponents of added constants, by layer.
	pub(super) additions: BTreeMap<usize, (Vec<i32>, i32)>,
}

/// A layer that is not exact, and why.
struct Problem {
	layer: usize,
	why: Inexact,
}

/// What is known before integers are chosen.
pub(super) struct Planner<'a> {
	pub(super) net: &'a Net,
	pub(super) options: &'a QuantizeOptions,
	/// What was seen of tensors: of all that are quantised, and of those that layers with weights
	/// take.
	pub(super) observed: BTreeMap<TensorId, Observation>,
	/// Tensors that are quantised although nothing that takes them asks for it.
	pub(super) forced: BTreeSet<TensorId>,
	/// Smallest exponents of layers' sums.
	floors: BTreeMap<usize, i32>,
	/// Best exponents of layers' weights.
	best: BTreeMap<usize, Vec<Option<i32>>>,
}

/// What a round of planning came to.
pub(super) enum Outcome {
	/// Every sum is exact.
	Done(Box<Plan>),
	/// More tensors have to be quantised, and so observed.
	Again,
}

/// Most rounds in which units are made coarser.
const MAX_ROUNDS: usize = 200;

impl<'a> Planner<'a> {
	pub(super) fn new(
		net: &'a Net,
		options: &'a QuantizeOptions,
		observed: BTreeMap<TensorId, Observation>,
		forced: BTreeSet<TensorId>,
	) -> Self {
		let rows = |(index, layer): (usize, &Layer)| {
			Some((index, Rows::of(&layer.op)?.best_exponents(options.weight_bits)))
		};
		let best = net.layers.iter().enumerate().filter_map(rows).collect();
		Self { net, options, observed, forced, floors: BTreeMap::new(), best }
	}

	/// Plans until every sum is exact or another tensor must be quantised.
	pub(super) fn plan(&mut self) -> Result<Outcome, ModelError> {
		let placement = place(self.net, &self.forced);
		for _ in 0..MAX_ROUNDS {
			match self.attempt(&placement)? {
				Ok(plan) => return Ok(Outcome::Done(Box::new(plan))),
				Err(Problem { layer, why: Inexact::Unit(unit) }) => {
					if !self.coarsen(&placement, layer, unit) {
						self.force(&placement, layer)?;
						return Ok(Outcome::Again);
					}
				},
				Err(Problem { layer, why: Inexact::Width }) => {
					self.force(&placement, layer)?;
					return Ok(Outcome::Again);
				},
			}
		}
		Err(ModelError::Malformed("no scales make every sum exact".into()))
	}

	/// Raises the units of the layers with weights that reach a sum; false if all are raised.
	fn coarsen(&mut self, placement: &Placement, layer: usize, unit: i32) -> bool {
		let mut changed = false;
		for source in sources(self.net, placement, layer) {
			let floor = self.floors.entry(source).or_insert(i32::MIN);
			if *floor < unit {
				*floor = unit;
				changed = true;
			}
		}
		changed
	}

	/// Asks for the quantisation of a layer's wide inputs.
	fn force(&mut self, placement: &Placement, layer: usize) -> Result<(), ModelError> {
		let Layer { name, op, inputs, .. } = &self.net.layers[layer];
		let wide: Vec<TensorId> =
			inputs.iter().copied().filter(|input| !placement.narrow.contains(input)).collect();
		if wide.is_empty() {
			return Err(ModelError::Node {
				node: name.clone(),
				op: op.name().into(),
				what: "its sums could reach 2^24, where onnxruntime rounds them: use fewer \
				       activation bits"
					.into(),
			});
		}
		self.forced.extend(wide);
		Ok(())
	}

	/// Chooses integers from front to back.
	fn attempt(&self, placement: &Placement) -> Result<Result<Plan, Problem>, ModelError> {
		let mut plan = Plan {
			net: self.net.clone(),
			names: quantized_names(self.net, &self.forced),
			scales: self.scales(placement),
			integers: BTreeMap::new(),
			additions: BTreeMap::new(),
		};
		let mut grids: BTreeMap<TensorId, Vec<Grid>> = BTreeMap::new();
		let mut last_use = vec![0; self.net.tensors.len()];
		for (index, layer) in self.net.layers.iter().enumerate() {
			layer.inputs.iter().for_each(|&input| last_use[input] = index);
		}
		let count = |tensor: TensorId| self.net.shape(tensor).iter().product();
		grids.insert(self.net.input, vec![Grid::UNKNOWN; count(self.net.input)]);
		quantize_grids(&plan, &mut grids, self.net.input);
		for (index, layer) in self.net.layers.iter().enumerate() {
			let next = next_quantized(self.net, placement, layer.outputs[0])
				.into_iter()
				.map(|tensor| plan.scales[&tensor].exponent);
			let results = if let Some(rows) = Rows::of(&layer.op) {
				let input = layer.inputs[0];
				let ranges = channels(&layer.op, self.net.shape(input), &grids[&input]);
				let means = self.means(&layer.op, input);
				let context = Context {
					input: ranges[0].exponent,
					ranges: &ranges,
					means: means.as_deref(),
					output: next.min(),
					floor: self.floors.get(&index).copied().filter(|&floor| floor > i32::MIN),
					shared: is_compared(self.net, placement, layer.outputs[0]),
					bits: self.options.weight_bits,
				};
				let integers = quantize(&rows, &self.best[&index], &context);
				let integers = integers.ok_or_else(|| ModelError::Node {
					node: layer.name.clone(),
					op: layer.op.name().into(),
					what: "its weights or its bias are too large to quantise".into(),
				})?;
				let shape = self.net.shape(layer.outputs[0]);
				let axis = if matches!(layer.op, Op::Conv(_)) { 1 } else { shape.len() - 1 };
				let inner: usize = shape[axis + 1..].iter().product();
				let at = |element: usize| integers.grids[element / inner % shape[axis]];
				let results = vec![(0..count(layer.outputs[0])).map(at).collect()];
				plan.integers.insert(index, integers);
				results
			} else {
				let inputs: Vec<&[Grid]> =
					layer.inputs.iter().map(|input| grids[input].as_slice()).collect();
				let shapes: Vec<&[usize]> =
					layer.inputs.iter().map(|&input| self.net.shape(input)).collect();
				let result = self.net.shape(layer.outputs[0]);
				match round(&layer.op, &inputs, &shapes, result, next.max()) {
					Ok(rounded) => {
						plan.net.layers[index].op = rounded.op;
						if let Some(addition) = rounded.addition {
							plan.additions.insert(index, addition);
						}
						rounded.grids
					},
					Err(why) => return Ok(Err(Problem { layer: index, why })),
				}
			};
			for (&output, result) in layer.outputs.iter().zip(results) {
				grids.insert(output, result);
				quantize_grids(&plan, &mut grids, output);
			}
			for input in layer.inputs.iter().filter(|&&input| last_use[input] == index) {
				grids.remove(input);
			}
		}
		Ok(Ok(plan))
	}

	fn scales(&self, placement: &Placement) -> BTreeMap<TensorId, ActivationScale> {
		let first = first_quantized(self.net);
		(placement.quantized.iter())
			.map(|&tensor| {
				let (observed, method) = (&self.observed[&tensor], self.options.method);
				let scale = match self.options.input_bits {
					Some(bits) if tensor == first => observed.scale(method, bits),
					None if tensor == first => {
						// Whole numbers stay whole numbers, whatever the method.
						let whole = observed.narrowed(observed.scale(Calibration::Mse, 8));
						if whole.bits < 8 {
							whole
						} else {
							observed.scale(method, 8)
						}
					},
					_ => observed.scale(method, self.options.activation_bits),
				};
				(tensor, scale)
			})
			.collect()
	}

	/// The mean of each channel that a layer with weights takes, if biases are to be corrected.
	fn means(&self, op: &Op, input: TensorId) -> Option<Vec<f64>> {
		let means = self.observed.get(&input)?.means().filter(|_| self.options.correct_bias)?;
		let shape = self.net.shape(input);
		let axis = if matches!(op, Op::Conv(_)) { 1 } else { shape.len() - 1 };
		let inner: usize = shape[axis + 1..].iter().product();
		let mut sums = vec![0.0; shape[axis]];
		means.iter().enumerate().for_each(|(at, mean)| sums[at / inner % shape[axis]] += mean);
		let count = (means.len() / shape[axis]) as f64;
		Some(sums.into_iter().map(|sum| sum / count).collect())
	}
}

/// Replaces what a tensor can be by what it can be once quantised.
fn quantize_grids(plan: &Plan, grids: &mut BTreeMap<TensorId, Vec<Grid>>, tensor: TensorId) {
	if let (Some(scale), Some(grids)) = (plan.scales.get(&tensor), grids.get_mut(&tensor)) {
		let (lo, hi) = (scale.lowest(), scale.highest());
		grids.iter_mut().for_each(|grid| *grid = grid.quantized(scale.exponent, lo, hi));
	}
}

/// The widest range of each channel that a layer with weights takes.
fn channels(op: &Op, shape: &[usize], grids: &[Grid]) -> Vec<Grid> {
	let axis = if matches!(op, Op::Conv(_)) { 1 } else { shape.len() - 1 };
	let inner: usize = shape[axis + 1..].iter().product();
	let mut ranges: Vec<Option<Grid>> = vec![None; shape[axis]];
	for (at, grid) in grids.iter().enumerate() {
		let range = ranges[at / inner % shape[axis]].get_or_insert(*grid);
		range.lo = range.lo.min(grid.lo);
		range.hi = range.hi.max(grid.hi);
	}
	ranges.into_iter().flatten().collect()
}

/// Layers with weights whose sums reach a layer without a quantisation between.
fn sources(net: &Net, placement: &Placement, layer: usize) -> Vec<usize> {
	let mut open = net.layers[layer].inputs.clone();
	let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
	while let Some(tensor) = open.pop() {
		if placement.quantized.contains(&tensor) || !seen.insert(tensor) {
			continue;
		}
		match net.producer(tensor) {
			Some(index) if net.layers[index].op.is_linear() => found.push(index),
			Some(index) => open.extend(&net.layers[index].inputs),
			None => {},
		}
	}
	found
}

/// Whether elements of different channels are compared or added before the next quantisation, or
/// leave the model: then they need one scale.
fn is_compared(net: &Net, placement: &Placement, from: TensorId) -> bool {
	let (mut open, mut seen) = (vec![from], BTreeSet::new());
	while let Some(tensor) = open.pop() {
		if !seen.insert(tensor) {
			continue;
		}
		if net.is_output(tensor) {
			return true;
		}
		if placement.quantized.contains(&tensor) {
			continue;
		}
		for consumer in net.consumers(tensor) {
			let layer = &net.layers[consumer];
			let across = match &layer.op {
				Op::ArgMax { .. } | Op::TopK { .. } => true,
				Op::Reduce { how: Reduction::Max, axes, .. }
				| Op::Reduce { how: Reduction::Sum, axes, .. }
				| Op::Reduce { how: Reduction::Mean, axes, .. } => {
					net.shape(tensor).len() < 3 || axes.contains(&1)
				},
				_ => false,
			};
			if across {
				return true;
			}
			open.extend(&layer.outputs);
		}
	}
	false
}
