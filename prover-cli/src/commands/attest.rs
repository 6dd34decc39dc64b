//! `zkml attest`

use super::{act, block_on, show_included, with_included, ChainArgs, NodeArgs};
use crate::{
	chain::{self, address, AccountId, Attestation, Chain, ChainError, Included},
	error::CliError,
	files::{self, FORMAT, TOOL},
	opening::Opening,
	ui::Ui,
};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use std::path::{Path, PathBuf};
use zkml_circuits::{CommitmentKind, InputSchema, Record};
use zkml_primitives::{Commitment, SchemaId};

/// Vouch for committed values, and claim what was vouched for.
#[derive(Debug, Subcommand)]
pub enum Attest {
	/// Attest values of an account: on the chain, or signed for the account to claim.
	Issue(Issue),
	/// Claim an attestation of one's own that its issuer signed.
	Claim(Claim),
	/// Take an attestation back, and all that was signed before.
	Revoke(Revoke),
	/// Forget an attestation that is over, or one's own, and return its deposit.
	Remove(Remove),
	/// Show what is attested of an account and counts.
	Show(Show),
	/// Say which values an account may attest, as the chain's sudo key.
	Issuer(IssuerCommand),
}

impl Attest {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		match self {
			Self::Issue(command) => command.run(ui),
			Self::Claim(command) => command.run(ui),
			Self::Revoke(command) => command.run(ui),
			Self::Remove(command) => command.run(ui),
			Self::Show(command) => command.run(ui),
			Self::Issuer(command) => command.run(ui),
		}
	}
}

/// A schema as typed: its id, a record's schema, or an opening of such values.
pub(super) fn schema(text: &str) -> Result<SchemaId, CliError> {
	if let Some(id) = files::hash_from_hex(text) {
		return Ok(SchemaId(id));
	}
	let path = Path::new(text);
	let content = files::read_text(path)?;
	let value: Option<Value> = serde_json::from_str(&content).ok();
	if value.is_some_and(|value| value.get("salt").is_some()) {
		return Ok(Opening::read(path, CommitmentKind::Input)?.schema);
	}
	let record = Record::read(&content).map_err(CliError::within(path, &[]))?;
	Ok(InputSchema::of_record(&record).id())
}

/// An attestation that was signed off-chain.
#[derive(Debug, Serialize, Deserialize)]
struct Signed {
	/// [`FORMAT`].
	format: u32,
	/// Tool and version.
	tool: String,
	/// Genesis hash of the chain, in hexadecimal.
	genesis: String,
	/// Addresses.
	issuer: String,
	subject: String,
	schema: SchemaId,
	commitment: Commitment,
	expires: Option<u32>,
	signed_at: u32,
	/// sr25519, in hexadecimal.
	signature: String,
}

impl Signed {
	/// Reads a file.
	fn read(path: &Path) -> Result<(Self, Attestation, [u8; 64]), CliError> {
		let damaged = |what: String| CliError::Content {
			path: path.into(),
			what,
			help: "ask the issuer for it again: `zkml attest issue --sign …`".into(),
		};
		let signed: Self = serde_json::from_str(&files::read_text(path)?)
			.map_err(|error| damaged(error.to_string()))?;
		files::check_format(path, signed.format, &signed.tool)?;
		let account =
			|text: &str| chain::account(text).map_err(|_| damaged(format!("{text} is no account")));
		let attestation = Attestation {
			issuer: account(&signed.issuer)?,
			subject: account(&signed.subject)?,
			schema: signed.schema,
			commitment: signed.commitment,
			expires: signed.expires,
			signed_at: signed.signed_at,
		};
		let mut signature = [0; 64];
		hex::decode_to_slice(&signed.signature, &mut signature)
			.map_err(|_| damaged("its signature is no 64 bytes in hexadecimal".into()))?;
		Ok((signed, attestation, signature))
	}
}

