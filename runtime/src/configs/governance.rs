//! Polls, who votes in them, and the parameters that they and models set.

use alloc::borrow::Cow;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	dynamic_params::{dynamic_pallet_params, dynamic_params},
	parameter_types,
	traits::{
		fungible::HoldConsideration, tokens::currency::ActiveIssuanceOf, ConstU32,
		EnsureOriginWithArg, EqualPrivilegeOnly, Get, LinearStoragePrice,
	},
	weights::Weight,
};
use frame_system::{EnsureRoot, RawOrigin};
use pallet_reputation::{AreaId, EnsureReputation};
use scale_info::TypeInfo;
use sp_runtime::{
	traits::Convert, DispatchError, DispatchResult, FixedPointNumber, Perbill, Permill,
};

use super::{ListBaseDeposit, ReceiptByteDeposit, RuntimeBlockWeights, NORMAL_DISPATCH_RATIO};
use crate::{
	AccountId, Attestation, Balance, Balances, BlockNumber, Lending, OriginCaller, Parameters,
	Preimage, Referenda, Reputation, Runtime, RuntimeCall, RuntimeEvent, RuntimeHoldReason,
	RuntimeOrigin, Scheduler, System, TransactionPayment, Zkml, UNIT,
};

/// The areas of reputation that this runtime asks for. What earns it, governance says.
pub mod areas {
	use super::AreaId;

	/// Of those who propose.
	pub const GOVERNANCE: AreaId = AreaId(1);
	/// Of those who play ranked games.
	pub const GAME: AreaId = AreaId(2);
	/// Of those who borrow.
	pub const CREDIT: AreaId = AreaId(3);
}

/// What governance, or a model that it chose, changes without an upgrade.
#[dynamic_params(RuntimeParameters, pallet_parameters::Parameters::<Runtime>)]
pub mod dynamic {
	use super::*;

	/// The least reputation for something.
	#[dynamic_pallet_params]
	#[codec(index = 0)]
	pub mod standing {
		/// To propose a poll; 0 for anybody.
		#[codec(index = 0)]
		pub static ToPropose: u32 = 0;
		/// To play ranked games; 0 for anybody.
		#[codec(index = 1)]
		pub static ToPlayRanked: u32 = 0;
		/// To borrow.
		#[codec(index = 2)]
		pub static ToBorrow: u32 = 50;
	}

	/// The terms of loans.
	#[dynamic_pallet_params]
	#[codec(index = 1)]
	pub mod lending {
		/// What is repaid on top.
		#[codec(index = 0)]
		pub static Fee: Permill = Permill::from_percent(2);
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl Default for RuntimeParameters {
	fn default() -> Self {
		let parameter =
			dynamic::lending::Parameters::Fee(dynamic::lending::Fee, Some(Permill::one()));
		RuntimeParameters::Lending(parameter)
	}
}

/// The parameters that a model may be bound to.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Movable {
	/// What is repaid on top of a loan, in parts per million.
	#[codec(index = 0)]
	LendingFee,
}

/// Root sets every parameter; a model those that it may be bound to.
pub struct EnsureSetter;

impl EnsureOriginWithArg<RuntimeOrigin, RuntimeParametersKey> for EnsureSetter {
	type Success = ();

	fn try_origin(origin: RuntimeOrigin, key: &RuntimeParametersKey) -> Result<(), RuntimeOrigin> {
		use frame_support::traits::EnsureOrigin;
		type Root = EnsureRoot<AccountId>;
		let root = <Root as EnsureOrigin<RuntimeOrigin>>::try_origin(origin);
		match key {
			RuntimeParametersKey::Lending(dynamic::lending::ParametersKey::Fee(_)) => {
				root.or_else(pallet_governance::EnsureModel::try_origin)
			},
			RuntimeParametersKey::Standing(_) => root,
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin(_: &RuntimeParametersKey) -> Result<RuntimeOrigin, ()> {
		Ok(RuntimeOrigin::root())
	}
}

impl pallet_parameters::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeParameters = RuntimeParameters;
	type AdminOrigin = EnsureSetter;
	type WeightInfo = ();
}

/// The parameters as integers.
pub struct Movables;

impl pallet_governance::BoundParameters<RuntimeOrigin> for Movables {
	type Key = Movable;

	fn get(key: &Movable) -> u128 {
		match key {
			Movable::LendingFee => dynamic::lending::Fee::get().deconstruct().into(),
		}
	}

