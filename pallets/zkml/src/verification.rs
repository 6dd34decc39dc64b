//! The one check, and the only way to a [`VerifiedInference`].

use crate::types::{raw, Model, Policy, Status};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{dispatch::DispatchResult, weights::Weight, PalletError};
use scale_info::TypeInfo;
use zkml_primitives::{
	ClaimedInput, Commitment, Context, Hint, HintedProof, Inference, Interface, Mask, Membership,
	ModelId, Output, PackingError, Proof, Signal, Statement, StatementError, Values,
};
use zkml_verifier::{verify_batch, BatchError, Claim, KeyError, PreparedKey};

/// Verifies inferences of registered models, for pallets that act on what a model said.
pub trait InferenceVerifier<AccountId> {
	/// Derives a context on this chain, as [`zkml_primitives::context_for`] does.
	///
	/// `domain` names the calling pallet and the purpose; `subject` is the account that acts or is to
	/// be paid; `payload` is something that never comes twice, already encoded.
	fn context(domain: &[u8], model: ModelId, subject: &AccountId, payload: &[u8]) -> Context;

	/// Checks that `proof` shows `inference` of `model` under `context`.
	///
	/// `signals` is the number of public signals for which the caller has charged [`Self::weight`]:
	/// a model that has more is refused before anything is computed. What was charged too much can
	/// be refunded after a look at [`VerifiedInference::signals`].
	///
	/// The caller has made `context` itself, with [`Self::context`], and consumes its payload in the
	/// same step. A context taken from a submission protects from nothing. The proof's bytes
	/// identify nothing, since anyone can make others of them, and other hints.
	///
	/// # Errors
	/// One variant per cause; nothing is written in any case.
	fn verify(
		signals: u32,
		model: ModelId,
		context: Context,
		inference: &Inference,
		proof: &HintedProof,
	) -> Result<VerifiedInference, VerifyError>;

	/// What [`Self::verify`] costs for a model with `signals` public signals, storage included.
	fn weight(signals: u32) -> Weight;

	/// What a registered model's public signals mean, by its registrant's word; one read of storage.
	///
	/// For pallets that are told of a model beforehand, and refuse one whose answers they could not
	/// use.
	fn interface(model: ModelId) -> Option<Interface>;
}

/// What happens in the same transaction when an inference was submitted for nobody in particular.
pub trait OnInferenceVerified<AccountId> {
	/// Acts on what `who` proved, or vetoes it: an error undoes the whole submission.
	fn on_inference_verified(who: &AccountId, inference: &VerifiedInference) -> DispatchResult;

	/// What the above costs at most.
	fn weight() -> Weight;
}

