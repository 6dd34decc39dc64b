#![no_main]
//! See `zkml_fuzz::scale_types`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| zkml_fuzz::scale_types::run(data));
