//! The kernels against arkworks. Where the processor has none, nothing is tested, and a line says so.

use super::{available, field::Tight, multiply, points_of_one, points_of_two};
use crate::curve::{write, Group, One, Two};
use ark_bn254::{Fq, FqConfig, Fr, FrConfig};
use ark_ec::{scalar_mul::glv::GLVConfig, short_weierstrass::Affine, AffineRepr, CurveGroup};
use ark_ff::{
	AdditiveGroup, BigInteger, Field, Fp256, MontBackend, MontConfig, PrimeField, UniformRand,
};
use rand::{rngs::StdRng, Rng, SeedableRng};

fn skipped() -> bool {
	if !available() {
		eprintln!("skipped: no AVX-512 IFMA here, or ZKML_PORTABLE is set");
	}
	!available()
}

type Field256<M> = Fp256<MontBackend<M, 4>>;

/// Any number below 2^255, which is more than the modulus, as the element that it is.
fn element<M: MontConfig<4>>(words: [u64; 4]) -> Field256<M> {
	let high = Field256::<M>::from(2).pow([128]);
	let half =
		|at: usize| Field256::<M>::from(u128::from(words[at]) | u128::from(words[at + 1]) << 64);
	half(0) + half(2) * high
}

/// Every operation on eight pairs, as numbers modulo `p`; products lose 2^260.
#[target_feature(enable = "avx512f,avx512ifma")]
fn operations_are_right<M: MontConfig<4>>(left: [[u64; 4]; 8], right: [[u64; 4]; 8]) {
	let [a, b] = [left, right].map(|words| Tight::<M>::from_words(&words));
	assert_eq!((a.to_words(), b.to_words()), (left, right));
	let of = |words: [[u64; 4]; 8]| words.map(element::<M>);
	let (x, y) = (of(left), of(right));
	let factor = Field256::<M>::from(2).pow([260]);
	let tight = |name: &str, value: Tight<M>, want: &dyn Fn(usize) -> Field256<M>| {
		let words = value.to_words();
		assert!(words.iter().all(|words| words[3] < 1 << 63), "{name}");
		assert_eq!(of(words), core::array::from_fn(want), "{name}");
		let zero = |bits: u8, at: usize| bits | u8::from(want(at) == Field256::<M>::ZERO) << at;
		assert_eq!(value.is_zero(), (0..8).fold(0, zero), "{name}");
	};
	tight("product", a.loose().times(b.loose()), &|at| x[at] * y[at] / factor);
	tight("square", a.loose().square(), &|at| x[at] * x[at] / factor);
	tight("difference", a.minus_tight(b), &|at| x[at] - y[at]);
	tight("sum", a.plus_tight(b), &|at| x[at] + y[at]);
	tight("two", a.minus_two(b, a), &|at| -y[at]);
	tight("two of the same", a.minus_two(b, b), &|at| x[at] - y[at] - y[at]);
	tight("itself", a.minus_tight(a), &|_| Field256::<M>::ZERO);
	tight("negative", b.negative(), &|at| -y[at]);
	// Loose values are seen by products.
	tight("loose", a.minus(b).times(a.plus(b)), &|at| (x[at] * x[at] - y[at] * y[at]) / factor);
	let [two, three] = [2, 3].map(Field256::<M>::from);
	tight("multiples", a.double().times(b.triple()), &|at| two * x[at] * three * y[at] / factor);
	let two_products = a.minus(b).times_plus(a, a.plus(b), b);
	let want = |at: usize| ((x[at] - y[at]) * x[at] + (x[at] + y[at]) * y[at]) / factor;
	tight("two products", two_products, &want);
	let difference = a.plus(b).times_minus(b, a.minus(b), a);
	let want = |at: usize| ((x[at] + y[at]) * y[at] - (x[at] - y[at]) * x[at]) / factor;
	tight("difference of products", difference, &want);
	let large = a.triple().times(a.triple());
	tight("large", large, &|at| three * x[at] * three * x[at] / factor);
}

fn field_is_right<M: MontConfig<4>>() {
	let mut rng = StdRng::seed_from_u64(7);
	let modulus = M::MODULUS.0;
	let near = |delta: i64| {
		let mut words = modulus;
		words[0] = words[0].wrapping_add_signed(delta);
		words
	};
	let top = 0x7fff_ffff_ffff_ffff;
	let edges = [
		[0; 4],
		[1, 0, 0, 0],
		near(-1),
		near(0),
		near(1),
		[u64::MAX, u64::MAX, u64::MAX, top],
		[0, 0, 0, top],
		[u64::MAX, u64::MAX, u64::MAX, 0x3fff_ffff_ffff_ffff],
		[0, 0, 0, 0x4000_0000_0000_0000],
		[1 << 52, 0, 0, 0],
		[(1 << 52) - 1, 0, 0, 1 << 16],
	];
	for left in edges {
		for right in edges {
			// SAFETY: the callers skip where the processor lacks what the function is compiled for.
			unsafe { operations_are_right::<M>([left; 8], [right; 8]) };
		}
	}
	for _ in 0..2_000 {
		let mut random = || {
			core::array::from_fn(|_| {
				let mut words: [u64; 4] = rng.gen();
				words[3] &= top;
				words
			})
		};
		// SAFETY: as above.
		unsafe { operations_are_right::<M>(random(), random()) };
	}
}

