//! Writing of `.zkey` files.

use super::{montgomery_factor, Header, Zkey, GROTH16, KIND, MANIFEST_SECTION};
use crate::{
	curve::{self, encode, Group, One, Two},
	key::ProvingKey,
	manifest::Manifest,
};
use ark_bn254::{Fq, Fr};
use ark_ec::short_weierstrass::Affine;
use ark_ff::{BigInt, PrimeField};
use std::io::{self, Write};
use zkml_circuits::sections::{self, begin_section};

/// Bytes of a coefficient: matrix, row, wire, value.
pub(crate) const COEFFICIENT: usize = 12 + 32;

/// Points that are written together.
const TOGETHER: usize = 1 << 14;

fn u32s(out: &mut impl Write, values: &[u32]) -> io::Result<()> {
	values.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))
}

fn integer(out: &mut impl Write, value: BigInt<4>) -> io::Result<()> {
	value.0.iter().try_for_each(|limb| out.write_all(&limb.to_le_bytes()))
}

/// Begins a file of this number of sections, and writes the first two.
pub(crate) fn begin_file(out: &mut impl Write, count: u32, header: &Header) -> io::Result<()> {
	sections::begin_file(out, &KIND, count)?;
	begin_section(out, 1, 4)?;
	u32s(out, &[GROTH16])?;
	begin_section(out, 2, 2 * (4 + 32) + 3 * 4 + 3 * One::SIZE as u64 + 3 * Two::SIZE as u64)?;
	for modulus in [Fq::MODULUS, Fr::MODULUS] {
		u32s(out, &[32])?;
		integer(out, modulus)?;
	}
	u32s(out, &[header.wires, header.signals, header.domain].map(|count| count as u32))?;
	let one = |points: &[_]| encode(points, One::SIZE, curve::write::<One>);
	let two = |points: &[_]| encode(points, Two::SIZE, curve::write::<Two>);
	out.write_all(&one(&[header.alpha_g1, header.beta_g1]))?;
	out.write_all(&two(&[header.beta_g2, header.gamma_g2]))?;
	out.write_all(&one(&[header.delta_g1]))?;
	out.write_all(&two(&[header.delta_g2]))
}

/// Writes a whole section of points.
fn write_points<P: Group>(out: &mut impl Write, id: u32, points: &[Affine<P>]) -> io::Result<()> {
	begin_section(out, id, (points.len() * P::SIZE) as u64)?;
	let mut chunks = points.chunks(TOGETHER);
	chunks.try_for_each(|points| out.write_all(&encode(points, P::SIZE, curve::write::<P>)))
}

/// Writes coefficients: matrix, row, wire and value of each.
pub(crate) fn coefficients(
	out: &mut impl Write,
	count: usize,
	entries: impl Iterator<Item = (u32, u32, u32, Fr)>,
) -> io::Result<()> {
	begin_section(out, 4, 4 + (count * COEFFICIENT) as u64)?;
	u32s(out, &[count as u32])?;
	let factor = montgomery_factor();
	for (matrix, row, wire, value) in entries {
		u32s(out, &[matrix, row, wire])?;
		integer(out, (value * factor).0)?;
	}
	Ok(())
}

/// Writes a key and its manifest.
///
/// # Errors
/// Of writing.
pub fn write(key: &ProvingKey, manifest: &Manifest, out: impl Write) -> io::Result<()> {
	let mut out = io::BufWriter::new(out);
	let header = Header {
		wires: key.wires(),
		signals: key.signals(),
		domain: key.domain,
		alpha_g1: key.alpha_g1,
		beta_g1: key.beta_g1,
		beta_g2: key.beta_g2,
		gamma_g2: key.gamma_g2,
		delta_g1: key.delta_g1,
		delta_g2: key.delta_g2,
	};
	begin_file(&mut out, 11, &header)?;
	write_points::<One>(&mut out, 3, &key.ic)?;
	let count = key.a_rows.entries.len() + key.b_rows.entries.len();
	let rows = key.a_rows.len().max(key.b_rows.len());
	let entries = (0..rows).flat_map(|row| {
		[(0, &key.a_rows), (1, &key.b_rows)].into_iter().flat_map(move |(matrix, rows)| {
			let entries = if row < rows.len() { rows.row(row) } else { &[] };
			entries.iter().map(move |&(wire, value)| (matrix, row as u32, wire, value))
		})
	});
	coefficients(&mut out, count, entries)?;
	write_points::<One>(&mut out, 5, &key.a)?;
	write_points::<One>(&mut out, 6, &key.b_g1)?;
	write_points::<Two>(&mut out, 7, &key.b_g2)?;
	write_points::<One>(&mut out, 8, &key.l)?;
	write_points::<One>(&mut out, 9, &key.h)?;
	// No ceremony: an empty transcript.
	begin_section(&mut out, super::CONTRIBUTIONS, 64 + 4)?;
	out.write_all(&[0; 64 + 4])?;
	self::manifest(&mut out, manifest)?;
	out.flush()
}

impl Zkey<'_> {
	/// Writes the file's sections and a manifest, in place of one that it may have.
	///
	/// # Errors
	/// Of writing.
	pub fn write_finished(&self, manifest: &Manifest, mut out: impl Write) -> io::Result<()> {
		let known = KIND.names.iter().map(|&(id, _)| id).filter(|&id| id != MANIFEST_SECTION);
		let there: Vec<_> = known.filter_map(|id| Some((id, self.sections.find(id)?))).collect();
		sections::begin_file(&mut out, &KIND, there.len() as u32 + 1)?;
		for (id, bytes) in there {
			begin_section(&mut out, id, bytes.len() as u64)?;
			out.write_all(bytes)?;
		}
		self::manifest(&mut out, manifest)
	}
}

/// Writes the manifest's section.
fn manifest(out: &mut impl Write, manifest: &Manifest) -> io::Result<()> {
	let text = serde_json::to_vec(manifest)?;
	begin_section(out, MANIFEST_SECTION, text.len() as u64)?;
	out.write_all(&text)
}
