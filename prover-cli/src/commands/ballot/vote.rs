//! `zkml ballot vote`.

use super::{
	super::{
		block_on,
		prove::opened,
		proving::{Pair, Proofs},
		Named,
	},
	identity::{self, IDENTITY},
	proven::Proven,
	tree::{Leaf, TreeFile},
};
use crate::{
	chain::{
		self, address,
		governance::{BallotId, Polling},
		AccountId, Chain, ChainError,
	},
	error::CliError,
	files::{self, FORMAT, TOOL},
	opening::{self, Opening},
	ui::{self, Ui},
};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use subxt_signer::sr25519::Keypair;
use zkml_circuits::{
	assign_with, Assignment, CommitmentKind, Extras, Identity, InputChoice, Member, ModelError,
};
use zkml_primitives::{Commitment, Membership, Output};
use zkml_prover::json as snarkjs;

/// Prove a vote: to hand it in, or for another account that does.
///
/// The proof shows that somebody in the issuer's tree, whose attested profile the ballot's model lets pass,
/// makes this choice, and votes for the first time. It does not show who. But the account that hands a vote
/// in is seen by everybody: use --for to prove for an account that is not yours, a relay, which is paid by
/// the ballot. It can change neither the choice nor who is paid; it can only leave the vote out, and then
/// another one is proven for somebody else. Give it the file on a way that does not tell who you are, and
/// not in the moment in which it was made.
///
/// The tree is that of all voters, as the issuer gives it to everybody: who asked for a part of it would
/// tell that they vote. Of the node is asked for all who have voted, not for one; use one's own all the
/// same. A vote cannot be changed.
#[derive(Debug, Args)]
pub struct Vote {
	/// The circuit's folder.
	#[arg(default_value = "target/zkml/circuit")]
	circuit: PathBuf,
	/// The keys' folder.
	#[arg(long, value_name = "DIR", default_value = "target/zkml/keys")]
	keys: PathBuf,
	/// The ballot's number.
	#[arg(long, value_name = "N")]
	ballot: BallotId,
	/// The choice, from 0.
	#[arg(long, value_name = "K")]
	choice: u32,
	/// One's secret.
	#[arg(long, value_name = "FILE", default_value = IDENTITY)]
	identity: PathBuf,
	/// The opening of the commitment to one's profile, as the issuer handed it over.
	#[arg(long, value_name = "FILE", default_value = opening::INPUT)]
	profile: PathBuf,
	/// The tree of all voters, as it was when the ballot was opened.
	#[arg(long, value_name = "FILE")]
	tree: PathBuf,
	/// The opening of the weights' commitment, where they are committed.
	#[arg(long, value_name = "FILE", default_value = opening::WEIGHTS)]
	weights_opening: PathBuf,
	/// Who hands the vote in, in place of the signer: an address, or 32 bytes in hexadecimal.
	#[arg(long = "for", value_name = "ACCOUNT", requires = "output")]
	relay: Option<String>,
	/// Where to write the vote that another account hands in with `zkml ballot send`. Until then the file
	/// alone tells the choice.
	#[arg(short, long, value_name = "FILE", requires = "relay")]
	output: Option<PathBuf>,
	/// The node's JSON-RPC address.
	#[arg(long, default_value = "ws://127.0.0.1:9944", env = "ZKML_URL")]
	url: String,
	/// Who signs and is seen, without --for: a secret URI such as //Alice, or a mnemonic. Prefer the variable
	/// to the flag.
	#[arg(long, env = "ZKML_SURI", hide_env_values = true, required_unless_present = "relay")]
	suri: Option<String>,
}

/// Who hands a vote in.
enum Hand {
	/// The voter, with an account that is seen.
	Own(Box<Keypair>),
	/// Another account, which is given a file.
	Relay(AccountId, PathBuf),
}

