//! What happened: part of the pallet's module.

use frame_support::pallet_macros::pallet_section;

/// The pallet's events.
#[pallet_section]
mod events {
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A model votes.
		#[codec(index = 0)]
		DelegateRegistered {
			/// Which delegate.
			delegate: DelegateId,
			/// Which model.
			model: ModelId,
			/// The account to which holders delegate.
			account: T::AccountId,
		},
		/// A model votes no more.
		#[codec(index = 1)]
		DelegateRemoved {
			/// Which delegate.
			delegate: DelegateId,
		},
		/// What a delegate's model is told of a poll was frozen.
		#[codec(index = 2)]
		PollSnapshotted {
			/// Which delegate.
			delegate: DelegateId,
			/// Which poll.
			poll: PollIndex,
			/// In which block: the snapshot's name.
			at: BlockNumberFor<T>,
		},
		/// A model's vote was proven and cast.
		#[codec(index = 3)]
		VoteCast {
			/// Which delegate.
			delegate: DelegateId,
			/// On which poll.
			poll: PollIndex,
			/// On the snapshot of which block.
			at: BlockNumberFor<T>,
			/// What it was.
			aye: bool,
			/// Who proved it.
			who: T::AccountId,
			/// What that account was paid.
			reward: BalanceOf<T>,
		},
		/// A delegate's snapshot and vote of a poll that has ended were forgotten.
		#[codec(index = 4)]
		PollSettled {
			/// Which delegate.
			delegate: DelegateId,
			/// Which poll.
			poll: PollIndex,
		},
		/// An account reported something, or took it back.
		#[codec(index = 5)]
		Reported {
			/// Who.
			by: T::AccountId,
			/// Of which poll, or of the chain.
			poll: Option<PollIndex>,
			/// Which of its reports.
			key: u32,
			/// How much.
			value: Option<u128>,
		},
		/// A proposer's history was forgotten.
		#[codec(index = 6)]
		HistoryForgotten {
			/// Whose.
			proposer: T::AccountId,
		},
		/// A model moves a parameter.
		#[codec(index = 7)]
		ParameterBound {
			/// Which parameter.
			key: KeyOf<T>,
			/// Which model.
			model: ModelId,
			/// The account of which proofs are rewarded.
			account: T::AccountId,
		},
		/// No model moves a parameter any more.
		#[codec(index = 8)]
		ParameterReleased {
			/// Which parameter.
			key: KeyOf<T>,
		},
		/// What the model is told that moves a parameter was frozen.
		#[codec(index = 9)]
		ParameterSnapshotted {
			/// Which parameter.
			key: KeyOf<T>,
			/// In which block: the snapshot's name.
			at: BlockNumberFor<T>,
		},
		/// A model moved a parameter.
		#[codec(index = 10)]
		ParameterMoved {
			/// Which parameter.
			key: KeyOf<T>,
			/// What it was.
			from: u128,
			/// What the model asked for.
			asked: u128,
			/// What it is.
			to: u128,
			/// Who proved it.
			who: T::AccountId,
			/// What that account was paid.
			reward: BalanceOf<T>,
		},
		/// An anonymous ballot was opened.
		#[codec(index = 11)]
		BallotOpened {
			/// Which.
			ballot: BallotId,
		},
		/// A vote was counted, of whom nobody can tell.
		#[codec(index = 12)]
		BallotCast {
			/// In which ballot.
			ballot: BallotId,
			/// For which choice.
			choice: u32,
			/// Who handed it in, and was paid.
			who: T::AccountId,
		},
		/// A ballot has ended, with so many votes for each choice.
		#[codec(index = 13)]
		BallotClosed {
			/// Which.
			ballot: BallotId,
			/// The votes.
			counts: BoundedVec<u32, T::MaxChoices>,
		},
		/// There are to be snapshots of no other polls for a delegate.
		#[codec(index = 14)]
		DelegateClosed {
			/// Which delegate.
			delegate: DelegateId,
		},
		/// What the model was told that moves a parameter was forgotten, unanswered.
		#[codec(index = 15)]
		SnapshotForgotten {
			/// Which parameter.
			key: KeyOf<T>,
			/// Of which block it was.
			at: BlockNumberFor<T>,
		},
	}
}
