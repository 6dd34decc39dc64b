//! Phase 2: the key of one circuit, from prepared powers of τ, with a secret δ that people multiply.

use super::{
	blake2b::{Blake2b, Hash},
	contribution::Origin,
	knowledge::{checked, hash_to_g2, plain_g1, plain_g2, push, Knowledge},
	phase1::random,
	ptau::{Ptau, LAGRANGE, POWERS},
	snarkjs::beyond,
	CeremonyError, Progress,
};
use crate::{
	curve::{affine, encode, scale_in_place, uncompressed, write, Group, One, Two},
	zkey::{self, begin_file, begin_section, coefficients, write_points, Header, Zkey, ZkeyError},
};
use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{
	short_weierstrass::{Affine, Projective},
	AffineRepr, CurveGroup,
};
use ark_ff::{Field, One as _, Zero};
use rayon::prelude::*;
use std::io::{self, Write};
use zeroize::Zeroize;
use zkml_circuits::{
	r1cs::{Coefficient, Matrix, R1cs, Wire},
	sections::Reader,
};

/// Points that are read, multiplied and written together.
const TOGETHER: usize = 1 << 14;

/// The entries of a matrix by column, with the rows that a setup adds to A.
struct Columns<'a> {
	matrix: &'a Matrix,
	/// End of each column.
	ends: Vec<u32>,
	/// Row of each entry, and its coefficient.
	entries: Vec<(u32, Coefficient)>,
}

impl<'a> Columns<'a> {
	/// `added` columns get an entry 1 in a row of their own, after those of the matrix.
	fn of(matrix: &'a Matrix, wires: usize, added: usize) -> Self {
		let mut ends = vec![0u32; wires];
		let each = |visit: &mut dyn FnMut(usize, u32, Coefficient)| {
			for row in 0..matrix.rows() {
				matrix
					.row(row)
					.for_each(|(Wire(wire), value)| visit(wire as usize, row as u32, value));
			}
			for wire in 0..added {
				visit(wire, (matrix.rows() + wire) as u32, Coefficient::Integer(1));
			}
		};
		each(&mut |wire, _, _| ends[wire] += 1);
		let mut next = Vec::with_capacity(wires);
		let mut end = 0;
		for count in &mut ends {
			next.push(end);
			end += *count;
			*count = end;
		}
		let mut entries = vec![(0, Coefficient::Integer(0)); end as usize];
		each(&mut |wire, row, value| {
			entries[next[wire] as usize] = (row, value);
			next[wire] += 1;
		});
		Self { matrix, ends, entries }
	}

	fn column(&self, wire: usize) -> &[(u32, Coefficient)] {
		let start = wire.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
		&self.entries[start..self.ends[wire] as usize]
	}
}

