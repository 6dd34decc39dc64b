//! What must hold of every integer operator, on small random instances.
//!
//! To cover another operator, write how an instance is drawn and add its line to [`KINDS`].

use super::*;
use crate::{
	columns::Pieces,
	gadgets::harness::Harness,
	plan::{Plan, Rounding, Step},
	value::{Kind, Unary, Unit},
};
use proptest::{prelude::*, test_runner::TestRng};
use std::rc::Rc;

/// An operator and what goes into it.
struct Instance {
	op: Rc<dyn Operator>,
	bounds: Vec<Vec<Bounds>>,
	values: Vec<Vec<i64>>,
}

/// Random numbers.
struct Draw(TestRng);

impl Draw {
	fn int(&mut self, lo: i64, hi: i64) -> i64 {
		self.0.random_range(lo..=hi)
	}

	fn size(&mut self, lo: usize, hi: usize) -> usize {
		self.0.random_range(lo..=hi)
	}

	fn ints(&mut self, count: usize, lo: i64, hi: i64) -> Vec<i64> {
		(0..count).map(|_| self.int(lo, hi)).collect()
	}

	fn places(&mut self, count: usize, limit: usize) -> Vec<usize> {
		(0..count).map(|_| self.size(0, limit - 1)).collect()
	}

	fn windows(&mut self, count: usize, limit: usize) -> Vec<Vec<u32>> {
		let window = |draw: &mut Self| {
			let size = draw.size(1, 3);
			draw.places(size, limit).into_iter().map(|at| at as u32).collect()
		};
		(0..count).map(|_| window(self)).collect()
	}

	fn factors(&mut self, count: usize) -> Factors {
		match self.size(0, 1) {
			0 => Factors::All(self.int(-5, 5)),
			_ => Factors::Each(self.ints(count, -5, 5)),
		}
	}

	fn bounds(&mut self, reach: i64) -> Bounds {
		let (a, b) = (self.int(-reach, reach), self.int(-reach, reach));
		Bounds { lo: a.min(b), hi: a.max(b) }
	}

	/// The operator on tensors of these sizes, whose elements lie within `±reach`.
	fn on(&mut self, op: impl Operator + 'static, sizes: &[usize], reach: i64) -> Instance {
		let tensor =
			|draw: &mut Self, &size: &usize| (0..size).map(|_| draw.bounds(reach)).collect();
		let bounds = sizes.iter().map(|size| tensor(self, size)).collect();
		self.within(op, bounds)
	}

	fn within(&mut self, op: impl Operator + 'static, bounds: Vec<Vec<Bounds>>) -> Instance {
		let values = bounds.iter().map(|tensor: &Vec<Bounds>| {
			tensor.iter().map(|bounds| self.int(bounds.lo, bounds.hi)).collect()
		});
		let values = values.collect();
		Instance { op: Rc::new(op), bounds, values }
	}

	fn linear<T: Taps>(&mut self, taps: T, sizes: &[usize]) -> Instance {
		let bias = self.ints(taps.outputs(), -50, 50);
		self.on(Linear { taps, bias }, sizes, 20)
	}

	fn dense(&mut self) -> Instance {
		let (rows, inputs, outputs) = (self.size(1, 3), self.size(1, 4), self.size(1, 3));
		let matrices = if self.size(0, 1) == 0 { 1 } else { rows };
		let weights = self.ints(matrices * inputs * outputs, -9, 9);
		let weights = weights.into_iter().map(|weight| weight as i32).collect();
		self.linear(Dense { rows, inputs, outputs, weights }, &[rows * inputs])
	}

	fn conv(&mut self) -> Instance {
		let (size, kernel, groups) = (self.size(1, 4), self.size(1, 3), self.size(1, 2));
		let (inputs, outputs) = (groups * self.size(1, 2), groups * self.size(1, 2));
		let batch = self.size(1, 2);
		let window = |draw: &mut Self| {
			let pairs = draw.places(3, size).into_iter().zip(draw.places(3, kernel));
			pairs.map(|(element, place)| (element as u32, place as u32)).collect()
		};
		let windows = (0..self.size(1, 3)).map(|_| window(self)).collect();
		let weights = self.ints(outputs * inputs / groups * kernel, -9, 9);
		let weights = weights.into_iter().map(|weight| weight as i32).collect();
		let channels = (inputs, outputs, groups);
		let (sizes, sliding) = ((size, kernel), None);
		let conv = Conv { windows, sliding, sizes, channels, batch, weights };
		self.linear(conv, &[batch * inputs * size])
	}

