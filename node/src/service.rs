//! Assembles a node from its parts.

use std::{sync::Arc, time::Duration};

use futures::{
	future::{pending, BoxFuture},
	FutureExt,
};
use sc_client_api::BlockBackend;
use sc_consensus_aura::{ImportQueueParams, SlotProportion, StartAuraParams};
use sc_consensus_grandpa::SharedVoterState;
use sc_network::NetworkBackend;
use sc_service::{
	error::Error as ServiceError, Configuration, SpawnEssentialTaskHandle, TaskManager,
	WarpSyncConfig,
};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_aura::{sr25519::AuthorityPair as AuraPair, SlotDuration};
use sp_core::traits::SpawnEssentialNamed;
use sp_runtime::traits::Block as BlockT;
use zkml_runtime::{apis::RuntimeApi, OpaqueBlock as Block};

use crate::{cli::Sealing, metrics::Metrics, sealing::Sealer};

/// Executes the runtime's Wasm. The host functions are Substrate's own: any node can run the chain.
type Executor = sc_executor::WasmExecutor<sp_io::SubstrateHostFunctions>;
type Backend = sc_service::TFullBackend<Block>;
/// The chain: its database and its runtime.
pub(crate) type Client = sc_service::TFullClient<Block, RuntimeApi, Executor>;
/// The longest chain is the best one.
pub(crate) type SelectChain = sc_consensus::LongestChain<Backend, Block>;
/// Transactions that wait for a block.
pub(crate) type TransactionPool = sc_transaction_pool::TransactionPoolHandle<Block, Client>;
type GrandpaBlockImport =
	sc_consensus_grandpa::GrandpaBlockImport<Backend, Block, Client, SelectChain>;
type GrandpaLink = sc_consensus_grandpa::LinkHalf<Block, Client, SelectChain>;
/// The network: litep2p, which speaks libp2p's protocols.
type Network = sc_network::Litep2pNetworkBackend;

/// At least one block in so many carries a proof that it is final.
const GRANDPA_JUSTIFICATION_PERIOD: u32 = 512;

/// The parts that need no network: enough for the subcommands that work on the database.
pub(crate) type Partial = sc_service::PartialComponents<
	Client,
	Backend,
	SelectChain,
	sc_consensus::DefaultImportQueue<Block>,
	TransactionPool,
	(Option<(GrandpaBlockImport, GrandpaLink)>, Option<Telemetry>),
>;

/// Opens the database and prepares to import blocks that are sealed as `sealing` says.
pub(crate) fn partial(config: &Configuration, sealing: Sealing) -> Result<Partial, ServiceError> {
	let telemetry = config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| -> Result<_, sc_telemetry::Error> {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()?;
	let telemetry_handle = telemetry.as_ref().map(|(_, telemetry)| telemetry.handle());

	let executor = sc_service::new_wasm_executor(&config.executor);
	let (client, backend, keystore_container, task_manager) =
		sc_service::new_full_parts::<Block, RuntimeApi, _>(
			config,
			telemetry_handle.clone(),
			executor,
			vec![],
		)?;
	let client = Arc::new(client);

	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});

	let select_chain = sc_consensus::LongestChain::new(backend.clone());

	let transaction_pool = Arc::from(
		sc_transaction_pool::Builder::new(
			PoolTasks(task_manager.spawn_essential_handle()),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	);

	let (import_queue, grandpa) = match sealing {
		Sealing::Instant | Sealing::Interval(_) => {
			let queue = sc_consensus_manual_seal::import_queue(
				Box::new(client.clone()),
				&task_manager.spawn_essential_handle(),
				config.prometheus_registry(),
			);
			(queue, None)
		},
		Sealing::Aura => {
			let (block_import, link) = sc_consensus_grandpa::block_import(
				client.clone(),
				GRANDPA_JUSTIFICATION_PERIOD,
				&client,
				select_chain.clone(),
				telemetry_handle.clone(),
			)?;
			let slots = client.clone();
			let queue =
				sc_consensus_aura::import_queue::<AuraPair, _, _, _, _, _>(ImportQueueParams {
					block_import: block_import.clone(),
					justification_import: Some(Box::new(block_import.clone())),
					client: client.clone(),
					create_inherent_data_providers: move |parent, _| {
						let slot_duration =
							sc_consensus_aura::standalone::slot_duration_at(&*slots, parent);
						async move { Ok(inherents(slot_duration?)) }
					},
					spawner: &task_manager.spawn_essential_handle(),
					registry: config.prometheus_registry(),
					check_for_equivocation: Default::default(),
					telemetry: telemetry_handle,
					compatibility_mode: Default::default(),
				})?;
			(queue, Some((block_import, link)))
		},
	};

	Ok(sc_service::PartialComponents {
		client,
		backend,
		task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (grandpa, telemetry),
	})
}

