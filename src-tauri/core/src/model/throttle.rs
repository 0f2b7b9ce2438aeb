//! The bits of `gpu.throttle`, the same for every vendor: what holds a GPU below the clock that it would take.
//!
//! The vendors name dozens of limits; a person asks which kind it is. Deliberately not here: the vendors' own bits, and the
//! names that people read (`format`).

/// A limit on power.
pub(crate) const POWER: u64 = 1 << 0;
/// Heat, of the chip, its memory or its voltage regulators.
pub(crate) const HEAT: u64 = 1 << 1;
/// A limit on current.
pub(crate) const CURRENT: u64 = 1 << 2;
/// A signal from outside: the mainboard or the power supply asked for it.
pub(crate) const SIGNAL: u64 = 1 << 3;
/// Something else, or a reason that the driver does not name in a way that is the same for all chips.
pub(crate) const OTHER: u64 = 1 << 4;

/// What is held against a GPU while it works: a limit on power is how it is meant to run under full load.
pub(crate) const HELD_BACK: u64 = HEAT | CURRENT | SIGNAL | OTHER;
