//! Sparse matrices over the scalar field, most of whose entries are small integers.

use super::{LinearCombination, Wire};
use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField, Zero};
use std::{collections::HashMap, ops::Range};

/// One entry of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coefficient {
	/// An integer that fits a machine word.
	Integer(i64),
	/// Any other element.
	Field(Fr),
}

impl Coefficient {
	/// The field element.
	pub fn to_field(self) -> Fr {
		match self {
			Self::Integer(value) => Fr::from(value),
			Self::Field(value) => value,
		}
	}
}

/// Rows stored one after the other; an entry takes 12 bytes.
///
/// An entry's coefficient is an integer, or below [`FIELD`] an index into a pool of elements.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
	ends: Vec<usize>,
	wires: Vec<u32>,
	coefficients: Vec<i64>,
	/// Each large element once: those of a hash, or of a packing, stand in many rows.
	pool: Vec<Fr>,
	places: HashMap<Fr, u32>,
}

/// Coefficients below this are `i64::MIN + index into the pool`.
const FIELD: i64 = i64::MIN + (1 << 32);

impl Matrix {
	/// Number of rows.
	pub fn rows(&self) -> usize {
		self.ends.len()
	}

	/// Number of entries.
	pub fn non_zeros(&self) -> usize {
		self.wires.len()
	}

	/// The entries of a row.
	pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = (Wire, Coefficient)> + '_ {
		self.places(row).map(|place| self.entry(place))
	}

	/// Where the entries of a row stand among all.
	pub fn places(&self, row: usize) -> Range<usize> {
		let start = row.checked_sub(1).map_or(0, |previous| self.ends[previous]);
		start..self.ends[row]
	}

	/// The entry at a place.
	pub fn entry(&self, place: usize) -> (Wire, Coefficient) {
		let coefficient = match self.coefficients[place] {
			value if value < FIELD => Coefficient::Field(self.pool[(value - i64::MIN) as usize]),
			value => Coefficient::Integer(value),
		};
		(Wire(self.wires[place]), coefficient)
	}

	/// Appends a row of integers, whose terms are normalised.
	pub fn push_integers(&mut self, row: &LinearCombination) {
		for &(wire, coefficient) in &row.0 {
			self.push_entry(wire, Coefficient::Integer(coefficient));
		}
		self.end_row();
	}

	/// Appends an entry to the row under construction.
	///
	/// # Panics
	/// If more than 2^32 distinct large elements are pushed.
	pub fn push_entry(&mut self, wire: Wire, coefficient: Coefficient) {
		let stored = match coefficient {
			Coefficient::Integer(value) if value >= FIELD => value,
			other => match small_integer(&other.to_field()) {
				Some(value) => value,
				None => {
					let (element, next) = (other.to_field(), self.pool.len());
					let next = u32::try_from(next).expect("large coefficients are few");
					let place = *self.places.entry(element).or_insert_with(|| {
						self.pool.push(element);
						next
					});
					i64::MIN + i64::from(place)
				},
			},
		};
		self.wires.push(wire.0);
		self.coefficients.push(stored);
	}

	/// Ends the row under construction.
	pub fn end_row(&mut self) {
		self.ends.push(self.wires.len());
	}

	/// The inner product of a row with `witness`.
	pub fn evaluate(&self, row: usize, witness: &[Fr]) -> Fr {
		self.row(row).fold(Fr::zero(), |sum, (Wire(wire), coefficient)| {
			let value = witness[wire as usize];
			match coefficient {
				Coefficient::Integer(1) => sum + value,
				Coefficient::Integer(-1) => sum - value,
				other => sum + other.to_field() * value,
			}
		})
	}
}

impl PartialEq for Matrix {
	fn eq(&self, other: &Self) -> bool {
		let entry = |(wire, coefficient): (Wire, Coefficient)| (wire, coefficient.to_field());
		self.ends == other.ends
			&& (0..self.rows()).all(|row| self.row(row).map(entry).eq(other.row(row).map(entry)))
	}
}

impl Eq for Matrix {}

/// `value` as a signed integer of at most 62 bits.
fn small_integer(value: &Fr) -> Option<i64> {
	let magnitude = |value: Fr| {
		let integer = value.into_bigint();
		(integer.num_bits() <= 62).then(|| integer.0[0] as i64)
	};
	magnitude(*value).or_else(|| magnitude(-*value).map(|value| -value))
}

#[cfg(test)]
mod tests {
	use super::*;
	use ark_ff::Field;

	#[test]
	fn large_and_small_entries_come_back() {
		let big = Fr::from(2u64).pow([200]);
		let mut matrix = Matrix::default();
		matrix.push_entry(Wire(3), Coefficient::Field(big));
		matrix.push_entry(Wire(4), Coefficient::Integer(-7));
		matrix.push_entry(Wire(5), Coefficient::Integer(i64::MIN));
		matrix.end_row();
		matrix.end_row();
		let row: Vec<_> = matrix.row(0).map(|(wire, c)| (wire.0, c.to_field())).collect();
		assert_eq!(row, [(3, big), (4, -Fr::from(7)), (5, Fr::from(i64::MIN))]);
		assert_eq!(matrix.row(1).len(), 0);
		assert_eq!(matrix.rows(), 2);
	}

	#[test]
	fn equality_is_of_elements() {
		let mut small = Matrix::default();
		small.push_entry(Wire(1), Coefficient::Integer(-1));
		small.end_row();
		let mut field = Matrix::default();
		field.push_entry(Wire(1), Coefficient::Field(-Fr::from(1)));
		field.end_row();
		assert_eq!(small, field);
		field.push_entry(Wire(1), Coefficient::Integer(2));
		field.end_row();
		assert_ne!(small, field);
	}
}
