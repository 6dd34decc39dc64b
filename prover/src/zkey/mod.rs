//! The proving key as a `.zkey` file, the format of snarkjs' Groth16 (`src/zkey_utils.js`).
//!
//! Points are affine in Montgomery form, infinity is all zeros. Coefficients carry the Montgomery
//! factor twice. A section of ours, [`MANIFEST_SECTION`], which snarkjs does not look at, holds the
//! [`Manifest`].

mod coefficients;
mod points;
mod write;

pub(crate) use points::Points;
pub use write::write;
pub(crate) use write::{begin_file, coefficients, COEFFICIENT};

use crate::{
	curve::{self, Group, One, PointError, Two},
	key::{verifying_key, ProvingKey},
	manifest::Manifest,
	map::Map,
	proof::Parts,
};
use ark_bn254::{Fq, Fr, G1Affine, G2Affine};
use ark_ec::short_weierstrass::Affine;
use ark_ff::{BigInt, Field, PrimeField};
use thiserror::Error;
use zkml_circuits::sections::{Kind, Reader, SectionError, Sections};
use zkml_primitives::VerifyingKey;

/// Id of the section with the manifest: "zkml" in ASCII.
pub const MANIFEST_SECTION: u32 = 0x7a6b_6d6c;

/// The section of contributions to phase 2.
pub(crate) const CONTRIBUTIONS: u32 = 10;

const GROTH16: u32 = 1;

pub(crate) static KIND: Kind = Kind {
	magic: "zkey",
	version: 1,
	names: &[
		(1, "protocol"),
		(2, "header"),
		(3, "IC"),
		(4, "coefficients"),
		(5, "A"),
		(6, "B in G1"),
		(7, "B in G2"),
		(8, "L"),
		(9, "H"),
		(10, "contributions"),
		(MANIFEST_SECTION, "manifest"),
	],
};

/// Why a `.zkey` file cannot be read.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ZkeyError {
	/// The file's sections.
	#[error(transparent)]
	Section(#[from] SectionError),
	/// A point in a section.
	#[error(transparent)]
	Point(#[from] PointError),
	/// Another proof system: 2 is PLONK, 10 is FFLONK.
	#[error("the key is for another proof system (number {0}), not for Groth16")]
	Protocol(u32),
	/// The file is over another curve.
	#[error("the key is not over BN254 (bn128)")]
	Curve,
	/// A coefficient is not a canonical field element.
	#[error("coefficient {0} is not below the field's order")]
	Coefficient(usize),
	/// A coefficient is of no matrix, or outside of it.
	#[error("coefficient {0} is outside of the matrices")]
	Place(usize),
	/// Counts contradict each other.
	#[error("the key's counts contradict each other")]
	Counts,
	/// The manifest cannot be read.
	#[error("the key's manifest cannot be read: {0}")]
	Manifest(String),
}

/// What a key says of itself before its lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
	pub(crate) wires: usize,
	pub(crate) signals: usize,
	pub(crate) domain: usize,
	pub(crate) alpha_g1: G1Affine,
	pub(crate) beta_g1: G1Affine,
	pub(crate) beta_g2: G2Affine,
	pub(crate) gamma_g2: G2Affine,
	pub(crate) delta_g1: G1Affine,
	pub(crate) delta_g2: G2Affine,
}

/// A `.zkey` file whose lists are read when they are needed.
#[derive(Debug)]
pub struct Zkey<'a> {
	pub(crate) sections: Sections<'a>,
	pub(crate) header: Header,
}

