//! The arithmetic of the curve, in two implementations.

use crate::{
	encoding::{
		check_g1, check_g2, check_twist, decode_hint, decode_target, encode_hint, encode_target,
		g1_coordinates, g2_coordinates,
	},
	error::PointError,
	msm::{digits, interleave, odd_multiples, with_images, Digits, MULTIPLES},
	residue,
};
use alloc::vec::Vec;
use ark_bn254::{Bn254, Fq12, Fq6, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{
	pairing::{MillerLoopOutput, Pairing, PairingOutput},
	scalar_mul::glv::GLVConfig,
	AffineRepr, CurveGroup,
};
use ark_ff::{AdditiveGroup, Field, MontFp};
use core::{
	fmt::Debug,
	ops::{AddAssign, SubAssign},
};

/// What verification computes with.
pub trait Engine: Copy + Debug + Eq + 'static {
	/// A pair of coordinates, not at infinity; one of G1, once it is checked.
	type G1: Copy + Debug + Eq;
	/// A pair of coordinates, not at infinity; one of G2, once it is checked.
	type G2: Copy + Debug + Eq;
	/// A point of G2 that many points are paired with, and what can be known of it beforehand.
	type Known: Clone + Debug + Eq;
	/// A sum of multiples of points of G1.
	type Sum: Copy;
	/// A value of the pairing, as its [`ROOT`]-th power.
	type Target: Copy + Debug + Eq;
	/// What [`Self::holds`] can be told to spare it the final exponentiation.
	type Hint: Copy + Debug;

	/// Decodes coordinates.
	///
	/// # Errors
	/// If one is not canonical, or all are zero.
	fn g1(bytes: &[u8; 64]) -> Result<Self::G1, PointError>;

	/// Decodes coordinates.
	///
	/// # Errors
	/// If one is not canonical, or all are zero.
	fn g2(bytes: &[u8; 128]) -> Result<Self::G2, PointError>;

	/// Checks that a point is one of G1.
	///
	/// # Errors
	/// If it is not on the curve.
	fn check_g1(point: &Self::G1) -> Result<(), PointError>;

	/// Checks that a point is on the twist, of which G2 is a part.
	///
	/// # Errors
	/// If it is not.
	fn check_twist(point: &Self::G2) -> Result<(), PointError>;

	/// Checks that a point is one of G2.
	///
	/// # Errors
	/// If it is not on the twist, or not of the right order.
	fn check_g2(point: &Self::G2) -> Result<(), PointError>;

	/// Prepares a point of G2, or one that a caller answers for.
	fn known(point: &Self::G2) -> Self::Known;

	/// Whether a point is another, or its opposite.
	fn same_x(a: &Self::G2, b: &Self::G2) -> bool;

	/// Decodes a hint; `None` unless it is canonical.
	fn hint(bytes: &[u8; 192]) -> Option<Self::Hint>;

	/// Decodes an element of the field that the target group is in; `None` unless it is canonical.
	fn target(bytes: &[u8; 384]) -> Option<Self::Target>;

	/// Encodes an element of the target group.
	fn target_bytes(element: &Self::Target) -> [u8; 384];

	/// A point as a sum.
	fn sum(point: &Self::G1) -> Self::Sum;

	/// A sum and a point.
	fn plus(sum: Self::Sum, point: &Self::G1) -> Self::Sum;

	/// The opposite of a sum.
	fn negated(sum: Self::Sum) -> Self::Sum;

	/// `Σ scalarᵢ · pointᵢ`, for as many as both have.
	fn sum_of_products(points: &[Self::G1], scalars: &[Fr]) -> Self::Sum;

	/// Each `scalarᵢ · pointᵢ`, for as many as both have.
	fn products(points: &[Self::G1], scalars: &[Fr]) -> Vec<Self::Sum>;

	/// `Π elementᵢ^scalarᵢ`, for as many as both have. Elements outside the group make nonsense, but no
	/// panic.
	fn product_of_powers(elements: &[Self::Target], scalars: &[Fr]) -> Self::Target;

	/// The value of a pairing; `None`, or nonsense, where a point is not of its group.
	fn pairing(p: &Self::G1, q: &Self::G2) -> Option<Self::Target>;

	/// Whether an equation holds.
	///
	/// A hint makes it cheaper. There are some for each equation that holds ([`hint`]), and none for
	/// any other; with a wrong one, the equation is said not to hold.
	///
	/// # Errors
	/// The position of the first of [`Equation::unchecked`] that is not of G2.
	fn holds(equation: &Equation<'_, Self>, hint: Option<&Self::Hint>) -> Result<bool, usize>;
}

/// `Π e(pᵢ, qᵢ) = target`. A pair of which `p` is at infinity counts for nothing.
#[derive(Clone, Copy, Debug)]
pub struct Equation<'a, E: Engine> {
	/// Pairs of which `q` is on the twist.
	pub unchecked: &'a [(E::Sum, E::G2)],
	/// Pairs of which `q` is of G2.
	pub checked: &'a [(E::Sum, &'a E::Known)],
	/// The value. Elements outside the group make nonsense, but no panic.
	pub target: &'a E::Target,
}

