//! Sequences of calls by several accounts, honest and not, against what must hold of any of them.
//!
//! Whether an inference is to be accepted is decided a second time, from the storage, with
//! [`crate::reference`].

use crate::{
	reference::{self, Verdict},
	runtime::{
		self, hash_of, next_block, Balances, ModelHold, Prover, ReceiptHold, Runtime, RuntimeCall,
		RuntimeOrigin, System, Zkml, ACCOUNTS, PROVERS, REGISTERED, REMEMBERED,
	},
	Input,
};
use codec::{Decode, Encode};
use frame_support::{
	dispatch::GetDispatchInfo,
	traits::{
		fungible::{Inspect, InspectHold},
		tokens::{Fortitude, Preservation},
		Hooks,
	},
	BoundedVec,
};
use pallet_zkml::{InferenceVerifier, Models, Nonces, Receipts, Registrations, Rules, Status};
use sp_runtime::{
	traits::Dispatchable, DispatchErrorWithPostInfo, DispatchResultWithInfo, StateVersion,
};
use std::{cell::RefCell, collections::BTreeMap};
use zkml_primitives::{
	context_for, submission_payload, ClaimedInput, Commitment, Context, Hint, Inference,
	InputVisibility, Membership, ModelId, Output, OutputKind, Proof, Setup, Statement, Submission,
	Terms, Values, HINT_LEN, SUBMIT_INFERENCE,
};
use zkml_verifier::{engine::Arkworks, generic::PreparedKey, RawKey};

/// The most calls in a sequence.
const MAX_STEPS: usize = 8;
/// The most inferences in a batch of honest parts. Raw calls may hold more.
const MAX_BATCH: usize = 4;
/// More than any deposit that a call can take.
const DEPOSITS: u64 = 1 << 20;

type Call = pallet_zkml::Call<Runtime>;

thread_local! {
	static CHAIN: RefCell<sp_io::TestExternalities> = RefCell::new(runtime::chain());
}

/// Runs the steps that the bytes describe: for each a kind, and then what that kind needs.
pub fn run(data: &[u8]) {
	accepted(data);
}

/// Does the same, and answers how many inferences were accepted.
pub fn accepted(data: &[u8]) -> usize {
	on_chain(|| {
		let input = &mut Input::new(data);
		let mut world = World::new();
		for _ in 0..MAX_STEPS {
			if input.is_empty() {
				break;
			}
			world.step(input);
		}
		check_storage();
		world.accepted.len()
	})
}

/// Calls `f` on a chain with models, whose state is then as before.
pub(crate) fn on_chain<T>(f: impl FnOnce() -> T) -> T {
	CHAIN.with_borrow_mut(|chain| {
		chain.execute_with(|| {
			sp_io::storage::start_transaction();
			let result = f();
			sp_io::storage::rollback_transaction();
			result
		})
	})
}

/// What a transaction would change, without the change.
fn undone<T>(f: impl FnOnce() -> T) -> T {
	sp_io::storage::start_transaction();
	let result = f();
	sp_io::storage::rollback_transaction();
	result
}

fn root() -> Vec<u8> {
	sp_io::storage::root(StateVersion::V1)
}

fn nonces() -> BTreeMap<(ModelId, u64), u64> {
	Nonces::<Runtime>::iter().map(|(model, account, nonce)| ((model, account), nonce)).collect()
}

/// What a sequence remembers.
struct World {
	/// The models that were registered, with their index in [`PROVERS`].
	known: Vec<(ModelId, usize)>,
	/// Accepted submissions, with who made them.
	accepted: Vec<(u64, Submission<u64>)>,
}

impl World {
	fn new() -> Self {
		let known = PROVERS.iter().zip(ACCOUNTS).take(REGISTERED).zip(0..);
		let known = known.map(|((prover, account), index)| (prover.id(account), index)).collect();
		Self { known, accepted: Vec::new() }
	}