/// Attest values of an account: on the chain, or signed for the account to claim.
///
/// The values are committed to with a salt of their own, as circuits do; what opens the commitment is
/// for the account, and nobody else.
#[derive(Debug, Args)]
pub struct Issue {
	/// Of whom: an address, or 32 bytes in hexadecimal.
	#[arg(long, value_name = "ACCOUNT")]
	subject: String,
	/// The schema of a record.
	#[arg(long, value_name = "FILE", requires = "input", required_unless_present = "opening")]
	record: Option<PathBuf>,
	/// The record: {"FIELD": value, …}.
	#[arg(long, value_name = "FILE", requires = "record")]
	input: Option<PathBuf>,
	/// Where to write what opens the commitment, for the account [default:
	/// zkml-secrets/SUBJECT.json].
	#[arg(short, long, value_name = "FILE", requires = "record")]
	output: Option<PathBuf>,
	/// What opens a commitment that was made before, in place of a record.
	#[arg(long, value_name = "FILE", conflicts_with_all = ["record", "input", "output"])]
	opening: Option<PathBuf>,
	/// The last block in which it counts [default: no end].
	#[arg(long, value_name = "BLOCK")]
	expires: Option<u32>,
	/// For how many blocks from now it counts.
	#[arg(long = "for", value_name = "BLOCKS", conflicts_with = "expires")]
	blocks: Option<u32>,
	/// Sign it, and write it to a file with which the account claims it and pays, in place of a
	/// transaction.
	#[arg(long, value_name = "FILE")]
	sign: Option<PathBuf>,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Issue {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let signer = chain::signer(&self.chain.suri)?;
		let subject = chain::account(&self.subject)?;
		let (opening, new) = self.opened(&subject)?;
		let attestation = |height: u32| Attestation {
			issuer: signer.public_key().0,
			subject,
			schema: opening.schema,
			commitment: opening.commitment,
			expires: self.expires.or(self.blocks.map(|blocks| height.saturating_add(blocks))),
			signed_at: height,
		};
		let doing = if self.sign.is_some() { "asking the chain" } else { "waiting for the chain" };
		let (done, _) = ui.step(doing, || {
			block_on(async {
				let chain = Chain::connect(&self.chain.url).await?;
				let state = chain.state().await?;
				state.ensure_issuer(signer.public_key().0, opening.schema).await?;
				let attestation = attestation(state.height());
				if attestation.expires.is_some_and(|last| last <= state.height()) {
					return Err(ChainError::Needless("Attestation::Expired".into()));
				}
				// What opens it is on disk before anything stands on the chain.
				if let Some(Err(error)) = new.as_ref().map(|path| opening.write_new(path)) {
					return Ok(Err(error));
				}
				let sent = match &self.sign {
					Some(_) => None,
					None => Some(chain.attest(&signer, &attestation).await),
				};
				Ok(Ok((chain.genesis(), attestation, sent)))
			})
		});
		let (genesis, attestation, sent) = done??;
		if let Some(path) = &new {
			ui.line(format!(
				"wrote {}: hand it to {} in secret, and delete it",
				path.display(),
				address(&subject)
			));
		}
		let shown = shown(&attestation);
		let mut fields = json!({ "attestation": shown, "opening": new });
		if let Some(path) = &self.sign {
			let signed = Signed {
				format: FORMAT,
				tool: TOOL.into(),
				genesis: hex::encode(genesis),
				issuer: address(&attestation.issuer),
				subject: address(&subject),
				schema: attestation.schema,
				commitment: attestation.commitment,
				expires: attestation.expires,
				signed_at: attestation.signed_at,
				signature: hex::encode(signer.sign(&attestation.message(&genesis)).0),
			};
			files::write(path, &files::to_json(&signed))?;
			show(ui, &attestation);
			ui.line(format!("wrote {}", path.display()));
			fields["signed"] = json!(path);
			ui.json("attest issue", fields);
			ui.next(format!("zkml attest claim {}, by the account", path.display()));
		} else if let Some(included) = sent {
			let included = included?;
			show(ui, &attestation);
			show_included(ui, &included);
			ui.json("attest issue", with_included(&included, fields));
		}
		Ok(())
	}

	/// What opens the commitment, and where it is to be written, if it is new.
	fn opened(&self, subject: &AccountId) -> Result<(Opening, Option<PathBuf>), CliError> {
		if let Some(path) = &self.opening {
			let opening = Opening::read(path, CommitmentKind::Input)?;
			if opening.values().is_none() {
				return Err(CliError::Unopened(format!(
					"the values and the salt of {} do not give the commitment that it names",
					path.display()
				)));
			}
			return Ok((opening, None));
		}
		let (Some(record), Some(input)) = (&self.record, &self.input) else {
			return Err(CliError::Other("attest what? name --record and --input".into()));
		};
		let schema =
			Record::read(&files::read_text(record)?).map_err(CliError::within(record, &[]))?;
		let values = schema
			.read_integers(&files::read_text(input)?)
			.map_err(CliError::within(input, &[]))?;
		let opening = Opening::of_input(InputSchema::of_record(&schema), &values)?;
		let default = || PathBuf::from(format!("zkml-secrets/{}.json", address(subject)));
		Ok((opening, Some(self.output.clone().unwrap_or_else(default))))
	}
}

