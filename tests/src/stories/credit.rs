//! A bank vouches for a record, a model passes it, and that opens a loan.

use super::example;
use crate::place::Place;

const ADMIN: &str = "//Alice";
const BANK: &str = "//Bob";
const CHARLIE: &str = "//Charlie";
const DAVE: &str = "//Dave";

pub(super) async fn tell(place: Place) {
	let file = |name| example("credit", name);
	let (record, sample) = (file("record.json"), file("sample.json"));

	place.part("A model that judges loans, and what it earns");
	place.says(
		"German credit data: 17 fields of an application. The model's answer is shown only as \"passed\", \
		 and its input only as a commitment.",
	);
	let quantize = ["quantize", &file("logistic.onnx"), "--record", &record];
	let calibration = ["--calibration", &file("calibration.npz"), "-o", "m.q.onnx"];
	place.run(&[&quantize[..], &calibration].concat());
	let compile = ["compile", "m.q.onnx", "-o", "circuit", "--input-visibility", "committed"];
	place.run(&[&compile[..], &["--reveal", "threshold:0.8473"]].concat());
	place.run(&["setup", "circuit", "-o", "keys"]);
	place.acts(ADMIN, &["register", "keys"]);
	place.says(
		"Alice, who governs here, lets the bank vouch for such records, and the model earn credit.",
	);
	place.acts(ADMIN, &["attest", "issuer", BANK, "--schema", &record]);
	let area = ["reputation", "area", "credit", "--half-life", "1000", "--ceiling", "100"];
	let source = ["--source", "keys", "--issuer", BANK, "--points", "60"];
	place.acts(ADMIN, &[&area[..], &source].concat());
	place.acts(ADMIN, &["loan", "fund", "50"]);

	place.part("Charlie applies");
	place.says("The bank attests a commitment to Charlie's record. Charlie keeps what opens it.");
	let issue = ["attest", "issue", "--subject", CHARLIE, "--record", &record, "--input", &sample];
	place.acts(BANK, &[&issue[..], &["-o", "opening.json"]].concat());
	place.says("Without a reputation there is no loan.");
	place.fails(CHARLIE, &["loan", "borrow", "10"], 5, "does not lend to");
	let prove = ["reputation", "prove", "circuit", "--keys", "keys", "--area", "credit"];
	let earn = |opening: &'static str| [&prove[..], &["--opening", opening]].concat();
	let proven = place.acts(CHARLIE, &earn("opening.json"));
	assert_eq!(proven["score"], 60, "{proven}");
	place.says(
		"The chain has verified that the record that the bank attests passes the model. It has seen \
		 neither the record nor the score, and gives 60 points, which halve every 1,000 blocks.",
	);
	let borrowed = place.acts(CHARLIE, &["loan", "borrow", "10"]);
	assert_eq!(borrowed["owed"], "10200000000000", "{borrowed}");
	place.says("Ten tokens, and two per cent on top to be repaid.");

	place.part("What the chain refuses");
	place.says("Dave has got hold of Charlie's opening. Nothing is attested of Dave.");
	place.fails(DAVE, &earn("opening.json"), 5, "nothing of this kind is attested");
	place.says("The bank attests a record of Dave's, too: other values than those of the proof.");
	let issue = ["attest", "issue", "--subject", DAVE, "--record", &record, "--input", &sample];
	place.acts(BANK, &[&issue[..], &["-o", "other.json"]].concat());
	place.fails(DAVE, &earn("opening.json"), 5, "other values are attested");
	place.says("An attestation that has expired.");
	let short = ["attest", "issue", "--subject", DAVE, "--opening", "other.json", "--for", "1"];
	place.acts(BANK, &short);
	place.wait(1).await;
	place.fails(DAVE, &earn("other.json"), 5, "nothing of this kind is attested");
	place.says("A model that was suspended.");
	place.acts(ADMIN, &["model", "suspend", "keys"]);
	place.fails(CHARLIE, &earn("opening.json"), 5, "the model is suspended");
	place.acts(ADMIN, &["model", "resume", "keys"]);

	place.part("What was revoked is struck out");
	let schema = ["--subject", CHARLIE, "--schema", &record];
	place.acts(BANK, &[&["attest", "revoke"], &schema[..]].concat());
	place.says("Anybody may say so to the chain.");
	let challenge = ["reputation", "challenge", CHARLIE, "--area", "credit", "--model", "keys"];
	let struck = place.acts(DAVE, &challenge);
	assert_eq!(struck["score"], 0, "{struck}");
	let repaid = place.acts(CHARLIE, &["loan", "repay", "all"]);
	assert_eq!(repaid["left"], "0", "{repaid}");
	place.fails(CHARLIE, &["loan", "borrow", "1"], 5, "does not lend to");
}
