//! A runtime for tests.

use crate::{self as pallet_attestation, Credentials, HoldReason};
use frame_support::{
	derive_impl, parameter_types,
	traits::{
		fungible::{HoldConsideration, InspectHold},
		ConstU32, ConstU64, LinearStoragePrice,
	},
};
use sp_runtime::{
	testing::{TestSignature, UintAuthorityId, H256},
	BuildStorage,
};

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Zkml: pallet_zkml,
		Attestations: pallet_attestation,
	}
);

/// Says who attests.
pub(crate) const ADMIN: u64 = 1;
/// Attest.
pub(crate) const BANK: u64 = 2;
pub(crate) const CLINIC: u64 = 3;
/// Are attested.
pub(crate) const ALICE: u64 = 4;
pub(crate) const BOB: u64 = 5;
/// Has less than any deposit.
pub(crate) const POOR: u64 = 6;

pub(crate) const GENESIS: H256 = H256([7; 32]);
/// For how many blocks a signed attestation can be claimed.
pub(crate) const MAX_AGE: u64 = 10;
pub(crate) const MAX_ROOTS: u32 = 3;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

#[derive_impl(pallet_zkml::config_preludes::TestDefaultConfig)]
impl pallet_zkml::Config for Test {}

frame_support::ord_parameter_types! {
	pub const Admin: u64 = ADMIN;
}

parameter_types! {
	pub const Hold: RuntimeHoldReason =
		RuntimeHoldReason::Attestations(HoldReason::AttestationDeposit);
}

impl pallet_attestation::Config for Test {
	type AdminOrigin = frame_system::EnsureSignedBy<Admin, u64>;
	type Consideration =
		HoldConsideration<u64, Balances, Hold, LinearStoragePrice<ConstU64<10>, ConstU64<1>, u64>>;
	type Signature = TestSignature;
	type Signer = UintAuthorityId;
	type MaxSchemas = ConstU32<4>;
	type MaxAge = ConstU64<MAX_AGE>;
	type MaxRoots = ConstU32<MAX_ROOTS>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct Helper;
#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<TestSignature, u64> for Helper {
	fn signer() -> (u64, fn(&u64, &[u8]) -> TestSignature) {
		(BANK, |account, message| TestSignature(*account, message.to_vec()))
	}
}

/// The state of block 1.
pub(crate) fn ext() -> sp_io::TestExternalities {
	let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: [ADMIN, BANK, CLINIC, ALICE, BOB]
				.map(|account| (account, 1_000_000))
				.into_iter()
				.chain([(POOR, 50)])
				.collect(),
			..Default::default()
		},
		..Default::default()
	}
	.build_storage()
	.unwrap()
	.into();
	ext.execute_with(|| {
		System::set_block_number(1);
		frame_system::BlockHash::<Test>::insert(0, GENESIS);
	});
	ext
}

/// Runs a test, and then all invariants.
pub(crate) fn run(test: impl FnOnce()) {
	ext().execute_with(|| {
		test();
		check();
	});
}

/// Checks all invariants, and that what is held of each account is what it put down.
pub(crate) fn check() {
	Attestations::do_try_state().unwrap();
	let price = |size: u64| 10 + size;
	for account in [ADMIN, BANK, CLINIC, ALICE, BOB, POOR] {
		let credentials = Credentials::<Test>::iter().filter(|(_, _, c)| c.depositor == account);
		let roots =
			crate::CredentialRoots::<Test>::iter().filter(|(issuer, _, _)| *issuer == account);
		let needed = credentials.count() as u64 * price(Attestations::credential_footprint().size)
			+ roots.count() as u64 * price(Attestations::roots_footprint().size);
		assert_eq!(Balances::balance_on_hold(&Hold::get(), &account), needed, "held of {account}");
	}
}
