//! The same as arkworks computes, on values at the edges and on random ones.

use super::*;
use crate::{
	encoding::{encode_g1, encode_g2, encode_target, join},
	engine::Arkworks,
};
use ark_bn254::{Bn254, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{pairing::Pairing, AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{AdditiveGroup, CyclotomicMultSubgroup, Field, PrimeField, Zero};
use ark_std::{rand::Rng, test_rng, UniformRand};

type ArkFq = ark_bn254::Fq;
type ArkFq2 = ark_bn254::Fq2;
type ArkFq12 = ark_bn254::Fq12;

/// How many random cases; `ZKML_CASES` asks for more.
fn cases() -> usize {
	std::env::var("ZKML_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000)
}

/// Elements at the edges: of the field, of limbs and of words.
fn edges() -> Vec<ArkFq> {
	let mut edges = vec![ArkFq::ZERO, ArkFq::ONE, -ArkFq::ONE, ArkFq::from(2).inverse().unwrap()];
	for bits in [1, 28, 29, 30, 57, 58, 63, 64, 127, 128, 231, 232, 233, 252, 253] {
		let power = ArkFq::from(2).pow([bits]);
		edges.extend([power, power - ArkFq::ONE, -power, ArkFq::ONE - power]);
	}
	// Limbs that are all as large as can be, of either sign, as elements and as what stands for them.
	let shift = ArkFq::from(2).pow([261]).inverse().unwrap();
	for limb in [1u64 << 28, (1 << 28) - 1, (1 << 29) - 1] {
		let all: ArkFq = (0..9u64).map(|i| ArkFq::from(limb) * ArkFq::from(2).pow([29 * i])).sum();
		edges.extend([all, -all, all * shift, -all * shift]);
	}
	edges
}

fn ours(element: &ArkFq) -> Fq {
	Fq::from_bytes(&join::<1, 32>([*element])).unwrap()
}

fn theirs(element: Fq) -> ArkFq {
	ArkFq::from_le_bytes_mod_order(&element.to_bytes())
}

fn ours2(element: &ArkFq2) -> Fq2 {
	Fq2 { c0: ours(&element.c0), c1: ours(&element.c1) }
}

fn theirs2(element: Fq2) -> ArkFq2 {
	ArkFq2::new(theirs(element.c0), theirs(element.c1))
}

fn ours12(element: &ArkFq12) -> Fq12 {
	Portable::target(&encode_target(element)).unwrap()
}

fn is12(ours: &Fq12, theirs: &ArkFq12) {
	assert_eq!(Portable::target_bytes(ours), encode_target(theirs));
}

/// Pairs of elements: all of the edges, and random ones, also of small numbers.
fn pairs() -> Vec<(ArkFq, ArkFq)> {
	let (rng, edges) = (&mut test_rng(), edges());
	let mut pairs: Vec<_> = edges.iter().flat_map(|a| edges.iter().map(|b| (*a, *b))).collect();
	for _ in 0..cases() {
		let (a, b) = (ArkFq::rand(rng), ArkFq::rand(rng));
		pairs.push((a, if rng.gen_bool(0.1) { edges[rng.gen_range(0..edges.len())] } else { b }));
	}
	pairs
}

#[test]
fn elements_are_added_and_multiplied() {
	for (a, b) in pairs() {
		let (x, y) = (ours(&a), ours(&b));
		assert_eq!((theirs(x), theirs(y)), (a, b));
		assert_eq!(theirs(x.mul(&y)), a * b);
		assert_eq!(theirs(x.square()), a.square());
		assert_eq!(theirs((x + y).into_fit()), a + b);
		assert_eq!(theirs((x - y).into_fit()), a - b);
		assert_eq!(theirs(-x), -a);
		// What is multiplied may be a sum.
		assert_eq!(theirs(x.mul(&(x - y))), a * (a - b));
		assert_eq!(x == y, a == b);
		assert_eq!((x - y).into_fit().is_zero(), a == b);
		assert!((x - x).into_fit().is_zero() && (-x + x).into_fit().is_zero());
	}
}

#[test]
fn elements_are_inverted() {
	let mut all = edges();
	all.extend(pairs().into_iter().map(|(a, _)| a));
	// Of all lengths.
	all.extend((0..254u64).map(|bits| ArkFq::from(2).pow([bits]) * ArkFq::from(1 + bits)));
	for a in all {
		let inverse = a.inverse().unwrap_or_default();
		assert_eq!(theirs(ours(&a).inverse()), inverse);
		let b = ArkFq2::new(a, a.square() - ArkFq::ONE);
		assert_eq!(theirs2(ours2(&b).inverse()), b.inverse().unwrap());
	}
	assert!(Fq2::ZERO.inverse().is_zero());
}

#[test]
fn bytes_are_canonical() {
	let modulus = ArkFq::MODULUS.0.map(u64::to_le_bytes).concat();
	let mut bytes: [u8; 32] = modulus.try_into().unwrap();
	assert!(Fq::from_bytes(&bytes).is_none());
	bytes[0] -= 1;
	assert_eq!(theirs(Fq::from_bytes(&bytes).unwrap()), -ArkFq::ONE);
	bytes[0] += 2;
	assert!(Fq::from_bytes(&bytes).is_none());
	assert!(Fq::from_bytes(&[0xff; 32]).is_none());
	assert!(Fq::from_bytes(&[0; 32]).unwrap().is_zero());
	// Above in the highest word, below in all others; and the reverse.
	let mut other = [0; 32];
	other[31] = 0x31;
	assert!(Fq::from_bytes(&other).is_none());
	other = [0xff; 32];
	other[31] = 0x2f;
	assert!(Fq::from_bytes(&other).is_some());
}

#[test]
fn constants_are_what_they_say() {
	assert_eq!(theirs(Fq::ONE), ArkFq::ONE);
	let constant = ArkFq::from(2).pow([200]) + ArkFq::from(7);
	assert_eq!(theirs(Fq::constant(constant.into_bigint().0)), constant);
	let xi = ArkFq2::new(ArkFq::from(9), ArkFq::ONE);
	let b = ArkFq2::from(3) * xi.inverse().unwrap();
	assert_eq!(theirs2(curve::TWIST_B), b);
}

#[test]
fn quadratic_elements_are_multiplied() {
	let pairs = pairs();
	for (first, second) in pairs.iter().zip(pairs.iter().rev()) {
		let (a, b) = (ArkFq2::new(first.0, first.1), ArkFq2::new(second.0, second.1));
		let (x, y) = (ours2(&a), ours2(&b));
		assert_eq!(theirs2(x.mul(&y)), a * b);
		assert_eq!(theirs2(x.square()), a.square());
		assert_eq!(theirs2((x + y).mul(&(x - y))), (a + b) * (a - b));
		assert_eq!(theirs2((x - y).mul(&y)), (a - b) * b);
		let xi = ArkFq2::new(ArkFq::from(9), ArkFq::ONE);
		assert_eq!(theirs2(x.raw().times_xi().fit()), a * xi);
		assert_eq!(theirs2(x.conjugate()), ArkFq2::new(a.c0, -a.c1));
	}
}

/// Elements of Fq12, sparse and at the edges and random.
fn twelves() -> Vec<ArkFq12> {
	let (rng, edges) = (&mut test_rng(), edges());
	let mut all = vec![ArkFq12::ZERO, ArkFq12::ONE, -ArkFq12::ONE];
	for _ in 0..cases() / 50 {
		all.push(ArkFq12::rand(rng));
		let coefficients = (0..12).map(|_| edges[rng.gen_range(0..edges.len())]);
		all.push(ArkFq12::from_base_prime_field_elems(coefficients).unwrap());
	}
	all
}

#[test]
fn elements_of_degree_twelve_are_multiplied() {
	let all = twelves();
	for (a, b) in all.iter().zip(all.iter().rev()) {
		let (x, y) = (ours12(a), ours12(b));
		is12(&x.mul(&y), &(*a * b));
		let after = |change: &dyn Fn(&mut Fq12)| {
			let mut changed = x;
			change(&mut changed);
			changed
		};
		is12(&after(&Fq12::square), &a.square());
		is12(&x.conjugate(), &ArkFq12::new(a.c0, -a.c1));
		is12(&x.inverse(), &a.inverse().unwrap_or_default());
		for power in 1..4 {
			is12(&x.frobenius(power), &a.frobenius_map(power));
		}
		let line = tower::Line { a: y.c0.c0, b: y.c0.c1, c: y.c1.c2 };
		let mut product = *a;
		product.mul_by_034(&b.c0.c0, &b.c0.c1, &b.c1.c2);
		is12(&after(&|x| x.mul_line(&line)), &product);
		let other = tower::Line { a: y.c1.c0, b: y.c1.c1, c: y.c0.c2 };
		product.mul_by_034(&b.c1.c0, &b.c1.c1, &b.c0.c2);
		is12(&after(&|x| x.mul_lines(&line, &other)), &product);
		is12(&after(&|x| x.mul_monic(&y.c0)), &(*a * ArkFq12::new(b.c0, Field::ONE)));
		// Any element: the formula is one of polynomials.
		is12(&after(&Fq12::cyclotomic_square), &a.cyclotomic_square());
	}
}

fn our_g1(point: &G1Affine) -> curve::G1 {
	Portable::g1(&encode_g1(point).unwrap()).unwrap()
}

fn our_g2(point: &G2Affine) -> curve::G2 {
	Portable::g2(&encode_g2(point).unwrap()).unwrap()
}

fn is_sum(sum: Jacobian<Fq>, expected: G1Projective) {
	let [affine] = Jacobian::affine(&[sum])[..] else { panic!("one point") };
	assert_eq!(
		affine,
		expected.into_affine().xy().map(|(x, y)| Affine { x: ours(&x), y: ours(&y) })
	);
}

#[test]
fn points_are_added() {
	let rng = &mut test_rng();
	for _ in 0..cases() / 50 {
		let [p, q] = [(); 2].map(|()| G1Affine::rand(rng));
		let (a, b) = (our_g1(&p), our_g1(&q));
		let (p, q) = (p.into_group(), q.into_group());
		let double = Jacobian::from(a).doubled();
		is_sum(double, p.double());
		is_sum(double.plus_affine(&b), p.double() + q);
		is_sum(double.plus(&Jacobian::from(b).doubled()), (p + q).double());
		// A point to itself, to its opposite, and to the point at infinity, at different z.
		let again = double.plus_affine(&a).plus_affine(&a.negated());
		is_sum(again.plus(&double), p.double().double());
		is_sum(again.plus(&double.negated()), G1Projective::zero());
		is_sum(Jacobian::from(a).plus_affine(&a), p.double());
		is_sum(Jacobian::from(a).plus_affine(&a.negated()), G1Projective::zero());
		is_sum(Jacobian::INFINITY.plus_affine(&a), p);
		is_sum(Jacobian::INFINITY.plus(&double), p.double());
		is_sum(double.plus(&Jacobian::INFINITY), p.double());
		is_sum(Jacobian::INFINITY.doubled(), G1Projective::zero());
		assert!(again == double && again != double.doubled());
	}
}

/// A number, lowest word first, divided by one that divides it.
fn divided(number: &[u64], divisor: u64) -> Vec<u64> {
	let mut rest = 0u128;
	let mut quotient: Vec<u64> = number
		.iter()
		.rev()
		.map(|word| {
			let dividend = rest << 64 | u128::from(*word);
			rest = dividend % u128::from(divisor);
			(dividend / u128::from(divisor)) as u64
		})
		.collect();
	assert_eq!(rest, 0);
	quotient.reverse();
	quotient
}

/// Points of the twist, of all kinds of order.
fn twisted() -> Vec<G2Affine> {
	let rng = &mut test_rng();
	let mut points = Vec::new();
	while points.len() < 2 * cases() / 100 {
		let Some(point) = G2Affine::get_point_from_x_unchecked(ArkFq2::rand(rng), rng.gen()) else {
			continue;
		};
		points.push(point);
		points.push(G2Affine::rand(rng));
		// Of the order of a divisor of the cofactor, 10069 and 5864401, and such a one and one of G2.
		for order in [10_069u64, 5_864_401] {
			// The product of all other orders, r among them.
			let cofactor = <ark_bn254::g2::Config as ark_ec::CurveConfig>::COFACTOR;
			let multiple: G2Projective = point.mul_bigint(Fr::MODULUS);
			let small = multiple.mul_bigint(divided(cofactor, order));
			if !small.is_zero() {
				assert!(small.into_affine().mul_bigint([order]).is_zero());
				points.push(small.into_affine());
				points.push((small + G2Affine::rand(rng)).into_affine());
			}
		}
	}
	points
}

#[test]
fn points_of_the_twist_are_told_apart() {
	let mut outside = 0;
	for point in twisted() {
		let bytes = encode_g2(&point).unwrap();
		let theirs = Arkworks::check_g2(&Arkworks::g2(&bytes).unwrap());
		assert_eq!(Portable::check_g2(&Portable::g2(&bytes).unwrap()), theirs);
		outside += usize::from(theirs.is_err());
		// The Miller loop tells the same, of the first.
		let (p, q) = (our_g1(&G1Affine::generator()).into(), our_g2(&point));
		let sound = our_g2(&(G2Affine::generator() * Fr::from(5)).into());
		for p in [p, Jacobian::INFINITY] {
			let unchecked = [(p, sound), (p, q), (Jacobian::INFINITY, q)];
			let target = Portable::product_of_powers(&[], &[]);
			let equation = Equation { unchecked: &unchecked, checked: &[], target: &target };
			let outside = Portable::holds(&equation, None).err();
			assert_eq!(outside, theirs.is_err().then_some(1));
			assert_eq!(Portable::holds(&equation, Some(&Fq6::ONE)).err(), outside);
		}
		let off = Affine { x: our_g2(&point).y, y: our_g2(&point).x };
		assert_eq!(Portable::check_g2(&off), Err(PointError::NotOnCurve));
	}
	assert!(outside > 10);
}

#[test]
fn sums_of_products_are_the_same() {
	let rng = &mut test_rng();
	for count in [0, 1, 2, 5, 33] {
		let points: Vec<_> = (0..count).map(|_| G1Affine::rand(rng)).collect();
		let mut scalars: Vec<_> = (0..count).map(|_| Fr::rand(rng)).collect();
		let edges = [-Fr::ONE, Fr::ZERO, Fr::ONE, Fr::from(16), -Fr::from(15)];
		for (scalar, edge) in scalars.iter_mut().skip(1).zip(edges) {
			*scalar = edge;
		}
		let expected: Vec<_> =
			points.iter().zip(&scalars).map(|(&point, scalar)| point * scalar).collect();
		assert_eq!(Arkworks::products(&points, &scalars), expected);
		let sum = expected.iter().sum::<G1Projective>();
		assert_eq!(Arkworks::sum_of_products(&points, &scalars), sum);
		let ours: Vec<_> = points.iter().map(our_g1).collect();
		for (ours, expected) in Portable::products(&ours, &scalars).into_iter().zip(expected) {
			is_sum(ours, expected);
		}
		is_sum(Portable::sum_of_products(&ours, &scalars), sum);
	}
	let (point, scalar) = (G1Affine::rand(rng), Fr::rand(rng));
	let p = our_g1(&point);
	is_sum(Portable::sum_of_products(&[p, p], &[scalar, scalar]), point * (scalar + scalar));
	for (points, scalars) in
		[([p, p], [scalar, -scalar]), ([p, p.negated()], [scalar, scalar]), ([p, p], [Fr::ZERO; 2])]
	{
		assert!(Portable::sum_of_products(&points, &scalars).is_infinity());
	}
	is_sum(Portable::plus(Portable::sum(&p), &p), point + point);
	is_sum(Portable::negated(Portable::sum(&p)), -point.into_group());
}

/// The product of pairings of points of both groups.
fn pairings(p: &[Jacobian<Fq>], q: &[curve::G2]) -> Fq12 {
	let pairs: Vec<_> = p.iter().copied().zip(q.iter().copied()).collect();
	let (unchecked, checked) = pairs.split_at(pairs.len() / 2);
	let checked: Vec<_> = checked.iter().map(|(p, q)| (*p, q)).collect();
	let checked = &checked;
	final_exponentiation(&miller_loops(unchecked, checked, None).unwrap()).unwrap()
}

#[test]
fn pairings_are_the_same() {
	let rng = &mut test_rng();
	for count in [0, 1, 2, 5] {
		let p: Vec<_> = (0..count).map(|_| G1Projective::rand(rng)).collect();
		// Lines at the generator are known; two points may meet it.
		let mut q: Vec<_> = (0..count).map(|_| G2Affine::rand(rng)).collect();
		for point in q.iter_mut().skip(3) {
			*point = G2Affine::generator();
		}
		let expected = Bn254::multi_pairing(&p, &q).0;
		let sums: Vec<_> = p.iter().map(|point| our_g1(&point.into_affine()).into()).collect();
		let ours: Vec<_> = q.iter().map(our_g2).collect();
		is12(&pairings(&sums, &ours), &expected);
		// Pairs of which one point is at infinity count for nothing.
		let first = [vec![Jacobian::INFINITY], sums].concat();
		let second = [vec![our_g2(&G2Affine::generator())], ours].concat();
		is12(&pairings(&first, &second), &expected);
	}
	let generator = G2Affine::generator();
	assert_eq!(our_g2(&generator), curve::GENERATOR);
	for _ in 0..cases() / 200 {
		let p = G1Projective::rand(rng);
		// Not at z = 1.
		let sum = Jacobian::from(our_g1(&p.into_affine())).doubled();
		let expected = Bn254::pairing(p.double(), generator).0;
		is12(&pairings(&[sum], &[curve::GENERATOR]), &expected);
		let opposite = [sum, sum.negated()];
		is12(&pairings(&opposite, &[curve::GENERATOR; 2]), &ArkFq12::ONE);
		// What stands for it.
		let (p, q) = (p.into_affine(), G2Affine::rand(rng));
		let theirs = Arkworks::pairing(&p, &q).unwrap();
		is12(&Portable::pairing(&our_g1(&p), &our_g2(&q)).unwrap(), &theirs);
		let raised = Bn254::final_exponentiation(ark_ec::pairing::MillerLoopOutput(theirs));
		assert_eq!(raised, Some(Bn254::pairing(p, q)));
	}
	assert_eq!(pairing::final_exponentiation(&Fq12::ZERO), None);
	for element in twelves() {
		let theirs = Bn254::final_exponentiation(ark_ec::pairing::MillerLoopOutput(element));
		match (pairing::final_exponentiation(&ours12(&element)), theirs) {
			(Some(ours), Some(theirs)) => is12(&ours, &theirs.0),
			(ours, theirs) => assert!(ours.is_none() && theirs.is_none()),
		}
	}
}

#[test]
fn powers_multiply_in_the_target_group() {
	let rng = &mut test_rng();
	let [g, h] = [(); 2].map(|()| Bn254::pairing(G1Affine::rand(rng), G2Affine::rand(rng)).0);
	let [a, b] = [(); 2].map(|()| Fr::rand(rng));
	let expected = g.pow(a.into_bigint()) * h.pow(b.into_bigint());
	assert_eq!(Arkworks::product_of_powers(&[g, h], &[a, b]), expected);
	assert_eq!(Arkworks::product_of_powers(&[], &[]), ArkFq12::ONE);
	assert_eq!(Arkworks::product_of_powers(&[g, g], &[a, -a]), ArkFq12::ONE);
	let (x, y) = (ours12(&g), ours12(&h));
	is12(&Portable::product_of_powers(&[x, y], &[a, b]), &expected);
	is12(&Portable::product_of_powers(&[], &[]), &ArkFq12::ONE);
	is12(&Portable::product_of_powers(&[x, x], &[a, -a]), &ArkFq12::ONE);
	is12(&Portable::product_of_powers(&[x, y], &[Fr::ONE, Fr::ZERO]), &g);
	// Outside the group there is no answer, but an end. The square of 2/3 as in the group is zero.
	let outside = ArkFq12::from(2) * ArkFq12::from(3).inverse().unwrap();
	for element in [ArkFq12::ZERO, outside] {
		let powers = Arkworks::product_of_powers(&[g, element], &[a, -Fr::ONE]);
		assert_eq!(powers, ArkFq12::ZERO);
		Portable::product_of_powers(&[x, ours12(&element)], &[a, -Fr::ONE]);
	}
}

#[test]
fn sums_of_edges_are_multiplied() {
	// Where limbs are largest, debug builds compare columns with what they must be.
	let edges: Vec<_> = edges().iter().map(ours).collect();
	for (a, b) in edges.iter().flat_map(|a| edges.iter().map(move |b| (*a, *b))) {
		let (x, y) = (Fq2 { c0: a, c1: b }, Fq2 { c0: -b, c1: a });
		let expected = (theirs2(x) + theirs2(y)) * (theirs2(x) - theirs2(y));
		assert_eq!(theirs2((x + y).mul(&(x - y))), expected);
		let (x, y) = (Fq2 { c0: a, c1: -a }, Fq2 { c0: b, c1: -b });
		let expected = (theirs2(x) + theirs2(x)) * (theirs2(y) - theirs2(-y));
		assert_eq!(theirs2((x + x).mul(&(y - -y))), expected);
	}
}
