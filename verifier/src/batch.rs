//! Many proofs in one check.

use crate::{
	encoding::from_bytes,
	engine::{Engine, Equation},
	error::BatchError,
	key::PreparedKey,
	verify::{count, Decoded, OUTSIDE},
};
use alloc::{vec, vec::Vec};
use ark_bn254::{g1::Config, Fr};
use ark_ec::scalar_mul::glv::GLVConfig;
use ark_ff::{AdditiveGroup, BigInt};
use sp_crypto_hashing::blake2_256;

/// Sets the hash of a batch apart from every other.
const TAG: &[u8; 10] = b"zkml/batch";

/// One proof of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a, E: Engine> {
	/// A collision-resistant hash that covers the key, so that nobody can choose a key after the
	/// batch's coefficients. On chain, the model's id.
	pub id: &'a [u8; 32],
	/// The key.
	pub key: &'a PreparedKey<E>,
	/// The signals, as [`PreparedKey::verify`] takes them.
	pub signals: &'a [[u8; 32]],
	/// The proof, as [`PreparedKey::verify`] takes it.
	pub proof: &'a [u8; 256],
}

/// Checks that every proof of a batch shows its signals under its key.
///
/// Claim `i` asks whether `e(Aᵢ, Bᵢ) · e(−xᵢ, γ) · e(−Cᵢ, δ) / e(α, β)`, as in
/// [`PreparedKey::verify`], is one. The batch asks whether the product of their `rᵢ`-th powers
/// is, with one final exponentiation and with one pairing for all equal `γ`, one for all equal
/// `δ` and one for each `Bᵢ`:
///
/// `Π e(rᵢAᵢ, Bᵢ) · Π_γ e(−Σ rᵢxᵢ, γ) · Π_δ e(−Σ rᵢCᵢ, δ) = Π_αβ e(α, β)^Σ rᵢ`.
///
/// The coefficients are `rᵢ = aᵢ + bᵢ·λ`, where `λ = q⁴` modulo `r`, by which an endomorphism multiplies, and
/// `aᵢ` and `bᵢ` are the first and the second 64 bits of `blake2_256(seed ‖ i)`, where `seed` is the
/// `blake2_256` of a tag, the number of claims and, for each in order, its id, the number of its
/// signals, the signals and the proof, all integers as `u32`, little-endian.
///
/// # Soundness
/// All values lie in groups of the prime order `r`: of each `B`, that is checked by itself. With
/// all other coefficients fixed, a claim that does not hold leaves at most one residue mod `r`
/// for its own that makes the product one, and at most one of the `2^128` values it can take
/// (zero among them), which differ modulo `r`: where `a + b·λ` is zero and `a` and `b` are not, they are
/// longer than 64 bits, as the reduced basis in [`crate::lattice`] shows. With the hash as a random oracle a batch that holds a false claim thus
/// passes with probability at most `2^-128`, and after `n` attempts, each of which costs hashing
/// the batch anew, at most `n · 2^-128`. The coefficients need no randomness of the chain, but
/// they must depend on the keys, which is what [`Claim::id`] is for. Nothing else relies on it:
/// what is put together is compared by value.
///
/// # Errors
/// For the first claim that [`PreparedKey::verify`] would refuse for its form, why, but for a `B` outside
/// the subgroup; else for the first of those. Else [`BatchError::Invalid`] if any proof is invalid, which
/// does not say whose it is.
///
/// An empty batch claims nothing, and is accepted.
pub fn verify_batch<E: Engine>(claims: &[Claim<'_, E>]) -> Result<(), BatchError> {
	let decode = |(index, claim): (u32, &Claim<'_, E>)| {
		let decoded = claim.key.decode(claim.signals, claim.proof);
		decoded.map_err(|error| BatchError::Claim { index, error })
	};
	let decoded = (0..).zip(claims).map(decode).collect::<Result<Vec<_>, _>>()?;
	let terms: Vec<_> = claims
		.iter()
		.zip(decoded)
		.zip(coefficients(claims))
		.map(|((Claim { key, .. }, decoded), coefficient)| Term { key, coefficient, decoded })
		.collect();
	let statements: Vec<_> =
		groups(&terms, |term| term.key).into_iter().map(Statement::of).collect();

	let mut checked = Vec::new();
	for (gamma, statements) in groups(&statements, |statement| &statement.key.gamma) {
		checked.push((E::negated(weighted_signals(&statements)), gamma));
	}
	for (delta, terms) in groups(&terms, |term| &term.key.delta) {
		let (c, coefficients): (Vec<_>, Vec<_>) =
			terms.iter().map(|term| (term.decoded.c, term.coefficient)).unzip();
		checked.push((E::negated(E::sum_of_products(&c, &coefficients)), delta));
	}
	let (targets, exponents): (Vec<_>, Vec<_>) =
		groups(&statements, |statement| &statement.key.alpha_beta)
			.into_iter()
			.map(|(target, group)| (*target, group.iter().map(|part| part.weight).sum::<Fr>()))
			.unzip();
	let target = E::product_of_powers(&targets, &exponents);

	let unchecked = scaled_proofs(&terms);
	match E::holds(&Equation { unchecked: &unchecked, checked: &checked, target: &target }, None) {
		Ok(true) => Ok(()),
		Ok(false) => Err(BatchError::Invalid),
		Err(position) => Err(BatchError::Claim { index: count(position), error: OUTSIDE }),
	}
}

/// A claim of the right form, and its coefficient.
struct Term<'a, E: Engine> {
	key: &'a PreparedKey<E>,
	coefficient: Fr,
	decoded: Decoded<E>,
}

