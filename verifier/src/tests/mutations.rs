//! A statement that was changed anywhere does not hold any more.

use super::super::{hint, le_bytes, q, r};
use super::PreparedKey;
use crate::{
	encoding::{decode_g1, decode_g2, encode_g1, encode_g2, encode_scalar, from_bytes},
	fixtures::{Fixture, Key},
};
use ark_bn254::Fr;
use ark_ff::BigInteger;
use proptest::{
	prelude::*,
	sample::{select, Index},
	test_runner::{TestCaseError, TestRunner},
};
use std::thread;

/// Over all instances.
const MUTATIONS: u32 = 10_000;
/// Public signals of each instance.
const INSTANCES: [usize; 8] = [0, 1, 2, 2, 3, 4, 5, 9];

/// A key, as many signals as it has, a proof and a hint, one after the other.
#[derive(Clone, PartialEq)]
struct Statement {
	bytes: Vec<u8>,
	signals: usize,
}

impl Statement {
	fn new(seed: u64, signals: usize) -> Self {
		let fixture = Fixture::new(seed, signals as u32);
		// All different: equal ones could exchange their points.
		let values: Vec<_> =
			(1..=signals as u64).map(|j| encode_scalar(&-Fr::from(j * j * 1_000_003))).collect();
		let proof = fixture.prove(&values, seed);
		let hint = hint(&fixture.key, &values, &proof);
		let Key { alpha, beta, gamma, delta, ic } = &fixture.key;
		let parts: [&[u8]; 8] =
			[alpha, beta, gamma, delta, ic.as_flattened(), values.as_flattened(), &proof, &hint];
		Self { bytes: parts.concat(), signals }
	}

	fn proof(&self) -> usize {
		self.hint() - 256
	}

	fn hint(&self) -> usize {
		self.bytes.len() - 192
	}

	/// Where the points of G1 start.
	fn g1(&self) -> Vec<usize> {
		let ic = (0..=self.signals).map(|index| 448 + 64 * index);
		[0, self.proof(), self.proof() + 192].into_iter().chain(ic).collect()
	}

	/// Where the points of G2 start.
	fn g2(&self) -> Vec<usize> {
		vec![64, 192, 320, self.proof() + 64]
	}

	/// Whether it does by its hint, and without.
	fn holds(&self) -> [bool; 2] {
		let part = |start, end| &self.bytes[start..end];
		let signals = 448 + 64 * (self.signals + 1);
		let key = Key {
			alpha: part(0, 64).try_into().unwrap(),
			beta: part(64, 192).try_into().unwrap(),
			gamma: part(192, 320).try_into().unwrap(),
			delta: part(320, 448).try_into().unwrap(),
			ic: part(448, signals).as_chunks().0.to_vec(),
		};
		let proof = part(self.proof(), self.hint()).try_into().unwrap();
		let hint = part(self.hint(), self.bytes.len()).try_into().unwrap();
		let Ok(key) = PreparedKey::validate(&key.raw()) else { return [false; 2] };
		let signals = part(signals, self.proof()).as_chunks().0;
		[key.verify_hinted(signals, proof, hint).is_ok(), key.verify(signals, proof).is_ok()]
	}

	fn swap(&mut self, one: usize, other: usize, length: usize) {
		for at in 0..length {
			self.bytes.swap(one + at, other + at);
		}
	}
}

/// A way to change some of the bytes.
#[derive(Clone, Debug)]
enum Mutation {
	/// Inverts one bit.
	Flip(Index, u8),
	/// Replaces one byte.
	Replace(Index, u8),
	/// Exchanges two field elements, of whatever kind.
	SwapWords(Index, Index),
	/// Exchanges two points of G1.
	SwapG1(Index, Index),
	/// Exchanges two points of G2.
	SwapG2(Index, Index),
	/// Adds a modulus to a field element, at most so many times as 32 bytes have room for.
	Add(Index, [u8; 32], u8),
	/// Negates a point of G1.
	NegateG1(Index),
	/// Negates a point of G2.
	NegateG2(Index),
}

