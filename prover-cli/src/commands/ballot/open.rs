//! `zkml ballot open`, `show` and `close`.

use super::super::{
	act, attest::schema, block_on, fee, show_included, with_included, ChainArgs, Named, NodeArgs,
	Tokens,
};
use super::tree::TreeFile;
use crate::{
	chain::{
		self, address,
		governance::{Ballot, BallotId, BallotTerms},
		BlockNumber, Chain, ChainError, State,
	},
	error::CliError,
	files,
	ui::Ui,
};
use clap::Args;
use serde_json::{json, Value};
use std::path::{Path, PathBuf};
use zkml_primitives::{Commitment, InputVisibility, ModelId, OutputKind, SchemaId};

/// The SHA-256 of what is asked, as typed: that of a file's bytes, or that of the text where there is no
/// such file. In words, which of the two.
fn question(text: &str) -> Result<([u8; 32], &'static str), CliError> {
	let path = Path::new(text);
	match path.is_file() {
		true => Ok((files::sha256_bytes(&files::read(path)?), "of the file")),
		false => Ok((files::sha256_bytes(text.as_bytes()), "of the text")),
	}
}

/// Open a ballot.
///
/// Whoever opens it puts down a deposit, for all votes that there can be, and all rewards. Both return when
/// it is closed, less the rewards that were paid.
#[derive(Debug, Args)]
pub struct Open {
	/// The model that decides who may vote, compiled with --input-visibility member and --reveal threshold:
	/// its id, or the folder of its keys.
	#[arg(value_name = "MODEL")]
	model: String,
	/// What is asked: a file, or a text. The chain keeps its SHA-256; tell voters what it is of.
	#[arg(long, value_name = "TEXT|FILE")]
	question: String,
	/// Between how many choices, which are numbered from 0.
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
	choices: u32,
	/// Who keeps the tree of voters: an address, or 32 bytes in hexadecimal.
	#[arg(long, value_name = "ACCOUNT")]
	issuer: String,
	/// What the voters' profiles are: a record's schema, an opening, or the schema's id [default: what the
	/// model takes].
	#[arg(long, value_name = "FILE|ID")]
	schema: Option<String>,
	/// For how many blocks from now votes count.
	#[arg(long = "for", value_name = "BLOCKS", value_parser = clap::value_parser!(u32).range(1..))]
	blocks: u32,
	/// The tree of those who may vote, whose root the issuer has posted. Who is enrolled later does not.
	#[arg(long, value_name = "FILE", required_unless_present = "root")]
	tree: Option<PathBuf>,
	/// The tree's root, in place of the tree.
	#[arg(long, value_name = "ROOT", conflicts_with = "tree")]
	root: Option<String>,
	/// How many votes there can be.
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
	max_votes: u32,
	/// What an account is paid for each vote that it hands in. One below the fee finds nobody who hands in
	/// another's vote.
	#[arg(long, value_name = "TOKENS", default_value = "0")]
	reward: Tokens,
	#[command(flatten)]
	chain: ChainArgs,
}

/// What profiles a model takes that a ballot can be about, if it is such a one.
async fn profiles(state: &State, model: ModelId) -> Result<Option<SchemaId>, ChainError> {
	let interface = state.answering(model).await?.model.interface;
	Ok(match (interface.input, interface.output) {
		(InputVisibility::Member { schema, .. }, OutputKind::Threshold { .. }) => Some(schema),
		_ => None,
	})
}