impl<'a> Zkey<'a> {
	/// Reads a file's header, and checks that its sections have the sizes that follow from it.
	///
	/// # Errors
	/// [`ZkeyError`].
	pub fn open(bytes: &'a [u8]) -> Result<Self, ZkeyError> {
		let sections = Sections::split(&KIND, bytes)?;
		let mut protocol = sections.get(1)?;
		let got = protocol.u32()?;
		if got != GROTH16 {
			return Err(ZkeyError::Protocol(got));
		}
		protocol.end()?;
		let mut reader = sections.get(2)?;
		for modulus in [Fq::MODULUS, Fr::MODULUS] {
			if reader.u32()? != 32 || BigInt(reader.limbs()?) != modulus {
				return Err(ZkeyError::Curve);
			}
		}
		let [wires, signals, domain] = [reader.u32()?, reader.u32()?, reader.u32()?];
		let [wires, signals, domain] = [wires, signals, domain].map(|count| count as usize);
		if signals >= wires || !domain.is_power_of_two() {
			return Err(ZkeyError::Counts);
		}
		fn next<P: Group>(reader: &mut Reader<'_>) -> Result<Affine<P>, ZkeyError> {
			Ok(curve::point::<P>(reader.take(P::SIZE)?, reader.section, 0)?)
		}
		let header = Header {
			wires,
			signals,
			domain,
			alpha_g1: next::<One>(&mut reader)?,
			beta_g1: next::<One>(&mut reader)?,
			beta_g2: next::<Two>(&mut reader)?,
			gamma_g2: next::<Two>(&mut reader)?,
			delta_g1: next::<One>(&mut reader)?,
			delta_g2: next::<Two>(&mut reader)?,
		};
		reader.end()?;
		let zkey = Self { sections, header };
		// Nothing is allocated for counts that the file does not fill.
		for id in [3, 5, 6, 7, 8, 9] {
			let size = if id == 7 { Two::SIZE } else { One::SIZE };
			zkey.sections.exactly(id, zkey.count(id) as u64 * size as u64)?;
		}
		Ok(zkey)
	}

	/// Number of public signals.
	pub fn signals(&self) -> usize {
		self.header.signals
	}

	/// Number of points in a section.
	pub(crate) fn count(&self, id: u32) -> usize {
		let Header { wires, signals, domain, .. } = self.header;
		match id {
			3 => signals + 1,
			8 => wires - signals - 1,
			9 => domain,
			_ => wires,
		}
	}

	/// Some points of a section.
	pub(crate) fn points<P: Group>(
		&self,
		id: u32,
		first: usize,
		count: usize,
	) -> Result<Vec<Affine<P>>, ZkeyError> {
		let bytes = self.sections.find(id).unwrap_or_default();
		let slice = bytes.get(first * P::SIZE..(first + count) * P::SIZE);
		let slice = slice.ok_or(SectionError::Short(KIND.section(id)))?;
		Ok(curve::points::<P>(slice, KIND.section(id), first)?)
	}

	/// What proofs are made of, where lists are left in the file. `done` is told when some of it was read.
	pub(crate) fn parts<D: Fn() + Sync + Copy>(
		&self,
		done: D,
	) -> Parts<Points<'a, D>, Points<'a, D>> {
		let Header { alpha_g1, beta_g1, beta_g2, delta_g1, delta_g2, .. } = self.header;
		let list = |id: u32| Points {
			bytes: self.sections.find(id).unwrap_or_default(),
			section: KIND.section(id),
			done,
		};
		Parts {
			alpha_g1,
			beta_g1,
			beta_g2,
			delta_g1,
			delta_g2,
			a: list(5),
			b_g1: list(6),
			b_g2: list(7),
			l: list(8),
			h: list(9),
		}
	}

	/// All points of a section.
	fn all<P: Group>(&self, id: u32) -> Result<Vec<Affine<P>>, ZkeyError> {
		self.points::<P>(id, 0, self.count(id))
	}

	/// The manifest; `None` if the key was not finished by this tool.
	///
	/// # Errors
	/// [`ZkeyError::Manifest`].
	pub fn manifest(&self) -> Result<Option<Manifest>, ZkeyError> {
		let Some(bytes) = self.sections.find(MANIFEST_SECTION) else { return Ok(None) };
		serde_json::from_slice(bytes)
			.map(Some)
			.map_err(|error| ZkeyError::Manifest(error.to_string()))
	}

	/// The verifying key; `None` as of [`ProvingKey::verifying_key`].
	///
	/// # Errors
	/// [`ZkeyError`].
	pub fn verifying_key(&self) -> Result<Option<VerifyingKey>, ZkeyError> {
		let Header { alpha_g1, beta_g2, gamma_g2, delta_g2, .. } = &self.header;
		Ok(verifying_key(alpha_g1, [beta_g2, gamma_g2, delta_g2], &self.all::<One>(3)?))
	}

	/// The whole key. Every point is checked to be on its curve.
	///
	/// # Errors
	/// [`ZkeyError`].
	pub fn key(&self) -> Result<ProvingKey, ZkeyError> {
		self.key_by_lists(|| ())
	}

