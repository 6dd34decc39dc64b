//! Prometheus metrics of this chain, beside those that every Substrate node has.

use std::sync::Arc;

use codec::DecodeAll;
use frame_system::EventRecord;
use futures::StreamExt;
use pallet_zkml::Event;
use prometheus_endpoint::{register, Counter, Gauge, PrometheusError, Registry, U64};
use sc_client_api::{BlockImportNotification, BlockchainEvents, StorageKey, StorageProvider};
use sp_io::hashing::twox_128;
use zkml_runtime::{Hash, OpaqueBlock as Block, RuntimeEvent};

use crate::service::Client;

/// What blocks did, counted when they become the best. Blocks that a fork replaces stay counted, so
/// what counts for good is the chain's own record: its events.
pub(crate) struct Metrics {
	verified: Counter<U64>,
	registered: Counter<U64>,
	deregistered: Counter<U64>,
	last_block: Gauge<U64>,
}

/// What one block did.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
	verified: u64,
	registered: u64,
	deregistered: u64,
}

impl Metrics {
	/// Adds them to `registry`.
	pub(crate) fn register(registry: &Registry) -> Result<Self, PrometheusError> {
		let counter = |name, help| register(Counter::new(name, help)?, registry);
		Ok(Self {
			verified: counter(
				"zkml_inferences_verified_total",
				"Inferences verified in best blocks since the node started",
			)?,
			registered: counter(
				"zkml_models_registered_total",
				"Models registered in best blocks since the node started",
			)?,
			deregistered: counter(
				"zkml_models_deregistered_total",
				"Models deregistered in best blocks since the node started",
			)?,
			last_block: register(
				Gauge::new("zkml_block_inferences", "Inferences verified in the best block")?,
				registry,
			)?,
		})
	}

	/// Follows the chain for as long as the node runs.
	pub(crate) async fn follow(self, client: Arc<Client>) {
		// Blocks of the initial synchronisation, too, of which the other stream says nothing.
		let mut imported = client.every_import_notification_stream();
		let mut readable = true;
		while let Some(block) = imported.next().await {
			if !block.is_new_best {
				continue;
			}
			for hash in became_best(&block) {
				match counts(&client, hash) {
					Ok(counts) => {
						self.add(&counts);
						readable = true;
					},
					// Once, and again only after a block that could be read: a runtime whose events
					// this binary does not know has them in every block.
					Err(problem) if readable => {
						log::warn!(
							"zkml metrics leave out block {hash} and those like it: {problem}"
						);
						readable = false;
					},
					Err(_) => {},
				}
			}
		}
	}

	fn add(&self, counts: &Counts) {
		self.verified.inc_by(counts.verified);
		self.registered.inc_by(counts.registered);
		self.deregistered.inc_by(counts.deregistered);
		self.last_block.set(counts.verified);
	}
}

/// The blocks that an import made part of the best chain, oldest first.
fn became_best(block: &BlockImportNotification<Block>) -> Vec<Hash> {
	let enacted = block.tree_route.iter().flat_map(|route| route.enacted());
	enacted.map(|ancestor| ancestor.hash).chain([block.hash]).collect()
}

/// What a block did, by its events.
fn counts(client: &Client, block: Hash) -> Result<Counts, String> {
	let key = StorageKey([twox_128(b"System"), twox_128(b"Events")].concat());
	let events = client.storage(block, &key).map_err(|error| error.to_string())?;
	// The first block has none.
	events.map_or(Ok(Counts::default()), |events| decode(&events.0))
}

fn decode(mut events: &[u8]) -> Result<Counts, String> {
	let records = Vec::<EventRecord<RuntimeEvent, Hash>>::decode_all(&mut events)
		.map_err(|error| format!("its events are not of this node's runtime: {error}"))?;
	let mut counts = Counts::default();
	for record in records {
		match record.event {
			RuntimeEvent::Zkml(Event::InferenceVerified { .. }) => counts.verified += 1,
			RuntimeEvent::Zkml(Event::ModelRegistered { .. }) => counts.registered += 1,
			RuntimeEvent::Zkml(Event::ModelDeregistered { .. }) => counts.deregistered += 1,
			_ => {},
		}
	}
	Ok(counts)
}

#[cfg(test)]
mod tests {
	use codec::Encode;
	use frame_system::Phase;
	use zkml_primitives::ModelId;
	use zkml_runtime::{AccountId, Runtime};

	use super::*;

	fn record(event: Event<Runtime>) -> EventRecord<RuntimeEvent, Hash> {
		let event = RuntimeEvent::Zkml(event);
		EventRecord { phase: Phase::ApplyExtrinsic(1), event, topics: vec![] }
	}

	fn events() -> Vec<u8> {
		let owner = AccountId::new([1; 32]);
		let model = ModelId([7; 32]);
		vec![
			record(Event::ModelRegistered { model, owner: owner.clone(), supersedes: None }),
			record(Event::ModelDeregistered { model, owner: owner.clone(), record: [0; 32] }),
			record(Event::ModelRegistered { model, owner, supersedes: None }),
		]
		.encode()
	}

	#[test]
	fn counts_the_events_of_the_pallet() {
		let expected = Counts { verified: 0, registered: 2, deregistered: 1 };
		assert_eq!(decode(&events()), Ok(expected));
	}

	#[test]
	fn refuses_events_of_another_runtime() {
		let known = events();
		let mut unknown_pallet = known.clone();
		// Behind the count and the phase (five bytes).
		unknown_pallet[6] = 255;
		let trailing = [known.as_slice(), &[0]].concat();
		for events in [&unknown_pallet[..], &trailing, &known[..known.len() - 1]] {
			assert!(decode(events).unwrap_err().contains("not of this node's runtime"));
		}
	}
}
