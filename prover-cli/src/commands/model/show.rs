//! `zkml model show`

use super::super::{block_on, fee, unit, Named, NodeArgs};
use crate::{
	chain::{
		address, BlockNumber, ChainError, Lifecycle, ModelInfo, Policy, State, Status, Tombstone,
	},
	error::CliError,
	files,
	ui::Ui,
};
use clap::Args;
use codec::Encode;
use serde_json::{json, Value};
use zkml_primitives::{
	InputVisibility, Interface, ModelId, OutputKind, Setup, Tensor, Terms, WeightsVisibility,
};

/// Show all that a chain knows of a model.
///
/// Name, setup and interface are the word of whoever registered it: `zkml audit` checks them
/// against the model's file.
#[derive(Debug, Args)]
pub struct Show {
	/// The model: its id, or the folder of its keys.
	#[arg(value_name = "MODEL", default_value = "target/zkml/keys")]
	model: String,
	#[command(flatten)]
	node: NodeArgs,
}

/// Whether a model's inferences are accepted, and why not.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
	height: BlockNumber,
	status: Status,
	info: ModelInfo,
	policy: Policy,
}

/// Asks whether a model's inferences are accepted.
pub(crate) async fn state_of(state: &State, info: &ModelInfo) -> Result<Standing, ChainError> {
	let policy = state.policy().await?;
	Ok(Standing { height: state.height(), status: info.status, info: info.clone(), policy })
}

impl Standing {
	fn is_development_key_refused(&self) -> bool {
		self.info.model.setup == Setup::Development && !self.policy.allow_development_keys
	}

	/// Whether inferences are accepted.
	pub(crate) fn accepts(&self) -> bool {
		let open = matches!(self.status, Status::Active | Status::Deprecated { .. });
		open && !self.policy.paused && !self.is_development_key_refused()
	}

	/// In words, most important first.
	pub(crate) fn lines(&self) -> Vec<String> {
		let end = match self.info.model.lifecycle {
			Lifecycle::Until(until) => Some(until),
			Lifecycle::Unlimited => None,
		};
		let mut lines = vec![match self.status {
			Status::Active => "active: inferences are accepted".into(),
			Status::Deprecated { until } => format!(
				"deprecated: inferences are accepted up to block {until}, {} from now",
				until.saturating_sub(self.height)
			),
			Status::Suspended => {
				let suspension = self.info.model.suspension;
				let by = match (suspension.by_owner, suspension.by_admin) {
					(true, true) => "its owner and the chain's administrators",
					(false, true) => "the chain's administrators",
					_ => "its owner",
				};
				let end = end.map(|end| format!(", and its end is block {end}"));
				let end = end.unwrap_or_default();
				format!("SUSPENDED by {by}: no inference is accepted, no receipt counts{end}")
			},
			Status::Retired => {
				let end = end.map(|end| format!(" after block {end}")).unwrap_or_default();
				format!("retired{end}: no inference is accepted any more")
			},
		}];
		if self.policy.paused {
			lines.push("PAUSED: the chain verifies no inference of any model at present".into());
		}
		if self.is_development_key_refused() {
			lines.push("REFUSED: the chain does not accept development keys".into());
		}
		if let Some(successor) = self.info.registration.superseded_by {
			lines.push(format!("superseded by 0x{}", hex::encode(successor.0)));
		}
		lines
	}

	/// For programs.
	pub(crate) fn json(&self) -> Value {
		let until = match self.info.model.lifecycle {
			Lifecycle::Until(until) => Some(until),
			Lifecycle::Unlimited => None,
		};
		json!({
			"name": self.status.name(),
			"accepts": self.accepts(),
			"until": until,
			"suspension": self.info.model.suspension,
			"paused": self.policy.paused,
			"development_keys_allowed": self.policy.allow_development_keys,
			"superseded_by": self.info.registration.superseded_by.map(|id| hex::encode(id.0)),
		})
	}
}

/// Who made a key, in words.
pub(crate) fn describe_setup(setup: &Setup) -> String {
	match setup {
		Setup::Development => "one party, for development".into(),
		Setup::Ceremony { transcript, contributions } => {
			format!("a ceremony of {contributions} with transcript {}", hex::encode(transcript))
		},
	}
}

/// Terms in words.
pub(super) fn describe_terms(terms: &Terms) -> Vec<String> {
	vec![
		match terms.max_age {
			Some(age) => format!("proofs are made for a block at most {age} blocks old"),
			None => "proofs are good until their nonce is used".into(),
		},
		match terms.receipt_lifetime {
			Some(life) => format!("receipts count for {life} blocks"),
			None => "no receipts are kept".into(),
		},
	]
}