	fn step(&mut self, input: &mut Input<'_>) {
		match input.below(16) {
			0..=4 => self.submit(input),
			5..=6 => self.submit_batch(input),
			7 => self.raw(input),
			8..=9 => self.damaged(input),
			10 => self.register(input),
			11..=12 => self.manage(input),
			13 => self.replay(input),
			14 => {
				for _ in 0..=input.below(13) {
					next_block();
				}
			},
			_ => self.others(input),
		}
	}

	fn submit(&mut self, input: &mut Input<'_>) {
		let who = *input.choose(&ACCOUNTS);
		let (submission, signals) = self.submission(input, who, &mut BTreeMap::new());
		let signals = declared(input, signals);
		let mut hint = hint(who, &submission);
		if input.below(6) == 0 {
			hint.0[input.below(HINT_LEN)] ^= input.any::<u8>();
		}
		let call = Call::submit_inference { signals, submission: submission.into(), hint };
		self.dispatch(Some(who), RuntimeCall::Zkml(call));
	}

	fn submit_batch(&mut self, input: &mut Input<'_>) {
		let who = *input.choose(&ACCOUNTS);
		let (mut submissions, mut total, mut used) = (Vec::new(), 0, BTreeMap::new());
		for _ in 0..input.below(MAX_BATCH + 1) {
			let (submission, signals) = self.submission(input, who, &mut used);
			submissions.push(submission);
			total += signals;
		}
		let submissions = BoundedVec::truncate_from(submissions);
		let signals = declared(input, total);
		self.dispatch(Some(who), RuntimeCall::Zkml(Call::submit_batch { signals, submissions }));
	}

	/// A call as it comes over the wire.
	fn raw(&mut self, input: &mut Input<'_>) {
		let origin = origin(input);
		let length = input.any::<u16>();
		let bytes = input.up_to(length.into());
		self.dispatch_bytes(origin, bytes);
	}

	/// An honest call, some bytes of which are changed.
	fn damaged(&mut self, input: &mut Input<'_>) {
		let who = *input.choose(&ACCOUNTS);
		let call = match input.below(8) {
			0 => runtime::register(input.choose(&PROVERS), Setup::Development, None),
			1 => RuntimeCall::Zkml(Call::set_terms {
				model: self.model(input).0,
				terms: terms(input),
			}),
			2 => {
				let used = &mut BTreeMap::new();
				let [a, b] = [(); 2].map(|()| self.submission(input, who, used));
				let submissions = BoundedVec::truncate_from(vec![a.0, b.0]);
				RuntimeCall::Zkml(Call::submit_batch { signals: a.1 + b.1, submissions })
			},
			_ => {
				let (submission, signals) = self.submission(input, who, &mut BTreeMap::new());
				let hint = hint(who, &submission);
				RuntimeCall::Zkml(Call::submit_inference {
					signals,
					submission: submission.into(),
					hint,
				})
			},
		};
		let mut bytes = call.encode();
		for _ in 0..input.below(3) {
			let at = usize::from(input.any::<u16>()) % bytes.len();
			match input.below(8) {
				0 => bytes.truncate(at),
				1 => bytes.insert(at, input.any()),
				2 => drop(bytes.remove(at)),
				_ => bytes[at] ^= input.any::<u8>(),
			}
			if bytes.is_empty() {
				return;
			}
		}
		self.dispatch_bytes(Some(who), &bytes);
	}

	fn register(&mut self, input: &mut Input<'_>) {
		let origin = origin(input);
		let index = input.below(PROVERS.len());
		let setup = match input.below(4) {
			0 => Setup::Development,
			_ => Setup::Ceremony { transcript: [3; 32], contributions: input.below(8).into_u32() },
		};
		let supersedes = match input.below(4) {
			0 => Some(self.model(input).0),
			_ => None,
		};
		let mut call = runtime::register(&PROVERS[index], setup, supersedes);
		if let RuntimeCall::Zkml(Call::register_model {
			terms: given,
			metadata,
			verifying_key,
			..
		}) = &mut call
		{
			match input.below(8) {
				0 => *given = terms(input),
				1 => *metadata = runtime::metadata(input.up_to(4)),
				2 => verifying_key.delta = reference::any_g2(input),
				3 => {
					verifying_key.ic = {
						let ic = (0..input.below(5)).map(|_| reference::any_g1(input)).collect();
						BoundedVec::truncate_from(ic)
					}
				},
				_ => {},
			}
		}
		if self.dispatch(origin, call) {
			let registrant = origin.expect("only accounts register");
			let id = PROVERS[index].id(registrant);
			// Else its key was changed, and nobody can prove for it.
			if Models::<Runtime>::contains_key(id) {
				self.known.push((id, index));
			}
		}
	}

