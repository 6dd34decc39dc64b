//! The whole ceremony, and what a cheat would try.

use super::*;
use crate::{prove, verify as verify_proof, zkey::Zkey};
use ark_bn254::Fr;
use rand::{rngs::StdRng, SeedableRng};
use std::io::Cursor;
use zkml_circuits::r1cs::{Builder, R1cs};

fn person(name: &str) -> Origin {
	Origin::Person { name: Some(name.into()) }
}

fn beacon() -> Origin {
	Origin::Beacon { name: None, value: vec![1, 2, 3], exponent: 10 }
}

/// `x² · x = y`, and a range, with x private and y public.
fn circuit(bits: i64) -> (R1cs, Vec<Fr>) {
	let mut builder = Builder::both(1, 1);
	let (out, context) = (builder.public(0), builder.public(1));
	builder.assign(out, || Fr::from(27));
	builder.assign(context, || Fr::from(5));
	let x = builder.alloc_private_input(|| Fr::from(3));
	let square = builder.alloc(|| Fr::from(9));
	builder.enforce(|| [x.into(), x.into(), square.into()]);
	builder.enforce(|| [square.into(), x.into(), out.into()]);
	builder.range(x.into(), 3, bits as u32);
	let witness = builder.take_witness();
	(builder.into_r1cs().0, witness)
}

fn contributed(old: &[u8], origin: Origin) -> Vec<u8> {
	let mut file = Cursor::new(Vec::new());
	let old = Ptau::read(old).unwrap();
	phase1::contribute(&old, &mut file, origin, b"text", &()).unwrap();
	file.into_inner()
}

fn powers(power: u32) -> Vec<u8> {
	let mut file = Vec::new();
	phase1::new(power, &mut file, &()).unwrap();
	let file = contributed(&contributed(&file, person("Ada")), beacon());
	let mut prepared = Vec::new();
	phase1::prepare(&Ptau::read(&file).unwrap(), &mut prepared, &()).unwrap();
	prepared
}

fn key(r1cs: &R1cs, powers: &[u8]) -> (Vec<u8>, Vec<u8>) {
	let mut begun = Vec::new();
	phase2::new(r1cs, &Ptau::read(powers).unwrap(), &mut begun, &()).unwrap();
	let mut key = begun.clone();
	for origin in [person("Ada"), person("Charles"), beacon()] {
		let mut next = Vec::new();
		phase2::contribute(&Zkey::open(&key).unwrap(), &mut next, origin, b"text", &()).unwrap();
		key = next;
	}
	(begun, key)
}

fn check_powers(file: &[u8]) -> Result<(), CeremonyError> {
	verify_powers(&Ptau::read(file)?, &())
}

fn check_key(key: &[u8], begun: &[u8], powers: &[u8]) -> Result<(), CeremonyError> {
	let (key, begun) = (Zkey::open(key)?, Zkey::open(begun)?);
	verify_key(&key, &begun, &Ptau::read(powers)?, &()).map(|_| ())
}

#[test]
fn a_key_of_many_proves() {
	let powers = powers(5);
	check_powers(&powers).unwrap();
	let (r1cs, witness) = circuit(4);
	let (begun, key) = key(&r1cs, &powers);
	check_key(&key, &begun, &powers).unwrap();
	let key = Zkey::open(&key).unwrap().key().unwrap();
	let mut rng = StdRng::seed_from_u64(1);
	let proof = prove(&key, &witness, &mut rng).unwrap();
	let signals = [27u64, 5].map(|value| crate::bytes::encode_scalar(&Fr::from(value)));
	verify_proof(&key.verifying_key().unwrap(), &signals, &proof).unwrap();
	let checks = crate::audit(&r1cs, &key, &mut rng);
	assert!(checks.iter().all(|(_, outcome)| *outcome == crate::Outcome::Holds), "{checks:?}");
}

