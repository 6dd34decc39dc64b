//! Models whose key's secret is known, so that any inference of theirs can be proven: for tests and
//! benchmarks, here and in the pallets that act on inferences.

use crate::pallet::{Config, Pallet};
use alloc::vec::Vec;
#[cfg(feature = "runtime-benchmarks")]
use frame_support::traits::{Consideration, Footprint};
use frame_support::BoundedVec;
use sp_runtime::DispatchError;
use zkml_primitives::{
	ClaimedInput, Context, Hint, HintedProof, Inference, InputVisibility, Interface, Metadata,
	ModelId, Output, OutputKind, Packing, Proof, Scale, Scheme, Setup, Statement, Tensor, Terms,
	Values, VerifyingKey, WeightsVisibility, MAX_INPUTS, MAX_OUTPUTS, SEMANTICS_V1, WORD_BITS,
};
use zkml_verifier::fixtures::{dense, Fixture, Key};

/// More bytes than any model takes.
#[cfg(feature = "runtime-benchmarks")]
const LARGEST: u64 = 16 * 1_024;

/// A model that proves whatever it is asked to.
pub struct Prover {
	/// What its public signals mean.
	pub interface: Interface,
	fixture: Fixture,
}

impl Prover {
	/// A model with this interface; another seed gives another key.
	pub fn new(seed: u64, interface: Interface) -> Self {
		let signals = interface.signals().unwrap_or_default();
		Self { interface, fixture: Fixture::new(seed, signals) }
	}

	/// The model's key.
	pub fn key(&self) -> VerifyingKey {
		let Key { alpha, beta, gamma, delta, ic } = self.fixture.key.clone();
		VerifyingKey { alpha, beta, gamma, delta, ic: BoundedVec::truncate_from(ic) }
	}

	/// Registers the model for an account, to which the deposit is given where the chain takes one.
	///
	/// # Errors
	/// What `register_model` says.
	pub fn register<T: Config>(&self, owner: &T::AccountId) -> Result<ModelId, DispatchError> {
		let key = self.key();
		let id = ModelId::derive(owner, Scheme::Groth16, SEMANTICS_V1, &key, &self.interface);
		#[cfg(feature = "runtime-benchmarks")]
		T::Consideration::ensure_successful(owner, Footprint { count: 1, size: LARGEST });
		let setup = Setup::Ceremony { transcript: [0; 32], contributions: 2 };
		let (metadata, terms) = (metadata(), Terms::default());
		Pallet::<T>::do_register(owner.clone(), key, self.interface, setup, metadata, terms, None)?;
		Ok(id)
	}

	/// A proof of `inference`, which must fit the interface.
	pub fn prove(&self, inference: &Inference, context: &Context) -> HintedProof {
		let statement = Statement::new(&self.interface, inference, context);
		let signals = statement.as_ref().map(Statement::signals).unwrap_or_default();
		let proof = self.fixture.prove(signals, 0);
		let hint = Hint(self.fixture.hint(signals, &proof));
		HintedProof { proof: Proof(proof), hint }
	}
}

/// An interface with `signals` public signals, at least 2, and an inference of as many values as
/// can stand behind that many.
#[cfg_attr(not(any(test, feature = "runtime-benchmarks")), allow(dead_code))]
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

/// At most `most` values that fill `words` words, each with the scalar that is dearest to verify.
fn costly(words: u32, most: u32) -> (Tensor, Vec<i32>) {
	let fits = |width: &u32| WORD_BITS / width * words <= most;
	let width = (1..=31).find(fits).unwrap_or(31);
	let per_word = WORD_BITS / width;
	let count = per_word * words;
	let word = dense(per_word * width);
	let bit = |at: u32| word.get(at as usize / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1);
	let value = |index: u32| {
		let start = index % per_word * width;
		(0..width).filter(|at| bit(start + at)).map(|at| 1 << at).sum()
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
