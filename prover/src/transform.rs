//! The quotient's transforms, for every processor.
//!
//! A polynomial's values on a domain of `n` become its values on the odd half of the domain of `2n`: a
//! transform by decimation in frequency leaves coefficients with the bits of their index reversed, and one
//! by decimation in time takes them so, so that nothing is ever sorted. Both use the inverse root: the values
//! come out in reverse, but for the first.

use crate::wide;
use ark_bn254::Fr;
use ark_ff::{FftField, Field};
use rayon::prelude::*;

/// Elements that a thread takes at a time: with their roots they fit its second cache.
const TASK: usize = 1 << 12;

/// Powers of the inverse root of unity, by the logarithm of the distance between what they are for.
struct Roots(Vec<Vec<Fr>>);

impl Roots {
	fn new(size: usize) -> Option<Self> {
		let level = |level: u32| {
			let half = 1usize << level;
			let root = Fr::get_root_of_unity(2 * half as u64)?.inverse()?;
			Some(powers(root, half))
		};
		(0..size.ilog2()).map(level).collect::<Option<_>>().map(Self)
	}

	fn level(&self, distance: usize) -> &[Fr] {
		&self.0[distance.ilog2() as usize]
	}

	/// Two stages of the first transform, between quarters; the place of the first of each is given.
	fn split(&self, [a, b, c, d]: [&mut [Fr]; 4], first: usize, quarter: usize) {
		let outer = self.level(2 * quarter);
		let (one, two) = (&outer[first..], &outer[quarter + first..]);
		let three = &self.level(quarter)[first..];
		for at in 0..a.len() {
			let [p, q, r, s] = [a[at], b[at], c[at], d[at]];
			let even = [p + r, q + s];
			let odd = [(p - r) * one[at], (q - s) * two[at]];
			a[at] = even[0] + even[1];
			b[at] = (even[0] - even[1]) * three[at];
			c[at] = odd[0] + odd[1];
			d[at] = (odd[0] - odd[1]) * three[at];
		}
	}

	/// Two stages of the second transform.
	fn join(&self, [a, b, c, d]: [&mut [Fr]; 4], first: usize, quarter: usize) {
		let outer = self.level(2 * quarter);
		let (one, two) = (&outer[first..], &outer[quarter + first..]);
		let three = &self.level(quarter)[first..];
		for at in 0..a.len() {
			let [p, q, r, s] = [a[at], b[at] * three[at], c[at], d[at] * three[at]];
			let even = [p + q, p - q];
			let odd = [(r + s) * one[at], (r - s) * two[at]];
			a[at] = even[0] + odd[0];
			b[at] = even[1] + odd[1];
			c[at] = even[0] - odd[0];
			d[at] = even[1] - odd[1];
		}
	}

	/// The first transform.
	fn forth(&self, data: &mut [Fr]) {
		let quarter = data.len() / 4;
		match data {
			[] | [_] => {},
			[a, b] => (*a, *b) = (*a + *b, *a - *b),
			_ if quarter < TASK => {
				self.split(quarters(data), 0, quarter);
				data.chunks_exact_mut(quarter).for_each(|data| self.forth(data));
			},
			_ => {
				pieces(data)
					.enumerate()
					.for_each(|(at, four)| self.split(four, at * TASK, quarter));
				data.par_chunks_exact_mut(quarter).for_each(|data| self.forth(data));
			},
		}
	}

	/// The second transform.
	fn back(&self, data: &mut [Fr]) {
		let quarter = data.len() / 4;
		match data {
			[] | [_] => {},
			[a, b] => (*a, *b) = (*a + *b, *a - *b),
			_ if quarter < TASK => {
				data.chunks_exact_mut(quarter).for_each(|data| self.back(data));
				self.join(quarters(data), 0, quarter);
			},
			_ => {
				data.par_chunks_exact_mut(quarter).for_each(|data| self.back(data));
				pieces(data).enumerate().for_each(|(at, four)| self.join(four, at * TASK, quarter));
			},
		}
	}
}

/// The first powers of an element.
fn powers(root: Fr, count: usize) -> Vec<Fr> {
	let mut all = vec![Fr::ONE; count];
	all.par_chunks_mut(TASK).enumerate().for_each(|(at, powers)| {
		let mut power = root.pow([(at * TASK) as u64]);
		for place in powers {
			*place = power;
			power *= root;
		}
	});
	all
}

/// The four quarters.
fn quarters(data: &mut [Fr]) -> [&mut [Fr]; 4] {
	let (low, high) = data.split_at_mut(data.len() / 2);
	let (a, b) = low.split_at_mut(low.len() / 2);
	let (c, d) = high.split_at_mut(high.len() / 2);
	[a, b, c, d]
}

/// The same in pieces.
fn pieces(data: &mut [Fr]) -> impl IndexedParallelIterator<Item = [&mut [Fr]; 4]> {
	let [a, b, c, d] = quarters(data).map(|quarter| quarter.par_chunks_mut(TASK));
	a.zip(b).zip(c.zip(d)).map(|((a, b), (c, d))| [a, b, c, d])
}

