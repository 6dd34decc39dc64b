//! `zkml model`

mod show;

pub(crate) use show::{describe_setup, state_of, Standing};

use super::{block_on, deregister, show_included, with_included, ChainArgs, Named, OrNone};
use crate::{
	chain::{self, address, AccountId, Chain, ChainError, Included, ModelInfo, State, Status},
	error::CliError,
	ui::Ui,
};
use clap::{Args, Subcommand};
use serde_json::{json, Value};
use std::future::Future;
use subxt_signer::sr25519::Keypair;
use zkml_primitives::{ModelId, Terms};

/// What can be asked of, and done with, a registered model.
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
	/// Show all that the chain knows of a model.
	Show(show::Show),
	/// Stop at once that inferences are accepted and receipts count, until `resume`.
	Suspend(Suspend),
	/// Lift a suspension.
	Resume(Suspend),
	/// Announce the last block in which inferences are accepted.
	Deprecate(Deprecate),
	/// Offer a model to another account.
	Offer(Offer),
	/// Take over a model that was offered, and its deposit.
	Accept(Accept),
	/// Change the terms on which inferences are accepted.
	Terms(SetTerms),
	/// Take a model off a chain and get its deposit back.
	Deregister(deregister::Deregister),
}

impl ModelCommand {
	/// Runs the verb.
	pub fn run(self, ui: &Ui) -> Result<(), CliError> {
		match self {
			Self::Show(command) => command.run(ui),
			Self::Suspend(command) => command.run(ui, true),
			Self::Resume(command) => command.run(ui, false),
			Self::Deprecate(command) => command.run(ui),
			Self::Offer(command) => command.run(ui),
			Self::Accept(command) => command.run(ui),
			Self::Terms(command) => command.run(ui),
			Self::Deregister(command) => command.run(ui),
		}
	}
}

/// Which model, and who acts on it.
#[derive(Debug, Args)]
pub(crate) struct Target {
	/// The model: its id, or the folder of its keys.
	#[arg(value_name = "MODEL")]
	model: String,
	#[command(flatten)]
	chain: ChainArgs,
}

/// What an action needs.
pub(crate) struct Scene {
	/// The connection.
	pub(crate) chain: Chain,
	/// The chain's state when the action began.
	pub(crate) state: State,
	/// Who acts.
	pub(crate) signer: Keypair,
	/// The model's id.
	pub(crate) model: ModelId,
	/// The model.
	pub(crate) info: ModelInfo,
}

impl Scene {
	/// The account that acts.
	fn account(&self) -> AccountId {
		self.signer.public_key().0
	}

	/// Checks that the signer owns the model, before a fee is paid to learn it.
	pub(crate) fn owned(self) -> Result<Self, ChainError> {
		let owner = self.info.registration.owner;
		match owner == self.account() {
			true => Ok(self),
			false => {
				Err(ChainError::NotOwner { owner: address(&owner), here: address(&self.account()) })
			},
		}
	}
}

impl Target {
	/// Acts on the model and reports. `act` answers what happened, and fields for programs.
	pub(crate) fn act<F: Future<Output = Result<(Included, String, Value), ChainError>>>(
		&self,
		ui: &Ui,
		command: &str,
		next: Option<&str>,
		act: impl FnOnce(Scene) -> F,
	) -> Result<(), CliError> {
		let named = Named::new(&self.model)?;
		let signer = chain::signer(&self.chain.suri)?;
		let (result, _) = ui.step("waiting for the chain", || {
			block_on(async {
				let chain = named.connect(&self.chain.url).await?;
				let state = chain.state().await?;
				let info = state.registered(named.id).await?;
				act(Scene { chain, state, signer, model: named.id, info }).await
			})
		});
		let (included, what, mut fields) = result?;
		ui.line(format!("model 0x{} {what}", named.hex()));
		show_included(ui, &included);
		fields["model"] = named.hex().into();
		ui.json(command, with_included(&included, fields));
		if let Some(next) = next {
			let signer = if next == "model show" { "" } else { " --suri …" };
			ui.next(format!("zkml {next} 0x{} --url {}{signer}", named.hex(), self.chain.url));
		}
		Ok(())
	}
}

/// What the chain would answer, known before a fee is paid.
fn needless(error: &str) -> ChainError {
	ChainError::Needless(format!("Zkml::{error}"))
}

/// Stop, or allow again, that a model's inferences are accepted.
///
/// What the owner suspended, the owner resumes; what the chain's administrators suspended, only
/// they resume.
#[derive(Debug, Args)]
pub struct Suspend {
	#[command(flatten)]
	target: Target,
	/// Act as the chain's administrator, by its sudo key.
	#[arg(long)]
	sudo: bool,
}

impl Suspend {
	fn run(self, ui: &Ui, suspend: bool) -> Result<(), CliError> {
		let (command, what, next) = match suspend {
			true => ("model suspend", "is suspended", Some("model resume")),
			false => ("model resume", "is resumed", Some("model show")),
		};
		let sudo = self.sudo;
		self.target.act(ui, command, next, |scene| async move {
			let scene = if sudo { scene } else { scene.owned()? };
			let suspension = scene.info.model.suspension;
			let suspended = if sudo { suspension.by_admin } else { suspension.by_owner };
			if suspended == suspend {
				let error = if suspend { "AlreadySuspended" } else { "NotSuspended" };
				return Err(needless(error));
			}
			let Scene { chain, signer, model, .. } = scene;
			let included = match sudo {
				true => chain.suspend_as_root(&signer, model, suspend).await?,
				false => chain.suspend(&signer, model, suspend).await?,
			};
			Ok((included, what.into(), json!({ "suspended": suspend })))
		})
	}
}