impl Mutation {
	fn any() -> impl Strategy<Value = Self> {
		let at = any::<Index>;
		prop_oneof![
			4 => (at(), 0..8u8).prop_map(|(at, bit)| Self::Flip(at, bit)),
			4 => (at(), any::<u8>()).prop_map(|(at, byte)| Self::Replace(at, byte)),
			4 => (at(), at()).prop_map(|(one, other)| Self::SwapWords(one, other)),
			1 => (at(), at()).prop_map(|(one, other)| Self::SwapG1(one, other)),
			1 => (at(), at()).prop_map(|(one, other)| Self::SwapG2(one, other)),
			4 => (at(), select(vec![q(), r()]), 1..6u8)
				.prop_map(|(at, modulus, times)| Self::Add(at, modulus, times)),
			1 => at().prop_map(Self::NegateG1),
			1 => at().prop_map(Self::NegateG2),
		]
	}

	fn apply(&self, statement: &mut Statement) {
		let words = statement.bytes.len() / 32;
		let (g1, g2) = (statement.g1(), statement.g2());
		match self {
			Self::Flip(at, bit) => *at.get_mut(&mut statement.bytes) ^= 1 << bit,
			Self::Replace(at, byte) => *at.get_mut(&mut statement.bytes) = *byte,
			Self::SwapWords(one, other) => {
				statement.swap(32 * one.index(words), 32 * other.index(words), 32);
			},
			Self::SwapG1(one, other) => statement.swap(*one.get(&g1), *other.get(&g1), 64),
			Self::SwapG2(one, other) => statement.swap(*one.get(&g2), *other.get(&g2), 128),
			Self::Add(at, modulus, times) => {
				let word = &mut statement.bytes.as_chunks_mut::<32>().0[at.index(words)];
				for _ in 0..*times {
					*word = sum(word, modulus).unwrap_or(*word);
				}
			},
			Self::NegateG1(at) => {
				let bytes = statement.bytes[*at.get(&g1)..].first_chunk_mut().unwrap();
				*bytes = encode_g1(&-decode_g1(bytes).unwrap()).unwrap();
			},
			Self::NegateG2(at) => {
				let bytes = statement.bytes[*at.get(&g2)..].first_chunk_mut().unwrap();
				*bytes = encode_g2(&-decode_g2(bytes).unwrap()).unwrap();
			},
		}
	}
}

/// The sum of two little-endian integers, where it has 32 bytes.
fn sum(one: &[u8; 32], other: &[u8; 32]) -> Option<[u8; 32]> {
	let [mut sum, other] = [one, other].map(from_bytes);
	let carry = sum.add_with_carry(&other);
	(!carry).then_some(le_bytes(sum.0))
}

fn refuses_mutations(seed: u64, signals: usize) {
	let statement = Statement::new(seed, signals);
	assert_eq!(statement.holds(), [true; 2]);
	let config = ProptestConfig {
		failure_persistence: None,
		max_global_rejects: MUTATIONS,
		..ProptestConfig::with_cases(MUTATIONS / INSTANCES.len() as u32)
	};
	let refuses = |mutation: Mutation| {
		let mut changed = statement.clone();
		mutation.apply(&mut changed);
		if changed == statement {
			return Err(TestCaseError::reject("nothing changed"));
		}
		let only_the_hint = changed.bytes[..changed.hint()] == statement.bytes[..changed.hint()];
		prop_assert_eq!(changed.holds(), [false, only_the_hint]);
		Ok(())
	};
	if let Err(error) = TestRunner::new(config).run(&Mutation::any(), refuses) {
		panic!("instance {seed}: {error}");
	}
}

#[test]
fn are_refused() {
	let instances: Vec<_> = (0..).zip(INSTANCES).collect();
	thread::scope(|scope| {
		for half in instances.chunks(INSTANCES.len() / 2) {
			scope.spawn(|| {
				half.iter().for_each(|(seed, signals)| refuses_mutations(*seed, *signals))
			});
		}
	});
}
