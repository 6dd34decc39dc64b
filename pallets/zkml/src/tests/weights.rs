//! That the weights are those of real work: of pairings, of storage, of all of a proof.

use crate::{batch_weight, WeightInfo};
use frame_support::weights::{constants::WEIGHT_REF_TIME_PER_MILLIS, Weight};

type Weights = crate::weights::SubstrateWeight<super::Test>;

/// Each call at its cheapest.
fn calls() -> [(&'static str, Weight); 15] {
	[
		("register_model", Weights::register_model(2)),
		("submit_inference", Weights::submit_inference(2)),
		("submit_batch_of_one_model", Weights::submit_batch_of_one_model(1)),
		("submit_batch_of_models", Weights::submit_batch_of_models(1)),
		("verify_inference", Weights::verify_inference(2)),
		("keep_receipt", Weights::keep_receipt()),
		("deregister_model", Weights::deregister_model()),
		("deprecate_model", Weights::deprecate_model()),
		("suspend_model", Weights::suspend_model()),
		("resume_model", Weights::resume_model()),
		("offer_ownership", Weights::offer_ownership()),
		("accept_ownership", Weights::accept_ownership()),
		("set_terms", Weights::set_terms()),
		("remove_receipt", Weights::remove_receipt()),
		("set_paused", Weights::set_paused()),
	]
}

/// No machine of today checks a proof in Wasm in a fifth of a millisecond: a benchmark that says so did
/// not check it.
#[test]
fn verification_takes_time() {
	let batch = batch_weight::<Weights>;
	for weight in [
		Weights::register_model(2),
		Weights::submit_inference(2),
		Weights::verify_inference(2),
		batch(0, 1),
		batch(0, 2).saturating_sub(batch(0, 1)),
		batch(1, 1).saturating_sub(batch(0, 1)),
	] {
		assert!(weight.ref_time() > WEIGHT_REF_TIME_PER_MILLIS / 5, "{weight}");
	}
	for (few, many) in [
		(Weights::submit_inference(2), Weights::submit_inference(3)),
		(Weights::verify_inference(2), Weights::verify_inference(3)),
	] {
		let signal = many.saturating_sub(few).ref_time();
		assert!(signal > WEIGHT_REF_TIME_PER_MILLIS / 100, "{signal} ps for a signal");
	}
}

#[test]
fn every_call_pays_for_storage() {
	let source = include_str!("../weights.rs");
	let source = source.split("\nimpl").nth(1).unwrap();
	for (name, weight) in calls() {
		assert!(weight.proof_size() > 0, "{name}");
		let body = source.split(&format!("\tfn {name}(")).nth(1).unwrap();
		let body = body.split("\n\t}\n").next().unwrap();
		assert!(body.contains("T::DbWeight::get().reads"), "{name} reads nothing");
		assert!(name == "verify_inference" || body.contains("T::DbWeight::get().writes"), "{name}");
	}
}

/// The proof of a block holds all that a call reads: a sum, not the largest of its parts.
#[test]
fn proof_sizes_are_summed() {
	let source = include_str!("../weights.rs");
	let source = source.split("\nimpl").nth(1).unwrap();
	for (name, weight) in calls() {
		// The comments above a function are between the end of the one before and its name.
		let before = source.split(&format!("\tfn {name}(")).next().unwrap();
		let comments = before.rsplit("\n\t}\n").next().unwrap();
		let (mut sum, mut reads) = (0, 0);
		for line in comments.lines() {
			let number = |rest: &str, end| rest.split(end).next().unwrap().parse::<u64>().unwrap();
			if let Some((_, count)) = line.split_once("(r:") {
				reads = number(count, ' ');
			}
			if let Some((_, added)) = line.split_once("added: ") {
				// What is read more than twice is read by each of many, and this is the cheapest.
				sum += number(added, ',') * if reads > 2 { 1 } else { reads };
			}
		}
		assert!(sum > 0, "{name}: no storage is described");
		assert!(weight.proof_size() >= sum, "{name}: {} of {sum}", weight.proof_size());
	}
}

/// Nothing but the benchmarks, and what they need to make proofs, is there only for them: so what
/// is measured is what is run.
#[test]
fn benchmarks_measure_the_code_that_runs() {
	let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
	let mut found = Vec::new();
	for folder in ["pallets/zkml/src", "verifier/src", "primitives/src"] {
		visit(&std::path::Path::new(root).join(folder), &mut found);
	}
	found.sort();
	let allowed = [
		(
			"lib.rs",
			"#[cfg(any(test, feature = \"fixtures\", feature = \"runtime-benchmarks\"))]",
			"pub mod fixtures;",
		),
		("lib.rs", "#[cfg(feature = \"runtime-benchmarks\")]", "mod benchmarking;"),
	];
	let found: Vec<_> = found
		.iter()
		.map(|(file, line, next)| (file.as_str(), line.as_str(), next.as_str()))
		.collect();
	assert_eq!(found, allowed);
}

/// Lines that name the feature, each with its file and the line after it; but in the fixtures, which are
/// what proofs are made with.
fn visit(folder: &std::path::Path, found: &mut Vec<(String, String, String)>) {
	for entry in std::fs::read_dir(folder).unwrap() {
		let path = entry.unwrap().path();
		if path.is_dir() {
			if !path.ends_with("tests") {
				visit(&path, found);
			}
			continue;
		}
		if path.ends_with("fixtures.rs") {
			continue;
		}
		let text = std::fs::read_to_string(&path).unwrap_or_default();
		for (line, next) in text.lines().zip(text.lines().skip(1)) {
			if line.contains("runtime-benchmarks") {
				let file = path.file_name().unwrap().to_string_lossy().into_owned();
				found.push((file, line.trim().into(), next.trim().into()));
			}
		}
	}
}