impl Vote {
	/// Who hands it in.
	fn hand(&self) -> Result<Hand, CliError> {
		match (&self.relay, &self.output, &self.suri) {
			(Some(relay), Some(output), _) => {
				Ok(Hand::Relay(chain::account(relay)?, output.clone()))
			},
			(_, _, Some(suri)) => Ok(Hand::Own(Box::new(chain::signer(suri)?))),
			_ => Err(CliError::Other("who hands the vote in? name --suri, or --for and -o".into())),
		}
	}

	/// What must be proven; checks all that the chain would check besides the proof.
	async fn ask(
		&self,
		named: Option<&Named>,
		account: AccountId,
		identity: &Identity,
		root: Commitment,
	) -> Result<([u8; 32], Polling), ChainError> {
		let chain = Chain::connect(&self.url).await?;
		if let Some(named) = named {
			named.ensure(&chain)?;
		}
		let state = chain.state().await?;
		let polling = state.polling(self.ballot, account).await?;
		polling.ballot.ensure_choice(self.choice)?;
		state.ensure_root(&polling.ballot, root).await?;
		// A topic is a hash below the order, so there is a nullifier.
		let nullifier = identity.nullifier(polling.topic).map(|nullifier| nullifier.0);
		let used = state.nullifiers(self.ballot, &polling.ballot).await?;
		match nullifier {
			Ok(nullifier) if !used.contains(&nullifier) => Ok((chain.genesis(), polling)),
			Ok(_) => Err(ChainError::Needless("Governance::AlreadyVoted".into())),
			Err(error) => Err(ChainError::Contradiction(error.to_string())),
		}
	}

	pub(super) fn run(self, ui: &Ui) -> Result<(), CliError> {
		let hand = self.hand()?;
		let account = match &hand {
			Hand::Own(signer) => signer.public_key().0,
			Hand::Relay(account, _) => *account,
		};
		let pair = Pair::open(&self.circuit, &self.keys)?;
		let file = &pair.circuit.file;
		if !matches!(file.options.input, InputChoice::Member { .. }) {
			return Err(CliError::Other(
				"this circuit's input is not a member's: compile with --input-visibility member"
					.into(),
			));
		}
		let graph = pair.circuit.graph()?;
		let (values, salt) = opened(&self.profile, &graph)?;
		let profile = Opening::read(&self.profile, CommitmentKind::Input)?.commitment;
		let weights_salt = pair.weights_salt(&self.weights_opening)?;
		let identity = identity::read(&self.identity)?;
		let members = TreeFile::read(&self.tree)?;
		let leaf = Leaf { identity: identity.commitment(), profile };
		let (found, _) = ui.step("hashing the tree", || members.path_of(&self.tree, leaf));
		let (root, path) = found?;
		let named = Named::beside(&self.keys)?;
		let (asked, _) = ui.step("asking the chain", || {
			block_on(self.ask(named.as_ref(), account, &identity, root))
		});
		let (genesis, polling) = asked?;
		self.ensure_model(&pair, &polling)?;

		let (topic, choice) = (polling.topic, self.choice);
		let member = Some(Member { identity: &identity, path: &path, root, topic, choice });
		let extras = Extras { input_salt: salt, member, weights_salt, ..Extras::default() };
		let (assigned, evaluating) = ui.step("evaluating", || {
			assign_with(&graph, &file.options, &values, &polling.context, &extras)
		});
		let assignment = passed(assigned)?;
		let (prover, loading) = pair.prover(ui, Proofs::Few)?;
		let (proof, proving) = pair.prove(ui, &prover, &assignment)?;
		let proven = Proven {
			format: FORMAT,
			tool: TOOL.into(),
			genesis: hex::encode(genesis),
			ballot: self.ballot,
			account: address(&account),
			membership: claimed(&assignment)?,
			proof: json!(snarkjs::proof_to_json(&proof.proof)
				.map_err(|error| CliError::Other(error.to_string()))?),
		};
		let question = hex::encode(polling.ballot.terms.question);
		ui.line(format!("choice {choice} of ballot {}, which asks 0x{question}", self.ballot));
		ui.line(format!("as one of {} members of 0x{}", members.members(), hex::encode(root.0)));
		ui.line(format!("nullifier 0x{}", hex::encode(proven.membership.nullifier.0)));
		ui.line(format!(
			"key {}, witness {}, proof {}",
			ui::time(loading),
			ui::time(evaluating),
			ui::time(proving)
		));
		let mut fields = json!({
			"members": members.members(),
			"output": self.output,
			"seconds": {
				"key": loading.as_secs_f64(),
				"witness": evaluating.as_secs_f64(),
				"proof": proving.as_secs_f64(),
			},
		});
		match hand {
			Hand::Own(signer) => {
				ui.note(format!(
					"{} is seen to hand this vote in; --for lets another account do it",
					address(&account)
				));
				proven.hand_in(ui, &self.url, &signer, "ballot vote", fields)
			},
			Hand::Relay(_, output) => {
				// It tells the choice before anybody else knows it.
				files::write_secret(&output, &files::to_json(&proven))?;
				ui.line(format!("wrote {}", output.display()));
				for (name, value) in proven.shown() {
					fields[name] = value;
				}
				ui.json("ballot vote", fields);
				let ends = polling.ballot.terms.ends;
				ui.note(format!("it must be handed in up to block {ends}, when the ballot ends"));
				ui.next(format!(
					"zkml ballot send {} --url {} --suri …, by {}",
					output.display(),
					self.url,
					proven.account
				));
				Ok(())
			},
		}
	}

