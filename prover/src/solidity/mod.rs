//! A Solidity contract that verifies proofs under one key, and calls of it.
//!
//! The contract's function is that of snarkjs' contracts:
//! `verifyProof(uint256[2] _pA, uint256[2][2] _pB, uint256[2] _pC, uint256[N] _pubSignals)`. Without
//! public signals the last parameter is absent, for Solidity has no arrays of length 0.
//!
//! It accepts what [`zkml_verifier`] accepts: coordinates and signals that are canonical, points
//! that are in their groups and not at infinity, and
//! `e(−A, B)·e(α, β)·e(IC₀ + Σ sᵢ·ICᵢ, γ)·e(C, δ) = 1` (Groth 2016, section 3.2). Curve, subgroup
//! and pairing are the precompiles' work (EIP-196, EIP-197).
//!
//! Signals are written out one by one: a contract has no cheap way to read a table of points from
//! its own code. Each takes some 90 bytes of it, so the 128 that a key can have at most take half
//! of the 24,576 bytes that a contract can have (EIP-170).

use core::fmt::Display;
use sp_crypto_hashing::keccak_256;
use thiserror::Error;
use zkml_primitives::{Proof, Signal, VerifyingKey, G1, G2};
use zkml_verifier::{
	encoding::{decode_g1, decode_g2},
	KeyError, PointError, PreparedKey, RawKey,
};

/// The contract, with `$holes$` for what depends on the key.
const TEMPLATE: &str = include_str!("verifier.sol");

/// Longest name of a contract.
const MAX_NAME: usize = 64;

/// Why there is no contract.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SolidityError {
	/// The name is not one that is safe to put into a contract.
	#[error(
		"{0:?} cannot name a contract: at most {MAX_NAME} letters, digits and underscores, of \
		 which the first is a capital letter"
	)]
	Name(String),
	/// The key would not be accepted by a verifier.
	#[error("the verifying key is refused: {0}")]
	Key(#[from] KeyError),
}

/// A call of the contract's `verifyProof`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SolidityCall {
	/// The arguments as `snarkjs zkey export soliditycalldata` prints them: arrays of numbers of 64
	/// hexadecimal digits, in the order of the parameters.
	pub arguments: String,
	/// The call data, selector and 32-byte words, in hexadecimal with `0x` before it.
	pub data: String,
}

/// Writes the contract that verifies proofs under `key`, in Solidity 0.8.13 or newer.
///
/// `name` is the contract's: at most 64 ASCII letters, digits and underscores, the first of them a
/// capital, so that it can be no word of the language.
///
/// # Errors
/// [`SolidityError::Name`] for another name, [`SolidityError::Key`] for a key that
/// [`PreparedKey::validate`] refuses.
pub fn solidity(key: &VerifyingKey, name: &str) -> Result<String, SolidityError> {
	if !is_name(name) {
		return Err(SolidityError::Name(name.chars().take(MAX_NAME + 1).collect()));
	}
	let VerifyingKey { alpha, beta, gamma, delta, ic } = key;
	PreparedKey::validate(&RawKey { alpha, beta, gamma, delta, ic })?;
	let mut constants = String::new();
	g1(&mut constants, "ALPHA", alpha).map_err(KeyError::Alpha)?;
	g2(&mut constants, "BETA", beta).map_err(KeyError::Beta)?;
	g2(&mut constants, "GAMMA", gamma).map_err(KeyError::Gamma)?;
	g2(&mut constants, "DELTA", delta).map_err(KeyError::Delta)?;
	for (index, point) in (0..).zip(ic) {
		g1(&mut constants, &format!("IC{index}"), point)
			.map_err(|error| KeyError::Ic { index, error })?;
	}
	let signals = ic.len().saturating_sub(1);
	let (parameter, doc) = match signals {
		0 => Default::default(),
		_ => (
			format!(",\n        uint256[{signals}] calldata _pubSignals"),
			"    /// @param _pubSignals The public signals.\n",
		),
	};
	Ok(TEMPLATE
		.replace("$name$", name)
		.replace("$key$\n", &constants)
		.replace("$doc$", doc)
		.replace("$parameter$", &parameter)
		.replace("$signals$\n", &(1..=signals).map(add_term).collect::<String>()))
}

