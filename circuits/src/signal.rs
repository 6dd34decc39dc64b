//! Bounded integers in a circuit.

use crate::r1cs::{LinearCombination, Wire};

/// The closed interval in which an integer is proven to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
	/// Smallest possible value.
	pub lo: i64,
	/// Largest possible value.
	pub hi: i64,
}

impl Bounds {
	/// The interval that holds one value.
	pub fn constant(value: i64) -> Self {
		Self { lo: value, hi: value }
	}

	/// The interval of `factor · x`, saturating at the ends of 64 bits.
	#[must_use]
	pub fn times(self, factor: i64) -> Self {
		let (a, b) = (self.lo.saturating_mul(factor), self.hi.saturating_mul(factor));
		Self { lo: a.min(b), hi: a.max(b) }
	}

	/// The interval of `x + y`, saturating at the ends of 64 bits.
	#[must_use]
	pub fn plus(self, other: Self) -> Self {
		Self { lo: self.lo.saturating_add(other.lo), hi: self.hi.saturating_add(other.hi) }
	}

	/// The interval of `x · y`, saturating at the ends of 64 bits.
	#[must_use]
	pub fn product(self, other: Self) -> Self {
		let (a, b) = (self.times(other.lo), self.times(other.hi));
		Self { lo: a.lo.min(b.lo), hi: a.hi.max(b.hi) }
	}

	/// The smallest interval that holds both.
	#[must_use]
	pub fn hull(self, other: Self) -> Self {
		Self { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
	}

	/// Bits of the narrowest two's complement that holds the interval.
	pub fn signed_bits(self) -> u32 {
		let magnitude = |value: i64| i64::BITS - (value ^ (value >> 63)).leading_zeros();
		1 + magnitude(self.lo).max(magnitude(self.hi))
	}

	/// Bits of the narrowest unsigned integer that holds `hi`.
	pub fn unsigned_bits(self) -> u32 {
		i64::BITS - self.hi.max(0).leading_zeros()
	}

	/// Whether a value lies within.
	pub fn contains(self, value: i64) -> bool {
		(self.lo..=self.hi).contains(&value)
	}
}

/// An integer in a circuit: its linear combination, its value when a witness is filled, and the
/// bounds that the constraints so far prove.
#[derive(Clone, Debug)]
pub struct Signal {
	/// The combination of wires; empty when only a witness is filled.
	pub lc: LinearCombination,
	/// No fewer terms than the combination has when constraints are collected.
	pub terms: u32,
	/// The value; meaningless when only constraints are collected.
	pub value: i64,
	/// Smallest value that the constraints allow.
	pub lo: i64,
	/// Largest value that the constraints allow.
	pub hi: i64,
}

impl Signal {
	/// A constant.
	pub fn constant(value: i64) -> Self {
		Self { lc: LinearCombination::constant(value), terms: 1, value, lo: value, hi: value }
	}

	/// One wire.
	pub fn wire(wire: Wire, value: i64, Bounds { lo, hi }: Bounds) -> Self {
		Self { lc: LinearCombination::wire(wire), terms: 1, value, lo, hi }
	}

	/// The proven interval.
	pub fn bounds(&self) -> Bounds {
		Bounds { lo: self.lo, hi: self.hi }
	}

	/// `self + factor · other`, with the bounds of independent summands.
	#[must_use]
	pub fn plus(self, factor: i64, other: &Self) -> Self {
		let Bounds { lo, hi } = self.bounds().plus(other.bounds().times(factor));
		Self {
			lc: self.lc.plus(factor, &other.lc),
			terms: self.terms.saturating_add(other.terms),
			value: self.value.wrapping_add(other.value.wrapping_mul(factor)),
			lo,
			hi,
		}
	}

	/// `self + value`.
	#[must_use]
	pub fn plus_constant(self, value: i64) -> Self {
		if value == 0 {
			return self;
		}
		self.plus(1, &Self::constant(value))
	}

	/// `factor · self`.
	#[must_use]
	pub fn times(&self, factor: i64) -> Self {
		Self {
			lc: LinearCombination::default().plus(factor, &self.lc),
			terms: self.terms,
			value: self.value.wrapping_mul(factor),
			lo: self.bounds().times(factor).lo,
			hi: self.bounds().times(factor).hi,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn bits_of_bounds() {
		let bits = |lo, hi| Bounds { lo, hi }.signed_bits();
		assert_eq!(bits(0, 0), 1);
		assert_eq!(bits(-1, 0), 1);
		assert_eq!(bits(-2, 1), 2);
		assert_eq!(bits(-128, 127), 8);
		assert_eq!(bits(-128, 128), 9);
		assert_eq!(bits(-129, 0), 9);
		assert_eq!(Bounds { lo: 0, hi: 255 }.unsigned_bits(), 8);
		assert_eq!(Bounds { lo: 0, hi: 256 }.unsigned_bits(), 9);
	}
}
