//! A small runtime with the pallet, and models whose key's secret is known.

use frame_support::{
	derive_impl, parameter_types,
	traits::{fungible::HoldConsideration, ConstU64, LinearStoragePrice},
};
use sp_core::H256;
use sp_runtime::BuildStorage;
use std::sync::LazyLock;
use zkml_primitives::{
	Commitment, Context, Hint, HintedProof, Inference, InputVisibility, Interface, Metadata,
	ModelId, OutputKind, Packing, Proof, Scale, SchemaId, Setup, Statement, Tensor, Terms,
	VerifyingKey, WeightsVisibility, SEMANTICS_V1,
};
use zkml_verifier::fixtures::{Fixture, Key, Part};

type Block = frame_system::mocking::MockBlock<Runtime>;

// The macro documents nothing that it makes.
#[allow(missing_docs)]
mod construct {
	frame_support::construct_runtime!(
		pub enum Runtime {
			System: frame_system,
			Balances: pallet_balances,
			Zkml: pallet_zkml,
		}
	);
}
pub use construct::*;

/// Who acts. The last has less than any deposit.
pub const ACCOUNTS: [u64; 4] = [1, 2, 3, 4];
/// What the others have.
pub const WEALTH: u64 = 1 << 50;
const POVERTY: u64 = 50;

/// How many blocks the chain remembers.
pub const REMEMBERED: u64 = 10;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u64>;
	type BlockHashCount = ConstU64<REMEMBERED>;
	type DbWeight = frame_support::weights::constants::ParityDbWeight;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Runtime {
	type AccountStore = System;
}

parameter_types! {
	/// Why a model's deposit is held.
	pub const ModelHold: RuntimeHoldReason =
		RuntimeHoldReason::Zkml(pallet_zkml::HoldReason::ModelDeposit);
	/// Why a receipt's deposit is held.
	pub const ReceiptHold: RuntimeHoldReason =
		RuntimeHoldReason::Zkml(pallet_zkml::HoldReason::ReceiptDeposit);
}

type Deposit<Reason> =
	HoldConsideration<u64, Balances, Reason, LinearStoragePrice<ConstU64<10>, ConstU64<1>, u64>>;

#[derive_impl(pallet_zkml::config_preludes::TestDefaultConfig)]
impl pallet_zkml::Config for Runtime {
	type Consideration = Deposit<ModelHold>;
	type ReceiptConsideration = Deposit<ReceiptHold>;
}

/// A model that proves whatever it is asked to.
pub struct Prover {
	/// What its signals mean.
	pub interface: Interface,
	/// On what terms it is registered.
	pub terms: Terms,
	fixture: Fixture,
}

impl Prover {
	fn new(fixture: Fixture, interface: Interface, terms: Terms) -> Self {
		assert_eq!(interface.signals().map(|count| count as usize + 1), Ok(fixture.key.ic.len()));
		Self { interface, terms, fixture }
	}

	/// Its key.
	pub fn key(&self) -> VerifyingKey {
		let Key { alpha, beta, gamma, delta, ic } = self.fixture.key.clone();
		let ic = ic.try_into().expect("fixtures are small");
		VerifyingKey { alpha, beta, gamma, delta, ic }
	}

	/// Its id, if `registrant` registered it.
	pub fn id(&self, registrant: u64) -> ModelId {
		let scheme = zkml_primitives::Scheme::Groth16;
		ModelId::derive(&registrant, scheme, SEMANTICS_V1, &self.key(), &self.interface)
	}

	/// A proof of `inference`; of something else if that does not fit the interface.
	pub fn prove(&self, inference: &Inference, context: &Context, seed: u64) -> HintedProof {
		let statement = Statement::new(&self.interface, inference, context);
		let signals = statement.as_ref().map(Statement::signals).unwrap_or_default();
		let proof = self.fixture.prove(signals, seed);
		let hint = Hint(self.fixture.hint(signals, &proof));
		HintedProof { proof: Proof(proof), hint }
	}
}

