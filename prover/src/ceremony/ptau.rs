//! `.ptau` files: powers of τ (snarkjs, `src/powersoftau_utils.js`).

use super::{
	blake2b::{Blake2b, Hash},
	contribution::Origin,
	knowledge::{checked, plain_g1, plain_g2, push, Knowledge},
	CeremonyError,
};
use crate::curve::{Group, One, PointError, Two};
use ark_bn254::{Fq, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInt, FftField, PrimeField};
use std::io::{self, Write};
use zkml_circuits::sections::{
	begin_file, begin_section, Kind, Reader, Section, SectionError, Sections,
};

/// Sections of powers: `τⁱ` in G1, `τⁱ` in G2, `α·τⁱ` and `β·τⁱ` in G1.
pub(crate) const POWERS: [u32; 4] = [2, 3, 4, 5];
/// Sections of Lagrange polynomials made of them, for each size.
pub(crate) const LAGRANGE: [u32; 4] = [12, 13, 14, 15];
/// The section of `β` in G2.
pub(crate) const BETA: u32 = 6;
/// The section of contributions.
pub(crate) const CONTRIBUTIONS: u32 = 7;

pub(crate) static KIND: Kind = Kind {
	magic: "ptau",
	version: 1,
	names: &[
		(1, "header"),
		(2, "powers of tau in G1"),
		(3, "powers of tau in G2"),
		(4, "alpha times powers of tau"),
		(5, "beta times powers of tau"),
		(6, "beta in G2"),
		(7, "contributions"),
		(12, "Lagrange polynomials in G1"),
		(13, "Lagrange polynomials in G2"),
		(14, "alpha times Lagrange polynomials"),
		(15, "beta times Lagrange polynomials"),
	],
};

/// Largest power: domains of twice the size must exist.
pub const LARGEST_POWER: u32 = Fr::TWO_ADICITY - 1;

/// Largest power of a ceremony whose files were cut.
pub const LARGEST_CEREMONY: u32 = Fr::TWO_ADICITY;

/// A contribution to the powers of τ.
#[derive(Clone, Debug)]
pub struct PowersContribution {
	pub(crate) tau_g1: G1Affine,
	pub(crate) tau_g2: G2Affine,
	pub(crate) alpha_g1: G1Affine,
	pub(crate) beta_g1: G1Affine,
	pub(crate) beta_g2: G2Affine,
	/// Of τ, α and β.
	pub(crate) keys: [Knowledge; 3],
	/// The hash of the response, before the keys.
	pub(crate) partial: [u8; Blake2b::STATE],
	/// The challenge for who comes next.
	pub(crate) next: Hash,
	/// Who contributed.
	pub origin: Origin,
}

impl PowersContribution {
	/// The keys as the response has them.
	pub(crate) fn plain_keys(&self) -> Vec<u8> {
		let mut bytes = Vec::new();
		for key in &self.keys {
			bytes.extend(plain_g1(&key.s));
			bytes.extend(plain_g1(&key.sx));
		}
		self.keys.iter().for_each(|key| bytes.extend(plain_g2(&key.px)));
		bytes
	}

	/// Hash of the response, by which a contributor recognises a contribution.
	///
	/// # Errors
	/// [`CeremonyError::State`] if the file holds no state of a hash.
	pub fn response(&self) -> Result<Hash, CeremonyError> {
		Ok(Blake2b::resume(&self.partial)?.with(&self.plain_keys()).finish())
	}

	pub(crate) fn write(&self, out: &mut Vec<u8>) {
		push::<One>(out, &self.tau_g1);
		push::<Two>(out, &self.tau_g2);
		push::<One>(out, &self.alpha_g1);
		push::<One>(out, &self.beta_g1);
		push::<Two>(out, &self.beta_g2);
		for key in &self.keys {
			push::<One>(out, &key.s);
			push::<One>(out, &key.sx);
		}
		self.keys.iter().for_each(|key| push::<Two>(out, &key.px));
		out.extend(self.partial);
		out.extend(self.next);
		self.origin.write(out);
	}

