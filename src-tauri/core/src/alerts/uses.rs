//! The sentences about uses of GPUs that nobody expects.
//!
//! Deliberately not here: every other alert (`words`).

use super::notice::{Detail, Notice};
use super::words::Names;
use crate::say;

/// Why a use is unexpected, in the word of its event.
fn why(detail: &Detail) -> Option<&str> {
    detail.event.as_ref()?.get("why")?.as_str()
}

/// That it began.
pub(super) fn begun(detail: &Detail, name: String, gpu: String) -> String {
    match why(detail) {
        Some("new") => say!("{name} uses {gpu} and never did before", name, gpu),
        Some("odd_hour") => say!("{name} uses {gpu} at an hour at which it never did", name, gpu),
        Some("denied") => say!("{name} uses {gpu}, which it must not", name, gpu),
        Some("over_limit") => say!("{name} uses more of {gpu} than it may", name, gpu),
        Some("outside_hours") => say!("{name} uses {gpu} outside its hours", name, gpu),
        // It is about no GPU in particular.
        Some("missing") => say!("{name} should run and does not", name),
        _ => say!("{name} uses {gpu} and nobody expected it", name, gpu),
    }
}

/// That it is over: "xmrig stopped using RTX".
pub(super) fn over(notice: &Notice, gpu: &str, names: Names<'_>) -> String {
    let name = name(notice, names);
    match why(&notice.detail) {
        Some("over_limit") => say!("{name} uses no more of {gpu} than it may", name, gpu),
        Some("outside_hours") => say!("{name} stopped using {gpu} outside its hours", name, gpu),
        Some("missing") => say!("{name} is not missing any more", name),
        _ => say!("{name} stopped using {gpu}", name, gpu),
    }
}

/// That a person said that it is as it should be.
pub(super) fn expected(notice: &Notice, gpu: &str, names: Names<'_>) -> String {
    say!("{name} is expected on {gpu} now", name = name(notice, names), gpu)
}

fn name(notice: &Notice, names: Names<'_>) -> String {
    notice.who.as_ref().map_or_else(|| say!("Somebody").to_owned(), |who| names(&who.name))
}
