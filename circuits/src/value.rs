//! What the names of an ONNX graph stand for while it is lowered.

use crate::{
	columns::Columns,
	curve::Curve,
	error::ModelError,
	onnx::{Node, Tensor},
};
use std::sync::Arc;

/// What a unit of an integer is worth, and how onnxruntime computes that in float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unit {
	/// `2^e`, exactly.
	Exact(i32),
	/// `RN32(integer · 2^exponent · factor)`.
	Times {
		/// Exponent of the exact part.
		exponent: i32,
		/// The factor, no power of two.
		factor: f32,
	},
	/// `RN32(integer · 2^exponent / divisor)`.
	Over {
		/// Exponent of the exact part.
		exponent: i32,
		/// The divisor, no power of two.
		divisor: f32,
	},
	/// A product of scales, which only onnxruntime's integer kernels define.
	Kernel(f32),
}

/// The exponent of a positive normal power of two.
pub(crate) fn exponent_of(scale: f32) -> Option<i32> {
	let bits = scale.to_bits();
	(scale.is_normal() && scale > 0.0 && bits & 0x7f_ffff == 0).then(|| (bits >> 23) as i32 - 127)
}

/// `value` as `integer · 2^exponent` with an odd integer; zero is `0 · 2^0`.
pub fn dyadic(value: f32) -> (i64, i32) {
	if value == 0.0 || !value.is_finite() {
		return (0, 0);
	}
	let bits = value.to_bits();
	let (fraction, exponent) = (i64::from(bits & 0x7f_ffff), (bits >> 23 & 0xff) as i32);
	let (integer, exponent) =
		if exponent == 0 { (fraction, -149) } else { (fraction | 1 << 23, exponent - 150) };
	let zeros = integer.trailing_zeros();
	let sign = if value < 0.0 { -1 } else { 1 };
	(sign * (integer >> zeros), exponent + zeros as i32)
}

impl Unit {
	/// The unit of integers that `DequantizeLinear` multiplies by a scale.
	pub fn of_scale(scale: f32) -> Self {
		exponent_of(scale).map_or(Self::Times { exponent: 0, factor: scale }, Self::Exact)
	}

	/// The exponent, if a unit is worth exactly a power of two.
	pub fn exponent(self) -> Option<i32> {
		match self {
			Self::Exact(exponent) => Some(exponent),
			_ => None,
		}
	}

	/// The float that onnxruntime computes; for [`Unit::Kernel`] that of a float output.
	pub fn real(self, integer: i64) -> f32 {
		let scaled = |exponent: i32| (integer as f64 * 2f64.powi(exponent)) as f32;
		match self {
			Self::Exact(exponent) => scaled(exponent),
			Self::Times { exponent, factor } => scaled(exponent) * factor,
			Self::Over { exponent, divisor } => scaled(exponent) / divisor,
			Self::Kernel(product) => integer as f32 * product,
		}
	}

	/// About what a unit is worth.
	pub fn step(self) -> f64 {
		match self {
			Self::Exact(exponent) => 2f64.powi(exponent),
			Self::Times { exponent, factor } => 2f64.powi(exponent) * f64::from(factor),
			Self::Over { exponent, divisor } => 2f64.powi(exponent) / f64::from(divisor),
			Self::Kernel(product) => product.into(),
		}
	}
}

/// A function of one number that is yet to be applied: where `QuantizeLinear` follows it costs
/// nothing, or little.
#[derive(Clone, Debug, PartialEq)]
pub enum Unary {
	/// `min(max(x, lo), hi)`; ReLU is `[0, ∞]`.
	Clip {
		/// Smallest result.
		lo: f32,
		/// Largest result.
		hi: f32,
	},
	/// `x` where it is not negative, else `alpha · x`.
	LeakyRelu {
		/// The slope.
		alpha: f32,
	},
	/// `min(max(alpha · x + beta, 0), 1)`.
	HardSigmoid {
		/// The slope.
		alpha: f32,
		/// The addend.
		beta: f32,
	},
	/// `x · min(max(x / 6 + 1/2, 0), 1)`.
	HardSwish,
	/// A function of real numbers.
	Curve(Curve),
	/// `(x − minus) · times`.
	Affine {
		/// What is subtracted.
		minus: f32,
		/// The factor.
		times: f32,
	},
	/// `x / by`.
	Divide {
		/// The divisor.
		by: f32,
	},
	/// `x` without its fraction.
	Truncate,
	/// 1 if it is this number, else 0.
	Equals {
		/// The number.
		value: f32,
	},
	/// 1 if it is larger than this, else 0.
	Above {
		/// The number.
		value: f32,
	},
	/// The value beside the first key that it equals.
	Map {
		/// Keys and values.
		pairs: Arc<[(f32, f32)]>,
		/// The value where it equals none.
		default: f32,
	},
}

impl Unary {
	/// ReLU.
	pub const RELU: Self = Self::Clip { lo: 0.0, hi: f32::INFINITY };

	/// The function in float32, in onnxruntime's order of operations.
	pub fn apply(&self, x: f32) -> f32 {
		match self {
			Self::Clip { lo, hi } => x.max(*lo).min(*hi),
			Self::LeakyRelu { alpha } if x < 0.0 => alpha * x,
			Self::LeakyRelu { .. } => x,
			Self::HardSigmoid { alpha, beta } => (alpha * x + beta).clamp(0.0, 1.0),
			Self::HardSwish => x * (x * (1.0 / 6.0) + 0.5).clamp(0.0, 1.0),
			Self::Curve(curve) => curve.apply(x),
			Self::Affine { minus, times } => (x - minus) * times,
			Self::Divide { by } => x / by,
			Self::Truncate => x.trunc(),
			Self::Equals { value } => f32::from(x == *value),
			Self::Above { value } => f32::from(x > *value),
			Self::Map { pairs, default } => {
				pairs.iter().find(|(key, _)| *key == x).map_or(*default, |(_, value)| *value)
			},
		}
	}

