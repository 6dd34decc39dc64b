//! The coefficients of a key's matrices, which may come in any order.

use super::{montgomery_factor, Header, Zkey, ZkeyError, COEFFICIENT};
use crate::{key::Rows, map::room};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInt, Field, PrimeField};
use rayon::prelude::*;

/// A coefficient as the file has it.
struct Entry<'a>(&'a [u8; COEFFICIENT]);

impl Entry<'_> {
	fn number(&self, at: usize) -> u32 {
		u32::from_le_bytes(core::array::from_fn(|byte| self.0[4 * at + byte]))
	}

	/// Matrix, row and wire, of those that there are.
	fn place(&self, header: &Header) -> Option<[usize; 3]> {
		let [matrix, row, wire] = [0, 1, 2].map(|at| self.number(at) as usize);
		let there = matrix <= 1 && row < header.domain && wire < header.wires;
		there.then_some([matrix, row, wire])
	}

	/// Its value, with another Montgomery factor; `None` if it is not below the field's order.
	fn value(&self) -> Option<Fr> {
		let limb = |at: usize| u64::from(self.number(at)) | u64::from(self.number(at + 1)) << 32;
		let value = BigInt([limb(3), limb(5), limb(7), limb(9)]);
		(value < Fr::MODULUS).then(|| Fr::new_unchecked(value))
	}
}

/// What takes the other Montgomery factor from values.
fn factor() -> Fr {
	montgomery_factor().inverse().unwrap_or_default()
}

/// Some terms of a row of a matrix.
struct Run {
	matrix: usize,
	row: usize,
	sum: Fr,
}

