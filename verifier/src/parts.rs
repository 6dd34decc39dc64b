//! What a verification consists of, to measure each by itself.

use crate::{
	encoding::{coordinates, join},
	engine::{quotient, Arkworks, Engine, Equation},
	error::VerifyError,
	key::PreparedKey,
	verify::{decode_proof, Decoded, Pairs},
};
use alloc::vec::Vec;
use ark_bn254::Bn254;
use ark_ec::pairing::{MillerLoopOutput, Pairing};
use core::iter::repeat_n;

/// An engine whose parts can be measured.
pub trait Parts: Engine {
	/// `a · bⁿ` in the field of coordinates, one multiplication after the other; `None` unless both are
	/// canonical.
	fn multiplications(a: &[u8; 32], b: &[u8; 32], n: usize) -> Option<[u8; 32]>;

	/// What the final exponentiation takes to one if an equation holds: the product of the Miller loops,
	/// and whether the points that are not checked are of G2.
	///
	/// # Errors
	/// As [`Engine::holds`].
	fn miller_loops(equation: &Equation<'_, Self>) -> Result<Self::Target, usize>;

	/// To the power of `2x(6x² + 3x + 1)(q¹² − 1)/r`; `None` of zero.
	fn final_exponentiation(element: &Self::Target) -> Option<Self::Target>;
}

impl Parts for Arkworks {
	fn multiplications(a: &[u8; 32], b: &[u8; 32], n: usize) -> Option<[u8; 32]> {
		let ([a], [b]) = (coordinates(a)?, coordinates(b)?);
		Some(join([repeat_n(b, n).fold(a, |product, factor| product * factor)]))
	}

	fn miller_loops(equation: &Equation<'_, Self>) -> Result<Self::Target, usize> {
		quotient(equation)
	}

	fn final_exponentiation(element: &Self::Target) -> Option<Self::Target> {
		Bn254::final_exponentiation(MillerLoopOutput(*element)).map(|value| value.0)
	}
}

/// What [`PreparedKey::verify`] asks about a proof: the product of three pairings.
pub struct Question<'a, E: Engine> {
	pairs: Pairs<'a, E>,
	target: &'a E::Target,
}

impl<'a, E: Engine> Question<'a, E> {
	/// What is asked about a proof of signals.
	///
	/// # Errors
	/// As [`PreparedKey::verify`], for the form of the proof.
	pub fn new(
		key: &'a PreparedKey<E>,
		signals: &[[u8; 32]],
		proof: &[u8; 256],
	) -> Result<Self, VerifyError> {
		let pairs = key.pairs(&key.decode(signals, proof)?);
		Ok(Self { pairs, target: &key.alpha_beta })
	}

	/// As an equation.
	pub fn equation(&self) -> Equation<'_, E> {
		let (unchecked, checked) = &self.pairs;
		Equation { unchecked, checked, target: self.target }
	}
}

/// `A`, `B` and `C` of a proof.
pub type Points<E> = (<E as Engine>::G1, <E as Engine>::G2, <E as Engine>::G1);

/// Decodes a proof, and checks that its points are on their curves: everything but whether `B` is of G2.
///
/// # Errors
/// As [`PreparedKey::verify`].
pub fn decode<E: Engine>(proof: &[u8; 256]) -> Result<Points<E>, VerifyError> {
	let Decoded { a, b, c, .. } = decode_proof::<E>(Vec::new(), proof)?;
	Ok((a, b, c))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{fixtures::Fixture, Portable};

	const SIGNALS: [[u8; 32]; 2] = [[1; 32], [2; 32]];

	fn multiplications_are<E: Parts>(n: usize, expected: u8) {
		let number = |number| {
			let mut bytes = [0; 32];
			bytes[0] = number;
			bytes
		};
		assert_eq!(E::multiplications(&number(3), &number(5), n), Some(number(expected)));
		assert_eq!(E::multiplications(&[0xff; 32], &number(5), n), None);
	}

	#[test]
	fn multiplications_follow_each_other() {
		for (n, expected) in [(0, 3), (1, 15), (2, 75)] {
			multiplications_are::<Arkworks>(n, expected);
			multiplications_are::<Portable>(n, expected);
		}
		let (a, b) = ([0x21; 32], [0x17; 32]);
		let expected = Arkworks::multiplications(&a, &b, 1_000);
		assert_eq!(Portable::multiplications(&a, &b, 1_000), expected);
	}

	fn shows<E: Parts>(fixture: &Fixture, signals: &[[u8; 32]], proof: &[u8; 256]) -> bool {
		let key = PreparedKey::<E>::validate(&fixture.key.raw()).unwrap();
		let question = Question::new(&key, signals, proof).unwrap();
		let value = E::miller_loops(&question.equation()).unwrap();
		let mut one = [0; 384];
		one[0] = 1;
		E::target_bytes(&E::final_exponentiation(&value).unwrap()) == one
	}

	fn parts_make_a_verification<E: Parts>() {
		let fixture = Fixture::usual(1, 2);
		let proof = fixture.prove(&SIGNALS, 1);
		assert!(shows::<E>(&fixture, &SIGNALS, &proof));
		assert!(!shows::<E>(&fixture, &[[1; 32], [3; 32]], &proof));
		assert!(decode::<E>(&proof).is_ok());
		let mut off_the_curve = proof;
		off_the_curve[255] ^= 1;
		assert!(decode::<E>(&off_the_curve).is_err());
	}

	#[test]
	fn parts_make_a_verification_in_both_engines() {
		parts_make_a_verification::<Arkworks>();
		parts_make_a_verification::<Portable>();
	}
}
