//! Sums are those of arkworks, with either adder.

use super::*;
use ark_ec::{CurveGroup, PrimeGroup, VariableBaseMSM};
use ark_ff::{Field, UniformRand};
use rand::{rngs::StdRng, Rng, SeedableRng};

/// Different points, some of them at infinity, equal or opposite.
fn bases<P: Curve>(rng: &mut StdRng, count: usize) -> Vec<Affine<P>> {
	let mut points: Vec<_> = (0..count).map(|_| Projective::<P>::rand(rng)).collect();
	for at in 1..count {
		match rng.gen_range(0..20) {
			0 => points[at] = Projective::zero(),
			1 => points[at] = points[at - 1],
			2 => points[at] = -points[at - 1],
			3 => points[at] = points[at - 1].double(),
			_ => {},
		}
	}
	Projective::normalize_batch(&points)
}

fn scalars(rng: &mut StdRng, count: usize) -> Vec<Fr> {
	let edges = [62, 63, 64, 126, 127, 128, 253];
	(0..count)
		.map(|_| match rng.gen_range(0..10) {
			0 | 1 => Fr::zero(),
			2 => Fr::ONE,
			3 => -Fr::ONE,
			4 => Fr::from(rng.gen_range(0..256u32)),
			5 => -Fr::from(rng.gen_range(0..1u64 << 40)),
			6 => {
				let power = Fr::from(2).pow([edges[rng.gen_range(0..edges.len())]]);
				power - Fr::from(rng.gen_range(0..3u32))
			},
			_ => Fr::rand(rng),
		})
		.collect()
}

fn sums_are_right<A: Adder<P>, P: Curve>() {
	let rng = &mut StdRng::seed_from_u64(9);
	for count in [0, 1, 2, 3, 17, 300, 5_000] {
		let (bases, scalars) = (bases::<P>(rng, count), scalars(rng, count));
		let sorted = Scalars::new(&scalars);
		let first = count / 3;
		for first in [0, first] {
			let (bases, scalars) = (&bases[first..], &scalars[first..]);
			let want = Projective::msm_unchecked(bases, scalars);
			let found = sum_by::<A, P, _>(&bases, &sorted, first, |_| ());
			assert_eq!(found, Ok(want), "{count} from {first}");
		}
	}
	// One point so often that every sum on the way is of equal points.
	let generator = Affine::<P>::generator();
	let scalars = [Fr::from(7); 100];
	let found = sum_by::<A, P, _>(&&[generator; 100][..], &Scalars::new(&scalars), 0, |_| ());
	assert_eq!(found, Ok(Projective::generator() * Fr::from(700)));
	// Ones that come to nothing.
	let scalars: Vec<Fr> = (0..64).map(|at| if at % 2 == 0 { Fr::ONE } else { -Fr::ONE }).collect();
	let found = sum_by::<A, P, _>(&&[generator; 64][..], &Scalars::new(&scalars), 0, |_| ());
	assert_eq!(found, Ok(Projective::zero()));
}

#[test]
fn sums_are_those_of_arkworks() {
	sums_are_right::<Portable<One>, One>();
	sums_are_right::<Portable<Two>, Two>();
}

#[test]
fn sums_by_vectors_are_those_of_arkworks() {
	if !wide::available() {
		eprintln!("skipped: this processor has no AVX-512 IFMA");
		return;
	}
	sums_are_right::<<One as Curve>::Wide, One>();
	sums_are_right::<<Two as Curve>::Wide, Two>();
}

#[test]
fn slices_add_up() {
	let rng = &mut StdRng::seed_from_u64(4);
	let few = bases::<One>(rng, 1_000);
	let most = SLICE / size_of::<<Portable<One> as Adder<One>>::Point>();
	assert_eq!(most, SLICE / size_of::<<<One as Curve>::Wide as Adder<One>>::Point>());
	let count = most + 3_000;
	let bases: Vec<_> = few.iter().cycle().take(count).copied().collect();
	let small: Vec<Fr> = (0..count as u64).map(Fr::from).collect();
	// Ones on either side of a slice's end, and full ones, of which fewer make a slice.
	let mut mixed: Vec<Fr> = small
		.iter()
		.map(|small| if small.0 .0[0] % 3 == 0 { Fr::rand(rng) } else { -*small })
		.collect();
	mixed[most / 2 - 3..most / 2 + 3].fill(Fr::ONE);
	mixed[most - 3..most + 3].fill(-Fr::ONE);
	for (scalars, first) in [(small, 0), (mixed, 5)] {
		let sorted = Scalars::new(&scalars);
		let (scalars, bases) = (&scalars[first..], &bases[first..]);
		let mut done = 0;
		let want = Projective::msm_unchecked(bases, scalars);
		assert_eq!(sum(&bases, &sorted, first, |count| done += count), Ok(want));
		assert_eq!(done, bases.len() as u64);
		assert!(sorted.points::<One>(first, bases.len()) > most);
	}
}