/// Where a section's bytes stand in a file.
fn place(file: &[u8], id: u32) -> std::ops::Range<usize> {
	let mut at = 12;
	loop {
		let found = u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
		let length = u64::from_le_bytes(file[at + 4..at + 12].try_into().unwrap()) as usize;
		if found == id {
			return at + 12..at + 12 + length;
		}
		at += 12 + length;
	}
}

/// A file with a section changed, and its length, too.
fn changed(file: &[u8], id: u32, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
	let place = place(file, id);
	let mut section = file[place.clone()].to_vec();
	change(&mut section);
	let length = (section.len() as u64).to_le_bytes();
	let before = &file[..place.start - 8];
	[before, &length, &section, &file[place.end..]].concat()
}

fn fault<T: std::fmt::Debug>(result: Result<T, CeremonyError>) -> Fault {
	match result {
		Err(CeremonyError::Invalid(fault)) => fault,
		other => panic!("{other:?}"),
	}
}

/// Another point of G1, or of G2.
fn double(bytes: &mut [u8]) {
	use crate::curve::{point, write, One, Two};
	let section = zkml_circuits::sections::Section { id: 0, name: None };
	if bytes.len() == 64 {
		let twice = (point::<One>(bytes, section, 0).unwrap() * Fr::from(2)).into();
		write::<One>(&twice, bytes);
	} else {
		let twice = (point::<Two>(bytes, section, 0).unwrap() * Fr::from(2)).into();
		write::<Two>(&twice, bytes);
	}
}

#[test]
fn powers_that_were_changed_are_refused() {
	let powers = powers(4);
	check_powers(&powers).unwrap();
	let section = |id| ptau::KIND.section(id);
	// A point of each section: the first ones are compared, the others stand in ratios.
	for (id, size) in [(2, 64), (3, 128), (4, 64), (5, 64)] {
		for index in [0, 1, 7, 15] {
			let at = index * size;
			let file = changed(&powers, id, |bytes| double(&mut bytes[at..at + size]));
			let found = fault(check_powers(&file));
			// Powers are one sum, so that a first point shows in its ratio before it is compared.
			let expected =
				[Fault::Ratio(section(id)), Fault::First { section: section(id), index }];
			assert!(expected.contains(&found), "{found}");
		}
	}
	let file = changed(&powers, 6, |bytes| double(bytes));
	assert_eq!(fault(check_powers(&file)), Fault::First { section: section(6), index: 0 });
	for (id, size) in [(12, 64), (13, 128), (14, 64), (15, 64)] {
		for (power, index) in [(0, 0), (1, 2), (4, 30)] {
			let at = index * size;
			let file = changed(&powers, id, |bytes| double(&mut bytes[at..at + size]));
			let expected = Fault::Lagrange { section: section(id), power };
			assert_eq!(fault(check_powers(&file)), expected);
		}
	}
	// All of alpha's powers twice: the ratio holds, the contribution does not.
	let file = changed(&powers, 4, |bytes| bytes.chunks_mut(64).for_each(double));
	assert_eq!(fault(check_powers(&file)), Fault::First { section: section(4), index: 0 });
	// Two sections for each other.
	let (alpha, beta) = (powers[place(&powers, 4)].to_vec(), powers[place(&powers, 5)].to_vec());
	let file = changed(&powers, 4, |bytes| *bytes = beta);
	let file = changed(&file, 5, |bytes| *bytes = alpha);
	assert_eq!(fault(check_powers(&file)), Fault::First { section: section(4), index: 0 });
}

/// Bytes of the first contribution of a section whose last has these parameters.
fn first_length(section: &[u8], head: usize, fixed: usize) -> usize {
	let at = head + fixed + 4;
	fixed + 8 + u32::from_le_bytes(section[at..at + 4].try_into().unwrap()) as usize
}