#[test]
fn arithmetic_is_that_of_arkworks() {
	if !skipped() {
		field_is_right::<FqConfig>();
		field_is_right::<FrConfig>();
	}
}

fn points<P: Group>(count: usize, rng: &mut StdRng) -> Vec<Affine<P>> {
	let generator = Affine::<P>::generator();
	(0..count).map(|_| (generator * Fr::rand(rng)).into_affine()).collect()
}

#[test]
fn products_are_those_of_arkworks() {
	if skipped() {
		return;
	}
	let mut rng = StdRng::seed_from_u64(8);
	let points = points::<One>(21, &mut rng);
	let image = One::ENDO_COEFFS[0];
	// Digits of their own, with and without a second part; not only those that scalars have.
	for count in [1, 7, 8, 9, 21] {
		for _ in 0..20 {
			let places = rng.gen_range(1..40);
			let digit = |rng: &mut StdRng| [0, 0, 1, -1, 3, -3, 5, -5, 7, -7][rng.gen_range(0..10)];
			let mut digits: Vec<[i8; 2]> =
				(0..places).map(|_| [digit(&mut rng), digit(&mut rng)]).collect();
			digits[0] = [7, 0];
			let mut scalar = Fr::ZERO;
			for place in &digits {
				scalar = scalar.double() + Fr::from(place[0]) + One::LAMBDA * Fr::from(place[1]);
			}
			let found = multiply(&points[..count], &digits, image).expect("no exception");
			for (point, found) in points.iter().zip(found) {
				assert_eq!((*point * scalar).into_affine(), found, "{digits:?}");
			}
		}
	}
	// Half of one more than the order, doubled, is one: to add one, or to take it, has no formula.
	let half = (Fr::from(1) / Fr::from(2)).into_bigint();
	let mut digits: Vec<[i8; 2]> = half
		.to_bits_be()
		.into_iter()
		.map(|bit| [bit.into(), 0])
		.skip_while(|digit| digit[0] == 0)
		.collect();
	assert!(multiply(&points, &digits, image).is_some());
	for last in [[1, 0], [-1, 0]] {
		digits.push(last);
		assert_eq!(multiply(&points, &digits, image), None, "{last:?}");
		digits.pop();
	}
	assert_eq!(multiply(&points, &[], image), None);
	assert_eq!(multiply(&points, &[[0, 0], [0, 0]], image), None);
	assert_eq!(multiply(&[], &[[1, 0]], image), None);
}

fn bytes_are_checked<P: Group>(good: fn(&[u8]) -> bool) {
	let mut rng = StdRng::seed_from_u64(9);
	let mut all = points::<P>(19, &mut rng);
	all[5] = Affine::zero();
	all[17] = Affine::zero();
	let bytes = |points: &[Affine<P>]| {
		let mut bytes = vec![0; points.len() * P::SIZE];
		bytes.chunks_exact_mut(P::SIZE).zip(points).for_each(|(bytes, point)| write(point, bytes));
		bytes
	};
	for count in 0..19 {
		assert!(good(&bytes(&all[..count])), "{count}");
	}
	let whole = bytes(&all);
	assert!(!good(&whole[1..]) && !good(&whole[..whole.len() - 1]));
	assert!(!good(&whole[..whole.len() - P::SIZE / 2]));
	for at in 0..whole.len() {
		let mut other = whole.clone();
		other[at] ^= 1 << rng.gen_range(0..8);
		assert!(!good(&other), "byte {at}");
	}
	// The same elements, written as numbers that are not below the modulus.
	for at in (0..whole.len()).step_by(32) {
		let mut other = whole.clone();
		let mut carry = false;
		for (word, modulus) in other[at..at + 32].chunks_exact_mut(8).zip(Fq::MODULUS.0) {
			let value = u64::from_le_bytes(word.try_into().unwrap());
			let (sum, first) = value.overflowing_add(modulus);
			let (sum, second) = sum.overflowing_add(carry.into());
			carry = first | second;
			word.copy_from_slice(&sum.to_le_bytes());
		}
		assert!(!good(&other), "byte {at}");
		other[at..at + 32].fill(0xff);
		assert!(!good(&other), "byte {at}");
	}
	let mut negated: Vec<Affine<P>> = all.iter().map(|point| -*point).collect();
	assert!(good(&bytes(&negated)));
	// A root of the equation's right side is a point of another curve.
	negated[2].y.double_in_place();
	assert!(!good(&bytes(&negated)));
}

#[test]
fn points_are_checked() {
	if !skipped() {
		bytes_are_checked::<One>(points_of_one);
		bytes_are_checked::<Two>(points_of_two);
	}
}
