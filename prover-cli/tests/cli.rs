//! What needs no chain, as a user types it, bad input included.

mod common;

use common::{example, Place, PROVE, VERIFY};
use serde_json::Value;
use std::fs;

mod the_story {
	use super::*;

	#[test]
	fn goes_from_a_float_model_to_a_verified_proof() {
		let place = Place::new();
		let quantized = place.quantized();
		let accuracy = &quantized["accuracy"];
		assert!(accuracy["agreement"].as_f64().unwrap() >= 0.995, "{quantized}");
		let compiled = place.json(&["compile", "digits.q.onnx", "-o", "circuit"]);
		assert!(compiled["circuit"]["constraints"].as_u64().unwrap() <= 1_450, "{compiled}");
		let setup = place.json(&["setup", "circuit", "-o", "keys"]);
		assert_eq!(setup["setup"], "development");
		let size = setup["proving_key_bytes"].as_u64().unwrap();
		assert!(size <= 2_000_000, "{size}");
		assert_eq!(setup["estimate"]["key_bytes"].as_u64().unwrap() / 10_000, size / 10_000);
		fs::copy(example("sample.json"), place.path("x.json")).unwrap();
		let proven = place.json(&PROVE);
		assert_eq!(proven["claim"]["shown"]["label"], 2, "the sample shows a 2");
		let verified = place.json(&VERIFY);
		assert_eq!(verified["valid"], true);
		assert_eq!(verified["claim"]["label"], 2);
	}

	#[test]
	fn tells_what_to_run_next_on_stderr() {
		let place = Place::new();
		place.quantized();
		let output = place.zkml(&["compile", "digits.q.onnx", "-o", "c"]).output().unwrap();
		let text = String::from_utf8(output.stderr).unwrap();
		assert_eq!(text.lines().last(), Some("next: zkml setup c"));
		let output = place.zkml(&["compile", "digits.q.onnx", "-o", "c", "-q"]).output().unwrap();
		assert!(output.stderr.is_empty());
	}

	#[test]
	fn shows_labels_and_inputs_as_asked() {
		let place = Place::new();
		place.quantized();
		fs::copy(example("sample.json"), place.path("x.json")).unwrap();
		place.json(&[
			"compile",
			"digits.q.onnx",
			"-o",
			"circuit",
			"--reveal",
			"argmax",
			"--input-visibility",
			"public",
		]);
		place.json(&["setup", "circuit", "-o", "keys"]);
		let proven = place.json(&PROVE);
		let shown = &proven["claim"]["shown"];
		assert_eq!(shown["label"], 2);
		assert!(shown.get("logits").is_none(), "argmax hides the logits");
		assert_eq!(shown["input"].as_array().unwrap().len(), 64);
		place.json(&VERIFY);
	}

	#[test]
	fn costs_are_known_before_anything_is_written() {
		let place = Place::new();
		place.quantized();
		let model = place.json(&["inspect", "digits.q.onnx", "--reveal", "argmax"]);
		assert!(!place.path("target").exists());
		place.json(&["compile", "digits.q.onnx", "-o", "circuit", "--reveal", "argmax"]);
		let circuit = place.json(&["inspect", "circuit", "--svg", "layers.svg"]);
		for field in ["layers", "constraints", "wires", "non_zeros", "interface", "outputs"] {
			assert_eq!(model["circuit"][field], circuit["circuit"][field], "{field}");
		}
		assert_eq!(model["estimate"], circuit["estimate"]);
		let layers = circuit["circuit"]["layers"].as_array().unwrap();
		let sum: u64 = (layers.iter())
			.flat_map(|layer| layer["non_zeros"].as_array().unwrap())
			.map(|count| count.as_u64().unwrap())
			.sum();
		let total = circuit["circuit"]["non_zeros"].as_array().unwrap();
		assert_eq!(sum, total.iter().map(|count| count.as_u64().unwrap()).sum::<u64>());
		let rounding =
			&layers.iter().find(|layer| layer["op"] == "requantize").unwrap()["rounding"];
		assert!(rounding["counts"]["power_of_two"].as_u64().unwrap() > 0, "{rounding}");
		assert_eq!(rounding["exceptions"], 0);
		let svg = fs::read_to_string(place.path("layers.svg")).unwrap();
		assert!(svg.contains("hidden.quantize · requantize"), "{svg}");
		let text = place.fails(1, &["inspect", "circuit", "--reveal", "argmax"]);
		assert!(text.contains("a folder says itself how it was compiled"), "{text}");
		let float = example("digits.onnx");
		let float = float.to_str().unwrap();
		assert_eq!(place.json(&["inspect", float])["quantized"], false);
		assert!(place.fails(1, &["inspect", float, "--svg", "x.svg"]).contains("zkml quantize"));
	}

