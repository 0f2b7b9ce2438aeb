//! What a person calls a process, by its files. What must hold of it stands in `hoofbeat_core::laws`.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| hoofbeat_core::laws::process_identity(text, hoofbeat_fuzz::folder()));
