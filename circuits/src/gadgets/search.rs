//! Looks for another satisfying assignment of a constraint system, from its matrices alone.
//!
//! The search knows nothing of gadgets: not which wires are bits, nor what bounds were proven, nor
//! which wires are declared as inverses. Given values of some wires it explores all values of the
//! others:
//!
//! - a constraint that is linear in one unknown wire gives that wire its value; one that is
//!   quadratic in one unknown wire leaves it two;
//! - a wire of two values loses one where a constraint cannot hold with it, whatever the other
//!   wires of two values are. This is interval arithmetic over integers, applied only where every
//!   number is so small that the field's order cannot be reached;
//! - then it branches: on a wire of two values, on the two ways in which a product can be zero.
//!
//! [`Verdict::Unique`] is a proof by exhaustion. Where only constraints remain from which it cannot
//! go on, it guesses values; if no guess leads to an assignment, it answers
//! [`Verdict::Unknown`], never "unique". An assignment that it reports was evaluated on every row.
//!
//! Assumption: none about the system. Systems of many bits that are free of one another take time
//! exponential in their number; then [`MAX_NODES`] ends the search with [`Verdict::Unknown`].

use crate::r1cs::{Matrix, R1cs, Wire};
use ark_bn254::Fr;
use ark_ff::{BigInteger, Field, One, PrimeField, Zero};

/// Most states that are looked at.
const MAX_NODES: usize = 50_000;

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
	/// No assignment of the kind that is looked for exists.
	Unique,
	/// One exists: a value for every wire.
	Second(Vec<Fr>),
	/// The search could not decide.
	Unknown,
}

/// A sum of unknown wires and a constant.
#[derive(Clone, Debug, Default, PartialEq)]
struct Form {
	constant: Fr,
	terms: Vec<(usize, Fr)>,
}

impl Form {
	fn scaled(mut self, factor: Fr) -> Self {
		self.constant *= factor;
		self.terms.iter_mut().for_each(|(_, c)| *c *= factor);
		self
	}

	fn minus(mut self, other: &Self) -> Self {
		self.constant -= other.constant;
		for &(wire, c) in &other.terms {
			match self.terms.iter_mut().find(|term| term.0 == wire) {
				Some(term) => term.1 -= c,
				None => self.terms.push((wire, -c)),
			}
		}
		self.terms.retain(|(_, c)| !c.is_zero());
		self
	}

	fn is_known(&self) -> bool {
		self.terms.is_empty()
	}

	fn coefficient(&self, wire: usize) -> Fr {
		self.terms.iter().find(|term| term.0 == wire).map_or(Fr::zero(), |term| term.1)
	}
}

/// A system, the wires whose values are given, and what is looked for.
pub(crate) struct Search {
	wires: usize,
	rows: Vec<[Form; 3]>,
	outputs: usize,
	/// Outputs that a found assignment must differ from in at least one; none: any assignment.
	other_than: Option<Vec<Fr>>,
	nodes: usize,
	most_nodes: usize,
	guessed: bool,
}

#[derive(Clone)]
struct State {
	values: Vec<Option<Fr>>,
	/// The two values that a wire may have, where that is known.
	pairs: Vec<Option<[Fr; 2]>>,
	/// Sums that must be zero in this branch.
	zeros: Vec<Form>,
}

/// Nothing satisfies the constraints in this branch.
struct Contradiction;

/// Numbers whose sums cannot reach the field's order.
fn small(value: Fr) -> Option<i128> {
	let magnitude = |value: Fr| {
		let integer = value.into_bigint();
		(integer.num_bits() <= 80)
			.then(|| i128::from(integer.0[0]) | i128::from(integer.0[1]) << 64)
	};
	magnitude(value).or_else(|| magnitude(-value).map(|value| -value))
}

impl State {
	fn reduce(&self, form: &Form) -> Form {
		let mut reduced = Form { constant: form.constant, terms: Vec::new() };
		for &(wire, c) in &form.terms {
			match self.values[wire] {
				Some(value) => reduced.constant += c * value,
				None => reduced.terms.push((wire, c)),
			}
		}
		reduced
	}

