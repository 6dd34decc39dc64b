#![no_main]
//! See `zkml_fuzz::decode_point_scalar`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| zkml_fuzz::decode_point_scalar::run(data));
