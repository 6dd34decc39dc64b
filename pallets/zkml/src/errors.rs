//! Why a call fails, and what the errors of the rooms below are as errors of calls.

use crate::{Error, VerifyError};
use frame_support::pallet_macros::pallet_section;
use zkml_primitives::InterfaceError;
use zkml_verifier::KeyError;

/// A part of the pallet, in a file of its own.
#[pallet_section]
mod errors {
	#[pallet::error]
	pub enum Error<T> {
		/// No such model is registered.
		#[codec(index = 0)]
		ModelNotFound,
		/// The model's time is over, or it was deregistered.
		#[codec(index = 1)]
		ModelRetired,
		/// The account has already registered this key with this interface.
		#[codec(index = 2)]
		ModelAlreadyRegistered,
		/// Only the owner may do this.
		#[codec(index = 3)]
		NotOwner,
		/// The key is for development only, and this chain does not allow those.
		#[codec(index = 4)]
		DevelopmentKeyRefused,
		/// A width, count, scale, threshold, commitment or number of classes of the interface makes no
		/// sense.
		#[codec(index = 5)]
		MalformedInterface,
		/// The interface has more values or public signals than this chain accepts.
		#[codec(index = 6)]
		InterfaceTooLarge,
		/// The interface that is stored for the model cannot be verified.
		#[codec(index = 7)]
		UnsupportedInterface,
		/// A point of the key is not canonical, not on its curve, of the wrong order or at infinity.
		#[codec(index = 8)]
		MalformedKey,
		/// The key's γ equals ±δ: its setup was not finished, and anyone can forge.
		#[codec(index = 9)]
		UnfinishedKey,
		/// A ceremony has at least two contributions.
		#[codec(index = 10)]
		MalformedSetup,
		/// Name and URI are UTF-8.
		#[codec(index = 11)]
		MalformedMetadata,
		/// The key and the interface disagree on the number of public signals.
		#[codec(index = 12)]
		SignalCountMismatch,
		/// The models have more public signals than the call declared and paid for.
		#[codec(index = 13)]
		SignalsUnderdeclared,
		/// The output is of another kind, or has another count, than the interface declares.
		#[codec(index = 14)]
		OutputMismatch,
		/// The input is shown in another way than the interface says: hidden, by its values, as many as
		/// are declared, or by its commitment.
		#[codec(index = 15)]
		InputMismatch,
		/// The label is not below the number of classes.
		#[codec(index = 16)]
		LabelOutOfRange,
		/// A value does not fit the width that the interface declares.
		#[codec(index = 17)]
		ValueOutOfRange,
		/// The proof is not three usable points.
		#[codec(index = 18)]
		MalformedProof,
		/// The proof does not show this inference by this account with its next nonce.
		#[codec(index = 19)]
		InvalidProof,
		/// The model is suspended.
		#[codec(index = 20)]
		ModelSuspended,
		/// Nothing is verified on this chain at present.
		#[codec(index = 21)]
		VerificationPaused,
		/// A greatest age is below 2 or beyond what the chain remembers of its blocks, or a receipt would
		/// live for no block.
		#[codec(index = 22)]
		MalformedTerms,
		/// The model accepts only proofs that are made for a recent block.
		#[codec(index = 23)]
		AnchorMissing,
		/// The model's proofs are not made for a block.
		#[codec(index = 24)]
		AnchorUnexpected,
		/// The chain has no block of this number yet, or does not remember its hash.
		#[codec(index = 25)]
		AnchorUnknown,
		/// The block is older than the model allows.
		#[codec(index = 26)]
		AnchorTooOld,
		/// A batch holds at least one inference.
		#[codec(index = 27)]
		EmptyBatch,
		/// At least one proof of the batch is wrong. The runtime API `dry_run` says which.
		#[codec(index = 28)]
		BatchInvalid,
		/// It is suspended by the same authority already.
		#[codec(index = 29)]
		AlreadySuspended,
		/// It is not suspended by this authority.
		#[codec(index = 30)]
		NotSuspended,
		/// The model was not offered to this account.
		#[codec(index = 31)]
		NotOffered,
		/// The model has a successor already.
		#[codec(index = 32)]
		AlreadySuperseded,
		/// The announced end is over already.
		#[codec(index = 33)]
		EndInPast,
		/// There is no receipt of this model for this account.
		#[codec(index = 34)]
		ReceiptNotFound,
		/// The receipt still counts, and is not the caller's own.
		#[codec(index = 35)]
		ReceiptStillValid,
		/// The mask is of another number of classes, or does not allow the label.
		#[codec(index = 36)]
		MaskMismatch,
	}
}

impl<T> From<VerifyError> for Error<T> {
	fn from(error: VerifyError) -> Self {
		match error {
			VerifyError::ModelNotFound => Self::ModelNotFound,
			VerifyError::DevelopmentKeyRefused => Self::DevelopmentKeyRefused,
			VerifyError::UnsupportedInterface => Self::UnsupportedInterface,
			VerifyError::OutputMismatch => Self::OutputMismatch,
			VerifyError::InputMismatch => Self::InputMismatch,
			VerifyError::LabelOutOfRange => Self::LabelOutOfRange,
			VerifyError::ValueOutOfRange => Self::ValueOutOfRange,
			VerifyError::SignalCountMismatch => Self::SignalCountMismatch,
			VerifyError::MalformedKey => Self::MalformedKey,
			VerifyError::MalformedProof => Self::MalformedProof,
			VerifyError::InvalidProof => Self::InvalidProof,
			VerifyError::ModelRetired => Self::ModelRetired,
			VerifyError::ModelSuspended => Self::ModelSuspended,
			VerifyError::VerificationPaused => Self::VerificationPaused,
			VerifyError::SignalsUnderdeclared => Self::SignalsUnderdeclared,
			VerifyError::MaskMismatch => Self::MaskMismatch,
		}
	}
}

impl<T> From<InterfaceError> for Error<T> {
	fn from(error: InterfaceError) -> Self {
		match error {
			InterfaceError::Malformed => Self::MalformedInterface,
			InterfaceError::TooLarge => Self::InterfaceTooLarge,
		}
	}
}

impl<T> From<KeyError> for Error<T> {
	fn from(error: KeyError) -> Self {
		match error {
			KeyError::GammaEqualsDelta => Self::UnfinishedKey,
			_ => Self::MalformedKey,
		}
	}
}
