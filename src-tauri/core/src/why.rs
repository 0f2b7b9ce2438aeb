//! Who uses a GPU and since when, from what was sampled: pure, so that the same samples always tell the same.
//!
//! Deliberately not here: sampling (`sensors`), and where it is written (`store`).

pub mod episode;
pub mod session;
mod stretch;
