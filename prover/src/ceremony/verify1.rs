//! Verification of powers of τ: who contributed, that powers are powers, and what was made of them.

use super::{
	blake2b::{Blake2b, Hash},
	contribution::Origin,
	knowledge::{plain_g2, same_ratio},
	phase1::{beacon_keys, challenge, successive},
	ptau::{
		first_challenge, missing, powers, PowersContribution, Ptau, BETA, KIND, LAGRANGE, POWERS,
	},
	random::Random,
	CeremonyError, Fault,
};
use crate::{
	curve::{encode, uncompressed, Group, One, Two},
	progress::Progress,
};
use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{
	short_weierstrass::{Affine, Projective},
	AffineRepr, CurveGroup, VariableBaseMSM,
};
use ark_ff::{FftField, Field, Zero};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};

/// Points that are read and checked together.
const TOGETHER: usize = 1 << 16;

/// What a contribution leads from.
struct Before {
	tau_g1: G1Affine,
	tau_g2: G2Affine,
	alpha_g1: G1Affine,
	beta_g1: G1Affine,
	beta_g2: G2Affine,
	challenge: Hash,
}

impl Before {
	/// What stands before the first contribution: generators.
	fn first(power: u32) -> Self {
		let (one, two) = (G1Affine::generator(), G2Affine::generator());
		let challenge = first_challenge(power);
		Self { tau_g1: one, tau_g2: two, alpha_g1: one, beta_g1: one, beta_g2: two, challenge }
	}

	fn after(contribution: &PowersContribution) -> Self {
		let &PowersContribution { tau_g1, tau_g2, alpha_g1, beta_g1, beta_g2, next, .. } =
			contribution;
		Self { tau_g1, tau_g2, alpha_g1, beta_g1, beta_g2, challenge: next }
	}
}

/// Verifies a file of powers: every contribution and the chain that they make, the points of all
/// sections, and their Lagrange polynomials if it is prepared. Points of G2 must be of prime order.
///
/// Sums are taken with random coefficients of 128 bits.
///
/// # Errors
/// [`CeremonyError::Invalid`] with what does not hold; or if the file cannot be read.
pub fn verify(file: &Ptau<'_>, progress: &dyn Progress) -> Result<(), CeremonyError> {
	let mut random = Random::from_entropy(&[])?;
	let last = file.contributions.last().ok_or(Fault::NoContribution)?;
	let mut before = Before::first(file.ceremony_power);
	for (number, contribution) in (1..).zip(&file.contributions) {
		check(number, contribution, &before)?;
		before = Before::after(contribution);
	}
	// Beacons last: nobody should hash for a file that is wrong anyway.
	let mut before = Before::first(file.ceremony_power);
	for (number, contribution) in (1..).zip(&file.contributions) {
		if let Origin::Beacon { value, exponent, .. } = &contribution.origin {
			if beacon_keys(value, *exponent, &before.challenge, progress) != contribution.keys {
				return Err(Fault::Beacon { number }.into());
			}
		}
		before = Before::after(contribution);
	}
	let mut hash = Blake2b::default().with(&last.response()?);
	progress.step("checking powers", POWERS.iter().map(|&id| powers(id, file.power)).sum());
	let one = (&G1Affine::generator(), &last.tau_g1);
	let two = (&G2Affine::generator(), &last.tau_g2);
	let starts: [[Option<G1Affine>; 2]; 4] = [
		[Some(*one.0), Some(*one.1)],
		[None, None],
		[Some(last.alpha_g1), None],
		[Some(last.beta_g1), None],
	];
	for (id, starts) in POWERS.into_iter().zip(starts) {
		let section = KIND.section(id);
		let holds = if id == 3 {
			let starts = [Some(*two.0), Some(*two.1)];
			let (low, high) = combine::<Two>(file, id, starts, &mut random, &mut hash, progress)?;
			same_ratio(one, (&low, &high))
		} else {
			let (low, high) = combine::<One>(file, id, starts, &mut random, &mut hash, progress)?;
			same_ratio((&low, &high), two)
		};
		if !holds {
			return Err(Fault::Ratio(section).into());
		}
	}
	let beta = file.points::<Two>(BETA, 0, 1)?;
	if beta != [last.beta_g2] {
		return Err(Fault::First { section: KIND.section(BETA), index: 0 }.into());
	}
	hash.update(&plain_g2(&last.beta_g2));
	// A file that was cut has not all the points.
	if file.power == file.ceremony_power && hash.finish() != last.next {
		return Err(Fault::Challenge.into());
	}
	if file.is_prepared() {
		check_lagrange(file, &mut random, progress)?;
	}
	Ok(())
}

