//! The runtime of a chain that verifies machine-learning inferences: accounts and fees, Aura and
//! GRANDPA, and every pallet of this project.
//!
//! - [`configs`]: what each pallet is configured with, and why.
//! - [`apis`]: what a node asks of the runtime.
//! - [`genesis_config_presets`]: the chains that a node can start without a specification file.
#![cfg_attr(not(feature = "std"), no_std)]
// The macros below make public items out of nothing that a comment could stand above.
#![allow(missing_docs)]

extern crate alloc;

pub mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benches;
pub mod configs;
pub mod genesis_config_presets;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use sp_runtime::{
	generic, impl_opaque_keys,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};
use sp_version::{runtime_version, RuntimeVersion};

// `WASM_BINARY`: this runtime as Wasm, or `None` where `SKIP_WASM_BUILD` was set.
#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

/// A signature of a transaction: sr25519, ed25519 or ECDSA.
pub type Signature = MultiSignature;
/// An account, by its public key.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// How transactions name an account.
pub type Address = MultiAddress<AccountId, ()>;
/// An amount of the native token, in units of 10⁻¹² tokens.
pub type Balance = u128;
/// The number of a block.
pub type BlockNumber = u32;
/// A hash of the chain.
pub type Hash = sp_core::H256;
/// How many transactions an account has sent.
pub type Nonce = u32;
/// A block's header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block with decoded transactions.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// A block whose transactions are bytes. What the node handles: it has no use for their meaning.
pub type OpaqueBlock = generic::Block<Header, sp_runtime::OpaqueExtrinsic>;
/// A transaction as it travels.
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
/// What a transaction's signature covers.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;

/// What every transaction passes before and after its call. Part of the transaction format: a
/// change here needs a new `transaction_version`.
pub type TxExtension = (
	frame_system::AuthorizeCall<Runtime>,
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
	frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);

/// Executes blocks: dispatches calls and runs hooks, in the order of the pallets' indices.
pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
	Migrations,
>;

/// What an upgrade from an earlier release of this runtime has to do.
pub type Migrations =
	(pallet_zkml::migrations::V1ToV2<Runtime>, pallet_zkml::migrations::V2ToV3<Runtime>);

impl_opaque_keys! {
	/// The keys of one validator.
	pub struct SessionKeys {
		/// Signs the blocks it authors.
		pub aura: Aura,
		/// Signs its votes on finality.
		pub grandpa: Grandpa,
	}
}

/// Which runtime this is. `spec_version` grows with every release that changes behaviour.
#[runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: alloc::borrow::Cow::Borrowed("zkml"),
	impl_name: alloc::borrow::Cow::Borrowed("zkml-node"),
	authoring_version: 1,
	spec_version: 105,
	impl_version: 1,
	apis: apis::RUNTIME_API_VERSIONS,
	transaction_version: 4,
	system_version: 1,
};

/// Time between blocks, and the length of an Aura slot, in milliseconds. Fixed at genesis.
pub const MILLISECS_PER_BLOCK: u64 = 6_000;

/// One token.
pub const UNIT: Balance = 1_000_000_000_000;
/// A thousandth of a token.
pub const MILLIUNIT: Balance = UNIT / 1_000;
/// A millionth of a token.
pub const MICROUNIT: Balance = UNIT / 1_000_000;
/// What an account must hold to exist.
pub const EXISTENTIAL_DEPOSIT: Balance = MILLIUNIT;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;

	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;

	#[runtime::pallet_index(2)]
	pub type Aura = pallet_aura;

	#[runtime::pallet_index(3)]
	pub type Grandpa = pallet_grandpa;

	#[runtime::pallet_index(4)]
	pub type Balances = pallet_balances;

	#[runtime::pallet_index(5)]
	pub type TransactionPayment = pallet_transaction_payment;

	#[runtime::pallet_index(6)]
	pub type Sudo = pallet_sudo;

	#[runtime::pallet_index(7)]
	pub type Utility = pallet_utility;

	#[runtime::pallet_index(8)]
	pub type Proxy = pallet_proxy;

	#[runtime::pallet_index(9)]
	pub type Multisig = pallet_multisig;

	#[runtime::pallet_index(20)]
	pub type Preimage = pallet_preimage;

	#[runtime::pallet_index(21)]
	pub type Scheduler = pallet_scheduler;

	#[runtime::pallet_index(22)]
	pub type Referenda = pallet_referenda;

	#[runtime::pallet_index(23)]
	pub type ConvictionVoting = pallet_conviction_voting;

	#[runtime::pallet_index(24)]
	pub type Parameters = pallet_parameters;

	// Part of the format of transactions, and of the reasons for which funds are held.
	#[runtime::pallet_index(50)]
	pub type Zkml = pallet_zkml;

	#[runtime::pallet_index(51)]
	pub type Attestation = pallet_attestation;

	#[runtime::pallet_index(52)]
	pub type Governance = pallet_governance;

	#[runtime::pallet_index(53)]
	pub type Npc = pallet_npc;

	#[runtime::pallet_index(54)]
	pub type Reputation = pallet_reputation;

	#[runtime::pallet_index(55)]
	pub type Lending = pallet_lending;
}
