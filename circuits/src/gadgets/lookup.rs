//! A function of a small integer, given by its table.
//!
//! # What is proven
//! `y = table[x − lo]` for an integer `x` with proven bounds `[lo, lo + table.len() − 1]`.
//!
//! # Why
//! For the `n` integers that `i = x − lo` can be, one polynomial of degree below `n` over the field
//! gives the table's values. It is evaluated as Paterson and Stockmeyer do (*On the Number of
//! Nonscalar Multiplications Necessary to Evaluate Polynomials*, 1973): the powers `i²` to `iᵏ`, then
//! Horner's rule in `iᵏ` over `⌈n / k⌉` polynomials of degree below `k`, which are sums of those
//! powers. Each product pins one wire. That `i` is one of those integers is not proven here: the
//! bounds of `x` say so.
//!
//! # Cost
//! `k + ⌈n / k⌉ − 2` with the best `k`: 30 for a byte, about `2·√n`; 1 more where `x` is a long sum.
//! The wires hold large numbers.

use super::compare::LONG;
use crate::{
	r1cs::{Builder, Wire, ONE},
	signal::{Bounds, Signal},
	Element,
};
use ark_ff::{Field, One, Zero};
use std::sync::OnceLock;

/// Most bits of a table's index.
pub const MAX_BITS: u32 = 10;

/// The values of a function of a small integer.
#[derive(Clone, Debug)]
pub struct Table {
	lo: i64,
	values: Vec<i64>,
	/// The polynomial through them, made when it is first needed.
	polynomial: OnceLock<Vec<Element>>,
}

impl PartialEq for Table {
	fn eq(&self, other: &Self) -> bool {
		(self.lo, &self.values) == (other.lo, &other.values)
	}
}

impl Table {
	/// The values for `lo`, `lo + 1` and so on.
	///
	/// # Panics
	/// If there is none, or there are more than 2^[`MAX_BITS`].
	pub fn new(lo: i64, values: Vec<i64>) -> Self {
		assert!((1..=1 << MAX_BITS).contains(&values.len()), "at most 2^{MAX_BITS} entries");
		Self { lo, values, polynomial: OnceLock::new() }
	}

	/// The least integer.
	pub(crate) fn lo(&self) -> i64 {
		self.lo
	}

	/// The values.
	pub(crate) fn values(&self) -> &[i64] {
		&self.values
	}

	/// The value for an integer; `None` beyond the table.
	pub fn get(&self, x: i64) -> Option<i64> {
		let index = usize::try_from(x.checked_sub(self.lo)?).ok()?;
		self.values.get(index).copied()
	}

	/// The bounds of the values for integers within bounds.
	///
	/// # Panics
	/// If the table does not cover them.
	pub fn bounds(&self, x: Bounds) -> Bounds {
		let reachable = &self.values[(x.lo - self.lo) as usize..=(x.hi - self.lo) as usize];
		let least = reachable.iter().min().copied().unwrap_or_default();
		Bounds { lo: least, hi: reachable.iter().max().copied().unwrap_or_default() }
	}

	/// What the gadget costs for a wire within bounds.
	///
	/// # Panics
	/// If the table does not cover them.
	pub fn cost(&self, x: Bounds) -> usize {
		let bounds = self.bounds(x);
		match bounds.lo == bounds.hi {
			true => 0,
			false => steps(self.values.len()).1.max(1),
		}
	}

	/// The coefficients of the polynomial through the values at 0, 1, 2 and so on.
	fn polynomial(&self) -> &[Element] {
		self.polynomial.get_or_init(|| interpolate(&self.values))
	}
}

