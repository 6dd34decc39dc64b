//! The binary files of circom and snarkjs: `.r1cs` (version 1) and `.wtns` (version 2).
//!
//! Formats: iden3/r1csfile, `doc/r1cs_bin_format.md`; snarkjs, `src/wtns_utils.js`.

use super::{Coefficient, Matrix, R1cs, Wire};
use ark_bn254::Fr;
use ark_ff::{BigInt, PrimeField};
use std::io::{self, Write};
use thiserror::Error;

/// Why a file cannot be read.
#[derive(Debug, Error)]
pub enum FileError {
	/// The first bytes are those of another kind of file.
	#[error("not a .{0} file")]
	Magic(&'static str),
	/// The format's version is not known.
	#[error(".{kind} version {got} is not supported, only {expected}")]
	Version {
		/// Kind of file.
		kind: &'static str,
		/// Version known.
		expected: u32,
		/// Version found.
		got: u32,
	},
	/// The file ends too early or is longer than it says.
	#[error("the file is truncated or has bytes that belong to nothing ({0})")]
	Length(&'static str),
	/// A section is missing.
	#[error("section {0} is missing")]
	Section(u32),
	/// The file is over another field than BN254's scalars.
	#[error("the file is not over the scalar field of BN254 (bn128)")]
	Prime,
	/// A number is not a canonical field element.
	#[error("a value is not below the field's order")]
	NonCanonical,
	/// A wire index is out of range.
	#[error("wire {wire} of {wires}")]
	Wire {
		/// Index found.
		wire: u32,
		/// Number of wires.
		wires: u32,
	},
	/// The header's counts contradict each other.
	#[error("the header's counts contradict each other")]
	Counts,
}

const ELEMENT: usize = 32;

fn element_bytes(value: BigInt<4>) -> [u8; ELEMENT] {
	let mut bytes = [0; ELEMENT];
	for (chunk, limb) in bytes.chunks_exact_mut(8).zip(value.0) {
		chunk.copy_from_slice(&limb.to_le_bytes());
	}
	bytes
}

fn header(out: &mut impl Write, magic: &[u8; 4], version: u32, sections: u32) -> io::Result<()> {
	out.write_all(magic)?;
	out.write_all(&version.to_le_bytes())?;
	out.write_all(&sections.to_le_bytes())
}

fn section(out: &mut impl Write, id: u32, length: u64) -> io::Result<()> {
	out.write_all(&id.to_le_bytes())?;
	out.write_all(&length.to_le_bytes())
}

/// Writes a `.r1cs` file.
pub fn write_r1cs(r1cs: &R1cs, out: &mut impl Write) -> io::Result<()> {
	header(out, b"r1cs", 1, 3)?;
	section(out, 1, 4 + ELEMENT as u64 + 4 * 4 + 8 + 4)?;
	out.write_all(&(ELEMENT as u32).to_le_bytes())?;
	out.write_all(&element_bytes(Fr::MODULUS))?;
	for count in [r1cs.wires, r1cs.outputs, r1cs.public_inputs, r1cs.private_inputs] {
		out.write_all(&count.to_le_bytes())?;
	}
	out.write_all(&u64::from(r1cs.wires).to_le_bytes())?;
	out.write_all(&(r1cs.constraints() as u32).to_le_bytes())?;
	let entries = r1cs.a.non_zeros() + r1cs.b.non_zeros() + r1cs.c.non_zeros();
	let length = r1cs.constraints() as u64 * 12 + entries as u64 * (4 + ELEMENT as u64);
	section(out, 2, length)?;
	for row in 0..r1cs.constraints() {
		for matrix in [&r1cs.a, &r1cs.b, &r1cs.c] {
			let entries = matrix.row(row);
			out.write_all(&(entries.len() as u32).to_le_bytes())?;
			for (Wire(wire), coefficient) in entries {
				out.write_all(&wire.to_le_bytes())?;
				out.write_all(&element_bytes(coefficient.to_field().into_bigint()))?;
			}
		}
	}
	section(out, 3, 8 * u64::from(r1cs.wires))?;
	for label in 0..u64::from(r1cs.wires) {
		out.write_all(&label.to_le_bytes())?;
	}
	Ok(())
}

/// Writes a `.wtns` file.
pub fn write_wtns(witness: &[Fr], out: &mut impl Write) -> io::Result<()> {
	header(out, b"wtns", 2, 2)?;
	section(out, 1, 4 + ELEMENT as u64 + 4)?;
	out.write_all(&(ELEMENT as u32).to_le_bytes())?;
	out.write_all(&element_bytes(Fr::MODULUS))?;
	out.write_all(&(witness.len() as u32).to_le_bytes())?;
	section(out, 2, (witness.len() * ELEMENT) as u64)?;
	for value in witness {
		out.write_all(&element_bytes(value.into_bigint()))?;
	}
	Ok(())
}

/// A cursor over bytes that never reads past their end.
struct Cursor<'a> {
	rest: &'a [u8],
	what: &'static str,
}

impl<'a> Cursor<'a> {
	fn take(&mut self, length: usize) -> Result<&'a [u8], FileError> {
		if length > self.rest.len() {
			return Err(FileError::Length(self.what));
		}
		let (taken, rest) = self.rest.split_at(length);
		self.rest = rest;
		Ok(taken)
	}

