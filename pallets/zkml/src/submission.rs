//! Inferences for nobody in particular: alone, in batches, and what remains of them.

use crate::{
	pallet::*,
	runtime_api::{Accepted, Refused},
	verification::{ensure_usable, prepare, Unverified},
	InferenceVerifier, NextContext, OnInferenceVerified, Policy, Receipt, Tombstone,
	VerifiedInference, VerifyError, WeightInfo,
};
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{
	dispatch::{DispatchClass, DispatchResult, DispatchResultWithPostInfo},
	ensure,
	storage::with_storage_layer,
	traits::{Consideration, Footprint, Get},
	weights::Weight,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{Convert, One, Saturating, UniqueSaturatedInto, Zero},
	ArithmeticError, DispatchError,
};
use zkml_primitives::{
	context_preimage, submission_payload, Context, Hint, HintedProof, Inference, Interface,
	ModelId, Submission, SUBMIT_INFERENCE,
};
use zkml_verifier::PreparedKey;

/// What a batch weighs of `repeated` inferences of models that are in it already and `models` of
/// others, all with two signals.
pub fn batch_weight<W: WeightInfo>(repeated: u32, models: u32) -> Weight {
	let again = W::submit_batch_of_one_model(repeated.saturating_add(1))
		.saturating_sub(W::submit_batch_of_one_model(1));
	W::submit_batch_of_models(models).saturating_add(again)
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_submit(
		account: T::AccountId,
		signals: u32,
		submission: SubmissionOf<T>,
		hint: Option<&Hint>,
	) -> DispatchResultWithPostInfo {
		let model = Self::usable(submission.model, Rules::<T>::get())?;
		ensure!(model.signals <= signals, Error::<T>::SignalsUnderdeclared);
		let key = prepare(&model).map_err(Error::<T>::from)?;
		let (nonce, unverified) = Self::claim(&account, &model, &key, submission)?;
		let verified = unverified.verify(hint).map_err(Error::<T>::from)?;
		Self::accept(&account, &model, nonce, &verified)?;
		let receipt = model.terms.receipt_lifetime.is_some();
		Ok(Some(Self::submission_weight(model.signals, receipt)).into())
	}

	pub(crate) fn do_submit_batch(
		account: T::AccountId,
		signals: u32,
		submissions: Vec<SubmissionOf<T>>,
	) -> DispatchResultWithPostInfo {
		ensure!(!submissions.is_empty(), Error::<T>::EmptyBatch);
		let policy = Rules::<T>::get();
		let mut models = BTreeMap::<ModelId, (ModelOf<T>, PreparedKey)>::new();
		let mut total = 0u32;
		for Submission { model: id, .. } in &submissions {
			let new = match models.get(id) {
				Some((model, _)) => {
					total = total.saturating_add(model.signals);
					None
				},
				None => {
					let model = Self::usable(*id, policy)?;
					total = total.saturating_add(model.signals);
					Some(model)
				},
			};
			ensure!(total <= signals, Error::<T>::SignalsUnderdeclared);
			if let Some(model) = new {
				let key = prepare(&model).map_err(Error::<T>::from)?;
				models.insert(*id, (model, key));
			}
		}
		let mut nonces = Vec::with_capacity(submissions.len());
		let mut all = Vec::with_capacity(submissions.len());
		for submission in submissions {
			let known = models.get(&submission.model).ok_or(Error::<T>::ModelNotFound)?;
			let (nonce, unverified) = Self::claim(&account, &known.0, &known.1, submission)?;
			nonces.push(nonce);
			all.push(unverified);
		}
		let all = Unverified::verify_all(all).map_err(Error::<T>::from)?;
		let all = all.ok_or(Error::<T>::BatchInvalid)?;
		let mut receipts = 0u32;
		for (nonce, verified) in nonces.into_iter().zip(&all) {
			let known = models.get(&verified.model()).ok_or(Error::<T>::ModelNotFound)?;
			Self::accept(&account, &known.0, nonce, verified)?;
			receipts = receipts.saturating_add(known.0.terms.receipt_lifetime.is_some().into());
		}
		let distinct = models.len().unique_saturated_into();
		let count: u32 = all.len().unique_saturated_into();
		let repeated = count.saturating_sub(distinct);
		Ok(Some(Self::batch_weight_with(repeated, distinct, total, receipts)).into())
	}

	/// A model of which inferences are accepted now.
	fn usable(id: ModelId, policy: Policy) -> Result<ModelOf<T>, Error<T>> {
		let model = Models::<T>::get(id).ok_or_else(|| Self::missing(id))?;
		ensure_usable(&model, policy, frame_system::Pallet::<T>::block_number())?;
		Ok(model)
	}

	/// Takes the account's next nonce for the model, and states what its proof has to show.
	fn claim<'a>(
		account: &T::AccountId,
		model: &ModelOf<T>,
		key: &'a PreparedKey,
		submission: SubmissionOf<T>,
	) -> Result<(u64, Unverified<'a>), DispatchError> {
		let Submission { model: id, anchor, inference, proof } = submission;
		let anchor = Self::anchor(model, anchor)?;
		let nonce = Self::take_nonce(id, account)?;
		let preimage = Self::preimage(id, account, nonce, anchor.as_ref());
		let context = Context::of(&preimage);
		let unverified = Unverified::new(id, model, key, context, inference, proof);
		Ok((nonce, unverified.map_err(Error::<T>::from)?))
	}

	/// Hash of the block for which a proof is made, if the model's terms ask for one.
	fn anchor(
		model: &ModelOf<T>,
		anchor: Option<BlockNumberFor<T>>,
	) -> Result<Option<[u8; 32]>, Error<T>> {
		let (most, block) = match (model.terms.max_age, anchor) {
			(None, None) => return Ok(None),
			(None, Some(_)) => return Err(Error::<T>::AnchorUnexpected),
			(Some(_), None) => return Err(Error::<T>::AnchorMissing),
			(Some(most), Some(block)) => (most, block),
		};
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(block < now, Error::<T>::AnchorUnknown);
		let age = now.saturating_sub(block);
		ensure!(age <= most.into(), Error::<T>::AnchorTooOld);
		let hash = Self::hash_of(block);
		ensure!(hash != [0; 32], Error::<T>::AnchorUnknown);
		Ok(Some(hash))
	}

	fn take_nonce(id: ModelId, account: &T::AccountId) -> Result<u64, ArithmeticError> {
		Nonces::<T>::try_mutate(id, account, |next| {
			let nonce = *next;
			*next = nonce.checked_add(1).ok_or(ArithmeticError::Overflow)?;
			Ok(nonce)
		})
	}

	/// What the context of a submission is the hash of.
	fn preimage(
		id: ModelId,
		account: &T::AccountId,
		nonce: u64,
		anchor: Option<&[u8; 32]>,
	) -> Vec<u8> {
		let genesis = Self::hash_of(Zero::zero());
		let payload = submission_payload(nonce, anchor);
		context_preimage(&genesis, SUBMIT_INFERENCE, id, account, &payload)
	}

	/// Tells of a verified inference, keeps its receipt, and lets others act or veto.
	fn accept(
		account: &T::AccountId,
		model: &ModelOf<T>,
		nonce: u64,
		verified: &VerifiedInference,
	) -> DispatchResult {
		let (id, output) = (verified.model(), verified.output().clone());
		let input = verified.input_commitment();
		Self::deposit_event(Event::InferenceVerified {
			model: id,
			account: account.clone(),
			nonce,
			output: output.clone(),
			input,
		});
		if let Some(lifetime) = model.terms.receipt_lifetime {
			let at = frame_system::Pallet::<T>::block_number();
			let until = at.saturating_add(lifetime.into());
			Self::keep_receipt(
				id,
				account,
				Receipt { output, input, nonce, at, until, deposit: () },
			)?;
		}
		T::OnInferenceVerified::on_inference_verified(account, verified)
	}

	/// Puts a receipt in the place of the one before, and takes the deposit for it.
	pub(crate) fn keep_receipt(
		id: ModelId,
		account: &T::AccountId,
		receipt: Receipt<BlockNumberFor<T>, ()>,
	) -> DispatchResult {
		let footprint = Self::receipt_footprint(id, account, &receipt);
		let deposit = match Receipts::<T>::get(id, account) {
			Some(before) => before.deposit.update(account, footprint)?,
			None => T::ReceiptConsideration::new(account, footprint)?,
		};
		Receipts::<T>::insert(id, account, receipt.with_deposit(deposit));
		Ok(())
	}

	/// What a receipt takes up, its deposit's ticket apart.
	pub(crate) fn receipt_footprint(
		id: ModelId,
		account: &T::AccountId,
		receipt: &Receipt<BlockNumberFor<T>, ()>,
	) -> Footprint {
		Footprint::from_encodable((id, account, receipt))
	}

	pub(crate) fn do_remove_receipt(
		who: T::AccountId,
		id: ModelId,
		account: T::AccountId,
	) -> DispatchResult {
		let receipt = Receipts::<T>::take(id, &account).ok_or(Error::<T>::ReceiptNotFound)?;
		let counts = receipt.until >= frame_system::Pallet::<T>::block_number();
		ensure!(!counts || who == account, Error::<T>::ReceiptStillValid);
		receipt.deposit.drop(&account)?;
		Self::deposit_event(Event::ReceiptRemoved { model: id, account });
		Ok(())
	}

	pub(crate) fn receipt_of(
		id: ModelId,
		account: &T::AccountId,
	) -> Option<Receipt<BlockNumberFor<T>, ()>> {
		let receipt = Receipts::<T>::get(id, account)?;
		let policy = Rules::<T>::get();
		let (suspended, development) = match Models::<T>::get(id) {
			Some(model) => (model.suspension.is_suspended(), model.is_for_development()),
			None => {
				let Tombstone { suspended, development, .. } = Tombstones::<T>::get(id)?;
				(suspended, development)
			},
		};
		let accepted = policy.allow_development_keys || !development;
		let trusted = accepted && !suspended && !policy.paused;
		let counts = trusted && receipt.until >= frame_system::Pallet::<T>::block_number();
		counts.then(|| receipt.with_deposit(()))
	}

	pub(crate) fn next_context_of(
		id: ModelId,
		account: T::AccountId,
	) -> Option<NextContext<BlockNumberFor<T>>> {
		let now = frame_system::Pallet::<T>::block_number();
		if now.is_zero() {
			return None;
		}
		let terms = Models::<T>::get(id)?.terms;
		let nonce = Nonces::<T>::get(id, &account);
		let anchor = terms.max_age.map(|_| now.saturating_sub(One::one()));
		let hash = anchor.map(Self::hash_of);
		let preimage = Self::preimage(id, &account, nonce, hash.as_ref());
		Some(NextContext { context: Context::of(&preimage), preimage, nonce, anchor })
	}

	pub(crate) fn submission_fee_of(id: ModelId) -> Option<u128> {
		let model = Models::<T>::get(id)?;
		let receipt = model.terms.receipt_lifetime.is_some();
		let base = T::BlockWeights::get().get(DispatchClass::Normal).base_extrinsic;
		let weight = Self::submission_weight(model.signals, receipt);
		Some(T::WeightPrice::convert(weight.saturating_add(base)))
	}

	/// What a submission weighs for a model with that many signals, with or without a receipt.
	pub(crate) fn submission_weight(signals: u32, receipt: bool) -> Weight {
		let weight = T::WeightInfo::submit_inference(signals)
			.saturating_add(T::OnInferenceVerified::weight());
		match receipt {
			true => weight.saturating_add(T::WeightInfo::keep_receipt()),
			false => weight,
		}
	}

	/// What a batch of `count` weighs at most: each of a model of its own, with a receipt.
	pub(crate) fn batch_weight(count: u32, signals: u32) -> Weight {
		Self::batch_weight_with(0, count, signals, count)
	}

	/// What a batch weighs of `repeated` inferences of models that are in it already and `models` of
	/// others, with so many signals in all.
	///
	/// Benchmarks are of models with two signals. Each further one is charged as it is alone, which
	/// is more than it costs here: scalars are denser there, and a model's are multiplied once.
	fn batch_weight_with(repeated: u32, models: u32, signals: u32, receipts: u32) -> Weight {
		let count = repeated.saturating_add(models);
		let extra = signals.saturating_sub(count.saturating_mul(2));
		let signal =
			T::WeightInfo::submit_inference(3).saturating_sub(T::WeightInfo::submit_inference(2));
		batch_weight::<T::WeightInfo>(repeated, models)
			.saturating_add(signal.saturating_mul(extra.into()))
			.saturating_add(T::WeightInfo::keep_receipt().saturating_mul(receipts.into()))
			.saturating_add(T::OnInferenceVerified::weight().saturating_mul(count.into()))
	}

	/// What a submission by `who` would come to now, and, of a batch that fails, which of its
	/// inferences are to blame. Changes the state: for calls whose changes are thrown away.
	pub fn dry_run(
		who: T::AccountId,
		signals: u32,
		submissions: Vec<SubmissionOf<T>>,
	) -> Result<Accepted, Refused> {
		if submissions.len() > T::MaxBatch::get() as usize {
			return Err(Refused { error: DispatchError::Exhausted, culprits: Vec::new() });
		}
		let result = with_storage_layer(|| {
			match <[SubmissionOf<T>; 1]>::try_from(submissions.clone()) {
				// Whether there is a hint for it is for its prover to say.
				Ok([submission]) => Self::do_submit(who.clone(), signals, submission, None),
				Err(submissions) => Self::do_submit_batch(who.clone(), signals, submissions),
			}
			.map_err(|failed| failed.error)
		});
		match result {
			Ok(info) => Ok(Accepted { weight: info.actual_weight.unwrap_or_default() }),
			Err(error) if submissions.len() == 1 => Err(Refused { error, culprits: Vec::new() }),
			Err(error) => Err(Refused { error, culprits: Self::culprits(&who, submissions) }),
		}
	}

	/// Submits one inference after the other, and says which fail, at which position and why.
	fn culprits(
		who: &T::AccountId,
		submissions: Vec<SubmissionOf<T>>,
	) -> Vec<(u32, DispatchError)> {
		let mut culprits = Vec::new();
		for (position, submission) in (0..).zip(submissions) {
			let id = submission.model;
			let result = with_storage_layer(|| {
				Self::do_submit(who.clone(), u32::MAX, submission, None)
					.map_err(|failed| failed.error)
			});
			if let Err(error) = result {
				culprits.push((position, error));
				// In the batch, the next of the model has the next nonce all the same.
				let _ = Self::take_nonce(id, who);
			}
		}
		culprits
	}
}

