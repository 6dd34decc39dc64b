#![no_main]
//! See `zkml_fuzz::verify_proof`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| zkml_fuzz::verify_proof::run(data));
