//! Stories on a chain of this machine. By itself: handwritten digits, classified by an ONNX model,
//! proven, and verified inside a runtime. With a name: that story.
//!
//! Everything is real: the models, their accuracy, the proofs, the node and its answers. Ends with an
//! error if anything is not as it should be.

use std::{
	process::ExitCode,
	time::{Duration, Instant},
};
use zkml_circuits::{quantize, Options};
use zkml_cli::{
	chain::{signer, Chain, ChainError, Included, Refusal, Submission},
	commands::fee,
	ui::{bytes, time},
};
use zkml_primitives::{
	ClaimedInput, Context, HintedProof, Inference, ModelId, Output, Setup, PROOF_LEN,
};
use zkml_prover::{verify, zkey, Manifest, SetupKind, FORMAT};
use zkml_tests::{
	examples::Ready,
	node::{end_all, Node},
	place::Place,
	stories,
};

/// Images to prove one by one.
const IMAGES: usize = 12;

/// Images to prove together.
const BATCH: usize = 8;

/// What a shell reports for a program that SIGINT ended.
const INTERRUPTED: i32 = 130;

type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
	let handler = ctrlc::set_handler(|| {
		end_all();
		std::process::exit(INTERRUPTED);
	});
	if let Err(error) = handler {
		eprintln!("interrupts will not end the node: {error}");
	}
	let story = std::env::args().nth(1).unwrap_or_default();
	let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
	match runtime.block_on(tell(&story)) {
		Ok(()) => {
			println!("\nall as it should be");
			ExitCode::SUCCESS
		},
		Err(error) => {
			eprintln!("\nNOT as it should be: {error}");
			ExitCode::FAILURE
		},
	}
}

fn heading(text: &str) {
	println!("\n{text}\n{}", "─".repeat(text.chars().count()));
}

/// Tells a story by its name.
async fn tell(story: &str) -> Result<()> {
	if matches!(story, "" | "digits") {
		return run().await;
	}
	let Some(found) = stories::find(story) else {
		let names: Vec<&str> = stories::ALL.iter().map(|story| story.name).collect();
		return Err(format!("there is no story {story}; there are digits, {}", names.join(", ")));
	};
	// A step that does not go as it should stops the story.
	std::panic::set_hook(Box::new(|panic| {
		eprintln!("\nNOT as it should be: {panic}");
		end_all();
	}));
	println!("{}", found.about);
	(found.tell)(Place::aloud().await).await;
	Ok(())
}

async fn run() -> Result<()> {
	// The node starts while the model is prepared.
	let mut node = Node::development();
	let digits = prepare()?;

	heading("A chain in one process");
	let (chain, url) = node.connect().await;
	println!("node          {url}");
	println!("genesis       0x{}", hex::encode(chain.genesis()));
	let alice = signer("//Alice").map_err(|error| error.to_string())?;
	let account = alice.public_key().0;
	let registered = chain
		.register(
			&alice,
			&digits.verifying_key,
			&digits.circuit.interface,
			Setup::Development,
			&digits.metadata(),
		)
		.await
		.map_err(|error| error.to_string())?;
	let model = registered.registered.ok_or("the chain reported no model")?;
	println!("registered    0x{}", hex::encode(model.0));
	println!("              in block {}, fee {}", registered.block, fee(registered.fee));

	heading("Images that nobody but the prover sees, labels that the chain has verified");
	let heldout = digits.example.heldout();
	let labels = heldout.labels.as_ref().ok_or("the example has labels")?;
	println!("image  label  proven  proving time  proof  block  fee");
	let (mut last, mut paid) = (None, 0);
	for (index, image) in heldout.iter().enumerate().take(IMAGES) {
		let (context, _) =
			chain.context(model, account).await.map_err(|error| error.to_string())?;
		let start = Instant::now();
		let assignment = digits.assign(image, &context);
		let proof = digits.prove_hinted(&assignment);
		let elapsed = start.elapsed();
		let expected = digits.example.graph.evaluate(&digits.example.graph.saturate_input(image));
		let signals = assignment.statement.signals().len() as u32;
		let included = chain
			.submit(&alice, signals, model, &assignment.inference, &proof)
			.await
			.map_err(|error| format!("image {index}: {error}"))?;
		let proven = proven_label(&included)?;
		if proven != zkml_circuits::argmax_value(&expected) {
			return Err(format!("image {index}: the chain verified {proven}"));
		}
		println!(
			"{index:5}  {:5}  {proven:6}  {:>12}  {PROOF_LEN} B  {:5}  {}{}",
			labels[index],
			time(elapsed),
			included.block,
			fee(included.fee),
			if labels[index] == proven as i64 { "" } else { "   (the model errs)" },
		);
		last = Some((assignment.inference, proof, context));
		paid = included.fee;
	}

	heading("Several in one transaction");
	let images: Vec<&[f32]> = heldout.iter().skip(IMAGES).take(BATCH).collect();
	together(&chain, &digits, model, &images, paid).await?;

	heading("What the chain refuses");
	let image = heldout.iter().nth(IMAGES + BATCH).ok_or("there are more images")?;
	let replayed = last.ok_or("an image was proven")?;
	refusals(&chain, &digits, model, image, replayed).await
}