	fn manage(&mut self, input: &mut Input<'_>) {
		let origin = origin(input);
		let (model, _) = self.model(input);
		let account = *input.choose(&ACCOUNTS);
		let now = System::block_number();
		let call = match input.below(10) {
			0 => Call::deregister_model { model },
			1 => Call::deprecate_model { model, until: None },
			2 => Call::deprecate_model { model, until: Some((now + input.below(4) as u64) - 1) },
			3 => Call::suspend_model { model },
			4 => Call::resume_model { model },
			5 => Call::offer_ownership { model, heir: input.any::<bool>().then_some(account) },
			6 => Call::accept_ownership { model },
			7 => Call::set_terms { model, terms: terms(input) },
			8 => Call::remove_receipt { model, account },
			_ => Call::set_paused { paused: input.any() },
		};
		self.dispatch(origin, RuntimeCall::Zkml(call));
	}

	/// What was accepted before is tried again, by the same account or another.
	fn replay(&mut self, input: &mut Input<'_>) {
		let Some((account, submission)) = last(&self.accepted, input).cloned() else { return };
		let origin = match input.below(4) {
			0 => *input.choose(&ACCOUNTS),
			_ => account,
		};
		let submissions = BoundedVec::truncate_from(vec![submission.clone(); 1 + input.below(2)]);
		let signals = u32::MAX >> 2;
		let call = match input.any() {
			true => Call::submit_batch { signals, submissions },
			false => {
				let hint = hint(origin, &submission);
				Call::submit_inference { signals, submission: submission.into(), hint }
			},
		};
		self.dispatch(Some(origin), RuntimeCall::Zkml(call));
	}

	/// What is not a call: views, other pallets' checks, and nonces near their end.
	fn others(&mut self, input: &mut Input<'_>) {
		let (id, index) = self.model(input);
		let account = *input.choose(&ACCOUNTS);
		match input.below(4) {
			0 if Models::<Runtime>::contains_key(id) => {
				Nonces::<Runtime>::mutate(id, account, |nonce| {
					*nonce = (*nonce).max(u64::MAX - u64::from(input.any::<u8>() % 4));
				})
			},
			1 => {
				let context = Context(input.array());
				let inference = inference(&PROVERS[index], input);
				let proof = PROVERS[index].prove(&inference, &context, 1);
				let before = root();
				let verified = <Zkml as InferenceVerifier<u64>>::verify(
					input.below(5).into_u32(),
					id,
					context,
					&inference,
					&proof,
				);
				assert_eq!(root(), before, "a check changed the state");
				if let Ok(verified) = verified {
					assert!(shows(id, &context, &inference, &proof.proof, Some(&proof.hint)));
					assert_eq!((verified.model(), verified.context()), (id, context));
				}
			},
			_ => check_views(id, account),
		}
	}

	fn model(&self, input: &mut Input<'_>) -> (ModelId, usize) {
		match input.below(32) {
			31 => (ModelId(input.array()), 0),
			index => self.known[index % self.known.len()],
		}
	}

