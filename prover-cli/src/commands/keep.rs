//! `zkml keep`

use super::{
	answering::{ModelArgs, Respondent},
	block_on, fee,
	model::state_of,
	proving::Proofs,
	ChainArgs,
};
use crate::{
	board::Board,
	chain::{
		self, address, explain,
		npc::{stone_of, Answer, Answered, Opponent, OpponentId, Question},
		AccountId, BlockNumber, Chain, ChainError, State,
	},
	error::CliError,
	interrupt,
	ui::{self, Ui},
};
use clap::Args;
use serde_json::{json, Value};
use std::{
	collections::HashMap,
	future::Future,
	mem,
	time::{Duration, Instant},
};
use subxt_signer::sr25519::Keypair;
use tokio::{
	task::JoinHandle,
	time::{sleep, timeout},
};
use zkml_primitives::{Context, Output};
use zkml_prover::Prover;

/// How often the chain is asked whether there is a new block.
const POLL: Duration = Duration::from_millis(200);
/// After how long a question to the node counts as not answered.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same of a transaction that the node took.
const LONGEST: Duration = Duration::from_secs(600);
/// After how long what the pool refused is sent again.
const AGAIN: Duration = Duration::from_secs(2);
/// How long to wait before the first new connection, and at most before a later one.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(30)];
/// For how long a connection holds that was good.
const STEADY: Duration = Duration::from_secs(60);
/// The most moves in one transaction.
const MOST: usize = 16;

/// Prove the moves of a model in the games that await it, and be paid for them.
///
/// Runs until Ctrl-C, which lets it end what it has begun; a second one ends it at once. All that it
/// needs to know is on the chain, so it can be ended and started at any time, and several can run: the
/// first to prove a move is paid for it. Circuit, key and weights are loaded once. While moves are on
/// their way to the chain, the next are proven; those go in one transaction.
#[derive(Debug, Args)]
pub struct Keep {
	#[command(flatten)]
	model: ModelArgs,
	/// The opponent whose moves are proven.
	#[arg(long, value_name = "N")]
	opponent: OpponentId,
	/// End when no game awaits the model.
	#[arg(long)]
	once: bool,
	/// End after so many seconds.
	#[arg(long = "for", value_name = "SECONDS", conflicts_with = "once")]
	seconds: Option<u64>,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Keep {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let signer = chain::signer(&self.chain.suri)?;
		let respondent = self.model.open()?;
		let stone = stone_of(&respondent.pair.circuit.file.interface)?;
		let (prover, _) = respondent.pair.prover(ui, Proofs::Many)?;
		// What is wrong with these files shows now, and not in somebody's game.
		let since = Instant::now();
		let empty = Board::default();
		let (seen, open) = (empty.observation(stone), empty.open());
		respondent.answer_with(ui, &prover, &seen, Some(&open), &Context([0; 32]))?;
		let proving = since.elapsed();
		interrupt::heed();
		let mut keeper = Keeper {
			ui,
			respondent: &respondent,
			prover: &prover,
			stone,
			url: &self.chain.url,
			account: signer.public_key().0,
			signer,
			opponent: self.opponent,
			once: self.once,
			until: self.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds)),
			genesis: None,
			settled: HashMap::new(),
			halted: false,
			tally: Tally::default(),
		};
		let kept = block_on(async { Ok(keeper.run(proving).await) })?;
		// What was earned is said also where something went wrong later.
		if kept.is_ok() || keeper.tally.made > 0 {
			keeper.tally.show(ui);
		}
		kept?;
		let fields = json!({ "opponent": self.opponent, "account": address(&keeper.account) });
		ui.json("keep", keeper.tally.json(fields));
		Ok(())
	}
}

/// A move that was proven.
struct Move {
	turn: u32,
	/// From 0.
	column: u32,
	/// What the player pays for it.
	fee: u128,
	/// The last block in which it can be made.
	deadline: BlockNumber,
	/// When it was begun.
	since: Instant,
	/// How long the proof took, with the evaluation.
	proving: Duration,
	answer: Answer,
}

impl Move {
	fn name(&self) -> String {
		format!("game {}, turn {}", self.answer.game, self.turn)
	}
}

/// What became of moves.
#[derive(Default)]
struct Tally {
	moves: Vec<Value>,
	made: u64,
	lost: u64,
	refused: u64,
	earned: u128,
	paid: u128,
}

impl Tally {
	fn show(&self, ui: &Ui) {
		let Self { made, lost, refused, earned, paid, .. } = self;
		ui.line(format!(
			"moves: {made} made, {lost} lost, {refused} refused; earned {}, fees {}",
			fee(*earned),
			fee(*paid)
		));
	}

