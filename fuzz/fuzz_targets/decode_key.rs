#![no_main]
//! See `zkml_fuzz::decode_key`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| zkml_fuzz::decode_key::run(data));
