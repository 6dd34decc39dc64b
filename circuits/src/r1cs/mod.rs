//! Rank-1 constraint systems: wires, linear combinations, matrices.

mod builder;
mod file;
mod matrix;

pub use builder::{Builder, InverseHint};
pub use file::{read_r1cs, read_wtns, write_r1cs, write_wtns, FileError};
pub use matrix::{Coefficient, Matrix};

use ark_bn254::Fr;

/// An index into the witness. Wire 0 is the constant one; the public signals follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wire(pub u32);

/// The wire that is always one.
pub const ONE: Wire = Wire(0);

/// A sum of wires with integer coefficients.
///
/// Terms may repeat a wire; [`LinearCombination::normalise`] merges them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinearCombination(pub Vec<(Wire, i64)>);

/// Bounds below 2^62 keep coefficients there: one that wrapped around would be another circuit.
const WORDS: &str = "coefficients are machine words";

/// A coefficient times a factor.
pub(crate) fn scaled(coefficient: i64, factor: i64) -> i64 {
	coefficient.checked_mul(factor).expect(WORDS)
}

impl LinearCombination {
	/// The constant `value`.
	pub fn constant(value: i64) -> Self {
		Self(if value == 0 { Vec::new() } else { vec![(ONE, value)] })
	}

	/// One wire.
	pub fn wire(wire: Wire) -> Self {
		Self(vec![(wire, 1)])
	}

	/// `Σ 2^i · wires[i]`.
	pub fn bits(wires: &[Wire]) -> Self {
		Self(wires.iter().enumerate().map(|(i, &wire)| (wire, 1 << i)).collect())
	}

	/// Adds `factor · other`.
	#[must_use]
	pub fn plus(mut self, factor: i64, other: &Self) -> Self {
		self.0.extend(other.0.iter().map(|&(wire, c)| (wire, scaled(c, factor))));
		self
	}

	/// `factor · self`.
	#[must_use]
	pub fn times(self, factor: i64) -> Self {
		match factor {
			1 => self,
			_ => Self::default().plus(factor, &self),
		}
	}

	/// Adds a constant.
	#[must_use]
	pub fn plus_constant(mut self, value: i64) -> Self {
		if value != 0 {
			self.0.push((ONE, value));
		}
		self
	}

	/// Sorts by wire, merges repeated wires and drops zeros.
	pub fn normalise(&mut self) {
		self.0.sort_unstable_by_key(|&(wire, _)| wire);
		self.0.dedup_by(|next, kept| {
			let same = next.0 == kept.0;
			if same {
				kept.1 = kept.1.checked_add(next.1).expect(WORDS);
			}
			same
		});
		self.0.retain(|&(_, coefficient)| coefficient != 0);
	}
}

/// A rank-1 constraint system: `(A·w) ∘ (B·w) = C·w`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct R1cs {
	/// Number of wires, the constant one included.
	pub wires: u32,
	/// Public outputs, which are wires `1..=outputs`.
	pub outputs: u32,
	/// Public inputs, which follow the outputs.
	pub public_inputs: u32,
	/// Private inputs, which follow the public ones.
	pub private_inputs: u32,
	/// Left factors.
	pub a: Matrix,
	/// Right factors.
	pub b: Matrix,
	/// Products.
	pub c: Matrix,
}

impl R1cs {
	/// Number of constraints.
	pub fn constraints(&self) -> usize {
		self.a.rows()
	}

	/// Number of public signals, the constant one not counted.
	pub fn signals(&self) -> usize {
		self.outputs as usize + self.public_inputs as usize
	}

	/// The first constraint that `witness` violates, if any.
	///
	/// # Panics
	/// If the witness has fewer values than the system has wires.
	pub fn first_violation(&self, witness: &[Fr]) -> Option<usize> {
		assert!(witness.len() >= self.wires as usize, "a value for every wire");
		(0..self.constraints()).find(|&row| {
			self.a.evaluate(row, witness) * self.b.evaluate(row, witness)
				!= self.c.evaluate(row, witness)
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn normalising_merges_and_drops() {
		let mut sum = LinearCombination(vec![(Wire(2), 3), (ONE, 1), (Wire(2), -3), (ONE, 4)]);
		sum.normalise();
		assert_eq!(sum, LinearCombination::constant(5));
	}
}
