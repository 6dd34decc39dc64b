//! `zkml reputation area`

use super::{super::NodeArgs, AreaName};
use crate::{
	chain::{
		self, address,
		reputation::{Area, Points, Source},
		AccountId, Chain, ChainError, State,
	},
	commands::{block_on, show_included, with_included, Named},
	error::CliError,
	files,
	ui::Ui,
};
use clap::Args;
use serde::Deserialize;
use serde_json::{json, Value};
use std::path::{Path, PathBuf};
use zkml_primitives::{InputVisibility, ModelId};

/// Show how a reputation is earned in an area, or say how, as the chain's sudo key.
///
/// Without a flag that changes something, it is shown. Of an area that exists, what is not typed
/// remains; it holds at once, and for what was proven before, too.
#[derive(Debug, Args)]
pub struct AreaCommand {
	/// The area: its number, or governance, game or credit.
	#[arg(value_name = "AREA")]
	area: AreaName,
	/// After how many blocks what was earned is worth half; a new area needs it.
	#[arg(long, value_name = "BLOCKS")]
	half_life: Option<u32>,
	/// The score of who has earned nothing [default: 0].
	#[arg(long, value_name = "SCORE")]
	floor: Option<u32>,
	/// The highest score [default: none].
	#[arg(long, value_name = "SCORE")]
	ceiling: Option<u32>,
	/// A model whose answers earn points, besides those before, or in the place of the same: its id, or
	/// the folder of its keys.
	#[arg(long, value_name = "MODEL", requires_all = ["issuer", "points"])]
	source: Option<String>,
	/// Who may vouch for the values that the model takes.
	#[arg(long, value_name = "ACCOUNT", num_args = 1.., requires = "source")]
	issuer: Vec<String>,
	/// What its answers are worth: of a threshold one number, of the best label one for each label, such
	/// as 0,10,60.
	#[arg(long, value_name = "POINTS", value_delimiter = ',', requires = "source")]
	points: Vec<u32>,
	/// All models, in the place of those before: [{"model": MODEL, "issuers": [ACCOUNT, …], "points":
	/// POINTS}, …].
	#[arg(long, value_name = "FILE", conflicts_with_all = ["source", "without"])]
	sources: Option<PathBuf>,
	/// A model that earns nothing any more.
	#[arg(long, value_name = "MODEL")]
	without: Option<String>,
	/// Let nobody have a reputation in this area any more.
	#[arg(
		long,
		conflicts_with_all = ["half_life", "floor", "ceiling", "source", "sources", "without"]
	)]
	remove: bool,
	#[command(flatten)]
	node: NodeArgs,
	/// The chain's sudo key, where something changes: a secret URI such as //Alice, or a mnemonic.
	#[arg(long, env = "ZKML_SURI", hide_env_values = true)]
	suri: Option<String>,
}

/// Points as they stand in a file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Worth {
	Passed(u32),
	Labels(Vec<u32>),
}

/// A source as it stands in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
	model: String,
	issuers: Vec<String>,
	points: Worth,
}

/// A source as typed.
struct Typed {
	named: Named,
	issuers: Vec<AccountId>,
	points: Vec<u32>,
}

impl Typed {
	fn new(model: &str, issuers: &[String], points: Vec<u32>) -> Result<Self, CliError> {
		let issuers = issuers.iter().map(|text| chain::account(text)).collect::<Result<_, _>>()?;
		Ok(Self { named: Named::new(model)?, issuers, points })
	}

	/// What is to be listed. The schema is that of the model's input.
	async fn source(&self, state: &State) -> Result<Source, ChainError> {
		let refused = |name: &str| ChainError::Needless(format!("Reputation::{name}"));
		let interface = state.registered(self.named.id).await?.model.interface;
		let InputVisibility::Committed { schema } = interface.input else {
			return Err(refused("InputMismatch"));
		};
		if self.issuers.is_empty() {
			return Err(refused("NoIssuers"));
		}
		let points = Points::new(&self.points, &interface.output);
		let points = points.ok_or_else(|| refused("PointsMismatch"))?;
		Ok(Source { model: self.named.id, schema, issuers: self.issuers.clone(), points })
	}
}

/// Reads a file of sources.
fn read(path: &Path) -> Result<Vec<Typed>, CliError> {
	let written: Vec<Written> =
		serde_json::from_str(&files::read_text(path)?).map_err(|error| CliError::Content {
			path: path.into(),
			what: error.to_string(),
			help:
				"it is a list such as [{\"model\": \"target/zkml/keys\", \"issuers\": [\"//Bob\"], \
			       \"points\": 60}]; points are one number, or a list of one for each label"
					.into(),
		})?;
	let typed = |Written { model, issuers, points }: &Written| {
		let points = match points {
			Worth::Passed(points) => vec![*points],
			Worth::Labels(points) => points.clone(),
		};
		Typed::new(model, issuers, points)
	};
	written.iter().map(typed).collect()
}

