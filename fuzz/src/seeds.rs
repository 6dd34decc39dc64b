//! What the corpora start from: at least one instance that is accepted, for each target.
//!
//! `cargo run --release --example seeds` writes them.

mod files;

use crate::{
	decode_point_scalar::FIXTURE,
	runtime::{self, Runtime, RuntimeCall, ACCOUNTS, PROVERS},
	submit_inference::{context, hint, on_chain},
};
use codec::Encode;
use frame_support::BoundedVec;
use zkml_primitives::{ClaimedInput, Inference, Output, Setup, Submission, Terms, Values};
use zkml_verifier::fixtures::Key;

type Call = pallet_zkml::Call<Runtime>;

/// A seed: its target, its name and its bytes.
pub type Seed = (&'static str, String, Vec<u8>);

/// All seeds.
pub fn all() -> Vec<Seed> {
	let mut seeds = Vec::new();
	let mut add = |target, name: &str, parts: &[&[u8]]| {
		seeds.push((target, name.to_owned(), parts.concat()));
	};

	let Key { alpha, beta, gamma, delta, ic } = &FIXTURE.0.key;
	let target = "decode_key";
	add(target, "valid", &[&[0], alpha, beta, gamma, delta, ic.as_flattened()]);
	add(target, "no_ic", &[&[0], alpha, beta, gamma, delta]);
	add(target, "unfinished", &[&[0], alpha, beta, gamma, gamma, ic.as_flattened()]);
	// Each point: of the kind that is left as it is, times 5, 6, …, not inverted, word 0.
	let point = |scalar: u8| [7, scalar, 0, 2, 0];
	let points = [5, 6, 7, 8].map(point).concat();
	add(target, "made", &[&[1], &points, &[2, 2], &point(9), &point(10)]);
	add(target, "made_unfinished", &[&[1], &points, &[1, 2], &point(9), &point(10)]);

	let target = "decode_point_scalar";
	let signals = [[1; 32], [2; 32]];
	let proof = FIXTURE.0.prove(&signals, 3);
	add(target, "g1", &[&[0], &proof[..64]]);
	add(target, "g1_made", &[&[1], &point(5)]);
	add(target, "g1_alias", &[&[1, 3, 5, 0, 2, 1]]);
	add(target, "g2", &[&[2], &proof[64..192]]);
	add(target, "g2_made", &[&[3], &point(5)]);
	add(target, "g2_alias", &[&[3, 3, 5, 0, 2, 3]]);
	for x in 1..5 {
		add(target, &format!("g2_outside_{x}"), &[&[3, 2], &[x; 17]]);
	}
	add(target, "scalar", &[&[4], &signals[0]]);
	add(target, "scalar_made", &[&[5, 9]]);
	add(target, "target", &[&[6]]);

	let target = "interface_statement";
	// Logits of 8 bits, 3 of them, offset 0, scale 1; private input; public weights.
	let logits: &[u8] = &[0, 1, 7, 2, 3, 2, 1, 0, 0, 0, 0, 0];
	let context: &[u8] = &[0, 1, 2, 3, 4, 5, 6, 7];
	let three: &[u8] = &[2, 9, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0, 3];
	add(target, "logits", &[logits, &[0, 0], context, three, three]);
	add(target, "public_input", &[logits, &[3], &logits[1..], &[0], context, three, &logits[..8]]);
	add(target, "argmax", &[&[5, 10, 0, 0], context, &[2, 3, 0, 0, 0, 3, 2, 4, 0, 0, 0, 3]]);
	add(target, "classes", &[&[5, 10, 0, 0], context, &[0, 10, 0, 0, 0, 3, 0, 9, 0, 0, 0, 3]]);
	add(target, "largest", &[&[0, 1, 30, 1, 0xf8, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0], context]);

	let target = "verify_proof";
	for instance in 0..6 {
		add(target, &format!("valid_{instance}"), &[&[instance, 0x8d + instance]]);
		// The second byte of what is changed is the lowest of A's x, then of a signal, then of a key.
		add(target, &format!("xor_proof_{instance}"), &[&[instance, 4, 10, 1, 0, 0, 1]]);
		add(target, &format!("xor_signal_{instance}"), &[&[instance, 4, 10, 0, 1, 0, 1]]);
	}
	for kind in 0..10 {
		add(target, &format!("kind_{kind}"), &[&[5, 9, kind, 5, 7, 5, 1, 2, 0]]);
	}

	let target = "scale_types";
	for (name, at, bytes) in scale() {
		add(target, name, &[&[at], &bytes]);
	}

	let target = "files";
	for (kind, name, bytes) in files::all() {
		add(target, &name, &[&[kind], &bytes]);
	}

	let target = "submit_inference";
	for (name, bytes) in calls() {
		add(target, name, &[&bytes]);
	}
	seeds
}

fn label() -> Inference {
	Inference { output: Output::Label(3), input: ClaimedInput::Hidden }
}

fn logits() -> Inference {
	let output = Output::Logits(BoundedVec::truncate_from(vec![-8, 0, 7]));
	Inference { output, input: Values::new(&[1, 2, 3, 255]).into() }
}

/// An honest submission to the chain's models, as by its start.
fn submission(model: usize, who: u64, inference: Inference, nonce: u64) -> Submission<u64> {
	let (id, prover) = (PROVERS[model].id(ACCOUNTS[model]), &PROVERS[model]);
	let anchor = prover.terms.max_age.map(|_| 2);
	let proof = prover.prove(&inference, &context(id, who, nonce, anchor), 0).proof;
	Submission { model: id, anchor, inference, proof }
}

fn one(model: usize, who: u64, inference: Inference) -> RuntimeCall {
	let submission = submission(model, who, inference, 0);
	let hint = on_chain(|| hint(who, &submission));
	RuntimeCall::Zkml(Call::submit_inference { signals: 4, submission: submission.into(), hint })
}

fn batch(who: u64) -> RuntimeCall {
	let submissions = vec![
		submission(0, who, label(), 0),
		submission(1, who, logits(), 0),
		submission(0, who, label(), 1),
	];
	let submissions = BoundedVec::truncate_from(submissions);
	RuntimeCall::Zkml(Call::submit_batch { signals: 9, submissions })
}

fn scale() -> Vec<(&'static str, u8, Vec<u8>)> {
	let prover = &PROVERS[1];
	let register = runtime::register(prover, Setup::Development, None);
	let submission = submission(1, 1, logits(), 0);
	let terms = Terms { max_age: Some(4), receipt_lifetime: Some(2) };
	let (model, registration) = on_chain(|| {
		let id = PROVERS[1].id(ACCOUNTS[1]);
		let info = runtime::Zkml::model(id).expect("the model is registered");
		(info.model, info.registration)
	});
	vec![
		("register", 0, register.encode()),
		("submit", 0, one(1, 1, logits()).encode()),
		("batch", 0, batch(1).encode()),
		("zkml_batch", 1, batch(1).encode()[1..].to_vec()),
		("output", 3, logits().output.encode()),
		("values", 4, logits().input.encode()[1..].to_vec()),
		("inference", 5, logits().encode()),
		("interface", 10, prover.interface.encode()),
		("key", 12, prover.key().encode()),
		("setup", 16, Setup::Ceremony { transcript: [3; 32], contributions: 2 }.encode()),
		("metadata", 17, runtime::metadata(b"model").encode()),
		("terms", 18, terms.encode()),
		("submission", 19, submission.encode()),
		("model", 22, model.encode()),
		("registration", 23, registration.encode()),
		("submissions", 39, vec![submission].encode()),
	]
}

/// Sequences, in the order of `submit_inference::World::step` and what it reads.
fn calls() -> Vec<(&'static str, Vec<u8>)> {
	// Account 1; model 0, output 5, honest, seed 0; pays for what it needs; its hint is that of its proof.
	let honest: &[u8] = &[0, 0, 0, 5, 0, 0, 0, 23, 0, 7, 1];
	let raw = |origin: u8, call: RuntimeCall| {
		let bytes = call.encode();
		let length = (bytes.len() as u16).to_le_bytes();
		[&[7, origin], &length[..], &bytes].concat()
	};
	let logits_words = [1u8, 0, 0, 0].repeat(7);
	let public = [&[0, 2, 1][..], &logits_words, &[23, 0, 0, 7, 1]].concat();
	vec![
		("honest", honest.to_vec()),
		("twice", [honest, honest].concat()),
		("public_input", public.clone()),
		("public_input_later", [&[14, 1], &public[..], &[14, 3, 15, 1, 2, 3]].concat()),
		("raw_submit", raw(0, one(0, 1, label()))),
		("raw_submit_public", raw(1, one(1, 2, logits()))),
		("raw_batch", raw(0, batch(1))),
		("raw_register", raw(2, runtime::register(&PROVERS[4], Setup::Development, None))),
		("batch", [&[5, 1, 2][..], &honest[2..9], &honest[2..9], &[7]].concat()),
		("batch_underpaid", [&[5, 1, 2][..], &honest[2..9], &honest[2..9], &[1]].concat()),
		("replay", [honest, &[13, 0, 1, 0, 1], &[13, 0, 1, 1, 0]].concat()),
		("replay_by_other", [honest, &[13, 0, 0, 1, 0, 0]].concat()),
		("register", [&[10, 0, 4, 0, 1, 7][..], &[0, 1, 3, 23, 0, 7, 1]].concat()),
		("supersede", [10, 0, 4, 1, 2, 0, 0, 7].to_vec()),
		("supersede_twice", [10, 0, 4, 1, 2, 0, 0, 7, 10, 0, 3, 1, 2, 0, 0, 7].to_vec()),
		(
			"anchor_oldest",
			[&[14, 5][..], &public[..public.len() - 5], &[2, 0, 0, 0, 7, 1]].concat(),
		),
		(
			"anchor_too_old",
			[&[14, 5][..], &public[..public.len() - 5], &[2, 0, 1, 0, 7, 1]].concat(),
		),
		("suspend", [&[11, 7, 0, 0, 3][..], honest, &[11, 7, 0, 0, 4], honest].concat()),
		("deregister", [honest, &[11, 0, 0, 0, 0], honest].concat()),
		("deprecate", [&[11, 0, 0, 0, 2, 2][..], honest, &[14, 2], honest].concat()),
		("hand_over", [11, 0, 0, 1, 5, 1, 11, 1, 0, 0, 6].to_vec()),
		("pause", [&[11, 7, 0, 0, 9, 1][..], honest, &[11, 7, 0, 0, 9, 0], honest].concat()),
		("last_nonces", [&[15, 0, 0, 0, 1][..], honest, honest].concat()),
		("verify", [15, 0, 0, 1].iter().copied().chain([9; 32]).chain([5, 0, 0, 0, 2]).collect()),
		("damaged", [&[8, 0, 3][..], &honest[2..9], &[1, 60, 0, 3, 1]].concat()),
	]
}
