//! Rules of the person whose pattern of sources matches nothing that is recorded now.
//!
//! It may be a slip of the finger, or a disk that is plugged in later: a warning, and no fault. Deliberately not here: rules
//! that are built in, which are for machines of all kinds.

use std::path::Path;

use hoofbeat_core::api::Face;
use hoofbeat_core::config::{Config, Listed, Origin};
use hoofbeat_core::metrics::nearest;

use crate::output;

/// A sentence on each such rule; none where nothing was recorded yet.
pub fn warnings(folder: &Path, config: &Config) -> Vec<String> {
    let status = Face::open(folder).ok().and_then(|face| face.status().ok());
    let ids: Vec<String> = status.into_iter().flat_map(|status| status.sources).map(|source| source.id).collect();
    if ids.is_empty() {
        return Vec::new();
    }
    let is_watched = |one: &Listed| one.is_on && one.origin != Origin::BuiltIn;
    let warning = |one: &Listed| {
        let pattern = one.rule.source.as_deref()?;
        let near = nearest(pattern, ids.iter().map(String::as_str));
        let near: Vec<String> = near.into_iter().map(output::text).collect();
        (!ids.iter().any(|id| one.rule.is_for(id))).then(|| {
            let (rule, pattern) = (output::text(&one.rule.id), output::text(pattern));
            format!(
                "rule {rule} watches nothing now: no source matches \"{pattern}\"; the nearest are {}",
                near.join(", ")
            )
        })
    };
    config.listed().iter().filter(|one| is_watched(one)).filter_map(warning).collect()
}
