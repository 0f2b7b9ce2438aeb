//! The column `processes` of `current`: what processes do on the GPUs of a pack, now, as a JSON array.
//!
//! It is replaced with the values that it belongs to, and NULL where nobody uses the GPU. Deliberately not here: the
//! past (`gpu_usage`).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::catalog::Catalog;
use crate::model::GpuUse;
use crate::model::answer::GpuProcess;
use crate::untrusted::Untrusted;

pub(super) const ADD: &str = "ALTER TABLE current ADD COLUMN processes TEXT CHECK(json_valid(processes));\n";

/// The column without its check, which took the array apart at each tick once more, although the recorder alone writes it.
/// What stood in it is replaced by the next tick.
pub(super) const UNCHECKED: &str = "
ALTER TABLE current DROP COLUMN processes;
ALTER TABLE current ADD COLUMN processes TEXT;
";

/// The most processes of a pack that are told; those with the largest shares.
const MOST: usize = 64;

/// One process in the column. What is not known is left out.
#[derive(Serialize, Deserialize)]
struct Entry<'a> {
    /// The source where it is a part of the pack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<Cow<'a, str>>,
    pid: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started: Option<u64>,
    identity: Cow<'a, str>,
    key: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exe: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    share: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vram: Option<u64>,
}

impl Entry<'_> {
    fn of(one: &GpuUse) -> Entry<'_> {
        Entry {
            source: one.source.part_of.is_some().then(|| Cow::from(&one.source.id)),
            pid: one.pid,
            started: one.started,
            identity: one.identity.json(),
            key: one.key.json(),
            uid: one.uid,
            exe: one.exe.as_ref().map(Untrusted::json),
            // Shares are no more exact than this.
            share: one.share.filter(|share| share.is_finite()).map(|share| (share * 10.0).round() / 10.0),
            // SQLite's numbers have a sign.
            vram: one.vram.map(|vram| vram.min(i64::MAX as u64)),
        }
    }
}

/// The column's text for each pack of which processes are told; machines have few.
pub(super) fn by_pack(catalog: &Catalog, uses: &[GpuUse]) -> Vec<(i64, String)> {
    let mut packs: Vec<(i64, Vec<&GpuUse>)> = Vec::new();
    for one in uses {
        let Some(pack_id) = catalog.pack(&one.source) else { continue };
        match packs.iter_mut().find(|(known, _)| *known == pack_id) {
            Some((_, uses)) => uses.push(one),
            None => packs.push((pack_id, vec![one])),
        }
    }
    let text = |mut uses: Vec<&GpuUse>| {
        let share = |one: &GpuUse| one.share.unwrap_or(-1.0);
        uses.sort_by(|a, b| share(b).total_cmp(&share(a)).then(b.vram.cmp(&a.vram)).then(a.pid.cmp(&b.pid)));
        let entries: Vec<Entry<'_>> = uses.into_iter().take(MOST).map(Entry::of).collect();
        serde_json::to_string(&entries).expect("text and finite numbers are JSON")
    };
    packs.into_iter().map(|(pack_id, uses)| (pack_id, text(uses))).collect()
}

/// The processes of one source of a pack; a column that cannot be read hides them and nothing else.
pub(super) fn of_source(column: Option<&str>, source: &str, part: bool) -> Vec<GpuProcess> {
    let entries: Vec<Entry<'_>> = column.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let ours = |entry: &Entry<'_>| if part { entry.source.as_deref() == Some(source) } else { entry.source.is_none() };
    let told = |entry: Entry<'_>| GpuProcess {
        pid: entry.pid,
        started: entry.started,
        identity: entry.identity.into_owned(),
        key: entry.key.into_owned(),
        uid: entry.uid,
        exe: entry.exe.map(Cow::into_owned),
        share: entry.share,
        vram: entry.vram,
    };
    entries.into_iter().filter(ours).map(told).collect()
}