/// The label that the chain verified.
fn proven_label(included: &Included) -> Result<usize> {
	match included.verified.as_slice() {
		[Output::Logits(logits)] => {
			let logits: Vec<i64> = logits.iter().map(|&value| value.into()).collect();
			Ok(zkml_circuits::argmax_value(&logits))
		},
		other => Err(format!("expected one event with logits, got {other:?}")),
	}
}

fn prepare() -> Result<Ready> {
	heading("A float model becomes integers, and those a circuit");
	let start = Instant::now();
	let digits = Ready::new("digits", Options::default());
	let prepared = start.elapsed();
	let heldout = digits.example.heldout();
	let accuracy = quantize::compare(&digits.example.float, &digits.example.graph, &heldout)
		.map_err(|error| error.to_string())?;
	let percent = |share: f64| format!("{:.2} %", share * 100.0);
	println!(
		"model         digits, 64-32-10, UCI handwritten digits ({} held out)",
		accuracy.samples
	);
	println!("accuracy      float {}", percent(accuracy.float.unwrap_or_default()));
	println!("              quantised {}", percent(accuracy.quantized.unwrap_or_default()));
	println!("labels alike  {}", percent(accuracy.agreement));
	println!(
		"circuit       {} constraints, {} wires, {} public signals",
		digits.circuit.r1cs.constraints(),
		digits.circuit.r1cs.wires,
		digits.circuit.r1cs.signals()
	);
	let manifest = Manifest {
		format: FORMAT,
		tool: zkml_cli::files::TOOL.into(),
		setup: SetupKind::Development,
		circuit_sha256: String::new(),
		model_sha256: String::new(),
		interface: digits.circuit.interface,
	};
	let mut key = Vec::new();
	zkey::write(&digits.key, &manifest, &mut key).map_err(|error| error.to_string())?;
	println!("proving key   {} (one party: for development only)", bytes(key.len() as u64));
	let verifying = 64 + 3 * 128 + 64 * digits.verifying_key.ic.len();
	println!("verifying key {}", bytes(verifying as u64));
	println!("prepared in   {}", time(prepared));

	// The same check that the chain makes, on this machine's processor.
	let image = heldout.iter().next().ok_or("there are images")?;
	let assignment = digits.assign(image, &Context([0; 32]));
	let proof = digits.prove(&assignment);
	let check = || {
		let start = Instant::now();
		let result = verify(&digits.verifying_key, assignment.statement.signals(), &proof);
		result.map(|()| start.elapsed()).map_err(|error| error.to_string())
	};
	let times = (0..5).map(|_| check()).collect::<Result<Vec<Duration>>>()?;
	let best = times.iter().min().copied().unwrap_or_default();
	println!("verifying     {} natively, key preparation included", time(best));
	Ok(digits)
}

