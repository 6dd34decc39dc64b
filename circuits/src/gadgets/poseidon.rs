//! The hash Poseidon.
//!
//! # What is proven
//! `y = Poseidon(x₁, …, xₙ)` for 1 to 16 field elements, as [`crate::poseidon`] computes it.
//!
//! # Why
//! Every S-box is three products, `x·x`, `x²·x²`, `x⁴·x`, each of which pins one wire; all else is
//! linear. So each wire, and the result, is a function of the inputs. An input may be a sum of wires,
//! or a constant: it stands in the first round only.
//!
//! # Cost
//! 3 for each S-box but the first, whose input is a constant: `3·(8·(n + 1) + p − 1)` with `p`
//! partial rounds. 609 for 16 inputs. An S-box's input is a sum of up to `n + 1 + p` wires.

use crate::{
	poseidon::{fifth_power, Parameters, FULL_ROUNDS, MAX_INPUTS},
	r1cs::{Builder, Wire, ONE},
	Element,
};
use ark_ff::{One, Zero};
use std::sync::OnceLock;

/// A wire that holds any field element, and its value while a witness is filled.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
	/// The wire.
	pub wire: Wire,
	/// The value; meaningless when only constraints are collected.
	pub value: Element,
}

/// A sum of wires, such as a hash, and its value while a witness is filled.
#[derive(Clone, Debug, Default)]
pub struct Combination {
	/// The sum.
	pub terms: Vec<(Wire, Element)>,
	/// The value; meaningless when only constraints are collected.
	pub value: Element,
}

/// The wire alone.
impl From<Cell> for Combination {
	fn from(Cell { wire, value }: Cell) -> Self {
		Self { terms: vec![(wire, Element::one())], value }
	}
}

impl Combination {
	/// A constant.
	pub fn constant(value: Element) -> Self {
		Self { terms: vec![(ONE, value)], value }
	}

	/// `self + factor · other`.
	#[must_use]
	pub fn plus(mut self, factor: Element, other: &Self) -> Self {
		self.terms.extend(other.terms.iter().map(|&(wire, c)| (wire, factor * c)));
		self.value += factor * other.value;
		self
	}

	/// Constrains a wire to hold the sum. One constraint.
	pub fn equals(self, builder: &mut Builder, wire: Wire) {
		let one = |wire| vec![(wire, Element::one())];
		builder.enforce_field([one(wire), one(ONE), self.terms]);
	}

	/// A wire of its own for the sum. One constraint.
	pub fn named(self, builder: &mut Builder) -> Cell {
		let value = self.value;
		let wire = builder.alloc(|| value);
		self.equals(builder, wire);
		Cell { wire, value }
	}
}

/// A sum over the wires of a permutation: by place, 0 for the constant one, `1..=n` for the inputs,
/// then the results of the S-boxes in order.
type Row = Vec<(usize, Element)>;

/// The linear parts of a permutation.
#[derive(Debug)]
struct Layout {
	/// What each S-box takes.
	boxes: Vec<Row>,
	/// The result.
	result: Row,
}

impl Layout {
	fn of(inputs: usize) -> &'static Self {
		static ALL: [OnceLock<Layout>; MAX_INPUTS] = [const { OnceLock::new() }; MAX_INPUTS];
		ALL[inputs - 1].get_or_init(|| Self::new(Parameters::of(inputs), inputs))
	}

	fn new(parameters: &Parameters, inputs: usize) -> Self {
		let sboxes = FULL_ROUNDS * (inputs + 1) + parameters.partial_rounds;
		let places = 1 + inputs + sboxes;
		// Dense rows while they are mixed.
		let unit = |place: usize| {
			let mut row = vec![Element::zero(); places];
			row[place] = Element::one();
			row
		};
		let mut state = vec![vec![Element::zero(); places]];
		state.extend((1..=inputs).map(unit));
		let mut boxes = Vec::with_capacity(sboxes);
		for round in 0..parameters.rounds() {
			for (row, constant) in state.iter_mut().zip(&parameters.constants[round]) {
				row[0] += constant;
			}
			let count = if parameters.is_full(round) { state.len() } else { 1 };
			for row in state.iter_mut().take(count) {
				if row[1..].iter().all(Zero::is_zero) {
					// The first S-box of all takes a constant, and gives one.
					row[0] = fifth_power(row[0])[2];
					continue;
				}
				let result = unit(1 + inputs + boxes.len());
				boxes.push(sparse(&std::mem::replace(row, result)));
			}
			let mixed = parameters.matrix.iter().map(|factors| {
				let mut sum = vec![Element::zero(); places];
				for (factor, row) in factors.iter().zip(&state) {
					for (sum, value) in sum.iter_mut().zip(row).filter(|(_, v)| !v.is_zero()) {
						*sum += *factor * value;
					}
				}
				sum
			});
			state = mixed.collect();
		}
		Self { boxes, result: sparse(&state[0]) }
	}
}

fn sparse(row: &[Element]) -> Row {
	row.iter().copied().enumerate().filter(|(_, value)| !value.is_zero()).collect()
}

