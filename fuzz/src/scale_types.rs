//! SCALE: what can be decoded encodes to the same bytes, and no short input takes much memory.

use crate::{memory, runtime, Input};
use codec::{Decode, DecodeWithMemLimit, DecodeWithMemTracking, Encode, MaxEncodedLen};
use std::fmt::Debug;
use zkml_primitives as primitives;

/// What any decoding may take, and for each byte of input.
const ALLOWED: usize = 64 * 1024;
/// Largest for vectors of vectors: 24 bytes in memory for one byte, tripled while a vector grows.
const ALLOWED_PER_BYTE: usize = 128;

type Check = fn(&[u8]);
type Deposit = ();

/// One check per type. Their order is that of the first byte of an input: append, never reorder.
pub const TYPES: [Check; 45] = [
	tracked::<runtime::RuntimeCall>,
	tracked::<pallet_zkml::Call<runtime::Runtime>>,
	bounded::<primitives::Context>,
	bounded::<primitives::Output>,
	bounded::<primitives::Values>,
	bounded::<primitives::Inference>,
	bounded::<primitives::Tensor>,
	bounded::<primitives::InputVisibility>,
	bounded::<primitives::WeightsVisibility>,
	bounded::<primitives::OutputKind>,
	bounded::<primitives::Interface>,
	bounded::<primitives::Proof>,
	bounded::<primitives::VerifyingKey>,
	bounded::<primitives::ModelId>,
	bounded::<primitives::Scheme>,
	bounded::<primitives::Semantics>,
	bounded::<primitives::Setup>,
	bounded::<primitives::Metadata>,
	bounded::<primitives::Terms>,
	tracked::<primitives::Submission<u64>>,
	bounded::<primitives::Packing>,
	bounded::<primitives::Scale>,
	plain::<pallet_zkml::Model<u64>>,
	plain::<pallet_zkml::Registration<u64, u64, Deposit>>,
	plain::<pallet_zkml::Receipt<u64, Deposit>>,
	bounded::<pallet_zkml::Tombstone<u64>>,
	bounded::<pallet_zkml::Policy>,
	bounded::<pallet_zkml::Lifecycle<u64>>,
	bounded::<pallet_zkml::Suspension>,
	bounded::<pallet_zkml::Authority>,
	bounded::<pallet_zkml::Status<u64>>,
	plain::<pallet_zkml::NextContext<u64>>,
	plain::<pallet_zkml::ModelInfo<u64, u64>>,
	tracked::<pallet_zkml::Event<runtime::Runtime>>,
	bounded::<pallet_zkml::VerifyError>,
	plain::<pallet_zkml::runtime_api::Accepted>,
	plain::<pallet_zkml::runtime_api::Refused>,
	bounded::<pallet_zkml::HoldReason>,
	plain::<pallet_zkml::Error<runtime::Runtime>>,
	plain::<Vec<primitives::Submission<u64>>>,
	bounded::<primitives::ClaimedInput>,
	bounded::<primitives::Commitment>,
	bounded::<primitives::Mask>,
	bounded::<primitives::SchemaId>,
	bounded::<primitives::Membership>,
];

/// The first byte says as what the rest is decoded.
pub fn run(data: &[u8]) {
	let input = &mut Input::new(data);
	let check = input.choose(&TYPES);
	check(input.rest());
}

fn plain<T: Decode + Encode + Debug>(bytes: &[u8]) {
	let mut rest = bytes;
	let (decoded, peak) = memory::peak(|| T::decode(&mut rest));
	let most = ALLOWED + ALLOWED_PER_BYTE * bytes.len();
	assert!(peak <= most, "{peak} bytes to decode {}", bytes.len());
	let read = &bytes[..bytes.len() - rest.len()];
	if let Ok(value) = decoded {
		assert_eq!(value.encode(), read, "another encoding of {value:?}");
		assert_eq!(value.encoded_size(), read.len());
		// What clients and the chain print.
		let _ = format!("{value:?}");
	}
}

/// A type that calls hold: memory for it is limited where extrinsics are decoded.
fn tracked<T: DecodeWithMemTracking + Encode + Debug>(bytes: &[u8]) {
	plain::<T>(bytes);
	for limit in [0, 1_000, ALLOWED] {
		let limited = T::decode_with_mem_limit(&mut &bytes[..], limit);
		let decoded = T::decode(&mut &bytes[..]);
		if let Ok(limited) = limited {
			assert_eq!(Ok(limited.encode()), decoded.map(|value| value.encode()));
		}
	}
}

fn bounded<T: DecodeWithMemTracking + Encode + Debug + MaxEncodedLen>(bytes: &[u8]) {
	tracked::<T>(bytes);
	if let Ok(value) = T::decode(&mut &bytes[..]) {
		assert!(value.encoded_size() <= T::max_encoded_len());
	}
}