/// An attestation for programs.
fn shown(attestation: &Attestation) -> Value {
	let Attestation { issuer, subject, schema, commitment, expires, signed_at } = attestation;
	json!({
		"issuer": address(issuer),
		"subject": address(subject),
		"schema": schema,
		"commitment": commitment,
		"expires": expires,
		"signed_at": signed_at,
	})
}

/// An attestation for people.
fn show(ui: &Ui, attestation: &Attestation) {
	let Attestation { issuer, subject, schema, commitment, expires, .. } = attestation;
	ui.line(format!("issuer      {}", address(issuer)));
	ui.line(format!("subject     {}", address(subject)));
	ui.line(format!("schema      0x{}", hex::encode(schema.0)));
	ui.line(format!("commitment  0x{}", hex::encode(commitment.0)));
	ui.line(format!("counts      {}", until(*expires)));
}

/// Until when it counts.
fn until(expires: Option<u32>) -> String {
	match expires {
		Some(block) => format!("up to block {block}"),
		None => "until it is revoked".into(),
	}
}

/// Claim an attestation of one's own that its issuer signed.
#[derive(Debug, Args)]
pub struct Claim {
	/// What `zkml attest issue --sign` wrote.
	attestation: PathBuf,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Claim {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let (signed, attestation, signature) = Signed::read(&self.attestation)?;
		let signer = chain::signer(&self.chain.suri)?;
		let included = act(ui, &self.chain.url, |chain| async move {
			chain.ensure(&signed.genesis)?;
			if signer.public_key().0 != attestation.subject {
				return Err(ChainError::Needless("Attestation::NotSubject".into()));
			}
			let state = chain.state().await?;
			state.ensure_issuer(attestation.issuer, attestation.schema).await?;
			let included = chain.claim(&signer, &attestation, signature).await?;
			Ok((included, attestation))
		});
		let (included, attestation) = included?;
		show(ui, &attestation);
		show_included(ui, &included);
		let fields = json!({ "attestation": shown(&attestation) });
		ui.json("attest claim", with_included(&included, fields));
		Ok(())
	}
}

/// Whose, and of which values.
#[derive(Debug, Args)]
struct Place {
	/// Of whom: an address, or 32 bytes in hexadecimal.
	#[arg(long, value_name = "ACCOUNT")]
	subject: String,
	/// Of which values: a record's schema, an opening, or the schema's id.
	#[arg(long, value_name = "FILE|ID")]
	schema: String,
}

impl Place {
	fn read(&self) -> Result<(AccountId, SchemaId), CliError> {
		Ok((chain::account(&self.subject)?, schema(&self.schema)?))
	}

	/// Says what was done.
	fn report(&self, ui: &Ui, verb: &str, done: &str, included: &Included) -> Result<(), CliError> {
		let (subject, schema) = self.read()?;
		ui.line(format!(
			"{done} what was attested of {} as 0x{}",
			address(&subject),
			hex::encode(schema.0)
		));
		show_included(ui, included);
		let fields = json!({ "subject": address(&subject), "schema": schema });
		ui.json(verb, with_included(included, fields));
		Ok(())
	}
}

/// Take an attestation back, and all that was signed before.
///
/// Also before it was claimed: then a deposit is put down, so that the chain remembers it.
#[derive(Debug, Args)]
pub struct Revoke {
	#[command(flatten)]
	place: Place,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Revoke {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let (subject, schema) = self.place.read()?;
		let signer = chain::signer(&self.chain.suri)?;
		let included = act(ui, &self.chain.url, |chain| async move {
			chain.revoke(&signer, subject, schema).await
		})?;
		self.place.report(ui, "attest revoke", "revoked", &included)
	}
}