	fn read(reader: &mut Reader<'_>, number: usize) -> Result<Self, CeremonyError> {
		fn next<P: Group>(
			reader: &mut Reader<'_>,
			number: usize,
		) -> Result<ark_ec::short_weierstrass::Affine<P>, CeremonyError> {
			Ok(checked::<P>(reader.take(P::SIZE)?, reader.section, number)?)
		}
		let tau_g1 = next::<One>(reader, number)?;
		let tau_g2 = next::<Two>(reader, number)?;
		let alpha_g1 = next::<One>(reader, number)?;
		let beta_g1 = next::<One>(reader, number)?;
		let beta_g2 = next::<Two>(reader, number)?;
		let mut pairs = [(G1Affine::zero(), G1Affine::zero()); 3];
		for pair in &mut pairs {
			*pair = (next::<One>(reader, number)?, next::<One>(reader, number)?);
		}
		let mut keys = pairs.map(|(s, sx)| Knowledge { s, sx, px: G2Affine::zero() });
		for key in &mut keys {
			key.px = next::<Two>(reader, number)?;
		}
		let partial = reader.array()?;
		let hash = reader.array()?;
		let origin = Origin::read(reader, number)?;
		Ok(Self { tau_g1, tau_g2, alpha_g1, beta_g1, beta_g2, keys, partial, next: hash, origin })
	}
}

/// A `.ptau` file, whose points are read when they are needed.
#[derive(Debug)]
pub struct Ptau<'a> {
	pub(crate) sections: Sections<'a>,
	/// Circuits of up to `2^power` rows can use it.
	pub power: u32,
	/// The power of the ceremony; larger than [`Self::power`] in a file that was cut.
	pub ceremony_power: u32,
	/// Who contributed.
	pub contributions: Vec<PowersContribution>,
}

/// Number of points in a section of powers.
pub(crate) fn powers(section: u32, power: u32) -> u64 {
	match section {
		2 => (2 << power) - 1,
		_ => 1 << power,
	}
}

/// Number of points in a section of Lagrange polynomials: of all sizes up to the largest, and in the
/// first of twice the largest, too.
fn lagranges(section: u32, power: u32) -> u64 {
	match section {
		12 => (4 << power) - 1,
		_ => (2 << power) - 1,
	}
}

fn size(section: u32) -> u64 {
	match section {
		3 | 13 => Two::SIZE as u64,
		_ => One::SIZE as u64,
	}
}

/// Bytes of the header.
const HEADER: u64 = 4 + 32 + 4 + 4;

impl<'a> Ptau<'a> {
	/// Reads a file's header and contributions, and checks that its sections have their sizes.
	///
	/// # Errors
	/// [`CeremonyError`].
	pub fn read(bytes: &'a [u8]) -> Result<Self, CeremonyError> {
		let sections = Sections::split(&KIND, bytes)?;
		let mut header = sections.get(1)?;
		if header.u32()? != 32 || BigInt(header.limbs()?) != Fq::MODULUS {
			return Err(CeremonyError::Curve);
		}
		let (power, ceremony_power) = (header.u32()?, header.u32()?);
		header.end()?;
		let largest = power > LARGEST_POWER || ceremony_power > LARGEST_CEREMONY;
		if power == 0 || power > ceremony_power || largest {
			return Err(CeremonyError::Power { power, ceremony_power });
		}
		for section in POWERS {
			sections.exactly(section, powers(section, power) * size(section))?;
		}
		sections.exactly(BETA, Two::SIZE as u64)?;
		let there = LAGRANGE.iter().filter(|&&section| sections.find(section).is_some()).count();
		if there > 0 {
			for section in LAGRANGE {
				sections.exactly(section, lagranges(section, power) * size(section))?;
			}
		}
		let mut reader = sections.get(CONTRIBUTIONS)?;
		let count = reader.u32()? as usize;
		let mut contributions = Vec::new();
		for number in 1..=count {
			contributions.push(PowersContribution::read(&mut reader, number)?);
		}
		reader.end()?;
		Ok(Self { sections, power, ceremony_power, contributions })
	}

	/// Whether phase 2 can begin from it.
	pub fn is_prepared(&self) -> bool {
		self.sections.find(LAGRANGE[0]).is_some()
	}

