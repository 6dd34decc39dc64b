//! The block of each operator.

use super::{
	difference_bits, hull,
	rounding::{at_least, at_most, rounding, Rounding},
	text::{list, Statement, PLACE},
	Writer,
};
use crate::{
	ops::{
		Clamp, Conv, Dense, Extreme, Linear, Place, Requantize, Select, Sliding, Slopes, Sum,
		Windows,
	},
	plan::Plan,
	show_shape, Bounds, ModelError,
};

/// Windows over an image of two dimensions; one of one dimension is a row.
struct Planar {
	image: [usize; 2],
	kernel: [usize; 2],
	strides: [usize; 2],
	before: [usize; 2],
	after: [usize; 2],
	dilations: [usize; 2],
}

impl Planar {
	fn new(sliding: &Sliding) -> Option<Self> {
		let two = |sizes: &[usize], other: usize| match *sizes {
			[across] => Some([other, across]),
			[down, across] => Some([down, across]),
			_ => None,
		};
		Some(Self {
			image: two(&sliding.image, 1)?,
			kernel: two(&sliding.kernel, 1)?,
			strides: two(&sliding.strides, 1)?,
			before: two(&sliding.before, 0)?,
			after: two(&sliding.after, 0)?,
			dilations: two(&sliding.dilations, 1)?,
		})
	}

	/// Height and width of what the windows give.
	fn output(&self) -> [usize; 2] {
		[0, 1].map(|axis| {
			let padded = self.image[axis] + self.before[axis] + self.after[axis];
			let reach = self.dilations[axis] * (self.kernel[axis] - 1) + 1;
			(padded - reach) / self.strides[axis] + 1
		})
	}

	/// Channels and sizes of the image.
	fn planes(&self, channels: usize) -> String {
		format!("{channels}, {}, {}", self.image[0], self.image[1])
	}

	/// Strides, padding and dilations.
	fn steps(&self) -> String {
		let pads = self.before.into_iter().chain(self.after);
		format!("{}, {}, {}", list(self.strides), list(pads), list(self.dilations))
	}
}

