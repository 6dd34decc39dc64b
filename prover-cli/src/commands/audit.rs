//! `zkml audit`

use super::{
	block_on, choices, circuit_hash,
	compile::signal_names,
	model::{describe_setup, state_of, Standing},
	read_model, Named, Shape,
};
use crate::{
	chain::ModelInfo,
	error::CliError,
	files::{self, KeysFolder},
	opening::Opening,
	ui::Ui,
};
use clap::Args;
use codec::Encode;
use rand::{rngs::OsRng, Rng};
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;
use zkml_circuits::{
	assign_with, compile, lower, lower_committed,
	membership::{self, Path, Tree},
	onnx::Model,
	without_weights, Bounds, Circuit, CommitmentKind, Extras, Graph, Identity, InputChoice, Member,
	ModelError, Options, OutputChoice, Salt, WeightsChoice, WEIGHT_BITS,
};
use zkml_primitives::{
	Commitment, Context, InputVisibility, Interface, ModelId, OutputKind, VerifyingKey,
	WeightsVisibility,
};
use zkml_prover::{audit, prove, verify, zkey, KeyAudit, Manifest, Outcome, ProvingKey, SetupKind};

/// Check that keys, and a registered model, are those of an ONNX file.
///
/// The circuit is compiled again from the file, and the keys are compared with it: hashes,
/// interface, coefficients, and by random linear combinations every point of the proving key. What
/// no check can show is said, too: that the makers of the keys forgot their secrets.
///
/// Exit code 0 if every check holds, 1 if one does not, 5 if the chain cannot be asked.
#[derive(Debug, Args)]
pub struct Audit {
	/// The quantised model.
	model: PathBuf,
	/// The keys' folder.
	#[arg(long, default_value = "target/zkml/keys")]
	keys: PathBuf,
	/// Who sees the input [default: as the keys say].
	#[arg(long, value_enum, value_name = "WHO")]
	input_visibility: Option<choices::Input>,
	/// Levels of the tree of members [default: as the keys say].
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=choices::DEEPEST))]
	depth: Option<u8>,
	/// What is shown of the result [default: as the keys say].
	#[arg(long, value_name = "WHAT", allow_hyphen_values = true)]
	reveal: Option<choices::Reveal>,
	/// Bits of a weight, where the weights are committed.
	#[arg(long, value_name = "BITS", default_value_t = WEIGHT_BITS, value_parser = clap::value_parser!(u32).range(2..=8))]
	weight_bits: u32,
	/// The opening of the weights' commitment, where they are committed.
	#[arg(long, value_name = "FILE")]
	weights_opening: Option<PathBuf>,
	/// Do not ask whether the commitment is to this model's weights: for those who have no opening,
	/// and perhaps only the model without weights.
	#[arg(long, conflicts_with = "weights_opening")]
	without_opening: bool,
	/// Shape of the input where the model leaves it open, such as 1,3,32,32.
	#[arg(long, value_name = "SHAPE")]
	input_shape: Option<Shape>,
	/// A chain on which the model is registered: its registration is checked, too.
	#[arg(long)]
	url: Option<String>,
	/// The registered model: its id, or the folder of its keys [default: as `zkml register` noted
	/// beside the keys].
	#[arg(long = "model", value_name = "MODEL", requires = "url")]
	id: Option<String>,
}

/// One line of the report.
#[derive(Serialize)]
struct Check {
	/// What is checked.
	name: &'static str,
	/// What it shows when it holds.
	shows: &'static str,
	/// `holds`, `differs` or `not_run`.
	outcome: &'static str,
	/// What the model, or the keys, ask for, where that differs.
	#[serde(skip_serializing_if = "Option::is_none")]
	expected: Option<String>,
	/// What was found, where that differs.
	#[serde(skip_serializing_if = "Option::is_none")]
	found: Option<String>,
}

impl Check {
	fn new(name: &'static str, shows: &'static str, outcome: Outcome) -> Self {
		let (outcome, expected, found) = match outcome {
			Outcome::Holds => ("holds", None, None),
			Outcome::Differs { expected, found } => ("differs", Some(expected), Some(found)),
			Outcome::NotRun => ("not_run", None, None),
		};
		Self { name, shows, outcome, expected, found }
	}