impl Open {
	/// The root of the tree that was named.
	fn root(&self, ui: &Ui) -> Result<Commitment, CliError> {
		match (&self.tree, &self.root) {
			(Some(path), _) => {
				let file = TreeFile::read(path)?;
				let (tree, _) = ui.step("hashing the tree", || file.tree());
				Ok(tree?.root())
			},
			(None, Some(root)) => {
				let root = files::hash_from_hex(root).map(Commitment);
				let wrong = "--root: 32 bytes in hexadecimal, as `zkml ballot root` prints them";
				root.ok_or_else(|| CliError::Other(wrong.into()))
			},
			(None, None) => Err(CliError::Other("whose votes count? name --tree or --root".into())),
		}
	}

	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let signer = chain::signer(&self.chain.suri)?;
		let named = Named::new(&self.model)?;
		let issuer = chain::account(&self.issuer)?;
		let typed = self.schema.as_deref().map(schema).transpose()?;
		let (question, of) = question(&self.question)?;
		let root = self.root(ui)?;
		let url = &self.chain.url;
		let opened = act(ui, url, |chain| async move {
			named.ensure(&chain)?;
			let state = chain.state().await?;
			let malformed = || ChainError::Needless("Governance::MalformedBallot".into());
			let schema = profiles(&state, named.id).await?.ok_or_else(malformed)?;
			let other = typed.is_some_and(|typed| typed != schema);
			if other || self.choices > state.max_choices()? {
				return Err(malformed());
			}
			let terms = BallotTerms {
				question,
				choices: self.choices,
				model: named.id,
				issuer,
				schema,
				root,
				ends: state.height().saturating_add(self.blocks),
				max_votes: self.max_votes,
				reward: self.reward.0,
			};
			state.ensure_issuer(issuer, schema).await?;
			state.ensure_posted(&terms).await?;
			let included = chain.open_ballot(&signer, &terms).await?;
			Ok((included.opened_ballot()?, terms, included))
		});
		let (id, terms, included) = opened?;
		ui.line(format!("ballot    {id}"));
		show_terms(ui, &terms, of);
		ui.line(format!("open      up to block {}", terms.ends));
		show_included(ui, &included);
		let fields = json!({ "ballot": id, "terms": terms_json(&terms) });
		ui.json("ballot open", with_included(&included, fields));
		ui.next(format!(
			"zkml ballot vote --ballot {id} --choice 0 --tree … --profile … --for ACCOUNT -o vote.json \
			 --url {url}"
		));
		Ok(())
	}
}

/// Terms for people. `of` says what the question is a hash of, where that is known.
fn show_terms(ui: &Ui, terms: &BallotTerms, of: &str) {
	let BallotTerms { question, choices, model, issuer, schema, root, .. } = terms;
	let question = format!("question  0x{} {of}", hex::encode(question));
	ui.line(question.trim_end());
	ui.line(format!("choices   0 to {}", choices.saturating_sub(1)));
	ui.line(format!("model     0x{}", hex::encode(model.0)));
	ui.line(format!("issuer    {}", address(issuer)));
	ui.line(format!("schema    0x{}", hex::encode(schema.0)));
	ui.line(format!("root      0x{}", hex::encode(root.0)));
	ui.line(match terms.reward {
		0 => format!("votes     {} at most, without reward", terms.max_votes),
		reward => format!(
			"votes     {} at most, {} for whoever hands one in",
			terms.max_votes,
			fee(reward)
		),
	});
}

/// Terms for programs.
fn terms_json(terms: &BallotTerms) -> Value {
	json!({
		"question_sha256": hex::encode(terms.question),
		"choices": terms.choices,
		"model": hex::encode(terms.model.0),
		"issuer": address(&terms.issuer),
		"schema": terms.schema,
		"root": hex::encode(terms.root.0),
		"ends": terms.ends,
		"max_votes": terms.max_votes,
		"reward": terms.reward.to_string(),
	})
}

/// Show a ballot and its votes.
///
/// One that was closed is forgotten; its votes stand in the event BallotClosed.
#[derive(Debug, Args)]
pub struct Show {
	/// The ballot's number.
	#[arg(value_name = "N")]
	ballot: BallotId,
	/// What should be asked: a file, or a text. Fails if the ballot is about something else.
	#[arg(long, value_name = "TEXT|FILE")]
	question: Option<String>,
	#[command(flatten)]
	node: NodeArgs,
}

/// How many blocks a ballot takes votes for.
fn until(ends: BlockNumber, height: BlockNumber) -> String {
	match ends.checked_sub(height) {
		None | Some(0) => format!("ended     with block {ends}"),
		Some(left) => format!("open      up to block {ends}, {left} from now"),
	}
}