/// One contribution, but for its beacon.
fn check(
	number: usize,
	contribution: &PowersContribution,
	before: &Before,
) -> Result<(), CeremonyError> {
	contribution.origin.check_rounds()?;
	let mut points = [G2Affine::zero(); 3];
	for ((at, key), point) in (0..).zip(&contribution.keys).zip(&mut points) {
		*point = challenge(at, &before.challenge, &key.s, &key.sx);
		if !key.holds(point) {
			let secret = ["tau", "alpha", "beta"][usize::from(at)];
			return Err(Fault::Knowledge { number, secret }.into());
		}
	}
	let [tau, alpha, beta] = &contribution.keys;
	let [tau_point, alpha_point, beta_point] = &points;
	let chain = [
		("tau in G1", same_ratio((&before.tau_g1, &contribution.tau_g1), (tau_point, &tau.px))),
		("tau in G2", same_ratio((&tau.s, &tau.sx), (&before.tau_g2, &contribution.tau_g2))),
		(
			"alpha in G1",
			same_ratio((&before.alpha_g1, &contribution.alpha_g1), (alpha_point, &alpha.px)),
		),
		(
			"beta in G1",
			same_ratio((&before.beta_g1, &contribution.beta_g1), (beta_point, &beta.px)),
		),
		("beta in G2", same_ratio((&beta.s, &beta.sx), (&before.beta_g2, &contribution.beta_g2))),
	];
	match chain.iter().find(|(_, holds)| !holds) {
		Some(&(what, _)) => Err(Fault::Chain { number, what }.into()),
		None => Ok(()),
	}
}

/// `Σ cᵢ·Pᵢ` and `Σ cᵢ·Pᵢ₊₁` with random `c`; the section's points go into the hash, and its first
/// ones are compared. Points of G2 are checked to be of prime order.
fn combine<P: Group>(
	file: &Ptau<'_>,
	id: u32,
	starts: [Option<Affine<P>>; 2],
	random: &mut Random,
	hash: &mut Blake2b,
	progress: &dyn Progress,
) -> Result<(Affine<P>, Affine<P>), CeremonyError> {
	let section = KIND.section(id);
	let count = powers(id, file.power) as usize;
	let (mut low, mut high) = (Projective::<P>::zero(), Projective::<P>::zero());
	for start in (0..count).step_by(TOGETHER) {
		// One point more, which is the next chunk's first.
		let together = TOGETHER.min(count - start);
		let mut points = file.ordered::<P>(id, start, together)?;
		hash.update(&encode(&points, P::SIZE, uncompressed));
		if start == 0 {
			for (index, expected) in starts.iter().enumerate() {
				if expected.is_some_and(|expected| points[index] != expected) {
					return Err(Fault::First { section, index }.into());
				}
			}
		}
		if start + together < count {
			points.extend(file.points::<P>(id, start + together, 1)?);
		}
		let coefficients: Vec<Fr> = points[1..].iter().map(|_| random.coefficient()).collect();
		low += Projective::<P>::msm_unchecked(&points[..coefficients.len()], &coefficients);
		high += Projective::<P>::msm_unchecked(&points[1..], &coefficients);
		progress.advance(together as u64);
	}
	Ok((low.into_affine(), high.into_affine()))
}

