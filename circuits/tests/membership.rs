//! A ballot in which those count whose attested record passes a model, and nobody learns who voted:
//! what honest members prove, and that no liar does.

use ark_bn254::Fr;
use ark_ff::{One, PrimeField};
use rand::{rngs::StdRng, SeedableRng};
use std::{fs::File, path::PathBuf};
use zkml_circuits::{
	assign_with, circom, compile, interface, lower, lower_committed,
	membership::{leaf, Path, Tree},
	onnx::Model,
	quantize::{self, encode, QuantizeOptions},
	samples::Samples,
	Assignment, Circuit, Extras, Graph, Identity, InputChoice, Member, MembershipError, ModelError,
	Options, OutputChoice, Record, Salt, WeightsChoice, WEIGHT_BITS,
};
use zkml_primitives::{
	ClaimedInput, Commitment, Context, InputVisibility, Interface, Membership, Output, Statement,
};

const CONTEXT: Context = Context([3; 32]);
const TOPIC: Commitment = Commitment([4; 32]);
const DEPTH: u8 = 3;
/// The threshold of the ballot.
const OUTPUT: OutputChoice = OutputChoice::Threshold { tau: 0 };

fn example(name: &str) -> PathBuf {
	PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/credit").join(name)
}

/// The quantised trees of German credit, which take a record.
fn model() -> Model {
	let record = Record::read(&std::fs::read_to_string(example("record.json")).unwrap()).unwrap();
	let float = Model::read(&std::fs::read(example("trees.onnx")).unwrap(), None).unwrap();
	let float = float.with_record(record).unwrap();
	let quantized = quantize::quantize_trees(&float, &QuantizeOptions::default()).unwrap();
	Model::read(&encode(&quantized.proto), None).unwrap()
}

/// A person as the issuer knows them, and their secret.
struct Person {
	identity: Identity,
	record: Vec<i64>,
	salt: Salt,
}

struct Ballot {
	graph: Graph,
	options: Options,
	circuit: Circuit,
	/// The last one's score is too low.
	people: Vec<Person>,
	tree: Tree,
}

impl Ballot {
	fn new() -> Self {
		let graph = lower(&model()).unwrap();
		let options = Options::new(InputChoice::Member { depth: DEPTH }, OUTPUT);
		let circuit = compile(&graph, &options).unwrap();
		let samples = File::open(example("heldout.npz")).unwrap();
		let samples = Samples::read_npz(samples, &graph.input.shape).unwrap();
		let records = samples.iter().map(|sample| graph.quantize_input(sample).unwrap());
		let passes = |record: &Vec<i64>| match graph.evaluate(record)[..] {
			[no, yes] => yes >= no,
			ref score => score[0] >= 0,
		};
		let (pass, fail): (Vec<_>, Vec<_>) = records.take(60).partition(passes);
		let mut rng = StdRng::seed_from_u64(6);
		let mut person = |record: &Vec<i64>| Person {
			identity: Identity::random(&mut rng),
			salt: Salt::random(&mut rng),
			record: record.clone(),
		};
		let people: Vec<Person> = pass.iter().take(3).chain(&fail[..1]).map(&mut person).collect();
		let leaves = people.iter().map(|person| person.leaf(&graph));
		let tree = Tree::from_leaves(DEPTH, leaves).unwrap();
		Self { graph, options, circuit, people, tree }
	}

	/// What a person fills in by default, for the choice 1.
	fn vote<'a>(&'a self, person: usize, path: &'a Path) -> Vote<'a> {
		let Person { identity, record, salt } = &self.people[person];
		let (root, topic, choice) = (self.tree.root(), TOPIC, 1);
		Vote { record, salt: *salt, member: Member { identity, path, root, topic, choice } }
	}

	fn path(&self, person: usize) -> Path {
		self.tree.path(person as u32).unwrap()
	}

	fn fill(&self, vote: &Vote<'_>) -> Result<Assignment, ModelError> {
		vote.fill(&self.graph, &self.options)
	}

	fn refused(&self, vote: &Vote<'_>) -> MembershipError {
		match self.fill(vote) {
			Err(ModelError::Membership(error)) => error,
			other => panic!("{other:?}"),
		}
	}

	fn holds(&self, witness: &[Fr]) -> bool {
		self.circuit.r1cs.first_violation(witness).is_none()
	}

