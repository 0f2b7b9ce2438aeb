//! Who uses which GPU, from what the kernel tells of each open descriptor (DRM fdinfo).
//!
//! Works for every driver that tells it, whichever vendor's. Nothing is opened but files of `/proc`, and a descriptor is
//! known as a GPU's by the numbers of its node, before its text is asked for: xe wakes the GPU to answer. So the caller
//! says which devices may be read. What a user may not see (the descriptors of other users' processes) stays unseen, and
//! [`Scan::sees_all`] says so. Deliberately not here: names of processes, and what the figures mean for a card.

mod holders;
mod nodes;
mod scan;
pub(crate) mod share;
pub mod text;
pub(super) mod uses;

pub use self::scan::{DeviceUse, ProcessUse, Scan};
pub use self::share::Share;

#[cfg(test)]
mod tests;
