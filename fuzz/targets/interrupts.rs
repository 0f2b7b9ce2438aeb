#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| hoofbeat_core::laws::interrupts(text));