	/// Whether a sum can be zero, with one wire set; true where that is not clear.
	fn may_be_zero(&self, form: &Form, set: Option<(usize, Fr)>) -> bool {
		let range = || {
			let start = small(form.constant)?;
			let (mut lo, mut hi) = (start, start);
			for &(wire, c) in &form.terms {
				let [a, b] = match set {
					Some((at, value)) if at == wire => [value; 2],
					_ => self.pairs[wire]?,
				};
				let (a, b) = (small(c * a)?, small(c * b)?);
				(lo, hi) = (lo + a.min(b), hi + a.max(b));
			}
			Some((lo, hi))
		};
		range().is_none_or(|(lo, hi)| lo <= 0 && hi >= 0)
	}

	fn assign(&mut self, wire: usize, value: Fr) -> Result<(), Contradiction> {
		if self.pairs[wire].is_some_and(|pair| !pair.contains(&value)) {
			return Err(Contradiction);
		}
		self.values[wire] = Some(value);
		Ok(())
	}

	/// Leaves a wire one or two values.
	fn restrict(&mut self, wire: usize, allowed: &[Fr]) -> Result<bool, Contradiction> {
		let known = self.pairs[wire];
		let left: Vec<Fr> = match known {
			Some(pair) => pair.into_iter().filter(|value| allowed.contains(value)).collect(),
			None => allowed.to_vec(),
		};
		match left[..] {
			[] => Err(Contradiction),
			[value] => self.assign(wire, value).map(|()| true),
			[a, b] if a == b => self.assign(wire, a).map(|()| true),
			[a, b] if known.is_none() => {
				self.pairs[wire] = Some([a, b]);
				Ok(true)
			},
			_ => Ok(false),
		}
	}

	/// Takes values from wires of two, with which none of these sums could be zero.
	fn prune(&mut self, either: &[&Form]) -> Result<bool, Contradiction> {
		let mut changed = false;
		let wires = either.iter().flat_map(|form| form.terms.iter().map(|term| term.0));
		for wire in wires.collect::<Vec<_>>() {
			let (Some(pair), None) = (self.pairs[wire], self.values[wire]) else { continue };
			let possible = |value: &Fr| {
				either.iter().any(|form| {
					let reduced = self.reduce(form);
					self.may_be_zero(&reduced, Some((wire, *value)))
				})
			};
			let left: Vec<Fr> = pair.into_iter().filter(possible).collect();
			if left.len() < 2 {
				changed |= self.restrict(wire, &left)?;
			}
		}
		Ok(changed)
	}

	fn linear(&mut self, form: &Form) -> Result<bool, Contradiction> {
		match form.terms[..] {
			[] if form.constant.is_zero() => Ok(false),
			[] => Err(Contradiction),
			[(wire, c)] => {
				let inverse = c.inverse().expect("terms are not zero");
				self.assign(wire, -form.constant * inverse).map(|()| true)
			},
			_ => self.prune(&[form]),
		}
	}

	fn row(&mut self, row: &[Form; 3]) -> Result<bool, Contradiction> {
		let [a, b, c] = [0, 1, 2].map(|side| self.reduce(&row[side]));
		if a.is_known() {
			return self.linear(&b.scaled(a.constant).minus(&c));
		}
		if b.is_known() {
			return self.linear(&a.scaled(b.constant).minus(&c));
		}
		let wire = a.terms[0].0;
		if [&a, &b, &c].iter().all(|form| form.terms.iter().all(|term| term.0 == wire)) {
			// (αx + β)(γx + δ) = εx + ζ
			let [p, q, r] = [&a, &b, &c].map(|form| form.coefficient(wire));
			let middle = p * b.constant + q * a.constant - r;
			let end = a.constant * b.constant - c.constant;
			return self.restrict(wire, &roots(p * q, middle, end));
		}
		if c.is_known() && c.constant.is_zero() {
			return match (self.may_be_zero(&a, None), self.may_be_zero(&b, None)) {
				(false, false) => Err(Contradiction),
				(true, false) => self.linear(&a),
				(false, true) => self.linear(&b),
				(true, true) => self.prune(&[&a, &b]),
			};
		}
		Ok(false)
	}
}

