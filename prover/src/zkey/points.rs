//! Points that are left in a file.

use crate::{
	curve::{self, PointError},
	msm::{Bases, Curve},
};
use ark_ec::{short_weierstrass::Affine, AffineRepr};
use std::ops::Range;
use zkml_circuits::sections::Section;

/// The points of a section, whose size fits, and what is told when some of it was read.
pub(crate) struct Points<'a, D> {
	pub(super) bytes: &'a [u8],
	pub(super) section: Section,
	pub(super) done: D,
}

impl<P: Curve, D: Fn() + Sync> Bases<P> for Points<'_, D> {
	type Error = PointError;

	fn count(&self) -> usize {
		self.bytes.len() / P::SIZE
	}

	/// Checks that all of them are on the curve, also those that are then not multiplied: whether a key is
	/// refused does not depend on what is proven.
	fn begin(&self, Range { start, end }: Range<usize>) -> Result<(), PointError> {
		curve::check::<P>(&self.bytes[start * P::SIZE..end * P::SIZE], self.section, start)
	}

	fn point(&self, place: usize) -> Option<Affine<P>> {
		let bytes = &self.bytes[place * P::SIZE..(place + 1) * P::SIZE];
		curve::unchecked::<P>(bytes).filter(|point| !point.is_zero())
	}

	fn end(&self) {
		(self.done)();
	}
}
