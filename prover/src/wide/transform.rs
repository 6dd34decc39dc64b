//! The quotient's transforms, eight elements at once.
//!
//! A polynomial's values on a domain of `n` become its values on the odd half of the domain of `2n`: a
//! transform by decimation in frequency leaves coefficients with the bits of their index reversed, and one
//! by decimation in time takes them so, so that nothing is ever sorted. The last three stages of the first,
//! and the first three of the second, are within vectors of eight; there, 64 elements are transposed, and
//! stay so until the second transform is there again.
//!
//! Both transforms use the inverse root: the values come out in reverse. Elements keep arkworks' factor
//! 2^256, roots have 2^260, which a product loses.

use super::field::{load, store, transposed, Tight};
use ark_bn254::{Fr, FrConfig};
use ark_ff::{BigInt, BigInteger, FftField, Field, PrimeField};
use core::arch::x86_64::*;
use rayon::prelude::*;

type Eight = Tight<FrConfig>;

/// Eight elements below 2^255, by word.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Block([[u64; 8]; 4]);

/// Blocks that are transposed together: 64 elements.
const SQUARE: usize = 8;
/// Blocks that a thread takes at a time: they fit its second cache, with their roots.
const TASK: usize = 256;

impl Block {
	/// Eight elements.
	fn new(elements: [Fr; 8]) -> Self {
		let mut rows = [[0; 8]; 4];
		for (lane, element) in elements.iter().enumerate() {
			for (row, word) in rows.iter_mut().zip(element.0 .0) {
				row[lane] = word;
			}
		}
		Self(rows)
	}

	/// One of them.
	fn element(&self, lane: usize) -> Fr {
		let mut value = BigInt(self.0.map(|row| row[lane]));
		while value >= Fr::MODULUS {
			value.sub_with_borrow(&Fr::MODULUS);
		}
		Fr::new_unchecked(value)
	}

	#[target_feature(enable = "avx512f")]
	#[inline]
	fn get(&self) -> Eight {
		Eight::unpacked([load(&self.0[0]), load(&self.0[1]), load(&self.0[2]), load(&self.0[3])])
	}

	#[target_feature(enable = "avx512f")]
	#[inline]
	fn set(&mut self, value: Eight) {
		for (row, packed) in self.0.iter_mut().zip(value.packed()) {
			store(packed, row);
		}
	}
}

/// An element's words with the factor 2^260.
fn words(value: Fr) -> [u64; 4] {
	(value * Fr::from(16)).0 .0
}

#[target_feature(enable = "avx512f")]
#[inline]
fn same(value: Fr) -> Eight {
	Eight::same(words(value))
}

/// Powers of the inverse root of unity.
struct Roots {
	/// For stages between blocks, by the logarithm of their distance in blocks: a power for each element
	/// of the first half.
	levels: Vec<Vec<Block>>,
	/// For stages within vectors, of distance one, two and four: each power eight times.
	last: [Block; 7],
}

impl Roots {
	/// Roots for as many blocks.
	#[target_feature(enable = "avx512f,avx512ifma")]
	fn new(blocks: usize) -> Option<Self> {
		let root = |order: usize| Fr::get_root_of_unity(order as u64)?.inverse();
		let level = |level: u32| {
			let half = 1usize << level;
			Some(powers(root(16 * half)?, half))
		};
		let levels: Option<Vec<_>> = (0..blocks.ilog2()).map(level).collect();
		let eighth = root(8)?;
		let mut last = [Block::default(); 7];
		for (block, power) in last.iter_mut().zip([0u64, 0, 2, 0, 1, 2, 3]) {
			block.set(same(eighth.pow([power])));
		}
		Some(Self { levels: levels?, last })
	}

	/// For blocks that far from each other.
	fn level(&self, distance: usize) -> &[Block] {
		&self.levels[distance.ilog2() as usize]
	}
}

