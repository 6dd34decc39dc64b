//! Phase 1: powers of a secret τ that nobody knows, for all circuits up to a size.

use super::{
	blake2b::Blake2b,
	contribution::Origin,
	knowledge::{hash_to_g2, plain_g1, Knowledge},
	ptau::{
		begin_points, first_challenge, missing, powers, write_header, PowersContribution, Ptau,
		BETA, CONTRIBUTIONS, KIND, LAGRANGE, LARGEST_POWER, POWERS,
	},
	random::Random,
	CeremonyError, Hash,
};
use crate::{
	curve::{
		compressed, encode, lagrange, points, scale_in_place, uncompressed, write, Group, One, Two,
	},
	progress::Progress,
};
use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{short_weierstrass::Affine, AffineRepr};
use ark_ff::Zero;
use std::io::{self, Read, Seek, SeekFrom, Write};
use zeroize::Zeroize;
use zkml_circuits::sections::{begin_section, Section};

/// Points that are read, multiplied and written together.
const TOGETHER: usize = 1 << 14;

/// The secrets of a contribution, wiped when dropped.
struct Secrets {
	tau: Fr,
	alpha: Fr,
	beta: Fr,
}

impl Drop for Secrets {
	fn drop(&mut self) {
		for secret in [&mut self.tau, &mut self.alpha, &mut self.beta] {
			secret.zeroize();
		}
	}
}

/// The point of G2 that a proof of knowledge is made on.
pub(super) fn challenge(number: u8, before: &Hash, s: &G1Affine, sx: &G1Affine) -> G2Affine {
	let hash = Blake2b::default().with(&[number]).with(before);
	hash_to_g2(&hash.with(&plain_g1(s)).with(&plain_g1(sx)).finish())
}

/// Draws secrets, and proves to know them.
fn draw(random: &mut Random, before: &Hash) -> (Secrets, [Knowledge; 3]) {
	let secrets = Secrets { tau: random.scalar(), alpha: random.scalar(), beta: random.scalar() };
	let mut number = 0;
	let keys = [&secrets.tau, &secrets.alpha, &secrets.beta].map(|secret| {
		let s = random.g1();
		let key = Knowledge::prove(secret, s, |s, sx| challenge(number, before, s, sx));
		number += 1;
		key
	});
	(secrets, keys)
}

/// The keys that a beacon leads to.
pub(super) fn beacon_keys(
	value: &[u8],
	exponent: u8,
	before: &Hash,
	progress: &dyn Progress,
) -> [Knowledge; 3] {
	draw(&mut beacon(value, exponent, progress), before).1
}

/// Random numbers of a beacon.
pub(super) fn beacon(value: &[u8], exponent: u8, progress: &dyn Progress) -> Random {
	progress.step("hashing the beacon", 1u64.checked_shl(exponent.into()).unwrap_or(u64::MAX));
	Random::from_beacon(value, exponent, &mut |count| progress.advance(count))
}

/// Random numbers for a contribution.
pub(super) fn random(
	origin: &Origin,
	entropy: &[u8],
	progress: &dyn Progress,
) -> Result<Random, CeremonyError> {
	origin.check()?;
	match origin {
		Origin::Person { .. } => Ok(Random::from_entropy(entropy)?),
		Origin::Beacon { value, exponent, .. } => Ok(beacon(value, *exponent, progress)),
	}
}

/// Writes a file of powers that has no contribution yet: its τ is 1.
///
/// Returns the challenge for the first contributor.
///
/// # Errors
/// [`CeremonyError::Power`] if it is 0 or above [`LARGEST_POWER`]; of writing.
pub fn new(power: u32, out: impl Write, progress: &dyn Progress) -> Result<Hash, CeremonyError> {
	if power == 0 || power > LARGEST_POWER {
		return Err(CeremonyError::Power { power, ceremony_power: power });
	}
	let mut out = io::BufWriter::with_capacity(1 << 20, out);
	write_header(&mut out, 7, power, power)?;
	let (mut one, mut two) = ([0; 64], [0; 128]);
	write::<One>(&G1Affine::generator(), &mut one);
	write::<Two>(&G2Affine::generator(), &mut two);
	progress.step("writing generators", POWERS.iter().map(|&id| powers(id, power)).sum());
	for id in POWERS {
		begin_points(&mut out, id, power)?;
		let point: &[u8] = if id == 3 { &two } else { &one };
		for _ in 0..powers(id, power) {
			out.write_all(point)?;
		}
		progress.advance(powers(id, power));
	}
	begin_points(&mut out, BETA, power)?;
	out.write_all(&two)?;
	begin_section(&mut out, CONTRIBUTIONS, 4)?;
	out.write_all(&0u32.to_le_bytes())?;
	out.flush()?;
	Ok(first_challenge(power))
}

