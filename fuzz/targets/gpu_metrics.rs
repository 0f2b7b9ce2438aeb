//! The table that an AMD card fills (`gpu_metrics`). What must hold of it stands in `hoofbeat_core::laws`.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| hoofbeat_core::laws::amd_gpu_metrics(text));
