//! Why a call fails: part of the pallet's module.

use frame_support::pallet_macros::pallet_section;

/// The pallet's errors.
#[pallet_section]
mod errors {
	#[pallet::error]
	pub enum Error<T> {
		/// The model is not registered, or cannot be asked on these terms.
		#[codec(index = 0)]
		UnfitModel,
		/// There is no such delegate.
		#[codec(index = 1)]
		DelegateNotFound,
		/// Only the account that registered it may do this.
		#[codec(index = 2)]
		NotRegistrant,
		/// The delegate is closed: there are no snapshots of other polls.
		#[codec(index = 3)]
		DelegateClosed,
		/// There is no such poll that can be voted on.
		#[codec(index = 4)]
		PollNotOngoing,
		/// The poll can still be voted on.
		#[codec(index = 5)]
		PollOngoing,
		/// The last snapshot is too young.
		#[codec(index = 6)]
		TooSoon,
		/// There may be no more snapshots of this poll.
		#[codec(index = 7)]
		NoMoreSnapshots,
		/// Something that the model is to be told is not known.
		#[codec(index = 8)]
		FeatureUnknown,
		/// There is no such snapshot, or there is a later one.
		#[codec(index = 9)]
		SnapshotNotFound,
		/// An answer to the snapshot was proven already.
		#[codec(index = 10)]
		AlreadyAnswered,
		/// The proof is of another input.
		#[codec(index = 11)]
		OtherInput,
		/// The answer is of another kind than the terms say.
		#[codec(index = 12)]
		OtherOutput,
		/// The inference is not proven.
		#[codec(index = 13)]
		Refused(VerifyError),
		/// There is nothing of the kind to take back or to forget.
		#[codec(index = 14)]
		NothingToForget,
		/// The history is too young to be forgotten, or not the caller's to forget.
		#[codec(index = 15)]
		HistoryKept,
		/// No model moves this parameter.
		#[codec(index = 16)]
		NotBound,
		/// A model moves this parameter already.
		#[codec(index = 17)]
		AlreadyBound,
		/// The snapshot is too old.
		#[codec(index = 18)]
		SnapshotTooOld,
		/// A ballot needs a model for members, at least two choices, a time and votes.
		#[codec(index = 19)]
		MalformedBallot,
		/// There is no such ballot.
		#[codec(index = 20)]
		BallotNotFound,
		/// The ballot has ended.
		#[codec(index = 21)]
		BallotEnded,
		/// The ballot has not ended.
		#[codec(index = 22)]
		BallotOpen,
		/// The proof is for another ballot.
		#[codec(index = 23)]
		OtherTopic,
		/// The ballot has no such choice.
		#[codec(index = 24)]
		NoSuchChoice,
		/// The issuer did not post this root, or it is forgotten, or the issuer vouches for nothing of
		/// this schema now.
		#[codec(index = 25)]
		RootUnknown,
		/// This voter has voted.
		#[codec(index = 26)]
		AlreadyVoted,
		/// There are as many votes as there can be.
		#[codec(index = 27)]
		BallotFull,
		/// The proof is of another tree than the ballot's.
		#[codec(index = 28)]
		OtherRoot,
		/// The ballot's issuer is suspended or removed, or its schema is not listed any more.
		#[codec(index = 29)]
		IssuerSuspended,
		/// The snapshot is still good.
		#[codec(index = 30)]
		SnapshotKept,
	}
}
