//! What is true of the storage between any two calls.

use crate::{pallet::*, types::raw, Models, Nonces, Receipts, Registrations, Tombstones};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;
use zkml_primitives::ModelId;
use zkml_verifier::PreparedKey;

impl<T: Config> Pallet<T> {
	/// Checks that every model is what its id says, fits its key, is described and not also
	/// retired, and that nothing is kept of models that never were.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		for (id, model) in Models::<T>::iter() {
			let registration = Registrations::<T>::get(id).ok_or("a model is not described")?;
			let (registrant, interface) = (&registration.registrant, &model.interface);
			let derived =
				ModelId::derive(registrant, model.scheme, model.semantics, &model.key, interface);
			ensure!(derived == id, "a model is not what its id says");
			ensure!(interface.signals() == Ok(model.signals), "a model's signals were miscounted");
			let prepared = PreparedKey::validate(&raw(&model.key));
			let prepared = prepared.map_err(|_| "a model's key is not valid")?;
			ensure!(
				prepared.signals() == model.signals as usize,
				"a model's key and interface disagree"
			);
			ensure!(
				prepared.alpha_beta() == model.alpha_beta,
				"a model's stored pairing is not that of its key"
			);
			ensure!(!Tombstones::<T>::contains_key(id), "a model is registered and retired");
		}
		for (id, registration) in Registrations::<T>::iter() {
			ensure!(Models::<T>::contains_key(id), "a description is of no model");
			let first = registration.supersedes.is_none();
			ensure!((registration.version == 1) == first, "a line of versions is miscounted");
			let others = [registration.supersedes, registration.superseded_by];
			for other in others.into_iter().flatten() {
				ensure!(Self::is_known(other), "a version is of a model that never was");
			}
			let before = registration.supersedes.and_then(Registrations::<T>::get);
			ensure!(
				before.is_none_or(|before| before.superseded_by == Some(id)),
				"a model does not know its successor"
			);
		}
		for (id, _, nonce) in Nonces::<T>::iter() {
			ensure!(nonce > 0, "a nonce was stored before it was consumed");
			ensure!(Self::is_known(id), "a nonce is of a model that never was");
		}
		for (id, account, receipt) in Receipts::<T>::iter() {
			ensure!(Self::is_known(id), "a receipt is of a model that never was");
			let consumed = receipt.nonce < Nonces::<T>::get(id, account);
			ensure!(consumed, "a receipt is of an inference that was never accepted");
		}
		Ok(())
	}

	fn is_known(id: ModelId) -> bool {
		Models::<T>::contains_key(id) || Tombstones::<T>::contains_key(id)
	}
}