impl Writer<'_> {
	/// Writes the block of a node.
	pub(super) fn node(&mut self, index: usize) -> Result<(), ModelError> {
		let graph = self.graph;
		let node = &graph.nodes[index];
		let name = self.names.take(&node.name, node.op.name());
		let Bounds { lo, hi } = hull(&graph.bounds[index + 1]);
		self.line("");
		self.comment(&format!(
			"{}: {}, {}, {lo} to {hi}.",
			node.name,
			node.op.name(),
			show_shape(&node.shape)
		));
		let count = graph.bounds[index + 1].len();
		let inputs: Vec<String> =
			node.inputs.iter().map(|&tensor| self.tensors[tensor].clone()).collect();
		let op = node.op.as_any();
		let what = if let Some(op) = op.downcast_ref::<Linear<Dense>>() {
			self.dense(&name, &inputs[0], op);
			None
		} else if let Some(op) = op.downcast_ref::<Linear<Conv>>() {
			self.convolution(&name, &inputs[0], op)
		} else if let Some(op) = op.downcast_ref::<Linear<Sum>>() {
			self.sum(&name, &inputs, op);
			None
		} else if let Some(op) = op.downcast_ref::<Linear<Windows>>() {
			self.windows(&name, &inputs[0], op);
			None
		} else if let Some(op) = op.downcast_ref::<Select>() {
			self.select(&name, &inputs, op);
			None
		} else if let Some(op) = op.downcast_ref::<Requantize>() {
			self.requantize(&name, &inputs[0], node.inputs[0], op)
		} else if let Some(op) = op.downcast_ref::<Slopes>() {
			self.slopes(&name, &inputs[0], node.inputs[0], op);
			None
		} else if let Some(op) = op.downcast_ref::<Extreme>() {
			self.extreme(&name, &inputs[0], node.inputs[0], op);
			None
		} else if let Some(op) = op.downcast_ref::<Clamp>() {
			self.clamp(&name, &inputs[0], node.inputs[0], op);
			None
		} else {
			Some("there is no template for it")
		};
		debug_assert!(count > 0);
		self.tensors.push(name);
		match what {
			None => Ok(()),
			Some(what) => Err(ModelError::Circom {
				node: node.name.clone(),
				what: format!("{} ({what})", node.op.name()),
			}),
		}
	}

	/// Declares a tensor, and writes a loop over its elements.
	fn elements(&mut self, name: &str, statements: Vec<Statement>) {
		self.line(format!("signal {name}[{}];", statements.len()));
		self.each(name, statements);
	}

	fn dense(&mut self, name: &str, x: &str, Linear { taps, bias }: &Linear<Dense>) {
		self.uses("dense.circom");
		let Dense { rows, inputs, outputs, weights } = taps;
		let (weights_of, bias_of) = (format!("{name}_weights"), format!("{name}_bias"));
		let matrices: Vec<String> = weights
			.chunks(inputs * outputs)
			.map(|matrix| list(matrix.chunks(*inputs).map(list)))
			.collect();
		let biases: Vec<String> = bias.chunks(*outputs).map(list).collect();
		if *rows == 1 {
			self.function(&weights_of, &matrices[0]);
			self.function(&bias_of, &biases[0]);
			self.line(format!(
				"signal {name}[{outputs}] <== Dense({inputs}, {outputs}, {weights_of}(), {bias_of}())({x});"
			));
			return;
		}
		self.function(&weights_of, &list(&matrices));
		self.function(&bias_of, &list(&biases));
		let count = matrices.len();
		let matrix = match count {
			1 => "0".into(),
			count if count == *rows => "i".into(),
			count => format!("i * {count} \\ {rows}"),
		};
		let (w, b) = (format!("{name}_w"), format!("{name}_b"));
		for line in [
			format!("var {w}[{count}][{outputs}][{inputs}] = {weights_of}();"),
			format!("var {b}[{rows}][{outputs}] = {bias_of}();"),
			format!("component {name}_rows[{rows}];"),
			format!("signal {name}[{}];", rows * outputs),
			format!("for (var i = 0; i < {rows}; i++) {{"),
			format!("    {name}_rows[i] = Dense({inputs}, {outputs}, {w}[{matrix}], {b}[i]);"),
			format!("    for (var j = 0; j < {inputs}; j++) {{"),
			format!("        {name}_rows[i].in[j] <== {x}[i * {inputs} + j];"),
			"    }".into(),
			format!("    for (var j = 0; j < {outputs}; j++) {{"),
			format!("        {name}[i * {outputs} + j] <== {name}_rows[i].out[j];"),
			"    }".into(),
			"}".into(),
		] {
			self.line(line);
		}
	}

	fn convolution(
		&mut self,
		name: &str,
		x: &str,
		Linear { taps, bias }: &Linear<Conv>,
	) -> Option<&'static str> {
		const DIMENSIONS: &str = "there is a template for one image of one or two dimensions";
		let sliding = taps.sliding.as_ref().filter(|_| taps.batch == 1);
		let Some(planar) = sliding.and_then(Planar::new) else { return Some(DIMENSIONS) };
		self.uses("conv2d.circom");
		self.uses("image.circom");
		let (channels, filters, groups) = taps.channels;
		let places = taps.windows.len();
		let ([height, width], kernel) = (planar.output(), planar.kernel);
		debug_assert_eq!(height * width, places);
		let filter: Vec<String> = taps
			.weights
			.chunks(channels / groups * kernel[0] * kernel[1])
			.map(|filter| {
				let channels = filter.chunks(kernel[0] * kernel[1]);
				list(channels.map(|channel| list(channel.chunks(kernel[1]).map(list))))
			})
			.collect();
		let (weights_of, bias_of) = (format!("{name}_weights"), format!("{name}_bias"));
		self.function(&weights_of, &list(&filter));
		if !bias.chunks(places).all(|channel| channel.iter().all(|b| *b == channel[0])) {
			return Some("its bias differs within a channel");
		}
		let per_filter = list(bias.chunks(places).map(|channel| channel[0]));
		self.function(&bias_of, &per_filter);
		let total = filters * places;
		let planes = planar.planes(channels);
		for line in [
			format!("signal {name}[{total}] <== Flat({filters}, {height}, {width})(Conv2d("),
			format!("    [{planes}], {filters}, {groups}, {}, {},", list(kernel), planar.steps()),
			format!("    {weights_of}(), {bias_of}()"),
			format!(")(Image({planes})({x})));"),
		] {
			self.line(line);
		}
		None
	}

	fn sum(&mut self, name: &str, inputs: &[String], Linear { taps, bias }: &Linear<Sum>) {
		let statement = |(output, &bias): (usize, &i64)| {
			let mut text = Vec::new();
			let mut values = Vec::new();
			for (input, term) in taps.terms.iter().enumerate() {
				let element = term.places.as_ref().map_or(output, |places| places[output]);
				let (x, factor) = (&inputs[input], term.factors.at(output));
				let (factor_of, place_of) = (format!("factor{input}"), format!("{PLACE}{input}"));
				text.push(match factor {
					1 => format!("{x}[{{{place_of}}}]"),
					_ => format!("{{{factor_of}}} * {x}[{{{place_of}}}]"),
				});
				if factor != 1 {
					values.push((factor_of, factor));
				}
				values.push((place_of, element as i64));
			}
			if bias != 0 {
				text.push("{addend}".into());
				values.push(("addend".into(), bias));
			}
			// Circom's own stack does not take expressions of many terms.
			let text = match text.len() {
				0..=SHORT => format!("{name}[{{i}}] <== {};", text.join(" + ")),
				_ => format!("{{ var sum = {}; {name}[{{i}}] <== sum; }}", text.join("; sum += ")),
			};
			let values = values.into_iter();
			values.fold(Statement::new(text), |text, (name, value)| text.with(name, value))
		};
		self.elements(name, bias.iter().enumerate().map(statement).collect());
	}

	fn windows(&mut self, name: &str, x: &str, Linear { taps, bias }: &Linear<Windows>) {
		let count = taps.windows.len();
		let longest = taps.windows.iter().map(Vec::len).max().unwrap_or_default().max(1);
		// Shorter windows are filled up with places that are not looked at.
		let filled = |window: &Vec<u32>| {
			list(window.iter().copied().chain(std::iter::repeat(0)).take(longest))
		};
		let windows: Vec<String> = taps.windows.iter().map(filled).collect();
		let sizes: Vec<usize> = taps.windows.iter().map(Vec::len).collect();
		for line in [
			format!("var {name}_windows[{count}][{longest}] = {};", list(windows)),
			format!("var {name}_sizes[{count}] = {};", list(sizes)),
			format!("var {name}_bias[{count}] = {};", list(bias)),
			format!("signal {name}[{count}];"),
			format!("for (var i = 0; i < {count}; i++) {{"),
			format!("    var sum = {name}_bias[i];"),
			format!("    for (var j = 0; j < {name}_sizes[i]; j++) {{"),
			format!("        sum += {x}[{name}_windows[i][j]];"),
			"    }".into(),
			format!("    {name}[i] <== sum;"),
			"}".into(),
		] {
			self.line(line);
		}
	}

	fn select(&mut self, name: &str, inputs: &[String], op: &Select) {
		let statement = |place: &Place| match *place {
			Place::Input { input, element } => {
				let x = &inputs[input as usize];
				Statement::new(format!("{name}[{{i}}] <== {x}[{{from}}];"))
					.with("from", element.into())
			},
			Place::Constant(value) => {
				Statement::new(format!("{name}[{{i}}] <== {{constant}};")).with("constant", value)
			},
		};
		self.elements(name, op.places.iter().map(statement).collect());
	}

	/// `name[i] <== …` with `{in}` for the element of a tensor.
	fn assigned(name: &str, x: &str, expression: Statement) -> Statement {
		Statement::new(format!("{name}[{{i}}] <== {{inner}};"))
			.around(expression)
			.reading(&format!("{x}[{{i}}]"))
	}

	fn requantize(
		&mut self,
		name: &str,
		x: &str,
		tensor: usize,
		op: &Requantize,
	) -> Option<&'static str> {
		let graph = self.graph;
		let mut tables: Vec<&Plan> = Vec::new();
		let mut statements = Vec::new();
		for (case, &bounds) in op.elements().zip(&graph.bounds[tensor]) {
			let expression = match rounding(&case.plan, bounds) {
				Rounding::Is(expression) => expression,
				Rounding::None(what) => return Some(what),
				Rounding::Table => {
					let Plan::Table(table) = &case.plan else { return Some("a table") };
					let number = match tables.iter().position(|&other| *other == case.plan) {
						Some(number) => number,
						None => {
							tables.push(&case.plan);
							let function = format!("{name}_table{}", tables.len());
							self.function(&function, &list(table.values()));
							tables.len() - 1
						},
					};
					self.uses("lookup.circom");
					let (lo, count) = (table.lo(), table.values().len());
					Statement::new(format!(
						"Lookup({lo}, {count}, {name}_table{}())({{in}})",
						number + 1
					))
				},
			};
			statements.push(Self::assigned(name, x, expression));
		}
		self.uses("requantize.circom");
		self.uses("relu.circom");
		self.elements(name, statements);
		None
	}

	fn slopes(&mut self, name: &str, x: &str, tensor: usize, op: &Slopes) {
		self.uses("relu.circom");
		let statement = |(element, bounds): (usize, &Bounds)| {
			let (below, above) = (op.negative.at(element), op.positive.at(element));
			let times = |factor: i64| Statement::new("{factor} * {in}").with("factor", factor);
			let bits = i64::from(bounds.signed_bits());
			let expression = match (below, above) {
				(_, 1) if bounds.lo >= 0 => Statement::new("{in}"),
				_ if bounds.lo >= 0 => times(above),
				_ if bounds.hi <= 0 => times(below),
				(0, 1) => Statement::new("Relu({bits})({in})").with("bits", bits),
				_ => Statement::new("Slopes({bits}, {below}, {above})({in})")
					.with("bits", bits)
					.with("below", below)
					.with("above", above),
			};
			Self::assigned(name, x, expression)
		};
		let statements = self.bounds(tensor).iter().enumerate().map(statement).collect();
		self.elements(name, statements);
	}

	fn clamp(&mut self, name: &str, x: &str, tensor: usize, op: &Clamp) {
		self.uses("relu.circom");
		let ends = op.lo.iter().zip(&op.hi);
		let statement = |(&bounds, (&lo, &hi)): (&Bounds, (&i64, &i64))| {
			let (raised, bounds) = at_least(Statement::new("{in}"), bounds, lo);
			Self::assigned(name, x, at_most(raised, bounds, hi).0)
		};
		let statements = self.bounds(tensor).iter().zip(ends).map(statement).collect();
		self.elements(name, statements);
	}

	fn extreme(&mut self, name: &str, x: &str, tensor: usize, op: &Extreme) {
		self.uses("max_pool.circom");
		let looked_at = op.windows.iter().flatten();
		let bounds: Vec<Bounds> =
			looked_at.map(|&element| self.bounds(tensor)[element as usize]).collect();
		let bits = difference_bits(&bounds);
		if self.pooled_image(name, x, tensor, op, bits) {
			return;
		}
		let template = if op.smallest { "Smallest" } else { "Largest" };
		let statement = |window: &Vec<u32>| {
			if let [element] = window.as_slice() {
				return Statement::new(format!("{name}[{{i}}] <== {x}[{{from}}];"))
					.with("from", (*element).into());
			}
			// A gap for each place of a window, as long as there are names for them.
			let gaps: Vec<&'static str> = GAPS.iter().copied().take(window.len()).collect();
			let places = window.iter().enumerate().map(|(place, element)| match gaps.get(place) {
				Some(gap) => format!("{x}[{{{gap}}}]"),
				None => format!("{x}[{element}]"),
			});
			let statement = Statement::new(format!(
				"{name}[{{i}}] <== {template}({}, {bits})([{}]);",
				window.len(),
				places.collect::<Vec<_>>().join(", ")
			));
			let values = gaps.into_iter().zip(window);
			values.fold(statement, |statement, (gap, &element)| statement.with(gap, element.into()))
		};
		self.elements(name, op.windows.iter().map(statement).collect());
	}

	/// Windows that slide over the channels of an image.
	fn pooled_image(
		&mut self,
		name: &str,
		x: &str,
		tensor: usize,
		op: &Extreme,
		bits: u32,
	) -> bool {
		let sliding = op.sliding.as_ref().filter(|_| !op.smallest);
		let Some(planar) = sliding.and_then(Planar::new) else { return false };
		let (image, count) = (planar.image, op.windows.len());
		let channels = self.bounds(tensor).len() / (image[0] * image[1]);
		let [height, width] = planar.output();
		if channels * height * width != count {
			return false;
		}
		self.uses("image.circom");
		let (planes, kernel) = (planar.planes(channels), list(planar.kernel));
		for line in [
			format!("signal {name}[{count}] <== Flat({channels}, {height}, {width})(MaxPool2d("),
			format!("    [{planes}], {kernel}, {}, {bits}", planar.steps()),
			format!(")(Image({planes})({x})));"),
		] {
			self.line(line);
		}
		true
	}
}

/// Terms of a sum in one expression.
const SHORT: usize = 4;

/// Names for the places of a window.
const GAPS: [&str; 9] =
	["from1", "from2", "from3", "from4", "from5", "from6", "from7", "from8", "from9"];