/// What all claims under one key have the key's points multiplied by.
struct Statement<'a, E: Engine> {
	key: &'a PreparedKey<E>,
	/// Of the constant: `Σ rᵢ`.
	weight: Fr,
	/// Of each signal `j`: `Σ rᵢ · sᵢⱼ`.
	scalars: Vec<Fr>,
}

impl<'a, E: Engine> Statement<'a, E> {
	fn of((key, terms): (&'a PreparedKey<E>, Vec<&Term<'a, E>>)) -> Self {
		let mut statement = Self { key, weight: Fr::ZERO, scalars: vec![Fr::ZERO; key.signals()] };
		for Term { coefficient, decoded, .. } in terms {
			statement.weight += coefficient;
			for (sum, scalar) in statement.scalars.iter_mut().zip(&decoded.scalars) {
				*sum += *coefficient * scalar;
			}
		}
		statement
	}
}

/// Every `rᵢ · Aᵢ` and `Bᵢ`.
fn scaled_proofs<E: Engine>(terms: &[Term<'_, E>]) -> Vec<(E::Sum, E::G2)> {
	let (a, coefficients): (Vec<_>, Vec<_>) =
		terms.iter().map(|term| (term.decoded.a, term.coefficient)).unzip();
	let b = terms.iter().map(|term| term.decoded.b);
	E::products(&a, &coefficients).into_iter().zip(b).collect()
}

/// `Σ rᵢ · xᵢ` of several keys.
fn weighted_signals<E: Engine>(statements: &[&Statement<'_, E>]) -> E::Sum {
	let (mut points, mut scalars): (Vec<E::G1>, Vec<Fr>) = Default::default();
	for Statement { key, weight, scalars: weights } in statements {
		points.push(key.constant);
		points.extend(&key.signals);
		scalars.push(*weight);
		scalars.extend(weights);
	}
	E::sum_of_products(&points, &scalars)
}

/// Puts together what has the same value by `part`, in order of appearance.
///
/// Every pair of groups is compared, which costs nothing next to a pairing for each.
fn groups<'a, T, K: PartialEq>(
	items: &'a [T],
	part: impl Fn(&'a T) -> &'a K,
) -> Vec<(&'a K, Vec<&'a T>)> {
	let mut groups: Vec<(&K, Vec<&T>)> = Vec::new();
	for item in items {
		let value = part(item);
		match groups.iter_mut().find(|(other, _)| *other == value) {
			Some((_, members)) => members.push(item),
			None => groups.push((value, vec![item])),
		}
	}
	groups
}

/// One coefficient for each claim.
pub(crate) fn coefficients<E: Engine>(claims: &[Claim<'_, E>]) -> impl Iterator<Item = Fr> {
	let mut preimage = TAG.to_vec();
	preimage.extend(count(claims.len()).to_le_bytes());
	for Claim { id, signals, proof, .. } in claims {
		preimage.extend(*id);
		preimage.extend(count(signals.len()).to_le_bytes());
		preimage.extend(signals.as_flattened());
		preimage.extend(*proof);
	}
	let seed = blake2_256(&preimage);
	(0u32..).map(move |index| {
		let mut preimage = seed.to_vec();
		preimage.extend(index.to_le_bytes());
		let BigInt([first, second, ..]) = from_bytes(&blake2_256(&preimage));
		Fr::from(first) + Config::LAMBDA * Fr::from(second)
	})
}