/// Spawns the transaction pool's tasks.
///
/// One of them is a blocking loop, which ends by itself when the pool is dropped. That happens only
/// in the node's orderly shutdown, but would be logged as the failure of an essential task. So it
/// waits for the node's end then. A panic is a failure as before.
#[derive(Clone)]
struct PoolTasks(SpawnEssentialTaskHandle);

impl SpawnEssentialNamed for PoolTasks {
	fn spawn_essential_blocking(
		&self,
		name: &'static str,
		group: Option<&'static str>,
		task: BoxFuture<'static, ()>,
	) {
		self.0.spawn_blocking(name, group, task.then(|()| pending()));
	}

	fn spawn_essential(
		&self,
		name: &'static str,
		group: Option<&'static str>,
		task: BoxFuture<'static, ()>,
	) {
		self.0.spawn(name, group, task);
	}
}

/// The time, and the slot it falls in.
fn inherents(
	slot_duration: SlotDuration,
) -> (sp_consensus_aura::inherents::InherentDataProvider, sp_timestamp::InherentDataProvider) {
	let timestamp = sp_timestamp::InherentDataProvider::from_system_time();
	let slot = sp_consensus_aura::inherents::InherentDataProvider::from_timestamp_and_slot_duration(
		*timestamp,
		slot_duration,
	);
	(slot, timestamp)
}