/// The solutions of `a·x² + b·x + c = 0` with `a ≠ 0`.
fn roots(a: Fr, b: Fr, c: Fr) -> Vec<Fr> {
	let half = (a + a).inverse().expect("the leading coefficient is not zero");
	match (b * b - Fr::from(4) * a * c).sqrt() {
		Some(root) => vec![(root - b) * half, (-root - b) * half],
		None => Vec::new(),
	}
}

fn forms(matrix: &Matrix, row: usize) -> Form {
	let mut form = Form::default();
	for (Wire(wire), coefficient) in matrix.row(row) {
		let term =
			Form { terms: vec![(wire as usize, -coefficient.to_field())], ..Form::default() };
		form = form.minus(&term);
	}
	form
}

impl Search {
	/// A search in a system; `without` leaves out one of its constraints.
	pub(crate) fn new(r1cs: &R1cs, without: Option<usize>) -> Self {
		let rows = (0..r1cs.constraints())
			.filter(|&row| Some(row) != without)
			.map(|row| [&r1cs.a, &r1cs.b, &r1cs.c].map(|matrix| forms(matrix, row)))
			.collect();
		Self {
			wires: r1cs.wires as usize,
			rows,
			outputs: r1cs.outputs as usize,
			other_than: None,
			nodes: 0,
			most_nodes: MAX_NODES,
			guessed: false,
		}
	}

	/// Gives up after so many states.
	pub(crate) fn within(self, most_nodes: usize) -> Self {
		Self { most_nodes, ..self }
	}

	/// Looks for an assignment in which these wires have these values and at least one output
	/// differs from `outputs`.
	pub(crate) fn other(mut self, given: &[(usize, Fr)], outputs: &[Fr]) -> Verdict {
		assert_eq!(outputs.len(), self.outputs);
		self.other_than = Some(outputs.to_vec());
		self.run(given)
	}

	/// Looks for any assignment in which these wires have these values.
	pub(crate) fn any(self, given: &[(usize, Fr)]) -> Verdict {
		self.run(given)
	}

	fn run(mut self, given: &[(usize, Fr)]) -> Verdict {
		let mut state = State {
			values: vec![None; self.wires],
			pairs: vec![None; self.wires],
			zeros: Vec::new(),
		};
		state.values[0] = Some(Fr::one());
		given.iter().for_each(|&(wire, value)| state.values[wire] = Some(value));
		match self.explore(state) {
			Some(assignment) => Verdict::Second(assignment),
			None if self.guessed || self.nodes > self.most_nodes => Verdict::Unknown,
			None => Verdict::Unique,
		}
	}

	fn propagate(&self, state: &mut State) -> Result<(), Contradiction> {
		loop {
			let mut changed = false;
			for row in &self.rows {
				changed |= state.row(row)?;
			}
			for zero in state.zeros.clone() {
				let reduced = state.reduce(&zero);
				changed |= state.linear(&reduced)?;
			}
			if !changed {
				return Ok(());
			}
		}
	}

	fn explore(&mut self, mut state: State) -> Option<Vec<Fr>> {
		self.nodes += 1;
		if self.nodes > self.most_nodes || self.propagate(&mut state).is_err() {
			return None;
		}
		if let Some(outputs) = &self.other_than {
			let known = |(output, honest): (usize, &Fr)| state.values[1 + output] == Some(*honest);
			if outputs.iter().enumerate().all(known) {
				return None;
			}
		}
		let Some(next) = self.next(&state) else {
			return self.complete(state);
		};
		for change in next {
			let mut state = state.clone();
			let consistent = match change {
				Change::Value(wire, value) => state.assign(wire, value).is_ok(),
				Change::Zero(form) => {
					state.zeros.push(form);
					true
				},
			};
			let found = if consistent { self.explore(state) } else { None };
			if found.is_some() {
				return found;
			}
		}
		None
	}

