//! A bar chart of constraints by layer, as an SVG file.

use crate::ui::grouped;
use std::fmt::Write;
use zkml_circuits::Layer;

/// Units of the picture, which scales to any size.
const WIDTH: usize = 880;
const LABELS: usize = 300;
const BARS: usize = 420;
const ROW: usize = 24;
const TOP: usize = 64;

/// Characters of a label that fit beside the bars.
const LABEL: usize = 40;

/// Text as it may stand in XML 1.0, in content and in attributes.
pub fn escape(text: &str) -> String {
	let mut escaped = String::with_capacity(text.len());
	for character in text.chars() {
		match character {
			'&' => escaped.push_str("&amp;"),
			'<' => escaped.push_str("&lt;"),
			'>' => escaped.push_str("&gt;"),
			'"' => escaped.push_str("&quot;"),
			'\'' => escaped.push_str("&#39;"),
			'\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
			other if other.is_control() => escaped.push('\u{fffd}'),
			other => escaped.push(other),
		}
	}
	escaped
}

/// The start of a text that is too long.
fn shortened(text: &str) -> String {
	if text.chars().count() <= LABEL {
		return text.into();
	}
	text.chars().take(LABEL - 1).chain(['…']).collect()
}

/// Draws the layers that have constraints.
pub fn constraints(title: &str, layers: &[Layer]) -> String {
	let total: usize = layers.iter().map(|layer| layer.constraints).sum();
	let drawn: Vec<&Layer> = layers.iter().filter(|layer| layer.constraints > 0).collect();
	let largest = drawn.iter().map(|layer| layer.constraints).max().unwrap_or(1);
	let height = TOP + drawn.len() * ROW + 40;
	let title = escape(title);
	let mut svg = format!(
		r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" aria-labelledby="title description">
<title id="title">Constraints by layer of {title}</title>
<desc id="description">Horizontal bars, one for each layer that has constraints, in the order of evaluation; {} in all.</desc>
<style>
svg {{ color-scheme: light dark; font: 13px system-ui, sans-serif; }}
.page {{ fill: #ffffff; }}
text {{ fill: #1b1f24; }}
.quiet {{ fill: #57606a; }}
.bar {{ fill: #2f6fb5; }}
.axis {{ stroke: #8c959f; }}
@media (prefers-color-scheme: dark) {{
.page {{ fill: #14181d; }}
text {{ fill: #e6edf3; }}
.quiet {{ fill: #9aa4af; }}
.bar {{ fill: #6cb0f5; }}
.axis {{ stroke: #6e7681; }}
}}
</style>
<rect class="page" width="{WIDTH}" height="{height}"/>
<text x="16" y="26" font-size="16" font-weight="600">Constraints by layer</text>
<text class="quiet" x="16" y="46">{}</text>
"#,
		grouped(total as u64),
		summary(layers, total),
	);
	for (index, layer) in drawn.iter().enumerate() {
		let y = TOP + index * ROW;
		let width = (layer.constraints * BARS) as f64 / largest as f64;
		let label = escape(&shortened(&format!("{} · {}", layer.name, layer.op)));
		let share = layer.constraints as f64 * 100.0 / total.max(1) as f64;
		let (middle, end) = (y + 16, LABELS as f64 + width + 6.0);
		let number = grouped(layer.constraints as u64);
		let full = escape(&format!("{} · {}", layer.name, layer.op));
		let _ = writeln!(
			svg,
			r#"<g><title>{full}: {number}</title><text x="{}" y="{middle}" text-anchor="end">{label}</text><rect class="bar" x="{LABELS}" y="{}" width="{width:.1}" height="{}" rx="2"/><text class="quiet" x="{end:.1}" y="{middle}">{number} ({share:.1} %)</text></g>"#,
			LABELS - 8,
			y + 4,
			ROW - 8,
		);
	}
	let bottom = TOP + drawn.len() * ROW;
	let _ = writeln!(
		svg,
		r#"<line class="axis" x1="{LABELS}" y1="{TOP}" x2="{LABELS}" y2="{bottom}"/>
<text class="quiet" x="16" y="{}">{title}</text>
</svg>"#,
		bottom + 26,
	);
	svg
}

/// What stands under the heading.
fn summary(layers: &[Layer], total: usize) -> String {
	let without = layers.iter().filter(|layer| layer.constraints == 0).count();
	let rest = match without {
		0 => String::new(),
		1 => "; 1 layer has none".into(),
		count => format!("; {count} layers have none"),
	};
	format!("{} in {} layers{rest}", grouped(total as u64), layers.len())
}

#[cfg(test)]
mod tests {
	use super::*;

	fn layer(name: &str, constraints: usize) -> Layer {
		Layer {
			name: name.into(),
			op: "requantize".into(),
			shape: vec![1],
			multiply_adds: 0,
			constraints,
			wires: 0,
			non_zeros: [0; 3],
			bits: 8,
			rounding: None,
		}
	}

	#[test]
	fn names_cannot_leave_their_place() {
		let svg = constraints("a<b>&\"'\u{1b}", &[layer("</text><script>", 3), layer("quiet", 0)]);
		assert!(!svg.contains("<script>") && !svg.contains('\u{1b}'), "{svg}");
		assert!(svg.contains("a&lt;b&gt;&amp;&quot;&#39;\u{fffd}"), "{svg}");
		assert!(svg.contains("1 layer has none"), "{svg}");
	}

	#[test]
	fn bars_are_as_long_as_their_share_of_the_largest() {
		let svg = constraints("m", &[layer("one", 1_000), layer("two", 250)]);
		assert!(svg.contains("width=\"420.0\"") && svg.contains("width=\"105.0\""), "{svg}");
		assert!(svg.contains("1,000 (80.0 %)") && svg.contains("1,250 in 2 layers"), "{svg}");
		let nothing = constraints("m", &[]);
		assert!(nothing.ends_with("</svg>\n"));
	}
}