/// Submits several proofs as a batch; `alone` is what one costs by itself.
async fn together(
	chain: &Chain,
	digits: &Ready,
	model: ModelId,
	images: &[&[f32]],
	alone: u128,
) -> Result<()> {
	let text = |error: ChainError| error.to_string();
	let alice = signer("//Alice").map_err(text)?;
	let account = alice.public_key().0;
	let next = chain.next(model, account).await.map_err(text)?;
	let (mut submissions, mut signals) = (Vec::new(), 0);
	for (ahead, image) in (0..).zip(images) {
		let assignment = digits.assign(image, &next.later(ahead).context());
		signals += assignment.statement.signals().len() as u32;
		let proof = digits.prove(&assignment);
		let inference = assignment.inference;
		submissions.push(Submission { model, anchor: None, inference, proof });
	}
	// What the chain says before anything is paid, of one that is forged and of the honest ones.
	let mut forged = submissions.clone();
	forged[2].proof = submissions[1].proof;
	let state = chain.state().await.map_err(text)?;
	match state.dry_run(account, signals, &forged).await.map_err(text)? {
		Err(Refusal { culprits, .. }) if culprits.iter().all(|(position, _)| *position == 2) => {
			println!("one proof forged          found by a dry run, at no cost");
		},
		other => return Err(format!("a forged batch: {other:?}")),
	}
	let included = chain.submit_all(&alice, signals, &submissions, None).await.map_err(text)?;
	let count = included.verified.len();
	let claimed = submissions.iter().map(|submission| &submission.inference.output);
	if !included.verified.iter().eq(claimed) {
		return Err(format!("the chain verified {count} outputs, and not those proven"));
	}
	let each = included.fee / count.max(1) as u128;
	if each >= alone {
		return Err(format!("{} each, and {} alone", fee(each), fee(alone)));
	}
	println!(
		"{count} proofs in block {:<4}    {} in all, {} each in place of {}",
		included.block,
		fee(included.fee),
		fee(each),
		fee(alone)
	);
	Ok(())
}

/// Submits what must be refused, and checks that each refusal names the right cause.
async fn refusals(
	chain: &Chain,
	digits: &Ready,
	model: ModelId,
	image: &[f32],
	replayed: (Inference, HintedProof, Context),
) -> Result<()> {
	let alice = signer("//Alice").map_err(|error| error.to_string())?;
	let bob = signer("//Bob").map_err(|error| error.to_string())?;
	let account = alice.public_key().0;
	let (context, nonce) =
		chain.context(model, account).await.map_err(|error| error.to_string())?;
	let assignment = digits.assign(image, &context);
	let proof = digits.prove_hinted(&assignment);
	let signals = assignment.statement.signals().len() as u32;

	let mut flipped = proof;
	flipped.proof.0[0] ^= 1;
	let Output::Logits(mut logits) = assignment.inference.output.clone() else {
		return Err("the circuit shows logits".into());
	};
	logits[0] += 1;
	let other = Inference { output: Output::Logits(logits), input: ClaimedInput::Hidden };

	let honest = &assignment.inference;
	let invalid = "Zkml::InvalidProof";
	for (what, signer, inference, proof, expected) in [
		("a flipped bit in the proof", &alice, honest, &flipped, "Zkml::MalformedProof"),
		("another output", &alice, &other, &proof, invalid),
		("another account", &bob, honest, &proof, invalid),
		("a proof already used", &alice, &replayed.0, &replayed.1, invalid),
	] {
		match chain.submit(signer, signals, model, inference, proof).await {
			Err(ChainError::Failed(error)) if error == expected => {
				println!("{what:28} {error}");
			},
			other => return Err(format!("{what}: expected {expected}, got {other:?}")),
		}
	}
	let unchanged = chain.nonce(model, account).await.map_err(|error| error.to_string())?;
	if unchanged != nonce {
		return Err(format!("refusals moved the nonce from {nonce} to {unchanged}"));
	}
	let accepted = chain.submit(&alice, signals, model, honest, &proof).await;
	let accepted = accepted.map_err(|error| format!("the honest proof: {error}"))?;
	println!("{:28} accepted in block {}", "the honest proof, after all", accepted.block);
	Ok(())
}
