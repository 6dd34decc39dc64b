//! The proving key as a `.zkey` file, the format of snarkjs' Groth16 (`src/zkey_utils.js`).
//!
//! Points are affine in Montgomery form, infinity is all zeros. Coefficients carry the Montgomery
//! factor twice. A section of ours, [`MANIFEST_SECTION`], which snarkjs does not look at, holds the
//! [`Manifest`].

use crate::{
	key::{ProvingKey, Rows},
	manifest::Manifest,
};
use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, BigInt, Field, PrimeField};
use rayon::prelude::*;
use std::io::{self, Write};
use thiserror::Error;

/// Id of the section with the manifest: "zkml" in ASCII.
pub const MANIFEST_SECTION: u32 = 0x7a6b_6d6c;

const VERSION: u32 = 1;
const GROTH16: u32 = 1;
const G1: usize = 64;
const G2: usize = 128;
const COEFFICIENT: usize = 12 + 32;

/// Why a `.zkey` file cannot be read.
#[derive(Debug, Error)]
pub enum ZkeyError {
	/// The first bytes are those of another kind of file.
	#[error("not a .zkey file")]
	Magic,
	/// A version or a protocol that this tool does not know.
	#[error("{what} {got} is not supported, only {expected}")]
	Unsupported {
		/// What it is.
		what: &'static str,
		/// What is known.
		expected: u32,
		/// What was found.
		got: u32,
	},
	/// The file ends too early, or a section has another length than its counts say.
	#[error("the file is truncated or damaged at section {0}")]
	Length(u32),
	/// A section is missing.
	#[error("section {0} is missing")]
	Section(u32),
	/// The file is over another curve.
	#[error("the key is not over BN254 (bn128)")]
	Curve,
	/// A number is not a canonical field element.
	#[error("section {0} holds a number that is not below its field's order")]
	NonCanonical(u32),
	/// A point is not on its curve.
	#[error("section {section} holds a point that is not on the curve, at {index}")]
	NotOnCurve {
		/// Section.
		section: u32,
		/// Position of the point.
		index: usize,
	},
	/// Counts contradict each other.
	#[error("the key's counts contradict each other")]
	Counts,
	/// The manifest cannot be read.
	#[error("the key's manifest cannot be read: {0}")]
	Manifest(String),
}

fn limbs(value: BigInt<4>) -> [u8; 32] {
	let mut bytes = [0; 32];
	for (chunk, limb) in bytes.chunks_exact_mut(8).zip(value.0) {
		chunk.copy_from_slice(&limb.to_le_bytes());
	}
	bytes
}

fn g1_bytes(point: &G1Affine) -> [u8; G1] {
	let mut bytes = [0; G1];
	if let Some((x, y)) = point.xy() {
		bytes[..32].copy_from_slice(&limbs(x.0));
		bytes[32..].copy_from_slice(&limbs(y.0));
	}
	bytes
}

fn g2_bytes(point: &G2Affine) -> [u8; G2] {
	let mut bytes = [0; G2];
	if let Some((x, y)) = point.xy() {
		for (chunk, part) in bytes.chunks_exact_mut(32).zip([x.c0, x.c1, y.c0, y.c1]) {
			chunk.copy_from_slice(&limbs(part.0));
		}
	}
	bytes
}

/// The field element `2^256`, the Montgomery factor.
fn montgomery_factor() -> Fr {
	Fr::from(2).pow([256])
}

struct Writer<W> {
	out: W,
}

impl<W: Write> Writer<W> {
	fn section(&mut self, id: u32, length: usize) -> io::Result<()> {
		self.u32(id)?;
		self.out.write_all(&(length as u64).to_le_bytes())
	}

	fn u32(&mut self, value: u32) -> io::Result<()> {
		self.out.write_all(&value.to_le_bytes())
	}

	fn g1(&mut self, id: u32, points: &[G1Affine]) -> io::Result<()> {
		self.section(id, points.len() * G1)?;
		points.iter().try_for_each(|point| self.out.write_all(&g1_bytes(point)))
	}

	fn g2(&mut self, id: u32, points: &[G2Affine]) -> io::Result<()> {
		self.section(id, points.len() * G2)?;
		points.iter().try_for_each(|point| self.out.write_all(&g2_bytes(point)))
	}