	/// An inference with its proof, honest or not, and how many signals it has.
	fn submission(
		&self,
		input: &mut Input<'_>,
		who: u64,
		used: &mut BTreeMap<ModelId, u64>,
	) -> (Submission<u64>, u32) {
		let (model, index) = self.model(input);
		let prover = &PROVERS[index];
		let mut inference = inference(prover, input);
		let dishonesty = input.below(24);

		let before = used.entry(model).or_default();
		let mut nonce = Nonces::<Runtime>::get(model, who).saturating_add(*before);
		*before += 1;
		let terms = Models::<Runtime>::get(model).map(|model| model.terms).unwrap_or_default();
		let now = System::block_number();
		let mut anchor = terms.max_age.map(|_| now - 1 - (input.below(8) / 4) as u64);
		let mut subject = who;
		match dishonesty {
			0 => nonce = nonce.wrapping_add(input.any::<bool>().into()).wrapping_sub(1),
			1 => subject = *input.choose(&ACCOUNTS),
			2 => {
				// About where the chain, or else the model, forgets.
				let age = terms.max_age.map_or(REMEMBERED, u64::from);
				anchor = Some(now.wrapping_sub(age.wrapping_add(input.below(3) as u64)));
			},
			3 => anchor = None,
			_ => {},
		}
		let context = context(model, subject, nonce, anchor);
		let mut proof = prover.prove(&inference, &context, input.any::<u8>().into()).proof;
		match dishonesty {
			4 => proof.0[input.below(256)] ^= input.any::<u8>(),
			5 => reference::negate(&mut proof.0[..64]),
			6 => {
				// Another proof of the same.
				reference::negate(&mut proof.0[..64]);
				reference::negate(&mut proof.0[64..192]);
			},
			7 => inference = self::inference(prover, input),
			8 => proof = input.choose(&PROVERS).prove(&inference, &context, 0).proof,
			9 => anchor = anchor.map(|anchor| anchor - 1),
			10 => proof.0[192..].copy_from_slice(&reference::any_g1(input)),
			11 => proof.0[64..192].copy_from_slice(&reference::any_g2(input)),
			12 => {
				inference.output = match input.any() {
					true => Output::Label(input.any()),
					false => Output::Logits(BoundedVec::truncate_from(vec![input.any(); 3])),
				};
			},
			13 => inference.input = Values::new(&[input.any(); 4]).into(),
			_ => {},
		}
		let signals = prover.interface.signals().expect("provers' interfaces are valid");
		(Submission { model, anchor, inference, proof }, signals)
	}

	fn dispatch_bytes(&mut self, origin: Option<u64>, bytes: &[u8]) {
		let Ok(call) = RuntimeCall::decode(&mut &bytes[..]) else { return };
		// Root may change any storage by itself.
		if origin.is_some() || matches!(call, RuntimeCall::Zkml(_)) {
			self.dispatch(origin, call);
		}
	}

	/// Dispatches a call, checks all that must hold of any, and answers whether it was accepted.
	fn dispatch(&mut self, origin: Option<u64>, call: RuntimeCall) -> bool {
		let submitted = submissions_of(&call).zip(origin);
		let expected = submitted.as_ref().map(|((hint, signals, submissions), who)| {
			let expected = is_valid(*who, hint.as_ref(), *signals, submissions);
			check_dry_run(*who, hint.is_none(), *signals, submissions);
			expected
		});
		let (root_before, nonces_before) = (root(), nonces());
		let raw_origin = origin.map_or(RuntimeOrigin::root(), RuntimeOrigin::signed);
		let result = call.clone().dispatch(raw_origin);
		if result.is_err() {
			assert_eq!(root(), root_before, "{result:?} left a trace");
		}
		let paid = call.get_dispatch_info().call_weight;
		check_weight(&result, paid);
		let nonces_after = nonces();
		for (key, nonce) in &nonces_before {
			assert!(nonces_after.get(key) >= Some(nonce), "a nonce decreased");
		}

		let Some(((_, _, submissions), who)) = submitted else {
			assert!(nonces_before == nonces_after, "a nonce without an inference");
			return result.is_ok();
		};
		let poor =
			Balances::reducible_balance(&who, Preservation::Preserve, Fortitude::Polite) < DEPOSITS;
		match expected {
			Some(true) => assert!(result.is_ok() || poor, "{result:?} of a valid inference"),
			_ => assert!(result.is_err(), "an invalid inference was accepted"),
		}
		if result.is_ok() {
			let consumed =
				|nonces: &BTreeMap<_, u64>| nonces.values().map(|&n| u128::from(n)).sum::<u128>();
			assert_eq!(
				consumed(&nonces_after) - consumed(&nonces_before),
				submissions.len() as u128
			);
			for submission in submissions {
				let entry = (who, submission);
				assert!(!self.accepted.contains(&entry), "accepted twice: {entry:?}");
				self.accepted.push(entry);
			}
			let again = undone(|| call.dispatch(RuntimeOrigin::signed(who)));
			assert!(again.is_err(), "accepted a second time");
		}
		result.is_ok()
	}
}