	fn set(origin: RuntimeOrigin, key: &Movable, value: u128) -> DispatchResult {
		let parameter = match key {
			Movable::LendingFee => {
				let parts = u32::try_from(value).ok().filter(|parts| *parts <= 1_000_000);
				let fee = parts
					.map(Permill::from_parts)
					.ok_or(DispatchError::Arithmetic(sp_runtime::ArithmeticError::Overflow))?;
				let fee = dynamic::lending::Parameters::Fee(dynamic::lending::Fee, Some(fee));
				RuntimeParameters::Lending(fee)
			},
		};
		Parameters::set_parameter(origin, parameter)
	}

	fn weight() -> Weight {
		<() as pallet_parameters::WeightInfo>::set_parameter()
	}
}

/// What this chain measures of itself.
pub struct Measured;

impl pallet_governance::Metrics for Measured {
	fn metric(number: u8) -> Option<u128> {
		Some(match number {
			// How full of transactions this block is so far, in thousandths.
			0 => {
				let normal = frame_support::dispatch::DispatchClass::Normal;
				let used = System::block_weight().get(normal).ref_time();
				let most =
					(NORMAL_DISPATCH_RATIO * RuntimeBlockWeights::get().max_block).ref_time();
				u128::from(used).saturating_mul(1_000) / u128::from(most.max(1))
			},
			// What fees are multiplied with, in thousandths.
			1 => TransactionPayment::next_fee_multiplier().saturating_mul_int(1_000u128),
			// How much of what could be lent is lent, in thousandths.
			2 => {
				let lent = pallet_lending::Outstanding::<Runtime>::get();
				let (_, left) = Lending::pot();
				lent.saturating_mul(1_000) / lent.saturating_add(left).max(1)
			},
			_ => return None,
		})
	}

	fn weight() -> Weight {
		<Runtime as frame_system::Config>::DbWeight::get().reads(3)
	}
}

/// What a proposal would spend of what is not the proposer's, where every call in it is known not to
/// spend more than it says, nor to let anybody else: who may borrow, say, is no small thing to change.
pub struct Asked;

/// How deep calls within calls are looked into.
const DEPTH: u32 = 4;

impl Asked {
	fn of(call: &RuntimeCall, depth: u32) -> Option<Balance> {
		use frame_system::Call as System;
		use pallet_balances::Call as Balances;
		use pallet_lending::Call as Lending;
		use pallet_utility::Call as Utility;
		match call {
			RuntimeCall::System(System::remark { .. } | System::remark_with_event { .. }) => {
				Some(0)
			},
			RuntimeCall::Balances(Balances::force_transfer { value, .. }) => Some(*value),
			RuntimeCall::Lending(Lending::withdraw { amount, .. }) => Some(*amount),
			RuntimeCall::Utility(
				Utility::batch { calls }
				| Utility::batch_all { calls }
				| Utility::force_batch { calls },
			) if depth > 0 => calls
				.iter()
				.try_fold(0, |sum: Balance, call| sum.checked_add(Self::of(call, depth - 1)?)),
			_ => None,
		}
	}
}

impl Convert<RuntimeCall, Option<u128>> for Asked {
	fn convert(call: RuntimeCall) -> Option<u128> {
		Self::of(&call, DEPTH)
	}
}

parameter_types! {
	pub const PreimageHoldReason: RuntimeHoldReason =
		RuntimeHoldReason::Preimage(pallet_preimage::HoldReason::Preimage);
	pub const GovernanceHoldReason: RuntimeHoldReason =
		RuntimeHoldReason::Governance(pallet_governance::HoldReason::StorageDeposit);
	pub MaximumSchedulerWeight: Weight =
		Perbill::from_percent(80) * RuntimeBlockWeights::get().max_block;
	/// A token to propose, so that a list of polls is nobody's prank; it returns unless a poll is
	/// rejected.
	pub const SubmissionDeposit: Balance = UNIT;
	/// A week.
	pub const UndecidingTimeout: BlockNumber = 100_800;
	/// An hour: what a voter carried is carried out before the voter's tokens are free.
	pub const VoteLockingPeriod: BlockNumber = 600;
	/// Half a year.
	pub const HistoryAge: BlockNumber = 2_628_000;
	pub const GovernanceArea: AreaId = areas::GOVERNANCE;
}

impl pallet_preimage::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_preimage::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type ManagerOrigin = EnsureRoot<AccountId>;
	type Consideration = HoldConsideration<
		AccountId,
		Balances,
		PreimageHoldReason,
		LinearStoragePrice<ListBaseDeposit, ReceiptByteDeposit, Balance>,
	>;
}

impl pallet_scheduler::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type MaximumWeight = MaximumSchedulerWeight;
	type ScheduleOrigin = EnsureRoot<AccountId>;
	type MaxScheduledPerBlock = ConstU32<64>;
	type WeightInfo = pallet_scheduler::weights::SubstrateWeight<Runtime>;
	type OriginPrivilegeCmp = EqualPrivilegeOnly;
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

/// One track, of proposals that are carried out as root. Its times are short: a minute until a poll
/// is decided, a week at most to decide, five minutes in which it must stay approved.
pub struct Tracks;

/// The number of the only track.
const ROOT: u16 = 0;

impl pallet_referenda::TracksInfo<Balance, BlockNumber> for Tracks {
	type Id = u16;
	type RuntimeOrigin = OriginCaller;

