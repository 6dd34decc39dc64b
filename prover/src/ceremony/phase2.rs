//! Phase 2: the key of one circuit, from prepared powers of τ, with a secret δ that people multiply.

use super::{
	blake2b::{Blake2b, Hash},
	contribution::Origin,
	knowledge::{checked, hash_to_g2, plain_g1, plain_g2, push, same_ratio, Knowledge},
	phase1::random,
	ptau::{Ptau, LAGRANGE, POWERS},
	snarkjs::beyond,
	CeremonyError, Fault,
};
use crate::{
	curve::{affine, encode, scale_all, scale_in_place, uncompressed, write, Group, One, Two},
	progress::Progress,
	zkey::{self, begin_file, coefficients, Header, Zkey, ZkeyError},
};
use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine};
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
	sections::{begin_section, Reader},
};

/// Points that are read, multiplied and written together.
const TOGETHER: usize = 1 << 14;

/// The entries of a matrix by column, with the rows that a setup adds to A: a wire among the first
/// ones has an entry 1 in a row of its own, after those of the matrix.
struct Columns<'a> {
	matrix: &'a Matrix,
	/// End of each column.
	ends: Vec<u32>,
	/// Row and place of each entry.
	entries: Vec<(u32, u32)>,
	added: usize,
}

impl<'a> Columns<'a> {
	fn of(matrix: &'a Matrix, wires: usize, added: usize) -> Self {
		let each = |visit: &mut dyn FnMut(usize, u32, u32)| {
			for row in 0..matrix.rows() {
				for place in matrix.places(row) {
					visit(matrix.entry(place).0 .0 as usize, row as u32, place as u32);
				}
			}
		};
		let mut ends = vec![0u32; wires];
		each(&mut |wire, _, _| ends[wire] += 1);
		let mut next = Vec::with_capacity(wires);
		let mut end = 0;
		for count in &mut ends {
			next.push(end);
			end += *count;
			*count = end;
		}
		let mut entries = vec![(0, 0); end as usize];
		each(&mut |wire, row, place| {
			entries[next[wire] as usize] = (row, place);
			next[wire] += 1;
		});
		Self { matrix, ends, entries, added }
	}

	/// Rows and coefficients of a column.
	fn column(&self, wire: usize) -> impl Iterator<Item = (usize, Coefficient)> + '_ {
		let start = wire.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
		let entries = self.entries[start..self.ends[wire] as usize].iter();
		let there =
			entries.map(|&(row, place)| (row as usize, self.matrix.entry(place as usize).1));
		let row = self.matrix.rows() + wire;
		there.chain((wire < self.added).then_some((row, Coefficient::Integer(1))))
	}
}

