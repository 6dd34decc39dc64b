//! An interface and inferences under it become signals that have one meaning, or are refused.

use crate::Input;
use frame_support::BoundedVec;
use zkml_primitives::{
	Context, Inference, InputVisibility, Interface, Output, OutputKind, Packing, Scale, Statement,
	Tensor, Values, WeightsVisibility, MAX_SIGNALS,
};
use zkml_verifier::encoding::decode_scalar;

/// An interface, and then two inferences.
pub fn run(data: &[u8]) {
	let input = &mut Input::new(data);
	let interface = interface(input);
	let context = Context::of(&input.array::<8>());
	let [first, second] = [(); 2].map(|()| inference(&interface, input));
	let signals = interface.signals();
	let statements = [&first, &second].map(|inference| {
		let statement = Statement::new(&interface, inference, &context).ok();
		if let (Ok(count), Some(statement)) = (signals, &statement) {
			check(&interface, count, inference, &context, statement);
		}
		statement
	});
	if let (Ok(_), [Some(a), Some(b)]) = (signals, &statements) {
		assert_eq!(a == b, meaning(&first) == meaning(&second), "{first:?} {second:?}");
	}
}

/// The values of an inference, whatever their type.
fn meaning(inference: &Inference) -> (&Output, Option<Vec<i32>>) {
	(&inference.output, inference.input.as_ref().map(Values::to_vec))
}

fn check(
	interface: &Interface,
	count: u32,
	inference: &Inference,
	context: &Context,
	statement: &Statement,
) {
	let signals = statement.signals();
	assert!((2..=MAX_SIGNALS).contains(&count));
	assert_eq!(signals.len(), count as usize);
	assert!(signals.iter().all(|signal| decode_scalar(signal).is_some()));
	let packing = interface.output.packing().expect("the interface is supported");
	let words = packing.words() as usize;
	assert_eq!(signals[words], context.0);
	let output = unpack(&packing, &signals[..words]);
	match &inference.output {
		Output::Logits(values) => assert_eq!(output, values.to_vec()),
		Output::Label(label) => {
			assert_eq!(output, [*label as i32]);
			let OutputKind::Argmax { classes } = interface.output else {
				panic!("a label without classes")
			};
			assert!(*label < classes);
		},
	}
	match (&interface.input, &inference.input) {
		(InputVisibility::Public(tensor), Some(values)) => {
			assert_eq!(unpack(&tensor.packing, &signals[words + 1..]), values.to_vec());
		},
		(visibility, values) => {
			assert_eq!((visibility, values), (&InputVisibility::Private, &None));
		},
	}
}

/// Reads packed values bit by bit, and wants nothing behind the last.
fn unpack(packing: &Packing, words: &[[u8; 32]]) -> Vec<i32> {
	let width = usize::from(packing.width);
	let per_word = 253 / width;
	let bit = |word: &[u8; 32], at: usize| i64::from(word[at / 8] >> (at % 8) & 1);
	let mut values = Vec::new();
	for word in words {
		let used = per_word.min(packing.count as usize - values.len());
		for at in (0..used).map(|i| i * width) {
			let raw: i64 = (0..width).map(|i| bit(word, at + i) << i).sum();
			values.push((raw + i64::from(packing.offset)) as i32);
		}
		assert!((used * width..256).all(|at| bit(word, at) == 0));
	}
	assert_eq!(values.len(), packing.count as usize);
	values
}

fn interface(input: &mut Input<'_>) -> Interface {
	Interface {
		output: match input.below(8) {
			0..=3 => OutputKind::Logits(tensor(input)),
			4 => OutputKind::Argmax { classes: input.any() },
			5 => OutputKind::Argmax { classes: input.any::<u8>().into() },
			6 => OutputKind::TopK { classes: input.any(), k: input.any() },
			_ => OutputKind::Threshold,
		},
		input: match input.below(8) {
			0..=2 => InputVisibility::Private,
			3..=6 => InputVisibility::Public(tensor(input)),
			_ => InputVisibility::Committed,
		},
		weights: match input.below(16) {
			15 => WeightsVisibility::Committed,
			_ => WeightsVisibility::Public,
		},
	}
}

fn tensor(input: &mut Input<'_>) -> Tensor {
	let width = match input.below(4) {
		0 => input.any(),
		_ => input.below(32) as u8 + 1,
	};
	let count = match input.below(4) {
		0 => input.any(),
		1 => input.any::<u16>().into(),
		_ => input.any::<u8>().into(),
	};
	let offset = match input.below(4) {
		0 => input.any(),
		1 => i32::MIN,
		_ => 0,
	};
	let scale = Scale { mantissa: input.any(), exponent: input.any() };
	Tensor { packing: Packing { width, count, offset }, scale }
}

/// An inference, which mostly fits.
fn inference(interface: &Interface, input: &mut Input<'_>) -> Inference {
	let output = match (interface.output, input.below(8)) {
		(_, 0) => Output::Label(input.any()),
		(_, 1) => Output::Logits(any_values(input)),
		(OutputKind::Logits(tensor), _) => Output::Logits(values(&tensor.packing, input)),
		(OutputKind::Argmax { classes }, _) => Output::Label(input.any::<u32>() % classes.max(1)),
		_ => Output::Label(0),
	};
	let values = match (interface.input, input.below(8)) {
		(_, 0) => None,
		(_, 1) => Some(Values::I32(any_values(input))),
		(_, 2) => Some(Values::U8(BoundedVec::truncate_from(input.up_to(64).to_vec()))),
		(InputVisibility::Public(tensor), _) => {
			let values = values::<4_096>(&tensor.packing, input);
			if input.any() {
				Values::new(&values)
			} else {
				Some(Values::I32(BoundedVec::truncate_from(values.into_inner())))
			}
		},
		_ => None,
	};
	Inference { output, input: values }
}

type Most<const N: u32> = BoundedVec<i32, frame_support::traits::ConstU32<N>>;

fn any_values<const N: u32>(input: &mut Input<'_>) -> Most<N> {
	let values = (0..input.any::<u8>()).map(|_| input.any());
	BoundedVec::truncate_from(values.collect())
}

/// As many values as a packing has, all in its range.
fn values<const N: u32>(packing: &Packing, input: &mut Input<'_>) -> Most<N> {
	let range = 1i64 << packing.width.clamp(1, 32);
	let value = |_| (i64::from(packing.offset) + i64::from(input.any::<u32>()) % range) as i32;
	BoundedVec::truncate_from((0..packing.count.min(N)).map(value).collect())
}
