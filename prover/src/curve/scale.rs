//! Many points, each times a scalar of its own.
//!
//! Points of a chunk go through one double-and-add together, so that all divisions of a step share
//! one inversion (Montgomery's trick), and sums stay affine: a doubling costs 5 multiplications and
//! 2 squarings, an addition 5 and 1. Scalars are split by the endomorphism, parts are written with
//! odd digits of [`WINDOW`] bits. Times depend on the scalars, as those of any such method do.

use super::{affine, Group, One};
use crate::{inverse::Invertible, wide};
use ark_bn254::{Fr, G1Affine};
use ark_ec::{scalar_mul::glv::GLVConfig, short_weierstrass::Affine, AffineRepr};
use ark_ff::{AdditiveGroup, Field, Zero};
use rayon::prelude::*;
use zeroize::Zeroizing;

/// Bits of a digit.
const WINDOW: u32 = 4;
/// Odd digits without their signs: 1, 3, 5, 7.
const ODD: usize = 1 << (WINDOW - 2);
/// Digits of a part: its bits, and one more.
const DIGITS: usize = 129;

/// Points that go together: tables of all of them fit a core's cache.
pub(crate) const fn lanes<P: Group>() -> usize {
	1024 / P::PARTS
}

/// Room for the divisions of a step.
struct Divisions<F> {
	denominators: Vec<F>,
	products: Vec<F>,
}

impl<F: Invertible> Divisions<F> {
	fn new(lanes: usize) -> Self {
		Self { denominators: Vec::with_capacity(lanes), products: Vec::with_capacity(lanes) }
	}

	/// Begins a step.
	fn clear(&mut self) {
		self.denominators.clear();
		self.products.clear();
	}

	/// Adds a denominator, which is not zero.
	fn push(&mut self, denominator: F) {
		let product = self.products.last().map_or(denominator, |last| *last * denominator);
		self.denominators.push(denominator);
		self.products.push(product);
	}

	/// Takes the inverses, the last first.
	fn inverses(&self, mut take: impl FnMut(usize, F)) {
		let Some(mut rest) = self.products.last().and_then(Invertible::inverted) else {
			return;
		};
		for at in (1..self.denominators.len()).rev() {
			take(at, rest * self.products[at - 1]);
			rest *= self.denominators[at];
		}
		take(0, rest);
	}
}

/// What an addition comes to.
enum Step {
	Chord,
	Tangent,
}

/// Doubles every point.
fn double<P: Group>(points: &mut [Affine<P>], work: &mut Work<P>) {
	work.divisions.clear();
	work.steps.clear();
	for (lane, point) in points.iter_mut().enumerate() {
		if !point.y.is_zero() {
			work.divisions.push(point.y.double());
			work.steps.push((lane, Step::Tangent));
		} else {
			*point = Affine::zero();
		}
	}
	let steps = &work.steps;
	work.divisions.inverses(|at, inverse| {
		let point = &mut points[steps[at].0];
		*point = tangent(point, inverse);
	});
}

/// Twice a point, given `1/2y`.
fn tangent<P: Group>(point: &Affine<P>, inverse: P::BaseField) -> Affine<P> {
	let square = point.x.square();
	let slope = (square.double() + square) * inverse;
	let x = slope.square() - point.x.double();
	affine(x, slope * (point.x - x) - point.y)
}

/// The sum of two points, given `1/(x₂ − x₁)`.
fn chord<P: Group>(left: &Affine<P>, right: &Affine<P>, inverse: P::BaseField) -> Affine<P> {
	let slope = (right.y - left.y) * inverse;
	let x = slope.square() - left.x - right.x;
	affine(x, slope * (left.x - x) - left.y)
}

/// Room for steps.
struct Work<P: Group> {
	divisions: Divisions<P::BaseField>,
	steps: Vec<(usize, Step)>,
	/// What is added, by lane.
	items: Vec<(usize, Affine<P>)>,
}

impl<P: Group> Work<P> {
	fn new(lanes: usize) -> Self {
		Self {
			divisions: Divisions::new(lanes),
			steps: Vec::with_capacity(lanes),
			items: Vec::with_capacity(lanes),
		}
	}

	/// Adds the items to the points of their lanes, at most one to each.
	fn add(&mut self, points: &mut [Affine<P>]) {
		let Self { divisions, steps, items } = self;
		divisions.clear();
		steps.clear();
		for (at, (lane, item)) in items.iter().enumerate() {
			let point = &mut points[*lane];
			if item.is_zero() {
				continue;
			} else if point.is_zero() {
				*point = *item;
			} else if point.x != item.x {
				divisions.push(item.x - point.x);
				steps.push((at, Step::Chord));
			} else if point.y == item.y && !point.y.is_zero() {
				divisions.push(point.y.double());
				steps.push((at, Step::Tangent));
			} else {
				*point = Affine::zero();
			}
		}
		divisions.inverses(|at, inverse| {
			let (item, step) = &steps[at];
			let (lane, item) = &items[*item];
			let point = &mut points[*lane];
			*point = match step {
				Step::Chord => chord(point, item, inverse),
				Step::Tangent => tangent(point, inverse),
			};
		});
	}
}

