//! What a driver says of an open file (`fdinfo`). What must hold of it stands in `hoofbeat_core::laws`.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| hoofbeat_core::laws::fdinfo(text));
