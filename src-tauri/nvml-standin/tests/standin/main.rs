//! The built library, loaded as a client loads the real one and read through other people's declarations of NVML.
//!
//! Each test has a copy of the library in a folder of its own, with its scenario beside it: a copy is a library of its
//! own to the dynamic linker, so tests do not share a driver.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as loudly as tests")]

mod capture;
mod clients;
mod contract;
mod example;
mod faults;
mod library;
mod processes;
mod symbols;
mod values;