	/// A check that two texts are the same.
	fn same(name: &'static str, shows: &'static str, expected: String, found: String) -> Self {
		let outcome = match expected == found {
			true => Outcome::Holds,
			false => Outcome::Differs { expected, found },
		};
		Self::new(name, shows, outcome)
	}
}

/// What stays trust, whatever the checks say.
fn trust(setup: SetupKind, rebuilt: &Rebuilt) -> Vec<&'static str> {
	let maker = match setup {
		SetupKind::Development => {
			"one party made these keys, and can forge proofs if it kept the setup's secret: no check of \
			 keys can show that it did not"
		},
		SetupKind::Ceremony { .. } => {
			"that several parties made these keys is what the keys say: their transcript shows it, which \
			 `zkml setup verify` checks with the circuit, the powers of tau and the key"
		},
	};
	let powers =
		"that the points stem from powers of one secret number is the maker's word, too: a \
	              proving key holds none to compare with";
	let mut trust = vec![maker, powers];
	if let (WeightsChoice::Committed { .. }, None) = (rebuilt.options.weights, &rebuilt.opening) {
		trust.push(
			"that the interface's commitment is to this model's weights: only its opening shows that, \
			 which the owner keeps (--weights-opening, or --without-opening to do without)",
		);
	}
	trust
}

