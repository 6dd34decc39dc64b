//! What can be asked of a chain's state: the pallet's view functions, and its dry run.

use super::{
	calls, runtime, transport,
	types::{NextContext, Reason, RefusedRaw},
	AccountId, Anchor, BlockNumber, Chain, ChainError, Fees, ModelInfo, Next, Policy, Receipt,
	Refusal, Registration, Status, Submission, Tombstone, Weight, PALLET,
};
use codec::{Decode, Encode};
use subxt::{
	client::{ClientAtBlock, OnlineClientAtBlockImpl},
	dynamic::Value,
	error::DispatchError,
	ext::scale_value::ValueDef,
	PolkadotConfig,
};
use zkml_primitives::{Hint, ModelId, Terms};

/// What a signed transaction has besides its call, in bytes: length, version, account, signature
/// and extensions.
const ENVELOPE: usize = 110;

/// The state of a chain after a block. All that is asked of it goes together.
#[derive(Clone, Debug)]
pub struct State {
	chain: Chain,
	at: ClientAtBlock<PolkadotConfig, OnlineClientAtBlockImpl<PolkadotConfig>>,
}

impl State {
	pub(super) fn new(
		chain: Chain,
		at: ClientAtBlock<PolkadotConfig, OnlineClientAtBlockImpl<PolkadotConfig>>,
	) -> Self {
		Self { chain, at }
	}

	/// The connection.
	pub(super) fn chain(&self) -> &Chain {
		&self.chain
	}

	/// Number of the block.
	pub fn height(&self) -> BlockNumber {
		BlockNumber::try_from(self.at.block_number()).unwrap_or(BlockNumber::MAX)
	}

	/// The model that is registered under an id.
	pub async fn model(&self, model: ModelId) -> Result<Option<ModelInfo>, ChainError> {
		self.view("model", model).await
	}

	/// The model that is registered under an id.
	///
	/// # Errors
	/// [`ChainError::ModelNotFound`] or [`ChainError::ModelDeregistered`] if there is none.
	pub async fn registered(&self, model: ModelId) -> Result<ModelInfo, ChainError> {
		if let Some(info) = self.model(model).await? {
			return Ok(info);
		}
		let model_hex = hex::encode(model.0);
		Err(match self.tombstone(model).await? {
			Some(Tombstone { at, .. }) => ChainError::ModelDeregistered { model: model_hex, at },
			None => ChainError::ModelNotFound(model_hex),
		})
	}

	/// Whether inferences of a model are accepted.
	pub async fn status(&self, model: ModelId) -> Result<Option<Status>, ChainError> {
		self.view("status", model).await
	}

	/// What remains of a model that was deregistered.
	pub async fn tombstone(&self, model: ModelId) -> Result<Option<Tombstone>, ChainError> {
		self.view("tombstone", model).await
	}

	/// The rules for all models.
	pub async fn policy(&self) -> Result<Policy, ChainError> {
		self.view("policy", ()).await
	}

	/// The nonce of an account for a model: how many of its proofs were accepted.
	pub async fn nonce(&self, model: ModelId, account: AccountId) -> Result<u64, ChainError> {
		self.view("nonce", (model, account)).await
	}

	/// What the weight of an inference of a model costs, a receipt included.
	pub async fn submission_fee(&self, model: ModelId) -> Result<Option<u128>, ChainError> {
		self.view("submission_fee", model).await
	}

	/// An account's last output of a model, if its receipt counts.
	pub async fn receipt(
		&self,
		model: ModelId,
		account: AccountId,
	) -> Result<Option<Receipt>, ChainError> {
		self.view("receipt", (model, account)).await
	}

	/// An account's receipt as it is stored, whether it counts or not, and what was put down for
	/// it.
	pub async fn stored_receipt(
		&self,
		model: ModelId,
		account: AccountId,
	) -> Result<Option<(Receipt, Option<u128>)>, ChainError> {
		self.stored("Receipts", vec![Value::from_bytes(model.0), Value::from_bytes(account)]).await
	}

	/// What a model's owner put down for it, where that is an amount.
	pub async fn deposit(&self, model: ModelId) -> Result<Option<u128>, ChainError> {
		let stored = self.stored::<Registration>("Registrations", vec![Value::from_bytes(model.0)]);
		Ok(stored.await?.and_then(|(_, deposit)| deposit))
	}

