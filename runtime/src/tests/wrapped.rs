//! Every call of `pallet-zkml`, made through a batch, by a proxy, and by several accounts together.

use frame_support::{assert_noop, assert_ok, traits::fungible::Mutate, weights::Weight};
use pallet_zkml::{Call, Models, Nonces, Registrations, Status, Tombstones};
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	traits::{BlakeTwo256, Dispatchable, Hash as _},
	DispatchError,
};
use zkml_primitives::{
	ClaimedInput, Hint, Inference, InputVisibility, Interface, Metadata, ModelId, Output,
	OutputKind, Proof, Scheme, Setup, Statement, Submission, Terms, VerifyingKey,
	WeightsVisibility, SEMANTICS_V1,
};
use zkml_verifier::fixtures::{Fixture, Key};

use super::build;
use crate::{
	configs::ProxyType, AccountId, Balances, Multisig, Proxy, Runtime, RuntimeCall, RuntimeOrigin,
	System, Zkml, UNIT,
};

/// How a call reaches the pallet.
#[derive(Clone, Copy, Debug)]
enum Way {
	Directly,
	InABatch,
	ByProxy,
	ByMultisig,
}

const WAYS: [Way; 4] = [Way::Directly, Way::InABatch, Way::ByProxy, Way::ByMultisig];

fn alice() -> AccountId {
	Sr25519Keyring::Alice.to_account_id()
}

fn bob() -> AccountId {
	Sr25519Keyring::Bob.to_account_id()
}

/// The address of an account.
fn address(account: &AccountId) -> crate::Address {
	sp_runtime::MultiAddress::Id(account.clone())
}

impl Way {
	/// The account as which calls are made.
	fn actor(self) -> AccountId {
		match self {
			Self::ByMultisig => Multisig::multi_account_id(&signatories(), 2),
			_ => alice(),
		}
	}

	/// Prepares the chain; whoever acts has the sudo key.
	fn prepare(self) {
		System::set_block_number(1);
		frame_system::BlockHash::<Runtime>::insert(0, crate::Hash::repeat_byte(7));
		assert_ok!(Balances::mint_into(&self.actor(), 1_000 * UNIT));
		pallet_sudo::Key::<Runtime>::put(self.actor());
		if let Self::ByProxy = self {
			let add = Proxy::add_proxy(signed(alice()), address(&bob()), ProxyType::Any, 0);
			assert_ok!(add);
		}
	}

	/// Makes the call, and answers what became of it.
	fn call(self, call: impl Into<RuntimeCall>) -> Result<(), DispatchError> {
		System::reset_events();
		let call = call.into();
		match self {
			Self::Directly => dispatch(call, alice()),
			Self::InABatch => {
				let calls = vec![call];
				let batch = pallet_utility::Call::<Runtime>::batch_all { calls };
				dispatch(batch.into(), alice())
			},
			Self::ByProxy => {
				let proxy = pallet_proxy::Call::<Runtime>::proxy {
					real: address(&alice()),
					force_proxy_type: None,
					call: Box::new(call),
				};
				dispatch(proxy.into(), bob())?;
				executed()
			},
			Self::ByMultisig => {
				let [first, second] = signatories();
				let hash = BlakeTwo256::hash_of(&call).into();
				let max_weight = Weight::MAX;
				let approval = pallet_multisig::Call::<Runtime>::approve_as_multi {
					threshold: 2,
					other_signatories: vec![second.clone()],
					maybe_timepoint: None,
					call_hash: hash,
					max_weight,
				};
				dispatch(approval.into(), first.clone())?;
				let last = pallet_multisig::Call::<Runtime>::as_multi {
					threshold: 2,
					other_signatories: vec![first],
					maybe_timepoint: Some(Multisig::timepoint()),
					call: Box::new(call),
					max_weight,
				};
				dispatch(last.into(), second)?;
				executed()
			},
		}
	}
}

fn signatories() -> [AccountId; 2] {
	let mut both = [alice(), bob()];
	both.sort();
	both
}

