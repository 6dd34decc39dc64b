//! The terms on which models vote and move parameters, as they are written in files and shown.

mod shown;

pub(crate) use shown::{
	binding_json, delegate_json, describe_decision, describe_motion, describe_reward, show_inputs,
};

use super::Tokens;
use crate::{
	chain::{
		self,
		governance::{BindingTerms, Decision, DelegateTerms, Feature, Input, Motion},
	},
	error::CliError,
	files,
};
use serde::{
	de::{self, DeserializeOwned, Visitor},
	Deserialize, Deserializer,
};
use shown::name;
use std::{fmt, path::Path};
use zkml_primitives::{InputVisibility, Interface, ModelId, OutputKind};

/// An amount in a file: a whole number of the smallest unit, or tokens as text, `"1.5"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Amount(u128);

impl<'de> Deserialize<'de> for Amount {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		struct Reader;
		impl Visitor<'_> for Reader {
			type Value = Amount;

			fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
				f.write_str("a whole number, or tokens as text such as \"1.5\"")
			}

			fn visit_u64<E: de::Error>(self, number: u64) -> Result<Amount, E> {
				Ok(Amount(number.into()))
			}

			fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
				text.parse::<Tokens>().map(|Tokens(amount)| Amount(amount)).map_err(E::custom)
			}
		}
		deserializer.deserialize_any(Reader)
	}
}

