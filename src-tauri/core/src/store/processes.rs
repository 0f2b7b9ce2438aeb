//! The column `processes` of `current`: what processes do on the GPUs of a pack, now, as a JSON array.
//!
//! It is replaced with the values that it belongs to, and NULL where nobody uses the GPU. Deliberately not here: the
//! past (`gpu_usage`).

use std::borrow::Cow;
use std::sync::Arc;

use foldhash::HashMap;
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

/// The bytes that a process mostly takes.
const ROOM: usize = 192;

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
    /// What is the same in each tick.
    fn standing(one: &GpuUse) -> Entry<'_> {
        Entry {
            source: one.source.part_of.is_some().then(|| Cow::from(&one.source.id)),
            pid: one.pid,
            started: one.started,
            identity: one.identity.json(),
            key: one.key.json(),
            uid: one.uid,
            exe: one.exe.as_ref().map(Untrusted::json),
            share: None,
            vram: None,
        }
    }
}

/// What is the same of a process in each tick, as JSON without its end: putting names into JSON costs more than all else
/// that is done for a process in a tick.
#[derive(Debug)]
struct Standing {
    /// Of what it was made.
    of: GpuUse,
    json: Vec<u8>,
    /// The tick in which it was last asked for.
    tick: u64,
}

impl Standing {
    fn of(one: &GpuUse) -> Standing {
        let mut json = serde_json::to_vec(&Entry::standing(one)).expect("text and numbers are JSON");
        json.pop();
        Standing { of: one.clone(), json, tick: 0 }
    }

    fn is_of(&self, one: &GpuUse) -> bool {
        let names = |one: &GpuUse| (one.started, one.uid);
        // Names are mostly the same text in memory, which is seen at once.
        names(&self.of) == names(one)
            && self.of.key == one.key
            && self.of.identity == one.identity
            && self.of.exe == one.exe
    }
}

/// Makes the column's texts.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// By process, and where the GPU's source lies in memory: it is kept, so that no other one can lie there.
    standing: HashMap<(u32, usize), Standing>,
    tick: u64,
}

impl Writer {
    /// The column's text for each pack of which processes are told; machines have few.
    pub fn by_pack(&mut self, catalog: &Catalog, uses: &[GpuUse]) -> Vec<(i64, String)> {
        let mut packs: Vec<(i64, Vec<&GpuUse>)> = Vec::new();
        for own in uses.chunk_by(|a, b| Arc::ptr_eq(&a.source, &b.source)) {
            let Some(pack_id) = own.first().and_then(|one| catalog.pack(&one.source)) else { continue };
            match packs.iter_mut().find(|(known, _)| *known == pack_id) {
                Some((_, uses)) => uses.extend(own),
                None => packs.push((pack_id, own.iter().collect())),
            }
        }
        self.tick += 1;
        let texts = packs.into_iter().map(|(pack_id, uses)| (pack_id, self.text(uses))).collect();
        self.standing.retain(|_, standing| standing.tick == self.tick);
        texts
    }

    fn text(&mut self, mut uses: Vec<&GpuUse>) -> String {
        let share = |one: &GpuUse| one.share.unwrap_or(-1.0);
        uses.sort_by(|a, b| share(b).total_cmp(&share(a)).then(b.vram.cmp(&a.vram)).then(a.pid.cmp(&b.pid)));
        uses.truncate(MOST);
        let mut text = Vec::with_capacity(uses.len() * ROOM + 2);
        for one in uses {
            text.push(if text.is_empty() { b'[' } else { b',' });
            text.extend_from_slice(self.standing(one));
            // Shares are no more exact than this.
            if let Some(share) = one.share.filter(|share| share.is_finite()) {
                text.extend_from_slice(b",\"share\":");
                serde_json::to_writer(&mut text, &((share * 10.0).round() / 10.0)).expect("a finite number is JSON");
            }
            // SQLite's numbers have a sign.
            if let Some(vram) = one.vram.map(|vram| vram.min(i64::MAX as u64)) {
                text.extend_from_slice(b",\"vram\":");
                serde_json::to_writer(&mut text, &vram).expect("a number is JSON");
            }
            text.push(b'}');
        }
        text.push(b']');
        String::from_utf8(text).expect("JSON is text")
    }

    fn standing(&mut self, one: &GpuUse) -> &[u8] {
        let place = (one.pid, Arc::as_ptr(&one.source) as usize);
        let standing = self.standing.entry(place).or_insert_with(|| Standing::of(one));
        if !standing.is_of(one) {
            *standing = Standing::of(one);
        }
        standing.tick = self.tick;
        &standing.json
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::Connection;

    use super::*;
    use crate::model::{Source, SourceKind};
    use crate::store::schema;

    /// Few names, so that numbers are given to other processes, and names and files change.
    fn name() -> impl Strategy<Value = Untrusted> {
        prop_oneof![Just("Blender"), Just("Ol\"la\u{1}ma"), Just("")].prop_map(Untrusted::from)
    }

    prop_compose! {
        fn one(sources: Vec<Arc<Source>>)(
            source in prop::sample::select(sources),
            pid in 1_u32..4,
            (started, uid) in (prop::option::of(0_u64..2), prop::option::of(0_u32..2)),
            (key, identity, exe) in (name(), name(), prop::option::of(name())),
            share in prop::option::of(prop_oneof![Just(f64::NAN), -1.0..101.0]),
            vram in prop::option::of(any::<u64>()),
        ) -> GpuUse {
            let [busy, encoder, decoder] = [None; 3];
            GpuUse { source, pid, started, key, identity, uid, exe, command: None, share, vram, busy, encoder, decoder }
        }
    }

    proptest! {
        /// Whatever was written before, the text is that of the processes of now.
        #[test]
        fn a_text_is_what_its_processes_say(ticks in {
            let whole = Source::whole(SourceKind::Gpu, "gpu:1", "x");
            let part = Source::part(&whole, SourceKind::Gpu, "gpu:1/2", "x");
            let again = Source::whole(SourceKind::Gpu, "gpu:1", "y");
            let other = Source::whole(SourceKind::Gpu, "gpu:2", "x");
            let uses = prop::collection::vec(one(vec![whole, part, again, other]), 0..6);
            prop::collection::vec(uses, 1..20)
        }) {
            let mut db = Connection::open_in_memory().unwrap();
            schema::migrate(&mut db).unwrap();
            let mut catalog = Catalog::default();
            let mut writer = Writer::default();
            for uses in ticks {
                let mut expected: Vec<String> = Vec::new();
                for one in &uses {
                    catalog.number(&db, &one.source, 0).unwrap();
                    let share = one.share.filter(|share| share.is_finite()).map(|share| (share * 10.0).round() / 10.0);
                    let vram = one.vram.map(|vram| vram.min(i64::MAX as u64));
                    expected.push(serde_json::to_string(&Entry { share, vram, ..Entry::standing(one) }).unwrap());
                }
                let texts = writer.by_pack(&catalog, &uses);
                let parsed = texts.iter().map(|(_, text)| serde_json::from_str::<Vec<Entry<'_>>>(text).unwrap());
                let mut told: Vec<String> =
                    parsed.flatten().map(|entry| serde_json::to_string(&entry).unwrap()).collect();
                told.sort();
                expected.sort();
                prop_assert_eq!(told, expected);
                prop_assert!(writer.standing.len() <= uses.len());
            }
        }
    }
}
