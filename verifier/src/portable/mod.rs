//! Arithmetic for WebAssembly, which multiplies 64 bits by 64 to 64: no carries, no wide products.

mod curve;
mod field;
mod generator;
mod pairing;
#[cfg(any(test, feature = "fixtures"))]
mod parts;
#[cfg(test)]
mod tests;
mod tower;

use crate::{
	engine::{Engine, Equation, ROOT},
	error::PointError,
	msm::{digits, interleave, odd_multiples, with_images, Digits, MULTIPLES},
};
use alloc::vec::Vec;
use ark_bn254::Fr;
use core::iter::repeat;
use curve::{is_on_curve, is_on_twist, Affine, Jacobian};
use field::Fq;
use pairing::{final_exponentiation, miller_loop};
use tower::{Fq12, Fq2, Fq6};

/// This crate's own arithmetic: fastest where 64 bits multiply to 64, as in WebAssembly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portable;

impl Engine for Portable {
	type G1 = curve::G1;
	type G2 = curve::G2;
	type Known = curve::G2;
	type Sum = Jacobian<Fq>;
	type Target = Fq12;
	type Hint = Fq6;

	fn g1(bytes: &[u8; 64]) -> Result<curve::G1, PointError> {
		let [x, y] = elements(bytes).ok_or(PointError::NonCanonical)?;
		match x.is_zero() && y.is_zero() {
			true => Err(PointError::AtInfinity),
			false => Ok(Affine { x, y }),
		}
	}

	fn g2(bytes: &[u8; 128]) -> Result<curve::G2, PointError> {
		let [x0, x1, y0, y1] = elements(bytes).ok_or(PointError::NonCanonical)?;
		let (x, y) = (Fq2 { c0: x0, c1: x1 }, Fq2 { c0: y0, c1: y1 });
		match x.is_zero() && y.is_zero() {
			true => Err(PointError::AtInfinity),
			false => Ok(Affine { x, y }),
		}
	}

	fn check_g1(point: &curve::G1) -> Result<(), PointError> {
		is_on_curve(point).then_some(()).ok_or(PointError::NotOnCurve)
	}

	fn check_twist(point: &curve::G2) -> Result<(), PointError> {
		is_on_twist(point).then_some(()).ok_or(PointError::NotOnCurve)
	}

	fn check_g2(point: &curve::G2) -> Result<(), PointError> {
		Self::check_twist(point)?;
		point.is_in_subgroup().then_some(()).ok_or(PointError::NotInSubgroup)
	}

	fn known(point: &curve::G2) -> curve::G2 {
		*point
	}

	fn same_x(a: &curve::G2, b: &curve::G2) -> bool {
		a.x == b.x
	}

	fn hint(bytes: &[u8; 192]) -> Option<Fq6> {
		elements(bytes).map(fq6)
	}

	fn target(bytes: &[u8; 384]) -> Option<Fq12> {
		let [a0, a1, a2, a3, a4, a5, b0, b1, b2, b3, b4, b5] = elements(bytes)?;
		let (c0, c1) = ([a0, a1, a2, a3, a4, a5], [b0, b1, b2, b3, b4, b5]);
		Some(Fq12 { c0: fq6(c0), c1: fq6(c1) })
	}

	fn target_bytes(element: &Fq12) -> [u8; 384] {
		let mut bytes = [0; 384];
		let halves = [element.c0, element.c1];
		let pairs = halves.iter().flat_map(|half| [half.c0, half.c1, half.c2]);
		let coefficients = pairs.flat_map(|pair| [pair.c0, pair.c1]);
		for (chunk, coefficient) in bytes.as_chunks_mut().0.iter_mut().zip(coefficients) {
			*chunk = coefficient.to_bytes();
		}
		bytes
	}

	fn sum(point: &curve::G1) -> Jacobian<Fq> {
		(*point).into()
	}

	fn plus(sum: Jacobian<Fq>, point: &curve::G1) -> Jacobian<Fq> {
		sum.plus_affine(point)
	}

	fn negated(sum: Jacobian<Fq>) -> Jacobian<Fq> {
		sum.negated()
	}

	fn sum_of_products(points: &[curve::G1], scalars: &[Fr]) -> Jacobian<Fq> {
		sum_of_multiples(&tables(points), &digits(scalars))
	}

	fn products(points: &[curve::G1], scalars: &[Fr]) -> Vec<Jacobian<Fq>> {
		let (tables, digits) = (tables(points), digits(scalars));
		let parts = tables.as_chunks::<2>().0.iter().zip(digits.as_chunks::<2>().0);
		parts.map(|(tables, digits)| sum_of_multiples(tables, digits)).collect()
	}

