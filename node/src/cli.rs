//! The command line.

use std::{str::FromStr, time::Duration};

/// Shown below the options of `--help`.
pub(crate) const EXAMPLES: &str = "\
Examples:
  zkml-node --dev
      A chain in one process, gone when it ends. It seals and finalises a block for each
      transaction. JSON-RPC at ws://127.0.0.1:9944, metrics at http://127.0.0.1:9615/metrics.
  zkml-node --dev --base-path my-chain --sealing 6000
      The same, kept in a folder, with a block every six seconds.
  zkml-node --chain local --alice --base-path alice --unsafe-force-node-key-generation
      The first of two validators, with Aura and GRANDPA. It finalises when the other one runs:
  zkml-node --chain local --bob --base-path bob --unsafe-force-node-key-generation \\
      --port 30334 --rpc-port 9945 --prometheus-port 9616 \\
      --bootnodes /ip4/127.0.0.1/tcp/30333/p2p/<`Local node identity` that the first one logs>
      The second one. Start both again without --unsafe-force-node-key-generation.
  zkml-node export-chain-spec --chain local > my-spec.json
      A specification to edit and to share; start it with --chain my-spec.json.
  zkml-node chain-info --chain local --base-path alice
      How far a stopped node's database goes.";

/// Options that most people need, in this order, with what their help should say where Substrate's
/// is about other nodes. They stand before all others.
const FIRST: &[(&str, Option<&str>)] = &[
	(
		"dev",
		Some(
			"A development chain in this process, gone when it ends.\n\n\
			 Stands for `--chain dev --alice --force-authoring --rpc-cors all --tmp`, where nothing \
			 else is said: with `--base-path`, the chain is kept.",
		),
	),
	(
		"chain",
		Some(
			"Which chain: `dev`, `local`, or a specification's file [default: local].\n\n\
			 `dev` has one validator, Alice. `local` has two, Alice and Bob, for a network on one \
			 machine. Everybody knows their keys. For any other chain, give the file that \
			 `export-chain-spec` wrote and you edited.",
		),
	),
	("sealing", None),
	(
		"base_path",
		Some(
			"Where the chain, the keys and the node's identity are kept.\n\n\
			 [default: ~/.local/share/zkml-node]",
		),
	),
	("tmp", None),
	("validator", None),
	("name", None),
	("alice", None),
	("bob", None),
	("rpc_port", Some("Port of JSON-RPC [default: 9944]")),
	("rpc_external", None),
	("rpc_methods", None),
	("rpc_cors", None),
	("prometheus_port", Some("Port of the metrics for Prometheus [default: 9615]")),
	("prometheus_external", None),
	("port", Some("Port for other nodes [default: 30333]")),
	("listen_addr", None),
	("public_addr", None),
	("bootnodes", None),
	("node_key_file", None),
	("state_pruning", None),
	("blocks_pruning", None),
	("log", None),
];

/// Options that do nothing here, or that this node refuses to have otherwise.
const WITHOUT_EFFECT: &[&str] = &[
	"network_backend",
	"execution",
	"execution_syncing",
	"execution_import_block",
	"execution_block_construction",
	"execution_offchain_worker",
	"execution_other",
];

/// Brings the options into an order for people.
pub(crate) fn arranged(mut command: clap::Command) -> clap::Command {
	let all: Vec<String> = command.get_arguments().map(|arg| arg.get_id().to_string()).collect();
	for id in all {
		let first = FIRST.iter().position(|(other, _)| *other == id);
		command = command.mut_arg(&id, |arg| match first {
			Some(position) => match FIRST[position].1 {
				// The first line is what `-h` shows.
				Some(help) => {
					let short = help.split("\n\n").next().unwrap_or(help);
					arg.display_order(position).help(short).long_help(help)
				},
				None => arg.display_order(position),
			},
			None if WITHOUT_EFFECT.contains(&id.as_str()) => arg.hide(true),
			None => arg.help_heading("More options"),
		});
	}
	command
}

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
	fn every_arranged_option_exists() {
		let command = Cli::command();
		for id in FIRST.iter().map(|(id, _)| id).chain(WITHOUT_EFFECT) {
			assert!(command.get_arguments().any(|arg| arg.get_id() == id), "{id}");
		}
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