	/// Fills wires that stand in no constraint any more.
	fn complete(&self, state: State) -> Option<Vec<Fr>> {
		let other = |wire: usize| match &self.other_than {
			Some(outputs) if (1..=self.outputs).contains(&wire) => outputs[wire - 1] + Fr::one(),
			_ => Fr::zero(),
		};
		let values = state.values.iter().enumerate();
		let values: Vec<Fr> = values.map(|(wire, value)| value.unwrap_or(other(wire))).collect();
		let sum = |form: &Form| form.terms.iter().map(|&(wire, c)| values[wire] * c).sum::<Fr>();
		let holds = |[a, b, c]: &[Form; 3]| sum(a) * sum(b) == sum(c);
		assert!(self.rows.iter().all(holds), "the search filled wires that are not free");
		Some(values)
	}

	/// The branches of a state, which cover all its assignments unless guessed.
	fn next(&mut self, state: &State) -> Option<Vec<Change>> {
		let zeros: Vec<Form> = state.zeros.iter().map(|zero| state.reduce(zero)).collect();
		let mut products = Vec::new();
		let mut live = Vec::new();
		for row in &self.rows {
			let [a, b, c] = [0, 1, 2].map(|side| state.reduce(&row[side]));
			let zero = |form: &Form| form.is_known() && form.constant.is_zero();
			let sides = if zero(&a) || zero(&b) { vec![&c] } else { vec![&a, &b, &c] };
			let wires = sides.into_iter().flat_map(|form| form.terms.iter());
			live.extend(wires.map(|term| term.0));
			let settled = |form: &Form| zeros.contains(form);
			let open = !a.is_known() && !b.is_known() && !settled(&a) && !settled(&b);
			if open && zero(&c) {
				products.push((a, b));
			}
		}
		live.extend(zeros.iter().flat_map(|zero| zero.terms.iter().map(|term| term.0)));
		live.sort_unstable();
		if let Some(&wire) = live.iter().rev().find(|&&wire| state.pairs[wire].is_some()) {
			let pair = state.pairs[wire].expect("it was found for that");
			return Some(pair.map(|value| Change::Value(wire, value)).into());
		}
		if let Some((a, b)) = products.pop() {
			return Some(vec![Change::Zero(a), Change::Zero(b)]);
		}
		let &wire = live.first()?;
		self.guessed = true;
		let around = match &self.other_than {
			Some(outputs) if (1..=self.outputs).contains(&wire) => outputs[wire - 1],
			_ => Fr::zero(),
		};
		let guesses = [1i64, 2, -1, 7, 0].map(|step| Change::Value(wire, around + Fr::from(step)));
		Some(guesses.into())
	}
}

/// What a branch adds to a state.
enum Change {
	Value(usize, Fr),
	Zero(Form),
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::r1cs::{Builder, LinearCombination};
	use proptest::prelude::*;

	fn integer(value: i64) -> LinearCombination {
		LinearCombination::constant(value)
	}

	/// One output and `bits` wires.
	fn system(bits: usize, rows: impl Fn(&mut Builder, Wire, &[Wire])) -> R1cs {
		let mut builder = Builder::constraints(1, 0);
		let wires: Vec<Wire> = (0..bits).map(|_| builder.alloc(Fr::zero)).collect();
		let output = builder.public(0);
		rows(&mut builder, output, &wires);
		builder.into_r1cs().0
	}

	fn decides(r1cs: &R1cs, output: i64) -> Verdict {
		Search::new(r1cs, None).other(&[], &[Fr::from(output)])
	}

