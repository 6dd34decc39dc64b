//! `zkml ballot`

mod identity;
mod members;
mod open;
mod proven;
mod tree;
mod vote;

use crate::{error::CliError, ui::Ui};
use clap::Subcommand;

/// Vote without showing who votes: among those whose attested, hidden profile a model lets pass.
#[derive(Debug, Subcommand)]
pub enum BallotCommand {
	/// Make a voter's secret.
	Identity(identity::Make),
	/// Add a voter to the tree of those who may vote.
	Enroll(members::Enroll),
	/// Remove a voter from the tree.
	Strike(members::Strike),
	/// Show the tree's root, and with --url post it.
	Root(members::Root),
	/// Open a ballot.
	Open(open::Open),
	/// Prove a vote: to hand it in, or for another account that does.
	Vote(vote::Vote),
	/// Hand in a vote that was proven for this account.
	Send(proven::Send),
	/// Show a ballot and its votes.
	Show(open::Show),
	/// Forget a ballot that has ended, and return what was put down for it.
	Close(open::Close),
}

impl BallotCommand {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		match self {
			Self::Identity(command) => command.run(ui),
			Self::Enroll(command) => command.run(ui),
			Self::Strike(command) => command.run(ui),
			Self::Root(command) => command.run(ui),
			Self::Open(command) => command.run(ui),
			Self::Vote(command) => command.run(ui),
			Self::Send(command) => command.run(ui),
			Self::Show(command) => command.run(ui),
			Self::Close(command) => command.run(ui),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::{CommandFactory, Parser};

	#[derive(Debug, Parser)]
	struct Line {
		#[command(subcommand)]
		_command: BallotCommand,
	}

	fn parses(line: &str) -> bool {
		Line::try_parse_from(["zkml"].into_iter().chain(line.split(' '))).is_ok()
	}

	#[test]
	fn verbs_take_what_goes_together() {
		Line::command().debug_assert();
		let vote = "vote --ballot 0 --choice 1 --tree t.json --suri //Alice";
		assert!(parses(vote));
		assert!(parses(&format!("{vote} --for //Bob -o vote.json")));
		assert!(!parses(&format!("{vote} --for //Bob")), "the file is what the other is given");
		assert!(!parses(&format!("{vote} -o vote.json")), "for whom?");
		assert!(!parses("vote --ballot 0 --choice -1 --tree t.json --suri //Alice"));
		let open = "open keys --question q --issuer //Bob --for 9 --suri //Alice --tree t.json";
		assert!(parses(&format!("{open} --choices 2 --max-votes 1 --reward 0.5")));
		assert!(!parses(&format!("{open} --choices 1 --max-votes 1")));
		let alone = open.replace(" --tree t.json", "");
		assert!(parses(&format!("{alone} --root 0x01 --choices 2 --max-votes 1")));
		assert!(!parses(&format!("{alone} --choices 2 --max-votes 1")), "whose votes count?");
		assert!(!parses(&format!("{open} --root 0x01 --choices 2 --max-votes 1")));
		assert!(!parses(&format!("{open} --choices 2 --max-votes 0")));
		let enroll = "enroll --tree t.json --identity 01 --profile p.json";
		assert!(
			parses(&format!("{enroll} --depth 32")) && !parses(&format!("{enroll} --depth 33"))
		);
		assert!(parses("root --tree t.json"));
		assert!(parses("send vote.json --suri //Bob") && parses("show 0"));
		assert!(parses("close 0 --suri //Bob") && !parses("close 0 --limit 0 --suri //Bob"));
	}
}