fn tensor(tensor: &Tensor) -> String {
	let packing = &tensor.packing;
	format!("{} values of {} bits", packing.count, packing.width)
}

fn describe_interface(interface: &Interface, signals: u32) -> Vec<String> {
	let input = match &interface.input {
		InputVisibility::Private => "private".into(),
		InputVisibility::Public(values) => format!("public, {}", tensor(values)),
		InputVisibility::Committed { schema } => {
			format!("committed, of schema 0x{}", hex::encode(schema.0))
		},
		InputVisibility::Member { schema, depth } => {
			format!("of a member of a tree of depth {depth}, of schema 0x{}", hex::encode(schema.0))
		},
	};
	let output = match &interface.output {
		OutputKind::Logits(values) => format!("logits, {}", tensor(values)),
		OutputKind::Argmax { classes } => format!("the label, of {classes} classes"),
		OutputKind::TopK { classes, k } => format!("the {k} best of {classes} classes"),
		OutputKind::Threshold { score, tau } => {
			format!("that a threshold is reached, {}", f64::from(*tau) * unit(&score.scale))
		},
		OutputKind::MaskedArgmax { classes } => {
			format!("the label, of those of {classes} classes that a mask allows")
		},
		OutputKind::Raw { context: Some(context), .. } => {
			format!("raw signals, of which number {context} is the context")
		},
		OutputKind::Raw { context: None, .. } => {
			"raw signals without a context: whoever sees a proof can submit it".into()
		},
	};
	let mut lines = vec![format!("input {input}"), format!("output {output}")];
	if let WeightsVisibility::Committed(commitment) = &interface.weights {
		lines.push(format!("weights committed as 0x{}", hex::encode(commitment.0)));
	}
	lines.push(format!("{signals} public signals"));
	lines
}

/// About how many bytes a submission's transaction has.
fn submission_length(interface: &Interface) -> usize {
	let values = |count: u32, width: u8| count as usize * if width > 8 { 4 } else { 1 } + 3;
	let output = match &interface.output {
		OutputKind::Logits(tensor) => tensor.packing.count as usize * 4 + 3,
		OutputKind::TopK { k, .. } => *k as usize * 4 + 3,
		OutputKind::MaskedArgmax { classes } => 7 + *classes as usize / 8,
		OutputKind::Raw { signals, .. } => *signals as usize * 32 + 3,
		OutputKind::Argmax { .. } | OutputKind::Threshold { .. } => 5,
	};
	let input = match &interface.input {
		InputVisibility::Public(tensor) => values(tensor.packing.count, tensor.packing.width),
		InputVisibility::Committed { .. } => 32,
		InputVisibility::Member { .. } => 100,
		InputVisibility::Private => 0,
	};
	// The call's index and signals, model, anchor, proof.
	3 + 32 + 5 + 256 + output + input
}

/// What there is to show.
enum Found {
	/// The model, where it stands, its deposit, and what a submission costs.
	Registered(Box<Standing>, Option<u128>, Option<u128>),
	Deregistered(Tombstone),
}

impl Show {
	/// Runs the verb.
	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let named = Named::new(&self.model)?;
		let (found, _) = ui.step("asking the chain", || {
			block_on(async {
				let state = named.connect(&self.node.url).await?.state().await?;
				let info = match state.registered(named.id).await {
					Err(ChainError::ModelDeregistered { .. }) => {
						let tombstone = state.tombstone(named.id).await?;
						let missing = || ChainError::ModelNotFound(named.hex());
						return tombstone.map(Found::Deregistered).ok_or_else(missing);
					},
					other => other?,
				};
				let deposit = state.deposit(named.id).await?;
				let length = submission_length(&info.model.interface);
				let weight = state.submission_fee(named.id).await?;
				// Not every chain says what bytes cost.
				let bytes = state.length_fee(length).await.unwrap_or(0);
				let standing = state_of(&state, &info).await?;
				let fee = weight.map(|weight| weight.saturating_add(bytes));
				Ok(Found::Registered(Box::new(standing), deposit, fee))
			})
		});
		match found? {
			Found::Registered(standing, deposit, fee) => {
				show(ui, named.id, &standing, deposit, fee)
			},
			Found::Deregistered(tombstone) => show_tombstone(ui, named.id, &tombstone),
		}
		Ok(())
	}
}