	/// The most inferences in a batch.
	pub fn max_batch(&self) -> Result<u32, ChainError> {
		self.constant(PALLET, "MaxBatch")
	}

	/// Checks that the chain can keep terms.
	///
	/// # Errors
	/// [`ChainError::MaxAge`] if it forgets its blocks sooner, [`ChainError::Needless`] if receipts
	/// would live for no block.
	pub fn ensure_terms(&self, terms: &Terms) -> Result<(), ChainError> {
		let remembered: u32 = self.constant("System", "BlockHashCount")?;
		match terms.max_age {
			Some(age) if age < 2 || age >= remembered => {
				Err(ChainError::MaxAge { age, remembered })
			},
			_ if terms.receipt_lifetime == Some(0) => {
				Err(ChainError::Needless(format!("{PALLET}::MalformedTerms")))
			},
			_ => Ok(()),
		}
	}

	/// A constant of the runtime.
	pub(super) fn constant<T: Decode>(&self, pallet: &str, name: &str) -> Result<T, ChainError> {
		let bytes = self.at.constants().entry_bytes((pallet, name)).map_err(runtime)?;
		T::decode(&mut bytes.as_slice()).map_err(runtime)
	}

	/// What an account's next proof of a model must be made for.
	///
	/// The context is computed here, from the chain's genesis hash, the account's nonce, and where
	/// the model asks for an anchor, the hash of that block.
	///
	/// # Errors
	/// [`ChainError::ModelNotFound`] or [`ChainError::ModelDeregistered`] if there is no such model;
	/// [`ChainError::Contradiction`] if the node says that the context is another.
	pub async fn next(&self, model: ModelId, account: AccountId) -> Result<Next, ChainError> {
		let contradiction = |what: String| Err(ChainError::Contradiction(what));
		let max_age = self.registered(model).await?.model.terms.max_age;
		let nonce = self.nonce(model, account).await?;
		let told: Option<NextContext> = self.view("next_context", (model, account)).await?;
		let told = told.ok_or_else(|| {
			ChainError::Runtime("it has no block yet after its first: wait for one".into())
		})?;
		let anchor = match (max_age, told.anchor) {
			(None, None) => None,
			(Some(max_age), Some(block)) => {
				let age = self.height().checked_sub(block);
				if age.is_none_or(|age| age == 0 || age > max_age) {
					return contradiction(format!(
						"at block {} it names block {block} as the anchor of a model that allows an \
						 age of {max_age}",
						self.height()
					));
				}
				Some(Anchor { block, hash: self.chain.hash_of(block).await? })
			},
			_ => return contradiction("an anchor does not go with the model's terms".into()),
		};
		let next = Next { genesis: self.chain.genesis(), model, account, nonce, anchor, max_age };
		let context = next.context();
		if told.nonce != nonce || told.context != context {
			return contradiction(format!(
				"the context of nonce {nonce} is 0x{}, not 0x{}, the hash of 0x{}",
				hex::encode(context.0),
				hex::encode(told.context.0),
				hex::encode(told.preimage)
			));
		}
		Ok(next)
	}

	/// What submissions by an account would come to on top of this block: one by itself, several
	/// as a batch. `signals` are those of all. Says what they would weigh.
	///
	/// # Errors
	/// Besides those of the connection, none: a refusal is an answer.
	pub async fn dry_run(
		&self,
		account: AccountId,
		signals: u32,
		submissions: &[Submission],
	) -> Result<Result<Weight, Refusal>, ChainError> {
		let parameters = (account, signals, submissions).encode();
		let answer: Result<Weight, RefusedRaw> = self.ask("ZkmlApi_dry_run", &parameters).await?;
		Ok(answer.map_err(|RefusedRaw { error, culprits }| Refusal {
			error: self.words(error),
			culprits: (culprits.into_iter())
				.map(|(position, error)| (position as usize, self.words(error)))
				.collect(),
		}))
	}

