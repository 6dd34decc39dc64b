//! The circuits that are proven, and their witnesses.

use ark_bn254::Fr;
use ark_ff::UniformRand;
use rand::{rngs::StdRng, Rng, SeedableRng};
use std::io::Cursor;
use zkml_circuits::{
	assign, compile,
	gadgets::relu::relu,
	lower,
	onnx::{protobuf::ModelProto, Model},
	quantize,
	r1cs::{Builder, LinearCombination, R1cs},
	samples::Samples,
	Bounds, Graph, InputChoice, Options, OutputChoice, Signal,
};
use zkml_primitives::Context;
use zkml_tests::{
	examples::Example,
	models::{npz, Chain},
};

/// Constraints, and values that satisfy them.
#[derive(Debug)]
pub struct Circuit {
	/// The constraints.
	pub r1cs: R1cs,
	/// A value for each wire.
	pub witness: Vec<Fr>,
}

/// A circuit by name; it is built when it is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
	/// The model in `examples/digits`.
	Digits,
	/// The model in `examples/mnist`.
	Mnist,
	/// A network of the size of LeNet, with made-up weights.
	Lenet,
	/// 784-2000-60-4000-10, with made-up weights.
	Wide,
	/// ResNet-20 for images of 3×32×32, with made-up weights.
	Resnet,
	/// ReLUs that fill a domain of two to this power: almost all of the witness is 0 or 1.
	Relus(u32),
	/// Products of products that fill a domain of two to this power: all of the witness is as random as
	/// elements of the field are.
	Products(u32),
}

impl Case {
	/// All of them: the models, the largest of which takes minutes and gigabytes and is left out unless it is
	/// wanted; ReLUs of the largest size up to 2^17; products of all sizes.
	pub fn all(powers: std::ops::RangeInclusive<u32>, large: bool) -> Vec<Self> {
		let models = [Self::Digits, Self::Mnist, Self::Lenet, Self::Wide];
		let largest = large.then_some(Self::Resnet);
		let relus = Self::Relus(17u32.min(*powers.end()));
		let made_up = largest.into_iter().chain([relus]).chain(powers.map(Self::Products));
		models.into_iter().chain(made_up).collect()
	}

	/// Its name in tables.
	pub fn name(self) -> String {
		match self {
			Self::Digits => "digits, 64-32-10".into(),
			Self::Mnist => "mnist, convolutions".into(),
			Self::Lenet => "LeNet-like".into(),
			Self::Wide => "784-2000-60-4000-10".into(),
			Self::Resnet => "ResNet-20".into(),
			Self::Relus(power) => format!("ReLUs, 2^{power}"),
			Self::Products(power) => format!("products, 2^{power}"),
		}
	}

	/// Builds it. The same each time.
	///
	/// # Panics
	/// If an example is damaged.
	pub fn circuit(self) -> Circuit {
		match self {
			Self::Digits => example("digits"),
			Self::Mnist => example("mnist"),
			Self::Lenet => made_up(Chain::lenet(3, "AveragePool"), &[1, 28, 28]),
			Self::Wide => {
				let chain = Chain::new(2, &[1, 784]).gemm(784, 2000).relu().gemm(2000, 60).relu();
				let chain = chain.gemm(60, 4000).relu().gemm(4000, 10);
				made_up(chain.finish(&[1, 10]), &[784])
			},
			Self::Resnet => made_up(Chain::resnet20(4), &[3, 32, 32]),
			Self::Relus(power) => relus(power),
			Self::Products(power) => products(power),
		}
	}
}

/// As `zkml compile` has it by default.
const OPTIONS: Options = Options::new(InputChoice::Private, OutputChoice::Logits);

fn example(name: &'static str) -> Circuit {
	let example = Example::new(name);
	let heldout = example.heldout();
	let sample = heldout.iter().next().expect("the example has samples");
	let input = example.graph.quantize_input(sample).expect("a sample in range");
	inference(&example.graph, &input)
}

