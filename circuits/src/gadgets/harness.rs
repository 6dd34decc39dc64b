//! Runs a gadget on right and on forged witnesses.

use super::search::{Search, Verdict};
use crate::{
	r1cs::{Builder, InverseHint, Matrix, R1cs, Wire, ONE},
	signal::{Bounds, Signal},
};
use ark_bn254::Fr;
use ark_ff::Zero;

/// The wire that a constraint pins, as a function of wires that others pinned before it: the public
/// signal of an equation, or the last wire of a product, or the factor of a product that is zero.
fn pinned(r1cs: &R1cs, row: usize) -> usize {
	let last =
		|matrix: &Matrix| matrix.row(row).map(|(wire, _)| wire.0 as usize).max().unwrap_or(0);
	let [a, b, c] = [&r1cs.a, &r1cs.b, &r1cs.c].map(last);
	let equation = b == ONE.0 as usize && (1..=r1cs.signals()).contains(&a);
	if equation || c == 0 {
		a
	} else {
		c
	}
}

/// Fills what the constraints from one on pin, so that each of them holds. The factors of products
/// that are zero stay.
pub(crate) fn fill_from(r1cs: &R1cs, witness: &mut [Fr], first: usize) {
	for row in first..r1cs.constraints() {
		let wire = pinned(r1cs, row);
		let sum = r1cs.c.evaluate(row, witness);
		let mut entries = r1cs.c.row(row).filter(|(entry, _)| entry.0 as usize == wire);
		match entries.next() {
			Some((_, coefficient)) => {
				let product = r1cs.a.evaluate(row, witness) * r1cs.b.evaluate(row, witness);
				witness[wire] += (product - sum) / coefficient.to_field();
			},
			None if r1cs.c.row(row).len() > 0 => witness[wire] = sum,
			None => {},
		}
	}
}

/// Each constraint pins one wire: with another value there, and all that follows filled again, it alone
/// is violated, and a public signal is another.
///
/// For gadgets whose wires hold any element of the field. Of constraints that pin a product alone, as
/// hashes have them, every `step`th is tried; of all others each.
pub(crate) fn each_constraint_matters(r1cs: &R1cs, witness: &[Fr], step: usize) {
	assert_eq!(r1cs.first_violation(witness), None);
	for row in 0..r1cs.constraints() {
		if r1cs.c.row(row).len() == 1 && row % step != 0 {
			continue;
		}
		let mut forged = witness.to_vec();
		forged[pinned(r1cs, row)] += Fr::from(2);
		fill_from(r1cs, &mut forged, row + 1);
		let holds = |row: usize| {
			r1cs.a.evaluate(row, &forged) * r1cs.b.evaluate(row, &forged)
				== r1cs.c.evaluate(row, &forged)
		};
		let broken: Vec<usize> = (0..r1cs.constraints()).filter(|&row| !holds(row)).collect();
		assert_eq!(broken, [row]);
		let signals = 1..=r1cs.signals();
		assert_ne!(forged[signals.clone()], witness[signals], "constraint {row}");
	}
}

type Gadget = Box<dyn Fn(&mut Builder, &[Signal]) -> Vec<Signal>>;

/// A gadget between free inputs and public outputs.
pub(crate) struct Harness {
	inputs: Vec<Bounds>,
	gadget: Gadget,
}

struct Run {
	r1cs: R1cs,
	hints: Vec<InverseHint>,
	witness: Vec<Fr>,
	outputs: Vec<i64>,
	/// Constraints that belong to the gadget, without those that copy its outputs.
	constraints: usize,
}

impl Harness {
	pub(crate) fn new(
		inputs: Vec<Bounds>,
		gadget: impl Fn(&mut Builder, &[Signal]) -> Vec<Signal> + 'static,
	) -> Self {
		Self { inputs, gadget: Box::new(gadget) }
	}

	fn run(&self, values: &[i64]) -> Run {
		assert_eq!(values.len(), self.inputs.len());
		let count = self.dry_outputs();
		let mut builder = Builder::both(count, 0);
		let signals: Vec<Signal> = (values.iter().zip(&self.inputs))
			.map(|(&value, &bounds)| {
				assert!(bounds.contains(value), "{value} within {bounds:?}");
				let wire = builder.alloc_private_input(|| Fr::from(value));
				Signal::wire(wire, value, bounds)
			})
			.collect();
		let outputs = (self.gadget)(&mut builder, &signals);
		let constraints = builder.constraint_count();
		for (i, output) in outputs.iter().enumerate() {
			assert!(output.bounds().contains(output.value), "{output:?}");
			let wire = builder.public(i as u32);
			builder.assign(wire, || Fr::from(output.value));
			builder.enforce(|| [wire.into(), 1.into(), output.lc.clone()]);
		}
		let witness = builder.take_witness();
		let outputs = outputs.iter().map(|output| output.value).collect();
		let (r1cs, hints) = builder.into_r1cs();
		Run { r1cs, hints, witness, outputs, constraints }
	}

	fn dry_outputs(&self) -> u32 {
		let mut builder = Builder::constraints(0, 0);
		let signals: Vec<Signal> = (self.inputs.iter())
			.map(|&bounds| Signal::wire(builder.alloc_private_input(Fr::zero), bounds.lo, bounds))
			.collect();
		(self.gadget)(&mut builder, &signals).len() as u32
	}

	/// Exact number of constraints, which does not depend on values.
	pub(crate) fn constraints(&self) -> usize {
		let lows: Vec<i64> = self.inputs.iter().map(|bounds| bounds.lo).collect();
		let highs: Vec<i64> = self.inputs.iter().map(|bounds| bounds.hi).collect();
		let (low, high) = (self.run(&lows), self.run(&highs));
		assert_eq!(low.r1cs, high.r1cs, "one system for all values");
		low.constraints
	}

