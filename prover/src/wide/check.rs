//! Whether bytes are points: coordinates below the modulus, which fulfil the curve's equation.
//!
//! Coordinates come with the factor 2^256. A square of one has then 2^252, since a product loses
//! 2^260, and a cube 2^248; another product brings the square there, too.

use super::{
	field::{load_bytes, transposed, Tight},
	points::power,
};
use ark_bn254::{Fq, FqConfig};
use ark_ec::short_weierstrass::SWCurveConfig;
use ark_ff::{Field, PrimeField};
use core::arch::x86_64::*;

type Eight = Tight<FqConfig>;

/// A constant with the factor 2^248.
fn low(value: Fq) -> [u64; 4] {
	(value * Fq::from(2).pow([248])).into_bigint().0
}

/// What takes the factor from 2^252 to 2^248.
fn lower() -> [u64; 4] {
	power(256)
}

/// Eight coordinates, and a bit for each: whether it is below the modulus, and whether it is zero.
#[derive(Clone, Copy)]
struct Coordinates {
	values: Eight,
	below: u8,
	zero: u8,
}

impl Coordinates {
	/// The two coordinates, of 32 bytes each, in every `step`-th piece from the first on; those of missing
	/// pieces are zero.
	#[target_feature(enable = "avx512f")]
	#[inline]
	fn pair(pieces: &[[u8; 64]], step: usize) -> [Self; 2] {
		let mut rows = [_mm512_setzero_si512(); 8];
		for (row, piece) in rows.iter_mut().zip(pieces.iter().step_by(step)) {
			*row = load_bytes(piece);
		}
		let [a, b, c, d, e, f, g, h] = transposed(rows);
		[Self::new([a, b, c, d]), Self::new([e, f, g, h])]
	}

	#[target_feature(enable = "avx512f")]
	#[inline]
	fn new(rows: [__m512i; 4]) -> Self {
		let (values, below) = Eight::from_rows(rows);
		let [a, b, c, d] = rows;
		let any = _mm512_or_si512(_mm512_or_si512(a, b), _mm512_or_si512(c, d));
		Self { values, below, zero: _mm512_testn_epi64_mask(any, any) }
	}
}

/// Whether the bytes are points of G1, or zeros.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn points_of_one(bytes: &[u8]) -> bool {
	let (constant, lower) =
		(Eight::same(low(ark_bn254::g1::Config::COEFF_B)), Eight::same(lower()));
	let (points, rest) = bytes.as_chunks::<64>();
	let mut good = if rest.is_empty() { 0xff } else { 0 };
	for points in points.chunks(8) {
		let [x, y] = Coordinates::pair(points, 1);
		let cube = x.values.loose().square().loose().times(x.values.loose());
		let square = y.values.loose().square().loose().times(lower.loose());
		let holds = square.minus_two(cube, constant).is_zero();
		good &= x.below & y.below & (holds | (x.zero & y.zero));
	}
	good == 0xff
}

/// Whether the bytes are points of the curve that G2 is in, or zeros.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn points_of_two(bytes: &[u8]) -> bool {
	let b = ark_bn254::g2::Config::COEFF_B;
	let constant = [Eight::same(low(b.c0)), Eight::same(low(b.c1))];
	let lower = Eight::same(lower());
	let (halves, rest) = bytes.as_chunks::<64>();
	let mut good = if rest.is_empty() && halves.len() % 2 == 0 { 0xff } else { 0 };
	for points in halves.chunks(16) {
		let [x0, x1] = Coordinates::pair(points, 2);
		let [y0, y1] = Coordinates::pair(&points[1..], 2);
		let [a, b] = squared(x0.values, x1.values).map(|part| part.loose());
		let (x0l, x1l) = (x0.values.loose(), x1.values.loose());
		let cube = [a.times(x0l).minus_tight(b.times(x1l)), a.times(x1l).plus_tight(b.times(x0l))];
		let square = squared(y0.values, y1.values);
		let mut holds = 0xff;
		for part in 0..2 {
			let square = square[part].loose().times(lower.loose());
			holds &= square.minus_two(cube[part], constant[part]).is_zero();
		}
		let zero = x0.zero & x1.zero & y0.zero & y1.zero;
		good &= x0.below & x1.below & y0.below & y1.below & (holds | zero);
	}
	good == 0xff
}

/// The square of `a + b·u`, `u² = −1`: `(a + b)·(a − b) + 2ab·u`.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn squared(a: Eight, b: Eight) -> [Eight; 2] {
	[a.plus(b).times(a.minus(b)), a.double().times(b.loose())]
}