	/// What submissions that weigh `weight` would cost.
	///
	/// # Errors
	/// [`ChainError::Runtime`] if the chain does not say what things cost.
	pub async fn fees(
		&self,
		signals: u32,
		submissions: &[Submission],
		hint: Option<&Hint>,
		weight: Weight,
	) -> Result<Fees, ChainError> {
		let data = self.submission_call(signals, submissions, hint)?;
		let parameters = [data.clone(), ((data.len() + ENVELOPE) as u32).encode()].concat();
		let (most, _, _): (Weight, u8, u128) =
			self.ask("TransactionPaymentCallApi_query_call_info", &parameters).await?;
		let (parts, _): (Option<(u128, u128, u128)>, u128) =
			self.ask("TransactionPaymentCallApi_query_call_fee_details", &parameters).await?;
		let (base, length, adjusted) = parts.unwrap_or_default();
		let price = "TransactionPaymentCallApi_query_weight_to_fee";
		let charged: u128 = self.ask(price, &most.encode()).await?;
		let used: u128 = self.ask(price, &weight.encode()).await?;
		// What weight costs is adjusted to how full blocks are, in proportion.
		let share = used.min(charged) as f64 / charged.max(1) as f64;
		let likely = base + length + (adjusted as f64 * share) as u128;
		// The transaction's extensions weigh, too, about 2 % of a submission; no API says how much.
		let most = base + length + adjusted + adjusted / 25;
		Ok(Fees { most, likely })
	}

	/// What a transaction of so many bytes costs for them, its signature included.
	///
	/// # Errors
	/// [`ChainError::Runtime`] if the chain does not say what things cost.
	pub async fn length_fee(&self, length: usize) -> Result<u128, ChainError> {
		let length = ((length + ENVELOPE) as u32).encode();
		self.ask("TransactionPaymentCallApi_query_length_to_fee", &length).await
	}

	/// The call that submits inferences, for which so many public signals are to be paid: one with its hint
	/// by itself, others as a batch.
	///
	/// # Errors
	/// [`ChainError::Runtime`] if the chain has no such call.
	pub fn submission_call(
		&self,
		signals: u32,
		submissions: &[Submission],
		hint: Option<&Hint>,
	) -> Result<Vec<u8>, ChainError> {
		let call = calls::submission(signals, submissions, hint);
		self.call_data(PALLET, call.name, &call.arguments)
	}

	/// A call as bytes, as transactions, multisigs and proposals hold it.
	///
	/// # Errors
	/// [`ChainError::Runtime`] if there is no such call.
	pub fn call_data(
		&self,
		pallet: &str,
		name: &str,
		arguments: &[u8],
	) -> Result<Vec<u8>, ChainError> {
		let missing = || ChainError::Runtime(format!("it has no call {pallet}.{name}"));
		let found = self.at.metadata_ref().pallet_by_name(pallet).ok_or_else(missing)?;
		let call = found.call_variant_by_name(name).ok_or_else(missing)?.index;
		let mut data = vec![found.call_index(), call];
		data.extend(arguments);
		Ok(data)
	}

	/// The block's client, for transactions.
	pub(super) fn at(
		&self,
	) -> &ClientAtBlock<PolkadotConfig, OnlineClientAtBlockImpl<PolkadotConfig>> {
		&self.at
	}

	/// An error in words, from its bytes in an event.
	pub(super) fn words_of(&self, bytes: &[u8]) -> Result<String, ChainError> {
		Reason::decode(&mut &*bytes).map(|reason| self.words(reason)).map_err(runtime)
	}

	/// An error in words.
	fn words(&self, reason: Reason) -> String {
		match DispatchError::decode_from(reason.encode(), self.at.metadata()) {
			Ok(error) => words(&error),
			Err(_) => format!("{reason:?}"),
		}
	}

	/// A map's value as it is stored, and the deposit at its end.
	async fn stored<T: Decode>(
		&self,
		entry: &str,
		keys: Vec<Value>,
	) -> Result<Option<(T, Option<u128>)>, ChainError> {
		let found = self.at.storage().try_fetch((PALLET, entry), keys).await.map_err(runtime)?;
		let Some(value) = found else { return Ok(None) };
		let mut bytes = value.bytes();
		let value = T::decode(&mut bytes).map_err(runtime)?;
		// Whatever else a chain takes as a deposit is no amount.
		let deposit = <[u8; 16]>::try_from(bytes).ok().map(u128::from_le_bytes);
		Ok(Some((value, deposit)))
	}

