//! The files of programs that use GPUs, by what is in them, as data: what `store` keeps and `alerts` compares.
//!
//! Deliberately not here: how a content is found out (`fingerprint`).

use crate::untrusted::Untrusted;

/// One content that the file of a user's program had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryRow {
    /// The key without versions, as in [`super::baseline::BaselineRow::key`].
    pub key: Untrusted,
    /// Numeric user id, where it is known.
    pub uid: Option<u32>,
    /// The path of the file, as the program sees it.
    pub path: Untrusted,
    /// What is in it: `sha256:` and the number; of a file too large for that, `stat:` and what tells it from another.
    pub content: String,
    /// Unix seconds at which it was first seen at work.
    pub first: i64,
    /// Unix seconds at which it was last seen at work, to the day; 0 removes the row.
    pub seen: i64,
}
