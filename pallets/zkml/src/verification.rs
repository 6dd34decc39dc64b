//! The one check, and the only way to a [`VerifiedInference`].

use crate::types::{raw, Model};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{dispatch::DispatchResult, weights::Weight, PalletError};
use scale_info::TypeInfo;
use zkml_primitives::{
	Context, Inference, ModelId, Output, PackingError, Proof, Setup, Statement, StatementError,
	Values,
};
use zkml_verifier::PreparedKey;

/// Verifies inferences of registered models, for pallets that act on what a model said.
pub trait InferenceVerifier<AccountId> {
	/// Checks that `proof` shows `inference` of `model` under `context`.
	///
	/// The caller has made `context` itself, with [`zkml_primitives::context_for`] over the
	/// genesis hash, a domain tag of its own, the account that acts or is to be paid, and
	/// something that never comes twice; and consumes the last in the same step. A context taken
	/// from a submission protects from nothing. The proof's bytes identify nothing, since anyone
	/// can make others of them.
	///
	/// The caller has charged [`Self::weight`] for at least [`Self::signals`].
	///
	/// # Errors
	/// One variant per cause; nothing is written in any case.
	fn verify(
		model: ModelId,
		context: Context,
		inference: &Inference,
		proof: &Proof,
	) -> Result<VerifiedInference, VerifyError>;

	/// Number of public signals of a model, to be checked against those that were charged for;
	/// `None` if it is not registered.
	fn signals(model: ModelId) -> Option<u32>;

	/// What [`Self::verify`] costs for a model with `signals` public signals, storage included.
	fn weight(signals: u32) -> Weight;
}

/// What happens in the same transaction when an inference was submitted for nobody in particular.
pub trait OnInferenceVerified<AccountId> {
	/// Acts on what `who` proved, or vetoes it: an error undoes the whole submission.
	fn on_inference_verified(who: &AccountId, inference: &VerifiedInference) -> DispatchResult;

	/// What the above costs at most.
	fn weight() -> Weight;
}

impl<AccountId> OnInferenceVerified<AccountId> for () {
	fn on_inference_verified(_: &AccountId, _: &VerifiedInference) -> DispatchResult {
		Ok(())
	}

	fn weight() -> Weight {
		Weight::zero()
	}
}

/// Why an inference was not verified.
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
	PalletError,
)]
pub enum VerifyError {
	/// No such model is registered.
	#[codec(index = 0)]
	ModelNotFound,
	/// The model's key is for development only, and this chain does not allow those.
	#[codec(index = 1)]
	DevelopmentKeyRefused,
	/// The model's interface is one that this version cannot verify.
	#[codec(index = 2)]
	UnsupportedInterface,
	/// The output is of another kind, or has another count, than the interface declares.
	#[codec(index = 3)]
	OutputMismatch,
	/// The input is there though the interface keeps it private, or is missing or of another
	/// count though the interface makes it public.
	#[codec(index = 4)]
	InputMismatch,
	/// The label is not below the number of classes.
	#[codec(index = 5)]
	LabelOutOfRange,
	/// A value does not fit the width that the interface declares.
	#[codec(index = 6)]
	ValueOutOfRange,
	/// The key and the interface disagree on the number of public signals.
	#[codec(index = 7)]
	SignalCountMismatch,
	/// The stored key cannot be decoded.
	#[codec(index = 8)]
	MalformedKey,
	/// The proof is not three usable points.
	#[codec(index = 9)]
	MalformedProof,
	/// The proof does not show this inference of this model in this context.
	#[codec(index = 10)]
	InvalidProof,
}

impl From<StatementError> for VerifyError {
	fn from(error: StatementError) -> Self {
		match error {
			StatementError::OutputKind | StatementError::Output(PackingError::Count { .. }) => {
				Self::OutputMismatch
			},
			StatementError::InputMissing
			| StatementError::InputUnexpected
			| StatementError::Input(PackingError::Count { .. }) => Self::InputMismatch,
			StatementError::Label { .. } => Self::LabelOutOfRange,
			StatementError::Output(PackingError::OutOfRange { .. })
			| StatementError::Input(PackingError::OutOfRange { .. }) => Self::ValueOutOfRange,
			StatementError::Output(PackingError::Layout)
			| StatementError::Input(PackingError::Layout)
			| StatementError::Unsupported => Self::UnsupportedInterface,
		}
	}
}

impl From<zkml_verifier::VerifyError> for VerifyError {
	fn from(error: zkml_verifier::VerifyError) -> Self {
		use zkml_verifier::VerifyError as Error;
		match error {
			Error::SignalCountMismatch { .. } => Self::SignalCountMismatch,
			Error::NonCanonicalSignal { .. } => Self::ValueOutOfRange,
			Error::MalformedProof { .. } => Self::MalformedProof,
			Error::Invalid => Self::InvalidProof,
		}
	}
}

/// An inference whose proof was checked.
///
/// There is no other way to one than through the check: it has no constructor, no default and no
/// decoding. A function that takes it cannot be called on an unproven claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedInference {
	model: ModelId,
	context: Context,
	inference: Inference,
}

impl VerifiedInference {
	/// The model.
	pub fn model(&self) -> ModelId {
		self.model
	}

	/// The context to which the proof is tied.
	pub fn context(&self) -> Context {
		self.context
	}

	/// What the model answered.
	pub fn output(&self) -> &Output {
		&self.inference.output
	}

	/// The index of the largest value, where that is what the model reveals.
	pub fn label(&self) -> Option<u32> {
		match self.inference.output {
			Output::Label(label) => Some(label),
			Output::Logits(_) => None,
		}
	}

	/// The last layer's integers, where those are what the model reveals.
	pub fn logits(&self) -> Option<&[i32]> {
		match &self.inference.output {
			Output::Logits(values) => Some(values),
			Output::Label(_) => None,
		}
	}

	/// The input, where the model makes it public.
	pub fn input(&self) -> Option<&Values> {
		self.inference.input.as_ref()
	}

	/// Checks `proof` against a model that is registered under `id`.
	pub(crate) fn verify<AccountId, Deposit>(
		id: ModelId,
		model: &Model<AccountId, Deposit>,
		development_keys: impl FnOnce() -> bool,
		context: Context,
		inference: &Inference,
		proof: &Proof,
	) -> Result<Self, VerifyError> {
		if model.setup == Setup::Development && !development_keys() {
			return Err(VerifyError::DevelopmentKeyRefused);
		}
		let statement = Statement::new(&model.interface, inference, &context)?;
		PreparedKey::from_validated(&raw(&model.key), &model.alpha_beta)
			.map_err(|_| VerifyError::MalformedKey)?
			.verify(statement.signals(), &proof.0)?;
		Ok(Self { model: id, context, inference: inference.clone() })
	}
}