/// The first powers of an element, as many blocks of them.
#[target_feature(enable = "avx512f,avx512ifma")]
fn powers(root: Fr, blocks: usize) -> Vec<Block> {
	let first = core::array::from_fn(|power| root.pow([power as u64]) * Fr::from(16));
	let mut all = vec![Block::default(); blocks];
	all[0] = Block::new(first);
	let step = root.pow([8]);
	let mut made = 1;
	// As many again, until a task's are there; then these for all tasks.
	while made < blocks.min(TASK) {
		let (done, next) = all.split_at_mut(made);
		let factor = same(step.pow([made as u64]));
		for (done, next) in done.iter().zip(next) {
			next.set(done.get().loose().by(factor));
		}
		made *= 2;
	}
	let (done, rest) = all.split_at_mut(made);
	rest.par_chunks_mut(made).enumerate().for_each(|(at, next)| {
		let factor = same(step.pow([((at + 1) * made) as u64]));
		for (done, next) in done.iter().zip(next) {
			next.set(done.get().loose().by(factor));
		}
	});
	all
}

/// The four quarters.
fn quarters(data: &mut [Block]) -> [&mut [Block]; 4] {
	let (low, high) = data.split_at_mut(data.len() / 2);
	let (a, b) = low.split_at_mut(low.len() / 2);
	let (c, d) = high.split_at_mut(high.len() / 2);
	[a, b, c, d]
}

/// The same in pieces.
fn pieces(
	data: &mut [Block],
	size: usize,
) -> impl IndexedParallelIterator<Item = [&mut [Block]; 4]> {
	let [a, b, c, d] = quarters(data).map(|quarter| quarter.par_chunks_mut(size));
	a.zip(b).zip(c.zip(d)).map(|((a, b), (c, d))| [a, b, c, d])
}

impl Roots {
	/// Two stages of the first transform, between quarters; the place of the first of each is given.
	#[target_feature(enable = "avx512f,avx512ifma")]
	fn split(&self, [a, b, c, d]: [&mut [Block]; 4], first: usize, quarter: usize) {
		let outer = self.level(2 * quarter);
		let (one, two) = (&outer[first..], &outer[quarter + first..]);
		let three = &self.level(quarter)[first..];
		for at in 0..a.len() {
			let [p, q, r, s] = [a[at].get(), b[at].get(), c[at].get(), d[at].get()];
			let even = [p.plus_tight(r), q.plus_tight(s)];
			let odd = [p.minus(r).by(one[at].get()), q.minus(s).by(two[at].get())];
			let root = three[at].get();
			a[at].set(even[0].plus_tight(even[1]));
			b[at].set(even[0].minus(even[1]).by(root));
			c[at].set(odd[0].plus_tight(odd[1]));
			d[at].set(odd[0].minus(odd[1]).by(root));
		}
	}

	/// Two stages of the second transform.
	#[target_feature(enable = "avx512f,avx512ifma")]
	fn join(&self, [a, b, c, d]: [&mut [Block]; 4], first: usize, quarter: usize) {
		let outer = self.level(2 * quarter);
		let (one, two) = (&outer[first..], &outer[quarter + first..]);
		let three = &self.level(quarter)[first..];
		for at in 0..a.len() {
			let root = three[at].get();
			let [p, q, r, s] = [a[at].get(), b[at].get(), c[at].get(), d[at].get()];
			let (q, s) = (q.loose().by(root), s.loose().by(root));
			let even = [p.plus_tight(q), p.minus_tight(q)];
			let odd = [r.plus(s).by(one[at].get()), r.minus(s).by(two[at].get())];
			a[at].set(even[0].plus_tight(odd[0]));
			b[at].set(even[1].plus_tight(odd[1]));
			c[at].set(even[0].minus_tight(odd[0]));
			d[at].set(even[1].minus_tight(odd[1]));
		}
	}

	/// One stage of the first transform, between halves.
	#[target_feature(enable = "avx512f,avx512ifma")]
	#[inline]
	fn split_halves(low: &mut [Block], high: &mut [Block], roots: &[Block]) {
		for ((low, high), root) in low.iter_mut().zip(high).zip(roots) {
			let (p, q) = (low.get(), high.get());
			low.set(p.plus_tight(q));
			high.set(p.minus(q).by(root.get()));
		}
	}

	/// One stage of the second.
	#[target_feature(enable = "avx512f,avx512ifma")]
	#[inline]
	fn join_halves(low: &mut [Block], high: &mut [Block], roots: &[Block]) {
		for ((low, high), root) in low.iter_mut().zip(high).zip(roots) {
			let (p, q) = (low.get(), high.get().loose().by(root.get()));
			low.set(p.plus_tight(q));
			high.set(p.minus_tight(q));
		}
	}