/// Sums and differences of pairs, which share their inversions: `(u, v)` becomes `(u + v, u − v)`.
pub(super) fn butterflies<P: Group>(left: &mut [Affine<P>], right: &mut [Affine<P>]) {
	let mut divisions = Divisions::new(left.len());
	let mut chords = Vec::with_capacity(left.len());
	for (at, (u, v)) in left.iter_mut().zip(right.iter_mut()).enumerate() {
		if u.x != v.x && !u.is_zero() && !v.is_zero() {
			divisions.push(v.x - u.x);
			chords.push(at);
		} else {
			let (sum, difference) = (*u + *v, *u - *v);
			(*u, *v) = (sum.into(), difference.into());
		}
	}
	divisions.inverses(|at, inverse| {
		let (u, v) = (&mut left[chords[at]], &mut right[chords[at]]);
		let (sum, difference) = (chord(u, v, inverse), chord(u, &-*v, inverse));
		(*u, *v) = (sum, difference);
	});
}

/// Signed odd digits of a part, lowest first: `Σ digit·2^place`.
fn digits(part: i128, mut set: impl FnMut(usize, i8)) {
	let negative = part < 0;
	let mut rest = part.unsigned_abs();
	let mut place = 0;
	while rest != 0 {
		let zeros = rest.trailing_zeros();
		rest >>= zeros;
		place += zeros as usize;
		let low = (rest & ((1 << WINDOW) - 1)) as i8;
		let digit = if low >= 1 << (WINDOW - 1) { low - (1 << WINDOW) } else { low };
		set(place, if negative { -digit } else { digit });
		// Above the digit stands what is left; a negative digit borrows from there.
		rest = (rest >> WINDOW) + u128::from(digit < 0);
		place += WINDOW as usize;
	}
}

/// One chunk: every point times its scalar.
fn chunk<P: Group>(points: &mut [Affine<P>], scalars: &[Fr]) {
	let lanes = points.len();
	let mut work = Work::<P>::new(lanes);
	let mut all = Zeroizing::new(vec![0i8; P::PARTS * DIGITS * lanes]);
	let mut length = 0;
	for (lane, scalar) in scalars.iter().enumerate() {
		for (part, value) in P::split(scalar).into_iter().take(P::PARTS).enumerate() {
			digits(value, |place, digit| {
				all[(part * DIGITS + place) * lanes + lane] = digit;
				length = length.max(place + 1);
			});
		}
	}
	// Odd multiples, by digit and lane; then their images.
	let mut table: Vec<Vec<Affine<P>>> = Vec::with_capacity(P::PARTS * ODD);
	let mut twice = points.to_vec();
	double(&mut twice, &mut work);
	table.push(points.to_vec());
	for odd in 1..ODD {
		let mut next = table[odd - 1].clone();
		work.items.clear();
		work.items.extend(twice.iter().copied().enumerate());
		work.add(&mut next);
		table.push(next);
	}
	for part in 1..P::PARTS {
		for odd in 0..ODD {
			let image = |point: &Affine<P>| {
				let (x, y) = P::endomorphism(&point.x, &point.y);
				affine(x, y)
			};
			table.push(table[(part - 1) * ODD + odd].iter().map(image).collect());
		}
	}
	points.fill(Affine::zero());
	for place in (0..length).rev() {
		double(points, &mut work);
		for part in 0..P::PARTS {
			let row = &all[(part * DIGITS + place) * lanes..][..lanes];
			work.items.clear();
			for (lane, &digit) in row.iter().enumerate().filter(|(_, &digit)| digit != 0) {
				let entry = table[part * ODD + usize::from(digit.unsigned_abs() / 2)][lane];
				work.items.push((lane, if digit < 0 { -entry } else { entry }));
			}
			work.add(points);
		}
	}
}

/// Every point times the scalar of its position.
pub(crate) fn scale_in_place<P: Group>(
	points: &mut [Affine<P>],
	scalar: impl Fn(usize) -> Fr + Sync,
) {
	let lanes = lanes::<P>();
	points.par_chunks_mut(lanes).enumerate().for_each(|(number, points)| {
		let first = number * lanes;
		let scalars: Vec<Fr> = (first..first + points.len()).map(&scalar).collect();
		chunk(points, &Zeroizing::new(scalars));
	});
}

