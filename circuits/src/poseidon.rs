//! Poseidon over the scalar field of BN254, with circomlib's parameters.
//!
//! The permutation of Grassi et al., *Poseidon: A New Hash Function for Zero-Knowledge Proof
//! Systems* (USENIX Security 2021), with S-box `x⁵`, 8 full rounds and as many partial rounds as
//! circomlib 2.0's `poseidon.circom` lists. Constants and matrices are what the Grain LFSR of the
//! paper's appendix E gives for 254 bits. As there, the hash of `n` elements is the first element
//! of the permutation of `(0, x₁, …, xₙ)`.

use crate::Element;
use ark_crypto_primitives::sponge::poseidon::find_poseidon_ark_and_mds;
use ark_ff::Zero;
use std::sync::OnceLock;

/// The most elements that one permutation takes.
pub const MAX_INPUTS: usize = 16;
/// Rounds with an S-box on every element, half of them first and half last.
pub(crate) const FULL_ROUNDS: usize = 8;
/// Rounds with one S-box, for 1 to 16 inputs.
const PARTIAL_ROUNDS: [usize; MAX_INPUTS] =
	[56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];

/// What a permutation of one width is made of.
#[derive(Debug)]
pub(crate) struct Parameters {
	/// By round, what is added to each element first.
	pub(crate) constants: Vec<Vec<Element>>,
	/// The matrix that ends a round.
	pub(crate) matrix: Vec<Vec<Element>>,
	/// Rounds with one S-box.
	pub(crate) partial_rounds: usize,
}

impl Parameters {
	/// The parameters for a number of inputs.
	///
	/// # Panics
	/// If there are none, or more than [`MAX_INPUTS`].
	pub(crate) fn of(inputs: usize) -> &'static Self {
		static ALL: [OnceLock<Parameters>; MAX_INPUTS] = [const { OnceLock::new() }; MAX_INPUTS];
		assert!((1..=MAX_INPUTS).contains(&inputs), "1 to 16 elements");
		ALL[inputs - 1].get_or_init(|| {
			let partial_rounds = PARTIAL_ROUNDS[inputs - 1];
			let (full, partial) = (FULL_ROUNDS as u64, partial_rounds as u64);
			let (constants, matrix) = find_poseidon_ark_and_mds(254, inputs, full, partial, 0);
			Self { constants, matrix, partial_rounds }
		})
	}

	/// Whether every element has an S-box in a round.
	pub(crate) fn is_full(&self, round: usize) -> bool {
		let half = FULL_ROUNDS / 2;
		round < half || round >= half + self.partial_rounds
	}

	/// Number of rounds.
	pub(crate) fn rounds(&self) -> usize {
		FULL_ROUNDS + self.partial_rounds
	}
}

/// The hash of 1 to 16 elements.
///
/// # Panics
/// If there are none, or more.
pub fn hash(inputs: &[Element]) -> Element {
	let parameters = Parameters::of(inputs.len());
	let mut state = vec![Element::zero()];
	state.extend_from_slice(inputs);
	for round in 0..parameters.rounds() {
		for (element, constant) in state.iter_mut().zip(&parameters.constants[round]) {
			*element += constant;
		}
		let boxes = if parameters.is_full(round) { state.len() } else { 1 };
		state.iter_mut().take(boxes).for_each(|element| *element = fifth_power(*element)[2]);
		let product = |row: &Vec<Element>| row.iter().zip(&state).map(|(m, x)| *m * x).sum();
		state = parameters.matrix.iter().map(product).collect();
	}
	state[0]
}

/// `x²`, `x⁴` and `x⁵`.
pub(crate) fn fifth_power(x: Element) -> [Element; 3] {
	let square = x * x;
	let fourth = square * square;
	[square, fourth, fourth * x]
}

#[cfg(test)]
mod tests {
	use super::*;
	use ark_ff::MontFp;

	#[test]
	fn agrees_with_circomlib() {
		// By circomlibjs 0.1.7.
		let of = |inputs: &[u64]| hash(&inputs.iter().map(|&x| x.into()).collect::<Vec<_>>());
		let expected: Element =
			MontFp!("7853200120776062878684798364095072458815029376092732009249414926327459813530");
		assert_eq!(of(&[1, 2]), expected);
		let expected: Element = MontFp!(
			"18586133768512220936620570745912940619677854269274689475585506675881198879027"
		);
		assert_eq!(of(&[1]), expected);
		let expected: Element =
			MontFp!("9989051620750914585850546081941653841776809718687451684622678807385399211877");
		assert_eq!(of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]), expected);
	}

	#[test]
	fn every_width_has_parameters() {
		for inputs in 1..=MAX_INPUTS {
			let parameters = Parameters::of(inputs);
			assert_eq!(parameters.constants.len(), parameters.rounds());
			assert_eq!(parameters.matrix.len(), inputs + 1);
		}
	}
}
