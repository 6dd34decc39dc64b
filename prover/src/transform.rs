//! The quotient's transforms, for every processor.
//!
//! A polynomial's values on a domain of `n` become its values on the odd half of the domain of `2n`: a
//! transform by decimation in frequency leaves coefficients with the bits of their index reversed, and one
//! by decimation in time takes them so, so that nothing is ever sorted. Both use the inverse root: the values
//! come out in reverse, but for the first.

use crate::{
	field::{Element, Lazy},
	wide,
};
use ark_bn254::{Fr, FrConfig};
use ark_ff::{FftField, Field};
use rayon::prelude::*;

/// Elements that a thread takes at a time: with their roots they fit its second cache.
const TASK: usize = 1 << 12;

/// What is computed with.
type Value = Lazy<FrConfig>;

/// Powers of the inverse root of unity, by the logarithm of the distance between what they are for.
struct Roots(Vec<Vec<Value>>);

impl Roots {
	fn new(size: usize) -> Option<Self> {
		let level = |level: u32| {
			let half = 1usize << level;
			let root = Fr::get_root_of_unity(2 * half as u64)?.inverse()?;
			Some(powers(root, half))
		};
		(0..size.ilog2()).map(level).collect::<Option<_>>().map(Self)
	}

	fn level(&self, distance: usize) -> &[Value] {
		&self.0[distance.ilog2() as usize]
	}

	/// Two stages of the first transform, between quarters; the place of the first of each is given.
	fn split(&self, [a, b, c, d]: [&mut [Value]; 4], first: usize, quarter: usize) {
		let outer = self.level(2 * quarter);
		let (one, two) = (&outer[first..], &outer[quarter + first..]);
		let three = &self.level(quarter)[first..];
		for at in 0..a.len() {
			let [p, q, r, s] = [a[at], b[at], c[at], d[at]];
			let even = [p.plus(&r), q.plus(&s)];
			let odd = [p.minus(&r).by(&one[at]), q.minus(&s).by(&two[at])];
			a[at] = even[0].plus(&even[1]);
			b[at] = even[0].minus(&even[1]).by(&three[at]);
			c[at] = odd[0].plus(&odd[1]);
			d[at] = odd[0].minus(&odd[1]).by(&three[at]);
		}
	}

	/// Two stages of the second transform.
	fn join(&self, [a, b, c, d]: [&mut [Value]; 4], first: usize, quarter: usize) {
		let outer = self.level(2 * quarter);
		let (one, two) = (&outer[first..], &outer[quarter + first..]);
		let three = &self.level(quarter)[first..];
		for at in 0..a.len() {
			let [p, q, r, s] = [a[at], b[at].by(&three[at]), c[at], d[at].by(&three[at])];
			let even = [p.plus(&q), p.minus(&q)];
			let odd = [r.plus(&s).by(&one[at]), r.minus(&s).by(&two[at])];
			a[at] = even[0].plus(&odd[0]);
			b[at] = even[1].plus(&odd[1]);
			c[at] = even[0].minus(&odd[0]);
			d[at] = even[1].minus(&odd[1]);
		}
	}

