//! Field elements and points as bytes: one encoding each.
//!
//! A field element is 32 bytes, little-endian, below its modulus. A point of G1 is `x‖y`, one of
//! G2 is `x.c0‖x.c1‖y.c0‖y.c1`, an element of Fq12 its twelve coefficients over Fq in the order
//! of the tower, one of Fq6 its six. The point at infinity has no encoding.

use crate::error::PointError;
use ark_bn254::{Fq, Fq12, Fq2, Fq6, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, BigInt, Field, PrimeField};

/// Encodes a scalar.
pub fn encode_scalar(scalar: &Fr) -> [u8; 32] {
	to_bytes(scalar.into_bigint())
}

/// Decodes a scalar; `None` unless it is below the field's order.
pub fn decode_scalar(bytes: &[u8; 32]) -> Option<Fr> {
	Fr::from_bigint(from_bytes(bytes))
}

/// Encodes a point of G1; `None` at infinity.
pub fn encode_g1(point: &G1Affine) -> Option<[u8; 64]> {
	point.xy().map(|(x, y)| join([x, y]))
}

/// Encodes a point of G2; `None` at infinity.
pub fn encode_g2(point: &G2Affine) -> Option<[u8; 128]> {
	point.xy().map(|(x, y)| join([x.c0, x.c1, y.c0, y.c1]))
}

/// Decodes a point of G1.
///
/// # Errors
/// Unless the coordinates are canonical, not both zero, and on the curve. There is no subgroup
/// to check: G1 has cofactor 1.
pub fn decode_g1(bytes: &[u8; 64]) -> Result<G1Affine, PointError> {
	let point = g1_coordinates(bytes)?;
	check_g1(&point)?;
	Ok(point)
}

/// Decodes a point of G2.
///
/// # Errors
/// Unless the coordinates are canonical, not all zero, on the curve, and of the right order.
pub fn decode_g2(bytes: &[u8; 128]) -> Result<G2Affine, PointError> {
	let point = g2_coordinates(bytes)?;
	check_g2(&point)?;
	Ok(point)
}

/// Decodes without asking whether the point is on the curve.
pub(crate) fn g1_coordinates(bytes: &[u8; 64]) -> Result<G1Affine, PointError> {
	let [x, y] = coordinates(bytes).ok_or(PointError::NonCanonical)?;
	let point = G1Affine::new_unchecked(x, y);
	if point.is_zero() {
		return Err(PointError::AtInfinity);
	}
	Ok(point)
}

/// Decodes without asking whether the point is on the curve or in the subgroup.
pub(crate) fn g2_coordinates(bytes: &[u8; 128]) -> Result<G2Affine, PointError> {
	let [x0, x1, y0, y1] = coordinates(bytes).ok_or(PointError::NonCanonical)?;
	let point = G2Affine::new_unchecked(Fq2::new(x0, x1), Fq2::new(y0, y1));
	if point.is_zero() {
		return Err(PointError::AtInfinity);
	}
	Ok(point)
}

/// Checks that a point of G1 is on the curve.
pub(crate) fn check_g1(point: &G1Affine) -> Result<(), PointError> {
	point.is_on_curve().then_some(()).ok_or(PointError::NotOnCurve)
}

/// Checks that a point is on the twist.
pub(crate) fn check_twist(point: &G2Affine) -> Result<(), PointError> {
	point.is_on_curve().then_some(()).ok_or(PointError::NotOnCurve)
}

/// Checks that a point of G2 is on the twist and of the right order.
pub(crate) fn check_g2(point: &G2Affine) -> Result<(), PointError> {
	check_twist(point)?;
	point.is_in_correct_subgroup_assuming_on_curve().then_some(()).ok_or(PointError::NotInSubgroup)
}

/// Encodes an element of the pairing's target field.
pub(crate) fn encode_target(element: &Fq12) -> [u8; 384] {
	coefficients::<12, 384, _>(element)
}

/// Encodes a hint: the six coefficients of an element of `Fq6`.
pub(crate) fn encode_hint(element: &Fq6) -> [u8; 192] {
	coefficients::<6, 192, _>(element)
}

fn coefficients<const N: usize, const BYTES: usize, F>(element: &F) -> [u8; BYTES]
where
	F: Field<BasePrimeField = Fq>,
{
	let mut coefficients = [Fq::ZERO; N];
	for (to, from) in coefficients.iter_mut().zip(element.to_base_prime_field_elements()) {
		*to = from;
	}
	join(coefficients)
}

/// Decodes a hint; `None` unless it is canonical.
pub(crate) fn decode_hint(bytes: &[u8; 192]) -> Option<Fq6> {
	Fq6::from_base_prime_field_elems(coordinates::<6, 192>(bytes)?)
}

/// Decodes an element of the pairing's target field; `None` unless it is canonical.
pub(crate) fn decode_target(bytes: &[u8; 384]) -> Option<Fq12> {
	Fq12::from_base_prime_field_elems(coordinates::<12, 384>(bytes)?)
}

/// Reads `N` field elements; `None` if one is not canonical.
pub(crate) fn coordinates<const N: usize, const BYTES: usize>(
	bytes: &[u8; BYTES],
) -> Option<[Fq; N]> {
	const { assert!(BYTES == 32 * N) };
	let mut elements = [Fq::ZERO; N];
	for (element, chunk) in elements.iter_mut().zip(bytes.as_chunks().0) {
		*element = Fq::from_bigint(from_bytes(chunk))?;
	}
	Some(elements)
}

/// Writes `N` field elements.
pub(crate) fn join<const N: usize, const BYTES: usize>(elements: [Fq; N]) -> [u8; BYTES] {
	const { assert!(BYTES == 32 * N) };
	let mut bytes = [0; BYTES];
	for (chunk, element) in bytes.as_chunks_mut().0.iter_mut().zip(elements) {
		*chunk = to_bytes(element.into_bigint());
	}
	bytes
}

pub(crate) fn from_bytes(bytes: &[u8; 32]) -> BigInt<4> {
	let mut limbs = [0; 4];
	for (limb, chunk) in limbs.iter_mut().zip(bytes.as_chunks().0) {
		*limb = u64::from_le_bytes(*chunk);
	}
	BigInt(limbs)
}

fn to_bytes(BigInt(limbs): BigInt<4>) -> [u8; 32] {
	let mut bytes = [0; 32];
	for (chunk, limb) in bytes.as_chunks_mut().0.iter_mut().zip(limbs) {
		*chunk = limb.to_le_bytes();
	}
	bytes
}