#[test]
fn digits_sum_up() {
	let rng = &mut StdRng::seed_from_u64(3);
	for bits in (3..=15).filter(|bits| Digits::fit(*bits)) {
		let mut values: Vec<i128> =
			(0..200).map(|_| rng.gen::<i128>() >> rng.gen_range(1..128)).collect();
		values.extend([0, 1, -1, i128::MAX, -i128::MAX]);
		for value in values {
			let windows = 129u32.div_ceil(bits);
			let digits: Vec<_> = (0..windows).map(|at| Digits::new(bits, at).of(value)).collect();
			let sum = digits
				.iter()
				.rev()
				.fold(Fr::zero(), |sum, digit| sum * Fr::from(1u32 << bits) + Fr::from(*digit));
			assert_eq!(sum, Fr::from(value), "{value} in {bits}");
			assert!(digits.iter().all(|digit| digit.unsigned_abs() <= 1 << (bits - 1)));
		}
	}
}

#[test]
fn few_terms_take_few_buckets() {
	let rng = &mut StdRng::seed_from_u64(5);
	let bases = bases::<One>(rng, 300);
	for (scalars, most) in [
		((0..300u64).map(Fr::from).collect::<Vec<_>>(), 8),
		((0..300).map(|_| Fr::rand(rng)).collect(), 9),
	] {
		let sorted = Scalars::new(&scalars);
		let bits =
			Slice::<Portable<One>, One>::new(&&bases[..], 0..bases.len(), &sorted, 0).window();
		assert!(bits <= most, "{bits}");
	}
}

/// Infinity on the way, and groups that are longer than a task.
fn groups_are_summed<A: Adder<P>, P: Curve>() {
	let rng = &mut StdRng::seed_from_u64(14);
	let bases: Vec<Affine<P>> = (0..40).map(|_| Projective::<P>::rand(rng).into_affine()).collect();
	let mut points = Vec::new();
	A::new().enter(&bases, 1, &mut points);
	let lists: [&[Member]; 6] = [
		// P, −P, Q, R: infinity and a sum.
		&[0, 1, 2, 4],
		// The other way round; twice infinity; and one more.
		&[2, 4, 0, 1],
		&[0, 1, 3, 2, 6],
		// Equal sums in the second round, and opposite ones.
		&[0, 2, 0, 2, 8],
		&[0, 2, 1, 3, 8, 9, 10],
		&[],
	];
	let many: Vec<Member> = (0..40_000).map(|at| at % 79).collect();
	let lists: Vec<&[Member]> = lists.into_iter().chain([&many[..], &[5]]).collect();
	let members = lists.iter().enumerate();
	let members = members.flat_map(|(group, list)| list.iter().map(move |member| (group, *member)));
	let both = [(); 2].map(|()| Groups::new(lists.len(), members.clone()));
	let found = Summer::<A, P>::new().sums(&points, &both);
	assert_eq!(found.len(), 2 * lists.len());
	for (list, found) in lists.iter().chain(&lists).zip(&found) {
		let signed = |member: &Member| {
			let base: Projective<P> = bases[(member / 2) as usize].into();
			if member & 1 == 0 {
				base
			} else {
				-base
			}
		};
		let want: Projective<P> = list.iter().map(signed).sum();
		assert_eq!(A::affine(found), want.into_affine(), "{} members", list.len());
	}
}

/// Points that the endomorphism does not know: right with short scalars, and no panic with others.
fn points_outside_the_subgroup<A: Adder<Two>>() {
	let points = |x: u64| Affine::<Two>::get_point_from_x_unchecked(x.into(), false);
	let bases: Vec<_> = (1..).filter_map(points).take(60).collect();
	assert!(bases.iter().any(|base| !base.is_in_correct_subgroup_assuming_on_curve()));
	let scalars: Vec<Fr> = (0..60u64).map(|at| Fr::from(at % 7)).collect();
	let want: Projective<Two> =
		bases.iter().zip(0u64..).map(|(base, at)| base.mul_bigint([at % 7])).sum();
	assert_eq!(sum_by::<A, Two, _>(&&bases[..], &Scalars::new(&scalars), 0, |_| ()), Ok(want));
	let scalars: Vec<Fr> = scalars.iter().map(|scalar| *scalar - Fr::from(3)).collect();
	let want = want - bases.iter().map(|base| base.mul_bigint([3u64])).sum::<Projective<Two>>();
	assert_eq!(sum_by::<A, Two, _>(&&bases[..], &Scalars::new(&scalars), 0, |_| ()), Ok(want));
	let rng = &mut StdRng::seed_from_u64(15);
	let scalars: Vec<Fr> = (0..60).map(|_| Fr::rand(rng)).collect();
	let _ = sum_by::<A, Two, _>(&&bases[..], &Scalars::new(&scalars), 0, |_| ());
}

#[test]
fn groups_and_points_of_all_kinds() {
	groups_are_summed::<Portable<One>, One>();
	groups_are_summed::<Portable<Two>, Two>();
	points_outside_the_subgroup::<Portable<Two>>();
}

#[test]
fn groups_and_points_of_all_kinds_by_vectors() {
	if !wide::available() {
		eprintln!("skipped: this processor has no AVX-512 IFMA");
		return;
	}
	groups_are_summed::<<One as Curve>::Wide, One>();
	groups_are_summed::<<Two as Curve>::Wide, Two>();
	points_outside_the_subgroup::<<Two as Curve>::Wide>();
}