	/// Whether another's witness would do under these public signals, the context apart.
	fn accepts(&self, forged: &Assignment, claim: &Assignment) -> bool {
		let mut witness = forged.witness.clone();
		let signals = 1 + self.circuit.r1cs.signals();
		witness[1..signals].copy_from_slice(&claim.witness[1..signals]);
		self.holds(&witness)
	}
}

impl Person {
	fn leaf(&self, graph: &Graph) -> Commitment {
		let profile = graph.input_commitment(&self.record, self.salt).unwrap();
		leaf(self.identity.commitment(), profile).unwrap()
	}
}

/// What a witness is filled with.
#[derive(Clone)]
struct Vote<'a> {
	record: &'a [i64],
	salt: Salt,
	member: Member<'a>,
}

impl Vote<'_> {
	fn fill(&self, graph: &Graph, options: &Options) -> Result<Assignment, ModelError> {
		let (input_salt, member) = (Some(self.salt), Some(self.member));
		let extras = Extras { input_salt, member, ..Extras::default() };
		assign_with(graph, options, self.record, &CONTEXT, &extras)
	}
}

fn claimed(assignment: &Assignment) -> Membership {
	*assignment.inference.input.membership().unwrap()
}

#[test]
fn members_prove_what_everybody_sees_and_no_more() {
	let ballot = Ballot::new();
	let mut nullifiers = Vec::new();
	for person in 0..3 {
		let path = ballot.path(person);
		let vote = ballot.vote(person, &path);
		let filled = ballot.fill(&vote).unwrap();
		assert!(ballot.holds(&filled.witness));
		let nullifier = vote.member.identity.nullifier(TOPIC).unwrap();
		let root = ballot.tree.root();
		let expected = Membership { root, topic: TOPIC, nullifier, choice: 1 };
		assert_eq!(filled.inference.input, ClaimedInput::Member(expected));
		assert_eq!(filled.inference.output, Output::Passed);
		// Root, topic, nullifier and choice; the threshold; the context.
		let mut choice = [0; 32];
		choice[0] = 1;
		let signals = filled.statement.signals();
		assert_eq!(signals[..4], [root.0, TOPIC.0, nullifier.0, choice]);
		assert_eq!((signals.len(), signals[5]), (6, CONTEXT.0));
		nullifiers.push(nullifier);
		// Another topic: a nullifier that has nothing to do with the first.
		let elsewhere = Member { topic: Commitment([5; 32]), choice: u32::MAX, ..vote.member };
		let filled = ballot.fill(&Vote { member: elsewhere, ..vote }).unwrap();
		assert!(ballot.holds(&filled.witness));
		nullifiers.push(claimed(&filled).nullifier);
	}
	let distinct: std::collections::HashSet<[u8; 32]> = nullifiers.iter().map(|n| n.0).collect();
	assert_eq!(distinct.len(), 6);
	assert_eq!(ballot.circuit.unconstrained_signals(), [3, 5], "the choice and the context");

	// What it costs besides a committed input.
	let committed = Options::new(InputChoice::Committed, OUTPUT);
	let committed = compile(&ballot.graph, &committed).unwrap().r1cs.constraints();
	let member = 3 * 261 + 242 * usize::from(DEPTH) + 2;
	// A commitment that is shown has a constraint that says so.
	assert_eq!(ballot.circuit.r1cs.constraints(), committed - 1 + member);
}

#[test]
fn who_does_not_pass_has_no_proof() {
	let ballot = Ballot::new();
	let path = ballot.path(3);
	let low = ballot.vote(3, &path);
	assert!(matches!(ballot.fill(&low), Err(ModelError::BelowThreshold { .. })));
	// With another's record in its place it is not theirs.
	let record = &ballot.people[0].record;
	let error = ballot.refused(&Vote { record, ..low });
	assert!(matches!(error, MembershipError::OtherLeaf { .. }));
}

