//! How many inferences a chain can verify: the runtime's Wasm, in the executor of the node, on
//! proofs of keys whose secret is known. Run with `make bench`; prints the machine it ran on.
//!
//! What is timed is the runtime API `dry_run`, which is the code of `submit_inference` and
//! `submit_batch`, less the same call for a model that does not exist. What is compared is the
//! weight of the call, less what it charges for the database, of which there is none here. A dry run of
//! one inference takes no hint: what is submitted by itself brings one, is checked in less, and weighs
//! less.

use codec::{Decode, Encode};
use frame_support::{dispatch::DispatchClass, weights::Weight};
use frame_system::limits::BlockWeights;
use pallet_zkml::{
	batch_weight,
	runtime_api::{Accepted, Refused},
	WeightInfo,
};
use sc_executor::WasmExecutor;
use sp_core::traits::{CallContext, CodeExecutor, Externalities, RuntimeCode, WrappedRuntimeCode};
use sp_io::{SubstrateHostFunctions, TestExternalities};
use sp_runtime::BuildStorage;
use std::time::{Duration, Instant};
use zkml_primitives::{
	ClaimedInput, Inference, InputVisibility, Interface, Metadata, ModelId, Output, OutputKind,
	Packing, Proof, Scale, Scheme, Setup, Statement, Submission, Tensor, Terms, Values,
	VerifyingKey, WeightsVisibility, SEMANTICS_V1,
};
use zkml_runtime::{
	configs::RuntimeBlockWeights, AccountId, Runtime, RuntimeGenesisConfig, RuntimeOrigin, System,
	Zkml, UNIT,
};
use zkml_verifier::fixtures::{Fixture, Key};

/// No model has this id.
const NOWHERE: ModelId = ModelId([9; 32]);
const RUNS: usize = 25;
/// Values of 8 bits in a word.
const PER_WORD: u32 = 31;

fn main() {
	println!("machine: {}", zkml_tests::machine());
	let mut chain = Chain::new();
	let models: Vec<_> =
		[2, 4, 16, 32, 128].into_iter().map(|n| chain.register(n, n.into())).collect();
	let others: Vec<_> = (0..32).map(|seed| chain.register(2, 100 + seed)).collect();

	let batches: Vec<(bool, u32)> =
		[true, false].into_iter().flat_map(|of_one| [2, 8, 32].map(|n| (of_one, n))).collect();
	let mut cases = Vec::new();
	for model in &models {
		cases.push((model.signals, vec![chain.submission(model, 0)]));
	}
	for &(of_one, count) in &batches {
		let submissions = (0..count as usize).map(|at| match of_one {
			true => chain.submission(&models[0], at as u64),
			false => chain.submission(&others[at], 0),
		});
		cases.push((2 * count, submissions.collect()));
	}
	let times = chain.times(cases);
	let (alone, together) = times.split_at(models.len());

	println!(
		"\none inference, by public signals: time in Wasm without a hint; weight with one, in parts of it"
	);
	for (model, &time) in models.iter().zip(alone) {
		let weight = computing::Weights::submit_inference(model.signals);
		println!("  {:>3}: {}", model.signals, compare(weight, time));
	}
	println!(
		"\nbatches, 2 public signals each: for each, in parts of one alone; for all, its weight"
	);
	for ((of_one, count), &time) in batches.into_iter().zip(together) {
		let share = time.as_secs_f64() / f64::from(count) / alone[0].as_secs_f64();
		let (distinct, what) = if of_one { (1, "one model") } else { (count, "as many models") };
		let weight = batch_weight::<computing::Weights>(count - distinct, distinct);
		let (each, all) = (millis(time / count), compare(weight, time));
		println!("  {count:>2} of {what:<14}: {each}, {:.0} %; {all}", share * 100.0);
	}

	let limits: BlockWeights = RuntimeBlockWeights::get();
	let normal = limits.get(DispatchClass::Normal);
	let room = normal.max_total.unwrap_or(limits.max_block).saturating_sub(limits.base_block);
	println!("\nby weight, in a block of 2 s, and in the part of it that is open to such calls");
	for (what, weight, count) in [
		("one by one", Weights::submit_inference(2), 1),
		("in batches of 32 of one model", batch_weight::<Weights>(31, 1), 32),
		("in batches of 32 models", batch_weight::<Weights>(0, 32), 32),
	] {
		let each = weight.saturating_add(normal.base_extrinsic).ref_time();
		let [all, open] = [limits.max_block, room].map(|room| room.ref_time() / each * count);
		println!("  {what}: {all}, {open}");
	}
}

/// A model with a known secret.
struct Model {
	fixture: Fixture,
	interface: Interface,
	inference: Inference,
	id: ModelId,
	signals: u32,
}

/// A chain in memory, whose runtime runs as Wasm.
struct Chain {
	ext: TestExternalities,
	executor: WasmExecutor<SubstrateHostFunctions>,
	code: Vec<u8>,
	account: AccountId,
}

impl Chain {
	fn new() -> Self {
		let account = sp_keyring::Sr25519Keyring::Alice.to_account_id();
		let genesis = RuntimeGenesisConfig {
			balances: pallet_balances::GenesisConfig {
				balances: vec![(account.clone(), 1_000_000 * UNIT)],
				..Default::default()
			},
			..Default::default()
		};
		let mut ext = TestExternalities::from(genesis.build_storage().expect("a genesis"));
		ext.execute_with(|| {
			System::set_block_number(1);
			frame_system::BlockHash::<Runtime>::insert(0, zkml_runtime::Hash::repeat_byte(7));
		});
		let code = zkml_runtime::WASM_BINARY.expect("a runtime in Wasm").to_vec();
		Self { ext, executor: WasmExecutor::builder().build(), code, account }
	}