/// As a call's submissions: the hint, if it is no batch, the signals that it pays for, and what is submitted.
fn submissions_of(call: &RuntimeCall) -> Option<(Option<Hint>, u32, Vec<Submission<u64>>)> {
	match call {
		RuntimeCall::Zkml(Call::submit_inference { signals, submission, hint }) => {
			Some((Some(*hint), *signals, vec![(**submission).clone()]))
		},
		RuntimeCall::Zkml(Call::submit_batch { signals, submissions }) => {
			Some((None, *signals, submissions.to_vec()))
		},
		_ => None,
	}
}

/// Whether all of these are to be accepted, but for the deposits.
fn is_valid(who: u64, hint: Option<&Hint>, signals: u32, submissions: &[Submission<u64>]) -> bool {
	let mut total = 0u64;
	let mut used = BTreeMap::<ModelId, u64>::new();
	let rules = Rules::<Runtime>::get();
	let now = System::block_number();
	let mut valid = |submission: &Submission<u64>| {
		let Submission { model: id, anchor, inference, proof } = submission;
		let Some(model) = Models::<Runtime>::get(id) else { return false };
		total += u64::from(model.signals);
		let usable = matches!(model.status(now), Status::Active | Status::Deprecated { .. });
		let setup = model.setup != Setup::Development || rules.allow_development_keys;
		let anchored = match (model.terms.max_age, *anchor) {
			(None, None) => true,
			(Some(age), Some(block)) => {
				block < now
					&& now - block <= age.into()
					&& (block == 0 || now - block <= REMEMBERED)
			},
			_ => false,
		};
		let before = used.entry(*id).or_default();
		let nonce = Nonces::<Runtime>::get(id, who).checked_add(*before);
		*before += 1;
		let Some(nonce) = nonce.filter(|&nonce| nonce < u64::MAX) else { return false };
		let paid = total <= signals.into();
		usable && setup && anchored && paid && !rules.paused && {
			shows(*id, &context(*id, who, nonce, *anchor), inference, proof, hint)
		}
	};
	(hint.is_some() || !submissions.is_empty()) && submissions.iter().all(&mut valid)
}

/// The hint of what an account submits next; zeros of what does not hold.
pub(crate) fn hint(who: u64, submission: &Submission<u64>) -> Hint {
	let Submission { model: id, anchor, inference, proof } = submission;
	let found = || {
		let model = Models::<Runtime>::get(id)?;
		let context = context(*id, who, Nonces::<Runtime>::get(id, who), *anchor);
		let statement = Statement::new(&model.interface, inference, &context).ok()?;
		let zkml_primitives::VerifyingKey { alpha, beta, gamma, delta, ic } = &model.key;
		let key = RawKey { alpha, beta, gamma, delta, ic };
		let key = PreparedKey::<Arkworks>::validate(&key).expect("registered keys are valid");
		key.hint(statement.signals(), &proof.0).ok()
	};
	Hint(found().unwrap_or([0; HINT_LEN]))
}

/// Whether a proof, and its hint if there is one, show an inference of a registered model, by the
/// reference's word.
fn shows(
	id: ModelId,
	context: &Context,
	inference: &Inference,
	proof: &Proof,
	hint: Option<&Hint>,
) -> bool {
	let Some(model) = Models::<Runtime>::get(id) else { return false };
	let zkml_primitives::VerifyingKey { alpha, beta, gamma, delta, ic } = &model.key;
	let key = reference::key(&RawKey { alpha, beta, gamma, delta, ic });
	let key = key.expect("registered keys are valid");
	Statement::new(&model.interface, inference, context).is_ok_and(|statement| {
		let signals = statement.signals();
		reference::verify(&key, signals, &proof.0) == Verdict::True
			&& hint.is_none_or(|hint| reference::is_hint(&key, signals, &proof.0, &hint.0))
	})
}

