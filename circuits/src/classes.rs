//! What the scales of a model cost: how the rounding steps of each layer are proven.

use crate::{
	gadgets::requantize::{requantize, Requantization, Ties},
	graph::{Graph, GraphNode},
	ops::{Case, Pairs, Requantize},
	plan::{Class, Plan, Rounding, Step},
	r1cs::Builder,
	signal::{Bounds, Signal},
};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// How the rounding steps of one layer are proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayerClass {
	/// The name of the ONNX node.
	pub node: String,
	/// How many elements fell in each class.
	pub counts: BTreeMap<Class, usize>,
	/// Integers that are treated one by one, over all elements.
	pub exceptions: usize,
	/// Constraints of all its rounding steps.
	pub constraints: usize,
	/// How many fewer the nearest powers of two would take.
	pub extra: usize,
}

impl LayerClass {
	fn new(node: &str) -> Self {
		let (node, counts) = (node.into(), BTreeMap::new());
		Self { node, counts, exceptions: 0, constraints: 0, extra: 0 }
	}

	fn add(&mut self, count: usize, element: &Element) {
		*self.counts.entry(element.class).or_default() += count;
		self.exceptions += count * element.exceptions;
		self.constraints += count * element.constraints;
		self.extra += count * element.constraints.saturating_sub(element.simple);
	}
}

/// What one element costs.
struct Element {
	class: Class,
	exceptions: usize,
	constraints: usize,
	/// With powers of two.
	simple: usize,
}

/// The nearest power of two.
fn power(ratio: f64) -> Option<i32> {
	(ratio.is_normal() && ratio > 0.0).then(|| ratio.log2().round().clamp(-100.0, 100.0) as i32)
}

fn cost(how: &Requantization, bounds: Bounds) -> usize {
	let mut builder = Builder::constraints(0, 0);
	let wire = builder.alloc_private_input(Default::default);
	requantize(&mut builder, &Signal::wire(wire, bounds.lo, bounds), how);
	builder.constraint_count()
}

impl Case {
	fn element(&self) -> Element {
		let Self { step, bounds, plan } = self;
		let (class, constraints) = (plan.class(), plan.cost(*bounds));
		let simple = || {
			let factor = 2f32.powi(power(step.slope(*bounds))?);
			let step = Step { rounding: Rounding::Kernel { factor }, ..step.clone() };
			Some(Plan::new(&step, *bounds)?.cost(*bounds))
		};
		let simple = match class {
			Class::Constant | Class::Offset | Class::PowerOfTwo => constraints,
			Class::ShortMantissa | Class::Thresholds | Class::Table => {
				simple().unwrap_or(constraints)
			},
		};
		Element { class, exceptions: plan.exceptions(), constraints, simple }
	}
}

impl Pairs {
	fn element(&self, a: Bounds, b: Bounds) -> Element {
		let (factors, how) = self.rounding();
		let sum = |m: i64, n: i64| a.times(m).plus(b.times(n));
		let bounds = sum(factors[0], factors[1]);
		let result = how.bounds(bounds);
		let class = match how.ties {
			_ if result.lo == result.hi => Class::Constant,
			Ties::None if how.shift > 0 => Class::Thresholds,
			_ if factors.iter().all(|factor| factor.count_ones() == 1) => Class::PowerOfTwo,
			_ => Class::ShortMantissa,
		};
		let constraints = cost(how, bounds);
		let simple = || {
			let [x, y] = self.ratios().map(power);
			let (x, y) = (x?, y?);
			let shift = (-x).max(-y).clamp(0, 30);
			let factor = |power: i32| 1i64 << (power + shift).clamp(0, 30);
			let lo = how.lo + how.zero_point;
			let how = Requantization::by_power_of_two(shift as u32, lo & !1, lo + how.hi - how.lo);
			let bounds = sum(factor(x), factor(y));
			how.fits(bounds).then(|| cost(&how, bounds))
		};
		let simple = match class {
			Class::Thresholds | Class::ShortMantissa => simple().unwrap_or(constraints),
			_ => constraints,
		};
		Element { class, exceptions: how.exceptions.len(), constraints, simple }
	}
}

impl Graph {
	/// How every layer's rounding steps are proven, in order; `None` where a node does not round.
	pub fn classes(&self) -> Vec<Option<LayerClass>> {
		self.nodes.iter().map(|node| self.class(node)).collect()
	}

	fn class(&self, node: &GraphNode) -> Option<LayerClass> {
		let mut layer = LayerClass::new(&node.name);
		let op = node.op.as_any();
		if let Some(op) = op.downcast_ref::<Requantize>() {
			let mut counts = vec![0; op.cases.len()];
			op.which.iter().for_each(|&case| counts[case as usize] += 1);
			for (case, count) in op.cases.iter().zip(counts) {
				layer.add(count, &case.element());
			}
		} else if let Some(op) = op.downcast_ref::<Pairs>() {
			let inputs: Vec<&[Bounds]> =
				node.inputs.iter().map(|&tensor| self.bounds[tensor].as_slice()).collect();
			let mut counts: HashMap<[i64; 4], usize> = HashMap::new();
			for (a, b) in op.each(&inputs) {
				*counts.entry([a.lo, a.hi, b.lo, b.hi]).or_default() += 1;
			}
			for ([a, b, c, d], count) in counts {
				let element = op.element(Bounds { lo: a, hi: b }, Bounds { lo: c, hi: d });
				layer.add(count, &element);
			}
		}
		(!layer.counts.is_empty()).then_some(layer)
	}
}