	fn coefficients(&mut self, matrix: u32, rows: &Rows, factor: Fr) -> io::Result<()> {
		for row in 0..rows.len() {
			for &(wire, coefficient) in rows.row(row) {
				self.u32(matrix)?;
				self.u32(row as u32)?;
				self.u32(wire)?;
				self.out.write_all(&limbs((coefficient * factor).0))?;
			}
		}
		Ok(())
	}
}

/// Writes a key and its manifest.
pub fn write(key: &ProvingKey, manifest: &Manifest, out: impl Write) -> io::Result<()> {
	let mut writer = Writer { out };
	writer.out.write_all(b"zkey")?;
	writer.u32(VERSION)?;
	writer.u32(11)?;
	writer.section(1, 4)?;
	writer.u32(GROTH16)?;
	writer.section(2, 2 * (4 + 32) + 3 * 4 + 3 * G1 + 3 * G2)?;
	for modulus in [Fq::MODULUS, Fr::MODULUS] {
		writer.u32(32)?;
		writer.out.write_all(&limbs(modulus))?;
	}
	for count in [key.wires(), key.signals(), key.domain] {
		writer.u32(count as u32)?;
	}
	writer.out.write_all(&g1_bytes(&key.alpha_g1))?;
	writer.out.write_all(&g1_bytes(&key.beta_g1))?;
	writer.out.write_all(&g2_bytes(&key.beta_g2))?;
	writer.out.write_all(&g2_bytes(&key.gamma_g2))?;
	writer.out.write_all(&g1_bytes(&key.delta_g1))?;
	writer.out.write_all(&g2_bytes(&key.delta_g2))?;
	writer.g1(3, &key.ic)?;
	let count = key.a_rows.entries.len() + key.b_rows.entries.len();
	writer.section(4, 4 + count * COEFFICIENT)?;
	writer.u32(count as u32)?;
	let factor = montgomery_factor();
	writer.coefficients(0, &key.a_rows, factor)?;
	writer.coefficients(1, &key.b_rows, factor)?;
	writer.g1(5, &key.a)?;
	writer.g1(6, &key.b_g1)?;
	writer.g2(7, &key.b_g2)?;
	writer.g1(8, &key.l)?;
	writer.g1(9, &key.h)?;
	// No ceremony: an empty transcript.
	writer.section(10, 64 + 4)?;
	writer.out.write_all(&[0; 64 + 4])?;
	let text = serde_json::to_vec(manifest)?;
	writer.section(MANIFEST_SECTION, text.len())?;
	writer.out.write_all(&text)?;
	writer.out.flush()
}

/// Bytes of one section, read from the front.
struct Cursor<'a> {
	id: u32,
	rest: &'a [u8],
}

impl<'a> Cursor<'a> {
	fn take(&mut self, length: usize) -> Result<&'a [u8], ZkeyError> {
		if length > self.rest.len() {
			return Err(ZkeyError::Length(self.id));
		}
		let (taken, rest) = self.rest.split_at(length);
		self.rest = rest;
		Ok(taken)
	}

	fn u32(&mut self) -> Result<u32, ZkeyError> {
		let mut bytes = [0; 4];
		bytes.copy_from_slice(self.take(4)?);
		Ok(u32::from_le_bytes(bytes))
	}

	fn integer(&mut self) -> Result<BigInt<4>, ZkeyError> {
		Ok(read_limbs(self.take(32)?))
	}

	fn g1(&mut self) -> Result<G1Affine, ZkeyError> {
		read_g1(self.take(G1)?, self.id, 0)
	}

	fn g2(&mut self) -> Result<G2Affine, ZkeyError> {
		read_g2(self.take(G2)?, self.id, 0)
	}

	fn end(&self) -> Result<(), ZkeyError> {
		self.rest.is_empty().then_some(()).ok_or(ZkeyError::Length(self.id))
	}

	/// All of the section as `count` points of `size` bytes.
	fn points<T: Send>(
		&self,
		count: usize,
		size: usize,
		read: impl Fn(&[u8], u32, usize) -> Result<T, ZkeyError> + Sync,
	) -> Result<Vec<T>, ZkeyError> {
		if count.checked_mul(size) != Some(self.rest.len()) {
			return Err(ZkeyError::Length(self.id));
		}
		let chunks = self.rest.par_chunks_exact(size).enumerate();
		chunks.map(|(index, bytes)| read(bytes, self.id, index)).collect()
	}
}