/// For each of some wires, the sum of its columns' coefficients times the rows' points.
fn combine<P: Group>(
	wires: std::ops::Range<usize>,
	terms: &[(&Columns<'_>, &[Affine<P>])],
) -> Vec<Affine<P>> {
	/// Wires that go together.
	const WIRES: usize = 1 << 10;
	let chunks: Vec<usize> = wires.clone().step_by(WIRES).collect();
	let chunk = |&start: &usize| {
		let here = start..wires.end.min(start + WIRES);
		let entries = || {
			here.clone().flat_map(|wire| {
				terms.iter().flat_map(move |(columns, points)| {
					let column = columns.column(wire).iter();
					column.map(move |&(row, value)| (wire, value, points[row as usize]))
				})
			})
		};
		// All that is not just added or subtracted is multiplied together.
		let (mut scaled, mut factors) = (Vec::new(), Vec::new());
		for (_, value, point) in entries() {
			if !matches!(value, Coefficient::Integer(1 | -1)) {
				scaled.push(point);
				factors.push(value.to_field());
			}
		}
		scale_in_place(&mut scaled, |at| factors[at]);
		let mut scaled = scaled.into_iter();
		let mut sums = vec![Projective::<P>::zero(); here.len()];
		for (wire, value, point) in entries() {
			let sum = &mut sums[wire - here.start];
			match value {
				Coefficient::Integer(1) => *sum += point,
				Coefficient::Integer(-1) => *sum -= point,
				_ => *sum += scaled.next().unwrap_or_default(),
			}
		}
		Projective::<P>::normalize_batch(&sums)
	};
	chunks.par_iter().flat_map_iter(chunk).collect()
}

/// A file that is written and a hash of what is in it.
struct Begun<W> {
	out: W,
	hash: Blake2b,
}

impl<W: Write> Begun<W> {
	/// Writes a section of points, and hashes their number and them.
	fn points<P: Group>(&mut self, id: u32, points: &[Affine<P>]) -> io::Result<()> {
		self.hash.update(&(points.len() as u32).to_be_bytes());
		for points in points.chunks(TOGETHER) {
			self.hash.update(&encode(points, P::SIZE, uncompressed));
		}
		write_points::<P>(&mut self.out, id, points)
	}
}

/// How many rows a circuit's key has: constraints, and one for the constant and each public signal.
fn rows(r1cs: &R1cs) -> usize {
	r1cs.constraints() + r1cs.signals() + 1
}

/// Writes the key of a circuit from prepared powers of τ. Its δ is 1: contributions must follow.
///
/// Returns the circuit's hash, which binds the matrices and the powers. As in snarkjs, γ is 1.
///
/// # Errors
/// [`CeremonyError::TooSmall`], [`CeremonyError::NotPrepared`], [`CeremonyError::SignalAtInfinity`];
/// if a point is not on its curve; of writing.
pub fn new(
	r1cs: &R1cs,
	powers: &Ptau<'_>,
	out: impl Write,
	progress: &dyn Progress,
) -> Result<Hash, CeremonyError> {
	let (signals, wires) = (r1cs.signals(), r1cs.wires as usize);
	let domain = rows(r1cs).next_power_of_two();
	let needed = domain.trailing_zeros();
	if needed > powers.power {
		return Err(CeremonyError::TooSmall { power: powers.power, needed, rows: rows(r1cs) });
	}
	if !powers.is_prepared() {
		return Err(CeremonyError::NotPrepared);
	}
	let one = |id: u32| Ok::<_, CeremonyError>(powers.points::<One>(id, 0, 1)?[0]);
	let header = Header {
		wires,
		signals,
		domain,
		alpha_g1: one(POWERS[2])?,
		beta_g1: one(POWERS[3])?,
		beta_g2: powers.points::<Two>(super::ptau::BETA, 0, 1)?[0],
		gamma_g2: G2Affine::generator(),
		delta_g1: G1Affine::generator(),
		delta_g2: G2Affine::generator(),
	};
	let mut begun = Begun {
		out: io::BufWriter::with_capacity(1 << 20, out),
		hash: Blake2b::default()
			.with(&plain_g1(&header.alpha_g1))
			.with(&plain_g1(&header.beta_g1))
			.with(&plain_g2(&header.beta_g2))
			.with(&plain_g2(&header.gamma_g2))
			.with(&plain_g1(&header.delta_g1))
			.with(&plain_g2(&header.delta_g2)),
	};
	begin_file(&mut begun.out, 10, &header)?;
	progress.step("reading powers of tau", 5);
	let lagrange = |id: u32| powers.points::<One>(id, domain - 1, domain);
	let [a, b, c] = [(&r1cs.a, signals + 1), (&r1cs.b, 0), (&r1cs.c, 0)]
		.map(|(matrix, added)| Columns::of(matrix, wires, added));
	let count = a.entries.len() + b.entries.len();
	coefficients(&mut begun.out, count, entries(&a, &b))?;
	// Sections in the order of snarkjs' files, which their hash follows.
	{
		let [tau, alpha, beta] = [lagrange(12)?, lagrange(14)?, lagrange(15)?];
		progress.advance(3);
		let terms = [(&a, beta.as_slice()), (&b, &alpha), (&c, &tau)];
		let ic = combine::<One>(0..signals + 1, &terms);
		if let Some(wire) = ic.iter().position(AffineRepr::is_zero) {
			return Err(CeremonyError::SignalAtInfinity(wire));
		}
		begun.points::<One>(3, &ic)?;
		odd(powers, domain, &mut begun.out)?;
		hash_quotient(powers, domain, &mut begun.hash)?;
		progress.step("combining points", wires as u64 * 6);
		let l = combine::<One>(signals + 1..wires, &terms);
		begun.points::<One>(8, &l)?;
		progress.advance(wires as u64 * 2);
		drop((l, alpha, beta));
		begun.points::<One>(5, &combine::<One>(0..wires, &[(&a, &tau)]))?;
		progress.advance(wires as u64);
		begun.points::<One>(6, &combine::<One>(0..wires, &[(&b, &tau)]))?;
		progress.advance(wires as u64);
	}
	let tau = powers.points::<Two>(LAGRANGE[1], domain - 1, domain)?;
	begun.points::<Two>(7, &combine::<Two>(0..wires, &[(&b, &tau)]))?;
	progress.advance(wires as u64 * 2);
	let Begun { mut out, hash } = begun;
	let hash = hash.finish();
	begin_section(&mut out, zkey::CONTRIBUTIONS, 64 + 4)?;
	out.write_all(&hash)?;
	out.write_all(&0u32.to_le_bytes())?;
	out.flush()?;
	Ok(hash)
}

/// The coefficients of A and B by row, then those of the rows that a setup adds.
fn entries<'a>(
	a: &'a Columns<'_>,
	b: &'a Columns<'_>,
) -> impl Iterator<Item = (u32, u32, u32, Fr)> + 'a {
	let rows = a.matrix.rows();
	let row = |number: u32, matrix: &'a Matrix, row: usize| {
		let entries = matrix.row(row);
		entries.map(move |(Wire(wire), value)| (number, row as u32, wire, value.to_field()))
	};
	let there = (0..rows).flat_map(move |at| row(0, a.matrix, at).chain(row(1, b.matrix, at)));
	let added = a.entries.len() - a.matrix.non_zeros();
	let added = (0..added as u32).map(move |wire| (0, rows as u32 + wire, wire, Fr::one()));
	there.chain(added)
}

