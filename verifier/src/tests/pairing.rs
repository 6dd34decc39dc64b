//! Decoding and pairing agree with Ethereum's reference implementation.
//!
//! `vectors/make.py` made the vectors with it, and describes their format.

use crate::{
	engine::{Arkworks, Engine, Equation},
	PointError, Portable,
};
use std::collections::BTreeMap;

const VECTORS: &str = include_str!("vectors/pairing.txt");

/// Decodes a pair from the encoding of EIP-197.
fn decode<E: Engine>(pair: &[u8; 192]) -> (Result<E::G1, PointError>, Result<E::G2, PointError>) {
	let mut words: [[u8; 32]; 6] = pair.as_chunks().0.try_into().unwrap();
	words.iter_mut().for_each(|word| word.reverse());
	let [x, y, x_imaginary, x_real, y_imaginary, y_real] = words;
	let g1 = [x, y].concat().try_into().unwrap();
	let g2 = [x_real, x_imaginary, y_real, y_imaginary].concat().try_into().unwrap();
	let g1 = E::g1(&g1).and_then(|point| E::check_g1(&point).map(|()| point));
	let g2 = E::g2(&g2).and_then(|point| E::check_g2(&point).map(|()| point));
	(g1, g2)
}

/// What this crate makes of the pairs, in the words of the vectors.
fn outcome<E: Engine>(pairs: &[[u8; 192]]) -> &'static str {
	let refusal = |error| match error {
		PointError::NonCanonical => "coordinate",
		PointError::NotOnCurve => "curve",
		PointError::NotInSubgroup => "subgroup",
		PointError::AtInfinity => "infinity",
	};
	let decode = |pair| match decode::<E>(pair) {
		// Infinity is refused here by design, while EIP-197 allows it. Its pairing with
		// anything is one, so that the rest must agree.
		(Err(PointError::AtInfinity), Ok(_) | Err(PointError::AtInfinity))
		| (Ok(_), Err(PointError::AtInfinity)) => Ok(None),
		(a, b) => Ok(Some((a?, b?))),
	};
	match pairs.iter().map(decode).collect::<Result<Vec<_>, _>>() {
		Err(error) => refusal(error),
		Ok(pairs) => {
			let pairs: Vec<_> = pairs.into_iter().flatten().map(|(a, b)| (E::sum(&a), b)).collect();
			let one = E::product_of_powers(&[], &[]);
			// Points of G2 may be those of a claim, or of a key.
			let (unchecked, checked) = pairs.split_at(pairs.len() / 2);
			let checked: Vec<_> = checked.iter().map(|(a, b)| (*a, E::known(b))).collect();
			let checked: Vec<_> = checked.iter().map(|(a, b)| (*a, b)).collect();
			let checked = &checked;
			match E::holds(&Equation { unchecked, checked, target: &one }, None) {
				Ok(true) => "one",
				Ok(false) => "other",
				Err(position) => panic!("point {position} is of G2"),
			}
		},
	}
}

#[test]
fn agrees_with_the_vectors_of_eip_197() {
	let mut seen = BTreeMap::<_, u32>::new();
	for line in VECTORS.lines().filter(|line| !line.starts_with('#')) {
		let [name, expected, hex] =
			line.split(' ').collect::<Vec<_>>().try_into().expect("three parts");
		let digits = hex.as_bytes().as_chunks::<2>().0.iter();
		let byte = |digits: &[u8; 2]| {
			u8::from_str_radix(core::str::from_utf8(digits).unwrap(), 16).unwrap()
		};
		let bytes: Vec<_> = digits.map(byte).collect();
		let (pairs, rest) = bytes.as_chunks();
		assert!(rest.is_empty() && !pairs.is_empty(), "{name}");
		assert_eq!(outcome::<Arkworks>(pairs), expected, "{name}");
		assert_eq!(outcome::<Portable>(pairs), expected, "{name}");
		let refused = pairs
			.iter()
			.map(decode::<Portable>)
			.any(|(a, b)| a.err().or(b.err()) == Some(PointError::AtInfinity));
		assert_eq!(refused, name.starts_with("infinity"), "{name}");
		*seen.entry(expected).or_default() += 1;
	}
	let seen: Vec<_> = seen.into_iter().collect();
	let expected = [("coordinate", 30), ("curve", 9), ("one", 15), ("other", 10), ("subgroup", 7)];
	assert_eq!(seen, expected);
}