/// A dry run says what then happens, and a batch what its parts do.
fn check_dry_run(who: u64, batch: bool, signals: u32, submissions: &[Submission<u64>]) {
	let before = root();
	let result = undone(|| Zkml::dry_run(who, signals, submissions.to_vec()));
	let submit_batch = || {
		let submissions = BoundedVec::truncate_from(submissions.to_vec());
		RuntimeCall::Zkml(Call::submit_batch { signals, submissions })
	};
	let call = match submissions {
		[submission] if !batch => {
			let (submission, hint) = (submission.clone(), hint(who, submission));
			RuntimeCall::Zkml(Call::submit_inference {
				signals,
				submission: submission.into(),
				hint,
			})
		},
		_ => submit_batch(),
	};
	let outcome = undone(|| call.dispatch(RuntimeOrigin::signed(who)));
	match (&result, &outcome) {
		(Ok(accepted), Ok(info)) => {
			// One inference is not weighed as a batch of one.
			if batch == (submissions.len() != 1) {
				assert_eq!(Some(accepted.weight), info.actual_weight);
			}
		},
		(Err(refused), Err(failed)) => {
			// A batch of one says only that it is invalid.
			if batch == (submissions.len() != 1) {
				assert_eq!(refused.error, failed.error);
			}
			let places = refused.culprits.iter().map(|(at, _)| *at as usize);
			assert!(places.clone().is_sorted() && places.max() < Some(submissions.len().max(1)));
		},
		_ => panic!("a dry run said {result:?}, and then there was {outcome:?}"),
	}
	if submissions.len() > 1 {
		let singly = undone(|| {
			submissions.iter().all(|submission| {
				let (submission, hint) = (submission.clone(), hint(who, submission));
				let call = Call::submit_inference {
					signals: u32::MAX,
					submission: submission.into(),
					hint,
				};
				RuntimeCall::Zkml(call).dispatch(RuntimeOrigin::signed(who)).is_ok()
			})
		});
		let paid =
			signals >= (submissions.len() as u32).saturating_mul(zkml_primitives::MAX_SIGNALS);
		assert!(singly || outcome.is_err(), "a batch is accepted whose parts are not");
		assert!(!(singly && paid) || outcome.is_ok(), "parts are accepted whose batch is not");
	}
	assert_eq!(root(), before);
}

/// What a call weighs after it was dispatched is no more than what it paid for.
fn check_weight(
	result: &DispatchResultWithInfo<frame_support::dispatch::PostDispatchInfo>,
	paid: frame_support::weights::Weight,
) {
	let (Ok(info) | Err(DispatchErrorWithPostInfo { post_info: info, .. })) = result;
	if let Some(actual) = info.actual_weight {
		assert!(actual.all_lte(paid), "weighed {actual:?}, paid for {paid:?}");
	}
}

/// What clients read agrees with the storage.
fn check_views(id: ModelId, account: u64) {
	let before = root();
	let model = Zkml::model(id);
	assert_eq!(model.is_some(), Models::<Runtime>::contains_key(id));
	if let Some(next) = Zkml::next_context(id, account) {
		assert_eq!(next.context, context(id, account, next.nonce, next.anchor));
		assert_eq!(next.context, Context::of(&next.preimage));
	}
	let _ = (Zkml::policy(), Zkml::tombstone(id), Zkml::submission_fee(id), Zkml::status(id));
	if let Some(receipt) = Zkml::receipt(id, account) {
		assert!(receipt.nonce < Zkml::nonce(id, account));
		assert!(receipt.until >= System::block_number());
	}
	assert_eq!(root(), before);
}