/// The polynomial of degree below `n` with these `n` values at `0, …, n − 1`, in quadratic time.
fn interpolate(values: &[i64]) -> Vec<Element> {
	let count = values.len();
	// Π (x − i).
	let mut master = vec![Element::one()];
	for i in 0..count as u64 {
		let mut next = vec![Element::zero(); master.len() + 1];
		for (power, coefficient) in master.iter().enumerate() {
			next[power + 1] += coefficient;
			next[power] -= *coefficient * Element::from(i);
		}
		master = next;
	}
	// The weight of the value at i is (−1)^(n − 1 − i) / (i! · (n − 1 − i)!).
	let mut factorials = vec![Element::one()];
	for i in 1..count as u64 {
		factorials.push(factorials[i as usize - 1] * Element::from(i));
	}
	let mut sum = vec![Element::zero(); count];
	for (i, &value) in values.iter().enumerate() {
		let last = count - 1 - i;
		let product = factorials[i] * factorials[last];
		let inverse = product.inverse().expect("factorials below the field's order are not zero");
		let signed = if last.is_multiple_of(2) { value } else { -value };
		let weight = inverse * Element::from(signed);
		// Synthetic division of the product by x − i.
		let mut carry = Element::zero();
		for power in (0..count).rev() {
			carry = master[power + 1] + carry * Element::from(i as u64);
			sum[power] += weight * carry;
		}
	}
	sum
}

/// The best number of powers for so many coefficients, and what the gadget costs.
fn steps(coefficients: usize) -> (usize, usize) {
	let cost = |powers: usize| powers + coefficients.div_ceil(powers) - 2;
	let best = (1..=coefficients).min_by_key(|&powers| cost(powers)).unwrap_or(1);
	(best, cost(best))
}

/// A sum of wires, and its value.
type Sum = (Vec<(Wire, Element)>, Element);