#[test]
fn contributions_to_powers_cannot_be_dropped_or_changed() {
	let powers = powers(4);
	const FIXED: usize = 3 * 64 + 2 * 128 + 6 * 64 + 3 * 128 + 216 + 64;
	let dropped = changed(&powers, 7, |bytes| {
		let first = first_length(bytes, 4, FIXED);
		bytes.drain(4..4 + first);
		bytes[0] = 1;
	});
	// The beacon's proofs were made on another challenge.
	let expected = Fault::Knowledge { number: 1, secret: "tau" };
	assert_eq!(fault(check_powers(&dropped)), expected);
	let none = changed(&powers, 7, |bytes| {
		bytes.truncate(4);
		bytes[0] = 0;
	});
	assert_eq!(fault(check_powers(&none)), Fault::NoContribution);
	// The beacon's value is the last byte.
	let wrong = changed(&powers, 7, |bytes| *bytes.last_mut().unwrap() ^= 1);
	assert_eq!(fault(check_powers(&wrong)), Fault::Beacon { number: 2 });
	let points = [
		(0, 64, Fault::Chain { number: 1, what: "tau in G1" }),
		(64, 128, Fault::Chain { number: 1, what: "tau in G2" }),
		(192, 64, Fault::Chain { number: 1, what: "alpha in G1" }),
		(256, 64, Fault::Chain { number: 1, what: "beta in G1" }),
		(320, 128, Fault::Chain { number: 1, what: "beta in G2" }),
		(448, 64, Fault::Knowledge { number: 1, secret: "tau" }),
		(576, 64, Fault::Knowledge { number: 1, secret: "alpha" }),
		(704, 64, Fault::Knowledge { number: 1, secret: "beta" }),
		(832, 128, Fault::Knowledge { number: 1, secret: "tau" }),
	];
	for (at, size, expected) in points {
		let file = changed(&powers, 7, |bytes| double(&mut bytes[4 + at..4 + at + size]));
		assert_eq!(fault(check_powers(&file)), expected, "{at}");
	}
	// The state of the response's hash, and the challenge after the last one.
	let last = first_length(&powers[place(&powers, 7)], 4, FIXED);
	for at in [4 + FIXED - 64 - 216, 4 + last + FIXED - 1] {
		let file = changed(&powers, 7, |bytes| bytes[at] ^= 1);
		let found = check_powers(&file);
		let expected = if at < last { None } else { Some(Fault::Challenge) };
		assert_eq!(found.err().map(|error| fault::<()>(Err(error))), expected);
	}
}

#[test]
fn keys_that_were_changed_are_refused() {
	let powers = powers(5);
	let (r1cs, _) = circuit(4);
	let (begun, key) = key(&r1cs, &powers);
	check_key(&key, &begun, &powers).unwrap();
	let section = |id| crate::zkey::KIND.section(id);
	for (id, size) in [(3, 64), (5, 64), (6, 64), (7, 128)] {
		let file = changed(&key, id, |bytes| {
			let mut points = bytes.chunks_mut(size);
			double(points.find(|point| point.iter().any(|&byte| byte != 0)).unwrap());
		});
		assert_eq!(fault(check_key(&file, &begun, &powers)), Fault::Changed(section(id)));
	}
	let file = changed(&key, 4, |bytes| bytes[12] ^= 1);
	assert_eq!(fault(check_key(&file, &begun, &powers)), Fault::Changed(section(4)));
	for id in [8, 9] {
		for at in place(&key, id).step_by(64) {
			if key[at..at + 64].iter().all(|&byte| byte == 0) {
				continue;
			}
			let mut file = key.clone();
			double(&mut file[at..at + 64]);
			assert_eq!(fault(check_key(&file, &begun, &powers)), Fault::Divided(section(id)));
		}
	}
	// alpha, beta in both groups, gamma, delta in both groups.
	let header = 2 * 36 + 12;
	let expected = [
		(0, 64, Fault::Circuit("alpha in G1")),
		(64, 64, Fault::Circuit("beta in G1")),
		(128, 128, Fault::Circuit("beta in G2")),
		(256, 128, Fault::Circuit("gamma in G2")),
		(384, 64, Fault::Delta("G1")),
		(448, 128, Fault::Delta("G2")),
	];
	for (at, size, expected) in expected {
		let at = header + at;
		let file = changed(&key, 2, |bytes| double(&mut bytes[at..at + size]));
		assert_eq!(fault(check_key(&file, &begun, &powers)), expected);
	}
	// Another circuit of the same size.
	let mut other = Vec::new();
	phase2::new(&circuit(3).0, &Ptau::read(&powers).unwrap(), &mut other, &()).unwrap();
	assert_eq!(fault(check_key(&key, &other, &powers)), Fault::Circuit("its hash"));
}

