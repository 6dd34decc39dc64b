//! Proofs that a contributor knows a secret: `s`, `x·s` in G1, and `x·p` in G2, where `p` is drawn
//! from a hash that binds the first two and all that came before (Bowe, Gabizon, Miers 2017,
//! <https://eprint.iacr.org/2017/1050>).

use super::random::Random;
use crate::curve::{point, uncompressed, write, Group, One, PointError, Two};
use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
use ark_ec::{pairing::Pairing, AffineRepr, CurveGroup};
use zkml_circuits::sections::Section;

/// The points of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Knowledge {
	/// `s`, random.
	pub(crate) s: G1Affine,
	/// `x·s`.
	pub(crate) sx: G1Affine,
	/// `x·p`.
	pub(crate) px: G2Affine,
}

impl Knowledge {
	/// Proves to know `x`, given `s` and the challenge that comes of `s` and `x·s`.
	pub(crate) fn prove(
		x: &Fr,
		s: G1Affine,
		challenge: impl FnOnce(&G1Affine, &G1Affine) -> G2Affine,
	) -> Self {
		let sx = (s * x).into_affine();
		let px = (challenge(&s, &sx) * x).into_affine();
		Self { s, sx, px }
	}

	/// Whether the proof holds.
	pub(crate) fn holds(&self, challenge: &G2Affine) -> bool {
		same_ratio((&self.s, &self.sx), (challenge, &self.px))
	}
}

/// Whether `b/a` in G1 is `d/c` in G2; never with a point at infinity.
pub(crate) fn same_ratio((a, b): (&G1Affine, &G1Affine), (c, d): (&G2Affine, &G2Affine)) -> bool {
	let finite = !a.is_zero() && !b.is_zero() && !c.is_zero() && !d.is_zero();
	finite && Bn254::multi_pairing([*a, -*b], [*d, *c]).0 == ark_ff::Field::ONE
}

/// A point of G2 from a hash.
pub(crate) fn hash_to_g2(hash: &[u8]) -> G2Affine {
	Random::from_hash(hash).g2()
}

/// Points as transcripts hash them.
pub(crate) fn plain_g1(point: &G1Affine) -> [u8; 64] {
	let mut bytes = [0; 64];
	uncompressed::<One>(point, &mut bytes);
	bytes
}

/// The same in G2.
pub(crate) fn plain_g2(point: &G2Affine) -> [u8; 128] {
	let mut bytes = [0; 128];
	uncompressed::<Two>(point, &mut bytes);
	bytes
}

/// A point as files have it, at the end of some bytes.
pub(crate) fn push<P: Group>(out: &mut Vec<u8>, point: &ark_ec::short_weierstrass::Affine<P>) {
	let start = out.len();
	out.resize(start + P::SIZE, 0);
	write::<P>(point, &mut out[start..]);
}

/// A point from a contribution. Of G2 it has the right order.
pub(crate) fn checked<P: Group>(
	bytes: &[u8],
	section: Section,
	index: usize,
) -> Result<ark_ec::short_weierstrass::Affine<P>, PointError> {
	let found = point::<P>(bytes, section, index)?;
	match P::is_in_correct_subgroup_assuming_on_curve(&found) {
		true => Ok(found),
		false => Err(PointError::Subgroup { section, index }),
	}
}
