//! The corpora without a fuzzer: everything in them passes, and the seeds are what they were.

use std::{fs, path::Path};
use zkml_fuzz::TARGETS;

fn corpora() -> &'static Path {
	Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"))
}

#[test]
fn every_entry_passes() {
	for (target, run) in TARGETS {
		let entries = fs::read_dir(corpora().join(target)).unwrap();
		let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
		assert!(!paths.is_empty(), "{target} has no corpus");
		paths.sort();
		for path in paths {
			// A panic is caught by no one; this says whose it is.
			eprintln!("{}", path.display());
			run(&fs::read(&path).unwrap());
		}
	}
}

#[test]
fn seeds_are_those_of_this_version() {
	for (target, name, bytes) in zkml_fuzz::seeds::all() {
		let path = corpora().join(target).join(name);
		let found = fs::read(&path).unwrap_or_default();
		assert!(found == bytes, "{} is old: run the example `seeds`", path.display());
	}
}

/// Without this, a target might say nothing of anything but refusals.
#[test]
fn honest_inferences_are_accepted() {
	let seeds = zkml_fuzz::seeds::all();
	let accepted = |name| {
		let seed = seeds.iter().find(|seed| seed.0 == "submit_inference" && seed.1 == name);
		zkml_fuzz::submit_inference::accepted(&seed.unwrap().2)
	};
	for (name, expected) in [
		("honest", 1),
		("twice", 2),
		("public_input", 1),
		("public_input_later", 1),
		("raw_submit", 1),
		("raw_submit_public", 1),
		("raw_batch", 3),
		("raw_register", 0),
		("batch", 2),
		("batch_underpaid", 0),
		("replay", 1),
		("replay_by_other", 1),
		("register", 1),
		("anchor_oldest", 1),
		("anchor_too_old", 0),
		("suspend", 1),
		("deregister", 1),
		("deprecate", 1),
		("pause", 1),
		("last_nonces", 1),
		("damaged", 0),
	] {
		assert_eq!(accepted(name), expected, "{name}");
	}
}

#[test]
fn valid_files_are_read() {
	for (target, name, bytes) in zkml_fuzz::seeds::all() {
		if target == "files" {
			assert!(zkml_fuzz::files::accepted(&bytes), "{name}");
		}
	}
}