/// Writes the call that checks a proof: as text for a tool, and as bytes for a transaction.
///
/// Nothing is checked here: the contract says false to numbers and points that are none.
pub fn solidity_call(proof: &Proof, signals: &[Signal]) -> SolidityCall {
	// The encoding of G2 has the coefficient of 1 first, the precompiles that of u.
	let (elements, _) = proof.0.as_chunks();
	let words = [0, 1, 3, 2, 5, 4, 6, 7].map(|at| number(&elements[at]));
	let signals: Vec<_> = signals.iter().map(number).collect();
	let selector = hex::encode(selector(signals.len()));
	let data = format!("0x{selector}{}{}", words.concat(), signals.concat());

	let quoted = |word: &String| format!("\"0x{word}\"");
	let [ax, ay, bx1, bx0, by1, by0, cx, cy] = words.each_ref().map(quoted);
	let mut arguments = format!("[{ax}, {ay}],[[{bx1}, {bx0}],[{by1}, {by0}]],[{cx}, {cy}]");
	if !signals.is_empty() {
		let signals: Vec<_> = signals.iter().map(quoted).collect();
		arguments += &format!(",[{}]", signals.join(","));
	}
	SolidityCall { arguments, data }
}

fn is_name(name: &str) -> bool {
	name.len() <= MAX_NAME
		&& name.starts_with(|first: char| first.is_ascii_uppercase())
		&& name.chars().all(|other| other.is_ascii_alphanumeric() || other == '_')
}

/// The lines that add the share of one signal, counted from 1, to the sum.
///
/// The point goes through memory: were it given as arguments, the compiler's newer pipeline would
/// write out the function once per signal, and 128 of them would not fit.
fn add_term(index: usize) -> String {
	let signal = match index {
		1 => "_pubSignals".into(),
		_ => format!("add(_pubSignals, {:#x})", 32 * (index - 1)),
	};
	let indent = " ".repeat(16);
	format!(
		"{indent}mstore(termX, IC{index}_X)\n\
		 {indent}mstore(termY, IC{index}_Y)\n\
		 {indent}valid := and(valid, addTerm(sum, calldataload({signal})))\n"
	)
}

fn g1(constants: &mut String, name: &str, point: &G1) -> Result<(), PointError> {
	let point = decode_g1(point)?;
	*constants += &constant(&format!("{name}_X"), point.x);
	*constants += &constant(&format!("{name}_Y"), point.y);
	Ok(())
}

fn g2(constants: &mut String, name: &str, point: &G2) -> Result<(), PointError> {
	let point = decode_g2(point)?;
	*constants += &constant(&format!("{name}_X0"), point.x.c0);
	*constants += &constant(&format!("{name}_X1"), point.x.c1);
	*constants += &constant(&format!("{name}_Y0"), point.y.c0);
	*constants += &constant(&format!("{name}_Y1"), point.y.c1);
	Ok(())
}

fn constant(name: &str, value: impl Display) -> String {
	format!("    uint256 private constant {name} = {value};\n")
}

/// The first four bytes of the signature's hash, by which a contract knows its functions.
fn selector(signals: usize) -> [u8; 4] {
	let parameter = match signals {
		0 => String::new(),
		_ => format!(",uint256[{signals}]"),
	};
	let signature = format!("verifyProof(uint256[2],uint256[2][2],uint256[2]{parameter})");
	let [a, b, c, d, ..] = keccak_256(signature.as_bytes());
	[a, b, c, d]
}

/// Little-endian bytes as 64 hexadecimal digits.
fn number(bytes: &[u8; 32]) -> String {
	let mut bytes = *bytes;
	bytes.reverse();
	hex::encode(bytes)
}

