//! The sentences about uses of GPUs that nobody expects.
//!
//! Deliberately not here: every other alert (`words`).

use super::notice::{Detail, Ending, Notice};
use super::words::Names;

/// Why a use is unexpected, in the word of its event.
fn why(detail: &Detail) -> Option<&str> {
    detail.event.as_ref()?.get("why")?.as_str()
}

/// That it began.
pub(super) fn begun(detail: &Detail, name: &str, what: &str) -> String {
    match why(detail) {
        Some("new") => format!("{name} uses {what} and never did before"),
        Some("odd_hour") => format!("{name} uses {what} at an hour at which it never did"),
        Some("denied") => format!("{name} uses {what}, which it must not"),
        Some("over_limit") => format!("{name} uses more of {what} than it may"),
        Some("outside_hours") => format!("{name} uses {what} outside its hours"),
        // It is about no GPU in particular.
        Some("missing") => format!("{name} should run and does not"),
        _ => format!("{name} uses {what} and nobody expected it"),
    }
}

/// That it is over: "xmrig stopped using RTX after 23 min".
pub(super) fn over(notice: &Notice, ending: Ending, what: &str, after: &str, names: Names<'_>) -> String {
    let name = notice.who.as_ref().map_or_else(|| "Somebody".to_owned(), |who| names(&who.name));
    match (ending, why(&notice.detail)) {
        (Ending::Expected, _) => format!("{name} is expected on {what} now"),
        (_, Some("over_limit")) => format!("{name} uses no more of {what} than it may{after}"),
        (_, Some("outside_hours")) => format!("{name} stopped using {what} outside its hours{after}"),
        (_, Some("missing")) => format!("{name} is not missing any more{after}"),
        _ => format!("{name} stopped using {what}{after}"),
    }
}
