//! A model as a readable program in Circom, put together from the templates in `circuits/circom`.
//!
//! Its statement is that of the compiled circuit, signal for signal, so that a proof of either is
//! understood by the same chain; wires and constraints are others, so that keys are, too. What each
//! template proves stands above it; the rules by which programs are written stand in the README of
//! that folder.

mod blocks;
mod rounding;
mod text;

use crate::{graph::Graph, options::Extras, signal::Bounds, Assignment, Element, ModelError};
use ark_ff::PrimeField;
use serde_json::{json, Map, Value};
use std::collections::BTreeSet;
use text::{loops, wrap, Names, Statement};
use zkml_primitives::{InputVisibility, Interface, OutputKind, Packing, WeightsVisibility};

macro_rules! templates {
	($($name:literal),*) => {
		&[$(($name, include_str!(concat!("../../circom/", $name)))),*]
	};
}

/// The templates that programs include: names of files, and their text.
pub const TEMPLATES: &[(&str, &str)] = templates!(
	"arg_max.circom",
	"commitment.circom",
	"compare.circom",
	"conv2d.circom",
	"dense.circom",
	"image.circom",
	"is_zero.circom",
	"lookup.circom",
	"max_pool.circom",
	"packing.circom",
	"range.circom",
	"relu.circom",
	"requantize.circom",
	"threshold.circom",
	"window.circom"
);

/// The folder of the templates, beside the program.
pub const FOLDER: &str = "zkml";

/// The program's input that takes the context.
pub const CONTEXT: &str = "context";

/// What stands in a program that needs a package of npm, circomlib.
pub const FROM_CIRCOMLIB: &str = "commitment.circom";

/// Writes a model as a program. `about` are the lines of the comment that it begins with.
///
/// # Errors
/// [`ModelError::Circom`] if there is no template for an operator, for what the model shows or for
/// what it hides.
pub fn program(
	graph: &Graph,
	interface: &Interface,
	about: &[String],
) -> Result<String, ModelError> {
	let mut writer = Writer {
		graph,
		names: Names::default(),
		tensors: Vec::new(),
		templates: BTreeSet::new(),
		functions: Vec::new(),
		body: Vec::new(),
	};
	writer.signals(interface)?;
	writer.input(interface);
	for index in 0..graph.nodes.len() {
		writer.node(index)?;
	}
	writer.output(interface)?;
	Ok(writer.finish(about, interface))
}

/// What the program takes as its `input.json`, for a witness of the compiled circuit. It holds the
/// context.
///
/// # Panics
/// If the witness is of another interface.
pub fn program_input(
	input: &[i64],
	assignment: &Assignment,
	interface: &Interface,
	extras: &Extras<'_>,
) -> Value {
	let decimal = |bytes: &[u8; 32]| Element::from_le_bytes_mod_order(bytes).to_string();
	let signals: Vec<String> = assignment.statement.signals().iter().map(decimal).collect();
	let counts = interface.counts();
	let computed =
		counts.output + counts.input_commitment + counts.membership + counts.weights_commitment;
	let (_, given) = signals.split_at(computed as usize);
	let (parameters, given) = given.split_at(counts.parameters as usize);
	let (context, words) = given.split_at(counts.context as usize);
	let mut all = Map::new();
	if let [threshold] = parameters {
		all.insert("threshold".into(), json!(threshold));
	}
	if let [context] = context {
		all.insert(CONTEXT.into(), json!(context));
	}
	if !words.is_empty() {
		all.insert("inputWords".into(), json!(words));
	}
	let numbers: Vec<String> = input.iter().map(ToString::to_string).collect();
	all.insert("in".into(), json!(numbers));
	if let (InputVisibility::Committed { .. }, Some(salt)) = (&interface.input, extras.input_salt) {
		all.insert("inputSalt".into(), json!(decimal(&salt.to_bytes())));
	}
	all.into()
}

/// A program under way.
struct Writer<'a> {
	graph: &'a Graph,
	names: Names,
	/// Of each tensor the array of signals.
	tensors: Vec<String>,
	/// Files that are included.
	templates: BTreeSet<&'static str>,
	/// Functions that hold constants.
	functions: Vec<String>,
	/// Lines of the template.
	body: Vec<String>,
}