/// Every point times the same scalar.
pub(crate) fn scale_all(points: &mut [G1Affine], scalar: &Fr) {
	/// Points that go together: three megabytes with all that they need.
	const TOGETHER: usize = 4096;
	let mut places = Zeroizing::new(vec![[0i8; 2]; DIGITS]);
	for (part, value) in One::split(scalar).into_iter().take(2).enumerate() {
		digits(value, |place, digit| places[place][part] = digit);
	}
	let last = places.iter().rposition(|place| *place != [0; 2]);
	places.truncate(last.map_or(0, |last| last + 1));
	places.reverse();
	let image = One::ENDO_COEFFS[0];
	points.par_chunks_mut(TOGETHER).for_each(|points| {
		let proper: Vec<G1Affine> =
			points.iter().copied().filter(|point| !point.is_zero()).collect();
		if let Some(products) = wide::multiply(&proper, &places, image) {
			let places = points.iter_mut().filter(|point| !point.is_zero());
			places.zip(products).for_each(|(place, product)| *place = product);
			return;
		}
		for points in points.chunks_mut(lanes::<One>()) {
			chunk(points, &Zeroizing::new(vec![*scalar; points.len()]));
		}
	});
}

/// Every point times one small number, without endomorphism: for points that may be of any order.
pub(super) fn times<P: Group>(points: &[Affine<P>], factor: u64) -> Vec<Affine<P>> {
	let mut work = Work::<P>::new(points.len());
	let mut sums = vec![Affine::zero(); points.len()];
	for bit in (0..u64::BITS - factor.leading_zeros()).rev() {
		double(&mut sums, &mut work);
		if factor >> bit & 1 == 1 {
			work.items.clear();
			work.items.extend(points.iter().copied().enumerate());
			work.add(&mut sums);
		}
	}
	sums
}

#[cfg(test)]
mod tests {
	use super::super::Two;
	use super::*;
	use ark_ec::CurveGroup;
	use ark_ff::UniformRand;
	use rand::{rngs::StdRng, SeedableRng};

	fn products_are_right<P: Group>() {
		let mut rng = StdRng::seed_from_u64(3);
		let generator = Affine::<P>::generator();
		let mut points: Vec<Affine<P>> = (0..lanes::<P>() + 40)
			.map(|_| (generator * Fr::rand(&mut rng)).into_affine())
			.collect();
		let mut scalars: Vec<Fr> = points.iter().map(|_| Fr::rand(&mut rng)).collect();
		points[3] = Affine::zero();
		let special = [0u64, 1, 2, 3, 5, 6, 7, 8, 9, 15, 16, 17, 1 << 40];
		for (at, &value) in special.iter().enumerate() {
			scalars[10 + at] = Fr::from(value);
			scalars[30 + at] = -Fr::from(value);
		}
		scalars[50] = Fr::from(2).pow([200]);
		let mut found = points.clone();
		scale_in_place(&mut found, |at| scalars[at]);
		for ((point, scalar), found) in points.iter().zip(&scalars).zip(&found) {
			assert_eq!((*point * scalar).into_affine(), *found, "{scalar}");
		}
		let found = times(&points, 12_345);
		for (point, found) in points.iter().zip(&found) {
			assert_eq!((*point * Fr::from(12_345u64)).into_affine(), *found);
		}
	}

	#[test]
	fn products_are_those_of_single_multiplications() {
		products_are_right::<One>();
		products_are_right::<Two>();
	}

	#[test]
	fn one_scalar_for_all_is_that_for_each() {
		let mut rng = StdRng::seed_from_u64(4);
		let generator = G1Affine::generator();
		let mut points: Vec<G1Affine> =
			(0..2_100).map(|_| (generator * Fr::rand(&mut rng)).into_affine()).collect();
		points[3] = Affine::zero();
		points[1_500] = Affine::zero();
		let random: Vec<Fr> = (0..4).map(|_| Fr::rand(&mut rng)).collect();
		let small = (0..20).flat_map(|small| [Fr::from(small), -Fr::from(small)]);
		// Where the parts' sums meet on the way: the endomorphism's factor, and near it.
		let near = (0..4u64).map(|small| Fr::from(small) - One::LAMBDA);
		for scalar in random.into_iter().chain(small).chain(near).chain([One::LAMBDA]) {
			for count in [0, 1, 2, 7, 8, 9, 2_100] {
				let mut found = points[..count].to_vec();
				scale_all(&mut found, &scalar);
				let mut want = points[..count].to_vec();
				scale_in_place(&mut want, |_| scalar);
				assert!(found == want, "{scalar}");
			}
		}
	}

	#[test]
	fn digits_are_odd_and_sum_up() {
		let mut rng = StdRng::seed_from_u64(5);
		let random = std::iter::repeat_with(|| {
			let bytes: [u64; 2] =
				[rand::RngCore::next_u64(&mut rng), rand::RngCore::next_u64(&mut rng)];
			((u128::from(bytes[0]) | u128::from(bytes[1]) << 64) as i128) >> 1
		});
		for value in (-40..40).chain([i128::MAX, -i128::MAX]).chain(random.take(1_000)) {
			let (mut sum, mut last) = (0i128, 0);
			digits(value, |place, digit| {
				assert!(digit % 2 != 0 && digit.unsigned_abs() < 1 << (WINDOW - 1));
				assert!(place < DIGITS && (last == 0 || place >= last), "{value}");
				last = place + WINDOW as usize;
				sum = sum.wrapping_add(i128::from(digit).wrapping_shl(place as u32));
			});
			assert_eq!(sum, value);
		}
	}
}
