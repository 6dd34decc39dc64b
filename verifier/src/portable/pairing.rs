//! The optimal ate pairing: Vercauteren, *Optimal pairings*, for Barreto–Naehrig curves.

use super::{
	curve::{Coordinate, G1, G2},
	field::Fq,
	generator::LINES,
	tower::{Fq12, Fq2, Fq6, Line},
};
use alloc::vec::Vec;

/// The digits of the curve's parameter `x` after the first, which is one.
pub(super) const X_DIGITS: [i8; 62] = [
	0, 0, 0, 1, 0, 1, 0, 0, -1, 0, 1, 0, 1, 0, -1, 0, 0, 1, 0, 1, 0, -1, 0, -1, 0, -1, 0, 1, 0, 0,
	0, 1, 0, 0, 1, 0, 1, 0, 1, 0, -1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0,
	1,
];

/// Those of `6x + 2`.
const LOOP_DIGITS: [i8; 65] = [
	0, -1, 0, 1, 0, 0, 0, -1, 0, -1, 0, 0, 0, -1, 0, 1, 0, -1, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0, 0,
	-1, 0, 1, 0, 0, -1, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0, -1, 0, -1, 0, 0, 1, 0, 0, 0, -1, 0, 0, -1,
	0, 1, 0, 1, 0, 0, 0,
];

/// Those of `x` after the first, which is one, odd and of three bits where they are not zero.
const X_WIDE_DIGITS: [i8; 62] = [
	0, 0, 0, 0, 0, 5, 0, 0, 0, 0, -3, 0, 0, 0, 3, 0, 0, 0, 0, 5, 0, 0, 0, -5, 0, 0, 0, -3, 0, 0, 0,
	1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 7, 0, 0, 0, -7, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, -1, 0, 0, 0, 1,
];

/// A pair of a Miller loop.
struct Pair {
	p: G1,
	q: G2,
	opposite: G2,
	/// A multiple of `q`, in homogeneous coordinates `(x/z, y/z)`.
	x: Fq2,
	y: Fq2,
	z: Fq2,
	/// Whose point `q` is, if it is only known to be on the twist.
	claim: Option<usize>,
}

impl Pair {
	fn new((p, q, claim): (G1, G2, Option<usize>)) -> Self {
		Self { p, q, opposite: q.negated(), x: q.x, y: q.y, z: Fq2::ONE, claim }
	}

	/// Doubles the multiple; the tangent at it, in `p`.
	///
	/// Costello, Lange and Naehrig, *Faster pairing computations on curves with high-degree twists*,
	/// section 5, all coordinates times `4ξ²` and the line times `ξ`: `ξ` times the twist's constant is
	/// three.
	#[inline(never)]
	fn double(&mut self) -> Line {
		let Self { p, x, y, z, .. } = self;
		let (xx, yy, zz) = (x.square(), y.square(), z.square());
		let xi_yz = y.mul(z).raw().times_xi();
		let xi_yy = yy.raw().times_xi().fit();
		let e = Fq2::sum([(9, zz)]);
		let difference = xi_yy.raw() - zz.raw().times(27);
		*x = x.mul(y).mul(&difference.times_xi().times(2).fit());
		*y = Fq2::sum([(1, Fq2::sum([(1, xi_yy), (27, zz)]).square()), (-12, e.square())]);
		*z = xi_yy.mul(&xi_yz.times(8).fit());
		Line {
			a: xi_yz.times(-2).fit().scale(&p.y),
			b: xx.raw().times_xi().times(3).fit().scale(&p.x),
			c: (e - xi_yy).fit(),
		}
	}

	/// Adds a point to the multiple; the line through both, in `p`.
	#[inline(never)]
	fn add(&mut self, q: &G2) -> Line {
		let Self { p, x, y, z, .. } = self;
		let theta = (*y - q.y.mul(z)).fit();
		let lambda = (*x - q.x.mul(z)).fit();
		let (c, d) = (theta.square(), lambda.square());
		let (e, f, g) = (lambda.mul(&d), z.mul(&c), x.mul(&d));
		let h = Fq2::sum([(1, e), (1, f), (-2, g)]);
		*x = lambda.mul(&h);
		*y = (theta.mul(&(g - h)) - e.mul(y)).fit();
		*z = z.mul(&e);
		Line {
			a: lambda.scale(&p.y),
			b: (-theta).scale(&p.x),
			c: (theta.mul(&q.x) - lambda.mul(&q.y)).fit(),
		}
	}

	/// The last two lines, and whose point it is if that is not in G2.
	///
	/// The multiple is then `(6x + 2)q + ψ(q) − ψ²(q)`, which is `−ψ³(q)` for points of G2, and for no
	/// others of the twist: `ψ` is a root of `X² − tX + q`, whose resultant with
	/// `X³ − X² + X + 6x + 2` is a multiple of `r` without a divisor in common with the cofactor
	/// `2q − r`. That it is the multiple would not be so if a point were added to itself or its opposite,
	/// which no point of the twist comes to; `z` would then be zero, and stay so.
	fn last(&mut self) -> ([Line; 2], Option<usize>) {
		let first = self.q.endomorphism();
		let second = first.endomorphism().negated();
		let lines = [self.add(&first), self.add(&second)];
		let third = second.endomorphism();
		let (x, y) = (third.x.mul(&self.z), third.y.mul(&self.z));
		let is_in_g2 = !self.z.is_zero() && x == self.x && y == self.y;
		(lines, self.claim.filter(|_| !is_in_g2))
	}
}

