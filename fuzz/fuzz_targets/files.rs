#![no_main]
//! See `zkml_fuzz::files`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| zkml_fuzz::files::run(data));
