//! The figures that the README states. Run with `make bench`; prints the machine it ran on.

use codec::{Compact, Encode};
use std::time::{Duration, Instant};
use subxt::{
	config::DefaultExtrinsicParamsBuilder,
	rpcs::{client::rpc_params, RpcClient},
	OnlineClient, PolkadotConfig,
};
use zkml_circuits::{
	compile, lower, onnx::Model, quantize, r1cs::write_r1cs, samples::Samples, InputChoice,
	Options, OutputChoice,
};
use zkml_cli::{
	chain::{signer, Submission},
	ui::{bytes, time},
};
use zkml_primitives::{Context, Hint, HintedProof, Setup};
use zkml_prover::{verify, zkey, Manifest, SetupKind, FORMAT};
use zkml_tests::{
	examples::Ready,
	machine,
	models::{npz, Chain},
	node::Node,
};

fn main() {
	println!("machine: {}", machine());
	digits();
	wide();
	tokio::runtime::Runtime::new().expect("threads").block_on(in_wasm());
}

/// Minimum, median and maximum of several runs.
fn measure(runs: usize, mut run: impl FnMut()) -> String {
	let mut times: Vec<Duration> = (0..runs)
		.map(|_| {
			let start = Instant::now();
			run();
			start.elapsed()
		})
		.collect();
	times.sort();
	let [least, middle, most] = [times[0], times[runs / 2], times[runs - 1]].map(time);
	format!("{middle} (median of {runs}, {least} to {most})")
}

const CASES: [(&str, Options); 2] = [
	("private input, logits", Options::new(InputChoice::Private, OutputChoice::Logits)),
	("public input, argmax", Options::new(InputChoice::Public, OutputChoice::Argmax)),
];

fn digits() {
	for (name, options) in CASES {
		println!("\ndigits 64-32-10, {name}");
		let digits = Ready::new("digits", options);
		let heldout = digits.example.heldout();
		let image = heldout.iter().next().expect("images");
		println!("  constraints       {}", digits.circuit.r1cs.constraints());
		println!("  public signals    {}", digits.circuit.r1cs.signals());
		let manifest = Manifest {
			format: FORMAT,
			tool: String::new(),
			setup: SetupKind::Development,
			circuit_sha256: String::new(),
			model_sha256: String::new(),
			interface: digits.circuit.interface,
		};
		let mut file = Vec::new();
		zkey::write(&digits.key, &manifest, &mut file).expect("memory");
		println!("  proving key       {}", bytes(file.len() as u64));
		let mut rng = rand::rngs::OsRng;
		let setup = measure(5, || drop(zkml_prover::setup(&digits.circuit.r1cs, &mut rng)));
		println!("  setup             {setup}");
		println!("  load the key      {}", measure(9, || drop(zkey::read(&file))));
		let context = Context([1; 32]);
		println!("  witness           {}", measure(21, || drop(digits.assign(image, &context))));
		let assignment = digits.assign(image, &context);
		println!(
			"  prove             {}",
			measure(21, || assert_ne!(digits.prove(&assignment).0, [0; 256]))
		);
		let proof = digits.prove(&assignment);
		let signals = assignment.statement.signals();
		let check = || verify(&digits.verifying_key, signals, &proof).expect("a valid proof");
		println!("  verify, natively  {}", measure(21, check));
	}
}

/// 784-2048-10 with made-up weights: how long compiling takes.
fn wide() {
	println!("\n784-2048-10, 1.6 M weights");
	let proto = Chain::new(2, &[1, 784]).gemm(784, 2048).relu().gemm(2048, 10).finish(&[1, 10]);
	let float = Model::from_proto(proto, None).expect("a model");
	let file = std::io::Cursor::new(npz(1, 32, &[784], 0.0, 255.0));
	let samples = Samples::read_npz(file, &float.input.shape).expect("samples");
	let quantized =
		quantize::quantize(&float, &samples, &Default::default()).expect("a quantised model");
	let onnx = quantize::encode(&quantized.proto);
	let work = || {
		let model = Model::read(&onnx, None).expect("an ONNX file");
		compile(&lower(&model).expect("a graph"), &Options::default()).expect("a circuit")
	};
	println!("  read and compile  {}", measure(5, || drop(work())));
	let circuit = work();
	println!("  constraints       {}", circuit.r1cs.constraints());
	let write = || write_r1cs(&circuit.r1cs, &mut std::io::sink()).expect("a sink");
	println!("  write .r1cs       {}", measure(5, write));
}

