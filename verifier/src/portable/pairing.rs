//! The optimal ate pairing: Vercauteren, *Optimal pairings*, for Barreto–Naehrig curves.

use super::{
	curve::{Coordinate, G1, G2, TWIST_B},
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
	/// section 5, all coordinates times four.
	#[inline(never)]
	fn double(&mut self) -> Line {
		let (x, y, z) = (self.x, self.y, self.z);
		let (xx, yy, zz) = (x.square(), y.square(), z.square());
		let yz = y.mul(z);
		// 3b·z², thrice that, and what the tangent's slope is over.
		let e = Fq2::sum([(3, zz)]).mul(TWIST_B);
		let (sum, difference) = (Fq2::sum([(1, yy), (3, e)]), Fq2::sum([(1, yy), (-3, e)]));
		self.x = x.mul(y).mul(Fq2::sum([(2, difference)]));
		self.y = Fq2::sum([(1, sum.square()), (-12, e.square())]);
		self.z = yy.mul(Fq2::sum([(8, yz)]));
		Line {
			a: Fq2::sum([(-2, yz)]).scale(&self.p.y),
			b: Fq2::sum([(3, xx)]).scale(&self.p.x),
			c: (e - yy).fit(),
		}
	}

	/// Adds a point to the multiple; the line through both, in `p`.
	#[inline(never)]
	fn add(&mut self, q: &G2) -> Line {
		let (x, y, z) = (self.x, self.y, self.z);
		let theta = (y - q.y.mul(z)).fit();
		let lambda = (x - q.x.mul(z)).fit();
		let (c, d) = (theta.square(), lambda.square());
		let (e, f, g) = (lambda.mul(d), z.mul(c), x.mul(d));
		let h = Fq2::sum([(1, e), (1, f), (-2, g)]);
		self.x = lambda.mul(h);
		self.y = (theta.mul(g - h) - e.mul(y)).fit();
		self.z = z.mul(e);
		Line {
			a: lambda.scale(&self.p.y),
			b: (-theta).scale(&self.p.x),
			c: (theta.mul(q.x) - lambda.mul(q.y)).fit(),
		}
	}

	/// The last two lines, and whose point it is if that is not in G2.
	///
	/// The multiple is then `(6x + 2)q + ψ(q) − ψ²(q)`, which is `−ψ³(q)` for points of G2, and for no
	/// others of the twist: `ψ` is a root of `X² − tX + q`, whose resultant with
	/// `X³ − X² + X + 6x + 2` is a multiple of `r` without a divisor in common with the cofactor
	/// `2q − r`. That it is the multiple is so unless a point was added to itself or its opposite:
	/// `z` is then zero, and stays so, which no multiple of a point of G2 here is.
	fn last(&mut self) -> ([Line; 2], Option<usize>) {
		let first = self.q.endomorphism();
		let second = first.endomorphism().negated();
		let lines = [self.add(&first), self.add(&second)];
		let third = second.endomorphism();
		let (x, y) = (third.x.mul(self.z), third.y.mul(self.z));
		let is_in_g2 = !self.z.is_zero() && x == self.x && y == self.y;
		(lines, self.claim.filter(|_| !is_in_g2))
	}
}

/// The lines of a loop at the generator of G2, in points of G1.
struct Fixed {
	/// Of each point, `x/y` and `1/y`.
	points: Vec<(Fq, Fq)>,
	lines: core::slice::Iter<'static, [[u64; 4]; 4]>,
}

impl Fixed {
	/// The next lines, times `f`.
	fn next(&mut self, mut f: Fq12) -> Fq12 {
		if self.points.is_empty() {
			return f;
		}
		let Some([b0, b1, c0, c1]) = self.lines.next() else { return f };
		let b = Fq2 { c0: Fq::unpacked(b0), c1: Fq::unpacked(b1) };
		let c = Fq2 { c0: Fq::unpacked(c0), c1: Fq::unpacked(c1) };
		for (slope, constant) in &self.points {
			f = f.mul_fixed_line(&b.scale(slope), &c.scale(constant));
		}
		f
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
		f = f.square();
		for pair in &mut pairs {
			f = f.mul_line(&pair.double());
		}
		f = fixed.next(f);
		if digit == 0 {
			continue;
		}
		for pair in &mut pairs {
			let q = if digit > 0 { pair.q } else { pair.opposite };
			f = f.mul_line(&pair.add(&q));
		}
		f = fixed.next(f);
		if let Some(hint) = hint {
			f = f.mul_monic(&if digit > 0 { -*hint } else { *hint });
		}
	}
	for pair in &mut pairs {
		let (lines, outside) = pair.last();
		if let Some(claim) = outside {
			return Err(claim);
		}
		for line in lines {
			f = f.mul_line(&line);
		}
	}
	f = fixed.next(f);
	f = fixed.next(f);
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
	let y1 = y0.cyclotomic_square();
	let y3 = y1.cyclotomic_square().mul(&y1);
	let y4 = power_of_x(&y3).conjugate();
	let y6 = power_of_x(&y4.cyclotomic_square());
	let y8 = y6.mul(&y4).mul(&y3.conjugate());
	let y9 = y8.mul(&y1);
	let y11 = y8.mul(&y4).mul(&f);
	let y13 = y9.frobenius(1).mul(&y11);
	let y14 = y8.frobenius(2).mul(&y13);
	Some(f.conjugate().mul(&y9).frobenius(3).mul(&y14))
}

/// To the power of the curve's parameter, of an element whose order divides `q⁴ − q² + 1`.
fn power_of_x(f: &Fq12) -> Fq12 {
	let square = f.cyclotomic_square();
	let third = f.mul(&square);
	let fifth = third.mul(&square);
	let powers = [*f, third, fifth, fifth.mul(&square)];
	let mut power = *f;
	for digit in X_WIDE_DIGITS {
		power = power.cyclotomic_square();
		let Some(factor) = powers.get(digit.unsigned_abs() as usize / 2) else { continue };
		match digit.signum() {
			1 => power = power.mul(factor),
			-1 => power = power.mul(&factor.conjugate()),
			_ => {},
		}
	}
	power
}
