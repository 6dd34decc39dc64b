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

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		curve::{encode, write, One, Two},
		zkey::KIND,
	};
	use ark_ec::{short_weierstrass::Projective, CurveGroup, PrimeGroup};

	/// Pieces of a list are checked apart, each where it lies.
	fn pieces<P: Curve>() {
		let generator = Projective::<P>::generator();
		let points = (0..9u64).map(|at| generator.mul_bigint([at]));
		let points = Projective::normalize_batch(&points.collect::<Vec<_>>());
		let mut bytes = encode(&points, P::SIZE, write::<P>);
		let section = KIND.section(9);
		let list = Points { bytes: &bytes, section, done: || () };
		assert_eq!(Bases::<P>::count(&list), 9);
		for (place, point) in points.iter().enumerate() {
			assert_eq!(list.point(place), (place > 0).then_some(*point), "{place}");
		}
		assert_eq!(Bases::<P>::begin(&list, 0..9), Ok(()));
		bytes[5 * P::SIZE] ^= 1;
		let told = std::sync::atomic::AtomicU32::new(0);
		let tell = || {
			told.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
		};
		let list = Points { bytes: &bytes, section, done: tell };
		let begin = |places| Bases::<P>::begin(&list, places);
		for places in [0..5, 6..9, 2..2] {
			assert_eq!(begin(places), Ok(()));
		}
		for places in [0..9, 5..6, 3..7, 5..9] {
			assert_eq!(begin(places), Err(PointError::NotOnCurve { section, index: 5 }));
		}
		Bases::<P>::end(&list);
		assert_eq!(told.into_inner(), 1);
	}

	#[test]
	fn pieces_are_checked_where_they_lie() {
		pieces::<One>();
		pieces::<Two>();
	}
}