/// With random `c`: `Σ cᵢ·τⁱ = Σ ĉⱼ·Lⱼ`, where `ĉ` are the values of the polynomial `c` on the domain.
fn check_lagrange(
	file: &Ptau<'_>,
	random: &mut Random,
	progress: &dyn Progress,
) -> Result<(), CeremonyError> {
	let largest = |id: u32| if id == LAGRANGE[0] { file.power + 1 } else { file.power };
	let all = LAGRANGE.iter().map(|&id| (2u64 << largest(id)) - 1).sum();
	progress.step("checking Lagrange polynomials", all);
	for (id, from) in LAGRANGE.into_iter().zip(POWERS) {
		for power in 0..=largest(id) {
			let holds = match id {
				13 => lagrange_holds::<Two>(file, id, from, power, random)?,
				_ => lagrange_holds::<One>(file, id, from, power, random)?,
			};
			if !holds {
				return Err(Fault::Lagrange { section: KIND.section(id), power }.into());
			}
			progress.advance(1 << power);
		}
	}
	let power = file.power + 1;
	if !extra_holds(file, 1 << file.power, progress)? {
		return Err(Fault::Lagrange { section: KIND.section(LAGRANGE[0]), power }.into());
	}
	Ok(())
}

/// Of the polynomials for twice a domain of `n` points, what the powers may leave open: `τ^(2n−1)·G` is
/// `Σ ω^(−j)·Lⱼ`, `ω` of order `2n`. In the largest size of a file the power is not there, and it must be
/// nothing; in a file that was cut after it was prepared, it is the true one. Anything else would be a
/// trapdoor to the keys that are made from them, for a quotient does not use it.
pub(super) fn extra_holds(
	file: &Ptau<'_>,
	domain: usize,
	progress: &dyn Progress,
) -> Result<bool, CeremonyError> {
	let size = 2 * domain;
	let root = Fr::get_root_of_unity(size as u64).and_then(|root| root.inverse());
	let root = root.ok_or_else(|| missing(LAGRANGE[0]))?;
	let mut extra = Projective::<One>::zero();
	let mut factor = Fr::from(1);
	for start in (0..size).step_by(TOGETHER) {
		let together = TOGETHER.min(size - start);
		let points = file.points::<One>(LAGRANGE[0], size - 1 + start, together)?;
		let factors = successive(factor, root, together);
		factor *= root.pow([together as u64]);
		extra += Projective::<One>::msm_unchecked(&points, &factors);
		progress.advance(together as u64);
	}
	if domain < 1 << file.power {
		return Ok(extra == file.points::<One>(POWERS[0], size - 1, 1)?[0]);
	}
	if extra.is_zero() {
		return Ok(true);
	}
	let last = file.points::<One>(POWERS[0], size - 2, 1)?[0];
	let tau = file.points::<Two>(POWERS[1], 1, 1)?[0];
	let cut = file.power < file.ceremony_power;
	Ok(cut && same_ratio((&last, &extra.into_affine()), (&G2Affine::generator(), &tau)))
}

fn lagrange_holds<P: Group>(
	file: &Ptau<'_>,
	id: u32,
	from: u32,
	power: u32,
	random: &mut Random,
) -> Result<bool, CeremonyError> {
	let size = 1usize << power;
	let there = size.min(powers(from, file.power) as usize);
	let points = file.points::<P>(from, 0, there)?;
	let mut coefficients: Vec<Fr> = points.iter().map(|_| random.coefficient()).collect();
	let expected = Projective::<P>::msm_unchecked(&points, &coefficients);
	drop(points);
	coefficients.resize(size, Fr::zero());
	let domain = Radix2EvaluationDomain::<Fr>::new(size).ok_or_else(|| missing(id))?;
	domain.fft_in_place(&mut coefficients);
	let points = file.ordered::<P>(id, size - 1, size)?;
	Ok(Projective::<P>::msm_unchecked(&points, &coefficients) == expected)
}
