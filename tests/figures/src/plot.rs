//! Charts, both axes of which are logarithmic.

use plotters::prelude::*;
pub use plotters::style::RGBColor;
use std::error::Error;

/// For what is compared with.
pub const GREY: RGBColor = RGBColor(0x57, 0x60, 0x6a);
/// For the second that is compared.
pub const ORANGE: RGBColor = RGBColor(0xc4, 0x62, 0x0c);
/// For ours.
pub const BLUE: RGBColor = RGBColor(0x2f, 0x6f, 0xb5);
/// For ours, done otherwise.
pub const GREEN: RGBColor = RGBColor(0x2a, 0x8a, 0x4a);
/// For the third that is compared.
pub const PURPLE: RGBColor = RGBColor(0x8a, 0x4f, 0xa8);

/// Units of a chart in the picture, which scales to any size.
const SIZE: (u32, u32) = (500, 440);
/// What of its height is for lines.
const HEIGHT: f64 = 320.0;
/// The height of a line's name.
const NAME: f64 = 21.0;
const FONT: &str = "sans-serif";

/// A line: its name, its colour and its points, from left to right.
#[derive(Clone, Debug)]
pub struct Line {
	/// What it is of.
	pub name: &'static str,
	/// Its colour.
	pub colour: RGBColor,
	/// All above 0.
	pub points: Vec<(f64, f64)>,
}

/// A chart.
#[derive(Clone, Debug)]
pub struct Chart {
	/// What it shows.
	pub title: &'static str,
	/// What is along the axes, with units.
	pub axes: [&'static str; 2],
	/// How a place on the first axis is written.
	pub place: fn(f64) -> String,
	/// Those without points are left out.
	pub lines: Vec<Line>,
}

/// Draws charts, two in a row, as an SVG file.
///
/// # Errors
/// Where a chart cannot be drawn.
pub fn draw(charts: &[Chart]) -> Result<String, Box<dyn Error>> {
	let rows = charts.len().div_ceil(2);
	let mut svg = String::new();
	{
		let size = (SIZE.0 * 2, SIZE.1 * rows as u32);
		let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
		area.fill(&WHITE)?;
		for (area, chart) in area.split_evenly((rows, 2)).iter().zip(charts) {
			chart.draw(area).map_err(|error| error.to_string())?;
		}
		area.present()?;
	}
	Ok(svg)
}

/// Numbers between two that are easy to read: all of 1, 2 and 5 with zeros, or of more than two
/// decades those of 1.
fn ticks(bottom: f64, top: f64) -> Vec<f64> {
	let digits: &[i32] = if top / bottom > 100.0 { &[1] } else { &[1, 2, 5] };
	let decades = bottom.log10().floor() as i32..=top.log10().ceil() as i32;
	// By a division, whose result has no digits that the quotient does not.
	let number = |digit: i32, decade: i32| match decade {
		0.. => f64::from(digit) * 10f64.powi(decade),
		_ => f64::from(digit) / 10f64.powi(-decade),
	};
	let all = decades.flat_map(|decade| digits.iter().map(move |&digit| number(digit, decade)));
	all.filter(|tick| (bottom..top).contains(tick)).collect()
}

impl Chart {
	fn draw<'a>(
		&self,
		area: &DrawingArea<SVGBackend<'a>, plotters::coord::Shift>,
	) -> Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>> {
		let lines: Vec<&Line> = self.lines.iter().filter(|line| !line.points.is_empty()).collect();
		let points = || lines.iter().flat_map(|line| line.points.iter().copied());
		let mut xs: Vec<f64> = points().map(|(x, _)| x).collect();
		xs.sort_by(f64::total_cmp);
		xs.dedup();
		let [left, right] = [xs.first(), xs.last()].map(|x| x.copied().unwrap_or(1.0));
		let least = points().map(|(_, y)| y).fold(f64::MAX, f64::min);
		let most = points().map(|(_, y)| y).fold(f64::MIN_POSITIVE, f64::max);
		let bottom = least.min(most) / 1.25;
		// Above the lines there is room for their names.
		let names = (lines.len() as f64 + 1.0) * NAME / HEIGHT;
		let top = most * 1.1 * (most * 1.1 / bottom).powf(names / (1.0 - names));
		let mut chart = ChartBuilder::on(area)
			.caption(self.title, (FONT, 21))
			.margin(14)
			.margin_right(24)
			.x_label_area_size(48)
			.y_label_area_size(66)
			.build_cartesian_2d(
				(left / 1.1..right * 1.1).log_scale().with_key_points(xs),
				(bottom..top).log_scale().with_key_points(ticks(bottom, top)),
			)?;
		chart
			.configure_mesh()
			.x_desc(self.axes[0])
			.y_desc(self.axes[1])
			.axis_desc_style((FONT, 17))
			.label_style((FONT, 16))
			.x_label_formatter(&|x| (self.place)(*x))
			.y_label_formatter(&f64::to_string)
			.light_line_style(TRANSPARENT)
			.bold_line_style(BLACK.mix(0.12))
			.draw()?;
		for Line { name, colour, points } in lines {
			let colour = *colour;
			chart
				.draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?
				.label(*name)
				.legend(move |(x, y)| {
					PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2))
				});
			chart
				.draw_series(points.iter().map(|point| Circle::new(*point, 3, colour.filled())))?;
		}
		chart
			.configure_series_labels()
			.position(SeriesLabelPosition::UpperLeft)
			.label_font((FONT, 16))
			.draw()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn ticks_are_easy_to_read() {
		assert_eq!(ticks(0.3, 12.0), [0.5, 1.0, 2.0, 5.0, 10.0]);
		assert_eq!(ticks(0.005, 20.0), [0.01, 0.1, 1.0, 10.0]);
	}

	#[test]
	fn charts_may_lack_points() {
		let line = |name, points| Line { name, colour: BLUE, points };
		let lines = vec![line("there", vec![(1.0, 2.0), (2.0, 3.0)]), line("absent", Vec::new())];
		let axes = ["x", "y"];
		let chart = |lines| Chart { title: "chart", axes, place: |x| x.to_string(), lines };
		let svg = draw(&[chart(lines), chart(Vec::new()), chart(Vec::new())]).expect("a picture");
		assert!(svg.contains("there") && !svg.contains("absent"));
	}
}