	/// The bytes of some points of a section, whose sizes were checked.
	fn slice<P: Group>(
		&self,
		id: u32,
		first: usize,
		count: usize,
	) -> Result<(&'a [u8], Section), CeremonyError> {
		let bytes = self.sections.find(id).unwrap_or_default();
		let slice = bytes.get(first * P::SIZE..(first + count) * P::SIZE);
		Ok((slice.ok_or(SectionError::Short(KIND.section(id)))?, KIND.section(id)))
	}

	/// Some points of a section.
	pub(crate) fn points<P: Group>(
		&self,
		id: u32,
		first: usize,
		count: usize,
	) -> Result<Vec<ark_ec::short_weierstrass::Affine<P>>, CeremonyError> {
		let (bytes, section) = self.slice::<P>(id, first, count)?;
		Ok(crate::curve::points::<P>(bytes, section, first)?)
	}

	/// The same, of prime order, which those of G2 might not be.
	pub(crate) fn ordered<P: Group>(
		&self,
		id: u32,
		first: usize,
		count: usize,
	) -> Result<Vec<ark_ec::short_weierstrass::Affine<P>>, CeremonyError> {
		let points = self.points::<P>(id, first, count)?;
		let section = KIND.section(id);
		match P::check_subgroup(&points) {
			Ok(()) => Ok(points),
			Err(index) => Err(PointError::Subgroup { section, index: first + index }.into()),
		}
	}

	/// The challenge for the next contributor.
	pub fn challenge(&self) -> Hash {
		match self.contributions.last() {
			Some(last) => last.next,
			None => first_challenge(self.ceremony_power),
		}
	}

	/// The contributions, as the next file has them.
	pub(crate) fn contributions_section(&self, added: &PowersContribution) -> Vec<u8> {
		let before = self.sections.find(CONTRIBUTIONS).and_then(|bytes| bytes.get(4..));
		let mut out = (self.contributions.len() as u32 + 1).to_le_bytes().to_vec();
		out.extend(before.unwrap_or_default());
		added.write(&mut out);
		out
	}
}

/// The challenge before any contribution: a hash of the empty hash and of all points, each a generator.
pub(crate) fn first_challenge(power: u32) -> Hash {
	let (one, two) = (plain_g1(&G1Affine::generator()), plain_g2(&G2Affine::generator()));
	let mut hash = Blake2b::default().with(&Blake2b::digest(&[]));
	for section in POWERS {
		let point: &[u8] = if section == 3 { &two } else { &one };
		const TOGETHER: usize = 64;
		let many = point.repeat(TOGETHER);
		let count = powers(section, power);
		for _ in 0..count / TOGETHER as u64 {
			hash.update(&many);
		}
		for _ in 0..count % TOGETHER as u64 {
			hash.update(point);
		}
	}
	hash.with(&two).finish()
}

/// Begins a file of this number of sections.
pub(crate) fn write_header(
	out: &mut impl Write,
	sections: u32,
	power: u32,
	ceremony_power: u32,
) -> io::Result<()> {
	begin_file(out, &KIND, sections)?;
	begin_section(out, 1, HEADER)?;
	out.write_all(&32u32.to_le_bytes())?;
	for limb in Fq::MODULUS.0 {
		out.write_all(&limb.to_le_bytes())?;
	}
	out.write_all(&power.to_le_bytes())?;
	out.write_all(&ceremony_power.to_le_bytes())
}

/// Begins a section of powers or of Lagrange polynomials.
pub(crate) fn begin_points(out: &mut impl Write, id: u32, power: u32) -> io::Result<()> {
	let count = match id {
		BETA => 1,
		_ if LAGRANGE.contains(&id) => lagranges(id, power),
		_ => powers(id, power),
	};
	begin_section(out, id, count * if id == BETA { Two::SIZE as u64 } else { size(id) })
}

/// A missing section by its number, for errors of other modules.
pub(crate) fn missing(id: u32) -> CeremonyError {
	CeremonyError::Section(SectionError::Missing(KIND.section(id)))
}