/// Announce the last block in which a model's inferences are accepted, or take that back.
///
/// Until then the model is deprecated; afterwards it is retired for good.
#[derive(Debug, Args)]
pub struct Deprecate {
	#[command(flatten)]
	target: Target,
	#[command(flatten)]
	end: End,
}

/// When a model ends.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct End {
	/// The last block, or "none" to take an announcement back.
	#[arg(long, value_name = "BLOCK|none")]
	until: Option<OrNone<u32>>,
	/// The same, counted from now.
	#[arg(long, value_name = "BLOCKS")]
	within: Option<u32>,
}

impl Deprecate {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let Self { target, end } = self;
		target.act(ui, "model deprecate", Some("model show"), |scene| async move {
			let scene = scene.owned()?;
			let until = match (end.until, end.within) {
				(Some(until), _) => until.0,
				(None, within) => Some(scene.state.height().saturating_add(within.unwrap_or(0))),
			};
			if scene.info.status == Status::Retired {
				return Err(needless("ModelRetired"));
			}
			if until.is_some_and(|until| until <= scene.state.height()) {
				return Err(needless("EndInPast"));
			}
			let included = scene.chain.deprecate(&scene.signer, scene.model, until).await?;
			let what = match until {
				Some(block) => format!("accepts inferences up to block {block}, and then no more"),
				None => "has no end any more".into(),
			};
			Ok((included, what, json!({ "until": until })))
		})
	}
}

/// Offer a model to another account, or take the offer back.
///
/// The owner remains until the other accepts and puts down the deposit.
#[derive(Debug, Args)]
pub struct Offer {
	#[command(flatten)]
	target: Target,
	/// The account, by its address or in hexadecimal, or "none" to take an offer back.
	#[arg(long, value_name = "ACCOUNT|none")]
	to: String,
}

impl Offer {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let heir = match self.to.as_str() {
			"none" => None,
			text => Some(chain::account(text)?),
		};
		let next = heir.map(|_| "model accept");
		self.target.act(ui, "model offer", next, |scene| async move {
			let scene = scene.owned()?;
			let included = scene.chain.offer(&scene.signer, scene.model, heir).await?;
			let what = match heir {
				Some(heir) => format!("is offered to {}, who has to accept it", address(&heir)),
				None => "is offered to nobody any more".into(),
			};
			Ok((included, what, json!({ "heir": heir.map(hex::encode) })))
		})
	}
}

/// Take over a model that was offered to the signer.
///
/// The deposit is taken from the signer, and the former owner's is returned. The id remains.
#[derive(Debug, Args)]
pub struct Accept {
	#[command(flatten)]
	target: Target,
}

impl Accept {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		self.target.act(ui, "model accept", Some("model show"), |scene| async move {
			let (account, registration) = (scene.account(), &scene.info.registration);
			if registration.heir != Some(account) {
				let heir = registration.heir.as_ref().map(address);
				return Err(ChainError::NotOffered { heir, here: address(&account) });
			}
			let former = hex::encode(registration.owner);
			let included = scene.chain.accept(&scene.signer, scene.model).await?;
			let what = format!("belongs to {}", address(&account));
			let owner = hex::encode(account);
			Ok((included, what, json!({ "owner": owner, "former_owner": former })))
		})
	}
}

/// Change the terms on which a model's inferences are accepted.
///
/// What is not typed remains. Proofs that were made for the former terms and are not submitted yet
/// may become useless.
#[derive(Debug, Args)]
pub struct SetTerms {
	#[command(flatten)]
	target: Target,
	#[command(flatten)]
	terms: TypedTerms,
}

/// Terms as typed.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct TypedTerms {
	/// Accept only proofs made for a block at most so many blocks old, or "none" for any.
	#[arg(long, value_name = "BLOCKS|none")]
	max_age: Option<OrNone<u32>>,
	/// Keep each account's last output as a receipt for so many blocks, or "none" for no receipts.
	#[arg(long, value_name = "BLOCKS|none")]
	receipts: Option<OrNone<u32>>,
}

impl SetTerms {
	fn run(self, ui: &Ui) -> Result<(), CliError> {
		let Self { target, terms } = self;
		target.act(ui, "model terms", Some("model show"), |scene| async move {
			let scene = scene.owned()?;
			let current = scene.info.model.terms;
			let terms = Terms {
				max_age: terms.max_age.map_or(current.max_age, |typed| typed.0),
				receipt_lifetime: terms.receipts.map_or(current.receipt_lifetime, |typed| typed.0),
			};
			scene.state.ensure_terms(&terms)?;
			let included = scene.chain.set_terms(&scene.signer, scene.model, terms).await?;
			let what = format!("has new terms: {}", show::describe_terms(&terms).join("; "));
			Ok((included, what, json!({ "terms": terms })))
		})
	}
}