/// The lines of a loop at the generator of G2, in points of G1.
struct Fixed {
	/// Of each point, `x/y` and `1/y`.
	points: Vec<(Fq, Fq)>,
	lines: core::slice::Iter<'static, [[i32; 9]; 4]>,
}

impl Fixed {
	/// Multiplies by the next lines.
	fn next(&mut self, f: &mut Fq12) {
		if self.points.is_empty() {
			return;
		}
		let Some([b0, b1, c0, c1]) = self.lines.next() else { return };
		let b = Fq2 { c0: Fq::widened(b0), c1: Fq::widened(b1) };
		let c = Fq2 { c0: Fq::widened(c0), c1: Fq::widened(c1) };
		for (slope, constant) in &self.points {
			f.mul_fixed_line(&b.scale(slope), &c.scale(constant));
		}
	}
}

/// Multiplies by a line of each pair.
fn mul_lines(f: &mut Fq12, pairs: &mut [Pair], line: impl Fn(&mut Pair) -> Line) {
	let (twos, rest) = pairs.as_chunks_mut();
	for [one, other] in twos {
		f.mul_lines(&line(one), &line(other));
	}
	for pair in rest {
		f.mul_line(&line(pair));
	}
}

/// The product of the Miller loops of pairs: one loop. But for factors that the final exponentiation takes
/// to one.
///
/// Of `fixed`, which stand for pairs with the generator of G2, are `x/y` and `1/y`. With a hint `t`, times
/// `(t + w)^-λ` but for a factor in `Fq6`, as in [`crate::residue`].
///
/// # Errors
/// Of the pairs that are somebody's claim, the first whose point is not in G2.
pub(super) fn miller_loop(
	pairs: Vec<(G1, G2, Option<usize>)>,
	fixed: Vec<(Fq, Fq)>,
	hint: Option<&Fq6>,
) -> Result<Fq12, usize> {
	let mut pairs: Vec<_> = pairs.into_iter().map(Pair::new).collect();
	let mut fixed = Fixed { points: fixed, lines: LINES.iter() };
	let inverse = hint.map(|hint| Fq12 { c0: -*hint, c1: Fq6::ONE });
	let mut f = inverse.unwrap_or(Fq12::ONE);
	for digit in LOOP_DIGITS {
		f.square();
		mul_lines(&mut f, &mut pairs, Pair::double);
		fixed.next(&mut f);
		if digit == 0 {
			continue;
		}
		mul_lines(&mut f, &mut pairs, |pair| {
			let q = if digit > 0 { pair.q } else { pair.opposite };
			pair.add(&q)
		});
		fixed.next(&mut f);
		if let Some(hint) = hint {
			f.mul_monic(&if digit > 0 { -*hint } else { *hint });
		}
	}
	for pair in &mut pairs {
		let ([first, second], outside) = pair.last();
		if let Some(claim) = outside {
			return Err(claim);
		}
		f.mul_lines(&first, &second);
	}
	fixed.next(&mut f);
	fixed.next(&mut f);
	if let Some(inverse) = inverse {
		let powers = [inverse.frobenius(1), inverse.conjugate().frobenius(2), inverse.frobenius(3)];
		f = powers.iter().fold(f, |f, power| f.mul(power));
	}
	Ok(f)
}

/// To the power of `2x(6x² + 3x + 1)(q¹² − 1)/r`; `None` of zero.
///
/// Fuentes-Castañeda, Knapp and Rodríguez-Henríquez, *Faster hashing to G2*, section 5: in the group of
/// order `r`, that is as good as the power of `(q¹² − 1)/r`, and arkworks computes the same.
pub(super) fn final_exponentiation(f: &Fq12) -> Option<Fq12> {
	if *f == Fq12::ZERO {
		return None;
	}
	let f = f.conjugate().mul(&f.inverse());
	let f = f.frobenius(2).mul(&f);
	let y0 = power_of_x(&f).conjugate();
	let y1 = squared(&y0);
	let y3 = squared(&y1).mul(&y1);
	let y4 = power_of_x(&y3).conjugate();
	let y6 = power_of_x(&squared(&y4));
	let y8 = y6.mul(&y4).mul(&y3.conjugate());
	let y9 = y8.mul(&y1);
	let y11 = y8.mul(&y4).mul(&f);
	let y13 = y9.frobenius(1).mul(&y11);
	let y14 = y8.frobenius(2).mul(&y13);
	Some(f.conjugate().mul(&y9).frobenius(3).mul(&y14))
}

/// The square of such an element.
pub(super) fn squared(f: &Fq12) -> Fq12 {
	let mut square = *f;
	square.cyclotomic_square();
	square
}

/// To the power of the curve's parameter, of an element whose order divides `q⁴ − q² + 1`.
fn power_of_x(f: &Fq12) -> Fq12 {
	let square = squared(f);
	let third = f.mul(&square);
	let fifth = third.mul(&square);
	let powers = [*f, third, fifth, fifth.mul(&square)];
	let mut power = *f;
	for digit in X_WIDE_DIGITS {
		power.cyclotomic_square();
		let Some(factor) = powers.get(digit.unsigned_abs() as usize / 2) else { continue };
		match digit.signum() {
			1 => power = power.mul(factor),
			-1 => power = power.mul(&factor.conjugate()),
			_ => {},
		}
	}
	power
}
