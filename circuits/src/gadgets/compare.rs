//! The sign of a bounded integer.
//!
//! # What is proven
//! `g = 1` if `v ≥ 0`, else `g = 0`, for an integer `v` with proven bounds.
//!
//! # Why
//! `v + 2^(k−1)`, with `k` the bits of the signed bounds, has one decomposition into `k` booleans,
//! because both sides are integers far below the field's order; its top bit is the answer. Where
//! the combination is short, its lowest bit is no wire but what the other bits leave over;
//! constrained to be boolean it pins the decomposition as a recomposition would. Where it is long,
//! a recomposition names it once, in the matrix C.
//!
//! # Cost
//! `k`, and 1 more where the combination is long.

use crate::{
	r1cs::{Builder, LinearCombination},
	signal::Signal,
};

/// Combinations of more terms than this are long.
pub(crate) const LONG: u32 = 8;

/// A sign, and the decomposed integer as a combination of few wires where that is shorter.
pub(crate) struct Sign {
	/// 1 if the integer is not negative, else 0.
	pub(crate) positive: LinearCombination,
	/// The integer.
	pub(crate) integer: LinearCombination,
}

/// Emits the gadget; see the module for what it proves.
pub(crate) fn sign(builder: &mut Builder, v: &Signal) -> Sign {
	let width = v.bounds().signed_bits();
	let offset = 1i64 << (width - 1);
	let shifted = v.value.wrapping_add(offset);
	if v.terms > LONG {
		let bits = builder.bits(|| v.lc.clone().plus_constant(offset), shifted, width);
		return Sign {
			positive: LinearCombination::wire(bits[width as usize - 1]),
			integer: LinearCombination::bits(&bits).plus_constant(-offset),
		};
	}
	let mut lowest = v.lc.clone().plus_constant(offset);
	let mut top = None;
	for i in 1..width {
		let bit = builder.alloc(|| (shifted >> i & 1).into());
		builder.enforce_boolean(bit);
		lowest = lowest.plus(-(1 << i), &LinearCombination::wire(bit));
		top = Some(LinearCombination::wire(bit));
	}
	let positive = top.unwrap_or_else(|| lowest.clone());
	builder.enforce(|| {
		let complement = LinearCombination::constant(1).plus(-1, &lowest);
		[lowest, complement, LinearCombination::default()]
	});
	Sign { positive, integer: v.lc.clone() }
}