fn read_limbs(bytes: &[u8]) -> BigInt<4> {
	let mut value = [0; 4];
	for (limb, chunk) in value.iter_mut().zip(bytes.chunks_exact(8)) {
		let mut bytes = [0; 8];
		bytes.copy_from_slice(chunk);
		*limb = u64::from_le_bytes(bytes);
	}
	BigInt(value)
}

fn coordinate(bytes: &[u8], section: u32) -> Result<Fq, ZkeyError> {
	let value = read_limbs(bytes);
	if value >= Fq::MODULUS {
		return Err(ZkeyError::NonCanonical(section));
	}
	Ok(Fq::new_unchecked(value))
}

fn read_g1(bytes: &[u8], section: u32, index: usize) -> Result<G1Affine, ZkeyError> {
	if bytes.iter().all(|&byte| byte == 0) {
		return Ok(G1Affine::zero());
	}
	let (x, y) = (coordinate(&bytes[..32], section)?, coordinate(&bytes[32..], section)?);
	let point = G1Affine::new_unchecked(x, y);
	point.is_on_curve().then_some(point).ok_or(ZkeyError::NotOnCurve { section, index })
}

fn read_g2(bytes: &[u8], section: u32, index: usize) -> Result<G2Affine, ZkeyError> {
	if bytes.iter().all(|&byte| byte == 0) {
		return Ok(G2Affine::zero());
	}
	let mut parts = [Fq::ZERO; 4];
	for (part, chunk) in parts.iter_mut().zip(bytes.chunks_exact(32)) {
		*part = coordinate(chunk, section)?;
	}
	let [x0, x1, y0, y1] = parts;
	let point = G2Affine::new_unchecked(Fq2::new(x0, x1), Fq2::new(y0, y1));
	point.is_on_curve().then_some(point).ok_or(ZkeyError::NotOnCurve { section, index })
}

/// Splits a file into its sections.
fn sections(bytes: &[u8]) -> Result<Vec<Cursor<'_>>, ZkeyError> {
	let mut file = Cursor { id: 0, rest: bytes };
	if file.take(4).ok() != Some(b"zkey") {
		return Err(ZkeyError::Magic);
	}
	let got = file.u32()?;
	if got != VERSION {
		return Err(ZkeyError::Unsupported { what: ".zkey version", expected: VERSION, got });
	}
	let mut found = Vec::new();
	for _ in 0..file.u32()? {
		let id = file.u32()?;
		let (low, high) = (file.u32()?, file.u32()?);
		let length = u64::from(high) << 32 | u64::from(low);
		let length = usize::try_from(length).map_err(|_| ZkeyError::Length(id))?;
		file.id = id;
		found.push(Cursor { id, rest: file.take(length)? });
	}
	file.end()?;
	Ok(found)
}

fn find<'a>(found: &[Cursor<'a>], id: u32) -> Result<Cursor<'a>, ZkeyError> {
	let section = found.iter().find(|section| section.id == id).ok_or(ZkeyError::Section(id))?;
	Ok(Cursor { id, rest: section.rest })
}

/// Reads the manifest of a key; `None` if it was not made by this tool.
pub fn read_manifest(bytes: &[u8]) -> Result<Option<Manifest>, ZkeyError> {
	let found = sections(bytes)?;
	let Ok(section) = find(&found, MANIFEST_SECTION) else { return Ok(None) };
	serde_json::from_slice(section.rest)
		.map(Some)
		.map_err(|error| ZkeyError::Manifest(error.to_string()))
}

