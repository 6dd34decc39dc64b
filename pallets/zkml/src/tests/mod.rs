mod batch;
mod deregister_model;
mod encoding;
mod freshness;
mod lifecycle;
mod migrations;
mod ownership;
mod receipts;
mod register_model;
mod submit_inference;
mod try_state;
mod verifier;
mod view_functions;
mod visibility;
mod weights;

use crate::{
	fixtures::{metadata, Prover},
	mock::*,
	Error, Event, Models, Nonces, Registrations, Tombstones,
};
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResultWithPostInfo, BoundedVec};
use zkml_primitives::{
	ClaimedInput, Commitment, Context, Hint, HintedProof, Inference, InputVisibility, Interface,
	Metadata, ModelId, Output, OutputKind, Packing, Proof, Scale, Scheme, Setup, Submission,
	Tensor, Terms, Values, WeightsVisibility, SEMANTICS_V1,
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
	Inference { output: Output::Label(label), input: ClaimedInput::Hidden }
}

fn shown(values: &[i32]) -> ClaimedInput {
	ClaimedInput::Shown(Values::new(values).unwrap())
}

fn logits(values: &[i32], input: &[i32]) -> Inference {
	Inference {
		output: Output::Logits(BoundedVec::truncate_from(values.to_vec())),
		input: shown(input),
	}
}

fn id(prover: &Prover, owner: u64) -> ModelId {
	ModelId::derive(&owner, Scheme::Groth16, SEMANTICS_V1, &prover.key(), &prover.interface)
}

/// Registers the model for an account.
fn register_with(
	account: u64,
	prover: &Prover,
	setup: Setup,
	terms: Terms,
	supersedes: Option<ModelId>,
) -> sp_runtime::DispatchResult {
	let (key, interface) = (Box::new(prover.key()), prover.interface);
	Zkml::register_model(signed(account), key, interface, setup, metadata(), terms, supersedes)
}

/// Registers the model for Alice.
fn register(prover: &Prover) -> ModelId {
	register_on(prover, Terms::default())
}

/// Registers the model for Alice, on these terms.
fn register_on(prover: &Prover, terms: Terms) -> ModelId {
	assert_ok!(register_with(ALICE, prover, CEREMONY, terms, None));
	id(prover, ALICE)
}

/// Submits with the model's own number of signals, and without an anchor.
fn submit(
	account: u64,
	model: ModelId,
	inference: Inference,
	HintedProof { proof, hint }: HintedProof,
) -> DispatchResultWithPostInfo {
	let signals = Models::<Test>::get(model).map_or(2, |entry| entry.signals);
	let submission = Submission { model, anchor: None, inference, proof };
	Zkml::submit_inference(signed(account), signals, submission.into(), hint)
}

/// The context of an account's next inference.
fn context(model: ModelId, account: u64) -> Context {
	Zkml::next_context(model, account).unwrap().context
}

/// Proves an account's next inference.
fn prove(prover: &Prover, model: ModelId, account: u64, inference: &Inference) -> HintedProof {
	prover.prove(inference, &context(model, account))
}

/// The proof with one bit changed, so that A leaves the curve.
fn off_curve(Proof(mut bytes): Proof) -> Proof {
	bytes[0] ^= 1;
	Proof(bytes)
}

/// Another proof with the same hint.
fn with(proof: Proof, HintedProof { hint, .. }: HintedProof) -> HintedProof {
	HintedProof { proof, hint }
}