/// Adds to the sums of wires, of which the first has this number, their columns' coefficients times the
/// rows' points.
fn combine<P: Group>(
	sums: &mut [Projective<P>],
	start: usize,
	columns: &Columns<'_>,
	points: &[Affine<P>],
	progress: &dyn Progress,
) {
	/// Wires that go together.
	const WIRES: usize = 1 << 10;
	sums.par_chunks_mut(WIRES).enumerate().for_each(|(number, sums)| {
		let first = start + number * WIRES;
		let entries = || {
			(0..sums.len()).flat_map(|at| {
				columns.column(first + at).map(move |(row, value)| (at, value, points[row]))
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
		let mut added = vec![Projective::<P>::zero(); sums.len()];
		for (at, value, point) in entries() {
			match value {
				Coefficient::Integer(1) => added[at] += point,
				Coefficient::Integer(-1) => added[at] -= point,
				_ => added[at] += scaled.next().unwrap_or_default(),
			}
		}
		sums.iter_mut().zip(added).for_each(|(sum, added)| *sum += added);
		progress.advance(sums.len() as u64);
	});
}

/// A file that is written and a hash of what is in it.
struct Begun<W> {
	out: W,
	hash: Blake2b,
}

impl<W: Write> Begun<W> {
	/// Begins a section of points, and hashes their number.
	fn begin<P: Group>(&mut self, id: u32, count: usize) -> io::Result<()> {
		self.hash.update(&(count as u32).to_be_bytes());
		begin_section(&mut self.out, id, (count * P::SIZE) as u64)
	}

	/// Writes and hashes points.
	fn points<P: Group>(&mut self, points: &[Projective<P>]) -> io::Result<()> {
		for points in points.chunks(TOGETHER) {
			let points = Projective::<P>::normalize_batch(points);
			self.hash.update(&encode(&points, P::SIZE, uncompressed));
			self.out.write_all(&encode(&points, P::SIZE, write::<P>))?;
		}
		Ok(())
	}

	/// A section of every wire's sum of its column's coefficients times points.
	fn combined<P: Group>(
		&mut self,
		id: u32,
		columns: &Columns<'_>,
		points: &[Affine<P>],
		progress: &dyn Progress,
	) -> io::Result<()> {
		let wires = columns.ends.len();
		self.begin::<P>(id, wires)?;
		for first in (0..wires).step_by(TOGETHER) {
			let mut sums = vec![Projective::<P>::zero(); TOGETHER.min(wires - first)];
			combine(&mut sums, first, columns, points, progress);
			self.points(&sums)?;
		}
		Ok(())
	}
}

/// The Lagrange polynomials of a domain.
fn lagrange<P: Group>(
	powers: &Ptau<'_>,
	id: u32,
	domain: usize,
	progress: &dyn Progress,
) -> Result<Vec<Affine<P>>, CeremonyError> {
	let mut points = Vec::with_capacity(domain);
	for start in (0..domain).step_by(TOGETHER) {
		let together = TOGETHER.min(domain - start);
		points.append(&mut powers.points::<P>(id, domain - 1 + start, together)?);
		progress.advance(together as u64);
	}
	Ok(points)
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
	let [a, b] = [(&r1cs.a, signals + 1), (&r1cs.b, 0)]
		.map(|(matrix, added)| Columns::of(matrix, wires, added));
	let count = a.entries.len() + a.added + b.entries.len();
	coefficients(&mut begun.out, count, entries(&a, &b))?;
	progress.step("combining points", wires as u64 * 6 + domain as u64 * 8);
	// Sections in the order of snarkjs' files, which their hash follows.
	let mut sums = vec![G1Projective::zero(); wires];
	combine::<One>(&mut sums, 0, &a, &lagrange(powers, 15, domain, progress)?, progress);
	combine::<One>(&mut sums, 0, &b, &lagrange(powers, 14, domain, progress)?, progress);
	let tau = lagrange(powers, 12, domain, progress)?;
	combine::<One>(&mut sums, 0, &Columns::of(&r1cs.c, wires, 0), &tau, progress);
	let (ic, l) = sums.split_at(signals + 1);
	if let Some(wire) = ic.iter().position(Zero::is_zero) {
		return Err(CeremonyError::SignalAtInfinity(wire));
	}
	begun.begin::<One>(3, ic.len())?;
	begun.points(ic)?;
	odd(powers, domain, &mut begun.out, progress)?;
	hash_quotient(powers, domain, &mut begun.hash, progress)?;
	begun.begin::<One>(8, l.len())?;
	begun.points(l)?;
	drop(sums);
	begun.combined::<One>(5, &a, &tau, progress)?;
	begun.combined::<One>(6, &b, &tau, progress)?;
	drop((a, tau));
	begun.combined::<Two>(7, &b, &lagrange(powers, LAGRANGE[1], domain, progress)?, progress)?;
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
	let added = (0..a.added as u32).map(move |wire| (0, rows as u32 + wire, wire, Fr::one()));
	there.chain(added)
}

/// Section H: the polynomials of the odd half of a domain of twice the size.
fn odd(
	powers: &Ptau<'_>,
	domain: usize,
	out: &mut impl Write,
	progress: &dyn Progress,
) -> Result<(), CeremonyError> {
	begin_section(out, 9, (domain * One::SIZE) as u64)?;
	let first = 2 * domain - 1;
	for start in (0..2 * domain).step_by(TOGETHER) {
		let points = powers.points::<One>(12, first + start, TOGETHER.min(2 * domain - start))?;
		let odd: Vec<G1Affine> = points.into_iter().skip(1).step_by(2).collect();
		out.write_all(&encode(&odd, One::SIZE, write::<One>))?;
		progress.advance(TOGETHER.min(2 * domain - start) as u64);
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
	progress: &dyn Progress,
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
		let differences = G1Projective::normalize_batch(&differences);
		hash.update(&encode::<One>(&differences, One::SIZE, uncompressed));
		progress.advance(2 * together as u64);
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
/// [`Fault::Delta`] if the key's δ is not what its contributions come to; if the key cannot be read; of
/// writing.
pub fn contribute(
	old: &Zkey<'_>,
	out: impl Write,
	origin: Origin,
	entropy: &[u8],
	progress: &dyn Progress,
) -> Result<Hash, CeremonyError> {
	let mut transcript = Transcript::read(old)?;
	// A key whose δ is not what contributions came to, such as one that one party made, would never
	// verify; and what a secret does to a point of small order would tell of the secret.
	let Header { delta_g1, delta_g2, .. } = &old.header;
	let generators = (G1Affine::generator(), G2Affine::generator());
	let last = transcript.contributions.last().map_or(generators.0, |last| last.delta);
	if *delta_g1 != last
		|| !delta_g2.is_in_correct_subgroup_assuming_on_curve()
		|| !same_ratio((&generators.0, delta_g1), (&generators.1, delta_g2))
	{
		return Err(Fault::Delta("the header").into());
	}
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
			scale_all(&mut points, &inverse);
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
