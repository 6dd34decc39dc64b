//! A runtime for tests.

use crate::{self as pallet_governance, EnsureModel, HoldReason, Metrics};
use frame_support::{
	derive_impl,
	dynamic_params::{dynamic_pallet_params, dynamic_params},
	parameter_types,
	traits::{
		fungible::HoldConsideration, ConstU32, ConstU64, EitherOf, EnsureOriginWithArg,
		EqualPrivilegeOnly, Get, LinearStoragePrice, OriginTrait, TotalIssuanceOf,
	},
	weights::Weight,
};
use frame_system::{EnsureRoot, EnsureSigned};
use pallet_referenda::{Curve, Track, TrackInfo, TracksInfo};
use pallet_reputation::{AreaId, Reputation};
use sp_runtime::{
	testing::{TestSignature, UintAuthorityId, H256},
	traits::Convert,
	BuildStorage, DispatchResult, Perbill,
};
use std::borrow::Cow;

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Preimage: pallet_preimage,
		Scheduler: pallet_scheduler,
		Referenda: pallet_referenda,
		Voting: pallet_conviction_voting,
		Parameters: pallet_parameters,
		Zkml: pallet_zkml,
		Attestations: pallet_attestation,
		Governance: pallet_governance,
	}
);

/// Proposes.
pub(crate) const ALICE: u64 = 1;
/// Registers and proves.
pub(crate) const BOB: u64 = 2;
/// Holds and delegates.
pub(crate) const CAROL: u64 = 3;
pub(crate) const DAVE: u64 = 4;
/// Keeps the tree of voters.
pub(crate) const ISSUER: u64 = 5;
/// Has less than any deposit.
pub(crate) const POOR: u64 = 6;
pub(crate) const ALL: [u64; 6] = [ALICE, BOB, CAROL, DAVE, ISSUER, POOR];

pub(crate) const GENESIS: H256 = H256([7; 32]);
/// On how many polls of a class an account can have votes.
pub(crate) const MAX_VOTES: u32 = 3;
pub(crate) const DECISION_PERIOD: u64 = 20;
pub(crate) const HISTORY_AGE: u64 = 50;
pub(crate) const ENDOWMENT: u64 = 10_000_000;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

impl pallet_preimage::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type Currency = Balances;
	type ManagerOrigin = EnsureRoot<u64>;
	type Consideration = ();
}

parameter_types! {
	pub MaximumWeight: Weight = Weight::from_parts(1_000_000_000_000, u64::MAX);
}

impl pallet_scheduler::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type MaximumWeight = MaximumWeight;
	type ScheduleOrigin = EnsureRoot<u64>;
	type MaxScheduledPerBlock = ConstU32<500>;
	type WeightInfo = ();
	type OriginPrivilegeCmp = EqualPrivilegeOnly;
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

fn curve(floor: u32, ceil: u32) -> Curve {
	let percent = Perbill::from_percent;
	Curve::LinearDecreasing { length: percent(100), floor: percent(floor), ceil: percent(ceil) }
}

/// Two tracks: of root, and of anybody.
pub struct Tracks;
impl TracksInfo<u64, u64> for Tracks {
	type Id = u16;
	type RuntimeOrigin = <RuntimeOrigin as OriginTrait>::PalletsOrigin;

	fn tracks() -> impl Iterator<Item = Cow<'static, Track<u16, u64, u64>>> {
		[3u16, 8].into_iter().map(|id| {
			let mut name = [0; 25];
			name[..4].copy_from_slice(b"some");
			Cow::Owned(Track {
				id,
				info: TrackInfo {
					name,
					max_deciding: 200,
					decision_deposit: 10,
					prepare_period: 1,
					decision_period: DECISION_PERIOD,
					confirm_period: 1,
					min_enactment_period: 1,
					min_approval: curve(50, 100),
					min_support: curve(0, 50),
				},
			})
		})
	}

	fn track_for(origin: &Self::RuntimeOrigin) -> Result<u16, ()> {
		match frame_system::RawOrigin::try_from(origin.clone()) {
			Ok(frame_system::RawOrigin::Root) => Ok(3),
			Ok(frame_system::RawOrigin::Signed(_)) => Ok(8),
			_ => Err(()),
		}
	}
}