/// Models to register. The first [`REGISTERED`] are, each by the account at its position.
pub static PROVERS: LazyLock<Vec<Prover>> = LazyLock::new(|| {
	let tensor = |width, count, offset| Tensor {
		packing: Packing { width, count, offset },
		scale: Scale::power_of_two(-3),
	};
	let interface = |input, output| Interface { input, weights: WeightsVisibility::Public, output };
	let private = InputVisibility::Private;
	let digits = interface(private, OutputKind::Argmax { classes: 10 });
	let open = InputVisibility::Public(tensor(8, 4, 0));
	let small = interface(open, OutputKind::Logits(tensor(4, 3, -8)));
	let wide = interface(private, OutputKind::Logits(tensor(31, 9, -5)));
	let hidden = Interface {
		input: InputVisibility::Committed { schema: SchemaId([7; 32]) },
		weights: WeightsVisibility::Committed(Commitment([9; 32])),
		output: OutputKind::Threshold { score: tensor(12, 1, -99), tau: -3 },
	};

	let none = Terms::default();
	let first = Fixture::new(1, 2);
	let second = first.sharing(&[Part::Gamma], 2, 3);
	let third = first.sharing(&[Part::AlphaBeta, Part::Gamma, Part::Delta], 3, 2);
	vec![
		Prover::new(first, digits, none),
		Prover::new(second, small, Terms { max_age: Some(4), receipt_lifetime: Some(2) }),
		Prover::new(third, digits, Terms { receipt_lifetime: Some(1), ..none }),
		Prover::new(Fixture::new(4, 3), wide, Terms { max_age: Some(2), ..none }),
		Prover::new(Fixture::new(5, 4), hidden, none),
	]
});

/// How many models the chain starts with.
pub const REGISTERED: usize = 3;

/// What people want to know of a model.
pub fn metadata(name: &[u8]) -> Metadata {
	Metadata {
		name: frame_support::BoundedVec::truncate_from(name.to_vec()),
		onnx_sha256: [1; 32],
		uri: Default::default(),
	}
}

/// The call that registers a model.
pub fn register(prover: &Prover, setup: Setup, supersedes: Option<ModelId>) -> RuntimeCall {
	RuntimeCall::Zkml(pallet_zkml::Call::register_model {
		verifying_key: Box::new(prover.key()),
		interface: prover.interface,
		setup,
		metadata: metadata(b"model"),
		terms: prover.terms,
		supersedes,
	})
}

/// Hash of a block.
pub fn hash_of(block: u64) -> H256 {
	H256(sp_io::hashing::blake2_256(&block.to_le_bytes()))
}

/// Goes to the next block.
pub fn next_block() {
	let before = System::block_number();
	let now = before.saturating_add(1);
	System::reset_events();
	System::set_block_number(now);
	frame_system::BlockHash::<Runtime>::insert(before, hash_of(before));
	// As `frame_system` does at a block's end: the genesis stays.
	let forgotten = now.saturating_sub(REMEMBERED + 1);
	if forgotten > 0 {
		frame_system::BlockHash::<Runtime>::remove(forgotten);
	}
}

/// A chain in block 3 with [`REGISTERED`] models.
pub fn chain() -> sp_io::TestExternalities {
	use sp_runtime::traits::Dispatchable;
	let [rich @ .., poor] = ACCOUNTS;
	let mut balances: Vec<_> = rich.into_iter().map(|account| (account, WEALTH)).collect();
	balances.push((poor, POVERTY));
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig { balances, ..Default::default() },
		zkml: pallet_zkml::GenesisConfig { allow_development_keys: true, ..Default::default() },
		..Default::default()
	};
	let mut ext: sp_io::TestExternalities =
		genesis.build_storage().expect("the genesis is valid").into();
	ext.execute_with(|| {
		next_block();
		let ceremony = Setup::Ceremony { transcript: [3; 32], contributions: 2 };
		let setups = [Setup::Development, ceremony, ceremony];
		for ((prover, account), setup) in PROVERS.iter().zip(ACCOUNTS).zip(setups) {
			let call = register(prover, setup, None);
			call.dispatch(RuntimeOrigin::signed(account)).expect("a fixture can be registered");
		}
		next_block();
		next_block();
	});
	ext.commit_all().expect("no transaction is open");
	ext
}
