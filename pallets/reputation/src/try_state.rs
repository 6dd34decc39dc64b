//! What is true of the storage between any two calls.

use crate::{pallet::*, Areas, Records};
use alloc::collections::BTreeSet;
use frame_support::ensure;
use sp_runtime::{traits::Zero, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks that areas make sense, that records say what can have been proven, and that no
	/// contribution is worth more, and no score higher, than it may be.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let now = frame_system::Pallet::<T>::block_number();
		for (_, area) in Areas::<T>::iter() {
			ensure!(!area.half_life.is_zero(), "a half-life is no time");
			ensure!(area.floor <= area.ceiling, "a ceiling is below its floor");
			let distinct: BTreeSet<_> = area.sources.iter().map(|source| source.model).collect();
			ensure!(distinct.len() == area.sources.len(), "an area lists a source twice");
			let vouched = area.sources.iter().all(|source| !source.issuers.is_empty());
			ensure!(vouched, "nobody vouches for a source's values");
		}
		for (account, id, record) in Records::<T>::iter() {
			ensure!(!record.contributions.is_empty(), "a deposit is for nothing");
			let models: BTreeSet<_> =
				record.contributions.iter().map(|known| known.model).collect();
			ensure!(models.len() == record.contributions.len(), "a source has contributed twice");
			let area = Areas::<T>::get(id);
			for known in &record.contributions {
				ensure!(known.since <= now, "a contribution comes from the future");
				ensure!(known.commitment.is_canonical(), "a commitment is no public signal");
				let Some(area) = &area else { continue };
				let worth = Self::worth(area, known, now);
				ensure!(worth <= known.points, "a contribution has grown");
				if let Some(source) = area.source(known.model) {
					// A model's interface never changes, and so the kind of its answers.
					let points = source.points.of(known.answer);
					ensure!(points.is_some(), "an answer is of another kind than its points");
					ensure!(
						Some(worth) <= points,
						"a contribution is worth more than its source gives"
					);
				}
			}
			let score = Self::score_of(&account, id);
			match area {
				Some(area) => {
					let within = (area.floor..=area.ceiling).contains(&score);
					ensure!(within, "a score is not within its bounds");
				},
				None => ensure!(score == 0, "there is a score of no area"),
			}
		}
		Ok(())
	}
}