impl<T: Config> InferenceVerifier<T::AccountId> for Pallet<T> {
	fn context(domain: &[u8], model: ModelId, subject: &T::AccountId, payload: &[u8]) -> Context {
		let genesis = Self::hash_of(Zero::zero());
		Context::of(&context_preimage(&genesis, domain, model, subject, payload))
	}

	fn verify(
		signals: u32,
		model: ModelId,
		context: Context,
		inference: &Inference,
		HintedProof { proof, hint }: &HintedProof,
	) -> Result<VerifiedInference, VerifyError> {
		let id = model;
		let model =
			Models::<T>::get(id).ok_or_else(|| match Tombstones::<T>::contains_key(id) {
				true => VerifyError::ModelRetired,
				false => VerifyError::ModelNotFound,
			})?;
		ensure_usable(&model, Rules::<T>::get(), frame_system::Pallet::<T>::block_number())?;
		if model.signals > signals {
			return Err(VerifyError::SignalsUnderdeclared);
		}
		// Whose proof is tied to no context would be good for every caller, again and again.
		if !model.interface.is_bound() {
			return Err(VerifyError::UnsupportedInterface);
		}
		let key = prepare(&model)?;
		Unverified::new(id, &model, &key, context, inference.clone(), *proof)?.verify(Some(hint))
	}

	fn weight(signals: u32) -> Weight {
		T::WeightInfo::verify_inference(signals)
	}

	fn interface(model: ModelId) -> Option<Interface> {
		Models::<T>::get(model).map(|model| model.interface)
	}
}