	fn register(&mut self, signals: u32, seed: u64) -> Model {
		let packing = |words: u32| Packing { width: 8, count: PER_WORD * words, offset: 0 };
		let tensor = |words| Tensor { packing: packing(words), scale: Scale::power_of_two(0) };
		let (input, values) = match signals - 2 {
			0 => (InputVisibility::Private, ClaimedInput::Hidden),
			words => {
				let values: Vec<i32> = (0..PER_WORD * words).map(|at| (at % 251) as i32).collect();
				(InputVisibility::Public(tensor(words)), Values::new(&values).into())
			},
		};
		let output = OutputKind::Argmax { classes: 10 };
		let interface = Interface { input, weights: WeightsVisibility::Public, output };
		let fixture = Fixture::new(seed, signals);
		let Key { alpha, beta, gamma, delta, ic } = fixture.key.clone();
		let ic = ic.try_into().expect("not too many signals");
		let key = VerifyingKey { alpha, beta, gamma, delta, ic };
		let id = ModelId::derive(&self.account, Scheme::Groth16, SEMANTICS_V1, &key, &interface);
		let origin = RuntimeOrigin::signed(self.account.clone());
		let (name, uri) = (Default::default(), Default::default());
		let metadata = Metadata { name, onnx_sha256: [0; 32], uri };
		let setup = Setup::Ceremony { transcript: [0; 32], contributions: 2 };
		let (key, terms) = (Box::new(key), Terms::default());
		self.ext
			.execute_with(|| {
				Zkml::register_model(origin, key, interface, setup, metadata, terms, None)
			})
			.expect("a good model");
		let inference = Inference { output: Output::Label(7), input: values };
		Model { fixture, interface, inference, id, signals }
	}

	/// The `ahead`-th next submission.
	fn submission(&mut self, model: &Model, ahead: u64) -> Submission<u32> {
		let account = &self.account;
		let context = self.ext.execute_with(|| {
			<Zkml as pallet_zkml::InferenceVerifier<AccountId>>::context(
				zkml_primitives::SUBMIT_INFERENCE,
				model.id,
				account,
				&zkml_primitives::submission_payload(ahead, None),
			)
		});
		let statement = Statement::new(&model.interface, &model.inference, &context);
		let proof = Proof(model.fixture.prove(statement.expect("it fits").signals(), ahead));
		Submission { model: model.id, anchor: None, inference: model.inference.clone(), proof }
	}

	fn dry_run(
		&mut self,
		signals: u32,
		submissions: &[Submission<u32>],
	) -> (Duration, Result<Accepted, Refused>) {
		let arguments = (&self.account, signals, submissions).encode();
		let fetcher = WrappedRuntimeCode(self.code.as_slice().into());
		let code = RuntimeCode { code_fetcher: &fetcher, heap_pages: None, hash: vec![1] };
		let mut ext = self.ext.ext();
		ext.storage_start_transaction();
		let start = Instant::now();
		let method = "ZkmlApi_dry_run";
		let (result, _) =
			self.executor.call(&mut ext, &code, method, &arguments, CallContext::Offchain);
		let time = start.elapsed();
		ext.storage_rollback_transaction().expect("it was started");
		let answer = result.expect("the runtime has this API");
		(time, Decode::decode(&mut answer.as_slice()).expect("of this type"))
	}

	/// For each call the median of several runs, less what it takes to get there and back. The runs
	/// of all calls alternate: the speed of a machine drifts.
	fn times(&mut self, cases: Vec<(u32, Vec<Submission<u32>>)>) -> Vec<Duration> {
		let nowhere = |mut submissions: Vec<Submission<u32>>| {
			submissions.iter_mut().for_each(|one| one.model = NOWHERE);
			submissions
		};
		let mut times = vec![Vec::new(); cases.len()];
		for run in 0..RUNS {
			for ((signals, submissions), times) in cases.iter().zip(&mut times) {
				let (there, answer) = self.dry_run(*signals, submissions);
				assert!(answer.is_ok(), "run {run}: {answer:?}");
				let (back, answer) = self.dry_run(*signals, &nowhere(submissions.clone()));
				assert!(answer.is_err(), "run {run}: {answer:?}");
				times.push(there.saturating_sub(back));
			}
		}
		let median = |mut times: Vec<Duration>| {
			times.sort();
			times[RUNS / 2]
		};
		times.into_iter().map(median).collect()
	}
}

/// The weights, without what they charge for the database.
// The macro asks for the features of a runtime's crate.
#[allow(unexpected_cfgs)]
mod computing {
	use frame_support::derive_impl;

	frame_support::construct_runtime!(
		pub enum Bare { System: frame_system }
	);

	#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
	impl frame_system::Config for Bare {
		type Block = frame_system::mocking::MockBlock<Bare>;
	}

	pub(super) type Weights = pallet_zkml::weights::SubstrateWeight<Bare>;
}

/// The weights that the runtime charges.
type Weights = pallet_zkml::weights::SubstrateWeight<Runtime>;

/// A time beside the weight for it.
fn compare(weight: Weight, time: Duration) -> String {
	let weighed = Duration::from_nanos(weight.ref_time() / 1_000);
	let part = weighed.as_secs_f64() / time.as_secs_f64();
	format!("{}; {}, {:.0} %", millis(time), millis(weighed), part * 100.0)
}

fn millis(time: Duration) -> String {
	format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