impl pallet_referenda::Config for Test {
	type WeightInfo = ();
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type Scheduler = Scheduler;
	type Currency = Balances;
	type SubmitOrigin = frame_support::traits::AsEnsureOriginWithArg<EnsureSigned<u64>>;
	type CancelOrigin = EnsureRoot<u64>;
	type KillOrigin = EnsureRoot<u64>;
	type Slash = ();
	type Votes = u64;
	type Tally = pallet_conviction_voting::TallyOf<Test>;
	type SubmissionDeposit = ConstU64<2>;
	type MaxQueued = ConstU32<100>;
	type UndecidingTimeout = ConstU64<30>;
	type AlarmInterval = ConstU64<1>;
	type Tracks = Tracks;
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

impl pallet_conviction_voting::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type Currency = Balances;
	type Polls = Referenda;
	type MaxTurnout = TotalIssuanceOf<Balances, u64>;
	type MaxVotes = ConstU32<MAX_VOTES>;
	type VoteLockingPeriod = ConstU64<3>;
	type BlockNumberProvider = System;
	type VotingHooks = ();
}

#[dynamic_params(RuntimeParameters, pallet_parameters::Parameters::<Test>)]
pub(crate) mod dynamic {
	use super::*;

	#[dynamic_pallet_params]
	#[codec(index = 0)]
	pub mod prices {
		#[codec(index = 0)]
		pub static Bread: u64 = 100;
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl Default for RuntimeParameters {
	fn default() -> Self {
		RuntimeParameters::Prices(dynamic::prices::Parameters::Bread(
			dynamic::prices::Bread,
			Some(1),
		))
	}
}

/// Root, or a model.
pub struct EnsureSetter;
impl EnsureOriginWithArg<RuntimeOrigin, RuntimeParametersKey> for EnsureSetter {
	type Success = ();

	fn try_origin(origin: RuntimeOrigin, _: &RuntimeParametersKey) -> Result<(), RuntimeOrigin> {
		use frame_support::traits::EnsureOrigin;
		EitherOf::<EnsureRoot<u64>, EnsureModel>::try_origin(origin)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin(_: &RuntimeParametersKey) -> Result<RuntimeOrigin, ()> {
		Ok(RuntimeOrigin::root())
	}
}

#[derive_impl(pallet_parameters::config_preludes::TestDefaultConfig)]
impl pallet_parameters::Config for Test {
	type RuntimeParameters = RuntimeParameters;
	type AdminOrigin = EnsureSetter;
}

/// The price of bread, by any number.
pub struct Prices;
impl crate::BoundParameters<RuntimeOrigin> for Prices {
	type Key = u8;

	fn get(_: &u8) -> u128 {
		dynamic::prices::Bread::get().into()
	}

	fn set(origin: RuntimeOrigin, _: &u8, value: u128) -> DispatchResult {
		let value = u64::try_from(value).map_err(|_| "more than a price can be")?;
		let parameter = dynamic::prices::Parameters::Bread(dynamic::prices::Bread, Some(value));
		Parameters::set_parameter(origin, RuntimeParameters::Prices(parameter))
	}

	fn weight() -> Weight {
		Weight::from_parts(1, 0)
	}
}

#[derive_impl(pallet_zkml::config_preludes::TestDefaultConfig)]
impl pallet_zkml::Config for Test {}

impl pallet_attestation::Config for Test {
	type AdminOrigin = EnsureRoot<u64>;
	type Consideration = ();
	type Signature = TestSignature;
	type Signer = UintAuthorityId;
	type MaxSchemas = ConstU32<4>;
	type MaxAge = ConstU64<10>;
	type MaxRoots = ConstU32<3>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct Helper;
#[cfg(feature = "runtime-benchmarks")]
impl pallet_attestation::BenchmarkHelper<TestSignature, u64> for Helper {
	fn signer() -> (u64, fn(&u64, &[u8]) -> TestSignature) {
		(ISSUER, |account, message| TestSignature(*account, message.to_vec()))
	}
}
#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<Test> for Helper {
	fn register(interface: zkml_primitives::Interface) -> zkml_primitives::ModelId {
		pallet_zkml::fixtures::Prover::new(1, interface).register::<Test>(&BOB).unwrap()
	}
	fn key() -> u8 {
		0
	}
	fn post_root(schema: zkml_primitives::SchemaId, root: zkml_primitives::Commitment) -> u64 {
		let schemas = vec![schema].try_into().unwrap();
		Attestations::set_issuer(RuntimeOrigin::root(), ISSUER, schemas).unwrap();
		Attestations::post_root(RuntimeOrigin::signed(ISSUER), schema, root).unwrap();
		ISSUER
	}
	fn call() -> RuntimeCall {
		RuntimeCall::System(frame_system::Call::remark { remark: vec![0; 900] })
	}
}

/// Ten times an account's number, plus the area's.
pub struct Scores;
impl Reputation<u64> for Scores {
	fn score(who: &u64, area: AreaId) -> u32 {
		*who as u32 * 10 + area.0
	}