/// All of them, in order; each may veto.
#[impl_trait_for_tuples::impl_for_tuples(8)]
impl<AccountId> OnInferenceVerified<AccountId> for Tuple {
	fn on_inference_verified(who: &AccountId, inference: &VerifiedInference) -> DispatchResult {
		for_tuples!( #( Tuple::on_inference_verified(who, inference)?; )* );
		Ok(())
	}

	fn weight() -> Weight {
		let mut weight = Weight::zero();
		for_tuples!( #( weight = weight.saturating_add(Tuple::weight()); )* );
		weight
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
	/// The interface that is stored for the model cannot be verified.
	#[codec(index = 2)]
	UnsupportedInterface,
	/// The output is of another kind, or has another count, than the interface declares.
	#[codec(index = 3)]
	OutputMismatch,
	/// The input is shown in another way than the interface says: hidden, by its values, as many as
	/// are declared, by its commitment, or by a membership.
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
	/// The proof is not three usable points, or its hint is not below the field's modulus.
	#[codec(index = 9)]
	MalformedProof,
	/// The proof does not show this inference of this model in this context, or its hint is of another.
	#[codec(index = 10)]
	InvalidProof,
	/// The model's time is over, or it was deregistered.
	#[codec(index = 11)]
	ModelRetired,
	/// The model is suspended.
	#[codec(index = 12)]
	ModelSuspended,
	/// Nothing is verified on this chain at present.
	#[codec(index = 13)]
	VerificationPaused,
	/// The model has more public signals than were charged for.
	#[codec(index = 14)]
	SignalsUnderdeclared,
	/// The mask is of another number of classes, or does not allow the label.
	#[codec(index = 15)]
	MaskMismatch,
}

impl From<StatementError> for VerifyError {
	fn from(error: StatementError) -> Self {
		match error {
			StatementError::OutputKind
			| StatementError::RawCount { .. }
			| StatementError::Output(PackingError::Count { .. }) => Self::OutputMismatch,
			StatementError::InputMissing
			| StatementError::InputUnexpected
			| StatementError::Input(PackingError::Count { .. }) => Self::InputMismatch,
			StatementError::Label { .. } => Self::LabelOutOfRange,
			StatementError::Mask => Self::MaskMismatch,
			StatementError::NonCanonical { .. }
			| StatementError::Output(PackingError::OutOfRange { .. })
			| StatementError::Input(PackingError::OutOfRange { .. }) => Self::ValueOutOfRange,
			StatementError::Output(PackingError::Layout)
			| StatementError::Input(PackingError::Layout)
			| StatementError::Threshold => Self::UnsupportedInterface,
		}
	}
}

impl From<KeyError> for VerifyError {
	fn from(_: KeyError) -> Self {
		Self::MalformedKey
	}
}

impl From<zkml_verifier::VerifyError> for VerifyError {
	fn from(error: zkml_verifier::VerifyError) -> Self {
		use zkml_verifier::VerifyError as Error;
		match error {
			Error::SignalCountMismatch { .. } => Self::SignalCountMismatch,
			Error::NonCanonicalSignal { .. } => Self::ValueOutOfRange,
			Error::MalformedProof { .. } | Error::MalformedHint => Self::MalformedProof,
			Error::Invalid => Self::InvalidProof,
		}
	}
}

/// An inference whose proof was checked.
///
/// There is no other way to one than through the check: it has no constructor, no default and no
/// decoding. A function that takes it cannot be called on an unproven claim.
///
/// ```compile_fail,E0277
/// let claimed: pallet_zkml::VerifiedInference = codec::Decode::decode(&mut [].as_slice()).unwrap();
/// ```
///
/// ```compile_fail,E0277
/// let claimed: pallet_zkml::VerifiedInference = Default::default();
/// ```
///
/// ```compile_fail,E0451
/// fn another(from: pallet_zkml::VerifiedInference) -> pallet_zkml::VerifiedInference {
///     pallet_zkml::VerifiedInference { signals: 0, ..from }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedInference {
	model: ModelId,
	context: Context,
	signals: u32,
	inference: Inference,
}

impl VerifiedInference {
	/// The model.
	pub fn model(&self) -> ModelId {
		self.model
	}

	/// The context to which the proof is tied; to none, where the model is a circuit from elsewhere
	/// without one, of which only submissions are taken.
	pub fn context(&self) -> Context {
		self.context
	}

	/// Number of public signals of the model, on which the cost of the check depends.
	pub fn signals(&self) -> u32 {
		self.signals
	}

	/// What the model answered.
	pub fn output(&self) -> &Output {
		&self.inference.output
	}

	/// The index of the largest value, where that is what the model reveals: of all, or of those that
	/// [`Self::mask`] allows.
	pub fn label(&self) -> Option<u32> {
		match self.inference.output {
			Output::Label(label) | Output::MaskedLabel { label, .. } => Some(label),
			_ => None,
		}
	}

	/// The indices of the largest values, the largest first, where those are what the model reveals.
	pub fn labels(&self) -> Option<&[u32]> {
		match &self.inference.output {
			Output::Labels(labels) => Some(labels),
			_ => None,
		}
	}

	/// Among which classes the label is the best. The submission says so: compare it with what should
	/// have been allowed.
	pub fn mask(&self) -> Option<&Mask> {
		match &self.inference.output {
			Output::MaskedLabel { mask, .. } => Some(mask),
			_ => None,
		}
	}

	/// Whether all that the model reveals is that its score reached the threshold of its interface.
	pub fn passed(&self) -> bool {
		self.inference.output == Output::Passed
	}

	/// The last layer's integers, where those are what the model reveals.
	pub fn logits(&self) -> Option<&[i32]> {
		match &self.inference.output {
			Output::Logits(values) => Some(values),
			_ => None,
		}
	}

	/// The public signals less the context, where the model is a circuit from elsewhere: canonical field
	/// elements, of which only the model's registrant says what they mean.
	pub fn raw(&self) -> Option<&[Signal]> {
		match &self.inference.output {
			Output::Raw(signals) => Some(signals),
			_ => None,
		}
	}

	/// The input, where the model makes it public; in the narrowest type that holds it, however it
	/// was submitted.
	pub fn input(&self) -> Option<&Values> {
		self.inference.input.values()
	}

	/// The commitment to the input, where the model has one. The submission says which: look up who
	/// vouches for it.
	pub fn input_commitment(&self) -> Option<Commitment> {
		self.inference.input.commitment()
	}

	/// What the model's input is claimed to be, where it is that of a member who stays unknown. The
	/// submission says all of it: look up who vouches for the root, compare the topic with what it
	/// should be, and accept a nullifier once for each topic.
	pub fn membership(&self) -> Option<&Membership> {
		self.inference.input.membership()
	}
}

/// Inferences that the check of their proofs would turn into verified ones.
///
/// Made in two steps, so that many can be checked at once: [`Unverified::new`] does all that needs
/// no pairing.
pub(crate) struct Unverified<'a> {
	id: ModelId,
	key: &'a PreparedKey,
	statement: Statement,
	proof: Proof,
	inference: VerifiedInference,
}

/// Checks that a model's inferences are accepted in block `now`.
pub(crate) fn ensure_usable<BlockNumber: Copy + PartialOrd>(
	model: &Model<BlockNumber>,
	policy: Policy,
	now: BlockNumber,
) -> Result<(), VerifyError> {
	if policy.paused {
		return Err(VerifyError::VerificationPaused);
	}
	match model.status(now) {
		Status::Active | Status::Deprecated { .. } => {},
		Status::Suspended => return Err(VerifyError::ModelSuspended),
		Status::Retired => return Err(VerifyError::ModelRetired),
	}
	if model.is_for_development() && !policy.allow_development_keys {
		return Err(VerifyError::DevelopmentKeyRefused);
	}
	Ok(())
}

/// The key of a registered model.
pub(crate) fn prepare<BlockNumber>(model: &Model<BlockNumber>) -> Result<PreparedKey, VerifyError> {
	Ok(PreparedKey::from_validated(&raw(&model.key), &model.alpha_beta)?)
}

impl<'a> Unverified<'a> {
	/// Checks that an inference fits the model that is registered under `id`, whose key is `key`.
	///
	/// The caller has checked that the model is usable.
	pub(crate) fn new<BlockNumber>(
		id: ModelId,
		model: &Model<BlockNumber>,
		key: &'a PreparedKey,
		context: Context,
		inference: Inference,
		proof: Proof,
	) -> Result<Self, VerifyError> {
		let statement = Statement::new(&model.interface, &inference, &context)?;
		let signals = model.signals;
		let input = match inference.input {
			ClaimedInput::Shown(values) => match Values::new(&values.to_vec()) {
				Some(values) => ClaimedInput::Shown(values),
				None => return Err(VerifyError::InputMismatch),
			},
			other @ (ClaimedInput::Hidden
			| ClaimedInput::Committed(_)
			| ClaimedInput::Member(_)) => other,
		};
		let inference = Inference { input, ..inference };
		let inference = VerifiedInference { model: id, context, signals, inference };
		Ok(Self { id, key, statement, proof, inference })
	}

	/// Checks the proof, with a hint for less.
	pub(crate) fn verify(self, hint: Option<&Hint>) -> Result<VerifiedInference, VerifyError> {
		let Self { key, statement, proof, inference, .. } = self;
		match hint {
			Some(hint) => key.verify_hinted(statement.signals(), &proof.0, &hint.0)?,
			None => key.verify(statement.signals(), &proof.0)?,
		}
		Ok(inference)
	}

	/// Checks many proofs at once. `None` if at least one of them is wrong, and none is to blame by
	/// its form.
	pub(crate) fn verify_all(
		all: Vec<Self>,
	) -> Result<Option<Vec<VerifiedInference>>, VerifyError> {
		let claims: Vec<_> = all
			.iter()
			.map(|Self { id, key, statement, proof, .. }| Claim {
				id: &id.0,
				key,
				signals: statement.signals(),
				proof: &proof.0,
			})
			.collect();
		match verify_batch(&claims) {
			Ok(()) => Ok(Some(all.into_iter().map(|one| one.inference).collect())),
			Err(BatchError::Claim { error, .. }) => Err(error.into()),
			Err(BatchError::Invalid) => Ok(None),
		}
	}
}