	#[test]
	fn inspects_everything_it_makes() {
		let place = Place::proven();
		assert_eq!(place.json(&["inspect", "digits.q.onnx"])["kind"], "onnx");
		let circuit = place.json(&["inspect", "circuit"]);
		let layers = circuit["circuit"]["layers"].as_array().unwrap();
		let sum: u64 = layers.iter().map(|layer| layer["constraints"].as_u64().unwrap()).sum();
		assert_eq!(Some(sum), circuit["circuit"]["constraints"].as_u64());
		assert_eq!(place.json(&["inspect", "keys"])["manifest"]["setup"], "development");
		assert_eq!(place.json(&["inspect", "proof"])["claim"]["shown"]["label"], 2);
		assert!(place.fails(1, &["inspect", "."]).contains("neither an ONNX file nor a folder"));
	}

	#[test]
	fn keeps_the_witness_out_of_the_proof() {
		let place = Place::ready();
		place.json(&PROVE);
		let names: Vec<_> = fs::read_dir(place.path("proof"))
			.unwrap()
			.map(|entry| entry.unwrap().file_name().into_string().unwrap())
			.collect();
		assert_eq!(names.len(), 3, "{names:?}");
		let mut arguments = PROVE.to_vec();
		arguments.extend(["--witness", "w.wtns"]);
		place.json(&arguments);
		assert!(fs::read(place.path("w.wtns")).unwrap().starts_with(b"wtns"));
	}
}

mod verify {
	use super::*;

	#[test]
	fn refuses_another_claim() {
		let place = Place::proven();
		place.edit("proof/inference.json", |claim| {
			let inference = claim["inference"].as_str().unwrap().to_string();
			// The first logit's lowest byte follows the variant and the length.
			let mut bytes = hex::decode(inference).unwrap();
			bytes[2] ^= 1;
			claim["inference"] = hex::encode(bytes).into();
		});
		let text = place.fails(3, &VERIFY);
		assert!(text.contains("public.json does not say what inference.json claims"), "{text}");
	}

	#[test]
	fn refuses_another_context() {
		let place = Place::proven();
		place.edit("proof/inference.json", |claim| claim["context"] = "11".repeat(32).into());
		place.fails(3, &VERIFY);
		place.edit("proof/public.json", |signals| {
			let context = signals.as_array().unwrap().len() - 1;
			signals[context] = "1".into();
		});
		place.edit("proof/inference.json", |claim| {
			claim["context"] = format!("01{}", "00".repeat(31)).into();
		});
		let text = place.fails(3, &VERIFY);
		assert!(text.contains("does not show these signals"), "{text}");
	}

	#[test]
	fn refuses_a_damaged_proof() {
		let place = Place::proven();
		let good = fs::read(place.path("proof/proof.json")).unwrap();
		type Damage = fn(&mut Value);
		let damages: [(Damage, &str); 5] = [
			(|p| p["pi_a"][0] = "1".into(), "pi_a is not a point"),
			(|p| p["pi_a"][2] = "0".into(), "pi_a is not a point"),
			(|p| p["pi_b"][0][0] = "1".into(), "pi_b is not a point"),
			(|p| p["pi_c"] = "none".into(), "not a proof in snarkjs' format"),
			(|p| p["pi_c"][0] = "9".repeat(78).into(), "is not a number below the field's order"),
		];
		for (damage, expected) in damages {
			fs::write(place.path("proof/proof.json"), &good).unwrap();
			place.edit("proof/proof.json", damage);
			let text = place.fails(3, &VERIFY);
			assert!(text.contains(expected), "{expected}: {text}");
		}
		fs::write(place.path("proof/proof.json"), &good[..good.len() / 2]).unwrap();
		place.fails(3, &VERIFY);
	}