	/// Whether larger numbers never give smaller results.
	pub fn is_monotone(&self) -> bool {
		match self {
			Self::Clip { .. } | Self::Truncate | Self::Above { .. } => true,
			Self::LeakyRelu { alpha } | Self::HardSigmoid { alpha, .. } => *alpha >= 0.0,
			Self::Affine { times: factor, .. } | Self::Divide { by: factor } => *factor > 0.0,
			// Some of the curves are, but no straight line has their steps.
			Self::HardSwish | Self::Curve(_) | Self::Equals { .. } | Self::Map { .. } => false,
		}
	}

	/// Whether larger numbers never give larger results.
	pub fn is_falling(&self) -> bool {
		match self {
			Self::Affine { times: factor, .. } | Self::Divide { by: factor } => *factor < 0.0,
			_ => false,
		}
	}
}

/// The type of an integer tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
	/// `uint8`.
	U8,
	/// `int8`.
	I8,
	/// `int32`.
	I32,
	/// `int64`.
	I64,
}

impl Kind {
	/// The range of an 8-bit type.
	pub fn range(self) -> Option<(i64, i64)> {
		match self {
			Self::U8 => Some((0, 255)),
			Self::I8 => Some((-128, 127)),
			Self::I32 | Self::I64 => None,
		}
	}

	/// The name in ONNX.
	pub fn name(self) -> &'static str {
		match self {
			Self::U8 => "uint8",
			Self::I8 => "int8",
			Self::I32 => "int32",
			Self::I64 => "int64",
		}
	}
}

/// An integer tensor as ONNX has it, zero point included.
#[derive(Clone, Debug)]
pub struct Quantized {
	/// Tensor of the integer graph.
	pub tensor: usize,
	/// Its shape here.
	pub shape: Vec<usize>,
	/// Its type.
	pub kind: Kind,
}

/// Integers with what `DequantizeLinear` or a quantised operator says of them.
#[derive(Clone, Debug)]
pub struct Scaled {
	/// The integers.
	pub quantized: Quantized,
	/// The scale.
	pub scale: f32,
	/// The zero point.
	pub zero_point: i64,
	/// The type that onnxruntime gives them, see [`crate::fusion`].
	pub stored: Kind,
	/// Whether elements were moved since: `quantized` is what they were before.
	pub moved: bool,
}

/// An activation in real units.
#[derive(Clone, Debug)]
pub struct Real {
	/// Tensor of the integer graph.
	pub tensor: usize,
	/// Its shape here.
	pub shape: Vec<usize>,
	/// What a unit is worth, by element.
	pub units: Vec<Unit>,
	/// Functions yet to be applied, in order.
	pub then: Vec<Unary>,
	/// Where it comes from a `DequantizeLinear`, straight or through operators that onnxruntime
	/// moves past it: what that took.
	pub source: Option<Box<Scaled>>,
}

impl Real {
	/// An activation of exact units.
	pub fn new(tensor: usize, shape: Vec<usize>, units: Vec<Unit>) -> Self {
		Self { tensor, shape, units, then: Vec::new(), source: None }
	}

	/// The unit that all elements share.
	pub fn uniform_unit(&self, node: &Node) -> Result<Unit, ModelError> {
		match self.units.split_first() {
			Some((&first, rest)) if rest.iter().all(|&unit| unit == first) => Ok(first),
			_ => Err(node.error("its input's scales differ by channel: quantise it before this")),
		}
	}

	/// The exponents, if every unit is a power of two.
	pub fn exponents(&self, node: &Node) -> Result<Vec<i32>, ModelError> {
		let exponents = self.units.iter().map(|unit| unit.exponent());
		exponents.collect::<Option<_>>().ok_or_else(|| {
			node.error(
				"onnxruntime computes this in float, where its result is no function of integers: \
				 put QuantizeLinear after the layer before, or run `zkml quantize --snap`",
			)
		})
	}
}

/// A dequantised constant.
#[derive(Clone, Debug)]
pub struct Integers {
	/// Dimensions.
	pub shape: Vec<usize>,
	/// Integers, row-major, the zero point subtracted.
	pub values: Vec<i64>,
	/// What a unit is worth, by element.
	pub scales: Vec<f32>,
	/// Whether `DequantizeLinear` made it; else it is a float constant.
	pub dequantized: bool,
}

/// What a name of the ONNX graph stands for.
#[derive(Clone, Debug)]
pub enum Value {
	/// The model's float input, not yet quantised.
	Input {
		/// Its shape here.
		shape: Vec<usize>,
		/// By element, its place in the input; `None` where all stand in order.
		places: Option<Vec<usize>>,
		/// What it is clipped to before it is quantised.
		clip: Option<(f32, f32)>,
	},
	/// Functions of the fields of a record.
	Columns(Columns),
	/// A constant as the file has it.
	Constant(Tensor),
	/// A dequantised constant.
	Integers(Integers),
	/// Integers.
	Quantized(Quantized),
	/// An activation in real units.
	Real(Real),
}

impl Value {
	/// The shape.
	pub fn shape(&self) -> &[usize] {
		match self {
			Self::Input { shape, .. } => shape,
			Self::Columns(columns) => &columns.shape,
			Self::Constant(tensor) => &tensor.shape,
			Self::Integers(integers) => &integers.shape,
			Self::Quantized(quantized) => &quantized.shape,
			Self::Real(real) => &real.shape,
		}
	}
}
