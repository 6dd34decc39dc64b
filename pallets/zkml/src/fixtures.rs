//! Models whose key's secret is known, so that any inference of theirs can be proven.

use alloc::vec::Vec;
use frame_support::BoundedVec;
use zkml_primitives::{
	ClaimedInput, Context, Inference, InputVisibility, Interface, Metadata, Output, OutputKind,
	Packing, Proof, Scale, Statement, Tensor, Values, VerifyingKey, WeightsVisibility, MAX_INPUTS,
	MAX_OUTPUTS, WORD_BITS,
};
use zkml_verifier::fixtures::{Fixture, Key};

/// A model that proves whatever it is asked to.
pub(crate) struct Prover {
	pub(crate) interface: Interface,
	fixture: Fixture,
}

impl Prover {
	/// A model with this interface; another seed gives another key.
	pub(crate) fn new(seed: u64, interface: Interface) -> Self {
		let signals = interface.signals().unwrap_or_default();
		Self { interface, fixture: Fixture::new(seed, signals) }
	}

	/// The model's key.
	pub(crate) fn key(&self) -> VerifyingKey {
		let Key { alpha, beta, gamma, delta, ic } = self.fixture.key.clone();
		VerifyingKey { alpha, beta, gamma, delta, ic: BoundedVec::truncate_from(ic) }
	}

	/// A proof of `inference`, which must fit the interface.
	pub(crate) fn prove(&self, inference: &Inference, context: &Context) -> Proof {
		let statement = Statement::new(&self.interface, inference, context);
		let signals = statement.as_ref().map(Statement::signals).unwrap_or_default();
		Proof(self.fixture.prove(signals, 0))
	}
}

/// An interface with `signals` public signals, at least 2, and an inference of as many values as
/// can stand behind that many.
pub(crate) fn largest(signals: u32) -> (Interface, Inference) {
	let (output, logits) = costly(1, MAX_OUTPUTS);
	let words = signals.saturating_sub(2);
	let (input, values) = match words {
		0 => (InputVisibility::Private, ClaimedInput::Hidden),
		_ => {
			let (tensor, values) = costly(words, MAX_INPUTS);
			let values = Values::I32(BoundedVec::truncate_from(values));
			(InputVisibility::Public(tensor), ClaimedInput::Shown(values))
		},
	};
	let output_kind = OutputKind::Logits(output);
	let output = Output::Logits(BoundedVec::truncate_from(logits));
	let interface = Interface { input, weights: WeightsVisibility::Public, output: output_kind };
	(interface, Inference { output, input: values })
}

/// At most `most` values that fill `words` words with every fifth bit set: no scalar has more
/// non-zero digits in the verifier's signed windows of five bits.
fn costly(words: u32, most: u32) -> (Tensor, Vec<i32>) {
	let fits = |width: &u32| WORD_BITS / width * words <= most;
	let width = (1..=31).find(fits).unwrap_or(31);
	let per_word = WORD_BITS / width;
	let count = per_word * words;
	let value = |index: u32| {
		let start = index % per_word * width;
		(0..width).filter(|bit| (start + bit).is_multiple_of(5)).map(|bit| 1 << bit).sum()
	};
	let packing = Packing { width: width as u8, count, offset: 0 };
	(Tensor { packing, scale: Scale::power_of_two(0) }, (0..count).map(value).collect())
}

/// The largest metadata.
pub(crate) fn metadata() -> Metadata {
	let letters = core::iter::repeat_n(b'a', 256);
	Metadata {
		name: BoundedVec::truncate_from(letters.clone().collect()),
		onnx_sha256: [1; 32],
		uri: BoundedVec::truncate_from(letters.collect()),
	}
}
