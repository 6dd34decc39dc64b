//! The binary files of circom and snarkjs: `.r1cs` (version 1) and `.wtns` (version 2).
//!
//! Formats: iden3/r1csfile, `doc/r1cs_bin_format.md`; snarkjs, `src/wtns_utils.js`.

use super::{Coefficient, Matrix, R1cs, Wire};
use crate::sections::{begin_file, begin_section, Kind, Reader, Section, SectionError, Sections};
use ark_bn254::Fr;
use ark_ff::{BigInt, PrimeField};
use std::io::{self, Write};
use thiserror::Error;

static R1CS: Kind =
	Kind { magic: "r1cs", version: 1, names: &[(1, "header"), (2, "constraints"), (3, "labels")] };

static WTNS: Kind = Kind { magic: "wtns", version: 2, names: &[(1, "header"), (2, "values")] };

/// Why a file cannot be read.
#[derive(Debug, Error)]
pub enum FileError {
	/// The file's sections.
	#[error(transparent)]
	Section(#[from] SectionError),
	/// The file is over another field than BN254's scalars.
	#[error("the file is not over the scalar field of BN254 (bn128)")]
	Prime,
	/// A number is not a canonical field element.
	#[error("{section} holds a value that is not below the field's order, at {index}")]
	NonCanonical {
		/// The section.
		section: Section,
		/// Which constraint, or which wire of a witness.
		index: usize,
	},
	/// A wire index is out of range.
	#[error("constraint {constraint} names wire {wire} of {wires}")]
	Wire {
		/// The constraint.
		constraint: u32,
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

/// Writes a `.r1cs` file.
pub fn write_r1cs(r1cs: &R1cs, out: &mut impl Write) -> io::Result<()> {
	begin_file(out, &R1CS, 3)?;
	begin_section(out, 1, 4 + ELEMENT as u64 + 4 * 4 + 8 + 4)?;
	out.write_all(&(ELEMENT as u32).to_le_bytes())?;
	out.write_all(&element_bytes(Fr::MODULUS))?;
	for count in [r1cs.wires, r1cs.outputs, r1cs.public_inputs, r1cs.private_inputs] {
		out.write_all(&count.to_le_bytes())?;
	}
	out.write_all(&u64::from(r1cs.wires).to_le_bytes())?;
	out.write_all(&(r1cs.constraints() as u32).to_le_bytes())?;
	let entries = r1cs.a.non_zeros() + r1cs.b.non_zeros() + r1cs.c.non_zeros();
	let length = r1cs.constraints() as u64 * 12 + entries as u64 * (4 + ELEMENT as u64);
	begin_section(out, 2, length)?;
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
	begin_section(out, 3, 8 * u64::from(r1cs.wires))?;
	for label in 0..u64::from(r1cs.wires) {
		out.write_all(&label.to_le_bytes())?;
	}
	Ok(())
}

/// Writes a `.wtns` file.
pub fn write_wtns(witness: &[Fr], out: &mut impl Write) -> io::Result<()> {
	begin_file(out, &WTNS, 2)?;
	begin_section(out, 1, 4 + ELEMENT as u64 + 4)?;
	out.write_all(&(ELEMENT as u32).to_le_bytes())?;
	out.write_all(&element_bytes(Fr::MODULUS))?;
	out.write_all(&(witness.len() as u32).to_le_bytes())?;
	begin_section(out, 2, (witness.len() * ELEMENT) as u64)?;
	for value in witness {
		out.write_all(&element_bytes(value.into_bigint()))?;
	}
	Ok(())
}

fn element(reader: &mut Reader<'_>, index: usize) -> Result<Fr, FileError> {
	let value = Fr::from_bigint(BigInt(reader.limbs()?));
	value.ok_or(FileError::NonCanonical { section: reader.section, index })
}

fn check_field(header: &mut Reader<'_>) -> Result<(), FileError> {
	if header.u32()? as usize != ELEMENT || BigInt(header.limbs()?) != Fr::MODULUS {
		return Err(FileError::Prime);
	}
	Ok(())
}

/// Reads a `.r1cs` file over BN254. Sections of custom gates, which Groth16 does not have, may be
/// there if they are not used.
pub fn read_r1cs(bytes: &[u8]) -> Result<R1cs, FileError> {
	let sections = Sections::split(&R1CS, bytes)?;
	let mut header = sections.get(1)?;
	check_field(&mut header)?;
	let wires = header.u32()?;
	let outputs = header.u32()?;
	let public_inputs = header.u32()?;
	let private_inputs = header.u32()?;
	header.u64()?;
	let constraints = header.u32()?;
	header.end()?;
	// Of private inputs Circom counts also those that it has simplified away.
	if u64::from(outputs) + u64::from(public_inputs) >= u64::from(wires) {
		return Err(FileError::Counts);
	}
	// Circom labels every wire; so a short file cannot claim many.
	sections.exactly(3, 8 * u64::from(wires))?;
	let mut body = sections.get(2)?;
	let mut matrices = [Matrix::default(), Matrix::default(), Matrix::default()];
	for constraint in 0..constraints {
		for matrix in &mut matrices {
			for _ in 0..body.u32()? {
				let wire = body.u32()?;
				if wire >= wires {
					return Err(FileError::Wire { constraint, wire, wires });
				}
				let value = element(&mut body, constraint as usize)?;
				matrix.push_entry(Wire(wire), Coefficient::Field(value));
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
	let sections = Sections::split(&WTNS, bytes)?;
	let mut header = sections.get(1)?;
	check_field(&mut header)?;
	let count = header.u32()?;
	header.end()?;
	sections.exactly(2, u64::from(count) * ELEMENT as u64)?;
	let mut body = sections.get(2)?;
	(0..count as usize).map(|index| element(&mut body, index)).collect()
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
		assert!(matches!(
			read_r1cs(&bytes),
			Err(FileError::Section(SectionError::Magic { expected: "r1cs", found: Some("wtns") }))
		));
	}

	#[test]
	fn refuses_values_above_the_order() {
		let (_, mut witness) = small();
		witness[1] = Fr::ZERO;
		let mut bytes = Vec::new();
		write_wtns(&witness, &mut bytes).unwrap();
		let at = bytes.len() - ELEMENT * (witness.len() - 1);
		bytes[at..at + ELEMENT].copy_from_slice(&element_bytes(Fr::MODULUS));
		assert!(matches!(read_wtns(&bytes), Err(FileError::NonCanonical { index: 1, .. })));
	}
}
