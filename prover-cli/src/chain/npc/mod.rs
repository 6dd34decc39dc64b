//! `pallet-npc`: Connect Four against a model whose moves are proven.

mod types;

pub use types::{
	Answer, Answered, Ending, Game, GameEvent, GameId, Opponent, OpponentId, Question, Rating,
	Terms, MAX_MOVES,
};

use super::{
	address, calls::Call, runtime, transport, AccountId, AreaId, BlockNumber, Chain, ChainError,
	Included, State,
};
use crate::board::{Side, COLUMNS};
use codec::{Compact, Decode, Encode};
use subxt_signer::sr25519::Keypair;
use zkml_primitives::{
	context_for, Context, InputVisibility, Interface, ModelId, OutputKind, Scale,
};

/// The pallet's name in the runtime.
const PALLET: &str = "Npc";

/// Sets the contexts of moves apart from all others.
const ANSWER: &[u8] = b"npc/answer";

/// The area of reputation in which the runtime looks at who plays ranked games.
const GAME: AreaId = 2;

/// How many units of a scale make 1, if that is an integer; too large ones are as large as can be.
fn units_of_one(scale: Scale) -> Option<i64> {
	if !scale.mantissa.is_power_of_two() {
		return None;
	}
	let log2_scale = i32::from(scale.exponent).saturating_add(scale.mantissa.ilog2() as i32);
	let log2_units = u32::try_from(log2_scale.saturating_neg()).ok()?;
	Some(if log2_units < 62 { 1 << log2_units } else { i64::MAX })
}

/// The integer that stands for a stone in the input of a model that can play.
///
/// # Errors
/// [`ChainError::Needless`] with what the chain says of a model that cannot.
pub fn stone_of(interface: &Interface) -> Result<i32, ChainError> {
	let refused = |name: &str| ChainError::Needless(format!("{PALLET}::{name}"));
	let tensor = match interface.input {
		InputVisibility::Public(tensor) if tensor.packing.count == 4 * MAX_MOVES => tensor,
		_ => return Err(refused("UnsuitableInput")),
	};
	if interface.output != (OutputKind::MaskedArgmax { classes: COLUMNS as u32 }) {
		return Err(refused("UnsuitableOutput"));
	}
	let stone = units_of_one(tensor.scale).ok_or_else(|| refused("UnsuitableScale"))?;
	let range = i64::from(tensor.packing.offset)..=tensor.packing.max();
	let stone = Some(stone).filter(|stone| range.contains(&0) && range.contains(stone));
	let stone = stone.and_then(|stone| stone.try_into().ok());
	stone.ok_or_else(|| refused("StoneOutOfRange"))
}

impl State {
	/// Checks that an account may play ranked games, as who it is.
	///
	/// # Errors
	/// [`ChainError::NotRanked`] if its score is too low.
	pub async fn ensure_ranked(&self, player: AccountId) -> Result<(), ChainError> {
		if self.view_of(PALLET, "may_play_ranked", player).await? {
			return Ok(());
		}
		let (area, score) = (GAME, self.score(player, GAME).await?);
		Err(ChainError::NotRanked { account: address(&player), area, score })
	}

	/// Somebody to play against.
	///
	/// # Errors
	/// [`ChainError::Needless`] if there is no such opponent.
	pub async fn opponent(&self, opponent: OpponentId) -> Result<Opponent, ChainError> {
		let found: Option<Opponent> = self.view_of(PALLET, "opponent", opponent).await?;
		found.ok_or_else(|| ChainError::Needless(format!("{PALLET}::OpponentNotFound")))
	}

	/// A game that runs.
	///
	/// # Errors
	/// [`ChainError::Contradiction`] if what the node says of it does not go together.
	pub async fn game(&self, game: GameId) -> Result<Option<Game>, ChainError> {
		let found: Option<Game> = self.view_of(PALLET, "game", game).await?;
		found.map(Game::check).transpose()
	}

	/// The games of a player that run, the oldest first.
	pub async fn games_of(&self, player: AccountId) -> Result<Vec<GameId>, ChainError> {
		self.view_of(PALLET, "games_of", player).await
	}

	/// The games of an opponent in which it is to move and has time, the oldest first.
	pub async fn awaiting(&self, opponent: OpponentId) -> Result<Vec<GameId>, ChainError> {
		self.view_of(PALLET, "awaiting", opponent).await
	}

	/// How good a player is.
	pub async fn rating(&self, player: AccountId) -> Result<Option<Rating>, ChainError> {
		self.view_of(PALLET, "rating", player).await
	}

	/// The most games of an opponent at once.
	pub fn max_games(&self) -> Result<u32, ChainError> {
		self.constant(PALLET, "MaxGames")
	}