	/// The roots of the stages within a vector, by distance.
	fn within(&self) -> [&[Block]; 3] {
		[&self.last[..1], &self.last[1..3], &self.last[3..]]
	}

	/// The first transform.
	#[target_feature(enable = "avx512f,avx512ifma")]
	fn forth(&self, data: &mut [Block]) {
		let size = data.len();
		let quarter = size / 4;
		if size == SQUARE {
			for distance in [4, 2, 1] {
				for block in data.chunks_exact_mut(2 * distance) {
					let (low, high) = block.split_at_mut(distance);
					Self::split_halves(low, high, self.level(distance));
				}
			}
			transpose(data);
			for roots in self.within().into_iter().rev() {
				for block in data.chunks_exact_mut(2 * roots.len()) {
					let (low, high) = block.split_at_mut(roots.len());
					Self::split_halves(low, high, roots);
				}
			}
		} else if size == 2 * SQUARE {
			let (low, high) = data.split_at_mut(SQUARE);
			Self::split_halves(low, high, self.level(SQUARE));
			self.forth(low);
			self.forth(high);
		} else if quarter < TASK {
			self.split(quarters(data), 0, quarter);
			data.chunks_exact_mut(quarter).for_each(|data| self.forth(data));
		} else {
			pieces(data, TASK).enumerate().for_each(|(at, pieces)| {
				self.split(pieces, at * TASK, quarter);
			});
			data.par_chunks_exact_mut(quarter).for_each(|data| self.forth(data));
		}
	}

	/// The second transform.
	#[target_feature(enable = "avx512f,avx512ifma")]
	fn back(&self, data: &mut [Block]) {
		let size = data.len();
		let quarter = size / 4;
		if size == SQUARE {
			for roots in self.within() {
				for block in data.chunks_exact_mut(2 * roots.len()) {
					let (low, high) = block.split_at_mut(roots.len());
					Self::join_halves(low, high, roots);
				}
			}
			transpose(data);
			for distance in [1, 2, 4] {
				for block in data.chunks_exact_mut(2 * distance) {
					let (low, high) = block.split_at_mut(distance);
					Self::join_halves(low, high, self.level(distance));
				}
			}
		} else if size == 2 * SQUARE {
			let (low, high) = data.split_at_mut(SQUARE);
			self.back(low);
			self.back(high);
			Self::join_halves(low, high, self.level(SQUARE));
		} else if quarter < TASK {
			data.chunks_exact_mut(quarter).for_each(|data| self.back(data));
			self.join(quarters(data), 0, quarter);
		} else {
			data.par_chunks_exact_mut(quarter).for_each(|data| self.back(data));
			pieces(data, TASK).enumerate().for_each(|(at, pieces)| {
				self.join(pieces, at * TASK, quarter);
			});
		}
	}
}

/// Transposes 64 elements: what was in a vector is in eight.
#[target_feature(enable = "avx512f")]
#[inline]
fn transpose(data: &mut [Block]) {
	for word in 0..4 {
		let mut rows = [_mm512_setzero_si512(); SQUARE];
		for (row, block) in rows.iter_mut().zip(&*data) {
			*row = load(&block.0[word]);
		}
		for (row, block) in transposed(rows).into_iter().zip(&mut *data) {
			store(row, &mut block.0[word]);
		}
	}
}

/// The bits of a number in reverse.
fn reversed(number: usize, bits: u32) -> usize {
	match bits {
		0 => 0,
		_ => number.reverse_bits() >> (usize::BITS - bits),
	}
}

/// What coefficients are multiplied by between the transforms: powers of the offset, over their number.
struct Offsets {
	/// For each square of 64.
	squares: Vec<Fr>,
	/// Within it.
	within: Vec<Block>,
}