impl Audit {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		let (model, bytes) = read_model(&self.model, Shape::sizes(&self.input_shape))?;
		let keys = KeysFolder::open(&self.keys)?;
		let named = self.named()?;
		let path = keys.proving_key();
		let damaged = |error: zkey::ZkeyError| CliError::Content {
			path: path.clone(),
			what: error.to_string(),
			help: "this is no proving key that could be audited: get or make the keys again".into(),
		};
		let file = files::map(&path)?;
		let manifest = zkey::read_manifest(&file).map_err(damaged)?;
		let (key, _) = ui.step("loading the key", || zkey::load(&file));
		let key = key.map_err(damaged)?;
		drop(file);
		let interface = keys.manifest.interface;
		let opening = self.opening(&interface)?;
		let (built, _) = ui.step("compiling", || {
			let (graph, options) = self.prepared(&interface, &model)?;
			let circuit = compile(&graph, &options)?;
			Ok::<_, CliError>((graph, options, circuit))
		});
		let (graph, options, circuit) = built?;
		let rebuilt = Rebuilt {
			model_sha256: match interface.weights {
				WeightsVisibility::Public => files::sha256(&bytes),
				WeightsVisibility::Committed(_) => files::sha256(&without_weights(&bytes)?),
			},
			circuit_sha256: circuit_hash(&circuit.r1cs),
			graph,
			circuit,
			options,
			opening,
		};
		let mut checks = rebuilt.files(&keys, manifest.as_ref(), &key);
		let (points, _) = ui.step("checking the proving key", || rebuilt.points(&key));
		checks.extend(points);
		let (sample, _) = ui.step("proving", || rebuilt.sample(&key, &keys.verifying_key));
		checks.push(sample);
		checks.extend(rebuilt.weights(self.without_opening)?);
		let mut registered = None;
		if let (Some(url), Some(named)) = (&self.url, named) {
			let (answer, _) = ui.step("asking the chain", || {
				block_on(async {
					let state = named.connect(url).await?.state().await?;
					let info = state.registered(named.id).await?;
					let standing = state_of(&state, &info).await?;
					Ok((info, standing))
				})
			});
			let (info, standing) = answer?;
			checks.extend(rebuilt.registration(&keys, named.id, &info));
			registered = Some((named.id, standing));
		}
		self.report(
			ui,
			&rebuilt,
			&checks,
			&trust(keys.manifest.setup, &rebuilt),
			registered.as_ref(),
		)
	}

	/// The opening of the weights' commitment, where it is named.
	fn opening(&self, interface: &Interface) -> Result<Option<Opening>, CliError> {
		match (&self.weights_opening, interface.weights) {
			(None, _) => Ok(None),
			(Some(path), WeightsVisibility::Committed(_)) => {
				Opening::read(path, CommitmentKind::Weights).map(Some)
			},
			(Some(_), WeightsVisibility::Public) => Err(CliError::Other(
				"--weights-opening is for keys of a circuit with committed weights".into(),
			)),
		}
	}

	/// The graph and how it was compiled: as typed, else as the keys' interface says.
	fn prepared(&self, interface: &Interface, model: &Model) -> Result<(Graph, Options), CliError> {
		let (graph, weights) = match interface.weights {
			WeightsVisibility::Public => (lower(model)?, WeightsChoice::Public),
			WeightsVisibility::Committed(commitment) => {
				let bits = self.weight_bits;
				let weights = WeightsChoice::Committed { bits, commitment };
				(lower_committed(model, bits)?, weights)
			},
		};
		let (said, depth) = match interface.input {
			InputVisibility::Private => (choices::Input::Private, None),
			InputVisibility::Public(_) => (choices::Input::Public, None),
			InputVisibility::Committed { .. } => (choices::Input::Committed, None),
			InputVisibility::Member { depth, .. } => (choices::Input::Member, Some(depth)),
		};
		let input = self.input_visibility.unwrap_or(said);
		let depth = self.depth.or(depth.filter(|_| input == said));
		let input = input.choice(depth)?;
		let output = match (self.reveal, interface.output) {
			(Some(typed), _) => typed.choice(&graph)?,
			(None, OutputKind::Logits(_)) => OutputChoice::Logits,
			(None, OutputKind::Argmax { .. }) => OutputChoice::Argmax,
			(None, OutputKind::TopK { k, .. }) => OutputChoice::TopK { k },
			(None, OutputKind::Threshold { tau, .. }) => OutputChoice::Threshold { tau },
			(None, OutputKind::MaskedArgmax { .. }) => OutputChoice::MaskedArgmax,
			(None, OutputKind::Raw { .. }) => return Err(CliError::Other(
				"the keys are of a circuit from elsewhere, which stems from no ONNX file: check \
					 them with `zkml setup verify` and its .r1cs file"
					.into(),
			)),
		};
		Ok((graph, Options { input, weights, output }))
	}

	/// The model to look up, where a chain was named.
	fn named(&self) -> Result<Option<Named>, CliError> {
		if self.url.is_none() {
			return Ok(None);
		}
		let named = match &self.id {
			Some(text) => Some(Named::new(text)?),
			None => Named::beside(&self.keys)?,
		};
		let which = || CliError::Other("which registered model? name it with --model".into());
		named.ok_or_else(which).map(Some)
	}

	fn report(
		&self,
		ui: &Ui,
		rebuilt: &Rebuilt,
		checks: &[Check],
		trust: &[&str],
		registered: Option<&(ModelId, Standing)>,
	) -> Result<(), CliError> {
		let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
		for Check { name, shows, outcome, expected, found } in checks {
			let mark = match *outcome {
				"holds" => "ok",
				"differs" => "DIFFERS",
				_ => "not run",
			};
			ui.line(format!("{mark:7}  {name:width$}  {shows}"));
			if let (Some(expected), Some(found)) = (expected, found) {
				let indent = 7 + 2 + width + 2;
				ui.line(format!("{:indent$}expected: {expected}", ""));
				ui.line(format!("{:indent$}found:    {found}", ""));
			}
		}
		for line in registered.iter().flat_map(|(_, standing)| standing.lines()) {
			ui.line(format!("status   {line}"));
		}
		trust.iter().for_each(|text| ui.line(format!("trust    {text}")));
		let names = |outcome: &str| {
			let checks = checks.iter().filter(|check| check.outcome == outcome);
			checks.map(|check| check.name).collect::<Vec<_>>()
		};
		let (failed, skipped) = (names("differs"), names("not_run"));
		let error = (failed.len() + skipped.len() > 0)
			.then(|| CliError::Audit { failed: failed.join(", "), skipped: skipped.len() });
		ui.json(
			"audit",
			json!({
				"passed": error.is_none(),
				"model": self.model,
				"model_sha256": rebuilt.model_sha256,
				"circuit_sha256": rebuilt.circuit_sha256,
				"keys": self.keys,
				"registered": registered.map(|(id, _)| hex::encode(id.0)),
				"status": registered.map(|(_, standing)| standing.json()),
				"checks": checks,
				"trust": trust,
				"exit_code": error.as_ref().map_or(0, CliError::exit_code),
			}),
		);
		match error {
			Some(error) => Err(error),
			None => {
				ui.line(format!("all {} checks hold", checks.len()));
				Ok(())
			},
		}
	}
}

