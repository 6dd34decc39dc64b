//! Keys whose secret is known, and proofs of anything under them: for tests and benchmarks.
//!
//! Who knows the exponents of a key needs no circuit: any `a` and `b` give a valid proof with
//! `c = (a·b − α·β − γ·x) / δ`.

use crate::{
	encoding::{encode_g1, encode_g2, encode_scalar},
	engine::{Arkworks, Engine},
	error::KeyError,
	key::{PreparedKey, RawKey},
	msm::{digits, Digits},
};
use alloc::vec::Vec;
use ark_bn254::{g1::Config, Fr, G1Affine, G2Affine};
use ark_ec::{scalar_mul::glv::GLVConfig, AffineRepr};
use ark_ff::{BigInteger, Field, MontFp, PrimeField};

/// A key with its secret.
#[derive(Clone, Debug)]
pub struct Fixture {
	/// The exponents of `[α]₁`, `[β]₂`, `[γ]₂` and `[δ]₂`.
	secret: [Fr; 4],
	/// The exponents of `ic`.
	ic: Vec<Fr>,
	/// The key.
	pub key: Key,
	/// It, to make hints.
	prepared: Option<PreparedKey<Arkworks>>,
}

/// A verifying key that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
	/// `[α]₁`.
	pub alpha: [u8; 64],
	/// `[β]₂`.
	pub beta: [u8; 128],
	/// `[γ]₂`.
	pub gamma: [u8; 128],
	/// `[δ]₂`.
	pub delta: [u8; 128],
	/// One point for the constant one, then one per public signal.
	pub ic: Vec<[u8; 64]>,
}

/// What two keys can have in common.
///
/// Keys of one ceremony share `α` and `β`, and all keys that snarkjs makes share `γ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
	/// `[α]₁` and `[β]₂`.
	AlphaBeta,
	/// `[γ]₂`.
	Gamma,
	/// `[δ]₂`.
	Delta,
}

impl Key {
	/// The key, borrowed.
	pub fn raw(&self) -> RawKey<'_> {
		let Self { alpha, beta, gamma, delta, ic } = self;
		RawKey { alpha, beta, gamma, delta, ic }
	}
}

/// Prepares a key of which only the points are kept: computes `e(α, β)`, and checks nothing but the
/// encoding. To compare with what keeping the pairing saves.
///
/// # Errors
/// As [`PreparedKey::from_validated`].
pub fn prepare_without_pairing<E: Engine>(key: &RawKey<'_>) -> Result<PreparedKey<E>, KeyError> {
	let alpha = E::g1(key.alpha).map_err(KeyError::Alpha)?;
	let beta = E::g2(key.beta).map_err(KeyError::Beta)?;
	let pairing = E::pairing(&alpha, &beta).ok_or(KeyError::AlphaBeta)?;
	PreparedKey::from_validated(key, &E::target_bytes(&pairing))
}

impl Fixture {
	/// Makes a key for `signals` public signals; another seed gives another key.
	pub fn new(seed: u64, signals: u32) -> Self {
		let mut scalars = scalars(seed);
		let mut secret = [Fr::ONE; 4];
		for (exponent, scalar) in secret.iter_mut().zip(&mut scalars) {
			*exponent = scalar;
		}
		Self::from_exponents(secret, scalars.take(signals as usize + 1).collect())
	}

	/// As [`Self::new`], but with the generator for `γ`, as `zkml setup` and snarkjs have it.
	pub fn usual(seed: u64, signals: u32) -> Self {
		let Self { secret: [alpha, beta, _, delta], ic, .. } = Self::new(seed, signals);
		Self::from_exponents([alpha, beta, Fr::ONE, delta], ic)
	}

	/// As [`Self::new`], but with `parts` of this key.
	pub fn sharing(&self, parts: &[Part], seed: u64, signals: u32) -> Self {
		let Self { mut secret, ic, .. } = Self::new(seed, signals);
		let shared = [Part::AlphaBeta, Part::AlphaBeta, Part::Gamma, Part::Delta];
		for ((own, other), part) in secret.iter_mut().zip(self.secret).zip(shared) {
			if parts.contains(&part) {
				*own = other;
			}
		}
		Self::from_exponents(secret, ic)
	}

