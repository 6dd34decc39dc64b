//! Functions that ONNX defines by real numbers.
//!
//! Between integers of few bits each is a table: for the integer `x` of unit `s` the entry is
//! `QuantizeLinear(f(s · x))`, with `f` computed in double precision, by code that gives the same on
//! every machine, and rounded to float32. onnxruntime approximates `f` in float32, to about 2⁻²²; so
//! it differs only where a quotient lies that close to a tie, and then by one unit in the last place.

/// A function of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
	/// `1 / (1 + e⁻ˣ)`.
	Sigmoid,
	/// `tanh x`.
	Tanh,
	/// `eˣ`.
	Exp,
	/// The error function.
	Erf,
	/// `x · (1 + erf(x / √2)) / 2`.
	Gelu,
	/// `x · (1 + tanh(√(2/π) · (x + 0.044715·x³))) / 2`.
	GeluTanh,
	/// `x / (1 + e⁻ˣ)`, also called Swish.
	Silu,
	/// `ln(1 + eˣ)`.
	Softplus,
	/// `√x`.
	Sqrt,
	/// `1 / x`.
	Reciprocal,
}

impl Curve {
	/// The function's value, rounded to float32.
	pub fn apply(self, x: f32) -> f32 {
		let x = f64::from(x);
		let value = match self {
			Self::Sigmoid => 1.0 / (1.0 + libm::exp(-x)),
			Self::Tanh => libm::tanh(x),
			Self::Exp => libm::exp(x),
			Self::Erf => libm::erf(x),
			Self::Gelu => x * 0.5 * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2)),
			Self::GeluTanh => {
				let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x);
				x * 0.5 * (1.0 + libm::tanh(inner))
			},
			Self::Silu => x / (1.0 + libm::exp(-x)),
			// For large x the sum is x itself, and e^x would overflow.
			Self::Softplus => x.max(0.0) + libm::log1p(libm::exp(-x.abs())),
			Self::Sqrt => x.sqrt(),
			Self::Reciprocal => 1.0 / x,
		};
		value as f32
	}

	/// Its name in ONNX.
	pub fn name(self) -> &'static str {
		match self {
			Self::Sigmoid => "Sigmoid",
			Self::Tanh => "Tanh",
			Self::Exp => "Exp",
			Self::Erf => "Erf",
			Self::Gelu | Self::GeluTanh => "Gelu",
			Self::Silu => "Silu",
			Self::Softplus => "Softplus",
			Self::Sqrt => "Sqrt",
			Self::Reciprocal => "Reciprocal",
		}
	}

	/// The function of a node without attributes.
	pub fn of(op: &str) -> Option<Self> {
		let all = [
			Self::Sigmoid,
			Self::Tanh,
			Self::Exp,
			Self::Erf,
			Self::Softplus,
			Self::Sqrt,
			Self::Reciprocal,
		];
		all.into_iter().find(|curve| curve.name() == op)
	}

	/// Whether it has a value.
	pub fn is_defined(self, x: f32) -> bool {
		match self {
			Self::Sqrt => x >= 0.0,
			Self::Reciprocal => x != 0.0,
			_ => true,
		}
	}

	/// The smallest and the largest value between two numbers, or numbers beyond them.
	pub fn range(self, lo: f64, hi: f64) -> (f64, f64) {
		let at = |x: f64| f64::from(self.apply(x as f32));
		match self {
			Self::Gelu | Self::GeluTanh => (-0.17, hi.max(0.0)),
			Self::Silu => (-0.2785, hi.max(0.0)),
			Self::Reciprocal => (at(hi).min(at(lo)), at(hi).max(at(lo))),
			_ => (at(lo), at(hi)),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn values_are_those_of_the_definitions() {
		let near = |curve: Curve, x: f32, y: f64| {
			let got = f64::from(curve.apply(x));
			assert!((got - y).abs() <= 1e-7 * y.abs().max(1e-3), "{curve:?}({x}) = {got}, not {y}");
		};
		near(Curve::Sigmoid, 0.0, 0.5);
		near(Curve::Sigmoid, 2.0, 0.880_797_077_977_882_3);
		near(Curve::Tanh, -1.0, -0.761_594_155_955_764_9);
		near(Curve::Exp, 1.0, std::f64::consts::E);
		near(Curve::Erf, 0.5, 0.520_499_877_813_046_5);
		near(Curve::Gelu, 1.0, 0.841_344_746_068_543);
		near(Curve::GeluTanh, 1.0, 0.841_191_990_607_477_2);
		near(Curve::Silu, -1.0, -0.268_941_421_369_995_1);
		near(Curve::Softplus, 0.0, std::f64::consts::LN_2);
		near(Curve::Softplus, 500.0, 500.0);
		near(Curve::Sqrt, 2.0, std::f64::consts::SQRT_2);
		near(Curve::Reciprocal, 4.0, 0.25);
		for curve in [Curve::Sigmoid, Curve::Silu, Curve::Gelu] {
			assert!(curve.apply(-1e30).abs() < 1e-6, "{curve:?}");
		}
	}
}
