//! placeholder
mod news;
pub use news::*;