	#[test]
	fn refuses_a_damaged_key() {
		let place = Place::proven();
		let good = fs::read(place.path("keys/verification_key.json")).unwrap();
		type Damage = fn(&mut Value);
		let damages: [(Damage, &str); 4] = [
			(|k| k["IC"].as_array_mut().unwrap().truncate(1), "2 public signals are declared"),
			(|k| k["vk_beta_2"][0][1] = "5".into(), "vk_beta_2 is not a point"),
			(|k| k["curve"] = "bls12381".into(), "not supported, only groth16 over bn128"),
			(|k| drop(k.as_object_mut().unwrap().remove("zkml")), "not made by zkml"),
		];
		for (damage, expected) in damages {
			fs::write(place.path("keys/verification_key.json"), &good).unwrap();
			place.edit("keys/verification_key.json", damage);
			let text = place.fails(1, &VERIFY);
			assert!(text.contains(expected), "{expected}: {text}");
		}
	}
}

mod keys {
	use super::*;

	#[test]
	fn missing_ones_are_named() {
		let place = Place::ready();
		fs::remove_file(place.path("keys/proving_key.zkey")).unwrap();
		assert!(place.fails(1, &PROVE).contains("proving_key.zkey: No such file"));
		fs::remove_dir_all(place.path("keys")).unwrap();
		let text = place.fails(1, &PROVE);
		assert!(text.contains("verification_key.json: No such file"), "{text}");
		assert!(text.contains("make the keys with `zkml setup`"), "{text}");
		let text = place.fails(1, &["setup", "nowhere"]);
		assert!(text.contains("make the folder with `zkml compile`"), "{text}");
		assert!(place.fails(1, &["inspect", "nowhere"]).contains("nowhere: No such file"));
	}

	#[test]
	fn foreign_ones_are_refused_with_both_hashes() {
		let place = Place::ready();
		let other = place.json(&["compile", "digits.q.onnx", "-o", "other", "--reveal", "argmax"]);
		let setup = place.json(&["setup", "other", "-o", "other-keys"]);
		assert_eq!(setup["setup"], "development");
		let mut arguments = PROVE;
		arguments[3] = "other-keys";
		let text = place.fails(1, &arguments);
		let ours = place.json(&["inspect", "circuit"])["circuit"]["circuit_sha256"].clone();
		let theirs = &other["circuit"]["circuit_sha256"];
		for hash in [&ours, theirs] {
			assert!(text.contains(&hash.as_str().unwrap()[..16]), "{text}");
		}
		// A proving key that was exchanged alone is noticed, too.
		fs::copy(place.path("other-keys/proving_key.zkey"), place.path("keys/proving_key.zkey"))
			.unwrap();
		assert!(place.fails(1, &PROVE).contains("belongs to circuit"));
		// So is a proof checked against foreign keys.
		place.json(&["setup", "circuit", "-o", "keys"]);
		place.json(&PROVE);
		let text = place.fails(1, &["verify", "proof", "--keys", "other-keys"]);
		assert!(text.contains("belongs to circuit"), "{text}");
	}

	#[test]
	fn damaged_ones_are_refused() {
		let place = Place::ready();
		place.damage("keys/proving_key.zkey", |bytes| bytes.truncate(bytes.len() / 2));
		assert!(place.fails(1, &PROVE).contains("the file is truncated"));
		place.damage("keys/proving_key.zkey", |bytes| bytes.truncate(2));
		assert!(place.fails(1, &PROVE).contains("not a .zkey file"));
	}

	#[test]
	fn a_changed_circuit_is_noticed() {
		let place = Place::ready();
		place.damage("circuit/model.onnx", |bytes| bytes.push(0));
		assert!(place.fails(1, &PROVE).contains("was changed after it was compiled"));
		place.damage("circuit/circuit.r1cs", |bytes| bytes.push(0));
		assert!(place
			.fails(1, &["setup", "circuit"])
			.contains("was changed after it was compiled"));
	}