/// Reads a key. Every point is checked to be on its curve.
pub fn read(bytes: &[u8]) -> Result<ProvingKey, ZkeyError> {
	let found = sections(bytes)?;
	let mut protocol = find(&found, 1)?;
	let got = protocol.u32()?;
	if got != GROTH16 {
		return Err(ZkeyError::Unsupported { what: "protocol", expected: GROTH16, got });
	}
	let mut header = find(&found, 2)?;
	for modulus in [Fq::MODULUS, Fr::MODULUS] {
		if header.u32()? != 32 || header.integer()? != modulus {
			return Err(ZkeyError::Curve);
		}
	}
	let wires = header.u32()? as usize;
	let signals = header.u32()? as usize;
	let domain = header.u32()? as usize;
	if signals >= wires || !domain.is_power_of_two() {
		return Err(ZkeyError::Counts);
	}
	let (alpha_g1, beta_g1) = (header.g1()?, header.g1()?);
	let (beta_g2, gamma_g2) = (header.g2()?, header.g2()?);
	let (delta_g1, delta_g2) = (header.g1()?, header.g2()?);
	header.end()?;
	// Nothing is allocated for a domain that the file does not fill.
	if find(&found, 9)?.rest.len() != domain.saturating_mul(G1) {
		return Err(ZkeyError::Length(9));
	}
	let (a_rows, b_rows) = read_coefficients(find(&found, 4)?, wires, domain)?;
	let g1 = |id, count| find(&found, id)?.points(count, G1, read_g1);
	Ok(ProvingKey {
		domain,
		alpha_g1,
		beta_g1,
		beta_g2,
		gamma_g2,
		delta_g1,
		delta_g2,
		ic: g1(3, signals + 1)?,
		a_rows,
		b_rows,
		a: g1(5, wires)?,
		b_g1: g1(6, wires)?,
		b_g2: find(&found, 7)?.points(wires, G2, read_g2)?,
		l: g1(8, wires - signals - 1)?,
		h: g1(9, domain)?,
	})
}

/// Reads the coefficients, which may come in any order, into rows.
fn read_coefficients(
	mut section: Cursor<'_>,
	wires: usize,
	domain: usize,
) -> Result<(Rows, Rows), ZkeyError> {
	let count = section.u32()? as usize;
	if count.checked_mul(COEFFICIENT) != Some(section.rest.len()) {
		return Err(ZkeyError::Length(4));
	}
	let factor = montgomery_factor().inverse().unwrap_or_default();
	let mut entries: [Vec<(u32, u32, Fr)>; 2] = [Vec::new(), Vec::new()];
	for _ in 0..count {
		let (matrix, row, wire) = (section.u32()?, section.u32()?, section.u32()?);
		let value = section.integer()?;
		if value >= Fr::MODULUS {
			return Err(ZkeyError::NonCanonical(4));
		}
		let matrix = entries.get_mut(matrix as usize).ok_or(ZkeyError::Counts)?;
		if row as usize >= domain || wire as usize >= wires {
			return Err(ZkeyError::Counts);
		}
		matrix.push((row, wire, Fr::new_unchecked(value) * factor));
	}
	let length = entries.iter().flatten().map(|&(row, _, _)| row as usize + 1).max().unwrap_or(0);
	let [a, b] = entries.map(|mut entries| {
		entries.sort_by_key(|&(row, _, _)| row);
		let mut ends = vec![0; length];
		for &(row, _, _) in &entries {
			ends[row as usize] += 1;
		}
		let mut end = 0;
		ends.iter_mut().for_each(|count| {
			end += *count;
			*count = end;
		});
		let entries = entries.into_iter().map(|(_, wire, value)| (wire, value)).collect();
		Rows { ends, entries }
	});
	Ok((a, b))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::manifest::SetupKind;
	use rand::{rngs::StdRng, SeedableRng};
	use zkml_circuits::r1cs::Builder;
	use zkml_primitives::{InputVisibility, Interface, OutputKind, WeightsVisibility};

	fn key() -> (ProvingKey, Manifest) {
		let mut builder = Builder::constraints(1, 1);
		let out = builder.public(0);
		let x = builder.alloc_private_input(|| Fr::from(0));
		builder.enforce(|| [x.into(), x.into(), out.into()]);
		let key = crate::setup(&builder.into_r1cs().0, &mut StdRng::seed_from_u64(4)).unwrap();
		let manifest = Manifest {
			format: crate::FORMAT,
			tool: "zkml 0.1.0".into(),
			setup: SetupKind::Development,
			circuit_sha256: "00".repeat(32),
			model_sha256: "11".repeat(32),
			interface: Interface {
				input: InputVisibility::Private,
				weights: WeightsVisibility::Public,
				output: OutputKind::Argmax { classes: 2 },
			},
		};
		(key, manifest)
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
		let needle = g1_bytes(&key.h[1]);
		let at = bytes.windows(G1).position(|window| window == needle).unwrap();
		let mut damaged = bytes.clone();
		damaged[at] ^= 1;
		assert!(matches!(read(&damaged), Err(ZkeyError::NotOnCurve { section: 9, index: 1 })));
		damaged[at..at + 32].fill(0xff);
		assert!(matches!(read(&damaged), Err(ZkeyError::NonCanonical(9))));
	}
}
