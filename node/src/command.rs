//! Carries out the command line.

use sc_chain_spec::ChainType;
use sc_cli::SubstrateCli;
use sc_network::config::NetworkBackendType;
use sc_service::{Configuration, PartialComponents};
use zkml_runtime::OpaqueBlock;

use crate::{
	chain_spec,
	cli::{self, Cli, Sealing, Subcommand, EXAMPLES},
	service,
};

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"zkml node".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		env!("CARGO_PKG_AUTHORS").into()
	}

	fn support_url() -> String {
		"the issues of the project's repository".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
		Ok(Box::new(match id {
			"dev" => chain_spec::development()?,
			"" | "local" => chain_spec::local_testnet()?,
			path => chain_spec::ChainSpec::from_json_file(path.into())
				.map_err(|error| format!("{path}: {error}"))?,
		}))
	}

	fn setup_command(command: sc_cli::clap::Command) -> sc_cli::clap::Command {
		cli::arranged(command)
			.name(Self::executable_name())
			.version(Self::impl_version())
			.about(Self::description())
			.after_help(EXAMPLES)
			.propagate_version(true)
			.args_conflicts_with_subcommands(true)
			.subcommand_negates_reqs(true)
	}
}

/// How the chain of `config` makes blocks, if nobody says otherwise.
fn default_sealing(config: &Configuration) -> Sealing {
	match config.chain_spec.chain_type() {
		ChainType::Development => Sealing::Instant,
		_ => Sealing::Aura,
	}
}

fn partial(config: &Configuration) -> Result<service::Partial, sc_service::Error> {
	service::partial(config, default_sealing(config))
}

/// Parses the command line and does what it says.
pub(crate) fn run() -> sc_cli::Result<()> {
	let cli = Cli::from_args();

	match &cli.subcommand {
		None => run_node(&cli),
		Some(Subcommand::Key(cmd)) => cmd.run(&cli),
		Some(Subcommand::ExportChainSpec(cmd)) => cmd.run(cli.load_spec(&cmd.chain)?),
		Some(Subcommand::CheckBlock(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
			let PartialComponents { client, task_manager, import_queue, .. } = partial(&config)?;
			Ok((cmd.run(client, import_queue), task_manager))
		}),
		Some(Subcommand::ExportBlocks(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
			let PartialComponents { client, task_manager, .. } = partial(&config)?;
			Ok((cmd.run(client, config.database), task_manager))
		}),
		Some(Subcommand::ExportState(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
			let PartialComponents { client, task_manager, .. } = partial(&config)?;
			Ok((cmd.run(client, config.chain_spec), task_manager))
		}),
		Some(Subcommand::ImportBlocks(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
			let PartialComponents { client, task_manager, import_queue, .. } = partial(&config)?;
			Ok((cmd.run(client, import_queue), task_manager))
		}),
		Some(Subcommand::PurgeChain(cmd)) => {
			cli.create_runner(cmd)?.sync_run(|config| cmd.run(config.database))
		},
		Some(Subcommand::Revert(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
			let PartialComponents { client, backend, task_manager, .. } = partial(&config)?;
			let revert_grandpa = Box::new(|client, _, blocks| {
				sc_consensus_grandpa::revert(client, blocks)?;
				Ok(())
			});
			Ok((cmd.run(client, backend, Some(revert_grandpa)), task_manager))
		}),
		Some(Subcommand::ChainInfo(cmd)) => {
			cli.create_runner(cmd)?.sync_run(|config| cmd.run::<OpaqueBlock>(&config))
		},
	}
}

fn run_node(cli: &Cli) -> sc_cli::Result<()> {
	let runner = cli.create_runner(&cli.run)?;
	let network = &cli.run.network_params;
	let listens_anyway = !network.listen_addr.is_empty() || network.port.is_some();

	runner.run_node_until_exit(|mut config| async move {
		let sealing = cli.sealing.unwrap_or_else(|| default_sealing(&config));
		if sealing != Sealing::Aura {
			if config.chain_spec.chain_type() != ChainType::Development {
				return Err(sc_cli::Error::Input(format!(
                    "`--sealing` other than `aura` is for development chains, and {:?} is not one. \
                     Use `--dev`.",
                    config.chain_spec.name(),
                )));
			}
			// Nobody can join a chain of one process; and so several can run on one machine.
			if !listens_anyway {
				config.network.listen_addresses.clear();
			}
		}
		if !matches!(config.network.network_backend, NetworkBackendType::Litep2p) {
			return Err(sc_cli::Error::Input(
				"this node has no network backend but litep2p, which talks to libp2p's nodes, too"
					.into(),
			));
		}
		service::full(config, sealing).map_err(sc_cli::Error::Service)
	})
}
