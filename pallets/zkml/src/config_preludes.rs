//! Configurations to start from.

use crate::pallet::DefaultConfig;
use frame_support::{derive_impl, pallet_prelude::inject_runtime_type, traits::ConstU32};

/// For tests, on top of [`frame_system::config_preludes::TestDefaultConfig`]: anybody registers,
/// root administrates, nothing costs anything and nobody listens.
pub struct TestDefaultConfig;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig, no_aggregated_types)]
impl frame_system::DefaultConfig for TestDefaultConfig {}

#[frame_support::register_default_impl(TestDefaultConfig)]
impl DefaultConfig for TestDefaultConfig {
	type RegisterOrigin =
		frame_system::EnsureSigned<<Self as frame_system::DefaultConfig>::AccountId>;
	type AdminOrigin = frame_system::EnsureRoot<<Self as frame_system::DefaultConfig>::AccountId>;
	type Consideration = ();
	type ReceiptConsideration = ();
	type OnInferenceVerified = ();
	type WeightPrice = ();
	// The largest that fits into a block of one second, as `frame_system`'s own prelude has it.
	type MaxBatch = ConstU32<16>;
	type WeightInfo = ();
}
