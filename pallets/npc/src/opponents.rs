//! Who can be played against, and on what terms.

use crate::{
	board::{COLUMNS, OBSERVATION},
	elo,
	pallet::*,
	Opponent, OpponentId,
};
use frame_support::{
	ensure,
	traits::{Consideration, Footprint, Get},
	BoundedVec,
};
use pallet_zkml::InferenceVerifier;
use sp_runtime::DispatchResult;
use zkml_primitives::{InputVisibility, Interface, ModelId, OutputKind, Scale};

/// How many units of a scale make 1, if that is an integer; too large ones are as large as can be.
fn units_of_one(scale: Scale) -> Option<i64> {
	if !scale.mantissa.is_power_of_two() {
		return None;
	}
	let log2_scale = i32::from(scale.exponent).saturating_add(scale.mantissa.ilog2() as i32);
	let log2_units = u32::try_from(log2_scale.saturating_neg()).ok()?;
	Some(if log2_units < 62 { 1 << log2_units } else { i64::MAX })
}

impl<T: Config> Pallet<T> {
	/// The integer that stands for a stone in the input of a model that can play.
	pub(crate) fn stone_of(interface: &Interface) -> Result<i32, Error<T>> {
		let InputVisibility::Public(tensor) = interface.input else {
			return Err(Error::<T>::UnsuitableInput);
		};
		ensure!(tensor.packing.count == OBSERVATION, Error::<T>::UnsuitableInput);
		let columns = OutputKind::MaskedArgmax { classes: COLUMNS };
		ensure!(interface.output == columns, Error::<T>::UnsuitableOutput);
		let stone = units_of_one(tensor.scale).ok_or(Error::<T>::UnsuitableScale)?;
		let range = i64::from(tensor.packing.offset)..=tensor.packing.max();
		ensure!(range.contains(&0) && range.contains(&stone), Error::<T>::StoneOutOfRange);
		stone.try_into().map_err(|_| Error::<T>::StoneOutOfRange)
	}

	/// Checks that terms can be kept.
	fn ensure_possible(terms: &TermsOf<T>) -> DispatchResult {
		ensure!(terms.max_games <= T::MaxGames::get(), Error::<T>::MaxGamesTooHigh);
		ensure!(terms.min_stake <= terms.max_stake, Error::<T>::StakesContradict);
		Ok(())
	}

	/// An opponent, which must be this account's.
	fn hosted_by(host: &T::AccountId, id: OpponentId) -> Result<OpponentOf<T>, Error<T>> {
		let opponent = Opponents::<T>::get(id).ok_or(Error::<T>::OpponentNotFound)?;
		ensure!(opponent.host == *host, Error::<T>::NotHost);
		Ok(opponent)
	}

	pub(crate) fn do_host_opponent(
		host: T::AccountId,
		model: ModelId,
		terms: TermsOf<T>,
	) -> DispatchResult {
		Self::ensure_possible(&terms)?;
		let interface = T::Verifier::interface(model).ok_or(Error::<T>::ModelNotFound)?;
		let stone = Self::stone_of(&interface)?;
		let id = NextOpponent::<T>::get();
		NextOpponent::<T>::put(id.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?);
		let opponent = Opponent {
			host: host.clone(),
			model,
			stone,
			terms,
			ranked: false,
			points: elo::START,
			games: BoundedVec::new(),
			ticket: T::Consideration::new(&host, Self::opponent_footprint())?,
		};
		Opponents::<T>::insert(id, opponent);
		Self::deposit_event(Event::OpponentHosted { opponent: id, host, model, terms });
		Ok(())
	}

	pub(crate) fn do_set_terms(
		host: T::AccountId,
		id: OpponentId,
		terms: TermsOf<T>,
	) -> DispatchResult {
		let opponent = Self::hosted_by(&host, id)?;
		Self::ensure_possible(&terms)?;
		Opponents::<T>::insert(id, Opponent { terms, ..opponent });
		Self::deposit_event(Event::TermsSet { opponent: id, terms });
		Ok(())
	}

	pub(crate) fn do_remove_opponent(host: T::AccountId, id: OpponentId) -> DispatchResult {
		let opponent = Self::hosted_by(&host, id)?;
		ensure!(opponent.games.is_empty(), Error::<T>::GamesRunning);
		opponent.ticket.drop(&host)?;
		Opponents::<T>::remove(id);
		Self::deposit_event(Event::OpponentRemoved { opponent: id });
		Ok(())
	}

	pub(crate) fn do_set_ranked(id: OpponentId, ranked: bool) -> DispatchResult {
		Opponents::<T>::try_mutate(id, |opponent| {
			opponent.as_mut().ok_or(Error::<T>::OpponentNotFound)?.ranked = ranked;
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::RankedSet { opponent: id, ranked });
		Ok(())
	}

	/// What an opponent takes, at most.
	pub(crate) fn opponent_footprint() -> Footprint {
		Footprint::from_mel::<(OpponentId, OpponentOf<T>)>()
	}
}