impl<'a> Zkey<'a> {
	/// The coefficients; their section has the size that it says.
	pub(crate) fn entries(&self) -> Result<&'a [[u8; COEFFICIENT]], ZkeyError> {
		let mut section = self.sections.get(4)?;
		let count = section.u32()?;
		self.sections.exactly(4, 4 + u64::from(count) * COEFFICIENT as u64)?;
		Ok(section.rest.as_chunks().0)
	}

	/// Reads the coefficients into rows.
	pub(super) fn rows(&self) -> Result<(Rows, Rows), ZkeyError> {
		let entries = self.entries()?;
		// A counting sort: first the ends of rows.
		let mut ends = [(); 2].map(|()| vec![0; self.header.domain]);
		let mut length = 0;
		for (index, entry) in entries.iter().enumerate() {
			let place = Entry(entry).place(&self.header);
			let [matrix, row, _] = place.ok_or(ZkeyError::Place(index))?;
			ends[matrix][row] += 1;
			length = length.max(row + 1);
		}
		let factor = factor();
		let sorted = |matrix: u32, mut ends: Vec<usize>| {
			ends.truncate(length);
			let mut end = 0;
			let mut next: Vec<usize> = Vec::with_capacity(length);
			ends.iter_mut().for_each(|count| {
				next.push(end);
				end += *count;
				*count = end;
			});
			let mut sorted = room(end);
			sorted.resize(end, (0, Fr::default()));
			for (index, entry) in entries.iter().enumerate() {
				let entry = Entry(entry);
				if entry.number(0) != matrix {
					continue;
				}
				let value = entry.value().ok_or(ZkeyError::Coefficient(index))?;
				let row = entry.number(1) as usize;
				sorted[next[row]] = (entry.number(2), value * factor);
				next[row] += 1;
			}
			Ok::<_, ZkeyError>(Rows { ends, entries: sorted })
		};
		let [a, b] = ends;
		let (a, b) = rayon::join(|| sorted(0, a), || sorted(1, b));
		Ok((a?, b?))
	}

	/// The rows of both matrices times a witness that has all wires; zero for rows that are not there. `done`
	/// is told when some of the coefficients were read.
	pub(crate) fn evaluate(
		&self,
		witness: &[Fr],
		done: impl Fn(),
	) -> Result<[Vec<Fr>; 2], ZkeyError> {
		self.evaluate_by(1 << 12, 16 * rayon::current_num_threads(), witness, done)
	}

	/// [`Self::evaluate`], where a thread takes `size` coefficients at a time, and so many of these chunks are
	/// read at a time.
	fn evaluate_by(
		&self,
		size: usize,
		chunks: usize,
		witness: &[Fr],
		done: impl Fn(),
	) -> Result<[Vec<Fr>; 2], ZkeyError> {
		let factor = factor();
		let together = chunks * size;
		let mut values = [(); 2].map(|()| {
			let mut values = room(self.header.domain);
			values.resize(self.header.domain, Fr::ZERO);
			values
		});
		for (part, entries) in self.entries()?.chunks(together).enumerate() {
			let runs = |(chunk, entries): (usize, &[_])| {
				let first = part * together + chunk * size;
				let mut runs = self.runs(entries, first, witness)?;
				runs.iter_mut().for_each(|run| run.sum *= factor);
				Ok(runs)
			};
			let runs: Vec<Result<Vec<Run>, ZkeyError>> =
				entries.par_chunks(size).enumerate().map(runs).collect();
			for runs in runs {
				runs?.into_iter().for_each(|Run { matrix, row, sum }| values[matrix][row] += sum);
			}
			done();
		}
		Ok(values)
	}

	/// Sums of coefficients in a row one after the other, times the witness, with the other factor.
	fn runs(
		&self,
		entries: &[[u8; COEFFICIENT]],
		first: usize,
		witness: &[Fr],
	) -> Result<Vec<Run>, ZkeyError> {
		let mut runs: Vec<Run> = Vec::new();
		for (entry, index) in entries.iter().zip(first..) {
			let entry = Entry(entry);
			let place = entry.place(&self.header);
			let [matrix, row, wire] = place.ok_or(ZkeyError::Place(index))?;
			let value = entry.value().ok_or(ZkeyError::Coefficient(index))?;
			let term = value * witness[wire];
			match runs.last_mut() {
				Some(run) if (run.matrix, run.row) == (matrix, row) => run.sum += term,
				_ => runs.push(Run { matrix, row, sum: term }),
			}
		}
		Ok(runs)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{manifest::tests::manifest, setup, zkey};
	use rand::{rngs::StdRng, seq::SliceRandom, SeedableRng};
	use zkml_circuits::r1cs::{Builder, LinearCombination};

	/// A key of products of sums of two and three wires, where the first of its coefficients are, and a witness.
	fn key(products: usize) -> (Vec<u8>, usize, Vec<Fr>) {
		let mut builder = Builder::both(1, 0);
		let mut values = [3, 5].map(Fr::from);
		let mut wires = values.map(|value| builder.alloc_private_input(|| value));
		for at in 1..=products {
			let [x, y] = values;
			let product = (x + y) * (x - y + Fr::ONE);
			let wire = match at < products {
				true => builder.alloc(|| product),
				false => builder.public(0),
			};
			builder.enforce(|| {
				let [x, y] = wires;
				let sum = LinearCombination(vec![(x, 1.into()), (y, 1.into())]);
				let mut difference = LinearCombination(vec![(x, 1.into()), (y, (-1).into())]);
				difference.0.extend(LinearCombination::from(1).0);
				[sum, difference, wire.into()]
			});
			if at == products {
				builder.assign(wire, || product);
			}
			(values, wires) = ([y, product], [wires[1], wire]);
		}
		let witness = builder.take_witness();
		let rng = &mut StdRng::seed_from_u64(31);
		let key = setup(&builder.into_r1cs().0, rng).unwrap();
		let mut bytes = Vec::new();
		zkey::write(&key, &manifest(), &mut bytes).unwrap();
		let entries = Zkey::open(&bytes).unwrap().entries().unwrap();
		let start = entries.as_ptr().addr() - bytes.as_ptr().addr();
		(bytes, start, witness)
	}

	fn dot(rows: &Rows, row: usize, witness: &[Fr]) -> Fr {
		let entries = if row < rows.len() { rows.row(row) } else { &[] };
		entries.iter().map(|&(wire, value)| value * witness[wire as usize]).sum()
	}

	#[test]
	fn rows_are_evaluated_in_any_order() {
		let (mut bytes, start, witness) = key(200);
		let count = Zkey::open(&bytes).unwrap().entries().unwrap().len();
		// Five for each product, and one for the constant and the signal each.
		assert_eq!(count, 1_002);
		for shuffled in [false, true] {
			if shuffled {
				let entries = bytes[start..].as_chunks_mut::<COEFFICIENT>().0;
				entries[..count].shuffle(&mut StdRng::seed_from_u64(32));
			}
			let file = Zkey::open(&bytes).unwrap();
			let (a, b) = file.rows().unwrap();
			// Rows lie across chunks, and across what is read at a time.
			for (size, chunks, parts) in [(7, 3, 48), (16, 2, 32), (2_000, 1, 1)] {
				let told = std::cell::Cell::new(0);
				let tell = || told.set(told.get() + 1);
				let [of_a, of_b] = file.evaluate_by(size, chunks, &witness, tell).unwrap();
				assert_eq!(told.get(), parts);
				assert_eq!((of_a.len(), of_b.len()), (256, 256));
				for row in 0..256 {
					assert_eq!(of_a[row], dot(&a, row, &witness), "{row}");
					assert_eq!(of_b[row], dot(&b, row, &witness), "{row}");
				}
				assert!(of_b[199] != Fr::ZERO && of_b[200] == Fr::ZERO);
			}
			assert_eq!(file.evaluate(&witness, || ()), file.evaluate_by(9, 1, &witness, || ()));
		}
	}

	#[test]
	fn a_wrong_coefficient_is_told_by_its_place() {
		let (bytes, start, witness) = key(200);
		for index in [0, 777] {
			let at = start + index * COEFFICIENT;
			let refused = |damaged: &[u8], error: ZkeyError| {
				let file = Zkey::open(damaged).unwrap();
				assert_eq!(file.evaluate_by(10, 4, &witness, || ()), Err(error));
				file.rows().unwrap_err()
			};
			for (byte, value) in [(0, 2), (6, 1), (10, 1)] {
				let mut damaged = bytes.clone();
				damaged[at + byte] = value;
				let error = refused(&damaged, ZkeyError::Place(index));
				assert_eq!(error, ZkeyError::Place(index));
			}
			let mut damaged = bytes.clone();
			damaged[at + 12..at + COEFFICIENT].fill(0xff);
			let error = refused(&damaged, ZkeyError::Coefficient(index));
			assert_eq!(error, ZkeyError::Coefficient(index));
		}
	}
}