#[test]
fn contributions_to_keys_cannot_be_dropped_or_changed() {
	let powers = powers(5);
	let (begun, key) = key(&circuit(4).0, &powers);
	const FIXED: usize = 3 * 64 + 128 + 64;
	let check = |file: &[u8]| fault(check_key(file, &begun, &powers));
	let without = |number: usize| {
		changed(&key, 10, |bytes| {
			let first = first_length(bytes, 68, FIXED);
			let second = first_length(bytes, 68 + first, FIXED);
			let place =
				[68..68 + first, 68 + first..68 + first + second, 68 + first + second..bytes.len()];
			bytes.drain(place[number].clone());
			bytes[64] = 2;
		})
	};
	assert_eq!(check(&without(0)), Fault::Transcript { number: 1 });
	assert_eq!(check(&without(1)), Fault::Transcript { number: 2 });
	assert_eq!(check(&without(2)), Fault::Delta("G1"));
	assert_eq!(check(&begun), Fault::NoContribution);
	let wrong = changed(&key, 10, |bytes| *bytes.last_mut().unwrap() ^= 1);
	assert_eq!(check(&wrong), Fault::Beacon { number: 3 });
	let other = changed(&key, 10, |bytes| bytes[0] ^= 1);
	assert_eq!(check(&other), Fault::Circuit("its hash"));
	for (at, size, expected) in [
		(0, 64, Fault::Chain { number: 1, what: "delta" }),
		(64, 64, Fault::Transcript { number: 1 }),
		(128, 64, Fault::Transcript { number: 1 }),
		(192, 128, Fault::Knowledge { number: 1, secret: "delta" }),
	] {
		let at = 68 + at;
		let file = changed(&key, 10, |bytes| double(&mut bytes[at..at + size]));
		assert_eq!(check(&file), expected);
	}
}

#[test]
fn what_cannot_be_used_is_refused() {
	let powers = powers(2);
	let error = phase2::new(&circuit(4).0, &Ptau::read(&powers).unwrap(), Vec::new(), &());
	let error = error.unwrap_err();
	assert!(matches!(error, CeremonyError::TooSmall { power: 2, needed: 4, .. }), "{error}");
	let mut unprepared = Vec::new();
	phase1::new(6, &mut unprepared, &()).unwrap();
	let unprepared = Ptau::read(&unprepared).unwrap();
	let error = phase2::new(&circuit(4).0, &unprepared, Vec::new(), &()).unwrap_err();
	assert!(matches!(error, CeremonyError::NotPrepared), "{error}");
	for power in [0, 28] {
		let error = phase1::new(power, Vec::new(), &()).unwrap_err();
		assert!(matches!(error, CeremonyError::Power { .. }), "{error}");
	}
	for origin in [
		Origin::Person { name: Some("n".repeat(65)) },
		Origin::Person { name: Some("a\nb".into()) },
		Origin::Beacon { name: None, value: vec![], exponent: 10 },
		Origin::Beacon { name: None, value: vec![1], exponent: 9 },
		Origin::Beacon { name: None, value: vec![1], exponent: 63 },
	] {
		let mut out = Cursor::new(Vec::new());
		assert!(phase1::contribute(&unprepared, &mut out, origin, &[], &()).is_err());
	}
}

#[test]
fn no_cut_of_a_file_is_read() {
	let powers = powers(1);
	for end in 0..powers.len() {
		assert!(Ptau::read(&powers[..end]).is_err(), "cut at {end}");
	}
	let (begun, _) = key(&circuit(2).0, &self::powers(5));
	for end in 0..begun.len() {
		assert!(Zkey::open(&begun[..end]).and_then(|key| key.key()).is_err(), "cut at {end}");
	}
}