	fn sum(&mut self) -> Instance {
		let outputs = self.size(1, 4);
		let sizes: Vec<usize> = (0..self.size(1, 3)).map(|_| self.size(outputs, 5)).collect();
		let term = |draw: &mut Self, &size: &usize| Term {
			places: (draw.size(0, 1) == 0).then(|| draw.places(outputs, size)),
			factors: draw.factors(outputs),
		};
		let terms = sizes.iter().map(|size| term(self, size)).collect();
		self.linear(Sum { outputs, terms }, &sizes)
	}

	fn window_sum(&mut self) -> Instance {
		let windows = self.windows(3, 4);
		self.linear(Windows { windows }, &[4])
	}

	fn select(&mut self) -> Instance {
		let place = |draw: &mut Self| match draw.size(0, 2) {
			0 => Place::Constant(draw.int(-9, 9)),
			_ => Place::Input { input: draw.size(0, 1) as u32, element: draw.size(0, 2) as u32 },
		};
		let places = (0..self.size(1, 5)).map(|_| place(self)).collect();
		self.on(Select { places }, &[3, 3], 20)
	}

	fn slopes(&mut self) -> Instance {
		let op = Slopes { negative: self.factors(3), positive: self.factors(3) };
		self.on(op, &[3], 20)
	}

	fn clamp(&mut self) -> Instance {
		let op = Clamp { lo: self.ints(3, -25, 25), hi: self.ints(3, -25, 25) };
		self.on(op, &[3], 20)
	}

	fn extreme(&mut self) -> Instance {
		let (windows, smallest) = (self.windows(2, 4), self.size(0, 1) == 0);
		let op = Extreme { windows, smallest, sliding: None };
		self.on(op, &[4], 9)
	}

	fn product(&mut self) -> Instance {
		let outputs = self.size(1, 3);
		let sizes = [self.size(outputs, 4), self.size(outputs, 4)];
		let places = sizes.map(|size| (self.size(0, 1) == 0).then(|| self.places(outputs, size)));
		self.on(Product { outputs, places }, &sizes, 20)
	}

	fn arg(&mut self) -> Instance {
		let windows = self.windows(2, 4);
		let label = |draw: &mut Self, element: u32| (element, draw.size(0, 9) as u32);
		let windows = (windows.into_iter())
			.map(|window| window.into_iter().map(|element| label(self, element)).collect())
			.collect();
		let smallest = self.size(0, 1) == 0;
		self.on(Arg { windows, smallest }, &[4], 9)
	}

	fn top_k(&mut self) -> Instance {
		let windows = (0..2).map(|_| self.places(3, 4).iter().map(|&at| at as u32).collect());
		let windows = windows.collect();
		let (k, smallest) = (self.size(1, 2), self.size(0, 1) == 0);
		self.on(TopK { windows, k, smallest }, &[4], 9)
	}

	fn contraction(&mut self) -> Instance {
		let (matrices, rows, columns, terms) =
			(self.size(1, 2), self.size(1, 2), self.size(1, 2), self.size(1, 3));
		let starts = (0..matrices).map(|m| (m * rows * terms, m * terms * columns)).collect();
		let (first, second) = ((terms, 1), (columns, 1));
		let op = Contraction { starts, sizes: (rows, columns, terms), first, second };
		self.on(op, &[matrices * rows * terms, matrices * terms * columns], 15)
	}

