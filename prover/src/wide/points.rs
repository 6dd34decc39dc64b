//! Points of G1, eight at once.

use super::field::{Loose, Tight};
use crate::inverse::invert_all;
use ark_bn254::{Fq, FqConfig, G1Affine};
use ark_ff::{BigInt, Field, PrimeField};

type Eight = Tight<FqConfig>;

/// Products that are made beside each other, so that the processor need not wait for each.
const CHAINS: usize = 2;

/// Eight points.
#[derive(Clone, Copy)]
struct Points {
	x: Eight,
	y: Eight,
}

/// A power of two as a number.
pub(super) fn power(exponent: u64) -> [u64; 4] {
	Fq::from(2).pow([exponent]).into_bigint().0
}

/// Numbers that many points need.
struct Numbers {
	/// One: `2^260`.
	one: Eight,
	/// What brings arkworks' form here, and back: `2^264`, `2^256`.
	enter: Eight,
	leave: Eight,
	/// The endomorphism's factor.
	image: Eight,
}

impl Numbers {
	#[target_feature(enable = "avx512f,avx512ifma")]
	fn new(image: Fq) -> Self {
		let enter = Eight::same(power(264));
		let image = Eight::same(image.0 .0).loose().times(enter.loose());
		Self { one: Eight::same(power(260)), enter, leave: Eight::same(power(256)), image }
	}
}

/// Room for the divisions of a step.
struct Divisions {
	denominators: Vec<Loose<FqConfig>>,
	inverses: Vec<Eight>,
}

impl Divisions {
	/// Inverts all denominators; `false` if one is zero.
	#[target_feature(enable = "avx512f,avx512ifma")]
	fn invert(&mut self, numbers: &Numbers) -> bool {
		let Self { denominators, inverses: products } = self;
		let mut last = [numbers.one; CHAINS];
		products.clear();
		for (at, denominator) in denominators.iter().enumerate() {
			let last = &mut last[at % CHAINS];
			*last = last.loose().times(*denominator);
			products.push(*last);
		}
		// Read as arkworks reads them, they are 2^4 times too large; the inverses 2^8 too small.
		let mut totals: Vec<Fq> = Vec::with_capacity(8 * CHAINS);
		totals.extend(last.iter().flat_map(|last| last.to_words().map(canonical)));
		if !invert_all(&mut totals, Fq::from(256)) {
			return false;
		}
		let mut rest = last;
		for (rest, totals) in rest.iter_mut().zip(totals.chunks_exact(8)) {
			*rest = Eight::from_words(&core::array::from_fn(|at| totals[at].0 .0));
		}
		for at in (0..denominators.len()).rev() {
			let before = at.checked_sub(CHAINS).map_or(numbers.one, |before| products[before]);
			let rest = &mut rest[at % CHAINS];
			products[at] = rest.loose().times(before.loose());
			*rest = rest.loose().times(denominators[at]);
		}
		true
	}

	/// Doubles points, none of which is of order two.
	#[target_feature(enable = "avx512f,avx512ifma")]
	fn double(&mut self, points: &mut [Points], numbers: &Numbers) -> bool {
		self.denominators.clear();
		self.denominators.extend(points.iter().map(|point| point.y.double()));
		let possible = self.invert(numbers);
		for (Points { x, y }, inverse) in points.iter_mut().zip(&self.inverses) {
			let slope = x.loose().square().triple().times(inverse.loose());
			let next = slope.loose().square().minus_two(*x, *x);
			*y = slope.loose().times(x.minus(next)).minus_tight(*y);
			*x = next;
		}
		possible
	}

	/// Adds other points to points; `false` if a pair is of the same x.
	#[target_feature(enable = "avx512f,avx512ifma")]
	fn add(&mut self, points: &mut [Points], others: &[Points], numbers: &Numbers) -> bool {
		self.denominators.clear();
		let pairs = points.iter().zip(others);
		self.denominators.extend(pairs.map(|(point, other)| other.x.minus(point.x)));
		let possible = self.invert(numbers);
		let pairs = points.iter_mut().zip(others);
		for ((Points { x, y }, other), inverse) in pairs.zip(&self.inverses) {
			let slope = other.y.minus(*y).times(inverse.loose());
			let next = slope.loose().square().minus_two(*x, other.x);
			*y = slope.loose().times(x.minus(next)).minus_tight(*y);
			*x = next;
		}
		possible
	}
}

/// The element with this Montgomery form, or one that is `p` more.
fn canonical(value: [u64; 4]) -> Fq {
	let mut value = BigInt(value);
	if value >= Fq::MODULUS {
		ark_ff::BigInteger::sub_with_borrow(&mut value, &Fq::MODULUS);
	}
	Fq::new_unchecked(value)
}

/// Multiplies points, none of which is zero, by one scalar, given its digits: for each place, the
/// highest first, of both parts. `None` if a step has no formula: the scalar is zero, or has a
/// multiple of the order among its beginnings.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn multiply(
	points: &[G1Affine],
	digits: &[[i8; 2]],
	image: Fq,
) -> Option<Vec<G1Affine>> {
	let numbers = Numbers::new(image);
	let enter = |points: &[G1Affine]| {
		// What is missing in the last eight is the first of them again.
		let of = |at: usize| points.get(at).unwrap_or(&points[0]);
		let coordinate =
			|words: [[u64; 4]; 8]| Eight::from_words(&words).loose().times(numbers.enter.loose());
		Points {
			x: coordinate(core::array::from_fn(|at| of(at).x.0 .0)),
			y: coordinate(core::array::from_fn(|at| of(at).y.0 .0)),
		}
	};
	let first: Vec<Points> = points.chunks(8).map(enter).collect();
	let count = first.len();
	let mut divisions =
		Divisions { denominators: Vec::with_capacity(count), inverses: Vec::with_capacity(count) };
	// Odd multiples.
	let largest = digits.iter().flatten().map(|digit| digit.unsigned_abs()).max()?;
	let mut twice = first.clone();
	let mut possible = divisions.double(&mut twice, &numbers);
	let mut table = vec![first];
	for _ in 0..largest / 2 {
		let mut next = table.last()?.clone();
		possible &= divisions.add(&mut next, &twice, &numbers);
		table.push(next);
	}
	let mut sums: Vec<Points> = Vec::with_capacity(count);
	let mut others: Vec<Points> = Vec::with_capacity(count);
	for place in digits {
		if !sums.is_empty() {
			possible &= divisions.double(&mut sums, &numbers);
		}
		for (part, &digit) in place.iter().enumerate().filter(|(_, &digit)| digit != 0) {
			others.clear();
			for Points { x, y } in &table[usize::from(digit.unsigned_abs() / 2)] {
				let x = if part == 0 { *x } else { x.loose().times(numbers.image.loose()) };
				others.push(Points { x, y: if digit < 0 { y.negative() } else { *y } });
			}
			if sums.is_empty() {
				sums.extend(&others);
			} else {
				possible &= divisions.add(&mut sums, &others, &numbers);
			}
		}
	}
	if !possible || sums.is_empty() {
		return None;
	}
	let mut out = Vec::with_capacity(8 * count);
	for Points { x, y } in sums {
		let leave = |value: Eight| value.loose().times(numbers.leave.loose()).to_words();
		let pairs = leave(x).into_iter().zip(leave(y));
		out.extend(pairs.map(|(x, y)| G1Affine::new_unchecked(canonical(x), canonical(y))));
	}
	out.truncate(points.len());
	Some(out)
}