#[test]
fn what_does_not_go_together_is_refused_before_proving() {
	let ballot = Ballot::new();
	let path = ballot.path(0);
	let vote = ballot.vote(0, &path);
	let with = |extras: Extras<'_>| {
		let Person { record, .. } = &ballot.people[0];
		assign_with(&ballot.graph, &ballot.options, record, &CONTEXT, &extras)
	};
	let error = with(Extras { member: Some(vote.member), ..Extras::default() }).unwrap_err();
	assert!(error.to_string().contains("the salt that hides the input"), "{error}");
	let error = with(Extras { input_salt: Some(vote.salt), ..Extras::default() }).unwrap_err();
	assert!(matches!(error, ModelError::Membership(MembershipError::Missing)));

	// Another profile than the leaf's: other values, or another salt.
	let profile = |record: &[i64], salt| ballot.graph.input_commitment(record, salt).unwrap();
	let other = &ballot.people[1];
	for (record, salt) in [(&other.record, vote.salt), (&ballot.people[0].record, other.salt)] {
		let error = ballot.refused(&Vote { record, salt, ..vote.clone() });
		assert_eq!(error, MembershipError::OtherLeaf { profile: profile(record, salt) });
	}
	// Another's identity, another's path.
	let stolen = Member { identity: &other.identity, ..vote.member };
	let error = ballot.refused(&Vote { member: stolen, ..vote.clone() });
	assert!(matches!(error, MembershipError::OtherLeaf { .. }));
	let theirs = ballot.path(1);
	let error =
		ballot.refused(&Vote { member: Member { path: &theirs, ..vote.member }, ..vote.clone() });
	assert!(matches!(error, MembershipError::OtherLeaf { .. }));
	// The root of another tree, or of this one later.
	let mut later = ballot.tree.clone();
	later.remove(1).unwrap();
	let root = later.root();
	let error = ballot.refused(&Vote { member: Member { root, ..vote.member }, ..vote.clone() });
	let found = ballot.tree.root();
	assert_eq!(error, MembershipError::OtherRoot { expected: root, found });
	// A tree of another depth.
	let leaves = ballot.people.iter().map(|person| person.leaf(&ballot.graph));
	let higher = Tree::from_leaves(DEPTH + 1, leaves).unwrap();
	let path = higher.path(0).unwrap();
	let member = Member { path: &path, root: higher.root(), ..vote.member };
	let error = ballot.refused(&Vote { member, ..vote.clone() });
	assert_eq!(error, MembershipError::PathDepth { expected: 3, got: 4 });
	// A topic that is no field element.
	let member = Member { topic: Commitment([0xff; 32]), ..vote.member };
	let error = ballot.refused(&Vote { member, ..vote });
	assert!(matches!(error, MembershipError::NonCanonical { what: "the topic", .. }));
}

/// Each lie is told with all wires filled as an honest prover of that lie would, under the public
/// signals of the claim.
#[test]
fn a_lying_prover_is_caught() {
	let ballot = Ballot::new();
	let paths = [ballot.path(0), ballot.path(1)];
	let vote = ballot.vote(0, &paths[0]);
	let honest = ballot.fill(&vote).unwrap();
	assert!(ballot.accepts(&honest, &honest));

	// Somebody who is in no tree but one of their own, with a record that passes.
	let mut own = Tree::new(DEPTH).unwrap();
	let outsider = Identity::random(&mut StdRng::seed_from_u64(7));
	let Person { record, salt, .. } = &ballot.people[1];
	let profile = ballot.graph.input_commitment(record, *salt).unwrap();
	own.push(leaf(outsider.commitment(), profile).unwrap()).unwrap();
	let path = own.path(0).unwrap();
	let member = Member { identity: &outsider, path: &path, root: own.root(), ..vote.member };
	let lie = ballot.fill(&Vote { record, salt: *salt, member }).unwrap();
	assert!(ballot.holds(&lie.witness), "of the other tree it is true");
	assert!(!ballot.accepts(&lie, &honest));

	// A member with a record that the issuer did not attest.
	let Person { identity, .. } = &ballot.people[3];
	let mut own = Tree::new(DEPTH).unwrap();
	own.push(leaf(identity.commitment(), profile).unwrap()).unwrap();
	let path = own.path(0).unwrap();
	let member = Member { identity, path: &path, root: own.root(), ..vote.member };
	let lie = ballot.fill(&Vote { record, salt: *salt, member }).unwrap();
	let mut under_the_root = lie.witness.clone();
	under_the_root[1] = honest.witness[1];
	assert!(!ballot.holds(&under_the_root));

	// Two nullifiers for one topic: another's, or one that is made up.
	let other = ballot.fill(&ballot.vote(1, &paths[1])).unwrap();
	assert!(!ballot.accepts(&other, &honest));
	let mut forged = honest.witness.clone();
	forged[3] = other.witness[3];
	assert!(!ballot.holds(&forged));
	forged[3] = honest.witness[3] + Fr::one();
	assert!(!ballot.holds(&forged));
	// The topic of another ballot under the nullifier of this one.
	let mut forged = honest.witness.clone();
	forged[2] += Fr::one();
	assert!(!ballot.holds(&forged));

	// Any one wire; only choice and context are free, which no constraint binds and every proof does.
	let mut forged = honest.witness.clone();
	let free: Vec<usize> = ballot.circuit.hints.iter().map(|hint| hint.wire.0 as usize).collect();
	let signals = ballot.circuit.r1cs.signals();
	for wire in (1..honest.witness.len()).step_by(23).chain(1..=signals) {
		if free.contains(&wire) {
			continue;
		}
		forged[wire] += Fr::one();
		assert_eq!(ballot.holds(&forged), wire == 4 || wire == 6, "wire {wire}");
		forged[wire] = honest.witness[wire];
	}
}

