//! Verification of a key: that it is the circuit's, from these powers of τ, with a δ to which every
//! contribution added.

use super::{
	blake2b::Blake2b,
	contribution::Origin,
	knowledge::{hash_to_g2, plain_g1, same_ratio},
	phase1::{beacon, successive},
	phase2::{draw, KeyContribution, Transcript},
	ptau::{Ptau, POWERS},
	random::Random,
	verify1::extra_holds,
	CeremonyError, Fault,
};
use crate::{
	curve::One,
	progress::Progress,
	zkey::{Header, Zkey, KIND},
};
use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{FftField, Zero};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};

/// Points that are read and checked together.
const TOGETHER: usize = 1 << 14;

/// Bytes that are compared together.
const BYTES: usize = 1 << 20;

/// Verifies a key against the key without contributions, which everybody can make from the circuit
/// and the powers ([`super::phase2::new`]), and against the powers. They must be verified themselves.
///
/// Sums are taken with random coefficients of 128 bits.
///
/// # Errors
/// [`CeremonyError::Invalid`] with what does not hold; or if a file cannot be read.
pub fn verify(
	key: &Zkey<'_>,
	begun: &Zkey<'_>,
	powers: &Ptau<'_>,
	progress: &dyn Progress,
) -> Result<Transcript, CeremonyError> {
	let mut random = Random::from_entropy(&[])?;
	let transcript = Transcript::read(key)?;
	if transcript.circuit != Transcript::read(begun)?.circuit {
		return Err(Fault::Circuit("its hash").into());
	}
	compare(&key.header, &begun.header)?;
	let mut delta = G1Affine::generator();
	let mut hash = transcript.hash(0);
	for (number, contribution) in (1..).zip(&transcript.contributions) {
		check(number, contribution, &delta, &hash)?;
		hash.update(&contribution.plain());
		delta = contribution.delta;
	}
	// Beacons last: nobody should hash for a file that is wrong anyway.
	let mut hash = transcript.hash(0);
	for (number, contribution) in (1..).zip(&transcript.contributions) {
		if let Origin::Beacon { value, exponent, .. } = &contribution.origin {
			let (_, expected, _) = draw(&mut beacon(value, *exponent, progress), hash.clone());
			if expected != contribution.key {
				return Err(Fault::Beacon { number }.into());
			}
		}
		hash.update(&contribution.plain());
	}
	if transcript.contributions.is_empty() {
		return Err(Fault::NoContribution.into());
	}
	let Header { delta_g1, delta_g2, .. } = &key.header;
	if *delta_g1 != delta {
		return Err(Fault::Delta("G1").into());
	}
	let two = G2Affine::generator();
	if !delta_g2.is_in_correct_subgroup_assuming_on_curve()
		|| !same_ratio((&G1Affine::generator(), &delta), (&two, delta_g2))
	{
		return Err(Fault::Delta("G2").into());
	}
	for id in [3, 4, 5, 6, 7] {
		let [ours, theirs] = [begun, key].map(|key| key.sections.find(id).unwrap_or_default());
		progress.step("comparing sections", ours.len() as u64 / 64);
		let mut parts = ours.chunks(BYTES).zip(theirs.chunks(BYTES));
		let same = |(ours, theirs): (&[u8], &[u8])| {
			progress.advance(ours.len() as u64 / 64);
			ours == theirs
		};
		if ours.len() != theirs.len() || !parts.all(same) {
			return Err(Fault::Changed(KIND.section(id)).into());
		}
	}
	progress.step("checking points", (key.count(8) + 5 * key.count(9)) as u64);
	// All of H, too: the powers leave one combination of its points free, which a cheat could fill with
	// a multiple of IC (see `quotient`).
	for id in [8, 9] {
		let (mut before, mut after) = (G1Projective::zero(), G1Projective::zero());
		let count = key.count(id);
		for start in (0..count).step_by(TOGETHER) {
			let together = TOGETHER.min(count - start);
			let coefficients: Vec<Fr> = (0..together).map(|_| random.coefficient()).collect();
			let points = |file: &Zkey<'_>| file.points::<One>(id, start, together);
			before += G1Projective::msm_unchecked(&points(begun)?, &coefficients);
			after += G1Projective::msm_unchecked(&points(key)?, &coefficients);
			progress.advance(together as u64);
		}
		if !divided(&before, &after, delta_g2) {
			return Err(Fault::Divided(KIND.section(id)).into());
		}
	}
	if !extra_holds(powers, key.header.domain, progress)? {
		let section = super::ptau::KIND.section(12);
		let power = key.header.domain.trailing_zeros() + 1;
		return Err(Fault::Lagrange { section, power }.into());
	}
	let (before, after) = quotient(key, powers, &mut random, progress)?;
	if !divided(&before, &after, delta_g2) {
		return Err(Fault::Divided(KIND.section(9)).into());
	}
	Ok(transcript)
}