impl Offsets {
	#[target_feature(enable = "avx512f")]
	fn new(blocks: usize) -> Option<Self> {
		let size = 8 * blocks;
		let bits = size.ilog2();
		let offset: Fr = Fr::get_root_of_unity(2 * size as u64)?;
		let scale = Fr::from(size as u64).inverse()?;
		// The square at `g`, its lane `b` and its block `l` belong to the element at `64g + 8b + l`, which
		// is a coefficient whose index has the same bits in reverse.
		let mut squares = vec![scale; blocks / SQUARE];
		for bit in 0..bits - 6 {
			let factor = offset.pow([1 << (bits - 7 - bit)]);
			let (done, next) = squares.split_at_mut(1 << bit);
			next.iter_mut().zip(done).for_each(|(next, done)| *next = *done * factor);
		}
		let element = |lane: usize, block: usize| {
			let index = reversed(8 * lane + block, 6) << (bits - 6);
			offset.pow([index as u64])
		};
		let of = |block: usize| {
			Block::new(core::array::from_fn(|lane| element(lane, block) * Fr::from(16)))
		};
		Some(Self { squares, within: (0..SQUARE).map(of).collect() })
	}

	/// Multiplies everything by these and a factor.
	#[target_feature(enable = "avx512f,avx512ifma")]
	fn apply(&self, data: &mut [Block], factor: Fr) {
		let squares = data.par_chunks_exact_mut(SQUARE).zip(&self.squares);
		squares.with_min_len(TASK / SQUARE).for_each(|(data, square)| {
			let square = same(*square * factor);
			for (block, within) in data.iter_mut().zip(&self.within) {
				let power = within.get().loose().by(square);
				block.set(block.get().loose().by(power));
			}
		});
	}
}

/// Whether there are transforms of this size.
pub(super) fn fits(size: usize) -> bool {
	size >= 8 * SQUARE && size.is_power_of_two() && Fr::get_root_of_unity(2 * size as u64).is_some()
}

/// What the transforms of one size have in common.
pub(crate) struct Transforms {
	size: usize,
	roots: Roots,
	offsets: Offsets,
}

impl Transforms {
	/// Of a size that [fits].
	#[target_feature(enable = "avx512f,avx512ifma")]
	pub(super) fn new(size: usize) -> Option<Self> {
		Some(Self { size, roots: Roots::new(size / 8)?, offsets: Offsets::new(size / 8)? })
	}

	/// As [`crate::transform::Quotients::of`].
	pub(crate) fn quotient(
		&self,
		a: impl Fn(usize) -> Fr + Sync,
		b: impl Fn(usize) -> Fr + Sync,
	) -> Vec<Fr> {
		fn blocks(size: usize, value: impl Fn(usize) -> Fr + Sync) -> Vec<Block> {
			let block = |at| Block::new(core::array::from_fn(|lane| value(8 * at + lane)));
			(0..size / 8).into_par_iter().map(block).collect()
		}
		let size = self.size;
		let (a, b) = (blocks(size, a), blocks(size, b));
		// SAFETY: who is there, made by `new`, runs where the instructions are.
		let values = unsafe { quotient(a, b, &self.roots, &self.offsets) };
		let value = |at: usize| {
			let at = (size - at) % size;
			values[at / 8].element(at % 8)
		};
		(0..size).into_par_iter().map(value).collect()
	}
}

/// From the values of `A` and `B` on a domain to those of `A·B − C` on the odd half of the domain of twice the size, `C`
/// being the polynomial that has their products on the first; in reverse, but for the first.
#[target_feature(enable = "avx512f,avx512ifma")]
fn quotient(mut a: Vec<Block>, mut b: Vec<Block>, roots: &Roots, offsets: &Offsets) -> Vec<Block> {
	// A product of two loses 2^260, so that it has 2^252, until it gets its factor of 16.
	let mut c: Vec<Block> = a
		.par_iter()
		.zip(&b)
		.with_min_len(TASK)
		.map(|(a, b)| {
			let mut product = Block::default();
			product.set(a.get().loose().by(b.get()));
			product
		})
		.collect();
	for (data, factor) in [(&mut a, 16), (&mut b, 1), (&mut c, 16)] {
		roots.forth(data);
		offsets.apply(data, Fr::from(factor));
		roots.back(data);
	}
	a.par_iter_mut().zip(&b).zip(&c).with_min_len(TASK).for_each(|((a, b), c)| {
		a.set(a.get().loose().by(b.get()).minus_tight(c.get()));
	});
	a
}
