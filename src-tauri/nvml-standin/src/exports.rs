//! The exported functions by subject. What is not in these files is in `unsupported`.
//!
//! A device's key that is missing in the scenario is NOT_SUPPORTED here; a MIG instance supports only what it is asked
//! for on real machines.
#![allow(non_snake_case)]

mod accounting;
mod clocks;
mod ecc;
mod events;
mod fields;
mod gpm;
mod identity;
mod lifecycle;
mod memory;
mod mig;
mod modes;
mod pcie;
mod power;
mod processes;
mod samples;
mod thermal;
mod unsupported;
mod utilization;

pub use unsupported::NEWER;