	/// What a keeper proves for an opponent's next move in a game; `None` if it is not to move, or has
	/// no time left.
	///
	/// Input, mask and context are computed here, from the board, the turn and the genesis hash.
	///
	/// # Errors
	/// [`ChainError::Contradiction`] if the node says that they are others.
	pub async fn question(
		&self,
		(opponent_id, opponent): (OpponentId, &Opponent),
		id: GameId,
		keeper: AccountId,
	) -> Result<Option<Question>, ChainError> {
		let Some(game) = self.game(id).await? else { return Ok(None) };
		if game.to_move != Side::Model || game.blocks_left(self.height()) == 0 {
			return Ok(None);
		}
		let contradiction =
			|what: &str| Err(ChainError::Contradiction(format!("game {id}: {what}")));
		if game.opponent != opponent_id {
			return contradiction("it is against another opponent than the one it awaits");
		}
		let board = game.board();
		let payload = (id, game.turn).encode();
		let genesis = self.chain().genesis();
		let context = context_for(&genesis, ANSWER, opponent.model, &keeper, &payload);
		let told: Option<Context> =
			self.view_of(PALLET, "context_for_answer", (id, keeper)).await?;
		if told != Some(context) {
			return contradiction("the context of a move is not that of game, turn and keeper");
		}
		let observation = board.observation(opponent.stone);
		let told: Option<Vec<i32>> = self.view_of(PALLET, "observation", id).await?;
		if told.as_ref() != Some(&observation) {
			return contradiction("what the model is shown is not the board");
		}
		Ok(Some(Question { id, open: board.open(), game, context, observation }))
	}
}

impl Chain {
	/// Lets others play against a model; as which opponent, too.
	pub async fn host_opponent(
		&self,
		host: &Keypair,
		model: ModelId,
		terms: &Terms,
	) -> Result<(Included, OpponentId), ChainError> {
		let included =
			self.send_to(PALLET, host, Call::new("host_opponent", (model, terms))).await?;
		let opponent = numbered(&included, "Npc.OpponentHosted")?;
		Ok((included, opponent))
	}

	/// Changes what is offered to players.
	pub async fn set_game_terms(
		&self,
		host: &Keypair,
		opponent: OpponentId,
		terms: &Terms,
	) -> Result<Included, ChainError> {
		self.send_to(PALLET, host, Call::new("set_terms", (opponent, terms))).await
	}

	/// Forgets an opponent, and returns the deposit.
	pub async fn remove_opponent(
		&self,
		host: &Keypair,
		opponent: OpponentId,
	) -> Result<Included, ChainError> {
		self.send_to(PALLET, host, Call::new("remove_opponent", opponent)).await
	}

	/// Admits an opponent to ranked games, or does so no more, as the chain's sudo key.
	pub async fn set_ranked(
		&self,
		sudo: &Keypair,
		opponent: OpponentId,
		ranked: bool,
	) -> Result<Included, ChainError> {
		self.as_root(PALLET, sudo, &Call::new("set_ranked", (opponent, ranked))).await
	}

	/// Starts a game that moves no ratings; which one, too.
	pub async fn start_game(
		&self,
		player: &Keypair,
		opponent: OpponentId,
		stake: u128,
		max_fee: u128,
		first: Side,
	) -> Result<(Included, GameId), ChainError> {
		let arguments = (opponent, stake, max_fee, first);
		let included = self.send_to(PALLET, player, Call::new("start_game", arguments)).await?;
		let game = numbered(&included, "Npc.GameStarted")?;
		Ok((included, game))
	}

	/// Starts a game that moves ratings; which one, too.
	pub async fn start_ranked(
		&self,
		player: &Keypair,
		opponent: OpponentId,
		stake: u128,
		max_fee: u128,
	) -> Result<(Included, GameId), ChainError> {
		let arguments = (opponent, stake, max_fee);
		let included = self.send_to(PALLET, player, Call::new("start_ranked", arguments)).await?;
		let game = numbered(&included, "Npc.GameStarted")?;
		Ok((included, game))
	}

	/// Forgets an account's rating.
	pub async fn forget_rating(&self, player: &Keypair) -> Result<Included, ChainError> {
		self.send_to(PALLET, player, Call::new("forget_rating", ())).await
	}

	/// Places a stone in a column, from 0.
	pub async fn play(
		&self,
		player: &Keypair,
		game: GameId,
		column: u32,
	) -> Result<Included, ChainError> {
		self.send_to(PALLET, player, Call::new("play", (game, column))).await
	}