	/// Checks that circuit and keys are those of the ballot's model.
	fn ensure_model(&self, pair: &Pair, polling: &Polling) -> Result<(), CliError> {
		let id = polling.ballot.terms.model;
		pair.ensure_registered(id, &polling.model.model.key)?;
		if pair.circuit.file.interface == polling.model.model.interface {
			return Ok(());
		}
		Err(CliError::Content {
			path: self.circuit.clone(),
			what: format!(
				"the ballot's model, 0x{}, has another threshold, or other weights",
				hex::encode(id.0)
			),
			help: "vote with the folders from which it was registered".into(),
		})
	}
}

/// What was evaluated, if the model lets the profile pass.
fn passed(assigned: Result<Assignment, ModelError>) -> Result<Assignment, CliError> {
	assigned.map_err(|error| match error {
		ModelError::BelowThreshold { score, threshold } => CliError::Other(format!(
			"the ballot's model does not let this profile pass: its score is {score}, below the threshold \
			 {threshold}, so there is no vote to prove"
		)),
		other => other.into(),
	})
}

/// What is claimed of the member.
fn claimed(assignment: &Assignment) -> Result<Membership, CliError> {
	match (&assignment.inference.output, assignment.inference.input.membership()) {
		(Output::Passed, Some(membership)) => Ok(*membership),
		_ => Err(CliError::Other(
			"this circuit does not show that a threshold is reached: compile with --reveal \
			 threshold:VALUE"
				.into(),
		)),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::{
		governance::{Ballot, BallotTerms},
		Lifecycle, Model, ModelInfo, Registration, Status, Suspension,
	};
	use rand::rngs::OsRng;
	use std::path::Path;
	use zkml_circuits::{
		compile, lower, onnx, quantize, r1cs::R1cs, Graph, InputSchema, Options, OutputChoice,
		Record,
	};
	use zkml_primitives::{
		Interface, Metadata, ModelId, SchemaId, Scheme, Setup, Terms, VerifyingKey, SEMANTICS_V1,
	};
	use zkml_prover::{prove, setup, ProvingKey};

	const GENESIS: [u8; 32] = [7; 32];
	const RELAY: AccountId = [8; 32];
	const DEPTH: u8 = 2;

	fn example(name: &str) -> PathBuf {
		Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/credit").join(name)
	}

	/// Voters and their files.
	struct Town {
		folder: tempfile::TempDir,
		graph: Graph,
		options: Options,
		r1cs: R1cs,
		interface: Interface,
	}

	impl Town {
		/// With the trees of the credit example, and a threshold that the sample reaches or just not.
		fn new(passes: bool) -> Self {
			let text = std::fs::read_to_string(example("record.json")).unwrap();
			let record = Record::read(&text).unwrap();
			let float = onnx::Model::read(&std::fs::read(example("trees.onnx")).unwrap(), None);
			let float = float.unwrap().with_record(record.clone()).unwrap();
			let quantized = quantize::quantize_trees(&float, &Default::default()).unwrap();
			let bytes = quantize::encode(&quantized.proto);
			let graph = lower(&onnx::Model::read(&bytes, None).unwrap()).unwrap();
			let values = std::fs::read_to_string(example("sample.json")).unwrap();
			let values = record.read_integers(&values).unwrap();
			let score = match graph.evaluate(&values)[..] {
				[score] => score,
				[no, yes] => yes - no,
				_ => panic!("it has a score"),
			};
			let input = InputChoice::Member { depth: DEPTH };
			let tau = if passes { score } else { score + 1 } as i32;
			let options = Options::new(input, OutputChoice::Threshold { tau });
			let circuit = compile(&graph, &options).unwrap();
			let folder = tempfile::tempdir().unwrap();
			let (r1cs, interface) = (circuit.r1cs, circuit.interface);
			let town = Self { folder, graph, options, r1cs, interface };
			let opening = Opening::of_input(InputSchema::of_record(&record), &values);
			let opening = opening.unwrap();
			opening.write_new(&town.path("profile.json")).unwrap();
			identity::make(&town.path("identity.json")).unwrap_or_else(|error| panic!("{error}"));
			let mut tree = TreeFile::new(DEPTH, opening.schema);
			for number in [1, 2] {
				let other = Commitment([number; 32]);
				tree.enroll(Path::new("t"), Leaf { identity: other, profile: other }).unwrap();
			}
			tree.enroll(Path::new("t"), town.leaf()).unwrap();
			tree.write(&town.path("tree.json")).unwrap();
			town
		}

		fn path(&self, name: &str) -> PathBuf {
			self.folder.path().join(name)
		}

		fn leaf(&self) -> Leaf {
			let opening = Opening::read(&self.path("profile.json"), CommitmentKind::Input).unwrap();
			let identity = identity::read(&self.path("identity.json")).unwrap().commitment();
			Leaf { identity, profile: opening.commitment }
		}

		/// What the chain knows, for an account that hands a vote in.
		fn polling(&self, id: BallotId, account: AccountId, key: VerifyingKey) -> Polling {
			let terms = BallotTerms {
				question: [1; 32],
				choices: 2,
				model: ModelId([2; 32]),
				issuer: [3; 32],
				schema: SchemaId([4; 32]),
				root: Commitment([5; 32]),
				ends: 6,
				max_votes: 7,
				reward: 0,
			};
			let opener = [9; 32];
			let ballot = Ballot { terms, opener, counts: vec![0, 0], nullifiers: 0, rewards: 7 };
			let model = Model {
				scheme: Scheme::Groth16,
				semantics: SEMANTICS_V1,
				setup: Setup::Development,
				lifecycle: Lifecycle::Unlimited,
				suspension: Suspension { by_owner: false, by_admin: false },
				terms: Terms::default(),
				interface: self.interface,
				signals: 6,
				key,
				alpha_beta: [0; 384],
			};
			let registration = Registration {
				owner: [9; 32],
				registrant: [9; 32],
				heir: None,
				version: 1,
				supersedes: None,
				superseded_by: None,
				since: 0,
				metadata: Metadata {
					name: Default::default(),
					onnx_sha256: [0; 32],
					uri: Default::default(),
				},
			};
			let (topic, context) =
				(ballot.topic(&GENESIS, id), ballot.context(&GENESIS, id, account));
			let model = ModelInfo { status: Status::Active, model, registration };
			Polling { id, ballot, model, topic, context }
		}

		/// What the voter's files give.
		fn assign(&self, polling: &Polling, choice: u32) -> Result<Assignment, CliError> {
			let (values, salt) = opened(&self.path("profile.json"), &self.graph)?;
			let identity = identity::read(&self.path("identity.json"))?;
			let tree = TreeFile::read(&self.path("tree.json"))?;
			let (root, path) = tree.path_of(Path::new("t"), self.leaf())?;
			let topic = polling.topic;
			let member = Some(Member { identity: &identity, path: &path, root, topic, choice });
			let extras = Extras { input_salt: salt, member, ..Extras::default() };
			passed(assign_with(&self.graph, &self.options, &values, &polling.context, &extras))
		}

		fn proven(&self, key: &ProvingKey, assignment: &Assignment) -> Proven {
			let proof = prove(key, &assignment.witness, &mut OsRng).unwrap();
			Proven {
				format: FORMAT,
				tool: TOOL.into(),
				genesis: hex::encode(GENESIS),
				ballot: 3,
				account: address(&RELAY),
				membership: claimed(assignment).unwrap(),
				proof: json!(snarkjs::proof_to_json(&proof).unwrap()),
			}
		}
	}

	#[test]
	fn a_vote_holds_for_what_it_says_and_nothing_else() {
		let town = Town::new(true);
		let key = setup(&town.r1cs, &mut OsRng).unwrap();
		let polling = |id, account| town.polling(id, account, key.verifying_key().unwrap());
		let honest = polling(3, RELAY);
		let assignment = town.assign(&honest, 1).unwrap();
		assert!(town.r1cs.first_violation(&assignment.witness).is_none());
		let proven = town.proven(&key, &assignment);
		let path = town.path("deep/vote.json");
		files::write_secret(&path, &files::to_json(&proven)).unwrap();
		let read = || Proven::read(&path).unwrap_or_else(|error| panic!("{error}"));
		assert_eq!(read().check(&honest).unwrap().0, 6);
		assert_eq!(read().membership.choice, 1);

		let refused = |proven: &Proven, polling: &Polling| {
			let error = proven.check(polling).unwrap_err();
			assert_eq!(error.exit_code(), 3);
			assert!(error.to_string().contains("Governance::Refused(InvalidProof)"), "{error}");
		};
		refused(&read(), &polling(4, RELAY));
		refused(&read(), &polling(3, [9; 32]));
		let membership = proven.membership;
		let other = Commitment([1; 32]);
		for membership in [
			Membership { choice: 0, ..membership },
			Membership { nullifier: other, ..membership },
			Membership { root: other, ..membership },
			Membership { topic: other, ..membership },
			Membership { root: Commitment([0xff; 32]), ..membership },
		] {
			refused(&Proven { membership, ..read() }, &honest);
		}
		let another = Proven { proof: town.proven(&key, &assignment).proof, ..read() };
		assert_eq!(another.check(&honest).unwrap().0, 6, "proofs are not one");
		let none = Proven { proof: json!({}), ..read() };
		assert_eq!(none.check(&honest).unwrap_err().exit_code(), 3);
		std::fs::write(&path, "{}").unwrap();
		let error = Proven::read(&path).err().expect("it is no vote");
		assert!(error.to_string().contains("missing field"), "{error}");
	}

	#[test]
	fn who_does_not_pass_is_told_before_a_proof() {
		let town = Town::new(false);
		let key = VerifyingKey {
			alpha: [0; 64],
			beta: [0; 128],
			gamma: [0; 128],
			delta: [0; 128],
			ic: Default::default(),
		};
		let assigned = town.assign(&town.polling(3, RELAY, key), 1);
		let error = assigned.expect_err("the score is one below");
		assert_eq!(error.exit_code(), 1);
		assert!(error.to_string().contains("does not let this profile pass"), "{error}");
	}
}