	/// The first transform.
	fn forth(&self, data: &mut [Value]) {
		let quarter = data.len() / 4;
		match data {
			[] | [_] => {},
			[a, b] => (*a, *b) = (a.plus(b), a.minus(b)),
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
	fn back(&self, data: &mut [Value]) {
		let quarter = data.len() / 4;
		match data {
			[] | [_] => {},
			[a, b] => (*a, *b) = (a.plus(b), a.minus(b)),
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
fn powers(root: Fr, count: usize) -> Vec<Value> {
	let mut all = vec![Value::default(); count];
	let step = Value::of(&root);
	all.par_chunks_mut(TASK).enumerate().for_each(|(at, powers)| {
		let mut power = Value::of(&root.pow([(at * TASK) as u64]));
		for place in powers {
			*place = power;
			power = power.by(&step);
		}
	});
	all
}

/// The four quarters.
fn quarters(data: &mut [Value]) -> [&mut [Value]; 4] {
	let (low, high) = data.split_at_mut(data.len() / 2);
	let (a, b) = low.split_at_mut(low.len() / 2);
	let (c, d) = high.split_at_mut(high.len() / 2);
	[a, b, c, d]
}

/// The same in pieces.
fn pieces(data: &mut [Value]) -> impl IndexedParallelIterator<Item = [&mut [Value]; 4]> {
	let [a, b, c, d] = quarters(data).map(|quarter| quarter.par_chunks_mut(TASK));
	a.zip(b).zip(c.zip(d)).map(|((a, b), (c, d))| [a, b, c, d])
}

/// What coefficients are multiplied by between the transforms: powers of the offset, over their number, by
/// the reversed bits of their index.
fn offsets(size: usize) -> Option<Vec<Value>> {
	let offset = Fr::get_root_of_unity(2 * size as u64)?;
	let mut all = vec![Value::of(&Fr::from(size as u64).inverse()?); size];
	let mut made = 1;
	while made < size {
		let factor = Value::of(&offset.pow([(size / 2 / made) as u64]));
		let (done, next) = all.split_at_mut(made);
		next.par_iter_mut().zip(done).with_min_len(TASK).for_each(|(next, done)| {
			*next = done.by(&factor);
		});
		made *= 2;
	}
	Some(all)
}

/// Both transforms of one size.
pub(crate) struct Transforms {
	roots: Roots,
	offsets: Vec<Value>,
}

impl Transforms {
	/// `None` if the field has no domains of this size and twice that.
	fn new(size: usize) -> Option<Self> {
		let possible = size.is_power_of_two();
		possible.then(|| Some(Self { roots: Roots::new(size)?, offsets: offsets(size)? }))?
	}

	/// From values on the domain to those on the odd half of that of twice the size, in reverse.
	fn odd(&self, data: &mut [Value]) {
		self.roots.forth(data);
		data.par_iter_mut()
			.zip(&self.offsets)
			.for_each(|(value, offset)| *value = value.by(offset));
		self.roots.back(data);
	}

	/// As [`Quotients::of`].
	fn quotient(&self, a: impl Fn(usize) -> Fr + Sync, b: impl Fn(usize) -> Fr + Sync) -> Vec<Fr> {
		fn values(size: usize, value: impl Fn(usize) -> Fr + Sync) -> Vec<Value> {
			(0..size).into_par_iter().map(|row| Value::of(&value(row))).collect()
		}
		let size = self.offsets.len();
		let (mut a, mut b) = (values(size, a), values(size, b));
		let mut c: Vec<Value> = a.par_iter().zip(&b).map(|(a, b)| a.by(b)).collect();
		for data in [&mut a, &mut b, &mut c] {
			self.odd(data);
		}
		let value = |at: usize| {
			let at = (size - at) % size;
			a[at].by(&b[at]).minus(&c[at]).value()
		};
		(0..size).into_par_iter().map(value).collect()
	}
}

/// From a polynomial's values on a domain to those on the odd half of the domain of twice the size. `None`
/// if there are no such domains.
pub(crate) fn odd_values(values: Vec<Fr>) -> Option<Vec<Fr>> {
	let transforms = Transforms::new(values.len())?;
	let mut data: Vec<_> = values.par_iter().map(Value::of).collect();
	drop(values);
	transforms.odd(&mut data);
	let size = data.len();
	Some((0..size).into_par_iter().map(|at| data[(size - at) % size].value()).collect())
}

/// What makes the quotients of one size: by vectors where they can be used.
pub(crate) enum Quotients {
	Wide(Box<wide::Transforms>),
	Portable(Transforms),
}

impl Quotients {
	/// Whether the field has domains of this size and twice that.
	pub(crate) fn exist(size: usize) -> bool {
		size.is_power_of_two() && Fr::get_root_of_unity(2 * size as u64).is_some()
	}

	/// `None` if the field has no domains of this size and twice that.
	pub(crate) fn new(size: usize) -> Option<Self> {
		match wide::transforms(size) {
			Some(transforms) => Some(Self::Wide(transforms.into())),
			None => Transforms::new(size).map(Self::Portable),
		}
	}

	/// The values of `A·B − C` on the odd half of the domain of twice the size, given those of `A` and `B`
	/// on the domain; `C` is the polynomial that has their products there. What gives values is dropped
	/// when it has.
	pub(crate) fn of(
		&self,
		a: impl Fn(usize) -> Fr + Sync,
		b: impl Fn(usize) -> Fr + Sync,
	) -> Vec<Fr> {
		match self {
			Self::Wide(transforms) => transforms.quotient(a, b),
			Self::Portable(transforms) => transforms.quotient(a, b),
		}
	}
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
			let found = Transforms::new(a.len()).unwrap().quotient(|at| a[at], |at| b[at]);
			assert!(found == want, "2^{power}");
			if wide::available() {
				let wide = wide::transforms(a.len());
				assert_eq!(wide.is_some(), power >= 6);
				let found =
					wide.map(|wide| [(); 2].map(|()| wide.quotient(|at| a[at], |at| b[at])));
				let right = |found: [Vec<Fr>; 2]| found.iter().all(|found| *found == want);
				assert!(found.is_none_or(right), "by vectors, 2^{power}");
			} else {
				eprintln!("vectors skipped: this processor has no AVX-512 IFMA");
			}
			assert!(odd_values(a.clone()).unwrap() == odd(a));
		}
		assert_eq!(odd_values(vec![Fr::ONE; 3]), None);
	}
}
