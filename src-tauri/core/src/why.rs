//! Why a GPU runs: from what was recorded of a moment to a sentence, with the evidence that it rests on; and who used it
//! from when to when; and when nobody was there to use it.
//!
//! Everything in this room is pure: the same facts give the same verdict, live and for any past minute, here and on
//! another machine. Deliberately not here: where the facts come from (`api` gathers them, `sensors` measure them), where
//! they are written (`store`), and what a person expects (`alerts`).

mod brief;
pub mod episode;
mod judge;
pub mod presence;
mod quiet;
mod scene;
mod sentence;
pub mod session;
mod stretch;
mod summary;
mod verdict;

pub use self::brief::{Moments, brief, busiest, head};
pub use self::judge::judge;
pub use self::quiet::Quiet;
pub use self::scene::{File, METRICS, Part, Sample, Scene, User};
pub use self::sentence::{Costs, Names, sentence};
pub use self::summary::{Summary, summary};
pub use self::verdict::{Cause, Culprit, State, Verdict};
