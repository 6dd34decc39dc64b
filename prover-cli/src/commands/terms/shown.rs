//! Terms for people, and for programs.

use super::{super::fee, PLAIN};
use crate::{
	chain::{
		address,
		governance::{BindingTerms, Decision, DelegateTerms, Feature, Input, Motion},
	},
	ui::{Align, Ui},
};
use serde_json::{json, Value};

/// A feature in words.
pub(super) fn name(feature: &Feature) -> String {
	match feature {
		Feature::ProposerReputation(area) => format!("proposer_reputation, area {area}"),
		Feature::Reported { by, key } => format!("reported, key {key} by {}", address(by)),
		Feature::Metric(number) => format!("metric:{number}"),
		feature => {
			let named = PLAIN.iter().find(|(_, other)| other == feature);
			named.map(|(name, _)| name.to_string()).unwrap_or_default()
		},
	}
}

/// A table of what a model is told: what, in which unit, and how much of it, where that is known.
pub(crate) fn show_inputs(ui: &Ui, inputs: &[Input], columns: &[(&str, Option<&[i32]>)]) {
	let headings: Vec<(&str, Align)> = [("feature", Align::Left), ("unit", Align::Right)]
		.into_iter()
		.chain(columns.iter().map(|(heading, _)| (*heading, Align::Right)))
		.collect();
	let row = |(index, input): (usize, &Input)| {
		let value = |values: &Option<&[i32]>| {
			let value = values.and_then(|values| values.get(index));
			value.map_or("unknown".into(), i32::to_string)
		};
		let mut row = vec![name(&input.feature), input.unit.to_string()];
		row.extend(columns.iter().map(|(_, values)| value(values)));
		row
	};
	ui.table(&headings, &inputs.iter().enumerate().map(row).collect::<Vec<_>>());
}

/// How answers are read, in words.
pub(crate) fn describe_decision(decision: Decision) -> String {
	match decision {
		Decision::Label(label) => format!("aye for label {label}, else nay"),
		Decision::Passed => "aye where the threshold is reached; there is no nay".into(),
		Decision::AtLeast { index, least } => {
			format!("aye where value {index} is at least {least}, else nay")
		},
	}
}

/// How answers are read, in words.
pub(crate) fn describe_motion(motion: &Motion) -> String {
	match motion {
		Motion::Steps(steps) => {
			let steps = steps.iter().map(|step| format!("{step:+}")).collect::<Vec<_>>();
			format!("by {}, for each label", steps.join(", "))
		},
		Motion::Value { index, unit } => format!("to value {index}, times {unit}"),
	}
}

/// A reward in words.
pub(crate) fn describe_reward(reward: u128) -> String {
	match reward {
		0 => "none".into(),
		reward => format!("{} for the first proof", fee(reward)),
	}
}

/// Inputs for programs. Amounts are text, in the smallest unit.
fn inputs_json(inputs: &[Input]) -> Vec<Value> {
	let json = |Input { feature, unit }: &Input| {
		let mut value = json!({ "feature": name(feature), "unit": unit.to_string() });
		match feature {
			Feature::ProposerReputation(area) => {
				value["feature"] = "proposer_reputation".into();
				value["area"] = (*area).into();
			},
			Feature::Reported { by, key } => {
				value["feature"] = "reported".into();
				value["by"] = address(by).into();
				value["key"] = (*key).into();
			},
			_ => {},
		}
		value
	};
	inputs.iter().map(json).collect()
}

/// A delegate's terms for programs.
pub(crate) fn delegate_json(terms: &DelegateTerms) -> Value {
	json!({
		"inputs": inputs_json(&terms.inputs),
		"decision": match terms.decision {
			Decision::Label(label) => json!({ "label": label }),
			Decision::Passed => json!("passed"),
			Decision::AtLeast { index, least } => {
				json!({ "at_least": { "index": index, "least": least } })
			},
		},
		"reward": terms.reward.to_string(),
		"snapshots": terms.snapshots,
		"interval": terms.interval,
	})
}

/// The terms on which a model moves a parameter, for programs.
pub(crate) fn binding_json(terms: &BindingTerms) -> Value {
	json!({
		"inputs": inputs_json(&terms.inputs),
		"motion": match &terms.motion {
			Motion::Steps(steps) => {
				let steps = steps.iter().map(i128::to_string).collect::<Vec<_>>();
				json!({ "steps": steps })
			},
			Motion::Value { index, unit } => {
				json!({ "value": { "index": index, "unit": unit.to_string() } })
			},
		},
		"floor": terms.floor.to_string(),
		"ceiling": terms.ceiling.to_string(),
		"max_step": terms.max_step.to_string(),
		"period": terms.period,
		"validity": terms.validity,
		"reward": terms.reward.to_string(),
	})
}