/// What a contributor answers to a challenge: a file, and the hash of its points.
struct Response<W> {
	out: W,
	hash: Blake2b,
}

impl<W: Write> Response<W> {
	/// Multiplies a section by `first·factorⁱ`; returns its first two points.
	fn section<P: Group>(
		&mut self,
		old: &Ptau<'_>,
		id: u32,
		[first, factor]: [Fr; 2],
		progress: &dyn Progress,
	) -> Result<[Affine<P>; 2], CeremonyError> {
		begin_points(&mut self.out, id, old.power)?;
		let count = if id == BETA { 1 } else { powers(id, old.power) as usize };
		let mut kept = [Affine::zero(); 2];
		let mut factors = vec![Fr::zero(); TOGETHER.min(count)];
		let mut power = first;
		for start in (0..count).step_by(TOGETHER) {
			// What a secret does to a point of small order would tell of the secret.
			let mut points = old.ordered::<P>(id, start, TOGETHER.min(count - start))?;
			for value in &mut factors[..points.len()] {
				*value = power;
				power *= factor;
			}
			scale_in_place(&mut points, |at| factors[at]);
			self.hash.update(&encode(&points, P::SIZE / 2, compressed));
			self.out.write_all(&encode(&points, P::SIZE, write))?;
			if start == 0 {
				kept.iter_mut().zip(&points).for_each(|(kept, point)| *kept = *point);
			}
			progress.advance(points.len() as u64);
		}
		factors.zeroize();
		power.zeroize();
		Ok(kept)
	}
}

/// Writes all but the contributions, and what is known of the new one before others can answer it.
fn respond(
	old: &Ptau<'_>,
	out: impl Write,
	origin: Origin,
	entropy: &[u8],
	progress: &dyn Progress,
) -> Result<PowersContribution, CeremonyError> {
	let before = old.challenge();
	let (secrets, keys) = draw(&mut random(&origin, entropy, progress)?, &before);
	progress.step("multiplying", POWERS.iter().map(|&id| powers(id, old.power)).sum());
	let hash = Blake2b::default().with(&before);
	let mut response = Response { out: io::BufWriter::with_capacity(1 << 20, out), hash };
	write_header(&mut response.out, 7, old.power, old.power)?;
	let Secrets { tau, alpha, beta } = &secrets;
	let one = Fr::from(1);
	let [_, tau_g1] = response.section::<One>(old, 2, [one, *tau], progress)?;
	let [_, tau_g2] = response.section::<Two>(old, 3, [one, *tau], progress)?;
	let [alpha_g1, _] = response.section::<One>(old, 4, [*alpha, *tau], progress)?;
	let [beta_g1, _] = response.section::<One>(old, 5, [*beta, *tau], progress)?;
	let [beta_g2, _] = response.section::<Two>(old, BETA, [*beta, one], progress)?;
	response.out.flush()?;
	let partial = response.hash.state();
	let next = [0; 64];
	Ok(PowersContribution {
		tau_g1,
		tau_g2,
		alpha_g1,
		beta_g1,
		beta_g2,
		keys,
		partial,
		next,
		origin,
	})
}

/// Multiplies secrets into a file of powers: random ones, with `entropy` besides the operating
/// system's, or those of a beacon. Lagrange polynomials of the old file are left out.
///
/// Returns the hash of the response, which the contributor should publish.
///
/// # Errors
/// [`CeremonyError::Reduced`] if the file was cut to a smaller power; if a point is not on its curve;
/// of reading and writing.
pub fn contribute(
	old: &Ptau<'_>,
	out: &mut (impl Read + Write + Seek),
	origin: Origin,
	entropy: &[u8],
	progress: &dyn Progress,
) -> Result<Hash, CeremonyError> {
	let power = old.power;
	if power != old.ceremony_power {
		return Err(CeremonyError::Reduced { power, ceremony_power: old.ceremony_power });
	}
	let mut added = respond(old, &mut *out, origin, entropy, progress)?;
	let answer = added.response()?;
	added.next = next_challenge(out, power, &answer, progress)?;
	let section = old.contributions_section(&added);
	out.seek(SeekFrom::End(0))?;
	begin_section(out, CONTRIBUTIONS, section.len() as u64)?;
	out.write_all(&section)?;
	out.flush()?;
	Ok(answer)
}