impl Show {
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let (id, url) = (self.ballot, &self.node.url);
		let (found, _) = ui.step("asking the chain", || {
			block_on(async {
				let state = Chain::connect(url).await?.state().await?;
				Ok((state.height(), state.ballot(id).await?))
			})
		});
		let (height, ballot) = found?;
		let Ballot { terms, opener, counts, rewards, .. } = &ballot;
		let of = match self.question.as_deref().map(question).transpose()? {
			Some((typed, of)) if typed != terms.question => {
				return Err(CliError::Other(format!(
					"ballot {id} asks something else: its question's SHA-256 is 0x{}, and 0x{} that {of}",
					hex::encode(terms.question),
					hex::encode(typed)
				)))
			},
			Some((_, of)) => of,
			None => "",
		};
		let votes: u64 = counts.iter().map(|&count| u64::from(count)).sum();
		ui.line(format!("ballot    {id}"));
		show_terms(ui, terms, of);
		ui.line(format!("opener    {}", address(opener)));
		ui.line(until(terms.ends, height));
		ui.line(format!("cast      {votes}"));
		for (choice, count) in counts.iter().enumerate() {
			ui.line(format!("  choice {choice}: {count}"));
		}
		let ended = height >= terms.ends;
		ui.json(
			"ballot show",
			json!({
				"ballot": id,
				"block": height,
				"terms": terms_json(terms),
				"opener": address(opener),
				"ended": ended,
				"votes": votes,
				"counts": counts,
				"rewards_left": rewards,
			}),
		);
		if ended {
			ui.next(format!("zkml ballot close {id} --url {url} --suri …"));
		}
		Ok(())
	}
}

/// Forget a ballot that has ended, and return what was put down for it.
///
/// Anybody may. What is forgotten first is which voters have voted, so many at a time; with the last of
/// them goes the ballot, and its votes stand in an event.
#[derive(Debug, Args)]
pub struct Close {
	/// The ballot's number.
	#[arg(value_name = "N")]
	ballot: BallotId,
	/// How many votes to forget at most: a block has no room for many thousands.
	#[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
	limit: u32,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Close {
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let signer = chain::signer(&self.chain.suri)?;
		let (id, url) = (self.ballot, &self.chain.url);
		let closed = act(ui, url, |chain| async move {
			// Before a fee is paid to learn it.
			let state = chain.state().await?;
			let ballot = state.ballot(id).await?;
			if state.height() < ballot.terms.ends {
				return Err(ChainError::Needless("Governance::BallotOpen".into()));
			}
			// What is paid for is what there is to forget.
			let limit = self.limit.min(ballot.nullifiers);
			let left = ballot.nullifiers.saturating_sub(limit);
			Ok((chain.close_ballot(&signer, id, limit).await?, ballot, left))
		});
		let (included, ballot, left) = closed?;
		let counts = included.closed_ballot();
		for (choice, count) in counts.as_ref().unwrap_or(&ballot.counts).iter().enumerate() {
			ui.line(format!("choice {choice}: {count}"));
		}
		match &counts {
			Some(_) => ui.line(format!("ballot {id} is closed")),
			None => ui.line(format!("ballot {id} is there until {left} votes are forgotten, too")),
		}
		show_included(ui, &included);
		let fields = json!({
			"ballot": id,
			"closed": counts.is_some(),
			"counts": counts.as_ref().unwrap_or(&ballot.counts),
			"left": left,
		});
		ui.json("ballot close", with_included(&included, fields));
		if counts.is_none() {
			ui.next(format!("zkml ballot close {id} --url {url} --suri …"));
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_question_is_a_file_or_a_text() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("question.txt");
		let typed = path.to_str().unwrap();
		let hash = |text: &str| files::sha256_bytes(text.as_bytes());
		assert_eq!(question(typed).unwrap(), (hash(typed), "of the text"));
		std::fs::write(&path, "More parks?\n").unwrap();
		assert_eq!(question(typed).unwrap(), (hash("More parks?\n"), "of the file"));
		assert_eq!(question("More parks?").unwrap(), (hash("More parks?"), "of the text"));
		// A folder is no question.
		let folder = folder.path().to_str().unwrap();
		assert_eq!(question(folder).unwrap(), (hash(folder), "of the text"));
	}

	#[test]
	fn a_ballot_takes_votes_up_to_its_last_block() {
		assert_eq!(until(9, 8), "open      up to block 9, 1 from now");
		for height in [9, 10] {
			assert_eq!(until(9, height), "ended     with block 9", "no block is left for a vote");
		}
	}
}