	/// Calls a runtime API.
	async fn ask<T: Decode>(&self, name: &str, parameters: &[u8]) -> Result<T, ChainError> {
		let answer =
			self.at.runtime_apis().call_raw(name, Some(parameters)).await.map_err(runtime)?;
		T::decode(&mut answer.as_slice()).map_err(|error| runtime(format!("{name}: {error}")))
	}

	/// Calls a view function of the pallet.
	async fn view<T: Decode>(&self, name: &str, arguments: impl Encode) -> Result<T, ChainError> {
		self.view_of(PALLET, name, arguments).await
	}

	/// Calls a view function.
	pub(super) async fn view_of<T: Decode>(
		&self,
		pallet: &str,
		name: &str,
		arguments: impl Encode,
	) -> Result<T, ChainError> {
		let missing = || ChainError::Runtime(format!("it has no view function {pallet}.{name}"));
		let pallet = self.at.metadata_ref().pallet_by_name(pallet).ok_or_else(missing)?;
		let function = pallet.view_function_by_name(name).ok_or_else(missing)?;
		let parameters = (*function.query_id(), arguments.encode()).encode();
		let answer =
			(self.at.view_functions().call_raw(Some(&parameters)).await).map_err(transport)?;
		// The call answers `Result<Vec<u8>, ViewFunctionDispatchError>`.
		let value = match answer.split_first() {
			Some((0, rest)) => Vec::<u8>::decode(&mut &*rest).map_err(runtime)?,
			_ => return Err(runtime(format!("the view function {name} failed"))),
		};
		T::decode(&mut value.as_slice()).map_err(|error| runtime(format!("{name}: {error}")))
	}
}

/// An error of a call in words: `Pallet::Name` where it is a pallet's, or `Pallet::Name(Cause)` where
/// that carries a cause.
pub(super) fn words(error: &DispatchError) -> String {
	match error {
		DispatchError::Module(error) => {
			let name = error.details_string();
			match error.as_root_error().ok().and_then(cause) {
				Some(cause) => format!("{name}({cause})"),
				None => name,
			}
		},
		error => error.to_string(),
	}
}

/// The name of what an error of a pallet carries, if that is one of several.
fn cause(error: Value) -> Option<String> {
	let (_, error) = variant(error)?;
	let (_, cause) = variant(error?)?;
	variant(cause?).map(|(name, _)| name)
}

/// The name of a variant, and its first field.
fn variant(value: Value) -> Option<(String, Option<Value>)> {
	match value.value {
		ValueDef::Variant(variant) => Some((variant.name, variant.values.into_values().next())),
		_ => None,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Compact;

	#[test]
	fn weights_are_two_compact_numbers() {
		let weight = Weight { ref_time: 1 << 40, proof_size: 7 };
		assert_eq!(weight.encode(), (Compact(1u64 << 40), Compact(7u64)).encode());
		assert_eq!(Weight::decode(&mut weight.encode().as_slice()), Ok(weight));
	}

	#[test]
	fn a_refusal_names_error_and_culprits() {
		let module = |error: u8| (3u8, 9u8, [error, 0, 0, 0]);
		let bytes = (1u8, module(28), vec![(2u32, module(19))]).encode();
		let refused = Result::<Weight, RefusedRaw>::decode(&mut bytes.as_slice()).unwrap();
		let RefusedRaw { error, culprits } = refused.unwrap_err();
		assert_eq!(error, Reason::Module { pallet: 9, error: [28, 0, 0, 0] });
		let culprit = Reason::Module { pallet: 9, error: [19, 0, 0, 0] };
		assert_eq!(culprits, [(2, culprit)]);
	}

	#[test]
	fn an_error_names_the_cause_that_it_carries() {
		let of = |name: &str, inside: Vec<Value>| Value::unnamed_variant(name, inside);
		let refused = of("Refused", vec![of("ModelSuspended", vec![])]);
		assert_eq!(cause(of("Reputation", vec![refused])), Some("ModelSuspended".into()));
		assert_eq!(cause(of("Reputation", vec![of("NoPoints", vec![])])), None);
		assert_eq!(cause(of("Pallet", vec![of("Many", vec![Value::u128(3)])])), None);
	}
}
