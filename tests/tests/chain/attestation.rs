//! Who vouches for an input: a bank attests an applicant's record, and the applicant's proof is about
//! it.

use super::command_line::Place;
use serde_json::Value;
use std::fs;
use zkml_tests::examples;

fn example(name: &str) -> String {
	examples::file("credit", name).to_str().unwrap().to_string()
}

const BANK: &str = "//Bob";
const APPLICANT: &str = "//Charlie";

/// What is attested of the applicant and counts.
fn credential(place: &Place) -> Value {
	let schema = example("record.json");
	let show = ["attest", "show", "--subject", APPLICANT, "--schema", &schema];
	place.acts(APPLICANT, &show)["credential"].clone()
}

/// Has the bank sign an attestation of the sample.
fn signs(place: &Place, file: &str, opening: &str) -> Value {
	let (record, input) = (example("record.json"), example("sample.json"));
	let issue = ["attest", "issue", "--subject", APPLICANT, "--record", &record];
	let rest = ["--input", &input, "--sign", file, "-o", opening];
	place.acts(BANK, &[&issue[..], &rest].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_about_what_a_bank_attests() {
	let place = Place::empty().await;
	let (record, sample) = (example("record.json"), example("sample.json"));
	let issue = ["attest", "issue", "--subject", APPLICANT, "--record", &record];
	let attest = [&issue[..], &["--input", &sample, "-o", "opening.json"]].concat();
	place.fails(BANK, &attest, 5, "the account is no issuer");
	place.fails(BANK, &["attest", "issuer", BANK], 1, "name a --schema");
	place.fails(BANK, &["attest", "issuer", BANK, "--schema", &record], 5, "the chain refused");
	let named = place.acts("//Alice", &["attest", "issuer", BANK, "--schema", &record]);
	assert_eq!(named["schemas"].as_array().unwrap().len(), 1, "{named}");
	assert!(!place.path("opening.json").exists(), "nothing is written for what was refused");

	let attested = place.acts(BANK, &attest);
	assert_ne!(attested["deposit"]["held"], "0", "{attested}");
	let commitment = attested["attestation"]["commitment"].clone();
	let found = credential(&place);
	assert_eq!(found["commitment"], commitment, "{found}");
	let opened = place.run(&["open", "opening.json", "--commitment", commitment.as_str().unwrap()]);
	assert_eq!(opened["schema"], attested["attestation"]["schema"]);

	// The applicant proves about the very values that the bank knows.
	let (model, calibration) = (example("logistic.onnx"), example("calibration.npz"));
	let quantize = ["quantize", &model, "--record", &record, "--calibration", &calibration];
	place.run(&[&quantize[..], &["-o", "m.q.onnx"]].concat());
	let compile = ["compile", "m.q.onnx", "-o", "circuit", "--input-visibility", "committed"];
	place.run(&[&compile[..], &["--reveal", "threshold:0.8473"]].concat());
	place.run(&["setup", "circuit", "-o", "keys"]);
	place.acts("//Alice", &["register", "keys"]);
	let prove = ["prove", "circuit", "--keys", "keys", "--opening", "opening.json", "-o", "proof"];
	place.acts(APPLICANT, &prove);
	let submitted = place.acts(APPLICANT, &["submit", "proof"]);
	assert_eq!(submitted["claim"]["passed"], true, "{submitted}");
	assert_eq!(submitted["claim"]["input_commitment"], commitment, "{submitted}");

	// Another commitment to the same values is not what is attested.
	place.run(&["commit", "input", "--record", &record, "--input", &sample, "-o", "own.json"]);
	let own: Value = serde_json::from_slice(&fs::read(place.path("own.json")).unwrap()).unwrap();
	assert_ne!(own["commitment"], commitment);

	// An opening that was made before is attested as it is, and an older file is not overwritten.
	place.fails(BANK, &attest, 1, "may be the only copy of a salt");
	let again = ["attest", "issue", "--subject", APPLICANT, "--opening", "own.json", "--for", "50"];
	let again = place.acts(BANK, &again);
	assert_eq!(again["attestation"]["commitment"], own["commitment"], "{again}");
	assert_eq!(credential(&place)["expires"], again["attestation"]["expires"]);
	let mut damaged = own.clone();
	damaged["input"]["integers"][1] = 12.into();
	fs::write(place.path("damaged.json"), damaged.to_string()).unwrap();
	let lie = ["attest", "issue", "--subject", APPLICANT, "--opening", "damaged.json"];
	place.fails(BANK, &lie, 3, "do not give the commitment");

	// While the bank is suspended nothing counts that it attested.
	place.acts("//Alice", &["attest", "issuer", BANK, "--suspend"]);
	assert_eq!(credential(&place), Value::Null);
	place.fails(
		BANK,
		&["attest", "issue", "--subject", APPLICANT, "--opening", "own.json"],
		5,
		"the issuer is suspended",
	);
	place.acts("//Alice", &["attest", "issuer", BANK, "--resume"]);
	assert_eq!(credential(&place)["commitment"], own["commitment"]);
	let schema = ["--subject", APPLICANT, "--schema", &record];
	place.fails("//Dave", &[&["attest", "revoke"], &schema[..]].concat(), 5, "another issuer");
	place.acts(BANK, &[&["attest", "revoke"], &schema[..]].concat());
	assert_eq!(credential(&place), Value::Null);
	place.fails("//Dave", &[&["attest", "remove"], &schema[..]].concat(), 5, "wait");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_bank_signed_its_subject_claims_once() {
	let place = Place::empty().await;
	let record = example("record.json");
	place.acts("//Alice", &["attest", "issuer", BANK, "--schema", &record]);
	let signed = signs(&place, "signed.json", "opening.json");
	assert_eq!(credential(&place), Value::Null);

	let claim = ["attest", "claim", "signed.json"];
	place.fails("//Dave", &claim, 5, "sign with the account that it names");
	let file: Value =
		serde_json::from_slice(&fs::read(place.path("signed.json")).unwrap()).unwrap();
	for (field, value) in [("commitment", "01".repeat(32).into()), ("expires", 1_000_000.into())] {
		let mut other = file.clone();
		other[field] = value;
		fs::write(place.path("other.json"), other.to_string()).unwrap();
		place.fails(
			APPLICANT,
			&["attest", "claim", "other.json"],
			5,
			"signature is not the issuer's",
		);
	}
	let mut elsewhere = file.clone();
	elsewhere["genesis"] = "00".repeat(32).into();
	fs::write(place.path("other.json"), elsewhere.to_string()).unwrap();
	place.fails(APPLICANT, &["attest", "claim", "other.json"], 5, "the chain with genesis");
	fs::write(place.path("other.json"), "{}").unwrap();
	place.fails(APPLICANT, &["attest", "claim", "other.json"], 1, "ask the issuer for it again");

	let claimed = place.acts(APPLICANT, &claim);
	assert_ne!(claimed["deposit"]["held"], "0", "the subject pays: {claimed}");
	let found = credential(&place);
	assert_eq!(found["commitment"], signed["attestation"]["commitment"]);
	assert_eq!(found["depositor"], file["subject"]);
	place.fails(APPLICANT, &claim, 5, "ask the issuer again");

	// What was signed and not claimed is taken back, too.
	signs(&place, "later.json", "later.opening.json");
	let schema = ["--subject", APPLICANT, "--schema", "later.opening.json"];
	place.acts(BANK, &[&["attest", "revoke"], &schema[..]].concat());
	place.fails(APPLICANT, &["attest", "claim", "later.json"], 5, "ask the issuer again");
	assert_eq!(credential(&place), Value::Null);
}
