//! The configuration of every pallet.

mod applications;
pub mod governance;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	derive_impl,
	dispatch::DispatchClass,
	parameter_types,
	traits::{
		fungible::HoldConsideration, ConstBool, ConstU128, ConstU32, ConstU64, ConstU8,
		InstanceFilter, LinearStoragePrice, VariantCountOf,
	},
	weights::{
		constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_SECOND},
		ConstantMultiplier, IdentityFee, Weight,
	},
};
use frame_system::{
	limits::{BlockLength, BlockWeights},
	EnsureRoot, EnsureSigned,
};
use pallet_transaction_payment::{FungibleAdapter, Multiplier, TargetedFeeAdjustment};
use scale_info::TypeInfo;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_runtime::{
	traits::{BlakeTwo256, Bounded, One, Verify},
	FixedPointNumber, Perbill, Perquintill,
};
use sp_version::RuntimeVersion;

use crate::{
	AccountId, Aura, Balance, Balances, Block, BlockNumber, Hash, Nonce, PalletInfo, Runtime,
	RuntimeCall, RuntimeEvent, RuntimeFreezeReason, RuntimeHoldReason, RuntimeOrigin, RuntimeTask,
	Signature, System, TransactionPayment, EXISTENTIAL_DEPOSIT, MICROUNIT, MILLISECS_PER_BLOCK,
	MILLIUNIT, UNIT, VERSION,
};

/// The share of a block that is open to everyone's transactions.
const NORMAL_DISPATCH_RATIO: Perbill = Perbill::from_percent(75);
const MAX_BLOCK_LENGTH: u32 = 5 * 1024 * 1024;

parameter_types! {
	pub const BlockHashCount: BlockNumber = 4_096;
	pub const Version: RuntimeVersion = VERSION;
	/// Two seconds of execution in six seconds: the pace of a Polkadot parachain. Proof size is
	/// not bounded: no collator has to carry the state.
	pub RuntimeBlockWeights: BlockWeights = BlockWeights::with_sensible_defaults(
		Weight::from_parts(2 * WEIGHT_REF_TIME_PER_SECOND, u64::MAX),
		NORMAL_DISPATCH_RATIO,
	);
	pub RuntimeBlockLength: BlockLength = BlockLength::builder()
		.max_length(MAX_BLOCK_LENGTH)
		.modify_max_length_for_class(DispatchClass::Normal, |max| *max = NORMAL_DISPATCH_RATIO * *max)
		.build();
	pub const SS58Prefix: u8 = 42;
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = Block;
	type BlockWeights = RuntimeBlockWeights;
	type BlockLength = RuntimeBlockLength;
	type AccountId = AccountId;
	type Nonce = Nonce;
	type Hash = Hash;
	type BlockHashCount = BlockHashCount;
	/// The node has no other database.
	type DbWeight = ParityDbWeight;
	type Version = Version;
	type AccountData = pallet_balances::AccountData<Balance>;
	type SS58Prefix = SS58Prefix;
	type MaxConsumers = ConstU32<16>;
	type SystemWeightInfo = frame_system::weights::SubstrateWeight<Runtime>;
	type ExtensionsWeightInfo = frame_system::SubstrateExtensionsWeight<Runtime>;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = Aura;
	type MinimumPeriod = ConstU64<{ MILLISECS_PER_BLOCK / 2 }>;
	type WeightInfo = pallet_timestamp::weights::SubstrateWeight<Runtime>;
}

impl pallet_aura::Config for Runtime {
	type AuthorityId = AuraId;
	type DisabledValidators = ();
	type MaxAuthorities = ConstU32<32>;
	type AllowMultipleBlocksPerSlot = ConstBool<false>;
	type SlotDuration = pallet_aura::MinimumPeriodTimesTwo<Runtime>;
}

/// Authorities are those of genesis: there are no sessions, so no ownership of keys to prove and
/// nobody to report an equivocation to.
impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<32>;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = ConstU64<0>;
	type KeyOwnerProof = sp_core::Void;
	type EquivocationReportSystem = ();
}

impl pallet_balances::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
	type Balance = Balance;
	type DustRemoval = ();
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type AccountStore = System;
	type ReserveIdentifier = [u8; 8];
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ConstU32<0>;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type DoneSlashHandler = ();
}

parameter_types! {
	/// A byte costs what a microsecond of execution costs. So a full block's bytes and a full
	/// block's execution are worth about the same (3.9 and 1.5 tokens).
	pub const TransactionByteFee: Balance = MICROUNIT;
	pub const TargetBlockFullness: Perquintill = Perquintill::from_percent(25);
	/// At most about 0.006 % a block: a day of full blocks multiplies fees by two.
	pub AdjustmentVariable: Multiplier = Multiplier::saturating_from_rational(75, 1_000_000);
	pub MinimumMultiplier: Multiplier = Multiplier::one();
	pub MaximumMultiplier: Multiplier = Bounded::max_value();
}

impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type OnChargeTransaction = FungibleAdapter<Balances, ()>;
	/// One picosecond of weight costs 10⁻¹² tokens: a second costs one token, a proof that takes
	/// 10 ms to verify costs 0.01. Fees are burnt.
	type WeightToFee = IdentityFee<Balance>;
	type LengthToFee = ConstantMultiplier<Balance, TransactionByteFee>;
	/// Fees rise while blocks are more than a quarter full, and return to those above, never below.
	type FeeMultiplierUpdate = TargetedFeeAdjustment<
		Runtime,
		TargetBlockFullness,
		AdjustmentVariable,
		MinimumMultiplier,
		MaximumMultiplier,
	>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}

impl pallet_sudo::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type WeightInfo = pallet_sudo::weights::SubstrateWeight<Runtime>;
}

impl pallet_utility::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = crate::OriginCaller;
	type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
	/// An entry of one or two accounts and a few bytes. Receipts and lists of proxies come in
	/// numbers, so they cost less than a model.
	pub const ListBaseDeposit: Balance = 10 * MILLIUNIT;
	pub const ListItemDeposit: Balance = MILLIUNIT;
}

/// What a proxy may do for an account.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum ProxyType {
	/// Everything.
	#[default]
	#[codec(index = 0)]
	Any,
	/// Submit inferences, and nothing else: for a machine that proves for an account whose key is
	/// kept elsewhere.
	#[codec(index = 1)]
	Inference,
}

impl InstanceFilter<RuntimeCall> for ProxyType {
	fn filter(&self, call: &RuntimeCall) -> bool {
		use pallet_zkml::Call;
		match self {
			Self::Any => true,
			Self::Inference => matches!(
				call,
				RuntimeCall::Zkml(Call::submit_inference { .. } | Call::submit_batch { .. })
			),
		}
	}

	fn is_superset(&self, other: &Self) -> bool {
		self == &Self::Any || self == other
	}
}

impl pallet_proxy::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type ProxyType = ProxyType;
	type ProxyDepositBase = ListBaseDeposit;
	type ProxyDepositFactor = ListItemDeposit;
	type MaxProxies = ConstU32<32>;
	type WeightInfo = pallet_proxy::weights::SubstrateWeight<Runtime>;
	type MaxPending = ConstU32<32>;
	type CallHasher = BlakeTwo256;
	type AnnouncementDepositBase = ListBaseDeposit;
	type AnnouncementDepositFactor = ListItemDeposit;
	type BlockNumberProvider = System;
}

impl pallet_multisig::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type DepositBase = ListBaseDeposit;
	type DepositFactor = ListItemDeposit;
	type MaxSignatories = ConstU32<32>;
	type WeightInfo = pallet_multisig::weights::SubstrateWeight<Runtime>;
	type BlockNumberProvider = System;
}

parameter_types! {
	pub const ModelHoldReason: RuntimeHoldReason =
		RuntimeHoldReason::Zkml(pallet_zkml::HoldReason::ModelDeposit);
	pub const ReceiptHoldReason: RuntimeHoldReason =
		RuntimeHoldReason::Zkml(pallet_zkml::HoldReason::ReceiptDeposit);
	/// A model of 1 kB holds two tokens: enough that a full database is nobody's prank.
	pub const ModelBaseDeposit: Balance = UNIT;
	pub const ModelByteDeposit: Balance = MILLIUNIT;
	/// A byte costs the same, an entry less: a receipt of ten logits holds a ninth of a token.
	pub const ReceiptByteDeposit: Balance = MILLIUNIT;
}

impl pallet_zkml::Config for Runtime {
	type RegisterOrigin = EnsureSigned<AccountId>;
	type AdminOrigin = EnsureRoot<AccountId>;
	type Consideration = HoldConsideration<
		AccountId,
		Balances,
		ModelHoldReason,
		LinearStoragePrice<ModelBaseDeposit, ModelByteDeposit, Balance>,
	>;
	type ReceiptConsideration = HoldConsideration<
		AccountId,
		Balances,
		ReceiptHoldReason,
		LinearStoragePrice<ListBaseDeposit, ReceiptByteDeposit, Balance>,
	>;
	type OnInferenceVerified = ();
	type WeightPrice = TransactionPayment;
	type MaxBatch = ConstU32<32>;
	type WeightInfo = pallet_zkml::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
	pub const AttestationHoldReason: RuntimeHoldReason =
		RuntimeHoldReason::Attestation(pallet_attestation::HoldReason::AttestationDeposit);
	/// A day: long enough to claim at leisure, and records can go the day after.
	pub const MaxAttestationAge: BlockNumber = 14_400;
}

impl pallet_attestation::Config for Runtime {
	type AdminOrigin = EnsureRoot<AccountId>;
	type Consideration = HoldConsideration<
		AccountId,
		Balances,
		AttestationHoldReason,
		LinearStoragePrice<ListBaseDeposit, ReceiptByteDeposit, Balance>,
	>;
	type Signature = Signature;
	type Signer = <Signature as Verify>::Signer;
	type MaxSchemas = ConstU32<64>;
	type MaxAge = MaxAttestationAge;
	type MaxRoots = ConstU32<16>;
	type WeightInfo = pallet_attestation::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benches::Signers;
}
