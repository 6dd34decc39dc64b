//! Two charts: time by signals, and by proofs of a batch.

use plotters::prelude::*;
use std::error::Error;

/// Units of the picture, which scales to any size.
const SIZE: (u32, u32) = (1000, 440);
const FONT: &str = "sans-serif";
/// Numbers on axes.
const TICKS: [f64; 9] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0];

/// A line: its name, its colour and its points, which are of `x` and of milliseconds.
pub(crate) struct Line {
	pub(crate) name: &'static str,
	pub(crate) colour: RGBColor,
	pub(crate) points: Vec<(f64, f64)>,
}

/// A chart, both axes of which are logarithmic.
pub(crate) struct Chart {
	pub(crate) title: &'static str,
	/// What is along the axes, with units.
	pub(crate) axes: [&'static str; 2],
	pub(crate) lines: Vec<Line>,
}

/// Draws two charts beside each other, as an SVG file.
pub(crate) fn draw(charts: &[Chart; 2]) -> Result<String, Box<dyn Error>> {
	let mut svg = String::new();
	{
		let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
		area.fill(&WHITE)?;
		for (area, chart) in area.split_evenly((1, 2)).iter().zip(charts) {
			chart.draw(area).map_err(|error| error.to_string())?;
		}
		area.present()?;
	}
	Ok(svg)
}

impl Chart {
	fn draw<'a>(
		&self,
		area: &DrawingArea<SVGBackend<'a>, plotters::coord::Shift>,
	) -> Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>> {
		let points = || self.lines.iter().flat_map(|line| line.points.iter().copied());
		let xs: Vec<f64> = self
			.lines
			.first()
			.map_or(Vec::new(), |line| line.points.iter().map(|(x, _)| *x).collect());
		let [left, right] = [xs.first(), xs.last()].map(|x| x.copied().unwrap_or(1.0));
		let bottom = points().map(|(_, y)| y).fold(f64::MAX, f64::min) / 1.25;
		// Above the lines there is room for their names.
		let top = points().map(|(_, y)| y).fold(bottom, f64::max) * 2.4;
		let ticks = TICKS.into_iter().filter(|tick| (bottom..top).contains(tick)).collect();
		let mut chart = ChartBuilder::on(area)
			.caption(self.title, (FONT, 21))
			.margin(14)
			.margin_right(24)
			.x_label_area_size(48)
			.y_label_area_size(58)
			.build_cartesian_2d(
				(left / 1.1..right * 1.1).log_scale().with_key_points(xs),
				(bottom..top).log_scale().with_key_points(ticks),
			)?;
		chart
			.configure_mesh()
			.x_desc(self.axes[0])
			.y_desc(self.axes[1])
			.axis_desc_style((FONT, 17))
			.label_style((FONT, 16))
			.x_label_formatter(&f64::to_string)
			.y_label_formatter(&f64::to_string)
			.light_line_style(TRANSPARENT)
			.bold_line_style(BLACK.mix(0.12))
			.draw()?;
		for Line { name, colour, points } in &self.lines {
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
