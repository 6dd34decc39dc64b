//! A runtime for tests, in which a reputation opens a line of credit.

use crate::{self as pallet_lending, *};
use frame_support::{
	derive_impl, parameter_types,
	traits::{
		fungible::{HoldConsideration, Inspect, InspectHold},
		ConstU32, ConstU64, LinearStoragePrice,
	},
	PalletId,
};
use pallet_reputation::{
	Answer, Area, AreaId, Contribution, EnsureReputation, Points, Record, Source,
};
use sp_runtime::{
	testing::{TestSignature, UintAuthorityId, H256},
	BuildStorage, Permill,
};
use zkml_primitives::{Commitment, ModelId, SchemaId};

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Zkml: pallet_zkml,
		Attestations: pallet_attestation,
		Reputations: pallet_reputation,
		Lending: pallet_lending,
	}
);

/// Says how reputations are earned, who attests, and what becomes of the pot.
pub(crate) const ADMIN: u64 = 1;
/// Attests.
pub(crate) const BANK: u64 = 2;
/// Gives to the pot.
pub(crate) const LENDER: u64 = 3;
/// Borrow.
pub(crate) const ALICE: u64 = 4;
pub(crate) const BOB: u64 = 5;
/// Has less than any deposit.
pub(crate) const POOR: u64 = 6;

pub(crate) const ACCOUNTS: [u64; 6] = [ADMIN, BANK, LENDER, ALICE, BOB, POOR];

pub(crate) const MAX_LINE: u64 = 10_000;
pub(crate) const TERM: u64 = 100;
pub(crate) const FEE: Permill = Permill::from_percent(3);
/// The least balance of an account.
pub(crate) const MINIMUM: u64 = 25;
/// The score from which on one may borrow.
pub(crate) const LEAST: u32 = 50;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type ExistentialDeposit = ConstU64<MINIMUM>;
}

#[derive_impl(pallet_zkml::config_preludes::TestDefaultConfig)]
impl pallet_zkml::Config for Test {}

frame_support::ord_parameter_types! {
	pub const Admin: u64 = ADMIN;
}

type IsAdmin = frame_system::EnsureSignedBy<Admin, u64>;

impl pallet_attestation::Config for Test {
	type AdminOrigin = IsAdmin;
	type Consideration = ();
	type Signature = TestSignature;
	type Signer = UintAuthorityId;
	type MaxSchemas = ConstU32<1>;
	type MaxAge = ConstU64<1>;
	type MaxRoots = ConstU32<1>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct Helper;
#[cfg(feature = "runtime-benchmarks")]
impl pallet_attestation::BenchmarkHelper<TestSignature, u64> for Helper {
	fn signer() -> (u64, fn(&u64, &[u8]) -> TestSignature) {
		(BANK, |account, message| TestSignature(*account, message.to_vec()))
	}
}

impl pallet_reputation::Config for Test {
	type AdminOrigin = IsAdmin;
	type Verifier = Zkml;
	type Attested = Attestations;
	type Consideration = ();
	type MaxSources = ConstU32<1>;
	type MaxIssuers = ConstU32<1>;
	type MaxLabels = ConstU32<2>;
	type MaxAnchorAge = ConstU64<10>;
	type WeightInfo = ();
}

parameter_types! {
	pub const Hold: RuntimeHoldReason = RuntimeHoldReason::Lending(HoldReason::LineDeposit);
	pub const PotId: PalletId = PalletId(*b"zklendng");
	pub const MaxLine: u64 = MAX_LINE;
	pub const Fee: Permill = FEE;
	pub const CreditArea: AreaId = AreaId(1);
}

impl pallet_lending::Config for Test {
	type BorrowOrigin = EnsureReputation<Test, CreditArea, ConstU32<LEAST>>;
	type AdminOrigin = IsAdmin;
	type Currency = Balances;
	type Consideration =
		HoldConsideration<u64, Balances, Hold, LinearStoragePrice<ConstU64<100>, ConstU64<1>, u64>>;
	type PotId = PotId;
	type MaxLine = MaxLine;
	type Fee = Fee;
	type Term = ConstU64<TERM>;
	type WeightInfo = ();
}

/// The state of block 1, in which Alice, Bob and the poor have a reputation.
pub(crate) fn ext() -> sp_io::TestExternalities {
	let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: ACCOUNTS
				.map(|account| (account, if account == POOR { 50 } else { 1_000_000 }))
				.to_vec(),
			..Default::default()
		},
		..Default::default()
	}
	.build_storage()
	.unwrap()
	.into();
	ext.execute_with(|| {
		System::set_block_number(1);
		frame_system::BlockHash::<Test>::insert(0, H256::repeat_byte(7));
		let model = ModelId([1; 32]);
		pallet_reputation::Areas::<Test>::insert(CreditArea::get(), area(model));
		for account in [ALICE, BOB, POOR] {
			give_reputation(account, 1_000_000);
		}
	});
	ext
}

/// The area in which this model earns all points.
pub(crate) fn area(model: ModelId) -> pallet_reputation::AreaOf<Test> {
	let issuers = vec![BANK].try_into().unwrap();
	let points = Points::Passed(1_000_000);
	let source = Source { model, schema: SchemaId([1; 32]), issuers, points };
	let sources = vec![source].try_into().unwrap();
	Area { half_life: 1_000, floor: 0, ceiling: 1_000_000, sources }
}

/// Lets an account have earned so many points, as if it had proven something.
pub(crate) fn give_reputation(account: u64, points: u32) {
	let contribution = Contribution {
		model: ModelId([1; 32]),
		answer: Answer::Passed,
		points,
		commitment: Commitment([1; 32]),
		since: System::block_number(),
	};
	let contributions = vec![contribution].try_into().unwrap();
	let record = Record { contributions, ticket: () };
	pallet_reputation::Records::<Test>::insert(account, CreditArea::get(), record);
}

/// Runs a test, and then all invariants.
pub(crate) fn run(test: impl FnOnce()) {
	ext().execute_with(|| {
		test();
		check();
	});
}

/// Checks all invariants, that nobody owes more than can be, that what is held of each account is what
/// it put down, and that all money is somewhere.
pub(crate) fn check() {
	Lending::do_try_state().unwrap();
	let most = MAX_LINE + FEE.mul_ceil(MAX_LINE);
	let mut money = Balances::total_balance(&Lending::pot_account());
	for account in ACCOUNTS {
		let line = Lines::<Test>::get(account);
		assert!(line.as_ref().is_none_or(|line| line.total <= most));
		let price = 100 + Lending::line_footprint().size;
		let needed = line.map_or(0, |_| price);
		assert_eq!(Balances::balance_on_hold(&Hold::get(), &account), needed, "held of {account}");
		money += Balances::total_balance(&account);
	}
	assert_eq!(money, 5 * 1_000_000 + 50);
	assert_eq!(Balances::total_issuance(), money);
	let pot = Balances::total_balance(&Lending::pot_account());
	assert!(pot == 0 || pot >= MINIMUM, "the pot is gone");
}