	fn product_of_powers(elements: &[Fq12], scalars: &[Fr]) -> Fq12 {
		let elements = elements.iter().copied();
		let multiples = odd_multiples(elements, pairing::squared, Fq12::mul);
		let tables = with_images(&multiples, |power| power.frobenius(2).frobenius(2));
		interleave(
			Fq12::ONE,
			&tables,
			&digits(scalars),
			Fq12::cyclotomic_square,
			|product, power, inverse| {
				*product = match inverse {
					false => product.mul(power),
					true => product.mul(&power.conjugate()),
				}
			},
		)
	}

	fn pairing(p: &curve::G1, q: &curve::G2) -> Option<Fq12> {
		let loops = miller_loops(&[], &[(Self::sum(p), q)], None).ok()?;
		Some(Self::product_of_powers(&[final_exponentiation(&loops)?], &[ROOT]))
	}

	fn holds(equation: &Equation<'_, Self>, hint: Option<&Fq6>) -> Result<bool, usize> {
		let Equation { unchecked, checked, target } = equation;
		let quotient = miller_loops(unchecked, checked, hint)?.mul(&target.conjugate());
		Ok(match hint {
			Some(_) => quotient.c1.is_zero() && !quotient.c0.is_zero(),
			None => final_exponentiation(&quotient) == Some(Fq12::ONE),
		})
	}
}

/// The product of the Miller loops of pairs, and of a hint's power: see [`miller_loop`].
///
/// # Errors
/// As [`Engine::holds`].
fn miller_loops(
	unchecked: &[(Jacobian<Fq>, curve::G2)],
	checked: &[(Jacobian<Fq>, &curve::G2)],
	hint: Option<&Fq6>,
) -> Result<Fq12, usize> {
	let outside = |(p, q): &(Jacobian<Fq>, curve::G2)| p.is_infinity() && !q.is_in_subgroup();
	let outside = unchecked.iter().position(outside);
	let claims = (0..unchecked.len()).map(Some).chain(repeat(None));
	let pairs = unchecked.iter().map(|(p, q)| (*p, q)).chain(checked.iter().copied()).zip(claims);
	let pairs = pairs.filter(|((p, _), _)| !p.is_infinity());
	let (fixed, others): (Vec<_>, Vec<_>) = pairs.partition(|((_, q), _)| **q == curve::GENERATOR);
	let fixed: Vec<_> = fixed.into_iter().map(|((p, _), _)| p).collect();
	let points: Vec<_> = others.iter().map(|((p, _), _)| *p).collect();
	let points = Jacobian::affine(&points).into_iter().zip(others);
	let pairs = points.filter_map(|(p, ((_, q), claim))| Some((p?, *q, claim))).collect();
	let product = miller_loop(pairs, Jacobian::fractions(&fixed), hint);
	// Of two claims, the first.
	match (product, outside) {
		(Err(claim), Some(other)) => Err(claim.min(other)),
		(Ok(_), Some(claim)) => Err(claim),
		(product, None) => product,
	}
}

fn fq6([a0, a1, b0, b1, c0, c1]: [Fq; 6]) -> Fq6 {
	let fq2 = |c0, c1| Fq2 { c0, c1 };
	Fq6 { c0: fq2(a0, a1), c1: fq2(b0, b1), c2: fq2(c0, c1) }
}

/// Reads `N` elements; `None` if one is not canonical.
fn elements<const N: usize, const BYTES: usize>(bytes: &[u8; BYTES]) -> Option<[Fq; N]> {
	const { assert!(BYTES == 32 * N) };
	let mut elements = [Fq::ZERO; N];
	for (element, chunk) in elements.iter_mut().zip(bytes.as_chunks().0) {
		*element = Fq::from_bytes(chunk)?;
	}
	Some(elements)
}

/// Odd multiples of points, and of their images. Those of a point on the curve are not at infinity.
fn tables(points: &[curve::G1]) -> Vec<[Option<curve::G1>; MULTIPLES]> {
	let points = points.iter().map(|point| Jacobian::from(*point));
	let multiples = odd_multiples(points, Jacobian::doubled, Jacobian::plus);
	with_images(&Jacobian::affine(&multiples), |multiple| multiple.map(|point| point.image()))
}

/// The sum of multiples that digits choose from tables.
fn sum_of_multiples(tables: &[[Option<curve::G1>; MULTIPLES]], digits: &[Digits]) -> Jacobian<Fq> {
	interleave(Jacobian::INFINITY, tables, digits, Jacobian::double, |sum, multiple, negative| {
		match (multiple, negative) {
			(Some(multiple), false) => sum.add(multiple),
			(Some(multiple), true) => sum.add(&multiple.negated()),
			(None, _) => {},
		}
	})
}