	fn json(&self, mut fields: Value) -> Value {
		fields["moves"] = self.moves.clone().into();
		fields["lost"] = self.lost.into();
		fields["refused"] = self.refused.into();
		fields["earned"] = self.earned.to_string().into();
		fields["fees"] = self.paid.to_string().into();
		fields
	}
}

/// Why a keeper does not go on.
enum Stop {
	/// The node went away, and may come back.
	Gone(ChainError),
	/// Anything else.
	Failed(CliError),
}

impl From<ChainError> for Stop {
	fn from(error: ChainError) -> Self {
		match error {
			ChainError::Transport(_) | ChainError::Connection { .. } => Self::Gone(error),
			error => Self::Failed(error.into()),
		}
	}
}

impl From<CliError> for Stop {
	fn from(error: CliError) -> Self {
		Self::Failed(error)
	}
}

impl From<Stop> for CliError {
	fn from(stop: Stop) -> Self {
		match stop {
			Stop::Gone(error) => error.into(),
			Stop::Failed(error) => error,
		}
	}
}

/// Moves that are on their way.
struct Sending {
	moves: Vec<Move>,
	task: JoinHandle<Result<Answered, ChainError>>,
}

/// A connection, and what is under way on it.
struct Session {
	chain: Chain,
	opponent: Opponent,
	/// Proven, and not sent.
	ready: Vec<Move>,
	sending: Option<Sending>,
	/// Before when nothing is sent.
	again: Option<Instant>,
	/// The block at which no game was found that awaits a move.
	seen: Option<BlockNumber>,
}

impl Drop for Session {
	fn drop(&mut self) {
		if let Some(sending) = &self.sending {
			sending.task.abort();
		}
	}
}

impl Session {
	/// Whether a move of a game is proven or sent already.
	fn is_busy(&self, game: u64) -> bool {
		let sending = self.sending.iter().flat_map(|sending| &sending.moves);
		self.ready.iter().chain(sending).any(|done| done.answer.game == game)
	}
}

/// A question to the node, which counts as gone if it does not answer.
async fn patient<T>(asked: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
	let silent = || Stop::Gone(ChainError::Transport("it does not answer".into()));
	timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err(silent()))
}

/// In words why a move was not made after all, where that is no failure.
fn lost(error: &str) -> Option<&'static str> {
	match error {
		"Npc::OutOfTurn" => Some("another keeper was faster"),
		"Npc::GameNotFound" => Some("the game has ended"),
		"Npc::TooLate" => Some("the time had run out"),
		_ => None,
	}
}

struct Keeper<'a> {
	ui: &'a Ui,
	respondent: &'a Respondent,
	prover: &'a Prover,
	/// The integer that stands for a stone, as the circuit has it.
	stone: i32,
	url: &'a str,
	signer: Keypair,
	account: AccountId,
	opponent: OpponentId,
	once: bool,
	until: Option<Instant>,
	/// That of the chain that was connected first.
	genesis: Option<[u8; 32]>,
	/// Of each game the last turn that needs nothing more.
	settled: HashMap<u64, u32>,
	/// Whether it was said that nothing of the model is verified.
	halted: bool,
	tally: Tally,
}

