//! An interface and inferences under it become signals that have one meaning, or are refused.

use crate::Input;
use frame_support::BoundedVec;
use zkml_primitives::{
	ClaimedInput, Commitment, Context, Inference, InputVisibility, Interface, Mask, Membership,
	Output, OutputKind, Packing, Scale, SchemaId, Statement, Tensor, Values, WeightsVisibility,
	MAX_OUTPUTS, MAX_SIGNALS,
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

type Meaning<'a> = (&'a Output, Option<Vec<i32>>, Option<Commitment>, Option<&'a Membership>);

/// The values of an inference, whatever their type.
fn meaning(inference: &Inference) -> Meaning<'_> {
	let Inference { output, input } = inference;
	(output, input.values().map(Values::to_vec), input.commitment(), input.membership())
}

fn check(
	interface: &Interface,
	count: u32,
	inference: &Inference,
	context: &Context,
	statement: &Statement,
) {
	let signals = statement.signals();
	assert!((1..=MAX_SIGNALS).contains(&count));
	assert_eq!(signals.len(), count as usize);
	if let (OutputKind::Raw { context: place, .. }, Output::Raw(given)) =
		(interface.output, &inference.output)
	{
		let mut rest = signals.to_vec();
		if let Some(place) = place {
			assert_eq!(rest.remove(place as usize), context.0);
		}
		assert_eq!(rest, given.to_vec());
		assert!(given.iter().all(|signal| decode_scalar(signal).is_some()));
		return;
	}
	let mut rest = signals.iter();
	let mut take =
		|count: u32| -> Vec<[u8; 32]> { rest.by_ref().take(count as usize).copied().collect() };
	let counts = interface.counts();

	let words = take(counts.output);
	let output = interface.output.packing().map(|packing| unpack(&packing, &words));
	let classes = |classes: u32, labels: &[u32]| {
		assert!(labels.iter().all(|&label| label < classes));
		let labels: Vec<i32> = labels.iter().map(|&label| label as i32).collect();
		assert_eq!(output.as_deref(), Some(labels.as_slice()));
	};
	match (&inference.output, interface.output) {
		(Output::Logits(values), OutputKind::Logits(_)) => {
			assert_eq!(output, Some(values.to_vec()))
		},
		(&Output::Label(label), OutputKind::Argmax { classes: count }) => classes(count, &[label]),
		(Output::Labels(labels), OutputKind::TopK { classes: count, k }) => {
			assert_eq!(labels.len(), k as usize);
			classes(count, labels);
		},
		(Output::Passed, OutputKind::Threshold { .. }) => assert_eq!(output, None),
		(Output::MaskedLabel { label, mask }, OutputKind::MaskedArgmax { classes: count }) => {
			assert!(mask.allows(*label));
			classes(count, &[*label]);
		},
		other => panic!("{other:?}"),
	}
	// What anybody claims as commitment is for the verifier to find canonical or not.
	let claimed = inference.input.commitment().map(|commitment| commitment.0);
	assert_eq!(take(counts.input_commitment), claimed.into_iter().collect::<Vec<_>>());
	let member = inference.input.membership().map(Membership::signals);
	assert_eq!(take(counts.membership), member.into_iter().flatten().collect::<Vec<_>>());
	let registered = match interface.weights {
		WeightsVisibility::Committed(commitment) => vec![commitment.0],
		WeightsVisibility::Public => vec![],
	};
	assert_eq!(take(counts.weights_commitment), registered);
	let words = take(counts.parameters);
	match (interface.output, &inference.output) {
		(OutputKind::Threshold { score, tau }, _) => {
			assert_eq!(unpack(&score.packing, &words), [tau]);
		},
		(OutputKind::MaskedArgmax { classes }, Output::MaskedLabel { mask, .. }) => {
			let packing = Packing { width: 1, count: classes, offset: 0 };
			let bits: Vec<i32> = (0..classes).map(|class| mask.allows(class).into()).collect();
			assert_eq!(unpack(&packing, &words), bits);
		},
		_ => assert!(words.is_empty()),
	}
	assert_eq!(take(counts.context), [context.0]);
	let words = take(counts.input);
	match (&interface.input, &inference.input) {
		(InputVisibility::Public(tensor), ClaimedInput::Shown(values)) => {
			assert_eq!(unpack(&tensor.packing, &words), values.to_vec());
		},
		(InputVisibility::Private, ClaimedInput::Hidden)
		| (InputVisibility::Member { .. }, ClaimedInput::Member(_))
		| (InputVisibility::Committed { .. }, ClaimedInput::Committed(_)) => {},
		other => panic!("{other:?}"),
	}
	let own = signals.iter().filter(|&&signal| Some(signal) != claimed);
	assert!(own.copied().all(|signal| decode_scalar(&signal).is_some()));
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
		output: match input.below(11) {
			0..=3 => OutputKind::Logits(tensor(input)),
			4 => OutputKind::Argmax { classes: input.any() },
			5 => OutputKind::Argmax { classes: input.any::<u8>().into() },
			6 => OutputKind::TopK { classes: input.any(), k: input.any() },
			7 => OutputKind::TopK { classes: input.any(), k: input.any::<u8>().into() },
			8 => OutputKind::Threshold { score: tensor(input), tau: input.any() },
			9 => OutputKind::Raw {
				signals: input.any::<u8>().into(),
				context: (input.below(2) == 0).then(|| input.any::<u8>().into()),
			},
			_ => OutputKind::MaskedArgmax { classes: input.any::<u16>().into() },
		},
		input: match input.below(8) {
			0..=1 => InputVisibility::Private,
			2 => InputVisibility::Member {
				schema: SchemaId([input.any(); 32]),
				depth: input.below(35) as u8,
			},
			3..=6 => InputVisibility::Public(tensor(input)),
			_ => InputVisibility::Committed { schema: SchemaId([input.any(); 32]) },
		},
		weights: match input.below(4) {
			3 => WeightsVisibility::Committed(Commitment(input.array())),
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
		(OutputKind::TopK { classes, k }, _) => {
			let labels = (0..k.min(MAX_OUTPUTS)).map(|_| input.any::<u32>() % classes.max(1));
			Output::Labels(BoundedVec::truncate_from(labels.collect()))
		},
		(OutputKind::Threshold { .. }, _) => Output::Passed,
		(OutputKind::Raw { signals, context }, _) => {
			let count = signals.min(MAX_SIGNALS).saturating_sub(context.is_some().into());
			let signals = (0..count).map(|_| {
				let mut signal = input.array::<32>();
				signal[31] &= 0x3f;
				signal
			});
			Output::Raw(BoundedVec::truncate_from(signals.collect()))
		},
		(OutputKind::MaskedArgmax { classes }, _) => {
			let label = input.any::<u32>() % classes.max(1);
			let mut bytes = input.array::<128>().to_vec();
			bytes.truncate(classes.div_ceil(8) as usize + input.below(2));
			Output::MaskedLabel { label, mask: Mask(BoundedVec::truncate_from(bytes)) }
		},
	};
	let claimed = match (interface.input, input.below(8)) {
		(_, 0) => ClaimedInput::Hidden,
		(_, 1) => ClaimedInput::Shown(Values::I32(any_values(input))),
		(_, 2) => {
			let bytes = input.up_to(64).to_vec();
			ClaimedInput::Shown(Values::U8(BoundedVec::truncate_from(bytes)))
		},
		(_, 3) | (InputVisibility::Committed { .. }, _) => {
			ClaimedInput::Committed(Commitment(input.array()))
		},
		(InputVisibility::Member { .. }, _) => {
			let mut element = || {
				let mut bytes = input.array::<32>();
				bytes[31] &= 0x3f;
				Commitment(bytes)
			};
			let (root, topic, nullifier) = (element(), element(), element());
			ClaimedInput::Member(Membership { root, topic, nullifier, choice: input.any() })
		},
		(InputVisibility::Public(tensor), _) => {
			let values = values::<4_096>(&tensor.packing, input);
			if input.any() {
				Values::new(&values).into()
			} else {
				Some(Values::I32(BoundedVec::truncate_from(values.into_inner()))).into()
			}
		},
		(InputVisibility::Private, _) => ClaimedInput::Hidden,
	};
	Inference { output, input: claimed }
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