/// Adds multiples of a point to points: the one at `j` times `factor(j)`.
fn add_multiples(bytes: &mut [u8], factor: impl Fn(u64) -> Fr) {
	use crate::curve::{point, write, One};
	use ark_ec::AffineRepr;
	let section = zkml_circuits::sections::Section { id: 0, name: None };
	let extra = ark_bn254::G1Affine::generator() * Fr::from(77);
	for (at, bytes) in (0..).zip(bytes.chunks_mut(64)) {
		let sum = extra * factor(at) + point::<One>(bytes, section, 0).unwrap();
		write::<One>(&sum.into(), bytes);
	}
}

/// Of section H one combination is in no quotient, so that proofs hold whatever it is: filled with a
/// multiple of a point of IC, it would forge that public signal.
#[test]
fn what_no_proof_uses_is_checked_too() {
	use ark_ff::{FftField, Field};
	let powers = powers(5);
	let (r1cs, witness) = circuit(4);
	let (begun, key) = key(&r1cs, &powers);
	let domain = Zkey::open(&key).unwrap().header.domain as u64;
	let root = Fr::get_root_of_unity(2 * domain).unwrap().inverse().unwrap();
	let forged = changed(&key, 9, |bytes| {
		add_multiples(bytes, |at| root.pow([(2 * at + 1) * (domain - 1)]));
	});
	// Proofs are as good as before.
	let read = Zkey::open(&forged).unwrap();
	let mut rng = StdRng::seed_from_u64(1);
	let proof = prove(&read.key().unwrap(), &witness, &mut rng).unwrap();
	let signals = [27u64, 5].map(|value| crate::bytes::encode_scalar(&Fr::from(value)));
	verify_proof(&read.verifying_key().unwrap().unwrap(), &signals, &proof).unwrap();
	let section = crate::zkey::KIND.section(9);
	assert_eq!(fault(check_key(&forged, &begun, &powers)), Fault::Divided(section));

	// The same in the polynomials from which keys are made: of twice the largest domain.
	let size = 2u64 << 5;
	let root = Fr::get_root_of_unity(size).unwrap();
	let forged = changed(&powers, 12, |bytes| {
		let start = (size as usize - 1) * 64;
		add_multiples(&mut bytes[start..], |at| root.pow([at]));
	});
	let expected = Fault::Lagrange { section: ptau::KIND.section(12), power: 6 };
	assert_eq!(fault(check_powers(&forged)), expected);
	// A circuit that takes all of the powers.
	let mut builder = Builder::constraints(1, 0);
	let out = builder.public(0);
	(0..20).for_each(|_| builder.enforce(|| [out.into(), out.into(), out.into()]));
	let (begun, key) = self::key(&builder.into_r1cs().0, &forged);
	assert_eq!(Zkey::open(&begun).unwrap().header.domain, 32);
	assert_eq!(fault(check_key(&key, &begun, &forged)), expected);
}

#[test]
fn secrets_do_not_touch_points_that_tell_of_them() {
	let powers = powers(5);
	let (begun, _) = key(&circuit(4).0, &powers);
	let at = 2 * 36 + 12 + 448;
	let wrong = changed(&begun, 2, |bytes| double(&mut bytes[at..at + 128]));
	let mut out = Vec::new();
	let key = Zkey::open(&wrong).unwrap();
	let found = phase2::contribute(&key, &mut out, person("Ada"), b"", &());
	assert_eq!(fault(found), Fault::Delta("the header"));
	assert!(out.is_empty());
	// A δ of somebody's own in both groups, as of a key that one party made.
	let mut own = begun.clone();
	let header = place(&begun, 2).start + 2 * 36 + 12;
	double(&mut own[header + 384..header + 448]);
	double(&mut own[header + 448..header + 576]);
	let found = phase2::contribute(&Zkey::open(&own).unwrap(), &mut out, person("Ada"), b"", &());
	assert_eq!(fault(found), Fault::Delta("the header"));
}