/// Emits the gadget; see the module for what it proves.
///
/// # Panics
/// If the table does not cover the bounds of `x`.
pub fn lookup(builder: &mut Builder, x: &Signal, table: &Table) -> Signal {
	let bounds = table.bounds(x.bounds());
	if bounds.lo == bounds.hi {
		return Signal::constant(bounds.lo);
	}
	let value = table.get(x.value).unwrap_or_default();
	let coefficients = table.polynomial();
	let (count, _) = steps(coefficients.len());
	// It stands in many constraints.
	let x = if x.terms > LONG { builder.name(x) } else { x.clone() };
	let index = x.plus_constant(-table.lo);
	let first: Sum = (
		index.lc.0.iter().map(|&(wire, c)| (wire, Element::from(c))).collect(),
		Element::from(index.value),
	);
	let one = |wire: Wire| vec![(wire, Element::one())];
	// i⁰, i¹, …, iᵏ.
	let mut powers: Vec<Sum> = vec![(one(ONE), Element::one()), first];
	while powers.len() <= count {
		let (last, power) = &powers[powers.len() - 1];
		let power = *power * powers[1].1;
		let wire = builder.alloc(|| power);
		builder.enforce_field([last.clone(), powers[1].0.clone(), one(wire)]);
		powers.push((one(wire), power));
	}
	let part = |coefficients: &[Element]| -> Sum {
		let mut sum = (Vec::new(), Element::zero());
		for (&coefficient, (wires, power)) in coefficients.iter().zip(&powers) {
			sum.0.extend(wires.iter().map(|&(wire, c)| (wire, c * coefficient)));
			sum.1 += coefficient * power;
		}
		sum
	};
	let mut parts = coefficients.chunks(count).map(part).rev();
	let mut sum = parts.next().expect("a table has values");
	let step = &powers[count];
	let mut wire = None;
	for (wires, addend) in parts {
		let total = sum.1 * step.1 + addend;
		let result = builder.alloc(|| total);
		// sum · iᵏ = result − part.
		let mut rest = one(result);
		rest.extend(wires.iter().map(|&(wire, c)| (wire, -c)));
		builder.enforce_field([sum.0, step.0.clone(), rest]);
		sum = (one(result), total);
		wire = Some(result);
	}
	let wire = wire.unwrap_or_else(|| {
		// A polynomial of so few terms is a sum: it gets a wire of its own.
		let result = builder.alloc(|| sum.1);
		builder.enforce_field([one(result), one(ONE), sum.0.clone()]);
		result
	});
	debug_assert!(!builder.wants_values() || sum.1 == Element::from(value));
	Signal::wire(wire, value, bounds)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{gadgets::harness::Harness, r1cs::R1cs};

	fn table(length: i64) -> Vec<i64> {
		(0..length).map(|i| (i * i * 7) % 11 - 5).collect()
	}

	fn harness(lo: i64, values: &[i64]) -> Harness {
		let bounds = Bounds { lo, hi: lo + values.len() as i64 - 1 };
		let table = Table::new(lo, values.to_vec());
		Harness::new(vec![bounds], move |builder, inputs| vec![lookup(builder, &inputs[0], &table)])
	}

	#[test]
	fn gives_every_entry_and_no_other() {
		for length in [2, 3, 7, 16, 19, 256] {
			let values = table(length);
			let harness = harness(-3, &values);
			for x in (0..length).step_by(1 + length as usize / 20) {
				let y = values[x as usize];
				harness.accepts(&[x - 3], &[y]);
				harness.rejects_single_wire_changes(&[x - 3]);
				harness.has_one_output(&[x - 3]);
				for forged in (-6..=6).filter(|&forged| forged != y) {
					harness.rejects_output(&[x - 3], &[forged]);
				}
			}
		}
	}

	/// A system whose public signal is the value for its private input, and its witness.
	fn system(x: i64, table: &Table) -> (R1cs, Vec<Element>) {
		let mut builder = Builder::both(1, 0);
		let wire = builder.alloc_private_input(|| x.into());
		let bounds = Bounds { lo: 0, hi: table.values.len() as i64 - 1 };
		let y = lookup(&mut builder, &Signal::wire(wire, x, bounds), table);
		let public = builder.public(0);
		builder.assign(public, || y.value.into());
		builder.enforce(|| [public.into(), 1.into(), y.lc]);
		let witness = builder.take_witness();
		(builder.into_r1cs().0, witness)
	}

	/// Each constraint pins the last wire of its C as a function of those before it: so a wrong value
	/// there, and right ones after it, violate that constraint alone and give another result.
	#[test]
	fn every_constraint_matters() {
		for length in [3, 7, 16, 19, 64, 256] {
			let table = Table::new(0, table(length));
			let (r1cs, witness) = system(length - 2, &table);
			let gadget = r1cs.constraints() - 1;
			for row in 0..gadget {
				let mut forged = witness.clone();
				for later in row..gadget {
					let product = r1cs.a.evaluate(later, &forged) * r1cs.b.evaluate(later, &forged);
					let (Wire(wire), _) = r1cs.c.row(later).last().expect("a wire");
					let wrong = if later == row { Element::one() } else { Element::zero() };
					// Its coefficient there is 1.
					let rest = r1cs.c.evaluate(later, &forged) - forged[wire as usize];
					forged[wire as usize] = product - rest + wrong;
				}
				forged[1] = r1cs.c.evaluate(gadget, &forged);
				assert_eq!(r1cs.first_violation(&forged), Some(row), "of {length}");
				assert_ne!(forged[1], witness[1], "constraint {row} of {length}");
			}
		}
	}

	#[test]
	fn interpolates() {
		let values = [3, -1, 4, -1, 5, -9, 2];
		let polynomial = interpolate(&values);
		for (x, &value) in values.iter().enumerate() {
			let x = Element::from(x as u64);
			let sum = polynomial.iter().rev().fold(Element::zero(), |sum, c| sum * x + c);
			assert_eq!(sum, Element::from(value));
		}
	}

	#[test]
	#[should_panic(expected = "range")]
	fn refuses_an_index_that_no_bound_proves() {
		harness(0, &table(7));
		let mut builder = Builder::constraints(0, 0);
		let wire = builder.alloc_private_input(Element::zero);
		let beyond = Signal::wire(wire, 0, Bounds { lo: 0, hi: 7 });
		lookup(&mut builder, &beyond, &Table::new(0, table(7)));
	}

	#[test]
	fn costs_30_for_a_byte() {
		let values: Vec<i64> = (0..256).map(|i| (i * i * 37 + 11 * i) % 251).collect();
		assert_eq!(harness(0, &values).constraints(), 30);
		assert_eq!(steps(256).1, 30);
		assert_eq!(harness(0, &table(16)).constraints(), 6);
		assert_eq!(harness(0, &[9; 256]).constraints(), 0, "a constant");
	}
}
