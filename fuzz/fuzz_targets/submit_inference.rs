#![no_main]
//! See `zkml_fuzz::submit_inference`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| zkml_fuzz::submit_inference::run(data));
