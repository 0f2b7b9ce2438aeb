//! Why a GPU runs: from what was recorded of a moment to a sentence, with the evidence that it rests on.
//!
//! Everything in this room is pure: the same facts give the same verdict, live and for any past minute, here and on
//! another machine. Deliberately not here: where the facts come from (`api` gathers them), how they are measured
//! (`sensors`), and what a person expects (`alerts`).

mod judge;
mod scene;
mod sentence;
mod stretch;
mod verdict;

pub use self::judge::judge;
pub use self::scene::{Part, Sample, Scene, User};
pub use self::sentence::{Costs, Names, sentence};
pub use self::stretch::{Stretch, stretch};
pub use self::verdict::{Cause, Culprit, State, Verdict};