	fn pairs(&mut self) -> Instance {
		let grid = |draw: &mut Self| Grid {
			scale: f32::from_bits(draw.int(0x3d80_0000, 0x3f80_0000) as u32),
			zero_point: draw.int(0, 255),
			kind: Kind::U8,
		};
		loop {
			let pair = Pair { a: grid(self), b: grid(self), result: grid(self) };
			let [a, b] = [&pair.a, &pair.b].map(|grid| Bounds {
				lo: -grid.zero_point.min(20),
				hi: (255 - grid.zero_point).min(20),
			});
			if let Some(plan) = pair.plan(a, b) {
				let op = Pairs { outputs: 2, places: [None, Some(vec![1, 0])], pair, plan };
				return self.within(op, vec![vec![a; 2], vec![b; 2]]);
			}
		}
	}

	fn step(&mut self) -> Step {
		let factor = f32::from_bits(self.int(0x3c00_0000, 0x3f80_0000) as u32);
		let exponent = -self.int(1, 5) as i32;
		let unit = match self.size(0, 2) {
			0 => Unit::Exact(exponent),
			1 => Unit::Times { exponent, factor: 1.0 + factor },
			_ => Unit::Over { exponent, divisor: [3.0, 6.0, 9.0, 12.0][self.size(0, 3)] },
		};
		let then = match self.size(0, 4) {
			0 => vec![Unary::HardSwish],
			1 => vec![Unary::LeakyRelu { alpha: factor }],
			2 => vec![Unary::HardSigmoid { alpha: factor, beta: 0.5 }],
			_ => Vec::new(),
		};
		let rounding = match self.size(0, 3) {
			0 => Rounding::Kernel { factor },
			1 => Rounding::Product { factor },
			_ => Rounding::Float { unit, then, scale: 2f32.powi(-(self.int(1, 4) as i32)) },
		};
		let (lo, hi) = if self.size(0, 1) == 0 { (0, 255) } else { (-7, 9) };
		Step { rounding, zero_point: self.int(lo, hi), lo, hi }
	}

	fn requantize(&mut self) -> Instance {
		let mut op = Requantize { cases: Vec::new(), which: vec![0, 1, 1] };
		while op.cases.len() < 2 {
			let (step, bounds) = (self.step(), self.bounds(60));
			if let Some(plan) = Plan::new(&step, bounds) {
				op.cases.push(Case { step, bounds, plan });
			}
		}
		let bounds = op.elements().map(|case| case.bounds).collect();
		self.within(op, vec![bounds])
	}

	fn softmax(&mut self) -> Instance {
		let bounds = vec![Bounds { lo: -3, hi: 3 }; 4];
		let groups = vec![vec![0, 2], vec![3, 1]];
		let op = Softmax { groups, table: softmax::exponentials(-1, 6), size: 4 };
		self.within(op, vec![bounds])
	}

	fn normalization(&mut self) -> Instance {
		let (centred, epsilon) = (self.size(0, 1) == 0, self.int(1, 3));
		let groups = vec![vec![0, 2, 3], vec![4, 1, 5]];
		self.on(Normalization { groups, centred, epsilon, refined: 4, size: 6 }, &[6], 4)
	}

	fn normalizer(&mut self) -> Instance {
		let norm = [Norm::L1, Norm::L2, Norm::Max][self.size(0, 2)];
		let lo = if norm == Norm::Max { 0 } else { -4 };
		let bounds = vec![vec![Bounds { lo, hi: 5 }; 4]];
		let groups = vec![vec![0, 1], vec![2, 3]];
		self.within(Normalizer { groups, norm, size: 4 }, bounds)
	}

	fn ratio(&mut self) -> Instance {
		let negative = self.size(0, 1) == 0;
		let divisor = |draw: &mut Self| {
			let (a, b) = (draw.int(1, 9), draw.int(1, 9));
			let bounds = Bounds { lo: a.min(b), hi: a.max(b) };
			if negative {
				bounds.times(-1)
			} else {
				bounds
			}
		};
		let bounds = vec![(0..3).map(|_| self.bounds(9)).collect(), vec![divisor(self)]];
		let op = Ratio { places: [None, Some(vec![0; 3])], outputs: 3, shift: 2, negative };
		self.within(op, bounds)
	}