	fn tracks(
	) -> impl Iterator<Item = Cow<'static, pallet_referenda::Track<u16, Balance, BlockNumber>>> {
		use pallet_referenda::{Curve, Track, TrackInfo};
		const WHOLE: Perbill = Perbill::from_percent(100);
		const HALF: Perbill = Perbill::from_percent(50);
		const fn named(name: &[u8]) -> [u8; 25] {
			let mut bytes = [0; 25];
			let mut at = 0;
			while at < name.len() && at < 25 {
				bytes[at] = name[at];
				at += 1;
			}
			bytes
		}
		static ROOT_TRACK: Track<u16, Balance, BlockNumber> = Track {
			id: ROOT,
			info: TrackInfo {
				name: named(b"root"),
				max_deciding: 10,
				decision_deposit: 10 * UNIT,
				prepare_period: 10,
				decision_period: 100_800,
				confirm_period: 50,
				min_enactment_period: 10,
				min_approval: Curve::LinearDecreasing { length: WHOLE, floor: HALF, ceil: WHOLE },
				min_support: Curve::LinearDecreasing {
					length: WHOLE,
					floor: Perbill::from_percent(1),
					ceil: HALF,
				},
			},
		};
		core::iter::once(Cow::Borrowed(&ROOT_TRACK))
	}

	fn track_for(origin: &OriginCaller) -> Result<u16, ()> {
		match origin {
			OriginCaller::system(RawOrigin::Root) => Ok(ROOT),
			_ => Err(()),
		}
	}
}

/// Who has the reputation that governance asks of those who propose: at first nobody needs any.
pub struct EnsureProposer;

impl EnsureOriginWithArg<RuntimeOrigin, OriginCaller> for EnsureProposer {
	type Success = AccountId;

	fn try_origin(origin: RuntimeOrigin, _: &OriginCaller) -> Result<AccountId, RuntimeOrigin> {
		use frame_support::traits::EnsureOrigin;
		type Reputed = EnsureReputation<Runtime, GovernanceArea, dynamic::standing::ToPropose>;
		Reputed::try_origin(origin)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin(_: &OriginCaller) -> Result<RuntimeOrigin, ()> {
		Ok(RawOrigin::Signed(frame_benchmarking::account("proposer", 0, 0)).into())
	}
}

impl pallet_referenda::Config for Runtime {
	type WeightInfo = pallet_referenda::weights::SubstrateWeight<Runtime>;
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type Scheduler = Scheduler;
	type Currency = Balances;
	type SubmitOrigin = EnsureProposer;
	type CancelOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	type Slash = ();
	type Votes = Balance;
	type Tally = pallet_conviction_voting::TallyOf<Runtime>;
	type SubmissionDeposit = SubmissionDeposit;
	type MaxQueued = ConstU32<100>;
	type UndecidingTimeout = UndecidingTimeout;
	type AlarmInterval = ConstU32<1>;
	type Tracks = Tracks;
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

impl pallet_conviction_voting::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_conviction_voting::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type Polls = Referenda;
	type MaxTurnout = ActiveIssuanceOf<Balances, AccountId>;
	type MaxVotes = ConstU32<128>;
	type VoteLockingPeriod = VoteLockingPeriod;
	type BlockNumberProvider = System;
	type VotingHooks = ();
}

impl pallet_governance::Config for Runtime {
	type AdminOrigin = EnsureRoot<AccountId>;
	type Verifier = Zkml;
	type Attested = Attestation;
	type Reputation = Reputation;
	type Voting = pallet_governance::ConvictionVotes<Runtime>;
	type Asked = Asked;
	type Metrics = Measured;
	type Parameters = Movables;
	type Balances = Balances;
	type HoldReason = RuntimeHoldReason;
	type Consideration = HoldConsideration<
		AccountId,
		Balances,
		GovernanceHoldReason,
		LinearStoragePrice<ListBaseDeposit, ReceiptByteDeposit, Balance>,
	>;
	type MaxFeatures = ConstU32<32>;
	type MaxLabels = ConstU32<32>;
	type MaxChoices = ConstU32<16>;
	type MaxProposal = ConstU32<4_096>;
	type HistoryAge = HistoryAge;
	type WeightInfo = pallet_governance::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benches::Helper;
}