/// The hull of bounds.
fn hull(bounds: &[Bounds]) -> Bounds {
	let first = bounds.first().copied().unwrap_or(Bounds::constant(0));
	bounds.iter().fold(first, |hull, &bounds| hull.hull(bounds))
}

/// A line of a comment, whatever the text is.
fn comment(text: &str) -> String {
	let shown = |c: char| if c.is_ascii_graphic() || c.is_alphanumeric() { c } else { ' ' };
	format!("// {}", text.chars().map(shown).collect::<String>().trim_end())
}

/// Bits of the difference of any two integers within bounds.
fn difference_bits(bounds: &[Bounds]) -> u32 {
	let Bounds { lo, hi } = hull(bounds);
	Bounds { lo: lo - hi, hi: hi - lo }.signed_bits().max(2)
}

impl Writer<'_> {
	/// Includes a file, for a template of it.
	fn uses(&mut self, template: &'static str) {
		self.templates.insert(template);
	}

	fn line(&mut self, line: impl Into<String>) {
		self.body.push(line.into());
	}

	/// A comment. What names of a model hold ends no line.
	fn comment(&mut self, text: &str) {
		self.line(comment(text));
	}

	/// One loop, or several, over the elements of a tensor.
	fn each(&mut self, name: &str, statements: Vec<Statement>) {
		let lines = loops(name, statements);
		self.body.extend(lines);
	}

	/// A function that returns a constant.
	fn function(&mut self, name: &str, constant: &str) {
		self.functions.push(format!(
			"function {name}() {{\n{}\n}}",
			wrap(&format!("    return {constant};"))
		));
	}

	fn bounds(&self, tensor: usize) -> &[Bounds] {
		&self.graph.bounds[tensor]
	}

	/// Declares the program's signals in the order of the statement.
	fn signals(&mut self, interface: &Interface) -> Result<(), ModelError> {
		if let WeightsVisibility::Committed(_) = interface.weights {
			return Err(ModelError::Circom {
				node: "weights".into(),
				what: "there are templates for public weights only".into(),
			});
		}
		if let InputVisibility::Member { .. } = interface.input {
			return Err(ModelError::Circom {
				node: self.graph.input.name.clone(),
				what: "there is no template for membership in a tree".into(),
			});
		}
		let counts = interface.counts();
		self.comment("Public, in the order of the statement.");
		if counts.output > 0 {
			self.line(format!("signal output outputWords[{}];", counts.output));
		}
		if counts.input_commitment > 0 {
			self.line("signal output inputCommitment;");
		}
		if counts.parameters > 0 {
			self.line("signal input threshold;");
		}
		self.comment(
			"Ties the proof to one place, one account, one moment. In no constraint, by design.",
		);
		self.line(format!("signal input {CONTEXT};"));
		if counts.input > 0 {
			self.line(format!("signal input inputWords[{}];", counts.input));
		}
		self.comment("Private.");
		self.line(format!("signal input in[{}];", self.bounds(0).len()));
		if counts.input_commitment > 0 {
			self.line("signal input inputSalt;");
		}
		Ok(())
	}

	/// Range checks of the input, and its words or its commitment.
	fn input(&mut self, interface: &Interface) {
		self.tensors.push("in".into());
		let bounds = self.bounds(0).to_vec();
		let Bounds { lo, hi } = hull(&bounds);
		self.line("");
		self.comment(&format!(
			"{}: {}, {lo} to {hi}.",
			self.graph.input.name,
			crate::show_shape(&self.graph.input.shape)
		));
		self.uses("range.circom");
		let check = |bounds: &Bounds| match bounds.lo == bounds.hi {
			true => Statement::new("in[{i}] === {value};").with("value", bounds.lo),
			false => Statement::new("Range({least}, {most})(in[{i}]);")
				.with("least", bounds.lo)
				.with("most", bounds.hi),
		};
		self.each("in", bounds.iter().map(check).collect());
		match &interface.input {
			// Of members `signals` refused to write.
			InputVisibility::Private | InputVisibility::Member { .. } => {},
			InputVisibility::Public(tensor) => {
				let Packing { width, count, offset } = tensor.packing;
				self.uses("packing.circom");
				self.line(format!("CheckPacked({count}, {width}, {offset})(in, inputWords);"));
			},
			InputVisibility::Committed { schema } => {
				self.uses(FROM_CIRCOMLIB);
				let width = crate::interface::width(&bounds);
				let schema = Element::from_le_bytes_mod_order(&schema.0);
				let count = bounds.len();
				self.line(format!("signal in_lifted[{count}];"));
				let lifted = |bounds: &Bounds| match bounds.lo {
					0 => Statement::new("in_lifted[{i}] <== in[{i}];"),
					lo => {
						Statement::new("in_lifted[{i}] <== in[{i}] - ({least});").with("least", lo)
					},
				};
				self.each("in_lifted", bounds.iter().map(lifted).collect());
				self.line(format!(
					"inputCommitment <== InputCommitment({schema}, {count}, {width}, 0)(in_lifted, inputSalt);"
				));
			},
		}
	}

	/// What is shown of the output.
	fn output(&mut self, interface: &Interface) -> Result<(), ModelError> {
		let graph = self.graph;
		let (tensor, name) = (graph.output.tensor, graph.output.name.clone());
		let logits = self.tensors[tensor].clone();
		let bounds = self.bounds(tensor).to_vec();
		let none = |what: &str| ModelError::Circom { node: name.clone(), what: what.into() };
		self.line("");
		match interface.output {
			OutputKind::Logits(tensor) => {
				let Packing { width, count, offset } = tensor.packing;
				self.uses("packing.circom");
				self.comment(&format!("{name}: {count} of {width} bits from {offset} on."));
				self.line(format!("outputWords <== Pack({count}, {width}, {offset})({logits});"));
			},
			OutputKind::Argmax { classes } => {
				self.comment(&format!("{name}: which of {classes} is largest."));
				if classes < 2 {
					self.line("outputWords[0] <== 0;");
				} else {
					self.uses("arg_max.circom");
					let bits = difference_bits(&bounds);
					self.line(format!("outputWords[0] <== ArgMax({classes}, {bits})({logits});"));
				}
			},
			OutputKind::Threshold { score, .. } => {
				let Packing { width, offset, .. } = score.packing;
				self.uses("threshold.circom");
				let score = match bounds.len() {
					1 => format!("{logits}[0]"),
					_ => format!("{logits}[1] - {logits}[0]"),
				};
				self.comment(&format!("{name}: the score has {width} bits from {offset} on."));
				self.line(format!("Threshold({width}, {offset})({score}, threshold);"));
			},
			OutputKind::TopK { .. } => return Err(none("there is no template for the top k")),
			OutputKind::MaskedArgmax { .. } => {
				return Err(none("there is no template for a masked argmax"))
			},
			OutputKind::Raw { .. } => return Err(none("it is a circuit of Circom already")),
		}
		Ok(())
	}

	/// The text of the program.
	fn finish(self, about: &[String], interface: &Interface) -> String {
		let counts = interface.counts();
		let mut text = String::new();
		let mut line = |line: &str| {
			text.push_str(line.trim_end());
			text.push('\n');
		};
		about.iter().for_each(|about| line(&comment(about)));
		line("pragma circom 2.1.0;");
		line("");
		for template in &self.templates {
			line(&format!("include \"{FOLDER}/{template}\";"));
		}
		for function in &self.functions {
			line("");
			line(function);
		}
		line("");
		line("template Model() {");
		for part in &self.body {
			line(&wrap(&format!("    {part}")));
		}
		line("}");
		line("");
		let mut public = Vec::new();
		public.extend((counts.parameters > 0).then_some("threshold"));
		public.push(CONTEXT);
		public.extend((counts.input > 0).then_some("inputWords"));
		line(&format!("component main {{public [{}]}} = Model();", public.join(", ")));
		text
	}
}