	/// The right witness satisfies the constraints and gives these outputs.
	pub(crate) fn accepts(&self, values: &[i64], outputs: &[i64]) {
		let run = self.run(values);
		assert_eq!(run.outputs, outputs, "outputs for {values:?}");
		assert_eq!(run.r1cs.first_violation(&run.witness), None, "{values:?}");
	}

	/// Changing any one wire violates a constraint, with two exceptions that are checked to be
	/// harmless: a declared hint while what it inverts is zero, and an input whose new value has
	/// the same outputs.
	pub(crate) fn rejects_single_wire_changes(&self, values: &[i64]) {
		let Run { r1cs, hints, mut witness, outputs, .. } = self.run(values);
		let first_input = 1 + outputs.len();
		let subject_is_zero = |hint: &InverseHint, witness: &[Fr]| {
			let term = |&(wire, c): &(Wire, i64)| witness[wire.0 as usize] * Fr::from(c);
			hint.subject.0.iter().map(term).sum::<Fr>().is_zero()
		};
		for wire in 1..witness.len() {
			let right = witness[wire];
			let free = hints
				.iter()
				.any(|hint| hint.wire.0 as usize == wire && subject_is_zero(hint, &witness));
			let steps = [1, -1, 2, 1 << 20].map(|step| right + Fr::from(step));
			for forged in steps.into_iter().chain([Fr::zero(), Fr::from(1), -right]) {
				if forged == right {
					continue;
				}
				witness[wire] = forged;
				let accepted = r1cs.first_violation(&witness).is_none();
				if let Some(input) = wire.checked_sub(first_input).filter(|&i| i < values.len()) {
					let same = |step| {
						let mut values = values.to_vec();
						values[input] += step;
						// Outside the bounds, which its maker proves, a gadget promises nothing.
						Fr::from(values[input]) == forged
							&& (!self.inputs[input].contains(values[input])
								|| self.run(&values).outputs == outputs)
					};
					assert!(
						!accepted || (-256..=256).any(same),
						"input {input}: {forged} for {values:?}"
					);
				} else {
					assert_eq!(accepted, free, "wire {wire} as {forged} for {values:?}");
				}
			}
			witness[wire] = right;
		}
	}

	/// The wires of the constant and of the inputs, with their values, and the right outputs.
	fn given(run: &Run, inputs: usize) -> (Vec<(usize, Fr)>, Vec<Fr>) {
		let first = 1 + run.outputs.len();
		let given = (first..first + inputs).map(|wire| (wire, run.witness[wire])).collect();
		(given, run.witness[1..first].to_vec())
	}

	/// No assignment whatever of all other wires satisfies the constraints with other outputs.
	pub(crate) fn has_one_output(&self, values: &[i64]) {
		let run = self.run(values);
		assert_eq!(run.r1cs.first_violation(&run.witness), None, "{values:?}");
		let (given, outputs) = Self::given(&run, values.len());
		let verdict = Search::new(&run.r1cs, None).other(&given, &outputs);
		assert_eq!(verdict, Verdict::Unique, "for {values:?}");
	}

	/// Constraints without which none of these inputs has a second assignment with other outputs.
	///
	/// The counterpart of [`Self::has_one_output`]: it shows that the search finds forgeries where
	/// there are some, and that no constraint is superfluous but those returned.
	pub(crate) fn superfluous_constraints(&self, samples: &[Vec<i64>]) -> Vec<usize> {
		let runs: Vec<Run> = samples.iter().map(|values| self.run(values)).collect();
		// Forged first outputs are tried one by one, because that prunes most.
		let forged = |run: &Run, row: usize, step: Option<i64>| {
			let (mut given, outputs) = Self::given(run, self.inputs.len());
			given.extend(step.map(|step| (1, outputs[0] + Fr::from(step))));
			let search = Search::new(&run.r1cs, Some(row)).within(600);
			let Verdict::Second(forged) = search.other(&given, &outputs) else { return false };
			assert_eq!(run.r1cs.first_violation(&forged), Some(row), "only that row");
			true
		};
		let steps = [Some(1), Some(-1), Some(2), Some(-2), None];
		let matters =
			|row: usize| steps.iter().any(|&step| runs.iter().any(|run| forged(run, row, step)));
		(0..runs[0].constraints).filter(|&row| !matters(row)).collect()
	}

	/// Nothing satisfies the constraints once these of the gadget's wires have these values.
	pub(crate) fn rejects_pinned(&self, values: &[i64], pins: &[(usize, i64)]) {
		let run = self.run(values);
		let (mut given, outputs) = Self::given(&run, values.len());
		let first = 1 + outputs.len() + values.len();
		given.extend(pins.iter().map(|&(wire, value)| (first + wire, Fr::from(value))));
		let verdict = Search::new(&run.r1cs, None).any(&given);
		assert_eq!(verdict, Verdict::Unique, "{pins:?} for {values:?}");
	}

	/// No assignment of the gadget's own wires gives these outputs.
	pub(crate) fn rejects_output(&self, values: &[i64], forged: &[i64]) {
		let run = self.run(values);
		let (mut given, outputs) = Self::given(&run, values.len());
		assert_eq!(forged.len(), outputs.len());
		given.extend(forged.iter().enumerate().map(|(i, &value)| (1 + i, Fr::from(value))));
		let verdict = Search::new(&run.r1cs, None).any(&given);
		assert_eq!(verdict, Verdict::Unique, "{forged:?} for {values:?}");
		assert_eq!(run.witness[ONE.0 as usize], Fr::from(1));
	}
}