	#[test]
	fn an_interrupted_setup_leaves_nothing_to_trust() {
		let place = Place::new();
		place.quantized();
		place.json(&["compile", "digits.q.onnx", "-o", "circuit"]);
		let before: usize = fs::read_dir(place.path("")).unwrap().count();
		for milliseconds in [0, 5, 20, 40, 80] {
			let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("zkml"))
				.current_dir(place.path(""))
				.args(["setup", "circuit", "-o", "keys"])
				.stdout(std::process::Stdio::null())
				.stderr(std::process::Stdio::null())
				.spawn()
				.unwrap();
			std::thread::sleep(std::time::Duration::from_millis(milliseconds));
			let _ = child.kill();
			child.wait().unwrap();
			// All or nothing.
			if place.path("keys").exists() {
				place.json(&["inspect", "keys"]);
				fs::remove_dir_all(place.path("keys")).unwrap();
			}
		}
		place.json(&["setup", "circuit", "-o", "keys"]);
		assert!(fs::read_dir(place.path("")).unwrap().count() > before);
	}

	#[test]
	fn other_files_are_not_overwritten() {
		let place = Place::ready();
		fs::write(place.path("keys/thesis.txt"), "years of work").unwrap();
		let text = place.fails(1, &["setup", "circuit", "-o", "keys"]);
		assert!(text.contains("holds thesis.txt"), "{text}");
		assert!(place.path("keys/thesis.txt").exists());
	}
}

mod models {
	use super::*;
	use zkml_circuits::onnx::protobuf::{
		tensor_shape_proto::dimension, type_proto, ModelProto, NodeProto,
	};

	fn digits() -> ModelProto {
		let bytes = fs::read(example("digits.onnx")).unwrap();
		zkml_circuits::onnx::Model::read(&bytes, None).unwrap().proto
	}

	fn quantize(place: &Place, model: &[u8], code: i32) -> String {
		fs::write(place.path("m.onnx"), model).unwrap();
		let calibration = example("calibration.npz");
		let calibration = calibration.to_str().unwrap();
		let text = place.fails(code, &["quantize", "m.onnx", "--calibration", calibration]);
		assert!(!place.path("target").exists(), "nothing is written");
		text
	}

	fn edited(edit: impl FnOnce(&mut ModelProto)) -> Vec<u8> {
		let mut proto = digits();
		edit(&mut proto);
		zkml_circuits::quantize::encode(&proto)
	}

	#[test]
	fn files_that_are_no_models_are_refused() {
		let place = Place::new();
		let good = fs::read(example("digits.onnx")).unwrap();
		assert!(quantize(&place, b"", 1).contains("it is empty"));
		let text = quantize(&place, b"version https://git-lfs.github.com", 1);
		assert!(text.contains("m.onnx: not an ONNX file"), "{text}");
		assert!(text.contains("is text and begins with \"version https"), "{text}");
		for part in [3, 5] {
			let text = quantize(&place, &good[..good.len() * part / 6], 1);
			assert!(text.contains("not an ONNX file, or a truncated one"), "{text}");
		}
		let calibration = example("calibration.npz");
		let text = place
			.fails(1, &["quantize", "absent.onnx", "--calibration", calibration.to_str().unwrap()]);
		assert!(text.contains("absent.onnx: No such file"), "{text}");
	}

	#[test]
	fn unsupported_operators_and_domains_are_named() {
		let place = Place::new();
		let text = quantize(
			&place,
			&edited(|proto| proto.graph.as_mut().unwrap().node[1].op_type = "Sin".into()),
			4,
		);
		assert!(text.contains("operator Sin is not supported"), "{text}");
		assert!(text.contains("Gemm"), "it says what would work: {text}");
		let foreign = |node: &mut NodeProto| node.domain = "com.example".into();
		let text = quantize(
			&place,
			&edited(|proto| foreign(&mut proto.graph.as_mut().unwrap().node[0])),
			4,
		);
		assert!(text.contains("com.example.Gemm"), "{text}");
		let text = quantize(&place, &edited(|proto| proto.opset_import[0].version = 3), 4);
		assert!(text.contains("operator set 3 is not supported"), "{text}");
		let text = place.quantized_twice();
		assert!(text.contains("quantised already"), "{text}");
	}

	impl Place {
		fn quantized_twice(&self) -> String {
			let place = Self::new();
			place.quantized();
			let calibration = example("calibration.npz");
			place.fails(
				4,
				&["quantize", "digits.q.onnx", "--calibration", calibration.to_str().unwrap()],
			)
		}
	}

	#[test]
	fn a_float_model_cannot_be_compiled() {
		let place = Place::new();
		let model = example("digits.onnx");
		let text = place.fails(4, &["compile", model.to_str().unwrap()]);
		assert!(text.contains("zkml quantize"), "{text}");
	}