fn terms(row: &Row, places: &[Combination]) -> Vec<(Wire, Element)> {
	let scaled = |&(place, factor): &(usize, Element)| {
		places[place].terms.iter().map(move |&(wire, c)| (wire, factor * c))
	};
	row.iter().flat_map(scaled).collect()
}

fn evaluate(row: &Row, places: &[Combination]) -> Element {
	row.iter().map(|&(place, factor)| factor * places[place].value).sum()
}

/// Emits the gadget; see the module for what it proves.
///
/// # Panics
/// If there is no input, or more than [`MAX_INPUTS`].
pub fn poseidon<T: Clone + Into<Combination>>(builder: &mut Builder, inputs: &[T]) -> Combination {
	let layout = Layout::of(inputs.len());
	let (collects, fills) = (builder.wants_constraints(), builder.wants_values());
	let mut places = vec![Combination::constant(Element::one())];
	places.extend(inputs.iter().cloned().map(Into::into));
	for row in &layout.boxes {
		let value = if fills { evaluate(row, &places) } else { Element::zero() };
		let powers = fifth_power(value);
		let [square, fourth, fifth] = powers.map(|power| builder.alloc(|| power));
		if collects {
			let sum = terms(row, &places);
			let one = |wire: Wire| vec![(wire, Element::one())];
			builder.enforce_field([sum.clone(), sum.clone(), one(square)]);
			builder.enforce_field([one(square), one(square), one(fourth)]);
			builder.enforce_field([one(fourth), sum, one(fifth)]);
		}
		places.push(Cell { wire: fifth, value: powers[2] }.into());
	}
	let value = if fills { evaluate(&layout.result, &places) } else { Element::zero() };
	Combination { terms: terms(&layout.result, &places), value }
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{poseidon::hash, r1cs::R1cs};

	/// A system whose public signal is the hash of its private inputs, and its witness.
	fn system(inputs: &[Element]) -> (R1cs, Vec<Element>) {
		let mut builder = Builder::both(1, 0);
		let cell = |&value: &Element| Cell { wire: builder.alloc_private_input(|| value), value };
		let cells: Vec<Cell> = inputs.iter().map(cell).collect();
		let result = poseidon(&mut builder, &cells);
		let public = Cell { wire: builder.public(0), value: result.value };
		builder.assign(public.wire, || result.value);
		result.equals(&mut builder, public.wire);
		let witness = builder.take_witness();
		(builder.into_r1cs().0, witness)
	}

	fn numbers(count: u64) -> Vec<Element> {
		(0..count).map(|i| Element::from(i * i + 5) * Element::from(u64::MAX - i)).collect()
	}

	#[test]
	fn is_the_hash() {
		for count in 1..=16 {
			let inputs = numbers(count);
			let (r1cs, witness) = system(&inputs);
			assert_eq!(r1cs.first_violation(&witness), None);
			assert_eq!(witness[1], hash(&inputs), "{count} inputs");
		}
	}

	#[test]
	fn rejects_single_wire_changes() {
		let (r1cs, mut witness) = system(&numbers(3));
		for wire in 1..witness.len() {
			let right = witness[wire];
			for forged in [right + Element::one(), -right, Element::zero()] {
				witness[wire] = forged;
				assert!(r1cs.first_violation(&witness).is_some(), "wire {wire}");
			}
			witness[wire] = right;
		}
	}

	/// Each constraint pins the wire that stands alone in its C, as a function of those before it:
	/// so a wrong value there, and right ones after it, violate that constraint alone.
	#[test]
	fn every_constraint_matters() {
		let inputs = numbers(2);
		let (r1cs, witness) = system(&inputs);
		for row in 0..r1cs.constraints() - 1 {
			let mut forged = witness.clone();
			for later in row..r1cs.constraints() - 1 {
				let product = r1cs.a.evaluate(later, &forged) * r1cs.b.evaluate(later, &forged);
				let (wire, _) = r1cs.c.row(later).next().expect("one wire");
				let wrong = if later == row { Element::one() } else { Element::zero() };
				forged[wire.0 as usize] = product + wrong;
			}
			forged[1] = r1cs.c.evaluate(r1cs.constraints() - 1, &forged);
			assert_eq!(r1cs.first_violation(&forged), Some(row));
			let others = (0..r1cs.constraints()).filter(|&other| other != row);
			let holds = |other| {
				r1cs.a.evaluate(other, &forged) * r1cs.b.evaluate(other, &forged)
					== r1cs.c.evaluate(other, &forged)
			};
			assert!(others.clone().all(holds), "without constraint {row}");
			assert_ne!(forged[1], witness[1], "another hash");
		}
	}

	#[test]
	fn costs_three_for_each_s_box_but_the_first() {
		let constraints = |count| system(&numbers(count)).0.constraints() - 1;
		assert_eq!(constraints(2), 3 * (8 * 3 + 57 - 1));
		assert_eq!(constraints(12), 3 * (8 * 13 + 65 - 1));
		assert_eq!(constraints(16), 609);
	}
}