	/// Sends moves that were proven: one by itself, several as a batch of which each is made or not.
	///
	/// # Errors
	/// [`ChainError::Refused`] if the pool does not take them; a move that the chain refuses is an
	/// answer.
	pub async fn answer(
		&self,
		keeper: &Keypair,
		answers: &[Answer],
	) -> Result<Answered, ChainError> {
		if let [one] = answers {
			let call = Call { name: "answer", arguments: one.arguments() };
			return match self.send_to(PALLET, keeper, call).await {
				Ok(included) => Ok(Answered { included: Some(included), results: vec![Ok(())] }),
				Err(ChainError::Failed(error)) => {
					Ok(Answered { included: None, results: vec![Err(error)] })
				},
				Err(error) => Err(error),
			};
		}
		let state = self.state().await?;
		let mut calls = Compact(answers.len() as u32).encode();
		for answer in answers {
			calls.extend(state.call_data(PALLET, "answer", &answer.arguments())?);
		}
		let included = self.call(keeper, "Utility", "force_batch", calls).await?;
		let mut results = Vec::new();
		for (name, fields) in included.events.iter().zip(&included.fields) {
			match name.as_str() {
				"Utility.ItemCompleted" => results.push(Ok(())),
				"Utility.ItemFailed" => results.push(Err(state.words_of(fields)?)),
				_ => {},
			}
		}
		if results.len() != answers.len() {
			return Err(runtime("Utility.force_batch does not say what became of each call"));
		}
		Ok(Answered { included: Some(included), results })
	}

	/// Gives a game up.
	pub async fn resign(&self, signer: &Keypair, game: GameId) -> Result<Included, ChainError> {
		self.send_to(PALLET, signer, Call::new("resign", game)).await
	}

	/// Ends a game in which whoever was to move was too slow.
	pub async fn claim_timeout(
		&self,
		signer: &Keypair,
		game: GameId,
	) -> Result<Included, ChainError> {
		self.send_to(PALLET, signer, Call::new("claim_timeout", game)).await
	}

	/// The state after a block that is finalised.
	pub async fn state_after(&self, block: BlockNumber) -> Result<State, ChainError> {
		Ok(State::new(self.clone(), self.api.at_block(block).await.map_err(transport)?))
	}

	/// What happened in a game in blocks that are finalised, each with its number.
	pub async fn game_events(
		&self,
		game: GameId,
		blocks: std::ops::RangeInclusive<BlockNumber>,
	) -> Result<Vec<(BlockNumber, GameEvent)>, ChainError> {
		let mut found = Vec::new();
		for block in blocks {
			let state = self.state_after(block).await?;
			let events = state.at().events().fetch().await.map_err(transport)?;
			for event in events.iter() {
				let event = event.map_err(runtime)?;
				if event.pallet_name() != PALLET {
					continue;
				}
				let read = GameEvent::read(event.event_name(), &mut event.field_bytes());
				match read.map_err(runtime)? {
					Some((of, event)) if of == game => found.push((block, event)),
					_ => {},
				}
			}
		}
		Ok(found)
	}
}

/// The number with which an event begins.
fn numbered<T: Decode>(included: &Included, event: &str) -> Result<T, ChainError> {
	included.event(event).ok_or_else(|| runtime(format!("it did not say {event}")))
}

#[cfg(test)]
mod tests {
	use super::*;
	use zkml_primitives::{Packing, Tensor, WeightsVisibility};

	fn interface(scale: Scale, packing: Packing) -> Interface {
		Interface {
			input: InputVisibility::Public(Tensor { packing, scale }),
			weights: WeightsVisibility::Public,
			output: OutputKind::MaskedArgmax { classes: 7 },
		}
	}

	const BYTES: Packing = Packing { width: 8, count: 84, offset: 0 };

	fn refused(interface: &Interface) -> String {
		match stone_of(interface) {
			Err(ChainError::Needless(error)) => error,
			other => panic!("{other:?}"),
		}
	}

	#[test]
	fn a_stone_is_one_in_the_units_of_the_input() {
		let scale = |mantissa, exponent| Scale { mantissa, exponent };
		assert_eq!(stone_of(&interface(scale(1, 0), BYTES)).ok(), Some(1));
		assert_eq!(stone_of(&interface(scale(1, -7), BYTES)).ok(), Some(128));
		assert_eq!(stone_of(&interface(scale(4, -7), BYTES)).ok(), Some(32));
		assert_eq!(refused(&interface(scale(3, -7), BYTES)), "Npc::UnsuitableScale");
		assert_eq!(refused(&interface(scale(1, 1), BYTES)), "Npc::UnsuitableScale");
		for exponent in [-8, -31, -61, -62, -100] {
			let wide = interface(scale(1, exponent), BYTES);
			assert_eq!(refused(&wide), "Npc::StoneOutOfRange", "{exponent}");
		}
		let above = Packing { offset: 1, ..BYTES };
		assert_eq!(refused(&interface(scale(1, 0), above)), "Npc::StoneOutOfRange");
	}

	#[test]
	fn a_model_of_something_else_cannot_play() {
		let board = interface(Scale { mantissa: 1, exponent: 0 }, BYTES);
		let few = interface(Scale { mantissa: 1, exponent: 0 }, Packing { count: 83, ..BYTES });
		assert_eq!(refused(&few), "Npc::UnsuitableInput");
		let private = Interface { input: InputVisibility::Private, ..board };
		assert_eq!(refused(&private), "Npc::UnsuitableInput");
		for output in [OutputKind::Argmax { classes: 7 }, OutputKind::MaskedArgmax { classes: 8 }] {
			assert_eq!(refused(&Interface { output, ..board }), "Npc::UnsuitableOutput");
		}
	}
}
