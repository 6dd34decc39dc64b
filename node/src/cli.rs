//! The command line.

use std::{str::FromStr, time::Duration};

/// Shown below the options of `--help`.
pub(crate) const EXAMPLES: &str = "\
Examples:
  zkml-node --dev --tmp
      A chain in one process, gone when it ends. It seals and finalises a block for each
      transaction. JSON-RPC at ws://127.0.0.1:9944.
  zkml-node --dev --tmp --sealing 6000
      The same, with a block every six seconds.
  zkml-node --chain local --alice --tmp --unsafe-force-node-key-generation --port 30333
  zkml-node --chain local --bob --tmp --unsafe-force-node-key-generation --port 30334 \\
      --bootnodes /ip4/127.0.0.1/tcp/30333/p2p/<ID that the first one prints>
      Two validators with Aura and GRANDPA.
  zkml-node export-chain-spec --chain local --raw --output local.json
      A specification to edit and to share; start it with --chain local.json.";

/// What a person can ask of the node.
#[derive(Debug, clap::Parser)]
pub(crate) struct Cli {
	#[command(subcommand)]
	pub(crate) subcommand: Option<Subcommand>,

	/// How blocks are made: `instant`, a number of milliseconds, or `aura`.
	///
	/// `instant`: one process makes and finalises a block for each transaction.
	/// A number: the same, but a block each so many milliseconds, with or without transactions.
	/// In both, chain time advances by one slot (6 s) a block, whatever the clock says, and the
	/// node neither listens for peers nor needs a validator's keys.
	/// `aura`: validators take turns by the clock and finalise with GRANDPA.
	///
	/// Default: `instant` on a development chain, `aura` on any other, where nothing else is
	/// allowed. A development chain cannot change between `aura` and the others once it has blocks.
	#[arg(long, value_name = "HOW")]
	pub(crate) sealing: Option<Sealing>,

	#[clap(flatten)]
	pub(crate) run: sc_cli::RunCmd,
}

/// What else the binary does.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Subcommand {
	/// Generate, inspect and insert keys.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Write a chain's specification as JSON.
	#[command(alias = "build-spec")]
	ExportChainSpec(sc_cli::ExportChainSpecCmd),

	/// Check and import a block again.
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Write blocks to a file.
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Write the state of a block as a chain specification.
	ExportState(sc_cli::ExportStateCmd),

	/// Read blocks from a file.
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Delete a chain's database.
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Undo the last blocks.
	Revert(sc_cli::RevertCmd),

	/// Show what the database holds.
	ChainInfo(sc_cli::ChainInfoCmd),
}

/// Who makes blocks, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sealing {
	/// This process, when a transaction arrives.
	Instant,
	/// This process, each time that this much has passed.
	Interval(Duration),
	/// The validators, in turns.
	Aura,
}

impl FromStr for Sealing {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		match text {
			"instant" => Ok(Self::Instant),
			"aura" => Ok(Self::Aura),
			millis => match millis.parse() {
				Ok(millis) if millis > 0 => Ok(Self::Interval(Duration::from_millis(millis))),
				_ => Err("expected `instant`, `aura` or a positive number of milliseconds".into()),
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use clap::CommandFactory;

	use super::*;

	#[test]
	fn the_command_line_is_consistent() {
		Cli::command().debug_assert();
	}

	#[test]
	fn reads_every_way_of_sealing() {
		assert_eq!("instant".parse(), Ok(Sealing::Instant));
		assert_eq!("aura".parse(), Ok(Sealing::Aura));
		assert_eq!("250".parse(), Ok(Sealing::Interval(Duration::from_millis(250))));
	}

	#[test]
	fn refuses_any_other() {
		for text in ["", "0", "-1", "1.5", "Instant", "babe"] {
			assert!(text.parse::<Sealing>().is_err(), "{text:?}");
		}
	}
}
