//! What a client can ask before it pays.

use alloc::vec::Vec;
use codec::{Codec, Decode, Encode};
use frame_support::weights::Weight;
use scale_info::TypeInfo;
use sp_runtime::DispatchError;
use zkml_primitives::Submission;

/// A submission would be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Accepted {
	/// What it would weigh after the refund.
	pub weight: Weight,
}

/// A submission would fail.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Refused {
	/// With this error.
	pub error: DispatchError,
	/// Of a batch: the positions of those that would fail by themselves, each with its error. Empty
	/// if none would.
	pub culprits: Vec<(u32, DispatchError)>,
}

sp_api::decl_runtime_apis! {
	/// Dry runs of submissions.
	pub trait ZkmlApi<AccountId, BlockNumber> where AccountId: Codec, BlockNumber: Codec {
		/// What a submission by `who` would come to in the state of this block, so a block before
		/// the one in which it could be included: one inference as by
		/// `submit_inference`, any other number as by `submit_batch`; `signals` as there.
		///
		/// It is the same code, so also the same error; for a batch of more than `MaxBatch`, which
		/// cannot be decoded, `Exhausted`. Whether `who` can pay the fee is another question.
		fn dry_run(
			who: AccountId,
			signals: u32,
			submissions: Vec<Submission<BlockNumber>>,
		) -> Result<Accepted, Refused>;
	}
}
