//! A runtime for tests.

use crate::{
	self as pallet_zkml, HoldReason, Models, OnInferenceVerified, Receipts, Registrations,
	VerifiedInference,
};
use frame_support::{
	derive_impl, parameter_types,
	traits::{
		fungible::{HoldConsideration, InspectHold},
		ConstU32, ConstU64, LinearStoragePrice,
	},
	weights::{constants::WEIGHT_REF_TIME_PER_SECOND, Weight},
};
use frame_system::limits::BlockWeights;
use sp_core::H256;
use sp_runtime::{traits::Convert, BuildStorage, DispatchError, DispatchResult, Perbill};
use zkml_primitives::ModelId;

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Zkml: pallet_zkml,
	}
);

pub(crate) const ALICE: u64 = 1;
pub(crate) const BOB: u64 = 2;
/// Has less than any deposit.
pub(crate) const POOR: u64 = 3;
/// May suspend and pause.
pub(crate) const ADMIN: u64 = 4;

pub(crate) const GENESIS: H256 = H256([7; 32]);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type BlockWeights = TwoSeconds;
	type AccountData = pallet_balances::AccountData<u64>;
	type DbWeight = frame_support::weights::constants::ParityDbWeight;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

frame_support::ord_parameter_types! {
	pub const Admin: u64 = ADMIN;
}

parameter_types! {
	/// As a parachain has them: the largest batch takes two thirds of a second.
	pub TwoSeconds: BlockWeights = BlockWeights::with_sensible_defaults(
		Weight::from_parts(2 * WEIGHT_REF_TIME_PER_SECOND, u64::MAX),
		Perbill::from_percent(75),
	);
	pub const ModelHold: RuntimeHoldReason = RuntimeHoldReason::Zkml(HoldReason::ModelDeposit);
	pub const ReceiptHold: RuntimeHoldReason = RuntimeHoldReason::Zkml(HoldReason::ReceiptDeposit);
	/// Whether the hook vetoes.
	pub static Veto: bool = false;
	/// What the hook heard.
	pub static Heard: Vec<(u64, VerifiedInference)> = Vec::new();
}

pub(crate) const HOOK_WEIGHT: Weight = Weight::from_parts(1_000, 10);

pub struct Hook;
impl OnInferenceVerified<u64> for Hook {
	fn on_inference_verified(who: &u64, inference: &VerifiedInference) -> DispatchResult {
		if Veto::get() {
			return Err(DispatchError::Other("veto"));
		}
		Heard::mutate(|heard| heard.push((*who, inference.clone())));
		Ok(())
	}

	fn weight() -> Weight {
		HOOK_WEIGHT
	}
}

type Deposit<Reason> =
	HoldConsideration<u64, Balances, Reason, LinearStoragePrice<ConstU64<10>, ConstU64<1>, u64>>;

/// A picosecond costs one, a byte of proof ten.
pub struct Price;
impl Convert<Weight, u128> for Price {
	fn convert(weight: Weight) -> u128 {
		u128::from(weight.ref_time()) + 10 * u128::from(weight.proof_size())
	}
}

#[derive_impl(pallet_zkml::config_preludes::TestDefaultConfig)]
impl pallet_zkml::Config for Test {
	type AdminOrigin = frame_system::EnsureSignedBy<Admin, u64>;
	type Consideration = Deposit<ModelHold>;
	type ReceiptConsideration = Deposit<ReceiptHold>;
	type OnInferenceVerified = (Hook, ());
	type WeightPrice = Price;
	type MaxBatch = ConstU32<32>;
}

pub(crate) struct ExtBuilder {
	allow_development_keys: bool,
}

impl Default for ExtBuilder {
	fn default() -> Self {
		Self { allow_development_keys: true }
	}
}

impl ExtBuilder {
	pub(crate) fn production() -> Self {
		Self { allow_development_keys: false }
	}

	/// The state of block 0.
	pub(crate) fn genesis(self) -> sp_io::TestExternalities {
		RuntimeGenesisConfig {
			balances: pallet_balances::GenesisConfig {
				balances: vec![(ALICE, 1_000_000), (BOB, 1_000_000), (POOR, 50)],
				..Default::default()
			},
			zkml: pallet_zkml::GenesisConfig {
				allow_development_keys: self.allow_development_keys,
				..Default::default()
			},
			..Default::default()
		}
		.build_storage()
		.unwrap()
		.into()
	}

	/// The state of block 1.
	pub(crate) fn build(self) -> sp_io::TestExternalities {
		let mut ext = self.genesis();
		ext.execute_with(|| {
			System::set_block_number(1);
			frame_system::BlockHash::<Test>::insert(0, GENESIS);
		});
		ext
	}

	/// Runs a test in block 1, and then all invariants.
	pub(crate) fn build_and_execute(self, test: impl FnOnce()) {
		self.build().execute_with(|| {
			test();
			check();
		});
	}
}

/// Checks all invariants, and that what is held of each account is what its models and receipts
/// need.
fn check() {
	Zkml::do_try_state().unwrap();
	for account in [ALICE, BOB, POOR] {
		let own = Registrations::<Test>::iter().filter(|(_, found)| found.owner == account);
		let needed = own.map(|(model, _)| deposit(model)).sum::<u64>();
		assert_eq!(held(account), needed, "deposits of {account} for models");
		let own = Receipts::<Test>::iter().filter(|(_, whose, _)| *whose == account);
		let needed = own.map(|(model, _, receipt)| {
			let footprint = Zkml::receipt_footprint(model, &account, &receipt.with_deposit(()));
			10 + footprint.size
		});
		assert_eq!(held_for_receipts(account), needed.sum::<u64>(), "receipts of {account}");
	}
}

/// What is held of an account for its models.
pub(crate) fn held(account: u64) -> u64 {
	Balances::balance_on_hold(&ModelHold::get(), &account)
}

/// What is held of an account for its receipts.
pub(crate) fn held_for_receipts(account: u64) -> u64 {
	Balances::balance_on_hold(&ReceiptHold::get(), &account)
}

/// 10 for a model, and 1 for each byte that it may come to take.
pub(crate) fn deposit(id: ModelId) -> u64 {
	let model = Models::<Test>::get(id).unwrap();
	let registration = Registrations::<Test>::get(id).unwrap();
	10 + Zkml::footprint(&model, &registration).size
}
