mod deregister_model;
mod encoding;
mod register_model;
mod submit_inference;
mod try_state;
mod verifier;
mod view_functions;

use crate::{
	fixtures::{metadata, Prover},
	mock::*,
	Error, Event, Models, Nonces, Tombstones,
};
use frame_support::{assert_noop, assert_ok, BoundedVec};
use zkml_primitives::{
	Context, Inference, InputVisibility, Interface, Metadata, ModelId, Output, OutputKind, Packing,
	Proof, Scale, Scheme, Setup, Tensor, Values, WeightsVisibility, SEMANTICS_V1,
};

const CEREMONY: Setup = Setup::Ceremony { transcript: [3; 32], contributions: 2 };

fn signed(account: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

fn tensor(width: u8, count: u32, offset: i32) -> Tensor {
	Tensor { packing: Packing { width, count, offset }, scale: Scale::power_of_two(-4) }
}

/// Ten classes of a private input: two signals.
fn classifier() -> Prover {
	let interface = Interface {
		input: InputVisibility::Private,
		weights: WeightsVisibility::Public,
		output: OutputKind::Argmax { classes: 10 },
	};
	Prover::new(0, interface)
}

/// Three values of a public input of 40 bytes: four signals.
fn public_logits() -> Prover {
	let interface = Interface {
		input: InputVisibility::Public(tensor(8, 40, 0)),
		weights: WeightsVisibility::Public,
		output: OutputKind::Logits(tensor(16, 3, -30_000)),
	};
	Prover::new(0, interface)
}

fn label(label: u32) -> Inference {
	Inference { output: Output::Label(label), input: None }
}

fn logits(values: &[i32], input: &[i32]) -> Inference {
	Inference {
		output: Output::Logits(BoundedVec::truncate_from(values.to_vec())),
		input: Values::new(input),
	}
}

fn id(prover: &Prover, owner: u64) -> ModelId {
	ModelId::derive(&owner, Scheme::Groth16, SEMANTICS_V1, &prover.key(), &prover.interface)
}

/// Registers the model for Alice.
fn register(prover: &Prover) -> ModelId {
	let key = Box::new(prover.key());
	assert_ok!(Zkml::register_model(signed(ALICE), key, prover.interface, CEREMONY, metadata()));
	id(prover, ALICE)
}

/// The context of an account's next inference.
fn context(model: ModelId, account: u64) -> Context {
	Zkml::context(model, account).unwrap()
}

/// Proves an account's next inference.
fn prove(prover: &Prover, model: ModelId, account: u64, inference: &Inference) -> Proof {
	prover.prove(inference, &context(model, account))
}

/// The proof with one bit changed, so that A leaves the curve.
fn off_curve(Proof(mut bytes): Proof) -> Proof {
	bytes[0] ^= 1;
	Proof(bytes)
}
