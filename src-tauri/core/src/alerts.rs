//! Alerts and expectations: what a person is told of, as pure functions of what was read.
//!
//! Deliberately not here: which rule watches which source (`engine`), and how a person is reached (the faces).

pub mod baseline;
pub mod binaries;
pub mod describe;
mod disarmed;
pub mod dispatch;
pub mod expect;
pub mod forecast;
mod notice;
mod recovering;
pub mod replay;
pub mod sample;
mod step;
mod stranger;
pub mod unexpected;
mod uses;
pub mod window;
pub mod words;

pub use notice::{ActiveAlert, Detail, Ending, Notice, NoticePhase, Who};
pub use step::{ABANDONED, CONTINUITY, FLAPS, Input, State, Transition, step};
