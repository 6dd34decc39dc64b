//! Damaged models give errors, never panics.

use std::{fs::File, path::PathBuf};
use zkml_circuits::{compile, lower, onnx::Model, quantize, samples::Samples, Options};

fn example(name: &str) -> PathBuf {
	PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/digits").join(name)
}

fn samples() -> Samples {
	Samples::read_npz(File::open(example("calibration.npz")).unwrap(), &[1, 64]).unwrap()
}

fn float() -> Vec<u8> {
	std::fs::read(example("digits.onnx")).unwrap()
}

fn quantized() -> Vec<u8> {
	let model = Model::read(&float(), None).unwrap();
	quantize::encode(&quantize::quantize(&model, &samples(), &Default::default()).unwrap().proto)
}

/// Positions and values from a fixed generator (SplitMix64).
struct Random(u64);

impl Random {
	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	fn below(&mut self, limit: usize) -> usize {
		(self.next() % limit as u64) as usize
	}
}

/// Runs a damaged model as far as it goes; whether it compiled.
fn survives(bytes: &[u8]) -> bool {
	let Ok(model) = Model::read(bytes, None) else { return false };
	// A large input is legitimate, only slow.
	if model.input.shape.iter().product::<usize>() > 4_096 {
		return false;
	}
	let Ok(graph) = lower(&model) else { return false };
	compile(&graph, &Options::default()).is_ok()
}

#[test]
fn every_truncation_is_an_error() {
	let bytes = quantized();
	assert!(survives(&bytes));
	for end in 0..bytes.len() {
		assert!(!survives(&bytes[..end]), "cut at {end}");
	}
}

#[test]
fn damaged_quantised_models_do_not_panic() {
	let bytes = quantized();
	let mut random = Random(1);
	let mut compiled = 0;
	for _ in 0..4_000 {
		let mut damaged = bytes.clone();
		for _ in 0..=random.below(3) {
			let at = random.below(damaged.len());
			damaged[at] = random.next() as u8;
		}
		compiled += usize::from(survives(&damaged));
	}
	assert!(compiled > 0, "a changed weight is a model, too");
}

#[test]
fn damaged_structure_does_not_panic() {
	// The weights are most of the file; names, shapes and attributes come after and before them.
	let bytes = quantized();
	let mut random = Random(2);
	for position in 0..bytes.len().min(700) {
		for at in [position, bytes.len() - 1 - position] {
			let mut damaged = bytes.clone();
			damaged[at] = random.next() as u8;
			survives(&damaged);
			damaged[at] ^= 1 << random.below(8);
			survives(&damaged);
		}
	}
}

#[test]
fn damaged_float_models_do_not_panic() {
	let bytes = float();
	let samples = samples();
	let mut random = Random(3);
	for _ in 0..40 {
		let mut damaged = bytes.clone();
		let at = match random.below(3) {
			0 => random.below(300),
			1 => damaged.len() - 1 - random.below(300),
			_ => random.below(damaged.len()),
		};
		damaged[at] = random.next() as u8;
		let Ok(model) = Model::read(&damaged, None) else { continue };
		if model.input.shape == [1, 64] {
			let _ = quantize::quantize(&model, &samples, &Default::default());
		}
	}
}