impl Keeper<'_> {
	/// Whether no more moves are to be begun.
	fn ends(&self) -> bool {
		interrupt::asked() || self.until.is_some_and(|until| Instant::now() >= until)
	}

	async fn run(&mut self, proving: Duration) -> Result<(), CliError> {
		let mut session = self.connect().await?;
		self.ui.note(format!(
			"opponent {}, kept by {}: a move takes {} to prove",
			self.opponent,
			address(&self.account),
			ui::time(proving)
		));
		let mut pause = PAUSES[0];
		loop {
			let since = Instant::now();
			match self.serve(&mut session).await {
				Ok(()) => return Ok(()),
				Err(Stop::Failed(error)) => return Err(error),
				Err(Stop::Gone(error)) => self.ui.note(format!("{error}: connecting again")),
			}
			if since.elapsed() > STEADY {
				pause = PAUSES[0];
			}
			match self.reconnect(&mut pause).await? {
				Some(again) => session = again,
				None => return Ok(()),
			}
			self.ui.note("the node answers again");
		}
	}

	/// Connects, and checks that these are the opponent's keys.
	async fn connect(&mut self) -> Result<Session, Stop> {
		let chain = Chain::connect(self.url).await?;
		match self.genesis {
			Some(genesis) => chain.ensure(&hex::encode(genesis))?,
			None => self.genesis = Some(chain.genesis()),
		}
		let state = chain.state().await?;
		let opponent = state.opponent(self.opponent).await?;
		let info = state.registered(opponent.model).await?;
		self.respondent.pair.ensure_registered(opponent.model, &info.model.key)?;
		if opponent.stone != self.stone {
			let what = format!("a stone is {}, not {}", self.stone, opponent.stone);
			return Err(ChainError::Contradiction(what).into());
		}
		let (ready, sending, again, seen) = (Vec::new(), None, None, None);
		Ok(Session { chain, opponent, ready, sending, again, seen })
	}

	/// Connects again, however long that takes; not if there is no time left.
	async fn reconnect(&mut self, pause: &mut Duration) -> Result<Option<Session>, CliError> {
		loop {
			let next = Instant::now() + *pause;
			while Instant::now() < next {
				if self.ends() {
					return Ok(None);
				}
				sleep(POLL).await;
			}
			*pause = (*pause * 2).min(PAUSES[1]);
			match patient(self.connect()).await {
				Ok(session) => return Ok(Some(session)),
				Err(Stop::Gone(_)) => {},
				Err(Stop::Failed(error)) => return Err(error),
			}
		}
	}

	/// Proves and sends moves, until the end or until the node goes away.
	async fn serve(&mut self, session: &mut Session) -> Result<(), Stop> {
		loop {
			let full = session.ready.len() >= MOST;
			let next = match self.ends() || full {
				true => None,
				false => patient(self.look(session)).await?,
			};
			let idle = next.is_none();
			if let Some(question) = next {
				session.ready.push(self.prove(question)?);
			}
			self.settle(session, if idle { POLL } else { Duration::ZERO }).await?;
			patient(self.send(session)).await?;
			let empty = session.sending.is_none() && session.ready.is_empty();
			if idle && empty && (self.once || self.ends()) {
				return Ok(());
			}
		}
	}

	/// The move that is due first, if one is that is not under way.
	async fn look(&mut self, session: &mut Session) -> Result<Option<Question>, Stop> {
		let state = session.chain.state().await?;
		if session.seen == Some(state.height()) {
			return Ok(None);
		}
		let mut due = Vec::new();
		for id in state.awaiting(self.opponent).await? {
			if session.is_busy(id) {
				continue;
			}
			let Some(game) = state.game(id).await? else { continue };
			let new = self.settled.get(&id).is_none_or(|turn| game.turn > *turn);
			if new && game.blocks_left(state.height()) > 0 {
				due.push((game.deadline, id));
			}
		}
		let first = match due.into_iter().min() {
			Some((_, id)) if self.is_verified(session, &state).await? => Some(id),
			_ => None,
		};
		let Some(id) = first else {
			session.seen = Some(state.height());
			return Ok(None);
		};
		Ok(state.question((self.opponent, &session.opponent), id, self.account).await?)
	}

	/// Whether the chain verifies anything of the model: else a fee would be paid for nothing.
	async fn is_verified(&mut self, session: &Session, state: &State) -> Result<bool, Stop> {
		let info = state.registered(session.opponent.model).await?;
		let standing = state_of(state, &info).await?;
		let halted = !standing.accepts();
		if halted && !self.halted {
			standing.lines().iter().for_each(|line| self.ui.note(line));
		} else if self.halted && !halted {
			self.ui.note("the model's inferences are accepted again");
		}
		self.halted = halted;
		Ok(!halted)
	}

	fn prove(&self, question: Question) -> Result<Move, CliError> {
		let since = Instant::now();
		let Question { id, game, context, observation, open } = question;
		let proven = self.respondent.answer_with(
			self.ui,
			self.prover,
			&observation,
			Some(&open),
			&context,
		)?;
		let Output::MaskedLabel { label: column, .. } = proven.inference.output else {
			return Err(CliError::Other("the circuit answers with no column".into()));
		};
		Ok(Move {
			turn: game.turn,
			column,
			fee: game.fee,
			deadline: game.deadline,
			since,
			proving: since.elapsed(),
			answer: Answer {
				game: id,
				signals: proven.signals,
				inference: proven.inference,
				proof: proven.proof,
			},
		})
	}

	/// Sends what is proven, if nothing is on its way, less what others have sent meanwhile.
	async fn send(&mut self, session: &mut Session) -> Result<(), Stop> {
		let waits = session.again.is_some_and(|again| Instant::now() < again);
		if session.sending.is_some() || session.ready.is_empty() || waits {
			return Ok(());
		}
		let state = session.chain.state().await?;
		let mut moves = Vec::new();
		for done in mem::take(&mut session.ready) {
			let late = state.height() >= done.deadline;
			match state.game(done.answer.game).await? {
				None => self.missed(&done, "Npc::GameNotFound"),
				Some(game) if game.turn > done.turn => self.missed(&done, "Npc::OutOfTurn"),
				Some(_) if late => self.missed(&done, "Npc::TooLate"),
				Some(_) => moves.push(done),
			}
		}
		if moves.is_empty() {
			return Ok(());
		}
		let answers: Vec<Answer> = moves.iter().map(|done| done.answer.clone()).collect();
		let (chain, signer) = (session.chain.clone(), self.signer.clone());
		let task = tokio::spawn(async move {
			let silent = || ChainError::Transport("nothing is heard of a transaction".into());
			let sent = timeout(LONGEST, chain.answer(&signer, &answers)).await;
			sent.unwrap_or_else(|_| Err(silent()))
		});
		session.sending = Some(Sending { moves, task });
		Ok(())
	}

	/// Waits a while for what is on its way, and says what became of it.
	async fn settle(&mut self, session: &mut Session, most: Duration) -> Result<(), Stop> {
		let Some(sending) = &mut session.sending else {
			sleep(most).await;
			return Ok(());
		};
		let Ok(ended) = timeout(most, &mut sending.task).await else { return Ok(()) };
		let moves = session.sending.take().map(|sending| sending.moves).unwrap_or_default();
		session.seen = None;
		match ended.map_err(|error| CliError::Other(error.to_string()))? {
			Ok(answered) => self.report(&moves, &answered),
			// Of who cannot pay, nothing is taken later either.
			Err(ChainError::Refused(cause)) if !cause.contains("Inability to pay") => {
				self.ui.note(format!("not accepted yet, and sent again: {cause}"));
				session.ready.extend(moves);
				session.again = Some(Instant::now() + AGAIN);
			},
			Err(error) => return Err(error.into()),
		}
		Ok(())
	}

	/// Says what became of moves that were sent.
	fn report(&mut self, moves: &[Move], answered: &Answered) {
		let paid = answered.included.as_ref().map_or(0, |included| included.fee);
		let block = answered.included.as_ref().map(|included| included.block);
		let share = paid / (moves.len().max(1) as u128);
		self.tally.paid += paid;
		for (done, result) in moves.iter().zip(&answered.results) {
			if let Err(error) = result {
				self.missed(done, error);
				continue;
			}
			let (column, included) = (done.column + 1, done.since.elapsed());
			self.settled.insert(done.answer.game, done.turn);
			self.tally.made += 1;
			self.tally.earned += done.fee;
			self.ui.line(format!(
				"{}: column {column} in block {}; proven in {}, included after {}; earned {}, fee {}",
				done.name(),
				block.unwrap_or_default(),
				ui::time(done.proving),
				ui::time(included),
				fee(done.fee),
				fee(share)
			));
			if self.ui.json {
				self.tally.moves.push(json!({
					"game": done.answer.game,
					"turn": done.turn,
					"column": column,
					"block": block,
					"seconds": {
						"proof": done.proving.as_secs_f64(),
						"included": included.as_secs_f64(),
					},
					"earned": done.fee.to_string(),
					"fee": share.to_string(),
				}));
			}
		}
	}

	/// Says why a move was not made. It is not proven again.
	fn missed(&mut self, done: &Move, error: &str) {
		self.settled.insert(done.answer.game, done.turn);
		match lost(error) {
			Some(why) => {
				self.tally.lost += 1;
				self.ui.line(format!("{}: {why}", done.name()));
			},
			None => {
				self.tally.refused += 1;
				let meaning = explain(error).map(|(meaning, _)| format!(", {meaning}"));
				let meaning = meaning.unwrap_or_default();
				self.ui.line(format!("{}: the chain refused: {error}{meaning}", done.name()));
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_lost_race_is_no_failure() {
		for error in ["Npc::OutOfTurn", "Npc::GameNotFound", "Npc::TooLate"] {
			assert!(lost(error).is_some() && explain(error).is_some(), "{error}");
		}
		for error in ["Npc::Refused(InvalidProof)", "Npc::OtherBoard", "Zkml::OutOfTurn"] {
			assert_eq!(lost(error), None, "{error}");
		}
	}

	#[test]
	fn a_node_that_went_away_may_come_back() {
		let gone = |error: ChainError| matches!(Stop::from(error), Stop::Gone(_));
		assert!(gone(ChainError::Transport("closed".into())));
		assert!(gone(ChainError::Connection { url: "ws://".into(), cause: "refused".into() }));
		assert!(!gone(ChainError::Needless("Npc::OpponentNotFound".into())));
		assert!(!gone(ChainError::Contradiction("a board".into())));
	}

	#[test]
	fn what_was_earned_is_told_programs_in_the_smallest_unit() {
		let tally = Tally { made: 2, lost: 1, earned: 5, paid: 3, ..Tally::default() };
		let shown = tally.json(json!({ "opponent": 4 }));
		assert_eq!(shown["opponent"], 4);
		assert_eq!((&shown["earned"], &shown["fees"]), (&"5".into(), &"3".into()));
		assert_eq!((&shown["lost"], &shown["refused"]), (&1.into(), &0.into()));
	}
}
