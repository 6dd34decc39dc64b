//! Blocks made by one process, without a clock: a development chain.
//!
//! Aura asks for at most one block a slot, and checks each block's slot against its timestamp. So
//! each block takes the slot after its parent's, and the time that goes with it: a block is one
//! slot of chain time, and a period counted in blocks is the same one counted in time.

use std::{pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{channel::oneshot, stream, Stream, StreamExt};
use sc_consensus_manual_seal::{
	consensus::aura::AuraConsensusDataProvider, seal_block, Error, SealBlockParams,
};
use sc_transaction_pool_api::TransactionPool as _;
use sp_consensus_aura::{sr25519::AuthoritySignature, Slot, SlotDuration};
use sp_inherents::CreateInherentDataProviders;
use sp_runtime::traits::Header as _;
use zkml_runtime::{Hash, OpaqueBlock as Block, MILLISECS_PER_BLOCK};

use crate::service::{Client, SelectChain, TransactionPool};

const SLOT_DURATION: SlotDuration = SlotDuration::from_millis(MILLISECS_PER_BLOCK);

/// What the sealing task works on.
pub(crate) struct Sealer {
	pub(crate) client: Arc<Client>,
	pub(crate) pool: Arc<TransactionPool>,
	pub(crate) proposer: sc_basic_authorship::ProposerFactory<TransactionPool, Client>,
	pub(crate) select_chain: SelectChain,
}

impl Sealer {
	/// Seals and finalises a block now, and then one for each transaction that arrives, or fewer
	/// where one block holds several. Runs for ever.
	pub(crate) async fn seal_instantly(self) {
		// The pool offers no transaction before it has seen a block: hence the first one.
		let arrivals = self.pool.import_notification_stream();
		let ticks =
			stream::once(async { Tick::Anyway }).chain(arrivals.map(|_| Tick::IfTransactions));
		self.run(Box::pin(ticks)).await
	}

	/// Seals and finalises a block now and each `interval` from now on. Runs for ever.
	pub(crate) async fn seal_each(self, interval: Duration) {
		let mut interval = tokio::time::interval(interval);
		interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
		let ticks = stream::unfold(interval, |mut interval| async {
			interval.tick().await;
			Some((Tick::Anyway, interval))
		});
		self.run(Box::pin(ticks)).await
	}

	async fn run(mut self, mut ticks: Pin<Box<dyn Stream<Item = Tick> + Send>>) {
		while let Some(tick) = ticks.next().await {
			let mut sealed = self.seal(tick).await;
			// A block may not have had room for all that waits.
			while sealed && self.pool.status().ready > 0 {
				sealed = self.seal(Tick::IfTransactions).await;
			}
		}
	}

	/// Seals and finalises one block. Says whether it did.
	async fn seal(&mut self, tick: Tick) -> bool {
		let (sender, sealed) = oneshot::channel();
		seal_block(SealBlockParams {
			create_empty: matches!(tick, Tick::Anyway),
			finalize: true,
			parent_hash: None,
			sender: Some(sender),
			pool: self.pool.clone(),
			client: self.client.clone(),
			env: &mut self.proposer,
			select_chain: &self.select_chain,
			consensus_data_provider: Some(
				&AuraConsensusDataProvider::<Block>::new_with_slot_duration(SLOT_DURATION),
			),
			block_import: &mut self.client.clone(),
			create_inherent_data_providers: &NextSlot(self.client.clone()),
		})
		.await;
		match sealed.await {
			Ok(Ok(_)) => true,
			Ok(Err(Error::EmptyTransactionPool)) | Err(oneshot::Canceled) => false,
			Ok(Err(error)) => {
				log::error!("No block was made: {error}");
				false
			},
		}
	}
}

/// When to make a block.
#[derive(Clone, Copy)]
enum Tick {
	/// Now.
	Anyway,
	/// Now, if there is a transaction to put into it.
	IfTransactions,
}

/// Gives each block the time of the slot after its parent's, and the first block the time it is.
struct NextSlot(Arc<Client>);

#[async_trait]
impl CreateInherentDataProviders<Block, ()> for NextSlot {
	type InherentDataProviders = sp_timestamp::InherentDataProvider;

	async fn create_inherent_data_providers(
		&self,
		parent: Hash,
		(): (),
	) -> Result<Self::InherentDataProviders, Box<dyn std::error::Error + Send + Sync>> {
		let header =
			self.0.header(parent)?.ok_or_else(|| format!("the header of {parent} is missing"))?;
		if *header.number() == 0 {
			return Ok(sp_timestamp::InherentDataProvider::from_system_time());
		}
		let slot: Slot = sc_consensus_aura::find_pre_digest::<Block, AuthoritySignature>(&header)?;
		let time = (slot + 1).timestamp(SLOT_DURATION).ok_or("time has no further slot")?;
		Ok(sp_timestamp::InherentDataProvider::new(time))
	}
}