fn made_up(model: ModelProto, sample: &[usize]) -> Circuit {
	let float = Model::from_proto(model, None).expect("a model");
	let file = Cursor::new(npz(1, 16, sample, 0.0, 255.0));
	let samples = Samples::read_npz(file, &float.input.shape).expect("samples");
	let quantized = quantize::quantize(&float, &samples, &Default::default());
	let onnx = quantize::encode(&quantized.expect("a quantised model").proto);
	let graph = lower(&Model::read(&onnx, None).expect("an ONNX file")).expect("a graph");
	let input = graph.saturate_input(samples.iter().next().expect("a sample"));
	inference(&graph, &input)
}

fn inference(graph: &Graph, input: &[i64]) -> Circuit {
	let circuit = compile(graph, &OPTIONS).expect("a circuit");
	let assignment = assign(graph, &OPTIONS, input, &Context([1; 32])).expect("a witness");
	Circuit { r1cs: circuit.r1cs, witness: assignment.witness }
}

/// Constraints that fill a domain beside those that tie one signal and the constant one.
const fn room(power: u32) -> usize {
	(1 << power) - 2
}

/// `Σ max(vᵢ, 0)` of private integers of 16 bits. That they have no more is not proven.
fn relus(power: u32) -> Circuit {
	const BOUNDS: Bounds = Bounds { lo: -(1 << 15), hi: (1 << 15) - 1 };
	/// Constraints of a ReLU.
	const COST: usize = 18;
	let mut rng = StdRng::seed_from_u64(u64::from(power));
	let mut builder = Builder::both(1, 0);
	let inputs: Vec<Signal> = (0..(room(power) - 1) / COST)
		.map(|_| {
			let value = rng.gen_range(BOUNDS.lo..=BOUNDS.hi);
			Signal::wire(builder.alloc_private_input(|| value.into()), value, BOUNDS)
		})
		.collect();
	let (mut sum, mut total) = (LinearCombination::default(), 0);
	for input in &inputs {
		let output = relu(&mut builder, input);
		sum.0.extend_from_slice(&output.lc.0);
		total += output.value;
	}
	let out = builder.public(0);
	builder.assign(out, || total.into());
	builder.enforce(|| [out.into(), 1.into(), sum]);
	finish(builder)
}

/// `xᵢ₊₁ = xᵢ·xᵢ₋₁`, of which the last is shown.
fn products(power: u32) -> Circuit {
	let mut rng = StdRng::seed_from_u64(u64::from(power));
	let mut builder = Builder::both(1, 0);
	let mut values = [0; 2].map(|_| Fr::rand(&mut rng));
	let mut wires = values.map(|value| builder.alloc_private_input(|| value));
	for _ in 1..room(power) {
		let next = values[0] * values[1];
		let wire = builder.alloc(|| next);
		builder.enforce(|| [wires[0].into(), wires[1].into(), wire.into()]);
		(values, wires) = ([values[1], next], [wires[1], wire]);
	}
	let out = builder.public(0);
	builder.assign(out, || values[0] * values[1]);
	builder.enforce(|| [wires[0].into(), wires[1].into(), out.into()]);
	finish(builder)
}

fn finish(mut builder: Builder) -> Circuit {
	let witness = builder.take_witness();
	Circuit { r1cs: builder.into_r1cs().0, witness }
}

#[cfg(test)]
mod tests {
	use super::*;
	use ark_ff::{One, Zero};

	#[test]
	fn witnesses_satisfy_their_circuits() {
		for case in [Case::Digits, Case::Relus(9), Case::Products(9)] {
			let Circuit { r1cs, witness } = case.circuit();
			assert_eq!(witness.len(), r1cs.wires as usize, "{case:?}");
			assert_eq!(r1cs.first_violation(&witness), None, "{case:?}");
			let mut forged = witness;
			*forged.last_mut().expect("wires") += Fr::one();
			assert_ne!(r1cs.first_violation(&forged), None, "{case:?}");
		}
	}

	#[test]
	fn sizes_are_those_of_their_names() {
		for (case, least) in [(Case::Relus(10), 1_000), (Case::Products(10), 1_022)] {
			let constraints = case.circuit().r1cs.constraints();
			assert!((least..=room(10)).contains(&constraints), "{case:?}: {constraints}");
		}
	}

	#[test]
	fn relus_have_small_witnesses() {
		let witness = Case::Relus(10).circuit().witness;
		let bits = witness.iter().filter(|value| value.is_zero() || value.is_one()).count();
		assert!(bits * 10 > witness.len() * 8, "{bits} of {}", witness.len());
	}
}