/// What to change of an area.
struct Change {
	area: AreaName,
	half_life: Option<u32>,
	floor: Option<u32>,
	ceiling: Option<u32>,
	/// What is listed in any case.
	sources: Vec<Typed>,
	/// Whether it is all that is listed.
	only: bool,
	/// What is not listed any more.
	without: Option<Named>,
}

impl Change {
	/// What is to be, in the place of what is.
	async fn apply(
		&self,
		state: &State,
		before: Option<Area>,
	) -> Result<Result<Area, CliError>, ChainError> {
		let refused = |name: &str| ChainError::Needless(format!("Reputation::{name}"));
		let mut area = match (before, self.half_life) {
			(Some(before), _) => before,
			(None, Some(half_life)) => {
				Area { half_life, floor: 0, ceiling: u32::MAX, sources: Vec::new() }
			},
			(None, None) => {
				let what = format!(
					"area {} is new: after how many blocks is what was earned worth half? say so \
					 with --half-life",
					self.area
				);
				return Ok(Err(CliError::Other(what)));
			},
		};
		area.half_life = self.half_life.unwrap_or(area.half_life);
		area.floor = self.floor.unwrap_or(area.floor);
		area.ceiling = self.ceiling.unwrap_or(area.ceiling);
		if area.half_life == 0 {
			return Err(refused("HalfLifeZero"));
		}
		if area.ceiling < area.floor {
			return Err(refused("CeilingBelowFloor"));
		}
		if let Some(named) = &self.without {
			area.source(named.id)?;
			area.sources.retain(|source| source.model != named.id);
		}
		if self.only {
			area.sources.clear();
		}
		let mut listed: Vec<ModelId> = Vec::new();
		for typed in &self.sources {
			let source = typed.source(state).await?;
			if listed.contains(&source.model) {
				return Err(refused("SourceListedTwice"));
			}
			listed.push(source.model);
			match area.sources.iter_mut().find(|known| known.model == source.model) {
				Some(known) => *known = source,
				None => area.sources.push(source),
			}
		}
		let limits = state.area_limits()?;
		Ok(ensure_within(&area, limits).map(|()| area))
	}
}

/// Checks that an area is no larger than the chain takes: models, issuers, labels.
fn ensure_within(area: &Area, [models, issuers, labels]: [u32; 3]) -> Result<(), CliError> {
	let within = |count: usize, most: u32, what: &str| match count > most as usize {
		true => {
			Err(CliError::Other(format!("{count} {what}, and this chain takes at most {most}")))
		},
		false => Ok(()),
	};
	within(area.sources.len(), models, "models")?;
	for source in &area.sources {
		within(source.issuers.len(), issuers, "issuers of a model")?;
		if let Points::Labels(points) = &source.points {
			within(points.len(), labels, "labels")?;
		}
	}
	Ok(())
}

/// Issuers of an area's sources whose word does not count, with the schemas.
async fn idle(state: &State, area: &Area) -> Result<Vec<(AccountId, String)>, ChainError> {
	let mut idle = Vec::new();
	for source in &area.sources {
		for &issuer in &source.issuers {
			let found = state.issuer(issuer).await?;
			let counts = found
				.is_some_and(|found| !found.suspended && found.schemas.contains(&source.schema));
			if !counts {
				idle.push((issuer, hex::encode(source.schema.0)));
			}
		}
	}
	Ok(idle)
}

/// Points in words.
fn describe(points: &Points) -> String {
	match points {
		Points::Passed(points) => format!("{points} points for reaching the threshold"),
		Points::Labels(points) => {
			let points: Vec<_> = points.iter().map(u32::to_string).collect();
			format!("{} points, by label", points.join(", "))
		},
	}
}

/// An area for people.
fn show(ui: &Ui, name: AreaName, area: &Area) {
	ui.line(format!("area       {name}"));
	ui.line(format!("half-life  {} blocks", area.half_life));
	ui.line(format!("floor      {}", area.floor));
	ui.line(match area.ceiling {
		u32::MAX => "ceiling    none".into(),
		ceiling => format!("ceiling    {ceiling}"),
	});
	for source in &area.sources {
		let issuers: Vec<_> = source.issuers.iter().map(address).collect();
		ui.line(format!("model 0x{}", hex::encode(source.model.0)));
		ui.line(format!("  worth    {}", describe(&source.points)));
		ui.line(format!("  values   of schema 0x{}", hex::encode(source.schema.0)));
		ui.line(format!("  by       {}", issuers.join(", ")));
	}
	if area.sources.is_empty() {
		ui.line("no model earns anything in it");
	}
}

/// An area for programs.
fn shown(area: &Area) -> Value {
	let source = |source: &Source| {
		json!({
			"model": hex::encode(source.model.0),
			"schema": source.schema,
			"issuers": source.issuers.iter().map(address).collect::<Vec<_>>(),
			"points": match &source.points {
				Points::Passed(points) => json!({ "passed": points }),
				Points::Labels(points) => json!({ "labels": points }),
			},
		})
	};
	json!({
		"half_life": area.half_life,
		"floor": area.floor,
		"ceiling": area.ceiling,
		"sources": area.sources.iter().map(source).collect::<Vec<_>>(),
	})
}