	/// [`Self::key`], which tells when it is done with a list: so that who mapped the file can let go of
	/// what was read.
	fn key_by_lists(&self, done: impl Fn()) -> Result<ProvingKey, ZkeyError> {
		fn list<P: Group>(
			zkey: &Zkey<'_>,
			id: u32,
			done: &impl Fn(),
		) -> Result<Vec<Affine<P>>, ZkeyError> {
			let points = zkey.all::<P>(id)?;
			done();
			Ok(points)
		}
		let Header { alpha_g1, beta_g1, beta_g2, gamma_g2, delta_g1, delta_g2, .. } = self.header;
		let (rows, b_g2) = rayon::join(|| self.rows(), || self.all::<Two>(7));
		let ((a_rows, b_rows), b_g2) = (rows?, b_g2?);
		done();
		Ok(ProvingKey {
			domain: self.header.domain,
			alpha_g1,
			beta_g1,
			beta_g2,
			gamma_g2,
			delta_g1,
			delta_g2,
			ic: list::<One>(self, 3, &done)?,
			a_rows,
			b_rows,
			a: list::<One>(self, 5, &done)?,
			b_g1: list::<One>(self, 6, &done)?,
			b_g2,
			l: list::<One>(self, 8, &done)?,
			h: list::<One>(self, 9, &done)?,
		})
	}
}

/// The field element `2^256`, the Montgomery factor.
pub(crate) fn montgomery_factor() -> Fr {
	Fr::from(2).pow([256])
}

/// Reads the manifest of a key; `None` if it was not made by this tool.
///
/// # Errors
/// [`ZkeyError`].
pub fn read_manifest(bytes: &[u8]) -> Result<Option<Manifest>, ZkeyError> {
	Zkey::open(bytes)?.manifest()
}

/// Reads a key. Every point is checked to be on its curve.
///
/// # Errors
/// [`ZkeyError`].
pub fn read(bytes: &[u8]) -> Result<ProvingKey, ZkeyError> {
	Zkey::open(bytes)?.key()
}

/// [`read`] from a file that is mapped, which is never in memory as a whole beside the key.
///
/// # Errors
/// As [`read`].
pub fn load(map: &Map) -> Result<ProvingKey, ZkeyError> {
	Zkey::open(map)?.key_by_lists(|| map.let_go())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::manifest::tests::manifest;
	use rand::{rngs::StdRng, SeedableRng};
	use zkml_circuits::r1cs::Builder;

	fn key() -> (ProvingKey, Manifest) {
		let mut builder = Builder::constraints(1, 1);
		let out = builder.public(0);
		let x = builder.alloc_private_input(|| Fr::from(0));
		builder.enforce(|| [x.into(), x.into(), out.into()]);
		let key = crate::setup(&builder.into_r1cs().0, &mut StdRng::seed_from_u64(4)).unwrap();
		(key, manifest())
	}

	fn file() -> Vec<u8> {
		let (key, manifest) = key();
		let mut bytes = Vec::new();
		write(&key, &manifest, &mut bytes).unwrap();
		bytes
	}

	#[test]
	fn a_key_comes_back() {
		let (key, manifest) = key();
		let bytes = file();
		assert_eq!(read(&bytes).unwrap(), key);
		assert_eq!(read_manifest(&bytes).unwrap(), Some(manifest));
	}

	#[test]
	fn every_truncation_is_refused() {
		let bytes = file();
		for end in 0..bytes.len() {
			assert!(read(&bytes[..end]).is_err(), "cut at {end}");
		}
		let mut longer = bytes;
		longer.push(0);
		assert!(read(&longer).is_err());
	}

	#[test]
	fn a_point_off_its_curve_is_refused() {
		let bytes = file();
		let (key, _) = key();
		let mut needle = [0; 64];
		curve::write::<One>(&key.h[1], &mut needle);
		let at = bytes.windows(64).position(|window| window == needle).unwrap();
		let mut damaged = bytes.clone();
		damaged[at] ^= 1;
		let section = KIND.section(9);
		let found = read(&damaged).unwrap_err();
		assert_eq!(found, ZkeyError::Point(PointError::NotOnCurve { section, index: 1 }));
		damaged[at..at + 32].fill(0xff);
		let found = read(&damaged).unwrap_err();
		assert_eq!(found, ZkeyError::Point(PointError::NonCanonical { section, index: 1 }));
	}
}