/// The pallet's own invariants, and that what is held of accounts is what the tickets say.
fn check_storage() {
	Zkml::try_state(System::block_number()).expect("the pallet's invariants hold");
	let mut held = BTreeMap::<(u64, bool), u64>::new();
	for (_, registration) in Registrations::<Runtime>::iter() {
		*held.entry((registration.owner, true)).or_default() += amount(&registration.deposit);
	}
	for (_, account, receipt) in Receipts::<Runtime>::iter() {
		*held.entry((account, false)).or_default() += amount(&receipt.deposit);
	}
	for account in ACCOUNTS {
		for (models, reason) in [(true, ModelHold::get()), (false, ReceiptHold::get())] {
			let needed = held.remove(&(account, models)).unwrap_or(0);
			assert_eq!(Balances::balance_on_hold(&reason, &account), needed, "of {account}");
		}
	}
	assert!(held.is_empty(), "deposits of accounts that never acted: {held:?}");
}

/// A ticket is its amount.
fn amount(ticket: &impl Encode) -> u64 {
	u64::decode(&mut &ticket.encode()[..]).expect("a ticket of HoldConsideration is its amount")
}

/// The context of a submission, made from what is public.
pub(crate) fn context(model: ModelId, who: u64, nonce: u64, anchor: Option<u64>) -> Context {
	let anchor = anchor.map(|block| hash_of(block).0);
	let payload = submission_payload(nonce, anchor.as_ref());
	context_for(&hash_of(0).0, SUBMIT_INFERENCE, model, &who, &payload)
}

/// What every honest committed input has.
const COMMITTED: Commitment = Commitment([11; 32]);

/// An inference that fits.
fn inference(prover: &Prover, input: &mut Input<'_>) -> Inference {
	let mut values = |packing: zkml_primitives::Packing| -> Vec<i32> {
		let value = |_| {
			let raw = input.any::<u32>() & (u32::MAX >> (32 - u32::from(packing.width)));
			(i64::from(packing.offset) + i64::from(raw)) as i32
		};
		(0..packing.count).map(value).collect()
	};
	let output = match prover.interface.output {
		OutputKind::Logits(tensor) => {
			Output::Logits(BoundedVec::truncate_from(values(tensor.packing)))
		},
		OutputKind::Threshold { .. } => Output::Passed,
		_ => Output::Label(
			values(zkml_primitives::Packing { width: 8, count: 1, offset: 0 })[0] as u32 % 10,
		),
	};
	let input = match prover.interface.input {
		InputVisibility::Public(tensor) => Values::new(&values(tensor.packing)).into(),
		InputVisibility::Committed { .. } => ClaimedInput::Committed(COMMITTED),
		InputVisibility::Member { .. } => ClaimedInput::Member(Membership {
			root: COMMITTED,
			topic: COMMITTED,
			nullifier: COMMITTED,
			choice: 1,
		}),
		InputVisibility::Private => ClaimedInput::Hidden,
	};
	Inference { output, input }
}

fn terms(input: &mut Input<'_>) -> Terms {
	let mut number = || match input.below(4) {
		0 => None,
		1 => Some(input.any()),
		_ => Some(input.below(12).into_u32()),
	};
	Terms { max_age: number(), receipt_lifetime: number() }
}

/// How many signals a call says that it pays for: mostly as many as there are.
fn declared(input: &mut Input<'_>, signals: u32) -> u32 {
	match input.below(8) {
		0 => input.any(),
		1 => signals.saturating_sub(1),
		2 => signals + input.below(256).into_u32(),
		_ => signals,
	}
}

/// An account, or `None` for root.
fn origin(input: &mut Input<'_>) -> Option<u64> {
	match input.below(8) {
		7 => None,
		index => Some(ACCOUNTS[index % ACCOUNTS.len()]),
	}
}

fn last<'a, T>(from: &'a [T], input: &mut Input<'_>) -> Option<&'a T> {
	let back = input.below(from.len());
	from.iter().rev().nth(back)
}

trait IntoU32 {
	fn into_u32(self) -> u32;
}

impl IntoU32 for usize {
	fn into_u32(self) -> u32 {
		self.try_into().unwrap_or(u32::MAX)
	}
}