	fn pieces(&mut self, bounds: Bounds) -> Pieces<i64> {
		let mut jumps: Vec<(i64, i64)> = Vec::new();
		for at in bounds.lo + 1..=bounds.hi {
			if self.size(0, 3) == 0 {
				jumps.push((at, self.int(-9, 9)));
			}
		}
		Pieces { first: self.int(-9, 9), jumps }
	}

	fn steps(&mut self) -> Instance {
		let bounds: Vec<Bounds> = (0..3).map(|_| self.bounds(6)).collect();
		let functions: Vec<_> = (0..self.size(1, 4))
			.map(|_| {
				let element = self.size(0, 2);
				(element, bounds[element], self.pieces(bounds[element]))
			})
			.collect();
		self.within(Steps::new(functions), vec![bounds])
	}

	/// The shape of a tree: of each split its two nodes, in order.
	fn shape(&mut self) -> Vec<Option<(usize, usize)>> {
		let mut nodes = vec![None];
		for at in 0..7 {
			if at < nodes.len() && self.size(0, 2) > 0 {
				nodes[at] = Some((nodes.len(), nodes.len() + 1));
				nodes.extend([None, None]);
			}
		}
		nodes
	}

	fn forest(&mut self) -> Instance {
		const OUTPUTS: usize = 2;
		let tree = |draw: &mut Self| {
			let shape = draw.shape();
			let branch = |node: &Option<(usize, usize)>| match *node {
				Some((yes, no)) => Branch::Split { condition: draw.size(0, 2), yes, no },
				None => {
					let targets = draw.places(2, OUTPUTS);
					Branch::Leaf(targets.into_iter().map(|of| (of, draw.int(-9, 9))).collect())
				},
			};
			shape.iter().map(branch).collect()
		};
		let trees = (0..self.size(1, 3)).map(|_| tree(self)).collect();
		let base = self.ints(OUTPUTS, -9, 9);
		self.within(Forest { trees, base }, vec![vec![Bounds { lo: 0, hi: 1 }; 3]])
	}

	fn committed_forest(&mut self) -> Instance {
		let mut parameters = vec![Bounds { lo: -8, hi: 7 }];
		let trees = (0..self.size(1, 2))
			.map(|_| {
				let shape = self.shape();
				let branch = |node: &Option<(usize, usize)>| {
					parameters.push(Bounds { lo: -4, hi: 3 });
					let place = parameters.len() - 1;
					match *node {
						Some((reached, below)) => {
							let element = self.size(0, 1);
							SecretBranch::Split { element, cut: place, reached, below }
						},
						None => SecretBranch::Leaf(vec![(0, place)]),
					}
				};
				shape.iter().map(branch).collect()
			})
			.collect();
		let bounds = vec![vec![Bounds { lo: -4, hi: 3 }; 2], parameters];
		self.within(CommittedForest { trees, base: vec![0] }, bounds)
	}
}

/// Every kind of operator.
const KINDS: &[fn(&mut Draw) -> Instance] = &[
	Draw::dense,
	Draw::conv,
	Draw::sum,
	Draw::window_sum,
	Draw::select,
	Draw::slopes,
	Draw::clamp,
	Draw::extreme,
	Draw::product,
	Draw::arg,
	Draw::top_k,
	Draw::contraction,
	Draw::pairs,
	Draw::requantize,
	Draw::steps,
	Draw::forest,
	Draw::committed_forest,
];

/// Kinds of so many free bits that the search does not end; their gadgets' own tests show that no
/// second output exists.
const WIDE: &[fn(&mut Draw) -> Instance] =
	&[Draw::softmax, Draw::normalization, Draw::normalizer, Draw::ratio];

/// Slices of every tensor.
fn slices<T>(tensors: &[Vec<T>]) -> Vec<&[T]> {
	tensors.iter().map(Vec::as_slice).collect()
}

/// Flat signals, by tensor; as sums of many terms if `long`.
fn split(bounds: &[Vec<Bounds>], signals: &[Signal], long: bool) -> Vec<Vec<Signal>> {
	let mut signals = signals.iter().map(|signal| match long {
		true => Signal { terms: 100, ..signal.clone() },
		false => signal.clone(),
	});
	bounds.iter().map(|tensor| signals.by_ref().take(tensor.len()).collect()).collect()
}