/// What coefficients are multiplied by between the transforms: powers of the offset, over their number, by
/// the reversed bits of their index.
fn offsets(size: usize) -> Option<Vec<Fr>> {
	let offset = Fr::get_root_of_unity(2 * size as u64)?;
	let mut all = vec![Fr::from(size as u64).inverse()?; size];
	let mut made = 1;
	while made < size {
		let factor = offset.pow([(size / 2 / made) as u64]);
		let (done, next) = all.split_at_mut(made);
		next.par_iter_mut().zip(done).with_min_len(TASK).for_each(|(next, done)| {
			*next = *done * factor;
		});
		made *= 2;
	}
	Some(all)
}

/// Both transforms of one size.
struct Transforms {
	roots: Roots,
	offsets: Vec<Fr>,
}

impl Transforms {
	/// `None` if the field has no domains of this size and twice that.
	fn new(size: usize) -> Option<Self> {
		let possible = size.is_power_of_two();
		possible.then(|| Some(Self { roots: Roots::new(size)?, offsets: offsets(size)? }))?
	}

	/// From values on the domain to those on the odd half of that of twice the size, in reverse.
	fn odd(&self, data: &mut [Fr]) {
		self.roots.forth(data);
		data.par_iter_mut().zip(&self.offsets).for_each(|(value, offset)| *value *= offset);
		self.roots.back(data);
	}
}

/// From a polynomial's values on a domain to those on the odd half of the domain of twice the size. `None`
/// if there are no such domains.
pub(crate) fn odd_values(mut values: Vec<Fr>) -> Option<Vec<Fr>> {
	Transforms::new(values.len())?.odd(&mut values);
	values[1..].reverse();
	Some(values)
}

/// The values of `A·B − C` on the odd half of the domain of twice the size, given those of `A` and `B` on a
/// domain of this size; `C` is the polynomial that has their products there. `None` if there are no such
/// domains.
pub(crate) fn quotient(
	size: usize,
	a: impl Fn(usize) -> Fr + Sync,
	b: impl Fn(usize) -> Fr + Sync,
) -> Option<Vec<Fr>> {
	if let Some(values) = wide::quotient(size, &a, &b) {
		return Some(values);
	}
	portable(size, a, b)
}

fn portable(
	size: usize,
	a: impl Fn(usize) -> Fr + Sync,
	b: impl Fn(usize) -> Fr + Sync,
) -> Option<Vec<Fr>> {
	let transforms = Transforms::new(size)?;
	let (mut a, mut b): (Vec<Fr>, Vec<Fr>) =
		(0..size).into_par_iter().map(|row| (a(row), b(row))).unzip();
	let mut c: Vec<Fr> = a.par_iter().zip(&b).map(|(a, b)| *a * b).collect();
	for data in [&mut a, &mut b, &mut c] {
		transforms.odd(data);
	}
	a.par_iter_mut().zip(&b).zip(&c).for_each(|((a, b), c)| *a = *a * b - c);
	a[1..].reverse();
	Some(a)
}

#[cfg(test)]
mod tests {
	use super::*;
	use ark_ff::{UniformRand, Zero};
	use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
	use rand::{rngs::StdRng, Rng, SeedableRng};

	/// Values on the odd half of the domain of twice the size.
	fn odd(mut values: Vec<Fr>) -> Vec<Fr> {
		let domain = Radix2EvaluationDomain::<Fr>::new(values.len()).unwrap();
		let offset = Radix2EvaluationDomain::<Fr>::new(2 * values.len()).unwrap().group_gen;
		domain.ifft_in_place(&mut values);
		Radix2EvaluationDomain::distribute_powers(&mut values, offset);
		domain.fft_in_place(&mut values);
		values
	}

	#[test]
	fn quotients_are_those_of_arkworks() {
		let mut rng = StdRng::seed_from_u64(7);
		for power in 0..=16 {
			let edges = [Fr::zero(), Fr::from(1), -Fr::from(1)];
			let mut values = || -> Vec<Fr> {
				(0..1 << power)
					.map(|_| match rng.gen_range(0..8) {
						edge @ 0..3 => edges[edge],
						_ => Fr::rand(&mut rng),
					})
					.collect()
			};
			let (a, b) = (values(), values());
			let c = odd(a.iter().zip(&b).map(|(a, b)| *a * b).collect());
			let want = odd(a.clone()).into_iter().zip(odd(b.clone())).zip(c);
			let want: Vec<Fr> = want.map(|((a, b), c)| a * b - c).collect();
			let found = portable(a.len(), |at| a[at], |at| b[at]).unwrap();
			assert!(found == want, "2^{power}");
			if wide::available() {
				let found = wide::quotient(a.len(), |at| a[at], |at| b[at]);
				assert_eq!(found.is_some(), power >= 6);
				assert!(found.is_none_or(|found| found == want), "by vectors, 2^{power}");
			} else {
				eprintln!("vectors skipped: this processor has no AVX-512 IFMA");
			}
			assert!(odd_values(a.clone()).unwrap() == odd(a));
		}
		assert_eq!(odd_values(vec![Fr::ONE; 3]), None);
	}
}