/// What the ONNX file gives.
struct Rebuilt {
	model_sha256: String,
	circuit_sha256: String,
	graph: Graph,
	circuit: Circuit,
	options: Options,
	opening: Option<Opening>,
}

/// An interface in one line, to be compared.
fn show_interface(interface: &Interface) -> String {
	serde_json::to_string(interface).unwrap_or_default()
}

/// SHA-256 of a verifying key in SCALE.
fn key_hash(key: &VerifyingKey) -> String {
	files::sha256(&key.encode())
}

impl Rebuilt {
	/// Hashes and descriptions, in both files of the keys.
	fn files(&self, keys: &KeysFolder, proving: Option<&Manifest>, key: &ProvingKey) -> Vec<Check> {
		let manifest = &keys.manifest;
		let show = |manifest: Option<&Manifest>| match manifest {
			Some(manifest) => serde_json::to_string(manifest).unwrap_or_default(),
			None => "no manifest".into(),
		};
		let found = key.verifying_key().map_or("a point at infinity".into(), |key| key_hash(&key));
		vec![
			Check::same(
				"model",
				"the keys were made for this ONNX file, by its SHA-256",
				self.model_sha256.clone(),
				manifest.model_sha256.clone(),
			),
			Check::same(
				"circuit",
				"they were made for the circuit that this model gives, by its SHA-256",
				self.circuit_sha256.clone(),
				manifest.circuit_sha256.clone(),
			),
			Check::same(
				"interface",
				"the public signals mean what the model says, commitments to weights apart",
				show_interface(&self.circuit.interface),
				show_interface(&manifest.interface),
			),
			Check::same(
				"manifests",
				"proving key and verifying key say the same of themselves",
				show(Some(manifest)),
				show(proving),
			),
			Check::same(
				"verifying key",
				"verification_key.json is that of the proving key",
				key_hash(&keys.verifying_key),
				found,
			),
		]
	}

	/// The proving key against the constraints.
	fn points(&self, key: &ProvingKey) -> Vec<Check> {
		let outcomes = audit(&self.circuit.r1cs, key, &mut OsRng);
		let check = |(check, outcome): (KeyAudit, Outcome)| {
			let (name, shows) = match check {
				KeyAudit::Counts => {
					("counts", "the proving key has the circuit's wires, signals and domain")
				},
				KeyAudit::Coefficients => {
					("coefficients", "it holds the circuit's matrices A and B, entry by entry")
				},
				KeyAudit::Infinity => {
					("infinity", "its points are at infinity just where a wire does not occur")
				},
				KeyAudit::Subgroup => ("order", "its points have the groups' order"),
				KeyAudit::Twins => {
					("groups", "β, δ and every point of B are the same in both groups")
				},
				KeyAudit::Relations => (
					"relations",
					"every point of A, B, L and IC is made of the circuit's columns A, B and C, \
					 weights included",
				),
				KeyAudit::Quotient => ("quotient", "the points of H go with those of B"),
			};
			Check::new(name, shows, outcome)
		};
		outcomes.into_iter().map(check).collect()
	}

	/// Whether the interface's commitment is to the model's weights.
	fn weights(&self, without_opening: bool) -> Result<Option<Check>, CliError> {
		let shows = "the interface's commitment is to these weights, by its opening";
		match (self.options.weights, &self.opening) {
			(WeightsChoice::Public, _) => Ok(None),
			(_, None) if without_opening => Ok(None),
			// Fails the audit, and the line of trust says what to do.
			(_, None) => Ok(Some(Check::new("weights", shows, Outcome::NotRun))),
			(WeightsChoice::Committed { commitment, .. }, Some(opening)) => {
				let opened = self.graph.weights_commitment(opening.known_salt())?;
				let [opened, commitment] = [opened, commitment].map(|c| hex::encode(c.0));
				Ok(Some(Check::same("weights", shows, opened, commitment)))
			},
		}
	}

