//! The game, reputation, and the loans that it opens.

use frame_support::{
	parameter_types,
	traits::{fungible::HoldConsideration, ConstU128, ConstU32, LinearStoragePrice},
	PalletId,
};
use frame_system::EnsureRoot;
use pallet_reputation::{AreaId, EnsureReputation};

use super::{
	governance::{areas, dynamic},
	ListBaseDeposit, ReceiptByteDeposit,
};
use crate::{
	AccountId, Attestation, Balance, Balances, BlockNumber, Runtime, RuntimeHoldReason, Zkml, UNIT,
};

parameter_types! {
	pub const RecordHoldReason: RuntimeHoldReason =
		RuntimeHoldReason::Reputation(pallet_reputation::HoldReason::RecordDeposit);
	pub const LineHoldReason: RuntimeHoldReason =
		RuntimeHoldReason::Lending(pallet_lending::HoldReason::LineDeposit);
	pub const GameHoldReason: RuntimeHoldReason =
		RuntimeHoldReason::Npc(pallet_npc::HoldReason::Deposit);
	/// An hour.
	pub const MaxAnchorAge: BlockNumber = 600;
	/// Ten minutes for a move.
	pub const TurnBlocks: BlockNumber = 100;
	/// A month.
	pub const Term: BlockNumber = 432_000;
	pub const PotId: PalletId = PalletId(*b"zk/loans");
	pub const GameArea: AreaId = areas::GAME;
	pub const CreditArea: AreaId = areas::CREDIT;
}

/// What an entry costs while it is there.
type Deposit<Reason> = HoldConsideration<
	AccountId,
	Balances,
	Reason,
	LinearStoragePrice<ListBaseDeposit, ReceiptByteDeposit, Balance>,
>;

impl pallet_reputation::Config for Runtime {
	type AdminOrigin = EnsureRoot<AccountId>;
	type Verifier = Zkml;
	type Attested = Attestation;
	type Consideration = Deposit<RecordHoldReason>;
	type MaxSources = ConstU32<8>;
	type MaxIssuers = ConstU32<8>;
	type MaxLabels = ConstU32<32>;
	type MaxAnchorAge = MaxAnchorAge;
	type WeightInfo = pallet_reputation::weights::SubstrateWeight<Runtime>;
}

impl pallet_lending::Config for Runtime {
	type BorrowOrigin = EnsureReputation<Runtime, CreditArea, dynamic::standing::ToBorrow>;
	type AdminOrigin = EnsureRoot<AccountId>;
	type Currency = Balances;
	type Consideration = Deposit<LineHoldReason>;
	type PotId = PotId;
	type MaxLine = ConstU128<{ 100 * UNIT }>;
	type Fee = dynamic::lending::Fee;
	type Term = Term;
	type WeightInfo = pallet_lending::weights::SubstrateWeight<Runtime>;
}

impl pallet_npc::Config for Runtime {
	type AdminOrigin = EnsureRoot<AccountId>;
	type RankedOrigin = EnsureReputation<Runtime, GameArea, dynamic::standing::ToPlayRanked>;
	type Verifier = Zkml;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Consideration = Deposit<GameHoldReason>;
	type TurnBlocks = TurnBlocks;
	type MaxGames = ConstU32<64>;
	type MaxGamesPerPlayer = ConstU32<16>;
	type WeightInfo = pallet_npc::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = pallet_npc::RegisterModel<Runtime>;
}
