//! A runtime for tests.

use crate::{self as pallet_reputation, *};
use frame_support::{
	assert_ok, derive_impl, parameter_types,
	traits::{
		fungible::{HoldConsideration, InspectHold},
		ConstU32, ConstU64, LinearStoragePrice,
	},
};
use pallet_zkml::fixtures::Prover;
use sp_runtime::{
	testing::{TestSignature, UintAuthorityId, H256},
	BuildStorage, StateVersion,
};
use std::sync::OnceLock;
use zkml_primitives::{
	ClaimedInput, Commitment, Inference, InputVisibility, Interface, Mask, ModelId, Output,
	OutputKind, Packing, Scale, SchemaId, Tensor, WeightsVisibility,
};

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Zkml: pallet_zkml,
		Attestations: pallet_attestation,
		Reputations: pallet_reputation,
	}
);

/// Says how reputations are earned, and who attests; owns the models.
pub(crate) const ADMIN: u64 = 1;
/// Attest.
pub(crate) const BANK: u64 = 2;
pub(crate) const CLINIC: u64 = 3;
/// Have reputations.
pub(crate) const ALICE: u64 = 4;
pub(crate) const BOB: u64 = 5;
/// Has less than any deposit.
pub(crate) const POOR: u64 = 6;

pub(crate) const CREDIT: SchemaId = SchemaId([1; 32]);
pub(crate) const HEALTH: SchemaId = SchemaId([2; 32]);
pub(crate) const VALUES: Commitment = Commitment([3; 32]);
pub(crate) const OTHER: Commitment = Commitment([4; 32]);

/// How old the block may be for which a proof is made; as many as this chain knows.
pub(crate) const MAX_AGE: u64 = 10;
pub(crate) const MAX_SOURCES: u32 = 3;
/// Public signals of the largest model.
pub(crate) const SIGNALS: u32 = 4;

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
		RuntimeHoldReason::Reputations(HoldReason::RecordDeposit);
}

impl pallet_attestation::Config for Test {
	type AdminOrigin = frame_system::EnsureSignedBy<Admin, u64>;
	type Consideration = ();
	type Signature = TestSignature;
	type Signer = UintAuthorityId;
	type MaxSchemas = ConstU32<4>;
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
	type AdminOrigin = frame_system::EnsureSignedBy<Admin, u64>;
	type Verifier = Zkml;
	type Attested = Attestations;
	type Consideration =
		HoldConsideration<u64, Balances, Hold, LinearStoragePrice<ConstU64<10>, ConstU64<1>, u64>>;
	type MaxSources = ConstU32<MAX_SOURCES>;
	type MaxIssuers = ConstU32<2>;
	type MaxLabels = ConstU32<4>;
	type MaxAnchorAge = ConstU64<MAX_AGE>;
	type WeightInfo = ();
}

/// The models, in this order.
pub(crate) const THRESHOLD: usize = 0;
pub(crate) const ARGMAX: usize = 1;
pub(crate) const MASKED: usize = 2;
/// Of three classes, as the two before.
pub(crate) const ANOTHER: usize = 3;
/// As `ARGMAX`, but of a private input.
pub(crate) const PRIVATE: usize = 4;
/// Of committed inputs, with answers that are worth nothing.
pub(crate) const LOGITS: usize = 5;

/// A model that proves whatever it is asked to, and its id where `ADMIN` registers it.
pub(crate) struct Known {
	pub(crate) prover: Prover,
	pub(crate) id: ModelId,
}

/// The nodes of a state's trie, by their hashes.
type Nodes = Vec<(Vec<u8>, (Vec<u8>, i32))>;

/// The models, and the state of block 1 in which they are registered.
struct Base {
	known: Vec<Known>,
	storage: (Nodes, H256),
}

fn base() -> &'static Base {
	static BASE: OnceLock<Base> = OnceLock::new();
	BASE.get_or_init(|| {
		let packing = Packing { width: 8, count: 1, offset: 0 };
		let score = Tensor { packing, scale: Scale::power_of_two(0) };
		let committed = InputVisibility::Committed { schema: CREDIT };
		let interfaces = [
			(committed, OutputKind::Threshold { score, tau: 9 }),
			(committed, OutputKind::Argmax { classes: 3 }),
			(committed, OutputKind::MaskedArgmax { classes: 3 }),
			(committed, OutputKind::Argmax { classes: 3 }),
			(InputVisibility::Private, OutputKind::Argmax { classes: 3 }),
			(committed, OutputKind::Logits(score)),
		];
		let mut ext = genesis();
		let known = ext.execute_with(|| {
			let known = (0..).zip(interfaces).map(|(seed, (input, output))| {
				let interface = Interface { input, weights: WeightsVisibility::Public, output };
				let prover = Prover::new(seed, interface);
				let id = prover.register::<Test>(&ADMIN).unwrap();
				Known { prover, id }
			});
			known.collect()
		});
		ext.commit_all().unwrap();
		Base { known, storage: ext.into_raw_snapshot() }
	})
}

/// One of the models.
pub(crate) fn known(index: usize) -> &'static Known {
	&base().known[index]
}

/// The id of one of the models.
pub(crate) fn model(index: usize) -> ModelId {
	known(index).id
}

/// What a model answers: this label where it answers one.
pub(crate) fn inference(index: usize, label: u32, commitment: Commitment) -> Inference {
	let output = match index {
		THRESHOLD => Output::Passed,
		MASKED => Output::MaskedLabel { label, mask: mask([true; 3]) },
		_ => Output::Label(label),
	};
	Inference { output, input: ClaimedInput::Committed(commitment) }
}

pub(crate) fn mask(allowed: [bool; 3]) -> Mask {
	Mask::new(allowed.into_iter()).unwrap()
}

/// The hash of a block.
pub(crate) fn hash(block: u64) -> H256 {
	H256::from_low_u64_be(block.wrapping_add(1_000))
}

/// Goes to a block, and knows the hashes of those before, as many as the chain remembers.
pub(crate) fn go_to(block: u64) {
	for before in System::block_number().saturating_sub(MAX_AGE)..block {
		let known = before + MAX_AGE >= block || before == 0;
		match known {
			true => frame_system::BlockHash::<Test>::insert(before, hash(before)),
			false => frame_system::BlockHash::<Test>::remove(before),
		}
	}
	System::set_block_number(block);
}

/// The state of block 1, without models.
fn genesis() -> sp_io::TestExternalities {
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
		go_to(1);
		for issuer in [BANK, CLINIC] {
			let schemas = vec![CREDIT].try_into().unwrap();
			let admin = RuntimeOrigin::signed(ADMIN);
			assert_ok!(Attestations::set_issuer(admin, issuer, schemas));
		}
	});
	ext
}

/// The state of block 1.
pub(crate) fn ext() -> sp_io::TestExternalities {
	let (raw, root) = base().storage.clone();
	sp_io::TestExternalities::from_raw_snapshot(raw, root, StateVersion::V1)
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
	Reputations::do_try_state().unwrap();
	let price = 10 + Reputations::record_footprint().size;
	for account in [ADMIN, BANK, CLINIC, ALICE, BOB, POOR] {
		let records = Records::<Test>::iter_prefix(account).count() as u64;
		let held = Balances::balance_on_hold(&Hold::get(), &account);
		assert_eq!(held, records * price, "held of {account}");
	}
}
