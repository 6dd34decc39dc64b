//! What binds the public signals of a member that no constraint binds: the proof itself.

use rand::{rngs::StdRng, SeedableRng};
use std::path::PathBuf;
use zkml_circuits::{
	assign_with, compile, lower,
	membership::{leaf, Tree},
	onnx::Model,
	Extras, Identity, InputChoice, Member, Options, OutputChoice, Salt,
};
use zkml_primitives::{ClaimedInput, Commitment, Context, Membership, Statement};
use zkml_prover::{prove, setup, verify};

#[test]
fn a_proof_is_of_one_root_topic_nullifier_and_choice() {
	let file = "../circuits/tests/corpus/gemm.onnx";
	let bytes = std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
	let graph = lower(&Model::read(&bytes, None).unwrap()).unwrap();
	let options = Options::new(InputChoice::Member { depth: 1 }, OutputChoice::Logits);
	let circuit = compile(&graph, &options).unwrap();
	let mut rng = StdRng::seed_from_u64(3);
	let key = setup(&circuit.r1cs, &mut rng).unwrap();
	let verifying = key.verifying_key().unwrap();

	let input: Vec<i64> = graph.bounds[0].iter().map(|bounds| bounds.hi).collect();
	let (identity, salt) = (Identity::random(&mut rng), Salt::random(&mut rng));
	let profile = graph.input_commitment(&input, salt).unwrap();
	let leaves = [Commitment([1; 32]), leaf(identity.commitment(), profile).unwrap()];
	let tree = Tree::from_leaves(1, leaves).unwrap();
	let (path, root, topic) = (tree.path(1).unwrap(), tree.root(), Commitment([4; 32]));
	let member = Member { identity: &identity, path: &path, root, topic, choice: 1 };
	let extras = Extras { input_salt: Some(salt), member: Some(member), ..Extras::default() };
	let context = Context([5; 32]);
	let filled = assign_with(&graph, &options, &input, &context, &extras).unwrap();
	let proof = prove(&key, &filled.witness, &mut rng).unwrap();
	let holds = |claim: Membership, context: Context| {
		let mut inference = filled.inference.clone();
		inference.input = ClaimedInput::Member(claim);
		let statement = Statement::new(&circuit.interface, &inference, &context).unwrap();
		verify(&verifying, statement.signals(), &proof).is_ok()
	};
	let claim = *filled.inference.input.membership().unwrap();
	assert!(holds(claim, context));
	let other = Commitment([6; 32]);
	for changed in [
		Membership { root: other, ..claim },
		Membership { topic: other, ..claim },
		Membership { nullifier: other, ..claim },
		Membership { choice: 0, ..claim },
		Membership { choice: 1 << 31, ..claim },
	] {
		assert!(!holds(changed, context), "{changed:?}");
	}
	assert!(!holds(claim, Context([7; 32])));

	// Nor can a proof be made of another choice by whoever has no identity: the witness is wanted. Who
	// has it may choose otherwise, under the same nullifier.
	let again = Some(Member { choice: 2, ..member });
	let extras = Extras { member: again, ..extras };
	let filled = assign_with(&graph, &options, &input, &context, &extras).unwrap();
	assert_eq!(filled.inference.input.membership().unwrap().nullifier, claim.nullifier);
}
