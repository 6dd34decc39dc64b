//! Points as bytes.
//!
//! In files a point is its two coordinates in Montgomery form, little end first, and infinity is all
//! zeros. In transcripts coordinates are plain and big end first, with the higher coefficient of an
//! extension before the lower; compressed, a point is its x, the top bit telling that y is the larger
//! of two, the next that it is infinity (wasmcurves, `build_curve_jacobian_a0.js`).

use super::{affine, Group};
use crate::{inverse::Invertible, map::room};
use ark_bn254::{Fq, Fq2};
use ark_ec::{short_weierstrass::Affine, AffineRepr};
use ark_ff::{BigInt, PrimeField, Zero};
use rayon::prelude::*;
use thiserror::Error;
use zkml_circuits::sections::Section;

/// Why bytes are no point.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum PointError {
	/// A coordinate is not below the field's order.
	#[error("{section} holds a number that is not below its field's order, in point {index}")]
	NonCanonical {
		/// Section.
		section: Section,
		/// Position of the point.
		index: usize,
	},
	/// A point is not on its curve.
	#[error("{section} holds a point that is not on the curve, point {index}")]
	NotOnCurve {
		/// Section.
		section: Section,
		/// Position of the point.
		index: usize,
	},
	/// A point of G2 is not in the subgroup of prime order.
	#[error("{section} holds a point outside the subgroup of prime order, point {index}")]
	Subgroup {
		/// Section.
		section: Section,
		/// Position of the point.
		index: usize,
	},
}

/// A coordinate of a point.
pub(crate) trait Coordinate: Invertible + Send + Sync {
	/// Bytes.
	const SIZE: usize;

	/// As in files.
	fn write(&self, out: &mut [u8]);

	/// From a file; `None` if it is not below the field's order.
	fn read(bytes: &[u8]) -> Option<Self>;

	/// As in transcripts.
	fn write_plain(&self, out: &mut [u8]);

	/// Whether it is the larger one of itself and its negative.
	fn is_larger(&self) -> bool;
}

impl Coordinate for Fq {
	const SIZE: usize = 32;

	fn write(&self, out: &mut [u8]) {
		for (chunk, limb) in out.chunks_exact_mut(8).zip(self.0 .0) {
			chunk.copy_from_slice(&limb.to_le_bytes());
		}
	}

	fn read(bytes: &[u8]) -> Option<Self> {
		let mut limbs = [0; 4];
		for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
			*limb = u64::from_le_bytes(chunk.try_into().ok()?);
		}
		let value = BigInt(limbs);
		(value < Fq::MODULUS).then(|| Fq::new_unchecked(value))
	}

	fn write_plain(&self, out: &mut [u8]) {
		let value = self.into_bigint();
		for (chunk, limb) in out.chunks_exact_mut(8).zip(value.0.iter().rev()) {
			chunk.copy_from_slice(&limb.to_be_bytes());
		}
	}

	fn is_larger(&self) -> bool {
		self.into_bigint() > Fq::MODULUS_MINUS_ONE_DIV_TWO
	}
}

impl Coordinate for Fq2 {
	const SIZE: usize = 64;

	fn write(&self, out: &mut [u8]) {
		self.c0.write(&mut out[..32]);
		self.c1.write(&mut out[32..]);
	}

	fn read(bytes: &[u8]) -> Option<Self> {
		Some(Fq2::new(Fq::read(&bytes[..32])?, Fq::read(&bytes[32..])?))
	}

	fn write_plain(&self, out: &mut [u8]) {
		self.c1.write_plain(&mut out[..32]);
		self.c0.write_plain(&mut out[32..]);
	}

	fn is_larger(&self) -> bool {
		if self.c1.is_zero() {
			self.c0.is_larger()
		} else {
			self.c1.is_larger()
		}
	}
}

/// A point as files have it, into `P::SIZE` bytes.
pub(crate) fn write<P: Group>(point: &Affine<P>, out: &mut [u8]) {
	let (x, y) = out.split_at_mut(P::SIZE / 2);
	// Infinity is (0, 0) here, too.
	point.x.write(x);
	point.y.write(y);
}

/// A point from a file: its coordinates are below the field's order, and it is on the curve.
pub(crate) fn point<P: Group>(
	bytes: &[u8],
	section: Section,
	index: usize,
) -> Result<Affine<P>, PointError> {
	let point = unchecked::<P>(bytes).ok_or(PointError::NonCanonical { section, index })?;
	let holds = point.is_zero() || point.is_on_curve();
	holds.then_some(point).ok_or(PointError::NotOnCurve { section, index })
}

/// A point from a file, which may be off its curve; `None` if a coordinate is not below the field's
/// order.
pub(crate) fn unchecked<P: Group>(bytes: &[u8]) -> Option<Affine<P>> {
	let (x, y) = bytes.split_at(P::SIZE / 2);
	Some(affine::<P>(P::BaseField::read(x)?, P::BaseField::read(y)?))
}

/// Checks that all of a section are points on the curve, the first of which has this position.
pub(crate) fn check<P: Group>(
	bytes: &[u8],
	section: Section,
	first: usize,
) -> Result<(), PointError> {
	/// Points that are checked together.
	const TOGETHER: usize = 1 << 12;
	let wrong = |(chunk, bytes): (usize, &[u8])| {
		if P::all_good(bytes) {
			return None;
		}
		let first = first + chunk * TOGETHER;
		let points = bytes.chunks_exact(P::SIZE).zip(first..);
		points.map(|(bytes, index)| point::<P>(bytes, section, index)).find_map(Result::err)
	};
	let chunks = bytes.par_chunks(TOGETHER * P::SIZE).enumerate();
	chunks.find_map_first(wrong).map_or(Ok(()), Err)
}

/// All of a section as points, the first of which has this position.
pub(crate) fn points<P: Group>(
	bytes: &[u8],
	section: Section,
	first: usize,
) -> Result<Vec<Affine<P>>, PointError> {
	check::<P>(bytes, section, first)?;
	let mut points = room(bytes.len() / P::SIZE);
	let read = |bytes| unchecked(bytes).unwrap_or_else(Affine::zero);
	bytes.par_chunks_exact(P::SIZE).map(read).collect_into_vec(&mut points);
	Ok(points)
}

/// A point as transcripts have it; infinity is all zeros.
pub(crate) fn uncompressed<P: Group>(point: &Affine<P>, out: &mut [u8]) {
	let (x, y) = out.split_at_mut(P::SIZE / 2);
	point.x.write_plain(x);
	point.y.write_plain(y);
}

/// Points as bytes, each of this size, by one of the encodings.
pub(crate) fn encode<P: Group>(
	points: &[Affine<P>],
	size: usize,
	encode: fn(&Affine<P>, &mut [u8]),
) -> Vec<u8> {
	let mut bytes = vec![0; points.len() * size];
	let chunks = bytes.par_chunks_exact_mut(size).zip(points);
	chunks.for_each(|(bytes, point)| encode(point, bytes));
	bytes
}

/// A point by its x and the sign of y.
pub(crate) fn compressed<P: Group>(point: &Affine<P>, out: &mut [u8]) {
	if point.is_zero() {
		out.fill(0);
		out[0] = 0x40;
		return;
	}
	point.x.write_plain(out);
	if point.y.is_larger() {
		out[0] |= 0x80;
	}
}