/// The hash of a response and of all points that it led to, read back from the file.
fn next_challenge(
	file: &mut (impl Read + Seek),
	power: u32,
	response: &Hash,
	progress: &dyn Progress,
) -> Result<Hash, CeremonyError> {
	fn rehash<P: Group>(bytes: &[u8], section: Section) -> Result<Vec<u8>, CeremonyError> {
		Ok(encode(&points::<P>(bytes, section, 0)?, P::SIZE, uncompressed))
	}
	let mut hash = Blake2b::default().with(response);
	let mut bytes = Vec::new();
	// Past the magic word, version and count, and the header.
	file.seek(SeekFrom::Start(12 + 12 + 44))?;
	progress.step("hashing", POWERS.iter().map(|&id| powers(id, power)).sum());
	for id in POWERS.into_iter().chain([BETA]) {
		file.seek(SeekFrom::Current(12))?;
		let count = if id == BETA { 1 } else { powers(id, power) as usize };
		let in_two = id == 3 || id == BETA;
		for start in (0..count).step_by(TOGETHER) {
			let together = TOGETHER.min(count - start);
			bytes.resize(together * if in_two { Two::SIZE } else { One::SIZE }, 0);
			file.read_exact(&mut bytes)?;
			let section = KIND.section(id);
			hash.update(&match in_two {
				true => rehash::<Two>(&bytes, section)?,
				false => rehash::<One>(&bytes, section)?,
			});
			progress.advance(together as u64);
		}
	}
	Ok(hash.finish())
}

/// Computes the Lagrange polynomials of all sizes, which phase 2 begins from.
///
/// # Errors
/// If a point is not on its curve; of writing.
pub fn prepare(
	old: &Ptau<'_>,
	out: impl Write,
	progress: &dyn Progress,
) -> Result<(), CeremonyError> {
	let power = old.power;
	let mut out = io::BufWriter::with_capacity(1 << 20, out);
	write_header(&mut out, 11, power, old.ceremony_power)?;
	for id in POWERS.into_iter().chain([BETA, CONTRIBUTIONS]) {
		let bytes = old.sections.find(id).ok_or_else(|| missing(id))?;
		begin_section(&mut out, id, bytes.len() as u64)?;
		out.write_all(bytes)?;
	}
	// A point of G2 costs two of G1 and a little.
	let all = |largest: u32| -> u64 { (1..=u64::from(largest)).map(|p| p << (p - 1)).sum() };
	progress.step("transforming", 4 * all(power) + all(power + 1));
	for (id, from) in LAGRANGE.into_iter().zip(POWERS) {
		begin_points(&mut out, id, power)?;
		let largest = if id == LAGRANGE[0] { power + 1 } else { power };
		for size in 0..=largest {
			match id {
				13 => transform::<Two>(old, from, size, &mut out, &|count| {
					progress.advance(2 * count)
				})?,
				_ => transform::<One>(old, from, size, &mut out, &|count| progress.advance(count))?,
			}
		}
	}
	out.flush()?;
	Ok(())
}

/// The Lagrange polynomials of one size.
fn transform<P: Group>(
	old: &Ptau<'_>,
	from: u32,
	size: u32,
	out: &mut impl Write,
	advance: &(dyn Fn(u64) + Sync),
) -> Result<(), CeremonyError> {
	let size = 1usize << size;
	// The largest power of all is not there: the polynomials of that size are of one degree less.
	let there = size.min(powers(from, old.power) as usize);
	let mut points = old.points::<P>(from, 0, there)?;
	points.resize(size, Affine::zero());
	lagrange(&mut points, advance);
	for points in points.chunks(TOGETHER) {
		out.write_all(&encode(points, P::SIZE, write))?;
	}
	Ok(())
}

/// Powers of a number.
pub(super) fn successive(first: Fr, factor: Fr, count: usize) -> Vec<Fr> {
	std::iter::successors(Some(first), |power| Some(*power * factor)).take(count).collect()
}