	fn weight() -> Weight {
		Weight::from_parts(10, 0)
	}
}

/// The first is the number of the block.
pub struct Measured;
impl Metrics for Measured {
	fn metric(number: u8) -> Option<u128> {
		(number == 0).then(|| System::block_number().into())
	}

	fn weight() -> Weight {
		Weight::from_parts(10, 0)
	}
}

/// What transfers move.
pub struct Asked;
impl Convert<RuntimeCall, Option<u128>> for Asked {
	fn convert(call: RuntimeCall) -> Option<u128> {
		match call {
			RuntimeCall::Balances(pallet_balances::Call::force_transfer { value, .. }) => {
				Some(value.into())
			},
			RuntimeCall::System(frame_system::Call::remark { .. }) | RuntimeCall::Scheduler(_) => {
				Some(0)
			},
			_ => None,
		}
	}
}

parameter_types! {
	pub const Deposit: RuntimeHoldReason =
		RuntimeHoldReason::Governance(HoldReason::StorageDeposit);
}

impl pallet_governance::Config for Test {
	type AdminOrigin = EnsureRoot<u64>;
	type Verifier = Zkml;
	type Attested = Attestations;
	type Reputation = Scores;
	type Voting = crate::ConvictionVotes<Test>;
	type Asked = Asked;
	type Metrics = Measured;
	type Parameters = Prices;
	type Balances = Balances;
	type HoldReason = RuntimeHoldReason;
	type Consideration = HoldConsideration<
		u64,
		Balances,
		Deposit,
		LinearStoragePrice<ConstU64<10>, ConstU64<1>, u64>,
	>;
	type MaxFeatures = ConstU32<8>;
	type MaxLabels = ConstU32<4>;
	type MaxChoices = ConstU32<4>;
	type MaxProposal = ConstU32<1_000>;
	type HistoryAge = ConstU64<HISTORY_AGE>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

/// The state of block 1.
pub(crate) fn ext() -> sp_io::TestExternalities {
	let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: ALL
				.map(|account| (account, if account == POOR { 50 } else { ENDOWMENT }))
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

/// Lets blocks pass, with what is scheduled in them.
pub(crate) fn pass(blocks: u64) {
	System::run_to_block::<AllPalletsWithSystem>(System::block_number() + blocks);
}

/// Checks all invariants, and that what is held of each account is what it put down.
pub(crate) fn check() {
	use crate::Subject;
	use frame_support::traits::{fungible::InspectHold, Footprint};
	Governance::do_try_state().unwrap();
	let price = |footprint: Footprint| 10 + footprint.size;
	let size = |stored: usize| price(Footprint { count: 1, size: stored as u64 });
	for account in ALL {
		use crate::pallet::*;
		use codec::MaxEncodedLen;
		let own = Delegates::<Test>::iter().filter(|(_, found)| found.registrant == account);
		let mut needed = own.count() as u64 * size(DelegateOf::<Test>::max_encoded_len());
		let own = Snapshots::<Test>::iter().filter(|(_, found)| found.depositor == account);
		let snapshot = <(Subject<u8>, SnapshotOf<Test>)>::max_encoded_len();
		needed += own.count() as u64 * size(snapshot);
		let own = Polls::<Test>::iter().filter(|(_, found)| found.depositor == account);
		needed += own.count() as u64 * size(PollOf::<Test>::max_encoded_len());
		let own = Histories::<Test>::iter().filter(|(_, found)| found.depositor == account);
		needed += own.count() as u64 * size(<(u64, HistoryOf<Test>)>::max_encoded_len());
		let own = Reports::<Test>::iter().filter(|((by, _, _), _)| *by == account);
		needed += own.count() as u64 * price(Governance::report_footprint());
		let own = Ballots::<Test>::iter().filter(|(_, found)| found.opener == account);
		let votes = |votes| price(Governance::ballot_footprint(votes));
		needed += own.map(|(_, found)| votes(found.terms.max_votes)).sum::<u64>();
		assert_eq!(Balances::balance_on_hold(&Deposit::get(), &account), needed, "of {account}");
	}
}