	/// A proof of what the model answers to a random input.
	fn sample(&self, key: &ProvingKey, verifying: &VerifyingKey) -> Check {
		const SHOWS: &str = "the keys prove and verify the model's answer to a random input";
		let random = |&Bounds { lo, hi }: &Bounds| OsRng.gen_range(lo..=hi);
		let input: Vec<i64> = self.graph.bounds[0].iter().map(random).collect();
		let mut context = [0; 32];
		OsRng.fill(&mut context[..31]);
		// No constraint depends on the commitments, so any salts do.
		let salt = Salt::random(&mut OsRng);
		let mask = vec![true; self.graph.output.bounds.len()];
		let identities = [(); 2].map(|()| Identity::random(&mut OsRng));
		// Whatever the threshold is, the least score there can be reaches the least one.
		let mut options = self.options;
		if let OutputChoice::Threshold { tau } = &mut options.output {
			let least = self.graph.score_bounds().map(|bounds| bounds.lo as i32);
			*tau = least.unwrap_or(*tau);
		}
		let mut run = || -> Result<(), String> {
			if let WeightsChoice::Committed { commitment, .. } = &mut options.weights {
				*commitment =
					self.graph.weights_commitment(salt).map_err(|error| error.to_string())?;
			}
			let context = Context(context);
			let path =
				self.alone(&input, salt, &identities[0]).map_err(|error| error.to_string())?;
			let member = path.as_ref().map(|(path, root)| Member {
				identity: &identities[0],
				path,
				root: *root,
				// Any field element.
				topic: identities[1].commitment(),
				choice: OsRng.gen(),
			});
			let extras = Extras {
				input_salt: Some(salt),
				weights_salt: Some(salt),
				member,
				mask: Some(&mask),
			};
			let assignment = assign_with(&self.graph, &options, &input, &context, &extras)
				.map_err(|error| error.to_string())?;
			let proof = prove(key, &assignment.witness, &mut OsRng).map_err(|e| e.to_string())?;
			let signals = assignment.statement.signals();
			verify(verifying, signals, &proof).map_err(|error| error.to_string())
		};
		let outcome = match run() {
			Ok(()) => Outcome::Holds,
			Err(found) => Outcome::Differs { expected: "a proof that verifies".into(), found },
		};
		Check::new("proof", SHOWS, outcome)
	}

	/// Where the input is a member's: the path of somebody who is alone in a tree, and its root.
	fn alone(
		&self,
		input: &[i64],
		salt: Salt,
		identity: &Identity,
	) -> Result<Option<(Path, Commitment)>, ModelError> {
		let InputChoice::Member { depth } = self.options.input else { return Ok(None) };
		let profile = self.graph.input_commitment(input, salt)?;
		let path = membership::leaf(identity.commitment(), profile)
			.and_then(|leaf| Tree::from_leaves(depth, [leaf]))
			.and_then(|tree| Ok((tree.path(0)?, tree.root())));
		path.map(Some).map_err(ModelError::Membership)
	}

	/// What a chain has registered.
	fn registration(&self, keys: &KeysFolder, id: ModelId, info: &ModelInfo) -> Vec<Check> {
		let ModelInfo { model: found, registration, .. } = info;
		let derived = ModelId::derive(
			&registration.registrant,
			found.scheme,
			found.semantics,
			&found.key,
			&found.interface,
		);
		vec![
			Check::same(
				"registered id",
				"the id is that of what is registered",
				hex::encode(derived.0),
				hex::encode(id.0),
			),
			Check::same(
				"registered key",
				"the chain verifies with this verifying key, by SHA-256 of its bytes",
				key_hash(&keys.verifying_key),
				key_hash(&found.key),
			),
			Check::same(
				"registered interface",
				"the chain reads the public signals as the model says",
				format!(
					"{} signals, {}",
					signal_names(&self.circuit.interface).len(),
					show_interface(&self.circuit.interface)
				),
				format!("{} signals, {}", found.signals, show_interface(&found.interface)),
			),
			Check::same(
				"registered model",
				"the registration names this ONNX file, by its SHA-256",
				self.model_sha256.clone(),
				hex::encode(registration.metadata.onnx_sha256),
			),
			Check::same(
				"registered setup",
				"the registration says who made the keys, as the keys do",
				describe_setup(&keys.manifest.setup.into()),
				describe_setup(&found.setup),
			),
		]
	}
}