/// Section H: the polynomials of the odd half of a domain of twice the size.
fn odd(powers: &Ptau<'_>, domain: usize, out: &mut impl Write) -> Result<(), CeremonyError> {
	begin_section(out, 9, (domain * One::SIZE) as u64)?;
	let first = 2 * domain - 1;
	for start in (0..2 * domain).step_by(TOGETHER) {
		let points = powers.points::<One>(12, first + start, TOGETHER.min(2 * domain - start))?;
		let odd: Vec<G1Affine> = points.into_iter().skip(1).step_by(2).collect();
		out.write_all(&encode(&odd, One::SIZE, write::<One>))?;
	}
	Ok(())
}

/// Hashes `τ^(i+n) − τ^i`, of which H is made.
///
/// snarkjs reads them in chunks of 2^14 of which the last is not shorter, so that of large domains it
/// hashes one more.
fn hash_quotient(
	powers: &Ptau<'_>,
	domain: usize,
	hash: &mut Blake2b,
) -> Result<(), CeremonyError> {
	const CHUNK: usize = 1 << 14;
	hash.update(&(domain as u32 - 1).to_be_bytes());
	let count = if domain <= CHUNK { domain - 1 } else { domain };
	let there = super::ptau::powers(POWERS[0], powers.power) as usize;
	for start in (0..count).step_by(TOGETHER) {
		let together = TOGETHER.min(count - start);
		let low = powers.points::<One>(POWERS[0], start, together)?;
		let high = together.min(there - domain - start);
		let high = powers.points::<One>(POWERS[0], domain + start, high)?;
		let difference = |(low, high): (&G1Affine, &G1Affine)| *high - *low;
		let differences: Vec<_> = low.par_iter().zip(&high).map(difference).collect();
		let differences = ark_bn254::G1Projective::normalize_batch(&differences);
		hash.update(&encode::<One>(&differences, One::SIZE, uncompressed));
		if high.len() < together {
			// It reads past the section's end: what stands there in the file, as if it were a point.
			let after = powers.sections.after(POWERS[0]).unwrap_or_default();
			let mut bytes = [0; 64];
			let length = after.len().min(64);
			bytes[..length].copy_from_slice(&after[..length]);
			let (x, y) = beyond(&bytes, &low[together - 1]);
			hash.update(&plain_g1(&affine(x, y)));
		}
	}
	Ok(())
}

/// A contribution to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyContribution {
	/// `[δ]₁` after it.
	pub(crate) delta: G1Affine,
	pub(crate) key: Knowledge,
	/// Hash of the circuit and of all contributions before, and of the first points of the key.
	pub(crate) transcript: Hash,
	/// Who contributed.
	pub origin: Origin,
}

impl KeyContribution {
	/// What others hash of it.
	pub(crate) fn plain(&self) -> Vec<u8> {
		let mut bytes = Vec::new();
		bytes.extend(plain_g1(&self.delta));
		bytes.extend(plain_g1(&self.key.s));
		bytes.extend(plain_g1(&self.key.sx));
		bytes.extend(plain_g2(&self.key.px));
		bytes.extend(self.transcript);
		bytes
	}

	/// Its hash, by which a contributor recognises it.
	pub fn hash(&self) -> Hash {
		Blake2b::digest(&self.plain())
	}

	fn write(&self, out: &mut Vec<u8>) {
		push::<One>(out, &self.delta);
		push::<One>(out, &self.key.s);
		push::<One>(out, &self.key.sx);
		push::<Two>(out, &self.key.px);
		out.extend(self.transcript);
		self.origin.write(out);
	}