/// One value of a model's input.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenInput {
	feature: String,
	unit: Amount,
	area: Option<u32>,
	by: Option<String>,
	key: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum WrittenDecision {
	Label(u32),
	Passed,
	AtLeast { index: u32, least: i32 },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum WrittenMotion {
	Steps(Vec<i64>),
	Value { index: u32, unit: Amount },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDelegate {
	inputs: Vec<WrittenInput>,
	decision: WrittenDecision,
	reward: Amount,
	snapshots: u32,
	interval: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBinding {
	inputs: Vec<WrittenInput>,
	motion: WrittenMotion,
	floor: Amount,
	ceiling: Amount,
	max_step: Amount,
	period: u32,
	validity: u32,
	reward: Amount,
}

/// The names of features that have no fields.
const PLAIN: [(&str, Feature); 13] = [
	("track", Feature::Track),
	("asked", Feature::Asked),
	("length", Feature::Length),
	("decision_deposit", Feature::DecisionDeposit),
	("age", Feature::Age),
	("deciding", Feature::Deciding),
	("approval", Feature::Approval),
	("support", Feature::Support),
	("ayes", Feature::Ayes),
	("proposer_balance", Feature::ProposerBalance),
	("proposer_approved", Feature::ProposerApproved),
	("proposer_rejected", Feature::ProposerRejected),
	("current", Feature::Current),
];

impl WrittenInput {
	/// What it stands for.
	fn read(self) -> Result<Input, String> {
		let Self { feature: name, unit: Amount(unit), area, by, key } = self;
		if unit == 0 {
			return Err(format!("the unit of {name} is 0, by which nothing can be divided"));
		}
		let lacks = |what: &str| format!("{name} lacks its \"{what}\"");
		let mut unused =
			vec![("area", area.is_some()), ("by", by.is_some()), ("key", key.is_some())];
		let feature = match name.as_str() {
			"proposer_reputation" => {
				unused.retain(|(field, _)| *field != "area");
				Feature::ProposerReputation(area.ok_or_else(|| lacks("area"))?)
			},
			"reported" => {
				unused.retain(|(field, _)| *field == "area");
				let by = by.ok_or_else(|| lacks("by"))?;
				let by = chain::account(&by).map_err(|error| error.to_string())?;
				Feature::Reported { by, key: key.ok_or_else(|| lacks("key"))? }
			},
			name => match (plain(name), name.strip_prefix("metric:")) {
				(Some(feature), _) => feature,
				(None, Some(number)) => Feature::Metric(
					number.parse().map_err(|_| format!("{number} is no number of a metric"))?,
				),
				(None, None) => {
					let names: Vec<_> = PLAIN.iter().map(|(name, _)| *name).collect();
					return Err(format!(
						"{name} is no feature; there are {}, proposer_reputation, reported, metric:N",
						names.join(", ")
					));
				},
			},
		};
		match unused.iter().find(|(_, given)| *given) {
			Some((field, _)) => Err(format!("{name} takes no \"{field}\"")),
			None => Ok(Input { feature, unit }),
		}
	}
}

/// A feature that has no fields, by its name.
fn plain(name: &str) -> Option<Feature> {
	PLAIN.iter().find(|(other, _)| *other == name).map(|(_, feature)| feature.clone())
}

/// Reads all inputs.
fn inputs(written: Vec<WrittenInput>) -> Result<Vec<Input>, String> {
	let numbered = written.into_iter().enumerate();
	let read = |(index, input): (usize, WrittenInput)| {
		input.read().map_err(|what| format!("inputs[{index}]: {what}"))
	};
	numbered.map(read).collect()
}

/// Something about a file of terms.
fn wrong(path: &Path, what: String) -> CliError {
	CliError::Content {
		path: path.into(),
		what,
		help: "docs/cli.md says how terms are written".into(),
	}
}

fn parse<T: DeserializeOwned>(path: &Path) -> Result<T, CliError> {
	serde_json::from_str(&files::read_text(path)?).map_err(|error| wrong(path, error.to_string()))
}

/// Reads the terms of a delegate.
pub(crate) fn read_delegate(path: &Path) -> Result<DelegateTerms, CliError> {
	let written: WrittenDelegate = parse(path)?;
	let terms = DelegateTerms {
		inputs: inputs(written.inputs).map_err(|what| wrong(path, what))?,
		decision: match written.decision {
			WrittenDecision::Label(label) => Decision::Label(label),
			WrittenDecision::Passed => Decision::Passed,
			WrittenDecision::AtLeast { index, least } => Decision::AtLeast { index, least },
		},
		reward: written.reward.0,
		snapshots: written.snapshots,
		interval: written.interval,
	};
	match terms.snapshots {
		0 => Err(wrong(path, "\"snapshots\" is 0: there would be none to answer".into())),
		_ => Ok(terms),
	}
}

/// Reads the terms on which a model moves a parameter.
pub(crate) fn read_binding(path: &Path, model: ModelId) -> Result<BindingTerms, CliError> {
	let written: WrittenBinding = parse(path)?;
	let terms = BindingTerms {
		model,
		inputs: inputs(written.inputs).map_err(|what| wrong(path, what))?,
		motion: match written.motion {
			WrittenMotion::Steps(steps) => {
				Motion::Steps(steps.into_iter().map(Into::into).collect())
			},
			WrittenMotion::Value { index, unit } => Motion::Value { index, unit: unit.0 },
		},
		floor: written.floor.0,
		ceiling: written.ceiling.0,
		max_step: written.max_step.0,
		period: written.period,
		validity: written.validity,
		reward: written.reward.0,
	};
	if terms.floor > terms.ceiling {
		return Err(wrong(path, "\"floor\" is above \"ceiling\"".into()));
	}
	if terms.max_step == 0 {
		return Err(wrong(path, "\"max_step\" is 0: nothing would ever move".into()));
	}
	Ok(terms)
}

/// Whether a feature is there when a poll is asked about, and when a parameter is.
fn is_known_of(feature: &Feature, poll: bool) -> bool {
	match feature {
		Feature::Reported { .. } | Feature::Metric(_) => true,
		Feature::Current => !poll,
		_ => poll,
	}
}

/// Checks that a model's input is what terms list, as the chain does, which says less.
fn check_inputs(interface: &Interface, inputs: &[Input], poll: bool) -> Result<(), String> {
	let InputVisibility::Public(tensor) = interface.input else {
		return Err(
			"the model's input is not public: the chain could not tell what the answer is \
		            to; compile with --input-visibility public"
				.into(),
		);
	};
	let (takes, listed) = (tensor.packing.count as usize, inputs.len());
	if takes != listed {
		return Err(format!("the model takes {takes} values, and the terms list {listed}"));
	}
	match inputs.iter().find(|input| !is_known_of(&input.feature, poll)) {
		Some(input) => {
			let of = if poll { "a poll" } else { "a parameter" };
			Err(format!("{} is not known of {of}", name(&input.feature)))
		},
		None => Ok(()),
	}
}

/// That an output does not fit what the terms read.
fn unfit(field: &str, wanted: &str) -> Result<(), String> {
	Err(format!("the model's output does not fit the \"{field}\", which is for {wanted}"))
}

/// Checks that a model can vote on terms.
pub(crate) fn check_delegate(
	path: &Path,
	interface: &Interface,
	terms: &DelegateTerms,
) -> Result<(), CliError> {
	let fits = check_inputs(interface, &terms.inputs, true);
	let fits = fits.and_then(|()| match (terms.decision, &interface.output) {
		(Decision::Label(label), OutputKind::Argmax { classes }) if label < *classes => Ok(()),
		(Decision::Label(label), _) => {
			unfit("decision", &format!("--reveal argmax with a label {label}"))
		},
		(Decision::Passed, OutputKind::Threshold { .. }) => Ok(()),
		(Decision::Passed, _) => unfit("decision", "--reveal threshold"),
		(Decision::AtLeast { index, .. }, OutputKind::Logits(tensor))
			if index < tensor.packing.count =>
		{
			Ok(())
		},
		(Decision::AtLeast { index, .. }, _) => {
			unfit("decision", &format!("--reveal logits with a value {index}"))
		},
	});
	fits.map_err(|what| wrong(path, what))
}

/// Checks that a model can move a parameter on terms.
pub(crate) fn check_binding(
	path: &Path,
	interface: &Interface,
	terms: &BindingTerms,
) -> Result<(), CliError> {
	let fits = check_inputs(interface, &terms.inputs, false);
	let fits = fits.and_then(|()| match (&terms.motion, &interface.output) {
		(Motion::Steps(steps), OutputKind::Argmax { classes })
			if steps.len() == *classes as usize =>
		{
			Ok(())
		},
		(Motion::Steps(steps), _) => {
			unfit("motion", &format!("--reveal argmax with {} classes", steps.len()))
		},
		(Motion::Value { index, unit }, OutputKind::Logits(tensor))
			if *index < tensor.packing.count && *unit > 0 =>
		{
			Ok(())
		},
		(Motion::Value { index, .. }, _) => {
			unfit("motion", &format!("--reveal logits with a value {index}, and a unit above 0"))
		},
	});
	fits.map_err(|what| wrong(path, what))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::address;
	use zkml_primitives::{Packing, Scale, Tensor, WeightsVisibility};

	fn tensor(count: u32) -> Tensor {
		let packing = Packing { width: 8, count, offset: 0 };
		Tensor { packing, scale: Scale { mantissa: 1, exponent: 0 } }
	}

	fn interface(count: u32, output: OutputKind) -> Interface {
		let input = InputVisibility::Public(tensor(count));
		Interface { input, weights: WeightsVisibility::Public, output }
	}

	fn written(text: &str) -> tempfile::NamedTempFile {
		let file = tempfile::NamedTempFile::new().unwrap();
		std::fs::write(file.path(), text).unwrap();
		file
	}

	fn delegate(text: &str) -> Result<DelegateTerms, String> {
		read_delegate(written(text).path()).map_err(|error| error.to_string())
	}

	/// Terms that list one input.
	fn told(input: &str) -> Result<Vec<Input>, String> {
		let rest = r#""decision": "passed", "reward": 0, "snapshots": 1, "interval": 0"#;
		delegate(&format!(r#"{{"inputs": [{input}], {rest}}}"#)).map(|terms| terms.inputs)
	}

	#[test]
	fn terms_of_a_delegate_are_read_and_shown() {
		let terms = delegate(
			r#"{
				"inputs": [
					{"feature": "asked", "unit": "1.0"},
					{"feature": "reported", "by": "//Alice", "key": 3, "unit": 1},
					{"feature": "proposer_reputation", "area": 1, "unit": 4},
					{"feature": "metric:2", "unit": 7}
				],
				"decision": {"at_least": {"index": 0, "least": -5}},
				"reward": "0.5", "snapshots": 3, "interval": 100
			}"#,
		)
		.unwrap();
		let by = chain::account("//Alice").unwrap();
		let inputs = [
			(Feature::Asked, 1_000_000_000_000),
			(Feature::Reported { by, key: 3 }, 1),
			(Feature::ProposerReputation(1), 4),
			(Feature::Metric(2), 7),
		];
		let inputs = inputs.map(|(feature, unit)| Input { feature, unit });
		assert_eq!(terms.inputs, inputs);
		assert_eq!(terms.decision, Decision::AtLeast { index: 0, least: -5 });
		assert_eq!((terms.reward, terms.snapshots, terms.interval), (500_000_000_000, 3, 100));
		let json = delegate_json(&terms);
		assert_eq!(json["inputs"][1]["by"], address(&by));
		assert_eq!(json["inputs"][2]["area"], 1);
		assert_eq!(json["inputs"][3]["feature"], "metric:2");
		assert_eq!(json["decision"]["at_least"]["least"], -5);
		assert_eq!(json["reward"], "500000000000");
	}

	#[test]
	fn every_plain_feature_has_a_name() {
		for (name, feature) in PLAIN {
			let input = told(&format!(r#"{{"feature": "{name}", "unit": 1}}"#)).unwrap();
			assert_eq!(input, [Input { feature: feature.clone(), unit: 1 }]);
			assert_eq!(shown::name(&feature), name);
		}
	}

	#[test]
	fn terms_that_make_no_sense_are_refused() {
		for (input, words) in [
			(r#"{"feature": "age", "unit": 0}"#, "inputs[0]: the unit of age is 0"),
			(r#"{"feature": "mood", "unit": 1}"#, "mood is no feature"),
			(r#"{"feature": "metric:many", "unit": 1}"#, "many is no number"),
			(r#"{"feature": "age", "unit": 1, "area": 1}"#, "age takes no \"area\""),
			(r#"{"feature": "proposer_reputation", "unit": 1}"#, "lacks its \"area\""),
			(r#"{"feature": "reported", "key": 1, "unit": 1}"#, "lacks its \"by\""),
			(r#"{"feature": "reported", "by": "me", "key": 1, "unit": 1}"#, "me is no account"),
			(r#"{"feature": "reported", "by": "//Alice", "unit": 1}"#, "lacks its \"key\""),
			(r#"{"feature": "age", "unit": 1.5}"#, "a whole number, or tokens as text"),
			(r#"{"feature": "age", "unit": "much"}"#, "much is no amount"),
			(r#"{"feature": "age", "unit": -1}"#, "a whole number"),
			(r#"{"feature": "age"}"#, "missing field `unit`"),
			(r#"{"feature": "age", "unit": 1, "units": 1}"#, "unknown field `units`"),
		] {
			let error = told(input).unwrap_err();
			assert!(error.contains(words), "{input}: {error}");
		}
		let rest = r#""inputs": [], "reward": 0, "interval": 0"#;
		let none = format!(r#"{{"decision": "passed", "snapshots": 0, {rest}}}"#);
		assert!(delegate(&none).unwrap_err().contains("none to answer"));
		let maybe = format!(r#"{{"decision": "maybe", "snapshots": 1, {rest}}}"#);
		assert!(delegate(&maybe).unwrap_err().contains("unknown variant `maybe`"));
	}

	#[test]
	fn terms_of_a_parameter_are_read_and_shown() {
		let binding = |motion: &str, bounds: &str| {
			let rest = r#""period": 20, "validity": 10, "reward": "0.1""#;
			let inputs = r#"[{"feature": "current", "unit": 400}]"#;
			let text = format!(r#"{{"inputs": {inputs}, "motion": {motion}, {bounds}, {rest}}}"#);
			let model = ModelId([7; 32]);
			read_binding(written(&text).path(), model).map_err(|error| error.to_string())
		};
		let bounds = r#""floor": 5000, "ceiling": 100000, "max_step": 5000"#;
		let terms = binding(r#"{"steps": [-1000, 0, 1000]}"#, bounds).unwrap();
		assert_eq!(terms.motion, Motion::Steps(vec![-1000, 0, 1000]));
		assert_eq!((terms.floor, terms.ceiling, terms.max_step), (5_000, 100_000, 5_000));
		assert_eq!((terms.period, terms.validity, terms.reward), (20, 10, 100_000_000_000));
		assert_eq!(describe_motion(&terms.motion), "by -1000, +0, +1000, for each label");
		assert_eq!(binding_json(&terms)["motion"]["steps"][0], "-1000");
		let terms = binding(r#"{"value": {"index": 0, "unit": 2}}"#, bounds).unwrap();
		assert_eq!(terms.motion, Motion::Value { index: 0, unit: 2 });
		for (bounds, words) in [
			(r#""floor": 2, "ceiling": 1, "max_step": 1"#, "above \"ceiling\""),
			(r#""floor": 1, "ceiling": 2, "max_step": 0"#, "nothing would ever move"),
		] {
			let error = binding(r#"{"steps": []}"#, bounds).unwrap_err();
			assert!(error.contains(words), "{error}");
		}
	}

	#[test]
	fn a_model_that_does_not_fit_is_told_why() {
		let path = Path::new("terms.json");
		let input = |feature| Input { feature, unit: 1 };
		let terms = |feature, decision| DelegateTerms {
			inputs: vec![input(feature)],
			decision,
			reward: 0,
			snapshots: 1,
			interval: 0,
		};
		let (two, label) = (OutputKind::Argmax { classes: 2 }, Decision::Label(1));
		let logits = OutputKind::Logits(tensor(2));
		let least = |index| Decision::AtLeast { index, least: 0 };
		let passed = OutputKind::Threshold { score: tensor(1), tau: 0 };
		let check = |interface: Interface, terms: DelegateTerms| {
			check_delegate(path, &interface, &terms).map_err(|error| error.to_string())
		};
		for (output, decision) in [(two, label), (logits, least(1)), (passed, Decision::Passed)] {
			assert_eq!(check(interface(1, output), terms(Feature::Age, decision)), Ok(()));
		}
		let private = Interface { input: InputVisibility::Private, ..interface(1, two) };
		for (interface, feature, decision, words) in [
			(private, Feature::Age, label, "not public"),
			(interface(2, two), Feature::Age, label, "takes 2 values, and the terms list 1"),
			(interface(1, two), Feature::Current, label, "current is not known of a poll"),
			(interface(1, two), Feature::Age, Decision::Label(2), "with a label 2"),
			(interface(1, logits), Feature::Age, label, "--reveal argmax"),
			(interface(1, logits), Feature::Age, least(2), "with a value 2"),
			(interface(1, two), Feature::Age, Decision::Passed, "--reveal threshold"),
		] {
			let error = check(interface, terms(feature, decision)).unwrap_err();
			assert!(error.contains(words), "{error}");
		}
		let binding = |feature, motion| BindingTerms {
			model: ModelId([0; 32]),
			inputs: vec![input(feature)],
			motion,
			floor: 0,
			ceiling: 1,
			max_step: 1,
			period: 0,
			validity: 1,
			reward: 0,
		};
		let check = |output, terms: BindingTerms| {
			check_binding(path, &interface(1, output), &terms).map_err(|error| error.to_string())
		};
		let steps = |count| Motion::Steps(vec![0; count]);
		let value = |index, unit| Motion::Value { index, unit };
		assert_eq!(check(two, binding(Feature::Current, steps(2))), Ok(()));
		assert_eq!(check(logits, binding(Feature::Metric(0), value(1, 1))), Ok(()));
		for (output, feature, motion, words) in [
			(two, Feature::Age, steps(2), "age is not known of a parameter"),
			(two, Feature::Current, steps(3), "with 3 classes"),
			(two, Feature::Current, value(0, 1), "--reveal logits"),
			(logits, Feature::Current, value(1, 0), "a unit above 0"),
		] {
			let error = check(output, binding(feature, motion)).unwrap_err();
			assert!(error.contains(words), "{error}");
		}
	}
}