	#[test]
	fn a_square_has_two_roots() {
		let r1cs = system(1, |builder, output, wires| {
			builder.enforce(|| [wires[0].into(), wires[0].into(), integer(49)]);
			builder.enforce(|| [output.into(), 1.into(), wires[0].into()]);
		});
		let Verdict::Second(found) = decides(&r1cs, 7) else { panic!("-7 is another") };
		assert_eq!(found[1], -Fr::from(7));
		let r1cs = system(1, |builder, output, wires| {
			builder.enforce(|| [wires[0].into(), wires[0].into(), integer(49)]);
			builder.enforce(|| [output.into(), 1.into(), integer(3)]);
		});
		assert_eq!(decides(&r1cs, 3), Verdict::Unique);
	}

	#[test]
	fn the_order_of_the_field_aliases() {
		// Weights that add up to the order: 1·b₀ + (r − 1)·b₁ = 0 has two solutions.
		let r1cs = system(2, |builder, output, wires| {
			wires.iter().for_each(|&wire| builder.enforce_boolean(wire));
			let sum = LinearCombination(vec![(wires[0], 1), (wires[1], -1)]);
			builder.enforce(|| [sum, 1.into(), integer(0)]);
			builder.enforce(|| [output.into(), 1.into(), wires[0].into()]);
		});
		assert!(matches!(decides(&r1cs, 0), Verdict::Second(_)));
	}

	#[test]
	fn an_unconstrained_output_is_found() {
		let r1cs = system(1, |builder, _, wires| builder.enforce_boolean(wires[0]));
		assert!(matches!(decides(&r1cs, 0), Verdict::Second(_)));
	}

	#[test]
	fn what_it_cannot_decide_is_not_called_unique() {
		// x·y = 6 and x + y = 1: roots of t² − t + 6, which propagation does not see.
		let r1cs = system(2, |builder, output, wires| {
			builder.enforce(|| [wires[0].into(), wires[1].into(), integer(6)]);
			let sum = LinearCombination(vec![(wires[0], 1), (wires[1], 1)]);
			builder.enforce(|| [sum, 1.into(), integer(1)]);
			builder.enforce(|| [output.into(), 1.into(), wires[0].into()]);
		});
		assert_ne!(decides(&r1cs, 0), Verdict::Unique);
	}

	proptest! {
		/// Booleans, a weighted sum that is fixed, and an output: against all assignments.
		#[test]
		fn agrees_with_exhaustion(
			weights in prop::collection::vec(-4i64..5, 4),
			shown in prop::collection::vec(-2i64..3, 4),
			factors in (0usize..4, 0usize..4),
			total in -6i64..7,
			honest in -3i64..4,
		) {
			let r1cs = system(5, |builder, output, wires| {
				let combine = |weights: &[i64]| {
					let terms = wires.iter().zip(weights);
					LinearCombination(terms.map(|(&wire, &weight)| (wire, weight)).collect())
				};
				wires[..4].iter().for_each(|&wire| builder.enforce_boolean(wire));
				builder.enforce(|| [combine(&weights), 1.into(), integer(total)]);
				builder.enforce(|| [
					wires[factors.0].into(),
					wires[factors.1].into(),
					wires[4].into(),
				]);
				let sum = combine(&shown).plus(3, &wires[4].into());
				builder.enforce(|| [output.into(), 1.into(), sum]);
			});
			let results: Vec<i64> = (0..16)
				.map(|bits| [0, 1, 2, 3].map(|i| bits >> i & 1))
				.filter(|bits| bits.iter().zip(&weights).map(|(b, w)| b * w).sum::<i64>() == total)
				.map(|bits| {
					let sum = bits.iter().zip(&shown).map(|(b, w)| b * w).sum::<i64>();
					sum + 3 * bits[factors.0] * bits[factors.1]
				})
				.collect();
			match decides(&r1cs, honest) {
				Verdict::Unique => prop_assert!(results.iter().all(|&result| result == honest)),
				Verdict::Second(found) => {
					prop_assert!(results.iter().any(|&result| Fr::from(result) == found[1]));
					prop_assert_ne!(found[1], Fr::from(honest));
				},
				Verdict::Unknown => prop_assert!(false, "a system of booleans"),
			}
		}
	}
}