	fn read(reader: &mut Reader<'_>, number: usize) -> Result<Self, CeremonyError> {
		let section = reader.section;
		let mut one = || -> Result<G1Affine, CeremonyError> {
			Ok(checked::<One>(reader.take(One::SIZE)?, section, number)?)
		};
		let (delta, s, sx) = (one()?, one()?, one()?);
		let px = checked::<Two>(reader.take(Two::SIZE)?, section, number)?;
		let transcript = reader.array()?;
		let origin = Origin::read(reader, number)?;
		Ok(Self { delta, key: Knowledge { s, sx, px }, transcript, origin })
	}
}

/// Who contributed to a key, and for which circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
	/// Hash of the key without contributions; zero in a key that was not made in a ceremony.
	pub circuit: Hash,
	/// Contributions in order.
	pub contributions: Vec<KeyContribution>,
}

impl Transcript {
	/// Reads the transcript of a key.
	///
	/// # Errors
	/// If it cannot be read.
	pub fn read(key: &Zkey<'_>) -> Result<Self, CeremonyError> {
		let mut reader = key.sections.get(zkey::CONTRIBUTIONS).map_err(ZkeyError::from)?;
		let circuit = reader.array()?;
		let count = reader.u32()? as usize;
		let mut contributions = Vec::new();
		for number in 1..=count {
			contributions.push(KeyContribution::read(&mut reader, number)?);
		}
		reader.end()?;
		Ok(Self { circuit, contributions })
	}

	/// The hash of all so far, to which the next contribution's first points are added.
	pub(crate) fn hash(&self, count: usize) -> Blake2b {
		let begun = Blake2b::default().with(&self.circuit);
		let contributions = self.contributions.iter().take(count);
		contributions.fold(begun, |hash, contribution| hash.with(&contribution.plain()))
	}

	fn write(&self) -> Vec<u8> {
		let mut out = self.circuit.to_vec();
		out.extend((self.contributions.len() as u32).to_le_bytes());
		self.contributions.iter().for_each(|contribution| contribution.write(&mut out));
		out
	}
}

/// Draws a secret, and proves to know it, after this transcript.
pub(super) fn draw(random: &mut super::random::Random, before: Blake2b) -> (Fr, Knowledge, Hash) {
	let secret = random.scalar();
	let s = random.g1();
	let mut transcript = [0; 64];
	let key = Knowledge::prove(&secret, s, |s, sx| {
		transcript = before.with(&plain_g1(s)).with(&plain_g1(sx)).finish();
		hash_to_g2(&transcript)
	});
	(secret, key, transcript)
}

/// Multiplies a secret into a key: a random one, with `entropy` besides the operating system's, or
/// that of a beacon. Sections that are not of snarkjs' format are left out.
///
/// Returns the contribution's hash, which the contributor should publish.
///
/// # Errors
/// If the key cannot be read; of writing.
pub fn contribute(
	old: &Zkey<'_>,
	out: impl Write,
	origin: Origin,
	entropy: &[u8],
	progress: &dyn Progress,
) -> Result<Hash, CeremonyError> {
	let mut transcript = Transcript::read(old)?;
	let mut random = random(&origin, entropy, progress)?;
	let before = transcript.hash(transcript.contributions.len());
	let (mut secret, key, hash) = draw(&mut random, before);
	let mut header = old.header;
	header.delta_g1 = (header.delta_g1 * secret).into_affine();
	header.delta_g2 = (header.delta_g2 * secret).into_affine();
	let mut inverse = secret.inverse().unwrap_or_default();
	secret.zeroize();
	let added = KeyContribution { delta: header.delta_g1, key, transcript: hash, origin };
	let hash = added.hash();
	transcript.contributions.push(added);
	let mut out = io::BufWriter::with_capacity(1 << 20, out);
	begin_file(&mut out, 10, &header)?;
	for id in [3, 4, 5, 6, 7] {
		let section = old.sections.get(id).map_err(ZkeyError::from)?;
		begin_section(&mut out, id, section.rest.len() as u64)?;
		out.write_all(section.rest)?;
	}
	progress.step("dividing by delta", (old.count(8) + old.count(9)) as u64);
	for id in [8, 9] {
		let count = old.count(id);
		begin_section(&mut out, id, (count * One::SIZE) as u64)?;
		for start in (0..count).step_by(TOGETHER) {
			let mut points = old.points::<One>(id, start, TOGETHER.min(count - start))?;
			scale_in_place(&mut points, |_| inverse);
			out.write_all(&encode(&points, One::SIZE, write::<One>))?;
			progress.advance(points.len() as u64);
		}
	}
	inverse.zeroize();
	let section = transcript.write();
	begin_section(&mut out, zkey::CONTRIBUTIONS, section.len() as u64)?;
	out.write_all(&section)?;
	out.flush()?;
	Ok(hash)
}