	fn from_exponents(secret: [Fr; 4], ic: Vec<Fr>) -> Self {
		let [alpha, beta, gamma, delta] = secret;
		let key = Key {
			alpha: g1(alpha),
			beta: g2(beta),
			gamma: g2(gamma),
			delta: g2(delta),
			ic: ic.iter().copied().map(g1).collect(),
		};
		let prepared = PreparedKey::validate(&key.raw()).ok();
		Self { secret, ic, key, prepared }
	}

	/// Makes a valid proof of `signals`; another seed gives another proof of the same.
	///
	/// Signals are reduced where they are not canonical, and missing ones count as zero: that a
	/// verifier refuses both is not the proof's doing.
	pub fn prove(&self, signals: &[[u8; 32]], seed: u64) -> [u8; 256] {
		let mut scalars = scalars(!seed);
		self.prove_by(signals, [(); 2].map(|()| scalars.next().unwrap_or(Fr::ONE)))
	}

	/// The same with exponents of `A` and `B`, which are not zero.
	pub fn prove_by(&self, signals: &[[u8; 32]], [a, b]: [Fr; 2]) -> [u8; 256] {
		let [alpha, beta, gamma, delta] = self.secret;
		let one = [Fr::ONE];
		let values = signals.iter().map(|signal| Fr::from_le_bytes_mod_order(signal));
		let x: Fr = one.into_iter().chain(values).zip(&self.ic).map(|(value, ic)| value * ic).sum();
		let c = (a * b - alpha * beta - gamma * x) * delta.inverse().unwrap_or(Fr::ONE);
		let mut proof = [0; 256];
		let bytes = g1(a).into_iter().chain(g2(b)).chain(g1(c));
		for (to, from) in proof.iter_mut().zip(bytes) {
			*to = from;
		}
		proof
	}

	/// The hint of a proof that holds; zeros for any other.
	pub fn hint(&self, signals: &[[u8; 32]], proof: &[u8; 256]) -> [u8; 192] {
		let hint = self.prepared.as_ref().and_then(|key| key.hint(signals, proof).ok());
		hint.unwrap_or([0; 192])
	}
}

/// A scalar below `2^bits`, of at least 240 bits, which is dear to multiply by: of both its halves
/// ([`crate::lattice`]) every digit that can be is other than zero, all but the highest are negative, and
/// that one is as high as it can be.
pub fn dense(bits: u32) -> [u8; 32] {
	let half = |mut seed: u64| {
		let half = (0..31).fold(Fr::ONE, |half, _| {
			seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
			// One, three, five or seven.
			half * Fr::from(16) - Fr::from(seed >> 62 << 1 | 1)
		});
		half * Fr::from(4)
	};
	let scalar = |seed| half(seed) + Config::LAMBDA * half(!seed);
	// Halves that are too long come out as others.
	let all_of_them = |digits: &Digits| digits.iter().filter(|digit| **digit != 0).count() == 32;
	let dear = |scalar: &Fr| {
		scalar.into_bigint().num_bits() <= bits && digits(&[*scalar]).iter().all(all_of_them)
	};
	encode_scalar(&(0..).map(scalar).find(dear).unwrap_or_default())
}

/// Scalars without pattern: powers of 5 that start where the seed says.
fn scalars(seed: u64) -> impl Iterator<Item = Fr> {
	const STEP: Fr = MontFp!("5");
	let start = STEP.pow([seed, seed, seed, 1]);
	core::iter::successors(Some(start), |scalar| Some(scalar.square() * scalar + STEP))
}

/// No exponent here is zero, but for odds of one in `2^253`.
fn g1(exponent: Fr) -> [u8; 64] {
	encode_g1(&(G1Affine::generator() * exponent).into()).unwrap_or([0; 64])
}

/// As [`g1`].
fn g2(exponent: Fr) -> [u8; 128] {
	encode_g2(&(G2Affine::generator() * exponent).into()).unwrap_or([0; 128])
}