impl AreaCommand {
	/// What is to change, if anything is.
	fn change(&self) -> Result<Option<Change>, CliError> {
		let sources = match (&self.source, &self.sources) {
			(Some(model), _) => vec![Typed::new(model, &self.issuer, self.points.clone())?],
			(None, Some(path)) => read(path)?,
			(None, None) => Vec::new(),
		};
		let without = self.without.as_deref().map(Named::new).transpose()?;
		let numbers = [self.half_life, self.floor, self.ceiling];
		let changes = self.source.is_some()
			|| self.sources.is_some()
			|| without.is_some()
			|| numbers.iter().any(Option::is_some);
		Ok(changes.then(|| Change {
			area: self.area,
			half_life: self.half_life,
			floor: self.floor,
			ceiling: self.ceiling,
			sources,
			only: self.sources.is_some(),
			without,
		}))
	}

	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let change = self.change()?;
		let acts = change.is_some() || self.remove;
		let sudo = match (acts, &self.suri) {
			(true, Some(suri)) => Some(chain::signer(suri)?),
			(true, None) => {
				return Err(CliError::Other("who signs? name the sudo key with --suri".into()))
			},
			(false, _) => None,
		};
		let (id, url) = (self.area.0, &self.node.url);
		let doing = if acts { "waiting for the chain" } else { "asking the chain" };
		let (done, _) = ui.step(doing, || {
			block_on(async {
				let chain = Chain::connect(url).await?;
				let state = chain.state().await?;
				let before = state.area(id).await?;
				let after = match &change {
					_ if self.remove => state.known_area(id).await.map(|_| None)?,
					None => before,
					Some(change) => {
						let named = change.sources.iter().map(|typed| &typed.named);
						for named in named.chain(&change.without) {
							named.ensure(&chain)?;
						}
						match change.apply(&state, before).await? {
							Ok(after) => Some(after),
							Err(error) => return Ok(Err(error)),
						}
					},
				};
				let included = match &sudo {
					Some(sudo) => Some(chain.set_area(sudo, id, after.as_ref()).await?),
					None => None,
				};
				let idle = match &after {
					Some(after) => idle(&state, after).await?,
					None => Vec::new(),
				};
				Ok(Ok((state.height(), after, included, idle)))
			})
		});
		let (height, area, included, idle) = done??;
		match &area {
			Some(area) => show(ui, self.area, area),
			None if self.remove => {
				ui.line(format!("nobody has a reputation in area {} any more", self.area));
			},
			None => ui.line(format!("there is no area {} on this chain", self.area)),
		}
		let mut fields = json!({
			"area": id,
			"name": self.area.name(),
			"settings": area.as_ref().map(shown),
		});
		match &included {
			Some(included) => {
				show_included(ui, included);
				fields = with_included(included, fields);
			},
			None => fields["block"] = height.into(),
		}
		ui.json("reputation area", fields);
		for (issuer, schema) in idle {
			ui.note(format!(
				"{} may not attest values of schema 0x{schema} at present: zkml attest issuer ACCOUNT \
				 --schema …",
				address(&issuer)
			));
		}
		if let (Some(source), Some(_)) =
			(area.iter().flat_map(|area| &area.sources).next(), included)
		{
			ui.next(format!(
				"zkml reputation prove CIRCUIT --keys KEYS --area {id} --model 0x{} --opening \
				 OPENING.json --url {url} --suri …, by an account of which the values are attested",
				hex::encode(source.model.0)
			));
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_area_is_no_larger_than_the_chain_takes() {
		let source = Source {
			model: ModelId([1; 32]),
			schema: zkml_primitives::SchemaId([2; 32]),
			issuers: vec![[3; 32]; 2],
			points: Points::Labels(vec![0; 3]),
		};
		let area = Area { half_life: 1, floor: 0, ceiling: 1, sources: vec![source] };
		assert!(ensure_within(&area, [1, 2, 3]).is_ok());
		for limits in [[0, 2, 3], [1, 1, 3], [1, 2, 2]] {
			assert!(ensure_within(&area, limits).is_err(), "{limits:?}");
		}
	}

	#[test]
	fn a_file_lists_sources_with_one_number_or_one_for_each_label() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("sources.json");
		let model = "11".repeat(32);
		let text = format!(
			r#"[{{"model": "{model}", "issuers": ["//Bob"], "points": 60}},
			    {{"model": "0x{model}", "issuers": [], "points": [0, 7]}}]"#
		);
		std::fs::write(&path, text).unwrap();
		let [first, second] = &read(&path).unwrap()[..] else { panic!("two sources") };
		assert_eq!((first.named.id, &first.points[..]), (ModelId([0x11; 32]), &[60][..]));
		assert_eq!(first.issuers, [chain::account("//Bob").unwrap()]);
		assert_eq!((second.issuers.len(), &second.points[..]), (0, &[0, 7][..]));
		for text in
			["{}", r#"[{"model": "x"}]"#, r#"[{"model": "x", "issuers": ["y"], "points": 1}]"#]
		{
			std::fs::write(&path, text).unwrap();
			assert!(read(&path).is_err(), "{text}");
		}
	}
}
