//! Files that somebody changed: refused or read, never a panic, never memory for counts that the file
//! does not fill.

use rand::{
	rngs::{OsRng, StdRng},
	Rng, SeedableRng,
};
use std::io::Cursor;
use zkml_circuits::r1cs::{read_r1cs, read_wtns, write_r1cs, write_wtns, Builder};
use zkml_prover::{
	ceremony::{phase1, phase2, Origin, Ptau, Transcript},
	circom_witness::{read_inputs, Calculator, Limits},
	json,
	zkey::{Zkey, ZkeyError},
	Map, ProveError, Prover, ProvingKey,
};

/// Valid files: constraints, witness, powers, key.
fn files() -> [Vec<u8>; 4] {
	let mut builder = Builder::both(1, 1);
	let (out, context) = (builder.public(0), builder.public(1));
	builder.assign(out, || 9.into());
	builder.assign(context, || 1.into());
	let x = builder.alloc_private_input(|| 3.into());
	builder.enforce(|| [x.into(), x.into(), out.into()]);
	let witness = builder.take_witness();
	let r1cs = builder.into_r1cs().0;
	let (mut constraints, mut values) = (Vec::new(), Vec::new());
	write_r1cs(&r1cs, &mut constraints).unwrap();
	write_wtns(&witness, &mut values).unwrap();
	let person = || Origin::Person { name: Some("Ada".into()) };
	let mut new = Vec::new();
	phase1::new(2, &mut new, &()).unwrap();
	let mut contributed = Cursor::new(Vec::new());
	let old = Ptau::read(&new).unwrap();
	phase1::contribute(&old, &mut contributed, person(), &[], &()).unwrap();
	let (contributed, mut powers) = (contributed.into_inner(), Vec::new());
	phase1::prepare(&Ptau::read(&contributed).unwrap(), &mut powers, &()).unwrap();
	let (mut begun, mut key) = (Vec::new(), Vec::new());
	phase2::new(&r1cs, &Ptau::read(&powers).unwrap(), &mut begun, &()).unwrap();
	phase2::contribute(&Zkey::open(&begun).unwrap(), &mut key, person(), &[], &()).unwrap();
	[constraints, values, powers, key]
}

/// Proves with a key in memory and in its file, in both or in neither.
fn prove(bytes: &[u8], key: Result<ProvingKey, ZkeyError>) {
	let file = tempfile::NamedTempFile::new().unwrap();
	std::fs::write(file.path(), bytes).unwrap();
	let mapped = Prover::mapped(Map::open(file.path()).unwrap());
	// A proof needs no verifying key.
	let other = matches!(&key, Err(error) if error.to_string().contains("section 3 "));
	let held = key.map_err(ProveError::from).and_then(Prover::new);
	let proof = |prover: Result<Prover, ProveError>| {
		let prover = prover?;
		let Err(ProveError::WireCount { expected, .. }) = prover.prove(&[], &mut OsRng) else {
			panic!("a proof of no witness")
		};
		let witness: Vec<_> = (1..=expected as u64).map(Into::into).collect();
		prover.prove(&witness, &mut StdRng::seed_from_u64(12))
	};
	let (mapped, held) = (proof(mapped), proof(held));
	match (&mapped, &held) {
		(Ok(one), Ok(two)) => assert_eq!(one, two),
		(Ok(_), Err(_)) => assert!(other, "{held:?}"),
		(Err(_), Ok(_)) => panic!("{mapped:?}"),
		(Err(_), Err(_)) => {},
	}
}

/// Reads a file as everything that it might be taken for.
fn read(bytes: &[u8]) -> usize {
	let constraints = read_r1cs(bytes).is_ok();
	let values = read_wtns(bytes).is_ok();
	let powers = Ptau::read(bytes).is_ok_and(|powers| {
		powers.contributions.iter().for_each(|contribution| drop(contribution.response()));
		true
	});
	let key = Zkey::open(bytes).is_ok_and(|key| {
		let _ = (key.manifest(), Transcript::read(&key));
		let key = key.key();
		let read = key.is_ok();
		prove(bytes, key);
		read
	});
	if let Ok(text) = std::str::from_utf8(bytes) {
		let _ = (read_inputs(text), json::read_proof(text), json::read_signals(text));
		let _ = json::read_verifying_key(text);
	}
	let _ = Calculator::new(bytes, Limits { fuel: 1_000_000, memory_bytes: 1 << 20 });
	[constraints, values, powers, key].into_iter().filter(|read| *read).count()
}

#[test]
fn files_are_read_or_refused() {
	let mut rng = StdRng::seed_from_u64(11);
	for file in files() {
		assert_eq!(read(&file), 1);
		for _ in 0..3_000 {
			let mut changed = file.clone();
			for _ in 0..rng.gen_range(1..4) {
				// Headers and lengths more often than points.
				let end = if rng.gen() { changed.len() } else { changed.len().min(200) };
				let at = rng.gen_range(0..end);
				match rng.gen_range(0..5) {
					0 => changed[at] ^= 1 << rng.gen_range(0..8),
					1 => changed[at] = rng.gen(),
					2 => {
						let end = changed.len().min(at + 4);
						changed[at..end].fill([0, 0xff][rng.gen_range(0..2)]);
					},
					3 => changed.truncate(at + 1),
					_ => {
						let from = rng.gen_range(0..changed.len());
						let part = changed[from..changed.len().min(from + 12)].to_vec();
						changed.splice(at..at, part);
					},
				}
			}
			read(&changed);
		}
	}
}