/// Results of `constrain` in one mode of the builder, and its count of wires.
fn constrained(instance: &Instance, mut builder: Builder, long: bool) -> (Vec<Signal>, u32) {
	let pairs = instance.bounds.iter().flatten().zip(instance.values.iter().flatten());
	let signals: Vec<Signal> = pairs
		.map(|(&bounds, &value)| {
			Signal::wire(builder.alloc_private_input(|| value.into()), value, bounds)
		})
		.collect();
	let inputs = split(&instance.bounds, &signals, long);
	let results = instance.op.constrain(&mut builder, &slices(&inputs));
	(results, builder.wire_count())
}

fn check(instance: &Instance, long: bool, search: bool) {
	let Instance { op, bounds, values } = instance;
	let results = op.evaluate(&slices(values));
	let proven = op.bounds(&slices(bounds));
	assert_eq!(results.len(), proven.len(), "{op:?}");
	for (result, bounds) in results.iter().zip(&proven) {
		assert!(bounds.contains(*result), "{result} in {bounds:?}: {op:?} of {values:?}");
	}

	let (both, wires) = constrained(instance, Builder::both(0, 0), long);
	assert_eq!(both.len(), results.len(), "{op:?}");
	for ((signal, result), bounds) in both.iter().zip(&results).zip(&proven) {
		assert_eq!(signal.value, *result, "{op:?} of {values:?}");
		let within = bounds.lo <= signal.lo && signal.hi <= bounds.hi;
		assert!(within, "{:?} in {bounds:?}: {op:?}", signal.bounds());
		let mut lc = signal.lc.clone();
		lc.normalise();
		assert!(signal.terms as usize >= lc.0.len(), "{signal:?}: {op:?}");
	}
	for builder in [Builder::constraints(0, 0), Builder::witness(0, 0)] {
		let (signals, count) = constrained(instance, builder, long);
		assert_eq!(count, wires, "{op:?}: every mode allocates the same wires");
		for (signal, other) in signals.iter().zip(&both) {
			let facts = |signal: &Signal| (signal.terms, signal.lo, signal.hi);
			assert_eq!(facts(signal), facts(other), "{op:?}");
		}
	}

	let (op, shape) = (Rc::clone(op), bounds.clone());
	let harness = Harness::new(bounds.concat(), move |builder, signals| {
		op.constrain(builder, &slices(&split(&shape, signals, long)))
	});
	harness.accepts(&values.concat(), &results);
	if search {
		harness.has_one_output(&values.concat());
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(96))]
	#[test]
	fn every_operator_proves_what_it_evaluates(
		draw in Just(()).prop_perturb(|(), rng| rng),
		long in any::<bool>(),
	) {
		let mut draw = Draw(draw);
		for kind in KINDS {
			check(&kind(&mut draw), long, true);
		}
		for kind in WIDE {
			check(&kind(&mut draw), long, false);
		}
	}
}

#[test]
fn floats_that_overflow_before_they_are_divided() {
	let factor = 1.5 * 2f32.powi(20);
	for (unit, scale) in [
		(Unit::Exact(120), 127),
		(Unit::Exact(126), 127),
		(Unit::Exact(-140), -126),
		(Unit::Times { exponent: 100, factor }, 127),
	] {
		let rounding = Rounding::Float { unit, then: Vec::new(), scale: 2f32.powi(scale) };
		let step = Step { rounding, zero_point: 0, lo: 0, hi: 255 };
		let bounds = Bounds { lo: -700, hi: 700 };
		// Refused, or right.
		let Some(plan) = Plan::new(&step, bounds) else { continue };
		for x in bounds.lo..=bounds.hi {
			let mut builder = Builder::both(0, 0);
			let wire = builder.alloc_private_input(|| x.into());
			let result = plan.constrain(&mut builder, &Signal::wire(wire, x, bounds));
			assert_eq!(result.value, step.apply(x), "{x} by {plan:?}");
		}
	}
}