#[cfg(test)]
mod tests {
	use super::*;
	use zkml_verifier::fixtures::Fixture;

	fn key(signals: u32) -> VerifyingKey {
		let key = Fixture::new(7, signals).key;
		VerifyingKey {
			alpha: key.alpha,
			beta: key.beta,
			gamma: key.gamma,
			delta: key.delta,
			ic: key.ic.try_into().unwrap(),
		}
	}

	#[test]
	fn a_contract_has_no_holes() {
		for signals in [0, 1, 128] {
			let contract = solidity(&key(signals), "Digits_2").unwrap();
			assert!(contract.contains("contract Digits_2 {\n"));
			assert!(!contract.contains('$'));
			assert!(contract.lines().all(|line| line.len() <= 120 && line == line.trim_end()));
			let added = contract.lines().filter(|line| line.contains("addTerm(sum, calldataload"));
			assert_eq!(added.count(), signals as usize);
			assert_eq!(contract.contains("_pubSignals"), signals > 0);
		}
	}

	#[test]
	fn names_must_be_capitalised_identifiers() {
		let long = "A".repeat(MAX_NAME + 1);
		let refused = [
			"", "a", "contract", "_A", "1A", "A-B", "A B", "A\n", "A{}", "É", "AÉ", "$key$", &long,
		];
		for name in refused {
			assert_eq!(solidity(&key(1), name), Err(SolidityError::Name(name.into())));
		}
		for name in ["A", "Groth16Verifier", &long[1..]] {
			assert!(solidity(&key(1), name).is_ok(), "{name}");
		}
	}

	#[test]
	fn keys_must_be_sound() {
		let refused = |damage: fn(&mut VerifyingKey)| {
			let mut key = key(1);
			damage(&mut key);
			solidity(&key, "A").unwrap_err()
		};
		assert_eq!(
			refused(|key| key.alpha = [0; 64]),
			KeyError::Alpha(PointError::AtInfinity).into()
		);
		assert_eq!(refused(|key| key.ic.clear()), KeyError::EmptyIc.into());
		assert_eq!(refused(|key| key.delta = key.gamma), KeyError::GammaEqualsDelta.into());
		assert_eq!(
			refused(|key| key.ic[1][0] ^= 1),
			KeyError::Ic { index: 1, error: PointError::NotOnCurve }.into()
		);
	}

	#[test]
	fn calls_are_written_as_by_snarkjs() {
		let mut proof = Proof([0; 256]);
		for (at, word) in (1..).zip(proof.0.as_chunks_mut::<32>().0) {
			word[0] = at;
		}
		let word = |value: u8| format!("{value:064x}");
		let call = solidity_call(&proof, &[[0xff; 32], [0; 32]]);
		assert_eq!(
			call.arguments,
			format!(
				r#"["0x{}", "0x{}"],[["0x{}", "0x{}"],["0x{}", "0x{}"]],["0x{}", "0x{}"],["0x{}","0x{}"]"#,
				word(1),
				word(2),
				word(4),
				word(3),
				word(6),
				word(5),
				word(7),
				word(8),
				"f".repeat(64),
				word(0),
			)
		);
		let words: String = [1, 2, 4, 3, 6, 5, 7, 8].map(word).concat();
		assert_eq!(call.data, format!("0xf5c9d69e{words}{}{}", "f".repeat(64), word(0)));
		// The selector of snarkjs' contracts for one public signal.
		assert!(solidity_call(&proof, &[[0; 32]]).data.starts_with("0x43753b4d"));
	}

	#[test]
	fn without_signals_there_is_no_last_argument() {
		let call = solidity_call(&Proof([0; 256]), &[]);
		assert_eq!(call.data.len(), 2 + 2 * (4 + 256));
		assert!(call.arguments.ends_with("\"]"));
		assert_eq!(call.arguments.matches('[').count(), 5);
	}
}