	fn u32(&mut self) -> Result<u32, FileError> {
		let mut bytes = [0; 4];
		bytes.copy_from_slice(self.take(4)?);
		Ok(u32::from_le_bytes(bytes))
	}

	fn u64(&mut self) -> Result<u64, FileError> {
		let mut bytes = [0; 8];
		bytes.copy_from_slice(self.take(8)?);
		Ok(u64::from_le_bytes(bytes))
	}

	fn integer(&mut self) -> Result<BigInt<4>, FileError> {
		let mut limbs = [0; 4];
		for limb in &mut limbs {
			*limb = self.u64()?;
		}
		Ok(BigInt(limbs))
	}

	fn element(&mut self) -> Result<Fr, FileError> {
		Fr::from_bigint(self.integer()?).ok_or(FileError::NonCanonical)
	}

	fn end(&self) -> Result<(), FileError> {
		self.rest.is_empty().then_some(()).ok_or(FileError::Length(self.what))
	}
}

/// Splits a file of this family into its sections, by id.
fn sections<'a>(
	bytes: &'a [u8],
	kind: &'static str,
	version: u32,
) -> Result<Vec<(u32, Cursor<'a>)>, FileError> {
	let mut cursor = Cursor { rest: bytes, what: kind };
	if cursor.take(4).ok() != Some(kind.as_bytes()) {
		return Err(FileError::Magic(kind));
	}
	let got = cursor.u32()?;
	if got != version {
		return Err(FileError::Version { kind, expected: version, got });
	}
	let mut found = Vec::new();
	for _ in 0..cursor.u32()? {
		let id = cursor.u32()?;
		let length = usize::try_from(cursor.u64()?).map_err(|_| FileError::Length(kind))?;
		found.push((id, Cursor { rest: cursor.take(length)?, what: kind }));
	}
	cursor.end()?;
	Ok(found)
}

fn find<'a>(found: &mut Vec<(u32, Cursor<'a>)>, id: u32) -> Result<Cursor<'a>, FileError> {
	let at = found.iter().position(|(other, _)| *other == id).ok_or(FileError::Section(id))?;
	Ok(found.swap_remove(at).1)
}

fn check_field(header: &mut Cursor<'_>) -> Result<(), FileError> {
	if header.u32()? as usize != ELEMENT || header.integer()? != Fr::MODULUS {
		return Err(FileError::Prime);
	}
	Ok(())
}