/// The power that stands for a value of the pairing, modulo the order of the groups: the inverse of
/// `2x(6x² + 3x + 1)(q¹² − 1)/r`, to whose power the final exponentiation takes.
///
/// So the final exponentiation takes to one whatever is the quotient of two elements that stand for the
/// same value.
pub(crate) const ROOT: Fr =
	MontFp!("19783604134162421835548455461678642789546272015047323196906755787473569281630");

/// Arkworks: fastest where 64 bits multiply to 128.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arkworks;

impl Engine for Arkworks {
	type G1 = G1Affine;
	type G2 = G2Affine;
	type Known = KnownPoint;
	type Sum = G1Projective;
	type Target = Fq12;
	type Hint = Fq6;

	fn g1(bytes: &[u8; 64]) -> Result<G1Affine, PointError> {
		g1_coordinates(bytes)
	}

	fn g2(bytes: &[u8; 128]) -> Result<G2Affine, PointError> {
		g2_coordinates(bytes)
	}

	fn check_g1(point: &G1Affine) -> Result<(), PointError> {
		check_g1(point)
	}

	fn check_twist(point: &G2Affine) -> Result<(), PointError> {
		check_twist(point)
	}

	fn check_g2(point: &G2Affine) -> Result<(), PointError> {
		check_g2(point)
	}

	fn known(point: &G2Affine) -> KnownPoint {
		KnownPoint { point: *point, lines: (*point).into() }
	}

	fn same_x(a: &G2Affine, b: &G2Affine) -> bool {
		a.x == b.x
	}

	fn hint(bytes: &[u8; 192]) -> Option<Fq6> {
		decode_hint(bytes)
	}

	fn target(bytes: &[u8; 384]) -> Option<Fq12> {
		decode_target(bytes)
	}

	fn target_bytes(element: &Fq12) -> [u8; 384] {
		encode_target(element)
	}

	fn sum(point: &G1Affine) -> G1Projective {
		point.into_group()
	}

	fn plus(sum: G1Projective, point: &G1Affine) -> G1Projective {
		sum + point
	}

	fn negated(sum: G1Projective) -> G1Projective {
		-sum
	}

	fn sum_of_products(points: &[G1Affine], scalars: &[Fr]) -> G1Projective {
		sum_of_multiples(&affine_tables(points), &digits(scalars))
	}

	fn products(points: &[G1Affine], scalars: &[Fr]) -> Vec<G1Projective> {
		let (tables, digits) = (affine_tables(points), digits(scalars));
		let parts = tables.as_chunks::<2>().0.iter().zip(digits.as_chunks::<2>().0);
		parts.map(|(tables, digits)| sum_of_multiples(tables, digits)).collect()
	}