fn row(ui: &Ui, name: &str, values: &[String]) {
	for (index, value) in values.iter().enumerate() {
		ui.line(format!("{:12}  {value}", if index == 0 { name } else { "" }));
	}
}

fn id(model: &ModelId) -> String {
	format!("0x{}", hex::encode(model.0))
}

fn show(
	ui: &Ui,
	model: ModelId,
	standing: &Standing,
	deposit: Option<u128>,
	submission: Option<u128>,
) {
	let ModelInfo { model: stored, registration, .. } = &standing.info;
	let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
	let metadata = &registration.metadata;
	let (name, uri) = (text(&metadata.name), text(&metadata.uri));
	row(ui, "model", &[id(&model)]);
	row(ui, "name", std::slice::from_ref(&name));
	row(ui, "status", &standing.lines());
	row(ui, "owner", &[address(&registration.owner)]);
	if registration.registrant != registration.owner {
		row(ui, "registrant", &[address(&registration.registrant)]);
	}
	row(ui, "offered to", &registration.heir.iter().map(address).collect::<Vec<_>>());
	let before = registration.supersedes.iter().map(|id| format!(", supersedes {}", self::id(id)));
	let version = format!("{}{}", registration.version, before.collect::<String>());
	row(ui, "version", &[version]);
	row(
		ui,
		"registered",
		&[format!("in block {}; it is block {}", registration.since, standing.height)],
	);
	let mut setup = vec![describe_setup(&stored.setup)];
	if stored.setup == Setup::Development {
		setup.push("DEVELOPMENT KEYS: whoever made them can forge proofs; trust no output".into());
	}
	row(ui, "setup", &setup);
	row(ui, "terms", &describe_terms(&stored.terms));
	row(ui, "interface", &describe_interface(&stored.interface, stored.signals));
	row(ui, "onnx sha256", &[hex::encode(metadata.onnx_sha256)]);
	if !uri.is_empty() {
		row(ui, "uri", std::slice::from_ref(&uri));
	}
	row(ui, "deposit", &deposit.map(fee).into_iter().collect::<Vec<_>>());
	let about = submission.map(|amount| format!("about {} a submission", fee(amount)));
	row(ui, "fee", &about.into_iter().collect::<Vec<_>>());
	ui.json(
		"model show",
		json!({
			"model": hex::encode(model.0),
			"registered": true,
			"block": standing.height,
			"status": standing.json(),
			"owner": hex::encode(registration.owner),
			"registrant": hex::encode(registration.registrant),
			"heir": registration.heir.map(hex::encode),
			"version": registration.version,
			"supersedes": registration.supersedes.map(|id| hex::encode(id.0)),
			"since": registration.since,
			"setup": match &stored.setup {
				Setup::Development => json!({ "kind": "development" }),
				Setup::Ceremony { transcript, contributions } => json!({
					"kind": "ceremony",
					"transcript": hex::encode(transcript),
					"contributions": contributions,
				}),
			},
			"terms": stored.terms,
			"interface": stored.interface,
			"signals": stored.signals,
			"verifying_key_sha256": files::sha256(&stored.key.encode()),
			"name": name,
			"uri": uri,
			"onnx_sha256": hex::encode(metadata.onnx_sha256),
			"deposit": deposit.map(|amount| amount.to_string()),
			"submission_fee": submission.map(|amount| amount.to_string()),
		}),
	);
	if let Some(successor) = registration.superseded_by {
		ui.next(format!("zkml model show {}", id(&successor)));
	}
}

fn show_tombstone(ui: &Ui, model: ModelId, tombstone: &Tombstone) {
	row(ui, "model", &[id(&model)]);
	row(ui, "status", &["retired: deregistered, and the id is not given again".into()]);
	row(ui, "deregistered", &[format!("in block {}", tombstone.at)]);
	let receipts = match tombstone.suspended {
		true => "do not count: it was suspended",
		false => "count as long as they say",
	};
	row(ui, "receipts", &[receipts.into()]);
	row(ui, "record", &[hex::encode(tombstone.record)]);
	ui.json(
		"model show",
		json!({
			"model": hex::encode(model.0),
			"registered": false,
			"status": { "name": Status::Retired.name(), "accepts": false },
			"tombstone": {
				"record": hex::encode(tombstone.record),
				"at": tombstone.at,
				"suspended": tombstone.suspended,
				"development_key": tombstone.development,
			},
		}),
	);
}