	#[test]
	fn a_symbolic_inner_dimension_needs_a_shape() {
		let place = Place::new();
		let symbolic = edited(|proto| {
			let input = &mut proto.graph.as_mut().unwrap().input[0];
			let Some(type_proto::Value::TensorType(tensor)) =
				input.r#type.as_mut().unwrap().value.as_mut()
			else {
				panic!("a tensor")
			};
			tensor.shape.as_mut().unwrap().dim[1].value =
				Some(dimension::Value::DimParam("features".into()));
		});
		let text = quantize(&place, &symbolic, 4);
		assert!(text.contains("symbolic dimension features"), "{text}");
		assert!(text.contains("--input-shape"), "{text}");
		let calibration = example("calibration.npz");
		place.json(&[
			"quantize",
			"m.onnx",
			"--calibration",
			calibration.to_str().unwrap(),
			"--input-shape",
			"1,64",
			"-o",
			"ok.onnx",
		]);
	}

	#[test]
	fn weights_must_be_finite() {
		let place = Place::new();
		for value in [f32::NAN, f32::INFINITY] {
			let model = edited(|proto| {
				let weights = &mut proto.graph.as_mut().unwrap().initializer[0];
				assert_eq!(weights.name, "hidden.weight");
				weights.raw_data[40..44].copy_from_slice(&value.to_le_bytes());
			});
			let text = quantize(&place, &model, 1);
			assert!(text.contains("hidden.weight holds"), "{text}");
			assert!(text.contains("position 10"), "{text}");
		}
	}

	#[test]
	fn calibration_must_have_the_models_shape() {
		let place = Place::new();
		let narrow = edited(|proto| {
			let input = &mut proto.graph.as_mut().unwrap().input[0];
			let Some(type_proto::Value::TensorType(tensor)) =
				input.r#type.as_mut().unwrap().value.as_mut()
			else {
				panic!("a tensor")
			};
			tensor.shape.as_mut().unwrap().dim[1].value = Some(dimension::Value::DimValue(32));
		});
		let text = quantize(&place, &narrow, 1);
		assert!(text.contains("expected shape 32, got 64"), "{text}");
		fs::write(place.path("bad.npz"), "PK no zip").unwrap();

		let model = example("digits.onnx");
		let text =
			place.fails(1, &["quantize", model.to_str().unwrap(), "--calibration", "bad.npz"]);
		assert!(text.contains("bad.npz: samples: not an .npz file"), "{text}");
	}

	#[test]
	fn inputs_must_fit_the_model() {
		let place = Place::ready();
		let write = |values: &str| fs::write(place.path("x.json"), values).unwrap();
		let pixels = |value: &str| format!("{{\"pixels\": [{}{value}]}}", "0,".repeat(63));
		write(&pixels("100000"));
		let text = place.fails(1, &PROVE);
		assert!(text.contains("value 100000 at position 63 is out of range"), "{text}");
		write(&pixels("-1"));
		assert!(place.fails(1, &PROVE).contains("is out of range"));
		write("{\"pixels\": [1, 2]}");
		assert!(place.fails(1, &PROVE).contains("got 2 values"));
		write("{\"image\": [1, 2]}");
		assert!(place.fails(1, &PROVE).contains("no field pixels"));
		write(&pixels("\"a\""));
		assert!(place.fails(1, &PROVE).contains("expected numbers"));
		write("{");
		assert!(place.fails(1, &PROVE).contains("input JSON"));
		assert!(!place.path("proof").exists());
	}
}

mod usage {
	use super::*;

	#[test]
	fn errors_have_code_2() {
		let place = Place::new();
		place.fails(2, &["prove"]);
		place.fails(2, &["frobnicate"]);
		place.fails(2, &["compile", "m.onnx", "--reveal", "everything"]);
	}

	#[test]
	fn no_node_has_code_5() {
		let place = Place::ready();
		let text =
			place.fails(5, &["register", "keys", "--url", "ws://127.0.0.1:9", "--suri", "//Alice"]);
		assert!(text.contains("no node answers at ws://127.0.0.1:9"), "{text}");
		let text = place.fails(5, &["register", "keys", "--suri", "not a secret"]);
		assert!(text.contains("--suri"), "{text}");
	}

	#[test]
	fn help_names_the_exit_codes() {
		let place = Place::new();
		let output = place.zkml(&["--help"]).assert().success().get_output().clone();
		let text = String::from_utf8(output.stdout).unwrap();
		assert!(text.contains("3 proof invalid, 4 model unsupported, 5 chain error"));
	}
}