	fn product_of_powers(elements: &[Fq12], scalars: &[Fr]) -> Fq12 {
		let elements = elements.iter().copied().map(PairingOutput::<Bn254>);
		let multiples = odd_multiples(elements, AdditiveGroup::double, |a, b| *a + b);
		// Squaring as in the group takes some elements outside to zero, which has no inverse.
		if multiples.iter().any(|multiple| multiple.0 == Fq12::ZERO) {
			return Fq12::ZERO;
		}
		let tables = with_images(&multiples, |multiple| {
			let mut image = *multiple;
			image.0.frobenius_map_in_place(4);
			image
		});
		let product: PairingOutput<_> = sum_of_multiples(&tables, &digits(scalars));
		product.0
	}

	fn pairing(p: &G1Affine, q: &G2Affine) -> Option<Fq12> {
		let value = Bn254::final_exponentiation(Bn254::multi_miller_loop([*p], [*q]))?;
		Some(Self::product_of_powers(&[value.0], &[ROOT]))
	}

	fn holds(equation: &Equation<'_, Self>, hint: Option<&Fq6>) -> Result<bool, usize> {
		let quotient = quotient(equation)?;
		Ok(match hint {
			Some(hint) => residue::is_shown(&quotient, hint),
			None => is_one(&quotient),
		})
	}
}

/// A point, and the lines of a Miller loop at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPoint {
	point: G2Affine,
	lines: <Bn254 as Pairing>::G2Prepared,
}

/// What the final exponentiation takes to one if the equation holds.
///
/// # Errors
/// As [`Engine::holds`].
pub(crate) fn quotient(equation: &Equation<'_, Arkworks>) -> Result<Fq12, usize> {
	let Equation { unchecked, checked, target } = equation;
	let outside = |(_, q): &(_, G2Affine)| !q.is_in_correct_subgroup_assuming_on_curve();
	match unchecked.iter().position(outside) {
		Some(position) => Err(position),
		None => {
			// The Miller loop leaves a pair out of which a point is at infinity.
			let (mut p, mut lines): (Vec<_>, Vec<<Bn254 as Pairing>::G2Prepared>) =
				unchecked.iter().map(|(p, q)| (*p, (*q).into())).unzip();
			for (sum, known) in *checked {
				p.push(*sum);
				lines.push(known.lines.clone());
			}
			let p = G1Projective::normalize_batch(&p);
			Ok(Bn254::multi_miller_loop(p, lines).0 * conjugate(target))
		},
	}
}

/// The hint for an equation; `None` unless it holds, or where there is none, at odds of one in `2^1268`.
///
/// # Errors
/// As [`Engine::holds`].
pub(crate) fn hint(equation: &Equation<'_, Arkworks>) -> Result<Option<[u8; 192]>, usize> {
	let quotient = quotient(equation)?;
	let hint = is_one(&quotient).then(|| residue::of(&quotient)).flatten();
	Ok(hint.as_ref().map(encode_hint))
}

/// Whether the final exponentiation takes an element to one.
fn is_one(quotient: &Fq12) -> bool {
	let value = Bn254::final_exponentiation(MillerLoopOutput(*quotient));
	value.is_some_and(|value| value.0 == Fq12::ONE)
}

/// To the power of `q⁶`.
fn conjugate(element: &Fq12) -> Fq12 {
	Fq12::new(element.c0, -element.c1)
}

/// The sum of multiples that digits choose from tables.
fn sum_of_multiples<G, T>(tables: &[[T; MULTIPLES]], digits: &[Digits]) -> G
where
	G: AdditiveGroup + for<'a> AddAssign<&'a T> + for<'a> SubAssign<&'a T>,
{
	let double = |sum: &mut G| {
		sum.double_in_place();
	};
	interleave(G::ZERO, tables, digits, double, |sum, multiple, negative| match negative {
		false => *sum += multiple,
		true => *sum -= multiple,
	})
}

fn affine_tables(points: &[G1Affine]) -> Vec<[G1Affine; MULTIPLES]> {
	let points = points.iter().map(|point| point.into_group());
	let multiples = odd_multiples(points, AdditiveGroup::double, |a, b| *a + b);
	with_images(&G1Projective::normalize_batch(&multiples), GLVConfig::endomorphism_affine)
}
