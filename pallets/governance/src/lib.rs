#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]
#![doc = include_str!("../README.md")]

extern crate alloc;

mod ballots;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod delegates;
mod errors;
mod events;
mod features;
#[cfg(test)]
mod mock;
mod parameters;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
mod types;
mod voting;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
use frame_support::pallet_macros::import_section;

pub use features::Metrics;
pub use pallet::*;
pub use parameters::{BoundParameters, EnsureModel};
pub use types::{
	Ballot, BallotId, BallotTerms, Binding, BindingTerms, Decision, Delegate, DelegateId,
	DelegateTerms, Feature, History, Input, Motion, Poll, PollIndex, Report, Snapshot, Subject,
};
pub use voting::{ConvictionVotes, DelegatedVotes};
pub use weights::WeightInfo;

/// The pallet.
// Macros make public items that they do not document, and state their proofs in `expect`.
#[allow(missing_docs, clippy::expect_used)]
#[import_section(events::events)]
#[import_section(errors::errors)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::{boxed::Box, vec::Vec};
	use frame_support::{
		pallet_prelude::*,
		traits::{
			fungible::{Inspect, InspectHold, Mutate, MutateHold},
			Consideration, EnsureOrigin, Footprint,
		},
	};
	use frame_system::pallet_prelude::*;
	use pallet_attestation::Attested;
	use pallet_reputation::Reputation;
	use pallet_zkml::{InferenceVerifier, VerifyError};
	use sp_runtime::traits::Convert;
	use zkml_primitives::{Commitment, Context, HintedProof, Inference, ModelId};

	/// Of the layout of the storage.
	pub(crate) const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What a runtime decides.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeOrigin: From<Origin>>
		+ pallet_referenda::Config<BlockNumberProvider = frame_system::Pallet<Self>>
	{
		/// Who binds parameters to models.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Checks proofs; usually `pallet-zkml`.
		type Verifier: InferenceVerifier<Self::AccountId>;

		/// Knows the roots of voters; usually `pallet-attestation`.
		type Attested: Attested<Self::AccountId, BlockNumberFor<Self>>;

		/// Knows what proposers are worth; usually `pallet-reputation`.
		type Reputation: Reputation<Self::AccountId>;

		/// Where delegates vote; usually [`ConvictionVotes`].
		type Voting: DelegatedVotes<Self::AccountId, Class = pallet_referenda::TrackIdOf<Self, ()>>;

		/// How much a proposal would spend; `None` if the runtime cannot tell.
		type Asked: Convert<pallet_referenda::CallOf<Self, ()>, Option<u128>>;

		/// What else the chain knows of itself.
		type Metrics: Metrics;

		/// The parameters that models may move.
		type Parameters: BoundParameters<Self::RuntimeOrigin>;

		/// Rewards.
		type Balances: Inspect<Self::AccountId>
			+ Mutate<Self::AccountId>
			+ InspectHold<Self::AccountId>
			+ MutateHold<Self::AccountId, Reason = Self::HoldReason>;

		/// Of the runtime.
		type HoldReason: From<HoldReason>;

		/// The deposit for what is stored.
		type Consideration: Consideration<Self::AccountId, Footprint>;

		/// The most values that a model is told.
		#[pallet::constant]
		type MaxFeatures: Get<u32>;

		/// The most labels that move a parameter.
		#[pallet::constant]
		type MaxLabels: Get<u32>;

		/// The most choices of a ballot.
		#[pallet::constant]
		type MaxChoices: Get<u32>;

		/// The most bytes of a proposal that are looked into, for what it asks.
		#[pallet::constant]
		type MaxProposal: Get<u32>;

		/// For how many blocks after its last change a history is kept.
		#[pallet::constant]
		type HistoryAge: Get<BlockNumberFor<Self>>;

		/// The weights of the calls.
		type WeightInfo: WeightInfo;

		/// Makes what benchmarks need of other pallets.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self>;
	}

	/// Why this pallet holds an account's funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The deposit for what is stored.
		#[codec(index = 0)]
		StorageDeposit,
		/// Rewards for votes that are still to come.
		#[codec(index = 1)]
		BallotRewards,
	}

	/// On whose behalf a parameter is moved.
	#[pallet::origin]
	#[derive(
		Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
	)]
	pub enum Origin {
		/// A model's, whose answer was proven.
		#[codec(index = 0)]
		Model,
	}

	/// An amount.
	pub type BalanceOf<T> =
		<<T as Config>::Balances as Inspect<<T as frame_system::Config>::AccountId>>::Balance;
	/// A parameter.
	pub type KeyOf<T> = <<T as Config>::Parameters as BoundParameters<
		<T as frame_system::Config>::RuntimeOrigin,
	>>::Key;
	/// On what terms a model votes.
	pub type DelegateTermsOf<T> = DelegateTerms<
		<T as frame_system::Config>::AccountId,
		BlockNumberFor<T>,
		BalanceOf<T>,
		<T as Config>::MaxFeatures,
	>;
	/// A delegate as it is stored, with its deposit or without.
	pub type DelegateOf<T, Ticket = <T as Config>::Consideration> = Delegate<
		<T as frame_system::Config>::AccountId,
		BlockNumberFor<T>,
		BalanceOf<T>,
		<T as Config>::MaxFeatures,
		Ticket,
	>;
	/// A snapshot as it is stored, with its deposit or without.
	pub type SnapshotOf<T, Ticket = <T as Config>::Consideration> = Snapshot<
		<T as frame_system::Config>::AccountId,
		BlockNumberFor<T>,
		<T as Config>::MaxFeatures,
		Ticket,
	>;
	/// A poll as it is stored.
	pub type PollOf<T> = Poll<
		<T as frame_system::Config>::AccountId,
		pallet_referenda::TrackIdOf<T, ()>,
		<T as Config>::Consideration,
	>;
	/// A proposer's history, with its deposit or without.
	pub type HistoryOf<T, Ticket = <T as Config>::Consideration> =
		History<<T as frame_system::Config>::AccountId, BlockNumberFor<T>, Ticket>;
	/// On what terms a model moves a parameter.
	pub type BindingTermsOf<T> = BindingTerms<
		<T as frame_system::Config>::AccountId,
		BlockNumberFor<T>,
		BalanceOf<T>,
		<T as Config>::MaxFeatures,
		<T as Config>::MaxLabels,
	>;
	/// A parameter that a model moves.
	pub type BindingOf<T> = Binding<
		<T as frame_system::Config>::AccountId,
		BlockNumberFor<T>,
		BalanceOf<T>,
		<T as Config>::MaxFeatures,
		<T as Config>::MaxLabels,
	>;
	/// On what terms there is a ballot.
	pub type BallotTermsOf<T> =
		BallotTerms<<T as frame_system::Config>::AccountId, BlockNumberFor<T>, BalanceOf<T>>;
	/// A ballot, with its deposit or without.
	pub type BallotOf<T, Ticket = <T as Config>::Consideration> = Ballot<
		<T as frame_system::Config>::AccountId,
		BlockNumberFor<T>,
		BalanceOf<T>,
		<T as Config>::MaxChoices,
		Ticket,
	>;

	/// How many delegates there ever were.
	#[pallet::storage]
	pub type DelegateCount<T> = StorageValue<_, DelegateId, ValueQuery>;

	/// The models that vote.
	#[pallet::storage]
	pub type Delegates<T: Config> = StorageMap<_, Twox64Concat, DelegateId, DelegateOf<T>>;

	/// The last snapshot of each subject.
	#[pallet::storage]
	pub type Snapshots<T: Config> =
		StorageMap<_, Blake2_128Concat, Subject<KeyOf<T>>, SnapshotOf<T>>;

	/// The polls of which there are snapshots.
	#[pallet::storage]
	pub type Polls<T: Config> = StorageMap<_, Twox64Concat, PollIndex, PollOf<T>>;

	/// How the polls of a proposer ended.
	#[pallet::storage]
	pub type Histories<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, HistoryOf<T>>;

	/// What accounts report, of a poll or of the chain.
	#[pallet::storage]
	pub type Reports<T: Config> = StorageNMap<
		_,
		(
			NMapKey<Blake2_128Concat, T::AccountId>,
			NMapKey<Twox64Concat, Option<PollIndex>>,
			NMapKey<Twox64Concat, u32>,
		),
		Report<T::Consideration>,
	>;

	/// The parameters that models move.
	#[pallet::storage]
	pub type Bindings<T: Config> = StorageMap<_, Blake2_128Concat, KeyOf<T>, BindingOf<T>>;

	/// How many ballots there ever were.
	#[pallet::storage]
	pub type BallotCount<T> = StorageValue<_, BallotId, ValueQuery>;

	/// The ballots.
	#[pallet::storage]
	pub type Ballots<T: Config> = StorageMap<_, Twox64Concat, BallotId, BallotOf<T>>;

	/// Who has voted, as nobody can tell.
	#[pallet::storage]
	pub type Nullifiers<T: Config> =
		StorageDoubleMap<_, Twox64Concat, BallotId, Blake2_128Concat, Commitment, ()>;

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxFeatures::get() > 0, "a model is told something");
			assert!(T::MaxChoices::get() > 1, "a ballot has choices");
			assert!(T::MaxLabels::get() > 1, "a model moves a parameter by labels");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Let a model vote.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed; the account puts down the deposit.
		///
		/// ## Details
		///
		/// The delegate has an account without keys, to which holders delegate in the voting pallet,
		/// and of which proofs are rewarded; whoever wants them to be, sends it something. That the
		/// terms suit the model is for holders to see before they delegate.
		///
		/// ## Errors
		///
		/// - [`Error::UnfitModel`] if the model is not registered, its input is not public and of as
		///   many values as are listed, its output does not fit the decision, or the terms make no
		///   sense for a poll.
		/// - Whatever the deposit says if it cannot be paid.
		///
		/// ## Events
		///
		/// [`Event::DelegateRegistered`].
		#[pallet::call_index(0)]
		#[pallet::weight(<T as Config>::WeightInfo::register_delegate())]
		pub fn register_delegate(
			origin: OriginFor<T>,
			model: ModelId,
			terms: DelegateTermsOf<T>,
		) -> DispatchResult {
			Self::do_register_delegate(ensure_signed(origin)?, model, terms)
		}

		/// Close a delegate, and take the deposit back when its last poll is settled.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the account that registered the delegate.
		///
		/// ## Details
		///
		/// There are no snapshots of other polls from now on. With the last that it has, when that poll
		/// is settled, the delegate is forgotten: at once where it has none. What was delegated to it
		/// stays there, and carries nothing; what its account holds stays there, too.
		///
		/// ## Errors
		///
		/// - [`Error::DelegateNotFound`].
		/// - [`Error::NotRegistrant`].
		/// - [`Error::DelegateClosed`] the second time.
		///
		/// ## Events
		///
		/// [`Event::DelegateClosed`]; [`Event::DelegateRemoved`] when it is forgotten.
		#[pallet::call_index(1)]
		#[pallet::weight(<T as Config>::WeightInfo::remove_delegate())]
		pub fn remove_delegate(origin: OriginFor<T>, delegate: DelegateId) -> DispatchResult {
			Self::do_remove_delegate(ensure_signed(origin)?, delegate)
		}

		/// Freeze what a delegate's model is told of a poll.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed; the account puts down the deposit.
		///
		/// ## Details
		///
		/// It takes the place of an earlier snapshot, whose deposit is returned: within the delegate's
		/// limits of how many there are and how soon one follows the other.
		///
		/// ## Errors
		///
		/// - [`Error::DelegateNotFound`].
		/// - [`Error::PollNotOngoing`].
		/// - [`Error::DelegateClosed`] for the first snapshot of a poll.
		/// - [`Error::NoMoreSnapshots`] or [`Error::TooSoon`].
		/// - [`Error::FeatureUnknown`] if a report is missing, or the proposal cannot be looked into.
		/// - Whatever the deposit says if it cannot be paid.
		///
		/// ## Events
		///
		/// [`Event::PollSnapshotted`].
		#[pallet::call_index(2)]
		#[pallet::weight(Pallet::<T>::snapshot_weight(true))]
		pub fn snapshot_poll(
			origin: OriginFor<T>,
			delegate: DelegateId,
			#[pallet::compact] poll: PollIndex,
		) -> DispatchResult {
			Self::do_snapshot_poll(ensure_signed(origin)?, delegate, poll)
		}

		/// Cast a delegate's vote, which is what its model answers to a snapshot.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed, by anybody. The proof is good for this account only, and only once.
		///
		/// ## Details
		///
		/// The vote takes the place of the delegate's vote on an earlier snapshot, and carries what
		/// was delegated to it. The account is paid the reward if the delegate's account has so much.
		/// Votes of the delegate on polls that have ended are removed, two at most.
		///
		/// ## Errors
		///
		/// - [`Error::DelegateNotFound`].
		/// - [`Error::SnapshotNotFound`] if the last snapshot is not of this block.
		/// - [`Error::AlreadyAnswered`].
		/// - [`Error::Refused`] if the inference is not proven, with the reason.
		/// - [`Error::OtherInput`] if it is not about the snapshot.
		/// - [`Error::OtherOutput`] if it cannot be read as an aye or a nay.
		/// - What the voting pallet says, if the poll has ended for example.
		///
		/// ## Events
		///
		/// [`Event::VoteCast`].
		#[pallet::call_index(3)]
		#[pallet::weight(Pallet::<T>::cast_vote_weight(*signals))]
		pub fn cast_vote(
			origin: OriginFor<T>,
			delegate: DelegateId,
			#[pallet::compact] poll: PollIndex,
			#[pallet::compact] snapshot: BlockNumberFor<T>,
			#[pallet::compact] signals: u32,
			inference: Inference,
			proof: Box<HintedProof>,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			Self::do_cast_vote(who, delegate, poll, snapshot, signals, &inference, &proof)
		}

		/// Forget a delegate's snapshot and vote of a poll that has ended, and return the deposit.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed, by anybody.
		///
		/// ## Details
		///
		/// With the last delegate's, how the poll ended is counted for its proposer; where the proposer
		/// has no history yet, the account puts down the deposit for one.
		///
		/// ## Errors
		///
		/// - [`Error::SnapshotNotFound`].
		/// - [`Error::PollOngoing`].
		/// - Whatever the deposit says if it cannot be paid.
		///
		/// ## Events
		///
		/// [`Event::PollSettled`]; [`Event::DelegateRemoved`] with the last of a closed delegate.
		#[pallet::call_index(4)]
		#[pallet::weight(Pallet::<T>::settle_weight())]
		pub fn settle_poll(
			origin: OriginFor<T>,
			delegate: DelegateId,
			#[pallet::compact] poll: PollIndex,
		) -> DispatchResult {
			Self::do_settle_poll(ensure_signed(origin)?, delegate, poll)
		}

		/// Report something that the chain cannot know, or take it back.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed; the account puts down a deposit, and gets it back.
		///
		/// ## Details
		///
		/// Delegates and bindings name the account whose reports they believe. What was frozen in a
		/// snapshot does not change.
		///
		/// ## Errors
		///
		/// - [`Error::NothingToForget`] if there is no report to take back.
		/// - Whatever the deposit says if it cannot be paid.
		///
		/// ## Events
		///
		/// [`Event::Reported`].
		#[pallet::call_index(5)]
		#[pallet::weight(<T as Config>::WeightInfo::report())]
		pub fn report(
			origin: OriginFor<T>,
			poll: Option<PollIndex>,
			key: u32,
			value: Option<u128>,
		) -> DispatchResult {
			Self::do_report(ensure_signed(origin)?, poll, key, value)
		}

		/// Forget a proposer's history, and return its deposit.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed by the account that put down the deposit.
		///
		/// ## Errors
		///
		/// - [`Error::NothingToForget`].
		/// - [`Error::HistoryKept`] if it is another's deposit, or the history changed less than
		///   `HistoryAge` blocks ago.
		///
		/// ## Events
		///
		/// [`Event::HistoryForgotten`].
		#[pallet::call_index(6)]
		#[pallet::weight(<T as Config>::WeightInfo::forget_history())]
		pub fn forget_history(origin: OriginFor<T>, proposer: T::AccountId) -> DispatchResult {
			Self::do_forget_history(ensure_signed(origin)?, proposer)
		}

		/// Let a model move a parameter, within bounds.
		///
		/// ## Dispatch Origin
		///
		/// Must be `AdminOrigin`.
		///
		/// ## Errors
		///
		/// - [`Error::AlreadyBound`].
		/// - [`Error::UnfitModel`] if the model is not registered, its input is not public and of as
		///   many values as are listed, its output does not fit the motion, or the terms make no
		///   sense for a parameter.
		///
		/// ## Events
		///
		/// [`Event::ParameterBound`].
		#[pallet::call_index(7)]
		#[pallet::weight(<T as Config>::WeightInfo::bind_parameter())]
		pub fn bind_parameter(
			origin: OriginFor<T>,
			key: KeyOf<T>,
			terms: BindingTermsOf<T>,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_bind(key, terms)
		}

		/// Let no model move a parameter any more.
		///
		/// ## Dispatch Origin
		///
		/// Must be `AdminOrigin`.
		///
		/// ## Details
		///
		/// The parameter stays as it is. What its account holds stays there.
		///
		/// ## Errors
		///
		/// - [`Error::NotBound`].
		///
		/// ## Events
		///
		/// [`Event::ParameterReleased`].
		#[pallet::call_index(8)]
		#[pallet::weight(<T as Config>::WeightInfo::release_parameter())]
		pub fn release_parameter(origin: OriginFor<T>, key: KeyOf<T>) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_release(key)
		}

		/// Freeze what the model is told that moves a parameter.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed; the account puts down the deposit, and has it back with the move.
		///
		/// ## Errors
		///
		/// - [`Error::NotBound`].
		/// - [`Error::TooSoon`] within the period after a move, or while another snapshot is good.
		/// - [`Error::FeatureUnknown`] if a report is missing.
		/// - Whatever the deposit says if it cannot be paid.
		///
		/// ## Events
		///
		/// [`Event::ParameterSnapshotted`].
		#[pallet::call_index(9)]
		#[pallet::weight(Pallet::<T>::snapshot_weight(false))]
		pub fn snapshot_parameter(origin: OriginFor<T>, key: KeyOf<T>) -> DispatchResult {
			Self::do_snapshot_parameter(ensure_signed(origin)?, key)
		}

		/// Move a parameter as its model answers to a snapshot, within the bounds.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed, by anybody. The proof is good for this account only, and only once.
		///
		/// ## Details
		///
		/// What the model asks for is brought within floor and ceiling and a step of what the
		/// parameter is now. The account is paid the reward if the parameter's account has so much.
		///
		/// ## Errors
		///
		/// - [`Error::NotBound`].
		/// - [`Error::SnapshotNotFound`] if the last is not of this block.
		/// - [`Error::SnapshotTooOld`].
		/// - [`Error::Refused`] if the inference is not proven, with the reason.
		/// - [`Error::OtherInput`] if it is not about the snapshot.
		/// - [`Error::OtherOutput`] if the answer is of another kind.
		/// - What the parameter says if it does not take the value.
		///
		/// ## Events
		///
		/// [`Event::ParameterMoved`].
		#[pallet::call_index(10)]
		#[pallet::weight(Pallet::<T>::move_weight(*signals))]
		pub fn move_parameter(
			origin: OriginFor<T>,
			key: KeyOf<T>,
			#[pallet::compact] snapshot: BlockNumberFor<T>,
			#[pallet::compact] signals: u32,
			inference: Inference,
			proof: Box<HintedProof>,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			Self::do_move(who, key, snapshot, signals, &inference, &proof)
		}

		/// Open an anonymous ballot among those whose hidden profile a model lets pass.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed; the account puts down the deposit, for all votes that there can be, and the
		/// rewards.
		///
		/// ## Details
		///
		/// Votes are counted of members of one tree, whose root the issuer has posted. What it does to
		/// its roots later changes nothing here; while it is suspended, no vote is taken.
		///
		/// ## Errors
		///
		/// - [`Error::RootUnknown`] if the root is none that the issuer posted and vouches for.
		/// - [`Error::MalformedBallot`] if the model is not one of members with this schema, or the
		///   terms make no sense.
		/// - Whatever says that deposit or rewards cannot be paid.
		///
		/// ## Events
		///
		/// [`Event::BallotOpened`].
		#[pallet::call_index(11)]
		#[pallet::weight(Pallet::<T>::open_ballot_weight())]
		pub fn open_ballot(origin: OriginFor<T>, terms: BallotTermsOf<T>) -> DispatchResult {
			Self::do_open_ballot(ensure_signed(origin)?, terms)
		}

		/// Hand in a vote, of whom nobody can tell.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed, by anybody: who votes should let another account do it. The proof is good
		/// for this account only, which is paid.
		///
		/// ## Details
		///
		/// The proof shows that a voter is in the issuer's tree, with a profile that the model lets
		/// pass; it carries the choice, and a number that is the voter's for this ballot and shows
		/// nothing of who that is.
		///
		/// ## Errors
		///
		/// - [`Error::BallotNotFound`], [`Error::BallotEnded`] or [`Error::BallotFull`].
		/// - [`Error::Refused`] if the inference is not proven, with the reason.
		/// - [`Error::OtherTopic`] if it is for another ballot.
		/// - [`Error::OtherOutput`] if the model's answer is not that the profile passed.
		/// - [`Error::NoSuchChoice`].
		/// - [`Error::OtherRoot`] if it is about another tree.
		/// - [`Error::IssuerSuspended`] if the issuer does not vouch for the schema now.
		/// - [`Error::AlreadyVoted`].
		///
		/// ## Events
		///
		/// [`Event::BallotCast`].
		#[pallet::call_index(12)]
		#[pallet::weight(Pallet::<T>::cast_ballot_weight(*signals))]
		pub fn cast_ballot(
			origin: OriginFor<T>,
			#[pallet::compact] ballot: BallotId,
			#[pallet::compact] signals: u32,
			inference: Inference,
			proof: Box<HintedProof>,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			Self::do_cast_ballot(who, ballot, signals, &inference, &proof)
		}

		/// Forget a ballot that has ended, so many votes at a time.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed, by anybody.
		///
		/// ## Details
		///
		/// When no vote is left, the counts stand in the event and the ballot is forgotten; its deposit
		/// and what is left of the rewards return to who opened it.
		///
		/// ## Errors
		///
		/// - [`Error::BallotNotFound`].
		/// - [`Error::BallotOpen`] before its end.
		///
		/// ## Events
		///
		/// [`Event::BallotClosed`] when it is forgotten.
		#[pallet::call_index(13)]
		#[pallet::weight(<T as Config>::WeightInfo::close_ballot(*limit))]
		pub fn close_ballot(
			origin: OriginFor<T>,
			#[pallet::compact] ballot: BallotId,
			#[pallet::compact] limit: u32,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			Self::do_close_ballot(ballot, limit)
		}

		/// Forget a parameter's snapshot that is good no more, and return its deposit.
		///
		/// ## Dispatch Origin
		///
		/// Must be signed, by anybody.
		///
		/// ## Errors
		///
		/// - [`Error::SnapshotNotFound`] or [`Error::NotBound`].
		/// - [`Error::SnapshotKept`] for as long as it is good.
		///
		/// ## Events
		///
		/// [`Event::SnapshotForgotten`].
		#[pallet::call_index(14)]
		#[pallet::weight(<T as Config>::WeightInfo::forget_snapshot())]
		pub fn forget_snapshot(origin: OriginFor<T>, key: KeyOf<T>) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_forget_snapshot(key)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// A delegate.
		pub fn delegate(id: DelegateId) -> Option<DelegateOf<T, ()>> {
			Delegates::<T>::get(id).map(Delegate::without_ticket)
		}

		/// The account to which holders delegate.
		pub fn delegate_account(id: DelegateId) -> T::AccountId {
			Self::account_of_delegate(id)
		}

		/// What a delegate's model would be told of a poll now; `None` if something is not known.
		pub fn features(delegate: DelegateId, poll: PollIndex) -> Option<Vec<i32>> {
			let values = Self::features_of_poll(&Delegates::<T>::get(delegate)?, poll).ok()?;
			Some(values.into_inner())
		}

		/// The last snapshot of a subject.
		pub fn snapshot(subject: Subject<KeyOf<T>>) -> Option<SnapshotOf<T, ()>> {
			Snapshots::<T>::get(subject).map(Snapshot::without_ticket)
		}

		/// What an account's proof of an answer to the last snapshot must be made for.
		pub fn context(subject: Subject<KeyOf<T>>, account: T::AccountId) -> Option<Context> {
			Self::context_of(&subject, &account)
		}

		/// How the polls of a proposer ended.
		pub fn history(proposer: T::AccountId) -> Option<HistoryOf<T, ()>> {
			Histories::<T>::get(proposer).map(History::without_ticket)
		}

		/// What an account reports.
		pub fn reported(by: T::AccountId, poll: Option<PollIndex>, key: u32) -> Option<u128> {
			Reports::<T>::get((by, poll, key)).map(|report| report.value)
		}

		/// On what terms a model moves a parameter, and the parameter's account.
		pub fn binding(key: KeyOf<T>) -> Option<(BindingOf<T>, T::AccountId)> {
			let account = Self::account_of_parameter(&key);
			Bindings::<T>::get(key).map(|binding| (binding, account))
		}

		/// A ballot.
		pub fn ballot(id: BallotId) -> Option<BallotOf<T, ()>> {
			Ballots::<T>::get(id).map(Ballot::without_ticket)
		}

		/// What a vote's nullifier is made for, and a proof by an account that hands it in.
		pub fn ballot_context(
			id: BallotId,
			account: T::AccountId,
		) -> Option<(Commitment, Context)> {
			Self::context_of_ballot(id, &account)
		}
	}
}
