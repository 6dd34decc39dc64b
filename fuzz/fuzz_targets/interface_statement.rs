#![no_main]
//! See `zkml_fuzz::interface_statement`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| zkml_fuzz::interface_statement::run(data));
