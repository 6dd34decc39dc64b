//! A runtime for tests.

use crate::{self as pallet_npc, Games, HoldReason, Opponents, Ratings};
use frame_support::{
	derive_impl, ord_parameter_types, parameter_types,
	traits::{
		fungible::{HoldConsideration, InspectHold},
		ConstU32, ConstU64, LinearStoragePrice,
	},
};
use sp_runtime::{testing::H256, BuildStorage};

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Zkml: pallet_zkml,
		Npc: pallet_npc,
	}
);

/// Admits opponents to ranked games.
pub(crate) const ADMIN: u64 = 1;
/// Hosts opponents.
pub(crate) const HOST: u64 = 2;
/// Play, also ranked games.
pub(crate) const ALICE: u64 = 3;
pub(crate) const BOB: u64 = 4;
/// Proves moves.
pub(crate) const KEEPER: u64 = 5;
/// Has less than any deposit.
pub(crate) const POOR: u64 = 6;

pub(crate) const RICH: u64 = 1_000_000;
pub(crate) const GENESIS: H256 = H256([7; 32]);
/// How many blocks there are for a move.
pub(crate) const TURN_BLOCKS: u64 = 10;
pub(crate) const MAX_GAMES: u32 = 4;
pub(crate) const MAX_GAMES_PER_PLAYER: u32 = 3;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u64>;
}

parameter_types! {
	pub static ExistentialDeposit: u64 = 10;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type ExistentialDeposit = ExistentialDeposit;
}

#[derive_impl(pallet_zkml::config_preludes::TestDefaultConfig)]
impl pallet_zkml::Config for Test {}

ord_parameter_types! {
	pub const Admin: u64 = ADMIN;
}

parameter_types! {
	pub const Hold: RuntimeHoldReason = RuntimeHoldReason::Npc(HoldReason::Deposit);
}

/// Who plays ranked games.
pub struct People;
impl frame_support::traits::SortedMembers<u64> for People {
	fn sorted_members() -> Vec<u64> {
		vec![HOST, ALICE, BOB]
	}
}

impl pallet_npc::Config for Test {
	type AdminOrigin = frame_system::EnsureSignedBy<Admin, u64>;
	type RankedOrigin = frame_system::EnsureSignedBy<People, u64>;
	type Verifier = Zkml;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Consideration =
		HoldConsideration<u64, Balances, Hold, LinearStoragePrice<ConstU64<10>, ConstU64<1>, u64>>;
	type TurnBlocks = ConstU64<TURN_BLOCKS>;
	type MaxGames = ConstU32<MAX_GAMES>;
	type MaxGamesPerPlayer = ConstU32<MAX_GAMES_PER_PLAYER>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::RegisterModel<Test>;
}

/// The state of block 1.
pub(crate) fn ext() -> sp_io::TestExternalities {
	ExistentialDeposit::set(10);
	let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: [ADMIN, HOST, ALICE, BOB, KEEPER]
				.map(|account| (account, RICH))
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

/// Checks all invariants, and that of each account is on hold what it put down, and no more.
pub(crate) fn check() {
	Npc::do_try_state().unwrap();
	for account in [ADMIN, HOST, ALICE, BOB, KEEPER, POOR] {
		let (mut deposits, mut stakes, mut fees) = (0, 0, 0);
		for (_, opponent) in Opponents::<Test>::iter().filter(|(_, found)| found.host == account) {
			deposits += 10 + Npc::opponent_footprint().size;
			stakes += opponent
				.games
				.iter()
				.map(|game| Games::<Test>::get(game).unwrap().stake)
				.sum::<u64>();
		}
		for (_, game) in Games::<Test>::iter().filter(|(_, found)| found.player == account) {
			deposits += 10 + Npc::game_footprint().size;
			stakes += game.stake;
			fees += game.unspent();
		}
		if Ratings::<Test>::contains_key(account) {
			deposits += 10 + Npc::rating_footprint().size;
		}
		assert_eq!(on_hold(account), (deposits, stakes, fees), "of {account}");
	}
}

/// What is on hold of an account: deposits, stakes and fees.
pub(crate) fn on_hold(account: u64) -> (u64, u64, u64) {
	let held = |reason: HoldReason| Balances::balance_on_hold(&reason.into(), &account);
	(held(HoldReason::Deposit), held(HoldReason::Stake), held(HoldReason::Fees))
}