/// Whether `δ·after` is `before`.
fn divided(before: &G1Projective, after: &G1Projective, delta: &G2Affine) -> bool {
	if before.is_zero() && after.is_zero() {
		return true;
	}
	same_ratio((&after.into_affine(), &before.into_affine()), (&G2Affine::generator(), delta))
}

/// What a key has in its header besides δ.
fn compare(key: &Header, begun: &Header) -> Result<(), Fault> {
	let same = [
		("the number of wires", key.wires == begun.wires),
		("the number of public signals", key.signals == begun.signals),
		("the size of the domain", key.domain == begun.domain),
		("alpha in G1", key.alpha_g1 == begun.alpha_g1),
		("beta in G1", key.beta_g1 == begun.beta_g1),
		("beta in G2", key.beta_g2 == begun.beta_g2),
		("gamma in G2", key.gamma_g2 == begun.gamma_g2),
	];
	match same.iter().find(|(_, same)| !same) {
		Some((what, _)) => Err(Fault::Circuit(what)),
		None => Ok(()),
	}
}

/// One contribution, after a δ and the hash of all before; but for its beacon.
fn check(
	number: usize,
	contribution: &KeyContribution,
	before: &G1Affine,
	all_before: &Blake2b,
) -> Result<(), CeremonyError> {
	let KeyContribution { delta, key, transcript: hash, origin } = contribution;
	origin.check_rounds()?;
	let all = all_before.clone().with(&plain_g1(&key.s)).with(&plain_g1(&key.sx));
	if all.finish() != *hash {
		return Err(Fault::Transcript { number }.into());
	}
	let challenge = hash_to_g2(hash);
	if !key.holds(&challenge) {
		return Err(Fault::Knowledge { number, secret: "delta" }.into());
	}
	if !same_ratio((before, delta), (&challenge, &key.px)) {
		return Err(Fault::Chain { number, what: "delta" }.into());
	}
	Ok(())
}

/// With random `c`: `Σ cᵢ·(τ^(i+n) − τ^i)` for `i < n − 1`, and the same combination of section H, whose
/// component for `i = n − 1` no quotient has and no proof uses: it is checked elsewhere. There the
/// polynomial `X^i·(X^n − 1)` has on `ω^(2j+1)`, `ω` of order `2n`, the value `−2·ω^((2j+1)·i)`, and
/// zero elsewhere on the domain of twice the size.
fn quotient(
	key: &Zkey<'_>,
	powers: &Ptau<'_>,
	random: &mut Random,
	progress: &dyn Progress,
) -> Result<(G1Projective, G1Projective), CeremonyError> {
	let domain = key.header.domain;
	// The last is left out: a quotient has one degree less, and the powers end there.
	let mut coefficients: Vec<Fr> = (1..domain).map(|_| random.coefficient()).collect();
	let mut expected = G1Projective::zero();
	for start in (0..domain - 1).step_by(TOGETHER) {
		let together = TOGETHER.min(domain - 1 - start);
		let low = powers.points::<One>(POWERS[0], start, together)?;
		let high = powers.points::<One>(POWERS[0], domain + start, together)?;
		let coefficients = &coefficients[start..start + together];
		expected += G1Projective::msm_unchecked(&high, coefficients);
		expected -= G1Projective::msm_unchecked(&low, coefficients);
		progress.advance(together as u64);
	}
	coefficients.push(Fr::zero());
	let size = || CeremonyError::from(Fault::Circuit("the size of the domain"));
	let root = Fr::get_root_of_unity(2 * domain as u64).ok_or_else(size)?;
	let factors = successive(-Fr::from(2), root, domain);
	coefficients.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
	let space = Radix2EvaluationDomain::<Fr>::new(domain).ok_or_else(size)?;
	space.fft_in_place(&mut coefficients);
	let mut found = G1Projective::zero();
	for start in (0..domain).step_by(TOGETHER) {
		let together = TOGETHER.min(domain - start);
		let points = key.points::<One>(9, start, together)?;
		found += G1Projective::msm_unchecked(&points, &coefficients[start..start + together]);
		progress.advance(together as u64);
	}
	Ok((expected, found))
}