/// Starts a node.
pub(crate) fn full(config: Configuration, sealing: Sealing) -> Result<TaskManager, ServiceError> {
	let sc_service::PartialComponents {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (grandpa, mut telemetry),
	} = partial(&config, sealing)?;

	let mut net_config = sc_network::config::FullNetworkConfiguration::<
		Block,
		<Block as BlockT>::Hash,
		Network,
	>::new(&config.network, config.prometheus_registry().cloned());
	let metrics =
		<Network as NetworkBackend<Block, <Block as BlockT>::Hash>>::register_notification_metrics(
			config.prometheus_registry(),
		);

	let grandpa = match grandpa {
		None => None,
		Some((block_import, link)) => {
			let genesis = client.block_hash(0)?.ok_or("the database has no genesis block")?;
			let protocol =
				sc_consensus_grandpa::protocol_standard_name(&genesis, &config.chain_spec);
			let (peers, notifications) =
				sc_consensus_grandpa::grandpa_peers_set_config::<Block, Network>(
					protocol.clone(),
					metrics.clone(),
					net_config.peer_store_handle(),
				);
			net_config.add_notification_protocol(peers);
			Some((block_import, link, protocol, notifications))
		},
	};
	let warp_sync_config = grandpa.as_ref().map(|(_, link, ..)| {
		WarpSyncConfig::WithProvider(Arc::new(
			sc_consensus_grandpa::warp_proof::NetworkProvider::new(
				backend.clone(),
				link.shared_authority_set().clone(),
				vec![],
			),
		))
	});

	let (network, system_rpc_tx, tx_handler_controller, sync_service, _bitswap) =
		sc_service::build_network(sc_service::BuildNetworkParams {
			config: &config,
			net_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config,
			block_relay: None,
			metrics,
			gap_sync_body_policy: None,
		})?;

	let role = config.role;
	let name = config.network.node_name.clone();
	let force_authoring = config.force_authoring;
	let vote = !config.disable_grandpa;
	let prometheus_registry = config.prometheus_registry().cloned();

	let rpc_builder = {
		let client = client.clone();
		let pool = transaction_pool.clone();
		Box::new(move |_| crate::rpc::create(client.clone(), pool.clone()).map_err(Into::into))
	};
	sc_service::spawn_tasks(sc_service::SpawnTasksParams {
		config,
		client: client.clone(),
		backend,
		task_manager: &mut task_manager,
		keystore: keystore_container.keystore(),
		transaction_pool: transaction_pool.clone(),
		rpc_builder,
		network: network.clone(),
		system_rpc_tx,
		tx_handler_controller,
		sync_service: sync_service.clone(),
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;

	let telemetry = telemetry.as_ref().map(Telemetry::handle);
	let proposer = sc_basic_authorship::ProposerFactory::new(
		task_manager.spawn_handle(),
		client.clone(),
		transaction_pool.clone(),
		prometheus_registry.as_ref(),
		telemetry.clone(),
	);

	if let Some(registry) = &prometheus_registry {
		let metrics = Metrics::register(registry)?;
		task_manager.spawn_handle().spawn("zkml-metrics", None, metrics.follow(client.clone()));
	}

	// A node whose block production or vote has stopped must stop, too: hence the essential tasks.
	let essential = task_manager.spawn_essential_handle();

	let Some((block_import, link, protocol_name, notification_service)) = grandpa else {
		let sealer = Sealer { client, pool: transaction_pool, proposer, select_chain };
		match sealing {
			Sealing::Interval(interval) => {
				essential.spawn_blocking("sealing", None, sealer.seal_each(interval))
			},
			_ => essential.spawn_blocking("sealing", None, sealer.seal_instantly()),
		}
		return Ok(task_manager);
	};

	if role.is_authority() {
		let slot_duration = sc_consensus_aura::slot_duration(&*client)?;
		let aura = sc_consensus_aura::start_aura::<AuraPair, _, _, _, _, _, _, _, _, _, _>(
			StartAuraParams {
				slot_duration,
				client,
				select_chain,
				block_import,
				proposer_factory: proposer,
				create_inherent_data_providers: move |_, ()| async move { Ok(inherents(slot_duration)) },
				force_authoring,
				backoff_authoring_blocks: Option::<()>::None,
				keystore: keystore_container.keystore(),
				sync_oracle: sync_service.clone(),
				justification_sync_link: sync_service.clone(),
				block_proposal_slot_portion: SlotProportion::new(2f32 / 3f32),
				max_block_proposal_slot_portion: None,
				telemetry: telemetry.clone(),
				compatibility_mode: Default::default(),
			},
		)?;
		essential.spawn_blocking("aura", Some("block-authoring"), aura);
	}

	if vote {
		let voter = sc_consensus_grandpa::run_grandpa_voter(sc_consensus_grandpa::GrandpaParams {
			config: sc_consensus_grandpa::Config {
				gossip_duration: Duration::from_millis(333),
				justification_generation_period: GRANDPA_JUSTIFICATION_PERIOD,
				name: Some(name),
				observer_enabled: false,
				keystore: role.is_authority().then(|| keystore_container.keystore()),
				local_role: role,
				telemetry: telemetry.clone(),
				protocol_name,
			},
			link,
			network,
			sync: sync_service,
			notification_service,
			voting_rule: sc_consensus_grandpa::VotingRulesBuilder::default().build(),
			prometheus_registry,
			shared_voter_state: SharedVoterState::empty(),
			telemetry,
			offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(transaction_pool),
		})?;
		essential.spawn_blocking("grandpa-voter", None, voter);
	}

	Ok(task_manager)
}