fn signed(account: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

fn dispatch(call: RuntimeCall, account: AccountId) -> Result<(), DispatchError> {
	call.dispatch(signed(account)).map(|_| ()).map_err(|failed| failed.error)
}

/// The result that a proxy or a multisig reports of what it called.
fn executed() -> Result<(), DispatchError> {
	use crate::RuntimeEvent as Event;
	let mut results = System::events().into_iter().filter_map(|record| match record.event {
		Event::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => Some(result),
		Event::Multisig(pallet_multisig::Event::MultisigExecuted { result, .. }) => Some(result),
		_ => None,
	});
	results.next_back().expect("something was executed")
}

/// A model of ten classes whose key's secret is known.
struct Model {
	fixture: Fixture,
	key: VerifyingKey,
	interface: Interface,
	id: ModelId,
}

impl Model {
	fn new(owner: &AccountId) -> Self {
		let interface = Interface {
			input: InputVisibility::Private,
			weights: WeightsVisibility::Public,
			output: OutputKind::Argmax { classes: 10 },
		};
		let fixture = Fixture::new(1, 2);
		let Key { alpha, beta, gamma, delta, ic } = fixture.key.clone();
		let ic = ic.try_into().expect("two signals");
		let key = VerifyingKey { alpha, beta, gamma, delta, ic };
		let id = ModelId::derive(owner, Scheme::Groth16, SEMANTICS_V1, &key, &interface);
		Self { fixture, key, interface, id }
	}

	fn register(&self) -> Call<Runtime> {
		Call::register_model {
			verifying_key: Box::new(self.key.clone()),
			interface: self.interface,
			setup: Setup::Development,
			metadata: Metadata {
				name: Default::default(),
				onnx_sha256: [0; 32],
				uri: Default::default(),
			},
			terms: Terms { max_age: None, receipt_lifetime: Some(5) },
			supersedes: None,
		}
	}

	/// What `account` submits next.
	fn submission(&self, account: &AccountId, label: u32) -> (Submission<u32>, Hint) {
		let next = Zkml::next_context(self.id, account.clone()).expect("a registered model");
		let inference = Inference { output: Output::Label(label), input: ClaimedInput::Hidden };
		let statement = Statement::new(&self.interface, &inference, &next.context);
		let statement = statement.expect("a label");
		let proof = self.fixture.prove(statement.signals(), 0);
		let hint = Hint(self.fixture.hint(statement.signals(), &proof));
		let proof = Proof(proof);
		(Submission { model: self.id, anchor: None, inference, proof }, hint)
	}
}

#[test]
fn all_calls_of_a_models_life() {
	for way in WAYS {
		build(&DEV_RUNTIME_PRESET.into()).unwrap().execute_with(|| {
			way.prepare();
			let actor = way.actor();
			let model = Model::new(&actor);
			let id = model.id;
			assert_eq!(way.call(model.register()), Ok(()), "{way:?}");
			assert_eq!(Registrations::<Runtime>::get(id).unwrap().owner, actor);

			let (submission, hint) = model.submission(&actor, 3);
			let call = Call::submit_inference { signals: 2, submission: submission.into(), hint };
			assert_eq!(way.call(call.clone()), Ok(()), "{way:?}");
			assert_eq!(Zkml::receipt(id, actor.clone()).unwrap().output, Output::Label(3));
			let replayed = pallet_zkml::Error::<Runtime>::InvalidProof.into();
			assert_eq!(way.call(call), Err(replayed), "{way:?}");

			let submissions = vec![model.submission(&actor, 4).0].try_into().unwrap();
			let call = Call::submit_batch { signals: 2, submissions };
			assert_eq!(way.call(call), Ok(()), "{way:?}");
			assert_eq!(Nonces::<Runtime>::get(id, &actor), 2);

			let account = address(&actor);
			assert_eq!(way.call(Call::remove_receipt { model: id, account }), Ok(()), "{way:?}");
			assert_eq!(Zkml::receipt(id, actor.clone()), None);

			assert_eq!(way.call(Call::suspend_model { model: id }), Ok(()), "{way:?}");
			assert_eq!(Zkml::status(id), Some(Status::Suspended));
			assert_eq!(way.call(Call::resume_model { model: id }), Ok(()), "{way:?}");
			let until = Some(9);
			assert_eq!(way.call(Call::deprecate_model { model: id, until }), Ok(()), "{way:?}");
			assert_eq!(Zkml::status(id), Some(Status::Deprecated { until: 9 }));
			let terms = Terms::default();
			assert_eq!(way.call(Call::set_terms { model: id, terms }), Ok(()), "{way:?}");
			assert_eq!(Models::<Runtime>::get(id).unwrap().terms, terms);

			let charlie = Sr25519Keyring::Charlie.to_account_id();
			let heir = Some(address(&charlie));
			assert_eq!(way.call(Call::offer_ownership { model: id, heir }), Ok(()), "{way:?}");
			assert_ok!(Zkml::accept_ownership(signed(charlie.clone()), id));
			let heir = Some(address(&actor));
			assert_ok!(Zkml::offer_ownership(signed(charlie), id, heir));
			assert_eq!(way.call(Call::accept_ownership { model: id }), Ok(()), "{way:?}");
			assert_eq!(Registrations::<Runtime>::get(id).unwrap().owner, actor);

			for paused in [true, false] {
				let call = Box::new(Call::set_paused { paused }.into());
				let sudo = pallet_sudo::Call::<Runtime>::sudo { call };
				assert_eq!(way.call(sudo), Ok(()), "{way:?}");
				assert_eq!(Zkml::policy().paused, paused);
			}

			assert_eq!(way.call(Call::deregister_model { model: id }), Ok(()), "{way:?}");
			assert!(Tombstones::<Runtime>::contains_key(id));
		});
	}
}

/// Of several submissions in a batch of calls, each has its own nonce; if one fails, none happened.
#[test]
fn batches_of_calls_are_atomic() {
	build(&DEV_RUNTIME_PRESET.into()).unwrap().execute_with(|| {
		Way::Directly.prepare();
		let model = Model::new(&alice());
		assert_ok!(Way::Directly.call(model.register()));
		let (submission, hint) = model.submission(&alice(), 3);
		let call = RuntimeCall::from(Call::submit_inference {
			signals: 2,
			submission: submission.into(),
			hint,
		});
		let calls = vec![call.clone(), call];
		let batch = RuntimeCall::from(pallet_utility::Call::<Runtime>::batch_all { calls });
		let replayed = pallet_zkml::Error::<Runtime>::InvalidProof;
		assert_noop!(dispatch(batch, alice()), replayed);
	});
}

/// A machine that proves for an account can do nothing else with it.
#[test]
fn a_proxy_for_inferences_does_nothing_else() {
	build(&DEV_RUNTIME_PRESET.into()).unwrap().execute_with(|| {
		Way::Directly.prepare();
		let model = Model::new(&alice());
		assert_ok!(Way::Directly.call(model.register()));
		let kind = ProxyType::Inference;
		assert_ok!(Proxy::add_proxy(signed(alice()), address(&bob()), kind, 0));
		let (submission, hint) = model.submission(&alice(), 3);
		let submit = Call::submit_inference { signals: 2, submission: submission.into(), hint };
		assert_eq!(Way::ByProxy.call(submit), Ok(()));
		assert_eq!(Nonces::<Runtime>::get(model.id, alice()), 1);
		let filtered = Err(frame_system::Error::<Runtime>::CallFiltered.into());
		let suspend = Call::suspend_model { model: model.id };
		assert_eq!(Way::ByProxy.call(suspend.clone()), filtered);
		let calls = vec![suspend.into()];
		let batch = pallet_utility::Call::<Runtime>::batch_all { calls };
		assert_eq!(Way::ByProxy.call(batch), filtered);
	});
}

/// The weight of a call is part of that of whatever contains it.
#[test]
fn containers_weigh_what_they_contain() {
	use frame_support::dispatch::GetDispatchInfo;
	build(&DEV_RUNTIME_PRESET.into()).unwrap().execute_with(|| {
		Way::Directly.prepare();
		let model = Model::new(&alice());
		assert_ok!(Way::Directly.call(model.register()));
		let (submission, hint) = model.submission(&alice(), 3);
		let call = RuntimeCall::from(Call::submit_inference {
			signals: 2,
			submission: submission.into(),
			hint,
		});
		let weight = call.get_dispatch_info().call_weight;
		let calls = vec![call.clone(), call.clone()];
		let batch = RuntimeCall::from(pallet_utility::Call::<Runtime>::batch_all { calls });
		assert!(batch.get_dispatch_info().call_weight.all_gt(weight.saturating_mul(2)));
		let proxy = RuntimeCall::from(pallet_proxy::Call::<Runtime>::proxy {
			real: address(&alice()),
			force_proxy_type: None,
			call: Box::new(call),
		});
		assert!(proxy.get_dispatch_info().call_weight.all_gt(weight));
	});
}