/// A proof is of its statement: another choice or topic is another statement.
#[test]
fn choice_and_topic_are_part_of_the_statement() {
	let ballot = Ballot::new();
	let path = ballot.path(0);
	let honest = ballot.fill(&ballot.vote(0, &path)).unwrap();
	let claim = claimed(&honest);
	let statement = |membership: Membership| {
		let mut inference = honest.inference.clone();
		inference.input = ClaimedInput::Member(membership);
		Statement::new(&ballot.circuit.interface, &inference, &CONTEXT).unwrap()
	};
	assert_eq!(statement(claim), honest.statement);
	for (changed, signal) in [
		(Membership { topic: Commitment([5; 32]), ..claim }, 1),
		(Membership { choice: 2, ..claim }, 3),
		(Membership { choice: 1 << 31, ..claim }, 3),
	] {
		let other = statement(changed);
		let differ = |place: &usize| other.signals()[*place] != honest.statement.signals()[*place];
		let differing: Vec<usize> = (0..6).filter(differ).collect();
		assert_eq!(differing, [signal]);
	}
}

#[test]
fn the_interface_names_schema_and_depth() {
	let graph = lower(&model()).unwrap();
	let options = |depth| Options::new(InputChoice::Member { depth }, OUTPUT);
	for depth in [0, 33, 255] {
		let error = compile(&graph, &options(depth)).unwrap_err();
		let got = usize::from(depth);
		assert!(
			matches!(error, ModelError::Membership(MembershipError::Depth { got: g }) if g == got)
		);
	}
	let schema = graph.input_schema().id();
	for depth in [1, 32] {
		let shown = interface(&graph, &options(depth)).unwrap();
		assert_eq!(shown.input, InputVisibility::Member { schema, depth });
		assert_eq!(shown.signals(), Ok(6));
		let json = serde_json::to_value(shown).unwrap();
		assert_eq!(json["input"]["member"]["depth"], depth);
		assert_eq!(serde_json::from_value::<Interface>(json).unwrap(), shown);
		let json = serde_json::to_value(options(depth)).unwrap();
		assert_eq!(json["input"], serde_json::json!({ "member": { "depth": depth } }));
		assert_eq!(serde_json::from_value::<Options>(json).unwrap(), options(depth));
		let error = circom::program(&graph, &shown, &[]).unwrap_err();
		assert!(matches!(error, ModelError::Circom { .. }), "{error}");
		assert!(error.to_string().contains("membership in a tree"), "{error}");
	}
}

#[test]
fn weights_may_be_secret_as_well() {
	let ballot = Ballot::new();
	let graph = lower_committed(&model(), WEIGHT_BITS).unwrap();
	let salt = Salt::random(&mut StdRng::seed_from_u64(8));
	let commitment = graph.weights_commitment(salt).unwrap();
	let weights = WeightsChoice::Committed { bits: WEIGHT_BITS, commitment };
	let options = Options { weights, ..ballot.options };
	let circuit = compile(&graph, &options).unwrap();
	let path = ballot.path(0);
	let Vote { record, salt: input_salt, member } = ballot.vote(0, &path);
	let (input_salt, weights_salt) = (Some(input_salt), Some(salt));
	let extras = Extras { input_salt, weights_salt, member: Some(member), mask: None };
	let filled = assign_with(&graph, &options, record, &CONTEXT, &extras).unwrap();
	assert_eq!(circuit.r1cs.first_violation(&filled.witness), None);
	// Root, topic, nullifier and choice, then the commitment, the threshold and the context.
	let signals = filled.statement.signals();
	assert_eq!((signals.len(), signals[4], signals[6]), (7, commitment.0, CONTEXT.0));
	assert_eq!(circuit.unconstrained_signals(), [3, 6]);
	for (wire, signal) in (1..).zip(signals) {
		assert_eq!(filled.witness[wire], Fr::from_le_bytes_mod_order(signal));
	}
}