/// Forget an attestation that is over, or one's own, and return its deposit.
#[derive(Debug, Args)]
pub struct Remove {
	#[command(flatten)]
	place: Place,
	#[command(flatten)]
	chain: ChainArgs,
}

impl Remove {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let (subject, schema) = self.place.read()?;
		let signer = chain::signer(&self.chain.suri)?;
		let included = act(ui, &self.chain.url, |chain| async move {
			chain.remove_credential(&signer, subject, schema).await
		})?;
		self.place.report(ui, "attest remove", "removed", &included)
	}
}

/// Show what is attested of an account and counts.
///
/// Exit code 0 also where nothing is.
#[derive(Debug, Args)]
pub struct Show {
	#[command(flatten)]
	place: Place,
	#[command(flatten)]
	node: NodeArgs,
}

impl Show {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let (subject, schema) = self.place.read()?;
		let (found, _) = ui.step("asking the chain", || {
			block_on(async {
				let state = Chain::connect(&self.node.url).await?.state().await?;
				Ok((state.height(), state.credential(subject, schema).await?))
			})
		});
		let (height, found) = found?;
		let mut fields = json!({
			"subject": address(&subject),
			"schema": schema,
			"block": height,
			"credential": Value::Null,
		});
		match found {
			None => ui.line("nothing is attested that counts"),
			Some(credential) => {
				let commitment = credential.commitment.map(|found| hex::encode(found.0));
				ui.line(format!("issuer      {}", address(&credential.issuer)));
				ui.line(format!("commitment  0x{}", commitment.clone().unwrap_or_default()));
				ui.line(format!("counts      {}", until(credential.expires)));
				fields["credential"] = json!({
					"issuer": address(&credential.issuer),
					"commitment": commitment,
					"expires": credential.expires,
					"since": credential.since,
					"depositor": address(&credential.depositor),
				});
			},
		}
		ui.json("attest show", fields);
		Ok(())
	}
}

/// Say which values an account may attest, as the chain's sudo key.
#[derive(Debug, Args)]
pub struct IssuerCommand {
	/// Who: an address, or 32 bytes in hexadecimal.
	#[arg(value_name = "ACCOUNT")]
	account: String,
	/// The schemas, in the place of those before: of records, or by their ids.
	#[arg(long, value_name = "FILE|ID", num_args = 1..)]
	schema: Vec<String>,
	/// Let nothing count that it attested.
	#[arg(long, conflicts_with_all = ["schema", "resume", "remove"])]
	suspend: bool,
	/// Let it count again.
	#[arg(long, conflicts_with_all = ["schema", "remove"])]
	resume: bool,
	/// Let it attest no more.
	#[arg(long, conflicts_with = "schema")]
	remove: bool,
	#[command(flatten)]
	chain: ChainArgs,
}

impl IssuerCommand {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let account = chain::account(&self.account)?;
		let sudo = chain::signer(&self.chain.suri)?;
		let schemas: Vec<SchemaId> =
			self.schema.iter().map(|text| schema(text)).collect::<Result<_, _>>()?;
		let (suspend, resume, remove) = (self.suspend, self.resume, self.remove);
		if schemas.is_empty() && !suspend && !resume && !remove {
			return Err(CliError::Other(
				"what about the issuer? name a --schema, --suspend, --resume or --remove".into(),
			));
		}
		let ids = schemas.clone();
		let included = act(ui, &self.chain.url, |chain| async move {
			match (suspend || resume, remove) {
				(true, _) => chain.suspend_issuer(&sudo, account, suspend).await,
				(_, true) => chain.remove_issuer(&sudo, account).await,
				_ => chain.set_issuer(&sudo, account, &ids).await,
			}
		})?;
		let done = match (suspend, resume, remove) {
			(true, ..) => "is suspended: nothing that it attested counts".into(),
			(_, true, _) => "is an issuer again".into(),
			(.., true) => "is no issuer any more".into(),
			_ => match schemas.len() {
				1 => "may attest values of one schema".into(),
				count => format!("may attest values of {count} schemas"),
			},
		};
		ui.line(format!("{} {done}", address(&account)));
		show_included(ui, &included);
		let fields = json!({
			"account": address(&account),
			"schemas": schemas,
			"suspended": suspend,
			"removed": remove,
		});
		ui.json("attest issuer", with_included(&included, fields));
		Ok(())
	}
}