/// How many inferences the measured batch holds.
const BATCH: usize = 16;

/// What a runtime's check takes in Wasm, in the executor of a live node: a dry run of a submission,
/// less that of a call that does nothing. The pool's checks and signatures are in both.
async fn in_wasm() {
	println!("\nverification in the node's Wasm executor");
	for (name, options) in CASES {
		let digits = Ready::new("digits", options);
		let mut node = Node::development();
		let (chain, url) = node.connect().await;
		let alice = signer("//Alice").expect("a signer");
		let interface = &digits.circuit.interface;
		let setup = Setup::Development;
		let metadata = digits.metadata();
		let registered = chain
			.register(&alice, &digits.verifying_key, interface, setup, &metadata)
			.await
			.expect("a registration");
		let model = registered.registered.expect("a model");
		let next = chain.next(model, alice.public_key().0).await.expect("a registered model");
		let heldout = digits.example.heldout();
		let mut signals = 0;
		let (submissions, hints): (Vec<Submission>, Vec<Hint>) = (0..)
			.zip(heldout.iter().take(BATCH))
			.map(|(ahead, image)| {
				let assignment = digits.assign(image, &next.later(ahead).context());
				signals = assignment.statement.signals().len() as u32;
				let HintedProof { proof, hint } = digits.prove_hinted(&assignment);
				let inference = assignment.inference;
				(Submission { model, anchor: None, inference, proof }, hint)
			})
			.unzip();
		let one = (Compact(signals), &submissions[0], &hints[0]).encode();
		let all = (Compact(signals * BATCH as u32), &submissions).encode();
		let client = RpcClient::from_url(url).await.expect("a node");
		let api = OnlineClient::<PolkadotConfig>::from_rpc_client(client.clone());
		let api = api.await.expect("a node");
		let nothing = dry_runs(&api, &client, "System", "remark", Vec::<u8>::new().encode()).await;
		let submit = dry_runs(&api, &client, "Zkml", "submit_inference", one).await;
		let batch = dry_runs(&api, &client, "Zkml", "submit_batch", all).await;
		println!(
			"  {signals} signals ({name}): {} (dry runs: {} and {})",
			time(submit.saturating_sub(nothing)),
			time(submit),
			time(nothing)
		);
		println!(
			"  each of {BATCH} in a batch: {} (dry run: {})",
			time(batch.saturating_sub(nothing) / BATCH as u32),
			time(batch)
		);
	}
}

/// The median time of dry runs of a signed call, each of which must succeed.
async fn dry_runs(
	api: &OnlineClient<PolkadotConfig>,
	client: &RpcClient,
	pallet: &str,
	call: &str,
	arguments: Vec<u8>,
) -> Duration {
	let at = api.at_current_block().await.expect("a block");
	let found = at.metadata_ref().pallet_by_name(pallet).expect("a pallet");
	let index = found.call_variant_by_name(call).expect("a call").index;
	let mut data = vec![found.call_index(), index];
	data.extend(arguments);
	let payload = at.transactions().from_call_data_bytes(&data).expect("a call");
	let signer = signer("//Alice").expect("a signer");
	// A dry run knows no block hashes of its own block, so the call must not expire.
	let params = DefaultExtrinsicParamsBuilder::new().immortal().build();
	let signed = at.transactions().create_signed(&payload, &signer, params).await;
	let hex = format!("0x{}", hex::encode(signed.expect("a transaction").encoded()));
	let mut times = Vec::new();
	for _ in 0..41 {
		let start = Instant::now();
		let answer: String =
			client.request("system_dryRun", rpc_params![&hex]).await.expect("a dry run");
		times.push(start.elapsed());
		assert_eq!(answer, "0x0000", "{pallet}.{call} succeeds");
	}
	times.sort();
	times[times.len() / 2]
}