/// Reads a `.r1cs` file over BN254.
pub fn read_r1cs(bytes: &[u8]) -> Result<R1cs, FileError> {
	let mut found = sections(bytes, "r1cs", 1)?;
	let mut header = find(&mut found, 1)?;
	check_field(&mut header)?;
	let wires = header.u32()?;
	let outputs = header.u32()?;
	let public_inputs = header.u32()?;
	let private_inputs = header.u32()?;
	header.u64()?;
	let constraints = header.u32()?;
	header.end()?;
	let declared = [outputs, public_inputs, private_inputs].map(u64::from).iter().sum::<u64>();
	if declared >= u64::from(wires) {
		return Err(FileError::Counts);
	}
	// Circom labels every wire; so a short file cannot claim many.
	if find(&mut found, 3)?.rest.len() as u64 != 8 * u64::from(wires) {
		return Err(FileError::Length("r1cs"));
	}
	let mut body = find(&mut found, 2)?;
	let mut matrices = [Matrix::default(), Matrix::default(), Matrix::default()];
	for _ in 0..constraints {
		for matrix in &mut matrices {
			for _ in 0..body.u32()? {
				let wire = body.u32()?;
				if wire >= wires {
					return Err(FileError::Wire { wire, wires });
				}
				matrix.push_entry(Wire(wire), Coefficient::Field(body.element()?));
			}
			matrix.end_row();
		}
	}
	body.end()?;
	let [a, b, c] = matrices;
	Ok(R1cs { wires, outputs, public_inputs, private_inputs, a, b, c })
}

/// Reads a `.wtns` file over BN254.
pub fn read_wtns(bytes: &[u8]) -> Result<Vec<Fr>, FileError> {
	let mut found = sections(bytes, "wtns", 2)?;
	let mut header = find(&mut found, 1)?;
	check_field(&mut header)?;
	let count = header.u32()?;
	header.end()?;
	let mut body = find(&mut found, 2)?;
	if body.rest.len() != count as usize * ELEMENT {
		return Err(FileError::Length("wtns"));
	}
	(0..count).map(|_| body.element()).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::r1cs::{Builder, LinearCombination};
	use ark_ff::AdditiveGroup;

	fn small() -> (R1cs, Vec<Fr>) {
		let mut builder = Builder::both(1, 1);
		let out = builder.public(0);
		let wire = builder.alloc_private_input(|| Fr::from(-3));
		let flag = builder.is_zero(LinearCombination::wire(wire), -3);
		builder.enforce(|| [flag.into(), wire.into(), out.into()]);
		let witness = builder.take_witness();
		(builder.into_r1cs().0, witness)
	}

	#[test]
	fn files_come_back() {
		let (r1cs, witness) = small();
		let mut bytes = Vec::new();
		write_r1cs(&r1cs, &mut bytes).unwrap();
		assert_eq!(read_r1cs(&bytes).unwrap(), r1cs);
		for end in 0..bytes.len() {
			assert!(read_r1cs(&bytes[..end]).is_err(), "cut at {end}");
		}
		bytes.push(0);
		assert!(read_r1cs(&bytes).is_err());
		let mut bytes = Vec::new();
		write_wtns(&witness, &mut bytes).unwrap();
		assert_eq!(read_wtns(&bytes).unwrap(), witness);
		assert_eq!(r1cs.first_violation(&witness), None);
		assert!(matches!(read_r1cs(&bytes), Err(FileError::Magic("r1cs"))));
	}

	#[test]
	fn refuses_values_above_the_order() {
		let (_, mut witness) = small();
		witness[1] = Fr::ZERO;
		let mut bytes = Vec::new();
		write_wtns(&witness, &mut bytes).unwrap();
		let at = bytes.len() - ELEMENT * (witness.len() - 1);
		bytes[at..at + ELEMENT].copy_from_slice(&element_bytes(Fr::MODULUS));
		assert!(matches!(read_wtns(&bytes), Err(FileError::NonCanonical)));
	}
}
